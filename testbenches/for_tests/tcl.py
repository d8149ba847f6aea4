"""Run the Tcl that we write under a real Tcl interpreter, with Quartus's commands as stubs that check every call."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ip_cores.port import Port
from testbenches.errors import ToolError

STUBS = Path(__file__).resolve().parent / "quartus_stubs.tcl"


def find_tclsh() -> str | None:
    """Path of a Tcl interpreter, or None."""
    return shutil.which("tclsh")


def run_tcl(script: Path, ports: Iterable[Port] = ()) -> list[str]:
    """Run one file of Quartus, Platform Designer or ModelSim in its own folder.

    Parameters
    ----------
    script : Path
    ports : iterable of Port
        What the top-level entity has; names that constraints and interfaces use are held against it.

    Returns
    -------
    list of str
        Every call, a line each, as Tcl lists.

    Raises
    ------
    ToolError
        With what Quartus would refuse: an unknown name, a missing file, a pin given twice.
    """
    tclsh = find_tclsh()
    if tclsh is None:
        raise ToolError("tclsh is missing: install Tcl (apt-get install tcl)")
    known = " ".join(f"{{{port.name} {port.direction} {port.width or 1}}}" for port in ports)
    done = subprocess.run([tclsh, str(STUBS), str(script.resolve()), known], capture_output=True, text=True)
    if done.returncode:
        raise ToolError(f"{script.name}: {done.stderr.strip()}")
    return done.stdout.splitlines()
