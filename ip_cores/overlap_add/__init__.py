"""Adds overlapping segments: the way back from segments to a stream.

Only the overlap is stored: sums of the words that the segments so far have given to samples still to come. They stand in a ring in
memory, at full precision; each word of a segment reads the sum in its place, and what it makes of it leaves as a sample if the segment
decides it, or goes back to the same address. The one rounding is at the output. A window that is applied twice costs a multiplier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from myhdl import always_comb
from numpy.typing import NDArray

import fixed_point.overlap_add
import reference.overlap_add
from fixed_point import Format, Rounding
from fixed_point.word_lengths.losses import Losses, one_rounding
from fixed_point.word_lengths.window_losses import overlap_add_losses
from ip_cores.blocks.arithmetic import add, address_signal, clearable_register, flag, multiply, register, signed_signal, word_signal
from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import SETTLED_STEPS, coefficient_memory, sample_memory
from ip_cores.blocks.process import GIVE, PASS, TAKE, Process, heeding, wait
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.blocks.stream import bundled
from ip_cores.core import LONGEST_CHECK, Core
from ip_cores.families.segments import Segments, frame_marks, frame_ports
from ip_cores.hierarchy import described, entity, inline, primitive
from ip_cores.inventory import Inventory
from ip_cores.overlap_add.control import SegmentCourse, SumAccess, packet_walk
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import first_of
from ip_cores.schedule import Fields
from reference.families.windows import TWICE, Weights


@dataclass(frozen=True)
class OverlapAdd(Segments):
    """Parameters of an overlap-add; see ``docs/cores/overlap_add.md``."""

    kind: ClassVar[str] = "overlap_add"
    summary: ClassVar[str] = "adds overlapping segments back to a stream; stores the overlap only"
    family: ClassVar[str] = "streams"

    name: str = parameter("overlap_add", doc="entity name; a VHDL identifier", kind=check_entity_name)

    offset: int = parameter(
        0, doc="words of a packet before the window's first, where it is applied here", kind=int, minimum=0, maximum=4096, unit="samples"
    )

    def check(self) -> None:
        super().check()
        if self.offset > self.padding:
            raise ParameterError("offset", self.offset, f"must be 0 to {self.padding}, the padding")
        if self.window in TWICE and self.padding and not self.offset:
            raise ParameterError(
                "padding",
                self.padding,
                f"must be 0 with {self.window}, or offset say where in a packet the window behind the processing is",
            )
        if self.packet_length - self.hop < 2:
            # A sum is written in the clock in which the next segment's first is read.
            field = "padding" if self.window == "none" else "hop"
            allowed = "must let segments overlap in 2 words or more; where none do there is nothing to add, and no overlap_add is needed"
            raise ParameterError(field, getattr(self, field), allowed)

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return frame_ports("sink", "in")

    @property
    def linear_part(self) -> Core:
        return self

    def accompany(self, words: Any) -> dict[str, Any]:
        """Marks that make segments of plain words."""
        return frame_marks(len(words), self.packet_length)

    def check_words(self) -> dict[str, Any]:
        """Whole segments for a test bench: the ends of the range first, then noise."""
        count = min(max(64, self.check_length), LONGEST_CHECK)
        whole = max(4 * self.packet_length, count // self.packet_length * self.packet_length)
        words = np.random.default_rng(19).integers(self.sink.minimum, self.sink.maximum, whole, endpoint=True)
        words[:4] = [self.sink.maximum, self.sink.minimum, self.sink.minimum, self.sink.maximum]
        return {"data": words, **self.accompany(words)}

    @property
    def rate(self) -> Fraction:
        return Fraction(self.hop, self.packet_length)

    def timing(self, fields: Fields | None = None) -> Process:
        return heeding(self.plan.control, self.accompany(range(self.packet_length)), fields, line=1, rigid=True)

    @property
    def latency(self) -> int:
        """Read, sum and output."""
        return 2

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(1)

    @property
    def patience(self) -> int:
        """A segment's tail gives nothing for a while."""
        return 64 + 4 * self.packet_length

    @property
    def check_length(self) -> int:
        return 4 * self.packet_length + 64

    @property
    def applied(self) -> tuple[int, ...]:
        """Raw weights of a segment's words here: the window's if it is applied twice, else one each."""
        if self.window not in TWICE:
            return (1,) * self.packet_length
        return (0,) * self.offset + self.window_words.words + (0,) * (self.padding - self.offset)

    @property
    def weights_applied(self) -> Weights:
        """Weights of a packet's words here."""
        if self.window not in TWICE:
            return np.ones(self.packet_length)
        return self.placed(self.weights)

    def placed(self, weights: Weights) -> Weights:
        """The window's weights where it is in a packet."""
        return np.pad(weights, (self.offset, self.padding - self.offset))

    @property
    def fraction_length(self) -> int:
        """Fraction length of the sums."""
        return self.sink.fraction_length + (self.window_words.format.fraction_length if self.window in TWICE else 0)

    def reference(self, x: Any) -> Any:
        return reference.overlap_add.overlap_add(first_of(x), self.weights_applied, self.hop)

    def model(self, x: Any) -> Any:
        words, starts, ends = x
        output = (self.fraction_length, self.source, self.rounding, self.overflow)
        return fixed_point.overlap_add.overlap_add(words, starts, ends, self.applied, self.hop, *output)

    @property
    def losses(self) -> Losses:
        twice = self.window in TWICE
        fraction_length = self.sink.fraction_length + (self.weights_fraction_length if twice else 0)
        noise = one_rounding(self.rounding, fraction_length, self.source)
        lost = overlap_add_losses(self.weights_applied, self.hop, noise, (self.weights_lost,) if twice else ())
        return replace(lost, towards_zero=self.rounding == Rounding.ZERO)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        weights = self.placed(coefficients[0]) if coefficients else self.weights_applied
        return reference.overlap_add.overlap_add(first_of(x), weights, self.hop)

    @property
    def plan(self) -> OverlapAddPlan:
        """What the hardware follows from."""
        applied = self.applied
        largest = max(sum(applied[first :: self.hop]) for first in range(self.hop))
        sums = Interval.of(self.sink).times(largest)
        weights = applied if self.window in TWICE else ()
        conversion = Conversion(sums.hull(Interval(0, 0)), self.fraction_length, self.source, self.rounding, self.overflow)
        return OverlapAddPlan(self.packet_length, self.hop, self.sink, weights, self.window_words.format.word_length, conversion)

    @property
    def inventory(self) -> Inventory:
        plan = self.plan
        bits = plan.sink.word_length
        total = plan.conversion.interval.bits
        own = Inventory(
            "overlap_add",
            adders=total,
            registers=bits,
            counters=(plan.length - 1).bit_length() + 2 * plan.address_bits,
            constants=((len(plan.weights), plan.weight_bits),) if plan.weights else (),
            memories=((1 << plan.address_bits, total),),
            products=((bits, plan.weight_bits),) if plan.weights else (),
        )
        return own + of_conversion(plan.conversion)

    def block(self, **signals: Any) -> Any:
        return overlap_add(**bundled(signals), plan=self.plan)


