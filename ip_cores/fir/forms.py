"""Which block builds a filter, by its form and its change of rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ip_cores.fir import direct_rates, loaded_inventory, rate_inventory, transposed_rates
from ip_cores.fir import form_inventory as inventory
from ip_cores.fir.coefficient_banks import CoefficientBanks
from ip_cores.fir.direct import fir_direct, latency_direct
from ip_cores.fir.interpolator_loaded import (
    banks_of_rows,
    fir_direct_interpolator_loaded,
    fir_transposed_interpolator_loaded,
    latency_direct_interpolator_loaded,
)
from ip_cores.fir.parallel_loaded import fir_direct_loaded, fir_transposed_loaded, latency_transposed_loaded, parallel_banks
from ip_cores.fir.serial import fir_serial
from ip_cores.fir.serial_loaded import fir_serial_loaded
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.fir.structure import Structure
from ip_cores.fir.transposed import fir_transposed, latency_transposed
from ip_cores.inventory import Inventory


class Hardware(NamedTuple):
    """A block, its latency, and what it is built of."""

    top: Callable[..., Any]
    latency: Callable[[Structure], int]
    inventory: Callable[[Structure], Inventory]


LOADED_INTERPOLATORS = {
    "direct": Hardware(
        fir_direct_interpolator_loaded, latency_direct_interpolator_loaded, loaded_inventory.direct_interpolator_loaded_inventory
    ),
    "transposed": Hardware(
        fir_transposed_interpolator_loaded, latency_transposed_loaded, loaded_inventory.transposed_interpolator_loaded_inventory
    ),
}
"""Coefficients that are loaded, and take turns."""

LOADED = {
    "direct": Hardware(fir_direct_loaded, latency_direct, loaded_inventory.direct_loaded_inventory),
    "transposed": Hardware(fir_transposed_loaded, latency_transposed_loaded, loaded_inventory.transposed_loaded_inventory),
    "serial": Hardware(fir_serial_loaded, lambda structure: SerialPlan.of(structure).latency, loaded_inventory.serial_loaded_inventory),
}
"""Coefficients that are loaded at run time."""

SERIAL = Hardware(fir_serial, lambda structure: SerialPlan.of(structure).latency, inventory.serial_inventory)

BY_CONSTANTS = {
    ("direct", "decimation"): Hardware(fir_direct, latency_direct, inventory.direct_inventory),
    ("transposed", "decimation"): Hardware(fir_transposed, latency_transposed, inventory.transposed_inventory),
    ("direct", "interpolation"): Hardware(
        direct_rates.fir_direct_phases, direct_rates.latency_direct_phases, rate_inventory.direct_phases_inventory
    ),
    ("transposed", "interpolation"): Hardware(
        transposed_rates.fir_transposed_phases, transposed_rates.latency_transposed_phases, rate_inventory.transposed_phases_inventory
    ),
}
"""A product for each coefficient; a decimator of this kind forms every sum."""

IN_TURNS = {
    ("direct", "decimation"): Hardware(
        direct_rates.fir_direct_decimator, direct_rates.latency_direct_decimator, rate_inventory.direct_turns_inventory
    ),
    ("transposed", "decimation"): Hardware(
        transposed_rates.fir_transposed_decimator, transposed_rates.latency_transposed_decimator, rate_inventory.transposed_turns_inventory
    ),
    ("direct", "interpolation"): Hardware(
        direct_rates.fir_direct_interpolator, direct_rates.latency_direct_interpolator, rate_inventory.direct_turns_inventory
    ),
    ("transposed", "interpolation"): Hardware(
        transposed_rates.fir_transposed_interpolator,
        transposed_rates.latency_transposed_interpolator,
        rate_inventory.transposed_turns_inventory,
    ),
}
"""A product for each row of as many coefficients as the rate's factor."""


def hardware(structure: Structure, form: str) -> Hardware:
    """What is built for a filter."""
    if structure.loading is not None:
        return (LOADED | LOADED_INTERPOLATORS)[form] if structure.interpolation > 1 else LOADED[form]
    if form == "serial":
        return SERIAL
    kind = (form, "interpolation" if structure.interpolation > 1 else "decimation")
    return (IN_TURNS if structure.factor > 1 and takes_turns(structure, kind) else BY_CONSTANTS)[kind]


def loaded_banks(structure: Structure, form: str) -> CoefficientBanks:
    """Where coefficients stand that are loaded."""
    if form == "serial":
        return SerialPlan.of(structure).banks
    return banks_of_rows(structure) if structure.interpolation > 1 else parallel_banks(structure)


def takes_turns(structure: Structure, kind: tuple[str, str]) -> bool:
    """Whether fewer multipliers are taken by coefficients in turns than by constants; in logic, whether fewer elements are.

    Constants win where both are as many: they need no tables.
    """
    turns, constants = (kinds[kind].inventory(structure) for kinds in (IN_TURNS, BY_CONSTANTS))
    if structure.multiplier == "embedded":
        return len(turns.products) < len(constants.products)
    return elements(turns) < elements(constants)


def elements(found: Inventory) -> int:
    """Logic elements of an inventory without embedded multipliers, near enough to compare two of the same filter.

    One for each bit by bit of an array and for each bit of a short table: both within a tenth of what filters of 32 taps are mapped to.
    """
    arrays = sum(a * b for a, b in found.arrays) + sum(bits for _, bits in found.tables)
    return found.adders + found.registers + found.multiplexers + found.additions + arrays
