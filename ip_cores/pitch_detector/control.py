"""Pitch detector: its registers, and what happens in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from fixed_point.pitch_detector import DECIMATION, HEIGHT, SHARE
from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag, magnitude_signal
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.pitch_detector.plan import PAIRS, SQUARES


@dataclass(frozen=True, eq=False)
class DetectorOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A sample is taken.
    close : Signal of bool
        The sample that was taken is the last of four.
    opens, finish : Signal of bool
        The sample is the first of a hop; with it the last lag has been worked on, and what is chosen leaves.
    step, lag : Signal
        The clock of the work that goes with a sample, and the lag that it is on.
    works, chooses : Signal of bool
        It is worked on a lag; a peak is chosen.
    """

    take: Any
    close: Any
    opens: Any
    finish: Any
    step: Any
    lag: Any
    works: Any
    chooses: Any


@dataclass(frozen=True, eq=False)
class PitchLimits(Group):
    """Limits of the decision.

    Attributes
    ----------
    share, voicing : Signal
        Part of the highest peak that the first one has at least; least height of the highest one.
    """

    share: Any
    voicing: Any


@dataclass(frozen=True, eq=False)
class RingAddresses(Group):
    """Where decimated samples are written and read, and zeros are filled in.

    Attributes
    ----------
    write : Signal of bool
        A decimated sample is written, or a zero.
    filling : Signal of bool
        It is a zero.
    head, early_place, late_place : Signal
        Where it is written; where the two samples of a product are read.
    inside : Signal of bool
        The product that is there is that of a pair of the frame.
    """

    write: Any
    filling: Any
    head: Any
    early_place: Any
    late_place: Any
    inside: Any


def new_orders(plan: Any) -> DetectorOrders:
    """Signals for the orders."""
    return DetectorOrders(
        flag(), flag(), flag(), flag(), counter_signal(plan.clocks), bit_signal(plan.lag_bits), flag(), flag()
    )  # fmt: skip


def new_limits() -> PitchLimits:
    """Signals for the limits."""
    return PitchLimits(*(magnitude_signal(one.word_length, fraction_length=one.fraction_length) for one in (SHARE, HEIGHT)))


def new_addresses(plan: Any) -> RingAddresses:
    """Signals for the addresses."""
    head, early, late = (address_signal(plan.ring_bits) for _ in range(3))
    return RingAddresses(flag(), flag(), head, early, late, flag())


@entity
def detector_registers(clk, reset, control, limits, first_share, first_voicing):
    """Avalon-MM slave: address 0 is the share of the highest peak, address 1 the limit of voicing."""
    start_share = Constant(first_share, f"{first_share * SHARE.resolution:g}")
    start_voicing = Constant(first_voicing, f"{first_voicing * HEIGHT.resolution:g}")
    # Both are read through one port, which has the binary point of neither.
    part, least = (magnitude_signal(one.word_length, fraction_length=one.fraction_length) for one in (SHARE, HEIGHT))

    @always(clk.posedge)
    def write():
        """The two limits."""
        if reset:
            part.next = start_share
            least.next = start_voicing
        elif control.write:
            if control.address == 0:
                part.next = control.writedata
            else:
                least.next = control.writedata

    @always_comb
    def read():
        """What stands at the address."""
        if control.address == 0:
            control.readdata.next = part
        else:
            control.readdata.next = least

    @always_comb
    def connect():
        limits.share.next = part
        limits.voicing.next = least

    return write, read, connect


