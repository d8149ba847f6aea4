"""Wavelet analysis segment by segment, equal to that of the stream in every bit: a segment in, its bands out as one packet.

A segment of samples is taken into memory; then level by level one multiplier forms the details, which leave at once, and the
approximations, which the next level filters. Each level filters its part of the segment alone, as if zeros stood around it. Sums
that the segment leaves unfinished, half a filter's length less one for each filter, go into a second memory, unrounded, and the next
segment begins with them. So every sum is rounded once, when it is complete, and no word depends on where the stream was cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from myhdl import always_comb
from numpy.typing import NDArray

import fixed_point.dwt_ola
import reference.dwt_ola
from fixed_point import Format
from fixed_point.families.filter_bank import BankFormats, FilterWords, bank_formats
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import AnalysisHalf, NoiseFlow
from ip_cores.banks.analysis_products import AnalysisSums
from ip_cores.banks.wavelet_bank import WORD_LENGTHS, WaveletBank, channel_port, octave_losses
from ip_cores.blocks.arithmetic import address_signal, flag, like, multiply, register, scale_up, signed_signal, wire
from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.memory import coefficient_memory, sample_memory
from ip_cores.blocks.process import Process
from ip_cores.blocks.requantizer import narrow, output_rounding
from ip_cores.blocks.stream import bundled
from ip_cores.dwt_ola.control import (
    DueWord,
    Fate,
    ProgramOrders,
    ProgramPlaces,
    SumOrders,
    band_register,
    hand_over,
    segment_program,
    sum_register,
)
from ip_cores.dwt_ola.plan import SegmentPlan
from ip_cores.families.segments import frame_ports
from ip_cores.hierarchy import described, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.schedule import Fields

MAXIMUM_LENGTH = 2048


@dataclass(frozen=True)
class DwtOla(WaveletBank):
    """Parameters of a wavelet analysis by segments; see ``docs/cores/dwt_ola.md``."""

    kind: ClassVar[str] = "dwt_ola"
    summary: ClassVar[str] = "wavelet analysis by segments, equal to that of the stream in every bit"
    family: ClassVar[str] = "banks"

    name: str = parameter("dwt_ola", doc="entity name; a VHDL identifier", kind=check_entity_name)
    segment_length: int = parameter(
        128, doc="samples of a segment, a multiple of 2**levels", kind=int, minimum=2, maximum=MAXIMUM_LENGTH, unit="samples"
    )
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, **WORD_LENGTHS)

    def check(self) -> None:
        if self.multipliers != 1:
            raise ParameterError("multipliers", self.multipliers, "must be 1; dwt_analysis has more")
        if not self.sink.signed:
            raise ParameterError("sink", self.sink, "must be signed")
        if self.segment_length % 2**self.levels:
            raise ParameterError("segment_length", self.segment_length, f"must be a multiple of {2**self.levels}, 2 to the power of levels")
        if self.filter_bank.length % 2:
            raise ParameterError("filters", self.filter_bank.length, "must have an even number of taps")
        if self.formats.source.word_length > 64:
            raise ParameterError("sink", self.sink, f"must be shorter: band words would have {self.formats.source.word_length} bits")

    @cached_property
    def coefficients(self) -> FilterWords:
        """Analysis filters as words."""
        return self.quantized(self.filter_bank.analysis, self.coefficient_word_length)

    @cached_property
    def formats(self) -> BankFormats:
        """Formats of the bands, those of `dwt_analysis` with the same parameters."""
        return bank_formats(self.coefficients, self.levels, self.sink, self.guard_bits, self.rounding)

    @property
    def source_format(self) -> Format:
        return self.formats.source

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", self.levels + 1), *frame_ports("source", "out"))

    @cached_property
    def plan(self) -> SegmentPlan:
        """What the hardware follows from."""
        filters, formats = self.coefficients, self.formats
        peak = -formats.stored.minimum
        norm = max(sum(map(abs, filters.low)), sum(map(abs, filters.high)))
        bits = max((peak * norm).bit_length() + 2, formats.source.word_length + filters.format.fraction_length + 1)
        return SegmentPlan(
            length=self.segment_length,
            levels=self.levels,
            high=filters.high,
            low=filters.low,
            coefficient_bits=filters.format.word_length,
            guard_bits=self.guard_bits,
            stored=formats.stored,
            totals=AnalysisSums.of(bits, filters, formats.source, self.rounding),
        )

    def timing(self, fields: Fields | None = None) -> Process:
        return self.plan.timing

    @property
    def latency(self) -> int:
        """From a segment's first sample to its first word: the segment, the first sum, the output."""
        return self.segment_length + self.filter_bank.length + 3

    @property
    def clocks(self) -> int:
        """Clock cycles for a segment."""
        return self.plan.clocks

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(self.clocks, self.segment_length)

    @property
    def patience(self) -> int:
        return 2 * self.clocks + 256

    @property
    def check_length(self) -> int:
        return 3 * self.segment_length

    @property
    def bank_of_words(self) -> tuple[str, int]:
        return "decimated", self.levels

    def reference(self, x: Any) -> Any:
        return reference.dwt_ola.dwt_ola(x, self.filter_bank, self.levels, self.segment_length)

    def model(self, x: Any) -> Any:
        return fixed_point.dwt_ola.dwt_ola(x, self.coefficients, self.formats, self.sink, self.segment_length, self.rounding)

    @property
    def noise_half(self) -> AnalysisHalf:
        """The bank as noise models see it: that of the stream."""
        return AnalysisHalf(
            stage=self.analysis_stage(self.coefficients), decimated=True, levels=self.levels, delay=self.filter_bank.delay,
            sink=self.sink, bands=self.source_format, waits=(), filters=self.filter_bank, reference=self.reference,
        )  # fmt: skip

    @cached_property
    def losses(self) -> Losses:
        return octave_losses(self.noise_half, self.coefficient_word_length)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return reference.dwt_ola.dwt_ola(x, self.filters_with(analysis=coefficients[0]), self.levels, self.segment_length)

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return entering.analysed(self.noise_half)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        bits = plan.stored.word_length
        sums = ((1 << plan.sum_bits, plan.totals.total_bits),) if plan.tail else ()
        own = Inventory(
            "dwt_ola",
            adders=plan.totals.total_bits,
            results=plan.totals.total_bits,
            registers=plan.totals.conversion.format.word_length,
            multiplexers=bits + plan.sample_bits + (plan.totals.total_bits if plan.tail else 0),
            counters=plan.place_bits + 2 * plan.index_bits + 2 * plan.sample_bits + plan.sum_bits,
            constants=((len(plan.table), plan.coefficient_bits),),
            memories=((1 << plan.sample_bits, bits), *sums),
            products=((bits, plan.coefficient_bits),),
        )
        return own + of_conversion(plan.totals.conversion)

    def block(self, **signals: Any) -> Any:
        return dwt_ola(**bundled(signals), plan=self.plan)


