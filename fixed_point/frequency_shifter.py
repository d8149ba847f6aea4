"""Bit-true frequency shift: two filters, a phase that goes on from sample to sample, and a rotation by words of a sine table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import bits_for
from fixed_point.fir import fir
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize

COEFFICIENT = Format(True, 18, 16)
"""Of taps, of the part that is added unshifted, and of sines at the multiplier: what an embedded multiplier takes, and 1 is a word."""

GUARD = 1
"""Bits that the filters' results have behind the last one of the samples."""

PHASE_BITS = 24
"""Of the phase, a turn being two to this."""

ANGLE_BITS = 11
"""Of the phase as it is looked up, rounded."""

QUARTER = 1 << ANGLE_BITS - 2
"""Words of the sine's table, a quarter of a turn."""

SINE = Format(False, 16, 15)
"""Of a word in the table."""

SINES = tuple(round(2**SINE.fraction_length * float(np.sin(np.pi / 2 * k / QUARTER))) for k in range(QUARTER))
"""A quarter of a turn. The last word is 1, as the one behind it would be."""


@dataclass(frozen=True)
class ShiftLaw:
    """Word lengths and constants of a frequency shift.

    Attributes
    ----------
    sink, source : Format
    in_phase, quadrature : tuple of int
        Taps of both filters by the age of the sample, words of format `COEFFICIENT`.
    dry : int
        How much of the samples is added, of the same format.
    delay : int
        Samples by which these wait.
    """

    sink: Format
    source: Format
    in_phase: tuple[int, ...]
    quadrature: tuple[int, ...]
    dry: int
    delay: int

    @property
    def norm(self) -> int:
        """The most that a sum of the filters is larger than its largest sample, in coefficients."""
        return max(sum(map(abs, self.in_phase)), sum(map(abs, self.quadrature)), 1)

    @property
    def largest(self) -> int:
        """Largest magnitude of a sample."""
        return max(self.sink.maximum, -self.sink.minimum)

    @property
    def component_fraction(self) -> int:
        return self.sink.fraction_length + GUARD

    @cached_property
    def component(self) -> Format:
        """Of the filters' results, which never leave it."""
        most = (self.largest * self.norm >> COEFFICIENT.fraction_length - GUARD) + 1
        return Format(True, max(bits_for(-most, most, signed=True), self.sink.word_length + GUARD), self.component_fraction)

    @property
    def total_fraction(self) -> int:
        """Fraction length of the sums in front of any rounding."""
        return self.component_fraction + COEFFICIENT.fraction_length

    @cached_property
    def total_bits(self) -> int:
        """Bits of the sums, halves included: those of the filters, and what is rotated with what is added."""
        filtered = self.largest * self.norm << GUARD
        turned = 2 * -self.component.minimum * (1 << COEFFICIENT.fraction_length)
        most = max(filtered, turned + (abs(self.dry) * self.largest << GUARD)) + (1 << max(0, self.dropped, COEFFICIENT.fraction_length))
        return bits_for(-most, most, signed=True)

    @property
    def dropped(self) -> int:
        """Bits that the rounding at the source drops."""
        return self.total_fraction - self.source.fraction_length


def phases(increments: ArrayLike) -> NDArray[np.int64]:
    """The phase of each sample: what is added to it with each; without a shift it is 0.

    Parameters
    ----------
    increments : array_like of int, shape (n,)
        By which the phase goes on, modulo a turn.

    Examples
    --------
    >>> phases([5, 5, 0, 7, 2**24 - 1]).tolist()
    [5, 10, 0, 7, 6]
    """
    steps = np.asarray(increments, dtype=np.int64)
    reached = np.cumsum(steps)
    begins = np.maximum.accumulate(np.where(steps == 0, np.arange(steps.size), -1)) if steps.size else steps
    return np.asarray((reached - np.where(begins < 0, 0, reached[begins])) & (1 << PHASE_BITS) - 1)


def angles(phase: NDArray[np.int64]) -> NDArray[np.int64]:
    """Phases rounded to the places of the sine's table."""
    dropped = PHASE_BITS - ANGLE_BITS
    return np.asarray(phase + (1 << dropped - 1) >> dropped & (1 << ANGLE_BITS) - 1)


def sine_words(angle: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sines of angles, words of format `COEFFICIENT`, from a quarter of a turn.

    Examples
    --------
    >>> sine_words(np.array([0, 512, 1024, 1536])).tolist()
    [0, 65536, 0, -65536]
    """
    table = np.array((*SINES, SINES[-1]), dtype=np.int64)
    place, quarter = angle & QUARTER - 1, angle >> ANGLE_BITS - 2 & 3
    size = table[np.where(quarter & 1, QUARTER - place, place)] << COEFFICIENT.fraction_length - SINE.fraction_length
    return np.asarray(np.where(quarter & 2, -size, size))


def frequency_shifter(words: ArrayLike, increments: int | NDArray[np.int64], law: ShiftLaw) -> Words:
    """Move a signal's frequencies.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Samples.
    increments : int or ndarray of int, shape (n,)
        By which the phase goes on with each sample, 0 to 2**`PHASE_BITS` - 1; upper halves stand for shifts downwards.
    law : ShiftLaw

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> law = ShiftLaw(Format(True, 8, 7), Format(True, 8, 7), (0, 1 << 16), (1 << 15, 0, -1 << 15), 0, 1)
    >>> frequency_shifter([100, 0, 0, 0], 0, law).tolist(), frequency_shifter([100, 0, 0, 0], 1 << 22, law).tolist()
    ([0, 100, 0, 0], [-50, -100, -50, 0])
    """
    x = as_words(words)
    fraction = law.sink.fraction_length + COEFFICIENT.fraction_length
    i, q = (fir(x, taps, fraction, law.component, Rounding.NEAREST, Overflow.WRAP) for taps in (law.in_phase, law.quadrature))
    angle = angles(phases(np.broadcast_to(np.asarray(increments, dtype=np.int64), x.shape)))
    total = i * sine_words(angle + QUARTER) + q * sine_words(angle + 2 * QUARTER)
    if law.dry:
        late = np.concatenate([np.zeros(min(law.delay, x.size), np.int64), x[: max(0, x.size - law.delay)]])
        total += law.dry * late << GUARD
    return requantize(total, law.total_fraction, law.source, Rounding.NEAREST, Overflow.SATURATE)
