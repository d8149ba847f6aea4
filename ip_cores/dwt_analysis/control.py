"""Who computes what, when, in a wavelet analysis: addresses of both memories, and the flags of the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.banks.bank_addresses import shift_down, waiting_places
from ip_cores.banks.bank_steps import BankOrders, coefficient_place, handshake, name_band, sample_number, so_many_before, word_at_output
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Constant, Group, described, entity, inline


@dataclass(frozen=True, eq=False)
class AnalysisCourse(Group):
    """Where a wavelet analysis stands.

    Attributes
    ----------
    count : Signal
        Number of the sample.
    step : Signal
        Of a filter.
    level : Signal
        Whose samples are filtered.
    low : Signal of bool
        The low-pass filter is at work.
    band : Signal
        That falls due next; see the scheduler.
    clearing : Signal of bool
        The memories are filled with zeros.
    """

    count: Any
    step: Any
    level: Any
    low: Any
    band: Any
    clearing: Any


@dataclass(frozen=True, eq=False)
class AnalysisOrders(BankOrders):
    """What a wavelet analysis does in a clock.

    Attributes
    ----------
    taking, accumulate, load : Signal of bool
        As in `BankOrders`.
    write_history, write_delay : Signal of bool
        The memory of samples, or that of waiting words, is written.
    fetch : Signal of bool
        A waiting word is read, to be given.
    """

    write_history: Any
    write_delay: Any
    fetch: Any


@entity
def scheduler(clk, reset, sink, source, at, orders, plan):
    """Takes a sample, walks through the filters whose output falls due, then sends the words.

    Samples are numbered by `count`; level j has a new word after samples whose number ends in j ones.
    `band` is j - 1 for the detail of level j, and J for the approximation. The memories cannot be reset
    at once, so after a reset they are filled with zeros, one word a clock.
    """
    levels, stages, last_word = plan.levels, plan.products.stages, 2**plan.count_bits - 1
    first_step = Constant(plan.steps - 1, "of a filter; steps run down")
    products = Constant(plan.clocks, "samples that a filter reads")
    approximation = Constant(levels, "number of the band that is no detail")
    number, follows, deeper = (address_signal(plan.count_bits) for _ in range(3))
    place = counter_signal(plan.steps)
    reads_level = counter_signal(levels)
    writes_band = counter_signal(levels + 1)
    is_low, second, blank, waiting, busy, emitting, holds = (flag() for _ in range(7))
    moves, takes, sends, reads, ends, stores, goes_on, goes_deeper, is_coarsest, is_finest, ends_period = (flag() for _ in range(11))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 2)]
    # The bit of a sample's number that tells whether the level after this one has a new word, too.
    next_bit = tuple((1 << (j + 1)) % (1 << levels) for j in range(levels))
    band_bit = tuple((1 << j) % (1 << levels) for j in range(levels + 1))

    @always_comb
    def look_ahead():
        """What the sample's number says of the level that reads, and of the one whose word is written."""
        goes_on.next = (number & follows) != 0
        goes_deeper.next = (number & deeper) != 0
        is_coarsest.next = writes_band == approximation
        is_finest.next = writes_band == 0
        sends.next = emitting and moves

    @always_comb
    def decide():
        """A filter reads in its first steps; at step 0 its last product is on its way."""
        reads.next = busy and place < products
        ends.next = busy and place == 0
        stores.next = finishing[stages + 1]
        ends_period.next = sends and is_finest

    @always_comb
    def command():
        """A sum starts afresh when the one before is stored; approximations go back into the history, other words wait to leave."""
        orders.taking.next = waiting
        orders.accumulate.next = reading[stages]
        orders.load.next = reset or stores
        orders.fetch.next = sends
        orders.write_history.next = takes or blank or (stores and second and not is_coarsest)
        orders.write_delay.next = blank or (stores and (is_coarsest or not second))

    @always_comb
    def show():
        at.count.next = number
        at.step.next = place
        at.level.next = reads_level
        at.low.next = is_low
        at.band.next = writes_band
        at.clearing.next = blank

    @always(clk.posedge)
    def walk():
        """Steps of a filter run down; high-pass and low-pass take turns, then the next level follows if its word falls due."""
        if reset:
            busy.next = False
            is_low.next = False
            place.next = first_step
            reads_level.next = 0
        elif takes:
            busy.next = number[0]
            reads_level.next = 0
        elif ends:
            place.next = first_step
            is_low.next = not is_low
            if is_low:
                if goes_on:
                    reads_level.next = reads_level + 1
                else:
                    busy.next = False
        elif busy:
            place.next = place - 1

    @always(clk.posedge)
    def follow():
        """Marks that travel beside the products: which arrive at the sum, and which is the last."""
        if reset:
            for stage in range(stages + 1):
                reading[stage].next = False
            for stage in range(stages + 2):
                finishing[stage].next = False
        else:
            reading[0].next = reads
            finishing[0].next = ends
            for stage in range(1, stages + 1):
                reading[stage].next = reading[stage - 1]
            for stage in range(1, stages + 2):
                finishing[stage].next = finishing[stage - 1]

    @always(clk.posedge)
    def deliver():
        """Bands are written from the finest on, then sent from the coarsest that fell due."""
        if reset:
            writes_band.next = 0
            second.next = False
            emitting.next = False
        elif stores:
            second.next = not second
            if not second:
                writes_band.next = writes_band + 1
            elif is_coarsest:
                emitting.next = True
            elif not goes_deeper:
                emitting.next = True
                writes_band.next = writes_band - 1
        elif sends:
            if is_finest:
                emitting.next = False
            else:
                writes_band.next = writes_band - 1

    return (
        handshake(waiting, holds, sink.flow(), source.flow(), takes, moves),
        sample_number(clk, reset, takes, ends_period, blank, waiting, number, last_word),
        word_at_output(clk, reset, moves, emitting, holds),
        name_band(clk, sends, is_coarsest, writes_band, source.channel),
        described(table(reads_level, follows, next_bit), "The bit of a number that tells whether the level behind has a word too."),
        described(table(writes_band, deeper, band_bit), "The bit of a number that tells whether a deeper level has a word too."),
        look_ahead, decide, command, show, walk, follow, deliver,
    )  # fmt: skip


