"""Control of the filter processor: walks through the program, takes words, hands words over, clears the memory after a reset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb, intbv

from ip_cores.banks.filter_processor_plan import KINDS
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.hierarchy import Constant, Group, entity


@dataclass(frozen=True, eq=False)
class ProgramCourse(Group):
    """Where the processor stands in its program.

    Attributes
    ----------
    instruction : Signal
        What the program says, an instruction behind `place`.
    fetch : Signal of bool
        The next instruction is read.
    moves : Signal of bool
        The second stage goes on.
    place, executing : Signal
        Instruction that is read, and the one whose sample and coefficient are there.
    newest : Signal
        Where the newest word of all delay lines stands.
    """

    instruction: Any
    fetch: Any
    moves: Any
    place: Any
    executing: Any
    newest: Any


@dataclass(frozen=True, eq=False)
class UnitOrders(Group):
    """What the second stage does in a clock.

    Attributes
    ----------
    accumulate : Signal of bool
        A product is added to the sum.
    finish : Signal of bool
        The sum is used, and cleared.
    write : Signal of bool
        A word is stored.
    load : Signal of bool
        A word leaves.
    select_taken : Signal of bool
        The word stored is the one taken in, not the sum.
    emitted : Signal of bool
        The word that leaves is a stored one.
    write_address, taken : Signal
        Where a word is stored, and the word taken in.
    """

    accumulate: Any
    finish: Any
    write: Any
    load: Any
    select_taken: Any
    emitted: Any
    write_address: Any
    taken: Any


@entity
def processor_control(clk, reset, in_, out, course, orders, processor):
    """Walks through the program, takes words, hands words over; clears the memory after a reset."""
    bits = processor.program.address_bits
    last_instruction = Constant(len(processor.program) - 1, "of the program")
    take_bit = Constant(bits, "of an instruction: a word is taken and stored")
    multiply_bit = Constant(bits + 1, "a product is added to the sum")
    store_bit = Constant(bits + 2, "the sum is stored")
    send_bit = Constant(bits + 3, "the sum leaves")
    emit_bit = Constant(bits + 4, "a stored word leaves")
    last_bit = Constant(bits + len(KINDS), "the pointer moves on behind it")
    tag_low, tag_high = last_bit + 1, processor.instruction_bits
    clearing, primed, waits, runs, fetches, restart, cleared, holds, loads, blank, turns = (flag() for _ in range(11))
    sums, ends, stores, emits, sends = (flag() for _ in range(5))
    counter, executed = counter_signal(last_instruction + 1), counter_signal(last_instruction + 1)
    pointer, next_pointer, stored_at = address_signal(bits), address_signal(bits), address_signal(bits)
    tag = Signal(intbv(0)[processor.tag_bits :])

    @always_comb
    def decide():
        """The program waits for a word that it is to take; the pointer turns through the memory, a place for each sample."""
        waits.next = course.instruction[take_bit] and not in_.valid
        loads.next = emits or sends
        next_pointer.next = pointer + 1

    @always_comb
    def stall():
        """Everything stands while a finished word finds the output occupied."""
        runs.next = out.ready or not holds or not loads

    @always_comb
    def go_on():
        """After a reset the memory is cleared first, a word in each clock."""
        fetches.next = clearing or (runs and not waits)
        cleared.next = clearing and primed and next_pointer == 0
        in_.ready.next = course.instruction[take_bit] and runs and not clearing
        blank.next = clearing or reset

    @always_comb
    def turn():
        """The program starts afresh behind its last instruction."""
        restart.next = reset or (clearing and not cleared) or (fetches and counter == last_instruction)
        turns.next = (clearing and primed) or (fetches and course.instruction[last_bit] and not clearing)

    @always(clk.posedge)
    def walk():
        """Place in the program of the instruction that is read."""
        if restart:
            counter.next = 0
        elif fetches:
            counter.next = counter + 1

    @always(clk.posedge)
    def follow():
        """Place of the instruction whose sample and coefficient are there."""
        if fetches:
            executed.next = counter

    @always(clk.posedge)
    def clear():
        """From a reset on, the pointer runs once through the memory; then it moves with each sample."""
        if reset:
            clearing.next = True
            primed.next = False
            pointer.next = 0
        else:
            primed.next = True
            if cleared:
                clearing.next = False
            if turns:
                pointer.next = next_pointer

    @always(clk.posedge)
    def second_stage():
        """What the second stage does, a clock after the instruction: while the program waits, nothing."""
        if reset:
            sums.next = False
            ends.next = False
            stores.next = False
            emits.next = False
            sends.next = False
        elif clearing:
            stores.next = True
        elif runs:
            sums.next = course.instruction[multiply_bit]
            ends.next = course.instruction[store_bit] or course.instruction[send_bit]
            stores.next = course.instruction[store_bit] or (course.instruction[take_bit] and in_.valid)
            emits.next = course.instruction[emit_bit]
            sends.next = course.instruction[send_bit]

    @always(clk.posedge)
    def second_stage_words():
        """Where the second stage stores, and what goes out beside a word."""
        if runs:
            stored_at.next = pointer + course.instruction[bits:]
            tag.next = course.instruction[tag_high:tag_low]
            orders.select_taken.next = course.instruction[take_bit]

    @always(clk.posedge)
    def take_word():
        """The word from the input; zero while the memory is cleared."""
        if blank:
            orders.taken.next = 0
        elif runs:
            orders.taken.next = in_.data

    @always(clk.posedge)
    def hand_over():
        """Whether the output register holds a word."""
        if reset:
            holds.next = False
        elif runs:
            if loads:
                holds.next = True
            elif out.ready:
                holds.next = False

    @always(clk.posedge)
    def name_word():
        """The tag of the word in the output register."""
        if runs and loads:
            out.tag.next = tag

    @always_comb
    def connect():
        course.fetch.next = fetches
        course.moves.next = runs
        course.place.next = counter
        course.executing.next = executed
        course.newest.next = pointer
        orders.accumulate.next = sums
        orders.finish.next = ends
        orders.write.next = stores
        orders.load.next = loads
        orders.emitted.next = emits
        orders.write_address.next = stored_at
        out.valid.next = holds

    return (
        decide, stall, go_on, turn, walk, follow, clear, second_stage, second_stage_words, take_word, hand_over, name_word, connect,
    )  # fmt: skip
