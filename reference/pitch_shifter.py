"""Pitch shift in float64: a read pointer that runs at another pace than samples come, and splices where the signal repeats itself.

What is read lags behind what is written by a delay that grows or shrinks with every sample. Before it leaves its range the pointer jumps by
so many samples by which the signal looks most like what it was: by the least sum of the magnitudes of differences. Over the next samples
one place is faded into the other.

References
----------
W. Verhelst, M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale modification of
speech", Proc. ICASSP 1993, volume 2, 554-557.
M. J. Ross, H. L. Shaffer, A. Cohen, R. Freudberg, H. J. Manley, "Average magnitude difference function pitch extractor", IEEE Trans.
ASSP 22 (1974) 353-362, for the measure.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Splicing:
    """When the pointer jumps, and how far.

    Attributes
    ----------
    shortest, longest : int
        Jumps, in samples.
    match : int
        Samples that are compared.
    fade : int
        Samples from one place to the other.
    search : int
        Samples from the beginning of a search to its jump.
    near, far : int
        Delays below and above which a search begins.
    farthest : int
        Largest delay that is gone to.
    """

    shortest: int
    longest: int
    match: int
    fade: int
    search: int
    near: int
    far: int
    farthest: int


def pitch_shifter(
    x: ArrayLike, ratio: float, splicing: Splicing, jumps: ArrayLike | None = None, weight_error: float = 0.0
) -> NDArray[np.float64]:
    """Move a signal's pitch and formants: y[n] = x(n - d[n]), linear between samples, d[n] = d[n-1] + 1 - ratio.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples.
    ratio : float
        Of the frequencies that leave to those that enter.
    splicing : Splicing
    jumps : array_like of int, optional
        In samples, taken one after another instead of those that fit best.
    weight_error : float
        Added to the weight of the place that is gone to while both are heard.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> pitch_shifter([1.0, 2.0, 3.0, 4.0, 5.0], 1.0, Splicing(2, 3, 2, 2, 1, 2, 4, 9))
    array([0., 0., 1., 2., 3.])
    """
    return _run(x, ratio, splicing, jumps, weight_error)[0]


def best_jumps(x: ArrayLike, ratio: float, splicing: Splicing) -> NDArray[np.int64]:
    """The jumps that fit best, in samples, one after another."""
    return _run(x, ratio, splicing, None, 0.0)[1]


def _run(
    x: ArrayLike, ratio: float, splicing: Splicing, jumps: ArrayLike | None, weight_error: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    samples, s = np.asarray(x, dtype=np.float64), splicing
    reach = s.farthest + s.longest + s.match + s.search + 2
    padded = np.concatenate([np.zeros(reach), samples])
    given = np.zeros(0, np.int64) if jumps is None else np.asarray(jumps, dtype=np.int64)
    numbers = s.shortest, s.longest, s.match, s.fade, s.search, s.near, s.far, s.farthest
    found, made = _compiled(spliced)(padded, reach, float(ratio), numbers, given, jumps is not None, float(weight_error))
    return np.asarray(found), np.asarray(made)


def spliced(padded: Any, reach: int, ratio: float, numbers: Any, given: Any, follows: bool, weight_error: float) -> Any:
    """The whole of a signal, sample by sample: what leaves, and the jumps that were made."""
    shortest, longest, match, fade, search, near, far, farthest = numbers
    count = len(padded) - reach
    found, made = np.zeros(count), np.zeros(count // (search + fade - 1) + 1, dtype=np.int64)
    delay, jump, base, steps, done, since = float(near), 0, 0, 0, 0, -1
    searching, fading, upwards = False, False, False
    for n in range(count):
        here = n + reach
        moved = np.floor(delay) if ratio == 1.0 else delay + 1 - ratio
        if (-jump if fading and jump < 0 else 0) <= moved <= farthest:
            delay = moved
        if fading:
            steps += 1
            if steps == fade:
                delay, fading = delay + jump, False
        elif searching:
            since += 1
            if since == search:
                searching = False
                if follows:
                    jump = given[done] if done < len(given) else shortest
                else:
                    best = np.inf
                    for lag in range(shortest, longest + 1):
                        other = base - lag if upwards else base + lag
                        total = 0.0
                        for k in range(match):
                            total += abs(padded[base - k] - padded[other - k])
                        if total < best:
                            best, jump = total, lag
                made[done] = jump
                done += 1
                if upwards or np.floor(delay) >= jump:
                    fading, steps = True, 1
                if not upwards:
                    jump = -jump
        elif (ratio > 1.0 and delay < near) or (ratio < 1.0 and delay > far):
            searching, upwards, since, base = True, ratio > 1.0, 0, here - int(delay)
        whole = int(delay)
        part = delay - whole
        old = padded[here - whole] + part * (padded[here - whole - 1] - padded[here - whole])
        if fading:
            new = padded[here - whole - jump] + part * (padded[here - whole - jump - 1] - padded[here - whole - jump])
            old += (steps / fade + weight_error) * (new - old)
        found[n] = old
    return found, made[:done]


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, made at the first use."""
    import numba

    return numba.njit(function)
