"""Who computes what, when, in a wavelet packet synthesis."""

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
class JoiningOrders(BankOrders):
    """What a packet synthesis does in a clock.

    Attributes
    ----------
    taking, accumulate, load : Signal of bool
        As in `BankOrders`.
    at_root : Signal of bool
        The sum is a sample.
    """

    at_root: Any


@entity
def scheduler(clk, reset, sink, source, orders, places, write_history, deliver, plan):
    """Takes the words of all bands, then gives the samples of a period.

    A sample whose number ends in v ones asks all nodes of level v (the root is level 0) for the sample
    behind their last pair, then the nodes of the levels above for that of their newest pair; the last
    sample of a period has new pairs at all levels. A word of the last band ends a set of words, so that
    a synthesis may start amid a stream: words that it has missed count as zeros. The memory cannot be
    reset at once, so after a reset it is filled with zeros, one word a clock.
    """
    levels, stages = plan.levels, plan.unit.products.stages
    first_step = Constant(plan.unit.clocks - 1, "of a sum; steps run down")
    last_word = Constant(2**plan.history_bits - 1, "of the memory that is cleared")
    deepest = Constant(levels - 1, "level of sums; the root is level 0")
    last_band = Constant(2**levels - 1, "of a set of words")
    number, following = address_signal(plan.history_bits), address_signal(plan.history_bits)
    step = counter_signal(plan.unit.clocks, first_step)
    level = counter_signal(levels)
    node, due, last_node, first_node = (address_signal(levels) for _ in range(4))
    blank, waiting, seeks, busy, behind, finished, holds = (flag() for _ in range(7))
    moves, takes, begins, ends, stores, gives, is_root, is_first, is_whole, found = (flag() for _ in range(10))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 1)]
    last_nodes = tuple((1 << (j + 1)) - 1 for j in range(levels))
    first_nodes = tuple(1 << j for j in range(levels))

    @always_comb
    def count_on():
        """Number of the sample behind."""
        following.next = number + 1

    @always_comb
    def look():
        """Where the walk through the nodes stands, and which bits of the number change next: they tell the level to start at."""
        begins.next = busy and step == first_step
        ends.next = busy and step == 0
        is_root.next = node == 1
        is_first.next = node == first_node
        is_whole.next = number[levels:] == last_band
        due.next = number[levels:] ^ following[levels:]

    @always_comb
    def find():
        """The level to start at has been found."""
        found.next = due == last_node

    @always_comb
    def finish():
        """A sample that is to leave waits until the output is free."""
        stores.next = finished and (moves or not is_root)

    @always_comb
    def command():
        """A sum starts afresh with its first product; only the root's words leave."""
        orders.taking.next = waiting
        orders.accumulate.next = reading[stages]
        orders.load.next = reset or begins
        orders.at_root.next = is_root and not reset
        write_history.next = takes or blank or (stores and not is_root)
        gives.next = stores and is_root

    @always(clk.posedge)
    def count_samples():
        """Numbers the samples that leave; from a reset on it first runs through the memory, to clear it."""
        if reset:
            blank.next = True
            number.next = 0
        elif blank:
            number.next = following
            if number == last_word:
                blank.next = False
        elif stores and is_root:
            number.next = following

    @always(clk.posedge)
    def proceed():
        """Words are taken up to that of the last band; then the level is sought at which the next sample starts."""
        if reset:
            waiting.next = False
            seeks.next = False
        elif blank:
            waiting.next = number == last_word
        elif takes:
            if sink.channel == last_band:
                waiting.next = False
                seeks.next = True
        elif seeks:
            seeks.next = not found
        elif stores and is_root:
            waiting.next = is_whole
            seeks.next = not is_whole

    @always(clk.posedge)
    def walk():
        """Steps of a sum run down; from the last node of a level to its first, then on with the level above, up to the root."""
        if reset:
            busy.next = False
            step.next = first_step
            level.next = deepest
        elif seeks:
            busy.next = found
            node.next = last_node
            behind.next = not is_whole
            if not found:
                level.next = level - 1
        elif stores:
            busy.next = not is_root
            node.next = node - 1
            if is_root:
                level.next = deepest
            elif is_first:
                level.next = level - 1
                behind.next = False
        elif ends:
            busy.next = False
            step.next = first_step
        elif busy:
            step.next = step - 1

    return (
        handshake(waiting, holds, sink.flow(), source.flow(), takes, moves),
        result_line(clk, reset, busy, ends, stores, reading, finishing, finished),
        word_at_output(clk, reset, moves, gives, holds), wire(gives, deliver),
        described(table(level, last_node, last_nodes), "The last node of a level."),
        described(table(level, first_node, first_nodes), "The first node of a level."),
        count_on, look, find, finish, command,
        count_samples, proceed, walk,
        node_places(blank, waiting, JoiningCourse(number, level, node, sink.channel, behind, step), places, plan),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class JoiningCourse(Group):
    """Where a packet synthesis stands.

    Attributes
    ----------
    number : Signal
        Of the sample.
    level, node : Signal
        That a sum is formed for.
    channel : Signal
        Band of the word that comes.
    behind : Signal of bool
        The sample behind a pair is formed, else that of the pair.
    step : Signal
        Of a sum.
    """

    number: Any
    level: Any
    node: Any
    channel: Any
    behind: Any
    step: Any


@inline
def node_places(blank, waiting, at, places, plan):
    """Addresses of coefficients and samples: sample i of level j, which belongs to sample 2**j (i + 1) - 1, lies at place i."""
    newest = address_signal(plan.history_bits)
    whole, pointer, levels = plan.history_bits, plan.pointer_bits, plan.levels
    end = levels + pointer

    @always_comb
    def find_new():
        """Where a word is written: band words by channel, sums in their node's circle; after a reset, one place after the other."""
        if blank:
            places.write_address.next = at.number[whole:]
        elif waiting:
            places.write_address.next = concat(True, at.channel[levels:], at.number[end:levels])
        else:
            places.write_address.next = concat(False, at.node[levels:], newest[pointer:])

    return (
        shift_down(at.number, at.level, newest),
        find_new,
        coefficient_place(at.behind, at.step, places.place, slots(plan.unit.clocks)),
        [
            past_place(newest, at.node, at.behind, at.step, address, mine, plan)
            for address, mine in zip(places.read_address, plan.unit.places, strict=True)
        ],
    )


@inline
def past_place(newest, node, behind, step, address, places, plan):
    """Where the word is read that a multiplier needs: of which child, so many pairs before the newest."""
    pointer = plan.pointer_bits
    age, past, is_high = address_signal(pointer), address_signal(pointer), flag()

    @always_comb
    def in_circle():
        address.next = concat(node, is_high, past)

    return (
        described(table(step, age, tuple(pair for _, pair in places)), "How many pairs back the step reads."),
        described(flag_table(step, is_high, tuple(which for which, _ in places)), "Of which child the step reads."),
        described(
            pairs_before(newest, behind, age, past, halved=True),
            "Where a multiplier reads: so many pairs before the newest, which may still be to come.",
        ),
        in_circle,
    )
