"""PSOLA: what happens in which clock, and the marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.pitch_detector import PERIOD_FRACTION
from fixed_point.psola import MARGIN_BITS, PACE_BITS
from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag, like
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.psola.plan import CLOSE, LOOK, SPACE


@dataclass(frozen=True, eq=False)
class GrainOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    works : Signal of bool
        It is worked on what goes with a sample.
    step : Signal
        In which step.
    scans, sounds : Signal of bool
        There is a sample where marks are looked for; one that leaves.
    give : Signal of bool
        A word leaves.
    """

    works: Any
    step: Any
    scans: Any
    sounds: Any
    give: Any


@dataclass(frozen=True, eq=False)
class DetectorLink(Group):
    """What goes on with the pitch detector.

    Attributes
    ----------
    offered : Signal of bool
        It gets a sample.
    heard : Signal of bool
        It can take one.
    hears : Signal of bool
        Its word is taken.
    """

    offered: Any
    heard: Any
    hears: Any


@dataclass(frozen=True, eq=False)
class NextMark(Group):
    """The mark that was not passed yet.

    Attributes
    ----------
    known : Signal of bool
    length : Signal
        Samples to it from the one before.
    voiced : Signal of bool
        Whether it is a voice's.
    passed : Signal of bool
        It is passed.
    """

    known: Any
    length: Any
    voiced: Any
    passed: Any


@dataclass(frozen=True, eq=False)
class MarkRows(Group):
    """Where marks wait: a row for each, its length above whether it is a voice's.

    Attributes
    ----------
    store : Signal of bool
    row, tail : Signal
        What is written, and where.
    head, front : Signal
        Where is read, and what stands there.
    """

    store: Any
    row: Any
    tail: Any
    head: Any
    front: Any


def new_orders(plan: Any) -> GrainOrders:
    """Signals for the orders."""
    return GrainOrders(flag(), counter_signal(plan.last_step + 1), flag(), flag(), flag())


def new_mark(plan: Any) -> NextMark:
    """Signals for the next mark."""
    return NextMark(flag(), bit_signal(plan.length_bits), flag(), flag())


def new_rows(plan: Any) -> MarkRows:
    """Signals for the rows."""
    row, front = (bit_signal(plan.length_bits + 1) for _ in range(2))
    return MarkRows(flag(), row, address_signal(plan.queue_bits), address_signal(plan.queue_bits), front)


@entity
def psola_control(clk, reset, sink, source, link, orders, written, plan):
    """Takes a sample together with the pitch detector, waits until that is done, looks for a mark, and lets leave what is due.

    The memory cannot be reset at once, so after a reset it is filled with zeros, one word a clock, before the first sample is taken.
    """
    law = plan.law
    takes, gives, clearing, taking, listening, working, waits, holds, due, again = (flag() for _ in range(10))
    latest, next_address = address_signal(plan.address_bits), address_signal(plan.address_bits)
    number, age = counter_signal(plan.last_step + 1), counter_signal(law.delay + 2)
    place, moved = counter_signal((2 * law.pace) + (2 << PACE_BITS)), counter_signal((2 * law.pace) + (2 << PACE_BITS))
    close, last = Constant(CLOSE, "in which a mark is set"), Constant(plan.last_step, "of a word that leaves")
    space = Constant(SPACE, "the first one of a word that leaves")
    sample = Constant(1 << PACE_BITS, "a sample, in parts")
    pace = Constant(law.pace, "parts of a sample that are gone on with a word")
    lag, delay = Constant(law.lag, "samples behind which marks are looked for"), Constant(law.delay, "behind which words sound")

    @always_comb
    def decide():
        """A sample is taken when the detector takes one, too; a word leaves when the output register is free."""
        takes.next = sink.valid and taking
        gives.next = waits and (source.ready or not holds)

    @always_comb
    def look():
        """Whether a word is due, and whether another one is behind it."""
        moved.next = place + pace
        due.next = place < sample
        again.next = moved < sample
        next_address.next = latest + 1

    @always_comb
    def blank():
        """After a reset the memory is filled with zeros."""
        if clearing:
            written.write_data.next = 0
        else:
            written.write_data.next = sink.data

    @always(clk.posedge)
    def write_on():
        """Where the last sample stands, and how many there have been, up to the first that leaves."""
        if reset:
            clearing.next = True
            latest.next = 0
            age.next = 0
        else:
            if takes or clearing:
                latest.next = next_address
            if clearing and next_address == 0:
                clearing.next = False
            if takes and age <= delay:
                age.next = age + 1

    @always(clk.posedge)
    def go_on():
        """What is gone on of the signal: a sample with each that is taken, the pace with each word that leaves."""
        if reset:
            place.next = sample
        elif takes:
            place.next = place - sample
        elif gives:
            place.next = moved

    @always(clk.posedge)
    def follow():
        """A sample is taken, the detector listened to, the work done, a word handed over, another one where it is due."""
        if reset:
            taking.next = False
            listening.next = False
            working.next = False
            waits.next = False
            holds.next = False
            number.next = 0
        else:
            holds.next = gives or (holds and not source.ready)
            if clearing and next_address == 0:
                taking.next = True
            if takes:
                taking.next = False
                listening.next = True
            if listening and link.heard:
                listening.next = False
                working.next = True
                number.next = 0
            if working:
                if number == last:
                    working.next = False
                    waits.next = True
                elif number == close and not due:
                    working.next = False
                    taking.next = True
                else:
                    number.next = number + 1
            if gives:
                waits.next = False
                if again:
                    working.next = True
                    number.next = space
                else:
                    taking.next = True

    @always_comb
    def connect():
        sink.ready.next = taking
        source.valid.next = holds
        link.offered.next = takes
        link.hears.next = listening
        orders.works.next = working
        orders.step.next = number
        orders.scans.next = age > lag
        orders.sounds.next = age > delay
        orders.give.next = gives
        written.write.next = takes or clearing
        written.write_address.next = next_address
        written.newest.next = latest

    return decide, look, blank, write_on, go_on, follow, connect


