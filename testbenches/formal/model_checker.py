"""ABC decides: all states that can be reached, property directed reachability, or bounded model checking to a depth.

What control alone decides has few registers once ABC has dropped what does not matter and merged what is equal (`scorr`): the set of all
states that can be reached is then a small binary decision diagram (O. Coudert, C. Berthet, J. C. Madre, "Verification of synchronous
sequential machines based on symbolic execution", 1989). Where data matter PDR takes over (A. R. Bradley, "SAT-Based Model Checking
without Unrolling", VMCAI 2011; N. Een et al., "Efficient implementation of property directed reachability", FMCAD 2011); it ends with an
invariant, which ABC checks. Either is a proof without bound, or finds a counterexample.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbenches.engines.yosys import Finished, find_yosys_with_abc, run_well
from testbenches.errors import ToolError
from testbenches.formal.aiger import Aig

REACH_SECONDS, PROOF_SECONDS = 12, 100
"""Processor time after which diagrams give way to PDR, and a proof counts as open. Every listed one ends long before, also where
cores are shared, and a second of processor time does half as much."""

SMALLER = "scleanup; scorr; dc2"
FAILED = r"was asserted in frame (\d+)"


@dataclass(frozen=True)
class Answer:
    """What ABC says of some properties.

    Attributes
    ----------
    proven, refuted : list of str
        Those that hold, without bound or to the depth asked for, and those that do not; of others it is not known.
    """

    proven: list[str]
    refuted: list[str]


def prove_all(aig: Aig, names: Sequence[str], folder: Path, seconds: int = PROOF_SECONDS) -> Answer:
    """Proofs without bound: diagrams for one property after the other, then PDR for all others at once, so that each helps the others."""
    proven, refuted = [], []
    for name in names:
        done = run_abc(aig, [name], folder, f"{SMALLER}; reach", min(seconds, REACH_SECONDS))
        if done.in_time and "proved unreachable" in done.text:
            proven.append(name)
        elif re.search(FAILED, done.text):
            refuted.append(name)
    rest = [name for name in names if name not in (*proven, *refuted)]
    if not rest:
        return Answer(proven, refuted)
    done = run_abc(aig, rest, folder, f"{SMALLER}; pdr -a", seconds)
    answer = answer_of(done, rest, done.in_time)
    return Answer([*proven, *answer.proven], [*refuted, *answer.refuted])


def prove_to_depth(aig: Aig, names: Sequence[str], folder: Path, depth: int, seconds: int = PROOF_SECONDS) -> Answer:
    """Bounded model checking of `depth` steps."""
    done = run_abc(aig, names, folder, f"scleanup; bmc3 -a -F {depth}", seconds)
    refuted = answer_of(done, names, False).refuted
    reached = re.search(rf"No output asserted in {depth} frames", done.text) is not None
    return Answer(list(names) if reached and not refuted else [], refuted)


def first_failure(aig: Aig, names: Sequence[str], folder: Path, depth: int, seconds: int = PROOF_SECONDS) -> str | None:
    """The property that fails first, if one does in `depth` steps."""
    done = run_abc(aig, names, folder, f"{SMALLER}; bmc3 -F {depth}", seconds)
    found = re.search(r"Output (\d+) (?:of miter \S+ )?was asserted", done.text)
    return names[int(found[1])] if found else None


def counterexample(aig: Aig, name: str, folder: Path, depth: int, seconds: int = PROOF_SECONDS) -> list[list[int]] | None:
    """Values of all inputs, step by step, in the shortest run of at most `depth` steps that breaks a property; None if there is none."""
    path = folder / "inputs.txt"
    path.unlink(missing_ok=True)
    for method in (f"bmc3 -F {depth}", "pdr"):
        done = run_abc(aig, [name], folder, f"scleanup; {method}; write_cex {path.name}", seconds)
        steps = [int(frame) + 1 for frame in re.findall(FAILED, done.text)]
        if steps and path.exists():
            bits = [int(bit) for bit in path.read_text().partition("#")[0] if bit in "01"]
            width = len(aig.inputs)
            # In front of the inputs stand the latches, of which ABC may have dropped some.
            found = bits[len(bits) - steps[0] * width :]
            return [found[step * width : (step + 1) * width] for step in range(steps[0])]
    return None


def run_abc(aig: Aig, names: Sequence[str], folder: Path, commands: str, seconds: int) -> Finished:
    """Let ABC do something about some outputs of a circuit."""
    aig.write(folder / "properties.aig", names)
    return run_well([find_yosys_with_abc().abc, "-c", f"read_aiger properties.aig; {commands}"], folder, seconds)


def answer_of(done: Finished, names: Sequence[str], complete: bool) -> Answer:
    """Read what ABC printed."""
    if "cmd error" in done.text:
        raise ToolError(f"yosys-abc: {done.text[done.text.index('** cmd error') :].splitlines()[0]}")
    refuted = [names[int(number)] for number in re.findall(r"Output (\d+) (?:of miter \S+ )?was asserted", done.text)]
    total = re.search(r"All = (\d+)\. Proved = (\d+)\.", done.text)
    left = [name for name in names if name not in refuted]
    return Answer(left if complete and total is not None and int(total[2]) == len(left) else [], refuted)
