"""Control of the serial form: takes samples, walks through their products, hands the sums over, and says where the samples stand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, wire
from ip_cores.blocks.memory import table
from ip_cores.fir.loading import held_bank
from ip_cores.fir.rates import every_nth, starting_samples
from ip_cores.hierarchy import Constant, Group, described, entity, inline, primitive


@dataclass(frozen=True, eq=False)
class Written(Group):
    """What is written into the memories of samples.

    Attributes
    ----------
    write : Signal of bool
        In this clock a word is written.
    write_address, write_data : Signal
        Where, and which.
    """

    write: Any
    write_address: Any
    write_data: Any


@dataclass(frozen=True, eq=False)
class SumCourse(Group):
    """How the products of a sum are walked through.

    Attributes
    ----------
    step : Signal
        The product that is read.
    coefficient_step : Signal
        The product whose samples have left the memories.
    accumulate : Signal of bool
        A product is added to the sum.
    load : Signal of bool
        The sum is handed over, and cleared.
    selected, in_force : Signal, optional
        Banks of coefficients that are loaded: of samples that are taken in this clock, and of the one whose products are formed.
    """

    step: Any
    coefficient_step: Any
    accumulate: Any
    load: Any
    selected: Any = None
    in_force: Any = None


@dataclass(frozen=True, eq=False)
class SampleAddresses(Group):
    """Where the samples of each multiplier are read.

    Attributes
    ----------
    newer_address, older_address : list of Signal
        Of the sample that a coefficient meets, and of its mirrored one; the second is empty where no coefficients are folded.
    """

    newer_address: Any
    older_address: Any


@entity
def serial_control(clk, reset, sink, source, advance, written, course, reads, plan):
    """Takes a sample, walks through its products, hands the sum over.

    The memories cannot be reset at once, so after a reset they are filled with zeros, one word a clock, before the
    first sample is taken. Everything waits while a finished sum finds the output occupied.
    """
    bits = plan.memory_bits
    stages = plan.arithmetic_stages
    newest = address_signal(bits)
    next_address = address_signal(bits)
    counter, delayed_step = counter_signal(plan.steps), counter_signal(plan.steps)
    clearing, busy, last, word_ends, moves, takes, starts, holds = (flag() for _ in range(8))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 2)]
    last_step = Constant(plan.steps - 1, "of a sample, one for each product")

    @always_comb
    def decide():
        """Everything moves unless a finished sum finds a word that nobody takes."""
        moves.next = source.ready or not holds or not finishing[stages + 1]

    @always_comb
    def offer():
        takes.next = sink.valid and moves and not busy and not clearing
        sink.ready.next = moves and not busy and not clearing

    @always_comb
    def connect():
        advance.next = moves
        written.write.next = takes or clearing
        written.write_address.next = next_address
        course.step.next = counter
        course.coefficient_step.next = delayed_step
        course.accumulate.next = reading[stages]
        course.load.next = finishing[stages + 1]
        source.valid.next = holds

    @always_comb
    def blank():
        """After a reset the memories are filled with zeros."""
        if clearing:
            written.write_data.next = 0
        else:
            written.write_data.next = sink.data

    @always_comb
    def look_ahead():
        last.next = busy and counter == last_step

    @always(clk.posedge)
    def walk():
        """One step for each product of a sample; between samples the counter stays at the first."""
        if reset:
            clearing.next = True
            busy.next = False
            newest.next = 0
            counter.next = 0
        else:
            if takes or clearing:
                newest.next = next_address
            if next_address == 0:
                clearing.next = False
            if moves:
                if starts:
                    busy.next = True
                elif last:
                    busy.next = False
                if last:
                    counter.next = 0
                elif busy:
                    counter.next = counter + 1

    @always(clk.posedge)
    def follow():
        """Marks that travel beside the products: in which clock one arrives at the sum, and which one is the last."""
        if reset:
            for stage in range(stages + 1):
                reading[stage].next = False
            for stage in range(stages + 2):
                finishing[stage].next = False
        elif moves:
            delayed_step.next = counter
            reading[0].next = busy
            finishing[0].next = word_ends
            for stage in range(1, stages + 1):
                reading[stage].next = reading[stage - 1]
            for stage in range(1, stages + 2):
                finishing[stage].next = finishing[stage - 1]

    @always(clk.posedge)
    def hand_over():
        """Whether the output register holds a word."""
        if reset:
            holds.next = False
        elif moves:
            if finishing[stages + 1]:
                holds.next = True
            elif source.ready:
                holds.next = False

    return (
        decide, offer, connect, following_address(newest, next_address, plan), blank, look_ahead, walk, follow, hand_over,
        starting_frames(clk, reset, takes, starts, next_address, plan),
        end_of_word(busy, counter, last, word_ends, plan.ends),
        addresses(clk, reset, moves, starts, word_ends, newest, counter, reads, plan),
        () if course.selected is None else held_bank(clk, starts, course.selected, course.in_force),
    )  # fmt: skip


def following_address(newest, next_address, plan):
    """Where the next sample is written: a process of the entity around it."""
    if plan.structure.channels == 1 << plan.channel_bits:

        @always_comb
        def follow_newest():
            next_address.next = newest + 1

    else:
        bits = plan.channel_bits
        last_place = Constant(plan.structure.channels - 1, "of a frame")
        to_next_frame = Constant((1 << bits) - plan.structure.channels + 1, "places, of which no channel has those between")

        @always_comb
        def follow_newest():
            """The places of a frame are as many as there are channels."""
            if newest[bits:] == last_place:
                next_address.next = newest + to_next_frame
            else:
                next_address.next = newest + 1

    return follow_newest


def starting_frames(clk, reset, takes, starts, next_address, plan):
    """Which of the samples taken give a word: with several channels whole frames of them; instances of the entity around it."""
    decimation, bits = plan.structure.decimation, plan.channel_bits
    if decimation == 1 or not bits:
        return starting_samples(clk, reset, takes, starts, decimation)
    frame_ends, due = flag(), flag()

    @always_comb
    def start():
        starts.next = takes and due

    @always_comb
    def end():
        """Whether the sample that is taken is that of the last channel: the first one after a reset is written at place 1 of a frame."""
        frame_ends.next = takes and next_address[bits:] == 0

    return start, end, every_nth(clk, reset, frame_ends, due, decimation)


@inline
def end_of_word(busy, counter, last, word_ends, ends):
    """The steps in which the last product of a word is formed."""
    if len(ends) == 1:
        return wire(last, word_ends)
    here = [flag() for _ in ends[:-1]]
    so_far = [flag() for _ in ends[:-2]]
    chain = [last, *so_far, word_ends]
    return (
        [step_is(busy, counter, found, end) for found, end in zip(here, ends, strict=False)],
        [either(before, found, after) for (before, after), found in zip(pairwise(chain), here, strict=True)],
    )


@primitive
def step_is(busy, counter, found, step):
    """Whether the counter is at a step."""
    last_step_of_word = Constant(step, "of the products of a word")

    @always_comb
    def compare():
        found.next = busy and counter == last_step_of_word

    return compare


@primitive
def either(one, other, any_of_them):
    """Whether one of two bits is set."""

    @always_comb
    def join():
        any_of_them.next = one or other

    return join


@inline
def addresses(clk, reset, moves, starts, word_ends, newest, counter, reads, plan):
    """Where each multiplier's samples stand in the memories."""
    if plan.channel_bits:
        return channel_addresses(newest, counter, reads, plan)
    if len(plan.ends) > 1:
        return run_addresses(clk, reset, moves, starts, word_ends, newest, counter, reads.newer_address, plan)
    return (
        [sample_address(newest, counter, address, plan.offsets(number, 0)) for number, address in enumerate(reads.newer_address)],
        [sample_address(newest, counter, address, plan.offsets(number, 1)) for number, address in enumerate(reads.older_address)],
    )