@entity
def mark_finder(clk, reset, orders, tells, told, word, rows, plan):
    """Sets marks: each at the highest word of a window around a period behind the one before."""
    law, bits, point = plan.law, plan.length_bits, PERIOD_FRACTION
    period_bits = law.detection.place_bits
    margin_bits = period_bits + 4
    look, close = Constant(LOOK, "in which the word is there"), Constant(CLOSE, "in which a mark is set")
    usual = Constant(law.usual, "samples from mark to mark where there is no voice")
    period, thirteen = bit_signal(period_bits), bit_signal(margin_bits)
    whole, margin, nearest, doubled = (bit_signal(bits) for _ in range(4))
    offset, best, low, high = (bit_signal(bits) for _ in range(4))
    top, place = like(word), address_signal(plan.queue_bits)
    fresh, voiced, higher, ends, voice = (flag() for _ in range(5))

    @always(clk.posedge)
    def listen():
        """The period that was told last."""
        if reset:
            period.next = 0
        elif tells:
            period.next = told

    @always_comb
    def weigh():
        """Thirteen periods: a shift and two additions."""
        thirteen.next = (concat(period, False, False, False)) + (concat(period, False, False)) + period

    @always_comb
    def cut():
        """Whole samples of the period, and the 13/64 of it by which the next mark may lie off."""
        whole.next = period[period_bits:point]
        margin.next = thirteen[margin_bits : point + MARGIN_BITS]
        doubled.next = margin
        voice.next = period != 0

    @always_comb
    def widen():
        """Where the voice begins the window is wider by as much."""
        nearest.next = whole - margin
        if not voiced:
            nearest.next = whole - margin - doubled

    @always_comb
    def compare():
        """Whether the word is the highest one so far, and whether the window ends with it."""
        higher.next = offset >= low and (fresh or word > top)
        ends.next = orders.works and orders.scans and orders.step == close and offset >= high

    @always(clk.posedge)
    def keep():
        """The highest word of the window so far, and where it stands."""
        if reset or ends:
            fresh.next = True
        elif orders.works and orders.scans and orders.step == look and higher:
            fresh.next = False
            top.next = word
            best.next = offset

    @always(clk.posedge)
    def set_mark():
        """Samples from the last mark on; at the end of the window the next mark, and its window."""
        if reset:
            offset.next = 0
            low.next = usual
            high.next = usual
            voiced.next = False
        elif ends:
            offset.next = offset - best + 1
            voiced.next = voice
            if voice:
                low.next = nearest
                high.next = whole + margin
            else:
                low.next = usual
                high.next = usual
        elif orders.works and orders.scans and orders.step == close:
            offset.next = offset + 1

    @always(clk.posedge)
    def move():
        """Where the next row is written."""
        if reset:
            place.next = 0
        elif ends:
            place.next = place + 1

    @always_comb
    def connect():
        rows.store.next = ends
        rows.tail.next = place
        rows.row.next = concat(best, voiced)

    return listen, weigh, cut, widen, compare, keep, set_mark, move, connect


@entity
def mark_queue(clk, reset, rows, mark, plan):
    """Which of the marks comes next, and whether it is known."""
    bits = plan.length_bits + 1
    first = address_signal(plan.queue_bits)

    @always(clk.posedge)
    def pass_on():
        """One mark after another is passed."""
        if reset:
            first.next = 0
        elif mark.passed:
            first.next = first + 1

    @always_comb
    def part():
        mark.known.next = first != rows.tail
        mark.length.next = rows.front[bits:1]
        mark.voiced.next = rows.front[0]
        rows.head.next = first

    return pass_on, part
