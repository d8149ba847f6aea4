"""What the schedulers of filter banks with one unit of products, or of lifting, have in common.

A bank takes words while it waits, works through the filters that fall due, and holds a word until it is taken. Each block here is one
such step, dissolved into the scheduler around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.hierarchy import Constant, Group, inline


@dataclass(frozen=True, eq=False)
class BankOrders(Group):
    """What a bank with one unit of products does in a clock; each kind of bank has more.

    Attributes
    ----------
    taking : Signal of bool
        A word may come.
    accumulate : Signal of bool
        A product is added to the sum.
    load : Signal of bool
        The sum starts afresh.
    """

    taking: Any
    accumulate: Any
    load: Any


@inline
def handshake(waiting, holds, sink, source, takes, moves):
    """Both streams: words are taken while the bank waits, and one that it holds is offered."""

    @always_comb
    def offer():
        """Words are taken while the bank waits; one that it holds is offered."""
        sink.ready.next = waiting
        source.valid.next = holds
        takes.next = waiting and sink.valid
        moves.next = source.ready or not holds

    return offer


@inline
def word_at_output(clk, reset, moves, gives, holds):
    """Whether a word lies at the output: a new one, or one that is not taken yet."""

    @always(clk.posedge)
    def hold():
        """Whether the output register holds a word."""
        if reset:
            holds.next = False
        elif moves:
            holds.next = gives

    return hold


@inline
def sample_number(clk, reset, takes, ends_period, blank, waiting, number, last_word):
    """Numbers the samples of an analysis; after a reset it counts through a memory of `last_word` + 1 places, to clear it.

    Samples with an even number make no word fall due, so that the next one may follow at once.
    """
    last_word = Constant(last_word, "of the memory that is cleared")

    @always(clk.posedge)
    def enumerate_samples():
        """Numbers the samples; from a reset on it first runs through the memory, to clear it."""
        if reset:
            blank.next = True
            waiting.next = False
            number.next = 0
        elif blank:
            number.next = number + 1
            if number == last_word:
                blank.next = False
                waiting.next = True
        elif takes:
            if number[0]:
                waiting.next = False
            else:
                number.next = number + 1
        elif ends_period:
            waiting.next = True
            number.next = number + 1

    return enumerate_samples


@inline
def name_band(clk, sends, is_coarsest, band, source_channel):
    """Channel of a word beside the word: 0 for the approximation, `band` + 1 for a detail."""

    @always(clk.posedge)
    def name():
        """The channel beside the word: 0 for the approximation."""
        if sends:
            if is_coarsest:
                source_channel.next = 0
            else:
                source_channel.next = band + 1

    return name


@inline
def result_line(clk, reset, busy, ends, stores, reading, finishing, finished):
    """Follows a filter through the registers of the unit of products: when it accumulates, and when its result is there.

    The result waits, `finished`, until `stores` takes it.
    """
    last = len(reading) - 1

    @always(clk.posedge)
    def follow():
        """Marks that travel beside the products: which arrive at the sum, and which is the last. A finished sum waits to be stored."""
        if reset:
            for stage in range(last + 1):
                reading[stage].next = False
                finishing[stage].next = False
            finished.next = False
        else:
            reading[0].next = busy
            finishing[0].next = ends
            for stage in range(1, last + 1):
                reading[stage].next = reading[stage - 1]
                finishing[stage].next = finishing[stage - 1]
            if finishing[last]:
                finished.next = True
            elif stores:
                finished.next = False

    return follow


@inline
def coefficient_place(second, step, place, slots):
    """Place in a table of two filters, of `slots` coefficients each and one behind the other."""
    bits = slots.bit_length() - 1
    if not bits:

        @always_comb
        def filter_only():
            """One coefficient a filter: the place is the filter."""
            if second:
                place.next = 1
            else:
                place.next = 0

        return filter_only

    @always_comb
    def filter_and_tap():
        """The filter's half of the table, and the tap in it."""
        place.next = concat(second, step[bits:])

    return filter_and_tap


def so_many_before(newest, step, past, offset):
    """Place of the sample that is needed at a step, `offset` and as many steps before the newest: a process of the block around it."""
    pointer, low = len(past), min(len(step), len(past))
    start = -offset % 2**pointer

    @always_comb
    def look_back():
        past.next = newest[pointer:] + start - step[low:]

    return look_back


def pairs_before(newest, behind, age, past, halved):
    """Place of the word that is needed, so many pairs before the newest, one more behind a pair: a process of the block around it."""
    first = 1 if halved else 0
    end = len(past) + first

    @always_comb
    def look_back():
        if behind:
            past.next = newest[end:first] + ~age
        else:
            past.next = newest[end:first] - age

    return look_back
