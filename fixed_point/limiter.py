"""Bit-true limiter: silence first, then every word between plus and minus a ceiling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.quantization import Words, as_words


def limiter(words: ArrayLike, ceiling: int | NDArray[np.int64], silence: int = 0) -> Words:
    """Clip to a ceiling, and mute the beginning.

    Parameters
    ----------
    words : array_like of int, shape (n,)
    ceiling : int or ndarray of int, shape (n,)
        Largest magnitude that leaves; 0 mutes. An array where it changes from word to word.
    silence : int
        Words at the beginning that leave as zero.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> limiter([9, 9, -9, 2], 5, silence=1)
    array([ 0,  5, -5,  2])
    """
    limited = np.clip(as_words(words), -ceiling, ceiling)
    limited[:silence] = 0
    return limited
