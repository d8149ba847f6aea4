"""``NAME.core``: the core for FuseSoC, in its CAPI2 (https://fusesoc.readthedocs.io/en/stable/ref/capi2.html).

Written as text, since JSON's strings are YAML's, and because the same core has to give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

FAMILY, DEVICE = "Cyclone II", "EP2C70F896C6"
"""Of the DE2-70 board."""

VHDL = "vhdlSource-93"


def fusesoc_core(name: str, summary: str, files: Sequence[str], bench: str | None, version: str) -> str:
    """The description of a generated core with all its targets.

    Parameters
    ----------
    name : str
        Top-level entity.
    summary : str
    files : sequence of str
        VHDL in compile order, relative to the file.
    bench : str, optional
        The self-checking bench, whose entity is ``NAME_tb``.
    version : str
        Of the library that wrote it.
    """
    filesets = {"rtl": files, "constraints": [f"{name}.sdc"]}
    targets = [TARGETS["default"], TARGETS["lint"].format(name=name), TARGETS["quartus"].format(name=name, family=FAMILY, device=DEVICE)]
    if bench:
        filesets["bench"] = [bench]
        targets.insert(1, TARGETS["sim"].format(name=name))
    head = capi2_head(f"ossicle:generated:{name}:{version}", summary)
    return head + filesets_text(filesets, {"constraints": "SDC"}) + "\ntargets:\n" + "\n".join(targets)


def capi2_head(vlnv: str, summary: str) -> str:
    """What a core file begins with: its name as vendor, library, name and version, and what it is."""
    return f"CAPI=2:\n\nname: {json.dumps(vlnv)}\ndescription: {json.dumps(summary, ensure_ascii=False)}\n\n"


def filesets_text(filesets: Mapping[str, Sequence[str]], types: Mapping[str, str]) -> str:
    """Sets of files in compile order, VHDL but for those that `types` names."""
    lines = ["filesets:"]
    for name, files in filesets.items():
        lines += [f"  {name}:", "    files:", *(f"      - {file}" for file in files), f"    file_type: {types.get(name, VHDL)}"]
    return "\n".join(lines) + "\n"


TARGETS = {
    "default": """\
  default:
    filesets: [rtl]
""",
    "sim": """\
  sim:
    description: the self-checking bench in GHDL
    filesets: [rtl, bench]
    toplevel: {name}_tb
    flow: sim
    flow_options:
      tool: ghdl
      sim_options: ["--ieee-asserts=disable"]
""",
    "lint": """\
  lint:
    description: analysis and elaboration by GHDL, warnings being errors
    filesets: [rtl]
    toplevel: {name}
    flow: sim
    flow_options:
      tool: ghdl
      analyze_options: ["-Wall", "--warn-error"]
      sim_options: ["--ieee-asserts=disable"]
""",
    "quartus": """\
  quartus:
    description: the core on its own in Quartus II
    filesets: [rtl, constraints]
    toplevel: {name}
    default_tool: quartus
    tools:
      quartus:
        family: {family}
        device: {device}
""",
}
