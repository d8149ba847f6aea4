"""Cost of several descriptions side by side, as a table and a plot.

Every description is mapped to the device, and its power estimated from the transitions on a stimulus, as `ossicle estimate` does.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ossicle.commands import DONE
from ossicle.commands.estimate import add_device, add_stimulus

EXAMPLES = ("ossicle compare examples/band_direct.toml examples/band_transposed.toml",)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("descriptions", metavar="D.toml", nargs="+", help="core descriptions")
    add_device(parser)
    parser.add_argument("--effort", default="map", choices=("map", "quick"), help="synthesis, or closed form (default: map)")
    add_stimulus(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--output", metavar="DIR", help="write comparison.json, comparison.md and comparison.png")


def run(arguments: Namespace) -> int:
    from ossicle.commands.estimate import estimate_description
    from ossicle.terminal import Progress, print_json, text_table

    found = {}
    with Progress("compare", len(arguments.descriptions)) as progress:
        for number, description in enumerate(arguments.descriptions):
            progress.update(number)
            if description in found:
                raise ValueError(f"{description}: named twice")
            found[description] = estimate_description(Namespace(**vars(arguments), description=description)).to_json()

    from fpga_projects.estimation.comparison import comparison, draw, markdown
    from ip_cores.folders import whole_folder

    rows = comparison(found)
    if arguments.output:
        with whole_folder(arguments.output, "comparison.json") as folder:
            (folder / "comparison.json").write_text(json.dumps(found, indent=2) + "\n")
            (folder / "comparison.md").write_text(markdown(rows))
            draw(found, folder / "comparison.png")
    if arguments.json:
        print_json(found)
    else:
        print(text_table(rows, right=range(1, len(rows[0]))))
    return DONE
