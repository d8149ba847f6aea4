"""The proof of a core with several sinks or sources: each stream stalls by itself, and every word of every source is compared.

`testbenches.verify.verify` comes here with what has several streams. Words are a mapping by the name of the stream, each with what a model
takes of one: an array, or a tuple where a channel comes along.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from fixed_point import to_float
from ip_cores.companions.pin_bench import pin_bench
from ip_cores.core import Core
from ip_cores.pin_script import PinScript
from ip_cores.promise import LEAST_PROMISE_DB, Promise, as_values, first_of
from ip_cores.run_time import Steered
from testbenches.clocks import ClockedResponse, ClockedStimulus, rising_edges
from testbenches.engines.clocked_engines import clocked_myhdl, clocked_native
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import ProtocolError, ToolError
from testbenches.interface import Delivered
from testbenches.judgement import Judgement, errors_of
from testbenches.proof_results import Difference, EngineResult, Leg
from testbenches.signals import make_signal
from testbenches.steering import unnoticed

SAMPLES = {"myhdl": 600, "ghdl": 1000, "native": 4000}
"""Words to each sink that an engine gets when the caller names no number."""

PERIOD = 20_000
"""Of the clock, in picoseconds."""

CLOCKS_A_WORD, CLOCKS_BESIDE = 8, 200
"""Clocks for a word under stalls, many more than it takes, and some for the end."""

EXTREMES = 12
"""Words of full scale and of the worst case that go first at full rate."""

MOVES = 40
"""Of each input that can be changed at run time."""

PART_AT_FULL_RATE = 4
"""Part of the words that are played without stalls as well."""

Words = Mapping[str, Any]


def words_for(core: Core, x: Any, samples: int, seed: int) -> dict[str, Any]:
    """Words for every sink: of a named signal another draw for each, or those of a mapping by stream."""
    if isinstance(x, str):
        x = {name: make_signal(x, core, samples, seed + number) for number, name in enumerate(core.sinks)}
    if not isinstance(x, Mapping) and len(core.sinks) == 1:
        x = dict.fromkeys(core.sinks, x)
    missing = [name for name in core.sinks if name not in x] if isinstance(x, Mapping) else [*core.sinks]
    if missing:
        raise ValueError(f"x: must be words by the name of the stream: {', '.join(core.sinks)}")
    found = {}
    for name in core.sinks:
        fields = x[name] if isinstance(x[name], tuple) else (x[name], *core.accompany_at(name, x[name]).values())
        rows = tuple(np.asarray(row)[:samples] for row in fields)
        found[name] = rows if len(rows) > 1 else rows[0]
    return found


def extremes_for(core: Core, words: Words) -> dict[str, Any]:
    """Full scale at every sink, and what takes the sum of several to its bounds, in front of some words."""
    found = {}
    for name, format in core.sinks.items():
        ends = [format.maximum, format.minimum]
        worst = ends if core.sink_gains.get(name, (1.0,))[0] > 0 else ends[::-1]
        row = np.array([*ends, *ends, *worst, *worst, ends[0], ends[0], ends[1], ends[1]], dtype=np.asarray(first_of(words[name])).dtype)
        data = np.concatenate([row, first_of(words[name])])
        beside = tuple(core.accompany_at(name, data).values())
        found[name] = (data, *beside) if beside else data
    return found


def taken_by_model(core: Core, words: Words) -> Any:
    """Words as the model takes them: a mapping only where there are several sinks."""
    return dict(words) if len(core.sinks) > 1 else words["sink"]


def judged_streams(core: Core, words: Words) -> Judgement:
    """Compare model and reference of a core with several streams; its model is no later than its reference."""
    played = taken_by_model(core, words)
    promised: Promise = core.promised_snr(played)
    truth, found = core.following(played).reference(as_values(core, played)), core.model(played)
    given = {name: first_of(one) for name, one in _by_source(core, found).items()}
    values = np.concatenate([to_float(given[name], _format(core, name)) for name in core.sources])
    snr, error = errors_of(core, first_of(truth), values, promised.judged, promised.exact)
    least = LEAST_PROMISE_DB if core.minimum_snr is None else core.minimum_snr
    return Judgement(snr, error, promised, 0, least, sounds=bool(np.any(values)))


def _format(core: Core, name: str) -> Any:
    return core.sources[name]


def _by_source(core: Core, given: Any) -> dict[str, Any]:
    return given if len(core.sources) > 1 else {"source": given}


def stream_legs(
    core: Core, words: Words, extremes: Words, seed: int, stalls: float, reset: bool
) -> Iterator[tuple[Leg, Words, ClockedStimulus]]:
    """The runs of a proof: stalls at random with a reset in mid-stream, then no stalls, full scale first."""
    rng, count = np.random.default_rng(seed), len(first_of(next(iter(words.values()))))
    pace, beside = ceil(core.cycles_per_sample), CLOCKS_BESIDE + core.patience
    clocks = int((CLOCKS_A_WORD + pace) * count / max(1 - stalls, 0.1)) + beside
    patterns = {name: rng.random(997) >= stalls for name in (*core.sinks, *core.sources)}
    strikes = int(count * rng.uniform(0.3, 0.7)) * (1 + pace) + core.patience + 5 if reset else None
    yield Leg("stalled", count, stalls=stalls > 0, reset=reset), words, stimulus_of(core, words, clocks, patterns, strikes)
    few = {name: _cut(one, max(len(extremes), count // PART_AT_FULL_RATE) + 12) for name, one in extremes.items()}
    length = len(first_of(next(iter(few.values()))))
    leg = Leg("full rate", length, stalls=False, scheduled=True, extremes=8, worst_case=4)
    yield leg, few, stimulus_of(core, few, length * pace + beside, {name: [True] for name in patterns}, None)
    if core.run_time_inputs:
        moves = random_moves(core, clocks, np.random.default_rng([seed, 1]))
        leg = Leg("controls moved", count, stalls=stalls > 0, moves=len(moves))
        yield leg, words, stimulus_of(core, words, clocks, patterns, None, moves)


def random_moves(core: Core, clocks: int, rng: np.random.Generator) -> list[tuple[int, str, int]]:
    """Inputs that take other values at any time, by clock: they are read as words are taken."""
    found = []
    for one in core.run_time_inputs.values():
        for clock in np.sort(rng.integers(0, clocks, MOVES)):
            value = int(rng.integers(0, one.highest, endpoint=True))
            found += [(int(clock), port, raw) for step in one.writes(value) for port, raw in step.items()]
    return found


def values_met(core: Core, stimulus: ClockedStimulus, response: ClockedResponse, count: int) -> Steered:
    """Of each input the value that each word met as it was taken, and of words that were not taken the last."""
    taken = response.edges[next(iter(core.sinks))]
    edges = np.asarray(stimulus.edges["clk"])[np.concatenate([taken, np.full(count - len(taken), taken[-1] if len(taken) else 0)])]
    found = {}
    for name, one in core.run_time_inputs.items():
        moves = [(time, value) for time, port, value in stimulus.events if port == name]
        places = np.searchsorted([time for time, _ in moves], edges, side="right")
        found[name] = np.array([one.start, *(value for _, value in moves)])[places]
    return found


def _cut(words: Any, count: int) -> Any:
    return tuple(row[:count] for row in words) if isinstance(words, tuple) else words[:count]


def stimulus_of(
    core: Core, words: Words, clocks: int, patterns: Mapping[str, Any], strikes: int | None, moves: Sequence[tuple[int, str, int]] = ()
) -> ClockedStimulus:
    """What is played: a reset at the beginning, and another in front of a clock where there is one; and inputs that move in a clock."""
    named = {name: _fields(core, name, one) for name, one in words.items()}
    events = [(0, "reset", 1), (2 * PERIOD - 1, "reset", 0), *((0, port, value) for port, value in core.controls.items())]
    if strikes is not None:
        events += [(strikes * PERIOD - 1, "reset", 1), ((strikes + 1) * PERIOD - 1, "reset", 0)]
    # Behind the edge in front of a clock.
    events += [(max(clock - 1, 0) * PERIOD + 1, port, value) for clock, port, value in moves]
    edges = {"clk": rising_edges(PERIOD, clocks * PERIOD)}
    return ClockedStimulus(edges, named, offer=patterns, accept=patterns, events=tuple(events))


def _fields(core: Core, name: str, words: Any) -> dict[str, Any]:
    rows = words if isinstance(words, tuple) else (words,)
    return dict(zip(["data", *core.accompany_at(name, rows[0])], rows, strict=True))


def prove_streams(
    core: Core, engine: str, files: Delivered, words: Words, extremes: Words, seed: int, stalls: float, reset: bool
) -> EngineResult:
    """Play every leg to an engine, as far as the first that fails."""
    begin = time.perf_counter()
    done: list[Leg] = []
    cycles = 0
    for leg, played, stimulus in stream_legs(core, words, extremes, seed, stalls, reset):
        try:
            late, first = None, None
            if engine == "ghdl":
                if leg.moves:
                    continue
                compared, different = play_in_bench(core, files, played), 0
                leg = dataclasses.replace(leg, name="stalled", stalls=True, reset=False, scheduled=False)
            else:
                response = clocked_myhdl(core, stimulus) if engine == "myhdl" else clocked_native(core, files, stimulus)
                values = values_met(core, stimulus, response, len(first_of(next(iter(played.values()))))) if leg.moves else None
                compared, different, first = compare_streams(core, played, stimulus, response, values)
                if values is not None:
                    leg = dataclasses.replace(leg, unnoticed=unmoved(core, played, values))
                late = late_words(core, response) if leg.scheduled else None
                cycles += len(stimulus.edges["clk"])
        except (ToolError, ProtocolError) as error:
            return EngineResult(engine, error=str(error), legs=(*done, leg))
        done.append(dataclasses.replace(leg, words_compared=compared))
        if different or late or not compared:
            break
    seconds = time.perf_counter() - begin
    return EngineResult(
        engine, sum(leg.words_compared for leg in done), different, first, late, None, cycles, seconds, cycles / seconds, legs=tuple(done)
    )


def play_in_bench(core: Core, files: Delivered, words: Words) -> int:
    """How many words agree in the delivered VHDL in GHDL, under a bench of its own whose streams stall by themselves; the bench compares.

    Raises
    ------
    ToolError
        With the first word that differs.
    """
    given = _by_source(core, core.model(taken_by_model(core, words)))
    streams = {name: _fields(core, name, one) for name, one in words.items()}
    beside = [port.name.partition("_")[2] for port in core.source_ports]
    streams |= {name: dict(zip(["data", *beside], one if isinstance(one, tuple) else (one,), strict=True)) for name, one in given.items()}
    bench = pin_bench(core, PinScript(streams=streams, patience=max(PinScript.patience, core.patience)))
    with TemporaryDirectory(prefix="ossicle-") as folder:
        run_own_ghdl(files, bench, Path(folder), top=f"{core.name}_tb")
    return sum(len(first_of(one)) for one in given.values())


def unmoved(core: Core, words: Words, values: Steered) -> tuple[str, ...]:
    """Inputs that might as well have stayed where they were."""
    return tuple(dict.fromkeys(name for name, _ in unnoticed(core, taken_by_model(core, words), values)))


def compare_streams(
    core: Core, words: Words, stimulus: ClockedStimulus, response: ClockedResponse, values: Steered | None = None
) -> tuple[int, int, Difference | None]:
    """Every word of every source against the model, from the beginning to a reset and from there on; or with what inputs showed."""
    resets = [time // PERIOD + 1 for time, name, level in stimulus.events if name == "reset" and level and time]
    edge = resets[0] if resets else len(stimulus.edges["clk"])
    taken = min(int(np.searchsorted(response.edges[name], edge)) for name in core.sinks)
    compared, different, first = 0, 0, None
    begun = taken_by_model(core, {name: _cut(one, taken + 1) for name, one in words.items()})
    met = {} if values is None else {name: row[: taken + 1] for name, row in values.items()}
    before = _by_source(core, core.model(begun) if values is None else core.steered_model(begun, met))
    rest = {name: tuple(row[taken:] for row in one) if isinstance(one, tuple) else one[taken:] for name, one in words.items()}
    after = _by_source(core, core.model(taken_by_model(core, rest)))
    for name in core.sources:
        place = int(np.searchsorted(response.edges[name], edge))
        for want, low, high, least in ((before[name], 0, place, taken - core.capacity), (after[name], place, None, 0)):
            rows = want if isinstance(want, tuple) else (want,)
            due = len(rows[0]) if high is None else max(least, 0)
            bad = np.zeros(0, dtype=bool)
            for row, (field, found) in zip(rows, response.streams[name].items(), strict=True):
                got = found[low:high]
                length = max(len(got), due)
                wrong = np.ones(length, dtype=bool)
                common = min(len(row), len(got))
                wrong[:common] = row[:common] != got[:common]
                bad = wrong | bad if bad.size else wrong
                if first is None and wrong.any():
                    index = int(np.argmax(wrong))
                    wanted, seen = (int(one[index]) if index < len(one) else None for one in (row, got))
                    cycle = int(response.edges[name][low + index]) if low + index < len(response.edges[name]) else None
                    first = Difference(low + index, f"{name}_{field}", wanted, seen, cycle)
            compared, different = compared + bad.size, different + int(bad.sum())
    return compared, different, first


def late_words(core: Core, response: ClockedResponse) -> str | None:
    """The first word that moved in another clock than latency and rate tell, nothing stalled."""
    sinks, sources = ([response.edges[name] for name in names] for names in (core.sinks, core.sources))
    start = sinks[0][0] if len(sinks[0]) else 0
    behind = [0] * len(sinks) + [core.latency] * len(sources)
    for name, edges, ahead in zip((*core.sinks, *core.sources), (*sinks, *sources), behind, strict=True):
        told = start + ahead + np.arange(len(edges)) * int(core.cycles_per_sample)
        wrong = np.flatnonzero(edges != told)
        if wrong.size:
            return f"{name} word {wrong[0]} moves in cycle {edges[wrong[0]]}, the core tells {told[wrong[0]]}"
    return None


