"""Gammatone bank: what its hardware follows from, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fixed_point.families.section_bank import SectionBank
from fixed_point.gammatone_bank import last_line
from ip_cores.biquad.plan import BiquadPlan, section_inventory
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion
from ip_cores.hierarchy import Rows
from ip_cores.inventory import Inventory

USED = (0, 1, 3, 4)
"""Coefficients of a section that are not 0: b0, b1, -a1, -a2."""


@dataclass(frozen=True)
class GammatonePlan(BiquadPlan):
    """What the hardware of a bank of sections follows from: a cascade in direct form, its bands as channels.

    Attributes
    ----------
    bank : SectionBank
        Of all bands; `cascade` is its shape.
    smoothing : int or None
        Of a band's level, where that leaves: two to this many words are its time constant.
    """

    bank: SectionBank
    smoothing: int | None

    @property
    def used(self) -> tuple[int, ...]:
        return USED

    @property
    def operands(self) -> tuple[int, ...]:
        """Which word each coefficient multiplies, of x, x1, y1, y2; b2 none."""
        return (0, 1, 0, 2, 3)

    @property
    def bands(self) -> int:
        return self.channels

    @property
    def table_rows(self) -> int:
        """Rows of the table of a multiplier: all bands, and one that is read when the last has been computed, unless that is the first."""
        rows = self.bands * self.count * len(self.steps)
        return rows if rows & (rows - 1) == 0 else rows + 1

    def coefficients(self, multiplier: int) -> Rows:
        words, remarks = [], []
        for number, band in enumerate(self.bank.bands):
            more, told = self.terms(band, multiplier, f"band {number}, ")
            words += more
            remarks += told
        left = self.table_rows - len(words)
        return Rows([*words, *[0] * left], [*remarks, *["the last band has been computed"] * left])

    @property
    def level_bits(self) -> int:
        """Bits of a level."""
        return self.cascade.state_bits - 1 + (self.smoothing or 0)

    @property
    def conversion(self) -> Conversion:
        """From the last line's word, or the level, to the output."""
        exact = last_line(self.bank, self.smoothing)
        peak = min(int(self.bank.peak) + 1, (1 << self.cascade.state_bits - 1) - 1) << (self.smoothing or 0)
        least = -peak if self.smoothing is None else 0
        return Conversion(Interval(least, peak), exact.fraction_length, self.source, self.rounding, self.overflow)

    @property
    def band_clocks(self) -> int:
        """Clocks of a band, from the one in which it begins to that in which its word leaves; the next begins with that."""
        return self.count * self.clocks + 2 + (self.smoothing is not None)


def bank_timing(plan: GammatonePlan) -> Process:
    """A sample is taken, goes through one band after another, and leaves as often. After a reset the state is written, row by row."""
    band = [wait(plan.band_clocks - 1), GIVE]
    return Process([TAKE, wait(1), *band * plan.bands], once=[wait(1 << plan.row_bits)])


def bank_inventory(plan: GammatonePlan) -> Inventory:
    """What is built for it."""
    found = section_inventory(plan) + Inventory("biquad", registers=plan.sink.word_length, counters=plan.channel_bits)
    if plan.smoothing is None:
        return found
    bits, level = plan.cascade.state_bits, plan.level_bits
    return found + Inventory(
        "biquad", adders=2 * bits + 2 * level, results=level, multiplexers=bits, memories=((1 << plan.channel_bits, level),)
    )
