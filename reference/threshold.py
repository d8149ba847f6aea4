"""Thresholding of band words in float64, the noise of each band tracked by a comparator and a small step."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MEDIAN_OF_NORMAL = 0.6745
"""Median magnitude of normally distributed values, in standard deviations: the third quartile of the normal distribution."""

Decided = tuple[NDArray[np.bool_], NDArray[np.float64]]
"""Which words are small, and the sigma of their bands."""

FLOOR_GAIN = 0.25
"""What the floor rule leaves of a small word: 12 dB less, which keeps the background's character and hides musical noise."""


def threshold(
    words: ArrayLike,
    channel: ArrayLike,
    *,
    rule: str,
    factor: float,
    start: float,
    intervals: tuple[int, ...],
    adaptation: int = 8,
    lowest: float = 0.0,
    highest: float = np.inf,
    tracked: NDArray[np.bool_] | None = None,
    decided: Decided | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make small detail words smaller: those whose magnitude is at most lambda = factor * sigma.

    Parameters
    ----------
    words : array_like of float, shape (n,)
        Band words of any order.
    channel : array_like of int, shape (n,)
        Band of each: details have 1, 2, …; channel 0, the approximation, is never touched.
    rule : {"hard", "soft", "floor"}
        A small word becomes 0 (hard, soft) or a quarter of itself (floor); soft takes lambda off all others too.
    factor : float
        K, in units of sigma.
    start : float
        Sigma of every band before the first word.
    intervals : tuple of int
        Of bands 1, 2, …: every so many words of the band sigma is adapted.
    adaptation : int
        The step is sigma * 2**-adaptation.
    lowest, highest : float
        Sigma never falls below, and rises no further from there on.
    tracked : ndarray of bool, shape (n,), optional
        Words from which sigma is tracked; at the others it is held. All, by default.
    decided : (ndarray of bool, ndarray of float64), optional
        Which words are small and what sigma is at each, where others have decided that (`decide`); what the words behind these are does not
        matter.

    Returns
    -------
    words : ndarray of float64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.

    References
    ----------
    D. L. Donoho, I. M. Johnstone, "Ideal spatial adaptation by wavelet shrinkage", Biometrika 81 (1994) 425-455, for the rules and the
    median as a measure of noise; N. J. C. McFarlane, C. P. Schofield, "Segmentation and tracking of piglets in images", Machine Vision
    and Applications 8 (1995) 187-193, for the running median by comparator and step.
    """
    values, bands = np.array(words, dtype=np.float64), np.asarray(channel, dtype=np.int64)
    if decided is None:
        decided = decide(
            values, bands, factor=factor, start=start, intervals=intervals, adaptation=adaptation, lowest=lowest, highest=highest,
            tracked=tracked,
        )  # fmt: skip
    small, sigma = (np.concatenate([one, np.zeros(max(values.size - one.size, 0), one.dtype)])[: values.size] for one in decided)
    details = (bands >= 1) & (bands <= len(intervals))
    values[details] = RULES[rule](values[details], factor * sigma[details], small[details])
    return values, bands


def decide(
    words: ArrayLike,
    channel: ArrayLike,
    *,
    factor: float,
    start: float,
    intervals: tuple[int, ...],
    adaptation: int = 8,
    lowest: float = 0.0,
    highest: float = np.inf,
    tracked: NDArray[np.bool_] | None = None,
) -> Decided:
    """Which words are small, and sigma as it is known before each; parameters as for `threshold`.

    Returns
    -------
    small : ndarray of bool, shape (n,)
    sigma : ndarray of float64, shape (n,)
        0 at words that are no details.
    """
    values, bands = np.asarray(words, dtype=np.float64), np.asarray(channel, dtype=np.int64)
    small, sigma = np.zeros(values.size, np.bool_), np.zeros(values.size)
    for band, interval in enumerate(intervals, 1):
        where = bands == band
        d = values[where]
        if tracked is None:
            sigma[where] = tracked_sigma(d, start, interval, adaptation, lowest, highest)
        else:
            seen = tracked[where]
            # Known before each word is what the words seen so far have made of it; one word more tells what the last has.
            known = tracked_sigma(np.append(d[seen], 0.0), start, interval, adaptation, lowest, highest)
            sigma[where] = known[np.cumsum(seen) - seen]
        small[where] = np.abs(d) <= factor * sigma[where]
    return small, sigma


def tracked_sigma(
    d: ArrayLike, start: float, interval: int = 1, adaptation: int = 8, lowest: float = 0.0, highest: float = np.inf
) -> NDArray[np.float64]:
    """Standard deviation of noise as it is known before each word.

    A running median m of the magnitudes, m += (|d| > m ? +m : -m) 2**-adaptation, over 0.6745. Half of all magnitudes are above their
    median, so that m rests there; words of speech, few and large, move it no further than any other word does.

    Examples
    --------
    >>> tracked_sigma([1.0, 0.0, 0.0], start=1.0, adaptation=1)
    array([1.  , 1.5 , 0.75])
    """
    magnitudes = np.abs(np.asarray(d, dtype=np.float64))
    steps = magnitudes[interval - 1 :: interval]
    bounds = lowest * MEDIAN_OF_NORMAL, highest * MEDIAN_OF_NORMAL
    medians = _compiled()(steps, start * MEDIAN_OF_NORMAL, 2.0**-adaptation, *bounds)
    return np.asarray(np.repeat(medians, interval)[: magnitudes.size]) / MEDIAN_OF_NORMAL


def running_median(magnitudes: Any, start: float, rate: float, lowest: float, highest: float) -> Any:
    """The recurrence; the median before each magnitude, and after the last."""
    medians = np.empty(len(magnitudes) + 1)
    median = start
    medians[0] = median
    for n in range(len(magnitudes)):
        if magnitudes[n] <= median:
            median = max(median - median * rate, lowest)
        elif median < highest:
            median = max(median + median * rate, lowest)
        medians[n + 1] = median
    return medians


@functools.cache
def _compiled() -> Callable[..., NDArray[np.float64]]:
    """The recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(running_median)


def _hard(d: NDArray[np.float64], limit: NDArray[np.float64], small: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(small, 0.0, d)


def _soft(d: NDArray[np.float64], limit: NDArray[np.float64], small: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(small, 0.0, np.sign(d) * np.maximum(np.abs(d) - limit, 0.0))


def _floor(d: NDArray[np.float64], limit: NDArray[np.float64], small: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(small, d * FLOOR_GAIN, d)


RULES = {"hard": _hard, "soft": _soft, "floor": _floor}
"""What becomes of words d at limits lambda, of which some count as small."""
