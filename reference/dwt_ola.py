"""Wavelet analysis segment by segment in float64: each segment on its own, zero-padded, and neighbours added."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters


def dwt_ola(
    x: ArrayLike, filters: WaveletFilters, levels: int, length: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bands of the whole segments of a signal, one segment behind the other.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples; those behind the last whole segment wait.
    filters : WaveletFilters
        Filters of one level.
    levels : int
        Depth J.
    length : int
        Samples of a segment, a multiple of 2**J.

    Returns
    -------
    words : ndarray of float64, shape (n // length * length,)
        D_1, D_2, …, D_J, A_J of each segment.
    channel, startofpacket, endofpacket : ndarray of int64
        Band of each word (0 for A_J, j for D_j), and marks of a segment's first and last word.

    References
    ----------
    P. Rajmic, Z. Průša, "Discrete wavelet transform of finite signals: detailed study of the algorithm", Int. J. Wavelets,
    Multiresolution and Information Processing 12 (2014) 1450001.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> words, channel, *_ = dwt_ola([1, 1, 1, 1, 2, 0, 2, 0], wavelet_filters("haar"), 2, 4)
    >>> words.round(3) + 0.0, channel
    (array([0.   , 0.   , 0.   , 2.   , 1.414, 1.414, 0.   , 2.   ]), array([1, 1, 2, 0, 1, 1, 2, 0]))
    """
    signal = np.asarray(x, dtype=np.float64)
    count = signal.size // length
    level_input = [signal[number * length : (number + 1) * length] for number in range(count)]
    bands = []
    for _ in range(levels):
        low, high = (_added([np.convolve(segment, taps)[1::2] for segment in level_input], length // 2) for taps in filters.analysis)
        length //= 2
        bands.append(high)
        level_input = low
    bands.append(level_input)
    words = np.concatenate([np.zeros(0), *(band[number] for number in range(count) for band in bands)])
    return (words, *marks(count, length << levels, levels))


def _added(parts: list[NDArray[np.float64]], hop: int) -> list[NDArray[np.float64]]:
    """Each part with what those before it have left, a hop of it."""
    total = np.zeros(hop * len(parts) + max((part.size for part in parts), default=0))
    for number, part in enumerate(parts):
        total[number * hop : number * hop + part.size] += part
    return [total[number * hop : (number + 1) * hop] for number in range(len(parts))]


def marks(count: int, length: int, levels: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Channel, start and end marks of so many segments."""
    bands = [*range(1, levels + 1), 0]
    sizes = [length >> (band or levels) for band in bands]
    place = np.arange(length)
    starts, ends = (place == 0).astype(np.int64), (place == length - 1).astype(np.int64)
    return np.tile(np.repeat(bands, sizes), count), np.tile(starts, count), np.tile(ends, count)
