"""The transmitter's way from words to bits: a place for the next word, and the register that shifts it out."""

from __future__ import annotations

from myhdl import Signal, always, always_comb, concat, intbv

from ip_cores.blocks.arithmetic import address_signal, flag
from ip_cores.hierarchy import entity, inline


@entity
def i2s_buffer(clk, reset, sink_valid, sink_ready, sink_data, word, full, empty_it):
    """The next word; a place for one, that is offered as soon as it is free."""
    waiting = flag()

    @always_comb
    def connect():
        sink_ready.next = not waiting
        full.next = waiting

    @always(clk.posedge)
    def store():
        if sink_valid and not waiting:
            word.next = sink_data[len(word) :]

    @always(clk.posedge)
    def follow():
        if reset:
            waiting.next = False
        elif not waiting:
            waiting.next = sink_valid
        elif empty_it:
            waiting.next = False

    return connect, store, follow


@inline
def channel_beside(clk, sink_valid, full, sink_channel, word_right):
    """The channel of the next word."""

    @always(clk.posedge)
    def store_channel():
        if sink_valid and not full:
            word_right.next = sink_channel[0]

    return store_channel


@entity
def i2s_serializer(clk, reset, load, shift, right, word, word_right, full, empty_it, serial_data, underrun, same):
    """Shifts a word out; a slot for which there is none is silent, and counts as an underrun once a first word has come."""
    width = len(word)
    shifted, kept = address_signal(width), address_signal(width)
    fits, takes, misses, started = (flag() for _ in range(4))
    zero_bit = Signal(intbv(0)[1:])

    @always_comb
    def show():
        serial_data.next = shifted[width - 1]

    @always_comb
    def look():
        fits.next = full and word_right == right

    if same:
        # The left slot takes a word, the right one repeats it.
        @always_comb
        def decide():
            takes.next = load and full and not right
            misses.next = started and load and not full and not right

        @always(clk.posedge)
        def play():
            if reset:
                shifted.next = 0
                kept.next = 0
            elif load:
                if right:
                    shifted.next = kept
                elif full:
                    shifted.next = word
                    kept.next = word
                else:
                    shifted.next = 0
                    kept.next = 0
            elif shift:
                shifted.next = concat(shifted[width - 1 :], zero_bit)

    else:

        @always_comb
        def decide():
            takes.next = load and fits
            misses.next = started and load and not fits

        @always(clk.posedge)
        def play():
            if reset:
                shifted.next = 0
            elif load:
                if fits:
                    shifted.next = word
                else:
                    shifted.next = 0
            elif shift:
                shifted.next = concat(shifted[width - 1 :], zero_bit)

    @always_comb
    def connect():
        empty_it.next = takes

    @always(clk.posedge)
    def watch():
        if reset:
            started.next = False
            underrun.next = False
        else:
            started.next = started or takes
            underrun.next = misses

    return show, look, decide, play, connect, watch
