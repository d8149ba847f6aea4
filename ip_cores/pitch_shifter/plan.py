"""Pitch shifter: what its hardware follows from, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fixed_point import Overflow, Rounding
from fixed_point.pitch_shifter import RATIO, WEIGHT_GUARD, SpliceLaw
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.inventory import Inventory

READ_CLOCKS = 6
"""Clocks from taking a sample to the sum that leaves: state, two reads of two places, three products."""

DRAIN = 2
"""Clocks behind the last comparison until it counts for the next sample."""


@dataclass(frozen=True)
class SplicePlan:
    """What the hardware of a pitch shifter follows from.

    Attributes
    ----------
    law : SpliceLaw
    """

    law: SpliceLaw

    @property
    def lags(self) -> int:
        """Jumps that are tried during a sample."""
        count = self.law.longest - self.law.shortest + 1
        return -(-count // self.law.search)

    @property
    def comparisons(self) -> int:
        """Differences that are formed during a sample, whether a search goes on or not."""
        return self.lags * self.law.match

    @property
    def address_bits(self) -> int:
        """Of the samples' memory."""
        return self.law.reach.bit_length()

    @property
    def whole_bits(self) -> int:
        """Bits of a delay in front of its binary point."""
        return self.law.farthest.bit_length()

    @property
    def delay_bits(self) -> int:
        return self.whole_bits + RATIO.fraction_length

    @property
    def jump_bits(self) -> int:
        return self.law.longest.bit_length()

    @property
    def lag_bits(self) -> int:
        """Of the jump that is tried, which goes on behind the longest until the sample's turns are over."""
        return (self.law.shortest + self.lags * self.law.search).bit_length()

    @property
    def weight_bits(self) -> int:
        return RATIO.fraction_length + WEIGHT_GUARD

    @property
    def steps(self) -> int:
        """What the counter of samples in a search or a fade reaches."""
        return max(self.law.search, self.law.fade)

    @property
    def size_bits(self) -> int:
        """Of the magnitude of a difference of two samples."""
        return self.law.sink.word_length

    @property
    def sum_bits(self) -> int:
        """Of a sum of them; all ones is more than any."""
        return (self.law.match * ((1 << self.size_bits) - 1) + 1).bit_length()

    @property
    def between(self) -> Interval:
        """A value between two samples."""
        sink, guard = self.law.sink, self.law.guard
        return Interval(sink.minimum << guard, sink.maximum << guard)

    @property
    def source_half(self) -> int:
        """Half of the source's last bit, from which the last sum starts; nothing where no bit is dropped."""
        dropped = self.law.total_fraction - self.law.source.fraction_length
        return 1 << dropped - 1 if dropped > 0 else 0

    @property
    def total(self) -> Interval:
        """Sums in front of any rounding, halves included."""
        point = RATIO.fraction_length
        return Interval(self.between.low << point, (self.between.high << point) + max(self.source_half, 1 << point))

    @property
    def conversion(self) -> Conversion:
        """From the last sum to the source."""
        law = self.law
        found = Conversion(self.total, law.total_fraction, law.source, Rounding.NEAREST, Overflow.SATURATE)
        return found.behind_half() if self.source_half else found

    @property
    def timing(self) -> Process:
        """A sample is taken, a value is read and leaves, jumps are tried. After a reset the memory is cleared."""
        return Process([TAKE, wait(READ_CLOCKS), GIVE, wait(self.comparisons + DRAIN)], once=[wait(1 << self.address_bits)])

    @property
    def inventory(self) -> Inventory:
        """What is built for it."""
        law, bits = self.law, self.law.sink.word_length
        difference = max(bits, self.between.bits) + 1
        counted = self.lags.bit_length() + self.law.match.bit_length() + self.lag_bits + self.steps.bit_length() + self.address_bits
        return Inventory(
            "pitch_shifter",
            adders=3 * self.delay_bits + 17 + 4 * self.address_bits + 2 * bits + 2 * self.sum_bits + self.weight_bits
            + 3 * difference + self.total.bits + law.source.word_length,
            results=self.delay_bits + self.sum_bits + bits + self.weight_bits + 2 * self.between.bits + self.total.bits
            + law.source.word_length,
            registers=2 * bits + self.sum_bits + 2 * self.jump_bits + self.address_bits + self.lag_bits,
            multiplexers=3 * difference + 17 + 2 * self.total.bits + 3 * self.address_bits + 2 * self.delay_bits + bits,
            counters=counted,
            memories=((1 << self.address_bits, bits),) * 2,
            products=((difference, RATIO.word_length),),
        )  # fmt: skip
