"""Decimated multi-level wavelet analysis of a stream in float64, its bands aligned and in the order of the wire."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters

Band = NDArray[np.float64]


def dwt_analysis(x: ArrayLike, filters: WaveletFilters, levels: int) -> tuple[Band, NDArray[np.int64]]:
    """Split a signal into approximation A_J and details D_1 to D_J, each detail late enough that the bands leave aligned.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    filters : WaveletFilters
        Filters of one level.
    levels : int
        Depth J.

    Returns
    -------
    words : ndarray of float64
        Band words as they fall due: after sample 2**j i + 2**j - 1 word i of level j, the coarsest first. Details wait
        `WaveletFilters.band_delay` of their own samples, and are 0 until then.
    channel : ndarray of int64
        Band of each word: 0 for A_J, j for D_j.

    References
    ----------
    S. G. Mallat, "A theory for multiresolution signal decomposition", IEEE Trans. PAMI 11 (1989) 674-693.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> words, channel = dwt_analysis([1, 1, 1, 1, 2, 0, 2, 0], wavelet_filters("haar"), 2)
    >>> words.round(3) + 0.0, channel
    (array([0.   , 2.   , 0.   , 0.   , 0.   , 2.   , 0.   , 1.414]), array([1, 0, 2, 1, 1, 0, 2, 1]))
    """
    bands = dwt_bands(x, filters, levels)
    late = [bands[0]]
    for level, detail in enumerate(bands[1:], 1):
        wait = filters.band_delay(levels, level)
        late.append(np.concatenate([np.zeros(wait), detail])[: detail.size])
    return to_stream(late)


def dwt_bands(x: ArrayLike, filters: WaveletFilters, levels: int) -> list[Band]:
    """The bands without their alignment: A_J, D_1, D_2, …, D_J.

    Equal to ``pywt.wavedec(x, wavelet, mode="zero", level=levels)`` in the words that need no sample after the last.
    """
    approximation = np.asarray(x, dtype=np.float64)
    details = []
    for _ in range(levels):
        half = approximation.size // 2
        low, high = (np.convolve(approximation, taps)[1::2][:half] if half else np.zeros(0) for taps in filters.analysis)
        approximation = low
        details.append(high)
    return [approximation, *details]


def stream_order(counts: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which word of which band stands where on the wire.

    Parameters
    ----------
    counts : list of int
        Words of A_J, D_1, …, D_J.

    Returns
    -------
    channel, index : ndarray of int64
        Band and number within the band, for each word of the stream.
    """
    levels = len(counts) - 1
    channel = np.repeat(np.arange(levels + 1), counts)
    index = np.concatenate([np.arange(count) for count in counts])
    level = np.where(channel == 0, levels, channel)
    due = (index + 1) << level
    coarse_first = np.where(channel == 0, 0, levels + 1 - channel)
    order = np.lexsort((coarse_first, due))
    return channel[order], index[order]


def to_stream(bands: list[Band]) -> tuple[Band, NDArray[np.int64]]:
    """Bands (A_J, D_1, …, D_J) as words in the order of the wire, and their channels."""
    channel, index = stream_order([band.size for band in bands])
    starts = np.cumsum([0, *(band.size for band in bands[:-1])])
    return np.concatenate(bands)[starts[channel] + index], channel
