"""Write the VHDL of a description, with what Quartus, Platform Designer, simulators and readers want beside it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ossicle.commands import DONE

if TYPE_CHECKING:
    from ip_cores.core import Core


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    parser.add_argument("--output", metavar="DIR", help="folder to write; one that was generated before is replaced (default: build/NAME)")
    parser.add_argument("--language", choices=("vhdl", "verilog"), default="vhdl", help="verilog adds NAME.v, a netlist of the VHDL")
    parser.add_argument("--json", action="store_true", help="print the manifest as one JSON object")


def run(arguments: Namespace) -> int:
    from ip_cores.companions import companion_files
    from ip_cores.description import load_core
    from ip_cores.generate import generate, refuse_foreign
    from ossicle.terminal import Progress, print_json

    core = load_core(arguments.description)
    folder = Path(arguments.output) if arguments.output else Path("build") / core.name
    if folder.exists():
        refuse_foreign(folder)
    with Progress(f"generating {core.name}"):
        manifest = generate(core, folder, with_verilog if arguments.language == "verilog" else companion_files)
    if arguments.json:
        print_json({"folder": str(folder), **manifest.as_dict()})
        return DONE
    for file in (*manifest.files, *manifest.extras, "manifest.json"):
        print(folder / file)
    return DONE


def with_verilog(core: Core, files: tuple[str, ...]) -> dict[str, str]:
    """What `companion_files` gives, and the core as one Verilog file: GHDL's synthesis of the very VHDL that is delivered."""
    from ip_cores.companions import companion_files
    from testbenches.ghdl import synthesize
    from testbenches.simulate import delivered

    with delivered(core) as manifest:
        netlist = synthesize([manifest.folder / file for file in files], core.name)
    return {**companion_files(core, files), f"{core.name}.v": netlist}
