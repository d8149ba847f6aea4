"""What filters are built of whose coefficients are loaded, form by form."""

from __future__ import annotations

from dataclasses import replace

from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.interval import Interval
from ip_cores.fir.coefficient_banks import SLAVE, CoefficientBanks
from ip_cores.fir.direct import latency_direct
from ip_cores.fir.form_inventory import held_bits, of_decimation, serial_inventory, tree_bits
from ip_cores.fir.interpolator_loaded import banks_of_rows, row_structure
from ip_cores.fir.parallel_loaded import latency_transposed_loaded, parallel_banks, remaining
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.fir.structure import Structure
from ip_cores.inventory import Inventory


def serial_loaded_inventory(structure: Structure) -> Inventory:
    """The serial form with memories in the place of tables."""
    plan = SerialPlan.of(structure)
    return replace(serial_inventory(structure), tables=(), constants=()) + of_loading(plan.banks)


def direct_loaded_inventory(structure: Structure) -> Inventory:
    """The direct form with a memory for each coefficient."""
    operands = [structure.operand(mirror) for _, mirror, _ in structure.products]
    products = [structure.product_values(mirror) for _, mirror, _ in structure.products]
    folded = sum(values.bits for values, (_, mirror, _) in zip(operands, structure.products, strict=True) if mirror is not None)
    tree, passed, delays = tree_bits(products, registered=structure.fast)
    line = len(structure.taps) * structure.sample.bits
    own = Inventory("fir direct", adders=folded + tree, results=tree + latency_direct(structure), registers=line + passed, delays=delays)
    loaded = of_loaded_products(structure, operands, parallel_banks(structure))
    return own + loaded + of_decimation(structure) + of_conversion(structure.conversion)


def transposed_loaded_inventory(structure: Structure) -> Inventory:
    """The transposed form with a memory for each coefficient."""
    sums = sum(remaining(structure, tap).bits for tap in range(len(structure.taps)))
    stages = latency_transposed_loaded(structure)
    own = Inventory("fir transposed", adders=sums, results=sums + stages, registers=structure.sample.bits)
    operands = [structure.sample] * len(structure.products)
    loaded = of_loaded_products(structure, operands, parallel_banks(structure))
    return own + loaded + of_decimation(structure) + of_conversion(structure.conversion)


def of_loaded_products(structure: Structure, operands: list[Interval], loaded_banks: CoefficientBanks) -> Inventory:
    """A multiplier for each coefficient, with what loads it."""
    width = structure.coefficient.bits
    shapes = tuple((values.bits, width) for values in operands)
    held = held_bits(structure, sum(2 * (a + width) for a, _ in shapes))
    embedded = structure.multiplier == "embedded"
    own = Inventory("", results=held, products=shapes if embedded else (), arrays=() if embedded else shapes)
    return own + of_loading(loaded_banks, in_multipliers=embedded)


def of_loading(banks: CoefficientBanks, in_multipliers: bool = False) -> Inventory:
    """Memories of coefficients, and what loads them; registers of single words may be those of embedded multipliers."""
    loading, width = banks.loading, banks.loading.format.word_length
    words = 1 << loading.bank_bits + banks.step_bits
    memories = ((words, width),) * banks.multipliers if words > 1 else ()
    held = banks.multipliers * width if words == 1 and not in_multipliers else 0
    if loading.access == SLAVE:
        memories += ((1 << banks.address_bits, width),)
    slave = loading.bank_bits + 1 if banks.selects_by_register else 0
    multiplexers = banks.data_bits if banks.selects_by_register else 0
    return Inventory("", registers=loading.bank_bits + slave + held, multiplexers=multiplexers, memories=memories)


def direct_interpolator_loaded_inventory(structure: Structure) -> Inventory:
    """A direct form of the rows, whose coefficients take turns."""
    rows, banks = row_structure(structure), banks_of_rows(structure)
    operands = [structure.sample] * len(rows.taps)
    tree, passed, delays = tree_bits([structure.product_values(None)] * len(rows.taps), registered=structure.fast)
    line = len(rows.taps) * structure.sample.bits
    own = Inventory("fir direct", adders=tree, results=tree + latency_direct(rows), registers=line + passed, delays=delays)
    return own + of_loaded_products(structure, operands, banks) + of_turns(banks) + of_conversion(structure.conversion)


def transposed_interpolator_loaded_inventory(structure: Structure) -> Inventory:
    """A product for each row, and sums that wait for their phase."""
    rows, banks = row_structure(structure), banks_of_rows(structure)
    sums = [remaining(rows, row).bits for row in range(len(rows.taps))]
    waiting = (structure.interpolation - 1) * sum(sums[1:])
    own = Inventory("fir transposed", adders=sum(sums), results=sum(sums) + 2, registers=structure.sample.bits + waiting)
    operands = [structure.sample] * len(rows.taps)
    return own + of_loaded_products(structure, operands, banks) + of_turns(banks) + of_conversion(structure.conversion)


def of_turns(banks: CoefficientBanks) -> Inventory:
    """Phases that are counted, looked ahead, and the bank of the sample."""
    return Inventory("", counters=2 * banks.step_bits, registers=banks.loading.bank_bits, multiplexers=banks.loading.bank_bits)
