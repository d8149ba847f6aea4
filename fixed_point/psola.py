"""Bit-true PSOLA: marks at peaks, distances with bits of fraction, grains under a window of a table, one rounding of each sum of two."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.pitch_detector import PERIOD_FRACTION, PLACE_BITS, Detection, pitch_detector
from fixed_point.quantization import Words, as_words, requantize

SPACING = Format(False, 16, 14)
"""Of the distance from grain to grain, in those of the signal's marks: one over the ratio of pitches."""

ONE = 1 << SPACING.fraction_length

CLOSEST, WIDEST = ONE >> 1, ONE + (ONE >> 1)
"""Words of `SPACING` between which any other is held: a ratio of 2 to one of 2/3."""

PACE_BITS = 8
"""Bits of fraction of the samples that are gone on for each that leaves, and of all that is counted in these."""

MARGIN_NUMBER, MARGIN_BITS = 13, 6
"""Of a period, 13/64: by which the next peak may lie nearer or farther."""

PHASE_BITS = 22
"""Bits of fraction of a place in half a window."""

ROW_BITS = 9
"""Bits of the number of a row in the table of half a window."""

WEIGHT_BITS = 15
"""Bits of fraction of a row."""

FADE: tuple[int, ...] = tuple(
    int(value) for value in np.round((1 << WEIGHT_BITS) * np.sin(np.pi / 2 * (np.arange(1 << ROW_BITS) + 0.5) / (1 << ROW_BITS)) ** 2)
)
"""The rising half of a Hann window, each row for the middle of its stretch."""


class MarkWords(NamedTuple):
    """Marks: from each to the next, the number of the sample with which that is known, and whether it is a voice's."""

    lengths: Words
    dues: Words
    voiced: Words


class GrainWords(NamedTuple):
    """Of each stretch between grains: the first word that leaves, both marks, words between them, and half of a grain."""

    begins: Words
    early: Words
    late: Words
    distance: Words
    half: Words


