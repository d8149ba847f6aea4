"""Control of the feedback canceller: a word of each sink, a walk through the weights, the sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.feedback_canceller.plan import LATEST_SQUARE, READ, WRITTEN
from ip_cores.hierarchy import Constant, Group, entity


@dataclass(frozen=True, eq=False)
class CancellerOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word of each sink is taken.
    second : Signal of bool
        It is the second clock of a step, with which all registers of the walk go on.
    keep : Signal of bool
        A weight is written back; a product by it is subtracted from the sum.
    teach : Signal of bool
        A product is subtracted from the sum behind the prefilter.
    enter, leave : Signal of bool
        A square is added to the power, or subtracted.
    give : Signal of bool
        The sum leaves.
    """

    take: Any
    second: Any
    keep: Any
    teach: Any
    enter: Any
    leave: Any
    give: Any


@dataclass(frozen=True, eq=False)
class CancellerPlaces(Group):
    """Where words are read and written.

    Attributes
    ----------
    blank : Signal of bool
        Zeros are written, after a reset.
    write : Signal of bool
        A word of the loudspeaker is written, or a zero.
    newest, oldest : Signal
        Where it is written, and which word is read.
    write_weight : Signal of bool
    weight, read_weight : Signal
        Which weight is written, and which one is read.
    """

    blank: Any
    write: Any
    newest: Any
    oldest: Any
    write_weight: Any
    weight: Any
    read_weight: Any


@entity
def canceller_control(clk, reset, sink_0, sink_1, source, orders, places, plan):
    """Takes a word of each sink, walks through the weights in steps of two clocks, hands the sum over.

    Memories cannot be reset at once, so after a reset they are filled with zeros, one word a clock, before the first words are taken.
    """
    law = plan.law
    takes, gives, clearing, busy, running, halfway, last, waits, holds = (flag() for _ in range(9))
    latest, next_address, reading = (address_signal(plan.line_bits) for _ in range(3))
    step = counter_signal(plan.last_step + 1)
    lag = Constant(law.delay, "samples from the newest word to the first weight")
    last_step = Constant(plan.last_step, "in whose first clock the last product is subtracted")
    read_step = Constant(READ, "in which weight 0 is read")
    first_weight = Constant(WRITTEN, "in which weight 0 is multiplied and written")
    newest_square = Constant(LATEST_SQUARE, "with the square of the word that enters the power")
    oldest_square = Constant(plan.oldest_square, "with the square of the word that leaves it")
    weight_bits = plan.weight_address_bits
    passed, to_read = address_signal(len(step)), address_signal(len(step))
    keeps = flag()

    @always_comb
    def decide():
        """Words of both sinks at once, and no others until the sum has been handed over."""
        takes.next = sink_0.valid and sink_1.valid and not busy
        gives.next = waits and (source.ready or not holds)
        last.next = running and not halfway and step == last_step

    @always_comb
    def follow_newest():
        next_address.next = latest + 1

    @always(clk.posedge)
    def walk():
        """Two clocks for each step."""
        if reset:
            clearing.next = True
            busy.next = True
            running.next = False
            halfway.next = False
            latest.next = 0
            step.next = 0
        else:
            if takes or clearing:
                latest.next = next_address
            if clearing:
                if next_address == 0:
                    clearing.next = False
                    busy.next = False
            elif takes:
                busy.next = True
                running.next = True
                step.next = 0
            elif gives:
                busy.next = False
            elif last:
                running.next = False
            elif running:
                halfway.next = not halfway
                if halfway:
                    step.next = step + 1

    @always(clk.posedge)
    def go_back():
        """Which word is read: one that is older by a sample in each step."""
        if takes:
            reading.next = next_address - lag
        elif halfway:
            reading.next = reading - 1

    @always(clk.posedge)
    def hand_over():
        """The sum waits for the output register, and a word in that for who takes it."""
        if reset:
            waits.next = False
            holds.next = False
        else:
            waits.next = last or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always_comb
    def count_weights():
        """Weights that are some steps late."""
        passed.next = step - first_weight
        to_read.next = step - read_step

    @always_comb
    def choose_weight():
        """Weights learn in the first clock of their step and are written in the second, if it has one; all of them after a reset."""
        orders.teach.next = running and not halfway and step > first_weight
        keeps.next = halfway and step >= first_weight
        if clearing:
            places.weight.next = next_address[weight_bits:]
        else:
            places.weight.next = passed[weight_bits:]

    @always_comb
    def connect():
        sink_0.ready.next = sink_1.valid and not busy
        sink_1.ready.next = sink_0.valid and not busy
        source.valid.next = holds
        orders.take.next = takes
        orders.second.next = halfway
        orders.keep.next = keeps
        orders.enter.next = running and not halfway and step == newest_square
        orders.leave.next = running and not halfway and step == oldest_square
        orders.give.next = gives
        places.blank.next = clearing
        places.write.next = takes or clearing
        places.newest.next = next_address
        places.oldest.next = reading
        places.write_weight.next = keeps or clearing
        places.read_weight.next = to_read[weight_bits:]

    return decide, follow_newest, walk, go_back, hand_over, count_weights, choose_weight, connect
