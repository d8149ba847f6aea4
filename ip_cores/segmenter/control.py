"""Control of the segmenter: the place in the segment decides what leaves next and whether a sample is taken."""

from __future__ import annotations

from myhdl import Signal, always, always_comb

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.hierarchy import entity, inline


@entity
def segment_walk(
    clk, reset, sink_valid, sink_ready, source_valid, source_ready, source_startofpacket, source_endofpacket,
    wants, advance, take, step, place, whole, stages,
):  # fmt: skip
    """Goes from place to place of a segment, one with each step; waits where a sample is wanted and there is none."""
    moves, goes, first, last = (flag() for _ in range(4))
    at = counter_signal(whole)
    final, out = whole - 1, stages - 1
    holds, starts, ends = [flag() for _ in range(stages)], [flag() for _ in range(stages)], [flag() for _ in range(stages)]

    @always_comb
    def decide():
        moves.next = source_ready or not holds[out]
        goes.next = sink_valid or not wants

    @always_comb
    def look():
        first.next = at == 0
        last.next = at == final

    @always_comb
    def connect():
        sink_ready.next = moves and wants
        advance.next = moves
        take.next = moves and wants and sink_valid
        step.next = moves and goes
        place.next = at
        source_valid.next = holds[out]
        source_startofpacket.next = starts[out]
        source_endofpacket.next = ends[out]

    @always(clk.posedge)
    def walk():
        if reset:
            at.next = 0
        elif moves and goes:
            if last:
                at.next = 0
            else:
                at.next = at + 1

    @always(clk.posedge)
    def follow():
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


@entity
def overlap_control(clk, reset, advance, take, step, place, wants, write, clearing, stored, write_address, read_address, plan):
    """Where the overlap stands in its memory, and at which places of the segment a new sample is taken.

    The first new sample is taken at the segment's first place and waits behind the overlap; those behind it are taken at their own place.
    After a reset the memory is filled with zeros, one word a clock, before the first sample is taken.
    """
    bits, overlap, final = plan.address_bits, plan.overlap, plan.whole - 1
    size = 2**bits
    begin, jump = -overlap % size, (plan.hop - overlap) % size
    head, next_head, tail = (address_signal(bits) for _ in range(3))
    clears, old, last = (flag() for _ in range(3))

    @always_comb
    def look():
        old.next = place < overlap
        last.next = place == final
        next_head.next = head + 1

    @always_comb
    def connect():
        write.next = take or clears
        clearing.next = clears
        write_address.next = head
        read_address.next = tail

    @always(clk.posedge)
    def move():
        if reset:
            clears.next = True
            head.next = 0
            tail.next = begin
        else:
            if take or clears:
                head.next = next_head
            if next_head == 0:
                clears.next = False
            if step:
                if last:
                    tail.next = tail + jump
                elif old:
                    tail.next = tail + 1

    @always(clk.posedge)
    def follow():
        if advance:
            stored.next = old

    return look, connect, move, follow, new_sample(place, wants, plan)


# GHDL's synthesis cuts a constant to the width of the signal that it is compared with: no place is compared with what it cannot reach.


@inline
def new_sample(place, wants, plan):
    """The first place of a segment, and those behind the overlap's last but one."""
    overlap, length = plan.overlap, plan.length
    if not plan.padding:

        @always_comb
        def to_the_end():
            wants.next = place == 0 or place > overlap

        return to_the_end

    @always_comb
    def to_the_padding():
        wants.next = place == 0 or (place > overlap and place < length)

    return to_the_padding


@inline
def padding_control(place, wants, blank, plan):
    """Samples first, then zeros."""
    length = plan.length
    if not plan.padding:
        yes, no = Signal(bool(1)), flag()
        return wire(yes, wants), wire(no, blank)

    @always_comb
    def look():
        wants.next = place < length
        blank.next = place >= length

    return look
