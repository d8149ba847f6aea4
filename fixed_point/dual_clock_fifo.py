"""Bit-true queue between two clocks: the words, later."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def dual_clock_fifo(words: ArrayLike) -> Words:
    """All words, in order.

    Parameters
    ----------
    words : array_like of int, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> dual_clock_fifo([3, -4])
    array([ 3, -4])
    """
    return as_words(words).copy()
