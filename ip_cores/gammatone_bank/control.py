"""Gammatone bank: what happens in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.biquad.control import handing_over, product_clocks, section_clocks, table_place
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.hierarchy import Constant, Group, entity


@dataclass(frozen=True, eq=False)
class BandFlow(Group):
    """Where a sample is on its way through the bands.

    Attributes
    ----------
    store : Signal of bool
        It is taken, and held for all bands.
    smooth : Signal of bool, optional
        A band's last line is known: its level goes on.
    """

    store: Any
    smooth: Any = None


@entity
def bank_control(clk, reset, sink, source, orders, flow, rows, place, plan):
    """Takes a sample, walks through the sections of one band after another, hands the word of each over.

    The memory cannot be reset at once, so after a reset its rows are written one by one, before the first sample is taken.
    """
    takes, begins, fresh, gives, running, waits, busy, holds = (flag() for _ in range(8))
    last, ends, final_band, restarts, multiplies = (flag() for _ in range(5))
    clock_number = counter_signal(plan.clocks)
    finish_step = Constant(plan.clocks - 1, "in which a section's result is handed on")
    # The sample is handed on to the first section as a section's result is.
    first_step = Constant(plan.clocks - 1, "with which a band begins")

    @always_comb
    def decide():
        """One sample at a time: no other is taken until the word of the last band has been handed over."""
        takes.next = sink.valid and not busy
        gives.next = waits and (source.ready or not holds)
        begins.next = fresh or (gives and not final_band)
        restarts.next = gives and final_band
        last.next = running and clock_number == finish_step

    @always(clk.posedge)
    def follow():
        """The first band begins behind the sample, each other with the word of the one before it."""
        if reset:
            fresh.next = False
        else:
            fresh.next = takes

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds
        flow.store.next = takes
        orders.take.next = begins
        orders.step.next = clock_number
        orders.multiply.next = multiplies
        orders.finish.next = last
        orders.give.next = gives

    if plan.smoothing is None:
        result = handing_over(clk, reset, last, ends, gives, waits, holds, source)
    else:
        result = handing_level_over(clk, reset, last, ends, gives, waits, holds, source, flow.smooth)
    return (
        decide,
        follow,
        section_clocks(clk, reset, begins, running, clock_number, last, ends, first_step),
        result,
        connect,
        band_rows(clk, reset, takes, begins, fresh, last, restarts, BandCourse(ends, final_band, busy), rows, plan),
        product_clocks(running, clock_number, last, multiplies, plan),
        table_place(clk, reset, restarts, multiplies, place, plan),
    )


def handing_level_over(clk, reset, last, ends, gives, waits, holds, source, smooth):
    """What becomes of a band's last line: a process of the entity around it."""
    smooths = flag()

    @always_comb
    def show():
        smooth.next = smooths

    @always(clk.posedge)
    def hand_over():
        """The level goes on, and waits for the output register, and a word in that for who takes it."""
        if reset:
            smooths.next = False
            waits.next = False
            holds.next = False
        else:
            smooths.next = last and ends
            waits.next = smooths or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    return show, hand_over


@dataclass(frozen=True, eq=False)
class BandCourse(Group):
    """Where the walk is.

    Attributes
    ----------
    ends : Signal of bool
        In the last section of a band.
    final_band : Signal of bool
        In the last band.
    busy : Signal of bool
        No other sample can be taken.
    """

    ends: Any
    final_band: Any
    busy: Any


def band_rows(clk, reset, takes, begins, fresh, last, restarts, course, rows, plan):
    """Walks through the lines of all bands; from a reset on through all rows, to clear them: processes of the entity around them."""
    filling = flag()
    ends, final_band, busy = course.ends, course.final_band, course.busy
    current, next_row, reading = (address_signal(plan.row_bits) for _ in range(3))
    band, next_band = address_signal(plan.channel_bits), address_signal(plan.channel_bits)
    line_bits = plan.line_bits
    last_row = Constant((1 << plan.row_bits) - 1, "that is cleared after a reset")
    last_line = Constant(plan.lines - 1, "of a band")
    last_band = Constant(plan.bands - 1, "of a sample")

    @always_comb
    def look_ahead():
        band.next = current[:line_bits]
        next_row.next = current + 1
        ends.next = current[line_bits:] == last_line

    @always_comb
    def count_bands():
        next_band.next = band + 1
        final_band.next = band == last_band

    @always_comb
    def address():
        """A sample begins with the first line of the first band; each band with its first line, and goes on from line to line."""
        reading.next = next_row
        if fresh:
            reading.next = 0
        elif begins:
            reading.next = next_band << line_bits

    @always_comb
    def show():
        rows.row.next = current
        rows.clear.next = filling
        rows.keep.next = filling or last
        rows.read_row.next = reading
        rows.fetch.next = begins or last

    @always(clk.posedge)
    def advance():
        """The row that is worked on; from a reset on all of them in turn."""
        if reset:
            filling.next = True
            busy.next = True
            current.next = 0
        elif filling:
            current.next = next_row
            if current == last_row:
                filling.next = False
                busy.next = False
        elif takes:
            busy.next = True
        elif begins or (last and not ends):
            current.next = reading
        elif restarts:
            busy.next = False

    return look_ahead, count_bands, address, show, advance
