"""Write the VHDL of a description, with what Quartus, Platform Designer, simulators and readers want beside it."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ossicle.commands import DONE

if TYPE_CHECKING:
    from ip_cores.core import Core

EXAMPLES = (
    "ossicle generate examples/lowpass.toml --output build/lowpass",
    "ossicle generate examples/lowpass.toml --language verilog --output build/lowpass_v",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    changed = "of one generated before, what was changed is kept as .bak"
    parser.add_argument("--output", metavar="DIR", help=f"folder to write; {changed} (default: build/NAME)")
    parser.add_argument("--language", choices=("vhdl", "verilog"), default="vhdl", help="verilog adds NAME.v, a netlist of the VHDL")
    parser.add_argument("--estimate", action="store_true", help="say in the datasheet what the core costs (takes some seconds)")
    parser.add_argument("--json", action="store_true", help="print the manifest as one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.descriptions import described_core

    core = described_core(arguments.description)

    from ip_cores.companions import companion_files
    from ip_cores.generate import generate
    from ossicle.terminal import Progress, print_json

    folder = Path(arguments.output) if arguments.output else Path("build") / core.name

    def companions(core: Core, files: tuple[str, ...]) -> dict[str, str]:
        cost = cost_rows(core) if arguments.estimate else ()
        netlist = {f"{core.name}.v": verilog(core)} if arguments.language == "verilog" else {}
        return {**companion_files(core, files, cost), **netlist}

    with Progress(f"generating {core.name}"):
        manifest = generate(core, folder, companions)
    if arguments.json:
        print_json({"folder": str(folder), **manifest.as_dict()})
        return DONE
    for file in (*manifest.files, *manifest.extras, "manifest.json"):
        print(folder / file)
    return DONE


def verilog(core: Core) -> str:
    """The core as one Verilog file: GHDL's synthesis of the very VHDL that is delivered, with its comments."""
    from ip_cores.conversion.verilog_text import netlist_text
    from ip_cores.generate import generate, header
    from testbenches.engines.ghdl import synthesize

    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        files = generate(core, Path(scratch) / "vhdl", companions=None).paths
        texts = {path.stem: path.read_text() for path in files}
        netlist = synthesize(files, core.name)
    head = f"{core.name}: netlist in Verilog of the VHDL beside it.\n\n{header(core)}"
    return netlist_text(netlist, texts, head)


def cost_rows(core: Core) -> list[tuple[str, str]]:
    """What the core costs, as rows of its datasheet."""
    from fpga_projects.estimation.estimate import estimate

    cost = estimate(core)
    counts = ("logic_elements", "registers", "m4k_blocks", "multiplier_elements")
    rows = [(name.replace("_", " ").replace("m4k", "M4K"), str(getattr(cost, name))) for name in counts]
    if cost.fmax_mhz is not None:
        rows.append(("clock, at most", f"{cost.fmax_mhz:.0f} MHz"))
    dynamic = cost.power_mw["total"] - cost.power_mw["static"] - cost.power_mw["io"]
    return [*rows, ("dynamic power at 50 MHz", f"{dynamic:.1f} mW, +- {cost.uncertainty['power_mw']['dynamic']:.1f} mW")]
