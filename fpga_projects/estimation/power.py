"""Power of a mapped design from its activity and the device's coefficients."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fpga_projects.device import Device
from fpga_projects.netlists.netlist import Bit, Cell, Netlist

DYNAMIC_KINDS = ("clock", "logic", "routing", "registers", "m4k", "multipliers", "pll")
KINDS = ("static", *DYNAMIC_KINDS, "io")
DYNAMIC_UNCERTAINTY = 0.5
"""Relative, of everything dynamic: what such coefficients have missed PowerPlay by on public reports
(`fpga_projects.validation.power_reports`)."""

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
        Rates by the hierarchical name of the net in the source: of single bits, ``sum[3]``, or means of all bits of a vector, ``sum``.
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

    def rate(self, name: str) -> float | None:
        """Rate of one bit; None if neither it nor its vector is known."""
        found = self.nets.get(name)
        return found if found is not None or not name.endswith("]") else self.nets.get(name.rpartition("[")[0])


@dataclass(frozen=True)
class Power:
    """Milliwatts by kind, with ``total``; dynamic ones by instance and kind; what it rests on.

    Attributes
    ----------
    measured_nets : float
        Part of the outputs of registers and LUTs whose rate is their own and not a mean.
    """

    by_kind: dict[str, float]
    by_instance: dict[str, dict[str, float]]
    uncertainty: dict[str, Any]
    measured_nets: float


def estimate_power(
    netlist: Netlist,
    device: Device,
    clock_mhz: float,
    activity: Activity,
    plls: int = 0,
    clocks: Mapping[str, float] | None = None,
) -> Power:
    """Power of a netlist.

    Parameters
    ----------
    clock_mhz : float
        Rate of the clocks, MHz.
    activity : Activity
        Per cycle of the clock of the registers that drive a net.
    plls : int
        Phase-locked loops that the board's clocking uses.
    clocks : mapping of str to float, optional
        Rates in MHz of clocks that run at another, by the name of their net.

    Notes
    -----
    Energies per event are in pJ, so that pJ times events per clock times MHz is in microwatts. The clock network costs a part per
    global net and a part per register; logic and routing cost per transition of the net. What belongs to no entity, the trunks of the
    clock networks and the PLL, is the top's.
    """
    k = device.power
    rates = _Rates(netlist, activity)
    megahertz = _Clocks(netlist, clock_mhz, clocks or {})
    milli: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(DYNAMIC_KINDS, 0.0))
    milli[""]["clock"] += k["clock_uw_per_mhz"] * sum(megahertz.of_net.values()) / 1000
    milli[""]["pll"] += k["pll_mw"] * plls
    for index, cell in enumerate(netlist.cells):
        for kind, picojoule in _energy(cell, k, rates, activity.memory_enabled):
            milli[cell.instance][kind] += picojoule * megahertz.of_cell(index) / 1000
    by_kind = {kind: sum(part[kind] for part in milli.values()) for kind in DYNAMIC_KINDS}
    dynamic = sum(by_kind.values())
    by_kind = {"static": float(k["static_mw"]), **by_kind, "io": float(k["io_idle_mw"])}
    by_kind["total"] = sum(by_kind.values())
    uncertainty = {
        "static": float(k["static_uncertainty_mw"]),
        **{kind: DYNAMIC_UNCERTAINTY * by_kind[kind] for kind in DYNAMIC_KINDS},
        "dynamic": DYNAMIC_UNCERTAINTY * dynamic,
        "io": IO_UNCERTAINTY_MW,
        "total": (k["static_uncertainty_mw"] ** 2 + (DYNAMIC_UNCERTAINTY * dynamic) ** 2 + IO_UNCERTAINTY_MW**2) ** 0.5,
        "static_extrapolated": bool(k["static_extrapolated"]),
        "activity": activity.source,
    }
    return Power(by_kind, dict(milli), uncertainty, rates.measured)


CLOCKED = ("register", "memory", "multiplier register")
LOGIC = ("lut", "carry")


class _Clocks:
    """Clock nets with their rates, and the rate at which each cell works."""

    def __init__(self, netlist: Netlist, clock_mhz: float, named: Mapping[str, float]) -> None:
        self.default = clock_mhz
        nets = {bit for cell in netlist.cells if cell.kind in CLOCKED for bit in _clock_pins(cell)}
        self.of_net = {bit: named.get(netlist.names.get(bit, ""), clock_mhz) for bit in nets}
        if not nets and any(cell.kind in CLOCKED for cell in netlist.cells):
            self.of_net = {"": clock_mhz}
        self.cells: dict[int, float] = {}
        if len(set(self.of_net.values())) > 1 or set(self.of_net.values()) - {clock_mhz}:
            self._follow(netlist)

    def of_cell(self, index: int) -> float:
        return self.cells.get(index, self.default)

    def _follow(self, netlist: Netlist) -> None:
        """Registers go with their clock, logic with the fastest of what drives it."""
        for index, cell in enumerate(netlist.cells):
            pins = _clock_pins(cell) if cell.kind in CLOCKED else []
            if pins:
                self.cells[index] = sum(self.of_net[bit] for bit in pins) / len(pins)
        pending = [index for index in range(len(netlist.cells)) if index not in self.cells]
        changed = True
        while changed:
            changed = False
            for index in pending:
                drivers = (netlist.driver.get(bit) for bit in netlist.cells[index].data)
                fastest = max((self.cells[driver] for driver in drivers if driver in self.cells), default=0.0)
                if fastest > self.cells.get(index, 0.0):
                    self.cells[index], changed = fastest, True


def _clock_pins(cell: Cell) -> list[Any]:
    """Nets at the clock pins of a register or a memory, each once."""
    return list(dict.fromkeys(bit for pin, bit in cell.control.items() if pin.endswith(("clock", "clk")) and isinstance(bit, int)))


class _Rates:
    """Transitions per clock of every cell's output: its own where the net has a name that was counted, else the mean of its class.

    A class is what drives (register, logic, multiplier) within an instance; where nothing in the instance was counted, within the whole.
    """

    def __init__(self, netlist: Netlist, activity: Activity) -> None:
        self.named: dict[Any, float] = {}
        sums: dict[tuple[str, str | None], list[float]] = defaultdict(list)
        outputs: Counter[bool] = Counter()
        # What enters a register changes as often as what leaves it a clock later.
        held: dict[Bit, Bit] = {cell.data[0]: cell.outputs[0] for cell in netlist.of_kind("register") if isinstance(cell.data[0], int)}
        for cell in netlist.cells:
            for bit in cell.outputs if cell.kind == "multiplier" else cell.outputs[:1]:
                name = (netlist.names.get(bit) or netlist.names.get(held.get(bit, bit))) or ""
                rate = activity.rate(name) if activity.nets else None
                if rate is not None:
                    self.named[bit] = rate
                    sums[_driver(cell), cell.instance].append(rate)
                    sums[_driver(cell), None].append(rate)
                if cell.kind in ("register", *LOGIC):
                    outputs[rate is not None] += 1
        self.measured = outputs[True] / outputs.total() if outputs else 0.0
        self.means = {key: sum(rates) / len(rates) for key, rates in sums.items()}
        self.fallback = {"register": activity.registers, "logic": activity.logic, "multiplier": activity.products}
        if activity.nets:
            known = self.means.get(("logic", None), self.means.get(("register", None), activity.logic))
            self.fallback = {"register": known, "logic": known, "multiplier": known}

    def of(self, cell: Cell, bit: Any) -> float:
        """Rate of one of the outputs of a cell."""
        if bit in self.named:
            return self.named[bit]
        driver = _driver(cell)
        return self.means.get((driver, cell.instance), self.means.get((driver, None), self.fallback.get(driver, 0.0)))


def _driver(cell: Cell) -> str:
    return "logic" if cell.kind in LOGIC else cell.kind


def _energy(cell: Cell, k: dict[str, Any], rates: _Rates, memory_enabled: float) -> list[tuple[str, float]]:
    """What a cell burns per clock cycle, pJ, by kind."""
    if cell.kind == "register":
        rate = rates.of(cell, cell.outputs[0])
        return [("registers", k["register_pj"]), ("clock", k["clock_pj_per_register"]), ("routing", k["register_routing_pj"] * rate)]
    if cell.kind in LOGIC:
        rate = rates.of(cell, cell.outputs[0])
        return [("logic", k["lut_pj"] * rate), ("routing", k["lut_routing_pj"] * rate)]
    if cell.kind == "memory":
        return [("m4k", k["m4k_pj"] * memory_enabled)]
    if cell.kind == "multiplier":
        whole = 1.0 if cell.type == "MULTIPLIER_18" else 0.5
        mean = sum(rates.of(cell, bit) for bit in cell.outputs) / len(cell.outputs)
        return [("multipliers", k["multiplier_18_pj"] * whole * mean)]
    return []
