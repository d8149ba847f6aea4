"""Control of the fast Fourier transform: a frame is loaded, worked on stage by stage, and leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.fft.plan import BUTTERFLY, LAST_STEP, LOWER_WRITTEN, UPPER_READ
from ip_cores.hierarchy import Constant, Group, entity, primitive


@dataclass(frozen=True, eq=False)
class FftOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    advance : Signal of bool
        Everything moves: no word waits at the output.
    loads, blank : Signal of bool
        A frame is loaded; with zeros, where it ended early.
    step : Signal
        Of a butterfly.
    emit : Signal of bool
        The word that was read leaves.
    """

    advance: Any
    loads: Any
    blank: Any
    step: Any
    emit: Any


@dataclass(frozen=True, eq=False)
class FrameAccess(Group):
    """How the frame and the factors are read and written.

    Attributes
    ----------
    read_address, write_address : Signal
        Where in the frame.
    write : Signal of bool
    factor_address : Signal
        Where in half a wave of the cosine.
    """

    read_address: Any
    write_address: Any
    write: Any
    factor_address: Any


@dataclass(frozen=True, eq=False)
class FramePlaces(Group):
    """Where the walk stands.

    Attributes
    ----------
    at, lower : Signal
        Upper and lower word of a butterfly.
    entering, leaving : Signal
        The word that is loaded, and the one that leaves.
    """

    at: Any
    lower: Any
    entering: Any
    leaving: Any


def new_orders() -> FftOrders:
    """Signals for the orders."""
    return FftOrders(flag(), flag(), flag(), counter_signal(BUTTERFLY), flag())


def new_access(plan: Any) -> FrameAccess:
    """Signals for the addresses."""
    bits = plan.address_bits
    return FrameAccess(address_signal(bits), address_signal(bits), flag(), address_signal(bits - 1))


@entity
def fft_control(clk, reset, sink, source, orders, access, plan):
    """Finds frames in the stream, and goes over each: once to load it, once for every stage, once as it leaves.

    The same counter stands for the place in the frame and for a butterfly's upper word: the span, one bit that is the distance of both
    words, is left out where it counts. Words between frames are dropped; a frame that ends early is filled up with zeros.
    """
    bits = plan.address_bits
    last_place = Constant(plan.law.points - 1, "in a frame")
    loading, unloading, filling, works, goes, outside, moves, first, last, over = (flag() for _ in range(10))
    held, starts, ends, shows, begins, closes = (flag() for _ in range(6))
    at, next_at, lower, span, next_span, leaving, entering = (address_signal(bits) for _ in range(7))
    at_step = counter_signal(BUTTERFLY)
    last_step = Constant(LAST_STEP, "of a butterfly")

    @always_comb
    def decide():
        """Everything moves unless a word waits at the output; words in front of a frame's first one are dropped."""
        moves.next = source.ready or not shows
        outside.next = first and not sink.startofpacket
        works.next = not loading and not unloading

    @always_comb
    def look():
        """Where the walk stands."""
        lower.next = at | span
        first.next = at == 0
        last.next = lower == last_place

    @always_comb
    def look_ahead():
        """The next place, the span left out; and the next stage's span, of which there is none behind the last."""
        next_at.next = (lower + 1) & ~span
        next_span.next = span << 1

    @always_comb
    def go():
        """A place is done: its word is taken, filled in or has left, or the last step of its butterfly is there."""
        over.next = next_span == 0
        goes.next = unloading or (loading and (filling or (sink.valid and not outside))) or (works and at_step == last_step)

    @always(clk.posedge)
    def walk():
        """Places of a frame, or butterflies of a stage."""
        if reset:
            at.next = 0
        elif moves and goes:
            at.next = next_at

    @always(clk.posedge)
    def change():
        """Loading, stage after stage, unloading."""
        if reset:
            loading.next = True
            unloading.next = False
            span.next = 0
        elif moves and goes and last:
            if loading:
                loading.next = False
                span.next = 1
            elif unloading:
                unloading.next = False
                loading.next = True
            else:
                span.next = next_span
                unloading.next = over

    @always(clk.posedge)
    def fill():
        """Behind a word that ends its frame early zeros are loaded."""
        if reset:
            filling.next = False
        elif moves and loading and goes:
            if last:
                filling.next = False
            elif not filling:
                filling.next = sink.endofpacket

    @always(clk.posedge)
    def count():
        """Steps of a butterfly."""
        if reset:
            at_step.next = 0
        elif moves and works:
            if at_step == last_step:
                at_step.next = 0
            else:
                at_step.next = at_step + 1

    @always(clk.posedge)
    def follow():
        """Whether a word was read that leaves, and whether the output register holds one."""
        if reset:
            held.next = False
            shows.next = False
        elif moves:
            held.next = unloading
            shows.next = held

    @always(clk.posedge)
    def mark():
        """Marks that travel beside the word: whether it is a frame's first or last."""
        if moves:
            starts.next = first
            ends.next = last
            begins.next = starts
            closes.next = ends

    @always_comb
    def connect():
        sink.ready.next = moves and loading and not filling
        source.valid.next = shows
        source.startofpacket.next = begins
        source.endofpacket.next = closes
        orders.advance.next = moves
        orders.loads.next = loading
        orders.blank.next = filling
        orders.step.next = at_step
        orders.emit.next = moves and held

    return (
        decide, look, look_ahead, go, walk, change, fill, count, follow, mark, connect,
        reversed_bits(at, entering),
        reversed_bits(at, leaving) if plan.law.bit_reversed else wire(at, leaving),
        frame_access(FramePlaces(at, lower, entering, leaving), loading, unloading, works, goes, moves, at_step, access),
        factor_walk(clk, reset, moves, works, goes, last, at_step, access.factor_address, plan),
    )  # fmt: skip


