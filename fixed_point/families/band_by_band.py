"""Words of bands, one after the other on the wire: each band by itself, and back in their places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.quantization import Words, as_words


def band_by_band(
    words: ArrayLike,
    channel: ArrayLike,
    bands: int,
    treat: Callable[[int, Words, NDArray[np.bool_]], Words],
    passed: NDArray[np.bool_] | None = None,
) -> tuple[Words, NDArray[np.int64]]:
    """Treat the words of each band by themselves.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw band words, in any order.
    channel : array_like of int, shape (n,)
        Band of each.
    bands : int
        Words of channels from this number on leave as they came.
    treat : callable
        From a band's number, its words and which of all words these are to what they become.
    passed : ndarray of bool, shape (n,), optional
        Words that leave as they came. None, by default.

    Returns
    -------
    words : ndarray of int64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.

    Examples
    --------
    >>> band_by_band([1, 2, 3, 4], [0, 1, 0, 2], 2, lambda band, b, where: 10 * b + band)
    (array([10, 21, 30,  4]), array([0, 1, 0, 2]))
    """
    result, numbers = as_words(words).copy(), as_words(channel, "channel")
    for band in range(bands):
        where = numbers == band
        if where.any():
            b = result[where]
            given = treat(band, b, where)
            result[where] = given if passed is None else np.where(passed[where], b, given)
    return result, numbers
