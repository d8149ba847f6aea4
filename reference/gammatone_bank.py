"""Gammatone filter bank in float64: the ear's filters as cascades of four second-order sections, and the level of each band.

References
----------
R. D. Patterson, K. Robinson, J. Holdsworth, D. McKeown, C. Zhang, M. Allerhand, "Complex sounds and auditory images", in *Auditory
Physiology and Perception*, Pergamon, 1992, 429-446, for the gammatone as the ear's filter; M. Slaney, "An Efficient Implementation of the
Patterson-Holdsworth Auditory Filter Bank", Apple Computer Technical Report 35, 1993, for its poles and zeros.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.biquad import biquad, frequency_response
from reference.critical_bands import SCALES

Samples = NDArray[np.float64]

ORDER = 4
"""Of a gammatone, and sections of a band: each has a pair of the poles and one of the zeros."""

WIDENING = 1.019
"""By what a gammatone of fourth order has to be wider, in the decay of its envelope, to have a bandwidth's equivalent rectangle."""

ZEROS = tuple(sign * math.sqrt(3 + other * 2**1.5) for sign, other in ((1, 1), (-1, 1), (1, -1), (-1, -1)))
"""Where the zeros of the four sections lie, in parts of the sine (Slaney, equation for A11 to A14)."""


def gammatone_sections(frequency: float, rate: float, bandwidth: float) -> Samples:
    """Slaney's four sections of a gammatone of fourth order, with a gain of 1 at its frequency.

    Parameters
    ----------
    frequency, rate : float
        Centre and sample rate, in Hz.
    bandwidth : float
        Equivalent rectangular bandwidth in Hz.

    Returns
    -------
    ndarray of float64, shape (4, 6)
        Rows b0, b1, 0, 1, a1, a2. The gain is spread evenly.

    Examples
    --------
    >>> rows = gammatone_sections(1000, 16000, 132.6)
    >>> abs(frequency_response(rows, [1000.0], 16000)).round(6)
    array([1.])
    >>> rows[:, 4:].round(4)[0]
    array([-1.7523,  0.8993])
    """
    angle = 2 * math.pi * frequency / rate
    radius = math.exp(-2 * math.pi * WIDENING * bandwidth / rate)
    rows = np.array([[1.0, -radius * (math.cos(angle) + zero * math.sin(angle)), 0.0, 1.0, -2 * radius * math.cos(angle), radius**2]
                     for zero in ZEROS])  # fmt: skip
    rows[:, :3] /= abs(frequency_response(rows, [frequency], rate)[0]) ** (1 / ORDER)
    return rows


def bank_sections(centres: Sequence[float], rate: float, scale: str = "erb", width: float = 1.0) -> Samples:
    """Sections of all bands.

    Parameters
    ----------
    centres : sequence of float
        In Hz.
    rate : float
        Samples per second.
    scale : {"erb", "bark"}
        By which of `critical_bands.SCALES` a band is wide.
    width : float
        By what bands are wider than that.

    Returns
    -------
    ndarray of float64, shape (bands, 4, 6)
    """
    bandwidth = SCALES[scale].bandwidth
    return np.stack([gammatone_sections(one, rate, width * float(bandwidth(one))) for one in centres])


def gammatone_bank(x: ArrayLike, sections: ArrayLike, smoothing: int | None = None) -> tuple[Samples, NDArray[np.int64]]:
    """A signal through all bands, from silence; the words of a sample leave from the first band to the last.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    sections : array_like of float, shape (bands, sections, 6)
    smoothing : int, optional
        Each band's level in its place: its magnitude behind a one-pole, e += (|y| - e) / 2**smoothing.

    Returns
    -------
    words : ndarray of float64, shape (n * bands,)
    channel : ndarray of int64, shape (n * bands,)
        Bands from 0.

    Examples
    --------
    >>> words, channel = gammatone_bank([1.0, 0.0], [[[1, 0, 0, 1, -0.5, 0]], [[-2, 0, 0, 1, 0, 0]]])
    >>> words, channel
    (array([ 1. , -2. ,  0.5,  0. ]), array([0, 1, 0, 1]))
    """
    rows = np.asarray(sections, dtype=np.float64)
    signal = np.asarray(x, dtype=np.float64)
    bands = np.stack([biquad(signal, band) for band in rows], axis=-1)
    if smoothing is not None:
        bands = np.stack([smoothed(np.abs(band), smoothing) for band in bands.T], axis=-1)
    return bands.ravel(), np.tile(np.arange(len(rows)), signal.size)


def smoothed(x: ArrayLike, smoothing: int) -> Samples:
    """A one-pole: e += (x - e) / 2**smoothing, from 0.

    Examples
    --------
    >>> smoothed([1.0, 1.0], 1)
    array([0.5 , 0.75])
    """
    part = 2.0**-smoothing
    return biquad(x, [[part, 0.0, 0.0, 1.0, part - 1.0, 0.0]])
