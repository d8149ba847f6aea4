"""PSOLA: what its hardware follows from, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, lcm

from fixed_point import Overflow
from fixed_point.psola import MARGIN_BITS, PACE_BITS, PHASE_BITS, ROW_BITS, SPACING, WEIGHT_BITS, GrainLaw
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.inventory import Inventory
from ip_cores.pitch_detector.plan import DetectorPlan

LOOK, CLOSE = 1, 2
"""Steps behind a sample, numbered from 0: the word is there that may be the next mark; where the window ends it is that."""

SPACE, SPLIT, SHORTEN, GO_ON, TURN = 3, 4, 5, 6, 7
"""Steps before a word that leaves: the distance to the next grain is multiplied, and known; half of a grain is, and how far is gone on;
then, side by side, one is divided by the half, and marks are passed."""


@dataclass(frozen=True)
class GrainPlan:
    """What the hardware of a PSOLA follows from.

    Attributes
    ----------
    law : GrainLaw
    detector : DetectorPlan
    """

    law: GrainLaw
    detector: DetectorPlan

    @property
    def address_bits(self) -> int:
        """Of the samples' memory."""
        return self.law.reach.bit_length()

    @property
    def length_bits(self) -> int:
        """Of a distance from mark to mark, or from grain to grain."""
        return max(self.law.longest, self.law.farthest).bit_length()

    @property
    def queue_bits(self) -> int:
        """Of a place among the marks that are known."""
        return self.law.waiting.bit_length()

    @property
    def quotient_bits(self) -> int:
        """Of one divided by half of a grain."""
        return PHASE_BITS + 1

    @property
    def beyond_bits(self) -> int:
        """Of twice the place that is gone on from, less that of the mark, signed."""
        return (2 * (self.law.behind + self.law.stride + 1)).bit_length() + PACE_BITS + 1

    @property
    def operand_bits(self) -> int:
        """Of what is multiplied: a word, or a distance."""
        return max(self.law.format.word_length, self.length_bits + 1)

    @property
    def factor_bits(self) -> int:
        """Of what it is multiplied by: a weight, a spacing, or a pace."""
        return SPACING.word_length + 1

    @property
    def early_step(self) -> int:
        """In which the word of the grain before is read; behind it that of the grain that comes, and their products."""
        return TURN + max(self.quotient_bits, 2 * self.law.turns)

    @property
    def last_step(self) -> int:
        """In which the sum is complete."""
        return self.early_step + 3

    @property
    def conversion(self) -> Conversion:
        """From the sum of two weighted words, whose weights come to no more than one, to the output."""
        law = self.law
        ends = Interval(law.format.minimum << WEIGHT_BITS, law.format.maximum << WEIGHT_BITS)
        return Conversion(ends, law.exact.fraction_length, law.format, law.rounding, Overflow.SATURATE)

    @property
    def timing(self) -> Process:
        """A sample is taken, and its part of the work on the pitch done; then it is looked for marks, and what is due leaves."""
        detection = self.detector.law
        leaves = [wait(self.last_step - CLOSE), GIVE]
        loop: list[int] = []
        place, period = 0, lcm(detection.hop_samples, self.law.pace // gcd(self.law.pace, 1 << PACE_BITS))
        for number in range(period):
            at = number % detection.hop_samples
            busy = self.detector.clocks if at < detection.work else 1
            loop += [TAKE, wait(busy + (at == detection.work - 1) + 1 + CLOSE + 1)]
            while place < (number + 1) << PACE_BITS:
                loop += leaves
                place += self.law.pace
        return Process(loop, once=[wait(1 << self.address_bits)])

    @property
    def inventory(self) -> Inventory:
        """What is built for it beside the pitch detector."""
        law, address, length, beyond = self.law, self.address_bits, self.length_bits, self.beyond_bits
        word, window = law.format.word_length, law.detection.place_bits
        product = self.operand_bits + self.factor_bits
        return Inventory(
            "psola",
            adders=4 * address + 6 * length + 3 * beyond + 2 * PHASE_BITS + 2 * word + 2 * product + 3 * window + MARGIN_BITS,
            results=product + word + 2 * length + 2 * beyond,
            registers=2 * address + 8 * length + window + word + self.quotient_bits + SPACING.fraction_length,
            multiplexers=2 * product + 3 * address + 3 * length + beyond,
            counters=2 * address + self.last_step.bit_length() + 2 * self.queue_bits + 2 * PHASE_BITS + 2 * length,
            constants=((1 << ROW_BITS, WEIGHT_BITS + 1),),
            memories=((1 << address, word), (1 << self.queue_bits, length + 1)),
            products=((self.operand_bits, self.factor_bits),),
        )

