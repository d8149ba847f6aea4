"""Resources of a core from its parameters alone, in a fraction of a millisecond: the cost column of sweeps.

A core says what it is built of (`ip_cores.inventory`); this page says what that comes to on Cyclone II. A bit of an adder with its register
is one logic element, a memory so many blocks, a product so many multiplier elements. What structure does not say (control, and what a
mapper saves) are weights that `fpga_projects.estimation.quick_calibration` has fitted to full mappings, for each family of structures; a
family that was never mapped has the general ones. No core is named here: a new one needs an inventory in its own file and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fpga_projects.estimation.cost import CLOCK_MHZ, Cost
from fpga_projects.estimation.quick_parts import Shapes, lut_tables, m4k_blocks, multiplier_elements
from ip_cores.core import Core
from ip_cores.inventory import Inventory

CALIBRATION = Path(__file__).resolve().parent / "quick_calibration.json"
"""Weights by family, written by ``python -m fpga_projects.estimation.quick_calibration``."""


class Weight(NamedTuple):
    """What one bit of something takes: the general value, and how far families differ in it (standard deviation)."""

    mean: float
    deviation: float


GENERAL: dict[str, dict[str, Weight]] = {
    "les": {
        "control": Weight(20, 40),
        "adders": Weight(1.0, 0.15),
        "registers": Weight(1.0, 0.3),
        "multiplexers": Weight(0.8, 0.4),
        "counters": Weight(2.5, 1.5),
        "additions": Weight(1.0, 0.15),
        "arrays": Weight(1.1, 0.3),
        "tables": Weight(1.0, 0.5),
        "joins": Weight(1.0, 0.3),
        "tiles": Weight(0.0, 0.5),
    },
    "registers": {
        "control": Weight(10, 25),
        "registers": Weight(1.0, 0.2),
        "results": Weight(1.0, 0.1),
        "counters": Weight(1.5, 1.0),
        "table_bits": Weight(0.3, 0.5),
        "joins": Weight(0.0, 0.5),
        "tiles": Weight(0.0, 0.5),
    },
}
"""Weights of a family that has not been mapped; of the others where a fit starts from. Known from what a logic element is."""

# Energies at 1.2 V, from the reports that docs/estimates.md lists; figures per clock or per transition, in pJ.
CLOCK_NETWORK_PJ, REGISTER_PJ, LOGIC_PJ, M4K_PJ, MULTIPLIER_PJ = 55.0, 0.41, 0.5, 12.0, 15.0
ACTIVITY = 0.125
"""Transitions per clock of a node, the toggle rate that PowerPlay assumes where nothing is known."""


@dataclass(frozen=True)
class Family:
    """Weights of a family.

    Attributes
    ----------
    weights : mapping
        Of logic elements and of registers, by name as in `GENERAL`.
    error : mapping
        Relative error of logic elements and of registers that nine of ten of the cores stayed within, each predicted from the
        others of its family; empty where there were too few.
    """

    weights: Mapping[str, Mapping[str, float]]
    error: Mapping[str, float]


UNKNOWN = Family({figure: {name: weight.mean for name, weight in row.items()} for figure, row in GENERAL.items()}, {})


@cache
def families() -> dict[str, Family]:
    """What has been calibrated."""
    try:
        document = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {name: Family(row["weights"], row["error"]) for name, row in document["families"].items()}


def quick_estimate(core: Core) -> Cost | None:
    """Resources and power of a core; None where it does not say what it is built of.

    Examples
    --------
    >>> from ip_cores.fir import Fir
    >>> cost = quick_estimate(Fir(coefficients=[0.25, 0.5, 0.25], form="serial"))
    >>> cost.multipliers, cost.m4k
    (2, 2)
    """
    inventory = core.inventory
    if inventory is None:
        return None
    les, registers = (max(0, round(amount(inventory, figure))) for figure in ("les", "registers"))
    multipliers, m4k = blocks(inventory)
    return Cost(les, registers, multipliers, m4k, round(power(les, registers, multipliers, m4k), 3))


def amount(inventory: Inventory, figure: str) -> float:
    """Logic elements (``les``) or ``registers`` of an inventory and its parts."""
    return own_amount(inventory, figure) + sum(amount(part, figure) for part in inventory.parts)


def own_amount(inventory: Inventory, figure: str) -> float:
    """Those of the inventory without its parts."""
    weights = families().get(inventory.family, UNKNOWN).weights[figure]
    found = features(inventory)
    return sum(weight * found[name] for name, weight in weights.items())


def features(inventory: Inventory) -> dict[str, float]:
    """What weights apply to: the inventory's bits, and those that the device's multipliers and memories make of its shapes."""
    shapes = Shapes.of(inventory)
    return {
        "control": float(inventory.control),
        "adders": inventory.adders,
        "registers": inventory.registers,
        "results": inventory.results,
        "multiplexers": inventory.multiplexers,
        "counters": inventory.counters,
        "additions": inventory.additions,
        "arrays": sum(a * b for a, b in shapes.in_logic),
        "tables": lut_tables(shapes.tables),
        "table_bits": sum(bits for _, bits in shapes.tables),
        "joins": shapes.joins,
        "tiles": shapes.tiles,
    }


def blocks(inventory: Inventory) -> tuple[int, int]:
    """9-bit multiplier elements and M4K blocks of an inventory and its parts."""
    shapes = Shapes.of(inventory)
    found = [blocks(part) for part in inventory.parts]
    multipliers = sum(multiplier_elements(*factors) for factors in shapes.embedded) + sum(one[0] for one in found)
    return multipliers, sum(m4k_blocks(*memory) for memory in shapes.memories) + sum(one[1] for one in found)


def memory_bits(inventory: Inventory) -> int:
    """Bits of an inventory's M4K, those of its parts included."""
    return sum(words * bits for words, bits in Shapes.of(inventory).memories) + sum(map(memory_bits, inventory.parts))


def quick_error(core: Core) -> dict[str, float]:
    """Relative error against the full mapping that nine of ten cores stay within: the worst of the families that the core is of."""
    inventory = core.inventory
    found: dict[str, float] = {}
    pending = [] if inventory is None else [inventory]
    while pending:
        part = pending.pop()
        pending += part.parts
        for figure, error in families().get(part.family, UNKNOWN).error.items():
            found[figure] = max(error, found.get(figure, 0.0))
    return found


def power(les: float, registers: float, multipliers: float, m4k: float) -> float:
    """Dynamic core power in mW at `CLOCK_MHZ`, within a factor of two."""
    picojoules = CLOCK_NETWORK_PJ + registers * REGISTER_PJ + m4k * M4K_PJ + ACTIVITY * (2 * les * LOGIC_PJ + multipliers * MULTIPLIER_PJ)
    return picojoules * CLOCK_MHZ * 1e-3


def quick_cost(core: Core) -> Cost | None:
    """The quick estimate, in a fraction of a millisecond; None where there is none for this kind of core."""

    return quick_estimate(core)
