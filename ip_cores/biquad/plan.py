"""Biquad: what its hardware follows from, in numbers: which product is formed in which clock, by which coefficient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fixed_point import Format, Overflow, Rounding
from fixed_point.families.section_cascade import Cascade
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows
from ip_cores.inventory import Inventory

COEFFICIENTS = ("b0", "b1", "b2", "-a1", "-a2")
"""Coefficients of a section, as they stand in the table."""

Step = tuple[int | None, ...]
"""Which of the coefficients each multiplier takes in a clock, None for none."""

MOST_MULTIPLIERS = {"direct": len(COEFFICIENTS), "transposed": 2}


@dataclass(frozen=True)
class BiquadPlan:
    """What the hardware of a cascade of sections follows from.

    Attributes
    ----------
    cascade : Cascade
    form : {"direct", "transposed"}
    channels : int
    multipliers : int
        As many as may be used.
    coefficient_word_length : int
    sink, source : Format
    rounding, overflow
        At the output.
    """

    cascade: Cascade
    form: str
    channels: int
    multipliers: int
    coefficient_word_length: int
    sink: Format
    source: Format
    rounding: Rounding
    overflow: Overflow

    @property
    def direct(self) -> bool:
        return self.form == "direct"

    @property
    def used(self) -> tuple[int, ...]:
        """Coefficients whose products the direct form forms: all; those that are 0 in every section may be left away."""
        return tuple(range(len(COEFFICIENTS)))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The clocks of a section in which products are formed."""
        if not self.direct:
            if self.multipliers == 1:
                return (0,), (1,), (3,), (2,), (4,)
            return (0, None), (1, 3), (2, 4)
        count = -(-len(self.used) // self.multipliers)
        needed = -(-len(self.used) // count)
        places = [[number * count + step for number in range(needed)] for step in range(count)]
        return tuple(tuple(self.used[place] if place < len(self.used) else None for place in row) for row in places)

    @property
    def operands(self) -> tuple[int, ...]:
        """Which word each coefficient multiplies: x, x1, x2, y1, y2 in the direct form, x and y in the transposed one."""
        return (0, 1, 2, 3, 4) if self.direct else (0, 0, 0, 1, 1)

    @property
    def second_front_word(self) -> bool:
        """Whether x2 is multiplied: the word in front of a section two words ago."""
        return 2 in self.used

    @property
    def occupied(self) -> tuple[Step, ...]:
        """What each multiplier takes in the clocks of a section, up to the last product."""
        if self.direct:
            return self.steps
        return (self.steps[0], (None,) * self.multipliers_used, *self.steps[1:])

    @property
    def multipliers_used(self) -> int:
        return len(self.steps[0])

    @property
    def clocks(self) -> int:
        """Clocks of a section: products, and one in which the result is handed on; in the transposed form one to turn around in."""
        return len(self.steps) + (1 if self.direct else 2)

    @property
    def sum_bits(self) -> int:
        """Bits of a sum: it may wrap around in between, but what is handed on never does."""
        return self.cascade.state_bits + self.cascade.dropped

    @property
    def count(self) -> int:
        return len(self.cascade.sections)

    @property
    def lines(self) -> int:
        """Rows of a channel's state: the direct form keeps the words of every line, the transposed one two sums of every section."""
        return self.count + 1 if self.direct else self.count

    @property
    def line_bits(self) -> int:
        return (self.lines - 1).bit_length()

    @property
    def channel_bits(self) -> int:
        return (self.channels - 1).bit_length()

    @property
    def row_bits(self) -> int:
        """Bits of an address of the state; none where there is one row."""
        return self.line_bits + self.channel_bits

    @property
    def shaping(self) -> tuple[int, ...]:
        return tuple(section.shaping for section in self.cascade.sections)

    @property
    def begin_bits(self) -> int:
        """Bits that a line's row keeps of what the next sum begins with."""
        return self.cascade.dropped if self.direct and self.cascade.shaped else 0

    @property
    def state_bits(self) -> int:
        """Bits of a row of the state."""
        return 2 * self.cascade.state_bits + self.begin_bits if self.direct else 2 * self.sum_bits

    @cached_property
    def shifts(self) -> tuple[int, ...]:
        """By how many places products are moved up, in rising order."""
        cascade = self.cascade
        ahead = {cascade.dropped - section.point for section in cascade.sections}
        return tuple(sorted(ahead | {cascade.dropped - cascade.feedback_point}))

    @property
    def shift_bits(self) -> int:
        """Bits that tell by how many."""
        return (len(self.shifts) - 1).bit_length()

    @property
    def term_bits(self) -> int:
        """Bits of the table for one multiplier."""
        return self.coefficient_word_length + self.shift_bits

    def coefficients(self, multiplier: int) -> Rows:
        """The table of a multiplier: its coefficient in each clock, above it by how much the product is moved up."""
        words, remarks = self.terms(self.cascade, multiplier)
        return Rows([*words, 0], [*remarks, "the last section has been computed"])

    def terms(self, cascade: Cascade, multiplier: int, of: str = "") -> tuple[list[int], list[str]]:
        """Rows for the sections of a cascade, and what stands beside them."""
        words, remarks = [], []
        for number, section in enumerate(cascade.sections):
            numbers = (*section.b, *(-a for a in section.a))
            for step in self.steps:
                which = step[multiplier]
                words.append(0 if which is None else self._term(numbers[which], which, section.point))
                remarks.append(f"{of}section {number}: {'no product' if which is None else COEFFICIENTS[which]}")
        return words, remarks

    @property
    def table_rows(self) -> int:
        """Rows of the table of a multiplier."""
        return self.count * len(self.steps) + 1

    @property
    def place_bits(self) -> int:
        """Bits of a row's number in the tables."""
        return (self.table_rows - 1).bit_length()

    def _term(self, number: int, which: int, point: int) -> int:
        shift = self.cascade.dropped - (point if which < 3 else self.cascade.feedback_point)
        return self.shifts.index(shift) << self.coefficient_word_length | number % (1 << self.coefficient_word_length)

    @property
    def conversion(self) -> Conversion:
        """From the last line's word to the output."""
        peak = min(int(self.cascade.peaks[-1]) + 1, (1 << self.cascade.state_bits - 1) - 1)
        return Conversion(Interval(-peak, peak), self.cascade.fraction_length, self.source, self.rounding, self.overflow)


def biquad_timing(plan: BiquadPlan) -> Process:
    """A word is taken, goes through all sections, and leaves. After a reset the state is written, row by row."""
    clear = [wait(1 << plan.row_bits)] if plan.row_bits else []
    return Process([TAKE, wait(plan.count * plan.clocks + plan.direct), GIVE], once=clear)


FEWEST_ROWS = 4
"""Rows of a state that is worth a memory block; fewer are registers."""


def section_inventory(plan: BiquadPlan) -> Inventory:
    """What is built for it."""
    bits, total, count = plan.cascade.state_bits, plan.sum_bits, plan.multipliers_used
    choices = sum(len({row[number] for row in plan.occupied} - {None}) - 1 for number in range(count))
    shifting = count * (len(plan.shifts) - 1) * total
    rows = 1 << plan.row_bits
    in_memory = rows >= FEWEST_ROWS
    # Direct: where a sum begins; the word that is handed on; what is written, blank after a reset. Transposed: both sides of the sum.
    ways = total + 2 * bits + plan.begin_bits + 2 * bits if plan.direct else 3 * total + bits + 2 * total
    return Inventory(
        "biquad",
        adders=total * count + plan.source.word_length,
        results=total + plan.source.word_length,
        registers=((2 + plan.second_front_word) * bits if plan.direct else 2 * bits + total) + (0 if in_memory else rows * plan.state_bits),
        multiplexers=ways + choices * bits + shifting,
        counters=2 * plan.row_bits + plan.place_bits + 8,
        constants=((plan.table_rows, plan.term_bits),) * count,
        memories=((rows, plan.state_bits),) if in_memory else (),
        products=((bits, plan.coefficient_word_length),) * count,
    )
