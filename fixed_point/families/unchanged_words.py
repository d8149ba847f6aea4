"""What passes through as it is."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def unchanged_words(words: ArrayLike) -> Words:
    """All words, in order.

    Parameters
    ----------
    words : array_like of int, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> unchanged_words([3, -4])
    array([ 3, -4])
    """
    return as_words(words).copy()
