"""What is asked of a description that was drawn: the model gives the oracle's words, each engine that simulates hardware the model's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ip_cores.companions import BENCH_FOLDER
from ip_cores.companions.pin_bench import has_pin_bench
from ip_cores.companions.self_check import has_test_bench
from ip_cores.core import Core, make_core
from ip_cores.description_text import to_toml
from ip_cores.generate import generate
from testbenches.clocks import ClockedStimulus, rising_edges
from testbenches.engines.clocked_engines import clocked_myhdl, clocked_native
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import ToolError
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import model_argument
from testbenches.signals import make_signal
from testbenches.simulate import delivered
from testbenches.source_proof import prove_source
from testbenches.stimulus import Stimulus
from testbenches.verify import accompanied, legs, prove, stimulus_for
from testbenches.worst_words import special_words

Row = list[int]


class Wrong(AssertionError):
    """What was found is not what is right."""


class Refused(Exception):
    """A description that no core is made of, for a reason that was said in one line."""


@dataclass(frozen=True)
class DrawnCase:
    """Something that was drawn, and can be played again.

    Attributes
    ----------
    description : dict
    words, values : dict of str to list of int
        Sink words by field; values of run-time inputs at each of them.
    run : dict of str to int
        What an engine is told: number of words, seed, percentage of stalls, clock of a reset soon after the first.
    file : (str, bytes)
        Name and content of a spoilt file, where that is played.
    """

    description: dict[str, Any]
    words: dict[str, Row] = field(default_factory=dict)
    values: dict[str, Row] = field(default_factory=dict)
    run: dict[str, int] = field(default_factory=dict)
    file: tuple[str, bytes] = ("", b"")


def made_core(description: Mapping[str, Any]) -> Core:
    """The core of a description, which written as TOML gives the same one.

    Raises
    ------
    Refused
        If no core is made of it.
    Wrong
        If the reason has several lines, or what was written down is another core.
    """
    try:
        core = make_core(description)
    except ValueError as error:
        if "\n" in str(error) or not str(error):
            raise Wrong(f"refused in other than one line: {str(error)!r}") from None
        raise Refused(str(error)) from None
    again = make_core(tomllib.loads(to_toml(core.description)))
    if again != core:
        raise Wrong("its description written as TOML is that of another core")
    return core


def compare_with_oracle(case: DrawnCase) -> None:
    """Hold the model to the oracle, word by word.

    Raises
    ------
    Refused
        If no core is made of the description.
    Wrong
        With the first word that differs.
    """
    core = made_core(case.description)
    argument = model_argument(core, case.description["core"], case.words)
    if case.values:
        steering = {name: np.array(row, np.int64) for name, row in case.values.items()}
        given = core.steered_model(argument, steering)
    else:
        given = core.model(argument)
    rows = tuple(given.values()) if isinstance(given, dict) else given if isinstance(given, tuple) else (given,)
    found = [[int(word) for word in np.atleast_1d(row)] for row in rows]
    right = right_words(core, case.words, case.values)
    if len(found) != len(right):
        raise Wrong(f"the model gives {len(found)} fields: must be {', '.join(right)}")
    for (name, wanted), row in zip(right.items(), found, strict=True):
        for place, (one, other) in enumerate(zip(wanted, row, strict=False)):
            if one != other:
                raise Wrong(f"word {place} of {name}: the oracle has {one}, the model {other}")
        if len(wanted) != len(row):
            raise Wrong(f"words of {name}: the oracle has {len(wanted)}, the model {len(row)}")
    number: Any = core.source_format
    if number and core.is_stream and found[0] and not number.minimum <= min(found[0]) <= max(found[0]) <= number.maximum:
        raise Wrong(f"words from {min(found[0])} to {max(found[0])} leave the source's {number}")


CLOCKS = {"myhdl": 4000, "ghdl": 20_000, "native": 200_000}
"""Clocks of a core's work that an engine is given in its first leg, stalls aside."""

MOST_PARTS = 5
"""Times as many that another leg may take; one that takes more is left out."""

SHORTEST, LONGEST = 24, 240
"""Words that are played to an engine."""

SPECIAL = 24
"""Of these extremes and worst-case words, in front of others at full rate."""


