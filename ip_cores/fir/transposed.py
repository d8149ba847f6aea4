"""Transposed form: each sample meets all coefficients at once, and the sums wait in registers for the next one."""

from __future__ import annotations

from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import (
    Term,
    flag,
    like,
    product_term,
    register,
    signed_signal,
    word_signal,
)
from ip_cores.blocks.interval import sum_interval
from ip_cores.blocks.multiple_constants import constant_products
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.rates import pipeline_flow
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.hierarchy import described, entity, inline, primitive


def latency_transposed(structure: Structure) -> int:
    """Sample and product registers (for speed), sum, output."""
    return (2 if structure.fast else 0) + 1 + 1


@entity
def fir_transposed(clk, reset, sink, source, structure):
    """FIR filter, transposed form: broadcast sample, accumulating registers, one rounding at the output."""
    advance, take = flag(), flag()
    product = [term.signal for term in distinct_products(structure).values()]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_transposed(structure)
    return (
        pipeline_flow(clk, reset, sink.flow(), source.flow(), advance, take, stages, structure.decimation),
        coefficient_products(clk, advance, sink.data, product, structure),
        accumulators(clk, reset, take, advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, advance, result, source.data), OUTPUT_REGISTER),
    )


def distinct_products(structure: Structure) -> dict[int, Term]:
    """One product for each coefficient, or for each magnitude where coefficients are folded; zero needs none.

    Keys are what the sample is multiplied with; a term's sign belongs to the first coefficient that uses it.
    """
    terms: dict[int, Term] = {}
    for coefficient in structure.taps:
        key = product_key(coefficient, structure)
        if coefficient and key not in terms:
            terms[key] = product_term(structure.sample, key)
    return terms or {0: product_term(structure.sample, 0)}


def product_key(coefficient: int, structure: Structure) -> int:
    """Folded filters share a product between taps of equal magnitude; the adders take the sign."""
    return abs(coefficient) if structure.folded else coefficient


@entity
def coefficient_products(clk, advance, sample, product, structure):
    """Products of one sample with every distinct coefficient."""
    coefficients = list(distinct_products(structure))
    values = structure.sample
    operand = signed_signal(values)
    if not structure.fast:
        return signed_sample(sample, operand), constant_products(operand, product, values, coefficients, structure.multiplier)
    unregistered = [like(signal) for signal in product]
    return (
        described(register(clk, advance, sample, operand), "The sample that all products have in common."),
        constant_products(operand, unregistered, values, coefficients, structure.multiplier),
        [
            described(register(clk, advance, before, after), "Registers behind the products.")
            for before, after in zip(unregistered, product, strict=True)
        ],
    )


@primitive
def signed_sample(sample, operand):
    @always_comb
    def connect():
        operand.next = sample

    return connect


@entity
def accumulators(clk, reset, take, advance, product, total, structure):
    """One register for each tap: its product plus what the next tap held; widths follow the exact partial sums."""
    update = flag()
    taps = structure.taps
    sums = [total, *(signed_signal(sum_interval(taps[tap:], structure.sink)) for tap in range(1, len(taps)))]
    instances = [arrival(clk, reset, take, advance, update, 2 if structure.fast else 0)]
    instances += chain(clk, reset, update, product, sums, taps, structure)
    return instances


def chain(clk: Any, reset: Any, update: Any, product: list[Any], sums: list[Any], taps: tuple[int, ...], structure: Structure) -> list[Any]:
    """Instances of a chain of registers, one for each tap, on the products of `distinct_products`."""
    keys = distinct_products(structure)
    index = {key: number for number, key in enumerate(keys)}
    instances = []
    for tap, coefficient in enumerate(taps):
        after = sums[tap + 1] if tap + 1 < len(taps) else None
        key = product_key(coefficient, structure)
        sign = keys[key].sign * (1 if key == coefficient else -1) if coefficient else 0
        word = product[index[key]] if coefficient else None
        instances.append(accumulate(clk, reset, update, after, word, sums[tap], sign))
    return instances


@inline
def arrival(clk, reset, take, advance, update, delay):
    """When the product of a new sample is there: at once, or after the registers of the fast pipeline."""
    if delay == 0:

        @always_comb
        def at_once():
            update.next = take

        return at_once

    held = [flag() for _ in range(delay)]

    @always(clk.posedge)
    def follow():
        """Marks the new sample while its products pass through their registers."""
        if reset:
            for stage in range(delay):
                held[stage].next = False
        elif advance:
            held[0].next = take
            for stage in range(1, delay):
                held[stage].next = held[stage - 1]

    @always_comb
    def arrive():
        update.next = advance and held[delay - 1]

    return follow, arrive


@inline
def accumulate(clk, reset, update, after, product, total, sign):
    """The chain: each register takes its product and what the one behind it held. A tap that is zero only passes the sum on."""
    if sign == 0 and after is None:
        after = signed_signal(2, 0)
    if sign == 0:

        @always(clk.posedge)
        def pass_on():
            if reset:
                total.next = 0
            elif update:
                total.next = after

        return pass_on

    if after is None and sign > 0:

        @always(clk.posedge)
        def begin():
            if reset:
                total.next = 0
            elif update:
                total.next = product

        return begin

    if after is None:
        # As wide as the sum: the most negative word has no counterpart of its own width.
        after = signed_signal(len(total), 0)

    if sign > 0:

        @always(clk.posedge)
        def plus():
            if reset:
                total.next = 0
            elif update:
                total.next = after + product

        return plus

    @always(clk.posedge)
    def minus():
        if reset:
            total.next = 0
        elif update:
            total.next = after - product

    return minus
