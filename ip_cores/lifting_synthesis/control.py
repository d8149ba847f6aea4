"""Which step of which level is undone when, in a synthesis by lifting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.banks.bank_steps import handshake, word_at_output
from ip_cores.banks.lifting_unit import pace, step_clocks
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.hierarchy import Constant, Group, entity, inline


@dataclass(frozen=True, eq=False)
class UndoingOrders(Group):
    """What a synthesis by lifting does in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word comes.
    load, advance : Signal of bool
        As in `UnitStep`.
    proceeds : Signal of bool
        The memory is read on.
    early : Signal of bool
        The sample is the second one of the pair before.
    index : Signal
        Which step.
    """

    take: Any
    load: Any
    advance: Any
    proceeds: Any
    early: Any
    index: Any


@entity
def scheduler(clk, reset, sink, source, orders, state, deliver, plan):
    """Takes the words that fall due together, the coarsest first, and gives two samples for them.

    The first word lets the second sample of the last pair of level 1 leave. If the word is no
    approximation but a detail, its approximation is the second sample of the last pair of the level
    above. Then the steps of each pair are undone. Which words fall due is read from their channels
    alone, so that a synthesis may start amid a stream: words that it has missed count as zeros. The
    memory cannot be reset at once, so after a reset it is filled with zeros, one word a clock.
    """
    top = Constant(plan.levels, "the deepest level")
    last_slot = Constant(len(plan.steps), "of a level, one for each step")
    last_state = Constant(len(plan.steps) - 1, "slot of the state that leaves a level")
    last_word = Constant(2**plan.history_bits - 1, "of the memory that is cleared")
    number = address_signal(plan.history_bits)
    slot = counter_signal(last_slot + 1)
    level, reads_level = address_signal(len(sink.channel)), address_signal(len(sink.channel))
    reads_slot = counter_signal(last_slot + 1)
    blank, waiting, is_first, is_whole, opens, inherits, undoes, gives, holds = (flag() for _ in range(9))
    moves, takes, second, works, steps, ends, pauses, is_lowest, leaves = (flag() for _ in range(9))

    @always_comb
    def look():
        """Where the walk through the steps stands."""
        second.next = slot == 1
        works.next = undoes and slot != 0
        ends.next = steps and slot == last_slot
        pauses.next = works and not steps
        is_lowest.next = level == 1
        leaves.next = gives or (opens and second)

    @always_comb
    def command():
        """Results go into the memory of states; the lowest level's leave."""
        orders.take.next = takes
        orders.load.next = inherits and second
        orders.advance.next = steps
        orders.proceeds.next = not pauses
        orders.early.next = opens
        state.write_state.next = blank or steps
        deliver.next = moves and leaves

    @always_comb
    def choose_state():
        """The word that is read: of the last pair before new ones come, else that of the step."""
        if opens:
            reads_level.next = 1
            reads_slot.next = last_state
        elif inherits:
            reads_level.next = level + 1
            reads_slot.next = last_state
        else:
            reads_level.next = level
            reads_slot.next = slot

    @always(clk.posedge)
    def clear():
        """From a reset on it runs through the memory, to clear it."""
        if reset:
            blank.next = True
            number.next = 0
        elif blank:
            number.next = number + 1
            if number == last_word:
                blank.next = False

    @always(clk.posedge)
    def proceed():
        """What comes next: the sample that opens a pair, an approximation that is inherited, steps to undo, a sample that leaves."""
        if reset:
            waiting.next = False
            is_first.next = True
            opens.next = False
            inherits.next = False
            undoes.next = False
            gives.next = False
            slot.next = 0
        elif blank:
            waiting.next = number == last_word
        elif takes:
            waiting.next = False
            is_first.next = False
            opens.next = is_first
            undoes.next = not is_first
            is_whole.next = sink.channel == 0
            slot.next = 0
            if is_first:
                level.next = sink.channel
                if sink.channel == 0:
                    level.next = top
        elif opens:
            if not second:
                slot.next = 1
            elif moves:
                slot.next = 0
                opens.next = False
                waiting.next = is_whole
                inherits.next = not is_whole and level != top
                undoes.next = not is_whole and level == top
        elif inherits:
            slot.next = 1
            if second:
                slot.next = 0
                inherits.next = False
                undoes.next = True
        elif ends:
            slot.next = 0
            undoes.next = False
            gives.next = is_lowest
            waiting.next = not is_lowest
            level.next = level - 1
        elif undoes and not pauses:
            slot.next = slot + 1
        elif gives and moves:
            gives.next = False
            waiting.next = True
            is_first.next = True

    return (
        pace(clk, reset, works, steps, step_clocks(plan.steps)),
        handshake(waiting, holds, sink.flow(), source.flow(), takes, moves),
        word_at_output(clk, reset, moves, leaves, holds),
        look, command, choose_state, clear, proceed,
        state_places(blank, number, level, slot, reads_level, reads_slot, state, orders.index, plan),
    )  # fmt: skip


@inline
def state_places(blank, number, level, slot, reads_level, reads_slot, state, index, plan):
    """Addresses in the memory of states: a step reads one slot ahead of the one that it writes."""
    bits, level_bits, last = plan.slot_bits, plan.level_bits, len(plan.steps)
    written = counter_signal(last + 1)

    @always_comb
    def find_step():
        """A step reads one slot ahead of the one that it writes."""
        if slot > 0:
            written.next = slot - 1
        else:
            written.next = 0

    @always_comb
    def number_step():
        index.next = written[bits:]

    if not level_bits:

        @always_comb
        def of_the_level():
            """The one level has all slots; after a reset they are cleared, one after the other."""
            state.read_address.next = reads_slot[bits:]
            if blank:
                state.write_address.next = number
            else:
                state.write_address.next = written[bits:]

        return find_step, number_step, of_the_level

    @always_comb
    def of_a_level():
        """Each level has slots of its own; after a reset they are cleared, one after the other."""
        state.read_address.next = concat(reads_level[level_bits:], reads_slot[bits:])
        if blank:
            state.write_address.next = number
        else:
            state.write_address.next = concat(level[level_bits:], written[bits:])

    return find_step, number_step, of_a_level
