"""Flow of words where the rate changes: which samples of a decimator give a word, and the words that an interpolator gives for each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import counter_signal, flag, register, wire
from ip_cores.blocks.stream import Stream, flow_control
from ip_cores.hierarchy import Group, described, entity, inline


@dataclass(frozen=True, eq=False)
class Turns(Group):
    """How words and phases of a filter move whose rate changes.

    Attributes
    ----------
    advance : Signal of bool
        The pipeline moves.
    take : Signal of bool
        A sample is taken.
    begins : Signal of bool
        A period's first sample is taken, or a phase's word enters the pipeline.
    phase : Signal
        Counts through a period.
    """

    advance: Any
    take: Any
    begins: Any
    phase: Any

    @classmethod
    def of(cls, factor: int) -> Turns:
        return cls(flag(), flag(), flag(), counter_signal(factor))


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
        """Samples that still come before the next one that gives a word."""
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
def decimated_flow(clk, reset, sink, source, advance, take, stages, decimation):
    """Valid and ready of a pipeline that takes every sample, and whose words are valid for every so many."""
    due, kept_valid, moves, takes, ignored = (flag() for _ in range(5))

    @always_comb
    def keep():
        """Every sample is taken, but only those that give a word are marked in the pipeline."""
        kept_valid.next = sink.valid and due
        takes.next = moves and sink.valid

    @always_comb
    def connect():
        advance.next = moves
        take.next = takes

    return (
        keep,
        connect,
        every_nth(clk, reset, takes, due, decimation),
        flow_control(clk, reset, Stream(kept_valid, sink.ready), source, moves, ignored, stages),
    )


@inline
def pipeline_flow(clk, reset, sink, source, advance, take, stages, decimation):
    """Valid and ready of a filter whose pipeline moves as a whole."""
    if decimation == 1:
        return flow_control(clk, reset, sink, source, advance, take, stages)
    return decimated_flow(clk, reset, sink, source, advance, take, stages, decimation)


@entity
def decimator_flow(clk, reset, sink, source, turns, stages, decimation):
    """Flow of a decimator that adds up the sums of a period's samples.

    `phase` is that of the sample that comes next, counted down to the one that gives a word; `begins` marks the first of a period as it
    is taken.
    """
    due, kept_valid, moves, takes, ignored = (flag() for _ in range(5))
    left = counter_signal(decimation)
    none, first = counter_signal(decimation), counter_signal(decimation, decimation - 1)

    @always_comb
    def keep():
        """Every sample is taken, but only the last of a period is marked in the pipeline."""
        due.next = left == none
        kept_valid.next = sink.valid and left == none
        takes.next = moves and sink.valid

    @always_comb
    def connect():
        turns.advance.next = moves
        turns.take.next = takes
        turns.begins.next = takes and left == first
        turns.phase.next = left

    @always(clk.posedge)
    def count():
        """Counts the samples of a period down, from the first to the one that gives a word."""
        if reset:
            left.next = none
        elif takes:
            if due:
                left.next = first
            else:
                left.next = left - 1

    return (
        keep,
        connect,
        count,
        flow_control(clk, reset, Stream(kept_valid, sink.ready), source, moves, ignored, stages),
    )


@entity
def interpolator_flow(clk, reset, sink, source, turns, stages, interpolation):
    """Flow of an interpolator: a sample is followed by as many words as it gives, one in a clock.

    `begins` marks the clock before each of these words enters the pipeline, and `phase` tells them apart when they are there.
    """
    waits, moves, takes, word_valid, word_begins, free = (flag() for _ in range(6))
    count, last = counter_signal(interpolation, interpolation - 1), counter_signal(interpolation, interpolation - 1)

    @always_comb
    def decide():
        """A new sample is taken once the words of the last one have entered the pipeline."""
        waits.next = count == last
        takes.next = moves and sink.valid and count == last

    @always_comb
    def offer():
        word_valid.next = sink.valid or not waits

    @always_comb
    def connect():
        sink.ready.next = free and waits
        turns.advance.next = moves
        turns.take.next = takes
        turns.begins.next = word_begins
        turns.phase.next = count

    @always(clk.posedge)
    def walk():
        """Counts the words of a sample."""
        if reset:
            count.next = last
        elif takes:
            count.next = 0
        elif moves and not waits:
            count.next = count + 1

    return (
        decide,
        offer,
        connect,
        walk,
        flow_control(clk, reset, Stream(word_valid, free), source, moves, word_begins, stages),
    )


@inline
def delayed_phase(clk, advance, phase, later, stages):
    """A phase as many stages of the pipeline later."""
    held = [phase, *(counter_signal(2 ** len(phase)) for _ in range(stages - 1)), later]
    if not stages:
        return wire(phase, later)
    said = "The phase goes along with the products through the pipeline."
    return [described(register(clk, advance, before, after), said) for before, after in itertools.pairwise(held)]
