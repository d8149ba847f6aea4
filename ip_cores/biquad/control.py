"""Biquad: what happens in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, counter_signal, counts_on, flag, wire
from ip_cores.hierarchy import Constant, Group, entity, inline


@dataclass(frozen=True, eq=False)
class SectionOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word is taken.
    multiply : Signal of bool
        Products are added to the sum.
    step : Signal
        Which clock of a section it is.
    finish : Signal of bool
        A section's result is handed on, and its state written.
    give : Signal of bool
        The last result leaves.
    """

    take: Any
    multiply: Any
    step: Any
    finish: Any
    give: Any


@dataclass(frozen=True, eq=False)
class StateRows(Group):
    """Where the state is read and written.

    Attributes
    ----------
    keep : Signal of bool
        A row is written.
    row : Signal, optional
        The row that is worked on: the channel's number above the line's; none where there is but one.
    read_row : Signal, optional
        The row that is read in this clock, where one is.
    fetch, clear : Signal of bool, optional
        A row is read; is written with what the state is after a reset.
    """

    keep: Any
    row: Any = None
    read_row: Any = None
    fetch: Any = None
    clear: Any = None


@dataclass(frozen=True, eq=False)
class WordCourse(Group):
    """Where a word is on its way.

    Attributes
    ----------
    takes, gives : Signal of bool
        It is taken; its result is handed over.
    last, ends : Signal of bool
        The last clock of a section; of the last section.
    busy : Signal of bool
        No other word can be taken.
    """

    takes: Any
    gives: Any
    last: Any
    ends: Any
    busy: Any


@dataclass(frozen=True, eq=False)
class KeptState(Group):
    """A row of the state.

    Attributes
    ----------
    state, next_state : Signal
        As it was read, and as it is written.
    """

    state: Any
    next_state: Any


@entity
def biquad_control(clk, reset, sink, source, orders, rows, place, plan):
    """Takes a word, walks through all sections, hands the result over.

    The memory cannot be reset at once, so after a reset its rows are written one by one, before the first word is taken.
    """
    takes, gives, running, waits, busy, holds, last, ends, multiplies = (flag() for _ in range(9))
    course = WordCourse(takes, gives, last, ends, busy)
    clock_number = counter_signal(plan.clocks)
    finish_step = Constant(plan.clocks - 1, "in which a section's result is handed on")
    # In the direct form the word that is taken is handed on first, as a section's result is.
    first_step = Constant(plan.clocks - 1 if plan.direct else 0, "with which a word begins")

    @always_comb
    def decide():
        """One word at a time: no other is taken until the result has been handed over."""
        takes.next = sink.valid and not busy
        gives.next = waits and (source.ready or not holds)
        last.next = running and clock_number == finish_step

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds
        orders.take.next = takes
        orders.step.next = clock_number
        orders.multiply.next = multiplies
        orders.finish.next = last
        orders.give.next = gives

    return (
        decide,
        section_clocks(clk, reset, takes, running, clock_number, last, ends, first_step),
        handing_over(clk, reset, last, ends, gives, waits, holds, source),
        connect,
        state_rows(clk, reset, sink, course, rows, plan),
        product_clocks(running, clock_number, last, multiplies, plan),
        table_place(clk, reset, gives, multiplies, place, plan),
    )


def section_clocks(clk, reset, begins, running, clock_number, last, ends, first_step):
    """The clocks of all sections of a word: a process of the entity around it."""

    @always(clk.posedge)
    def walk():
        """The clocks of a section, again and again."""
        if reset:
            running.next = False
            clock_number.next = 0
        elif begins:
            running.next = True
            clock_number.next = first_step
        elif last:
            clock_number.next = 0
            if ends:
                running.next = False
        elif running:
            clock_number.next = clock_number + 1

    return walk


def handing_over(clk, reset, last, ends, gives, waits, holds, source):
    """What becomes of a result behind the last section: a process of the entity around it."""

    @always(clk.posedge)
    def hand_over():
        """The result waits for the output register, and a word in that for who takes it."""
        if reset:
            waits.next = False
            holds.next = False
        else:
            waits.next = (last and ends) or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    return hand_over


