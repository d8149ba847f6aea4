"""Undecimated wavelet synthesis of a stream of band words: a sample for each set of A_J, D_J, …, D_1.

All levels and both filters share one unit of products and one memory, under a program (`ip_cores.banks.filter_processor`). A sample takes
about J (2 L + 2) clocks with one multiplier, J being the levels and L the taps of a filter; Haar's taps are ones and need no multiplier.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from myhdl import always, always_comb
from numpy.typing import ArrayLike, NDArray

import fixed_point.swt_synthesis
import reference.swt_synthesis
from fixed_point import Format, Overflow
from fixed_point.families.a_trous import wire_channels
from fixed_point.families.filter_bank import FilterWords
from fixed_point.swt_synthesis import synthesis_formats
from ip_cores.banks.bank_sides import OctaveSynthesis
from ip_cores.banks.filter_processor import filter_processor
from ip_cores.banks.filter_processor_plan import Processor, affordable, check_processor
from ip_cores.banks.filter_program import Program, ProgramBuilder, Read
from ip_cores.banks.wavelet_bank import UndecimatedBank, check_undecimated, word_format, words_and_channel
from ip_cores.blocks.arithmetic import counter_signal, flag, signed_signal, wire
from ip_cores.blocks.interval import Interval, sum_interval
from ip_cores.blocks.process import Process, listed
from ip_cores.blocks.requantizer import Conversion, narrow
from ip_cores.blocks.stream import Stream, TaggedStream, bundled
from ip_cores.hierarchy import Constant, entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.schedule import Clockwork, Fields


@dataclass(frozen=True)
class SwtSynthesis(OctaveSynthesis, UndecimatedBank):
    """Parameters of an undecimated wavelet synthesis; see ``docs/cores/swt_synthesis.md``."""

    kind: ClassVar[str] = "swt_synthesis"
    summary: ClassVar[str] = "wavelet synthesis: undecimated filter bank of up to 8 levels"
    family: ClassVar[str] = "banks"
    decimated: ClassVar[bool] = False

    name: str = parameter("swt_synthesis", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format | str = parameter("auto", doc="format of the band words; auto: of an analysis with the source's format", kind=word_format)
    source: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, minimum=2, maximum=32)
    overflow: Overflow = parameter("saturate", doc="overflow at the output", kind=Overflow)

    def check(self) -> None:
        self.check_multipliers()
        check_undecimated(self, "source", self.source, self.coefficients)
        check_processor(self, self.processor)

    @cached_property
    def formats(self) -> tuple[Format, ...]:
        """Formats of A_J to A_1 inside the bank."""
        return synthesis_formats(self.coefficients, self.levels, self.sink_format, self.rounding)

    @cached_property
    def processor(self) -> Processor:
        """What the hardware follows from."""
        builder = ProgramBuilder(self.multipliers)
        build_reception(builder, self.levels)
        build_synthesis(builder, self.coefficients, self.levels)
        instructions, words = builder.finish()
        stored = self.formats[-1]
        program = Program(instructions, words, stored.word_length, self.coefficients.format.fraction_length)
        return Processor(program, *synthesis_conversions(self.coefficients, self.formats, self.source, self.rounding, self.overflow))

    def timing(self, fields: Fields | None = None) -> Clockwork:
        inner = self.processor.timing
        return inner if fields is None else InStep(inner, listed(fields["channel"]), self.levels)

    @property
    def latency(self) -> int:
        """All words of a set, all of the synthesis, output: from A_J to the sample."""
        return self.processor.program.first("send") + 2

    @property
    def delay(self) -> int:
        """The delay of analysis and synthesis is in the reference too."""
        return 0

    @property
    def cycles_per_sample(self) -> Fraction:
        """The mean over the words of a set."""
        return Fraction(len(self.processor.program), self.levels + 1)

    @property
    def rate(self) -> Fraction:
        return Fraction(1, self.levels + 1)

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: the memory is cleared, a sample is worked on."""
        return self.processor.clearing_clocks + 4 * len(self.processor.program) + 64

    @property
    def check_length(self) -> int:
        """Words after which every word of memory has been the oldest of its line, as far as they can be simulated in some seconds."""
        return (self.levels + 1) * affordable(self.filter_bank.length << self.levels, len(self.processor.program))

    def reference(self, x: Any) -> Any:
        words, channel = words_and_channel(x)
        return reference.swt_synthesis.swt_synthesis(words, channel, self.filter_bank, self.levels)

    def model(self, x: Any) -> Any:
        words, channel = words_and_channel(x)
        return fixed_point.swt_synthesis.swt_synthesis(
            words, channel, self.coefficients, self.formats, self.source, self.rounding, self.overflow
        )

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        filters = self.filters_with(synthesis=coefficients[0])
        return reference.swt_synthesis.swt_synthesis(*words_and_channel(x), filters, self.levels)

    @property
    def wire_order(self) -> ArrayLike:
        return wire_channels(self.levels)

    @property
    def inventory(self) -> Inventory:
        return self.processor.inventory("swt_synthesis")

    def block(self, **signals: Any) -> Any:
        return swt_synthesis(**bundled(signals), processor=self.processor, levels=self.levels)


