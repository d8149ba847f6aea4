"""Write a complete Quartus project for a board around a core, or one for each ear."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ossicle.commands import DONE

EXAMPLES = (
    "ossicle project de2-70 examples/denoiser.toml --output build/board",
    "ossicle project de2-70 aid_left.toml aid_right.toml",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("board", metavar="BOARD", help="de2-70")
    parser.add_argument("description", metavar="D.toml", help="description of a core that takes a stream and gives one, or only gives one")
    parser.add_argument("right", metavar="RIGHT.toml", nargs="?", help="the right ear's core: each ear has its own channel then")
    changed = "of a project written before, what was changed is kept as .bak"
    parser.add_argument("--output", metavar="DIR", help=f"folder to write; {changed} (default: build/NAME_BOARD)")
    parser.add_argument("--estimate", action="store_true", help="say in README.md what every entity costs, and power (takes a minute)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.descriptions import described_core

    core = described_core(arguments.description)
    right = None if arguments.right is None else described_core(arguments.right)

    from fpga_projects.boards import project_writer
    from ip_cores.folders import whole_folder
    from ossicle.terminal import Progress, print_json

    writer = project_writer(arguments.board)
    folder = Path(arguments.output) if arguments.output else Path("build") / f"{core.name}_{arguments.board.replace('-', '_')}"
    with Progress(f"project around {core.name}"), whole_folder(folder, "project.json") as scratch:
        files = writer(core, right)
        for name, text in files.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).write_text(text)
        if arguments.estimate:
            from fpga_projects.boards.project_estimate import estimate_page

            # A section of the page it is added to: every heading a level down.
            files["README.md"] += "\n" + re.sub(r"(?m)^#", "##", estimate_page(scratch))
            (scratch / "README.md").write_text(files["README.md"])
    if arguments.json:
        print_json({"folder": str(folder), "board": arguments.board, "files": sorted(files)})
        return DONE
    for name in sorted(files):
        print(folder / name)
    return DONE