@entity
def addresses(at, place, history_address, read_address, delay_write, delay_read, plan):
    """Addresses of coefficients, samples and waiting words.

    A level's samples lie in a circle of their own. Sample i of level j, which comes with sample
    n = 2**j (i + 1) - 1 of the sink, lies at place i: n shifted by j. A detail of level j lies at n with the
    lowest j - 1 bits cleared, in one circle for all bands, and the approximation at n with J bits
    cleared: no two bands share a place.
    """
    newest, oldest = address_signal(plan.count_bits), address_signal(plan.count_bits)
    return (
        shift_down(at.count, at.band, newest), shift_down(at.count, at.level, oldest),
        waiting_places(at.count, at.band, delay_write, delay_read, plan.line),
        newest_place(at.clearing, at.count, newest, at.band, history_address, plan),
        coefficient_place(at.low, at.step, place, plan.tap_slots),
        [past_place(oldest, at.level, at.step, address, number * plan.clocks, plan) for number, address in enumerate(read_address)],
    )  # fmt: skip


@inline
def newest_place(clearing, count, newest, band, address, plan):
    """Where a sample is written; after a reset, one place after the other."""
    whole, pointer, bits = plan.history_bits, plan.pointer_bits, plan.level_bits
    if not bits:

        @always_comb
        def in_circle():
            """Where a sample is written: samples of a level overwrite each other in a circle; after a reset, one place after the other."""
            if clearing:
                address.next = count[whole:]
            else:
                address.next = newest[pointer:]

        return in_circle

    @always_comb
    def in_circle_of_level():
        """Where a sample is written: each level has a circle of its own; after a reset, one place after the other."""
        if clearing:
            address.next = count[whole:]
        else:
            address.next = concat(band[bits:], newest[pointer:])

    return in_circle_of_level


@inline
def past_place(newest, level, step, address, offset, plan):
    """Where the sample is read that a multiplier needs at a step: so many before the newest."""
    past = address_signal(plan.pointer_bits)
    look_back = described(so_many_before(newest, step, past, offset), "Where a multiplier reads: so many samples before the newest.")

    if not plan.level_bits:
        return look_back, wire(past, address)

    @always_comb
    def in_circle_of_level():
        address.next = concat(level, past)

    return look_back, in_circle_of_level
