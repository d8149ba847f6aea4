"""Pitch shifter: what happens in which clock, and what is decided from sample to sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.pitch_shifter import ONE, RATIO
from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag, magnitude_signal, signed_signal
from ip_cores.hierarchy import Constant, Group, entity, inline
from ip_cores.pitch_shifter.plan import READ_CLOCKS


@dataclass(frozen=True, eq=False)
class ReadOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A sample is taken.
    judge : Signal of bool
        What is to be done with it is decided.
    older : Signal of bool
        The older of two neighbours is read.
    hold : Signal of bool
        The newer one is kept.
    between, other, blend : Signal of bool
        The value between two samples is formed, that at the other place, and both are blended.
    give : Signal of bool
        The result leaves.
    """

    take: Any
    judge: Any
    older: Any
    hold: Any
    between: Any
    other: Any
    blend: Any
    give: Any


@dataclass(frozen=True, eq=False)
class Comparisons(Group):
    """Which difference is read.

    Attributes
    ----------
    comparing : Signal of bool
        Samples are compared in this clock.
    place : Signal
        Which sample, from the newest back.
    starts, ends : Signal of bool
        It is the first, the last one of a jump.
    """

    comparing: Any
    place: Any
    starts: Any
    ends: Any


@dataclass(frozen=True, eq=False)
class Splice(Group):
    """Where is read.

    Attributes
    ----------
    delay : Signal
        By how many samples.
    fading : Signal of bool
        From one place to another.
    searching : Signal of bool
        Jumps are tried.
    upwards : Signal of bool
        They lead to older samples.
    base : Signal
        Where the samples end that are compared.
    weight : Signal
        Of the place that is gone to.
    begins : Signal of bool
        A search begins in this clock.
    """

    delay: Any
    fading: Any
    searching: Any
    upwards: Any
    base: Any
    weight: Any
    begins: Any


@entity
def pitch_control(clk, reset, sink, source, orders, compared, written, plan):
    """Takes a sample, reads and hands over a value, then compares; always in as many clocks.

    The memories cannot be reset at once, so after a reset they are filled with zeros, one word a clock, before the first sample is taken.
    """
    takes, gives, clearing, busy, running, waits, holds, walking, first, last, done = (flag() for _ in range(11))
    draining, drained = flag(), flag()
    latest, next_address = address_signal(plan.address_bits), address_signal(plan.address_bits)
    clock_number, at, turn = counter_signal(READ_CLOCKS + 1), counter_signal(plan.law.match), counter_signal(plan.lags)
    first_clock = Constant(1, "in which what is to be done is decided")
    older_clock = Constant(3, "in which the older neighbours are read, and the newer ones kept")
    between_clock = Constant(4, "in which the value between two is formed")
    other_clock = Constant(5, "in which that at the other place is")
    last_clock = Constant(READ_CLOCKS, "of reading")
    last_place = Constant(plan.law.match - 1, "that is compared for a jump")
    last_turn = Constant(plan.lags - 1, "of the jumps that are tried during a sample")

    @always_comb
    def decide():
        """A sample is taken when all that was to be compared has been."""
        takes.next = sink.valid and not busy
        gives.next = waits and (source.ready or not holds)

    @always_comb
    def look():
        first.next = at == 0
        last.next = at == last_place
        done.next = walking and at == last_place and turn == last_turn

    @always_comb
    def follow_newest():
        next_address.next = latest + 1

    @always_comb
    def blank():
        """After a reset the memories are filled with zeros."""
        if clearing:
            written.write_data.next = 0
        else:
            written.write_data.next = sink.data

    @always(clk.posedge)
    def write_on():
        """Where the last sample stands, and whether one can be taken."""
        if reset:
            clearing.next = True
            busy.next = True
            latest.next = 0
        else:
            if takes or clearing:
                latest.next = next_address
            if clearing:
                if next_address == 0:
                    clearing.next = False
                    busy.next = False
            elif takes:
                busy.next = True
            elif drained:
                busy.next = False

    @always(clk.posedge)
    def read_on():
        """The clocks in which a value is read and formed."""
        if reset:
            running.next = False
            clock_number.next = 0
        elif takes:
            running.next = True
            clock_number.next = 1
        elif running:
            if clock_number == last_clock:
                running.next = False
                clock_number.next = 0
            else:
                clock_number.next = clock_number + 1

    @always(clk.posedge)
    def walk():
        """Sample by sample, jump by jump, as soon as the result has left."""
        if reset:
            walking.next = False
            draining.next = False
            drained.next = False
            at.next = 0
            turn.next = 0
        else:
            draining.next = done
            drained.next = draining
            if gives:
                walking.next = True
            elif done:
                walking.next = False
            if walking:
                if last:
                    at.next = 0
                    if turn == last_turn:
                        turn.next = 0
                    else:
                        turn.next = turn + 1
                else:
                    at.next = at + 1

    @always(clk.posedge)
    def hand_over():
        """The result waits for the output register, and a word in that for who takes it."""
        if reset:
            waits.next = False
            holds.next = False
        else:
            waits.next = (running and clock_number == last_clock) or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds
        orders.take.next = takes
        orders.judge.next = clock_number == first_clock
        orders.hold.next = clock_number == older_clock
        orders.older.next = clock_number >= older_clock and clock_number <= between_clock
        orders.between.next = clock_number == between_clock
        orders.other.next = clock_number == other_clock
        orders.blend.next = clock_number == last_clock
        orders.give.next = gives
        compared.comparing.next = walking
        compared.place.next = at
        compared.starts.next = walking and first
        compared.ends.next = walking and last
        written.write.next = takes or clearing
        written.write_address.next = next_address
        written.newest.next = latest

    return decide, look, follow_newest, blank, write_on, read_on, walk, hand_over, connect


