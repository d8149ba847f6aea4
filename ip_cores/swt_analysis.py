"""Undecimated ("à trous") wavelet analysis of a stream: approximation A_J and details D_1 to D_J of every sample, aligned.

All levels and both filters share one unit of products and one memory, under a program (`ip_cores.banks.filter_processor`). A sample takes
about 2 J (L + 1) clocks with one multiplier, J being the levels and L the taps of a filter; Haar's taps are ones and need no multiplier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.swt_analysis
import reference.swt_analysis
from fixed_point import Format, Overflow
from fixed_point.families.a_trous import wire_channels
from fixed_point.families.filter_bank import FilterWords
from ip_cores.banks.bank_sides import OctaveAnalysis
from ip_cores.banks.filter_processor import filter_processor
from ip_cores.banks.filter_processor_plan import Processor, affordable, check_processor
from ip_cores.banks.filter_program import Program, ProgramBuilder, Read
from ip_cores.banks.wavelet_bank import UndecimatedBank, check_undecimated
from ip_cores.blocks.arithmetic import scale_up, signed_signal, wire
from ip_cores.blocks.interval import Interval, sum_interval
from ip_cores.blocks.process import Process
from ip_cores.blocks.requantizer import Conversion, narrow
from ip_cores.blocks.stream import Stream, TaggedStream, bundled
from ip_cores.hierarchy import entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.schedule import Fields
from reference.swt_analysis import detail_wait


@dataclass(frozen=True)
class SwtAnalysis(OctaveAnalysis, UndecimatedBank):
    """Parameters of an undecimated wavelet analysis; see ``docs/cores/swt_analysis.md``."""

    kind: ClassVar[str] = "swt_analysis"
    summary: ClassVar[str] = "wavelet analysis: undecimated filter bank of up to 8 levels, bands aligned"
    family: ClassVar[str] = "banks"
    decimated: ClassVar[bool] = False

    name: str = parameter("swt_analysis", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, minimum=2, maximum=32)

    def check(self) -> None:
        self.check_multipliers()
        check_undecimated(self, "sink", self.sink, self.coefficients)
        check_processor(self, self.processor)

    @property
    def waits(self) -> tuple[int, ...]:
        """Samples that D_1, …, D_J wait, so that all bands leave aligned."""
        return tuple(detail_wait(self.filter_bank.delay, self.levels, level) for level in range(1, self.levels + 1))

    @property
    def stored_format(self) -> Format:
        """The least format that holds every word inside."""
        return max((*self.formats.approximations, *self.formats.details), key=lambda format: format.word_length)

    @cached_property
    def processor(self) -> Processor:
        """What the hardware follows from."""
        builder = ProgramBuilder(self.multipliers)
        builder.take("a0")
        build_analysis(builder, self.coefficients, self.levels)
        build_emission(builder, self.waits)
        instructions, words = builder.finish()
        stored = self.stored_format
        program = Program(instructions, words, stored.word_length, self.coefficients.format.fraction_length)
        interval = filters_interval(self.coefficients, stored)
        fraction_length = stored.fraction_length + program.fraction_length
        return Processor(program, Conversion(interval, fraction_length, stored, self.rounding, Overflow.WRAP), None)

    def timing(self, fields: Fields | None = None) -> Process:
        return self.processor.timing

    @property
    def latency(self) -> int:
        """All of the analysis, reading A_J, output."""
        return self.processor.program.first("emit") + 2

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(len(self.processor.program))

    @property
    def rate(self) -> Fraction:
        return Fraction(self.levels + 1)

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: the memory is cleared, a sample is worked on."""
        return self.processor.clearing_clocks + 4 * len(self.processor.program) + 64

    @property
    def check_length(self) -> int:
        """Samples after which every word of memory has been the oldest of its line, as far as they can be simulated in some seconds."""
        return affordable(self.filter_bank.total_delay(self.levels) + max(self.waits) + 32, len(self.processor.program))

    def reference(self, x: Any) -> Any:
        return reference.swt_analysis.swt_analysis(x, self.filter_bank, self.levels)

    def model(self, x: Any) -> Any:
        return fixed_point.swt_analysis.swt_analysis(x, self.coefficients, self.formats, self.word_lengths[1], self.waits, self.rounding)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return reference.swt_analysis.swt_analysis(x, self.filters_with(analysis=coefficients[0]), self.levels)

    @property
    def inventory(self) -> Inventory:
        return self.processor.inventory("swt_analysis")

    def block(self, **signals: Any) -> Any:
        return swt_analysis(**bundled(signals), processor=self.processor, guard_bits=self.word_lengths[1])


def build_analysis(builder: ProgramBuilder, filters: FilterWords, levels: int) -> None:
    """Lines a0 to aJ and d1 to dJ: both filters of a level, then those of the next, which need the low-pass word first."""
    for level in range(1, levels + 1):
        spread = 1 << (level - 1)
        for taps, line in ((filters.low, f"a{level}"), (filters.high, f"d{level}")):
            builder.filter((Read(f"a{level - 1}", k * spread, tap) for k, tap in enumerate(taps)), line)


def build_emission(builder: ProgramBuilder, waits: tuple[int, ...]) -> None:
    """The bands' words in the order of the wire, each as late as it has to be."""
    levels = len(waits)
    for channel in wire_channels(levels):
        builder.emit(f"d{channel}" if channel else f"a{levels}", waits[channel - 1] if channel else 0, channel)


def filters_interval(filters: FilterWords, word: Format) -> Interval:
    """Values of a sum of either filter over words of a format."""
    return sum_interval(filters.low, word).hull(sum_interval(filters.high, word))


@entity
def swt_analysis(clk, reset, sink, source, processor, guard_bits):
    """Undecimated wavelet analysis: one filter processor, guard bits appended to its input."""
    sample = signed_signal(processor.program.word_bits)
    word = signed_signal(processor.output_bits)
    given, found = Stream(sink.valid, sink.ready, sample), TaggedStream(source.valid, source.ready, word, tag=source.channel)
    return (
        scale_up(sink.data, sample, guard_bits) if guard_bits else wire(sink.data, sample),
        filter_processor(clk, reset, given, found, processor),
        narrow(word, source.data, len(source.data), True),
    )
