"""Wavelet synthesis by lifting: undoes the steps of `lifting_analysis`, so that samples come back to the last bit.

A memory keeps, for each level, the last result of each step; the last of these is also the second sample of the level's last pair, which
the level below asks for when its own pair has come. Each step of each level takes one clock, or two with a multiplier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from myhdl import always_comb
from numpy.typing import ArrayLike, NDArray

import fixed_point.dwt_analysis
import fixed_point.lifting_synthesis
import reference.lifting_synthesis
from fixed_point import Format, Overflow, Rounding
from fixed_point.families.lifting_steps import Steps, lifting_formats, unlifting_format
from fixed_point.word_lengths.lifting_losses import lifting_synthesis_losses
from fixed_point.word_lengths.losses import Losses
from ip_cores.banks.bank_sides import PeriodicSynthesis
from ip_cores.banks.bank_timing import OctaveSynthesisClocks
from ip_cores.banks.lifting_unit import LiftingBank, StateAccess, UnitStep, lifting_inventory, lifting_unit, step_clocks
from ip_cores.banks.wavelet_bank import WORD_LENGTHS, words_and_channel
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, register, selecting, signed_signal, word_signal
from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.process import GIVE, TAKE, wait
from ip_cores.blocks.requantizer import Conversion, output_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.hierarchy import described, entity, primitive
from ip_cores.inventory import Inventory
from ip_cores.lifting_synthesis.control import UndoingOrders, scheduler
from ip_cores.parameters import check_entity_name, parameter


@dataclass(frozen=True)
class LiftingSynthesis(PeriodicSynthesis, LiftingBank):
    """Parameters of a synthesis by lifting; see ``docs/cores/lifting_synthesis.md``."""

    kind: ClassVar[str] = "lifting_synthesis"
    summary: ClassVar[str] = "integer wavelet synthesis by lifting: samples from the bands of lifting_analysis"
    family: ClassVar[str] = "banks"

    name: str = parameter(
        "lifting_synthesis", doc="entity name; a VHDL identifier", kind=check_entity_name
    )
    source: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)
    rounding: Rounding = parameter("nearest", doc="rounding of the guard bits; words of the analysis leave nothing to round", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output; no words of the analysis bring it about", kind=Overflow)

    @cached_property
    def formats(self) -> tuple[Format, Format]:
        """Format of the bands, as the analysis sends them, and of everything between the steps, whatever became of them on their way."""
        bands, _ = lifting_formats(self.steps, self.levels, self.source, self.guard_bits)
        return bands, unlifting_format(self.steps, self.levels, bands)

    @property
    def sink_format(self) -> Format:
        """Format of all band words: what `lifting_analysis` sends of samples in the source's format."""
        return self.formats[0]

    @cached_property
    def plan(self) -> UnliftingPlan:
        """What the hardware follows from."""
        internal = self.formats[1]
        conversion = Conversion(Interval.of(internal), internal.fraction_length, self.source, self.rounding, self.overflow)
        return UnliftingPlan(self.levels, self.steps, internal, conversion)

    @property
    def latency(self) -> int:
        """From the first of the words that fall due together to the first sample that follows."""
        return 3

    @property
    def inner_format(self) -> Format:
        return self.formats[1]

    def reference_within(self, x: Any, limit: float) -> Any:
        return reference.lifting_synthesis.lifting_synthesis(*words_and_channel(x), self.scheme, self.levels, limit)

    def model(self, x: Any) -> Any:
        formats = self.formats[1], self.source
        return fixed_point.lifting_synthesis.lifting_synthesis(
            *words_and_channel(x), self.steps, self.levels, *formats, self.rounding, self.overflow
        )

    @cached_property
    def losses(self) -> Losses:
        lost = lifting_synthesis_losses(self.steps, self.levels, self.formats[1], self.source, self.rounding)
        return replace(lost, coefficients=(self.coefficients,), towards_zero=self.rounding == Rounding.ZERO)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        factors = tuple(coefficients[0].tolist())
        return reference.lifting_synthesis.lifting_synthesis(*words_and_channel(x), factors, self.levels)

    @property
    def wire_order(self) -> ArrayLike:
        return fixed_point.dwt_analysis.pattern(self.levels)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        own = Inventory(
            "lifting_synthesis",
            multiplexers=plan.internal.word_length,
            counters=2 * plan.history_bits + plan.levels,
            memories=((1 << plan.history_bits, plan.internal.word_length),),
        )
        return own + lifting_inventory(plan.steps, plan.internal.word_length) + of_conversion(plan.conversion)

    def block(self, **signals: Any) -> Any:
        return lifting_synthesis(**bundled(signals), plan=self.plan)


@dataclass(frozen=True)
class UnliftingPlan(OctaveSynthesisClocks):
    """What the hardware follows from; slot k of a level is the last result before step k."""

    levels: int
    steps: Steps
    internal: Format
    conversion: Conversion

    @property
    def slot_bits(self) -> int:
        return (len(self.steps) - 1).bit_length()

    @property
    def history_bits(self) -> int:
        return self.slot_bits + self.level_bits

    @property
    def count_bits(self) -> int:
        return self.history_bits

    def busy(self, depth: int) -> int:
        whole = depth == self.levels
        return depth * (2 + len(self.steps) * step_clocks(self.steps)) + 1 + (3 if whole else 4)

    def control(self, channel: Sequence[int]) -> Iterator[int]:
        """The first word lets the second sample of the last pair leave, then each level undoes its steps.

        A first word that is a detail takes two clocks more, for the approximation from the level above.
        """
        coming = iter(channel)
        undone = 1 + len(self.steps) * step_clocks(self.steps)
        for band in coming:
            yield from (TAKE, wait(1), GIVE)
            if 0 < band < self.levels:
                yield wait(2)
            for depth in range(band or self.levels, 0, -1):
                if depth != band:
                    if next(coming, None) is None:
                        return
                    yield TAKE
                yield wait(undone)
            yield GIVE


@entity
def lifting_synthesis(clk, reset, sink, source, plan):
    """Wavelet synthesis by lifting: one step in each clock, all levels in one memory."""
    take, load, advance, proceeds, early, write_state, deliver = (flag() for _ in range(7))
    index = counter_signal(len(plan.steps))
    read_address, write_address = address_signal(plan.history_bits), address_signal(plan.history_bits)
    word, data, newest, leaving = (signed_signal(plan.internal.word_length) for _ in range(4))
    sample = word_signal(plan.conversion.format)
    orders = UndoingOrders(take, load, advance, proceeds, early, index)
    access = StateAccess(read_address, write_address, write_state)
    return (
        scheduler(clk, reset, sink.flow("channel"), source.flow(), orders, access, deliver, plan),
        extend(sink.data, word),
        lifting_unit(clk, reset, word, data, UnitStep(take, load, advance, index), newest, plan.steps[::-1], True),
        described(
            sample_memory(clk, proceeds, write_state, write_address, newest, read_address, data), "What each step of each level has kept."
        ),
        leaving_word(early, data, newest, leaving),
        output_rounding(leaving, sample, plan.conversion),
        described(register(clk, deliver, sample, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip


@primitive
def extend(word, wide):
    """Brings a band's word to the width of those between the steps."""

    @always_comb
    def extend_sign():
        wide.next = word

    return extend_sign


@entity
def leaving_word(early, data, newest, leaving):
    """The second sample of the last pair, from memory, or the first of the new one."""
    return described(selecting(early, data, newest, leaving), "The second sample of the last pair, or the first of the new one.")
