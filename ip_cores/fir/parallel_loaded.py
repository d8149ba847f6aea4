"""Direct and transposed form whose coefficients are loaded while they work: each multiplier has a memory with a word for each bank.

In the direct form all products of a sum are of one bank. In the transposed form a sample meets all coefficients at once, so it keeps
those that are in force as it enters: a swap takes as many samples as there are taps to reach the end of the sums, each of which is
begun with the one bank and finished with the other.
"""

from __future__ import annotations

from ip_cores.blocks.arithmetic import (
    Term,
    add,
    flag,
    multiply,
    multiply_in_logic,
    register,
    signed_signal,
    subtract,
    word_signal,
)
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.coefficient_banks import CoefficientBanks
from ip_cores.fir.direct import adder_tree, delay_line, latency_direct
from ip_cores.fir.loading import Load, coefficient_by_bank, coefficient_signal, loader, selected_bank
from ip_cores.fir.rates import pipeline_flow
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.fir.transposed import accumulate, arrival
from ip_cores.hierarchy import described, entity, inline


def parallel_banks(structure: Structure) -> CoefficientBanks:
    """A multiplier for each coefficient that is loaded."""
    if structure.loading is None:
        raise ValueError("the coefficients are constants")
    count = len(structure.products)
    return CoefficientBanks(structure.loading, structure.taps, tuple((number, 0) for number in range(count)), count, 1)


def latency_transposed_loaded(structure: Structure) -> int:
    """The sample with its coefficients, products (for speed), sum, output."""
    return 1 + (1 if structure.fast else 0) + 1 + 1


@entity
def fir_direct_loaded(clk, reset, sink, source, structure, coefficient=None, control=None, bank=None):
    """FIR filter, direct form: delay line, products with loaded coefficients, pipelined adder tree, one rounding at the output.

    All products of a sum are of the bank that is selected as its newest sample is taken.
    """
    banks = parallel_banks(structure)
    advance, take = flag(), flag()
    taps = [signed_signal(structure.sample) for _ in structure.taps]
    factor = [coefficient_signal(banks) for _ in structure.products]
    product = [signed_signal(structure.product_values(mirror)) for _, mirror, _ in structure.products]
    total, result = signed_signal(structure.conversion.interval), word_signal(structure.conversion.format)
    load, selected = Load.of(banks), selected_bank(banks)
    return (
        loader(clk, coefficient, control, bank, load, selected, banks),
        pipeline_flow(clk, reset, sink.flow(), source.flow(), advance, take, latency_direct(structure), structure.decimation),
        delay_line(clk, reset, take, sink.data, taps),
        [coefficient_by_bank(clk, take, load, number, selected, one, banks) for number, one in enumerate(factor)],
        loaded_products(clk, advance, taps, factor, product, structure),
        adder_tree(clk, advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def loaded_products(clk, advance, taps, factor, product, structure):
    """Samples that share a coefficient are added or subtracted first; then one product for each coefficient."""
    return [
        loaded_product(clk, advance, taps[tap], None if mirror is None else taps[mirror], factor[number], product[number], structure)
        for number, (tap, mirror, _) in enumerate(structure.products)
    ]


@inline
def loaded_product(clk, advance, newer, older, factor, product, structure):
    """The two samples that share a coefficient, added or subtracted; then the product."""
    values, operand, instances = structure.operand(older), newer, []
    if older is not None:
        operand = signed_signal(values)
        instances.append((add if structure.symmetry > 0 else subtract)(newer, older, operand))
    times = multiply if structure.multiplier == "embedded" else multiply_in_logic
    if not structure.fast:
        return instances, times(operand, factor, product)
    held, held_factor, formed = signed_signal(values), signed_signal(len(factor)), signed_signal(len(product))
    return (
        instances,
        described(register(clk, advance, operand, held), "Registers in front of the products."),
        described(register(clk, advance, factor, held_factor), "Registers in front of the products."),
        times(held, held_factor, formed),
        described(register(clk, advance, formed, product), "Registers behind the products."),
    )


@entity
def fir_transposed_loaded(clk, reset, sink, source, structure, coefficient=None, control=None, bank=None):
    """FIR filter, transposed form: broadcast sample, loaded coefficients, accumulating registers, one rounding at the output.

    A sample is multiplied with the coefficients of the bank that is selected as it is taken, whichever sums it enters.
    """
    banks = parallel_banks(structure)
    advance, take = flag(), flag()
    operand = signed_signal(structure.sample)
    factor = [coefficient_signal(banks) for _ in structure.products]
    product = [signed_signal(structure.product_values(None)) for _ in structure.products]
    total, result = signed_signal(structure.conversion.interval), word_signal(structure.conversion.format)
    load, selected = Load.of(banks), selected_bank(banks)
    stages = latency_transposed_loaded(structure)
    return (
        loader(clk, coefficient, control, bank, load, selected, banks),
        pipeline_flow(clk, reset, sink.flow(), source.flow(), advance, take, stages, structure.decimation),
        described(register(clk, advance, sink.data, operand), "The sample that all products have in common."),
        [coefficient_by_bank(clk, advance, load, number, selected, one, banks) for number, one in enumerate(factor)],
        broadcast_products(clk, advance, operand, factor, product, structure),
        loaded_accumulators(clk, reset, take, advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def broadcast_products(clk, advance, operand, factor, product, structure):
    """Products of one sample with every coefficient that is loaded."""
    times = multiply if structure.multiplier == "embedded" else multiply_in_logic
    if not structure.fast:
        return [times(operand, one, found) for one, found in zip(factor, product, strict=True)]
    formed = [signed_signal(len(found)) for found in product]
    return (
        [times(operand, one, found) for one, found in zip(factor, formed, strict=True)],
        [
            described(register(clk, advance, before, after), "Registers behind the products.")
            for before, after in zip(formed, product, strict=True)
        ],
    )


@entity
def loaded_accumulators(clk, reset, take, advance, product, total, structure):
    """One register for each tap: its product plus what the next tap held; widths are right for any coefficients."""
    update, count = flag(), len(structure.taps)
    sums = [total, *(signed_signal(remaining(structure, tap)) for tap in range(1, count))]
    terms = terms_by_tap(product, structure)
    return (
        arrival(clk, reset, take, advance, update, 2 if structure.fast else 1),
        [
            accumulate(clk, reset, update, sums[tap + 1] if tap + 1 < count else None, term.signal, sums[tap], term.sign)
            for tap, term in enumerate(terms)
        ],
    )


def remaining(structure: Structure, tap: int) -> Interval:
    """Values of the sum of a tap and those behind it."""
    assert structure.loading is not None
    return structure.loading.sums(len(structure.taps) - tap, structure.sample)


def terms_by_tap(product, structure: Structure) -> list[Term]:
    """For each tap the product that serves it, and the sign with which it is added."""
    values = structure.product_values(None)
    nothing = Term(None, values, 0)
    found = [nothing] * len(structure.taps)
    for signal, (tap, mirror, _) in zip(product, structure.products, strict=True):
        found[tap] = Term(signal, values, 1)
        if mirror is not None:
            found[mirror] = Term(signal, values, structure.symmetry)
    return found
