"""Filter processor: one memory of delay lines, one unit that sums products, and a program in a ROM.

Every clock executes one instruction of a program (`ip_cores.banks.filter_program`), in two stages: read the sample memory and the table of
coefficients; then add the product to the sum, or store or send a word. A program that waits for its next input word lets the second stage
run empty, and a finished word that finds the output occupied stops both. The memory cannot be reset at once: after a reset it is filled
with zeros, a word a clock, before the first instruction.
"""

from __future__ import annotations

from typing import Any

from myhdl import Signal, always, always_comb, intbv

from ip_cores.banks.filter_processor_control import ProgramCourse, UnitOrders, processor_control
from ip_cores.banks.filter_processor_plan import Processor
from ip_cores.blocks.arithmetic import (
    add,
    address_signal,
    balanced,
    counter_signal,
    flag,
    like,
    multiply,
    negate,
    register_where,
    selecting,
    signed_signal,
    wire,
)
from ip_cores.blocks.memory import coefficient_memory, looking_up, sample_memory
from ip_cores.blocks.product_sum import clear_or_grow, pausing_accumulator
from ip_cores.blocks.requantizer import requantizer
from ip_cores.hierarchy import described, entity, inline, primitive

__all__ = ["Processor", "filter_processor"]


@entity
def filter_processor(clk, reset, in_, out, processor):
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
    result = signed_signal(processor.output_bits, is_number=not processor.sends_both)
    course = ProgramCourse(instruction, fetch, moves, place, executing, newest)
    orders = UnitOrders(accumulate, finish, write, load, select_taken, emitted, write_address, taken)
    return (
        program_memory(clk, fetch, place, instruction, processor.instruction_words),
        processor_control(clk, reset, in_, out.flow("tag"), course, orders, processor),
        first_address(instruction, newest, address[0], bits),
        [further_address(clk, fetch, place, newest, address[number], processor.offsets(number)) for number in range(1, count)],
        [
            described(
                sample_memory(clk, moves, write, write_address, write_data, address[number], sample[number]),
                "The delay lines: a memory with the same words for each multiplier.",
            )
            for number in range(count)
        ],
        sum_of_products(clk, reset, moves, accumulate, finish, executing, sample, total, processor),
        memory_word(total, taken, select_taken, write_data, processor.inner),
        output_word(total, sample[0], emitted, result, processor),
        register_where(clk, moves, load, result, out.data),
    )  # fmt: skip


@entity
def program_memory(clk, enable, address, instruction, contents):
    """The program: what happens in each clock of a sample.

    Lines are called after what they hold: a0 the samples, aJ and dJ approximations and details of level J, bJ the words that enter a
    synthesis (b0 the approximation), sJ its sums. a0[-3] is the word of a0 that is three samples old.
    """
    remark = "From the lowest bit: the first multiplier's offset in memory, a bit for each kind of instruction, one for the last, the tag."
    return described(looking_up(clk, enable, address, instruction, contents), remark)


@primitive
def first_address(instruction, newest, address, bits):
    """Where the first multiplier reads."""

    @always_comb
    def add_offset():
        """The first multiplier's offset stands in the instruction."""
        address.next = newest + instruction[bits:]

    return add_offset


@inline
def further_address(clk, fetch, place, newest, address, offsets):
    """The offsets of a further multiplier stand in a table of their own."""
    offset = address_signal(len(address))

    @always_comb
    def add_offset():
        address.next = newest + offset

    return coefficient_memory(clk, fetch, place, offset, offsets), add_offset


@entity
def sum_of_products(clk, reset, moves, accumulate, finish, executing, sample, total, processor):
    """Products of samples and coefficients, added to a sum that is cleared when it is finished."""
    program = processor.program
    coefficient = [signed_signal(processor.coefficient_bits) for _ in sample]
    instances: list[Any] = [
        described(
            coefficient_memory(clk, moves, executing, word, processor.coefficients(number)),
            "The coefficients of each multiplier, by instruction.",
        )
        for number, word in enumerate(coefficient)
    ]
    if not processor.multiplies and len(sample) == 1:
        return instances, add_or_subtract(clk, reset, moves, accumulate, finish, sample[0], coefficient[0], total, program.fraction_length)
    products = []
    for word, factor in zip(sample, coefficient, strict=True):
        bits = len(word) + (len(factor) if processor.multiplies else 1)
        product = signed_signal(bits) if processor.multiplies else signed_signal(bits, point_of=(word, program.fraction_length))
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
    return instances, pausing_accumulator(clk, reset, moves, accumulate, finish, products[0], total)


@inline
def multiply_by_sign(word, sign, product):
    """A product by 1, -1 or 0."""
    negative = like(product)

    @always_comb
    def choose():
        """A product by 1, -1 or 0."""
        if sign == 0:
            product.next = 0
        elif sign < 0:
            product.next = negative
        else:
            product.next = word

    return negate(word, negative), choose


@inline
def add_or_subtract(clk, reset, moves, accumulate, finish, word, sign, total, fraction_length):
    """A sum of words and of their negatives, in one adder that can subtract."""
    running = signed_signal(len(total), point_of=(word, fraction_length))
    clear, grow = flag(), flag()

    @always(clk.posedge)
    def store():
        """The sum, while words and negatives of words come in."""
        if clear:
            running.next = 0
        elif grow:
            if sign < 0:
                running.next = running - word
            else:
                running.next = running + word

    return clear_or_grow(reset, moves, accumulate, finish, clear, grow), store, wire(running, total)


@entity
def memory_word(total, taken, select_taken, write_data, inner):
    """What is stored: the sum, rounded, or a word from the input."""
    if inner is None:
        return wire(taken, write_data)
    rounded = signed_signal(inner.format.word_length)
    choose = described(selecting(select_taken, taken, rounded, write_data), "A word from the input, or the sum.")
    return requantizer(total, rounded, inner), choose


@entity
def output_word(total, stored, emitted, result, processor):
    """What leaves: a stored word, or the sum, rounded and limited."""
    if processor.outer is None:
        return wire(stored, result)
    rounded = signed_signal(processor.outer.format.word_length)
    if not processor.program.has("emit"):
        return requantizer(total, rounded, processor.outer), wire(rounded, result)
    choose = described(selecting(emitted, stored, rounded, result), "A stored word, or the sum.")
    return requantizer(total, rounded, processor.outer), choose