@entity
def dwt_ola(clk, reset, sink, source, plan):
    """Wavelet analysis by segments: one multiplier, samples of all levels and unfinished sums in memories."""
    advance, takes, begins, joins, grows, ends, own, emits = (flag() for _ in range(8))
    keeps, leaves, write_sample, write_sum = (flag() for _ in range(4))
    place = address_signal(plan.place_bits)
    read_sample, fill_address, kept_address, sample_address = (address_signal(plan.sample_bits) for _ in range(4))
    read_sum, left_address = address_signal(plan.sum_bits), address_signal(plan.sum_bits)
    channel, sop, eop = like(source.channel), flag(), flag()
    sample, written = signed_signal(plan.stored.word_length), signed_signal(plan.stored.word_length)
    weight = signed_signal(plan.coefficient_bits)
    product = signed_signal(len(sample) + len(weight))
    carried, total = signed_signal(plan.totals.total_bits), signed_signal(plan.totals.total_bits)
    result = signed_signal(plan.totals.conversion.format.word_length)
    carry = (
        described(
            sample_memory(clk, advance, write_sum, left_address, total, read_sum, carried, settled=True),
            "Sums that a segment leaves unfinished, for the next one to go on with.",
        )
        if plan.tail
        else wire(total, carried)  # never taken: no sum is left unfinished
    )
    orders, given = ProgramOrders(takes, begins, joins, grows, ends), DueWord(own, emits, channel, sop, eop)
    places = ProgramPlaces(place, read_sample, read_sum, fill_address, kept_address, left_address)
    return (
        segment_program(clk, reset, sink.flow(), advance, orders, places, given, plan),
        hand_over(clk, reset, source.flow(), advance, ends, own, emits, Fate(keeps, leaves, write_sum)),
        written_sample(takes, keeps, sink.data, result, places, write_sample, sample_address, written, plan),
        described(
            sample_memory(clk, advance, write_sample, sample_address, written, read_sample, sample),
            "The segment's samples, and the approximations of all levels.",
        ),
        described(coefficient_memory(clk, advance, place, weight, plan.table), "The coefficients, low-pass first, the last tap first."),
        carry,
        multiply(sample, weight, product),
        sum_register(clk, reset, advance, SumOrders(begins, joins, grows), carried, product, total, plan.totals.start),
        output_rounding(total, result, plan.totals.conversion),
        described(register(clk, leaves, result, source.data), "The output register: a word stays in it until it is taken."),
        band_register(clk, leaves, channel, sop, eop, source.channel, source.startofpacket, source.endofpacket),
    )  # fmt: skip


@inline
def written_sample(takes, keeps, sink_data, result, places, write_sample, sample_address, written, plan):
    """What goes into the memory of samples: one that arrives, or an approximation."""
    newest, approximation = like(written), like(written)

    @always_comb
    def choose():
        """A sample that arrives, or an approximation."""
        write_sample.next = takes or keeps
        if takes:
            written.next = newest
            sample_address.next = places.fill_address
        else:
            written.next = approximation
            sample_address.next = places.kept_address

    return (
        scale_up(sink_data, newest, plan.guard_bits) if plan.guard_bits else wire(sink_data, newest),
        narrow(result, approximation, len(approximation), True),
        choose,
    )
