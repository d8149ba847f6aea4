"""Resampler: what happens in which clock, and where between the samples the word lies that is calculated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag, magnitude_signal
from ip_cores.hierarchy import Constant, Group, entity, inline
from ip_cores.resampler.plan import DRAINING


@dataclass(frozen=True, eq=False)
class ResamplerOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A sample is taken.
    add, fresh : Signal of bool
        A product is added up; it is the first of its sum.
    blend : Signal of bool
        The mean of both sums goes on by a bit of its weight.
    give : Signal of bool
        The word leaves.
    """

    take: Any
    add: Any
    fresh: Any
    blend: Any
    give: Any


@dataclass(frozen=True, eq=False)
class ResamplerReads(Group):
    """What is read.

    Attributes
    ----------
    tap : Signal
        Which sample is read, counted from the middle of them.
    behind : Signal of bool
        The coefficients of the phase behind are read, no more those of the one before.
    """

    tap: Any
    behind: Any


@entity
def resampler_control(clk, reset, sink, source, orders, written, reads, due, plan):
    """Takes samples until the next time has come; walks through the products of both phases, blends, and lets the word leave.

    The memory cannot be reset at once, so after a reset it is filled with zeros, one word a clock, before the first sample is taken.
    """
    takes, gives, clearing, idle, begins, walking, second, last, first, blending, blended, waits, holds = (flag() for _ in range(13))
    latest, following = address_signal(plan.address_bits), address_signal(plan.address_bits)
    place = address_signal(plan.address_bits)
    first_tap = Constant(plan.first_tap, "from the middle: that of the newest sample")
    last_tap = Constant(plan.law.taps // 2 - 1, "from the middle: that of the oldest sample")
    done = counter_signal(plan.law.weight_bits)
    last_bit = Constant(plan.law.weight_bits - 1, "of the weight")
    there, starts, adds, start_adds, ends = (flag() for _ in range(5))
    draining = bit_signal(DRAINING - 1)
    last_stage = DRAINING - 2

    @always_comb
    def decide():
        """A sample is taken while the next time has not come; a word leaves when the output register is free."""
        takes.next = sink.valid and idle and not due
        begins.next = idle and due
        gives.next = waits and (source.ready or not holds)

    @always_comb
    def look():
        first.next = walking and place == first_tap
        last.next = place == last_tap
        ends.next = walking and second and place == last_tap
        blended.next = blending and done == last_bit

    @always_comb
    def follow_newest():
        following.next = latest + 1

    @always_comb
    def blank():
        """After a reset the memory is filled with zeros."""
        if clearing:
            written.write_data.next = 0
        else:
            written.write_data.next = sink.data

    @always(clk.posedge)
    def go_on():
        """The memory is cleared; then samples are taken, except while a word is calculated."""
        if reset:
            clearing.next = True
            idle.next = False
            latest.next = 0
        else:
            if takes or clearing:
                latest.next = following
            if clearing:
                if following == 0:
                    clearing.next = False
                    idle.next = True
            elif begins:
                idle.next = False
            elif gives:
                idle.next = True

    @always(clk.posedge)
    def walk():
        """From the newest sample to the oldest, with the coefficients of one phase and then with those of the next."""
        if reset:
            walking.next = False
            second.next = False
            place.next = first_tap
        elif begins:
            walking.next = True
        elif walking:
            if last:
                place.next = first_tap
                second.next = not second
                walking.next = not second
            else:
                place.next = place + 1

    @always(clk.posedge)
    def follow():
        """Marks that travel beside the products: one is there, and is added up a clock later."""
        if reset:
            there.next = False
            starts.next = False
            adds.next = False
            start_adds.next = False
            draining.next = 0
        else:
            there.next = walking
            starts.next = first
            adds.next = there
            start_adds.next = starts
            draining.next = concat(draining[last_stage:], ends)

    @always(clk.posedge)
    def blend_on():
        """A bit of the weight in each clock, the lowest first."""
        if reset:
            blending.next = False
            done.next = 0
        elif draining[last_stage]:
            blending.next = True
            done.next = 0
        elif blended:
            blending.next = False
        elif blending:
            done.next = done + 1

    @always(clk.posedge)
    def hand_over():
        """The result waits for the output register, and a word in that for who takes it."""
        if reset:
            waits.next = False
            holds.next = False
        else:
            waits.next = blended or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always_comb
    def connect():
        sink.ready.next = idle and not due
        source.valid.next = holds
        orders.take.next = takes
        orders.add.next = adds
        orders.fresh.next = start_adds
        orders.blend.next = blending
        orders.give.next = gives
        written.write.next = takes or clearing
        written.write_address.next = following
        written.newest.next = latest
        reads.tap.next = place
        reads.behind.next = second

    return decide, look, follow_newest, blank, go_on, walk, follow, blend_on, hand_over, connect


@entity
def time_steps(clk, reset, take, give, step, due, phase, weight, plan):
    """The time of the word that is calculated, behind the newest sample; the next one lies a step behind it.

    Its upper bits are the phase of the low-pass before it, those below the part of the way to the next phase.
    """
    law, bits = plan.law, plan.law.step_bits
    fraction = magnitude_signal(bits, fraction_length=bits)
    coming = magnitude_signal(plan.time_bits, fraction_length=bits)
    missing = bit_signal(plan.time_bits - bits)
    first = Constant(1, "sample is missing at first: the word of time 0 leaves with it")
    phase_end, weight_end = bits - law.phase_bits, bits - law.phase_bits - law.weight_bits
    time_bits = plan.time_bits

    @always_comb
    def show():
        due.next = missing == 0
        phase.next = fraction[bits:phase_end]
        weight.next = fraction[phase_end:weight_end]

    @always(clk.posedge)
    def go_on():
        """Samples that are missing until the time has come, and what of a sample lies between it and the last of these."""
        if reset:
            fraction.next = 0
            missing.next = first
        elif give:
            fraction.next = coming[bits:]
            missing.next = coming[time_bits:bits]
        elif take:
            missing.next = missing - 1

    return show, (steered_time if plan.steered else usual_time)(fraction, step, coming, plan), go_on


@inline
def usual_time(fraction, step, coming, plan):
    """A step behind the time that is over."""
    usual = Constant(plan.law.usual, "step")

    @always_comb
    def add_step():
        coming.next = fraction + usual

    return add_step


@inline
def steered_time(fraction, step, coming, plan):
    """A step behind the time that is over, as the port says."""
    least, greatest = Constant(plan.law.least, "step"), Constant(plan.law.greatest, "step")
    allowed = magnitude_signal(len(step), fraction_length=plan.law.step_bits)

    @always_comb
    def limit():
        """The step is held near what it is to be, whatever the port says."""
        if step < least:
            allowed.next = least
        elif step > greatest:
            allowed.next = greatest
        else:
            allowed.next = step

    @always_comb
    def add_step():
        coming.next = fraction + allowed

    return limit, add_step
