"""Many hunts on some processors: for a time that is shared among engines and kinds, or for a number of cases."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ip_cores.folders import write_whole
from testbenches.fuzz.hunting import ENGINES, Hunted, hunt
from testbenches.fuzz.spoilt_files import READERS
from testbenches.fuzz.strategies import DESCRIPTIONS

SHARES = {"model": 0.2, "myhdl": 0.28, "ghdl": 0.2, "native": 0.14, "vhdl": 0.1, "files": 0.08}
"""Of the processor time of a campaign in which all engines take part."""

AT_ONCE = {"model": 25, "myhdl": 2, "ghdl": 2, "native": 1, "vhdl": 2, "files": 8}
"""Cases of a hunt: some seconds."""

LEAST = 5
"""Cases of every kind of core, model against oracle, that come before anything else."""

BOARD = ("i2c_master", "i2s_receiver", "i2s_transmitter", "pdm_microphone", "reset_synchronizer", "wm8731_setup")
"""Kinds to which GHDL alone plays something: the bench that stands beside their VHDL."""


@dataclass
class Campaign:
    """What has been found so far.

    Attributes
    ----------
    seed : int
    seconds : float
        Time that it took.
    drawn : dict of (str, str) to set of str
        Digests of the cases played, by engine and kind.
    refused : Counter
        Descriptions refused, by engine and kind.
    used : dict of str to float
        Processor time by engine.
    failures : list of Hunted
    """

    seed: int
    seconds: float = 0.0
    drawn: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    used: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    failures: list[Hunted] = field(default_factory=list)

    def take(self, found: Hunted) -> None:
        """Count what a hunt has found."""
        key = found.engine, found.kind
        self.drawn.setdefault(key, set()).update(found.cases)
        self.refused[key] += found.refused
        self.used[found.engine] += found.seconds
        if found.failure or found.message:
            self.failures.append(found)

    def count(self, engine: str) -> int:
        """Different cases that an engine has played."""
        return sum(len(cases) for (one, _), cases in self.drawn.items() if one == engine)

    def document(self) -> dict[str, Any]:
        """All of it in types that JSON has."""
        rows = [
            {"engine": engine, "kind": kind, "played": len(cases), "refused": self.refused[engine, kind]}
            for (engine, kind), cases in sorted(self.drawn.items())
        ]
        failed = [{"engine": one.engine, "kind": one.kind, "seed": one.seed, "message": one.message} for one in self.failures]
        used = {engine: round(seconds, 1) for engine, seconds in self.used.items()}
        return {"seed": self.seed, "seconds": round(self.seconds, 1), "processor_seconds": used, "rows": rows, "failures": failed}


Hunt = tuple[str, str, int, int]
"""Engine, kind, seed and number of cases."""


def played_by(engine: str, kinds: Sequence[str] = ()) -> list[str]:
    """Kinds that an engine plays, of all or of some: readers are its own, and cores of a board are driven by their own benches."""
    known = READERS if engine == "files" else tuple(DESCRIPTIONS)
    return [kind for kind in known if (not kinds or kind in kinds) and (engine in ("model", "ghdl", "vhdl", "files") or kind not in BOARD)]


def hunts_of(engine: str, seed: int, kinds: Sequence[str], at_once: int | None = None) -> Iterator[Hunt]:
    """Hunts of an engine, kind after kind, again and again, each with another seed; none if it plays none of them."""
    wanted = played_by(engine, kinds)
    numbers = itertools.count(seed * 1_000_000 + ENGINES.index(engine) * 100_000)
    for number in numbers if wanted else ():
        yield from ((engine, kind, number, at_once or AT_ONCE[engine]) for kind in wanted)


def in_turn(campaign: Campaign, engines: Sequence[str], kinds: Sequence[str], started: Counter[str]) -> Iterator[Hunt]:
    """Hunts of several engines: first a few of each kind by the models, then whatever is furthest behind its share of time.

    What is under way counts with the mean time of what has ended.
    """
    if "model" in engines:
        first = hunts_of("model", campaign.seed, kinds, LEAST + 1)
        yield from itertools.islice(first, len([kind for kind in DESCRIPTIONS if not kinds or kind in kinds]))
    rows = {engine: hunts_of(engine, campaign.seed + 1 if engine == "model" else campaign.seed, kinds) for engine in engines}
    ended: Counter[str] = Counter()
    while rows:
        mean = {engine: campaign.used[engine] / max(1, ended_of(campaign, engine)) for engine in rows}
        ended.clear()
        behind = min(rows, key=lambda engine: max(campaign.used[engine], mean[engine] * started[engine]) / SHARES[engine])
        found = next(rows[behind], None)
        if found is None:
            del rows[behind]
        else:
            yield found


def ended_of(campaign: Campaign, engine: str) -> int:
    """Hunts of an engine that have ended, about: cases by cases at once."""
    return campaign.count(engine) // AT_ONCE[engine] + 1


def run_campaign(
    seed: int,
    engines: Sequence[str],
    kinds: Sequence[str] = (),
    seconds: float | None = None,
    count: int | None = None,
    jobs: int = 2,
    report: Callable[[Campaign], None] | None = None,
) -> Campaign:
    """Hunt for a time, or until so many cases of the one engine have been played, or until something fails.

    Parameters
    ----------
    seed : int
    engines : sequence of str
    kinds : sequence of str
        All, if empty.
    seconds : float, optional
        After which no hunt begins.
    count : int, optional
        Different cases of `engines[0]`.
    jobs : int
        Hunts at a time.
    report : callable, optional
        Called after each hunt.
    """
    campaign, began, started = Campaign(seed), time.monotonic(), Counter[str]()
    hunts = in_turn(campaign, engines, kinds, started)
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        under_way: dict[Future[Hunted], Hunt] = {}
        while True:
            while len(under_way) < jobs and not campaign.failures and not over(campaign, engines, began, seconds, count):
                task = next(hunts, None)
                if task is None:
                    break
                started[task[0]] += 1
                under_way[pool.submit(hunt, *task)] = task
            if not under_way:
                break
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                engine, kind, number, _ = under_way.pop(future)
                try:
                    campaign.take(future.result())
                except BrokenProcessPool:
                    campaign.take(Hunted(engine, kind, number, message="the process that hunted was ended by a signal"))
            campaign.seconds = time.monotonic() - began
            if report is not None:
                report(campaign)
    return campaign


def over(campaign: Campaign, engines: Sequence[str], began: float, seconds: float | None, count: int | None) -> bool:
    """Whether a campaign has done what it was to do."""
    if count is not None:
        return campaign.count(engines[0]) >= count
    return seconds is not None and time.monotonic() - began >= seconds


def write_counts(campaign: Campaign, folder: Path, name: str) -> None:
    """Write what has been counted so far."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{name}.json", json.dumps(campaign.document(), indent=1) + "\n")


def leave(campaign: Campaign, folder: Path, name: str) -> list[Path]:
    """Write the counts, and a file for each failure; those of the failures come back."""
    write_counts(campaign, folder, name)
    left = []
    for place, found in enumerate(one for one in campaign.failures if one.failure):
        left.append(folder / f"FAILURE{f'_{place}' if place else ''}{found.suffix}")
        left[-1].write_bytes(found.failure.replace(b"--replay FILE", f"--replay {left[-1]}".encode()))
    return left
