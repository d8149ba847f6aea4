"""Find GHDL and run it: analysis, simulation, synthesis to Verilog.

Synthesis needs GHDL 4 or newer; 2.0.0 drops ``when others``, writes arithmetic shifts as logical ones and
more, without a message. Simulation is right in every version.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbenches.errors import SET_UP, ToolError

OLDEST_SYNTHESIS = 4
PRIVATE_GHDL = Path(__file__).resolve().parent.parent.parent / ".tools" / "bin" / "ghdl"
INSTALL = f"{SET_UP}install GHDL from https://github.com/ghdl/ghdl/releases and set GHDL to it"


@dataclass(frozen=True)
class Ghdl:
    """One GHDL on this machine.

    Attributes
    ----------
    path : str
    version : tuple of int
        Such as ``(5, 0, 1)``.
    """

    path: str
    version: tuple[int, ...]

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))

    @property
    def synthesises(self) -> bool:
        """Whether its synthesis can be trusted at all."""
        return self.version[0] >= OLDEST_SYNTHESIS


def find_ghdl(synthesis: bool = False) -> Ghdl:
    """The GHDL to use: ``$GHDL``, then the one in PATH, then the private one of this checkout.

    Parameters
    ----------
    synthesis : bool
        Take the first that can synthesise. Otherwise ``$GHDL`` is taken as it is, and without it a newer
        one is preferred.

    Raises
    ------
    ToolError
        If there is none, or none is new enough for synthesis.
    """
    return _find(synthesis, os.environ.get("GHDL"), os.environ.get("PATH", ""))


@functools.lru_cache(maxsize=16)
def _find(synthesis: bool, wanted: str | None, path: str) -> Ghdl:
    if wanted and not shutil.which(wanted, path=path):
        raise ToolError(f"GHDL = {wanted}: no such program; unset GHDL, or {INSTALL}")
    places = [wanted, shutil.which("ghdl", path=path), str(PRIVATE_GHDL) if PRIVATE_GHDL.exists() else None]
    found = [Ghdl(place, ghdl_version(place)) for place in places if place]
    if not found:
        raise ToolError(f"GHDL is missing: {INSTALL}")
    able = [ghdl for ghdl in found if ghdl.synthesises]
    if not synthesis:
        return found[0] if wanted or not able else able[0]
    if not able:
        have = ", ".join(f"{ghdl.path} is {ghdl.version_text}" for ghdl in found)
        raise ToolError(f"synthesis needs GHDL {OLDEST_SYNTHESIS} or newer and {have}: {INSTALL}")
    return able[0]


@functools.lru_cache(maxsize=16)
def ghdl_version(path: str) -> tuple[int, ...]:
    """Version of the GHDL at `path`, such as ``(5, 0, 1)``."""
    text = run_tool([path, "--version"])
    match = re.match(r"GHDL (\d+)\.(\d+)(?:\.(\d+))?", text)
    if not match:
        raise ToolError(f"{path} --version does not look like GHDL: {first_lines(text, 1)!r}")
    return tuple(int(part or 0) for part in match.groups())


def analyse(
    files: Iterable[Path | str], std: str = "93", workdir: Path | str | None = None, strict: bool = True, ghdl: Ghdl | None = None
) -> str:
    """Analyse VHDL files in the order given.

    Parameters
    ----------
    files : iterable of path
    std : {"93", "08"}
    workdir : path, optional
        Folder of the library; without one nothing is kept.
    strict : bool
        Take warnings for errors.

    Returns
    -------
    str
        What GHDL printed.

    Raises
    ------
    ToolError
        With the first lines of GHDL's message.
    """
    ghdl = ghdl or find_ghdl()
    options = [f"--std={std}", *(["--warn-error"] if strict else [])]
    if workdir is None:
        # -s checks syntax only; -c analyses and keeps nothing, but wants a top. A folder that goes away serves both.
        import tempfile

        with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
            return analyse(files, std, scratch, strict, ghdl)
    return run_tool([ghdl.path, "-a", *options, f"--workdir={workdir}", *map(str, files)])


BIT_OF_CONSTANT = re.compile(r"\b\d+'b([01xz]+)\[(\d+)\]")


def synthesize(files: Sequence[Path | str], top: str, std: str = "93") -> str:
    """Verilog text of the netlist that GHDL makes of `files`; needs GHDL 4 or newer.

    Raises
    ------
    ToolError
        If GHDL is too old, or refuses the files.
    """
    ghdl = find_ghdl(synthesis=True)
    return whole_constants(run_tool([ghdl.path, "--synth", f"--std={std}", "--out=verilog", *map(str, files), "-e", top], stdout_only=True))


def whole_constants(verilog: str) -> str:
    """The netlist with bits of constants as bits: GHDL writes the sign of a constant that it extends as a selection, which Verilog has not.

    Examples
    --------
    >>> whole_constants("  assign n5_o = {{3{4'b0110[3]}}, 4'b0110}; // sext")
    "  assign n5_o = {{3{1'b0}}, 4'b0110}; // sext"
    """
    return BIT_OF_CONSTANT.sub(lambda match: f"1'b{match[1][-1 - int(match[2])]}", verilog)


def run_tool(command: Sequence[str], cwd: Path | str | None = None, stdout_only: bool = False, lines: int = 4) -> str:
    """Run a program and return what it printed; its first complaint becomes a ToolError."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace")
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be started: {error.strerror}") from None
    if done.returncode:
        message = first_lines(done.stderr + done.stdout, lines) or f"exit status {done.returncode} without a message"
        raise ToolError(f"{Path(command[0]).name}: {message}")
    return done.stdout if stdout_only else done.stdout + done.stderr


def first_lines(text: str, count: int) -> str:
    """The first lines of a tool's message that say something, on one line."""
    rows = [row.strip() for row in text.splitlines() if row.strip()]
    return "; ".join(rows[:count])
