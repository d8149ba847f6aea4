"""Which step of which level is done when, in an analysis by lifting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.banks.bank_addresses import waiting_places
from ip_cores.banks.bank_steps import handshake, name_band, sample_number, word_at_output
from ip_cores.banks.lifting_unit import pace, step_clocks
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Constant, Group, described, entity, inline


@dataclass(frozen=True, eq=False)
class LiftingOrders(Group):
    """What an analysis by lifting does in a clock.

    Attributes
    ----------
    taking, take : Signal of bool
        A sample may come, and comes.
    load, advance : Signal of bool
        As in `UnitStep`.
    proceeds : Signal of bool
        The memory is read on.
    index : Signal
        Which step.
    """

    taking: Any
    take: Any
    load: Any
    advance: Any
    proceeds: Any
    index: Any


@dataclass(frozen=True, eq=False)
class DelayAccess(Group):
    """How an analysis works on the memory of waiting words.

    Attributes
    ----------
    delay_read, delay_write : Signal
        Where a word is read, and written.
    write_delay, fetch : Signal of bool
        A word is written, and read to be given.
    """

    delay_read: Any
    delay_write: Any
    write_delay: Any
    fetch: Any


@entity
def scheduler(clk, reset, sink, source, orders, state, delay, plan):
    """Takes a sample, walks through the steps of the levels that fall due, then sends the words.

    Samples are numbered by `number`; level j has a new word after samples whose number ends in j ones.
    `band` is j - 1 for the detail of level j, and J for the approximation. The memories cannot be reset
    at once, so after a reset they are filled with zeros, one word a clock.
    """
    levels, last_word = plan.levels, 2**plan.count_bits - 1
    last_slot = Constant(plan.slots - 1, "of a level, one for each step")
    approximation = Constant(levels, "number of the band that is no detail")
    top = Constant(levels, "the deepest level")
    number, deeper = address_signal(plan.count_bits), address_signal(plan.count_bits)
    slot, level, band = counter_signal(plan.slots), counter_signal(levels + 1), counter_signal(levels + 1)
    blank, waiting, busy, settling, emitting, holds = (flag() for _ in range(6))
    moves, takes, sends, works, steps, ends, pauses, ends_period = (flag() for _ in range(8))
    goes_deeper, is_coarsest, is_finest, is_top = (flag() for _ in range(4))
    level_bit = tuple((1 << j) % (1 << levels) for j in range(levels + 1))

    @always_comb
    def look_ahead():
        """What the sample's number says of the level at work, and where the walk through its steps stands."""
        goes_deeper.next = (number & deeper) != 0
        is_coarsest.next = band == approximation
        is_finest.next = band == 0
        is_top.next = level == top
        sends.next = emitting and moves
        works.next = busy and slot > 1
        ends.next = steps and slot == last_slot
        pauses.next = works and not steps
        ends_period.next = sends and is_finest

    @always_comb
    def command():
        """Results go into the memory of states; those of a level's last step leave."""
        orders.taking.next = waiting
        orders.take.next = takes
        orders.load.next = busy and slot == 1
        orders.advance.next = steps
        orders.proceeds.next = not pauses
        delay.fetch.next = sends
        state.write_state.next = blank or steps or (takes and not number[0]) or (settling and not goes_deeper and not is_top)
        delay.write_delay.next = blank or ends or (settling and is_top)

    @always(clk.posedge)
    def walk():
        """While a level is at work, level is one less than its number; then it is the level that the newest result enters."""
        if reset:
            busy.next = False
            settling.next = False
            slot.next = 0
            level.next = 0
        elif takes:
            busy.next = number[0]
            level.next = 0
        elif ends:
            busy.next = False
            settling.next = True
            slot.next = 0
            level.next = level + 1
        elif settling:
            settling.next = False
            busy.next = goes_deeper
            if not goes_deeper:
                level.next = 0
        elif busy and not pauses:
            slot.next = slot + 1

    @always(clk.posedge)
    def deliver():
        """Bands are written from the finest on, then sent from the coarsest that fell due."""
        if reset:
            band.next = 0
            emitting.next = False
        elif ends:
            band.next = band + 1
        elif settling:
            if is_top:
                emitting.next = True
            elif not goes_deeper:
                emitting.next = True
                band.next = band - 1
        elif sends:
            if is_finest:
                emitting.next = False
            else:
                band.next = band - 1

    return (
        handshake(waiting, holds, sink.flow(), source.flow(), takes, moves),
        sample_number(clk, reset, takes, ends_period, blank, waiting, number, last_word),
        word_at_output(clk, reset, moves, emitting, holds),
        name_band(clk, sends, is_coarsest, band, source.channel),
        described(table(level, deeper, level_bit), "The bit of a number that tells whether a deeper level has a word too."),
        look_ahead, command, walk, deliver,
        pace(clk, reset, works, steps, step_clocks(plan.steps)),
        waiting_places(number, band, delay.delay_write, delay.delay_read, plan.line),
        state_places(blank, busy, number, level, slot, state, orders.index, plan),
    )  # fmt: skip


@inline
def state_places(blank, busy, number, level, slot, state, index, plan):
    """Addresses in the memory of states: a step reads one slot ahead of the one that it writes."""
    bits, whole, level_bits = plan.slot_bits, plan.history_bits, plan.level_bits
    written = address_signal(bits)
    current = address_signal(bits)

    @always_comb
    def find_slot():
        """A step reads one slot ahead of the one that it writes."""
        current.next = slot
        if busy:
            written.next = slot - 1
        else:
            written.next = 0

    @always_comb
    def find_step():
        """The first two slots load the words; steps follow."""
        if slot > 1:
            index.next = slot - 2
        else:
            index.next = 0

    if not level_bits:

        @always_comb
        def of_the_level():
            """The one level has all slots; after a reset they are cleared, one after the other."""
            state.read_address.next = current
            if blank:
                state.write_address.next = number[whole:]
            else:
                state.write_address.next = written

        return find_slot, find_step, of_the_level

    @always_comb
    def of_a_level():
        """Each level has slots of its own; after a reset they are cleared, one after the other."""
        state.read_address.next = concat(level[level_bits:], current)
        if blank:
            state.write_address.next = number[whole:]
        else:
            state.write_address.next = concat(level[level_bits:], written)

    return find_slot, find_step, of_a_level
