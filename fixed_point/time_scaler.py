"""Bit-true duration without pitch: segments at the least sum of magnitudes of differences, faded into each other with one rounding."""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def time_scaler(
    words: ArrayLike, format: Format, segment: int, step: Fraction, thinning: int, rounding: Rounding | str = Rounding.NEAREST
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
    step : Fraction
        Words by which segments lie apart where they are taken.
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
    count = segments_of(len(entering), segment, step)
    sums = _compiled(segments)(entering, count, segment, step.numerator, step.denominator, thinning)
    bits = segment.bit_length() - 1
    exact = Format(True, format.word_length + bits, format.fraction_length + bits)
    return requantize(sums, exact, format, rounding, Overflow.SATURATE)


def segments_of(count: int, segment: int, step: Fraction) -> int:
    """Segments that leave of so many words.

    Examples
    --------
    >>> segments_of(19, 8, Fraction(5)), segments_of(20, 8, Fraction(5)), segments_of(35, 8, Fraction(5))
    (0, 1, 4)
    """
    spare = count - 5 * segment // 2
    return 0 if spare < 0 else -(-(spare + 1) * step.denominator // step.numerator)


def segments(words: Any, count: int, segment: int, numerator: int, denominator: int, thinning: int) -> Any:
    """All segments, `segment` times what leaves: exact."""
    found = np.empty(count * segment, dtype=np.int64)
    follows = 0
    for number in range(count):
        origin = number * numerator // denominator
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
