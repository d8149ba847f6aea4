"""What a design costs on a device: logic, memory, multipliers, clock rate and power, each with the error that was measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fpga_projects.device import Device, load_device
from fpga_projects.estimation.by_entity import placed_memories, resources_by_instance
from fpga_projects.estimation.device_limits import check_clock, check_fit
from fpga_projects.estimation.power import Activity, Power, estimate_power
from fpga_projects.estimation.uncertainty import MEASURED, figures_uncertainty, measured_errors
from fpga_projects.mapping.mapping import map_design
from fpga_projects.netlists.netlist import Netlist
from fpga_projects.netlists.packing import absorb, pack
from fpga_projects.netlists.timing import Timing, analyse
from testbenches.engines.yosys import yosys_version

__all__ = ["EFFORTS", "MEASURED", "Estimate", "estimate", "estimate_hdl", "estimate_netlist", "measured_errors"]

EFFORTS = ("map", "quick")

DEFAULT_SIGNAL = "speech"
"""What a core is given to work on when nobody says."""


@dataclass(frozen=True)
class Estimate:
    """Cost of one design on one device.

    Attributes
    ----------
    logic_elements, registers, carry_elements : int
        Elements; registers outside multipliers; elements in arithmetic mode.
    m4k_blocks, memory_bits : int
        Blocks used, and bits that the design asks for.
    multiplier_elements : int
        9-bit elements; an 18x18 multiplier is two.
    share : dict
        Used part of the device, by resource, 0 to 1.
    fmax_mhz : float or None
        None when nothing is clocked.
    limited_by : str
        What sets fmax: ``path``, or the ceiling below it.
    critical_path : tuple of str
        Names in the source, first register to last.
    power_mw : dict
        By kind, with ``total``, at `clock_mhz`.
    uncertainty : dict
        Beside each figure, what 90 of 100 checks against Quartus stayed within, None where none was checked; power in milliwatts;
        ``basis`` says what each rests on (`fpga_projects.estimation.uncertainty`).
    entities : tuple of dict
        Per instance: ``instance``, ``entity``, the resources of it and all below it, its ``dynamic_power_mw``, and that by kind in
        ``power_mw``. The first is the top: its dynamic power is all of the design's.
    warnings : tuple of str
    """

    entity: str
    device: str
    effort: str
    clock_mhz: float
    logic_elements: int
    registers: int
    carry_elements: int
    m4k_blocks: int
    memory_bits: int
    multiplier_elements: int
    share: dict[str, float]
    fmax_mhz: float | None
    limited_by: str
    critical_path: tuple[str, ...]
    power_mw: dict[str, float]
    uncertainty: dict[str, Any]
    entities: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    tools: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The estimate as an object that `json` writes."""
        return _rounded(asdict(self))


def estimate_hdl(
    files: list[str | Path],
    top: str,
    device: str = "EP2C70F896C6",
    clock_mhz: float = 50.0,
    activity: Activity | None = None,
    multipliers: str | None = None,
    plls: int = 0,
    clocks: Mapping[str, float] | None = None,
    libraries: Mapping[str, Iterable[str | Path]] | None = None,
) -> Estimate:
    """Cost of a design in VHDL or Verilog.

    Parameters
    ----------
    files : list of path
        VHDL, Verilog, or both, and Quartus' own lists of such files (``.qsf``, ``.qip``).
    top : str
        Entity or module to cost.
    device : str
        One of `fpga_projects.device.device_names`.
    clock_mhz : float
        Clock rate that power is given for.
    activity : Activity, optional
        Toggle rates from simulation; without it a default is used and said to be one.
    multipliers : {"embedded", "embedded constants", "logic"}, optional
        Where products go, see `fpga_projects.mapping.mapping.map_design`.
    plls : int
        Phase-locked loops to count in power.
    clocks : mapping of str to float, optional
        Rates in MHz of clocks that run at another than `clock_mhz`, by the name of their net, for power.
    libraries : mapping of str to paths, optional
        VHDL of other libraries than ``work``, by their names.

    Raises
    ------
    ValueError
        Unknown device, a clock above what the device allows, a design that does not fit or cannot be synthesised.
    OSError
        A file or a tool is missing.
    """
    part = load_device(device)
    check_clock(clock_mhz, part, "clock_tree")
    netlist = map_design(files, top, multipliers, libraries)
    return estimate_netlist(netlist, part, clock_mhz, activity or Activity(), plls, clocks)


