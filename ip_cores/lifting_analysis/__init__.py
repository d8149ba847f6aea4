"""Wavelet analysis by lifting: the bands of an integer wavelet transform, from which the samples come back to the last bit.

A memory keeps, for each level, a sample that waits for its neighbour and the last result of each step. A sample with an odd number makes
words fall due; each step of each level takes one clock, or two with a multiplier. Another memory aligns the bands, as in `dwt_analysis`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.lifting_analysis
import reference.lifting_analysis
from fixed_point import Format
from fixed_point.families.lifting_steps import Steps
from fixed_point.word_lengths.lifting_losses import lifting_analysis_losses
from fixed_point.word_lengths.losses import Losses
from ip_cores.banks.bank_addresses import WaitingLine
from ip_cores.banks.bank_sides import PeriodicAnalysis
from ip_cores.banks.bank_timing import OctaveCourse
from ip_cores.banks.lifting_unit import LiftingBank, StateAccess, UnitStep, lifting_inventory, lifting_unit, step_clocks
from ip_cores.banks.wavelet_bank import WORD_LENGTHS
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, scale_up, selecting, signed_signal, wire
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.requantizer import narrow
from ip_cores.blocks.stream import bundled
from ip_cores.hierarchy import described, entity
from ip_cores.inventory import Inventory
from ip_cores.lifting_analysis.control import DelayAccess, LiftingOrders, scheduler
from ip_cores.parameters import check_entity_name, parameter


@dataclass(frozen=True)
class LiftingAnalysis(PeriodicAnalysis, LiftingBank):
    """Parameters of an analysis by lifting; see ``docs/cores/lifting_analysis.md``."""

    kind: ClassVar[str] = "lifting_analysis"
    summary: ClassVar[str] = "integer wavelet analysis by lifting (5/3, 9/7), reversible to the last bit"
    family: ClassVar[str] = "banks"

    name: str = parameter(
        "lifting_analysis", doc="entity name; a VHDL identifier", kind=check_entity_name
    )
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)

    @property
    def source_format(self) -> Format:
        """Format of all band words."""
        return self.formats[0]

    @cached_property
    def plan(self) -> LiftingPlan:
        """What the hardware follows from."""
        return LiftingPlan(self.levels, self.level_delay, self.guard_bits, self.steps, *self.formats)

    @property
    def latency(self) -> int:
        """The second sample of a period, which follows at once, is the first that makes words fall due."""
        return 1 + self.plan.first_word(1)

    @property
    def bank_of_words(self) -> tuple[str, int]:
        return "decimated", self.levels

    def reference(self, x: Any) -> Any:
        return reference.lifting_analysis.lifting_analysis(x, self.scheme, self.levels)

    def model(self, x: Any) -> Any:
        return fixed_point.lifting_analysis.lifting_analysis(x, self.steps, self.levels, self.guard_bits, self.level_delay)

    @cached_property
    def losses(self) -> Losses:
        lost = lifting_analysis_losses(self.steps, self.levels, self.guard_bits, self.source_format.resolution)
        return replace(lost, coefficients=(self.coefficients,), decimates=True)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return reference.lifting_analysis.lifting_analysis(x, tuple(coefficients[0].tolist()), self.levels)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        own = Inventory(
            "lifting_analysis",
            multiplexers=plan.internal.word_length,
            counters=plan.count_bits + plan.history_bits + 2 * plan.line.bits,
            memories=((1 << plan.history_bits, plan.internal.word_length), (1 << plan.line.bits, plan.bands.word_length)),
        )
        return own + lifting_inventory(plan.steps, plan.internal.word_length)

    def block(self, **signals: Any) -> Any:
        return lifting_analysis(**bundled(signals), plan=self.plan)


@dataclass(frozen=True)
class LiftingPlan(OctaveCourse):
    """What the hardware follows from; slot 0 of a level is the sample that waits, slot k the last result before step k."""

    levels: int
    delay: int
    guard_bits: int
    steps: Steps
    bands: Format
    internal: Format

    @property
    def line(self) -> WaitingLine:
        """How the bands are aligned."""
        return WaitingLine(self.levels, self.delay)

    @property
    def slots(self) -> int:
        """Clocks for a level: the sample that waits, then the results before each step, one after the other."""
        return len(self.steps) + 2

    @property
    def slot_bits(self) -> int:
        return (self.slots - 1).bit_length()

    @property
    def history_bits(self) -> int:
        return self.slot_bits + self.level_bits

    @property
    def count_bits(self) -> int:
        return max(self.line.bits, self.history_bits, self.levels)

    def first_word(self, depth: int) -> int:
        """Clock edges from a sample that makes words of `depth` levels fall due to the first of these."""
        return depth * (3 + len(self.steps) * step_clocks(self.steps)) + 2



@entity
def lifting_analysis(clk, reset, sink, source, plan):
    """Wavelet analysis by lifting: one step in each clock, all levels in one memory, bands aligned in another."""
    taking, take, load, advance, proceeds, write_state, write_delay, fetch = (flag() for _ in range(8))
    index = counter_signal(len(plan.steps))
    read_address, write_address = address_signal(plan.history_bits), address_signal(plan.history_bits)
    delay_read, delay_write = address_signal(plan.line.bits), address_signal(plan.line.bits)
    sample, data, newest, state = (signed_signal(plan.internal.word_length) for _ in range(4))
    finished, word = signed_signal(plan.bands.word_length), signed_signal(plan.bands.word_length)
    orders = LiftingOrders(taking, take, load, advance, proceeds, index)
    access = StateAccess(read_address, write_address, write_state)
    delay = DelayAccess(delay_read, delay_write, write_delay, fetch)
    return (
        scheduler(clk, reset, sink.flow(), source.flow("channel"), orders, access, delay, plan),
        scale_up(sink.data, sample, plan.guard_bits) if plan.guard_bits else wire(sink.data, sample),
        lifting_unit(clk, reset, sample, data, UnitStep(take, load, advance, index), newest, plan.steps, False),
        state_source(taking, sample, newest, state),
        described(
            sample_memory(clk, proceeds, write_state, write_address, state, read_address, data), "What each step of each level has kept."
        ),
        narrow(newest, finished, plan.bands.word_length, True),
        described(
            sample_memory(clk, fetch, write_delay, delay_write, finished, delay_read, word), "Words wait here until all bands are aligned."
        ),
        wire(word, source.data),
    )  # fmt: skip


@entity
def state_source(taking, sample, newest, state):
    """What a level keeps: a sample that waits for its neighbour, or the newest result."""
    return described(selecting(taking, sample, newest, state), "A sample that waits for its neighbour, or the newest result.")
