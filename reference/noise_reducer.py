"""Noise reduction in float64: a gain for each band, by how far its power stands above a tracked noise floor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.families.levels import Samples, compiled, one_pole, smoothed_power

Rule = str | Sequence[float] | Callable[[Samples], Samples]

TOP = 8.0
"""Doublings of power above the floor from which on a word is left as it is."""


@dataclass(frozen=True)
class BandTimes:
    """How fast one band's trackers go, in words of the band.

    Attributes
    ----------
    power, fall, gain : float
        Parts of its distance by which the power, the falling floor and the gain go on in a word.
    rise : float
        Doublings of power by which the floor rises in a word.
    start : int
        Words after a reset in which the floor is the level.
    block : int
        Words over which the least level is looked for.
    """

    power: float
    fall: float
    gain: float
    rise: float
    start: int
    block: int


def noise_reducer(
    words: ArrayLike,
    channel: ArrayLike,
    *,
    times: Sequence[BandTimes],
    floor: float,
    rule: Rule,
    oversubtraction: float,
    lowest: float = 0.0,
    offset: float = 0.0,
    seen: ArrayLike | None = None,
) -> tuple[Samples, NDArray[np.int64]]:
    """Multiply each band word by a gain that follows from the band's level above its noise floor.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Band words in any order.
    channel : array_like of int, shape (n,)
        Band of each.
    times : sequence of BandTimes
        Of channels 0, 1, …; words of others pass untouched.
    floor : float
        Least gain.
    rule : {"wiener", "subtract"}, sequence of float, or callable
        Gain over the doublings d of power above the floor, see `gain_rule`.
    oversubtraction : float
        Times that the floor is taken off the power.
    lowest : float
        Power that counts as the least; below it is silence.
    offset : float
        Doublings of power by which every level is taken for more above its floor than it is.
    seen : array_like of float, shape (n,), optional
        Words of which levels are measured, where these are others.

    Returns
    -------
    words : ndarray of float64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.

    Notes
    -----
    With b the band's words, all recurrences word by word:

        P += (b^2 - P) power        L = log2(max(P, lowest))
        N += (L - N) fall where L < N, else N = min(N + rise, L); N = L in the first `start` words
        N = max(N, least L of the last `block` words), at the end of each block
        g += (max(floor, G(max(L - N, 0))) - g) gain        out = b g

    References
    ----------
    M. Berouti, R. Schwartz, J. Makhoul, "Enhancement of speech corrupted by acoustic noise", Proc. ICASSP 1979, 208-211, for
    oversubtraction and the floor; R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics",
    IEEE Trans. Speech and Audio Processing 9 (2001) 504-512, for the least level of a block.

    Examples
    --------
    >>> steady = BandTimes(power=1.0, fall=1.0, gain=1.0, rise=0.0, start=1, block=100)
    >>> noise_reducer([1.0, 2.0], [0, 0], times=[steady], floor=0.25, rule="wiener", oversubtraction=1.0)
    (array([0.25, 1.5 ]), array([0, 0]))
    """
    values, bands = np.array(words, dtype=np.float64), np.asarray(channel, dtype=np.int64)
    measured = values.copy() if seen is None else np.asarray(seen, dtype=np.float64)
    for band, own in enumerate(times):
        where = bands == band
        level = smoothed_power(measured[where], own.power, lowest)
        above = np.maximum(level - noise_floor(level, own), 0.0) + offset
        wanted = np.maximum(gain_rule(above, rule, oversubtraction), floor)
        values[where] *= one_pole(wanted, own.gain)
    return values, bands


def noise_floor(level: Samples, times: BandTimes) -> Samples:
    """Noise floor N of a band at each of its levels L."""
    return np.asarray(compiled(floor_recurrence)(level, times.fall, times.rise, times.start, times.block))


def gain_rule(d: ArrayLike, rule: Rule, oversubtraction: float = 1.0) -> Samples:
    """Gain G at a level of d doublings of power above the noise floor.

    Parameters
    ----------
    d : array_like of float
        Below 0 counts as 0.
    rule : {"wiener", "subtract"}, sequence of float, or callable
        ``wiener`` is 1 - oversubtraction 2^-d, ``subtract`` its square root, both 0 where that is negative; numbers are the gains at equal
        distances from 0 to `TOP` doublings, straight lines between them. Above, G is 1, or the last of the numbers.
    oversubtraction : float

    Examples
    --------
    >>> gain_rule([0, 1, 2, 9], "wiener", 2.0)
    array([0. , 0. , 0.5, 1. ])
    >>> gain_rule([1, 4], [0.0, 0.5, 1.0])
    array([0.125, 0.5  ])
    """
    above = np.maximum(np.asarray(d, dtype=np.float64), 0.0)
    if callable(rule):
        return rule(above)
    if not isinstance(rule, str):
        return np.asarray(np.interp(above, np.linspace(0.0, TOP, len(rule)), rule))
    left = np.maximum(1.0 - oversubtraction * np.exp2(-above), 0.0)
    gain = {"wiener": lambda: left, "subtract": lambda: np.sqrt(left)}[rule]()
    return np.where(above >= TOP, 1.0, gain)


def floor_recurrence(level: Any, fall: float, rise: float, start: int, block: int) -> Any:
    """The recurrence of the floor; it is known with each level."""
    floors = np.empty(len(level))
    now, least = 0.0, np.inf
    for n in range(len(level)):
        now = now + (level[n] - now) * fall if level[n] < now else min(now + rise, level[n])
        if n < start:
            now = level[n]
        least = min(least, level[n])
        if (n + 1) % block == 0:
            now, least = max(now, least), level[n]
        floors[n] = now
    return floors
