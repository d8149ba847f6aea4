"""What passes through as it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def unchanged(x: ArrayLike) -> NDArray[np.float64]:
    """All samples, in order.

    Parameters
    ----------
    x : array_like of float, shape (n,)

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> unchanged([0.5, -0.25])
    array([ 0.5 , -0.25])
    """
    return np.array(x, dtype=np.float64)
