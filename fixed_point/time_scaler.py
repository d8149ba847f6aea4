"""Bit-true duration without pitch: segments at the least sum of magnitudes of differences, faded into each other with one rounding."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize

STEP_BITS = 4
"""Bits of fraction of the step from segment to segment."""


def time_scaler(
    words: ArrayLike, format: Format, segment: int, step: ArrayLike, thinning: int, rounding: Rounding | str = Rounding.NEAREST
) -> Words:
    """Words that last ``segment / step`` times as long.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw words of the sink.
    format : Format
        Of the words that enter and leave.
    segment : int
        Words of a segment, a power of two.
    step : int, or array_like of int, shape (n,)
        Words by which segments lie apart where they are taken, with `STEP_BITS` bits of fraction; or what it is at each word, where it can
        be changed. The one counts that the first word meets which is taken behind those of the segment before.
    thinning : int
        Every so many words of a segment are compared.
    rounding
        Of what has faded.

    Returns
    -------
    ndarray of int64, shape (m,)
        Whole segments. A segment leaves when 5/2 segments from its origin on have come.
    """
    entering = np.ascontiguousarray(as_words(words).astype(np.int64))
    sums = _compiled(segments)(entering, segment_places(len(entering), segment, step), segment, thinning)
    bits = segment.bit_length() - 1
    exact = Format(True, format.word_length + bits, format.fraction_length + bits)
    return requantize(sums, exact, format, rounding, Overflow.SATURATE)


def segment_places(count: int, segment: int, step: ArrayLike) -> Words:
    """Origins of the segments that leave of so many words; parameters as for `time_scaler`.

    Examples
    --------
    >>> segment_places(35, 8, 5 << STEP_BITS)
    array([ 0,  5, 10, 15])
    """
    begin, steps = 5 * segment // 2, np.asarray(step)
    if not steps.ndim:
        most = max(0, ((count - begin + 1) << STEP_BITS) // int(steps) + 1)
        found = (np.arange(most, dtype=np.int64) * int(steps)) >> STEP_BITS
        return found[found + begin <= count]
    origins, place = [], 0
    while (place >> STEP_BITS) + begin <= count:
        origins.append(place >> STEP_BITS)
        if origins[-1] + begin == count:
            break
        place += limited_step(int(steps[origins[-1] + begin]), segment)
    return np.array(origins, dtype=np.int64)


def limited_step(step: int, segment: int) -> int:
    """A step within what there is, half a segment to two.

    Examples
    --------
    >>> limited_step(0, 8), limited_step(100, 8), limited_step(1000, 8)
    (64, 100, 256)
    """
    return min(max(step, segment << STEP_BITS - 1), segment << STEP_BITS + 1)


def segments(words: Any, origins: Any, segment: int, thinning: int) -> Any:
    """All segments, `segment` times what leaves: exact."""
    found = np.empty(len(origins) * segment, dtype=np.int64)
    follows = 0
    for number in range(len(origins)):
        origin = origins[number]
        at = follows
        if not 0 <= follows - origin < segment:
            best = np.int64(9223372036854775807)
            for place in range(origin, origin + segment):
                total = np.int64(0)
                for n in range(0, segment, thinning):
                    total += abs(words[place + n] - words[follows + n])
                if total < best:
                    best, at = total, place
        for n in range(segment):
            found[number * segment + n] = (segment - n) * words[follows + n] + n * words[at + n]
        follows = at + segment
    return found


@functools.cache
def _compiled(segments: Callable[..., Any]) -> Callable[..., Words]:
    """The segments as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(segments)
