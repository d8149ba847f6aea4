"""Biquad: the multipliers, each with what it multiplies in which clock."""

from __future__ import annotations

from myhdl import always_comb

from ip_cores.blocks.arithmetic import add, balanced, flag, multiply, selecting, signed_signal, wire
from ip_cores.hierarchy import Constant, entity, inline, primitive


@entity
def section_products(step, operands, terms, products, plan):
    """Products of the words of two lines and coefficients, moved up to the sums' binary point, and added."""
    moved = [signed_signal(plan.sum_bits, is_number=False) for _ in range(plan.multipliers_used)]
    instances = [one_product(step, operands, terms[number], term, number, plan) for number, term in enumerate(moved)]
    while len(moved) > 1:
        partial = []
        for group in balanced(moved):
            if len(group) == 2:
                partial.append(signed_signal(plan.sum_bits, is_number=False))
                instances.append(add(*group, partial[-1]))
            else:
                partial.append(group[0])
        moved = partial
    return instances, wire(moved[0], products)


@inline
def one_product(step, operands, row, term, number, plan):
    """One multiplier: the word that it takes in each clock, times its coefficient."""
    taken = [None if step[number] is None else plan.operands[step[number]] for step in plan.occupied]
    factor = signed_signal(plan.coefficient_word_length, is_number=False)
    word = signed_signal(len(operands[0]), is_number=False)
    product = signed_signal(len(word) + len(factor), is_number=False)
    bits = plan.coefficient_word_length

    @always_comb
    def part():
        """The coefficient."""
        factor.next = row[bits:].signed()

    return part, chosen_word(step, operands, taken, word), multiply(word, factor, product), moved_up(product, row, term, plan)


@inline
def chosen_word(step, operands, taken, word):
    """What is multiplied in each clock: numbers of operands, None where nothing is."""
    distinct = sorted({number for number in taken if number is not None})
    if len(distinct) == 1:
        return wire(operands[distinct[0]], word)
    if len(taken) > len(operands):
        word_in, result = operands
        early, late = (Constant(clock, "of a product of the result") for clock, number in enumerate(taken) if number == 1)

        @always_comb
        def choose():
            """The section's result, or the word that it takes."""
            if step == early or step == late:  # noqa: SIM109  (MyHDL knows no tuples)
                word.next = result
            else:
                word.next = word_in

        return choose
    filled = [operands[distinct[-1] if number is None else number] for number in taken]
    first, second, third, fourth, fifth = [*filled, *filled[-1:] * 5][:5]
    if len(taken) == 2:

        @always_comb
        def choose():
            if step == 0:
                word.next = first
            else:
                word.next = second

    elif len(taken) == 3:

        @always_comb
        def choose():
            if step == 0:
                word.next = first
            elif step == 1:
                word.next = second
            else:
                word.next = third

    elif len(taken) == 4:

        @always_comb
        def choose():
            if step == 0:
                word.next = first
            elif step == 1:
                word.next = second
            elif step == 2:
                word.next = third
            else:
                word.next = fourth

    else:

        @always_comb
        def choose():
            if step == 0:
                word.next = first
            elif step == 1:
                word.next = second
            elif step == 2:
                word.next = third
            elif step == 3:
                word.next = fourth
            else:
                word.next = fifth

    return choose


@primitive
def moved_up(product, row, term, plan):
    """The product at the sums' binary point: as many places up as the table says."""
    words = [signed_signal(plan.sum_bits, is_number=False) for _ in plan.shifts]
    instances = [constant_shift(product, word, shift) for word, shift in zip(words, plan.shifts, strict=True)]
    for bit in range(plan.shift_bits):
        code = flag()
        instances.append(bit_of(row, code, plan.coefficient_word_length + bit))
        chosen = []
        for pair in balanced(words):
            if len(pair) == 2:
                chosen.append(signed_signal(plan.sum_bits, is_number=False))
                instances.append(one_of_two(code, pair[1], pair[0], chosen[-1]))
            else:
                chosen.append(pair[0])
        words = chosen
    return instances, wire(words[0], term)


@primitive
def one_of_two(code, one, other, chosen):
    """One of two shifts."""
    return selecting(code, one, other, chosen)


@primitive
def constant_shift(product, moved, shift):
    """A product moved up by so many places; sums wrap around, so what is above their bits is nothing."""
    kept = min(len(product), len(moved) - shift)

    if shift:

        @always_comb
        def raise_product():
            moved.next = product[kept:].signed() << shift

    else:

        @always_comb
        def raise_product():
            moved.next = product[kept:].signed()

    return raise_product


@primitive
def bit_of(row, code, place):
    """A bit of the table's row."""

    @always_comb
    def pick():
        code.next = row[place]

    return pick
