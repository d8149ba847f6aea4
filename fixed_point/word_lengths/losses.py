"""What word lengths cost a core: the errors that it adds, what it makes of errors that enter, and how far its coefficients may be off.

Losses of cores one behind the other add up (`Losses.behind`). A rounding is white when it arises: a filter leaves of it what its taps'
squares sum to. Behind that filter it is coloured, and the next one can leave as much of it as of any signal; the largest power gain counts,
so that what is said is never too little. Every error also has a largest magnitude, which no filter raises by more than its L1 norm: what
follows from these is a bound for every signal, silence and constants included, for which white noise is no model.

References
----------
B. Widrow, I. Kollár, *Quantization Noise*, Cambridge University Press, 2008, for the white model and where it holds.
A. V. Oppenheim, C. J. Weinstein, "Effects of finite register length in digital filtering and the fast Fourier transform", Proc. IEEE 60
(1972) 957-976, for bounds on coefficients' errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.noise import Noise, rounding_noise

Values = NDArray[np.float64]

EXACT = 2e-6
"""Part of a word's last bit by which float64 may miss a coefficient that the word holds exactly."""

MOST_GROUPS = 48
"""Coefficients of different magnitudes up to which each is tried on its own."""

DRAWS = 48
"""Sets of signs that are tried where there are more."""


@dataclass(frozen=True)
class Transfer:
    """What becomes of an error on its way through a core, from its sink's words to its source's.

    Attributes
    ----------
    total : float
        Of a constant error: what it is multiplied by.
    energy : float
        Of white noise: what its power is multiplied by.
    norm : float
        Of an error of any kind: the most that its largest magnitude can be multiplied by, the L1 norm.
    peak : float
        Of an error of any kind: the most that its root mean square can be multiplied by, for a filter its largest gain.
    """

    total: float = 1.0
    energy: float = 1.0
    norm: float = 1.0
    peak: float = 1.0

    @classmethod
    def of(cls, taps: ArrayLike, interpolation: int = 1) -> Transfer:
        """Of a filter, behind `interpolation` - 1 zeros after every word; decimation behind it changes no power.

        Examples
        --------
        >>> Transfer.of([0.5, -0.5])
        Transfer(total=0.0, energy=0.5, norm=1.0, peak=1.0)
        >>> Transfer.of([1.0, 1.0], interpolation=2)
        Transfer(total=1.0, energy=1.0, norm=1.0, peak=1.414213562373095)
        """
        response = np.asarray(taps, dtype=np.float64).ravel()
        phases = np.pad(response, (0, -response.size % interpolation)).reshape(-1, interpolation)
        total = np.sqrt(np.mean(np.sum(phases, axis=0) ** 2))
        gain = np.abs(np.fft.rfft(response, 2 * grid(response.size))).max()
        norm = np.abs(phases).sum(axis=0).max()
        return cls(float(total), float(np.sum(response**2)) / interpolation, float(norm), float(gain) / interpolation**0.5)

    def white(self, noise: Noise) -> Noise:
        """What white noise becomes."""
        return Noise(noise.mean * self.total, noise.variance * self.energy, noise.limit * self.norm)

    def coloured(self, noise: Noise) -> Noise:
        """What noise of any spectrum becomes at most."""
        return Noise(noise.mean * self.total, noise.variance * self.peak**2, noise.limit * self.norm)

    def behind(self, before: Transfer) -> Transfer:
        """Of both, `before` in front."""
        energy = before.energy * self.peak**2
        return Transfer(before.total * self.total, energy, before.norm * self.norm, before.peak * self.peak)


def grid(taps: int) -> int:
    """Frequencies at which a response of so many taps is looked at: a power of two, fine enough to find its peak."""
    return 1 << max(12, int(taps).bit_length() + 1)


