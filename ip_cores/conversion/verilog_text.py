"""A netlist of the VHDL for those who cannot take VHDL: GHDL's Verilog with what the VHDL says of files, ports and signals."""

from __future__ import annotations

import re
from collections.abc import Mapping

_DECLARATION = re.compile(r"^ +(?:signal |constant )?(\w+): [^;]*?;? +-- (.*)$", re.MULTILINE)
_MODULE = re.compile(r"^module (\w+)\n", re.MULTILINE)
_LINE = re.compile(r"^ *\(?(?:input|output|inout|wire|reg) +(?:\[\d+:\d+\] )?(?P<name>\w+)(?: ?\[[^\]]*\] ?)?[,;)]*$")


def netlist_text(netlist: str, texts: Mapping[str, str], head: str) -> str:
    """GHDL's netlist, made fit to be kept and read.

    GHDL says after each statement where it came from; these comments name files of the machine and are dropped. What the VHDL says of
    an entity, a port and a signal stands in their place.

    Parameters
    ----------
    netlist : str
        What ``ghdl --synth --out=verilog`` printed.
    texts : mapping of str to str
        The VHDL, by entity.
    head : str
        What stands at the head of the file.

    Returns
    -------
    str
        The text of the file.
    """
    entities = {name.lower(): text for name, text in texts.items()}
    plain = re.sub(r"^ */\*.*?\*/\n", "", netlist, flags=re.MULTILINE | re.DOTALL)
    pieces = re.split(r"^(?=module )", plain, flags=re.MULTILINE)
    modules = [_commented(piece, entities) for piece in pieces if piece.startswith("module ")]
    return "\n".join(f"// {line}".rstrip() for line in head.splitlines()) + "\n\n" + "\n".join(modules)


def _commented(module: str, entities: Mapping[str, str]) -> str:
    """One module with its signals under their own names, and with the comments of its entity."""
    found = _MODULE.match(module)
    text = entities.get(found[1] if found else "", "")
    summary = re.match(r"(?:-- .*\n)*", text)
    said = dict(_DECLARATION.findall(text))
    lines = [_with_remark(line, said) for line in _own_names(module.rstrip()).splitlines()]
    return "".join(f"//{line[2:]}\n" for line in (summary[0] if summary else "").splitlines()) + "\n".join(lines) + "\n"


def _own_names(module: str) -> str:
    """GHDL numbers what drives a signal, and connects the two: here the driver has the signal's name."""
    declared = {name: kind for kind, name in re.findall(r"^  (wire|reg) (?:\[\d+:\d+\] )?(\w+);$", module, re.MULTILINE)}
    own: dict[str, str] = {}
    for name, driver in re.findall(r"^  assign (\w+) = (\w+); // \(signal\)$", module, re.MULTILINE):
        if declared.get(name) == "wire" and driver in declared and driver not in own and driver not in own.values() and name not in own:
            own[driver] = name
    for driver, name in own.items():
        module = module.replace(f"  assign {name} = {driver}; // (signal)\n", "", 1)
        module = re.sub(rf"^  wire (?:\[\d+:\d+\] )?{name};\n", "", module, count=1, flags=re.MULTILINE)
    return re.sub(r"\b\w+\b", lambda word: own.get(word[0], word[0]), module)


def _with_remark(line: str, said: Mapping[str, str]) -> str:
    found = _LINE.match(line)
    return f"{line}  // {said[found['name']]}" if found and found["name"] in said else line
