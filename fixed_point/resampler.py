"""Bit-true sample rate conversion: two sums of products at neighbouring phases, a weighted mean of both, one rounding."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


@dataclass(frozen=True)
class ResamplerLaw:
    """Word lengths and coefficients.

    Attributes
    ----------
    sink, coefficient, source : Format
    phases : int
        Places of the low-pass to a sample, a power of two.
    half : tuple of int
        Words of the later half of the low-pass, from its middle on.
    weight_bits : int
        Bits of the part of the way from one phase to the next.
    step_bits : int
        Bits of fraction of a time, in samples that come.
    usual, least, greatest : int
        Step from one time to the next, with so many: as it is, and within what it is held.
    rounding : Rounding
    """

    sink: Format
    coefficient: Format
    source: Format
    phases: int
    half: tuple[int, ...]
    weight_bits: int
    step_bits: int
    usual: int
    least: int
    greatest: int
    rounding: Rounding

    @property
    def taps(self) -> int:
        return 2 * len(self.half) // self.phases

    @property
    def phase_bits(self) -> int:
        return self.phases.bit_length() - 1

    @property
    def fraction_length(self) -> int:
        """Of the exact mean."""
        return self.sink.fraction_length + self.coefficient.fraction_length + self.weight_bits

    @property
    def kernel(self) -> NDArray[np.int64]:
        """Words of the whole low-pass, shape (taps * phases,)."""
        later = np.array(self.half, dtype=np.int64)
        return np.concatenate([later[::-1], later])

    @property
    def rows(self) -> NDArray[np.int64]:
        """By phase the words that the newest sample meets, the one before, ...; and behind the last phase, shape (phases + 1, taps)."""
        kernel = self.kernel
        places = np.arange(self.phases + 1)[:, np.newaxis] + self.phases * np.arange(self.taps)
        return np.asarray(kernel[np.minimum(places, kernel.size - 1)])


def resampler(words: ArrayLike, law: ResamplerLaw, steps: ArrayLike | None = None) -> Words:
    """Words at other times.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw words of the sink.
    law : ResamplerLaw
    steps : array_like of int, shape (n,), optional
        What the step is at each word, where it can be changed: the time of a word that leaves lies by so much behind that of the one
        before as the last word says that came before the latter.

    Returns
    -------
    ndarray of int64, shape (m,)
        Those whose times have come.
    """
    entering = np.ascontiguousarray(as_words(words).astype(np.int64))
    times = resampled_times(len(entering), law, steps)
    padded = np.concatenate([np.zeros(law.taps - 1), entering])
    # Sums below 2**53 are exact in float64, in any order.
    sums = _compiled(two_sums)(padded, np.ascontiguousarray(law.rows[:, ::-1], dtype=np.float64), times, law.step_bits, law.phase_bits)
    former, latter = sums.astype(np.int64)
    weight = times >> law.step_bits - law.phase_bits - law.weight_bits & (1 << law.weight_bits) - 1
    latter -= former
    latter *= weight
    latter += former << law.weight_bits
    return requantize(latter, law.fraction_length, law.source, law.rounding, Overflow.SATURATE)


def resampled_times(count: int, law: ResamplerLaw, steps: ArrayLike | None = None) -> NDArray[np.int64]:
    """Times of the words that leave of so many, with `step_bits` bits of fraction; parameters as for `resampler`.

    Examples
    --------
    >>> word = Format.parse("sfix8_En7")
    >>> law = ResamplerLaw(word, word, word, 2, (1, 1), 2, 4, 24, 20, 28, Rounding.FLOOR)
    >>> resampled_times(3, law).tolist(), resampled_times(3, law, [16, 40, 0]).tolist()
    ([0, 24], [0, 20])
    """
    if steps is None:
        return np.arange(-(-(count << law.step_bits) // law.usual), dtype=np.int64) * law.usual
    held = np.clip(as_words(steps).astype(np.int64), law.least, law.greatest)
    return np.asarray(_compiled(moving_times)(held, law.step_bits, law.least))


def moving_times(steps: Any, step_bits: int, least: int) -> Any:
    """Times that lie apart by what the step is."""
    end = len(steps) << step_bits
    found = np.empty(end // least + 1, dtype=np.int64)
    time, count = 0, 0
    while time < end:
        found[count] = time
        count += 1
        time += steps[time >> step_bits]
    return found[:count]


def two_sums(padded: Any, rows: Any, times: Any, step_bits: int, phase_bits: int) -> Any:
    """For each time the sums of products at the phase before it, and at the one behind."""
    taps = rows.shape[1]
    found = np.empty((2, len(times)))
    mask = (1 << phase_bits) - 1
    for number in range(len(times)):
        first = times[number] >> step_bits
        phase = times[number] >> step_bits - phase_bits & mask
        samples, one, other = padded[first : first + taps], rows[phase], rows[phase + 1]
        former, latter = 0.0, 0.0
        for tap in range(taps):
            former += samples[tap] * one[tap]
            latter += samples[tap] * other[tap]
        found[0, number] = former
        found[1, number] = latter
    return found


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, made at the first use and kept in memory only; sums may be put in any order, which exact ones allow."""
    import numba

    return numba.njit(function, fastmath={"reassoc", "contract"})
