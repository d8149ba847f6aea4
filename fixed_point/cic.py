"""Bit-true cascaded integrator-comb filter: no multiplier, registers that wrap, and bits that are dropped where nobody misses them.

An integrator runs over its range again and again. That does no harm as long as the last word fits its register, since sums and differences
modulo a power of two are right then, whatever the words between have lost at the top (E. B. Hogenauer 1981, section II). The model works
in 64 bits that wrap as the registers do, of which it looks at the low ones alone.

Behind a decimator's last register bits are dropped anyway. Each register in front may drop some too, from the bottom, as long as all that
together adds no more noise than the last drop itself (section III, eq. 21): its registers become shorter by far. What an interpolator's
integrators lose they would never lose sight of again, so that only its output is rounded; its first registers are shorter since the signal
has not grown yet (section IV, eq. 23).

References
----------
E. B. Hogenauer, "An economical class of digital filters for decimation and interpolation", IEEE Trans. ASSP 29 (1981) 155-162.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import bits_for
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize
from fixed_point.word_lengths.noise import Noise, rounding_noise

_BLOCK = 1 << 13
"""Words that go through all integrators together: they and their sums stay in a first-level or second-level cache."""

MAXIMUM_REGISTER = 64
"""Bits of a register."""


@dataclass(frozen=True)
class CicLaw:
    """What a CIC filter's words follow from.

    Attributes
    ----------
    order, rate, differential_delay : int
        Integrators and combs, N; change of rate, R; samples that a comb goes back, M.
    interpolates : bool
    sink, source : Format
    rounding, overflow : Rounding, Overflow
        Of the last word.
    least : int, optional
        Least rate of a decimator whose rate changes at run time, up to `rate`: the binary point and the bits that are dropped are those of
        this one, the length of the registers is that of the other.

    Examples
    --------
    >>> law = CicLaw(4, 25, 1, False, Format.parse("sfix16_En15"), Format.parse("sfix16_En15"), Rounding.FLOOR, Overflow.WRAP)
    >>> law.dropped
    (1, 6, 9, 13, 14, 15, 16, 17)
    """

    order: int
    rate: int
    differential_delay: int
    interpolates: bool
    sink: Format
    source: Format
    rounding: Rounding
    overflow: Overflow
    least: int = 0

    @cached_property
    def slowest(self) -> CicLaw:
        """The same at the least rate."""
        return replace(self, rate=self.least, least=0) if self.least else self

    @property
    def stages(self) -> int:
        """Integrators and combs."""
        return 2 * self.order

    @cached_property
    def gain(self) -> int:
        """What a constant is multiplied by."""
        return (self.rate * self.differential_delay) ** self.order // (self.rate if self.interpolates else 1)

    @property
    def growth(self) -> int:
        """Places by which the binary point moves: the gain, at the least rate, is then one, or less where it is no power of two."""
        return (self.slowest.gain - 1).bit_length()

    @property
    def scale(self) -> float:
        """What the taps, which are whole numbers, are multiplied by."""
        return 2.0**-self.growth

    @property
    def late(self) -> int:
        """Samples at the high rate by which integrators that read each other's registers are late."""
        return self.order - 1

    @property
    def last_fraction(self) -> int:
        """Fraction length of the last register if nothing were dropped."""
        return self.sink.fraction_length + self.growth

    @cached_property
    def responses(self) -> tuple[NDArray[np.float64], ...]:
        """From the input of each stage to the last one's output, for a decimator: of integrators at the high rate, of combs at the low.

        References
        ----------
        Hogenauer 1981, eq. 9b.
        """
        late = self.differential_delay
        found = [np.ones(1)]
        for _ in range(self.order):
            found.insert(0, _comb(found[0], late))
        # In front of the change of rate a comb reaches back so many times farther; with an integrator it is a moving sum.
        for integrators in range(1, self.order + 1):
            response = np.ones(1)
            for _ in range(self.order - integrators):
                response = _comb(response, late * self.rate)
            for _ in range(integrators):
                response = np.cumsum(_comb(response, late * self.rate))[:-1]
            found.insert(0, response)
        return tuple(found[:-1])

    @cached_property
    def dropped(self) -> tuple[int, ...]:
        """Bits below the last one of each register, counted from the sink's last bit: Hogenauer's B_j.

        Notes
        -----
        What a stage loses, 4^B F^2 / 12 with F^2 the sum of its response's squares, may be the 2 N-th part of the loss at the end,
        4^last / 12: B is the largest whole number with 2 N F^2 4^B <= 4^last. A stage has no more than one behind it, and the first one no
        more than leaves two bits of a sample, and a constant error, of (2^B - 1) / 2 samples' last bits, of half the source's last bit.

        References
        ----------
        Hogenauer 1981, eq. 21.
        """
        if self.least:
            return self.slowest.dropped
        last = self.last_fraction - self.source.fraction_length
        if self.interpolates or last <= 0:
            return (0,) * self.stages
        found, most = [], last
        for response in reversed(self.responses):
            most = max(0, min(most, last - _quarter_places(2 * self.order * float(np.sum(np.square(response))))))
            found.append(most)
        # What the first integrator loses has a mean that no comb takes away.
        while (2 ** found[-1] - 1) * self.gain > 2**last or found[-1] > max(0, self.input_bits - 2):
            found[-1] -= 1
        return tuple(reversed(found))

    @property
    def input_bits(self) -> int:
        """Of a signed word for what enters."""
        return max(2, bits_for(*self.input_range, True))

    @cached_property
    def prunings(self) -> tuple[Noise, ...]:
        """What each stage loses at its input, behind the last stage, in the unit of the source's values.

        A constant that is lost comes to nothing behind a comb that it passes; only what the first integrator loses passes as many combs as
        integrators. Powers are Hogenauer's eqs. 15 and 16, of bits that are finitely many; limits are the sums of magnitudes.
        """
        found: list[Noise] = []
        before = 0
        for response, bits in zip(self.responses, self.dropped, strict=True):
            # In units of the last register's first bit, had nothing been dropped.
            loss = rounding_noise(Rounding.FLOOR, bits - before, math.ldexp(1.0, bits))
            scaled = response * math.ldexp(1.0, -self.last_fraction)
            total = float(np.sum(scaled)) if len(found) == 0 or self.interpolates else 0.0
            # An error of one sign, 0 to 1: not the sum of all magnitudes, but of those of either sign.
            one_sided = max(float(np.sum(scaled[scaled > 0])), -float(np.sum(scaled[scaled < 0])))
            found.append(Noise(loss.mean * total, loss.variance * float(np.sum(scaled**2)), loss.limit * one_sided))
            before = bits
        return tuple(found)

    @property
    def pruning(self) -> Noise:
        """What all registers lose, without the last rounding."""
        return sum(self.prunings, Noise()) if any(self.dropped) else Noise()

    @property
    def left(self) -> int:
        """Bits that the last rounding drops; negative where zeros are appended."""
        return self.last_fraction - self.dropped[-1] - self.source.fraction_length

    @property
    def noise(self) -> Noise:
        """All losses, at the source."""
        return self.pruning + rounding_noise(self.rounding, self.left, self.source.resolution)

    @property
    def input_range(self) -> tuple[int, int]:
        """Least and greatest integer that enters."""
        low, high = (self.sink.integers(word) for word in (self.sink.minimum, self.sink.maximum))
        return int(low), int(high)

    @cached_property
    def intervals(self) -> tuple[tuple[int, int], ...]:
        """Least and greatest value of each register, in units of its own last bit, had it enough bits.

        Of a decimator's registers only the last one has to hold its value; all have the bits of that. Its range is that of the exact
        result and of all that is lost before it. Of an interpolator's each has its own, Hogenauer's G_j (eq. 23) for words that lie
        unevenly around 0.
        """
        low, high = self.input_range
        if self.interpolates:
            return tuple((_least(response, low, high), -_least(-response, low, high)) for response in self._grown)
        lost = math.ceil(sum(noise.limit for noise in self.prunings) / math.ldexp(1.0, -self.last_fraction))
        last = self.dropped[-1]
        ends = (self.gain * low - lost) >> last, -(-(self.gain * high + lost) >> last)
        return (ends,) * self.stages

    @property
    def _grown(self) -> list[NDArray[np.int64]]:
        """Of an interpolator, phase by phase, what becomes of the samples up to each register; shape (phases, taps)."""
        late, rate = self.differential_delay, self.rate
        found, response = [], np.ones(1, np.int64)
        for _ in range(self.order):
            response = _comb(response, late)
            found.append(response[np.newaxis])
        for integrators in range(1, self.order + 1):
            response = np.ones(1, np.int64)
            for _ in range(self.order - integrators):
                response = _comb(response, late * rate)
            for _ in range(integrators):
                response = np.cumsum(_comb(response, late * rate))[:-1]
            found.append(np.pad(response, (0, -response.size % rate)).reshape(-1, rate).T)
        return found

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Bits of each register, integrators first in a decimator, combs first in an interpolator."""
        if self.interpolates:
            # What is longer than a register behind it loses the same bits there.
            bits = [max(2, bits_for(low, high, True)) for low, high in self.intervals]
            return tuple(min(bits[stage:]) for stage in range(self.stages))
        whole = max(2, bits_for(*self.intervals[-1], True)) + self.dropped[-1]
        return tuple(whole - bits for bits in self.dropped)


def _quarter_places(value: float) -> int:
    """Least whole number n with 4^n >= value.

    Examples
    --------
    >>> [_quarter_places(value) for value in (1.0, 4.0, 4.5, 16.0)]
    [0, 1, 2, 2]
    """
    part, places = math.frexp(value)
    return -(-(places - (part == 0.5)) // 2)


def _comb(response: NDArray[Any], late: int) -> NDArray[Any]:
    """A response behind one more comb."""
    found = np.concatenate([response, np.zeros(late, response.dtype)])
    found[late:] -= response
    return found


def _least(phases: NDArray[np.int64], low: int, high: int) -> int:
    """Least result of filters for samples from `low` to `high`."""
    positive = np.where(phases > 0, phases, 0).sum(axis=-1)
    negative = np.where(phases < 0, phases, 0).sum(axis=-1)
    return min(int(plus) * low + int(minus) * high for plus, minus in zip(positive.tolist(), negative.tolist(), strict=True))


def cic(words: ArrayLike, law: CicLaw, rates: ArrayLike | None = None) -> Words:
    """Words through the filter.

    Parameters
    ----------
    words : array_like of int, shape (n,)
    law : CicLaw
    rates : array_like of int, shape (n,), optional
        Of a decimator what its rate is as each word is taken: the first word of a period tells its length.

    Returns
    -------
    ndarray of int64, shape (ceil(n / rate),) or (n rate,)

    Examples
    --------
    >>> plain = Format.parse("sfix8_En0")
    >>> cic([1, 2, 3, 4, 5], CicLaw(1, 2, 1, False, plain, Format.parse("sfix9_En1"), Rounding.FLOOR, Overflow.WRAP))
    array([1, 5, 9])
    """
    entering = np.asarray(law.sink.integers(as_words(words)))
    wrapping = np.asarray(entering.astype(np.int64) if entering.dtype != object else [int(one) for one in entering], dtype=np.int64)
    found = wrapping.view(np.uint64)
    if law.interpolates:
        found = _integrated(_stuffed(_combed(found, law), law.rate), law)
    else:
        found = _combed(_integrated(found, law)[_first_of_periods(found.size, law.rate, rates)], law)
    spare = np.uint64(64 - law.widths[-1])
    last = (found << spare).view(np.int64) >> np.int64(spare)
    return requantize(last, law.last_fraction - law.dropped[-1], law.source, law.rounding, law.overflow)


def _first_of_periods(count: int, rate: int, rates: ArrayLike | None) -> NDArray[np.int64]:
    """Places of words that begin a period.

    Examples
    --------
    >>> _first_of_periods(9, 3, None), _first_of_periods(9, 3, [3, 3, 2, 2, 2, 2, 2, 4, 4])
    (array([0, 3, 6]), array([0, 3, 5, 7]))
    """
    if rates is None:
        return np.arange(0, count, rate)
    given = np.asarray(rates, dtype=np.int64)
    ends = np.append(np.flatnonzero(np.diff(given)) + 1, count)
    found, place = [np.zeros(0, np.int64)], 0
    # Between two changes periods are alike.
    for end in ends.tolist():
        if place < end:
            found.append(np.arange(place, end, given[place]))
            place = int(found[-1][-1] + given[place])
    return np.concatenate(found)


def _stuffed(words: NDArray[np.uint64], rate: int) -> NDArray[np.uint64]:
    """Zeros behind every word."""
    found = np.zeros(words.size * rate, np.uint64)
    found[::rate] = words
    return found


def _cut(law: CicLaw, stages: Sequence[int]) -> list[np.int64]:
    """Bits that are dropped in front of each of some stages."""
    dropped = (0, *law.dropped)
    return [np.int64(dropped[stage + 1] - dropped[stage]) for stage in stages]


def _integrated(words: NDArray[np.uint64], law: CicLaw) -> NDArray[np.uint64]:
    """Words behind all integrators, each of which reads the register of the one before: a sample late.

    Block by block, so that what goes through all of them stays in the cache.
    """
    first = law.order if law.interpolates else 0
    cuts = _cut(law, range(first, first + law.order))
    states = np.zeros(law.order, np.uint64)
    found = np.empty(words.size, np.uint64)
    # In front of the words stands what the register holds before them.
    row = np.empty(min(words.size, _BLOCK) + 1, np.uint64)
    for start in range(0, words.size, _BLOCK):
        block = words[start : start + _BLOCK]
        sums = row[: block.size + 1]
        for number, bits in enumerate(cuts):
            if number:
                np.right_shift(sums[:-1].view(np.int64), bits, out=sums[:-1].view(np.int64))
                sums[1:] = sums[:-1]
            else:
                np.right_shift(block.view(np.int64), bits, out=sums[1:].view(np.int64))
            sums[0] = states[number]
            np.cumsum(sums, out=sums)
            states[number] = sums[-1]
        found[start : start + _BLOCK] = sums[1:]
    return found


def _combed(words: NDArray[np.uint64], law: CicLaw) -> NDArray[np.uint64]:
    """Words behind all combs."""
    first = 0 if law.interpolates else law.order
    found = words
    for bits in _cut(law, range(first, first + law.order)):
        entering = (found.view(np.int64) >> bits).view(np.uint64) if bits else found
        found = entering.copy()
        found[law.differential_delay :] -= entering[: -law.differential_delay]
    return found
