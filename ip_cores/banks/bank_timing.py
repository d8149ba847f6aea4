"""How fast a filter bank is that works through all its levels with one unit."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any


class PeriodicBank:
    """Timing of a bank whose work repeats after 2**levels samples; its `plan` counts the clocks.

    The plan's `period` is that of 2**levels samples, its `busy(level)` that of one sample which makes the words of so many levels fall
    due, and its `count_bits` are those of the counter that clears the memories after a reset.
    """

    levels: int
    plan: Any

    @property
    def cycles_per_sample(self) -> int:
        """On average over a period, rounded up."""
        return ceil(Fraction(self.plan.period, 2**self.levels))

    @property
    def worst_case_cycles(self) -> int:
        """Clocks from the last sample of a period to the sample after it: what a steady sample rate has to leave time for."""
        return self.plan.busy(self.levels)

    @property
    def delay(self) -> int:
        """The reference delays as the hardware does, so that between them there is none."""
        return 0

    @property
    def patience(self) -> int:
        """Clocks without any word moving after which there is nothing more to come: memories are cleared after a reset."""
        return 2**self.plan.count_bits + 4 * self.worst_case_cycles + 64
