"""Who computes what, when, in a wavelet packet analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb, concat, modbv

from ip_cores.banks.bank_addresses import shift_down
from ip_cores.banks.bank_steps import coefficient_place, handshake, result_line, sample_number, so_many_before, word_at_output
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.blocks.memory import table
from ip_cores.blocks.product_sum import slots
from ip_cores.hierarchy import Constant, Group, described, entity, inline


@entity
def scheduler(clk, reset, sink, source, orders, places, write_history, deliver, plan):
    """Takes a sample, then walks through the nodes that fall due: low-pass and high-pass of each.

    Samples are numbered; nodes of level j (the root is level 0) have a new sample after samples whose
    number ends in j ones, and filter if it ends in j + 1 ones. The memory cannot be reset at once, so
    after a reset it is filled with zeros, one word a clock.
    """
    levels, stages, last_word = plan.levels, plan.products.stages, 2**plan.count_bits - 1
    first_step = Constant(plan.clocks - 1, "of a filter; steps run down")
    deepest = Constant(levels - 1, "level that filters; the root is level 0")
    number, follows = address_signal(plan.count_bits), address_signal(plan.count_bits)
    step = counter_signal(plan.clocks, first_step)
    level = counter_signal(levels)
    node, last_node = address_signal(levels), address_signal(levels)
    child = address_signal(levels + 1)
    blank, waiting, busy, second, finished, holds = (flag() for _ in range(6))
    moves, takes, begins, ends, stores, gives, leaves, is_last, goes_on, ends_period = (flag() for _ in range(10))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 1)]
    next_bit = tuple((1 << (j + 1)) % (1 << levels) for j in range(levels))
    last_nodes = tuple((1 << (j + 1)) - 1 for j in range(levels))

    @always_comb
    def look():
        """Where the walk through the nodes stands."""
        begins.next = busy and step == first_step
        ends.next = busy and step == 0
        leaves.next = level == deepest
        is_last.next = node == last_node
        goes_on.next = (number & follows) != 0
        child.next = concat(node, second)

    @always_comb
    def finish():
        """A word that is to leave waits until the output is free."""
        stores.next = finished and (moves or not leaves)

    @always_comb
    def command():
        """A sum starts afresh with its first product; only the words of the deepest nodes leave."""
        orders.taking.next = waiting
        orders.accumulate.next = reading[stages]
        orders.load.next = reset or begins
        write_history.next = takes or blank or (stores and not leaves)
        gives.next = stores and leaves
        ends_period.next = stores and second and is_last and not goes_on

    @always(clk.posedge)
    def walk():
        """Steps of a filter run down; low-pass and high-pass of a node, then the next node, then the next level if its words fall due."""
        if reset:
            busy.next = False
            second.next = False
            step.next = first_step
        elif takes:
            busy.next = number[0]
            node.next = 1
            level.next = 0
        elif stores:
            second.next = not second
            busy.next = not second or not is_last or goes_on
            if second:
                node.next = node + 1
                if is_last and goes_on:
                    level.next = level + 1
        elif ends:
            busy.next = False
            step.next = first_step
        elif busy:
            step.next = step - 1

    @always(clk.posedge)
    def name_band():
        """The channel beside the word: its node's place among the deepest."""
        if gives:
            source.channel.next = child[levels:]

    return (
        described(table(level, follows, next_bit), "The bit of a number that tells whether the level behind has words too."),
        described(table(level, last_node, last_nodes), "The last node of a level."),
        handshake(waiting, holds, sink.flow(), source.flow(), takes, moves),
        result_line(clk, reset, busy, ends, stores, reading, finishing, finished),
        sample_number(clk, reset, takes, ends_period, blank, waiting, number, last_word),
        word_at_output(clk, reset, moves, gives, holds), wire(gives, deliver),
        look, finish, command, walk, name_band,
        node_places(blank, waiting, PacketCourse(number, level, node, child, second, step), places, plan),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class PacketCourse(Group):
    """Where a packet analysis stands.

    Attributes
    ----------
    number : Signal
        Of the sample.
    level, node, child : Signal
        Level and node that filter, and the node that their word belongs to.
    second : Signal of bool
        The high-pass filter is at work.
    step : Signal
        Of a filter.
    """

    number: Any
    level: Any
    node: Any
    child: Any
    second: Any
    step: Any


@inline
def node_places(blank, waiting, at, places, plan):
    """Addresses of coefficients and samples: sample i of level j, which comes with sample 2**j (i + 1) - 1, lies at place i."""
    newest = address_signal(plan.count_bits)
    whole, pointer, levels = plan.history_bits, plan.pointer_bits, plan.levels
    root = Signal(modbv(1)[levels:])
    past = plan.pointer_bits + 1

    @always_comb
    def find_new():
        """Where a word is written: samples in the root's circle, others in that of their node; after a reset, one place after the other."""
        if blank:
            places.write_address.next = at.number[whole:]
        elif waiting:
            places.write_address.next = concat(root, at.number[pointer:])
        else:
            places.write_address.next = concat(at.child[levels:], newest[past:1])

    return (
        shift_down(at.number, at.level, newest),
        find_new,
        coefficient_place(at.second, at.step, places.place, slots(plan.clocks)),
        [past_place(newest, at.node, at.step, address, index * plan.clocks, plan) for index, address in enumerate(places.read_address)],
    )


@inline
def past_place(newest, node, step, address, offset, plan):
    """Where the sample is read that a multiplier needs at a step: so many before the newest."""
    past = address_signal(plan.pointer_bits)
    look_back = so_many_before(newest, step, past, offset)
    look_back = described(look_back, "Where a multiplier reads: so many samples before the newest of its node.")

    @always_comb
    def in_circle():
        address.next = concat(node, past)

    return look_back, in_circle
