"""Cores of other libraries beside ours on one yardstick, as `docs/peers.md`.

python -m fpga_projects.validation.peers --sources DIR

DIR holds a checkout of each repository of `peers.toml`, by its name there and at its commit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from fpga_projects.validation.yardstick import OnYardstick, on_yardstick
from ip_cores.core import make_core
from ip_cores.generate import generate
from testbenches.engines import fast_netlist
from testbenches.engines.ghdl import find_ghdl, run_tool, synthesize
from testbenches.errors import ToolError

TABLE = Path(__file__).resolve().with_name("peers.toml")
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "peers.md"
BEGIN, END = "<!-- peers: written by `make peers SOURCES=DIR` -->\n", "<!-- end of peers -->\n"

WRAPPER = """\
library ieee;
use ieee.std_logic_1164.all;
{packages}
entity peer is
    port ({ports});
end entity;

architecture rtl of peer is
begin
    u_peer: entity work.{name}
        generic map ({generics})
        port map ({connections});
end architecture;
"""

OPTIONS = ("--std=08", "-frelaxed")

HEAD = """| core | tables and carries | registers | 18 x 18 | M4K | what it lacks, or has besides |
|---|---:|---:|---:|---:|---|
"""


def measured_peer(peer: dict[str, Any], sources: Path) -> OnYardstick:
    """A core of somebody else, with its generics set.

    Raises
    ------
    ToolError
        If a file is missing, or a tool refuses them.
    """
    files = [sources / name for name in peer["files"]]
    for file in files:
        if not file.is_file():
            raise ToolError(f"{file}: no such file; the page says how to get it")
    packages = "\n".join(f"use work.{name}.all;" for name in peer["packages"])
    ghdl = find_ghdl(synthesis=True).path
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        wrapper = Path(scratch) / "peer.vhd"
        wrapper.write_text(WRAPPER.format(**{**peer, "packages": packages}))
        run_tool([ghdl, "-a", *OPTIONS, *(str(file.resolve()) for file in files), str(wrapper)], cwd=scratch)
        return on_yardstick("peer", run_tool([ghdl, "--synth", *OPTIONS, "--out=verilog", "peer"], cwd=scratch, stdout_only=True))


def measured_core(description: dict[str, Any]) -> OnYardstick:
    """One of ours."""
    core = make_core(description)
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        manifest = generate(core, Path(scratch) / "vhdl", companions=None)
        text = synthesize(manifest.paths, manifest.entity)
    return on_yardstick(fast_netlist.verilog_name(core.name), text)


def row(name: str, found: OnYardstick, beside: str) -> str:
    figures = f"{found.combinational} | {found.registers} | {found.multipliers_18} | {found.memories}"
    return f"| {name} | {figures} | {beside} |\n"


def section(known: dict[str, Any], sources: Path) -> str:
    """A table for each task, and where the others' sources are."""
    parts = []
    for task in known["tasks"]:
        ours = task["ours"]
        lines = [row(f"`{ours['core']}`", measured_core(ours), "")]
        lines += [row(f"`{peer['name']}`", measured_peer(peer, sources), peer["remark"]) for peer in task["peers"]]
        parts.append(f"### {task['task']}\n\n{HEAD}{''.join(lines)}")
    places = "".join(f"| {name} | {one['repository']} | `{one['commit']}` |\n" for name, one in known["sources"].items())
    return "\n".join([*parts, f"### Sources\n\n| folder of DIR | repository on GitHub | commit |\n|---|---|---|\n{places}"])


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m fpga_projects.validation.peers", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sources", type=Path, required=True, metavar="DIR", help="checkouts of the repositories on the page, by name")
    given = parser.parse_args(arguments)
    try:
        found = section(tomllib.loads(TABLE.read_text()), given.sources)
    except ToolError as error:
        print(f"peers: {error}", file=sys.stderr)
        return 2
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}{found}{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
