"""Bit-true thresholding of band words: a running median by comparator and shift, one product, and one of three rules."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format
from fixed_point.quantization import Words, as_words, quantize

MEDIAN_OF_NORMAL = 0.6745
"""Median magnitude of normally distributed values, in standard deviations: the third quartile of the normal distribution."""

GAIN = Format(False, 10, 6)
"""Format of lambda over m, that is K / 0.6745: K to 10.7 in steps of 0.011."""

OPERAND_BITS = 17
"""Most bits of m in the product that gives lambda: one embedded multiplier of 18 x 18 bits, sign included."""

FLOOR_SHIFT = 2
"""The floor rule leaves a quarter of a small word."""


@dataclass(frozen=True)
class Tracker:
    """The running median m of one band's magnitudes.

    Attributes
    ----------
    format : Format
        Of the band words.
    adaptation : int
        m moves by m * 2**-adaptation; it has so many more fraction bits than the words.
    start : int
        m after a reset.

    Notes
    -----
    m falls no further once it is below the words' last bit, where its step still is one of its own last bits: it can neither stick nor
    vanish. It rises no further from a quarter of full scale on, where lambda is beyond full scale for every K from 2.7; that saves it two
    bits.
    """

    format: Format
    adaptation: int
    start: int

    @classmethod
    def of(cls, format: Format, adaptation: int, sigma: float) -> Tracker:
        """The tracker that starts from a standard deviation, in the unit of the words' values."""
        wide = Format(False, format.word_length + adaptation, format.fraction_length + adaptation)
        start = int(quantize(sigma * MEDIAN_OF_NORMAL, wide))
        made = cls(format, adaptation, 0)
        return cls(format, adaptation, min(max(start, made.lowest), made.highest))

    @property
    def bits(self) -> int:
        """Bits of m, which is unsigned."""
        return self.format.word_length - 2 + self.adaptation

    @property
    def lowest(self) -> int:
        """Below this, the last bit of a word, m does not fall."""
        return 1 << self.adaptation

    @property
    def highest(self) -> int:
        """From here on m does not rise: a quarter of full scale."""
        return 1 << (self.bits - 1)

    @property
    def operand_bits(self) -> int:
        """Upper bits of m that enter the product."""
        return min(OPERAND_BITS, self.format.word_length - 2)

    def sigma(self, medians: ArrayLike) -> NDArray[np.float64]:
        """Standard deviations that medians stand for."""
        return np.ldexp(np.asarray(medians, dtype=np.float64), -self.format.fraction_length - self.adaptation) / MEDIAN_OF_NORMAL

    def medians(self, words: ArrayLike, interval: int = 1, tracked: NDArray[np.bool_] | None = None) -> Words:
        """m as it is known before each word.

        Parameters
        ----------
        words : array_like of int, shape (n,)
            Words of one band.
        interval : int
            m moves at every so many words.
        tracked : ndarray of bool, shape (n,), optional
            Words that the tracker sees; at the others it is frozen. All, by default.

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        magnitudes = np.abs(as_words(words))
        if tracked is not None:
            # Before each word m is what the words that were seen so far have made of it.
            seen = self.medians(np.append(magnitudes[tracked], 0), interval)
            return np.asarray(seen[np.cumsum(tracked) - tracked])
        steps = magnitudes[interval - 1 :: interval] << self.adaptation
        medians = _compiled()(steps, self.start, self.adaptation, self.lowest, self.highest)
        return np.asarray(np.repeat(medians, interval)[: magnitudes.size])

    def limits(self, medians: Words, gain: int | NDArray[np.int64]) -> Words:
        """Lambda in units of the words' last bit, rounded down: no word lies between it and the exact product.

        Parameters
        ----------
        medians : ndarray of int64
        gain : int or ndarray of int64
            Word of format `GAIN`, or one for each median.
        """
        dropped = self.bits - self.operand_bits
        product = (medians >> dropped) * gain
        return np.asarray(product << (dropped - self.adaptation) >> GAIN.fraction_length)


def running_median(magnitudes: Any, start: int, adaptation: int, lowest: int, highest: int) -> Any:
    """The recurrence m += (|d| > m ? +m : -m) 2**-adaptation; m before each magnitude, and after the last.

    The step is rounded to nearest and the same in both directions: rounded down it would be larger on the way down than on the way up,
    and m would drift to zero.
    """
    medians = np.empty(len(magnitudes) + 1, dtype=np.int64)
    median = start
    medians[0] = median
    for n in range(len(magnitudes)):
        step = (median + (1 << (adaptation - 1))) >> adaptation
        if magnitudes[n] > median:
            if median < highest:
                median += step
        elif median >= lowest:
            median -= step
        medians[n + 1] = median
    return medians


@functools.cache
def _compiled() -> Callable[..., Words]:
    """The recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(running_median)