@dataclass(frozen=True, eq=False)
class CoefficientSet:
    """Coefficients of a core and how far its words for them may be off.

    Attributes
    ----------
    values : ndarray of float64
        As given, before they were quantised.
    errors : ndarray of float64
        The largest error of each that its word length allows, in the same unit.
    tied : bool
        Whether coefficients of equal magnitude get equal errors, as rounding each by itself does.
    """

    values: Values
    errors: Values
    tied: bool = True

    @classmethod
    def of(cls, values: ArrayLike, format: Format) -> CoefficientSet:
        """Of coefficients that are rounded to words of a format: half a bit each, none where a word holds the value exactly.

        A coefficient that lies no more than one bit outside of the format, as 1.0 does in sfix16_En15, takes the word beside it and counts
        with a whole bit. Of one that lies further outside nothing is known but the half bit: it was clipped, which is no matter of word
        lengths, and what is promised does not excuse it.

        Examples
        --------
        >>> CoefficientSet.of([0.5, 0.1, 1.0, 3.0], Format.parse("sfix8_En7")).errors * 2**7
        array([0. , 0.5, 1. , 0.5])
        """
        taps = np.asarray(values, dtype=np.float64)
        scaled = taps / format.resolution
        nearest = np.rint(scaled)
        inside = (nearest >= format.minimum) & (nearest <= format.maximum)
        beside = ~inside & (scaled >= format.minimum - 1 - EXACT) & (scaled <= format.maximum + 1 + EXACT)
        errors = np.where(inside & (np.abs(scaled - nearest) <= EXACT), 0.0, np.where(beside, 1.0, 0.5))
        return cls(taps, errors * format.resolution)

    def without_errors(self) -> CoefficientSet:
        """The same where what they are off by does not count."""
        return CoefficientSet(self.values, np.zeros(self.errors.shape), self.tied)

    @classmethod
    def within(cls, values: ArrayLike, error: float) -> CoefficientSet:
        """Of coefficients each of which may be off by up to `error`, whatever its neighbours are."""
        taps = np.asarray(values, dtype=np.float64)
        return cls(taps, np.full(taps.shape, error), tied=False)


def coefficient_error(run: Callable[[list[Values]], Values], sets: Sequence[CoefficientSet]) -> float:
    """Root mean square of the error that the coefficients' word lengths allow.

    Parameters
    ----------
    run : callable
        From coefficients, an array for each set, to what the float reference makes of a signal with them.
    sets : sequence of CoefficientSet
        What they are, and how far each may be off.

    Returns
    -------
    float
        For up to `MOST_GROUPS` different magnitudes a bound, whatever the signs of the errors; for more, the worst of `DRAWS` sets of signs
        at random, all errors as large as they can be.

    Notes
    -----
    With z_g the change of the output for the largest error of group g, the coefficients of one magnitude, the error is the sum of s_g z_g
    with s_g from -1 to 1. With G the matrix of the means of z_g z_h and D its diagonal, its power s' G s is at most the trace of D times
    the largest eigenvalue of D^-1/2 G D^-1/2. The bound is one to the first order; what errors of coefficients do to each other is added
    as in a product of factors each of which is off: exp(e) - 1 for e, relative to the signal.
    """
    groups = _groups(sets)
    if not groups:
        return 0.0
    plain = run([one.values for one in sets])
    size = float(np.sqrt(np.mean(plain**2))) if plain.size else 0.0
    if not size:
        return 0.0
    if len(groups) <= MOST_GROUPS:
        changes = np.array([run(_moved(sets, [(group, 1.0)])) - plain for group in groups])
        # Not by BLAS, whose threads get in the way of what else is running.
        gram = np.einsum("in,jn->ij", changes, changes) / plain.size
        scale = np.sqrt(np.diag(gram))
        used = scale > 0
        if not used.any():
            return 0.0
        correlation = gram[np.ix_(used, used)] / np.outer(scale[used], scale[used])
        worst = float(np.sum(scale**2)) * float(np.linalg.eigvalsh(correlation)[-1])
    else:
        signs = np.random.default_rng(len(groups)).choice([-1.0, 1.0], (DRAWS, len(groups)))
        worst = max(float(np.mean((run(_moved(sets, zip(groups, row, strict=True))) - plain) ** 2)) for row in signs)
        return worst**0.5
    return size * float(np.expm1(min(worst**0.5 / size, 10.0)))


Group = list[tuple[int, int, float]]
"""Coefficients that are off together: number of the set, place in it, sign."""


def _groups(sets: Sequence[CoefficientSet]) -> list[Group]:
    found: dict[Hashable, Group] = defaultdict(list)
    for number, one in enumerate(sets):
        for place in np.flatnonzero(one.errors):
            value, error = float(one.values.flat[place]), float(one.errors.flat[place])
            # A value half-way between two words is rounded up, whatever its sign.
            tie = abs(value / (2 * error) % 1 - 0.5) < EXACT
            alike = (f"{abs(value):.12g}", error, value < 0 if tie else None)
            key: Hashable = alike if one.tied else (number, int(place))
            found[key].append((number, int(place), 1.0 if tie or value >= 0 else -1.0))
    return list(found.values())


