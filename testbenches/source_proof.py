"""The proof of a core without a sink: downstream stalls, inputs move, resets strike, and every word and its clock are compared.

`testbenches.verify.verify` comes here with what gives words and takes none. A word meets the value of an input when it is begun, which is
before it leaves: inputs move while nothing is taken, and then the core says how many words have met the old value (`Core.words_met`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ip_cores.core import Core
from ip_cores.families.generator import given_clocks
from ip_cores.promise import LEAST_PROMISE_DB, first_of
from testbenches.errors import EngineMismatch, SimulationError
from testbenches.interface import Delivered, Interface
from testbenches.judgement import Judgement, errors_of
from testbenches.proof_results import Difference, EngineResult, Leg
from testbenches.simulate import run, values
from testbenches.steering import unnoticed
from testbenches.stimulus import Response, Stimulus, stall_pattern

SAMPLES = {"myhdl": 1000, "ghdl": 1000, "native": 50_000}
"""Words that an engine gives when the caller names no number."""

PATTERN = 4093
"""Clocks after which a pattern of stalls comes again."""

PART_AT_FULL_RATE = 4
"""Part of the words that are given without stalls as well."""

FILLS = 4
"""Times that a core is filled and emptied."""

MOVES, WORDS_A_MOVE = 24, 12
"""Times that an input moves, and clocks for words between them that nothing is looked at in."""

DRAWS = 40
"""Tries to draw values of inputs each of which matters."""

RESTARTS, RESTARTED = {"myhdl": 6, "ghdl": 2, "native": 32}, 32
"""Short runs with a reset in each, and their words."""


def judged_source(core: Core, words: int) -> Judgement:
    """Compare model and reference of a core without a sink."""
    promised = core.promised_snr(words)
    found = first_of(values(core, core.model(words)))
    snr, error = errors_of(core, first_of(core.reference(words)), found, promised.judged, promised.exact)
    least = LEAST_PROMISE_DB if core.minimum_snr is None else core.minimum_snr
    return Judgement(snr, error, promised, 0, least, sounds=bool(np.any(found)))


def prove_source(core: Core, engine: str, files: Delivered, words: int, seed: int, stalls: float, reset: bool) -> EngineResult:
    """Run every leg on an engine, as far as the first that fails."""
    done: list[Leg] = []
    compared, cycles, seconds = 0, 0, 0.0
    for leg, stimulus, moves in source_legs(core, engine, words, seed, stalls, reset):
        try:
            response = run(core, stimulus, engine, manifest=files)
        except (SimulationError, EngineMismatch) as error:
            return EngineResult(engine, error=str(error), legs=(*done, leg))
        met = values_met(core, stimulus, response, moves) if moves else None
        count, different, first = compared_words(core, stimulus, response, met)
        late = late_word(core, stimulus, response)
        if met is not None:
            dull = tuple(dict.fromkeys(name for name, _ in unnoticed(core, leg.words_in, met)))
            leg = dataclasses.replace(leg, unnoticed=dull)
        compared, cycles, seconds = compared + count, cycles + response.cycles, seconds + response.seconds
        leg = dataclasses.replace(leg, words_compared=count)
        if done and done[-1].name == leg.name:
            last = done.pop()
            given, found = last.words_in + leg.words_in, last.words_compared + count
            leg = dataclasses.replace(last, words_in=given, words_compared=found, runs=last.runs + 1)
        done.append(leg)
        if different or late or not count:
            rate = cycles / seconds if seconds else float("inf")
            return EngineResult(engine, compared, different, first, late, None, cycles, seconds, rate, legs=tuple(done))
    rate = cycles / seconds if seconds else float("inf")
    return EngineResult(engine, compared, 0, None, None, None, cycles, seconds, rate, legs=tuple(done))


Moves = Sequence[tuple[int, str, int]]
"""A clock in which nothing is taken, an input of `Core.run_time_inputs`, and its new value."""


def source_legs(core: Core, engine: str, words: int, seed: int, stalls: float, reset: bool) -> Iterator[tuple[Leg, Stimulus, Moves]]:
    """The runs of a proof: stalls and a reset; no stalls; downstream that stops for long; inputs that move; resets anywhere."""
    rng = np.random.default_rng(seed)
    # No clock without a word is silence: nothing is waited for but the core.
    settings: dict[str, Any] = {"controls": core.controls, "drain": core.patience}
    accept = stall_pattern(rng, PATTERN, stalls)
    pace = ceil(core.cycles_per_sample)
    strikes: dict[str, Any] = {"reset_at": core.latency + int(words * pace * rng.uniform(0.3, 0.6))} if reset else {}
    yield Leg("stalled", words, stalls=stalls > 0, reset=reset), Stimulus(accept=accept, expected=words, **strikes, **settings), ()
    few = max(RESTARTED, words // PART_AT_FULL_RATE)
    yield Leg("full rate", few, stalls=False, scheduled=True), Stimulus(expected=few, **settings), ()
    stop = (core.capacity + 8) * pace + core.latency
    fills = np.repeat([False, True], stop)
    count = FILLS * max(1, stop // pace)
    yield Leg("filled", count, stalls=False, stop=stop), Stimulus(accept=fills, expected=count, **settings), ()
    if core.run_time_inputs:
        yield steered_leg(core, stop, rng, settings)
    for _ in range(RESTARTS[engine] if reset else 0):
        at = int(rng.integers(0, core.latency + RESTARTED * pace))
        pulse: dict[str, Any] = {"reset_at": at, "reset_cycles": int(rng.integers(1, 3))}
        accept = stall_pattern(rng, PATTERN, stalls)
        # As many again behind the reset, wherever it strikes.
        total = 2 * RESTARTED + at // pace
        yield Leg("restarted", total, stalls=stalls > 0, reset=True), Stimulus(accept=accept, expected=total, **pulse, **settings), ()


def steered_leg(core: Core, stop: int, rng: np.random.Generator, settings: Mapping[str, Any]) -> tuple[Leg, Stimulus, Moves]:
    """A run in which downstream takes some words, then none until the core stands still and inputs move, and so on.

    Values are drawn until the model would give other words if any input were dead.
    """
    open_for = max(WORDS_A_MOVE * ceil(core.cycles_per_sample), 1)
    period, inputs = open_for + stop, core.run_time_inputs
    willing = rng.random(open_for * MOVES) < 0.7
    accept = np.concatenate([np.concatenate([part, np.zeros(stop, bool)]) for part in np.split(willing, MOVES)])
    accept = np.concatenate([accept, np.ones(period, bool)])
    timing = core.timing()
    assert timing is not None
    clocks = np.array(given_clocks(timing, accept.tolist(), len(accept)))
    places = [(number + 1) * period - 1 for number in range(MOVES)]
    count = len(clocks)
    best: tuple[int, Moves] | None = None
    for _ in range(DRAWS):
        drawn = [(place, *_drawn(core, list(inputs)[number % len(inputs)], rng)) for number, place in enumerate(places)]
        left = len(unnoticed(core, count, _values(core, clocks, count, drawn)))
        if best is None or left < best[0]:
            best = left, drawn
        if not left:
            break
    assert best is not None
    moves = best[1]
    events = tuple((clock, port, raw) for clock, name, value in moves for step in inputs[name].writes(value) for port, raw in step.items())
    leg = Leg("controls moved", count, stalls=True, moves=len(moves))
    return leg, Stimulus(accept=accept, expected=count, events=events, **settings), moves


def _drawn(core: Core, name: str, rng: np.random.Generator) -> tuple[str, int]:
    """An input and a value, of any size; every fourth time one of its ends or where it starts."""
    one = core.run_time_inputs[name]
    if rng.random() < 0.25:
        return name, int(rng.choice([0, one.highest, one.start]))
    return name, int(rng.integers(0, one.highest, endpoint=True))


def _values(core: Core, clocks: NDArray[np.int64], count: int, moves: Moves) -> dict[str, NDArray[np.int64]]:
    """Of each input what each word met, with the clocks in which words left."""
    found = {name: np.full(count, one.start, np.int64) for name, one in core.run_time_inputs.items()}
    for clock, name, value in moves:
        found[name][int(np.searchsorted(clocks, clock)) + core.words_met[name] :] = value
    return found


def values_met(core: Core, stimulus: Stimulus, response: Response, moves: Moves) -> dict[str, NDArray[np.int64]]:
    """The same of a run."""
    return _values(core, response.source_cycles, int(stimulus.expected or 0), moves)


def compared_words(
    core: Core, stimulus: Stimulus, response: Response, met: Mapping[str, NDArray[np.int64]] | None
) -> tuple[int, int, Difference | None]:
    """Every word against the model: to a reset, and from the first again behind it; none may be missing of those that were asked for."""
    total = int(stimulus.expected or 0)
    before = response.received_before_reset
    parts = [(0, total)] if before is None else [(0, before), (before, total)]
    names = list(Interface.of(core.ports).source)
    compared, different, first = 0, 0, None
    for low, high in parts:
        if high <= low:
            continue
        given = core.model(high - low) if met is None else core.steered_model(high - low, met)
        for name, want in zip(names, given if isinstance(given, tuple) else (given,), strict=True):
            got = np.asarray(response.words[name])[low:high]
            wrong = np.ones(high - low, dtype=bool)
            wrong[: len(got)] = got != np.asarray(want)[: len(got)]
            if first is None and wrong.any():
                index = int(np.argmax(wrong))
                seen = int(got[index]) if index < len(got) else None
                cycle = int(response.source_cycles[low + index]) if low + index < len(response.source_cycles) else None
                first = Difference(low + index, name, int(np.asarray(want)[index]), seen, cycle)
            different += int(wrong.sum())
        compared += high - low
    return compared, different, first


def late_word(core: Core, stimulus: Stimulus, response: Response) -> str | None:
    """The first word that left in another clock than the core tells, with the stalls that it met."""
    reset = response.reset_at
    starts = [0] if reset is None else [0, reset + stimulus.reset_cycles]
    ends = [response.cycles] if reset is None else [reset, response.cycles]
    pattern = np.ones(1, bool) if stimulus.accept is None else stimulus.accept
    number = 0
    for start, end in zip(starts, ends, strict=True):
        timing = core.timing()
        if timing is None:
            return None
        accept = (bool(pattern[clock % len(pattern)]) for clock in range(start, end))
        told = [start + clock for clock in given_clocks(timing, islice(accept, max(0, end - start)), end)]
        seen = [int(clock) for clock in response.source_cycles if start <= clock < end]
        for place in range(max(len(told), len(seen))):
            one, other = (row[place] if place < len(row) else None for row in (told, seen))
            if one != other:
                when = "not at all" if other is None else f"in cycle {other}"
                wanted = "not at all" if one is None else f"in cycle {one}"
                return f"clocks: source word {number + place} is given {when}, the core tells {wanted}"
        number += len(seen)
    return None
