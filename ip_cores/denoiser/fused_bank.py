"""An undecimated bank around stages for its bands: one filter processor for both sides, whose band words go out and come back."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from fixed_point import Format, Overflow
from fixed_point.families.a_trous import wire_channels
from fixed_point.families.filter_bank import FilterWords
from ip_cores.banks.filter_processor import filter_processor
from ip_cores.banks.filter_processor_plan import Processor
from ip_cores.banks.filter_program import Program, ProgramBuilder
from ip_cores.blocks.arithmetic import counter_signal, flag, scale_up, signed_signal, wire
from ip_cores.blocks.process import Process
from ip_cores.blocks.requantizer import Conversion, narrow
from ip_cores.blocks.stream import Stream, TaggedStream
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.schedule import Clockwork
from ip_cores.swt_analysis import build_analysis, filters_interval
from ip_cores.swt_synthesis import build_synthesis, synthesis_conversions


@dataclass(frozen=True)
class FusedBank:
    """Analysis and synthesis of an undecimated bank under one program.

    Attributes
    ----------
    processor : Processor
    levels : int
    guard_bits : int
    bands : Format
        Of the words that stages take and give.
    between : object, optional
        What the hardware of a stage follows from, where there is one that the bank's own core makes.
    """

    processor: Processor
    levels: int
    guard_bits: int
    bands: Format
    between: Any = None

    @classmethod
    def of(cls, analysis: Any, synthesis: Any, between: Any = None) -> FusedBank:
        """The bank that does what the stages would do one behind the other."""
        levels = analysis.levels
        # One unit rounds for both banks: the coefficients of the shorter fraction get zeros behind it.
        fraction_length = max(analysis.coefficients.format.fraction_length, synthesis.coefficients.format.fraction_length)
        there, back = (scaled_filters(stage.coefficients, fraction_length) for stage in (analysis, synthesis))
        builder = ProgramBuilder(analysis.multipliers)
        builder.take("a0")
        build_analysis(builder, there, levels)
        build_exchange(builder, analysis.waits)
        build_synthesis(builder, back, levels, tag=levels + 1)
        instructions, words = builder.finish()
        stored = max(analysis.stored_format, synthesis.formats[-1], key=lambda format: format.word_length)
        program = Program(instructions, words, stored.word_length, fraction_length)
        inner, outer = synthesis_conversions(back, synthesis.formats, synthesis.source, analysis.rounding, synthesis.overflow)
        interval = filters_interval(there, analysis.stored_format)
        if inner is not None:
            interval = interval.hull(inner.interval)
        inner = Conversion(interval, outer.fraction_length, stored, analysis.rounding, Overflow.WRAP)
        return cls(Processor(program, inner, outer), levels, analysis.guard_bits, analysis.source_format, between)

    def timing(self, stages: Clockwork) -> Exchange:
        """Its control, with that of the stages between."""
        return Exchange(self.processor.timing, stages, self.levels + 1)


class Exchange(Clockwork):
    """A processor whose words go to stages and come back, but for the last of each sample, which leaves.

    Whether stages take a word must not depend on what stands behind them at that time: what does so waits for itself.
    """

    def __init__(self, processor: Process, stages: Clockwork, bands: int) -> None:
        self.processor, self.stages, self.bands = processor, stages, bands
        self.sent, self.back, self.outside = 0, 0, False

    @property
    def leaves(self) -> bool:
        """Whether the word at the processor's output, or the next one there, is a sample."""
        return self.sent == self.bands

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.processor.valid and self.leaves

    def _out_ready(self, behind: bool) -> bool:
        return behind if self.leaves else self.stages.ready(True)

    def ready(self, behind: bool) -> bool:
        return not self.outside and self.processor.ready(self._out_ready(behind))

    def tick(self, offered: bool, behind: bool) -> None:
        out_ready, out_valid, treated = self._out_ready(behind), self.processor.valid, self.stages.valid
        takes = self.processor.ready(out_ready)
        self.stages.tick(out_valid and not self.leaves, self.outside and takes)
        self.processor.tick(treated if self.outside else offered, out_ready)
        if out_valid and out_ready:
            self.sent = 0 if self.leaves else self.sent + 1
        if self.outside:
            self.back += treated and takes
            self.outside, self.back = self.back < self.bands, self.back % self.bands
        else:
            self.outside = offered and takes

    @property
    def state(self) -> Hashable:
        return self.processor.state, self.stages.state, self.sent, self.back, self.outside

    def copy(self) -> Any:
        made = copy.copy(self)
        made.processor, made.stages = self.processor.copy(), self.stages.copy()
        return made

    def rest(self, offered: bool) -> int:
        return min(self.processor.rest(offered and not self.outside), self.stages.rest(False))

    def skip(self, clocks: int) -> None:
        self.processor.skip(clocks)
        self.stages.skip(clocks)


def scaled_filters(filters: FilterWords, fraction_length: int) -> FilterWords:
    """The same values with a longer fraction."""
    extra = fraction_length - filters.format.fraction_length
    low, high = (tuple(tap << extra for tap in taps) for taps in (filters.low, filters.high))
    return FilterWords(low, high, Format(True, filters.format.word_length + extra, fraction_length))


