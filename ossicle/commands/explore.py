"""Try every combination of some parameters: quality on real audio against cost.

A range is FIRST:LAST or FIRST:LAST:STEP, both ends included; other values stand with commas between them. A word length keeps the integer
part of its format: the fraction length moves with it. Every point is written as soon as it is known; Ctrl-C stops, --resume goes on.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from ossicle.arguments import add_length_and_seed, whole_number
from ossicle.commands import BAD_INPUT, DONE

if TYPE_CHECKING:
    from fpga_projects.exploration.exploration import Exploration
    from ip_cores.core import Core

METRICS = ("snr", "mse", "ripple", "stopband", "haspi", "hasqi")

EXAMPLES = ("ossicle explore examples/lowpass.toml --vary coefficient.word_length=8:16 --output build/explored",)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    vary = "a parameter and its values, as coefficient.word_length=8:20; repeat"
    parser.add_argument("--vary", action="append", required=True, metavar="P=RANGE", help=vary)
    parser.add_argument("--input", metavar="WAV|CSV|NAME", help="the signal (default: the excerpt of speech among the examples)")
    add_length_and_seed(parser, "all of a file, four seconds of a generated signal", "noise")
    parser.add_argument("--metric", action="append", choices=METRICS, help="repeat for several; the first decides (default: snr)")
    parser.add_argument("--jobs", type=whole_number, metavar="N", help="processes (default: one for each processor)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="compute on a Dask cluster, as tcp://host:8786")
    parser.add_argument("--output", metavar="DIR", help="folder for results.csv, plots, interactive page (default: build/NAME_explore)")
    parser.add_argument("--resume", action="store_true", help="go on with the results in that folder")
    parser.add_argument("--confirm", type=whole_number, default=0, metavar="K", help="map the K best points to the device in full")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def ranges(texts: list[str]) -> dict[str, tuple[Any, ...]]:
    """Values by parameter from arguments of the form ``P=RANGE``.

    Raises
    ------
    ValueError
        If one is not of that form, or a parameter is named twice.

    Examples
    --------
    >>> ranges(["source.word_length=8:16:4"])
    {'source.word_length': (8, 12, 16)}
    """
    from fpga_projects.exploration.design_space import parse_values
    from ip_cores.parameters import ParameterError

    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        path, equals, values = text.partition("=")
        if not equals or not path:
            raise ParameterError("vary", text, "must be PARAMETER=RANGE, as coefficient.word_length=8:20")
        if path in found:
            raise ParameterError("vary", text, f"must name {path} once")
        found[path] = parse_values(path, values)
    return found


def say_what_is_mapped(core: Core) -> None:
    """A line on stderr for a core that has no quick estimate."""
    if core.inventory is None:
        print(f"ossicle: {core.name}: {core.kind} has no inventory: costs are mapped in full, some seconds each, once", file=sys.stderr)


def run(arguments: Namespace) -> int:
    from ossicle.descriptions import described_core

    core = described_core(arguments.description)

    from pathlib import Path

    from tqdm import tqdm

    from fpga_projects.exploration.explore import explore
    from ossicle.inputs import named_input
    from ossicle.terminal import print_json

    say_what_is_mapped(core)
    folder = Path(arguments.output) if arguments.output else Path("build") / f"{core.name}_explore"
    vary = ranges(arguments.vary)
    bar = tqdm(desc=f"{core.name}: exploring", unit=" points", leave=False, dynamic_ncols=True, disable=not sys.stderr.isatty())

    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        found = explore(
            arguments.description,
            vary,
            input=named_input(arguments.input, core.sample_rate) if arguments.input else None,
            samples=arguments.samples,
            seed=arguments.seed,
            metrics=arguments.metric or ["snr"],
            jobs=arguments.jobs,
            scheduler=arguments.scheduler,
            output=folder,
            resume=arguments.resume,
            confirm=arguments.confirm,
            progress=progress,
        )
    except KeyboardInterrupt:
        bar.close()
        print(f"ossicle: stopped; {folder / 'results.csv'} keeps what is done, --resume goes on", file=sys.stderr)
        raise
    finally:
        bar.close()
    failures = found.failures
    if arguments.json:
        rows = [{name: None if value in (float("inf"), float("-inf")) else value for name, value in row.items()} for row in found.rows]
        print_json({"folder": str(folder), "columns": list(found.columns), "rows": rows})
    else:
        print(report(found))
        print(f"\n{folder / 'results.csv'}\n{folder / 'explore.html'}")
    if failures:
        first = failures[0]
        where = ", ".join(f"{path} = {first[path]}" for path in found.task.space.paths)
        print(f"ossicle: {len(failures)} of {len(found.rows)} points failed, the first at {where}: {first['error']}", file=sys.stderr)
    return BAD_INPUT if failures and len(failures) == len(found.rows) else DONE


def report(found: Exploration) -> str:
    """The Pareto front of quality against logic elements, as a table."""
    from fpga_projects.estimation.cost import COLUMNS
    from ossicle.terminal import text_table, thousands

    front = found.front()
    name, points = found.task.space.base.name, f"{thousands(len(found.rows))} point{'s' * (len(found.rows) != 1)}"
    head = f"{name}: {points}, {len(front)} on the front of {found.task.metrics[0]} against les"
    if not front:
        return head
    shown = [name for name in (*found.task.space.paths, *found.task.metrics, *COLUMNS) if front[0].get(name) is not None]
    shown += [name for name in found.columns if name.startswith("mapped_") and any(row.get(name) is not None for row in front)]
    rows = [shown, *[[cell(row.get(name)) for name in shown] for row in front]]
    return f"{head}\n\n{text_table(rows, right=range(len(shown)))}"


def cell(value: Any) -> str:
    """A number in a table.

    Examples
    --------
    >>> cell(71.2345), cell(1.5e-9), cell(12), cell(None), cell(float("inf"))
    ('71.23', '1.5e-09', '12', '', 'exact')
    """
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    if value == float("inf"):
        return "exact"
    return f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.3g}"
