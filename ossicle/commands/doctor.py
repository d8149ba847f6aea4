"""Which tools are used, what for, and how to get what is missing.

Cores are shown, generated, verified in MyHDL and estimated with `--effort quick` without any of them. Exit status 0 also where tools are
missing: what needs them says so.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import NamedTuple

from ossicle.commands import DONE

EXAMPLES = ("ossicle doctor",)


class Tool(NamedTuple):
    """A tool as it was found.

    Attributes
    ----------
    name, use : str
        What it is, and what needs it.
    found : str
        Where it is, with its version; empty if it is missing.
    advice : str
        How to get it.
    """

    name: str
    use: str
    found: str
    advice: str


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.terminal import Progress, print_json, text_table

    with Progress("tools; the first start of Yosys takes minutes"):
        tools = [*looked_for(), cached()]
    if arguments.json:
        print_json({tool.name: tool._asdict() for tool in tools})
        return DONE
    print(text_table([[tool.name, tool.found or "missing", tool.use] for tool in tools], last_wraps=True))
    for advice in dict.fromkeys(tool.advice for tool in tools if not tool.found):  # said once, also where two lack it
        print(f"\n{', '.join(tool.name for tool in tools if tool.advice == advice)}: {advice}")
    return DONE


def looked_for() -> list[Tool]:
    """The programs that engines and estimates call."""
    from testbenches.engines.ghdl import find_ghdl
    from testbenches.engines.native_build import find_program
    from testbenches.engines.yosys import find_yosys, find_yosys_with_abc, yosys_version

    def ghdl(synthesis: bool) -> str:
        one = find_ghdl(synthesis)
        return f"{one.path} {one.version_text}"

    def yosys() -> str:
        return f"{find_yosys()} {yosys_version().removeprefix('Yosys ')}"

    def abc() -> str:
        one = find_yosys_with_abc()
        return f"{one.abc} {one.version}"

    return [
        tool("GHDL", "verify --engine ghdl", lambda: ghdl(False)),
        tool("GHDL 4 or newer", "verify --engine native, generate --language verilog, estimate", lambda: ghdl(True)),
        tool("Verilator", "verify --engine native, process, power in estimate", lambda: versioned(find_program("verilator"))),
        tool("g++", "the same", lambda: versioned(find_program("g++"))),
        tool("Yosys", "estimate --effort map, compare", yosys),
        tool("yosys-abc", "proofs by model checking: make formal, of a checkout", abc),
    ]


def tool(name: str, use: str, find: Callable[[], str]) -> Tool:
    """A tool, or what is said of its absence."""
    from testbenches.errors import ToolError

    try:
        return Tool(name, use, find(), "")
    except (ToolError, OSError) as error:
        return Tool(name, use, "", " ".join(str(error).split()))


def versioned(path: str) -> str:
    """A program with the first number that looks like a version in what it says of itself."""
    import re

    from testbenches.engines.ghdl import run_tool

    match = re.search(r"\d+\.\d+(\.\d+)?", run_tool([path, "--version"]).splitlines()[0])
    return f"{path} {match[0]}" if match else path


def cached() -> Tool:
    """Where results are kept, and how much that is."""
    from ip_cores.cache import folder

    place = folder()
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) if place.exists() else 0
    return Tool("cache", "what is kept of results; may be removed; OSSICLE_CACHE names another place", f"{place} {size / 1e6:.0f} MB", "")
