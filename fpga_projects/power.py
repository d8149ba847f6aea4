"""Power of a mapped design from its activity and the device's coefficients."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from fpga_projects.device import Device
from fpga_projects.netlist import Cell, Netlist

KINDS = ("static", "clock", "logic", "routing", "registers", "m4k", "multipliers", "pll", "io")
DYNAMIC_UNCERTAINTY = 0.5
"""Relative, of everything dynamic: what such coefficients have missed PowerPlay by on public reports."""
IO_UNCERTAINTY_MW = 2.5
DEFAULT_TOGGLE_RATE = 0.125
"""Transitions per clock of a signal when nothing was simulated: the vectorless default of vendor tools, and no better than a guess."""


@dataclass(frozen=True)
class Activity:
    """How often signals change, in transitions per clock cycle.

    Attributes
    ----------
    source : str
        Where the rates come from; printed with every figure.
    registers, logic, products : float
        Mean rates of register outputs, LUT outputs and multiplier outputs, used for nets that `nets` does not name.
    memory_enabled : float
        Part of the clock cycles in which memories are enabled.
    nets : dict
        Rates of single nets by their hierarchical name in the source.
    simulated : bool
        Whether the rates come from a simulation of the design.
    """

    source: str = "default toggle rate, not simulated"
    registers: float = DEFAULT_TOGGLE_RATE
    logic: float = DEFAULT_TOGGLE_RATE
    products: float = DEFAULT_TOGGLE_RATE
    memory_enabled: float = 1.0
    nets: dict[str, float] = field(default_factory=dict)
    simulated: bool = False


@dataclass(frozen=True)
class Power:
    """Milliwatts by kind, with ``total``; by instance (dynamic only); what it rests on.

    Attributes
    ----------
    measured_nets : float
        Part of the outputs of registers and LUTs whose rate is their own and not a mean.
    """

    by_kind: dict[str, float]
    by_instance: dict[str, float]
    uncertainty: dict[str, Any]
    measured_nets: float


def estimate_power(netlist: Netlist, device: Device, clock_mhz: float, activity: Activity, plls: int = 0) -> Power:
    """Power of a netlist whose registers all run at one clock rate.

    Parameters
    ----------
    clock_mhz : float
        Rate of the clock, MHz.
    activity : Activity
    plls : int
        Phase-locked loops that the board's clocking uses.

    Notes
    -----
    Energies per event are in pJ, so that pJ times events per clock times MHz is in microwatts. The clock network costs a part per
    global net and a part per register; logic and routing cost per transition of the net.
    """
    k = device.power
    micro: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    instances: dict[str, float] = defaultdict(float)
    means, named = _mean_rates(netlist, activity)
    clocks = {cell.control["clock"] for cell in netlist.cells if "clock" in cell.control}
    micro["clock"] += k["clock_uw_per_mhz"] * clock_mhz * max(len(clocks), 1 if _clocked(netlist) else 0)
    for cell in netlist.cells:
        for kind, picojoule in _energy(cell, k, means, named, activity):
            micro[kind] += picojoule * clock_mhz
            instances[cell.instance] += picojoule * clock_mhz / 1000
    milli = {kind: value / 1000 for kind, value in micro.items()}
    milli["static"] = float(k["static_mw"])
    milli["pll"] = k["pll_mw"] * plls
    milli["io"] = float(k["io_idle_mw"])
    dynamic = sum(milli[kind] for kind in KINDS if kind not in ("static", "io"))
    milli["total"] = sum(milli[kind] for kind in KINDS)
    uncertainty = {
        "static": float(k["static_uncertainty_mw"]),
        "dynamic": DYNAMIC_UNCERTAINTY * dynamic,
        "io": IO_UNCERTAINTY_MW,
        "total": (k["static_uncertainty_mw"] ** 2 + (DYNAMIC_UNCERTAINTY * dynamic) ** 2 + IO_UNCERTAINTY_MW**2) ** 0.5,
        "static_extrapolated": bool(k["static_extrapolated"]),
        "activity": activity.source,
    }
    outputs = sum(1 for cell in netlist.of_kind("register", "lut", "carry"))
    return Power(milli, dict(instances), uncertainty, len(named) / outputs if outputs else 0.0)


def _clocked(netlist: Netlist) -> bool:
    return any(cell.kind in ("register", "memory", "multiplier register") for cell in netlist.cells)


def _mean_rates(netlist: Netlist, activity: Activity) -> tuple[dict[str, float], dict[Any, float]]:
    """Mean rate for nets without their own, by kind of driver, and the rates of nets that have one."""
    if not activity.nets:
        means = {"register": activity.registers, "lut": activity.logic, "carry": activity.logic, "multiplier": activity.products}
        return means, {}
    named: dict[Any, float] = {}
    sums: dict[str, list[float]] = defaultdict(list)
    for cell in netlist.cells:
        bit = cell.outputs[0] if cell.outputs else "x"
        rate = activity.nets.get(netlist.names.get(bit, ""))
        if rate is not None:
            named[bit] = rate
            sums[cell.kind].append(rate)
    registers = sum(sums["register"]) / len(sums["register"]) if sums["register"] else activity.registers
    logic = [*sums["lut"], *sums["carry"]]
    mean_logic = sum(logic) / len(logic) if logic else registers
    return {"register": registers, "lut": mean_logic, "carry": mean_logic, "multiplier": mean_logic}, named


def _energy(cell: Cell, k: dict[str, Any], means: dict[str, float], named: dict[Any, float], activity: Activity) -> list[tuple[str, float]]:
    """What a cell burns per clock cycle, pJ, by kind."""
    rate = named.get(cell.outputs[0] if cell.outputs else None, means.get(cell.kind, 0.0))
    if cell.kind == "register":
        return [("registers", k["register_pj"]), ("clock", k["clock_pj_per_register"]), ("routing", k["register_routing_pj"] * rate)]
    if cell.kind in ("lut", "carry"):
        return [("logic", k["lut_pj"] * rate), ("routing", k["lut_routing_pj"] * rate)]
    if cell.kind == "memory":
        return [("m4k", k["m4k_pj"] * activity.memory_enabled)]
    if cell.kind == "multiplier":
        whole = 1.0 if cell.type == "MULTIPLIER_18" else 0.5
        mean = means["multiplier"] if not named else sum(named.get(bit, means["multiplier"]) for bit in cell.outputs) / len(cell.outputs)
        return [("multipliers", k["multiplier_18_pj"] * whole * mean)]
    return []
