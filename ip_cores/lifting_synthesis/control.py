"""Which step of which level is undone when, in a synthesis by lifting."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.banks.bank_steps import handshake, word_at_output
from ip_cores.banks.lifting_unit import pace, step_clocks
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.hierarchy import entity, inline


@entity
def scheduler(
    clk, reset, sink_valid, sink_ready, sink_channel, source_valid, source_ready,
    take, load, advance, proceeds, early, index, read_address, write_address, write_state, deliver, plan,
):  # fmt: skip
    """Takes the words that fall due together, the coarsest first, and gives two samples for them.

    The first word lets the second sample of the last pair of level 1 leave. If the word is no
    approximation but a detail, its approximation is the second sample of the last pair of the level
    above. Then the steps of each pair are undone. Which words fall due is read from their channels
    alone, so that a synthesis may start amid a stream: words that it has missed count as zeros. The
    memory cannot be reset at once, so after a reset it is filled with zeros, one word a clock.
    """
    top, last, final = plan.levels, len(plan.steps), len(plan.steps) - 1
    last_word = 2**plan.history_bits - 1
    number = address_signal(plan.history_bits)
    slot = counter_signal(last + 1)
    level, reads_level = address_signal(len(sink_channel)), address_signal(len(sink_channel))
    reads_slot = counter_signal(last + 1)
    blank, waiting, is_first, is_whole, opens, inherits, undoes, gives, holds = (flag() for _ in range(9))
    moves, takes, second, works, steps, ends, pauses, is_lowest, leaves = (flag() for _ in range(9))

    @always_comb
    def look():
        second.next = slot == 1
        works.next = undoes and slot != 0
        ends.next = steps and slot == last
        pauses.next = works and not steps
        is_lowest.next = level == 1
        leaves.next = gives or (opens and second)

    @always_comb
    def command():
        take.next = takes
        load.next = inherits and second
        advance.next = steps
        proceeds.next = not pauses
        early.next = opens
        write_state.next = blank or steps
        deliver.next = moves and leaves

    @always_comb
    def choose_state():
        if opens:
            reads_level.next = 1
            reads_slot.next = final
        elif inherits:
            reads_level.next = level + 1
            reads_slot.next = final
        else:
            reads_level.next = level
            reads_slot.next = slot

    @always(clk.posedge)
    def clear():
        if reset:
            blank.next = True
            number.next = 0
        elif blank:
            number.next = number + 1
            if number == last_word:
                blank.next = False

    @always(clk.posedge)
    def proceed():
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
            is_whole.next = sink_channel == 0
            slot.next = 0
            if is_first:
                level.next = sink_channel
                if sink_channel == 0:
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
        handshake(waiting, holds, sink_valid, sink_ready, source_valid, source_ready, takes, moves),
        word_at_output(clk, reset, moves, leaves, holds),
        look, command, choose_state, clear, proceed,
        state_places(blank, number, level, slot, reads_level, reads_slot, read_address, write_address, index, plan),
    )  # fmt: skip


@inline
def state_places(blank, number, level, slot, reads_level, reads_slot, read_address, write_address, index, plan):
    """Addresses in the memory of states: a step reads one slot ahead of the one that it writes."""
    bits, level_bits, last = plan.slot_bits, plan.level_bits, len(plan.steps)
    written = counter_signal(last + 1)

    @always_comb
    def find_step():
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
            read_address.next = reads_slot[bits:]
            if blank:
                write_address.next = number
            else:
                write_address.next = written[bits:]

        return find_step, number_step, of_the_level

    @always_comb
    def of_a_level():
        read_address.next = concat(reads_level[level_bits:], reads_slot[bits:])
        if blank:
            write_address.next = number
        else:
            write_address.next = concat(level[level_bits:], written[bits:])

    return find_step, number_step, of_a_level