def compare_with_engine(engine: str, case: DrawnCase) -> None:
    """Hold an engine to the model by what `verify` asks, and through further resets: in mid-stream twice more, and soon after the first.

    Raises
    ------
    Refused
        If no core is made of the description, or it has nothing that this engine plays.
    Wrong
        With what differs.
    """
    core = made_core(case.description)
    if core.is_source:
        play_source(core, engine, case.run)
    elif core.is_stream and core.on_one_clock and core.waits_for_neighbours:
        play_stream(core, engine, case.run)
    elif engine == "ghdl" and (has_test_bench(core) or has_pin_bench(core)):
        play_own_bench(core)
    elif core.is_stream and not core.on_one_clock and engine in CLOCKED:
        play_two_clocks(core, engine, case.run)
    else:
        raise Refused(f"{engine} plays nothing to a {core.kind}")


def play_stream(core: Core, engine: str, run: Mapping[str, int]) -> None:
    """The legs of a proof, and those with further resets."""
    most = int(CLOCKS[engine] / core.cycles_per_sample)
    count = min(max(run["samples"], SHORTEST), LONGEST, max(SHORTEST, most))
    stalls, seed = run["stalls"] / 100, run["seed"]
    fields = accompanied(core, make_signal("noise", core, count, seed))
    soon = Stimulus.random_stalls(fields, seed, stalls, drain=core.patience, controls=core.controls, reset_at=run["soon"])
    again = [("another reset", stimulus_for(core, fields, seed + number, stalls, True), None) for number in (1, 2)]
    usual = ((leg.name, stimulus, values) for leg, stimulus, values in legs(core, fields, special_words(core, SPECIAL), seed, stalls, True))
    with delivered(core) as files:
        for name, stimulus, values in chain(usual, [("a reset soon after the first", soon, None)], again):
            if clocks_of(core, stimulus) > MOST_PARTS * max(CLOCKS[engine], float(count * core.cycles_per_sample)):
                continue
            found = prove(core, stimulus, engine, files, values=values)
            if found.error or found.words_different or found.first_late:
                raise Wrong(f"{engine}, {name}: {found.error or found.first_difference or found.first_late}")


def play_source(core: Core, engine: str, run: Mapping[str, int]) -> None:
    """The legs of a proof of a core without a sink."""
    count = min(max(run["samples"], SHORTEST), LONGEST)
    with delivered(core) as files:
        found = prove_source(core, engine, files, count, run["seed"], run["stalls"] / 100, True)
    if not found.passed:
        raise Wrong(f"{engine}, {found.legs[-1].name}: {found.error or found.first_difference or found.first_late}")


def clocks_of(core: Core, stimulus: Stimulus) -> float:
    """Clocks that a stimulus takes at least: its words, the stillness at its end and in front of each move."""
    return float(len(stimulus) * core.cycles_per_sample) + stimulus.drain + stimulus.pause * len({move[0] for move in stimulus.moves})


def play_own_bench(core: Core) -> None:
    """The self-checking bench that stands beside the VHDL, in GHDL."""
    with TemporaryDirectory(prefix="ossicle-") as scratch:
        manifest = generate(core, Path(scratch) / "vhdl")
        name = f"{manifest.entity}_tb"
        bench = manifest.folder / BENCH_FOLDER / f"{name}.vhd"
        try:
            run_own_ghdl(manifest, bench.read_text(), Path(scratch), top=name)
        except ToolError as error:
            raise Wrong(f"ghdl, its own bench: {error}") from None


CLOCKED = {"myhdl": lambda core, files, stimulus: clocked_myhdl(core, stimulus), "native": clocked_native}


def play_two_clocks(core: Core, engine: str, run: Mapping[str, int]) -> None:
    """Words from one clock to another at any ratio, phase and drift, with stalls on both sides: the model's, all of them."""
    rng = np.random.default_rng(run["seed"])
    periods = rng.integers(10_000, 100_000, 2).tolist()
    words = make_signal("noise", core, SHORTEST + run["samples"] % 60, run["seed"])
    until, off = (40 * len(words) + 400) * max(periods), 6 * max(periods)
    drift = float(rng.uniform(-200, 200))
    edges = [rising_edges(periods[0], until, drift=drift), rising_edges(periods[1], until, float(rng.integers(periods[1])), drift=-drift)]
    stimulus = ClockedStimulus(
        edges=dict(zip((clock for clock, _ in core.domains.values()), edges, strict=True)),
        words={"data": words},
        offer=rng.random(4001) >= run["stalls"] / 100,
        accept=rng.random(4003) >= run["stalls"] / 100,
        events=tuple((time, reset, level) for _, reset in core.domains.values() for time, level in ((0, 1), (off, 0))),
    )
    with delivered(core) as files:
        found = CLOCKED[engine](core, files, stimulus).words["data"]
    if found.tolist() != core.model(words).tolist():
        raise Wrong(f"{engine}: words between two clocks are not those that entered")
