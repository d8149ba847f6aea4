"""Denoiser in float64: wavelet analysis, threshold of the details, synthesis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.dwt_analysis import dwt_analysis
from reference.dwt_synthesis import dwt_synthesis
from reference.swt_analysis import swt_analysis
from reference.swt_synthesis import swt_synthesis
from reference.threshold import threshold
from reference.wavelet_filters import WaveletFilters

BANKS = {"undecimated": (swt_analysis, swt_synthesis), "decimated": (dwt_analysis, dwt_synthesis)}
"""Analysis and synthesis."""


def denoiser(x: ArrayLike, filters: WaveletFilters, levels: int, bank: str, **settings: Any) -> NDArray[np.float64]:
    """Denoise a signal.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    filters : WaveletFilters
        Filters of one level.
    levels : int
        Depth of the bank.
    bank : {"undecimated", "decimated"}
    **settings
        Those of `reference.threshold.threshold`.

    Returns
    -------
    ndarray of float64, shape (n,)
        The signal at its place: the bank's delay is taken out.

    References
    ----------
    D. L. Donoho, "De-noising by soft-thresholding", IEEE Trans. Information Theory 41 (1995) 613-627; R. R. Coifman, D. L. Donoho,
    "Translation-invariant de-noising", in Wavelets and Statistics (1995) 125-150, for the undecimated bank.
    """
    samples = np.asarray(x, dtype=np.float64)
    delay = filters.total_delay(levels)
    analysis, synthesis = BANKS[bank]
    # The bank's delay, and in a decimated bank the rest of its period, so that the last sample comes out too.
    padded = np.concatenate([samples, np.zeros(delay + (1 << levels))])
    words, channel = threshold(*analysis(padded, filters, levels), **settings)
    return synthesis(words, channel, filters, levels)[delay : delay + samples.size]