def gain_word(factor: float) -> int:
    """K as the word that m is multiplied by.

    Examples
    --------
    >>> gain_word(3.0)
    285
    """
    return int(quantize(factor / MEDIAN_OF_NORMAL, GAIN))


def threshold(
    words: ArrayLike,
    channel: ArrayLike,
    tracker: Tracker,
    intervals: tuple[int, ...],
    gain: int | NDArray[np.int64],
    rule: str,
    tracked: NDArray[np.bool_] | None = None,
    passed: NDArray[np.bool_] | None = None,
) -> tuple[Words, NDArray[np.int64]]:
    """Make small detail words smaller: those whose magnitude is at most lambda.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw band words, in any order.
    channel : array_like of int, shape (n,)
        Band of each: details have 1, 2, …; all others pass untouched.
    tracker : Tracker
        Of every detail.
    intervals : tuple of int
        Of bands 1, 2, …: every so many words of the band m moves.
    gain : int or ndarray of int64, shape (n,)
        Lambda over m, a word of format `GAIN`; an array where it changes from word to word.
    rule : {"hard", "soft", "floor"}
        A small word becomes 0 (hard, soft) or a quarter, rounded to nearest (floor); soft takes lambda off all others too.
    tracked : ndarray of bool, shape (n,), optional
        Words that the trackers see. All, by default.
    passed : ndarray of bool, shape (n,), optional
        Words that leave as they came. None, by default.

    Returns
    -------
    words : ndarray of int64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.
    """
    result, bands = as_words(words).copy(), as_words(channel, "channel")
    for band, interval in enumerate(intervals, 1):
        where = bands == band
        d, own = result[where], gain if isinstance(gain, int) else gain[where]
        shrunk = shrink(d, tracker, interval, own, rule, None if tracked is None else tracked[where])
        result[where] = shrunk if passed is None else np.where(passed[where], d, shrunk)
    return result, bands


def decide(
    words: ArrayLike,
    channel: ArrayLike,
    tracker: Tracker,
    intervals: tuple[int, ...],
    gain: int,
    tracked: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.bool_], Words]:
    """Which words are small, and m as it is known before each; parameters as for `threshold`.

    Returns
    -------
    small : ndarray of bool, shape (n,)
    medians : ndarray of int64, shape (n,)
        0 at words that are no details.
    """
    values, bands = as_words(words), as_words(channel, "channel")
    small, medians = np.zeros(values.size, np.bool_), np.zeros(values.size, np.int64)
    for band, interval in enumerate(intervals, 1):
        where = bands == band
        medians[where] = tracker.medians(values[where], interval, None if tracked is None else tracked[where])
        small[where] = np.abs(values[where]) <= tracker.limits(medians[where], gain)
    return small, medians


def shrink(
    words: Words,
    tracker: Tracker,
    interval: int,
    gain: int | NDArray[np.int64],
    rule: str,
    tracked: NDArray[np.bool_] | None = None,
) -> Words:
    """`threshold` of one band."""
    return RULES[rule](words, tracker.limits(tracker.medians(words, interval, tracked), gain))


def _hard(d: Words, limit: Words) -> Words:
    return np.where(np.abs(d) <= limit, 0, d)


def _soft(d: Words, limit: Words) -> Words:
    return np.asarray(np.sign(d) * np.maximum(np.abs(d) - limit, 0))


def _floor(d: Words, limit: Words) -> Words:
    return np.where(np.abs(d) <= limit, (d + (1 << (FLOOR_SHIFT - 1))) >> FLOOR_SHIFT, d)


RULES = {"hard": _hard, "soft": _soft, "floor": _floor}
"""What becomes of words d at limits lambda."""
