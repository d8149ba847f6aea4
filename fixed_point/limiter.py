"""Bit-true limiter: silence first, then every word between plus and minus a ceiling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def limiter(words: ArrayLike, ceiling: int, silence: int = 0) -> Words:
    """Clip to a ceiling, and mute the beginning.

    Parameters
    ----------
    words : array_like of int, shape (n,)
    ceiling : int
        Largest magnitude that leaves; 0 mutes.
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
