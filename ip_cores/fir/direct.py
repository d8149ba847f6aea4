"""Direct form: a delay line, products of its taps, and a pipelined tree of adders."""

from __future__ import annotations

from myhdl import always

from ip_cores.blocks.arithmetic import (
    Term,
    add,
    balanced,
    combine,
    flag,
    like,
    positive,
    product_term,
    register,
    signed_signal,
    subtract,
    wire,
    word_signal,
)
from ip_cores.blocks.multiple_constants import constant_products
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.rates import pipeline_flow
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.hierarchy import described, entity, inline


def tree_levels(structure: Structure) -> int:
    """Levels of adders, each with registers; a single product has one register too."""
    return max(1, (len(structure.products) - 1).bit_length())


def latency_direct(structure: Structure) -> int:
    """Delay line, products (in two clocks for speed), adder tree, output."""
    return 1 + (2 if structure.fast else 0) + tree_levels(structure) + 1


@entity
def fir_direct(clk, reset, sink, source, structure):
    """FIR filter, direct form: delay line, products, pipelined adder tree, one rounding at the output."""
    advance, take = flag(), flag()
    taps = [signed_signal(structure.sample) for _ in structure.taps]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    products = product_terms(structure)
    product = [term.signal for term in products]
    stages = latency_direct(structure)
    return (
        pipeline_flow(clk, reset, sink.flow(), source.flow(), advance, take, stages, structure.decimation),
        delay_line(clk, reset, take, sink.data, taps),
        tap_products(clk, advance, taps, product, structure),
        adder_tree(clk, advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, advance, result, source.data), OUTPUT_REGISTER),
    )


def product_terms(structure: Structure) -> list[Term]:
    """Signals for the products that leave `tap_products`, with the signs that the tree has to apply."""
    if structure.loading is not None:
        values = [structure.product_values(mirror) for _, mirror, _ in structure.products]
        return [Term(signed_signal(one), one, 1) for one in values]
    return [product_term(structure.operand(mirror), coefficient) for _, mirror, coefficient in structure.products]


@entity
def delay_line(clk, reset, take, sample, taps):
    """The last samples, newest first; they move when a sample is taken."""
    samples = [like(tap) for tap in taps]
    count = len(taps)

    @always(clk.posedge)
    def shift():
        """Every sample moves on by one place when a new one is taken."""
        if reset:
            for tap in range(count):
                samples[tap].next = 0
        elif take:
            samples[0].next = sample
            for tap in range(1, count):
                samples[tap].next = samples[tap - 1]

    return shift, [wire(samples[tap], taps[tap]) for tap in range(count)]


@entity
def tap_products(clk, advance, taps, product, structure):
    """Samples that share a coefficient are added or subtracted first; then one product for each coefficient."""
    return [
        tap_product(clk, advance, taps[tap], None if mirror is None else taps[mirror], product[index], coefficient, structure)
        for index, (tap, mirror, coefficient) in enumerate(structure.products)
    ]


@inline
def tap_product(clk, advance, newer, older, product, coefficient, structure):
    """The two samples that share a coefficient, added or subtracted; then the product. An adder behind it takes the coefficient's sign."""
    values = structure.operand(older)
    instances = []
    operand = newer
    if older is not None:
        operand = signed_signal(values)
        instances.append((add if structure.symmetry > 0 else subtract)(newer, older, operand))
    if not structure.fast:
        return instances, constant_products(operand, [product], values, (coefficient,), structure.multiplier)
    registered, unregistered = signed_signal(values), like(product)
    return (
        instances,
        described(register(clk, advance, operand, registered), "Registers in front of the products."),
        constant_products(registered, [unregistered], values, (coefficient,), structure.multiplier),
        described(register(clk, advance, unregistered, product), "Registers behind the products."),
    )


@entity
def adder_tree(clk, advance, product, total, structure):
    """The sum of all products, two by two, with registers behind each level; widths are exact at every node."""
    terms = [Term(signal, term.interval, term.sign) for signal, term in zip(product, product_terms(structure), strict=True)]
    instances = []
    levels = tree_levels(structure)
    for level in range(levels):
        sums: list[Term] = []
        for group in balanced(terms):
            made, unregistered = combine(*group) if len(group) == 2 else ([], group[0])
            if level == levels - 1:
                negated, unregistered = positive(unregistered)
                made += negated
                result = total
            else:
                result = signed_signal(unregistered.interval, name=f"sum_{level + 1}_{len(sums)}")
            instances += [*made, described(register(clk, advance, unregistered.signal, result), "Registers behind each level of the tree.")]
            sums.append(Term(result, unregistered.interval, unregistered.sign))
        terms = sums
    return instances