@dataclass(frozen=True)
class OverlapAddPlan:
    """Constants of the hardware.

    Attributes
    ----------
    length, hop : int
        Words of a segment, and from one to the next.
    sink : Format
    weights : tuple of int
        The window; empty if there is none to apply.
    weight_bits : int
        Word length of a weight.
    conversion : Conversion
        What happens to a sum.
    """

    length: int
    hop: int
    sink: Format
    weights: tuple[int, ...]
    weight_bits: int
    conversion: Conversion

    @property
    def overlap(self) -> int:
        return self.length - self.hop

    @property
    def address_bits(self) -> int:
        return (self.overlap - 1).bit_length()

    def control(self, startofpacket: Sequence[int], endofpacket: Sequence[int]) -> Iterator[int]:
        """Words between segments are dropped; those of the first hop of a segment give a sample each; a short segment is filled up."""
        place, words = 0, len(startofpacket)
        while place < words:
            if not startofpacket[place]:
                yield TAKE
                place += 1
                continue
            ended = False
            for at in range(self.length):
                if ended:
                    yield GIVE if at < self.hop else wait(1)
                    continue
                if place == words:
                    return
                yield PASS if at < self.hop else TAKE
                ended = bool(endofpacket[place])
                place += 1


@entity
def overlap_add(clk, reset, sink, source, plan):
    """Adds overlapping segments; stores sums of the overlap only."""
    advance, fills, write, emit, joins = (flag() for _ in range(5))
    bits = plan.address_bits
    read_address, write_address = address_signal(bits), address_signal(bits)
    place = address_signal(max(1, (plan.length - 1).bit_length()))
    sample = signed_signal(Interval.of(plan.sink))
    kept, addend, total = (signed_signal(plan.conversion.interval) for _ in range(3))
    result = word_signal(plan.conversion.format)
    course, access = SegmentCourse(advance, fills, place), SumAccess(read_address, write_address, write)
    return (
        packet_walk(clk, reset, sink.flow("startofpacket", "endofpacket"), source.flow(), course, access, emit, joins, plan),
        described(clearable_register(clk, advance, fills, sink.data, sample), "The word of a segment; zero where it is filled up."),
        described(
            sample_memory(clk, advance, write, write_address, total, read_address, kept, settled=plan.overlap >= SETTLED_STEPS),
            "Sums of the overlap, which the next segment goes on with.",
        ),
        joined(joins, kept, addend),
        weighted_sum(clk, advance, place, sample, addend, total, plan),
        requantizer(total, result, plan.conversion),
        described(register(clk, emit, result, source.data), "The output register: a word stays in it until it is taken."),
    )  # fmt: skip


@inline
def joined(joins, kept, addend):
    """The sum so far, where there is one."""

    @always_comb
    def mask():
        """The sum so far, where there is one."""
        if joins:
            addend.next = kept
        else:
            addend.next = 0

    return mask


@primitive
def weighted_sum(clk, advance, place, sample, addend, total, plan):
    """The word, or its product by the window, and the sum so far."""
    if not plan.weights:
        return add(sample, addend, total)
    weight = signed_signal(plan.weight_bits)
    product = signed_signal(len(sample) + plan.weight_bits)
    window = described(coefficient_memory(clk, advance, place, weight, plan.weights), "The window, by place in the segment.")
    return window, multiply(sample, weight, product), add(product, addend, total)
