"""Who computes what, when, in a wavelet synthesis: addresses of the memory, and the flags of the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.banks.bank_addresses import flag_table, shift_down
from ip_cores.banks.bank_steps import BankOrders, coefficient_place, handshake, pairs_before, result_line, word_at_output
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.blocks.memory import table
from ip_cores.blocks.product_sum import slots
from ip_cores.hierarchy import Constant, Group, described, entity, inline


@dataclass(frozen=True, eq=False)
class SynthesisCourse(Group):
    """Where a wavelet synthesis stands.

    Attributes
    ----------
    count : Signal
        Number of the pair.
    step : Signal
        Of a sum.
    behind : Signal of bool
        The sample behind a pair is formed, else that of the pair.
    earlier : Signal of bool
        The newest pair of the level that is read is one earlier than the count says.
    read_level, write_level : Signal
        Whose words are read, and written.
    detail : Signal of bool
        The word written is a detail.
    clearing : Signal of bool
        The memory is filled with zeros.
    """

    count: Any
    step: Any
    behind: Any
    earlier: Any
    read_level: Any
    write_level: Any
    detail: Any
    clearing: Any


@dataclass(frozen=True, eq=False)
class SynthesisOrders(BankOrders):
    """What a wavelet synthesis does in a clock.

    Attributes
    ----------
    taking, accumulate, load : Signal of bool
        As in `BankOrders`.
    last_level : Signal of bool
        The sum is a sample, no approximation.
    write_history : Signal of bool
        The memory is written.
    deliver : Signal of bool
        The sample is handed over.
    """

    last_level: Any
    write_history: Any
    deliver: Any


@entity
def scheduler(clk, reset, sink, source, at, orders, plan):
    """Takes the words that fall due together, the coarsest first, and gives two samples for them.

    The first word brings the first sample about, which needs none of them: the one behind the last
    pair of level 1. If the word is no approximation but a detail, its approximation comes from
    the level above in the same way. Then each pair gives an approximation for the level below, and
    the pair of level 1 the second sample. Which words fall due is read from their channels alone, so
    that a synthesis may start amid a stream: words that it has missed count as zeros. The memory
    cannot be reset at once, so after a reset it is filled with zeros, one word a clock.
    """
    stages = plan.unit.products.stages
    top = Constant(plan.levels, "the deepest level")
    first_step = Constant(plan.unit.clocks - 1, "of a sum; steps run down")
    last_word = Constant(2**plan.count_bits - 1, "of the memory that is cleared")
    number, marks, arrives, inquires = (address_signal(plan.count_bits) for _ in range(4))
    place = counter_signal(plan.unit.clocks, first_step)
    depth, reads_level, writes_level = (address_signal(plan.levels.bit_length()) for _ in range(3))
    blank, waiting, is_first, is_whole, busy, opens, inherits, finished, holds = (flag() for _ in range(9))
    moves, takes, approximates, begins, ends, stores, gives, leaves = (flag() for _ in range(8))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 1)]

    @always_comb
    def decide():
        """The first sample of a pair needs no new word, and the last level's sum leaves."""
        approximates.next = sink.channel == 0
        begins.next = busy and place == first_step
        ends.next = busy and place == 0
        gives.next = opens or (depth == 1 and not inherits)

    @always_comb
    def finish():
        """A sum that is to leave waits until the output is free."""
        stores.next = finished and (moves or not gives)

    @always_comb
    def command():
        """A sum starts afresh with its first product; approximations go back into the history."""
        orders.taking.next = waiting
        orders.accumulate.next = reading[stages]
        orders.load.next = reset or begins
        orders.last_level.next = gives and not reset
        orders.write_history.next = takes or blank or (stores and not gives)
        leaves.next = stores and gives

    @always_comb
    def choose_level():
        """The level whose words are read: that of the pair, or the one above while its second sample is formed."""
        if opens:
            reads_level.next = 1
        elif inherits:
            reads_level.next = depth + 1
        else:
            reads_level.next = depth

    @always_comb
    def choose_target():
        """The level that the word belongs to: by its channel as it arrives, else by the level that is at work."""
        if waiting:
            if approximates:
                writes_level.next = top
            else:
                writes_level.next = sink.channel
        elif inherits:
            writes_level.next = depth
        else:
            writes_level.next = depth - 1

    @always_comb
    def show():
        at.count.next = number
        at.step.next = place
        at.behind.next = opens or inherits
        at.read_level.next = reads_level
        at.write_level.next = writes_level
        at.detail.next = waiting and not approximates
        at.clearing.next = blank

    @always(clk.posedge)
    def count_pairs():
        """Numbers the samples that leave in pairs; from a reset on it first runs through the memory, to clear it."""
        if reset:
            blank.next = True
            number.next = 0
        elif blank:
            number.next = number + 1
            if number == last_word:
                blank.next = False
        elif stores and gives and not opens:
            number.next = number + 1

    @always(clk.posedge)
    def mark():
        """A level has a pair in every block of counts. Bits by level tell in which block the last one was."""
        if reset:
            marks.next = 0
        elif takes and not approximates:
            marks.next = (marks & ~arrives) | (number & arrives)

    @always_comb
    def compare_marks():
        """Whether the pair of the block that runs has not come yet."""
        at.earlier.next = opens or (inherits and ((marks ^ number) & inquires) != 0)

    @always(clk.posedge)
    def proceed():
        """Which sum is next: the sample that opens a pair, the approximation that is inherited, or that of the pair."""
        if reset:
            waiting.next = False
            is_first.next = True
            opens.next = False
            inherits.next = False
        elif blank:
            waiting.next = number == last_word
        elif takes:
            waiting.next = False
            is_first.next = False
            opens.next = is_first
            is_whole.next = approximates
            if is_first:
                depth.next = writes_level
        elif stores:
            opens.next = False
            if opens:
                inherits.next = not is_whole and depth != top
                waiting.next = is_whole
            elif inherits:
                inherits.next = False
            else:
                waiting.next = True
                is_first.next = gives
                depth.next = depth - 1

    @always(clk.posedge)
    def walk():
        """Steps of a sum run down."""
        if reset:
            busy.next = False
            place.next = first_step
        elif takes or (stores and (inherits or (opens and not is_whole))):
            busy.next = True
        elif ends:
            busy.next = False
            place.next = first_step
        elif busy:
            place.next = place - 1

    block_bits = tuple((1 << level >> 1) % 2**plan.count_bits for level in range(2 ** len(sink.channel)))
    return (
        handshake(waiting, holds, sink.flow(), source.flow(), takes, moves),
        result_line(clk, reset, busy, ends, stores, reading, finishing, finished),
        word_at_output(clk, reset, moves, leaves, holds), wire(leaves, orders.deliver),
        described(table(writes_level, arrives, block_bits), "The bit of a number that a block of the level has for itself."),
        described(table(reads_level, inquires, block_bits), "The bit of a number that a block of the level has for itself."),
        decide, finish, command,
        choose_level, choose_target, show, count_pairs, mark, compare_marks, proceed, walk,
    )  # fmt: skip


