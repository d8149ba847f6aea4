"""What word lengths cost segments: a weight and a rounding for each word on the way out, a rounding for each sample on the way back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer
from fixed_point.word_lengths.noise import Noise

Weights = NDArray[np.float64]


def segmenter_losses(weights: Weights, hop: int, padding: int, noise: Noise, coefficients: CoefficientSet) -> Losses:
    """Of a segmenter.

    Parameters
    ----------
    weights : ndarray of float64, shape (length,)
    hop, padding : int
        Samples from one segment to the next, and zeros behind each, which are exact.
    noise : Noise
        Rounding of a product.
    coefficients : CoefficientSet
        The weights, and how far each may be off.
    """
    whole = weights.size + padding
    share = weights.size / whole
    # A sample stands in as many words as there are weights a hop apart.
    most = max(float(np.sum(weights[first::hop] ** 2)) for first in range(hop)) * hop / whole
    power = float(np.sum(weights**2)) / whole
    transfer = Transfer(power**0.5, power, float(np.abs(weights).max()), most**0.5)
    return Losses(Noise(noise.mean * share**0.5, noise.variance * share, noise.limit), transfer=transfer, coefficients=(coefficients,))


def overlap_add_losses(weights: Weights, hop: int, noise: Noise, coefficients: tuple[CoefficientSet, ...]) -> Losses:
    """Of an overlap-add.

    Parameters
    ----------
    weights : ndarray of float64, shape (length,)
        Of a packet's words.
    hop : int
    noise : Noise
        Rounding of a sum.
    coefficients : tuple of CoefficientSet
        The weights, where there are any to apply.
    """
    sums = [weights[first::hop] for first in range(hop)]
    total = float(np.mean([part.sum() ** 2 for part in sums])) ** 0.5
    peak = (max(float(np.sum(part**2)) for part in sums) * weights.size / hop) ** 0.5
    norm = max(float(np.abs(part).sum()) for part in sums)
    return Losses(noise, transfer=Transfer(total, float(np.sum(weights**2)) / hop, norm, peak), coefficients=coefficients)
