"""What a PDM microphone's line says: each level stands for +1 or -1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pdm_microphone(levels: ArrayLike) -> NDArray[np.float64]:
    """Values of the levels at a line.

    Parameters
    ----------
    levels : array_like of int, shape (n,)
        Where the clock's edge is.

    Examples
    --------
    >>> pdm_microphone([1, 0, 0])
    array([ 1., -1., -1.])
    """
    return np.where(np.asarray(levels) != 0, 1.0, -1.0)
