"""Levels in decibels and in doublings, one pole, and gains that go to others at an even pace."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Samples = NDArray[np.float64]

DOUBLING_OF_POWER = 10 * math.log10(2)
"""In dB."""

DOUBLING_OF_AMPLITUDE = 20 * math.log10(2)
"""In dB."""


def one_pole(x: Samples, part: float) -> Samples:
    """What follows x from 0 on, going on by a part of its distance in every word."""
    from scipy.signal import lfilter  # heavy, and `show` knows this module

    return np.asarray(lfilter([part], [1.0, part - 1.0], x))


def smoothed_power(b: Samples, part: float, lowest: float = 0.0) -> Samples:
    """Logarithm of the smoothed power of each word of a band, in doublings; a power below `lowest` counts as that."""
    power = one_pole(np.square(b), part)
    return np.asarray(np.log2(np.maximum(power, max(lowest, np.finfo(np.float64).tiny))))


def ramp(targets: ArrayLike, step: float, start: float) -> Samples:
    """What goes to each target by no more than `step` a word.

    Examples
    --------
    >>> ramp([1.0, 1.0, 1.0, -1.0], 0.4, 0.0)
    array([0.4, 0.8, 1. , 0.6])
    """
    return np.asarray(compiled(_ramp)(np.asarray(targets, dtype=np.float64), step, start))


def _ramp(targets: Any, step: float, start: float) -> Any:
    found, now = np.empty(len(targets)), start
    for n in range(len(targets)):
        now += min(max(targets[n] - now, -step), step)
        found[n] = now
    return found


@functools.cache
def compiled(recurrence: Callable[..., Any]) -> Callable[..., Samples]:
    """A recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(recurrence)
