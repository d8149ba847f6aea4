"""Undecimated wavelet synthesis of a stream of band words in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters
from reference.swt_analysis import SCALE, spread_filter


def swt_synthesis(words: ArrayLike, channel: ArrayLike, filters: WaveletFilters, levels: int) -> NDArray[np.float64]:
    """Put together what `reference.swt_analysis.swt_analysis` took apart.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Aligned band words in the order of the wire: A_J, D_J, …, D_1 for each sample.
    channel : array_like of int, shape (n,)
        Band of each word: 0 for A_J, j for D_j.
    filters : WaveletFilters
        Filters of one level.
    levels : int
        Depth J.

    Returns
    -------
    ndarray of float64
        A sample for each complete set of words, the first set beginning with the first A_J; the signal, `WaveletFilters.total_delay`
        samples late.

    Examples
    --------
    >>> from reference.swt_analysis import swt_analysis
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> haar = wavelet_filters("haar")
    >>> swt_synthesis(*swt_analysis([1, 2, 3, 4, 5, 6], haar, 2), haar, 2).round(12) + 0.0
    array([0., 0., 0., 1., 2., 3.])
    """
    values, band = np.asarray(words, dtype=np.float64), np.asarray(channel)
    first = int(np.argmax(band == 0)) if band.size else 0
    values, band = values[first:], band[first:]
    details = {level: values[band == level] for level in range(1, levels + 1)}
    count = details[1].size
    signal = values[band == 0][:count]
    for level in range(levels, 0, -1):
        low, high = filters.synthesis * SCALE
        spread = 1 << (level - 1)
        signal = spread_filter(signal, low, spread) + spread_filter(details[level][:count], high, spread)
    return signal
