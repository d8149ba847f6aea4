"""Write the VHDL of a description: one file per entity, manifest.json, an instantiation template."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ossicle.commands import DONE


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    parser.add_argument("--output", metavar="DIR", help="folder to write; one that was generated before is replaced (default: build/NAME)")
    parser.add_argument("--json", action="store_true", help="print the manifest as one JSON object")


def run(arguments: Namespace) -> int:
    from ip_cores.description import load_core
    from ip_cores.generate import generate, refuse_foreign
    from ossicle.terminal import Progress, print_json

    core = load_core(arguments.description)
    folder = Path(arguments.output) if arguments.output else Path("build") / core.name
    if folder.exists():
        refuse_foreign(folder)
    with Progress(f"generating {core.name}"):
        manifest = generate(core, folder)
    if arguments.json:
        print_json({"folder": str(folder), **manifest.as_dict()})
        return DONE
    for file in manifest.files:
        print(folder / file)
    print(folder / f"{core.name}_inst.vhd")
    print(folder / "manifest.json")
    return DONE
