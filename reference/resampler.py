"""Another sample rate in float64: a low-pass in continuous time, read wherever a sample is wanted.

The low-pass is a sinc under a Kaiser window. It is kept at so many places of each sample, its phases, and between two of these it is a
straight line.

References
----------
J. O. Smith, P. Gossett, "A flexible sampling-rate conversion method", Proc. IEEE ICASSP (1984) 19.4.1-19.4.4, for the table and the line.
J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", Proc. IEEE ISCAS (1974) 20-23, for length and window.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

Samples = NDArray[np.float64]

LINE_ERROR = math.sqrt(1 / 30) / 2
"""Root mean square of what a straight line misses of a sine, in parts of it, over the square of its phase from one place to the next.

At the part u of the way it misses phase^2 u (1 - u) / 2."""

BLOCK = 4096
"""Samples that are made at once."""


def taps_needed(attenuation: float, passband: float, cutoff: float) -> int:
    """Taps by which the low-pass falls to an attenuation between the passband's end and its mirror image at the cutoff.

    Parameters
    ----------
    attenuation : float
        In dB.
    passband : float
        Part of what is below the cutoff.
    cutoff : float
        Part of half the sample rate of what enters.

    Returns
    -------
    int
        An even number; Kaiser (1974), equation 6.

    Examples
    --------
    >>> taps_needed(96.0, 0.9, 1.0), taps_needed(96.0, 0.9, 0.5)
    (64, 124)
    """
    width = 2 * (1 - passband) * cutoff * math.pi
    return 2 * math.ceil(max(1.0, (attenuation - 7.95) / (2.285 * width) + 1) / 2)


def phases_needed(attenuation: float, passband: float, cutoff: float) -> int:
    """Phases, a power of two, from which on the straight lines between them miss no more than the attenuation of a sine.

    Examples
    --------
    >>> phases_needed(96.0, 0.9, 1.0), phases_needed(60.0, 0.9, 1.0)
    (256, 32)
    """
    least = math.pi * passband * cutoff * math.sqrt(LINE_ERROR * 10 ** (attenuation / 20))
    return 1 << max(1, math.ceil(math.log2(least)))


def low_pass(taps: int, phases: int, cutoff: float, attenuation: float) -> Samples:
    """The low-pass in continuous time at so many places of each sample, from the first tap to the last, symmetric.

    Returns
    -------
    ndarray of float64, shape (taps * phases,)
        Of which every `phases`-th sum to one, as near as the attenuation says.

    Examples
    --------
    >>> low_pass(2, 2, 1.0, 20.0).round(3)
    array([0.3  , 0.9  , 0.9  , 0.3  ])
    """
    count = taps * phases
    place = (np.arange(count) - (count - 1) / 2) / phases
    return np.asarray(cutoff * np.sinc(cutoff * place) * np.kaiser(count, signal.kaiser_beta(attenuation)))


def resampler(x: ArrayLike, kernel: ArrayLike, phases: int, step: Fraction, later: float = 0.0) -> Samples:
    """Samples at the times 0, step, 2 step, ... of a signal that comes sample by sample.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    kernel : array_like of float, shape (taps * phases,)
        The low-pass, `phases` places to a sample.
    phases : int
    step : Fraction
        Samples that come for one that leaves.
    later : float
        Samples by which the low-pass is read at a later place.

    Returns
    -------
    ndarray of float64, shape (ceil(n / step),)
        What leaves has come `len(kernel) - 1` places of the low-pass, half of them, before.

    Examples
    --------
    >>> resampler([0.0, 4.0, 8.0, 12.0], [0.5, 1.0, 1.0, 0.5], 2, Fraction(1, 2)).tolist()
    [0.0, 0.0, 2.0, 4.0, 8.0, 10.0, 14.0, 16.0]
    """
    samples, steps = np.asarray(x, dtype=np.float64), Fraction(step)
    held = np.asarray(kernel, dtype=np.float64)
    taps = held.size // phases
    count = math.ceil(samples.size / steps)
    padded = np.concatenate([np.zeros(taps - 1), samples])
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps)[:, ::-1] if samples.size else np.zeros((0, taps))
    # By phase, from one before the first to one behind the last; beyond its ends the low-pass keeps its last value.
    places = np.arange(-1, phases + 2)[:, np.newaxis] + phases * np.arange(taps)
    rows = held[np.clip(places, 0, held.size - 1)]
    found = np.empty(count)
    for start in range(0, count, BLOCK):
        ends = np.arange(start, min(start + BLOCK, count)) * steps.numerator
        whole = ends // steps.denominator
        at = (ends % steps.denominator / steps.denominator + later) * phases
        row = np.clip(np.floor(at), -1, phases).astype(np.int64)
        part = (at - row)[:, np.newaxis]
        weights = rows[row + 1] + part * (rows[row + 2] - rows[row + 1])
        found[start : start + BLOCK] = np.einsum("ij,ij->i", windows[whole], weights)
    return found
