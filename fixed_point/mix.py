"""Bit-true mix: products and their sum at full precision, one rounding and one overflow at the output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize

_INT64 = 1 << 63


def mix(
    streams: Sequence[ArrayLike],
    gain_words: Sequence[int],
    sum_fraction: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Mix words: y[n] = sum of g_i x_i[n] over i, exactly, then one rounding and one overflow; as far as the shortest stream reaches.

    Parameters
    ----------
    streams : sequence of array_like of int, each of shape (n_i,)
        Raw words x_i.
    gain_words : sequence of int
        Raw gains g_i.
    sum_fraction : int
        Fraction length of a product: the sum of the words' and the gains'.
    source_format : Format or str
        Format of the result.
    rounding, overflow : Rounding, Overflow or str
        How the full-precision sum becomes a word of `source_format`.

    Returns
    -------
    ndarray of int64, shape (min n_i,)
        Raw words of `source_format`.

    Examples
    --------
    >>> mix([[100, 3, -128], [20, 20]], [64, -32], 14, "sfix8_En7")
    array([45, -3])
    """
    words = [as_words(stream) for stream in streams]
    length = min(one.size for one in words)
    largest = sum(abs(int(gain)) * _magnitude(one[:length]) for gain, one in zip(gain_words, words, strict=True))
    kind = np.int64 if largest < _INT64 else object
    total = sum(one[:length].astype(kind) * int(gain) for gain, one in zip(gain_words, words, strict=True))
    return requantize(total, sum_fraction, source_format, rounding, overflow)


def _magnitude(words: Words) -> int:
    return max(abs(int(words.max())), abs(int(words.min()))) if words.size else 0