def _moved(sets: Sequence[CoefficientSet], moves: object) -> list[Values]:
    values = [one.values.copy() for one in sets]
    for group, sign in moves:  # type: ignore[attr-defined]
        for number, place, own in group:
            values[number].flat[place] += sign * own * sets[number].errors.flat[place]
    return values


NONE = Noise()
UNCHANGED = Transfer()


@dataclass(frozen=True, eq=False)
class Losses:
    """What the word lengths of a core cost, at its source.

    Attributes
    ----------
    white : Noise
        Roundings just made.
    coloured : Noise
        Roundings that have passed something since.
    transfer : Transfer
        What becomes of errors that enter.
    coefficients : tuple of CoefficientSet
        Those that are quantised.
    towards_zero : bool
        Whether roundings pull towards zero: their means then have the sign of the signal and go where it goes, not where a constant does.
    scatter : float
        Part of the square of a mean that becomes variance, where words are let through or not one by one: a constant is none behind that.
    worst_phase : Noise, optional
        Of an interpolator whose phases lose different amounts: the roundings of the one that loses most, `white` being their mean.
    decimates : bool
        Whether words at regular distances are looked at in another way than those between, so that they may all be of the worst phase.

    Examples
    --------
    >>> half = Losses(Noise(0.0, 1.0, 0.5), transfer=Transfer(0.5, 0.25, 0.5, 0.5))
    >>> half.behind(half).noise
    Noise(mean=0.0, variance=1.25, limit=0.75)
    """

    white: Noise = NONE
    coloured: Noise = NONE
    transfer: Transfer = UNCHANGED
    coefficients: tuple[CoefficientSet, ...] = ()
    towards_zero: bool = False
    scatter: float = 0.0
    worst_phase: Noise | None = None
    decimates: bool = False

    def __post_init__(self) -> None:
        """Means count as magnitudes: those of two roundings may have one sign when they arrive."""
        for name in ("white", "coloured"):
            noise: Noise = getattr(self, name)
            object.__setattr__(self, name, replace(noise, mean=abs(noise.mean)))

    @property
    def noise(self) -> Noise:
        """All roundings."""
        return self.white + self.coloured

    @property
    def exact(self) -> bool:
        """Whether nothing is lost: no rounding, and coefficients that are what they should be."""
        return not self.noise.limit and not any(np.any(one.errors) for one in self.coefficients)

    def behind(self, before: Losses) -> Losses:
        """Of both cores, `before` in front."""
        through = replace(self.transfer, total=self.transfer.peak) if before.towards_zero else self.transfer
        entering = before.worst_phase if self.decimates and before.worst_phase is not None else before.white
        coloured = self.coloured + through.white(entering) + through.coloured(before.coloured)
        coefficients, towards_zero = (*before.coefficients, *self.coefficients), before.towards_zero or self.towards_zero
        white = self.white + Noise(0.0, self.scatter * before.noise.mean**2)
        return Losses(white, coloured, self.transfer.behind(before.transfer), coefficients, towards_zero, worst_phase=self.worst_phase)


def repeated_noise(rounding: Rounding | str, dropped_bits: float, resolution: float) -> Noise:
    """`rounding_noise` of one of several roundings, which in `zero` all pull a word the same way, as `floor` does.

    The power is the same; `Losses.towards_zero` says what the mean is.
    """
    rounding = Rounding(rounding)
    return rounding_noise(Rounding.FLOOR if rounding == Rounding.ZERO else rounding, dropped_bits, resolution)


def of_few(noise: Noise, count: float) -> Noise:
    """Noise of which there are only so many independent samples: the mean square that they have at most, but for one time in a thousand.

    The square of a uniform error has a standard deviation of 0.9 to 1 times its mean; the mean of `count` of them lies three of its own
    standard deviations above what is expected, or at the limit where that is nearer.

    Examples
    --------
    >>> of_few(Noise(0.0, 1.0, 1.5), 36).power, of_few(Noise(0.0, 1.0, 1.5), 4).power
    (1.5, 2.25)
    """
    power = min(noise.power * (1 + 3 / max(count, 1.0) ** 0.5), max(noise.limit**2, noise.power))
    return replace(noise, variance=power - noise.mean**2)


def one_rounding(rounding: Rounding | str, fraction_length: int, source: Format) -> Noise:
    """Error of words that are rounded once to a format, from so many bits of fraction.

    Examples
    --------
    >>> one_rounding("nearest", 15, Format.parse("sfix16_En15"))
    Noise(mean=0.0, variance=0.0, limit=0.0)
    """
    return repeated_noise(rounding, fraction_length - source.fraction_length, source.resolution)
