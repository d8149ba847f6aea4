"""Wavelet packets in float64: the full tree, in which details are split as approximations are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.dwt_analysis import dwt_bands
from reference.families.wavelet_filters import WaveletFilters


def packet_analysis(x: ArrayLike, filters: WaveletFilters, levels: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Split a signal into 2**levels bands of equal width.

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
        After every 2**J samples one word of each band, band 0 first. They need no alignment.
    channel : ndarray of int64
        Band of each word. Its bits, the highest first, tell the way down the tree: 0 low-pass, 1 high-pass.

    References
    ----------
    R. R. Coifman and M. V. Wickerhauser, "Entropy-based algorithms for best basis selection", IEEE Trans. IT 38 (1992) 713-718.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> words, channel = packet_analysis([1, 1, 1, 1, 2, 0, 2, 0], wavelet_filters("haar"), 2)
    >>> words.round(3) + 0.0, channel
    (array([2., 0., 0., 0., 2., 0., 2., 0.]), array([0, 1, 2, 3, 0, 1, 2, 3]))
    """
    nodes = [np.asarray(x, dtype=np.float64)]
    for _ in range(levels):
        nodes = [child for node in nodes for child in dwt_bands(node, filters, 1)]
    words = np.stack(nodes, axis=1)
    return words.reshape(-1), np.tile(np.arange(len(nodes)), words.shape[0])
