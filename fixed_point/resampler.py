"""Bit-true sample rate conversion: two sums of products at neighbouring phases, a weighted mean of both, one rounding."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize

BLOCK = 16384
"""Words that are made at once, so that memory is in the cache already when it is written."""


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

    @cached_property
    def rows(self) -> NDArray[np.float32]:
        """By phase the words that samples meet, the oldest first; and those behind the last phase, shape (phases + 1, taps).

        24 bits of a word are exact in float32.
        """
        kernel = self.kernel
        places = np.arange(self.phases + 1)[:, np.newaxis] + self.phases * np.arange(self.taps)[::-1]
        return np.ascontiguousarray(kernel[np.minimum(places, kernel.size - 1)], dtype=np.float32)


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
    entering = as_words(words)
    moved = None if steps is None else resampled_times(len(entering), law, steps)
    found = np.empty(words_due(len(entering), law) if moved is None else len(moved), dtype=np.int64)
    for start in range(0, len(found), BLOCK):
        stop = min(start + BLOCK, len(found))
        times = np.arange(start, stop) * law.usual if moved is None else moved[start:stop]
        # From the oldest sample of the first sum to the newest of the last one.
        first, end = (int(times[0]) >> law.step_bits) - law.taps + 1, (int(times[-1]) >> law.step_bits) + 1
        samples = np.zeros(end - first)
        samples[max(0, -first) :] = entering[max(0, first) : end]
        times -= first + law.taps - 1 << law.step_bits
        means = _compiled(weighted_means)(samples, law.rows, times, law.step_bits, law.phase_bits, law.weight_bits)
        found[start:stop] = requantize(means, law.fraction_length, law.source, law.rounding, Overflow.SATURATE)
    return found


def words_due(count: int, law: ResamplerLaw) -> int:
    """Words that leave of so many, where the step is the usual one."""
    return -(-(count << law.step_bits) // law.usual)


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
        return np.arange(words_due(count, law), dtype=np.int64) * law.usual
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


def weighted_means(entering: Any, rows: Any, times: Any, step_bits: int, phase_bits: int, weight_bits: int) -> Any:
    """For each time the sum of products at the phase before it and at the one behind, and the mean of both by its weight: exact.

    The sums are below 2**53, so that float64 holds them in whatever order they are formed.
    """
    taps = rows.shape[1]
    found = np.empty(len(times), dtype=np.int64)
    below, between = step_bits - phase_bits, step_bits - phase_bits - weight_bits
    phases, weights = (1 << phase_bits) - 1, (1 << weight_bits) - 1
    for number in range(len(times)):
        time = times[number]
        first, phase = time >> step_bits, time >> below & phases
        samples, one, other = entering[first : first + taps], rows[phase], rows[phase + 1]
        former, latter = 0.0, 0.0
        for tap in range(taps):
            former += samples[tap] * one[tap]
            latter += samples[tap] * other[tap]
        begun = np.int64(former)
        found[number] = (begun << weight_bits) + (time >> between & weights) * (np.int64(latter) - begun)
    return found


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, made at the first use and kept in memory only; sums may be put in any order, which exact ones allow."""
    import numba

    return numba.njit(function, fastmath={"reassoc", "contract"})
