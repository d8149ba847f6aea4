"""Splitting in float64: one stream to several, each word to all."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def split(x: ArrayLike, ways: int) -> list[NDArray[np.float64]]:
    """The same samples `ways` times.

    Examples
    --------
    >>> split([0.5, 0.25], 2)
    [array([0.5 , 0.25]), array([0.5 , 0.25])]
    """
    return [np.array(x, dtype=np.float64) for _ in range(ways)]
