"""What became of each fault of a core: seen by `verify`, proven to change nothing, alike for a million words, or not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ip_cores.core import Core
from testbenches.mutation.equivalence import Twins
from testbenches.mutation.faulty_netlist import COUNT, SEED, Fault, draw_faults
from testbenches.mutation.reasons import reason_of
from testbenches.mutation.trial import ALIKE, Bench
from testbenches.verify import SAMPLES

LENGTHS = (256, 2000)
"""Words for which `verify` is asked, first the few that show most faults; what these do not show and is not proven to change nothing is
played as many as the native engine gets by default."""

LAST = SAMPLES["native"]

OUTCOMES = ("killed", "same", "alike", "survives")

LEAST_KILLED, MOST_ALIKE = 0.98, 0.1
"""Part of the faults that change something which has to be seen, and part of all that may count as changing nothing without a proof."""


@dataclass(frozen=True)
class Tried:
    """What became of one fault.

    Attributes
    ----------
    core : str
        Name in the table.
    fault : str
        Mode, cell, port and net.
    line : str
        What the netlist says there.
    outcome : {"killed", "same", "alike", "survives"}
    by : str
        Leg and kind of the difference, or the reason.
    words : int
        For which `verify` was asked when it saw the fault, or that were alike; 0 where neither.
    kept : float
        Processor time in s that an earlier run spent on the proof.
    """

    core: str
    fault: str
    line: str
    outcome: str
    by: str
    words: int = 0
    kept: float = 0.0


def outcomes(
    name: str, core: Core, folder: Path, count: int = COUNT, seed: int = SEED, progress: Callable[[int], None] | None = None
) -> list[Tried]:
    """Draw faults for a core and say what becomes of each.

    Parameters
    ----------
    name : str
        By which reasons are looked up.
    core : Core
    folder : Path
        For what is made on the way.
    count, seed : int
        Of the faults.
    progress : callable, optional
        Called with the number of faults that are decided, whenever it grows.

    Raises
    ------
    ToolError
        If a tool is missing or refuses the core.
    EngineMismatch
        If the core without a fault does not pass.
    """
    faulty = draw_faults(core, folder, count, seed)
    bench = Bench(faulty)
    found: dict[int, Tried] = {}
    kept: dict[int, float] = {}

    def decide(fault: Fault, outcome: str, by: str, words: int = 0) -> None:
        found[fault.number] = Tried(name, str(fault), fault.line, outcome, by, words, kept.get(fault.number, 0.0))
        if progress:
            progress(len(found))

    def left() -> list[Fault]:
        return [fault for fault in faulty.faults if fault.number not in found]

    def play(words: int) -> None:
        if not (waiting := left()):
            return
        parts = bench.parts(words)
        for fault in waiting:
            if show := bench.shown(parts, fault.number):
                decide(fault, "killed", f"{show.leg}: {show.how}", words)

    for words in LENGTHS:
        play(words)
    if left():
        twins = Twins(faulty)
        for fault in left():
            verdict = twins.decide(fault.number, folder)
            kept[fault.number] = verdict.kept
            if verdict.same:
                decide(fault, "same", "the same words in the same clocks, proven")
    play(LAST)
    for fault in left():
        reason = reason_of(name, fault)
        if reason and bench.alike(fault.number, ALIKE):
            decide(fault, "alike", reason, ALIKE)
        else:
            decide(fault, "survives", f"not seen in {LAST} words" if not reason else f"not alike for {ALIKE} words, though {reason}")
    return [found[fault.number] for fault in faulty.faults]


def tally(found: Sequence[Tried]) -> Counter[str]:
    """How many there are of each outcome."""
    return Counter(one.outcome for one in found)


def good(found: Sequence[Tried]) -> bool:
    """Whether enough of them were seen, and few count as changing nothing without a proof."""
    number = tally(found)
    changing = number["killed"] + number["survives"]
    return number["killed"] >= LEAST_KILLED * changing and number["alike"] <= MOST_ALIKE * len(found)
