"""Wavelet packet synthesis of a stream: samples from the bands of `packet_analysis`.

One unit of products serves every node of the tree, and one memory keeps the samples of all of them. When the words of all bands have
come, the samples of a period follow: each asks its nodes for what they owe, the deepest that fall due first.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar

import numpy as np
from myhdl import Signal, always, always_comb, concat

import fixed_point.packet_synthesis
import reference.packet_synthesis
from fixed_point import Format, Overflow
from fixed_point.packet_analysis import packet_formats
from ip_cores.arithmetic import address_signal, counter_signal, flag, register, signed_signal, word_signal
from ip_cores.bank_addresses import shift_down
from ip_cores.core import Core, Port
from ip_cores.dwt_synthesis import level_accumulator, word_source
from ip_cores.dwt_synthesis_control import flag_table
from ip_cores.fir.direct import output_rounding
from ip_cores.hierarchy import entity, inline
from ip_cores.memory import sample_memory, table
from ip_cores.parameters import parameter
from ip_cores.product_sum import ProductPlan, products, slots
from ip_cores.synthesis_products import SynthesisProducts
from ip_cores.wavelet_bank import WORD_LENGTHS, DecimatedBank, channel_port, word_format, words_and_channel


@dataclass(frozen=True)
class PacketSynthesis(DecimatedBank):
    """Parameters of a wavelet packet synthesis; see ``docs/cores/packet_synthesis.md``."""

    kind: ClassVar[str] = "packet_synthesis"
    summary: ClassVar[str] = "wavelet packet synthesis: samples from the bands of packet_analysis"
    full_tree: ClassVar[bool] = True

    name: str = parameter("packet_synthesis", doc="entity name; a VHDL identifier", kind=Core.__dataclass_fields__["name"].metadata["kind"])
    sink: Format | str = parameter(
        "auto", doc="format of the band words; auto: what packet_analysis sends of samples in the source's format", kind=word_format
    )
    source: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)
    overflow: Overflow = parameter("saturate", doc="overflow of every node; no words of packet_analysis bring it about", kind=Overflow)

    @property
    def samples(self) -> Format:
        return self.source

    @property
    def coefficients(self) -> Any:
        """Synthesis filters as words."""
        return self.synthesis_words

    @cached_property
    def sink_format(self) -> Format:
        """Format of all band words."""
        if isinstance(self.sink, Format):
            return self.sink
        return packet_formats(self.analysis_words, self.levels, self.source, self.word_lengths[1], self.rounding)[1]

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (channel_port("sink", 2**self.levels),)

    @cached_property
    def plan(self) -> PacketSynthesisPlan:
        """What the hardware follows from."""
        return PacketSynthesisPlan(self.levels, self.filter_bank.length, self.sink_format, SynthesisProducts.of(self))

    @property
    def latency(self) -> int:
        """From the word of the last band to the first sample of a period."""
        return self.levels + self.plan.unit.sum_clocks + 1

    @property
    def cycles_per_sample(self) -> int:
        """On average over the words of a period of 2**levels samples, rounded up."""
        return ceil(Fraction(self.plan.period, 2**self.levels))

    def reference(self, x: Any) -> Any:
        return reference.packet_synthesis.packet_synthesis(*words_and_channel(x), self.filter_bank, self.levels)

    def model(self, x: Any) -> Any:
        formats = self.sink_format, self.source
        return fixed_point.packet_synthesis.packet_synthesis(
            *words_and_channel(x), self.synthesis_words, self.levels, *formats, self.rounding, self.overflow
        )

    def accompany(self, words: Any) -> dict[str, Any]:
        """Channels for plain words, one after the other."""
        return {"channel": np.arange(len(words)) % 2**self.levels}

    def block(self, **signals: Any) -> Any:
        return packet_synthesis(**signals, plan=self.plan)


@dataclass(frozen=True)
class PacketSynthesisPlan:
    """What the hardware follows from. Nodes are numbered from the root, 1; node q has the children 2 q and 2 q + 1."""

    levels: int
    length: int
    sink: Format
    unit: SynthesisProducts

    @property
    def pointer_bits(self) -> int:
        """Bits that address the samples of a node; one more than a filter needs, since new words come before old ones are asked for."""
        return (self.length // 2).bit_length()

    @property
    def history_bits(self) -> int:
        return self.levels + 1 + self.pointer_bits

    @property
    def period(self) -> int:
        """Clocks for the words and samples of 2**J samples: words, looking for the level that falls due, sums."""
        total = 2**self.levels
        for sample in range(1, 2**self.levels + 1):
            depth = min((sample & -sample).bit_length() - 1, self.levels - 1)
            total += self.levels - depth + (2 ** (depth + 1) - 1) * self.unit.sum_clocks
        return total


@entity
def packet_synthesis(clk, reset, sink_valid, sink_ready, sink_data, sink_channel, source_valid, source_ready, source_data, plan):
    """Wavelet packet synthesis: samples of all nodes in one memory, one unit of products."""
    always_on = Signal(bool(1))
    unit: SynthesisProducts = plan.unit
    products_plan: ProductPlan = unit.products
    taking, accumulate, load, at_root, write_history, deliver = (flag() for _ in range(6))
    place = counter_signal(2 * slots(unit.clocks))
    write_address = address_signal(plan.history_bits)
    read_address = [address_signal(plan.history_bits) for _ in products_plan.coefficients]
    words = [signed_signal(plan.sink.word_length) for _ in read_address]
    written, approximation = signed_signal(plan.sink.word_length), signed_signal(plan.sink.word_length)
    product, total = signed_signal(products_plan.bits), signed_signal(unit.total_bits)
    sample = word_signal(unit.conversions[1].format)
    return (
        scheduler(
            clk, reset, sink_valid, sink_ready, sink_channel, source_valid, source_ready,
            taking, accumulate, load, at_root, place, write_address, read_address, write_history, deliver, plan,
        ),
        word_source(taking, sink_data, approximation, written),
        [
            sample_memory(clk, always_on, write_history, write_address, written, address, word)
            for address, word in zip(read_address, words, strict=True)
        ],
        products(clk, place, words, product, products_plan),
        level_accumulator(clk, load, at_root, accumulate, product, total, unit.starts),
        output_rounding(total, approximation, unit.conversions[0]),
        output_rounding(total, sample, unit.conversions[1]),
        register(clk, deliver, sample, source_data),
    )  # fmt: skip


@entity
def scheduler(
    clk, reset, sink_valid, sink_ready, sink_channel, source_valid, source_ready,
    taking, accumulate, load, at_root, place, write_address, read_address, write_history, deliver, plan,
):  # fmt: skip
    """Takes the words of all bands, then gives the samples of a period.

    A sample whose number ends in v ones asks all nodes of level v (the root is level 0) for the sample
    behind their last pair, then the nodes of the levels above for that of their newest pair; the last
    sample of a period has new pairs at all levels. A word of the last band ends a set of words, so that
    a synthesis may start amid a stream: words that it has missed count as zeros. The memory cannot be
    reset at once, so after a reset it is filled with zeros, one word a clock.
    """
    levels, stages = plan.levels, plan.unit.products.stages
    first, last_word, deepest, last_band = plan.unit.clocks - 1, 2**plan.history_bits - 1, levels - 1, 2**levels - 1
    number, following = address_signal(plan.history_bits), address_signal(plan.history_bits)
    step = counter_signal(plan.unit.clocks, first)
    level = counter_signal(levels)
    node, due, last_node, first_node = (address_signal(levels) for _ in range(4))
    blank, waiting, seeks, busy, behind, finished, holds = (flag() for _ in range(7))
    moves, takes, begins, ends, stores, is_root, is_first, is_whole, found = (flag() for _ in range(9))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 1)]
    last_nodes = tuple((1 << (j + 1)) - 1 for j in range(levels))
    first_nodes = tuple(1 << j for j in range(levels))

    @always_comb
    def offer():
        sink_ready.next = waiting
        source_valid.next = holds
        takes.next = waiting and sink_valid
        moves.next = source_ready or not holds

    @always_comb
    def count_on():
        following.next = number + 1

    @always_comb
    def look():
        begins.next = busy and step == first
        ends.next = busy and step == 0
        is_root.next = node == 1
        is_first.next = node == first_node
        is_whole.next = number[levels:] == last_band
        due.next = number[levels:] ^ following[levels:]

    @always_comb
    def find():
        found.next = due == last_node

    @always_comb
    def finish():
        stores.next = finished and (moves or not is_root)

    @always_comb
    def command():
        taking.next = waiting
        accumulate.next = reading[stages]
        load.next = reset or begins
        at_root.next = is_root and not reset
        write_history.next = takes or blank or (stores and not is_root)
        deliver.next = stores and is_root

    @always(clk.posedge)
    def count_samples():
        if reset:
            blank.next = True
            number.next = 0
        elif blank:
            number.next = following
            if number == last_word:
                blank.next = False
        elif stores and is_root:
            number.next = following

    @always(clk.posedge)
    def proceed():
        if reset:
            waiting.next = False
            seeks.next = False
        elif blank:
            waiting.next = number == last_word
        elif takes:
            if sink_channel == last_band:
                waiting.next = False
                seeks.next = True
        elif seeks:
            seeks.next = not found
        elif stores and is_root:
            waiting.next = is_whole
            seeks.next = not is_whole

    @always(clk.posedge)
    def walk():
        if reset:
            busy.next = False
            step.next = first
            level.next = deepest
        elif seeks:
            busy.next = found
            node.next = last_node
            behind.next = not is_whole
            if not found:
                level.next = level - 1
        elif stores:
            busy.next = not is_root
            node.next = node - 1
            if is_root:
                level.next = deepest
            elif is_first:
                level.next = level - 1
                behind.next = False
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
            holds.next = stores and is_root

    return (
        table(level, last_node, last_nodes), table(level, first_node, first_nodes), offer, count_on, look, find, finish, command,
        count_samples, proceed, walk, follow, hand_over,
        node_places(blank, waiting, number, level, node, sink_channel, behind, step, place, write_address, read_address, plan),
    )  # fmt: skip


@inline
def node_places(blank, waiting, number, level, node, channel, behind, step, place, write_address, read_address, plan):
    """Addresses of coefficients and samples: sample i of level j, which belongs to sample 2**j (i + 1) - 1, lies at place i."""
    newest = address_signal(plan.history_bits)
    whole, pointer, levels, bits = plan.history_bits, plan.pointer_bits, plan.levels, slots(plan.unit.clocks).bit_length() - 1
    end = levels + pointer

    @always_comb
    def find_new():
        if blank:
            write_address.next = number[whole:]
        elif waiting:
            write_address.next = concat(True, channel[levels:], number[end:levels])
        else:
            write_address.next = concat(False, node[levels:], newest[pointer:])

    if bits:

        @always_comb
        def find_tap():
            place.next = concat(behind, step[bits:])

    else:

        @always_comb
        def find_tap():
            if behind:
                place.next = 1
            else:
                place.next = 0

    return (
        shift_down(number, level, newest),
        find_new,
        find_tap,
        [past_place(newest, node, behind, step, address, mine, plan) for address, mine in zip(read_address, plan.unit.places, strict=True)],
    )


@inline
def past_place(newest, node, behind, step, address, places, plan):
    """Where the word is read that a multiplier needs: of which child, so many pairs before the newest."""
    pointer = plan.pointer_bits
    end = pointer + 1
    age, past, is_high = address_signal(pointer), address_signal(pointer), flag()

    @always_comb
    def look_back():
        if behind:
            past.next = newest[end:1] + ~age
        else:
            past.next = newest[end:1] - age

    @always_comb
    def in_circle():
        address.next = concat(node, is_high, past)

    return (
        table(step, age, tuple(pair for _, pair in places)),
        flag_table(step, is_high, tuple(which for which, _ in places)),
        look_back,
        in_circle,
    )
