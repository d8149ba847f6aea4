"""Pitch and duration of a voice apart in float64: pitch-synchronous overlap-add (PSOLA).

Marks are set one period apart, at the peaks of the signal. Grains of two periods around them, under a Hann window, are laid down at other
distances: closer for a higher pitch, each of them more or less than once for another duration.

References
----------
E. Moulines, F. Charpentier, "Pitch-synchronous waveform processing techniques for text-to-speech synthesis using diphones", Speech
Communication 9 (1990) 453-467: time-domain PSOLA, windows of twice the shorter of both periods.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Marking:
    """Lengths, in samples.

    Attributes
    ----------
    lag : int
        By which the place where peaks are looked for lies behind the newest sample.
    delay : int
        By which the same holds for what leaves.
    unvoiced : int
        From mark to mark where there is no voice.
    pace : float
        Samples of the signal for each that leaves.
    """

    lag: int
    delay: int
    unvoiced: int
    pace: float


class Marks(NamedTuple):
    """Marks, one behind the other.

    Attributes
    ----------
    lengths : ndarray of int64
        From each mark to the next; the first one is the first sample.
    dues : ndarray of int64
        The sample with which the next mark is known.
    voiced : ndarray of bool
        Whether a voice's peak was looked for.
    """

    lengths: NDArray[np.int64]
    dues: NDArray[np.int64]
    voiced: NDArray[np.bool_]


class Grains(NamedTuple):
    """From each mark that is laid down to the next.

    Attributes
    ----------
    begins : ndarray of int64
        Number of the first sample that leaves.
    early, late : ndarray of int64
        Samples of the signal at both marks.
    distance : ndarray of int64
        Samples that leave from one to the other.
    half : ndarray of int64
        Half of a grain: the shorter of both distances, that of the marks in the signal and this.
    """

    begins: NDArray[np.int64]
    early: NDArray[np.int64]
    late: NDArray[np.int64]
    distance: NDArray[np.int64]
    half: NDArray[np.int64]


MARGIN = 13 / 64
"""Part of a period by which the next peak may lie nearer or farther than one."""


def marks(x: ArrayLike, periods: ArrayLike, marking: Marking) -> Marks:
    """Marks of a signal: each at the highest sample within 0.8 to 1.2 periods of the one before, from 0.6 on where the voice begins.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    periods : array_like of float, shape (n,)
        The period that is known with each sample; 0 where there is no voice.
    marking : Marking

    Examples
    --------
    >>> marks([0] * 9, [0] * 9, Marking(2, 4, 3, 1.0)).dues
    array([5, 8])
    """
    samples, known = (np.ascontiguousarray(one, dtype=np.float64) for one in (x, periods))
    lengths, dues, voiced = _compiled(marked)(samples, np.floor(known), np.floor(known * MARGIN), marking.lag, marking.unvoiced)
    return Marks(np.asarray(lengths), np.asarray(dues), np.asarray(voiced))


def marked(samples: Any, whole: Any, margin: Any, lag: int, usual: int) -> Any:
    """The same with periods in whole samples, and so many by which the next peak may lie off."""
    most = max(0, len(samples) - lag) + 1
    lengths, dues, voices = np.zeros(most, np.int64), np.zeros(most, np.int64), np.zeros(most, np.bool_)
    found, offset, low, high, best = 0, 0, usual, usual, 0
    top, fresh, voiced = samples[0] if len(samples) else 0, True, False
    for n in range(lag, len(samples)):
        if offset >= low and (fresh or samples[n - lag] > top):
            best, top, fresh = offset, samples[n - lag], False
        if offset >= high:
            lengths[found], dues[found], voices[found] = best, n, voiced
            found, offset, fresh = found + 1, offset - best, True
            begins, voiced = not voiced, whole[n] > 0
            low, high = usual, usual
            if voiced:
                low, high = int(whole[n] - margin[n]), int(whole[n] + margin[n])
                if begins:
                    low -= int(margin[n])
        offset += 1
    return lengths[:found], dues[:found], voices[:found]


def grains(found: Marks, spacing: ArrayLike, count: int, marking: Marking) -> Grains:
    """Where the grains of `found` marks are laid down.

    Parameters
    ----------
    found : Marks
    spacing : array_like of float, shape () or (n,)
        Of a voice, the distance from mark to mark that leaves, in those of the signal: one over the ratio of pitches; at each sample.
    count : int
        Samples that are in.
    marking : Marking
    """
    at = np.ascontiguousarray(np.broadcast_to(np.asarray(spacing, dtype=np.float64), (count,)))
    return Grains(*np.asarray(_compiled(laid)(*found, at, marking.delay, marking.pace)).T)


def laid(lengths: Any, dues: Any, voices: Any, spacing: Any, delay: int, pace: float) -> Any:
    """The same, in rows."""
    rows = np.zeros((len(spacing) + 1, 5), np.int64)
    made, number, head, late, distance, since = 0, 0, 0, 0, 0, 0
    place, beyond, part = 1.0, 0.0, 0.0
    for n in range(len(spacing)):
        place -= 1
        while place < 1:
            if n >= delay:
                if since == distance:
                    period = lengths[head]
                    exact = period * (spacing[n] if voices[head] else 1.0) + part
                    distance = int(exact)
                    part, since, early = exact - distance, 0, late
                    beyond += distance * pace
                    while head < len(lengths) and dues[head] <= n and 2 * beyond >= lengths[head]:
                        beyond -= lengths[head]
                        late += lengths[head]
                        head += 1
                    if made == len(rows):
                        rows = np.concatenate((rows, np.zeros_like(rows)))
                    rows[made] = number, early, late, distance, min(distance, period)
                    made += 1
                since += 1
            number += 1
            place += pace
    return rows[:made]


def leaving(count: int, pace: float) -> int:
    """Samples that leave of so many.

    Examples
    --------
    >>> leaving(10, 1.0), leaving(10, 0.75)
    (10, 14)
    """
    return int(np.ceil(count / pace))


def psola(x: ArrayLike, laid_down: Grains, marking: Marking, off: Sequence[float] | Samples = (0.0, 0.0)) -> Samples:
    """A signal made of grains: each falls over half of its length behind its mark, and rises as long before it.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    laid_down : Grains
    marking : Marking
    off : sequence of float, shape (2,)
        Taken from what falls and added to what rises; where both halves of a window are one, the first of them is that for both.

    Returns
    -------
    ndarray of float64, shape (m,)
        Zeros until the first mark is laid down.

    Examples
    --------
    >>> psola(range(6), Grains(*np.array([[2, 0, 2, 2, 2], [4, 2, 4, 2, 2]]).T), Marking(1, 2, 2, 1.0))
    array([0., 0., 0., 1., 2., 3.])
    """
    samples = np.asarray(x, dtype=np.float64)
    count, reach = leaving(samples.size, marking.pace), int(max(laid_down.half, default=0)) + 1
    grain = np.repeat(np.arange(len(laid_down.begins)), np.diff(np.append(laid_down.begins, max(count, laid_down.begins[-1:].sum()))))
    if not grain.size:
        return np.zeros(count)
    early, late, distance, half = (np.asarray(row)[grain] for row in laid_down[1:])
    since = np.arange(grain.size) + laid_down.begins[0] - laid_down.begins[grain]
    rest = half - (distance - since)
    padded = np.concatenate([np.zeros(reach), samples])
    falls = np.where(since < half, 1 - rising(since / half) - off[0], 0.0)
    rises = np.where(rest >= 0, rising(np.maximum(rest, 0) / half) + np.where(half == distance, off[0], off[1]), 0.0)
    behind, before = (padded[np.clip(at + reach, 0, padded.size - 1)] for at in (early + since, late + since - distance))
    # What has no part in a sample counts nothing, whatever it is.
    parts = np.where(falls != 0, falls * behind, 0.0) + np.where(rises != 0, rises * before, 0.0)
    return np.concatenate([np.zeros(laid_down.begins[0]), parts])[:count]


def rising(place: ArrayLike) -> Samples:
    """The first half of a Hann window over 0 to 1."""
    return np.asarray(np.sin(np.pi / 2 * np.minimum(np.asarray(place, dtype=np.float64), 1.0)) ** 2)


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, made at the first use and kept in memory only."""
    import numba

    return numba.njit(function)
