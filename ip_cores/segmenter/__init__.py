"""Cuts a stream into overlapping, weighted, zero-padded segments.

A segment's samples that were in the one before come out of a memory, which holds no more than this overlap; the new ones pass straight
through on their way into it. One multiplier applies the window; without a window there is neither multiplier nor memory.

A segment begins when its first new sample is taken. This sample waits while the overlap leaves; the others are taken as they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from myhdl import always_comb
from numpy.typing import NDArray

import fixed_point.segmenter
import reference.segmenter
from fixed_point import Format, Rounding
from fixed_point.word_lengths.losses import Losses, one_rounding
from fixed_point.word_lengths.window_losses import segmenter_losses
from ip_cores.blocks.arithmetic import (
    address_signal,
    clearable_register,
    counter_signal,
    flag,
    multiply,
    register,
    signed_signal,
    wire,
    word_signal,
)
from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import SETTLED_STEPS, coefficient_memory, sample_memory
from ip_cores.blocks.process import GIVE, PASS, Process, wait
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.blocks.stream import Stream, bundled
from ip_cores.families.segments import Segments, frame_ports
from ip_cores.hierarchy import described, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.schedule import Fields
from ip_cores.segmenter.control import CuttingCourse, OverlapAccess, overlap_control, padding_control, segment_walk


@dataclass(frozen=True)
class Segmenter(Segments):
    """Parameters of a segmenter; see ``docs/cores/segmenter.md``."""

    kind: ClassVar[str] = "segmenter"
    summary: ClassVar[str] = "cuts a stream into overlapping, weighted, zero-padded segments"
    family: ClassVar[str] = "streams"

    name: str = parameter("segmenter", doc="entity name; a VHDL identifier", kind=check_entity_name)

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return frame_ports("source", "out")

    @property
    def rate(self) -> Fraction:
        return Fraction(self.packet_length, self.hop)

    def timing(self, fields: Fields | None = None) -> Process:
        return self.plan.timing

    @property
    def latency(self) -> int:
        """From the first new sample of a segment to the segment's first word: registered, weighted."""
        return 2 if self.overlap else 1

    @property
    def group_delay(self) -> Fraction:
        """Each segment begins with its old part."""
        return Fraction(self.overlap)

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(self.packet_length, self.hop)

    @property
    def check_length(self) -> int:
        """Samples that visit every word of the window and go round the memory twice."""
        return 3 * self.segment_length + 64

    def reference(self, x: Any) -> Any:
        return reference.segmenter.segmenter(x, self.weights, self.hop, self.padding)

    def model(self, x: Any) -> Any:
        conversion = self.plan.conversion
        output = (conversion.fraction_length, self.source, self.rounding, self.overflow)
        return fixed_point.segmenter.segmenter(x, self.window_words.words, self.hop, self.padding, *output)

    @property
    def losses(self) -> Losses:
        fraction_length = self.sink.fraction_length + self.weights_fraction_length
        noise = one_rounding(self.rounding, fraction_length, self.source)
        lost = segmenter_losses(self.weights, self.hop, self.padding, noise, self.weights_lost)
        return replace(lost, towards_zero=self.rounding == Rounding.ZERO)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return reference.segmenter.segmenter(x, coefficients[0], self.hop, self.padding)

    @property
    def plan(self) -> SegmenterPlan:
        """What the hardware follows from."""
        words = self.window_words
        values = Interval.of(self.sink).times(max(words.words)).hull(Interval(0, 0))
        conversion = Conversion(values, self.sink.fraction_length + words.format.fraction_length, self.source, self.rounding, self.overflow)
        weights = words.words + (0,) * self.padding if self.overlap else ()
        return SegmenterPlan(self.segment_length, self.hop, self.padding, self.sink, weights, words.format.word_length, conversion)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        own = Inventory("segmenter", counters=(plan.whole - 1).bit_length()) + of_conversion(plan.conversion)
        if not self.overlap:
            return own
        bits = plan.sink.word_length
        return own + Inventory(
            "",
            registers=bits,
            multiplexers=2 * bits,
            counters=3 * plan.address_bits,
            constants=((len(plan.weights), plan.weight_bits),),
            memories=((1 << plan.address_bits, bits),),
            products=((bits, plan.weight_bits),),
        )

    def block(self, **signals: Any) -> Any:
        top = segmenter if self.overlap else zero_padder
        return top(**bundled(signals), plan=self.plan)


