"""Control of overlap-add: the place in the segment decides what is read, added, kept or given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, flag, like
from ip_cores.hierarchy import Constant, Group, entity, inline


@dataclass(frozen=True, eq=False)
class SegmentCourse(Group):
    """How segments are walked through.

    Attributes
    ----------
    advance : Signal of bool
        The pipeline moves.
    fills : Signal of bool
        The segment is filled up with zeros.
    place : Signal
        In the segment.
    """

    advance: Any
    fills: Any
    place: Any


@dataclass(frozen=True, eq=False)
class SumAccess(Group):
    """How sums of the overlap are read and written.

    Attributes
    ----------
    read_address, write_address : Signal
        Where.
    write : Signal of bool
        A sum is written.
    """

    read_address: Any
    write_address: Any
    write: Any


@entity
def packet_walk(clk, reset, sink, source, course, access, emit, joins, plan):
    """Finds segments in the stream and walks through them.

    Words between segments are dropped; a segment that ends early is filled up with zeros. Nothing is read into the first segment after a
    reset, since the memory cannot be cleared at once; it writes every sum that the second one reads.
    """
    hop = Constant(plan.hop, "words from a segment to the next")
    last_place = Constant(plan.length - 1, "in a segment")
    back = Constant((1 - plan.overlap) % 2**plan.address_bits, "from a segment's end to the next one's begin")
    moves, filling, outside, goes, first, last, first_segment = (flag() for _ in range(7))
    old, decided = flag(), flag()
    held, gives, adds, shows = (flag() for _ in range(4))
    at = like(course.place)
    tail, behind = address_signal(plan.address_bits), address_signal(plan.address_bits)

    @always_comb
    def decide():
        """Everything moves unless a word finds the output occupied; words in front of a segment's first one are dropped."""
        moves.next = source.ready or not shows
        outside.next = first and not sink.startofpacket

    @always_comb
    def go():
        goes.next = filling or (sink.valid and not outside)

    @always_comb
    def look():
        """Where the walk stands in the segment. What is older than a hop is complete."""
        first.next = at == 0
        last.next = at == last_place
        decided.next = at < hop

    @always_comb
    def connect():
        sink.ready.next = moves and not filling
        course.advance.next = moves
        course.fills.next = filling
        course.place.next = at
        access.read_address.next = tail
        access.write_address.next = behind
        access.write.next = moves and held and not gives
        emit.next = moves and held and gives
        joins.next = adds
        source.valid.next = shows

    @always(clk.posedge)
    def walk():
        """Places of a segment; one that ends early is filled up with zeros. The next one begins a hop behind this one."""
        if reset:
            at.next = 0
            tail.next = 0
            filling.next = False
            first_segment.next = True
        elif moves and goes:
            if last:
                at.next = 0
                tail.next = tail + back
                filling.next = False
                first_segment.next = False
            else:
                at.next = at + 1
                tail.next = tail + 1
                if not filling:
                    filling.next = sink.endofpacket

    @always(clk.posedge)
    def follow():
        """Whether a sum is there, and whether the output register holds a word."""
        if reset:
            held.next = False
            shows.next = False
        elif moves:
            held.next = goes
            shows.next = held and gives

    @always(clk.posedge)
    def remember():
        """What becomes of the sum: it leaves, or is kept for the next segment."""
        if moves:
            gives.next = decided
            adds.next = old and not first_segment
            behind.next = tail

    return decide, go, look, connect, walk, follow, remember, stored(at, old, plan)


@inline
def stored(at, old, plan):
    """The places at which earlier segments have left a sum."""
    overlap = Constant(plan.overlap, "places that earlier segments share")

    @always_comb
    def compare():
        """At these places earlier segments have left a sum; the first segment after a reset finds none."""
        old.next = at < overlap

    return compare