@dataclass(frozen=True)
class GrainLaw:
    """Lengths of a PSOLA, in samples.

    Attributes
    ----------
    format : Format
        Of the words, in and out.
    detection : Detection
        Of the pitch detector in front.
    lag : int
        By which the place where peaks are looked for lies behind the newest sample.
    usual : int
        From mark to mark where there is no voice.
    pace : int
        Samples that are gone on for each that leaves, with `PACE_BITS` bits of fraction.
    rounding : Rounding
        At the source.
    """

    format: Format
    detection: Detection
    lag: int
    usual: int
    pace: int
    rounding: Rounding

    @property
    def longest(self) -> int:
        """From a mark to the next, at most."""
        whole, margin = cut_period((self.detection.longest << PLACE_BITS) + (1 << PLACE_BITS - 1))
        return max(self.usual, int(whole + margin))

    @property
    def shortest(self) -> int:
        """From a mark to the next, less than which it never is."""
        least = (self.detection.shortest << PLACE_BITS) - (1 << PLACE_BITS - 1)
        return min(self.usual, max(2, ((64 - 2 * MARGIN_NUMBER) * least >> PERIOD_FRACTION + MARGIN_BITS) - 1))

    @property
    def delay(self) -> int:
        """By which what leaves lies behind the newest sample: where a grain begins, the mark behind it is always known."""
        return self.lag + (3 * self.longest + 1) // 2 + 2

    @property
    def farthest(self) -> int:
        """From grain to grain, at most."""
        return (self.longest * WIDEST >> SPACING.fraction_length) + 1

    @property
    def stride(self) -> int:
        """Samples of the signal that are gone on meanwhile, at most."""
        return (self.farthest * self.pace >> PACE_BITS) + 1

    @property
    def behind(self) -> int:
        """By how much the grain's mark may lie before the place that is gone on from, at most."""
        return max(self.longest // 2 + 1, self.stride + self.lag - self.delay + self.longest + 2)

    @property
    def turns(self) -> int:
        """Marks that are passed from one grain to the next, at most."""
        return (self.behind + self.stride) // self.shortest + 1

    @property
    def reach(self) -> int:
        """Samples behind the newest that may be read."""
        return self.delay + self.behind + max(self.stride, self.longest) + 4

    @property
    def waiting(self) -> int:
        """Marks that may be known and not passed, at most."""
        return (self.delay - self.lag + self.behind + 2) // self.shortest + 2

    @property
    def exact(self) -> Format:
        """Of a sum of two weighted words."""
        return Format(True, self.format.word_length + WEIGHT_BITS + 1, self.format.fraction_length + WEIGHT_BITS)


def cut_period(period: Any) -> tuple[Any, Any]:
    """Whole samples of a period, and those by which the next peak may lie off.

    Examples
    --------
    >>> cut_period(100 << PERIOD_FRACTION)
    (100, 20)
    """
    return period >> PERIOD_FRACTION, MARGIN_NUMBER * period >> PERIOD_FRACTION + MARGIN_BITS


def known_periods(words: ArrayLike, law: GrainLaw, share: int | Words, voicing: int | Words) -> Words:
    """The period that is known with each sample; 0 where there is no voice."""
    count, detection = len(as_words(words)), law.detection
    found = np.concatenate([[0], pitch_detector(words, detection, share, voicing)])
    return np.asarray(found[np.maximum((np.arange(count) - detection.work + 1) // detection.hop_samples + 1, 0)])


def psola(words: ArrayLike, law: GrainLaw, spacing: int | Words, share: int | Words, voicing: int | Words) -> Words:
    """Words with another pitch and another duration.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    law : GrainLaw
    spacing : int or ndarray of int64, shape (n,)
        Of grains, in format `SPACING`; what stands at the sample counts with which a grain begins.
    share, voicing : int or ndarray of int64, shape (n,)
        Limits of the pitch detector.

    Returns
    -------
    ndarray of int64
        Words of the sink's format; zeros until the first mark is laid down.
    """
    return _run(words, law, spacing, share, voicing)[0]


def decided(words: ArrayLike, law: GrainLaw, spacing: int | Words, share: int | Words, voicing: int | Words) -> GrainWords:
    """What is laid down where."""
    return GrainWords(*_run(words, law, spacing, share, voicing)[1].T)


def found_marks(words: ArrayLike, law: GrainLaw, share: int | Words, voicing: int | Words) -> MarkWords:
    """The marks of words."""
    whole, margin = cut_period(known_periods(words, law, share, voicing))
    return MarkWords(*_compiled(marked)(np.ascontiguousarray(as_words(words).astype(np.int64)), whole, margin, law.lag, law.usual))


def _run(words: ArrayLike, law: GrainLaw, spacing: int | Words, share: int | Words, voicing: int | Words) -> tuple[Words, Words]:
    entering = np.ascontiguousarray(as_words(words).astype(np.int64))
    found = found_marks(entering, law, share, voicing)
    limited = np.ascontiguousarray(np.broadcast_to(np.clip(np.asarray(spacing, dtype=np.int64), CLOSEST, WIDEST), entering.shape))
    table = np.array(FADE, dtype=np.int64)
    sums, rows = _compiled(laid)(entering, *found, limited, table, law.delay, law.pace)
    return requantize(sums, law.exact, law.format, law.rounding, Overflow.SATURATE), np.asarray(rows)


def marked(words: Any, whole: Any, margin: Any, lag: int, usual: int) -> Any:
    """Word by word, the highest one in the window in which the next mark may lie."""
    most = max(0, len(words) - lag) + 1
    lengths, dues, voices = np.zeros(most, np.int64), np.zeros(most, np.int64), np.zeros(most, np.int64)
    found, offset, low, high, best, top, fresh, voiced = 0, 0, usual, usual, 0, 0, True, False
    for n in range(lag, len(words)):
        if offset >= low and (fresh or words[n - lag] > top):
            best, top, fresh = offset, words[n - lag], False
        if offset >= high:
            lengths[found], dues[found], voices[found] = best, n, voiced
            found += 1
            offset -= best
            fresh, begins, voiced = True, not voiced, whole[n] > 0
            if voiced:
                high = whole[n] + margin[n]
                low = whole[n] - (2 * margin[n] if begins else margin[n])
            else:
                low, high = usual, usual
        offset += 1
    return lengths[:found], dues[:found], voices[:found]


def laid(words: Any, lengths: Any, dues: Any, voices: Any, spacing: Any, table: Any, delay: int, pace: int) -> Any:
    """Sums in front of the rounding, and what was decided."""
    one, unit, point, short = 1 << PACE_BITS, ONE, 1 << WEIGHT_BITS, PHASE_BITS - ROW_BITS
    count = (len(words) * one + pace - 1) // pace
    sums, rows = np.zeros(count, np.int64), np.zeros((count, 5), np.int64)
    made, number, head, early, late, distance, half, since = 0, 0, 0, 0, 0, 0, 0, 0
    place, beyond, part, step, falling, rising = one, 0, 0, 0, 0, 0
    for n in range(len(words)):
        place -= one
        while place < one:
            if n >= delay:
                if since == distance:
                    period = lengths[head]
                    exact = period * (spacing[n] if voices[head] else unit) + part
                    distance, part = exact // unit, exact % unit
                    half = min(distance, period)
                    step, falling, rising, since, early = (1 << PHASE_BITS) // half, 0, 0, 0, late
                    beyond += distance * pace
                    while head < len(lengths) and dues[head] <= n and 2 * beyond >= lengths[head] * one:
                        beyond -= lengths[head] * one
                        late += lengths[head]
                        head += 1
                    rows[made] = number, early, late, distance, half
                    made += 1
                if since < half:
                    sums[number] = words[early + since] * (point - table[falling >> short])
                if since >= distance - half:
                    if late + since - distance >= 0:
                        sums[number] += words[late + since - distance] * table[rising >> short]
                    rising += step
                falling += step
                since += 1
            number += 1
            place += pace
    return sums, rows[:made]


@functools.cache
def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, made at the first use and kept in memory only."""
    import numba

    return numba.njit(function)
