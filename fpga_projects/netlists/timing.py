"""Static timing of a mapped netlist, register to register.

Cells have the delays of the device file. A wire costs more the more it feeds and the larger the design is, since nothing is placed
here; what that misses is the uncertainty that `estimate` gives with the clock rate. Ports are not part of a path: external delays are
the board's.
"""

import copy
import math
from dataclasses import dataclass

from fpga_projects.device import Device
from fpga_projects.netlists.netlist import Bit, Cell, Netlist
from fpga_projects.netlists.packing import Packing, absorb, pack


@dataclass(frozen=True)
class Timing:
    """The slowest path and the clock rate that it allows.

    Attributes
    ----------
    period_ns : float
        Delay of the slowest path from register to register, set-up included; 0 when there is none.
    fmax_mhz : float or None
        What the path and the device's ceilings allow; None when nothing is clocked.
    limited_by : str
        ``path``, or the ceiling that is lower than the path would allow.
    path : tuple of str
        Names in the source along the slowest path, from its first register to its last.
    """

    period_ns: float
    fmax_mhz: float | None
    limited_by: str
    path: tuple[str, ...]


def analyse(netlist: Netlist, packing: Packing, device: Device) -> Timing:
    """Slowest path of a netlist that has been packed, or of its mapping for speed where that is faster."""
    found = _analyse(netlist, packing, device)
    if netlist.fast is None:
        return found
    fast = copy.deepcopy(netlist.fast)
    absorb(fast)
    return min(found, _analyse(fast, pack(fast), device), key=lambda timing: timing.period_ns)


def _analyse(netlist: Netlist, packing: Packing, device: Device) -> Timing:
    graph = _Delays(netlist, packing, device)
    order = _topological(netlist)
    arrival: dict[Bit, float] = {}
    before: dict[Bit, Bit | None] = {}
    for cell in netlist.cells:
        for bit in cell.outputs:
            launch = graph.launch(cell)
            if launch is not None and isinstance(bit, int):
                arrival[bit], before[bit] = launch, None
    for index in order:
        cell = netlist.cells[index]
        for bit in cell.outputs:
            if not isinstance(bit, int):
                continue
            best, source = graph.output_arrival(cell, index, bit, arrival)
            if source is not None:
                arrival[bit], before[bit] = best, source
    worst, end, last = 0.0, None, None
    for index, cell in enumerate(netlist.cells):
        for bit, extra in graph.captures(cell, index):
            if bit in arrival and arrival[bit] + extra > worst:
                worst, end, last = arrival[bit] + extra, cell, bit
    return _result(netlist, device, worst, _names_along(netlist, before, last, end))


def _result(netlist: Netlist, device: Device, period: float, path: tuple[str, ...]) -> Timing:
    """Clip the clock rate by the ceilings of what the design uses."""
    clocked = any(cell.kind in ("register", "multiplier register", "memory") for cell in netlist.cells)
    if not clocked:
        return Timing(period, None, "nothing clocked", path)
    ceilings = {"clock tree": device.ceiling_mhz["clock_tree"]}
    if any(cell.kind == "multiplier" for cell in netlist.cells):
        ceilings["multiplier"] = device.ceiling_mhz["multiplier"]
    for cell in netlist.of_kind("memory"):
        kind = "m4k_single_write" if cell.type == "M4K_DUAL" else "m4k_simple"
        if cell.type == "M4K_SIMPLE" and cell.parameters.get("READ_ONLY"):
            kind = "m4k_rom"
        ceilings[kind] = device.ceiling_mhz[kind]
    limit, ceiling = min(ceilings.items(), key=lambda item: item[1])
    if period and 1000 / period <= ceiling:
        return Timing(period, 1000 / period, "path", path)
    return Timing(period, ceiling, limit, path)


