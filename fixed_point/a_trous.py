"""Integer arithmetic that undecimated filter banks share: filters spread by zeros, and the order of band words on the wire."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.filter_bank import FilterWords, Taps, quantize_filters
from fixed_point.number_format import Format
from fixed_point.quantization import Words

ACCUMULATOR_BITS = 63
"""Sums of products are int64; cores refuse parameters that need more."""


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


def spread_filter(words: Words, taps: Taps, spread: int) -> Words:
    """y[n] = sum of taps[k] x[n - k spread], exactly, samples before the first being 0.

    Parameters
    ----------
    words : ndarray of int64, shape (n,)
    taps : tuple of int
        Coefficients.
    spread : int
        Samples from one tap to the next.

    Returns
    -------
    ndarray of int64, shape (n,)
        Sums of full precision; the caller has made sure that they fit.
    """
    total = words * taps[0]
    for k, tap in enumerate(taps[1:], 1):
        age = k * spread
        if tap and age < words.size:
            total[age:] += words[: words.size - age] * tap
    return total


def wire_channels(levels: int) -> list[int]:
    """Channels of one sample's words in the order of the wire: A_J, D_J, …, D_1.

    Examples
    --------
    >>> wire_channels(3)
    [0, 3, 2, 1]
    """
    return [0, *range(levels, 0, -1)]
