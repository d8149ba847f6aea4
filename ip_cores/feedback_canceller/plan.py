"""Feedback canceller: what its hardware follows from, in numbers: which weight is where in which step."""

from __future__ import annotations

from dataclasses import dataclass

from fixed_point import Overflow, Rounding
from fixed_point.feedback_canceller import MOST_LEAK, PREFILTER_BITS, CancellerLaw
from ip_cores.blocks.arithmetic import canonical_signed_digits
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.product_sum import conversion_after
from ip_cores.blocks.requantizer import Conversion
from ip_cores.inventory import Inventory

CLOCKS = 2
"""Of a step, in which a weight goes on by one register: each multiplier forms two products for it."""

READ, WRITTEN = 3, 6
"""Steps from the beginning to the one in which weight 0 is read, and to the one in which it is multiplied and written back."""

LATEST_SQUARE = 4
"""Step in whose first clock the square of the newest word is added to the power."""

LINE = 5
"""Words behind the one that is read: so long does a word wait for its weight."""

FILTERED_LINE = 3
"""The same of words behind the prefilter."""


@dataclass(frozen=True)
class CancellerPlan:
    """The walk through the weights, one in each step, all of them one step behind the other.

    Attributes
    ----------
    law : CancellerLaw
    """

    law: CancellerLaw

    @property
    def last_step(self) -> int:
        """In whose first clock the last product is subtracted."""
        return self.law.taps + WRITTEN

    @property
    def clocks(self) -> int:
        """Of a walk."""
        return CLOCKS * self.last_step + 1

    @property
    def line_bits(self) -> int:
        """Of the address of a loudspeaker's word."""
        return (self.law.delay + self.law.taps + 1).bit_length()

    @property
    def weight_address_bits(self) -> int:
        return max(1, (self.law.taps - 1).bit_length())

    @property
    def oldest_square(self) -> int:
        """Step in whose first clock the square of the word that leaves is subtracted from the power."""
        return self.law.taps + LATEST_SQUARE

    @property
    def factor_bits(self) -> int:
        """Of what weights are multiplied by."""
        return max(self.law.sink.word_length, self.law.learnt.word_length)

    @property
    def amount_bits(self) -> int:
        """Of the number of bits by which a product is moved down."""
        return (self.law.most_moved - 1).bit_length()

    @property
    def move_bits(self) -> int:
        """Of what a weight goes on by: a product of two words that was moved down by a bit or more."""
        return self.law.lifted_bits - 1

    @property
    def prefiltered(self) -> Conversion:
        """From 32 u[n] - a u[n - 1] to a word from which the weights learn."""
        law, most = self.law, 1 << self.law.sink.word_length - 1
        ends = Interval(-(most << PREFILTER_BITS) - law.prefilter * (most - 1), (most - 1 << PREFILTER_BITS) + law.prefilter * most)
        return Conversion(ends, law.sink.fraction_length + PREFILTER_BITS, law.learnt, Rounding.NEAREST, Overflow.SATURATE)

    @property
    def taught_fraction(self) -> int:
        """Fraction length of a weight by a word behind the prefilter."""
        return self.law.weight.fraction_length + self.law.learnt.fraction_length

    @property
    def output(self) -> Conversion:
        """From the sum to the source."""
        law = self.law
        return conversion_after(law.total_bits, law.total_fraction, law.source, Rounding.NEAREST, Overflow.SATURATE)

    @property
    def taught(self) -> Conversion:
        """From the sum behind the prefilter to the error from which the weights learn."""
        law = self.law
        return conversion_after(law.taught_bits, self.taught_fraction, law.missed, Rounding.NEAREST, Overflow.SATURATE)

    @property
    def moved(self) -> Conversion:
        """From a weight and its step to a weight in range."""
        stored = self.law.stored
        most = (1 << self.law.lifted_bits - 3) + (1 << stored.word_length - 1)
        ends = Interval(-most, most)
        return Conversion(ends, stored.fraction_length, stored, Rounding.FLOOR, Overflow.SATURATE)

    @property
    def timing(self) -> Process:
        """A word of each sink is taken, the weights are walked through, and the sum leaves. After a reset the memories are cleared."""
        return Process([TAKE, wait(self.clocks), GIVE], once=[wait(1 << self.line_bits)])

    @property
    def inventory(self) -> Inventory:
        """What is built for it."""
        law = self.law
        sink, learnt, stored, weight = (one.word_length for one in (law.sink, law.learnt, law.stored, law.weight))
        digits = len(canonical_signed_digits(law.prefilter)) if law.prefilter else 0
        lifted, places = law.lifted_bits, MOST_LEAK.bit_length()
        return Inventory(
            "feedback_canceller",
            adders=law.total_bits + law.taught_bits + law.power_bits + lifted + 3 * stored + 2 * learnt
            + law.source.word_length + self.amount_bits + 4 * self.line_bits,
            results=law.total_bits + law.taught_bits + law.power_bits + lifted + 2 * stored + 2 * learnt
            + law.source.word_length + self.amount_bits + weight + learnt + 2 * learnt,
            registers=LINE * sink + FILTERED_LINE * learnt + sink,
            multiplexers=law.total_bits + law.taught_bits + lifted * self.amount_bits + stored * places + 2 * learnt + sink
            + law.power_bits,
            counters=2 * self.last_step.bit_length() + 2 * self.line_bits,
            additions=2 * digits * law.exact_bits,
            memories=((1 << self.line_bits, sink), (1 << self.weight_address_bits, stored)),
            delays=((LINE, sink), (FILTERED_LINE, learnt)),
            products=((learnt, law.missed.word_length), (weight, self.factor_bits)),
        )  # fmt: skip