def estimate(
    core: Any,
    device: str = "EP2C70F896C6",
    effort: str = "map",
    clock_mhz: float = 50.0,
    x: Any = DEFAULT_SIGNAL,
    multipliers: str | None = None,
    plls: int = 0,
    sample_rate: float | None = None,
) -> Estimate:
    """Cost of a core.

    Parameters
    ----------
    core : Core
    device, clock_mhz, multipliers, plls
        As for `estimate_hdl`.
    effort : {"map", "quick"}
        ``map`` synthesises the VHDL that is delivered; ``quick`` computes from the parameters (`fpga_projects.estimation.quick_estimate`)
        and knows neither clock rate nor hierarchy: a critical path is a matter of how a mapper shares logic, which no closed form foresees.
    x : str, array of int, mapping, or None
        The stimulus that power rests on: a signal's name, raw words of the sink, or those by sink field. All of it goes through the
        delivered VHDL in the native engine, and the transitions of every net are counted (`fpga_projects.estimation.activity`). With None
        nothing is simulated and power rests on a default rate.
    sample_rate : float, optional
        Words per second that the core gets, for its activity; without it as many as it takes at `clock_mhz`.

    Raises
    ------
    ValueError, OSError
        As `estimate_hdl`; a sample rate that the core does not reach.
    """
    if effort not in EFFORTS:
        raise ValueError(f"effort = {effort!r}: must be one of {', '.join(EFFORTS)}")
    if effort == "quick":
        return _quick(core, load_device(device), clock_mhz)
    from ip_cores.generate import generate

    load_device(device)
    core = core.on_avalon  # other names cost an inverter of the reset
    with tempfile.TemporaryDirectory() as scratch:
        manifest = generate(core, Path(scratch) / "vhdl", companions=None)
        activity = None
        if x is not None:
            from fpga_projects.estimation.activity import measure_activity

            activity = measure_activity(core, manifest, x, clock_mhz, sample_rate)
        return estimate_hdl(list(manifest.paths), manifest.entity, device, clock_mhz, activity, multipliers, plls)


def _quick(core: Any, device: Device, clock_mhz: float) -> Estimate:
    """Closed-form estimate as an `Estimate`; dynamic power scales with the clock."""
    from fpga_projects.estimation.cost import CLOCK_MHZ
    from fpga_projects.estimation.quick_estimate import memory_bits, quick_cost, quick_error

    name = core.name
    check_clock(clock_mhz, device, "clock_tree")
    cost = quick_cost(core)
    if cost is None:
        raise ValueError(f"{name}: effort = 'quick': this core does not say what it is built of (inventory); use 'map'")
    used = {"logic_elements": round(cost.les), "m4k_blocks": round(cost.m4k), "multiplier_elements": round(cost.multipliers)}
    check_fit(used, device, name)
    k = device.power
    power = {"static": float(k["static_mw"]), "dynamic": cost.power * clock_mhz / CLOCK_MHZ, "io": float(k["io_idle_mw"])}
    return Estimate(
        entity=name,
        device=device.name,
        effort="quick",
        clock_mhz=clock_mhz,
        logic_elements=used["logic_elements"],
        registers=round(cost.registers),
        carry_elements=0,
        m4k_blocks=used["m4k_blocks"],
        memory_bits=memory_bits(core.inventory),
        multiplier_elements=used["multiplier_elements"],
        share={key: count / device.capacity[key] for key, count in used.items()},
        fmax_mhz=None,
        limited_by="not estimated",
        critical_path=(),
        power_mw={**power, "total": sum(power.values())},
        uncertainty=_quick_uncertainty(quick_error(core)),
        entities=(),
        warnings=("effort quick: from the parameters, nothing was synthesised; no clock rate",),
        tools={},
    )


