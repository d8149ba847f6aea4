"""Segments of a signal in float64: overlapping, weighted, zero-padded."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def segmenter(
    x: ArrayLike, weights: ArrayLike, hop: int, padding: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut a signal into segments.

    Segment m holds the samples up to x[m hop + hop - 1], `len(weights)` of them (0 before the first), each times its weight, and
    `padding` zeros behind them.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    weights : array_like of float, shape (length,)
    hop : int
        Samples from one segment to the next, 1 to length.
    padding : int
        Zeros behind each segment.

    Returns
    -------
    words : ndarray of float64
        One segment behind the other; of the last one as much as the samples allow.
    startofpacket, endofpacket : ndarray of int64
        1 for the first and for the last word of a segment.

    Examples
    --------
    >>> segmenter([1, 2, 3, 4], [0.5, 1, 1, 0.5], 2)[0]
    array([0. , 0. , 1. , 1. , 0.5, 2. , 3. , 2. ])
    """
    signal, window = np.asarray(x, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    length = window.size
    segments = []
    for start in range(0, signal.size, hop):
        upto = np.concatenate([np.zeros(length), signal[: start + hop]])
        new = min(hop, signal.size - start)
        segment = upto[len(upto) - (length - hop) - new :] * window[: length - hop + new]
        segments.append(np.concatenate([segment, np.zeros(padding)]) if new == hop else segment)
    words = np.concatenate([np.zeros(0), *segments])
    place = np.arange(words.size) % (length + padding)
    return words, (place == 0).astype(np.int64), (place == length + padding - 1).astype(np.int64)
