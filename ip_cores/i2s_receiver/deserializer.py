"""The receiver's way from bits to words: the register that shifts them in, and the word that waits to be taken."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.hierarchy import Constant, entity, inline


@entity
def i2s_deserializer(clk, reset, lines, arrived, right, word, short_slot, delayed):
    """Shifts bits in where bclk rises; a word is complete when as many have come as it has bits since lrclk's change.

    A master makes its slots long enough; where another does, `short_slot` tells of one that is not.
    """
    width = len(word)
    before, lr_before, side, side_before, starts, rises, first_seen, known = (flag() for _ in range(8))
    behind_first = Constant(width - 1, "bits that follow the first of a word")
    left = counter_signal(width)
    shifted = address_signal(width)

    @always_comb
    def look():
        """A rising edge of bclk, where bits are taken."""
        rises.next = lines.bclk and not before

    if delayed:

        @always_comb
        def choose():
            """A word begins one bit behind the change of lrclk."""
            side.next = lr_before

    else:

        @always_comb
        def choose():
            """A word begins with the change of lrclk, which is high for left."""
            side.next = not lines.lrclk

    @always_comb
    def compare():
        """Two edges must have been seen before a change of sides is believed."""
        starts.next = known and side != side_before

    @always_comb
    def read():
        word.next = shifted.signed()

    @always(clk.posedge)
    def follow():
        """What was seen at the last edge."""
        before.next = lines.bclk
        if reset:
            first_seen.next = False
            known.next = False
        elif rises:
            lr_before.next = lines.lrclk
            side_before.next = side
            first_seen.next = True
            known.next = first_seen

    @always(clk.posedge)
    def count():
        """Bits that the word still lacks; behind its last one the slot is not looked at."""
        arrived.next = False
        if reset:
            left.next = 0
        elif rises:
            if starts:
                left.next = behind_first
                right.next = side
            elif left != 0:
                left.next = left - 1
                arrived.next = left == 1

    @always(clk.posedge)
    def shift():
        """The most significant bit comes first."""
        if rises:
            shifted.next = concat(shifted[width - 1 :], lines.serial_data)

    if short_slot is None:
        return look, choose, compare, read, follow, count, shift

    @always(clk.posedge)
    def miss():
        """A slot that ends before its word is whole: its bits are dropped."""
        short_slot.next = not reset and rises and starts and left != 0

    return look, choose, compare, read, follow, count, shift, miss


@entity
def i2s_delivery(clk, reset, arrived, right, word, take, source, overrun, wanted):
    """Holds a word until it is taken, which may last until the next is complete; then that one is lost, and said to be."""
    held, chosen, takes, lost = (flag() for _ in range(4))

    if wanted < 0:

        @always_comb
        def choose():
            chosen.next = arrived

    elif wanted == 0:

        @always_comb
        def choose():
            chosen.next = arrived and not right

    else:

        @always_comb
        def choose():
            chosen.next = arrived and right

    @always_comb
    def decide():
        """A word is taken over unless one is still held; then it is lost."""
        takes.next = chosen and (source.ready or not held)
        lost.next = chosen and held and not source.ready

    @always_comb
    def connect():
        source.valid.next = held
        take.next = takes

    @always(clk.posedge)
    def store():
        """The output register."""
        if takes:
            source.data.next = word

    @always(clk.posedge)
    def follow():
        """Whether the output register holds a word; a loss is told for one clock."""
        if reset:
            held.next = False
            overrun.next = False
        else:
            held.next = takes or (held and not source.ready)
            overrun.next = lost

    return choose, decide, connect, store, follow


@inline
def channel_of(clk, take, right, source_channel):
    """The channel beside the word."""

    @always(clk.posedge)
    def store_channel():
        """The channel beside the word: 1 for right."""
        if take:
            if right:
                source_channel.next = 1
            else:
                source_channel.next = 0

    return store_channel
