"""Frequency shift in float64: one sideband of a signal, moved by so many Hz.

The signal's positive frequencies alone, its analytic signal x + j H{x}, are rotated by a complex exponential; the real part of that has
every component so many Hz higher, or lower. The Hilbert transform H is an antisymmetric FIR filter, so that below and above its band some
of the negative frequencies are left: they come out as the image, so many Hz to the other side.

References
----------
A. V. Oppenheim, R. W. Schafer, *Discrete-Time Signal Processing*, 3rd edition, chapter 12, for the Hilbert transform and its filters.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.fir import fir

FREQUENCIES = 1 << 12
"""At which a response is looked at, up to half the sample rate."""

GRID, EXCHANGES = 64, 40
"""Frequencies for each coefficient of a design, and most exchanges of its extrema; a handful is enough."""

SETTLED = 1e-9
"""Part by which the largest ripple may lie above the one that is solved for, when a design is done."""


def hilbert_taps(count: int, lowest: float) -> NDArray[np.float64]:
    """Taps of a Hilbert filter with equal ripples from a frequency to as far from half the sample rate; every second one is 0.

    Parameters
    ----------
    count : int
        Taps: 7, 11, 15, ...
    lowest : float
        Lower end of the band as a part of the sample rate, below a quarter.

    Returns
    -------
    ndarray of float64, shape (count,)
        Antisymmetric, as those of 2 / (pi n).

    Notes
    -----
    Remez' exchange: with the amplitude 2 sum b_k sin((2 k - 1) w), of (count + 1) / 4 coefficients, one more frequency is found at which
    the ripple is largest, with signs in turn.

    References
    ----------
    L. R. Rabiner, R. W. Schafer, "On the behavior of minimax FIR digital Hilbert transformers", Bell Syst. Tech. J. 53 (1974) 363-390.

    Examples
    --------
    >>> hilbert_taps(7, 3 / 16).round(4)
    array([-0.0702,  0.    , -0.5697,  0.    ,  0.5697,  0.    ,  0.0702])
    """
    number = (count + 1) // 4
    grid = 2 * np.pi * np.linspace(lowest, 0.25, GRID * number)
    basis = 2 * np.sin(np.outer(grid, 2 * np.arange(1, number + 1) - 1))
    signs = (-1.0) ** np.arange(number + 1)
    extrema = np.rint((1 - np.cos(np.pi / 2 * np.arange(number + 1) / number)) * (grid.size - 1)).astype(np.int64)
    for _ in range(EXCHANGES):
        *found, ripple = np.linalg.lstsq(np.column_stack([basis[extrema], signs]), np.ones(number + 1), rcond=None)[0]
        error = basis @ np.array(found) - 1
        begins = np.concatenate([[0], np.flatnonzero(np.diff(np.signbit(error))) + 1, [error.size]])
        peaks = [first + int(np.argmax(np.abs(error[first:stop]))) for first, stop in pairwise(begins)]
        if len(peaks) <= number or np.max(np.abs(error)) <= abs(ripple) * (1 + SETTLED):
            break
        extrema, signs = np.array(peaks[-number - 1 :]), (-1.0) ** np.arange(number + 1)
    # Of bands so narrow that ripples vanish in float64 there is no one best filter to be found.
    candidates = [np.array(found), np.linalg.lstsq(basis, np.ones(grid.size), rcond=None)[0]]
    taps = np.zeros(count)
    taps[count // 2 + 1 :: 2] = min(candidates, key=lambda b: float(np.max(np.abs(basis @ b - 1))))
    return taps - taps[::-1]


def frequency_shifter(
    x: ArrayLike,
    turns: float,
    in_phase: ArrayLike,
    quadrature: ArrayLike,
    dry: float = 0.0,
    delay: int = 0,
    phase_error: ArrayLike = 0.0,
    sine_error: ArrayLike = 0.0,
    cosine_error: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Move a signal's frequencies: y[n] = i[n] cos(2 pi p) - q[n] sin(2 pi p) + dry x[n - delay], p = (n + 1) turns.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    turns : float
        The shift as a part of the sample rate; negative downwards.
    in_phase, quadrature : array_like of float
        Taps of the filters that make i and q of `x`, one the Hilbert transform of the other, equally late.
    dry : float
        How much of what enters is added.
    delay : int
        Samples by which that waits.
    phase_error : array_like of float
        In radians, added to the phase of each sample.
    sine_error, cosine_error : array_like of float
        Added to the sine and the cosine of each sample.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> frequency_shifter([1.0, 0.5, 0.25], 0.0, [0.0, 1.0], [0.0])
    array([0. , 1. , 0.5])
    """
    samples = np.asarray(x, dtype=np.float64)
    angle = 2 * np.pi * np.mod(turns * np.arange(1, samples.size + 1), 1.0) + phase_error
    late = np.concatenate([np.zeros(min(delay, samples.size)), samples[: max(0, samples.size - delay)]])
    cosine, sine = np.cos(angle) + cosine_error, np.sin(angle) + sine_error
    return np.asarray(fir(samples, in_phase) * cosine - fir(samples, quadrature) * sine + dry * late)


def sidebands(in_phase: ArrayLike, quadrature: ArrayLike, frequencies: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What becomes of a sine: the amplitudes of what is moved, and of the image that goes the other way.

    Parameters
    ----------
    in_phase, quadrature : array_like of float
        Taps.
    frequencies : array_like of float
        As parts of the sample rate.

    Returns
    -------
    moved, image : ndarray of float64

    Examples
    --------
    >>> sidebands([0.0, 1.0, 0.0], [-0.5, 0.0, 0.5], [0.25])
    (array([1.]), array([0.]))
    """
    count = max(len(np.atleast_1d(in_phase)), len(np.atleast_1d(quadrature)))
    kernel = np.exp(-2j * np.pi * np.outer(np.atleast_1d(frequencies), np.arange(count)))
    i, q = (kernel[:, : len(np.atleast_1d(taps))] @ np.atleast_1d(taps).astype(np.float64) for taps in (in_phase, quadrature))
    return np.abs(i + 1j * q) / 2, np.abs(i - 1j * q) / 2


def image_rejection(in_phase: ArrayLike, quadrature: ArrayLike, low: float, high: float) -> float:
    """By how much the image is weaker than what is moved, at the worst frequency of a band, in dB.

    Parameters
    ----------
    in_phase, quadrature : array_like of float
        Taps.
    low, high : float
        Ends of the band, as parts of the sample rate.
    """
    moved, image = sidebands(in_phase, quadrature, np.linspace(low, high, FREQUENCIES))
    with np.errstate(divide="ignore"):
        return float(20 * np.log10(np.min(moved / np.maximum(image, np.finfo(np.float64).tiny))))
