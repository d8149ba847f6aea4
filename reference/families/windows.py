"""Windows for weighted overlap-add, and the condition that their overlapping sum is constant.

All are periodic, w[n] with period N, since overlap-add repeats them: the symmetric forms with N - 1 do not add up to a constant.

References
----------
J. B. Allen, L. R. Rabiner, "A unified approach to short-time Fourier analysis and synthesis", Proc. IEEE 65 (1977) 1558-1564.
D. W. Griffin, J. S. Lim, "Signal estimation from modified short-time Fourier transform", IEEE Trans. ASSP 32 (1984) 236-243.
F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", Proc. IEEE 66 (1978) 51-83.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = NDArray[np.float64]

TOLERANCE = 1e-10
"""Ripple of an overlapping sum, relative to its mean, that is taken for rounding errors of float64."""


def _raised_cosine(level: float) -> Callable[[int], Weights]:
    return lambda length: level - (1 - level) * np.cos(2 * np.pi * np.arange(length) / length)


WINDOWS: dict[str, Callable[[int], Weights]] = {
    "none": np.ones,
    "hamming": _raised_cosine(0.54),
    "hann": _raised_cosine(0.5),
    "sqrt_hann": lambda length: np.sin(np.pi * np.arange(length) / length),
}
"""Windows by name. ``sqrt_hann`` is applied twice, before and behind the processing, the others before it only."""

TWICE = ("sqrt_hann",)
"""Windows that are applied before and behind the processing."""


def overlap_sum(weights: ArrayLike, hop: int) -> Weights:
    """The sum of all copies of a window, a hop apart: sum of w[n + k hop] over k.

    Parameters
    ----------
    weights : array_like of float, shape (length,)
    hop : int

    Returns
    -------
    ndarray of float64, shape (hop,)

    Examples
    --------
    >>> overlap_sum(WINDOWS["hamming"](8), 4).round(12)
    array([1.08, 1.08, 1.08, 1.08])
    """
    values = np.asarray(weights, dtype=np.float64)
    return np.concatenate([values, np.zeros(-values.size % hop)]).reshape(-1, hop).sum(axis=0)


def overlap_add_weights(window: str, length: int, hop: int) -> Weights:
    """A window scaled so that overlap-add has a gain of one.

    Parameters
    ----------
    window : str
        A key of `WINDOWS`.
    length, hop : int
        Samples of a segment, and from one segment to the next.

    Returns
    -------
    ndarray of float64, shape (length,)
        Weights whose overlapping sum is 1; for a window that is applied twice, that of their squares.

    Raises
    ------
    ValueError
        If the overlapping sum is not constant.

    Examples
    --------
    >>> overlap_add_weights("hann", 4, 2)
    array([0. , 0.5, 1. , 0.5])
    >>> overlap_add_weights("hann", 4, 3)
    Traceback (most recent call last):
        ...
    ValueError: hann windows of 4, 3 apart, add up to between 0.5 and 1
    """
    weights = WINDOWS[window](length)
    power = 2 if window in TWICE else 1
    total = overlap_sum(weights**power, hop)
    level = float(total.mean())
    if not level or float(np.ptp(total)) > TOLERANCE * level:
        raise ValueError(f"{window} windows of {length}, {hop} apart, add up to between {total.min():.4g} and {total.max():.4g}")
    return np.asarray(weights / math.pow(level, 1 / power))