@entity
def addresses(at, found, plan):
    """Addresses of coefficients and band words.

    The words of a level lie in two circles of their own, approximations and details. Pair i of
    level j, which falls due with sample n = 2**j (i + 1) - 1, lies at place i: n shifted by j.
    """
    number = address_signal(plan.count_bits + 1)
    newest, latest = address_signal(plan.count_bits + 1), address_signal(plan.count_bits + 1)
    where = counter_signal(2 * slots(plan.unit.clocks))

    @always_comb
    def find_sample():
        """Number of the sample that is formed."""
        number.next = concat(at.count, True)

    return (
        find_sample,
        shift_down(number, at.write_level, newest),
        shift_down(number, at.read_level, latest),
        newest_place(at.clearing, at.count, newest, at.write_level, at.detail, found.write_address, plan),
        coefficient_place(at.behind, at.step, where, slots(plan.unit.clocks)),
        wire(where, found.place),
        [
            past_place(latest, at.earlier, at.read_level, at.step, address, places, plan)
            for address, places in zip(found.read_address, plan.unit.places, strict=True)
        ],
    )


@inline
def newest_place(clearing, count, newest, level, detail, address, plan):
    """Where a word is written; after a reset, one place after the other."""
    whole, pointer, bits = plan.history_bits, plan.pointer_bits, plan.level_bits
    if not bits:

        @always_comb
        def in_circle():
            """Where a word is written: approximations and details in a circle each; after a reset, one place after the other."""
            if clearing:
                address.next = count[whole:]
            else:
                address.next = concat(detail, newest[pointer:])

        return in_circle

    @always_comb
    def in_circle_of_level():
        """Where a word is written: approximations and details of each level in a circle each; after a reset, one place after the other."""
        if clearing:
            address.next = count[whole:]
        else:
            address.next = concat(detail, level[bits:], newest[pointer:])

    return in_circle_of_level


@inline
def past_place(latest, earlier, level, step, address, places, plan):
    """Where the word is read that a multiplier needs: an approximation or a detail, so many pairs before the newest."""
    pointer, bits = plan.pointer_bits, plan.level_bits
    age, past, is_detail = address_signal(pointer), address_signal(pointer), flag()
    look_up = (
        described(table(step, age, tuple(pair for _, pair in places)), "How many pairs back the step reads."),
        described(flag_table(step, is_detail, tuple(which for which, _ in places)), "Whether the step reads a detail."),
    )

    look_back = pairs_before(latest, earlier, age, past, halved=False)
    look_back = described(look_back, "Where a multiplier reads: so many pairs before the newest, which may still be to come.")

    if not bits:

        @always_comb
        def in_circle():
            address.next = concat(is_detail, past)

        return look_up, look_back, in_circle

    @always_comb
    def in_circle_of_level():
        address.next = concat(is_detail, level[bits:], past)

    return look_up, look_back, in_circle_of_level
