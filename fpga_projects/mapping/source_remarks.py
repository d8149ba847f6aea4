"""What a design loses on its way to the device, said with the user's names: nets with several drivers or none, X, all registers gone.

Yosys takes a net of several drivers for unknown and removes all that depends on it. Quartus refuses such a net, but where the drivers are
outputs of instances that nothing else needs each instance keeps its own value. A net without a driver is 0 for both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from fpga_projects.mapping.yosys_json import top_module

Bit = int | str

WHOLE = "write_json whole.json"
"""The step by which nets with several drivers or none are found. Yosys' own ``check`` looks for loops too, and may take hours."""

REMARKED = (
    "t:$add t:$sub t:$mul t:$div t:$lt t:$le t:$gt t:$ge t:$eq t:$ne t:$and t:$or t:$xor "
    "t:$dff t:$adff t:$dffe t:$adffe t:$sdff t:$sdffe t:$aldff t:$dffsr"
)
"""What is looked at in the flat design: operations and registers."""

OUR_MODELS = "megafunctions.v"
"""Whose open inputs are no fault of the design's."""

MOST_LINES = 5
"""Remarks of one kind; the rest are counted."""

_INVENTED = re.compile(r"\$|^n\d+_|^\d")


def separated_drivers(document: dict) -> tuple[str, list[str]]:
    """Steps for Yosys that give instances which drive one net nets of their own, and what to say about nets with several drivers.

    Parameters
    ----------
    document : dict
        A design with its hierarchy as Yosys writes it to JSON, processes made to cells.
    """
    steps: list[str] = []
    remarks: list[str] = []
    for name, module in sorted(document["modules"].items()):
        shared = _shared_nets(document, module)
        cut: dict[tuple[str, str], set[Bit]] = defaultdict(set)
        said: dict[str, str] = {}
        for bit, pins in shared.items():
            net, place = _net(module, bit)
            cells = sorted({pin[0] for pin in pins})
            if all(_is_instance(module["cells"][cell]["type"]) for cell in cells):
                for cell, port in sorted(pins)[1:]:
                    cut[cell, port].add(bit)
                drivers = " and ".join(f"{cell}.{port}" for cell, port in sorted(pins))
                what = f"{drivers}: each keeps its own value inside, {cells[0]} gives the net's"
                said.setdefault(net, f"{place}{net} has several drivers, {what}")
            else:
                places = sorted({_line(module["cells"][cell]["attributes"].get("src", cell)) for cell in cells})
                what = f"({', '.join(places)}): Quartus refuses it, here what depends on it goes"
                said.setdefault(net, f"{place}{net} has several drivers {what}")
        remarks += said.values()
        if cut:
            steps.append(f"cd {name}")
            for number, ((cell, port), bits) in enumerate(sorted(cut.items())):
                pins = module["cells"][cell]["connections"][port]
                steps.append(f"add -wire of_its_own_{number} {len(pins)}")
                kept = [f"of_its_own_{number}[{i}]" if bit in bits else _sigspec(module, bit) for i, bit in enumerate(pins)]
                steps.append(f"connect -port {cell} {port} {','.join(reversed(kept))}")
            steps.append("cd ..")
    return "\n".join(steps), remarks


def _is_instance(kind: str) -> bool:
    return not kind.startswith("$") or kind.startswith("$paramod")


def _drivers(module: dict) -> dict[Bit, list[tuple[str, str]]]:
    """Pins that drive each net."""
    found: dict[Bit, list[tuple[str, str]]] = defaultdict(list)
    for name, cell in module["cells"].items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"].get(port) == "output":
                for bit in bits:
                    if isinstance(bit, int):
                        found[bit].append((name, port))
    return found


def _shared_nets(document: dict, module: dict) -> dict[Bit, list[tuple[str, str]]]:
    """Nets of a module with several drivers, none of which can let go of it."""
    drivers = _drivers(module)
    return {
        bit: pins
        for bit, pins in drivers.items()
        if len(pins) > 1 and not any(_lets_go(document, module, cell, port, bit) for cell, port in pins)
    }


def _lets_go(document: dict, module: dict, name: str, port: str, bit: Bit, deepest: int = 20) -> bool:
    """Whether a driver may be of high impedance, or is unknown."""
    cell = module["cells"][name]
    if not _is_instance(cell["type"]):
        return any(value == "z" for bits in cell["connections"].values() for value in bits) or cell["type"] == "$tribuf"
    inside = document["modules"].get(cell["type"])
    if inside is None or not deepest or "blackbox" in inside["attributes"] or port not in inside["ports"]:
        return True
    place = cell["connections"][port].index(bit)
    own = inside["ports"][port]["bits"][place]
    if own == "z":
        return True
    return any(_lets_go(document, inside, *pin, own, deepest - 1) for pin in _drivers(inside).get(own, ()))


