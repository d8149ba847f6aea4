"""Integer arithmetic that undecimated filter banks share: filters spread by zeros, and the order of band words on the wire.

Sums of products are int64: the cores refuse parameters that need more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.families.filter_bank import FilterWords, Taps, quantize_filters
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, convert_in_place

BLOCK = 1 << 14
"""Sums per block: 128 kB of them, as much of products and of each signal."""


def halved_filters(filters: ArrayLike, word_length: int) -> FilterWords:
    """Filters scaled by 1/sqrt(2) as words, without the zeros that all of them end in.

    Parameters
    ----------
    filters : array_like of float, shape (2, L)
        Low-pass and high-pass of an orthonormal or biorthogonal bank.
    word_length : int
        Most bits of a coefficient.

    Returns
    -------
    FilterWords
        Haar's taps are 1 and -1, with one bit of fraction.

    Examples
    --------
    >>> halved_filters([[0.5**0.5, 0.5**0.5], [-(0.5**0.5), 0.5**0.5]], 18)
    FilterWords(low=(1, 1), high=(-1, 1), format=Format(signed=True, word_length=2, fraction_length=1))
    """
    words = quantize_filters(np.asarray(filters, dtype=np.float64) * 0.5**0.5, word_length)
    every = np.array([words.low, words.high])
    zeros = trailing_zeros(int(np.bitwise_or.reduce(every.ravel())))
    low, high = (tuple(map(int, taps)) for taps in every >> zeros)
    return FilterWords(low, high, Format(True, max(2, word_length - zeros), words.format.fraction_length - zeros))


def trailing_zeros(word: int) -> int:
    """Zeros that a word ends in; none for 0."""
    return (word & -word).bit_length() - 1 if word else 0


def filter_words(
    terms: Sequence[tuple[Words, Taps]],
    spread: int,
    fraction_length: int,
    format: Format | str,
    rounding: Rounding | str,
    overflow: Overflow | str = Overflow.WRAP,
) -> Words:
    """The sum of some signals, each through a filter with zeros between its taps, rounded once.

    y[n] = sum of taps[k] x[n - k spread] over k, summed over the terms; samples before the first are 0.

    Parameters
    ----------
    terms : sequence of (ndarray of int64, shape (n,), tuple of int)
        Signals and the coefficients of their filters.
    spread : int
        Samples from one tap to the next.
    fraction_length : int
        Of a product.
    format : Format or str
        Of the result.
    rounding, overflow : Rounding, Overflow or str
        How the full-precision sum becomes a word of it.

    Returns
    -------
    ndarray of int64, shape (n,)

    Notes
    -----
    Block by block, so that sums stay in the second-level cache from the first product to the rounding.

    Examples
    --------
    >>> filter_words([(np.array([4, 0, 0, 2]), (1, 3))], 2, 1, "sfix8_En0", "nearest")
    array([2, 0, 6, 1])
    """
    format, rounding, overflow = Format.parse(format), Rounding(rounding), Overflow(overflow)
    size = terms[0][0].size
    result, scratch = np.empty(size, dtype=np.int64), np.empty(min(BLOCK, size), dtype=np.int64)
    for start in range(0, size, BLOCK):
        total = result[start : start + BLOCK]
        stop = start + total.size
        total[...] = 0
        for words, taps in terms:
            for k, tap in enumerate(taps):
                first = max(start, k * spread)
                if tap and first < stop:
                    product = scratch[: stop - first]
                    np.multiply(words[first - k * spread : stop - k * spread], tap, out=product)
                    total[first - start :] += product
        convert_in_place(total, fraction_length - format.fraction_length, format, rounding, overflow)
    return result


def wire_channels(levels: int) -> list[int]:
    """Channels of one sample's words in the order of the wire: A_J, D_J, …, D_1.

    Examples
    --------
    >>> wire_channels(3)
    [0, 3, 2, 1]
    """
    return [0, *range(levels, 0, -1)]
