"""Whether the proofs bite: cores with one fault each, drawn from what the properties depend on, have to be refuted.

    python -m testbenches.formal.bite               all; `make bite`
    python -m testbenches.formal.bite fifo_3        some

Yosys draws the faults (`mutate`): a bit of a cell's input or output inverted, tied, or inverted by another bit. All of a core stand in one
netlist, chosen by an input. One that is not refuted has a reason: it is proven to be the same core at its ports, or
at all but the data's where a row does not look at data, or it is listed in `KEPT`.
Exit status 1 if there is another.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ip_cores.generate import generate
from testbenches.errors import ToolError
from testbenches.formal.aiger import Aig
from testbenches.formal.elaboration import elaborate, netlist
from testbenches.formal.harness import WordOrder, properties
from testbenches.formal.model_checker import first_failure, prove_all
from testbenches.formal.toy_proofs import processor_seconds
from testbenches.formal.toys import TOYS, Toy

FAULTS, SEED = 24, 1
SELECT, SELECT_BITS = "fault", 8
STEPS, QUICK_SECONDS = 60, 8
"""Clocks, and processor time, in which most faults show themselves."""

SAME_SECONDS = 30
"""Processor time after which two cores count as different."""

DRAW = """\
select -set looked_at {outputs}
select -set cells @looked_at %ci* c:*core.* %i
mutate -list {count} -seed {seed} -ctrl {select} {bits} 1 -o faults.ys @cells
script faults.ys
"""
"""What only decides whether a word stays as it is (`steady`) is left out: of a core whose data are not looked at it holds all of them."""

KEPT: Mapping[str, str] = {}
"""Faults that break no promise, by toy, cell, port, bit and mode, and why that is right."""


SURVIVES = "survives: no property of this row sees it"

OUTCOMES = ("refuted", "same", "data alone", "kept", "survives")


@dataclass(frozen=True)
class Bitten:
    """What became of one fault.

    Attributes
    ----------
    toy : str
    fault : str
        Mode, cell, port and bit.
    outcome : {"refuted", "same", "data alone", "kept", "survives"}
    by : str
        The property that fails first, or the reason.
    """

    toy: str
    fault: str
    outcome: str
    by: str


def bite(toy: Toy, folder: Path, count: int = FAULTS, seed: int = SEED) -> list[Bitten]:
    """Draw faults for a toy, and try to refute each."""
    folder.mkdir(parents=True, exist_ok=True)
    order = WordOrder.of(toy)
    names = [f"bad_{name}" for name in properties(order)]
    outputs = " ".join(f"o:{name}" for name in names if name != "bad_steady")
    outputs += " %u" * (len(outputs.split()) - 1)
    draw = DRAW.format(outputs=outputs, count=count, seed=seed, select=SELECT, bits=SELECT_BITS)
    aig = elaborate(order, netlist(generate(order.core, folder / "vhdl", companions=None), folder), mutants=draw)
    faults = [described(line) for line in (folder / "faults.ys").read_text().splitlines()]
    right = chosen(aig, 0)
    return [judged(order, folder, names, fault, right, chosen(aig, number)) for number, fault in enumerate(faults, start=1)]


def described(line: str) -> str:
    """Place and kind of a fault from the command that makes it."""
    found = dict(re.findall(r"-(mode|cell|port|portbit|ctrlbit) (\S+)", line))
    return " ".join(found[key] for key in ("mode", "cell", "port", "portbit", "ctrlbit") if key in found)


def chosen(aig: Aig, number: int) -> Aig:
    """The core with one of the faults, or with none."""
    return aig.with_inputs({f"{SELECT}[{bit}]": number >> bit & 1 for bit in range(SELECT_BITS)})


def judged(order: WordOrder, folder: Path, names: list[str], fault: str, right: Aig, wrong: Aig) -> Bitten:
    toy = order.toy.name
    if "ready" in wrong.depends("see_source_valid"):
        return Bitten(toy, fault, "refuted", "valid_alone")
    if failed := first_failure(wrong, names, folder, STEPS, QUICK_SECONDS):
        return Bitten(toy, fault, "refuted", failed.removeprefix("bad_"))
    # Before the proofs, which take longer.
    if prove_all(right.beside(wrong, *compared(order, right)), ["differs"], folder, SAME_SECONDS).proven:
        return Bitten(toy, fault, "same", "the same at all ports in every clock, proven")
    if (
        not order.toy.expected
        and prove_all(right.beside(wrong, *compared(order, right, data=False)), ["differs"], folder, SAME_SECONDS).proven
    ):
        return Bitten(toy, fault, "data alone", "the same at all ports but the data's, proven; this row does not look at data")
    unbounded = [name for name in names if name.removeprefix("bad_") not in order.toy.bounded]
    if refuted := prove_all(wrong, unbounded, folder).refuted:
        return Bitten(toy, fault, "refuted", refuted[0].removeprefix("bad_"))
    kept = KEPT.get(f"{toy} {fault}")
    return Bitten(toy, fault, "kept" if kept else "survives", kept or SURVIVES)


def compared(order: WordOrder, aig: Aig, data: bool = True) -> tuple[list[str], dict[str, str]]:
    """Outputs in which two cores may differ, with or without the data, and those that count only with a word."""
    driven = [port.name for port in order.core.ports if port.direction == "out" and (data or port.name != "source_data")]
    same = [name for name in aig.outputs if re.sub(r"\[.*", "", name) in {f"see_{port}" for port in driven}]
    words = tuple(f"see_source_{name}" for name in order.sides.fields["source"])
    return same, {name: "see_source_valid" for name in same if re.sub(r"\[.*", "", name) in words}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbenches.formal.bite", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TOYS))
    parser.add_argument("--output", type=Path, default=Path("build/bite"), help="folder for results")
    parser.add_argument("--jobs", type=int, default=2, help="toys at a time")
    parser.add_argument("--faults", type=int, default=FAULTS, help="faults for each toy")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in TOYS]
    if unknown:
        print(f"bite: {', '.join(unknown)}: no such row; there are {', '.join(TOYS)}", file=sys.stderr)
        return 2
    shutil.rmtree(given.output, ignore_errors=True)
    given.output.mkdir(parents=True)
    found: list[Bitten] = []
    try:
        with ProcessPoolExecutor(given.jobs) as pool:
            for some in pool.map(partial(_bite, output=given.output, count=given.faults), given.names or TOYS):
                found += some
                print(line(some), flush=True)
    except ToolError as error:
        print(f"bite: {error}", file=sys.stderr)
        return 2
    document = {"seconds": round(processor_seconds(), 1), "faults": [dataclasses.asdict(one) for one in found]}
    (given.output / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    survivors = [one for one in found if one.outcome == "survives"]
    print(f"{len(found)} faults, {counted(found)}, {processor_seconds():.0f} s of processor time")
    return 1 if survivors else 0


def _bite(name: str, output: Path, count: int) -> list[Bitten]:
    return bite(TOYS[name], output / name, count)


def counted(found: list[Bitten]) -> str:
    return ", ".join(f"{sum(one.outcome == kind for one in found)} {kind}" for kind in OUTCOMES)


def line(found: list[Bitten]) -> str:
    """The faults of a toy: how many, and each survivor."""
    head = f"{found[0].toy:28} {counted(found)}" if found else "nothing drawn"
    return "\n".join([head, *(f"    {one.fault}: {one.by}" for one in found if one.outcome == "survives")])


if __name__ == "__main__":
    sys.exit(main())