@primitive
def reversed_bits(number, turned):
    """The bits of a number, read the other way."""
    bits = len(number)

    @always_comb
    def turn():
        """The lowest bit becomes the highest."""
        for place in range(bits):
            turned.next[place] = number[bits - 1 - place]

    return turn


@entity
def frame_access(places, loading, unloading, works, goes, moves, step, access):
    """Where in the frame is read and written: a word that is loaded by its reversed number, both results of a butterfly in place."""
    upper_read = Constant(UPPER_READ, "from which on the upper word is read")
    lower_written = Constant(LOWER_WRITTEN, "in which the lower result is written, the upper one in the next")

    @always_comb
    def ask():
        """The lower word of a butterfly, then the upper one; or the word that leaves."""
        access.read_address.next = places.lower
        if unloading:
            access.read_address.next = places.leaving
        elif step >= upper_read:
            access.read_address.next = places.at

    @always_comb
    def put():
        """A word that is loaded, or a butterfly's results."""
        access.write_address.next = places.at
        if loading:
            access.write_address.next = places.entering
        elif step == lower_written:
            access.write_address.next = places.lower
        access.write.next = moves and ((loading and goes) or (works and step >= lower_written))

    return ask, put


@entity
def factor_walk(clk, reset, moves, works, goes, last, step, address, plan):
    """Which factor a butterfly has: from one to the next as much further as half a wave has butterflies in a group."""
    bits = plan.address_bits - 1
    quarter = Constant(plan.law.points // 4, "places of a quarter of a wave")
    all_round = Constant(plan.law.points // 2, "places of half a wave, which lead to the same one")
    angle = address_signal(bits)
    stride = address_signal(bits + 1)
    sine = flag()

    @always(clk.posedge)
    def turn():
        """On by the stride, round and round."""
        if reset:
            angle.next = 0
        elif moves and works and goes:
            angle.next = angle + stride[bits:]

    @always(clk.posedge)
    def halve():
        """The stride of each stage is half of that before."""
        if reset:
            stride.next = all_round
        elif moves and works and goes and last:
            if stride == 1:
                stride.next = all_round
            else:
                stride.next = stride[:1]

    @always_comb
    def place():
        """The cosine stands where its angle is, the sine a quarter away from it."""
        sine.next = step[1]
        address.next = angle
        if sine:
            if angle >= quarter:
                address.next = angle - quarter
            else:
                address.next = quarter - angle

    return turn, halve, place