@entity
def detector_control(clk, reset, sink, source, orders, filling, plan):
    """Takes a sample, and goes through the clocks of the work that goes with it: a lag with each of the first ones of a hop.

    After a reset nothing is taken until the memory of the samples has been filled with zeros.
    """
    law = plan.law
    last_place, last_clock = Constant(law.hop_samples - 1, "of a hop"), Constant(plan.clocks - 1, "of the work on a lag")
    choice = Constant(law.work - 1, "the sample with which a peak is chosen")
    last_phase = Constant(DECIMATION - 1, "of the samples to a decimated one")
    lag_bits = plan.lag_bits
    takes, gives, busy, waits, holds, working, choosing, fresh, first, closes = (flag() for _ in range(10))
    place, current = counter_signal(law.hop_samples), counter_signal(law.hop_samples)
    clock_number = counter_signal(plan.clocks)
    phase = bit_signal(2)

    @always_comb
    def decide():
        """No other sample is taken until the work that goes with the one that was is done, and a period has been handed over."""
        takes.next = sink.valid and not busy and not filling
        gives.next = waits and (source.ready or not holds)

    @always(clk.posedge)
    def count():
        """Place in the hop of the sample to come, and of the one that was taken; its place among four."""
        if reset:
            place.next = 0
            current.next = 0
            phase.next = 0
        elif takes:
            current.next = place
            phase.next = (phase + 1) % DECIMATION
            if place == last_place:
                place.next = 0
            else:
                place.next = place + 1

    @always(clk.posedge)
    def walk():
        """The clocks of the work on a lag; with a sample behind these a single one."""
        if reset:
            busy.next = False
            working.next = False
            choosing.next = False
            fresh.next = False
            first.next = False
            closes.next = False
            clock_number.next = 0
        elif takes:
            busy.next = True
            working.next = place <= choice
            choosing.next = place == choice
            first.next = place == 0
            closes.next = phase == last_phase
            fresh.next = True
            clock_number.next = 0
        else:
            fresh.next = False
            if working:
                if clock_number == last_clock:
                    working.next = False
                    if not choosing:
                        busy.next = False
                else:
                    clock_number.next = clock_number + 1
            elif fresh or gives:
                busy.next = False

    @always(clk.posedge)
    def hand_over():
        """The period waits for the output register, and a word in that for who takes it."""
        if reset:
            waits.next = False
            holds.next = False
        else:
            waits.next = (working and choosing and clock_number == last_clock) or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always_comb
    def connect():
        sink.ready.next = not busy and not filling
        source.valid.next = holds
        orders.take.next = takes
        orders.close.next = fresh and closes
        orders.opens.next = fresh and first
        orders.finish.next = gives
        orders.step.next = clock_number
        orders.lag.next = current[lag_bits:]
        orders.works.next = working
        orders.chooses.next = choosing

    return decide, count, walk, hand_over, connect


@entity
def ring_addresses(clk, reset, orders, ring, plan):
    """Where in the ring of decimated samples the frame lies that is worked on, and its pairs; from a reset on it is filled with zeros."""
    law = plan.law
    last = Constant((1 << plan.ring_bits) - 1, "that is filled with a zero")
    length = Constant(law.frame, "decimated samples of a frame")
    second_step = Constant(SQUARES[1] - 1, "behind which the second square's sample is read")
    pairs_step = Constant(PAIRS - 1, "behind which the first pair is read")
    fill, origin, first, second = (address_signal(plan.ring_bits) for _ in range(4))
    lag_place = address_signal(plan.ring_bits)
    clears, within, follows, stands = (flag() for _ in range(4))
    row = counter_signal(law.frame + 1)

    @always(clk.posedge)
    def move():
        """Where the next decimated sample is written."""
        if reset:
            fill.next = 0
            clears.next = True
        elif clears:
            fill.next = fill + 1
            if fill == last:
                clears.next = False
        elif orders.close:
            fill.next = fill + 1

    @always_comb
    def widen():
        lag_place.next = orders.lag

    @always(clk.posedge)
    def point():
        """The two samples that leave the energy with a lag, each twice; then the pairs, one in each clock."""
        if orders.opens:
            origin.next = fill - length
        if orders.step == 0:
            first.next = origin + lag_place - 1
            second.next = origin + lag_place - 1
        elif orders.step == second_step:
            first.next = origin + length - lag_place
            second.next = origin + length - lag_place
        elif orders.step == pairs_step:
            first.next = origin
            second.next = origin + lag_place
        else:
            first.next = first + 1
            second.next = second + 1

    @always(clk.posedge)
    def count():
        """Place in the frame of a pair's later sample; behind its end there is none."""
        if reset:
            row.next = length
        elif orders.step == pairs_step:
            row.next = orders.lag
        elif row != length:
            row.next = row + 1

    @always_comb
    def look():
        within.next = row != length

    @always(clk.posedge)
    def follow():
        """Whether there is a pair, beside its samples and its product."""
        follows.next = within
        stands.next = follows

    @always_comb
    def connect():
        ring.write.next = clears or orders.close
        ring.filling.next = clears
        ring.head.next = fill
        ring.early_place.next = first
        ring.late_place.next = second
        ring.inside.next = stands

    return move, widen, point, count, look, follow, connect
