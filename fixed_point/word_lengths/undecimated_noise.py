"""Round-off noise of an undecimated wavelet bank, analysis and synthesis, with or without a threshold between them.

Without a threshold the bank is a filter: each error passes the rest of it. A threshold is taken as a gain for each band, one for the signal
and one for noise, which is small wherever the signal is. What it adds is its decisions: an error moves a word across the limit
now and then, and such a word changes by three quarters of the limit, or by all of it. How much that is, is for the caller to say.

References
----------
P. P. Vaidyanathan, *Multirate Systems and Filter Banks*, Prentice Hall, 1993, chapter 9: round-off noise of filter banks.
M. Unser, "Texture classification and segmentation using wavelet frames", IEEE Trans. Image Processing 4 (1995) 1549-1560: the
undecimated bank as filters whose taps are spread by powers of two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.chain_noise import lags, spread
from fixed_point.word_lengths.noise import FirNoise, Noise, power_behind, rounding_noise
from fixed_point.word_lengths.wavelet_noise import Filters, WaveletStage, rounded_error

Response = NDArray[np.float64]


@dataclass(frozen=True)
class Shrinkage:
    """What a threshold does to a band.

    Attributes
    ----------
    signal_gain : float
        Of what the band holds: root of the ratio of its power behind the threshold and before.
    noise_gain : float
        Root of the mean square of the gain over time.
    """

    signal_gain: float = 1.0
    noise_gain: float = 1.0


class Path(NamedTuple):
    """A response, as far as white noise is concerned: the sum of its values, and of their squares."""

    total: float
    energy: float

    @classmethod
    def of(cls, response: Response) -> Path:
        return cls(float(response.sum()), float(np.square(response).sum()))

    def __call__(self, noise: Noise) -> Noise:
        """What noise becomes."""
        return Noise(self.total * noise.mean, self.energy * noise.variance)


@dataclass(frozen=True)
class BankNoise:
    """What the noise of an undecimated bank follows from, but for the word lengths of samples and bands.

    Attributes
    ----------
    signal_power, error_power : float
        Of the exact output, and of what the coefficients' errors make of the signal.
    whole : Path
        From the samples to the output.
    details, rests, approximations : tuple of Path
        To the output, from the rounding of D_1, …, D_J, of A_1, …, A_J in the analysis, and of the same in the synthesis.
    bands : tuple of tuple of Path
        To the words of D_1, …, D_J: from the samples, then from A_1, …, A_(j-1).
    band_errors : tuple of float
        Power of what the coefficients' errors make of each detail.
    analysis, synthesis : WaveletStage
    """

    signal_power: float
    error_power: float
    whole: Path
    details: tuple[Path, ...]
    rests: tuple[Path, ...]
    approximations: tuple[Path, ...]
    bands: tuple[tuple[Path, ...], ...]
    band_errors: tuple[float, ...]
    analysis: WaveletStage
    synthesis: WaveletStage

    @classmethod
    def of(
        cls,
        analysis: WaveletStage,
        synthesis: WaveletStage,
        waits: Sequence[int],
        signal: float | ArrayLike = 1.0,
        shrinkage: Sequence[Shrinkage] = (),
    ) -> BankNoise:
        """From the filters and the signal.

        Parameters
        ----------
        analysis, synthesis : WaveletStage
            The two halves; their filters are scaled by 1/sqrt(2).
        waits : sequence of int
            Samples that D_1, …, D_J wait.
        signal : float or array_like of float
            Power of a white signal, or autocorrelation of any other.
        shrinkage : sequence of Shrinkage
            What a threshold does to D_1, …, D_J; nothing, if empty.
        """
        touched = tuple(shrinkage) or (Shrinkage(),) * len(waits)
        levels = range(1, len(waits) + 1)
        exact, found = Bank(analysis.exact, synthesis.exact, waits), Bank(analysis.values, synthesis.values, waits)
        gains, noise_gains = [band.signal_gain for band in touched], [band.noise_gain for band in touched]
        wanted, given = exact.whole(gains), found.whole(gains)
        r = lags(signal, wanted.size)
        errors = [found.detail(level) - exact.detail(level) for level in levels]
        return cls(
            signal_power=power_behind(wanted, r),
            error_power=power_behind(given - wanted, r),
            whole=Path.of(found.whole(noise_gains)),
            details=tuple(Path.of(found.from_detail(level)) for level in levels),
            rests=tuple(Path.of(found.rest(level, noise_gains)) for level in levels),
            approximations=tuple(Path.of(found.from_approximation(level)) for level in levels),
            bands=tuple(tuple(Path.of(found.detail(level, start)) for start in range(level)) for level in levels),
            band_errors=tuple(power_behind(error, lags(signal, error.size)) for error in errors),
            analysis=analysis,
            synthesis=synthesis,
        )

    @property
    def levels(self) -> int:
        return len(self.details)

    def roundings(self, sink: Format, bands: Format) -> list[Noise]:
        """Of the results of levels 1, …, J of the analysis."""
        # Level 1 sees samples whose guard bits are zero.
        guard = max(bands.fraction_length - sink.fraction_length, 0)
        dropped = [self.analysis.fraction_length - (guard if level == 1 else 0) for level in range(1, self.levels + 1)]
        return [rounding_noise(self.analysis.rounding, bits, bands.resolution) for bits in dropped]

    def deviations(self, input_noise: Noise, rounds: Sequence[Noise]) -> list[float]:
        """Standard deviation of the errors of the words of D_1, …, D_J: of the samples, of all roundings on the way, of the filters."""
        found = []
        for level, paths in enumerate(self.bands):
            sources = (input_noise, *rounds[:level])
            noise = sum((path(source) for path, source in zip(paths, sources, strict=True)), rounds[level])
            found.append(math.sqrt(noise.variance + self.band_errors[level]))
        return found


def predict_undecimated(
    bank: BankNoise,
    sink: Format,
    bands: Format,
    source: Format,
    input_noise: Noise | None = None,
    shrinkage: Sequence[Shrinkage] = (),
    decisions: Sequence[Callable[[float], float]] = (),
) -> FirNoise:
    """The error of analysis, threshold and synthesis against the float reference.

    Parameters
    ----------
    bank : BankNoise
    sink, bands, source : Format
        Formats of the samples that enter, of the words of all bands, and of the samples that leave.
    input_noise : Noise, optional
        Error of the samples that enter; by default that of rounding continuous ones.
    shrinkage : sequence of Shrinkage
        As `bank` was made with.
    decisions : sequence of callable
        For D_1, …, D_J, what wrong decisions of the threshold add to the power of the words, by the standard deviation of their errors.

    Returns
    -------
    FirNoise
        `output` holds all roundings and decisions.

    Examples
    --------
    >>> from fixed_point.families.a_trous import halved_filters
    >>> haar = np.array([[1, 1], [-1, 1]]) * 0.5**0.5
    >>> there, back = (WaveletStage(halved_filters(pair, 18), pair * 0.5**0.5) for pair in (haar, haar[:, ::-1]))
    >>> words, coarse = Format.parse("sfix16_En15"), Format.parse("sfix12_En11")
    >>> bank = BankNoise.of(there, back, (2, 0), signal=0.1)
    >>> round(predict_undecimated(bank, words, Format.parse("sfix20_En18"), coarse).snr, 1)
    67.0
    """
    if input_noise is None:
        input_noise = rounding_noise(Rounding.NEAREST, resolution=sink.resolution)
    rounds = bank.roundings(sink, bands)
    synthesis = bank.synthesis
    again = rounding_noise(synthesis.rounding, synthesis.fraction_length, bands.resolution)
    gains = [band.noise_gain for band in shrinkage] or [1.0] * bank.levels
    inner = sum((path(again) for path in bank.approximations[:-1]), Noise())  # the synthesis rounds each A_j but the deepest
    for own, detail, rest, gain in zip(rounds, bank.details, bank.rests, gains, strict=True):
        inner = inner + detail(Noise(gain * own.mean, gain**2 * own.variance)) + rest(own)
    if decisions:
        for detail, power, deviation in zip(bank.details, decisions, bank.deviations(input_noise, rounds), strict=True):
            inner = inner + detail(Noise(0.0, power(deviation)))
    entering = bank.whole(input_noise)
    if source.fraction_length >= sink.fraction_length and not shrinkage:
        # Words of the sink are words of the source: what is rounded is such a word and the error so far, not any value.
        so_far = Noise(inner.mean, inner.variance + bank.error_power)
        output = rounded_error(so_far, source.resolution, synthesis.rounding, bands, synthesis)
        return FirNoise(bank.signal_power, entering, 0.0, output)
    dropped = bands.fraction_length + synthesis.fraction_length - source.fraction_length
    last = rounding_noise(synthesis.rounding, dropped, source.resolution)
    return FirNoise(bank.signal_power, entering, bank.error_power, inner + last)


@dataclass(frozen=True)
class Bank:
    """Responses of an undecimated bank, of one pair of filters each way.

    Attributes
    ----------
    analysis, synthesis : ndarray of float64, shape (2, L)
        Low-pass and high-pass, scaled by 1/sqrt(2).
    waits : sequence of int
        Samples that D_1, …, D_J wait.
    """

    analysis: Filters
    synthesis: Filters
    waits: Sequence[int]

    @property
    def levels(self) -> int:
        return len(self.waits)

    def detail(self, level: int, start: int = 0) -> Response:
        """From A_start, the samples by default, to D_level."""
        return np.convolve(self.approximation(level - 1, start), spread(self.analysis[1], 1 << level - 1))

    def approximation(self, level: int, start: int = 0) -> Response:
        """From A_start, the samples by default, to A_level."""
        found = np.ones(1)
        for step in range(start, level):
            found = np.convolve(found, spread(self.analysis[0], 1 << step))
        return found

    def from_approximation(self, level: int) -> Response:
        """From A_level of the synthesis to the output."""
        found = np.ones(1)
        for step in range(level):
            found = np.convolve(found, spread(self.synthesis[0], 1 << step))
        return found

    def from_detail(self, level: int) -> Response:
        """From D_level to the output."""
        return np.convolve(self.from_approximation(level - 1), spread(self.synthesis[1], 1 << level - 1))

    def rest(self, level: int, gains: Sequence[float]) -> Response:
        """From A_level of the analysis to the output, through all that is behind it."""
        if level == self.levels:
            return self.from_approximation(level)
        low, high = (spread(taps, 1 << level) for taps in self.analysis)
        deeper = np.convolve(low, self.rest(level + 1, gains))
        late = np.concatenate([np.zeros(self.waits[level]), gains[level] * np.convolve(high, self.from_detail(level + 1))])
        size = max(deeper.size, late.size)
        return np.asarray(np.pad(deeper, (0, size - deeper.size)) + np.pad(late, (0, size - late.size)))

    def whole(self, gains: Sequence[float]) -> Response:
        """From the samples to the output."""
        return self.rest(0, gains)
