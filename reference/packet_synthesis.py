"""Wavelet packet synthesis in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters


def packet_synthesis(
    words: ArrayLike, channel: ArrayLike, filters: WaveletFilters, levels: int, limit: float = np.inf
) -> NDArray[np.float64]:
    """Put together what `reference.packet_analysis.packet_analysis` took apart.

    Parameters
    ----------
    words, channel : array_like, shape (n,)
        Words of all bands, band 0 first, and their bands.
    filters : WaveletFilters
        Filters of one level.
    levels : int
        Depth J.
    limit : float
        Largest magnitude of the nodes between the levels; one that is larger, and what depends on it, is not known: nan.

    Returns
    -------
    ndarray of float64
        2**J samples for each whole set of words: the signal, `WaveletFilters.total_delay` samples late.

    Examples
    --------
    >>> from reference.packet_analysis import packet_analysis
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> haar = wavelet_filters("haar")
    >>> packet_synthesis(*packet_analysis([1, 2, 3, 4, 5, 6, 7, 8], haar, 2), haar, 2).round(12) + 0.0
    array([0., 0., 0., 1., 2., 3., 4., 5.])
    """
    values, band = np.asarray(words, dtype=np.float64), np.asarray(channel)
    count = int(np.sum(band == 2**levels - 1))
    nodes = [values[band == number][:count] for number in range(2**levels)]
    for level in range(levels, 0, -1):
        nodes = [_merge(low, high, filters) for low, high in zip(nodes[0::2], nodes[1::2], strict=True)]
        if level > 1:
            nodes = [np.where(np.abs(node) > limit, np.nan, node) for node in nodes]
    return nodes[0]


def _merge(low: NDArray[np.float64], high: NDArray[np.float64], filters: WaveletFilters) -> NDArray[np.float64]:
    total = np.zeros(2 * low.size)
    for band, taps in zip((low, high), filters.synthesis, strict=True):
        sparse = np.zeros(2 * low.size)
        sparse[1::2] = band
        total += np.convolve(sparse, taps)[: total.size]
    return total
