"""The mapped netlist as Python sees it: cells, nets and the names they have in the source.

Yosys writes the mapped design as JSON. This module reads it into flat lists, removes inverters that cost nothing on Cyclone II, and says to
which instance of the hierarchy each cell belongs.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

Bit = int | str
"""A net's number, or one of the constants ``"0"``, ``"1"``, ``"x"``."""

_REGISTER = re.compile(r"\$_(?:DFF|SDFF|SDFFC|ALDFF|DFFSR)E?_\w*_|\$_(?:S?DFFC?E?)_\w+_")
_MEMORIES = ("M4K_SIMPLE", "M4K_DUAL")
_MULTIPLIERS = ("MULTIPLIER_9", "MULTIPLIER_18")
_OUTPUT_PINS = {"Q", "Y", "S", "CO", "R_DATA", "A_RD", "B_RD"}


@dataclass
class Cell:
    """One primitive of the device.

    Attributes
    ----------
    kind : {"lut", "carry", "register", "multiplier register", "latch", "multiplier", "memory", "shift register", "other"}
    data : list of Bit
        Data inputs. Of a register its D; of a carry element A, B, the carry in and any gates of A and B; of a memory or multiplier all
        but clocks.
    outputs : list of Bit
        Of a carry element the sum and the carry out.
    control : dict
        Of a register: ``clock``, ``enable``, ``async_clear``, ``sync_clear``, ``sync_load`` (whichever exist), each a Bit.
    table : int
        Truth table of a LUT; bit n is the output for data inputs that read n (data[0] least significant).
    instance : str
        Hierarchical name of the instance that owns the cell; empty for the top.
    """

    kind: str
    name: str
    type: str
    data: list[Bit]
    outputs: list[Bit]
    control: dict[str, Bit] = field(default_factory=dict)
    table: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    instance: str = ""


@dataclass
class Netlist:
    """A flat netlist with its names.

    Attributes
    ----------
    driver : dict
        Net to the index of the cell that drives it; a net without one is an input port.
    sinks : dict
        Net to the indices of the cells that read it as data, once per pin.
    names : dict
        Net to its name in the source, where it has one.
    instances : dict
        Hierarchical instance name to the entity it is of.
    memories : dict
        Memory of the source to its bits; the name of an M4K cell starts with that of its memory.
    fast : Netlist, optional
        The same design mapped for speed instead of size.
    """

    top: str
    cells: list[Cell]
    inputs: dict[str, list[Bit]]
    outputs: dict[str, list[Bit]]
    names: dict[Bit, str]
    instances: dict[str, str] = field(default_factory=dict)
    memories: dict[str, int] = field(default_factory=dict)
    fast: "Netlist | None" = None
    driver: dict[Bit, int] = field(default_factory=dict)
    sinks: dict[Bit, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        """Rebuild `driver` and `sinks` after cells have changed."""
        self.driver = {bit: i for i, cell in enumerate(self.cells) for bit in cell.outputs if isinstance(bit, int)}
        self.sinks = {}
        for i, cell in enumerate(self.cells):
            for bit in cell.data:
                if isinstance(bit, int):
                    self.sinks.setdefault(bit, []).append(i)

    def output_bits(self) -> set[Bit]:
        """Nets that leave through an output port."""
        return {bit for bits in self.outputs.values() for bit in bits if isinstance(bit, int)}

    def control_bits(self) -> Counter[Bit]:
        """Nets that reach control pins of registers, with how many registers each."""
        return Counter(bit for cell in self.cells for bit in cell.control.values() if isinstance(bit, int))

    def of_kind(self, *kinds: str) -> Iterable[Cell]:
        """Cells of the given kinds."""
        return (cell for cell in self.cells if cell.kind in kinds)

    def name_of(self, bit: Bit) -> str:
        """Name of a net in the source, or of what its driver belongs to."""
        if bit in self.names:
            return self.names[bit]
        owner = self.driver.get(bit)
        return self.cells[owner].name if owner is not None else str(bit)


def read_netlist(document: dict, top: str | None = None) -> Netlist:
    """Netlist of a mapped design.

    Parameters
    ----------
    document : dict
        As `fpga_projects.mapping.mapping.map_sources` returns it.
    top : str, optional
        Name to show; the module's own by default.
    """
    netlist = _read_content(document, document, top or document["top"])
    netlist.fast = _read_content(document["fast"], document, netlist.top)
    return netlist


def _read_content(content: dict, document: dict, top: str) -> Netlist:
    """Netlist of one of the two mappings that a document holds."""
    from fpga_projects.netlists.shift_registers import place_shift_registers  # it is made of this module's cells

    cells = [_read_cell(name, cell) for name, cell in content["cells"].items()]
    ports = content["ports"]
    netlist = Netlist(
        top=top,
        cells=[cell for cell in cells if cell.kind != "other"],
        inputs={n: p["bits"] for n, p in ports.items() if p["direction"] != "output"},
        outputs={n: p["bits"] for n, p in ports.items() if p["direction"] != "input"},
        names={int(bit): name for bit, name in content["names"].items()},
        instances=document["instances"],
        memories=dict(document["memories"]),
    )
    _drop_inverters(netlist)
    place_shift_registers(netlist)
    _assign_instances(netlist)
    return netlist


def _read_cell(name: str, cell: dict) -> Cell:
    """One cell of the JSON document."""
    kind, pins = cell["type"], cell["connections"]
    parameters = cell.get("parameters", {})
    if kind == "$lut":
        return Cell("lut", name, kind, list(pins["A"]), list(pins["Y"]), table=int(parameters["LUT"].replace("x", "0"), 2))
    if kind in ("LE_CARRY", "LE_CARRY_PRODUCT"):
        absent: list[Bit] = ["x"]
        outputs = [*pins.get("S", absent), *pins.get("CO", absent)]
        gates = [*pins.get("GA", []), *pins.get("GB", [])]
        return Cell("carry", name, kind, [*pins["A"], *pins["B"], *pins["CI"], *gates], outputs, parameters=parameters)
    if _REGISTER.fullmatch(kind):
        control: dict[str, Bit] = {"clock": pins["C"][0]}
        if "E" in pins:
            control["enable"] = pins["E"][0]
        for pin, role in (("L", "async_load"), ("S", "async_set")):
            if pin in pins:
                control[role] = pins[pin][0]
        if "R" in pins:
            control["sync_clear" if kind.startswith("$_SDFF") else "async_clear"] = pins["R"][0]
        return Cell("register", name, kind, list(pins["D"]), list(pins["Q"]), control=control)
    if kind == "SHIFT_REGISTER":
        control = {"clock": pins["C"][0]}
        control |= {role: pins[pin][0] for pin, role in (("E", "enable"), ("R", "async_clear")) if isinstance(pins[pin][0], int)}
        return Cell("shift register", name, kind, list(pins["D"]), list(pins["Q"]), control=control, parameters=parameters)
    if "DLATCH" in kind:
        return Cell("latch", name, kind, [bit for pin, bits in pins.items() if pin != "Q" for bit in bits], list(pins["Q"]))
    if kind in _MULTIPLIERS or kind in _MEMORIES:
        outputs = [bit for pin, bits in pins.items() if pin in _OUTPUT_PINS for bit in bits]
        inputs = [bit for pin, bits in pins.items() if pin not in _OUTPUT_PINS and not pin.endswith("CLK") for bit in bits]
        clocks: dict[str, Bit] = {pin.lower(): bits[0] for pin, bits in pins.items() if pin.endswith("CLK") and isinstance(bits[0], int)}
        if kind == "M4K_SIMPLE" and pins["W_EN"][0] in ("0", "x"):
            parameters = {**parameters, "READ_ONLY": "1"}
        return Cell("memory" if kind in _MEMORIES else "multiplier", name, kind, inputs, outputs, control=clocks, parameters=parameters)
    return Cell("other", name, kind, [], [])


def _drop_inverters(netlist: Netlist) -> None:
    """Remove LUTs of one input.

    An inversion is folded into the LUT it feeds, into a LAB's control signal, or pushed through the register it follows (Quartus's
    NOT-gate push-back). Only one from an input port to an output port is a logic element of its own.
    """
    leaving = netlist.output_bits()
    source: dict[Bit, Bit] = {}
    kept = []
    for cell in netlist.cells:
        if cell.kind == "lut" and len(cell.data) == 1:
            bit, out = cell.data[0], cell.outputs[0]
            through = bit not in netlist.driver and out in leaving and out not in netlist.sinks
            if not through:
                source[out] = bit
                continue
        kept.append(cell)

    def resolve(bit: Bit) -> Bit:
        while bit in source:
            bit = source[bit]
        return bit

    for cell in kept:
        cell.data = [resolve(bit) for bit in cell.data]
        cell.control = {pin: resolve(bit) for pin, bit in cell.control.items()}
    for out, bit in source.items():
        end = resolve(bit)
        if out in netlist.names and end not in netlist.names:
            netlist.names[end] = netlist.names[out]
    netlist.outputs = {name: [resolve(bit) for bit in bits] for name, bits in netlist.outputs.items()}
    netlist.cells = kept
    netlist.index()


def _instance_of(name: str) -> str:
    """``a.b.count[3]`` belongs to instance ``a.b``."""
    head = name.rsplit(".", 1)
    return head[0] if len(head) == 2 else ""


def _assign_instances(netlist: Netlist) -> None:
    """Give every cell the instance whose name its output carries; an unnamed one goes to the instance that reads it most."""
    pending = []
    for i, cell in enumerate(netlist.cells):
        if cell.kind in ("multiplier", "memory") and not cell.name.startswith("$"):
            cell.instance = _instance_of(cell.name)
            continue
        label = next((netlist.names[bit] for bit in cell.outputs if bit in netlist.names), None)
        if label is None:
            pending.append(i)
        else:
            cell.instance = _instance_of(label)
    known = set(range(len(netlist.cells))) - set(pending)
    while pending:
        later = []
        for i in pending:
            readers = [s for bit in netlist.cells[i].outputs for s in netlist.sinks.get(bit, ()) if s in known]
            if readers:
                votes = Counter(netlist.cells[s].instance for s in readers)
                netlist.cells[i].instance = max(sorted(votes), key=lambda instance: votes[instance])
                known.add(i)
            else:
                later.append(i)
        if len(later) == len(pending):
            break
        pending = later
