"""Bit-true feedback canceller: weights that follow a loudspeaker's path, one rounding for each step of a weight, one at the output."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.number_format import Format
from fixed_point.quantization import Words, as_words

PREFILTER_BITS = 5
"""Bits of fraction of a in the prefilter 1 - a z^-1."""

ADAPTATION_BITS = 18
"""Most bits of a word behind the prefilter: what an embedded multiplier takes."""

ERROR_BITS = 6
"""Bits of fraction more that the error from which the weights learn has: what is left is quiet, and is to be learnt from as well."""

SLOWEST_LEAK, LEAK_PACE, MOST_LEAK = 22, 2, 7
"""A leak of l, from 1 to the last of these, takes 2**-(22 - 2 l) of a weight with each sample."""

MOST_STEP = 15
"""A step of s is 2**-s."""


@dataclass(frozen=True)
class CancellerLaw:
    """Word lengths and constants.

    Attributes
    ----------
    sink, source, weight : Format
        Of both sinks, of what is given, and of the weights as words are multiplied by them.
    guard_bits : int
        Bits of fraction more with which weights learn.
    taps : int
    delay : int
        Samples from a word of the loudspeaker to the first weight.
    prefilter : int
        a of 1 - a z^-1 in 32nds.
    regular : int
        Added to the power of words behind the prefilter, at least 1.
    """

    sink: Format
    source: Format
    weight: Format
    guard_bits: int
    taps: int
    delay: int
    prefilter: int
    regular: int

    @property
    def exact_bits(self) -> int:
        """Of a word behind the prefilter, before it is rounded."""
        return self.sink.word_length + PREFILTER_BITS + 1

    @property
    def learnt(self) -> Format:
        """Of words behind the prefilter, from which the weights learn."""
        bits = min(ADAPTATION_BITS, self.exact_bits)
        return Format(True, bits, self.sink.fraction_length + PREFILTER_BITS - self.rounded)

    @property
    def rounded(self) -> int:
        """Bits that are dropped behind the prefilter."""
        return max(0, self.exact_bits - ADAPTATION_BITS)

    @property
    def missed(self) -> Format:
        """Of the error from which the weights learn."""
        more = min(ERROR_BITS, self.weight.fraction_length - 1)
        return Format(True, self.learnt.word_length + more, self.learnt.fraction_length + more)

    @property
    def stored(self) -> Format:
        """Of the weights as they are kept."""
        return Format(True, self.weight.word_length + self.guard_bits, self.weight.fraction_length + self.guard_bits)

    @property
    def power_bits(self) -> int:
        """Of the power, with that of one more word, and what is added to it."""
        largest = (self.taps + 1) * (1 << 2 * (self.learnt.word_length - 1)) + self.regular
        return largest.bit_length()

    @property
    def least_exponent(self) -> int:
        """The power of two that is above the power of silence."""
        return (self.regular - 1).bit_length()

    @property
    def most_exponent(self) -> int:
        largest = self.taps * (1 << 2 * (self.learnt.word_length - 1)) + self.regular - 1
        return largest.bit_length()

    @property
    def place(self) -> int:
        """Bits by which a product moves up to be in steps of a weight, before the power of two and the step move it down."""
        return self.stored.fraction_length + self.learnt.fraction_length - self.missed.fraction_length

    @property
    def lift(self) -> int:
        """Bits by which a product is moved up first, so that it is always moved down by one bit and more."""
        return max(0, 1 + self.place - self.least_exponent)

    @property
    def lifted_bits(self) -> int:
        """Of a product that was moved up."""
        return self.learnt.word_length + self.missed.word_length + self.lift

    @property
    def offset(self) -> int:
        """What is added to exponent and step for the bits by which a lifted product is moved down."""
        return self.lift - self.place

    @property
    def most_moved(self) -> int:
        """Most bits by which it is."""
        return self.most_exponent + MOST_STEP + self.offset

    @property
    def total_fraction(self) -> int:
        """Fraction length of a weight by a word."""
        return self.weight.fraction_length + self.sink.fraction_length

    @property
    def total_bits(self) -> int:
        """Of a microphone's word less all products, and half of the last bit that is kept."""
        return self._sum_bits(self.sink.word_length)

    @property
    def taught_bits(self) -> int:
        """The same behind the prefilter."""
        return self._sum_bits(self.learnt.word_length)

    def _sum_bits(self, bits: int) -> int:
        products = self.taps << self.weight.word_length - 1 + bits - 1
        heard = 1 << self.weight.fraction_length + bits - 1
        return (products + heard + (1 << max(self.dropped, self.weight.fraction_length, 1) - 1)).bit_length() + 1

    @property
    def missed_dropped(self) -> int:
        """Bits that the error's rounding drops."""
        return self.weight.fraction_length + self.learnt.fraction_length - self.missed.fraction_length

    @property
    def dropped(self) -> int:
        """Bits that the output's rounding drops."""
        return self.total_fraction - self.source.fraction_length


