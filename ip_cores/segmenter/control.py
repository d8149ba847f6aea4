"""Control of the segmenter: the place in the segment decides what leaves next and whether a sample is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.hierarchy import Constant, Group, entity, inline


@dataclass(frozen=True, eq=False)
class CuttingCourse(Group):
    """How a segment is walked through.

    Attributes
    ----------
    advance : Signal of bool
        The pipeline moves.
    take : Signal of bool
        A sample is taken.
    step : Signal of bool
        The walk goes on to the next place.
    place : Signal
        In the segment.
    """

    advance: Any
    take: Any
    step: Any
    place: Any


@entity
def segment_walk(clk, reset, sink, source, wants, course, whole, stages):
    """Goes from place to place of a segment, one with each step; waits where a sample is wanted and there is none."""
    moves, goes, first, last = (flag() for _ in range(4))
    at = counter_signal(whole)
    last_place, out = Constant(whole - 1, "in a segment"), stages - 1
    holds, starts, ends = [flag() for _ in range(stages)], [flag() for _ in range(stages)], [flag() for _ in range(stages)]

    @always_comb
    def decide():
        """A place waits where a sample is wanted and there is none."""
        moves.next = source.ready or not holds[out]
        goes.next = sink.valid or not wants

    @always_comb
    def look():
        first.next = at == 0
        last.next = at == last_place

    @always_comb
    def connect():
        sink.ready.next = moves and wants
        course.advance.next = moves
        course.take.next = moves and wants and sink.valid
        course.step.next = moves and goes
        course.place.next = at
        source.valid.next = holds[out]
        source.startofpacket.next = starts[out]
        source.endofpacket.next = ends[out]

    @always(clk.posedge)
    def walk():
        """Places of a segment."""
        if reset:
            at.next = 0
        elif moves and goes:
            if last:
                at.next = 0
            else:
                at.next = at + 1

    @always(clk.posedge)
    def follow():
        """Marks that travel beside the sample: that there is one, and whether it is a segment's first or last."""
        if reset:
            for stage in range(stages):
                holds[stage].next = False
        elif moves:
            holds[0].next = goes
            starts[0].next = first
            ends[0].next = last
            for stage in range(1, stages):
                holds[stage].next = holds[stage - 1]
                starts[stage].next = starts[stage - 1]
                ends[stage].next = ends[stage - 1]

    return decide, look, connect, walk, follow


@dataclass(frozen=True, eq=False)
class OverlapAccess(Group):
    """How the overlap is kept.

    Attributes
    ----------
    write : Signal of bool
        A sample is written.
    clearing : Signal of bool
        The memory is filled with zeros.
    stored : Signal of bool
        The sample of the place comes from memory.
    write_address, read_address : Signal
        Where.
    """

    write: Any
    clearing: Any
    stored: Any
    write_address: Any
    read_address: Any


@entity
def overlap_control(clk, reset, course, wants, access, plan):
    """Where the overlap stands in its memory, and at which places of the segment a new sample is taken.

    The first new sample is taken at the segment's first place and waits behind the overlap; those behind it are taken at their own place.
    After a reset the memory is filled with zeros, one word a clock, before the first sample is taken.
    """
    bits, size = plan.address_bits, 2**plan.address_bits
    overlap = Constant(plan.overlap, "samples that a segment shares with the one before")
    last_place = Constant(plan.whole - 1, "in a segment")
    first_tail = Constant(-plan.overlap % size, "where the first segment's overlap stands, all zeros")
    jump = Constant((plan.hop - plan.overlap) % size, "from a segment's end to the next one's overlap")
    head, next_head, tail = (address_signal(bits) for _ in range(3))
    clears, old, last = (flag() for _ in range(3))

    @always_comb
    def look():
        """The overlap stands at the segment's first places."""
        old.next = course.place < overlap
        last.next = course.place == last_place
        next_head.next = head + 1

    @always_comb
    def connect():
        access.write.next = course.take or clears
        access.clearing.next = clears
        access.write_address.next = head
        access.read_address.next = tail

    @always(clk.posedge)
    def move():
        """The head is where samples are written, the tail where the overlap is read. From a reset on the head runs through
        the memory, to clear it.
        """
        if reset:
            clears.next = True
            head.next = 0
            tail.next = first_tail
        else:
            if course.take or clears:
                head.next = next_head
            if next_head == 0:
                clears.next = False
            if course.step:
                if last:
                    tail.next = tail + jump
                elif old:
                    tail.next = tail + 1

    @always(clk.posedge)
    def follow():
        """Whether the sample of the place comes from memory."""
        if course.advance:
            access.stored.next = old

    return look, connect, move, follow, new_sample(course.place, wants, plan)


# GHDL's synthesis cuts a constant to the width of the signal that it is compared with: no place is compared with what it cannot reach.


@inline
def new_sample(place, wants, plan):
    """The first place of a segment, and those behind the overlap's last but one."""
    overlap = Constant(plan.overlap, "samples that a segment shares with the one before")
    length = Constant(plan.length, "samples of a segment; behind them are zeros")
    if not plan.padding:

        @always_comb
        def to_the_end():
            """A new sample is taken at the first place, and at those behind the overlap's last but one."""
            wants.next = place == 0 or place > overlap

        return to_the_end

    @always_comb
    def to_the_padding():
        """A new sample is taken at the first place, and at those behind the overlap's last but one, up to the padding."""
        wants.next = place == 0 or (place > overlap and place < length)

    return to_the_padding


@inline
def padding_control(place, wants, blank, plan):
    """Samples first, then zeros."""
    length = Constant(plan.length, "samples of a segment; behind them are zeros")
    if not plan.padding:
        yes, no = Signal(bool(1)), flag()
        return wire(yes, wants), wire(no, blank)

    @always_comb
    def look():
        """Samples first, then zeros."""
        wants.next = place < length
        blank.next = place >= length

    return look
