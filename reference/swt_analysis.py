"""Undecimated ("à trous", stationary) wavelet analysis of a stream in float64, its bands aligned and in the order of the wire."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.wavelet_filters import WaveletFilters

Band = NDArray[np.float64]

SCALE = 0.5**0.5
"""Of every filter, there and back: each band has all samples, twice as many as a decimated one, and together they keep the energy."""


def swt_analysis(x: ArrayLike, filters: WaveletFilters, levels: int) -> tuple[Band, NDArray[np.int64]]:
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
    words : ndarray of float64, shape (n * (J + 1),)
        For each sample A_J, D_J, …, D_1. Detail j waits `detail_wait` samples and is 0 until then.
    channel : ndarray of int64, shape (n * (J + 1),)
        Band of each word: 0 for A_J, j for D_j.

    References
    ----------
    M. J. Shensa, "The discrete wavelet transform: wedding the à trous and Mallat algorithms", IEEE Trans. Signal Processing 40 (1992)
    2464-2482.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> words, channel = swt_analysis([4, 4, 0], wavelet_filters("haar"), 1)
    >>> words.round(12) + 0.0, channel
    (array([ 2., -2.,  4.,  0.,  2.,  2.]), array([0, 1, 0, 1, 0, 1]))
    """
    bands = swt_bands(x, filters, levels)
    late = [np.concatenate([np.zeros(detail_wait(filters.delay, levels, j)), d])[: d.size] for j, d in enumerate(bands[1:], 1)]
    words = np.stack([bands[0], *late[::-1]], axis=-1).reshape(-1)
    return words, np.tile([0, *range(levels, 0, -1)], bands[0].size)


def swt_bands(x: ArrayLike, filters: WaveletFilters, levels: int) -> list[Band]:
    """The bands without their alignment: A_J, D_1, …, D_J, each as long as `x`.

    A_j[n] = sum of h[k] / sqrt(2) A_(j-1)[n - 2**(j-1) k] over k, D_j likewise with g. With the samples before the first taken from the
    end (a circular signal) this is ``pywt.swt(x, wavelet, levels, trim_approx=True, norm=True)``, 2**(j-1) L / 2 samples later at each
    level.
    """
    approximation, details = np.asarray(x, dtype=np.float64), []
    for level in range(levels):
        low, high = (spread_filter(approximation, taps * SCALE, 1 << level) for taps in filters.analysis)
        approximation = low
        details.append(high)
    return [approximation, *details]


def detail_wait(delay: int, levels: int, level: int) -> int:
    """Samples that detail `level` waits until what is deeper has come back: delay * (2**levels - 2**level).

    Parameters
    ----------
    delay : int
        `WaveletFilters.delay` of one level; those of deeper levels are spread by powers of two.

    Examples
    --------
    >>> [detail_wait(3, 4, level) for level in (1, 2, 3, 4)]
    [42, 36, 24, 0]
    """
    return delay * ((1 << levels) - (1 << level))


def spread_filter(x: Band, taps: ArrayLike, spread: int) -> Band:
    """y[n] = sum of taps[k] x[n - k spread], samples before the first being 0."""
    y = np.zeros(x.size)
    for k, tap in enumerate(np.asarray(taps, dtype=np.float64)):
        age = k * spread
        if age < x.size:
            y[age:] += tap * x[: x.size - age]
    return y
