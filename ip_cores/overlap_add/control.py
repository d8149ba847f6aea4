"""Control of overlap-add: the place in the segment decides what is read, added, kept or given."""

from __future__ import annotations

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, flag, like
from ip_cores.hierarchy import entity, inline


@entity
def packet_walk(
    clk, reset, sink_valid, sink_ready, sink_startofpacket, sink_endofpacket, source_valid, source_ready,
    advance, fills, place, read_address, write_address, write, emit, joins, plan,
):  # fmt: skip
    """Finds segments in the stream and walks through them.

    Words between segments are dropped; a segment that ends early is filled up with zeros. Nothing is read into the first segment after a
    reset, since the memory cannot be cleared at once; it writes every sum that the second one reads.
    """
    overlap, hop, final = plan.overlap, plan.hop, plan.length - 1
    size = 2**plan.address_bits
    # The next segment begins a hop behind this one.
    back = (1 - overlap) % size
    moves, filling, outside, goes, first, last, first_segment = (flag() for _ in range(7))
    old, decided = flag(), flag()
    held, gives, adds, shows = (flag() for _ in range(4))
    at = like(place)
    tail, behind = address_signal(plan.address_bits), address_signal(plan.address_bits)

    @always_comb
    def decide():
        moves.next = source_ready or not shows
        outside.next = first and not sink_startofpacket

    @always_comb
    def go():
        goes.next = filling or (sink_valid and not outside)

    @always_comb
    def look():
        first.next = at == 0
        last.next = at == final
        decided.next = at < hop

    @always_comb
    def connect():
        sink_ready.next = moves and not filling
        advance.next = moves
        fills.next = filling
        place.next = at
        read_address.next = tail
        write_address.next = behind
        write.next = moves and held and not gives
        emit.next = moves and held and gives
        joins.next = adds
        source_valid.next = shows

    @always(clk.posedge)
    def walk():
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
                    filling.next = sink_endofpacket

    @always(clk.posedge)
    def follow():
        if reset:
            held.next = False
            shows.next = False
        elif moves:
            held.next = goes
            shows.next = held and gives

    @always(clk.posedge)
    def remember():
        if moves:
            gives.next = decided
            adds.next = old and not first_segment
            behind.next = tail

    return decide, go, look, connect, walk, follow, remember, stored(at, old, plan)


@inline
def stored(at, old, plan):
    """The places at which earlier segments have left a sum."""
    overlap = plan.overlap

    @always_comb
    def compare():
        old.next = at < overlap

    return compare
