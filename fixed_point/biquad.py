"""Bit-true cascade of second-order sections: exact sums, one rounding for each section, whose error the next sum gets back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.section_cascade import Cascade
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def biquad(words: ArrayLike, cascade: Cascade, source: Format, rounding: Rounding | str, overflow: Overflow | str) -> Words:
    """One channel through all sections, from silence.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw words of the sink.
    cascade : Cascade
    source : Format
    rounding, overflow
        At the output.

    Returns
    -------
    ndarray of int64, shape (n,)
        Raw words of the source.
    """
    last = Format(True, cascade.state_bits, cascade.fraction_length)
    return requantize(last_line(words, cascade), last, source, rounding, overflow)


def biquads(
    words: ArrayLike, channel: ArrayLike, channels: int, cascade: Cascade, source: Format, rounding: Rounding | str,
    overflow: Overflow | str,
) -> tuple[Words, NDArray[np.int64]]:  # fmt: skip
    """The same of several channels, each with states of its own, in any order."""
    entering, numbers = as_words(words), as_words(channel, "channel")
    result = np.zeros(entering.shape, dtype=np.int64)
    for number in range(channels):
        where = numbers == number
        if where.any():
            result[where] = biquad(entering[where], cascade, source, rounding, overflow)
    return result, numbers


def last_line(words: ArrayLike, cascade: Cascade) -> Words:
    """Words of the last line, before they are rounded to the output's format."""
    lifted = np.ascontiguousarray(as_words(words).astype(np.int64) << cascade.lift)
    return np.asarray(_compiled(recurrence)(lifted, *coefficient_words(cascade), cascade.dropped, cascade.rest))


def coefficient_words(cascade: Cascade) -> tuple[Words, Words]:
    """Of each section b0, b1, b2, -a1, -a2, moved up to the fraction of the sums; and its shaping."""
    rows = []
    for one in cascade.sections:
        ahead, back = cascade.dropped - one.point, cascade.dropped - cascade.feedback_point
        rows.append([*(b << ahead for b in one.b), *(-a << back for a in one.a)])
    return np.array(rows, dtype=np.int64), np.array([one.shaping for one in cascade.sections], dtype=np.int64)


def recurrence(words: Any, rows: Any, shaping: Any, dropped: int, rest: int) -> Any:
    """All sections, one after another, for each word.

    Sums wrap around in 64 bits as they do in the hardware's; what is rounded always is in range.
    """
    found = np.empty(len(words), dtype=np.int64)
    count, mask, half = len(rows), (1 << dropped) - 1, 1 << (dropped - 1)
    older = np.zeros((count + 1, 2), dtype=np.int64)
    begins = np.full(count, rest, dtype=np.int64)
    for n in range(len(words)):
        x = words[n]
        for k in range(count):
            total = begins[k] + rows[k, 0] * x + rows[k, 1] * older[k, 0] + rows[k, 2] * older[k, 1]
            total += rows[k, 3] * older[k + 1, 0] + rows[k, 4] * older[k + 1, 1]
            older[k, 1] = older[k, 0]
            older[k, 0] = x
            x = total >> dropped
            error = total & mask
            begins[k] = error if shaping[k] > 0 else mask - error if shaping[k] < 0 else half
        older[count, 1] = older[count, 0]
        older[count, 0] = x
        found[n] = x
    return found


@functools.cache
def _compiled(recurrence: Callable[..., Any]) -> Callable[..., Words]:
    """A recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(recurrence)
