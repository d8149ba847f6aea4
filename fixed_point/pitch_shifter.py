"""Bit-true pitch shift: a read pointer with fraction bits, splices at the best match, linear between samples and from place to place."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize

RATIO = Format(False, 16, 15)
"""Of the ratio; the delay has as many bits of fraction."""

ONE = 1 << RATIO.fraction_length

WEIGHT_GUARD = 6
"""Bits by which the weight of a fade is longer than what is multiplied."""


@dataclass(frozen=True)
class SpliceLaw:
    """Word lengths and constants of a pitch shift.

    Attributes
    ----------
    sink, source : Format
    shortest, longest : int
        Jumps, in samples.
    match : int
        Samples that are compared.
    fade : int
        Samples from one place to the other.
    search : int
        Samples from the beginning of a search to its jump.
    """

    sink: Format
    source: Format
    shortest: int
    longest: int
    match: int
    fade: int
    search: int

    @property
    def near(self) -> int:
        """Delay below which a search begins: enough for one at the greatest ratio, and the fade behind it. Delays begin with it."""
        return self.search + self.fade + 2

    @property
    def far(self) -> int:
        """Delay above which a search begins: the longest jump leads to what has been written."""
        return self.longest + 1

    @property
    def farthest(self) -> int:
        """Largest delay that is gone to, however the ratio moves."""
        return max(self.far, self.near + self.longest) + 2 * (self.search + self.fade)

    @property
    def keeps_up(self) -> bool:
        """Whether the longest jump is further than the greatest ratio goes on from the start of a search to the end of a fade."""
        return self.search + self.fade < self.longest

    @property
    def longest_delay(self) -> int:
        """Largest delay at a ratio that stays as it is, 0.5 to 2.

        Upwards the longest jump leads back from where a search begins; downwards the delay grows by half a sample with each of a search
        and a fade, which the shortest jump may not make up for: then it goes on to its end.
        """
        grown = (self.search + self.fade + 1) // 2
        if not self.keeps_up or self.shortest < grown:
            return self.farthest
        return max(self.near + self.longest, self.far + grown)

    @property
    def reach(self) -> int:
        """Samples behind the newest that may be read."""
        return self.farthest + self.longest + self.match + self.search + 2

    @property
    def weight_step(self) -> int:
        """What the weight grows by with a sample of a fade."""
        return ((ONE << WEIGHT_GUARD) + self.fade // 2) // self.fade

    @property
    def guard(self) -> int:
        """Bits that a value between two samples has behind the last one of the samples, or of the source where that has more.

        What is below is dropped. With one bit more than the source, rounding to nearest there is the same as if nothing had been.
        """
        return min(max(0, self.source.fraction_length - self.sink.fraction_length) + 1, RATIO.fraction_length)

    @property
    def between_fraction(self) -> int:
        """Fraction length of a value between two samples."""
        return self.sink.fraction_length + self.guard

    @property
    def total_fraction(self) -> int:
        """Fraction length of what is rounded at the source."""
        return self.between_fraction + RATIO.fraction_length


def pitch_shifter(words: ArrayLike, ratios: int | NDArray[np.int64], law: SpliceLaw) -> Words:
    """Move a signal's pitch and formants.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Samples.
    ratios : int or ndarray of int, shape (n,)
        Words of format `RATIO`.
    law : SpliceLaw

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> law = SpliceLaw(Format(True, 8, 7), Format(True, 8, 7), 4, 9, 8, 4, 3)
    >>> pitch_shifter(range(1, 13), ONE, law).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]
    """
    return _run(words, ratios, law)[0]


def jumps(words: ArrayLike, ratios: int | NDArray[np.int64], law: SpliceLaw) -> NDArray[np.int64]:
    """The jumps that are decided on, in samples, one after another."""
    return _run(words, ratios, law)[1]


def _run(words: ArrayLike, ratios: int | NDArray[np.int64], law: SpliceLaw) -> tuple[Words, NDArray[np.int64]]:
    entering = as_words(words)
    padded = np.concatenate([np.zeros(law.reach, np.int64), entering])
    paces = np.ascontiguousarray(np.broadcast_to(np.asarray(ratios, dtype=np.int64), entering.shape))
    numbers = law.shortest, law.longest, law.match, law.fade, law.search, law.near, law.far, law.farthest
    total, made = _compiled(spliced)(padded, law.reach, paces, numbers, law.weight_step, RATIO.fraction_length, law.guard, WEIGHT_GUARD)
    return requantize(total, law.total_fraction, law.source, Rounding.NEAREST, Overflow.SATURATE), made


def spliced(padded: Any, reach: int, paces: Any, numbers: Any, weight_step: int, point: int, guard: int, weight_guard: int) -> Any:
    """The whole of a signal, word by word: sums in front of the rounding at the source, and the jumps that were decided on."""
    shortest, longest, match, fade, search, near, far, farthest = numbers
    count, one, dropped = len(padded) - reach, 1 << point, point - guard
    found, made = np.zeros(count, dtype=np.int64), np.zeros(count // (search + fade - 1) + 1, dtype=np.int64)
    delay, jump, base, steps, done, since, weight = near << point, 0, 0, 0, 0, 0, 0
    searching, fading, upwards = False, False, False
    for n in range(count):
        here, ratio = n + reach, paces[n]
        moved = (delay >> point) << point if ratio == one else delay + one - ratio
        low = -jump << point if fading and jump < 0 else 0
        if low <= moved and moved <= farthest << point:
            delay = moved
        if fading:
            steps += 1
            weight += weight_step
            if steps == fade:
                delay, fading = delay + (jump << point), False
        elif searching:
            since += 1
            if since == search:
                searching = False
                best = np.int64(1) << 62
                for lag in range(shortest, longest + 1):
                    other = base - lag if upwards else base + lag
                    total = np.int64(0)
                    for k in range(match):
                        total += abs(padded[base - k] - padded[other - k])
                    if total < best:
                        best, jump = total, lag
                made[done] = jump
                done += 1
                if upwards or delay >> point >= jump:
                    fading, steps, weight = True, 1, weight_step
                if not upwards:
                    jump = -jump
        elif (ratio > one and delay < near << point) or (ratio < one and delay > far << point):
            searching, upwards, since, base = True, ratio > one, 0, here - (delay >> point)
        first, part = here - (delay >> point), delay & (one - 1)
        old = ((padded[first] << point) + part * (padded[first - 1] - padded[first])) >> dropped
        total = old << point
        if fading:
            first -= jump
            new = ((padded[first] << point) + part * (padded[first - 1] - padded[first])) >> dropped
            total += (weight >> weight_guard) * (new - old)
        found[n] = total
    return found, made[:done]


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, made at the first use and kept in memory only."""
    import numba

    return numba.njit(function)
