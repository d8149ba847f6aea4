"""Find the cheapest word lengths that meet a target.

An analytic noise model leaves out what cannot meet the target; the bit-true model decides on real audio. The word lengths of all formats
are varied, per stage where a core has several, unless --vary names others.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from ossicle.arguments import add_length_and_seed
from ossicle.commands import BAD_INPUT, DONE

if TYPE_CHECKING:
    from fpga_projects.exploration.optimize import Optimum

COSTS = ("les", "registers", "multipliers", "m4k", "power")

EXAMPLES = ("ossicle optimize examples/lowpass.toml --target 'snr>=60' --minimize les",)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    parser.add_argument("--target", required=True, metavar="BOUND", help='what must be reached, as "snr>=60" or "mse<=1e-8"')
    parser.add_argument("--minimize", default="les", choices=COSTS, help="the cost (default: les)")
    parser.add_argument("--vary", action="append", default=[], metavar="P=RANGE", help="a parameter and its values instead; repeat")
    parser.add_argument("--input", metavar="WAV|CSV|NAME", help="the signal (default: the excerpt of speech among the examples)")
    add_length_and_seed(parser, "all of a file, four seconds of a generated signal", "noise")
    parser.add_argument("--output", metavar="D.toml", help="file for the description that was found (default: only print it)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.descriptions import described_core

    core = described_core(arguments.description)

    from pathlib import Path

    from fpga_projects.exploration.optimize import optimize
    from ip_cores.folders import write_whole
    from ossicle.commands.explore import ranges, say_what_is_mapped
    from ossicle.inputs import named_input
    from ossicle.terminal import Progress, print_json

    say_what_is_mapped(core)
    with Progress(f"{arguments.description}: searching") as bar:
        found = optimize(
            arguments.description,
            arguments.target,
            minimize=arguments.minimize,
            vary=ranges(arguments.vary) or None,
            input=named_input(arguments.input, core.sample_rate) if arguments.input else None,
            samples=arguments.samples,
            seed=arguments.seed,
            progress=lambda runs: bar.step(f"{arguments.description}: {runs} runs of the model"),
        )
    if not found.best:
        print(f"ossicle: {found.task.space.base.name}: no choice in these ranges meets {found.target}", file=sys.stderr)
        return BAD_INPUT
    if arguments.output:
        write_whole(arguments.output, found.description(Path(arguments.output).parent))
    if arguments.json:
        facts = {"best": found.best, "uniform": found.uniform or None, "gain": found.gain, "evaluations": found.evaluations}
        print_json({"target": str(found.target), "minimize": found.minimize, **_finite(facts), "description": found.description()})
    else:
        print(report(found, arguments.output))
    return DONE


def report(found: Optimum, path: str | None = None) -> str:
    """What was chosen, what it gains over the uniform solution, and the description."""
    from fpga_projects.estimation.cost import COLUMNS
    from ossicle.commands.explore import cell
    from ossicle.terminal import text_table, thousands

    names = [*found.task.space.paths, found.target.metric, *COLUMNS]
    rows = [["", "chosen", "uniform"], *[[name, cell(found.best.get(name)), cell(found.uniform.get(name))] for name in names]]
    head = f"{found.task.space.base.name}: {found.target}, least {found.minimize}"
    effort = f"{found.evaluations} runs of the bit-true model in a space of {thousands(found.task.space.size)}"
    gain = "" if found.gain is None else f"; {100 * found.gain:.1f} % less {found.minimize} than with one word length for all"
    text = "\n".join([f"{head}\n\n{text_table(rows, right=[1, 2])}\n\n{effort}{gain}", *longer(found), ""])
    return f"{text}{path}" if path else f"{text}\n{found.description()}".rstrip()


def longer(found: Optimum) -> list[str]:
    """Why words came out longer than the description has them, a line each, and how to keep them."""
    lines = []
    for path in found.task.space.paths:
        before, after = found.task.space.described(path), found.best[path]
        if path.endswith("word_length") and isinstance(before, int) and after > before:
            why = "a shorter word has to be rounded, and here that costs more than its bits"
            lines.append(f"{path} is longer than the {before} bits described: {why}; with --vary for what may change it stays")
    return lines


def _finite(value: Any) -> Any:
    """The same with None for infinite numbers, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if value in (float("inf"), float("-inf")) else value
