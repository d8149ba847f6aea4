"""Decimated wavelet analysis of a stream: approximation A_J and details D_1 to D_J, aligned, on one stream of band words.

All levels share one unit of products, one memory for their samples and one for details that wait. A sample with an odd number makes
words fall due, 2**j - 1 samples after each other at level j: high-pass and low-pass of level 1, then of level 2 as far as its input
is new, and so on; nothing is computed that decimation would throw away. Then the words leave, the coarsest first. It takes about
2 L / multipliers clocks for a sample on average, L being the taps of a filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.dwt_analysis
import reference.dwt_analysis
from fixed_point import Format
from ip_cores.banks.bank_sides import OctaveAnalysis, PeriodicAnalysis
from ip_cores.banks.wavelet_bank import WORD_LENGTHS, DecimatedBank
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, like, scale_up, selecting, signed_signal, wire
from ip_cores.blocks.block_inventory import of_conversion, of_products
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.product_sum import accumulator, products
from ip_cores.blocks.requantizer import narrow, output_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.dwt_analysis.control import AnalysisCourse, AnalysisOrders, addresses, scheduler
from ip_cores.dwt_analysis.plan import AnalysisPlan
from ip_cores.hierarchy import described, entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter


@dataclass(frozen=True)
class DwtAnalysis(OctaveAnalysis, PeriodicAnalysis, DecimatedBank):
    """Parameters of a wavelet analysis; see ``docs/cores/dwt_analysis.md``."""

    kind: ClassVar[str] = "dwt_analysis"
    summary: ClassVar[str] = "wavelet analysis: decimated filter bank of up to 8 levels, bands aligned"
    family: ClassVar[str] = "banks"

    name: str = parameter("dwt_analysis", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)

    @cached_property
    def plan(self) -> AnalysisPlan:
        """What the hardware follows from."""
        return AnalysisPlan.of(self)

    @property
    def latency(self) -> int:
        """The second sample of a period, which follows at once, is the first that makes words fall due."""
        return 1 + self.plan.first_word(1)

    def reference(self, x: Any) -> Any:
        return reference.dwt_analysis.dwt_analysis(x, self.filter_bank, self.levels)

    def model(self, x: Any) -> Any:
        return fixed_point.dwt_analysis.dwt_analysis(x, self.coefficients, self.formats, self.sink, self.filter_bank.delay, self.rounding)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return reference.dwt_analysis.dwt_analysis(x, self.filters_with(analysis=coefficients[0]), self.levels)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        own = Inventory(
            "dwt_analysis",
            adders=plan.totals.total_bits,
            results=plan.totals.total_bits,
            registers=plan.source.word_length,
            multiplexers=plan.stored.word_length,
            counters=plan.count_bits + plan.history_bits + plan.line.bits,
            memories=((1 << plan.history_bits, plan.stored.word_length),) * len(plan.products.coefficients)
            + ((1 << plan.line.bits, plan.source.word_length),),
        )
        return own + of_conversion(plan.totals.conversion) + of_products(plan.products)

    def block(self, **signals: Any) -> Any:
        return dwt_analysis(**bundled(signals), plan=self.plan)


HISTORY = "The samples of all levels: a memory with the same words for each multiplier."
"""What the VHDL says of it."""


@entity
def dwt_analysis(clk, reset, sink, source, plan):
    """Wavelet analysis: samples of all levels in one memory, one unit of products, details that wait in another memory."""
    low, clearing, taking, accumulate, load, write_history, write_delay, fetch = (flag() for _ in range(8))
    count = address_signal(plan.count_bits)
    step, level, band = counter_signal(plan.steps), counter_signal(plan.levels), counter_signal(plan.levels + 1)
    place = counter_signal(2 * plan.tap_slots)
    history_address = address_signal(plan.history_bits)
    delay_write, delay_read = address_signal(plan.line.bits), address_signal(plan.line.bits)
    read_address = [address_signal(plan.history_bits) for _ in plan.products.coefficients]
    samples = [signed_signal(plan.stored.word_length) for _ in read_address]
    newest, history_data = signed_signal(plan.stored.word_length), signed_signal(plan.stored.word_length)
    product, total = signed_signal(plan.products.bits), signed_signal(plan.totals.total_bits)
    result, word = signed_signal(plan.source.word_length), signed_signal(plan.source.word_length)
    at = AnalysisCourse(count, step, level, low, band, clearing)
    orders = AnalysisOrders(taking, accumulate, load, write_history, write_delay, fetch)
    return (
        scheduler(clk, reset, sink.flow(), source.flow("channel"), at, orders, plan),
        addresses(at, place, history_address, read_address, delay_write, delay_read, plan),
        scale_up(sink.data, newest, plan.guard_bits) if plan.guard_bits else wire(sink.data, newest),
        history_source(taking, newest, result, history_data),
        [
            described(sample_memory(clk, None, write_history, history_address, history_data, address, sample), HISTORY)
            for address, sample in zip(read_address, samples, strict=True)
        ],
        products(clk, place, samples, product, plan.products),
        accumulator(clk, load, accumulate, product, total, plan.totals.start),
        output_rounding(total, result, plan.totals.conversion),
        described(sample_memory(clk, fetch, write_delay, delay_write, result, delay_read, word), "Words wait until all bands are aligned."),
        wire(word, source.data),
    )  # fmt: skip


@entity
def history_source(taking, sample, result, history_data):
    """What the next level filters: a sample that arrives, or the approximation that was just computed."""
    approximation = like(history_data)

    choose = selecting(taking, sample, approximation, history_data)
    choose = described(choose, "A sample that arrives, or the approximation that was just computed.")
    return narrow(result, approximation, len(approximation), True), choose