def _quick_uncertainty(error: dict[str, float]) -> dict[str, Any]:
    """What a quick estimate is off: the families' own errors, against the full mapping."""
    return {
        "logic_elements": error.get("les"),
        "registers": error.get("registers"),
        "m4k_blocks": 0.0,
        "multiplier_elements": 0.0,
        "power_mw": {"activity": Activity().source},
        "meaning": "relative, 90th percentile of the error against effort map; see docs/word_lengths.md",
    }


def estimate_netlist(
    netlist: Netlist, device: Device, clock_mhz: float, activity: Activity, plls: int = 0, clocks: Mapping[str, float] | None = None
) -> Estimate:
    """Cost of a mapped design, which is packed in place; arguments as for `estimate_hdl`."""
    absorb(netlist)
    packing = pack(netlist)
    timing = analyse(netlist, packing, device)
    power = estimate_power(netlist, device, clock_mhz, activity, plls, clocks)
    blocks = sum(1 for _ in netlist.of_kind("memory"))
    elements = sum(2 if cell.type == "MULTIPLIER_18" else 1 for cell in netlist.of_kind("multiplier"))
    used = {"logic_elements": packing.logic_elements, "m4k_blocks": blocks, "multiplier_elements": elements}
    check_fit(used, device, netlist.top)
    if timing.limited_by not in ("path", "nothing clocked", "clock tree"):
        check_clock(clock_mhz, device, timing.limited_by)
    return Estimate(
        entity=netlist.top,
        device=device.name,
        effort="map",
        clock_mhz=clock_mhz,
        logic_elements=packing.logic_elements,
        registers=packing.registers,
        carry_elements=packing.carry_elements,
        m4k_blocks=blocks,
        memory_bits=sum(placed_memories(netlist).values()),
        multiplier_elements=elements,
        share={name: count / device.capacity[name] for name, count in used.items()},
        fmax_mhz=timing.fmax_mhz,
        limited_by=timing.limited_by,
        critical_path=timing.path,
        power_mw=power.by_kind,
        uncertainty=figures_uncertainty(power, packing.logic_elements),
        entities=resources_by_instance(netlist, packing, power),
        warnings=(*_warnings(netlist, timing, clock_mhz, activity, power), *unknown_of(device)),
        tools={"yosys": yosys_version()},
    )


def unknown_of(device: Device) -> list[str]:
    """What to say of a device that is not known in full."""
    return [f"{device.name}: {device.unknown}"] if device.unknown else []


def _warnings(netlist: Netlist, timing: Timing, clock_mhz: float, activity: Activity, power: Power) -> tuple[str, ...]:
    found = list(netlist.remarks)
    if not netlist.cells and netlist.outputs:
        found.append(f"{netlist.top}: no logic is left: no output depends on an input through logic or registers")
    latches = sum(1 for _ in netlist.of_kind("latch"))
    if latches:
        found.append(f"{latches} latches: a value is kept where no clock keeps it")
    if timing.fmax_mhz is not None and timing.fmax_mhz < clock_mhz:
        found.append(f"the clock of {clock_mhz:g} MHz is above the estimated fmax of {timing.fmax_mhz:.1f} MHz")
    if not activity.simulated:
        found.append(f"dynamic power rests on a default: {activity.registers:g} transitions per clock and net, nothing was simulated")
    elif activity.nets and power.measured_nets < 0.2:
        found.append(f"only {100 * power.measured_nets:.0f} % of the nets have a simulated rate, the rest their mean")
    if power.uncertainty["static_extrapolated"]:
        found.append("static power is extrapolated from a smaller device")
    return tuple(found)


def _rounded(value: Any) -> Any:
    """Floats to six digits, tuples to lists, for text that is the same everywhere."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value
