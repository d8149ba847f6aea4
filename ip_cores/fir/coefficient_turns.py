"""Products whose coefficients take turns, and the sums of such products: what direct and transposed forms share where the rate changes."""

from __future__ import annotations

from typing import Any, NamedTuple

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import (
    add,
    balanced,
    constant_product,
    like,
    multiply,
    multiply_constant,
    multiply_in_logic,
    register,
    signed_signal,
    subtract,
    wire,
)
from ip_cores.blocks.interval import Interval, hull
from ip_cores.blocks.memory import table
from ip_cores.fir.polyphase import Row, by_wires
from ip_cores.hierarchy import described, inline


class Part(NamedTuple):
    """A part of a sum: its signal, and its values in each phase."""

    signal: Any
    phases: tuple[Interval, ...]

    @classmethod
    def of(cls, phases: tuple[Interval, ...]) -> Part:
        return cls(signed_signal(hull(phases)), phases)

    @classmethod
    def product(cls, values: Interval, row: Row) -> Part:
        """Of a word by the coefficients of a row."""
        return cls.of(tuple(values.times(coefficient) for coefficient in row))


@inline
def turning_product(clk, advance, operand, phase, product, values, row, structure):
    """A product by the coefficient of the phase; by a constant where all phases have the same.

    Registers, for speed, hold the word, the coefficient and the product; that is, all that a multiplier block has.
    """
    word, result = (signed_signal(values), like(product)) if structure.fast else (operand, product)
    held: tuple[Any, ...] = ()
    if structure.fast:
        held = (
            described(register(clk, advance, operand, word), "Registers in front of the products."),
            described(register(clk, advance, result, product), "Registers behind the products."),
        )
    embedded = structure.multiplier == "embedded"
    if by_wires(row):
        return held, constant_product(word, result, row[0])
    if embedded and len(set(row)) == 1 and row[0] > 0:
        return held, multiply_constant(word, result, row[0])
    coefficient = signed_signal(Interval(min(row), max(row)))
    due = like(coefficient) if structure.fast else coefficient
    turn = described(register(clk, advance, due, coefficient), "Registers in front of the products.") if structure.fast else ()
    chosen = described(table(phase, due, row), "The coefficient of the phase.")
    return held, turn, chosen, (multiply if embedded else multiply_in_logic)(word, coefficient, result)


def pipelined_sum(clk: Any, advance: Any, parts: list[Part], total: Any) -> list[Any]:
    """Instances that add up, two by two, with registers behind each level; widths are exact in every phase."""
    instances: list[Any] = []
    while True:
        sums = []
        for group in balanced(parts):
            values = group[0].phases if len(group) == 1 else tuple(a + b for a, b in zip(group[0].phases, group[1].phases, strict=True))
            unregistered = group[0].signal
            if len(group) == 2:
                unregistered = signed_signal(hull(values))
                instances.append(add(group[0].signal, group[1].signal, unregistered))
            sums.append(Part(total if len(parts) <= 2 else signed_signal(hull(values)), values))
            instances.append(described(register(clk, advance, unregistered, sums[-1].signal), "Registers behind each level of the tree."))
        parts = sums
        if len(parts) == 1:
            return instances


@inline
def growing_sum(clk, reset, update, restart, behind, product, total, sign):
    """A sum that grows from sample to sample, and starts afresh from what the next one has come to."""
    held, base = like(total), like(total)

    @always_comb
    def begin():
        """A period starts from what the row behind has come to."""
        if restart:
            base.next = behind
        else:
            base.next = held

    if sign == 0:
        grown = base
        grow = ()
    else:
        grown = like(total)
        grow = (add if sign > 0 else subtract)(base, product, grown)

    @always(clk.posedge)
    def store():
        """The sum, as far as the samples of this period have made it."""
        if reset:
            held.next = 0
        elif update:
            held.next = grown

    return begin, grow, store, wire(held, total)
