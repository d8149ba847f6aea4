"""A mapped netlist with what its cells do, for simulation: inverters kept, delays of wires and pins beside them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np

from fpga_projects.device import Device

ZERO, ONE = 0, 1
"""Nets of the constants."""

REGISTERS = {
    "$_DFF_P_": (0, False),
    "$_DFFE_PP_": (0, False),
    "$_SDFF_PP0_": (0, False),
    "$_SDFF_PP1_": (1, False),
    "$_SDFFE_PP0P_": (0, False),
    "$_SDFFE_PP1P_": (1, False),
    "$_SDFFCE_PP0P_": (0, True),
    "$_SDFFCE_PP1P_": (1, True),
}
"""Registers without an asynchronous clear: to what they are cleared, and whether the enable decides on that too."""

CARRY_PINS = ("A", "B", "CI", "GA", "GB")
DRIVING_PINS = {"Y", "Q", "S", "CO"}


@dataclass(frozen=True)
class Gate:
    """A LUT, one of the two outputs of a carry element, or an embedded multiplier.

    Attributes
    ----------
    pins : tuple of int
        Nets that it reads, the first the least significant bit of what `table` is read at.
    wires, delays : tuple of float
        From the driver of a net to the pin, and from the pin to the output, ns.
    outputs : tuple of int
        Nets that it drives, least significant first.
    table : int
        Bit n is the output for pins that read n.
    factors : tuple of (int, bool), optional
        Of a multiplier: widths of its two factors and whether they are signed.
    """

    pins: tuple[int, ...]
    wires: tuple[float, ...]
    delays: tuple[float, ...]
    outputs: tuple[int, ...]
    table: int = 0
    factors: tuple[tuple[int, bool], ...] = ()

    def result(self, state: int) -> int:
        """The outputs as one number, for pins that read `state`."""
        if not self.factors:
            return self.table >> state & 1
        product = 1
        for width, signed in self.factors:
            value = state & (1 << width) - 1
            product *= value - (1 << width) if signed and value >> width - 1 else value
            state >>= width
        return product & (1 << len(self.outputs)) - 1


@dataclass(frozen=True)
class Register:
    """A register: nets at its pins, to what it is cleared, and whether only where it is enabled."""

    data: int
    enable: int
    clear: int
    output: int
    cleared_to: int
    clear_waits: bool

    def after_edge(self, value: Sequence[int]) -> int:
        """What it holds after an edge, from the values of all nets before."""
        if value[self.clear] and (value[self.enable] or not self.clear_waits):
            return self.cleared_to
        return value[self.data] if value[self.enable] else value[self.output]


@dataclass(frozen=True)
class Gates:
    """What a simulation needs of a netlist.

    Attributes
    ----------
    nets : int
        Number of nets; the first two are the constants.
    counted : tuple of int
        Outputs of LUTs and sums of carry elements: what logic burns by.
    ports : dict
        Nets of each port, least significant first.
    """

    nets: int
    gates: tuple[Gate, ...]
    registers: tuple[Register, ...]
    counted: tuple[int, ...]
    ports: dict[str, tuple[int, ...]]


def read_gates(document: dict[str, Any], device: Device, wire_spread: float = 0.0) -> Gates:
    """Gates and registers of a mapped design.

    Parameters
    ----------
    document : dict
        As `fpga_projects.mapping.mapping.map_sources` returns it.
    device : Device
    wire_spread : float
        Wires are longer or shorter by up to this part, each by its own: nothing is placed here, and all wires alike make paths alike.

    Raises
    ------
    ValueError
        For a cell that is not simulated: memories, latches, registers with an asynchronous clear.
    """
    return _Reader(document, device, wire_spread).read()


class _Reader:
    """Numbers the nets of a document, and gives wires and pins their delays."""

    def __init__(self, document: dict[str, Any], device: Device, wire_spread: float) -> None:
        self.document, self.k, self.wires = document, device.timing_ns, device.wire_ns
        self.cells = list(document["cells"].values())
        self.numbers: dict[Any, int] = {"0": ZERO, "x": ZERO, "1": ONE}
        for bits in [port["bits"] for port in document["ports"].values()] + [
            bits for cell in self.cells for bits in cell["connections"].values()
        ]:
            for bit in bits:
                self.numbers.setdefault(bit, len(self.numbers))
        pins = [(cell["type"], pin, bit) for cell in self.cells for pin, bits in cell["connections"].items() for bit in bits]
        self.fan_out = Counter(bit for _, pin, bit in pins if pin not in DRIVING_PINS)
        self.carries = {bit for _, pin, bit in pins if pin == "CO"}
        self.products = {bit for kind, pin, bit in pins if pin == "Y" and kind.startswith("MULTIPLIER")}
        size = math.log2(max(1.0, len(self.cells) / device.capacity["elements_per_lab"]))
        self.base = self.wires["local"] + self.wires["spread"] * size
        self.scale = 1 + wire_spread * np.random.default_rng(0).uniform(-1, 1, len(self.numbers))

    def read(self) -> Gates:
        """All of the document."""
        gates: list[Gate] = []
        registers: list[Register] = []
        counted: set[int] = set()
        for cell in self.cells:
            kind, pins = cell["type"], cell["connections"]
            if kind == "$lut":
                gates.append(self._lut(cell))
                counted.update(gates[-1].outputs if len(pins["A"]) > 1 else ())
            elif kind.startswith("LE_CARRY"):
                gates += self._carry(cell)
                counted.update(map(self.numbers.__getitem__, pins.get("S", ())))
            elif kind.startswith("MULTIPLIER"):
                gates.append(self._multiplier(cell))
            elif kind in REGISTERS:
                data, enable, clear, output = (
                    self.numbers[pins.get(pin, absent)[0]] for pin, absent in (("D", "0"), ("E", "1"), ("R", "0"), ("Q", "0"))
                )
                registers.append(Register(data, enable, clear, output, *REGISTERS[kind]))
            else:
                raise ValueError(f"cell = {kind!r}: must be a LUT, a carry element, a multiplier or a register with one clock edge")
        ports = {name: tuple(self.numbers[bit] for bit in port["bits"]) for name, port in self.document["ports"].items()}
        return Gates(len(self.numbers), tuple(gates), tuple(registers), tuple(sorted(counted - {ZERO, ONE})), ports)

    def _wire(self, bit: Any, far: bool = False) -> float:
        """Delay of a net to a reader, `far` if that is a multiplier."""
        delay = self.base + self.wires["fan_out"] * math.log2(max(1, self.fan_out[bit]))
        delay += self.wires["to_multiplier"] * (far + (bit in self.products))
        return float(delay * self.scale[self.numbers[bit]])

    def _lut(self, cell: dict[str, Any]) -> Gate:
        bits = cell["connections"]["A"]
        table = int(cell["parameters"]["LUT"].replace("x", "0"), 2)
        # An inversion is no element of its own. Which pin gets which input is the router's choice.
        delay = mean(self.k["lut"]) if len(bits) > 1 else 0.0
        wires = [self._wire(bit) if len(bits) > 1 else 0.0 for bit in bits]
        return self._gate(bits, wires, [delay] * len(bits), cell["connections"]["Y"], table)

    def _carry(self, cell: dict[str, Any]) -> list[Gate]:
        """The sum and the carry of an element, as two gates."""
        names = [pin for pin in CARRY_PINS if pin in cell["connections"]]
        bits = [cell["connections"][pin][0] for pin in names]
        invert, inverts_a = (int(cell["parameters"].get(name, "0"), 2) for name in ("INVERT_B", "B_INVERTS_A"))
        wires = [0.0 if name == "CI" and bit in self.carries else self._wire(bit) for name, bit in zip(names, bits, strict=True)]
        sums = carries = 0
        for state in range(1 << len(names)):
            value = {"GA": 1, "GB": 1, **{name: state >> place & 1 for place, name in enumerate(names)}}
            a, b = value["A"] & value["GA"], (value["B"] & value["GB"]) ^ invert
            total = (a ^ b if inverts_a else a + b) + value["CI"]
            sums |= (total & 1) << state
            carries |= (total >> 1) << state
        found = []
        for pin, table, chained, direct in (
            ("S", sums, "carry_to_sum", min(self.k["lut"])),
            ("CO", carries, "carry", self.k["data_to_carry"]),
        ):
            delays = [self.k[chained] if name == "CI" else direct for name in names]
            found += [self._gate(bits, wires, delays, cell["connections"][pin], table)] if pin in cell["connections"] else []
        return found

    def _multiplier(self, cell: dict[str, Any]) -> Gate:
        factors = [(pin, cell["connections"][pin], bool(int(cell["parameters"][f"{pin}_SIGNED"], 2))) for pin in ("A", "B")]
        bits = [bit for _, some, _ in factors for bit in some]
        delay = self.k["multiplier_9" if cell["type"] == "MULTIPLIER_9" else "multiplier_18"]
        wires, delays = [self._wire(bit, far=True) for bit in bits], [delay] * len(bits)
        return self._gate(bits, wires, delays, cell["connections"]["Y"], 0, tuple((len(some), signed) for _, some, signed in factors))

    def _gate(self, bits: Sequence[Any], wires: Sequence[float], delays: Sequence[float], outputs: Sequence[Any], *what: Any) -> Gate:
        return Gate(
            tuple(self.numbers[bit] for bit in bits), tuple(wires), tuple(delays), tuple(self.numbers[bit] for bit in outputs), *what
        )
