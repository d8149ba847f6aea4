"""Which samples of a decimating filter give a word."""

from __future__ import annotations

from myhdl import always, always_comb

from ip_cores.arithmetic import counter_signal, flag, wire
from ip_cores.hierarchy import entity, inline
from ip_cores.stream import flow_control


@inline
def every_nth(clk, reset, takes, due, decimation):
    """Whether the next sample gives a word: the first does, and every so many from there."""
    left = counter_signal(decimation)
    none, first = counter_signal(decimation), counter_signal(decimation, decimation - 1)

    @always_comb
    def decide():
        due.next = left == none

    @always(clk.posedge)
    def count():
        if reset:
            left.next = none
        elif takes:
            if left == none:
                left.next = first
            else:
                left.next = left - 1

    return decide, count


@inline
def starting_samples(clk, reset, takes, starts, decimation):
    """Which of the samples taken give a word."""
    if decimation == 1:
        return wire(takes, starts)
    due = flag()

    @always_comb
    def start():
        starts.next = takes and due

    return start, every_nth(clk, reset, takes, due, decimation)


@entity
def decimated_flow(clk, reset, sink_valid, sink_ready, source_valid, source_ready, advance, take, stages, decimation):
    """Valid and ready of a pipeline that takes every sample, and whose words are valid for every so many."""
    due, kept_valid, moves, takes, ignored = (flag() for _ in range(5))

    @always_comb
    def keep():
        kept_valid.next = sink_valid and due
        takes.next = moves and sink_valid

    @always_comb
    def connect():
        advance.next = moves
        take.next = takes

    return (
        keep,
        connect,
        every_nth(clk, reset, takes, due, decimation),
        flow_control(clk, reset, kept_valid, sink_ready, source_valid, source_ready, moves, ignored, stages),
    )


@inline
def pipeline_flow(clk, reset, sink_valid, sink_ready, source_valid, source_ready, advance, take, stages, decimation):
    """Valid and ready of a filter whose pipeline moves as a whole."""
    if decimation == 1:
        return flow_control(clk, reset, sink_valid, sink_ready, source_valid, source_ready, advance, take, stages)
    return decimated_flow(clk, reset, sink_valid, sink_ready, source_valid, source_ready, advance, take, stages, decimation)
