"""Wavelet packet synthesis of a stream: samples from the bands of `packet_analysis`.

One unit of products serves every node of the tree, and one memory keeps the samples of all of them. When the words of all bands have
come, the samples of a period follow: each asks its nodes for what they owe, the deepest that fall due first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fixed_point.packet_synthesis
import reference.packet_synthesis
from fixed_point import Format, Overflow, Rounding
from fixed_point.packet_analysis import packet_formats
from fixed_point.word_lengths.bank_losses import tree_synthesis_losses
from fixed_point.word_lengths.losses import Losses, one_rounding, repeated_noise
from ip_cores.banks.bank_addresses import HistoryPlaces
from ip_cores.banks.bank_sides import PeriodicSynthesis
from ip_cores.banks.bank_timing import SynthesisClocks, depths
from ip_cores.banks.synthesis_products import SynthesisProducts, level_accumulator, synthesis_inventory, word_source
from ip_cores.banks.wavelet_bank import WORD_LENGTHS, DecimatedBank, filter_coefficients, word_format, words_and_channel
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, register, signed_signal, word_signal
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.process import GIVE, TAKE, wait
from ip_cores.blocks.product_sum import ProductPlan, products, slots
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.hierarchy import described, entity
from ip_cores.inventory import Inventory
from ip_cores.packet_synthesis.control import JoiningOrders, scheduler
from ip_cores.parameters import check_entity_name, parameter


@dataclass(frozen=True)
class PacketSynthesis(PeriodicSynthesis, DecimatedBank):
    """Parameters of a wavelet packet synthesis; see ``docs/cores/packet_synthesis.md``."""

    kind: ClassVar[str] = "packet_synthesis"
    summary: ClassVar[str] = "wavelet packet synthesis: samples from the bands of packet_analysis"
    family: ClassVar[str] = "banks"
    full_tree: ClassVar[bool] = True

    name: str = parameter("packet_synthesis", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format | str = parameter(
        "auto", doc="format of the band words; auto: what packet_analysis sends of samples in the source's format", kind=word_format
    )
    source: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)
    overflow: Overflow = parameter("saturate", doc="overflow of every node; no words of packet_analysis bring it about", kind=Overflow)

    @cached_property
    def sink_format(self) -> Format:
        """Format of all band words."""
        if isinstance(self.sink, Format):
            return self.sink
        return packet_formats(self.analysis_words, self.levels, self.source, self.word_lengths[1], self.rounding)[1]

    @cached_property
    def plan(self) -> PacketSynthesisPlan:
        """What the hardware follows from."""
        return PacketSynthesisPlan(self.levels, self.filter_bank.length, self.sink_format, SynthesisProducts.of(self))

    @property
    def latency(self) -> int:
        """The words of all bands, and from the last of them to the first sample of a period."""
        return 2**self.levels - 1 + self.levels + self.plan.unit.sum_clocks + 1

    @property
    def worst_case_cycles(self) -> int:
        """Clocks from the last word of a period to the next word: all words of a period are taken one after the other."""
        return self.plan.period - 2**self.levels + 1

    @property
    def inner_format(self) -> Format:
        return self.sink_format

    def reference_within(self, x: Any, limit: float) -> Any:
        return reference.packet_synthesis.packet_synthesis(*words_and_channel(x), self.filter_bank, self.levels, limit)

    def model(self, x: Any) -> Any:
        formats = self.sink_format, self.source
        return fixed_point.packet_synthesis.packet_synthesis(
            *words_and_channel(x), self.synthesis_words, self.levels, *formats, self.rounding, self.overflow
        )

    @cached_property
    def losses(self) -> Losses:
        stage, sink = self.synthesis_stage(self.synthesis_words), self.sink_format
        again = repeated_noise(self.rounding, stage.fraction_length, sink.resolution)
        last = one_rounding(self.rounding, sink.fraction_length + stage.fraction_length, self.source)
        coefficients = filter_coefficients(stage, self.word_lengths[0])
        lost = tree_synthesis_losses(stage.exact, self.levels, again, last)
        return replace(lost, coefficients=(coefficients,), towards_zero=self.rounding == Rounding.ZERO)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        filters = self.filters_with(synthesis=coefficients[0])
        return reference.packet_synthesis.packet_synthesis(*words_and_channel(x), filters, self.levels)

    @property
    def wire_order(self) -> ArrayLike:
        """One after the other."""
        return np.arange(2**self.levels)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        counters = 2 * plan.history_bits + 2 * plan.levels
        return synthesis_inventory("packet_synthesis", plan.unit, plan.sink.word_length, plan.history_bits, counters)

    def block(self, **signals: Any) -> Any:
        return packet_synthesis(**bundled(signals), plan=self.plan)


@dataclass(frozen=True)
class PacketSynthesisPlan(SynthesisClocks):
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
    def count_bits(self) -> int:
        return self.history_bits

    @property
    def sample_clocks(self) -> list[int]:
        """Clocks for each of 2**J samples: looking for the level that falls due, sums."""
        deepest = [min(depth, self.levels - 1) for depth in depths(self.levels)]
        return [self.levels - depth + (2 ** (depth + 1) - 1) * self.unit.sum_clocks for depth in deepest]

    @property
    def period(self) -> int:
        """Clocks for the words and samples of 2**J samples."""
        return 2**self.levels + sum(self.sample_clocks)

    def control(self, channel: Sequence[int]) -> Iterator[int]:
        """Words are taken up to that of the last band, then the samples of a period follow."""
        for band in channel:
            yield TAKE
            if band == 2**self.levels - 1:
                for clocks in self.sample_clocks:
                    yield wait(clocks - 1)
                    yield GIVE


@entity
def packet_synthesis(clk, reset, sink, source, plan):
    """Wavelet packet synthesis: samples of all nodes in one memory, one unit of products."""
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
    orders = JoiningOrders(taking, accumulate, load, at_root)
    places = HistoryPlaces(place, write_address, read_address)
    return (
        scheduler(clk, reset, sink.flow("channel"), source.flow(), orders, places, write_history, deliver, plan),
        word_source(taking, sink.data, approximation, written),
        [
            described(
                sample_memory(clk, None, write_history, write_address, written, address, word),
                "The words of all nodes: a memory with the same words for each multiplier.",
            )
            for address, word in zip(read_address, words, strict=True)
        ],
        products(clk, place, words, product, products_plan),
        level_accumulator(clk, load, at_root, accumulate, product, total, unit.starts),
        described(output_rounding(total, approximation, unit.conversions[0]), "A sum that becomes an approximation, rounded."),
        described(output_rounding(total, sample, unit.conversions[1]), "A sum that becomes a sample, rounded and limited."),
        described(register(clk, deliver, sample, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip
