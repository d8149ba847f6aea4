"""What can go wrong in a test bench, each as one clear sentence."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SET_UP = "run `make setup`, or " if (ROOT / "scripts" / "setup_tools.sh").exists() else ""
"""How a checkout gets missing tools; an installed package has no such command."""


def of_the_sources(path: str) -> str:
    """A file of the sources, as a message names it: an installed package has no such folder beside it.

    Examples
    --------
    >>> of_the_sources("docs/no_such_page.md")
    'docs/no_such_page.md of the source distribution'
    """
    return path if (ROOT / path).exists() else f"{path} of the source distribution"


class ToolError(RuntimeError):
    """A program that an engine needs is missing, too old, or refused its input."""


class SimulationError(RuntimeError):
    """A run that could not come to its end: no word moved although both sides were willing."""


class ProtocolError(SimulationError):
    """A core broke the stream protocol: dropped valid, changed held data, or drove an undefined value."""


class EngineMismatch(RuntimeError):
    """The compiled netlist and GHDL's simulation of the same VHDL do not agree."""
