"""Prove the properties of every stream core.

    python -m testbenches.formal                    all
    python -m testbenches.formal fifo_3 limiter     some
    python -m testbenches.formal --or-skip          the same where yosys-abc may be missing, as on a machine of continuous integration
    python -m testbenches.formal --bounds fifo_3    the least numbers that a row of the table can promise

Exit status 1 if anything is refuted or its proof does not end, 2 if a tool is missing.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from testbenches.engines.ghdl import find_ghdl
from testbenches.engines.yosys import find_yosys_with_abc
from testbenches.errors import ToolError
from testbenches.formal.bounds import least_bounds
from testbenches.formal.toy_proofs import SENTENCES, Row, check_toy, processor_seconds
from testbenches.formal.toys import TOYS, Toy


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.formal", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TOYS))
    parser.add_argument("--output", type=Path, default=Path("build/formal"), help="folder for results and counterexamples")
    parser.add_argument("--jobs", type=int, default=2, help="toys at a time")
    parser.add_argument("--or-skip", action="store_true", help="say so and succeed where yosys-abc is missing")
    parser.add_argument("--bounds", action="store_true", help="find the least numbers instead")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in TOYS]
    if unknown:
        print(f"formal: {', '.join(unknown)}: no such row; there are {', '.join(TOYS)}", file=sys.stderr)
        return 2
    toys = [TOYS[name] for name in given.names or TOYS]
    try:
        find_yosys_with_abc()
    except ToolError as error:
        print(f"formal: {'skipped, ' if given.or_skip else ''}{error}", file=sys.stderr)
        return 0 if given.or_skip else 2
    try:
        tools = {"yosys": find_yosys_with_abc().version, "ghdl": find_ghdl(synthesis=True).version_text}
        if given.bounds:
            for toy in toys:
                print(toy.name, dict(least_bounds(toy)), flush=True)
            return 0
        rows, seconds = prove_toys(toys, given.output, given.jobs)
    except ToolError as error:
        print(f"formal: {error}", file=sys.stderr)
        return 2
    (given.output / "results.json").write_text(json.dumps(document(toys, rows, seconds, tools), indent=1) + "\n")
    wrong = [row for row in rows if not row.good]
    count = sum(len(row.properties) for row in rows)
    outcome = f"{len(wrong)} not proven" if wrong else "all proven"
    print(f"{len(toys)} core{'s'[: len(toys) > 1]}, {count} properties, {seconds:.0f} s of processor time: {outcome}")
    return 1 if wrong else 0


def prove_toys(toys: Sequence[Toy], output: Path, jobs: int) -> tuple[list[Row], float]:
    """All rows, printed as they come, and the processor time of all."""
    before = processor_seconds()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    rows = []
    # By name: what a row of the table expects does not go from process to process.
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(partial(_check, output=output), [toy.name for toy in toys]):
            for row in found:
                print(line(row), flush=True)
            rows += found
    return rows, processor_seconds() - before


def _check(name: str, output: Path) -> list[Row]:
    return check_toy(TOYS[name], output / name)


def line(row: Row) -> str:
    """A row as text."""
    outcome = f"to {row.depth} clocks" if row.outcome == "bounded" else row.outcome
    text = f"{row.toy:24} {outcome:14} {row.seconds:5.1f} s  {', '.join(row.properties)}"
    return f"{text}\n    {row.note}" if row.note else text


def document(toys: Sequence[Toy], rows: Sequence[Row], seconds: float, tools: dict[str, str]) -> dict:
    """Everything, for the page on verification."""
    cores = {toy.name: toy.core.description for toy in toys}
    sentences = {toy.name: {name: text.format(**dataclasses.asdict(toy)) for name, text in SENTENCES.items()} for toy in toys}
    found = [{**dataclasses.asdict(row), "says": [sentences[row.toy][name] for name in row.properties]} for row in rows]
    return {"tools": tools, "seconds": round(seconds, 1), "cores": cores, "rows": found}


if __name__ == "__main__":
    sys.exit(main())
