"""Resampler: what its hardware follows from, in numbers; and its clocks."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

from fixed_point import Overflow
from fixed_point.resampler import ResamplerLaw
from ip_cores.blocks.interval import Interval, hull, sum_interval
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows
from ip_cores.inventory import Inventory
from ip_cores.schedule import FOREVER, Clockwork, Period

LONGEST_PERIOD = 4096
"""Words of a period that is played to see that it repeats."""

DRAINING = 3
"""Clocks from the last products' address to the first of the weighted mean: memory, product, sum."""


@dataclass(frozen=True)
class ResamplerPlan:
    """What the hardware of a resampler follows from.

    Attributes
    ----------
    law : ResamplerLaw
    """

    law: ResamplerLaw

    @property
    def steered(self) -> bool:
        """Whether the step is a port."""
        return self.law.least < self.law.greatest

    @property
    def address_bits(self) -> int:
        """Of the samples' memory, and of a tap counted from the middle of them."""
        return (self.law.taps - 1).bit_length()

    @property
    def first_tap(self) -> int:
        """That of the newest sample, counted from the middle, as a word of `address_bits`."""
        return (1 << self.address_bits) - self.law.taps // 2

    @property
    def place_bits(self) -> int:
        """Of a place in the low-pass, counted from its middle, with its sign."""
        return self.address_bits + self.law.phase_bits

    @cached_property
    def rows(self) -> Rows:
        """Words of the low-pass from its middle on; where there is an address behind its end, the last one again."""
        half, phases = self.law.half, self.law.phases
        words = half if len(half) == 1 << self.place_bits - 1 else (*half, half[-1])
        return Rows(words, [f"{2 * number + 1}/{2 * phases} samples from the middle" for number in range(len(words))])

    @cached_property
    def sums(self) -> Interval:
        """Values of a sum of products, of any phase."""
        return hull(sum_interval(tuple(row), self.law.sink) for row in self.law.rows.astype(int).tolist())

    @property
    def total_bits(self) -> int:
        """Of the weighted mean of two sums."""
        return self.sums.bits + self.law.weight_bits

    @property
    def conversion(self) -> Conversion:
        """From the mean to the output."""
        law = self.law
        values = Interval(self.sums.low << law.weight_bits, self.sums.high << law.weight_bits)
        return Conversion(values, law.fraction_length, law.source, law.rounding, Overflow.SATURATE)

    @property
    def time_bits(self) -> int:
        """Of the next time, counted from the newest sample."""
        return (self.law.greatest + (1 << self.law.step_bits) - 1).bit_length()

    @property
    def work(self) -> int:
        """Clocks from the one in which a word is due to that in which it is ready to leave."""
        return 2 * self.law.taps + DRAINING + self.law.weight_bits

    @property
    def period(self) -> Period:
        """Words that are taken and leave until the time is again that of a sample, and their clocks."""
        common = math.gcd(self.law.usual, 1 << self.law.step_bits)
        taken, given = self.law.usual // common, (1 << self.law.step_bits) // common
        return Period(taken + given * (self.work + 1), taken, given)

    def most_due(self, words: int) -> int:
        """Words that leave with so many that are taken one behind the other, at most."""
        return -(-(words << self.law.step_bits) // self.law.usual)

    @property
    def inventory(self) -> Inventory:
        """What is built for it."""
        law, sums = self.law, self.sums.bits
        return Inventory(
            "resampler",
            adders=sums + 1 + self.time_bits + 2 * self.steered * law.greatest.bit_length() + self.place_bits + law.source.word_length
            + 2 * self.address_bits,
            results=2 * sums + law.step_bits + law.sink.word_length + law.coefficient.word_length + law.source.word_length,
            registers=sums,
            multiplexers=2 * sums + self.place_bits + law.sink.word_length + self.steered * law.greatest.bit_length(),
            counters=2 * self.address_bits + (self.time_bits - law.step_bits) + law.weight_bits.bit_length() + law.weight_bits,
            memories=((1 << self.address_bits, law.sink.word_length),),
            constants=((len(self.rows), law.coefficient.word_length),),
            products=((law.sink.word_length, law.coefficient.word_length),),
        )  # fmt: skip


class ResamplerClocks(Clockwork):
    """Samples are taken until the next time has come; then the word of that time is calculated, and leaves."""

    def __init__(self, plan: ResamplerPlan) -> None:
        self.step, self.bits, self.work = plan.law.usual, plan.law.step_bits, plan.work
        self.resting, self.fraction, self.missing = 1 << plan.address_bits, 0, 1
        self.waits = self.valid = False
        self.repeats = plan.period if plan.period.given > LONGEST_PERIOD else None

    def ready(self, behind: bool) -> bool:
        return not self.resting and not self.waits and self.missing > 0

    def tick(self, offered: bool, behind: bool) -> None:
        gives = self.waits and (behind or not self.valid)
        self.valid = gives or (self.valid and not behind)
        if gives:
            time = self.fraction + self.step
            self.waits, self.missing, self.fraction = False, time >> self.bits, time & (1 << self.bits) - 1
        elif self.resting:
            self.resting -= 1
            self.waits = not self.resting and not self.missing
        elif not self.waits and not self.missing:
            self.resting = self.work - 1
        elif not self.waits and offered:
            self.missing -= 1

    @property
    def state(self) -> Hashable:
        return self.resting, self.fraction, self.missing, self.waits, self.valid

    def rest(self, offered: bool) -> int:
        if self.valid or self.waits:
            return 0
        if self.resting:
            return self.resting - 1
        return FOREVER if self.missing and not offered else 0

    def skip(self, clocks: int) -> None:
        if self.resting:
            self.resting -= clocks
