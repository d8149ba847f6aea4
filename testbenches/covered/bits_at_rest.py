"""Bits of a core's nets that are the same in every state and under every input, by construction: what no test can change."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from testbenches.engines.ghdl import run_tool, synthesize
from testbenches.engines.yosys import find_yosys
from testbenches.errors import ToolError
from testbenches.interface import Delivered

SCRIPT = "read_verilog netlist.v; hierarchy -top {top}; proc; flatten; opt -full; write_json netlist.json"


def constant_bits(manifest: Delivered) -> dict[str, int]:
    """Constant bits of each net of the delivered VHDL, as ones, by path: instances and net joined by dots.

    Yosys carries constants through operators and registers that never leave their first value; what needs a proof to be seen is not found.

    Raises
    ------
    ToolError
        If a tool is missing or refuses the VHDL.
    """
    text = synthesize([manifest.folder / name for name in manifest.files], manifest.entity)
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        folder = Path(scratch)
        (folder / "netlist.v").write_text(text)
        try:
            run_tool([find_yosys(), "-q", "-p", SCRIPT.format(top=manifest.entity)], cwd=folder)
        except OSError as error:
            raise ToolError(str(error)) from None
        module = json.loads((folder / "netlist.json").read_text())["modules"][manifest.entity]
    return constants_of(module["netnames"])


def constants_of(netnames: dict) -> dict[str, int]:
    """Constant bits in a module as Yosys writes it: a bit that has a driver is a number, a constant a character.

    Examples
    --------
    >>> constants_of({"u_sum.total": {"bits": ["0", 7, "1", 8]}})
    {'u_sum.total': 5}
    """
    return {
        path: sum(1 << place for place, bit in enumerate(net["bits"]) if isinstance(bit, str))
        for path, net in netnames.items()
        if any(isinstance(bit, str) for bit in net["bits"])
    }