@dataclass(frozen=True)
class SegmenterPlan:
    """Constants of the hardware.

    Attributes
    ----------
    length, hop, padding : int
        Words of a segment, of them new, and zeros behind it.
    sink : Format
    weights : tuple of int
        The window, and zeros for the padding; empty without a window.
    weight_bits : int
        Word length of a weight.
    conversion : Conversion
        What happens to a product.
    """

    length: int
    hop: int
    padding: int
    sink: Format
    weights: tuple[int, ...]
    weight_bits: int
    conversion: Conversion

    @property
    def overlap(self) -> int:
        return self.length - self.hop

    @property
    def whole(self) -> int:
        """Words that leave for each segment."""
        return self.length + self.padding

    @property
    def timing(self) -> Process:
        """The first new sample of a segment lets it begin; then the overlap leaves, the other new samples, the padding."""
        loop = [PASS, *[GIVE] * self.overlap, *[PASS] * (self.hop - 1), *[GIVE] * self.padding]
        if not self.overlap:
            return Process(loop, rigid=True)
        return Process(loop, once=[wait(2**self.address_bits)], line=1, rigid=True)

    @property
    def address_bits(self) -> int:
        """One word more than the overlap at least: in a full memory the oldest word would be read at the edge that overwrites it."""
        return self.overlap.bit_length()


@entity
def segmenter(clk, reset, sink, source, plan):
    """Cuts a stream into overlapping, weighted, zero-padded segments."""
    advance, take, step, wants, write, clearing, stored, offered, accepts = (flag() for _ in range(9))
    write_address, read_address = address_signal(plan.address_bits), address_signal(plan.address_bits)
    place = counter_signal(plan.whole)
    sample, kept, fresh, written = (signed_signal(Interval.of(plan.sink)) for _ in range(4))
    weight = signed_signal(plan.weight_bits)
    product = signed_signal(len(sample) + plan.weight_bits)
    result = word_signal(plan.conversion.format)
    course = CuttingCourse(advance, take, step, place)
    access = OverlapAccess(write, clearing, stored, write_address, read_address)
    return (
        gate(clearing, sink.valid, offered, accepts, sink.ready),
        segment_walk(clk, reset, Stream(offered, accepts), source.flow("startofpacket", "endofpacket"), wants, course, plan.whole, 2),
        overlap_control(clk, reset, course, wants, access, plan),
        cleared(clearing, sink.data, written),
        described(
            sample_memory(clk, advance, write, write_address, written, read_address, kept, settled=plan.overlap >= SETTLED_STEPS),
            "The samples that segments share.",
        ),
        described(coefficient_memory(clk, advance, place, weight, plan.weights), "The window, by place in the segment."),
        described(register(clk, take, sink.data, fresh), "The sample that was taken last."),
        choose(stored, kept, fresh, sample),
        multiply(sample, weight, product),
        requantizer(product, result, plan.conversion),
        described(register(clk, advance, result, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip


@entity
def zero_padder(clk, reset, sink, source, plan):
    """Cuts a stream into segments that share no sample, with zeros behind each."""
    advance, take, step, wants, blank = (flag() for _ in range(5))
    place = counter_signal(plan.whole)
    sample = signed_signal(Interval.of(plan.sink))
    result = word_signal(plan.conversion.format)
    course = CuttingCourse(advance, take, step, place)
    return (
        segment_walk(clk, reset, sink.flow(), source.flow("startofpacket", "endofpacket"), wants, course, plan.whole, 1),
        padding_control(place, wants, blank, plan),
        wire(sink.data, sample),
        requantizer(sample, result, plan.conversion),
        described(clearable_register(clk, advance, blank, result, source.data), "The weighted word; zero where the segment is filled up."),
    )  # fmt: skip


@inline
def gate(closed, sink_valid, offered, accepts, sink_ready):
    """No sample is offered nor taken while closed."""

    @always_comb
    def hold_back():
        """No sample is taken while the memory is cleared."""
        offered.next = sink_valid and not closed
        sink_ready.next = accepts and not closed

    return hold_back


@inline
def cleared(clearing, word, written):
    """Zeros while the memory is cleared."""

    @always_comb
    def clear():
        """The memory is cleared with zeros."""
        if clearing:
            written.next = 0
        else:
            written.next = word

    return clear


@inline
def choose(stored, kept, fresh, sample):
    """The overlap from the memory, new samples past it."""

    @always_comb
    def select():
        """The overlap from the memory, new samples past it."""
        if stored:
            sample.next = kept
        else:
            sample.next = fresh

    return select
