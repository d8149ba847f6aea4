"""Period of a voice, frame by frame, in float64: the first high peak of the normalised autocorrelation.

References
----------
P. McLeod, G. Wyvill, "A smarter way to find pitch", Proc. ICMC 2005, 138-141: normalised by the mean of both energies at each lag, a
parabola through each peak, and the first peak that is nearly as high as the highest.

L. R. Rabiner, "On the use of autocorrelation analysis for pitch detection", IEEE Trans. Acoust., Speech, Signal Process. 25 (1977) 24-33: a
low-pass in front, frames of 30 ms.

E. B. Hogenauer, "An economical class of digital filters for decimation and interpolation", IEEE Trans. Acoust., Speech, Signal Process. 29
(1981) 155-162: running sums as a low-pass that needs no multiplier.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

DECIMATION = 4

LOWPASS = np.convolve(np.ones(2 * DECIMATION), np.ones(DECIMATION))
"""Weights of the low-pass in front of the decimation: running sums of eight and of four samples, -3 dB at 0.057 of the sample rate."""


class Peaks(NamedTuple):
    """Peaks of the autocorrelation at each lag of each frame.

    Attributes
    ----------
    heights : ndarray of float64, shape (frames, lags)
        Of the parabola through the peak and its neighbours; 0 where there is no peak above 0.
    places : ndarray of float64, shape (frames, lags)
        Of the parabola's top, in decimated samples.
    """

    heights: Values
    places: Values


def decimated(x: ArrayLike) -> Values:
    """Every fourth sample behind the low-pass, which has a gain of 32; the first one ends with the fourth sample.

    Examples
    --------
    >>> decimated([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    array([1., 4., 3.])
    """
    samples = np.asarray(x, dtype=np.float64)
    if not samples.size:
        return samples
    return np.convolve(samples, LOWPASS)[DECIMATION - 1 : samples.size : DECIMATION]


def frames(low: Values, length: int, hop: int, count: int) -> Values:
    """Frames of decimated samples: number m holds the last ones of the first m hops; those before the first are 0."""
    padded = np.concatenate([np.zeros(length), low, np.zeros(max(0, count * hop - low.size))])
    return np.array([padded[m * hop : m * hop + length] for m in range(count)]).reshape(count, length)


def autocorrelation(parts: Values, lags: int) -> Values:
    """Normalised autocorrelation at lags from 0 on, -1 to 1: 2 sum x[n] x[n+k] / sum (x[n]^2 + x[n+k]^2), over all n that a frame has.

    Parameters
    ----------
    parts : ndarray of float64, shape (frames, length)
    lags : int

    Returns
    -------
    ndarray of float64, shape (frames, lags)
        0 where a frame is silent.
    """
    found = np.zeros((len(parts), lags))
    for lag in range(lags):
        early, late = parts[:, : parts.shape[1] - lag], parts[:, lag:]
        energy = np.sum(early**2, axis=1) + np.sum(late**2, axis=1)
        found[:, lag] = 2 * np.sum(early * late, axis=1) / np.where(energy > 0, energy, 1.0)
    return found


def parabolas(rho: Values) -> tuple[Values, Values]:
    """Top of the parabola through each lag and its neighbours: its height, and how far it lies behind the lag.

    Where a lag is no peak, these are what they are. The first and the last lag have none, which counts as a height of 0.

    Examples
    --------
    >>> parabolas(np.array([[0.5, 1.0, 0.75]]))
    (array([[0.        , 1.01041667, 0.        ]]), array([[0.        , 0.16666667, 0.        ]]))
    """
    heights, offsets = np.zeros(rho.shape), np.zeros(rho.shape)
    lean, bend = rho[:, 2:] - rho[:, :-2], 2 * rho[:, 1:-1] - rho[:, :-2] - rho[:, 2:]
    safe = np.where(bend > 0, bend, 1.0)
    offsets[:, 1:-1] = np.where(bend > 0, np.clip(lean / (2 * safe), -0.5, 0.5), 0.0)
    heights[:, 1:-1] = rho[:, 1:-1] + lean * offsets[:, 1:-1] / 4
    return heights, offsets


def peaks(rho: Values, shortest: int, longest: int) -> Peaks:
    """Peaks at lags from `shortest` to `longest`: larger than at the lag before, and no less than at the one behind."""
    heights, offsets = parabolas(rho)
    lags = np.arange(rho.shape[1])
    there = np.zeros(rho.shape, np.bool_)
    there[:, 1:-1] = (rho[:, 1:-1] > rho[:, :-2]) & (rho[:, 1:-1] >= rho[:, 2:]) & (rho[:, 1:-1] > 0)
    there &= (lags >= shortest) & (lags <= longest)
    return Peaks(np.where(there, heights, 0.0), lags + offsets)


def chosen_lags(found: Peaks, energy: Values, share: float, voicing: float, least: float) -> NDArray[np.int64]:
    """The lag of the first peak that has `share` of the highest one's height; 0 where there is no voice.

    There is none where the highest peak is lower than `voicing`, or the frame's energy less than `least`.
    """
    highest = found.heights.max(axis=1, initial=0.0)
    high = (found.heights > 0) & (found.heights >= share * highest[:, np.newaxis])
    voiced = (highest >= voicing) & (energy >= least) & high.any(axis=1)
    return np.where(voiced, np.argmax(high, axis=1), 0)


def periods(rho: Values, lags: NDArray[np.int64]) -> Values:
    """The period in samples by the parabola at each frame's lag; 0 where that is 0."""
    _, offsets = parabolas(rho)
    found = lags + offsets[np.arange(len(lags)), lags]
    return np.where(lags > 0, DECIMATION * found, 0.0)
