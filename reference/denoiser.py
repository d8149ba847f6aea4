"""Denoiser in float64: wavelet analysis, threshold of the details, synthesis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.dwt_analysis import dwt_analysis
from reference.dwt_synthesis import dwt_synthesis
from reference.families.wavelet_filters import WaveletFilters
from reference.overlap_add import overlap_add
from reference.segmenter import segmenter
from reference.swt_analysis import swt_analysis
from reference.swt_synthesis import swt_synthesis
from reference.threshold import threshold

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
    # The bank's delay, and in a decimated bank the rest of its period, so that the last sample comes out too.
    padded = np.concatenate([samples, np.zeros(delay + (1 << levels))])
    return delayed_denoiser(padded, filters, levels, bank, **settings)[delay : delay + samples.size]


def delayed_denoiser(x: NDArray[np.float64], filters: WaveletFilters, levels: int, bank: str, **settings: Any) -> NDArray[np.float64]:
    """`denoiser` with the bank's delay left in: what has come out when all samples are in. Parameters as there."""
    analysis, synthesis = BANKS[bank]
    words, channel = threshold(*analysis(x, filters, levels), **settings)
    return synthesis(words, channel, filters, levels)


def segment_denoiser(
    x: ArrayLike,
    filters: WaveletFilters,
    levels: int,
    bank: str,
    *,
    weights: ArrayLike,
    weights_after: ArrayLike,
    hop: int,
    tracked: tuple[int, int],
    **settings: Any,
) -> NDArray[np.float64]:
    """Denoise overlapping segments, each by itself, and add them up.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    filters, levels, bank, **settings
        As for `denoiser`.
    weights : array_like of float, shape (N,)
        Window before the bank.
    weights_after : array_like of float, shape (N + padding,)
        Window behind it, of a segment and its padding. The padding holds whatever the bank remembers of a segment.
    hop : int
        Samples from one segment to the next.
    tracked : tuple of int
        Samples of a segment, from the first to before the last, at which the noise is tracked.

    Returns
    -------
    ndarray of float64, shape (n,)
        The signal at its place.
    """
    samples = np.asarray(x, dtype=np.float64)
    late = filters.total_delay(levels) + np.size(weights) - hop
    # As many whole hops as it takes for the last sample to come out.
    padded = np.concatenate([samples, np.zeros(late + -(samples.size + late) % hop)])
    shared: dict[str, Any] = {"weights": weights, "weights_after": weights_after, "hop": hop, "tracked": tracked}
    return delayed_segment_denoiser(padded, filters, levels, bank, **shared, **settings)[late : late + samples.size]


def delayed_segment_denoiser(
    x: NDArray[np.float64],
    filters: WaveletFilters,
    levels: int,
    bank: str,
    *,
    weights: ArrayLike,
    weights_after: ArrayLike,
    hop: int,
    tracked: tuple[int, int],
    **settings: Any,
) -> NDArray[np.float64]:
    """`segment_denoiser` with its delay left in: what has come out when all samples are in. Parameters as there."""
    after = np.asarray(weights_after, dtype=np.float64)
    words = segmenter(x, weights, hop, after.size - np.size(weights))[0]
    words = words[: words.size // after.size * after.size]
    per_sample = levels + 1 if bank == "undecimated" else 1
    place = np.arange(words.size * per_sample) % (after.size * per_sample)
    seen = (place >= tracked[0] * per_sample) & (place < tracked[1] * per_sample)
    return overlap_add(delayed_denoiser(words, filters, levels, bank, tracked=seen, **settings), after, hop)
