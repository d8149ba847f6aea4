"""Overlap-add in float64: segments back to a signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def overlap_add(words: ArrayLike, weights: ArrayLike, hop: int) -> NDArray[np.float64]:
    """Add segments, a hop apart.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Segments of `len(weights)` words, one behind the other; the last one may be incomplete.
    weights : array_like of float, shape (length,)
        What each word of a segment is multiplied with.
    hop : int
        Samples from one segment to the next.

    Returns
    -------
    ndarray of float64
        `hop` samples for each segment, and of the last one as many as it decides.

    Examples
    --------
    >>> overlap_add([1, 2, 3, 4, 5, 6], [1, 1, 1], 2)
    array([1., 2., 7., 5.])
    """
    segments, window = np.asarray(words, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    length = window.size
    complete, rest = divmod(segments.size, length)
    total = np.zeros((complete + 1) * hop + length)
    for number in range(complete + 1):
        segment = segments[number * length : (number + 1) * length]
        total[number * hop : number * hop + segment.size] += segment * window[: segment.size]
    return total[: complete * hop + min(rest, hop)]
