"""Limiter in float64: silence first, then every sample between plus and minus a ceiling."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def limiter(x: ArrayLike, ceiling: float, silence: int = 0) -> NDArray[np.float64]:
    """Clip to a ceiling, and mute the beginning.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    ceiling : float
        Largest magnitude that leaves, in the unit of `x`.
    silence : int
        Samples at the beginning that leave as zero.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> limiter([0.9, 0.9, -0.9, 0.25], 0.5, silence=1)
    array([ 0.  ,  0.5 , -0.5 ,  0.25])
    """
    limited = np.clip(np.asarray(x, dtype=np.float64), -ceiling, ceiling)
    limited[:silence] = 0
    return limited
