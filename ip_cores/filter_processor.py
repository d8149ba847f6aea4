"""Filter processor: one memory of delay lines, one unit that sums products, and a program in a ROM.

Every clock executes one instruction of a program (`ip_cores.filter_program`), in two stages: read the sample memory and the table of
coefficients; then add the product to the sum, or store or send a word. A program that waits for its next input word lets the second stage
run empty, and a finished word that finds the output occupied stops both. The memory cannot be reset at once: after a reset it is filled
with zeros, a word a clock, before the first instruction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb, intbv

from ip_cores.arithmetic import (
    Conversion,
    Interval,
    add,
    address_signal,
    balanced,
    counter_signal,
    flag,
    like,
    multiply,
    negate,
    requantizer,
    signed_signal,
    wire,
)
from ip_cores.filter_program import Program
from ip_cores.hierarchy import entity, inline
from ip_cores.memory import coefficient_memory, sample_memory

KINDS = ("take", "multiply", "store", "send", "emit")
"""What an instruction does, one bit each, above its offset; then a bit for the last instruction, then the tag."""


@dataclass(frozen=True)
class Processor:
    """A program, and how its sums become words.

    Attributes
    ----------
    program : Program
    inner : Conversion or None
        From the sum to a stored word; None if none is stored.
    outer : Conversion or None
        From the sum to a word that is sent; None if none is sent.
    """

    program: Program
    inner: Conversion | None
    outer: Conversion | None

    @property
    def sum_interval(self) -> Interval:
        """Values of the sum."""
        intervals = [conversion.interval for conversion in (self.inner, self.outer) if conversion is not None]
        return intervals[0].hull(intervals[-1])

    @property
    def output_bits(self) -> int:
        """Bits of a word that leaves: the longer of stored and sent ones."""
        stored = self.program.word_bits if self.program.has("emit") else 0
        return max(stored, 0 if self.outer is None else self.outer.format.word_length)

    @property
    def coefficient_bits(self) -> int:
        return Interval(min(self.program.coefficients), max(self.program.coefficients)).bits

    @property
    def multiplies(self) -> bool:
        """Whether there are products to form: a program of ones and minus ones adds and subtracts."""
        return max(map(abs, self.program.coefficients)) > 1

    @property
    def tag_bits(self) -> int:
        return max(1, (self.program.tags - 1).bit_length())

    @property
    def instruction_words(self) -> tuple[int, ...]:
        """Contents of the program memory: offset of the first multiplier, bits of `KINDS`, last, tag."""
        program, bits = self.program, self.program.address_bits
        words = []
        for place, instruction in enumerate(program.instructions):
            word = instruction.offsets[0]
            if instruction.kind in KINDS:
                word |= 1 << (bits + KINDS.index(instruction.kind))
            word |= int(place == len(program) - 1) << (bits + len(KINDS))
            words.append(word | instruction.tag << (bits + len(KINDS) + 1))
        return tuple(words)

    @property
    def instruction_bits(self) -> int:
        return self.program.address_bits + len(KINDS) + 1 + self.tag_bits

    def offsets(self, number: int) -> tuple[int, ...]:
        """Where a multiplier reads, by instruction."""
        return tuple(instruction.offsets[number] for instruction in self.program.instructions)

    def coefficients(self, number: int) -> tuple[int, ...]:
        """What a multiplier multiplies by, by instruction."""
        return tuple(instruction.coefficients[number] for instruction in self.program.instructions)

    @property
    def clearing_clocks(self) -> int:
        """Clocks after a reset until the first word is taken."""
        return 2**self.program.address_bits + 1


@entity
def filter_processor(clk, reset, in_valid, in_ready, in_data, out_valid, out_ready, out_data, out_tag, processor):
    """Delay lines in one memory, a unit that sums products, and a program that says what happens in each clock."""
    program = processor.program
    bits, count = program.address_bits, program.multipliers
    fetch, moves, accumulate, finish, write, load, select_taken, emitted = (flag() for _ in range(8))
    place, executing = counter_signal(len(program)), counter_signal(len(program))
    instruction = Signal(intbv(0)[processor.instruction_bits :])
    address = [address_signal(bits) for _ in range(count)]
    write_address, newest = address_signal(bits), address_signal(bits)
    taken, write_data = signed_signal(program.word_bits), signed_signal(program.word_bits)
    sample = [signed_signal(program.word_bits) for _ in range(count)]
    total = signed_signal(processor.sum_interval)
    result = signed_signal(processor.output_bits)
    return (
        program_memory(clk, fetch, place, instruction, processor.instruction_words),
        processor_control(
            clk, reset, in_valid, in_ready, in_data, out_valid, out_ready, out_tag, instruction, fetch, moves, place, executing, newest,
            accumulate, finish, write, load, select_taken, emitted, write_address, taken, processor,
        ),
        first_address(instruction, newest, address[0], bits),
        [further_address(clk, fetch, place, newest, address[number], processor.offsets(number)) for number in range(1, count)],
        [sample_memory(clk, moves, write, write_address, write_data, address[number], sample[number]) for number in range(count)],
        sum_of_products(clk, reset, moves, accumulate, finish, executing, sample, total, processor),
        memory_word(total, taken, select_taken, write_data, processor.inner),
        output_word(total, sample[0], emitted, result, processor),
        output_register(clk, moves, load, result, out_data),
    )  # fmt: skip


@entity
def program_memory(clk, enable, address, instruction, contents):
    """The program: what happens in each clock of a sample."""

    @always(clk.posedge)
    def fetch():
        if enable:
            instruction.next = contents[int(address)]

    return fetch


@inline
def first_address(instruction, newest, address, bits):
    @always_comb
    def add_offset():
        address.next = newest + instruction[bits:]

    return add_offset


@inline
def further_address(clk, fetch, place, newest, address, offsets):
    offset = address_signal(len(address))

    @always_comb
    def add_offset():
        address.next = newest + offset

    return coefficient_memory(clk, fetch, place, offset, offsets), add_offset


@entity
def processor_control(
    clk, reset, in_valid, in_ready, in_data, out_valid, out_ready, out_tag, instruction, fetch, moves, place, executing, newest,
    accumulate, finish, write, load, select_taken, emitted, write_address, taken, processor,
):  # fmt: skip
    """Walks through the program, takes words, hands words over; clears the memory after a reset."""
    bits = processor.program.address_bits
    final = len(processor.program) - 1
    take_bit, multiply_bit, store_bit, send_bit, emit_bit, last_bit = (bits + number for number in range(len(KINDS) + 1))
    tag_low, tag_high = last_bit + 1, processor.instruction_bits
    clearing, primed, waits, runs, fetches, restart, cleared, holds, loads, blank, turns = (flag() for _ in range(11))
    sums, ends, stores, emits, sends = (flag() for _ in range(5))
    counter, executed = counter_signal(final + 1), counter_signal(final + 1)
    pointer, next_pointer, stored_at = address_signal(bits), address_signal(bits), address_signal(bits)
    tag = Signal(intbv(0)[processor.tag_bits :])

    @always_comb
    def decide():
        waits.next = instruction[take_bit] and not in_valid
        loads.next = emits or sends
        next_pointer.next = pointer + 1

    @always_comb
    def stall():
        runs.next = out_ready or not holds or not loads

    @always_comb
    def go_on():
        fetches.next = clearing or (runs and not waits)
        cleared.next = clearing and primed and next_pointer == 0
        in_ready.next = instruction[take_bit] and runs and not clearing
        blank.next = clearing or reset

    @always_comb
    def turn():
        restart.next = reset or (clearing and not cleared) or (fetches and counter == final)
        turns.next = (clearing and primed) or (fetches and instruction[last_bit] and not clearing)

    @always(clk.posedge)
    def walk():
        if restart:
            counter.next = 0
        elif fetches:
            counter.next = counter + 1

    @always(clk.posedge)
    def follow():
        if fetches:
            executed.next = counter

    @always(clk.posedge)
    def clear():
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
        if reset:
            sums.next = False
            ends.next = False
            stores.next = False
            emits.next = False
            sends.next = False
        elif clearing:
            stores.next = True
        elif runs:
            sums.next = instruction[multiply_bit]
            ends.next = instruction[store_bit] or instruction[send_bit]
            stores.next = instruction[store_bit] or (instruction[take_bit] and in_valid)
            emits.next = instruction[emit_bit]
            sends.next = instruction[send_bit]

    @always(clk.posedge)
    def second_stage_words():
        if runs:
            stored_at.next = pointer + instruction[bits:]
            tag.next = instruction[tag_high:tag_low]
            select_taken.next = instruction[take_bit]

    @always(clk.posedge)
    def take_word():
        if blank:
            taken.next = 0
        elif runs:
            taken.next = in_data

    @always(clk.posedge)
    def hand_over():
        if reset:
            holds.next = False
        elif runs:
            if loads:
                holds.next = True
            elif out_ready:
                holds.next = False

    @always(clk.posedge)
    def name_word():
        if runs and loads:
            out_tag.next = tag

    @always_comb
    def connect():
        fetch.next = fetches
        moves.next = runs
        place.next = counter
        executing.next = executed
        newest.next = pointer
        accumulate.next = sums
        finish.next = ends
        write.next = stores
        load.next = loads
        emitted.next = emits
        write_address.next = stored_at
        out_valid.next = holds

    return (
        decide, stall, go_on, turn, walk, follow, clear, second_stage, second_stage_words, take_word, hand_over, name_word, connect,
    )  # fmt: skip


@entity
def sum_of_products(clk, reset, moves, accumulate, finish, executing, sample, total, processor):
    """Products of samples and coefficients, added to a sum that is cleared when it is finished."""
    coefficient = [signed_signal(processor.coefficient_bits) for _ in sample]
    instances: list[Any] = [
        coefficient_memory(clk, moves, executing, word, processor.coefficients(number)) for number, word in enumerate(coefficient)
    ]
    if not processor.multiplies and len(sample) == 1:
        return instances, add_or_subtract(clk, reset, moves, accumulate, finish, sample[0], coefficient[0], total)
    products = []
    for word, factor in zip(sample, coefficient, strict=True):
        product = signed_signal(len(word) + (len(factor) if processor.multiplies else 1))
        instances.append((multiply if processor.multiplies else multiply_by_sign)(word, factor, product))
        products.append(product)
    while len(products) > 1:
        partial = []
        for group in balanced(products):
            if len(group) == 2:
                partial.append(signed_signal(max(map(len, group)) + 1))
                instances.append(add(*group, partial[-1]))
            else:
                partial.append(group[0])
        products = partial
    return instances, accumulator(clk, reset, moves, accumulate, finish, products[0], total)


@inline
def multiply_by_sign(word, sign, product):
    """A product by 1, -1 or 0."""
    negative = like(product)

    @always_comb
    def choose():
        if sign == 0:
            product.next = 0
        elif sign < 0:
            product.next = negative
        else:
            product.next = word

    return negate(word, negative), choose


@inline
def accumulator(clk, reset, moves, accumulate, finish, product, total):
    running = like(total)
    clear, grow = flag(), flag()

    # One condition each, so that both become the register's own synchronous clear and enable and cost no logic.
    @always_comb
    def decide():
        clear.next = reset or (moves and finish)
        grow.next = moves and accumulate

    @always(clk.posedge)
    def store():
        if clear:
            running.next = 0
        elif grow:
            running.next = running + product

    return decide, store, wire(running, total)


@inline
def add_or_subtract(clk, reset, moves, accumulate, finish, word, sign, total):
    """A sum of words and of their negatives, in one adder that can subtract."""
    running = like(total)
    clear, grow = flag(), flag()

    @always_comb
    def decide():
        clear.next = reset or (moves and finish)
        grow.next = moves and accumulate

    @always(clk.posedge)
    def store():
        if clear:
            running.next = 0
        elif grow:
            if sign < 0:
                running.next = running - word
            else:
                running.next = running + word

    return decide, store, wire(running, total)


@entity
def memory_word(total, taken, select_taken, write_data, inner):
    """What is stored: the sum, rounded, or a word from the input."""
    if inner is None:
        return wire(taken, write_data)
    rounded = signed_signal(inner.format.word_length)

    @always_comb
    def choose():
        if select_taken:
            write_data.next = taken
        else:
            write_data.next = rounded

    return requantizer(total, rounded, inner), choose


@entity
def output_word(total, stored, emitted, result, processor):
    """What leaves: a stored word, or the sum, rounded and limited."""
    if processor.outer is None:
        return wire(stored, result)
    rounded = signed_signal(processor.outer.format.word_length)
    if not processor.program.has("emit"):
        return requantizer(total, rounded, processor.outer), wire(rounded, result)

    @always_comb
    def choose():
        if emitted:
            result.next = stored
        else:
            result.next = rounded

    return requantizer(total, rounded, processor.outer), choose


@inline
def output_register(clk, moves, load, result, out_data):
    @always(clk.posedge)
    def store():
        if moves and load:
            out_data.next = result

    return store