def _topological(netlist: Netlist) -> list[int]:
    """Combinational cells, drivers before readers; a loop is cut where it is first met."""
    state: dict[int, int] = {}
    order: list[int] = []
    for start, cell in enumerate(netlist.cells):
        if cell.kind in ("register", "multiplier register", "memory") or start in state:
            continue
        stack = [(start, iter(cell.data))]
        state[start] = 1
        while stack:
            index, inputs = stack[-1]
            for bit in inputs:
                driver = netlist.driver.get(bit)
                if driver is None or driver in state or netlist.cells[driver].kind in ("register", "multiplier register", "memory"):
                    continue
                state[driver] = 1
                stack.append((driver, iter(netlist.cells[driver].data)))
                break
            else:
                stack.pop()
                order.append(index)
    return order


class _Delays:
    """Delays of cells and wires of one netlist."""

    def __init__(self, netlist: Netlist, packing: Packing, device: Device) -> None:
        self.netlist, self.packing = netlist, packing
        self.cell, self.wires = device.timing_ns, device.wire_ns
        self.place = _carry_positions(netlist)
        controls = netlist.control_bits()
        self.size = math.log2(max(1.0, packing.logic_elements / device.capacity["elements_per_lab"]))
        self.base = self.wires["local"] + self.wires["spread"] * self.size
        self.fan_out = {bit: len(readers) + controls.get(bit, 0) for bit, readers in netlist.sinks.items()}
        for bit, readers in controls.items():
            self.fan_out.setdefault(bit, readers)

    def wire(self, bit: Bit, to: Cell | None = None) -> float:
        """Delay of a net to a reader that is not in the same element."""
        delay = self.base + self.wires["fan_out"] * math.log2(max(1, self.fan_out.get(bit, 1)))
        driver = self.netlist.driver.get(bit)
        if driver is not None and self.netlist.cells[driver].kind == "multiplier":
            delay += self.wires["to_multiplier"]
        if to is not None and to.kind == "multiplier":
            delay += self.wires["to_multiplier"]
        return delay

    def launch(self, cell: Cell) -> float | None:
        """Clock to output of a cell that starts paths."""
        if cell.kind == "register":
            return self.cell["clock_to_out"]
        if cell.kind == "memory":
            return self.cell["m4k"]
        if cell.kind == "multiplier register":
            return 0.0
        return None

    def output_arrival(self, cell: Cell, index: int, out: Bit, arrival: dict[Bit, float]) -> tuple[float, Bit | None]:
        """Latest arrival at an output of a combinational cell, and the input that causes it."""
        known = [(arrival[bit], bit) for bit in cell.data if bit in arrival]
        if not known:
            return 0.0, None
        if cell.kind == "carry":
            return self._carry_arrival(cell, index, out, arrival)
        if cell.kind == "multiplier":
            core = self.cell["multiplier_9" if cell.type == "MULTIPLIER_9" else "multiplier_18"]
            times = [(0.0 if self._inside(bit) else at + self.wire(bit, cell), bit) for at, bit in known]
            latest, source = max(times, key=lambda item: item[0])
            return latest + core, source
        # The last signal to arrive gets the fastest pin.
        pins = sorted(self.cell["lut"])
        late = sorted(((at + self.wire(bit), bit) for at, bit in known), key=lambda item: -item[0])
        times = [(at + pins[min(pin, len(pins) - 1)], bit) for pin, (at, bit) in enumerate(late)]
        return max(times, key=lambda item: item[0])

    def _inside(self, bit: Bit) -> bool:
        driver = self.netlist.driver.get(bit)
        return driver is not None and self.netlist.cells[driver].kind == "multiplier register"

    def _carry_arrival(self, cell: Cell, index: int, out: Bit, arrival: dict[Bit, float]) -> tuple[float, Bit | None]:
        carry_in = cell.data[2]
        is_sum = out == cell.outputs[0]
        times: list[tuple[float, Bit]] = []
        for position, bit in enumerate(cell.data):
            if position != 2 and bit in arrival:
                inside = min(self.cell["lut"]) if is_sum else self.cell["data_to_carry"]
                times.append((arrival[bit] + self.wire(bit) + inside, bit))
        if carry_in in arrival:
            driver = self.netlist.driver.get(carry_in)
            below = None if driver is None else self.netlist.cells[driver]
            chained = below is not None and below.kind == "carry" and below.outputs[1] == carry_in
            start = arrival[carry_in] + (0.0 if chained else self.wire(carry_in) + self.cell["data_to_carry"])
            times.append((start + (self.cell["carry_to_sum"] if is_sum else self._carry_step(index)), carry_in))
        return max(times, key=lambda item: item[0]) if times else (0.0, None)

    def _carry_step(self, index: int) -> float:
        """One bit of a chain; every eighth crosses to the other half of the LAB, every sixteenth to the next LAB."""
        position = self.place.get(index, 0) + 1
        if position % 16 == 0:
            return self.cell["carry_lab"]
        return self.cell["carry_half_lab"] if position % 8 == 0 else self.cell["carry"]

    def captures(self, cell: Cell, index: int) -> list[tuple[Bit, float]]:
        """Nets that end in a cell, with what is added to their arrival."""
        setup = self.cell["setup"]
        if cell.kind == "register":
            inside = self.packing.element_of.get(index)
            ends = []
            for bit in cell.data:
                near = inside is not None and self.netlist.driver.get(bit) == inside and self.netlist.cells[inside].outputs[0] == bit
                ends.append((bit, setup + (0.0 if near else self.wire(bit))))
            controls = [bit for pin, bit in cell.control.items() if pin in ("enable", "sync_clear", "sync_load")]
            return ends + [(bit, setup + self.wire(bit)) for bit in controls]
        if cell.kind == "memory":
            return [(bit, self.cell["m4k_setup"] + self.wire(bit)) for bit in cell.data]
        if cell.kind == "multiplier register":
            driver = self.netlist.driver.get(cell.data[0])
            if driver is not None and self.netlist.cells[driver].kind == "multiplier":
                return [(bit, 0.0) for bit in cell.data]
            return [(bit, setup + self.wire(bit) + self.wires["to_multiplier"]) for bit in cell.data]
        return []


