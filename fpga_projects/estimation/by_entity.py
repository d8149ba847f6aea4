"""Resources of a design by instance of its hierarchy."""

from collections import defaultdict
from typing import Any

from fpga_projects.estimation.power import DYNAMIC_KINDS, Power
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.packing import Packing

COUNTS = ("logic_elements", "registers", "carry_elements", "m4k_blocks", "memory_bits", "multiplier_elements")


def placed_memories(netlist: Netlist) -> dict[str, int]:
    """Memories of the source that went to M4K, and their bits."""
    placed = {cell.name.lstrip("\\") for cell in netlist.of_kind("memory")}
    return {name: bits for name, bits in netlist.memories.items() if any(cell == name or cell.startswith(f"{name}.") for cell in placed)}


def resources_by_instance(netlist: Netlist, packing: Packing, power: Power) -> tuple[dict[str, Any], ...]:
    """Resources and dynamic power, in all and by kind, of every instance, each with all below it.

    A cell belongs to the instance in which its output is driven; LUTs whose nets have no name belong to what reads them.
    """
    own: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    burnt: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(DYNAMIC_KINDS, 0.0))

    def instance(name: str) -> str:
        while name and name not in netlist.instances:
            name = name.rpartition(".")[0]
        return name

    for index, cell in enumerate(netlist.cells):
        count = own[instance(cell.instance)]
        if cell.kind in ("lut", "carry", "latch"):
            count["logic_elements"] += 1
            count["carry_elements"] += cell.kind == "carry"
        elif cell.kind == "register":
            count["registers"] += 1
            count["logic_elements"] += index not in packing.element_of
        elif cell.kind == "memory":
            count["m4k_blocks"] += 1
        elif cell.kind == "multiplier":
            count["multiplier_elements"] += 2 if cell.type == "MULTIPLIER_18" else 1
    for name, bits in placed_memories(netlist).items():
        own[instance(name.rpartition(".")[0])]["memory_bits"] += bits
    for name, milliwatts in power.by_instance.items():
        for kind in DYNAMIC_KINDS:
            burnt[instance(name)][kind] += milliwatts[kind]
    rows = []
    for path, entity in netlist.instances.items():
        below = [name for name in netlist.instances if path in ("", name) or name.startswith(f"{path}.")]
        row: dict[str, Any] = {"instance": path or netlist.top, "entity": entity if path else netlist.top}
        row.update({key: sum(own[name][key] for name in below) for key in COUNTS})
        row["power_mw"] = {kind: sum(burnt[name][kind] for name in below) for kind in DYNAMIC_KINDS}
        row["dynamic_power_mw"] = sum(row["power_mw"].values())
        rows.append(row)
    return tuple(rows)
