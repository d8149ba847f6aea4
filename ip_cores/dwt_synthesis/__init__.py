"""Decimated wavelet synthesis of a stream: samples from approximation A_J and details D_1 to D_J, as `dwt_analysis` sends them.

All levels share one unit of products and one memory for their pairs of approximation and detail. The zeros that decimation leaves
behind are never multiplied: of each filter the even taps give one sample and the odd taps the next. It takes about 2 L / multipliers
clocks for a sample on average, L being the taps of a filter. Approximations between the levels have the format of the band words,
to which every level rounds once; the last one rounds to the format of the samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

import fixed_point.dwt_synthesis
import reference.dwt_synthesis
from fixed_point import Format, Overflow
from ip_cores.banks.bank_addresses import HistoryPlaces
from ip_cores.banks.bank_sides import OctaveSynthesis, PeriodicSynthesis
from ip_cores.banks.synthesis_products import level_accumulator, synthesis_inventory, word_source
from ip_cores.banks.wavelet_bank import WORD_LENGTHS, DecimatedBank, word_format, words_and_channel
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, register, signed_signal, word_signal
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.product_sum import products, slots
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.dwt_synthesis.control import SynthesisCourse, SynthesisOrders, addresses, scheduler
from ip_cores.dwt_synthesis.plan import SynthesisPlan
from ip_cores.hierarchy import described, entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter


@dataclass(frozen=True)
class DwtSynthesis(OctaveSynthesis, PeriodicSynthesis, DecimatedBank):
    """Parameters of a wavelet synthesis; see ``docs/cores/dwt_synthesis.md``."""

    kind: ClassVar[str] = "dwt_synthesis"
    summary: ClassVar[str] = "wavelet synthesis: samples from the bands of dwt_analysis"
    family: ClassVar[str] = "banks"

    name: str = parameter("dwt_synthesis", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format | str = parameter(
        "auto", doc="format of the band words; auto: what dwt_analysis sends of samples in the source's format", kind=word_format
    )
    source: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)
    overflow: Overflow = parameter("saturate", doc="overflow of every level; no words of dwt_analysis bring it about", kind=Overflow)

    @cached_property
    def plan(self) -> SynthesisPlan:
        """What the hardware follows from."""
        return SynthesisPlan.of(self)

    @property
    def latency(self) -> int:
        """From the first of the words that fall due together to the first sample that follows."""
        return self.plan.latency

    @property
    def inner_format(self) -> Format:
        return self.sink_format

    def reference_within(self, x: Any, limit: float) -> Any:
        return reference.dwt_synthesis.dwt_synthesis(*words_and_channel(x), self.filter_bank, self.levels, limit)

    def model(self, x: Any) -> Any:
        formats = self.sink_format, self.source
        return fixed_point.dwt_synthesis.dwt_synthesis(
            *words_and_channel(x), self.coefficients, self.levels, *formats, self.rounding, self.overflow
        )

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        filters = self.filters_with(synthesis=coefficients[0])
        return reference.dwt_synthesis.dwt_synthesis(*words_and_channel(x), filters, self.levels)

    @property
    def wire_order(self) -> ArrayLike:
        return fixed_point.dwt_analysis.pattern(self.levels)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        return synthesis_inventory(
            "dwt_synthesis", plan.unit, plan.sink.word_length, plan.history_bits, plan.count_bits + plan.history_bits
        )

    def block(self, **signals: Any) -> Any:
        return dwt_synthesis(**bundled(signals), plan=self.plan)


@entity
def dwt_synthesis(clk, reset, sink, source, plan):
    """Wavelet synthesis: band words and approximations of all levels in one memory, one unit of products."""
    behind, earlier, detail, clearing, taking, accumulate, load, last_level, write_history, deliver = (flag() for _ in range(10))
    count, step = address_signal(plan.count_bits), counter_signal(plan.unit.clocks)
    read_level, write_level = address_signal(len(sink.channel)), address_signal(len(sink.channel))
    place = counter_signal(2 * slots(plan.unit.clocks))
    write_address = address_signal(plan.history_bits)
    read_address = [address_signal(plan.history_bits) for _ in plan.unit.products.coefficients]
    words = [signed_signal(plan.sink.word_length) for _ in read_address]
    written, approximation = signed_signal(plan.sink.word_length), signed_signal(plan.sink.word_length)
    product, total = signed_signal(plan.unit.products.bits), signed_signal(plan.unit.total_bits)
    sample = word_signal(plan.unit.conversions[1].format)
    at = SynthesisCourse(count, step, behind, earlier, read_level, write_level, detail, clearing)
    orders = SynthesisOrders(taking, accumulate, load, last_level, write_history, deliver)
    found = HistoryPlaces(place, write_address, read_address)
    return (
        scheduler(clk, reset, sink.flow("channel"), source.flow(), at, orders, plan),
        addresses(at, found, plan),
        word_source(taking, sink.data, approximation, written),
        [
            described(
                sample_memory(clk, None, write_history, write_address, written, address, word),
                "The words of all levels: a memory with the same words for each multiplier.",
            )
            for address, word in zip(read_address, words, strict=True)
        ],
        products(clk, place, words, product, plan.unit.products),
        level_accumulator(clk, load, last_level, accumulate, product, total, plan.unit.starts),
        described(output_rounding(total, approximation, plan.unit.conversions[0]), "A sum that becomes an approximation, rounded."),
        described(output_rounding(total, sample, plan.unit.conversions[1]), "A sum that becomes a sample, rounded and limited."),
        described(register(clk, deliver, sample, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip
