"""Reads the JSON that Yosys writes of a mapped design."""

from __future__ import annotations

from collections import Counter

from fpga_projects.netlists.netlist import _MEMORIES, _MULTIPLIERS, _OUTPUT_PINS, _REGISTER, Bit, Cell, Netlist


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
        remarks=tuple(document.get("remarks", ())),
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