@dataclass(eq=False)
class CancellerWords:
    """What a canceller keeps from one word to the next; zeros at the beginning.

    Attributes
    ----------
    weights : ndarray of int64, shape (taps,)
    line : ndarray of int64, shape (delay + taps + 2,)
        The loudspeaker's last words, the newest at the end.
    missed : ndarray of int64, shape (2,)
        What the last word taught: the error behind the prefilter; and the microphone's last word.
    """

    weights: Words
    line: Words
    missed: Words = field(default_factory=lambda: np.zeros(2, np.int64))

    @classmethod
    def silent(cls, law: CancellerLaw) -> CancellerWords:
        """As it is after a reset."""
        return cls(np.zeros(law.taps, np.int64), np.zeros(law.delay + law.taps + 2, np.int64))


def feedback_canceller(
    microphone: ArrayLike,
    loudspeaker: ArrayLike,
    law: CancellerLaw,
    step: ArrayLike = 8,
    leak: ArrayLike = 0,
    freeze: ArrayLike = 0,
    state: CancellerWords | None = None,
) -> Words:
    """Take away what came from the loudspeaker, word by word.

    Parameters
    ----------
    microphone, loudspeaker : array_like of int, shape (n,)
        Raw words of the sinks.
    law : CancellerLaw
    step, leak, freeze : array_like of int
        As each word is taken: a step of 2**-step, a leak of 2**-(22 - 2 leak) where that is not 0, weights that stay as they are.
    state : CancellerWords, optional
        Goes on from there, and is left as it is behind the last word.

    Returns
    -------
    ndarray of int64, shape (n,)
        Raw words of the source.
    """
    return given_and_taught(microphone, loudspeaker, law, step, leak, freeze, state)[0]


def given_and_taught(
    microphone: ArrayLike,
    loudspeaker: ArrayLike,
    law: CancellerLaw,
    step: ArrayLike = 8,
    leak: ArrayLike = 0,
    freeze: ArrayLike = 0,
    state: CancellerWords | None = None,
) -> tuple[Words, Words]:
    """What `feedback_canceller` gives, and of each word the error behind the prefilter, from which the weights learn."""
    d, u = (as_words(one).astype(np.int64) for one in (microphone, loudspeaker))
    count = min(d.size, u.size)
    kept = CancellerWords.silent(law) if state is None else state
    line = np.concatenate([kept.line, u[:count]])
    settings = [np.ascontiguousarray(np.broadcast_to(np.asarray(one, dtype=np.int64), count)) for one in (step, leak, freeze)]
    filtered = prefiltered(line, law.prefilter, law.rounded)
    exponents = line_exponents(line, law)
    bits = (law.rounded, law.weight.fraction_length, law.guard_bits, law.lift, law.offset, law.dropped, law.missed_dropped)
    bounds = np.array([end for one in (law.stored, law.source, law.missed) for end in (one.minimum, one.maximum)])
    numbers = (law.delay, law.prefilter, *bits)
    result: tuple[Words, Words] = _compiled(recurrence)(
        d[:count], line, filtered, exponents, kept.weights, kept.missed, *settings, numbers, bounds
    )
    kept.line = line[count:]
    return result


