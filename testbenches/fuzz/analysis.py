"""The VHDL of any core through GHDL, three editions of the standard with every warning an error and synthesis, and past a reader's eyes."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from ip_cores.core import Core
from ip_cores.generate import vhdl
from testbenches.engines.ghdl import find_ghdl, run_tool, synthesize
from testbenches.errors import ToolError
from testbenches.vhdl_quality import faults

EDITIONS = ("93", "93c", "08")


def ghdl_complaints(core: Core) -> list[str]:
    """What GHDL says to the VHDL of a core, a line for each edition that it does not take in silence and for a failed synthesis.

    And what nobody should have to read (`testbenches.vhdl_quality`).

    Examples
    --------
    >>> from ip_cores.core import make_core
    >>> ghdl_complaints(make_core({"core": "fir", "coefficients": [0.5, -0.5]}))
    []
    """
    ghdl = find_ghdl().path
    texts = vhdl(core)
    found = [f"{count}: {where}" for count, where in faults(texts)]
    with TemporaryDirectory(prefix="ossicle-") as scratch:
        files = []
        for entity, text in texts.items():
            files.append(f"{entity}.vhd")
            (Path(scratch) / files[-1]).write_text(text)
        for edition in EDITIONS:
            library = Path(scratch) / edition
            library.mkdir()
            command = [ghdl, "-a", f"--std={edition}", "-Wall", "--warn-error", f"--workdir={library.name}", *files]
            try:
                said = run_tool(command, cwd=scratch).strip()
            except ToolError as error:
                said = str(error)
            found += [f"--std={edition}: {said}"] if said else []
        try:
            synthesize([Path(scratch) / file for file in files], core.name)
        except ToolError as error:
            found.append(f"--synth: {error}")
    return found
