"""What a FIR filter is built of, form by form; the widths are those of the hardware. Where the rate changes: `rate_inventory`."""

from __future__ import annotations

from ip_cores.blocks.arithmetic import balanced
from ip_cores.blocks.block_inventory import of_constant_products, of_conversion, of_shared_products, product_tree
from ip_cores.blocks.interval import Interval
from ip_cores.fir.direct import latency_direct
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.fir.structure import Structure
from ip_cores.fir.transposed import latency_transposed, product_key
from ip_cores.inventory import Inventory, Shape


def of_decimation(structure: Structure) -> Inventory:
    """The counter of a decimator."""
    return Inventory("", counters=(structure.decimation - 1).bit_length())


def partial_sum_bits(structure: Structure, taps: tuple[int, ...] | None = None) -> list[int]:
    """Bits of the sums of each tap and those behind it: what `sum_interval` gives for every rest of the taps, in one pass."""
    found, positive, negative = [], 0, 0
    low, high = structure.sample
    for tap in reversed(structure.taps if taps is None else taps):
        positive, negative = positive + max(tap, 0), negative + min(tap, 0)
        found.append(max(positive * high + negative * low, ~(positive * low + negative * high)).bit_length() + 1)
    return found


def held_bits(structure: Structure, bits: int) -> int:
    """Registers of products: an embedded multiplier has them inside."""
    return bits if structure.fast and structure.multiplier == "logic" else 0


def transposed_inventory(structure: Structure) -> Inventory:
    """Products of one sample, and a sum for each tap."""
    sums = sum(partial_sum_bits(structure))
    keys = list(dict.fromkeys(product_key(tap, structure) for tap in structure.taps if tap))
    held = held_bits(structure, sum(structure.sample.times(key).bits for key in keys))
    waiting = held_bits(structure, structure.sample.bits)
    own = Inventory("fir transposed", adders=sums, results=sums + latency_transposed(structure) + held, registers=waiting)
    products = of_shared_products(structure.sample, keys, structure.multiplier)
    return own + products + of_decimation(structure) + of_conversion(structure.conversion)


def direct_inventory(structure: Structure) -> Inventory:
    """A line of samples, products and their tree."""
    line = Inventory("", registers=len(structure.taps) * structure.sample.bits, results=latency_direct(structure))
    return direct_sum_inventory(structure) + line + of_decimation(structure) + of_conversion(structure.conversion)


def direct_sum_inventory(structure: Structure) -> Inventory:
    """Products of the direct form, and their tree."""
    operands = [structure.operand(mirror) for _, mirror, _ in structure.products]
    products = [(values, coefficient) for values, (_, _, coefficient) in zip(operands, structure.products, strict=True)]
    folded = sum(values.bits for values, (_, mirror, _) in zip(operands, structure.products, strict=True) if mirror is not None)
    tree, passed, delays = tree_bits([values.times(coefficient) for values, coefficient in products], registered=structure.fast)
    held = held_bits(structure, sum(values.bits + values.times(coefficient).bits for values, coefficient in products))
    own = Inventory("fir direct", adders=folded + tree, results=tree + held, registers=passed, delays=delays)
    return own + of_constant_products(products, structure.multiplier)


def tree_bits(level: list[Interval], registered: bool) -> tuple[int, int, tuple[Shape, ...]]:
    """Bits of the adders of a tree with a register behind each, and of the words that a level passes on; and how long which words wait.

    One product alone has a register too. The register right behind arithmetic is no part of the waiting.
    """
    added = passed = 0
    waited = [1 if registered else 0] * len(level)
    delays: list[Shape] = []
    while True:
        groups = balanced(level)
        ages = balanced(waited)
        delays += [
            (age - 1, values.bits)
            for group, old in zip(groups, ages, strict=True)
            if len(group) == 2
            for values, age in zip(group, old, strict=True)
        ]
        level = [group[0] if len(group) == 1 else group[0] + group[1] for group in groups]
        waited = [old[0] + 1 if len(old) == 1 else 1 for old in ages]
        added += sum(values.bits for values, group in zip(level, groups, strict=True) if len(group) == 2)
        passed += sum(values.bits for values, group in zip(level, groups, strict=True) if len(group) == 1)
        if len(level) == 1:
            return added, passed, tuple(delay for delay in delays if delay[0] > 1)


def serial_inventory(structure: Structure) -> Inventory:
    plan = SerialPlan.of(structure)
    count, width = len(plan.groups), plan.coefficient_bits
    operand = structure.operand(0 if plan.mirrored else None).bits
    total = plan.conversion.interval.bits
    tables = ((plan.steps, width),) * count if plan.steps > 1 else ()
    factors = ((operand, width),) * count
    tree = product_tree(count, operand + width)
    own = Inventory(
        "fir serial",
        adders=total + (count * operand if plan.mirrored else 0) + tree,
        results=total + (count * (operand + width) + tree if structure.fast else 0),
        counters=plan.steps.bit_length() + (1 + plan.copies) * plan.address_bits + plan.channel_bits,
        tables=tables if plan.in_logic else (),
        constants=() if plan.in_logic else tables,
        memories=((1 << plan.memory_bits, structure.sample.bits),) * plan.copies,
        products=factors if structure.multiplier == "embedded" else (),
        arrays=factors if structure.multiplier == "logic" else (),
    )
    return own + of_decimation(structure) + of_conversion(plan.conversion)
