"""Wavelet analysis by lifting: the bands of an integer wavelet transform, from which the samples come back to the last bit.

A memory keeps, for each level, a sample that waits for its neighbour and the last result of each step. A sample with an odd number makes
words fall due; each step of each level takes one clock. Another memory aligns the bands, as in `dwt_analysis`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar

from myhdl import Signal, always, always_comb, concat

import fixed_point.lifting_analysis
import reference.lifting_analysis
from fixed_point import Format
from fixed_point.lifting_steps import Steps
from ip_cores.arithmetic import address_signal, counter_signal, flag, narrow, scale_up, signed_signal, wire
from ip_cores.bank_addresses import WaitingLine, waiting_places
from ip_cores.core import Core, Port
from ip_cores.hierarchy import entity, inline
from ip_cores.lifting_unit import LiftingBank, lifting_unit
from ip_cores.memory import sample_memory, table
from ip_cores.parameters import parameter
from ip_cores.wavelet_bank import WORD_LENGTHS, channel_port


@dataclass(frozen=True)
class LiftingAnalysis(LiftingBank):
    """Parameters of an analysis by lifting; see ``docs/cores/lifting_analysis.md``."""

    kind: ClassVar[str] = "lifting_analysis"
    summary: ClassVar[str] = "integer wavelet analysis by lifting (5/3, 9/7), reversible to the last bit"

    name: str = parameter(
        "lifting_analysis", doc="entity name; a VHDL identifier", kind=Core.__dataclass_fields__["name"].metadata["kind"]
    )
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)

    @property
    def samples(self) -> Format:
        return self.sink

    @property
    def source_format(self) -> Format:
        """Format of all band words."""
        return self.formats[0]

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", self.levels + 1),)

    @cached_property
    def plan(self) -> LiftingPlan:
        """What the hardware follows from."""
        return LiftingPlan(self.levels, self.level_delay, self.guard_bits, self.steps, *self.formats)

    @property
    def latency(self) -> int:
        """From the second sample of a period, the first that makes words fall due, to the first of these."""
        return self.plan.first_word(1)

    @property
    def cycles_per_sample(self) -> int:
        """On average over a period of 2**levels samples, rounded up."""
        return ceil(Fraction(self.plan.period, 2**self.levels))

    @property
    def worst_case_cycles(self) -> int:
        """Clocks from the last sample of a period to the sample after it."""
        return self.plan.busy(self.levels)

    def reference(self, x: Any) -> Any:
        return reference.lifting_analysis.lifting_analysis(x, self.scheme, self.levels)

    def model(self, x: Any) -> Any:
        return fixed_point.lifting_analysis.lifting_analysis(x, self.steps, self.levels, self.guard_bits, self.level_delay)

    def block(self, **signals: Any) -> Any:
        return lifting_analysis(**signals, plan=self.plan)


@dataclass(frozen=True)
class LiftingPlan:
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
    def level_bits(self) -> int:
        return (self.levels - 1).bit_length()

    @property
    def history_bits(self) -> int:
        return self.slot_bits + self.level_bits

    @property
    def count_bits(self) -> int:
        return max(self.line.bits, self.history_bits, self.levels)

    def first_word(self, depth: int) -> int:
        """Clock edges from a sample that makes words of `depth` levels fall due to the first of these."""
        return depth * (self.slots + 1) + 2

    def busy(self, depth: int) -> int:
        """Clock edges from that sample to the next one; a sample that makes none fall due takes one."""
        return self.first_word(depth) + depth + (depth == self.levels) - 1 if depth else 1

    @property
    def period(self) -> int:
        """Clocks for 2**J samples."""
        depths = [min((sample & -sample).bit_length() - 1, self.levels) for sample in range(1, 2**self.levels + 1)]
        return sum(map(self.busy, depths))


@entity
def lifting_analysis(clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready, source_data, source_channel, plan):
    """Wavelet analysis by lifting: one step in each clock, all levels in one memory, bands aligned in another."""
    always_on = Signal(bool(1))
    taking, take, load, advance, write_state, write_delay, fetch = (flag() for _ in range(7))
    index = counter_signal(len(plan.steps))
    read_address, write_address = address_signal(plan.history_bits), address_signal(plan.history_bits)
    delay_read, delay_write = address_signal(plan.line.bits), address_signal(plan.line.bits)
    sample, data, newest, state = (signed_signal(plan.internal.word_length) for _ in range(4))
    finished, word = signed_signal(plan.bands.word_length), signed_signal(plan.bands.word_length)
    return (
        scheduler(
            clk, reset, sink_valid, sink_ready, source_valid, source_ready, source_channel, taking, take, load, advance, index,
            read_address, write_address, write_state, delay_read, delay_write, write_delay, fetch, plan,
        ),
        scale_up(sink_data, sample, plan.guard_bits) if plan.guard_bits else wire(sink_data, sample),
        lifting_unit(clk, reset, sample, data, take, load, advance, index, newest, plan.steps, False),
        state_source(taking, sample, newest, state),
        sample_memory(clk, always_on, write_state, write_address, state, read_address, data),
        narrow(newest, finished, plan.bands.word_length, True),
        sample_memory(clk, fetch, write_delay, delay_write, finished, delay_read, word),
        wire(word, source_data),
    )  # fmt: skip


@entity
def state_source(taking, sample, newest, state):
    """What a level keeps: a sample that waits for its neighbour, or the newest result."""

    @always_comb
    def choose():
        if taking:
            state.next = sample
        else:
            state.next = newest

    return choose


@entity
def scheduler(
    clk, reset, sink_valid, sink_ready, source_valid, source_ready, source_channel, taking, take, load, advance, index,
    read_address, write_address, write_state, delay_read, delay_write, write_delay, fetch, plan,
):  # fmt: skip
    """Takes a sample, walks through the steps of the levels that fall due, then sends the words.

    Samples are numbered by `number`; level j has a new word after samples whose number ends in j ones.
    `band` is j - 1 for the detail of level j, and J for the approximation. The memories cannot be reset
    at once, so after a reset they are filled with zeros, one word a clock.
    """
    levels, last, last_word = plan.levels, plan.slots - 1, 2**plan.count_bits - 1
    number, deeper = address_signal(plan.count_bits), address_signal(plan.count_bits)
    slot, level, band = counter_signal(plan.slots), counter_signal(levels + 1), counter_signal(levels + 1)
    blank, waiting, busy, settling, emitting, holds = (flag() for _ in range(6))
    moves, takes, sends, steps, ends, goes_deeper, is_coarsest, is_finest, is_top = (flag() for _ in range(9))
    level_bit = tuple((1 << j) % (1 << levels) for j in range(levels + 1))

    @always_comb
    def offer():
        sink_ready.next = waiting
        source_valid.next = holds
        takes.next = waiting and sink_valid
        moves.next = source_ready or not holds

    @always_comb
    def look_ahead():
        goes_deeper.next = (number & deeper) != 0
        is_coarsest.next = band == levels
        is_finest.next = band == 0
        is_top.next = level == levels
        sends.next = emitting and moves
        steps.next = busy and slot > 1
        ends.next = busy and slot == last

    @always_comb
    def command():
        taking.next = waiting
        take.next = takes
        load.next = busy and slot == 1
        advance.next = steps
        fetch.next = sends
        write_state.next = blank or steps or (takes and not number[0]) or (settling and not goes_deeper and not is_top)
        write_delay.next = blank or ends or (settling and is_top)

    @always(clk.posedge)
    def enumerate_samples():
        if reset:
            blank.next = True
            waiting.next = False
            number.next = 0
        elif blank:
            number.next = number + 1
            if number == last_word:
                blank.next = False
                waiting.next = True
        elif takes:
            if number[0]:
                waiting.next = False
            else:
                number.next = number + 1
        elif sends and is_finest:
            waiting.next = True
            number.next = number + 1

    # While a level is at work, `level` is one less than its number; then it is the level that the newest result enters.
    @always(clk.posedge)
    def walk():
        if reset:
            busy.next = False
            settling.next = False
            slot.next = 0
            level.next = 0
        elif takes:
            busy.next = number[0]
            level.next = 0
        elif ends:
            busy.next = False
            settling.next = True
            slot.next = 0
            level.next = level + 1
        elif settling:
            settling.next = False
            busy.next = goes_deeper
            if not goes_deeper:
                level.next = 0
        elif busy:
            slot.next = slot + 1

    @always(clk.posedge)
    def deliver():
        if reset:
            band.next = 0
            emitting.next = False
        elif ends:
            band.next = band + 1
        elif settling:
            if is_top:
                emitting.next = True
            elif not goes_deeper:
                emitting.next = True
                band.next = band - 1
        elif sends:
            if is_finest:
                emitting.next = False
            else:
                band.next = band - 1

    @always(clk.posedge)
    def hand_over():
        if reset:
            holds.next = False
        elif moves:
            holds.next = emitting

    @always(clk.posedge)
    def name_band():
        if sends:
            if is_coarsest:
                source_channel.next = 0
            else:
                source_channel.next = band + 1

    return (
        table(level, deeper, level_bit), offer, look_ahead, command, enumerate_samples, walk, deliver, hand_over, name_band,
        waiting_places(number, band, delay_write, delay_read, plan.line),
        state_places(blank, busy, number, level, slot, read_address, write_address, index, plan),
    )  # fmt: skip


@inline
def state_places(blank, busy, number, level, slot, read_address, write_address, index, plan):
    """Addresses in the memory of states: a step reads one slot ahead of the one that it writes."""
    bits, whole, level_bits = plan.slot_bits, plan.history_bits, plan.level_bits
    written = address_signal(bits)
    current = address_signal(bits)

    @always_comb
    def find_slot():
        current.next = slot
        if busy:
            written.next = slot - 1
        else:
            written.next = 0

    @always_comb
    def find_step():
        if slot > 1:
            index.next = slot - 2
        else:
            index.next = 0

    if not level_bits:

        @always_comb
        def of_the_level():
            read_address.next = current
            if blank:
                write_address.next = number[whole:]
            else:
                write_address.next = written

        return find_slot, find_step, of_the_level

    @always_comb
    def of_a_level():
        read_address.next = concat(level[level_bits:], current)
        if blank:
            write_address.next = number[whole:]
        else:
            write_address.next = concat(level[level_bits:], written)

    return find_slot, find_step, of_a_level
