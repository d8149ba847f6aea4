"""The chain of proof: reference ~ model == MyHDL == VHDL in GHDL == VHDL as machine code."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from ip_cores.core import Core
from ip_cores.promise import first_of
from ip_cores.run_time import Steered
from ip_cores.schedule import period_of
from testbenches.errors import EngineMismatch, SimulationError, of_the_sources
from testbenches.interface import Delivered, Interface
from testbenches.judgement import judge
from testbenches.output_proof import compare_outputs, modelled_outputs, outputs_read
from testbenches.proof_results import Difference, EngineResult, Leg, Verification
from testbenches.punctuality import first_late
from testbenches.register_proof import RegistersPlayed, play_registers
from testbenches.signals import make_signal
from testbenches.simulate import HARDWARE, delivered, in_order, run
from testbenches.source_proof import SAMPLES as SOURCE_SAMPLES
from testbenches.source_proof import judged_source, prove_source
from testbenches.steering import PACKET_MARKS, WRONG_CHANNEL, at_many_levels, malformed_packets, random_steering, wrong_channels
from testbenches.stimulus import ACCEPT_LENGTH, Response, Stimulus
from testbenches.stream_proof import EXTREMES, extremes_for, judged_streams, prove_streams, words_for
from testbenches.stream_proof import SAMPLES as STREAM_SAMPLES
from testbenches.worst_words import SpecialWords, in_front, special_words

SAMPLES = {"myhdl": 2000, "ghdl": 1000, "native": 100_000}
"""Words that an engine gets when the caller names no number: some seconds of work at most, for a filter of some ten taps."""

PART_AT_FULL_RATE, LEAST_AT_FULL_RATE = 4, 24
"""Part of the words that are played without stalls as well, and how many beside a period at least."""

LEAST_SPECIAL = 96
"""Extremes and worst-case words that are played at full rate at least; half as many as other words at most."""

PART_STEERED, LEAST_STEERED, MOST_STEERED = 8, 48, 2000
"""Part of the words that are played while inputs move, more where it takes more until each matters; how many beside four periods at least,
and in all at most, where a core is not silent for longer."""

TRIES = 10
"""Draws of moves of inputs in which some mattered to no word, or no word came out."""

FILLS, MORE_THAN_FULL = 2, 8
"""Times that a core is filled and emptied, and words offered each time beside those that it holds."""

RESTARTS = {"myhdl": (3000, 1), "ghdl": (3000, 2), "native": (40_000, 32)}
"""Clocks, about, for which an engine plays short runs with a reset somewhere in each, and how many it plays at most, one at least
of them: a reset in one place says nothing of others. GHDL takes longer to begin than to play one."""

LEAST_RESTARTED = 24
"""Words of such a run at least, beside two periods."""

SELDOM = 0.8
"""Part of the clocks in which downstream stalls there, in every second run."""

RESETS = ((1, 2, 3), (1, 1, 2))
"""Clocks of a reset there, one of these, and where the core is full: a second clock of reset hides what the first one has left."""

LEAST_WORDS = 16
"""Words of which a proof consists at least: fewer have no middle for a reset to strike in."""

Expected = Steered | RegistersPlayed | None
"""What a run is judged by beside its words: the values of inputs that move, or what registers are to hold."""

PACKETS_SPOILT = 13
"""Packets of which every second one is malformed: each fault once, and a good one behind it."""

LONG_RUN = 2_000_000
"""Cycles from which on the native engine is compiled for speed."""


def verify(
    core: Core,
    x: Any = "noise",
    engines: Sequence[str] = HARDWARE,
    *,
    samples: int | None = None,
    seed: int = 0,
    stalls: float = 0.3,
    reset: bool = True,
    manifest: Delivered | None = None,
    source: str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> Verification:
    """Prove that reference, model and hardware agree on a signal.

    Parameters
    ----------
    core : Core
    x : array of int, mapping or str
        Raw words of the sink format, by field if there are several, or the name of a signal (`testbenches.signals`). Of a core with several
        sinks by the name of the stream.
    engines : sequence of str
        Of ``myhdl``, ``ghdl``, ``native``.
    samples : int, optional
        Words for every engine; without it each gets as many as take it some seconds, or all of an `x` given as words in the native engine.
    seed : int
        Of the signal and of the stalls.
    stalls : float
        Part of the clock cycles in which either side stalls.
    reset : bool
        Pulse reset in mid-stream.
    manifest : Manifest, optional
        VHDL already generated.
    source : str
        How the description and the input are named on a command line that replays the run, as ``lowpass.toml --input noise``.
    progress : callable, optional
        Called now and then with the engine's name and the words in and out so far.

    Returns
    -------
    Verification

    Raises
    ------
    ValueError
        For an unknown engine or signal, words that do not fit, or a core without a stream in and out on one clock.
    ToolError
        If a tool is missing or refuses the VHDL.
    """
    for engine in engines:
        if engine not in HARDWARE:
            raise ValueError(f'engine = "{engine}": must be one of {", ".join(HARDWARE)}')
    check_provable(core)
    if core.is_source:
        return verify_source(core, engines, samples, seed, stalls, reset, manifest, source)
    if len(core.sinks) + len(core.sources) > 2:
        return verify_streams(core, x, engines, samples, seed, stalls, reset, manifest, source)
    named = isinstance(x, str)
    if named:
        length = samples or max((SAMPLES[engine] for engine in engines), default=SAMPLES["native"])
        fields: dict[str, Any] = accompanied(core, make_signal(x, core, length, seed))
    else:
        fields = {name: np.asarray(words) for name, words in x.items()} if isinstance(x, Mapping) else accompanied(core, np.asarray(x))
        fields = cut(fields, 0, samples)
        length = len(fields["data"])
    if not length:
        raise ValueError("x: must hold at least one word")
    if length < LEAST_WORDS:
        raise ValueError(f"{'samples' if samples == length else 'x'} = {length}: a proof takes {LEAST_WORDS} words or more")
    source = source or (f"{core.name}.toml --input {x}" if named else f"{core.name}.toml")
    judgement = judge(core, fields)
    if not judgement.promise.words + judgement.promise.saturated:
        raise ValueError(f"{'samples' if samples == length else 'x'} = {length}: {core.name} gives no word for so few")
    special = special_words(core, max(LEAST_SPECIAL, length // 2))
    extremes = judge(core, accompanied(core, special.words))
    rows = []
    with delivered(core, manifest) as files:
        for engine in engines:
            count = length if samples or (engine == "native" and not named) else min(length, SAMPLES[engine])
            replay = f"ossicle verify {source} --engine {engine} --samples {count} --seed {seed}"
            report = None if progress is None else lambda taken, given, engine=engine: progress(engine, taken, given)
            played = cut(fields, 0, count)
            # All runs on one compiled model.
            optimize = "run" if count * core.cycles_per_sample > LONG_RUN else "build"
            result: EngineResult | None = None
            restarts = RESTARTS[engine] if reset else (0, 0)
            for leg, stimulus, values in legs(core, played, special, seed, stalls, reset, restarts):
                found = prove(core, stimulus, engine, files, optimize, report if result is None else None, values)
                leg = dataclasses.replace(leg, words_compared=found.words_compared)
                result = joined(result, dataclasses.replace(found, legs=(leg,)))
                if not result.passed:
                    break
            assert result is not None
            rows.append(dataclasses.replace(result, replay=replay))
    return Verification(core.kind, core.name, length, seed, judgement, extremes, tuple(rows))


def verify_streams(
    core: Core, x: Any, engines: Sequence[str], samples: int | None, seed: int, stalls: float, reset: bool,
    manifest: Delivered | None, source: str,
) -> Verification:  # fmt: skip
    """`verify` of a core with several sinks or sources."""
    length = samples or max((STREAM_SAMPLES[engine] for engine in engines), default=STREAM_SAMPLES["native"])
    words = words_for(core, x, length, seed)
    length = min(len(first_of(one)) for one in words.values())
    if length < LEAST_WORDS:
        raise ValueError(f"{'samples' if samples else 'x'} = {length}: a proof takes {LEAST_WORDS} words or more")
    source = source or f"{core.name}.toml"
    extremes, rows = extremes_for(core, words), []
    with delivered(core, manifest) as files:
        for engine in engines:
            count = samples or min(length, STREAM_SAMPLES[engine])
            played = words_for(core, words, count, seed)
            found = prove_streams(core, engine, files, played, extremes, seed, stalls, reset)
            replay = f"ossicle verify {source} --engine {engine} --samples {count} --seed {seed}"
            rows.append(dataclasses.replace(found, replay=replay))
    judgements = judged_streams(core, words), judged_streams(core, words_for(core, extremes, EXTREMES, seed))
    return Verification(core.kind, core.name, length, seed, *judgements, tuple(rows))


def verify_source(
    core: Core, engines: Sequence[str], samples: int | None, seed: int, stalls: float, reset: bool, manifest: Delivered | None, source: str
) -> Verification:
    """`verify` of a core without a sink: nothing is played to it."""
    length = samples or max((SOURCE_SAMPLES[engine] for engine in engines), default=SOURCE_SAMPLES["native"])
    if length < LEAST_WORDS:
        raise ValueError(f"samples = {length}: a proof takes {LEAST_WORDS} words or more")
    source, rows = source or f"{core.name}.toml", []
    with delivered(core, manifest) as files:
        for engine in engines:
            count = samples or min(length, SOURCE_SAMPLES[engine])
            found = prove_source(core, engine, files, count, seed, stalls, reset)
            replay = f"ossicle verify {source} --engine {engine} --samples {count} --seed {seed}"
            rows.append(dataclasses.replace(found, replay=replay))
    judgement = judged_source(core, length)
    return Verification(core.kind, core.name, length, seed, judgement, judgement, tuple(rows))


def check_provable(core: Core) -> None:
    """Refuse a core to which no words can be played: what stands between a board and the streams, or between two clocks.

    Raises
    ------
    ValueError
        With the bench that proves it instead.
    """
    several = len(core.sinks) + len(core.sources) > 2
    if not ((core.is_stream or core.is_source or several) and core.on_one_clock):
        bench = of_the_sources(f"testbenches/test_{core.kind}.py")
        raise ValueError(f"{core.name}: {core.kind} has no stream in and out on one clock; it is proven by a bench of its own, {bench}")
    if not core.waits_for_neighbours:
        bench = of_the_sources("testbenches/test_sequencer.py")
        raise ValueError(f"{core.name}: loses words for which neighbours do not wait, as is meant; its own bench proves it, {bench}")


def stimulus_for(core: Core, fields: Mapping[str, Any], seed: int, stalls: float, reset: bool) -> Stimulus:
    """The stimulus of a proof: stalls on both sides, and a reset when some words in the middle have been taken."""
    rng = np.random.default_rng(seed)
    others: dict[str, Any] = {"drain": core.patience, "controls": core.controls, "probes": outputs_read(core, fields)}
    if reset:
        others["reset_after"] = int(len(fields["data"]) * rng.uniform(0.3, 0.7))
        others["reset_delay"] = int(rng.integers(0, math.ceil(core.cycles_per_sample) + core.latency + 1))
    return Stimulus.random_stalls(fields, rng, stalls, **others)


def legs(
    core: Core, fields: Mapping[str, Any], special: SpecialWords, seed: int, stalls: float, reset: bool, restarts: tuple[int, int] = (0, 0),
) -> Iterator[tuple[Leg, Stimulus, Expected]]:
    """The runs of a proof, each with its stimulus and what it is judged by; those with a reset elsewhere as `RESTARTS` says."""
    count = len(fields["data"])
    beside = modelled_outputs(core, fields)
    yield Leg("stalled", count, stalls=stalls > 0, reset=reset, beside=beside), stimulus_for(core, fields, seed, stalls, reset), None
    yield leg_at_full_rate(core, fields, special.beginning(max(LEAST_SPECIAL, count // 2)))
    yield leg_that_fills(core, fields)
    if core.run_time_inputs and count > 1:
        yield steered_leg(core, fields, seed, stalls)
    if registers := play_registers(core, fields, seed, stalls):
        yield registers.leg, registers.stimulus, registers
    if all(name in fields for name in PACKET_MARKS):
        yield spoilt_leg(core, fields, seed, stalls)
    if WRONG_CHANNEL in {port.name for port in core.control_ports}:
        yield disordered_leg(core, fields, seed, stalls)
    yield from restarted_legs(core, fields, seed, stalls, *restarts)


def words_of_a_period(core: Core) -> int:
    """Sink words after which the clocks repeat; 0 where the data decide, or where no leg is long enough for them."""
    timing = core.timing()
    return 0 if timing is None or timing.repeats else period_of(timing).taken


def leg_at_full_rate(core: Core, fields: Mapping[str, Any], special: SpecialWords) -> tuple[Leg, Stimulus, None]:
    """A shorter one with neither stalls nor a reset, for the clocks: a period of the core's and some more words at least.

    Extremes and the worst case come first.
    """
    timing, period = core.timing(), words_of_a_period(core)
    count = max(LEAST_AT_FULL_RATE + period, len(fields["data"]) // PART_AT_FULL_RATE, len(special.words))
    words = cut(in_front(core, special.words, fields), 0, count)
    length = len(words["data"])
    counts: dict[str, Any] = {"extremes": special.extremes, "voiced": special.voiced, "worst_case": special.worst}
    leg = Leg("full rate", length, stalls=False, scheduled=timing is not None, beside=modelled_outputs(core, words), **counts)
    return leg, Stimulus(words, drain=core.patience, controls=core.controls, probes=outputs_read(core, words)), None


def leg_that_fills(core: Core, fields: Mapping[str, Any]) -> tuple[Leg, Stimulus, None]:
    """Downstream stands still until the core is full, then upstream until it is empty: random stalls never fill a deep queue."""
    held = ceil(core.capacity / core.rate) + MORE_THAN_FULL
    stop = ceil(held * core.cycles_per_sample) + core.latency + MORE_THAN_FULL
    # The first word may take longer than all that is held later.
    count = core.words_to_begin - 1 + FILLS * held
    data = fields["data"]
    # A core may hold more than is played to it elsewhere.
    words = cut(fields, 0, count) if len(data) >= count else accompanied(core, np.resize(data, count))
    fills = np.repeat([True, False], stop)
    # Other legs wait for a word too many; here that would take twice as long.
    expected = len(modelled(core, words)["data"])
    others: dict[str, Any] = {"drain": core.patience, "controls": core.controls, "probes": outputs_read(core, words)}
    stimulus = Stimulus(words, offer=fills, accept=~fills, expected=expected, **others)
    return Leg("filled", count, stalls=False, stop=stop, beside=modelled_outputs(core, words)), stimulus, None


def steered_leg(core: Core, fields: Mapping[str, Any], seed: int, stalls: float) -> tuple[Leg, Stimulus, Steered]:
    """A shorter one without a reset, in which inputs move at random.

    What moves is sought by the model, thousands of times for a whole aid, so that engines that play the same words share it.
    """
    words = tuple((name, one.dtype.str, one.tobytes()) for name, one in ((name, np.asarray(one)) for name, one in fields.items()))
    return _steered_leg(core, words, seed, stalls)


@functools.lru_cache(maxsize=2)
def _steered_leg(core: Core, words: tuple[tuple[str, str, bytes], ...], seed: int, stalls: float) -> tuple[Leg, Stimulus, Steered]:
    fields: dict[str, Any] = {name: np.frombuffer(one, kind) for name, kind, one in words}
    period = words_of_a_period(core)
    # What is silent for a while after a reset, as a limiter is, shows nothing of its inputs before.
    least = max(LEAST_STEERED + 4 * period, min(core.check_length, len(fields["data"])))
    most = min(max(least, MOST_STEERED), len(fields["data"]))
    count = min(max(least, len(fields["data"]) // PART_STEERED), most)
    rng = np.random.default_rng([seed, 1])
    fields = {**fields, "data": at_many_levels(core, fields["data"], rng)}
    for _ in range(TRIES):
        beginning = cut(fields, 0, count)
        steering = random_steering(core, in_order(core, beginning), rng)
        # What works slowly, as a tracker does that is to stand still, shows only in more of them.
        if not steering.unnoticed and len(steered(core, beginning, steering.values)["data"]):
            break
        count = min(2 * count, most)
    settings: dict[str, Any] = {"drain": core.patience, "controls": core.controls, "moves": steering.moves, "pause": core.settling}
    leg = Leg("controls moved", len(beginning["data"]), stalls=stalls > 0, moves=steering.count, unnoticed=steering.unnoticed)
    return leg, Stimulus.random_stalls(beginning, rng, stalls, **settings), steering.values


def spoilt_leg(core: Core, fields: Mapping[str, Any], seed: int, stalls: float) -> tuple[Leg, Stimulus, None]:
    """A shorter one without a reset, in which packets are malformed, with well-formed ones between them."""
    rng = np.random.default_rng([seed, 2])
    words, spoilt = malformed_packets(core, fields["data"], PACKETS_SPOILT, rng)
    leg = Leg("malformed packets", len(words["data"]), stalls=stalls > 0, malformed=spoilt)
    return leg, Stimulus.random_stalls(words, rng, stalls, drain=core.patience, controls=core.controls), None


def disordered_leg(core: Core, fields: Mapping[str, Any], seed: int, stalls: float) -> tuple[Leg, Stimulus, None]:
    """A short one without a reset, in which channels come out of turn, with frames in turn between them."""
    rng = np.random.default_rng([seed, 4])
    words, spoilt = wrong_channels(core, fields["data"], rng)
    leg = Leg("wrong channels", len(words["data"]), stalls=stalls > 0, malformed=spoilt)
    return leg, Stimulus.random_stalls(words, rng, stalls, drain=core.patience, controls=core.controls), None


def restarted_legs(
    core: Core, fields: Mapping[str, Any], seed: int, stalls: float, clocks: int, most: int
) -> Iterator[tuple[Leg, Stimulus, Expected]]:
    """Short runs with a reset in each, after any word of a period and in any clock behind it.

    In every second one downstream is seldom ready, so that the reset strikes a core that is full and stays so.
    """
    period = words_of_a_period(core)
    count = min(max(LEAST_RESTARTED + 2 * period, core.check_length), len(fields["data"]))
    restarts = min(max(1, int(clocks / (count * core.cycles_per_sample))), most)
    rng = np.random.default_rng([seed, 3])
    words = cut(fields, 0, count)
    for number in range(restarts):
        reset: dict[str, Any] = {
            "reset_after": int(rng.integers(1, count // 2, endpoint=True)),
            "reset_delay": int(rng.integers(0, ceil(core.cycles_per_sample) + core.latency, endpoint=True)),
            "reset_cycles": int(rng.choice(RESETS[number % 2])),
        }
        stimulus = Stimulus.random_stalls(words, rng, stalls, drain=core.patience, controls=core.controls, **reset)
        if stalls and number % 2:
            stimulus = stimulus.replace(accept=rng.random(ACCEPT_LENGTH) >= SELDOM)
        yield Leg("restarted", count, stalls=stalls > 0, reset=True), stimulus, None


def together(before: tuple[Leg, ...], leg: Leg) -> tuple[Leg, ...]:
    """The legs so far and another one, which counts with the last of them if that is of the same kind."""
    if not before or before[-1].name != leg.name:
        return (*before, leg)
    last = before[-1]
    words, compared = last.words_in + leg.words_in, last.words_compared + leg.words_compared
    return (*before[:-1], dataclasses.replace(last, words_in=words, words_compared=compared, runs=last.runs + leg.runs))


def joined(before: EngineResult | None, leg: EngineResult) -> EngineResult:
    """What the legs so far have shown and another one; the words of the first are those that are counted."""
    if before is None:
        return leg
    cycles, seconds = before.cycles + leg.cycles, before.seconds + leg.seconds
    kept = before if leg.passed else leg
    rate = cycles / seconds if seconds > 0 else math.inf
    return dataclasses.replace(kept, cycles=cycles, seconds=seconds, cycles_per_second=rate, legs=together(before.legs, leg.legs[0]))


def prove(
    core: Core,
    stimulus: Stimulus,
    engine: str,
    manifest: Delivered,
    optimize: str = "build",
    progress: Callable[[int, int], None] | None = None,
    values: Expected = None,
) -> EngineResult:
    """Run one engine and compare every word with the model, or every register that is read with what was written."""
    try:
        response = run(core, stimulus, engine, manifest=manifest, optimize=optimize, progress=progress)
    except (SimulationError, EngineMismatch) as error:
        return EngineResult(engine, error=str(error))
    return judged(core, stimulus, response, engine, values)


def judged(core: Core, stimulus: Stimulus, response: Response, engine: str, values: Expected = None) -> EngineResult:
    """What a run proves: every word against the model or every register, and the clocks of words against what the core tells."""
    compared, different, first = compare(core, stimulus.words, response, values)
    if values is None and stimulus.probes:
        _, wrong, beside = compare_outputs(core, stimulus, response)
        different, first = different + wrong, first or beside
    return EngineResult(
        engine=engine,
        words_compared=compared,
        words_different=different,
        first_difference=first,
        first_late=first_late(core, stimulus, response),
        cycles=response.cycles,
        seconds=response.seconds,
        cycles_per_second=response.cycles_per_second,
    )


def compare(core: Core, fields: Mapping[str, Any], response: Response, values: Expected = None) -> tuple[int, int, Difference | None]:
    """Every word of a response against the model, word for word and in number; of a run that reads registers, these.

    A reset in mid-stream splits the stream: of the words that were due before it as many may be missing as the core holds, then the model
    starts afresh with the word after the last that was taken.

    Returns
    -------
    compared, different : int
    first : Difference or None
    """
    taken, given = response.transferred_before_reset, response.received_before_reset
    if isinstance(values, RegistersPlayed):
        return values.compare(response)
    if values is not None:
        return compare_part(steered(core, fields, values), response, 0, None, 0)
    if taken is None or given is None:
        return compare_part(modelled(core, fields), response, 0, None, 0)
    before = compare_part(modelled(core, cut(fields, 0, taken)), response, 0, given, core.capacity)
    after = compare_part(modelled(core, cut(fields, taken, None)), response, given, None, 0)
    return before[0] + after[0], before[1] + after[1], before[2] or after[2]


def compare_part(
    want: Mapping[str, np.ndarray], response: Response, start: int, stop: int | None, may_miss: int
) -> tuple[int, int, Difference | None]:
    """The source words from one to another against the model's, of which some may be missing at the end."""
    first = None
    found = cut({name: response.words.get(name, np.zeros(0, np.int64)) for name in want}, start, stop)
    cycles = response.source_cycles[start:stop]
    longest = max((max(len(found[name]), len(want[name]) - may_miss) for name in want), default=0)
    bad = np.zeros(longest, dtype=bool)
    for name, words in want.items():
        common = min(len(words), len(found[name]))
        wrong = np.ones(longest, dtype=bool)
        wrong[:common] = words[:common] != found[name][:common]
        index = int(np.argmax(wrong)) if wrong.any() else None
        if index is not None and (first is None or start + index < first.index):
            first = Difference(start + index, name, _at(words, index), _at(found[name], index), _at(cycles, index))
        bad |= wrong
    return longest, int(bad.sum()), first


def modelled(core: Core, fields: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The model's words by source field."""
    return by_field(core, core.model(in_order(core, fields)))


def steered(core: Core, fields: Mapping[str, Any], values: Steered) -> dict[str, np.ndarray]:
    """The model's words by source field, with the values that inputs have at each word."""
    return by_field(core, core.steered_model(in_order(core, fields), values))


def by_field(core: Core, given: Any) -> dict[str, np.ndarray]:
    """What a core's model returns, by source field."""
    fields = given if isinstance(given, tuple) else (given,)
    return {name: np.asarray(words) for name, words in zip(Interface.of(core.ports).source, fields, strict=True)}


def accompanied(core: Core, words: Any) -> dict[str, Any]:
    """Words with the fields that go beside them at the core's sink."""
    return {"data": words, **core.accompany(words)}


def cut(fields: Mapping[str, Any], start: int, stop: int | None) -> dict[str, Any]:
    """A stretch of every field."""
    return {name: words[start:stop] for name, words in fields.items()}


def _at(words: np.ndarray, index: int) -> int | None:
    return int(words[index]) if index < len(words) else None