@entity
def splice_state(clk, reset, orders, ratio, newest, jump, splice, plan):
    """How far behind the newest sample is read, when a search begins, and how far a fade has come."""
    law, bits, whole_bits, point = plan.law, plan.delay_bits, plan.whole_bits, RATIO.fraction_length
    delayed, next_delay = (magnitude_signal(bits, law.near << point, fraction_length=point) for _ in range(2))
    whole, jumped = address_signal(whole_bits), address_signal(whole_bits)
    fades, searches, up, rises, falls, opens, finishes, decides, fits = (flag() for _ in range(9))
    here = address_signal(plan.address_bits)
    step = counter_signal(plan.steps + 1)
    grown = magnitude_signal(plan.weight_bits, fraction_length=plan.weight_bits)
    unchanged = Constant(ONE, "ratio at which samples leave as they are")
    near = Constant(law.near, "samples of delay, below which a search begins")
    far = Constant(law.far << point, "delay above which one begins")
    last_step = Constant(law.fade - 1, "of a fade")
    last_search = Constant(law.search - 1, "sample of a search")
    weight_step = Constant(law.weight_step, "by which the weight grows with a sample")
    first_delay = Constant(law.near << point, "delay after a reset")

    @always_comb
    def part():
        whole.next = delayed[bits:point]

    @always_comb
    def look():
        """Whether a search begins, comes to its end, and its jump leads to what has been written."""
        opens.next = orders.judge and not fades and not searches and ((rises and whole < near) or (falls and delayed > far))
        finishes.next = orders.judge and fades and step == last_step
        decides.next = orders.judge and not fades and searches and step == last_search
        fits.next = up or whole >= jump

    @always_comb
    def look_back():
        here.next = newest - whole

    @always_comb
    def leap():
        """The delay at the place that has been faded to."""
        if up:
            jumped.next = whole + jump
        else:
            jumped.next = whole - jump

    @always(clk.posedge)
    def follow():
        """The delay: one more with each sample, the ratio less; a jump at the end of a fade."""
        if reset:
            delayed.next = first_delay
        elif orders.take:
            delayed.next = next_delay
        elif finishes:
            delayed.next = concat(jumped, delayed[point:])

    @always(clk.posedge)
    def keep_pace():
        """Whether the delay shrinks or grows."""
        if orders.take:
            rises.next = ratio > unchanged
            falls.next = ratio < unchanged

    @always(clk.posedge)
    def go_on():
        """From a search to a fade, and from that to rest; both are counted in samples."""
        if reset:
            fades.next = False
            searches.next = False
            up.next = False
            step.next = 0
            grown.next = 0
        elif opens:
            searches.next = True
            up.next = rises
            step.next = 0
        elif finishes:
            fades.next = False
            grown.next = 0
        elif decides:
            searches.next = False
            step.next = 1
            if fits:
                fades.next = True
                grown.next = weight_step
        elif orders.judge and (fades or searches):
            step.next = step + 1
            if fades:
                grown.next = grown + weight_step

    @always(clk.posedge)
    def keep_base():
        """What is compared ends where is read as the search begins."""
        if reset:
            splice.base.next = 0
        elif opens:
            splice.base.next = here

    @always_comb
    def show():
        splice.delay.next = delayed
        splice.fading.next = fades
        splice.searching.next = searches
        splice.upwards.next = up
        splice.weight.next = grown
        splice.begins.next = opens

    return (
        part, look, look_back, leap, follow, keep_pace, go_on, keep_base, show,
        next_place(ratio, delayed, whole, fades, up, jump, next_delay, plan),
    )  # fmt: skip


@inline
def next_place(ratio, delay, whole, fading, upwards, jump, next_delay, plan):
    """The delay of the sample that is taken; it stays where it is at the ends of its range."""
    law, bits, point = plan.law, plan.delay_bits, RATIO.fraction_length
    wide = bits + 2
    present, pace, moved, lowest, asked = (signed_signal(wide, fraction_length=point) for _ in range(5))
    one = signed_signal(wide, ONE, fraction_length=point)
    highest = signed_signal(wide, law.farthest << point, fraction_length=point)
    nothing, unchanged = bit_signal(point), Constant(ONE, "ratio at which samples leave as they are")

    @always_comb
    def widen():
        present.next = delay
        asked.next = ratio

    @always_comb
    def slow_down():
        pace.next = one - asked

    @always_comb
    def move():
        moved.next = present + pace

    @always_comb
    def bound():
        """During a fade to newer samples the newest one is as far off as the jump."""
        lowest.next = 0
        if fading and not upwards:
            lowest.next = concat(False, jump, nothing).signed()

    @always_comb
    def choose():
        """A ratio of 1 reads samples as they are."""
        if ratio == unchanged:
            next_delay.next = concat(whole, nothing)
        elif moved < lowest or moved > highest:
            next_delay.next = delay
        else:
            next_delay.next = moved[bits:]

    return widen, slow_down, move, bound, choose
