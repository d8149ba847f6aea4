"""All properties of a toy: proven, proven to a depth, refuted with a counterexample, or open."""

from __future__ import annotations

import resource
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ip_cores.generate import generate
from testbenches.formal.aiger import Aig
from testbenches.formal.counterexample import Counterexample, stimulus_of, waveform
from testbenches.formal.elaboration import elaborate, netlist
from testbenches.formal.harness import WordOrder, properties
from testbenches.formal.model_checker import Answer, counterexample, prove_all, prove_to_depth
from testbenches.formal.toys import Toy
from testbenches.interface import Delivered

SENTENCES = {
    "silent_in_reset": "valid is low during reset",
    "steady": "a word that is not taken stays as it is, with its marks",
    "valid_alone": "valid does not depend on ready",
    "none_too_many": "no word that the words taken have not brought about",
    "inside": "at most {inside} words inside: none is lost",
    "takes_in_time": "downstream ready: an offered word is taken within {takes_within} clocks",
    "gives_in_time": "downstream ready: a word inside stands at the source within {gives_within} clocks",
    "room": "fewer than {room} words inside: an offered word is taken at once",
    "fields": "channels and marks in their order",
    "level": "level is the number of words inside",
    "data": "any word is what it has to be",
    "always_taken": "an offered word is taken at once",
    "status": "the status word: states in their order, losses counted one by one, mute until a segment is there",
    "in_time": "a segment is calculated, and a result that is there stands at the source, within {real_time} clocks",
    "whole_segments": "what leaves is whole segments of what was taken, every word of them",
}
"""What each property says; each holds from any state, one clock of reset before."""

SEARCH_DEPTH, SEARCH_SECONDS = 200, 30
"""Steps and seconds of processor time for the shortest counterexample."""


@dataclass(frozen=True)
class Row:
    """The outcome for some properties that were proven together.

    Attributes
    ----------
    toy, kind : str
    properties : tuple of str
    outcome : {"proven", "bounded", "refuted", "open"}
    depth : int or None
        Clocks for which it was proven, where not for all.
    seconds : float
        Processor time.
    note : str
        Where the counterexample is and how to play it.
    """

    toy: str
    kind: str
    properties: tuple[str, ...]
    outcome: str
    depth: int | None
    seconds: float
    note: str = ""

    @property
    def good(self) -> bool:
        return self.outcome in ("proven", "bounded")


def check_toy(toy: Toy, folder: Path, manifest: Delivered | None = None) -> list[Row]:
    """Prove all that is promised of a toy.

    Parameters
    ----------
    toy : Toy
    folder : Path
        For what is made on the way; stays, for a look at it.
    manifest : Delivered, optional
        VHDL already generated, in a folder in `folder`.

    Raises
    ------
    ToolError
        If a tool is missing or refuses its input.
    """
    before = processor_seconds()
    folder.mkdir(parents=True, exist_ok=True)
    order = WordOrder.of(toy)
    manifest = manifest or generate(order.core, folder / "vhdl", companions=None)
    verilog = netlist(manifest, folder)
    aig = elaborate(order, verilog)
    rows = [_alone(order, aig)]
    for names, depth in groups(order):
        outputs = [f"bad_{name}" for name in names]
        answer = prove_all(aig, outputs, folder) if depth is None else prove_to_depth(aig, outputs, folder, depth)
        now = processor_seconds()
        rows += _rows(order, aig, manifest, verilog, names, depth, answer, now - before)
        before = now
    return rows


def groups(order: WordOrder) -> list[tuple[tuple[str, ...], int | None]]:
    """Properties that are proven together, and to which depth: what is said of the control, the data, and what is bounded."""
    bounded = order.toy.bounded
    unbounded = [name for name in properties(order) if name not in bounded]
    control, data = (tuple(name for name in unbounded if (name == "data") == wanted) for wanted in (False, True))
    parts = [(part, None) for part in (control, data) if part]
    return [*parts, *(((name,), depth) for name, depth in bounded.items())]


def processor_seconds() -> float:
    """Time that this process and those it waited for have used."""
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _alone(order: WordOrder, aig: Aig) -> Row:
    """Valid without ready: read off the graph."""
    waits = "ready" in aig.depends("see_source_valid")
    note = "source_valid depends on source_ready without a register between" if waits else ""
    return Row(order.toy.name, order.core.kind, ("valid_alone",), "refuted" if waits else "proven", None, 0.0, note)


def _rows(
    order: WordOrder,
    aig: Aig,
    manifest: Delivered,
    verilog: Path,
    names: Sequence[str],
    depth: int | None,
    answer: Answer,
    seconds: float,
) -> list[Row]:
    toy, kind = order.toy.name, order.core.kind
    rows = []
    for failed in answer.refuted:
        note = explain(order, aig, manifest, verilog, failed)
        rows.append(Row(toy, kind, (failed.removeprefix("bad_"),), "refuted", None, seconds, note))
    held, left = (tuple(name for name in names if (f"bad_{name}" in answer.proven) == wanted) for wanted in (True, False))
    if held:
        rows.append(Row(toy, kind, held, "proven" if depth is None else "bounded", depth, seconds))
    if left := tuple(name for name in left if f"bad_{name}" not in answer.refuted):
        rows.append(Row(toy, kind, left, "open", None, seconds, "no proof ended"))
    return rows


def explain(order: WordOrder, aig: Aig, manifest: Delivered, verilog: Path, failed: str) -> str:
    """Write a counterexample as waveform and, where the test bench can play it, as stimulus; say where they are."""
    folder, name = verilog.parent, failed.removeprefix("bad_")
    replayed = None if order.two_clocks else elaborate(order, verilog, replayed=True)
    steps = replayed and counterexample(replayed, failed, folder, SEARCH_DEPTH, SEARCH_SECONDS)
    if replayed and steps:
        (folder / f"{name}.vcd").write_text(waveform(replayed, steps, order, failed))
        stimulus = stimulus_of(replayed, steps, order)
        path = folder / f"{name}.json"
        Counterexample.of(stimulus, order, failed, len(steps) - 2, str(manifest.folder.relative_to(folder))).write(path)
        command = shlex.join([sys.executable, "-m", "testbenches.formal.replay", str(path)])
        return f"does not hold in cycle {len(steps) - 2}, {folder / name}.vcd; play it: {command}"
    steps = counterexample(aig, failed, folder, SEARCH_DEPTH, SEARCH_SECONDS)
    if not steps:
        return "refuted, but no short counterexample was found"
    (folder / f"{name}.vcd").write_text(waveform(aig, steps, order, failed))
    why = "it has two clocks" if order.two_clocks else "it takes a state or a reset that the test bench does not play"
    return f"does not hold in step {len(steps) - 1}, {folder / name}.vcd; no stimulus: {why}"
