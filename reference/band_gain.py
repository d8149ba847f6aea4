"""Gains for bands in float64: each word times the gain of its band, which goes to another at so many decibels a second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.levels import DOUBLING_OF_AMPLITUDE, Samples, ramp


def band_gain(
    words: ArrayLike, channel: ArrayLike, gains: Sequence[float], *, step: float = np.inf, off: float = 0.0
) -> tuple[Samples, NDArray[np.int64]]:
    """Multiply each band word by the gain of its band.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Band words in any order.
    channel : array_like of int, shape (n,)
        Band of each; a word of a band without a gain passes untouched.
    gains : sequence of float
        Of channels 0, 1, …, in dB.
    step : float
        Largest change of a gain in a word of its band, in dB. Gains begin at their values, so that it matters to changes only.
    off : float
        Doublings of amplitude by which every gain is off.

    Returns
    -------
    words : ndarray of float64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.

    Examples
    --------
    >>> words, channel = band_gain([1.0, 1.0, 1.0], [0, 1, 2], [0.0, 20.0])
    >>> words
    array([ 1., 10.,  1.])
    """
    values, bands = np.array(words, dtype=np.float64), np.asarray(channel, dtype=np.int64)
    for band, gain in enumerate(gains):
        where = bands == band
        values[where] *= amplitude(ramp(np.full(int(where.sum()), gain), step, gain), off)
    return values, bands


def amplitude(gain: ArrayLike, off: float = 0.0) -> Samples:
    """Gains in dB as factors, `off` doublings more."""
    return np.asarray(np.exp2(np.asarray(gain, dtype=np.float64) / DOUBLING_OF_AMPLITUDE + off))
