"""The transmitter's way from words to bits: a place for the next word, and the register that shifts it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb, concat, intbv

from ip_cores.blocks.arithmetic import address_signal, flag
from ip_cores.hierarchy import Group, entity, inline


@dataclass(frozen=True, eq=False)
class Strobes(Group):
    """When bits change.

    Attributes
    ----------
    load, shift : Signal of bool
        A slot begins, or its next bit.
    right : Signal of bool
        The slot that begins is the right one.
    """

    load: Any
    shift: Any
    right: Any


@dataclass(frozen=True, eq=False)
class NextWord(Group):
    """The word that waits.

    Attributes
    ----------
    word : Signal
        Its bits.
    word_right : Signal of bool
        It is for the right slot.
    full : Signal of bool
        There is one.
    empty_it : Signal of bool
        It is taken.
    """

    word: Any
    word_right: Any
    full: Any
    empty_it: Any


@entity
def i2s_buffer(clk, reset, sink, word, full, empty_it):
    """The next word; a place for one, that is offered as soon as it is free."""
    waiting = flag()

    @always_comb
    def connect():
        sink.ready.next = not waiting
        full.next = waiting

    @always(clk.posedge)
    def store():
        """The next word."""
        if sink.valid and not waiting:
            word.next = sink.data[len(word) :]

    @always(clk.posedge)
    def follow():
        """Whether there is one."""
        if reset:
            waiting.next = False
        elif not waiting:
            waiting.next = sink.valid
        elif empty_it:
            waiting.next = False

    return connect, store, follow


@inline
def channel_beside(clk, sink_valid, full, sink_channel, word_right):
    """The channel of the next word."""

    @always(clk.posedge)
    def store_channel():
        """The channel of the next word."""
        if sink_valid and not full:
            word_right.next = sink_channel[0]

    return store_channel


@entity
def i2s_serializer(clk, reset, strobes, next_word, serial_data, underrun, same):
    """Shifts a word out; a slot for which there is none is silent, and counts as an underrun once a first word has come."""
    width = len(next_word.word)
    shifted, kept = address_signal(width), address_signal(width)
    fits, takes, misses, started = (flag() for _ in range(4))
    zero_bit = Signal(intbv(0)[1:])

    @always_comb
    def show():
        serial_data.next = shifted[width - 1]

    @always_comb
    def look():
        """The next word belongs to the side whose slot begins."""
        fits.next = next_word.full and next_word.word_right == strobes.right

    if same:
        @always_comb
        def decide():
            """The left slot takes a word, the right one repeats it."""
            takes.next = strobes.load and next_word.full and not strobes.right
            misses.next = started and strobes.load and not next_word.full and not strobes.right

        @always(clk.posedge)
        def play():
            """The most significant bit leaves first; a slot without a word is silent."""
            if reset:
                shifted.next = 0
                kept.next = 0
            elif strobes.load:
                if strobes.right:
                    shifted.next = kept
                elif next_word.full:
                    shifted.next = next_word.word
                    kept.next = next_word.word
                else:
                    shifted.next = 0
                    kept.next = 0
            elif strobes.shift:
                shifted.next = concat(shifted[width - 1 :], zero_bit)

    else:

        @always_comb
        def decide():
            """A slot takes the word that belongs to its side."""
            takes.next = strobes.load and fits
            misses.next = started and strobes.load and not fits

        @always(clk.posedge)
        def play():
            """The most significant bit leaves first; a slot without a word is silent."""
            if reset:
                shifted.next = 0
            elif strobes.load:
                if fits:
                    shifted.next = next_word.word
                else:
                    shifted.next = 0
            elif strobes.shift:
                shifted.next = concat(shifted[width - 1 :], zero_bit)

    @always_comb
    def connect():
        next_word.empty_it.next = takes

    @always(clk.posedge)
    def watch():
        """A silent slot counts as an underrun once a first word has come."""
        if reset:
            started.next = False
            underrun.next = False
        else:
            started.next = started or takes
            underrun.next = misses

    return show, look, decide, play, connect, watch
