"""The long-term spectrum of speech, and how loud each band of a wavelet bank is for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.families.wavelet_filters import WaveletFilters
from reference.swt_analysis import swt_bands

THIRD_OCTAVES = (
    (63, 38.6), (80, 43.5), (100, 54.4), (125, 57.7), (160, 56.8), (200, 60.2), (250, 60.3), (315, 59.0), (400, 62.1), (500, 62.1),
    (630, 60.5), (800, 56.8), (1000, 53.7), (1250, 53.0), (1600, 52.0), (2000, 48.7), (2500, 48.9), (3150, 46.8), (4000, 45.6),
    (5000, 44.5), (6300, 44.3), (8000, 43.7), (10000, 43.4), (12500, 41.3), (16000, 40.7),
)  # fmt: skip
"""Levels of third octaves in dB SPL at their centres in Hz, of speech of 70 dB SPL, men and women: D. Byrne et al., "An international
comparison of long-term average speech spectra", J. Acoust. Soc. Am. 96 (1994) 2108-2120, table II."""


def band_levels(filters: WaveletFilters, levels: int, sample_rate: float, speech: float = 65.0) -> NDArray[np.float64]:
    """Level of speech in each band of an undecimated bank, in dB SPL.

    Parameters
    ----------
    filters : WaveletFilters
    levels : int
        Depth J.
    sample_rate : float
        In Hz; what lies above half of it is not heard.
    speech : float
        Level of the speech in dB SPL.

    Returns
    -------
    ndarray of float64, shape (J + 1,)
        From low to high: A_J, D_J, …, D_1.

    Examples
    --------
    >>> from reference.families.wavelet_filters import wavelet_filters
    >>> band_levels(wavelet_filters("db2"), 4, 16000).round(1)
    array([62.9, 59.2, 54.1, 49.1, 45.9])
    """
    centres, at_70 = np.array(THIRD_OCTAVES).T
    heard = centres <= sample_rate / 2
    power = 10 ** (at_70 / 10)
    power *= 10 ** (speech / 10) / power.sum()
    impulse = np.zeros(2 * filters.length << levels)
    impulse[0] = 1.0
    approximation, *details = swt_bands(impulse, filters, levels)
    turns = np.exp(-2j * np.pi / sample_rate * np.outer(centres[heard], np.arange(impulse.size)))
    shares = np.abs(turns @ np.array([approximation, *details[::-1]]).T) ** 2
    return np.asarray(10 * np.log10(power[heard] @ shares))