@inline
def channel_addresses(newest, counter, reads, plan):
    """The samples of the channel whose turn it is: all at the same place in their frames."""
    frame, place = address_signal(plan.address_bits), address_signal(plan.channel_bits)
    bits = plan.channel_bits
    newer = [address_signal(plan.address_bits) for _ in reads.newer_address]
    older = [address_signal(plan.address_bits) for _ in reads.older_address]

    @always_comb
    def part():
        """The newest frame, and the place of the channel in all of them."""
        frame.next = newest[:bits]
        place.next = newest[bits:]

    return (
        part,
        [sample_address(frame, counter, address, plan.offsets(number, 0)) for number, address in enumerate(newer)],
        [sample_address(frame, counter, address, plan.offsets(number, 1)) for number, address in enumerate(older)],
        [in_frame(one, place, address) for one, address in zip(newer + older, reads.newer_address + reads.older_address, strict=True)],
    )


@primitive
def in_frame(frame, place, address):
    """The address of a place in a frame."""

    @always_comb
    def join():
        address.next = concat(frame, place)

    return join


@inline
def run_addresses(clk, reset, moves, starts, word_ends, newest, counter, newer_address, plan):
    """Addresses that go back from sample to sample, and to the first sample of the next word as a word ends.

    As a sample is taken, `newest` still is the one before; later it is the sample itself, and the pause between two words goes back by one.
    So the register runs one behind the address that is read. Quartus would take an address straight from a register into the block in place
    of the word that is read, and pass around the block what was written in the clock before.
    """
    size = 2 ** len(newest)
    # Where the next word begins, looked up by the step before: the age of its first sample.
    offsets, ages = plan.offsets(0, 0), [0] * plan.steps
    ages[0] = offsets[0]
    for end, begin in zip(plan.ends, plan.begins[1:], strict=False):
        ages[end] = offsets[begin]
    running, restart = address_signal(len(newest)), address_signal(len(newest))
    distance = plan.ends[0] + 1

    @always(clk.posedge)
    def go_back():
        if reset:
            running.next = 0
        elif moves:
            if starts or word_ends:
                running.next = restart
            else:
                running.next = running - 1

    if any(ages):
        age = address_signal(len(newest))

        @always_comb
        def skip():
            restart.next = newest - age

        where = (described(table(counter, age, tuple(ages)), "Age of the sample that the next word begins with."), skip)
    else:
        where = wire(newest, restart)
    others = [shifted(running, address, (1 - number * distance) % size) for number, address in enumerate(newer_address)]
    return go_back, where, others


@inline
def shifted(running, address, offset):
    """A constant number of samples from the running address, modulo the size of the memory."""
    if not offset:
        return wire(running, address)

    distance = Constant(offset, "samples from the running address")

    @always_comb
    def shift():
        address.next = running + distance

    return shift


@inline
def sample_address(newest, step, address, offsets):
    """Address of a sample of a certain age; ages that follow each other are counted, others are looked up."""
    differences = {after - before for before, after in pairwise(offsets)}
    # Addresses are taken modulo the size of the memory.
    size = 2 ** len(address)
    first = -offsets[0] % size
    first_read = Constant(first, "from the newest sample to the first that is read") if first else 0

    if differences <= {1}:

        @always_comb
        def count_back():
            address.next = newest + first_read - step

        return count_back

    if differences <= {-1}:

        @always_comb
        def count_forth():
            address.next = newest + first_read + step

        return count_forth

    age = address_signal(len(address))

    @always_comb
    def subtract_age():
        address.next = newest - age

    return described(table(step, age, offsets), "Age of the sample that a step reads."), subtract_age