def build_exchange(builder: ProgramBuilder, waits: tuple[int, ...]) -> None:
    """Band words to the stages and back, in turns: each comes back while the next is on its way.

    Two at most are outside at a time, which is what one stage and the output hold.
    """
    levels = len(waits)
    back: list[str] = []
    for channel in wire_channels(levels):
        builder.emit(f"d{channel}" if channel else f"a{levels}", waits[channel - 1] if channel else 0, channel)
        if back:
            builder.take(back.pop())
        back.append(f"b{channel}")
    builder.take(back.pop())


def processor_lines(processor: Any) -> tuple[ProcessorInput, ProcessorOutput, Any]:
    """New signals: what enters the processor, what leaves it, and the word that does."""
    word = signed_signal(processor.program.word_bits)
    result = signed_signal(processor.output_bits, is_number=not processor.sends_both, remark="a band word, or a sample, as the tag says")
    tag = counter_signal(processor.program.tags)
    return ProcessorInput(flag(), flag(), word), ProcessorOutput(flag(), flag(), tag), result


def bank_around(clk, reset, sink, source, words, treated, enters, leaves, result, fused):
    """The processor with what leads words in and out: instances of the block around them.

    Parameters
    ----------
    sink, source : Stream
        Samples.
    words, treated : Stream
        Band words that go out to the stages, and that come back.
    enters, leaves, result
        As `processor_lines` gives them.
    fused : FusedBank
    """
    given_back = BackWords(treated.valid, treated.ready, treated.data, treated.channel)
    shown = BandWords(words.valid, words.ready, words.channel)
    into = Stream(enters.in_valid, enters.in_ready, enters.word)
    out_of = TaggedStream(leaves.out_valid, leaves.out_ready, result, tag=leaves.tag)
    return (
        exchange(clk, reset, sink.flow("data"), given_back, enters, leaves, shown, source.flow(), fused),
        filter_processor(clk, reset, into, out_of, fused.processor),
        narrow(result, words.data, len(words.data), True),
        narrow(result, source.data, len(source.data), True),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class BackWords(Group):
    """Band words that come back from the stages.

    Attributes
    ----------
    back_valid, back_ready : Signal of bool
        As of a stream.
    back, back_channel : Signal
        The word, and its band.
    """

    back_valid: Any
    back_ready: Any
    back: Any
    back_channel: Any


@dataclass(frozen=True, eq=False)
class ProcessorInput(Group):
    """What enters the processor.

    Attributes
    ----------
    in_valid, in_ready : Signal of bool
        As of a stream.
    word : Signal
        A sample or a band word.
    """

    in_valid: Any
    in_ready: Any
    word: Any


@dataclass(frozen=True, eq=False)
class ProcessorOutput(Group):
    """What leaves the processor, but for the word itself.

    Attributes
    ----------
    out_valid, out_ready : Signal of bool
        As of a stream.
    tag : Signal
        The band, or that it is a sample.
    """

    out_valid: Any
    out_ready: Any
    tag: Any


@dataclass(frozen=True, eq=False)
class BandWords(Group):
    """Band words on their way to the stages, but for the word itself.

    Attributes
    ----------
    band_valid, band_ready : Signal of bool
        As of a stream.
    channel : Signal
        The band.
    """

    band_valid: Any
    band_ready: Any
    channel: Any


@entity
def exchange(clk, reset, sink, treated, input, output, bands, source, fused):
    """Leads samples and band words into the processor in turn, and its words to the stages or to the source."""
    outside, leaves, last_comes = flag(), flag(), flag()
    sample = signed_signal(len(input.word), fraction_length=fused.bands.fraction_length)
    band = signed_signal(len(input.word))
    sample_tag = Constant(fused.levels + 1, "of a sample; smaller ones number the bands")
    channel_bits = len(bands.channel)

    @always_comb
    def sort():
        """A word's tag says whether it is a sample or which band it belongs to."""
        leaves.next = output.tag == sample_tag
        bands.channel.next = output.tag[channel_bits:]

    @always_comb
    def lead_out():
        """Samples leave; band words go to the stages."""
        bands.band_valid.next = output.out_valid and not leaves
        source.valid.next = output.out_valid and leaves
        output.out_ready.next = (leaves and source.ready) or (not leaves and bands.band_ready)

    @always_comb
    def lead_in():
        """A sample goes in, then the words that its bands come back with."""
        input.in_valid.next = (outside and treated.back_valid) or (not outside and sink.valid)
        treated.back_ready.next = outside and input.in_ready
        sink.ready.next = input.in_ready and not outside

    @always_comb
    def choose():
        """A band word, or a sample."""
        if outside:
            input.word.next = band
        else:
            input.word.next = sample

    @always_comb
    def look():
        """The last of a sample's band words goes in."""
        last_comes.next = outside and treated.back_valid and input.in_ready and treated.back_channel == 1

    @always(clk.posedge)
    def follow():
        """Whether a sample is under way: its band words come next."""
        if reset or last_comes:
            outside.next = False
        elif sink.valid and input.in_ready:
            outside.next = True

    extend = scale_up(sink.data, sample, fused.guard_bits) if fused.guard_bits else wire(sink.data, sample)
    return sort, lead_out, lead_in, choose, look, follow, extend, wire(treated.back, band)
