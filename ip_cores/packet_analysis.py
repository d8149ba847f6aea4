"""Wavelet packets of a stream: the full tree of a decimated filter bank, 2**levels bands of equal width.

One unit of products serves every node of the tree, and one memory keeps the samples of all of them. A sample with an odd number lets the
nodes of the levels that fall due filter, level by level; the words of the deepest level leave as they are computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar

from myhdl import Signal, always, always_comb, concat, modbv

import fixed_point.packet_analysis
import reference.packet_analysis
from fixed_point import Format, Overflow
from fixed_point.packet_analysis import packet_formats
from ip_cores.arithmetic import Conversion, address_signal, counter_signal, flag, like, narrow, register, scale_up, signed_signal, wire
from ip_cores.bank_addresses import shift_down
from ip_cores.core import Core, Port
from ip_cores.fir.direct import output_rounding
from ip_cores.hierarchy import entity, inline
from ip_cores.memory import sample_memory, table
from ip_cores.parameters import parameter
from ip_cores.product_sum import ProductPlan, accumulator, conversion_after, padded, preload, products, shared_taps, slots
from ip_cores.wavelet_bank import WORD_LENGTHS, DecimatedBank, channel_port


@dataclass(frozen=True)
class PacketAnalysis(DecimatedBank):
    """Parameters of a wavelet packet analysis; see ``docs/cores/packet_analysis.md``."""

    kind: ClassVar[str] = "packet_analysis"
    summary: ClassVar[str] = "wavelet packet analysis: full tree, up to 256 bands of equal width"
    full_tree: ClassVar[bool] = True

    name: str = parameter("packet_analysis", doc="entity name; a VHDL identifier", kind=Core.__dataclass_fields__["name"].metadata["kind"])
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)

    @property
    def samples(self) -> Format:
        return self.sink

    @cached_property
    def formats(self) -> tuple[Format, Format]:
        """Formats of what is filtered, and of the bands."""
        return packet_formats(self.analysis_words, self.levels, self.sink, self.word_lengths[1], self.rounding)

    @property
    def source_format(self) -> Format:
        """Format of all band words."""
        return self.formats[1]

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", 2**self.levels),)

    @cached_property
    def plan(self) -> PacketPlan:
        """What the hardware follows from."""
        return PacketPlan.of(self)

    @property
    def latency(self) -> int:
        """From the last sample of a period of 2**levels to the word of band 0."""
        return self.plan.first_word

    @property
    def cycles_per_sample(self) -> int:
        """On average over a period, rounded up."""
        return ceil(Fraction(self.plan.period, 2**self.levels))

    @property
    def worst_case_cycles(self) -> int:
        """Clocks from the last sample of a period to the sample after it."""
        return self.plan.busy(self.levels)

    def reference(self, x: Any) -> Any:
        return reference.packet_analysis.packet_analysis(x, self.filter_bank, self.levels)

    def model(self, x: Any) -> Any:
        formats = self.sink, self.source_format
        return fixed_point.packet_analysis.packet_analysis(x, self.analysis_words, self.levels, *formats, self.rounding)

    def block(self, **signals: Any) -> Any:
        return packet_analysis(**signals, plan=self.plan)


@dataclass(frozen=True)
class PacketPlan:
    """What the hardware follows from. Nodes are numbered from the root, 1; node q has the children 2 q and 2 q + 1."""

    levels: int
    length: int
    guard_bits: int
    products: ProductPlan
    stored: Format
    bands: Format
    total_bits: int
    start: int
    conversion: Conversion

    @classmethod
    def of(cls, core: Any) -> PacketPlan:
        filters, (stored, bands) = core.analysis_words, core.formats
        clocks, count = shared_taps(filters.length, core.multipliers)
        tables = tuple(
            tuple(tap for taps in (filters.low, filters.high) for tap in padded(taps[number * clocks :][:clocks], slots(clocks)))
            for number in range(count)
        )
        unit = ProductPlan(tables, stored.word_length, filters.format.word_length, core.pipeline == "speed")
        dropped = filters.format.fraction_length
        bits = max(unit.bits, bands.word_length + dropped)
        conversion = conversion_after(bits, bands.fraction_length + dropped, bands, core.rounding, Overflow.WRAP)
        start = preload(dropped, core.rounding)
        return cls(core.levels, filters.length, core.word_lengths[1], unit, stored, bands, bits, start, conversion)

    @property
    def clocks(self) -> int:
        """Clocks that multiply, for each word."""
        return shared_taps(self.length, len(self.products.coefficients))[0]

    @property
    def sum_clocks(self) -> int:
        """Clocks for one word, from its first product to the clock that hands it over."""
        return self.clocks + 2 + self.products.stages

    @property
    def pointer_bits(self) -> int:
        """Bits that address the samples of a node."""
        return max(1, (self.length - 1).bit_length())

    @property
    def history_bits(self) -> int:
        return self.levels + self.pointer_bits

    @property
    def count_bits(self) -> int:
        return self.history_bits

    @property
    def first_word(self) -> int:
        """Clock edges from the last sample of a period to the word of band 0: all levels above come first."""
        return (2**self.levels - 1) * self.sum_clocks + 1

    def busy(self, depth: int) -> int:
        """Clock edges from a sample that lets nodes of `depth` levels filter to the next one."""
        return 1 + 2 * (2**depth - 1) * self.sum_clocks

    @property
    def period(self) -> int:
        """Clocks for 2**J samples."""
        depths = [min((sample & -sample).bit_length() - 1, self.levels) for sample in range(1, 2**self.levels + 1)]
        return sum(map(self.busy, depths))


@entity
def packet_analysis(clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready, source_data, source_channel, plan):
    """Wavelet packet analysis: samples of all nodes in one memory, one unit of products."""
    always_on = Signal(bool(1))
    taking, accumulate, load, write_history, deliver = (flag() for _ in range(5))
    place = counter_signal(2 * slots(plan.clocks))
    write_address = address_signal(plan.history_bits)
    read_address = [address_signal(plan.history_bits) for _ in plan.products.coefficients]
    samples = [signed_signal(plan.stored.word_length) for _ in read_address]
    newest, history_data = signed_signal(plan.stored.word_length), signed_signal(plan.stored.word_length)
    product, total = signed_signal(plan.products.bits), signed_signal(plan.total_bits)
    result = signed_signal(plan.bands.word_length)
    return (
        scheduler(
            clk, reset, sink_valid, sink_ready, source_valid, source_ready, source_channel,
            taking, accumulate, load, place, write_address, read_address, write_history, deliver, plan,
        ),
        scale_up(sink_data, newest, plan.guard_bits) if plan.guard_bits else wire(sink_data, newest),
        history_source(taking, newest, result, history_data),
        [
            sample_memory(clk, always_on, write_history, write_address, history_data, address, sample)
            for address, sample in zip(read_address, samples, strict=True)
        ],
        products(clk, place, samples, product, plan.products),
        accumulator(clk, load, accumulate, product, total, plan.start),
        output_rounding(total, result, plan.conversion),
        register(clk, deliver, result, source_data),
    )  # fmt: skip


@entity
def history_source(taking, sample, result, history_data):
    """What a node filters: a sample that arrives, or a word of the node above."""
    word = like(history_data)

    @always_comb
    def choose():
        if taking:
            history_data.next = sample
        else:
            history_data.next = word

    return narrow(result, word, len(word), True), choose


@entity
def scheduler(
    clk, reset, sink_valid, sink_ready, source_valid, source_ready, source_channel,
    taking, accumulate, load, place, write_address, read_address, write_history, deliver, plan,
):  # fmt: skip
    """Takes a sample, then walks through the nodes that fall due: low-pass and high-pass of each.

    Samples are numbered; nodes of level j (the root is level 0) have a new sample after samples whose
    number ends in j ones, and filter if it ends in j + 1 ones. The memory cannot be reset at once, so
    after a reset it is filled with zeros, one word a clock.
    """
    levels, stages, first, last_word = plan.levels, plan.products.stages, plan.clocks - 1, 2**plan.count_bits - 1
    deepest = levels - 1
    number, follows = address_signal(plan.count_bits), address_signal(plan.count_bits)
    step = counter_signal(plan.clocks, first)
    level = counter_signal(levels)
    node, last_node = address_signal(levels), address_signal(levels)
    child = address_signal(levels + 1)
    blank, waiting, busy, second, finished, holds = (flag() for _ in range(6))
    moves, takes, begins, ends, stores, leaves, is_last, goes_on = (flag() for _ in range(8))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 1)]
    next_bit = tuple((1 << (j + 1)) % (1 << levels) for j in range(levels))
    last_nodes = tuple((1 << (j + 1)) - 1 for j in range(levels))

    @always_comb
    def offer():
        sink_ready.next = waiting
        source_valid.next = holds
        takes.next = waiting and sink_valid
        moves.next = source_ready or not holds

    @always_comb
    def look():
        begins.next = busy and step == first
        ends.next = busy and step == 0
        leaves.next = level == deepest
        is_last.next = node == last_node
        goes_on.next = (number & follows) != 0
        child.next = concat(node, second)

    @always_comb
    def finish():
        stores.next = finished and (moves or not leaves)

    @always_comb
    def command():
        taking.next = waiting
        accumulate.next = reading[stages]
        load.next = reset or begins
        write_history.next = takes or blank or (stores and not leaves)
        deliver.next = stores and leaves

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
        elif stores and second and is_last and not goes_on:
            waiting.next = True
            number.next = number + 1

    @always(clk.posedge)
    def walk():
        if reset:
            busy.next = False
            second.next = False
            step.next = first
        elif takes:
            busy.next = number[0]
            node.next = 1
            level.next = 0
        elif stores:
            second.next = not second
            busy.next = not second or not is_last or goes_on
            if second:
                node.next = node + 1
                if is_last and goes_on:
                    level.next = level + 1
        elif ends:
            busy.next = False
            step.next = first
        elif busy:
            step.next = step - 1

    @always(clk.posedge)
    def follow():
        if reset:
            for stage in range(stages + 1):
                reading[stage].next = False
                finishing[stage].next = False
            finished.next = False
        else:
            reading[0].next = busy
            finishing[0].next = ends
            for stage in range(1, stages + 1):
                reading[stage].next = reading[stage - 1]
                finishing[stage].next = finishing[stage - 1]
            if finishing[stages]:
                finished.next = True
            elif stores:
                finished.next = False

    @always(clk.posedge)
    def hand_over():
        if reset:
            holds.next = False
        elif moves:
            holds.next = stores and leaves

    @always(clk.posedge)
    def name_band():
        if stores and leaves:
            source_channel.next = child[levels:]

    return (
        table(level, follows, next_bit), table(level, last_node, last_nodes),
        offer, look, finish, command, enumerate_samples, walk, follow, hand_over, name_band,
        node_places(blank, waiting, number, level, node, child, second, step, place, write_address, read_address, plan),
    )  # fmt: skip


@inline
def node_places(blank, waiting, number, level, node, child, second, step, place, write_address, read_address, plan):
    """Addresses of coefficients and samples: sample i of level j, which comes with sample 2**j (i + 1) - 1, lies at place i."""
    newest = address_signal(plan.count_bits)
    whole, pointer, levels, bits = plan.history_bits, plan.pointer_bits, plan.levels, slots(plan.clocks).bit_length() - 1
    root = Signal(modbv(1)[levels:])
    past = plan.pointer_bits + 1

    @always_comb
    def find_new():
        if blank:
            write_address.next = number[whole:]
        elif waiting:
            write_address.next = concat(root, number[pointer:])
        else:
            write_address.next = concat(child[levels:], newest[past:1])

    if bits:

        @always_comb
        def find_tap():
            place.next = concat(second, step[bits:])

    else:

        @always_comb
        def find_tap():
            if second:
                place.next = 1
            else:
                place.next = 0

    return (
        shift_down(number, level, newest),
        find_new,
        find_tap,
        [past_place(newest, node, step, address, index * plan.clocks, plan) for index, address in enumerate(read_address)],
    )


@inline
def past_place(newest, node, step, address, offset, plan):
    """Where the sample is read that a multiplier needs at a step: so many before the newest."""
    pointer, low = plan.pointer_bits, min(len(step), plan.pointer_bits)
    start = -offset % 2**plan.pointer_bits
    past = address_signal(plan.pointer_bits)

    @always_comb
    def look_back():
        past.next = newest[pointer:] + start - step[low:]

    @always_comb
    def in_circle():
        address.next = concat(node, past)

    return look_back, in_circle
