"""Tones and noise in float64: a sine by its phase, and white noise of the bits of a recurrence with the longest period.

The bits are b[t] = b[t - 28] xor b[t - 31], of the primitive trinomial x^31 + x^3 + 1: each sequence of 31 of them but zeros comes once in
2^31 - 1.

References
----------
N. Zierler, J. Brillhart, "On primitive trinomials (mod 2)", Information and Control 13 (1968) 541-554.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

LONG, SHORT = 31, 28
"""Lags of the recurrence."""


def tone(count: int, turns: float, amplitude: float, start: float = 0.0) -> NDArray[np.float64]:
    """A sine.

    Parameters
    ----------
    count : int
        Samples.
    turns : float
        By which its phase goes on with each of them.
    amplitude : float
    start : float
        Its phase at the first sample, in turns.

    Examples
    --------
    >>> tone(4, 0.25, 2.0).round(6)
    array([ 0.,  2.,  0., -2.])
    """
    phase = np.arange(count, dtype=np.float64) * turns % 1.0 + start
    return np.asarray(amplitude * np.sin(2 * np.pi * phase))


def bits(count: int, seed: int) -> NDArray[np.int64]:
    """Bits of the recurrence, those of the seed first, its lowest in front.

    Examples
    --------
    >>> bits(36, 1)[30:].tolist()
    [0, 1, 0, 0, 0, 0]
    """
    found = np.zeros(LONG + count, np.int64)
    found[:LONG] = [seed >> place & 1 for place in range(LONG)]
    for first in range(LONG, LONG + count, SHORT):
        block = slice(first, min(first + SHORT, found.size))
        size = block.stop - block.start
        found[block] = found[first - LONG :][:size] ^ found[first - SHORT :][:size]
    return found[:count]


def white_noise(count: int, width: int, seed: int, amplitude: float) -> NDArray[np.float64]:
    """Values spread evenly between both signs of an amplitude, each of so many bits that no other has.

    Parameters
    ----------
    count : int
        Samples.
    width : int
        Bits of each: the one behind the others is its sign. It lies in the middle of a part of 2^-width of what is between both amplitudes.
    seed : int
        1 to 2^31 - 1; its bits come in front of the first sample's.
    amplitude : float

    Examples
    --------
    >>> white_noise(3, 8, 12345, 1.0).round(3)
    array([0.379, 0.004, 0.004])
    """
    rows = bits((count + 1) * width, seed)[width:].reshape(count, width)
    weights = np.exp2(np.arange(width) - (width - 1.0))
    weights[-1] = -1.0
    return np.asarray(amplitude * (rows @ weights + 2.0**-width))


def level(values: ArrayLike) -> float:
    """Root mean square of samples in dB below that of a sine of amplitude 1.

    Examples
    --------
    >>> round(level(tone(1000, 0.01, 0.1)), 6)
    -20.0
    """
    return float(10 * np.log10(2 * np.mean(np.square(np.asarray(values, dtype=np.float64)))))
