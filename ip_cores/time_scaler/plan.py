"""Time scaler: what its hardware follows from, in numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from fixed_point import Format, Overflow, Rounding
from fixed_point.time_scaler import STEP_BITS
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.inventory import Inventory
from reference.time_scaler import WAITED


@dataclass(frozen=True)
class ScalerPlan:
    """What the hardware of a time scaler follows from.

    Attributes
    ----------
    format : Format
        Of the words.
    segment : int
        Words of a segment, a power of two.
    step : Fraction
        Words by which segments lie apart where they are taken.
    thinning : int
        Every so many words of a segment are compared, a power of two.
    rounding : Rounding
        Of what has faded.
    run_time : bool
        Whether the step is a port.
    """

    format: Format
    segment: int
    step: Fraction
    thinning: int
    rounding: Rounding
    run_time: bool

    @property
    def place_bits(self) -> int:
        """Bits of a place in a segment."""
        return self.segment.bit_length() - 1

    @property
    def address_bits(self) -> int:
        """Bits of an address of the words that were taken: four segments."""
        return self.place_bits + 2

    @property
    def begin(self) -> int:
        """Words that are taken before the first segment leaves."""
        return int(WAITED * self.segment)

    @property
    def fraction_bits(self) -> int:
        """Bits of fraction of the step as it is; none of a whole one that stays."""
        return STEP_BITS if self.run_time else self.step.denominator.bit_length() - 1

    @property
    def step_word(self) -> int:
        return self.step.numerator

    @property
    def compared(self) -> int:
        """Words of a segment that are compared."""
        return self.segment // self.thinning

    @property
    def difference_bits(self) -> int:
        """Bits of a difference of two words."""
        return self.format.word_length + 1

    @property
    def sum_bits(self) -> int:
        """Bits of a sum of magnitudes of differences."""
        return self.format.word_length + self.compared.bit_length() - 1

    @property
    def conversion(self) -> Conversion:
        """From what has faded, `segment` times the word, to the output."""
        bits = self.place_bits
        ends = Interval(self.format.minimum << bits, self.format.maximum << bits)
        return Conversion(ends, self.format.fraction_length + bits, self.format, self.rounding, Overflow.SATURATE)

    @property
    def search_clocks(self) -> int:
        """From the last word that is taken for a segment to its first that leaves, less one: what follows is copied, then looked for."""
        return self.segment + self.segment * self.compared + DRAINING + 1

    @property
    def takes(self) -> Iterator[int]:
        """Words that are taken for each segment but the first, of one period of the step."""
        ends = [int(number * self.step) for number in range(self.step.denominator + 1)]
        return (after - before for before, after in itertools.pairwise(ends))


DRAINING = 3
"""Clocks from the last address that is compared to that in which the best place is known and a segment begins to leave."""


def scaler_timing(plan: ScalerPlan) -> Process:
    """Words are taken for a segment, its place is looked for, and it leaves, a word every second clock."""
    leaves = [wait(plan.search_clocks), GIVE, *[wait(1), GIVE] * (plan.segment - 1)]
    loop = [action for count in plan.takes for action in (*[TAKE] * count, *leaves)]
    return Process(loop, once=[*[TAKE] * plan.begin, *leaves])


def scaler_inventory(plan: ScalerPlan) -> Inventory:
    """What is built for it."""
    word, sums, address = plan.format.word_length, plan.sum_bits, plan.address_bits
    return Inventory(
        "time_scaler",
        adders=2 * plan.run_time * address + 2 * plan.difference_bits + 2 * sums + plan.place_bits + word + 2 * address,
        results=sums + word,
        registers=sums + 2 * address,
        multiplexers=plan.difference_bits + 2 * address,
        counters=3 * address + 2 * plan.place_bits + plan.fraction_bits,
        memories=((1 << address, word), (plan.segment, word)),
        products=((plan.difference_bits, plan.place_bits + 1),),
    )