def _carry_positions(netlist: Netlist) -> dict[int, int]:
    """Place of each carry element in its chain, from 0."""
    place: dict[int, int] = {}

    def previous(index: int) -> int | None:
        carry_in = netlist.cells[index].data[2]
        driver = netlist.driver.get(carry_in)
        if driver is None or netlist.cells[driver].kind != "carry":
            return None
        return driver if netlist.cells[driver].outputs[1] == carry_in else None

    for index, cell in enumerate(netlist.cells):
        if cell.kind != "carry":
            continue
        chain = [index]
        while chain[-1] not in place and (below := previous(chain[-1])) is not None and len(chain) < 10_000:
            chain.append(below)
        at = place.get(chain[-1], 0)
        for up, member in enumerate(reversed(chain)):
            place[member] = at + up
    return place


def _names_along(netlist: Netlist, before: dict[Bit, Bit | None], last: Bit | None, end: Cell | None) -> tuple[str, ...]:
    """Source names on the path, without those that Yosys made up and without repeats."""
    if last is None or end is None:
        return ()
    bits: list[Bit] = []
    bit: Bit | None = last
    while bit is not None and len(bits) < 10_000:
        bits.append(bit)
        bit = before.get(bit)
    names = [netlist.names.get(bit, "") for bit in reversed(bits)]
    own = "" if end.name.startswith("$") else end.name
    names.append(next((netlist.names[bit] for bit in end.outputs if bit in netlist.names), own))
    kept: list[str] = []
    for name in names:
        if name and not name.startswith("$") and (not kept or kept[-1] != name):
            kept.append(name)
    return tuple(kept)
