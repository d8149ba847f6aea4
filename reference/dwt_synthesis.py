"""Decimated multi-level wavelet synthesis of a stream of band words in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters


def dwt_synthesis(
    words: ArrayLike, channel: ArrayLike, filters: WaveletFilters, levels: int, limit: float = np.inf
) -> NDArray[np.float64]:
    """Put together what `reference.dwt_analysis.dwt_analysis` took apart.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Aligned band words in the order of the wire.
    channel : array_like of int, shape (n,)
        Band of each word: 0 for A_J, j for D_j.
    filters : WaveletFilters
        Filters of one level.
    levels : int
        Depth J.
    limit : float
        Largest magnitude of the approximations between the levels; one that is larger, and what depends on it, is not known: nan.

    Returns
    -------
    ndarray of float64
        Two samples for each word of D_1; one more where the words that fall due after the next pair have begun to arrive. They are the
        signal, `WaveletFilters.total_delay` samples late.

    Examples
    --------
    >>> from reference.dwt_analysis import dwt_analysis
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> haar = wavelet_filters("haar")
    >>> dwt_synthesis(*dwt_analysis([1, 2, 3, 4, 5, 6, 7, 8], haar, 2), haar, 2).round(12) + 0.0
    array([0., 0., 0., 1., 2., 3., 4., 5.])
    """
    values, band = np.asarray(words, dtype=np.float64), np.asarray(channel)
    signal = values[band == 0]
    for level in range(levels, 0, -1):
        detail = values[band == level]
        count = detail.size
        odd = np.zeros((2, 2 * count + 1))
        odd[0, 1::2], odd[1, 1::2] = signal[:count], detail
        wanted = int(np.sum(band == level - 1)) if level > 1 else 2 * count + int(band.size > 0 and band[-1] != 1)
        signal = sum(np.convolve(sparse, taps)[:wanted] for sparse, taps in zip(odd, filters.synthesis, strict=True))
        if level > 1:
            signal = np.where(np.abs(signal) > limit, np.nan, signal)
    return np.asarray(signal)
