"""What the parallel forms of a FIR filter are built of where the rate changes; the widths are those of the hardware."""

from __future__ import annotations

from collections.abc import Sequence

from ip_cores.blocks.arithmetic import balanced
from ip_cores.blocks.block_inventory import of_conversion, of_shared_products
from ip_cores.blocks.interval import Interval, hull
from ip_cores.fir.direct import tree_levels
from ip_cores.fir.direct_rates import latency_direct_phases
from ip_cores.fir.form_inventory import direct_sum_inventory, held_bits, partial_sum_bits
from ip_cores.fir.polyphase import DirectPlan, Row, by_wires, distinct_rows, phase_structure
from ip_cores.fir.structure import Structure
from ip_cores.fir.transposed import distinct_products
from ip_cores.inventory import Inventory


def direct_turns_inventory(structure: Structure) -> Inventory:
    """A line of samples, products in turns and their tree; of a decimator also samples in turned order, and the sum of a period."""
    plan = DirectPlan(structure)
    factors = [(plan.operand(turn), turn.coefficients) for turn in plan.turns]
    pairs = sum(plan.operand(turn).bits for turn in plan.turns if turn.partner is not None)
    tree, passed = _tree([tuple(values.times(tap) for tap in row) for values, row in factors])
    period = structure.conversion.interval.bits if structure.decimation > 1 else 0
    choices = (len(plan.turned_places) - 1) * structure.sample.bits if plan.partners else 0
    own = Inventory(
        "fir direct",
        adders=pairs + tree + period,
        results=tree + period + 1 + plan.levels,
        registers=(plan.line_length + plan.turned_length) * structure.sample.bits + passed,
        multiplexers=period + choices,
    )
    return own + _products_in_turns(structure, factors) + _counter(structure) + of_conversion(structure.conversion)


def transposed_turns_inventory(structure: Structure) -> Inventory:
    """Products in turns, and a sum for each row; an interpolator's sums wait for their phase, a decimator's start afresh by choice."""
    sums = partial_sum_bits(structure)[::-1][:: structure.factor]
    up = structure.interpolation > 1
    own = Inventory(
        "fir transposed",
        adders=sum(sums),
        results=sum(sums) + 2,
        registers=structure.sample.bits + (structure.factor - 1) * sum(sums[1:]) if up else 0,
        multiplexers=0 if up else sum(sums),
    )
    factors = [(structure.sample, row) for row in distinct_rows(structure)]
    return own + _products_in_turns(structure, factors) + _counter(structure) + of_conversion(structure.conversion)


def direct_phases_inventory(structure: Structure) -> Inventory:
    """A direct form for each phase on one line of samples, and the choice between their sums."""
    filters = [phase_structure(structure, phase) for phase in range(structure.interpolation)]
    total, stages = structure.conversion.interval.bits, latency_direct_phases(structure)
    deepest = max(map(tree_levels, filters))
    waiting = sum(total * (deepest - tree_levels(one)) for one in filters)
    line = -(-len(structure.taps) // structure.interpolation) * structure.sample.bits
    own = Inventory("fir direct", results=stages, registers=line + waiting, multiplexers=(len(filters) - 1) * total)
    sums = [direct_sum_inventory(one) for one in filters]
    return sum(sums, start=own) + _counter(structure) + of_conversion(structure.conversion)


def transposed_phases_inventory(structure: Structure) -> Inventory:
    """The products of one sample, a chain of sums for each phase, and the choice between their ends."""
    factor, total = structure.factor, structure.conversion.interval.bits
    sums = sum(sum(partial_sum_bits(structure, structure.taps[phase::factor])) for phase in range(factor))
    keys = [key for key in distinct_products(structure) if key]
    own = Inventory(
        "fir transposed",
        adders=sums,
        results=sums + 2 + held_bits(structure, sum(structure.sample.times(key).bits for key in keys)),
        registers=held_bits(structure, structure.sample.bits),
        multiplexers=(factor - 1) * total,
    )
    shared = of_shared_products(structure.sample, keys, structure.multiplier)
    return own + shared + _counter(structure) + of_conversion(structure.conversion)


def _counter(structure: Structure) -> Inventory:
    return Inventory("", counters=(structure.factor - 1).bit_length())


def _products_in_turns(structure: Structure, factors: Sequence[tuple[Interval, Row]]) -> Inventory:
    """Products, and the tables of their coefficients."""
    shapes = [(values.bits, Interval(min(row), max(row)).bits) for values, row in factors if not by_wires(row)]
    tables = [(len(row), Interval(min(row), max(row)).bits) for _, row in factors if len(set(row)) > 1]
    held = held_bits(structure, sum(2 * (a + b) for a, b in shapes))
    embedded = structure.multiplier == "embedded"
    return Inventory(
        "", results=held, tables=tuple(tables), products=tuple(shapes) if embedded else (), arrays=() if embedded else tuple(shapes)
    )


def _tree(level: list[tuple[Interval, ...]]) -> tuple[int, int]:
    """Bits of the adders of a tree with a register behind each, and of the words that a level passes on; exact in every phase."""
    added = passed = 0
    while True:
        groups = balanced(level)
        level = [group[0] if len(group) == 1 else tuple(a + b for a, b in zip(*group, strict=True)) for group in groups]
        added += sum(hull(values).bits for values, group in zip(level, groups, strict=True) if len(group) == 2)
        passed += sum(hull(values).bits for values, group in zip(level, groups, strict=True) if len(group) == 1)
        if len(level) == 1:
            return added, passed