@inline
def product_clocks(running, clock_number, last, multiplies, plan):
    """In which clocks products are formed."""
    if plan.direct:

        @always_comb
        def form():
            multiplies.next = running and not last

    else:
        turn_step = Constant(1, "in which a section's result is known")

        @always_comb
        def form():
            multiplies.next = running and not last and clock_number != turn_step

    return form


@inline
def table_place(clk, reset, gives, multiplies, place, plan):
    """Which row of the coefficients is read: that of the clock to come."""
    now, coming = address_signal(plan.place_bits), address_signal(plan.place_bits)

    @always(clk.posedge)
    def follow():
        """The row of the products that are formed."""
        if reset or gives:
            now.next = 0
        else:
            now.next = coming

    return follow, counts_on(now, multiplies, coming), wire(coming, place)


@inline
def state_rows(clk, reset, sink, course, rows, plan):
    """Walks through the rows of a channel's state; from a reset on through all rows, to clear them."""
    if not plan.row_bits:
        return only_row(clk, reset, course, rows)
    filling = flag()
    current = address_signal(plan.row_bits)
    last_row = Constant((1 << plan.row_bits) - 1, "that is cleared after a reset")

    @always_comb
    def connect():
        rows.row.next = current
        rows.clear.next = filling
        rows.keep.next = filling or course.last

    if not plan.line_bits:

        @always_comb
        def address():
            """Where the state of the word's channel stands."""
            rows.read_row.next = sink.channel
            rows.fetch.next = course.takes
            course.ends.next = course.last

        @always(clk.posedge)
        def follow():
            """The row that is worked on; from a reset on all of them in turn."""
            if reset:
                filling.next = True
                course.busy.next = True
                current.next = 0
            elif filling:
                current.next = current + 1
                if current == last_row:
                    filling.next = False
                    course.busy.next = False
            elif course.takes:
                current.next = sink.channel
                course.busy.next = True
            elif course.gives:
                course.busy.next = False

        return connect, address, follow
    return connect, line_rows(clk, reset, sink, course, rows, filling, current, plan)


@inline
def line_rows(clk, reset, sink, course, rows, filling, current, plan):
    """The rows of a channel's lines, one after another."""
    last_row = Constant((1 << plan.row_bits) - 1, "that is cleared after a reset")
    next_row, reading = address_signal(plan.row_bits), address_signal(plan.row_bits)
    line_bits, last_line = plan.line_bits, Constant(plan.lines - 1, "of a word")

    @always_comb
    def look_ahead():
        next_row.next = current + 1
        course.ends.next = course.last and current[line_bits:] == last_line

    if plan.channel_bits:

        @always_comb
        def address():
            """A word begins with the first line of its channel, and goes on from line to line."""
            reading.next = next_row
            if course.takes:
                reading.next = sink.channel << line_bits

    else:

        @always_comb
        def address():
            """A word begins with the first line, and goes on from line to line."""
            reading.next = next_row
            if course.takes:
                reading.next = 0

    @always_comb
    def fetch():
        rows.read_row.next = reading
        rows.fetch.next = course.takes or course.last

    @always(clk.posedge)
    def follow():
        """The row that is worked on; from a reset on all of them in turn."""
        if reset:
            filling.next = True
            course.busy.next = True
            current.next = 0
        elif filling:
            current.next = next_row
            if current == last_row:
                filling.next = False
                course.busy.next = False
        elif course.takes:
            current.next = reading
            course.busy.next = True
        elif course.last and not course.ends:
            current.next = reading
        elif course.gives:
            course.busy.next = False

    return look_ahead, address, fetch, follow


@inline
def only_row(clk, reset, course, rows):
    """One row is a register, which needs no address."""

    @always_comb
    def connect():
        rows.keep.next = course.last
        course.ends.next = course.last

    @always(clk.posedge)
    def follow():
        """Whether there is a word inside."""
        if reset:
            course.busy.next = False
        elif course.takes:
            course.busy.next = True
        elif course.gives:
            course.busy.next = False

    return connect, follow