def power_exponents(loudspeaker: ArrayLike, law: CancellerLaw) -> Words:
    """Of each word the power of two that divides the step, in steps of words behind the prefilter squared."""
    line = np.concatenate([np.zeros(law.delay + law.taps + 2, np.int64), as_words(loudspeaker).astype(np.int64)])
    return line_exponents(line, law)[1:]


def line_exponents(line: Words, law: CancellerLaw) -> Words:
    """The same of the words of a line, beginning with what was the newest of those before."""
    powers = np.cumsum(prefiltered(line, law.prefilter, law.rounded) ** 2)
    # Word i of the line stands at i - 1 of what is filtered.
    count = line.size - law.delay - law.taps - 1
    first = np.arange(1, count + 1)
    windows = powers[first + law.taps - 1] - powers[first - 1]
    return bit_lengths(windows + law.regular - 1)


def inexact_words(loudspeaker: ArrayLike, law: CancellerLaw) -> Words:
    """Of each word how many of those that the weights meet are rounded behind the prefilter."""
    line = np.concatenate([np.zeros(law.delay + law.taps + 2, np.int64), as_words(loudspeaker).astype(np.int64)])
    inexact = prefiltered(line, law.prefilter, 0) & ((1 << law.rounded) - 1) != 0
    sums = np.cumsum(inexact)
    first = np.arange(2, line.size - law.delay - law.taps)
    return np.asarray(sums[first + law.taps - 1] - sums[first - 1])


def bit_lengths(words: Words) -> Words:
    """Bits that each word takes, below 2**62.

    Examples
    --------
    >>> bit_lengths(np.array([0, 1, 4, 2**60 - 1]))
    array([ 0,  1,  3, 60])
    """
    lengths = np.frexp(words.astype(np.float64))[1].astype(np.int64)
    # Float64 may round a word up to the next power of two.
    return np.where((words >> np.maximum(lengths - 1, 0) == 0) & (words > 0), lengths - 1, lengths)


def prefiltered(words: Words, prefilter: int, dropped: int) -> Words:
    """Of each word but the first what is left behind 1 - a z^-1, rounded to nearest.

    Examples
    --------
    >>> prefiltered(np.array([0, 32, 32]), 29, 1)
    array([512,  48])
    """
    exact = (words[1:] << PREFILTER_BITS) - prefilter * words[:-1]
    return np.asarray((exact + (1 << dropped >> 1)) >> dropped)


def recurrence(
    d: Any, line: Any, filtered: Any, exponents: Any, weights: Any, missed: Any, steps: Any, leaks: Any, freezes: Any, numbers: Any,
    bounds: Any,
) -> Any:  # fmt: skip
    """Word by word; weights, error and microphone are left behind."""
    delay, prefilter, rounded, point, guard, lift, offset, dropped, drop = numbers
    taps = len(weights)
    found, taught = np.empty(len(d), dtype=np.int64), np.empty(len(d), dtype=np.int64)
    before = len(line) - len(d) - delay
    for n in range(len(d)):
        newest = before + n
        down = min(exponents[n] + steps[n] + offset - 1, 62)
        leak = 0 if freezes[n] else leaks[n]
        fade = 21 - 2 * leak
        total = (d[n] << point) + (1 << dropped >> 1)
        other = (((d[n] << 5) - prefilter * missed[1]) << (point - rounded)) + (1 << drop >> 1)
        for k in range(taps):
            # What is filtered stands a place earlier than the words.
            past, weight = newest - k, weights[k]
            if not freezes[n]:
                if leak:
                    weight -= ((weight >> fade) + 1) >> 1
                product = (missed[0] * filtered[past - 2]) << lift
                weight = min(max(weight + (((product >> down) + 1) >> 1), bounds[0]), bounds[1])
                weights[k] = weight
            weight >>= guard
            total -= weight * line[past]
            other -= weight * filtered[past - 1]
        missed[0] = min(max(other >> drop, bounds[4]), bounds[5])
        missed[1], taught[n] = d[n], missed[0]
        found[n] = min(max(total >> dropped, bounds[2]), bounds[3])
    return found, taught


@functools.cache
def _compiled(recurrence: Callable[..., Any]) -> Callable[..., Any]:
    """A recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(recurrence)
