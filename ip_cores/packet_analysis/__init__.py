"""Wavelet packets of a stream: the full tree of a decimated filter bank, 2**levels bands of equal width.

One unit of products serves every node of the tree, and one memory keeps the samples of all of them. A sample with an odd number lets the
nodes of the levels that fall due filter, level by level; the words of the deepest level leave as they are computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.packet_analysis
import reference.packet_analysis
from fixed_point import Format, Rounding
from fixed_point.packet_analysis import packet_formats
from fixed_point.word_lengths.bank_losses import level_roundings, tree_analysis_losses
from fixed_point.word_lengths.losses import Losses
from ip_cores.banks.analysis_products import AnalysisSums, analysis_products
from ip_cores.banks.bank_addresses import HistoryPlaces
from ip_cores.banks.bank_sides import PeriodicAnalysis
from ip_cores.banks.bank_steps import BankOrders
from ip_cores.banks.bank_timing import BankCourse
from ip_cores.banks.wavelet_bank import WORD_LENGTHS, DecimatedBank, filter_coefficients
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, like, register, scale_up, selecting, signed_signal, wire
from ip_cores.blocks.block_inventory import of_conversion, of_products
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.process import GIVE, wait
from ip_cores.blocks.product_sum import ProductPlan, accumulator, products, shared_taps, slots
from ip_cores.blocks.requantizer import narrow, output_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.hierarchy import described, entity
from ip_cores.inventory import Inventory
from ip_cores.packet_analysis.control import scheduler
from ip_cores.parameters import check_entity_name, parameter


@dataclass(frozen=True)
class PacketAnalysis(PeriodicAnalysis, DecimatedBank):
    """Parameters of a wavelet packet analysis; see ``docs/cores/packet_analysis.md``."""

    kind: ClassVar[str] = "packet_analysis"
    summary: ClassVar[str] = "wavelet packet analysis: full tree, up to 256 bands of equal width"
    family: ClassVar[str] = "banks"
    full_tree: ClassVar[bool] = True

    name: str = parameter("packet_analysis", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)

    @cached_property
    def formats(self) -> tuple[Format, Format]:
        """Formats of what is filtered, and of the bands."""
        return packet_formats(self.analysis_words, self.levels, self.sink, self.word_lengths[1], self.rounding)

    @property
    def source_format(self) -> Format:
        """Format of all band words."""
        return self.formats[1]

    @cached_property
    def plan(self) -> PacketPlan:
        """What the hardware follows from."""
        return PacketPlan.of(self)

    @property
    def latency(self) -> int:
        """All samples of a period of 2**levels but the last, and from there to the word of band 0."""
        return self.plan.period - self.plan.busy(self.levels) + self.plan.first_word

    def reference(self, x: Any) -> Any:
        return reference.packet_analysis.packet_analysis(x, self.filter_bank, self.levels)

    def model(self, x: Any) -> Any:
        formats = self.sink, self.source_format
        return fixed_point.packet_analysis.packet_analysis(x, self.analysis_words, self.levels, *formats, self.rounding)

    @cached_property
    def losses(self) -> Losses:
        stage, (bits, guard_bits) = self.analysis_stage(self.analysis_words), self.word_lengths
        rounds = level_roundings(self.rounding, stage.fraction_length, guard_bits, self.levels, self.source_format.resolution)
        lost = tree_analysis_losses(stage.exact, rounds)
        return replace(
            lost, coefficients=(filter_coefficients(stage, bits),), towards_zero=self.rounding == Rounding.ZERO, decimates=True
        )

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return reference.packet_analysis.packet_analysis(x, self.filters_with(analysis=coefficients[0]), self.levels)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        own = Inventory(
            "packet_analysis",
            adders=plan.totals.total_bits,
            results=plan.totals.total_bits,
            multiplexers=plan.stored.word_length,
            counters=plan.count_bits + plan.history_bits + 2 * plan.levels,
            memories=((1 << plan.history_bits, plan.stored.word_length),) * len(plan.products.coefficients),
        )
        return own + of_conversion(plan.totals.conversion) + of_products(plan.products)

    def block(self, **signals: Any) -> Any:
        return packet_analysis(**bundled(signals), plan=self.plan)


@dataclass(frozen=True)
class PacketPlan(BankCourse):
    """What the hardware follows from. Nodes are numbered from the root, 1; node q has the children 2 q and 2 q + 1."""

    levels: int
    length: int
    guard_bits: int
    products: ProductPlan
    stored: Format
    bands: Format
    totals: AnalysisSums

    @classmethod
    def of(cls, core: Any) -> PacketPlan:
        filters, (stored, bands) = core.analysis_words, core.formats
        products = analysis_products(core, stored, low_first=True)
        sums = AnalysisSums.of(products.bits, filters, bands, core.rounding)
        shape = core.levels, filters.length, core.word_lengths[1]
        return cls(*shape, products, stored, bands, sums)

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

    def work(self, depth: int) -> Iterator[int]:
        """The nodes that fall due filter one after the other, and the words of the deepest leave at once."""
        inner = 2**depth - 1 if depth < self.levels else 2 ** (depth - 1) - 1
        yield wait(2 * inner * self.sum_clocks)
        yield from [wait(self.sum_clocks - 1), GIVE] * (2**depth if depth == self.levels else 0)


@entity
def packet_analysis(clk, reset, sink, source, plan):
    """Wavelet packet analysis: samples of all nodes in one memory, one unit of products."""
    taking, accumulate, load, write_history, deliver = (flag() for _ in range(5))
    place = counter_signal(2 * slots(plan.clocks))
    write_address = address_signal(plan.history_bits)
    read_address = [address_signal(plan.history_bits) for _ in plan.products.coefficients]
    samples = [signed_signal(plan.stored.word_length) for _ in read_address]
    newest, history_data = signed_signal(plan.stored.word_length), signed_signal(plan.stored.word_length)
    product, total = signed_signal(plan.products.bits), signed_signal(plan.totals.total_bits)
    result = signed_signal(plan.bands.word_length)
    orders, places = BankOrders(taking, accumulate, load), HistoryPlaces(place, write_address, read_address)
    return (
        scheduler(clk, reset, sink.flow(), source.flow("channel"), orders, places, write_history, deliver, plan),
        scale_up(sink.data, newest, plan.guard_bits) if plan.guard_bits else wire(sink.data, newest),
        history_source(taking, newest, result, history_data),
        [
            described(
                sample_memory(clk, None, write_history, write_address, history_data, address, sample),
                "The samples of all nodes: a memory with the same words for each multiplier.",
            )
            for address, sample in zip(read_address, samples, strict=True)
        ],
        products(clk, place, samples, product, plan.products),
        accumulator(clk, load, accumulate, product, total, plan.totals.start),
        output_rounding(total, result, plan.totals.conversion),
        described(register(clk, deliver, result, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip


@entity
def history_source(taking, sample, result, history_data):
    """What a node filters: a sample that arrives, or a word of the node above."""
    word = like(history_data)

    choose = described(selecting(taking, sample, word, history_data), "A sample that arrives, or a word of the node above.")
    return narrow(result, word, len(word), True), choose
