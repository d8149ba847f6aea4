"""Serial form: few multipliers, samples in memories, coefficients in tables, one sum that grows product by product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always_comb

from ip_cores.blocks.arithmetic import (
    add,
    address_signal,
    balanced,
    counter_signal,
    flag,
    multiply,
    multiply_in_logic,
    register,
    register_where,
    signed_signal,
    subtract,
    wire,
    word_signal,
)
from ip_cores.blocks.memory import coefficient_memory, sample_memory, table
from ip_cores.blocks.product_sum import pausing_accumulator
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.serial_control import SampleAddresses, SumCourse, Written, serial_control
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.hierarchy import Constant, Group, described, entity, inline, primitive

READ_PORTS = "The samples: a memory with the same words for each that is read in a clock."
"""What the VHDL says of the memories of a serial filter."""


@entity
def fir_serial(clk, reset, sink, source, structure):
    """FIR filter, serial form: samples in memory, coefficients in tables, multipliers shared over the taps."""
    plan = SerialPlan.of(structure)
    bits, values = plan.memory_bits, structure.sample
    count = len(plan.groups)
    advance, write, accumulate, load = (flag() for _ in range(4))
    write_address = address_signal(bits)
    write_data = signed_signal(values)
    coefficient_step = counter_signal(plan.steps)
    newer_address = [address_signal(bits) for _ in range(count)]
    older_address = [address_signal(bits) for _ in range(count if plan.mirrored else 0)]
    newer = [signed_signal(values) for _ in newer_address]
    older = [signed_signal(values) for _ in older_address]
    coefficient = [signed_signal(plan.coefficient_bits) for _ in range(count)]
    total = signed_signal(plan.conversion.interval)
    result = word_signal(plan.conversion.format)
    step = counter_signal(plan.steps)
    written = Written(write, write_address, write_data)
    course = SumCourse(step, coefficient_step, accumulate, load)
    reads = SampleAddresses(newer_address, older_address)
    flags = SumFlags(advance, accumulate, load, coefficient_step)
    return (
        serial_control(clk, reset, sink.flow("data"), source.flow(), advance, written, course, reads, plan),
        [
            described(sample_memory(clk, advance, write, write_address, write_data, address, sample), READ_PORTS)
            for address, sample in zip(newer_address + older_address, newer + older, strict=True)
        ],
        [
            described(
                coefficient_source(clk, advance, step, coefficient_step, coefficient[number], plan, number),
                "The coefficients of each multiplier, in the order of its products.",
            )
            for number in range(count)
        ],
        multiply_accumulate(clk, reset, flags, newer, older, coefficient, total, plan),
        output_rounding(total, result, plan.conversion),
        register_where(clk, advance, load, result, source.data),
    )


@primitive
def coefficient_source(clk, advance, step, coefficient_step, coefficient, plan, number):
    """A table in logic behind the delayed step, or a memory whose own register delays it."""
    contents = plan.coefficients(number)
    if len(contents) == 1:
        only = signed_signal(plan.coefficient_bits, contents[0])
        return wire(only, coefficient)
    if plan.in_logic:
        return table(coefficient_step, coefficient, contents)
    return coefficient_memory(clk, advance, step, coefficient, contents)


@dataclass(frozen=True, eq=False)
class SumFlags(Group):
    """What happens to a sum.

    Attributes
    ----------
    advance : Signal of bool
        The pipeline moves.
    accumulate : Signal of bool
        A product is added.
    load : Signal of bool
        The sum is handed over, and cleared.
    coefficient_step : Signal
        The product that is formed.
    """

    advance: Any
    accumulate: Any
    load: Any
    coefficient_step: Any


@entity
def multiply_accumulate(clk, reset, flags, newer, older, coefficient, total, plan):
    """Products of the samples that share a coefficient, added to the sum; the sum is cleared as it is handed over."""
    structure = plan.structure
    instances: list[Any] = []
    products = []
    for number, sample in enumerate(newer):
        operand, values = sample, structure.sample
        if older:
            values = structure.operand(0)
            operand = signed_signal(values)
            instances.append(paired(sample, older[number], flags.coefficient_step, operand, plan.lonely(number), structure.symmetry))
        product = signed_signal(values.bits + len(coefficient[number]))
        factor = coefficient[number]
        if structure.fast:
            held, held_factor = signed_signal(values), signed_signal(len(factor))
            instances += [
                described(register(clk, flags.advance, operand, held), "Registers in front of the multipliers."),
                described(register(clk, flags.advance, factor, held_factor), "Registers in front of the multipliers."),
            ]
            operand, factor = held, held_factor
        instances.append((multiply if structure.multiplier == "embedded" else multiply_in_logic)(operand, factor, product))
        if structure.fast:
            held = signed_signal(len(product))
            instances.append(described(register(clk, flags.advance, product, held), "Registers behind the multipliers."))
            product = held
        products.append(product)
    while len(products) > 1:
        sums = []
        for group in balanced(products):
            if len(group) == 2:
                partial = signed_signal(max(len(group[0]), len(group[1])) + 1)
                instances.append(add(group[0], group[1], partial))
            else:
                partial = group[0]
            if structure.fast:
                held = signed_signal(len(partial))
                instances.append(described(register(clk, flags.advance, partial, held), "Registers behind each level of adders."))
                partial = held
            sums.append(partial)
        products = sums
    return instances, pausing_accumulator(clk, reset, flags.advance, flags.accumulate, flags.load, products[0], total, plan.preload)


@inline
def paired(newer, older, step, operand, lonely, symmetry):
    """Sum or difference of two samples; the centre of an odd symmetric filter stands alone."""
    if not lonely:
        return (add if symmetry > 0 else subtract)(newer, older, operand)
    partner = signed_signal(len(older))
    centre_step = Constant(lonely[0], "of the tap that has no partner")

    @always_comb
    def mask():
        """The centre of an odd number of taps has no partner."""
        if step == centre_step:
            partner.next = 0
        else:
            partner.next = older

    return mask, add(newer, partner, operand)
