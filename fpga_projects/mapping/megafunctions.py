"""Quartus' own building blocks in a user's sources: PLLs, memories, FIFOs and registers that are instantiated by name.

``cells/megafunctions.v`` describes them as far as they cost something. A wizard passes dozens of parameters that cost nothing; Verilog
refuses a parameter that a module does not declare, so whatever the sources pass is declared.
"""

import re
from collections.abc import Iterable
from pathlib import Path

MODELS = Path(__file__).resolve().parent / "cells" / "megafunctions.v"

LIBRARIES = {
    "altera_mf": "package altera_mf_components is end package;\n",
    "lpm": "package lpm_components is end package;\n",
}
"""VHDL libraries that such sources name, with the one package of each; the components stand in the wizard's own files."""


def lower_case_pins(netlist: str) -> str:
    """GHDL's Verilog with the pins and parameters of Quartus' building blocks in lower case.

    VHDL does not care how a component declaration writes them, GHDL keeps it, and Verilog cares.
    """
    names = "|".join(re.findall(r"^module ([a-z]\w+)", MODELS.read_text(encoding="utf-8"), re.M))
    instance = rf"(?ms)^  (?:{names}) .*?\);$"
    return re.sub(instance, lambda found: re.sub(r"(?m)^    \.(\w+)\(", lambda pin: f"    .{pin[1].lower()}(", found[0]), netlist)


def models_for(texts: Iterable[str]) -> str | None:
    """Verilog of the building blocks that sources use and do not define themselves; None when there are none."""
    source = "\n".join(texts)
    models = MODELS.read_text(encoding="utf-8")
    modules = {found[1]: found[0] for found in re.finditer(r"^module (\w+).*?^endmodule\n", models, re.M | re.S)}
    defined = set(re.findall(r"\bmodule\s+\\?(\w+)", source))

    def instantiated(name: str, text: str) -> bool:
        return re.search(rf"\b{name}\b\s*(?:#\s*\(|\\?\w+\s*\()", text) is not None

    used = [name for name in modules if name not in defined and instantiated(name, source)]
    if not used:
        return None
    # "defparam ram.width_a = 8, ram.init_file = ..." of the wizard's Verilog, "#(.width_a(8), ...)" of GHDL's.
    passed = set(re.findall(r"(?<![\w.])\w+\.(\w+)\s*=(?!=)", source)) if "defparam" in source else set()
    for name in used:
        for instance in re.finditer(rf"\b{name}\s*#\s*\((.*?)\)\s*\\?\w+\s*\(", source, re.S):
            passed |= set(re.findall(r"\.\s*(\w+)\s*\(", instance[1]))

    def open_to_all(text: str) -> str:
        missing = [f"parameter {name} = 0;" for name in sorted(passed) if not re.search(rf"\b{name}\b", text)]
        return text.replace(");\n", f");\n  {' '.join(missing)}\n", 1)

    own = [name for name in modules if name not in defined and "blackbox" not in modules[name]]
    while inner := [n for n in own if n not in used and instantiated(n, "".join(modules[name] for name in used))]:
        used += inner
    black_box = re.search(r"^\(\* blackbox \*\).*\n", models, re.M)
    return (black_box[0] if black_box else "") + "".join(open_to_all(modules[name]) for name in used)
