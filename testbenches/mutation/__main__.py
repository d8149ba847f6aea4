"""Whether the proof of a core sees faults: some put into the netlist of each core, all of which `verify` has to see.

    python -m testbenches.mutation                    all; `make mutate`
    python -m testbenches.mutation fir_serial fifo    some

Exit status 1 if it sees too few of those that change something, 2 if a tool is missing.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tqdm import tqdm

from testbenches.engines.ghdl import find_ghdl
from testbenches.engines.yosys import find_yosys_with_abc
from testbenches.errors import EngineMismatch, ToolError
from testbenches.formal.toy_proofs import processor_seconds
from testbenches.mutation.faulty_netlist import COUNT, SEED, SELECT_BITS
from testbenches.mutation.mutated_cores import DESCRIPTIONS, mutated_core
from testbenches.mutation.outcome import OUTCOMES, Tried, good, outcomes, tally

SAID = {"killed": "seen", "same": "proven to change nothing", "alike": "alike for 10^6 words", "survives": "not seen"}
"""The outcomes, as they are printed."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.mutation", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DESCRIPTIONS))
    parser.add_argument("--output", type=Path, default=Path("build/mutate"), help="folder for results")
    parser.add_argument("--jobs", type=int, default=2, help="cores at a time")
    parser.add_argument("--faults", type=int, default=COUNT, help="faults for each core (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the faults (default: %(default)s)")
    given = parser.parse_args(arguments)
    wrong = complaint(given)
    if wrong:
        print(f"mutate: {wrong}", file=sys.stderr)
        return 2
    names = list(dict.fromkeys(given.names)) or list(DESCRIPTIONS)
    try:
        tools = {"yosys": find_yosys_with_abc().version, "ghdl": find_ghdl(synthesis=True).version_text}
        found, seconds = try_cores(names, given.output, given.jobs, given.faults, given.seed, tools)
    except (ToolError, EngineMismatch) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    kept = sum(one.kept for one in found)
    failed = [name for name in names if not good([one for one in found if one.core == name])]
    outcome = f"too few seen of {', '.join(failed)}" if failed else "enough seen"
    time = f"{seconds / 60:.1f} minutes of processor time{f', {kept / 60:.1f} of them in an earlier run' if kept > 1 else ''}"
    print(f"{len(names)} core{'s'[: len(names) > 1]}, {line_of(found)}; {time}: {outcome}")
    return 1 if failed else 0


def complaint(given: argparse.Namespace) -> str:
    """What is wrong with the arguments; empty if nothing."""
    unknown = [name for name in given.names if name not in DESCRIPTIONS]
    if unknown:
        return f"{', '.join(unknown)}: no such core; there are {', '.join(DESCRIPTIONS)}"
    for name, value, most in (("jobs", given.jobs, None), ("faults", given.faults, (1 << SELECT_BITS) - 1)):
        if value < 1 or (most and value > most):
            return f"--{name} {value}: must be 1 {f'to {most}' if most else 'or more'}"
    return "" if given.seed >= 0 else f"--seed {given.seed}: must be 0 or more"


def try_cores(names: Sequence[str], output: Path, jobs: int, count: int, seed: int, tools: dict[str, str]) -> tuple[list[Tried], float]:
    """All faults of some cores, and their processor time; as each core is done a line is printed and the results so far are written."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    done: dict[str, list[Tried]] = {}
    seconds = 0.0
    with ProcessPoolExecutor(jobs) as pool:
        running = {pool.submit(_try, name, output, count, seed): name for name in names}
        for future in tqdm(as_completed(running), total=len(names), unit=" cores", leave=False, disable=not sys.stderr.isatty()):
            name = running[future]
            done[name], here = future.result()
            seconds += here + sum(one.kept for one in done[name])
            tqdm.write(f"{name:28} {line_of(done[name])}", file=sys.stdout)
            for one in done[name]:
                if one.outcome == "survives":
                    tqdm.write(f"    {one.fault}: {one.by}", file=sys.stdout)
            sys.stdout.flush()
            found = [one for other in names for one in done.get(other, ())]
            text = json.dumps(document([other for other in names if other in done], found, seconds, tools), indent=1) + "\n"
            (output / "results.json").write_text(text)
    return found, seconds


def _try(name: str, output: Path, count: int, seed: int) -> tuple[list[Tried], float]:
    """The faults of a core, and the processor time that they took here."""
    before = processor_seconds()
    found = outcomes(name, mutated_core(name), output / name, count, seed)
    return found, processor_seconds() - before


def line_of(found: Sequence[Tried]) -> str:
    """How many there are of each outcome, in words."""
    number = tally(found)
    return f"{len(found)} faults: " + ", ".join(f"{number[kind]} {SAID[kind]}" for kind in OUTCOMES)


def document(names: Sequence[str], found: Sequence[Tried], seconds: float, tools: dict[str, str]) -> dict:
    """Everything, for the page on verification."""
    cores = {name: {"family": mutated_core(name).family, "description": mutated_core(name).description} for name in names}
    return {"tools": tools, "seconds": round(seconds, 1), "cores": cores, "faults": [dataclasses.asdict(one) for one in found]}


if __name__ == "__main__":
    sys.exit(main())