def _net(module: dict, bit: Bit) -> tuple[str, str]:
    """The name of a net, and its file and line with a colon; the designer's name before those that the reader made up."""
    found = [
        (bool(_INVENTED.search(name)) or bool(net.get("hide_name")), len(name), name, net["attributes"].get("src", ""))
        for name, net in module["netnames"].items()
        if bit in net["bits"]
    ]
    _, _, name, place = min(found)
    return name, f"{_line(place)}: " if place else ""


def _line(place: str) -> str:
    """``file:3.9-3.15|…`` without columns."""
    return re.sub(r"(:\d+)\..*", r"\1", place)


def _sigspec(module: dict, bit: Bit) -> str:
    """A net as Yosys reads it."""
    if isinstance(bit, str):
        return f"1'{bit}"
    name, net = next((name, net) for name, net in module["netnames"].items() if bit in net["bits"])
    return f"{name if name.startswith('$') else chr(92) + name}[{net['bits'].index(bit)}]"


def undriven_nets(document: dict) -> list[str]:
    """Nets that are read and driven by nothing, of a design with its hierarchy."""
    found: dict[str, None] = {}
    for name, module in sorted(document["modules"].items()):
        if "blackbox" in module["attributes"] or module["attributes"].get("src", "").startswith(OUR_MODELS):
            continue
        driven: set[Bit] = set()
        read: set[Bit] = set()
        for cell in module["cells"].values():
            for port, bits in cell["connections"].items():
                direction = cell["port_directions"].get(port)
                (read if direction == "input" else driven).update(bits)
        for port in module["ports"].values():
            (read if port["direction"] == "output" else driven).update(port["bits"])
        for bit in read - driven - {"0", "1", "x", "z"}:
            net, place = _net(module, bit)
            if not _INVENTED.search(net):
                found[f"{place}{net} of {name} is not driven: it is 0"] = None
    return _at_most(sorted(found))


def unknown_operands(flat: dict) -> list[str]:
    """Operations on an X, which for Yosys gives an X: what follows is left out."""
    found = []
    for cell in top_module(flat)[1]["cells"].values():
        operands = [bits for port, bits in cell["connections"].items() if port in ("A", "B")]
        if "dff" not in cell["type"] and any(bit == "x" for bits in operands for bit in bits):
            place = _line(cell["attributes"].get("src", ""))
            found.append(f"{place}: an operand of {cell['type'][1:]} is X: what depends on it is left out")
    return _at_most(list(dict.fromkeys(found)))


def lost_registers(flat: dict, left: int) -> list[str]:
    """What to say where the sources have registers and the mapped design has none, not even in memories and multipliers."""
    module = top_module(flat)[1]
    registers = [cell for cell in module["cells"].values() if "dff" in cell["type"]]
    if left or not registers:
        return []
    bits = sum(len(cell["connections"]["Q"]) for cell in registers)
    name, place = _net(module, registers[0]["connections"]["Q"][0])
    return [f"{place}all {bits} registers are gone, {name} first: no output depends on them"]


def _at_most(lines: list[str]) -> list[str]:
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} more of that kind"]


def place_of_refusal(refusal: str, texts: dict[str, str]) -> str:
    """File and line, with a colon, of the module that a refusal says is missing; empty for other refusals."""
    missing = re.search(r"Module `\\(\w+)' referenced in module", refusal)
    for name, text in texts.items():
        found = re.search(rf"^\s*\\?{missing[1]}\b", text, re.MULTILINE) if missing else None
        if found:
            return f"{name}:{text.count(chr(10), 0, found.end()) + 1}: "
    return ""


def with_users_files(text: str, names: dict[str, str]) -> str:
    """A message in which files have the names that the user gave; those that he has not written are left out."""
    for internal, name in names.items():
        text = re.sub(rf"(?:\S*/)?\b{re.escape(internal)}\b", name.replace("\\", r"\\"), text)
    return re.sub(r"\bdesign\.v:\d+(?:\.\d+-\d+\.\d+)?: ?", "", text)


def remarks_in(documents: dict[str, Any]) -> Iterator[str]:
    """All that a run of the mapping says about its design."""
    yield from undriven_nets(documents["whole"])
    yield from unknown_operands(documents["flat"])
    cells = top_module(documents["mapped"])[1]["cells"].values()
    kept = sum("DFF" in c["type"] or c["type"].startswith(("M4K", "MULTIPLIER", "SHIFT")) for c in cells)
    yield from lost_registers(documents["flat"], kept)
