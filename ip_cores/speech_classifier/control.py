"""Speech classifier: its registers, and what happens in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.speech_classifier import LIMIT
from ip_cores.blocks.arithmetic import bit_signal, counter_signal, flag, like, magnitude_signal
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.speech_classifier.plan import JUDGING, SUMMING


@dataclass(frozen=True, eq=False)
class ClassifierOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A sample is taken.
    compare : Signal of bool
        The sample is multiplied by itself, and its sign is compared with that of the one before; otherwise it is multiplied by that one.
    add_square, add_lagged : Signal of bool
        The product is added to the energy, or to the correlation.
    second : Signal of bool
        The logarithm taken is that of the correlation; otherwise it is that of the energy.
    turn : Signal of bool
        A hop is over: its sums become those of the hop before.
    keep, judge, measure : Signal of bool
        The level is kept; floor and tilt are formed; the distance above the floor is.
    give : Signal of bool
        The frame's word is handed over.
    """

    take: Any
    compare: Any
    add_square: Any
    add_lagged: Any
    second: Any
    turn: Any
    keep: Any
    judge: Any
    measure: Any
    give: Any


@dataclass(frozen=True, eq=False)
class ClassLimits(Group):
    """Limits of the decision.

    Attributes
    ----------
    silence, steepest : Signal
        Least distance above the floor of a frame that is not silent; largest tilt of a voiced one.
    """

    silence: Any
    steepest: Any


@entity
def classifier_registers(clk, reset, control, limits, first_silence, first_tilt):
    """Avalon-MM slave: address 0 is the limit of silence, address 1 that of the tilt."""
    first_limit = Constant(first_silence, f"{first_silence * LIMIT.resolution:g} doublings of energy")
    first_steepest = Constant(first_tilt, f"{first_tilt * LIMIT.resolution:g} doublings of energy")
    least, most = (magnitude_signal(LIMIT.word_length, fraction_length=LIMIT.fraction_length) for _ in range(2))

    @always(clk.posedge)
    def write():
        """The two limits."""
        if reset:
            least.next = first_limit
            most.next = first_steepest
        elif control.write:
            if control.address == 0:
                least.next = control.writedata
            else:
                most.next = control.writedata

    @always_comb
    def read():
        """What stands at the address."""
        if control.address == 0:
            control.readdata.next = least
        else:
            control.readdata.next = most

    @always_comb
    def connect():
        limits.silence.next = least
        limits.steepest.next = most

    return write, read, connect


@entity
def classifier_control(clk, reset, sink, source, orders, hop):
    """Takes a sample, walks through its sums, and through the judgement at the end of a hop."""
    last_place, last_sum, last_step = Constant(hop - 1, "of a hop"), Constant(SUMMING - 1, "a clock"), Constant(JUDGING - 1, "a clock")
    tracks, measures = Constant(JUDGING - 2, "a clock"), Constant(JUDGING - 3, "a clock")
    takes, gives, busy, waits, holds, ends, summed, over = (flag() for _ in range(8))
    sums, steps = bit_signal(SUMMING), bit_signal(JUDGING)
    place = counter_signal(hop)
    sums_above, steps_above = SUMMING - 1, JUDGING - 1

    @always_comb
    def decide():
        """No other sample is taken until the one that was has been summed up, and the word of a frame has been handed over."""
        takes.next = sink.valid and not busy
        gives.next = waits and (source.ready or not holds)
        summed.next = sums[last_sum]
        over.next = sums[last_sum] and ends

    @always(clk.posedge)
    def walk():
        """The clocks of a sample, and behind those of the last one of a hop the clocks of the judgement."""
        if reset:
            sums.next = 0
            steps.next = 0
            waits.next = False
            holds.next = False
        else:
            sums.next = concat(sums[sums_above:], takes)
            steps.next = concat(steps[steps_above:], over)
            waits.next = steps[last_step] or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always(clk.posedge)
    def count():
        """Place in the hop of the sample to come; whether the one that was taken is the last."""
        if reset:
            place.next = 0
            ends.next = False
            busy.next = False
        elif takes:
            ends.next = place == last_place
            busy.next = True
            if place == last_place:
                place.next = 0
            else:
                place.next = place + 1
        elif gives or (summed and not over):
            busy.next = False

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds

    @always_comb
    def order():
        orders.take.next = takes
        orders.compare.next = sums[0]
        orders.add_square.next = sums[1]
        orders.add_lagged.next = summed
        orders.second.next = steps[1]
        orders.turn.next = steps[1]
        orders.keep.next = steps[measures]
        orders.judge.next = steps[tracks]
        orders.measure.next = steps[last_step]
        orders.give.next = gives

    return decide, walk, count, connect, order


def new_orders() -> ClassifierOrders:
    """Signals for the orders."""
    return ClassifierOrders(*(flag() for _ in range(10)))


def new_limits() -> ClassLimits:
    """Signals for the limits."""
    limit = magnitude_signal(LIMIT.word_length, fraction_length=LIMIT.fraction_length)
    return ClassLimits(limit, like(limit))