def build_reception(builder: ProgramBuilder, levels: int) -> None:
    """Band words into lines b0 (the approximation) to bJ, in the order of the wire."""
    for channel in wire_channels(levels):
        builder.take(f"b{channel}")


def build_synthesis(builder: ProgramBuilder, filters: FilterWords, levels: int, tag: int = 0) -> None:
    """Sums of both filters, from the coarsest level to the finest, whose sum is the sample that leaves."""
    for level in range(levels, 0, -1):
        spread, approximation = 1 << (level - 1), "b0" if level == levels else f"s{level}"
        reads = [Read(approximation, k * spread, tap) for k, tap in enumerate(filters.low)]
        reads += [Read(f"b{level}", k * spread, tap) for k, tap in enumerate(filters.high)]
        # The newest word of a line was stored by the instruction before: the detail's first, it is there already.
        reads.sort(key=lambda read: (-read.age, read.line == approximation))
        builder.filter(reads, f"s{level - 1}" if level > 1 else "", tag)


def synthesis_conversions(
    filters: FilterWords, formats: tuple[Format, ...], source: Format, rounding: Any, overflow: Overflow
) -> tuple[Conversion | None, Conversion]:
    """What happens to sums that are stored (none in a bank of one level) and to those that leave."""
    fraction_length = formats[0].fraction_length + filters.format.fraction_length
    intervals = [sum_interval(filters.low, format) + sum_interval(filters.high, formats[0]) for format in formats]
    outer = Conversion(Interval(*intervals[-1]), fraction_length, source, rounding, overflow)
    if len(formats) == 1:
        return None, outer
    return Conversion(Interval(*intervals[-2]), fraction_length, formats[-1], rounding, Overflow.WRAP), outer


@entity
def swt_synthesis(clk, reset, sink, source, processor, levels):
    """Undecimated wavelet synthesis: one filter processor that takes the band words in the order of the wire."""
    word = signed_signal(processor.program.word_bits)
    result = signed_signal(processor.output_bits)
    in_valid, in_ready = flag(), flag()
    tag = counter_signal(2)
    return (
        wire(sink.data, word),
        wire_order(clk, reset, sink.flow("channel"), in_valid, in_ready, levels),
        filter_processor(
            clk, reset, Stream(in_valid, in_ready, word), TaggedStream(source.valid, source.ready, result, tag=tag), processor
        ),
        narrow(result, source.data, len(source.data), True),
    )


class InStep(Clockwork):
    """Words whose turn it is pass, all others are dropped as they come."""

    def __init__(self, inner: Process, channel: list[int], levels: int) -> None:
        self.inner, self.channel, self.levels = inner, channel, levels
        self.place, self.due = 0, 0

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.inner.valid

    @property
    def matches(self) -> bool:
        return self.place < len(self.channel) and self.channel[self.place] == self.due

    def ready(self, behind: bool) -> bool:
        return not self.matches or self.inner.ready(behind)

    def tick(self, offered: bool, behind: bool) -> None:
        matches = self.matches
        passes = matches and self.inner.ready(behind)
        self.inner.tick(offered and matches, behind)
        self.place += offered and (passes or not matches)
        if offered and passes:
            self.due = (self.due or self.levels + 1) - 1

    @property
    def state(self) -> Hashable:
        return self.inner.state, self.place

    def copy(self) -> Any:
        made = copy.copy(self)
        made.inner = self.inner.copy()
        return made


@entity
def wire_order(clk, reset, sink, in_valid, in_ready, levels):
    """Lets the band pass whose turn it is and drops all others: a stream that begins in the middle of a set falls into step."""
    deepest = Constant(levels, "level, whose detail follows the approximation")
    due = counter_signal(levels + 1)
    matches, passes = flag(), flag()

    @always_comb
    def compare():
        matches.next = sink.channel == due

    @always_comb
    def let_pass():
        """The band whose turn it is passes, all others are dropped."""
        in_valid.next = sink.valid and matches
        sink.ready.next = in_ready or not matches
        passes.next = sink.valid and matches and in_ready

    @always(clk.posedge)
    def count():
        """The band whose turn it is: from the deepest detail to the finest, the approximation first."""
        if reset:
            due.next = 0
        elif passes:
            if due == 0:
                due.next = deepest
            else:
                due.next = due - 1

    return compare, let_pass, count
