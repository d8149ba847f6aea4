"""The stream interface: Avalon-ST with readyLatency 0, and the blocks that keep it.

A word moves on a rising edge where valid and ready are both high. A source holds its word while valid is high and
ready low; valid never depends on ready.
"""

from __future__ import annotations

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import flag, like
from ip_cores.hierarchy import entity, inline


@entity
def flow_control(clk, reset, sink_valid, sink_ready, source_valid, source_ready, advance, take, stages):
    """Valid and ready of a pipeline that moves as a whole.

    The pipeline advances unless a word waits at its end; `take` marks the clock that takes a new word in, and a bit
    beside each stage tells whether it holds one.
    """
    occupied = [flag() for _ in range(stages)]
    moves = flag()
    last = stages - 1

    @always_comb
    def decide():
        moves.next = source_ready or not occupied[last]

    @always_comb
    def connect():
        sink_ready.next = moves
        advance.next = moves
        take.next = moves and sink_valid
        source_valid.next = occupied[last]

    @always(clk.posedge)
    def follow():
        if reset:
            for stage in range(stages):
                occupied[stage].next = False
        elif moves:
            occupied[0].next = sink_valid
            for stage in range(1, stages):
                occupied[stage].next = occupied[stage - 1]

    return decide, connect, follow


@entity
def stream_register(clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready, source_data):
    """Two words of buffer that cut the path from source_ready to sink_ready, at full rate.

    One register feeds the source; the other takes the word that arrives in the clock in which the source stalls.
    """
    out_valid, spare_valid = flag(), flag()
    spare = like(sink_data)

    @always_comb
    def connect():
        sink_ready.next = not spare_valid
        source_valid.next = out_valid

    @always(clk.posedge)
    def store():
        if reset:
            out_valid.next = False
            spare_valid.next = False
        elif source_ready or not out_valid:
            out_valid.next = sink_valid or spare_valid
            spare_valid.next = False
            if spare_valid:
                source_data.next = spare
            else:
                source_data.next = sink_data
        elif sink_valid and not spare_valid:
            spare.next = sink_data
            spare_valid.next = True

    return connect, store


@inline
def place_in_packet(clk, reset, valid, ready, at, length):
    """Counts the words that move, from the first of a packet to the last and on with the next."""
    final = length - 1

    @always(clk.posedge)
    def count():
        if reset:
            at.next = 0
        elif valid and ready:
            if at == final:
                at.next = 0
            else:
                at.next = at + 1

    return count
