"""The chain of proof: reference ~ model == MyHDL == VHDL in GHDL == VHDL as machine code."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ip_cores.core import Core
from ip_cores.schedule import period_of
from testbenches.errors import EngineMismatch, SimulationError
from testbenches.interface import Delivered, Interface
from testbenches.judgement import Judgement, judge
from testbenches.punctuality import first_late
from testbenches.signals import make_signal
from testbenches.simulate import HARDWARE, delivered, in_order, run
from testbenches.stimulus import Response, Stimulus

SAMPLES = {"myhdl": 2000, "ghdl": 1000, "native": 100_000}
"""Words that an engine gets when the caller names no number: some seconds of work at most, for a filter of some ten taps."""

PART_AT_FULL_RATE, LEAST_AT_FULL_RATE = 4, 24
"""Part of the words that are played without stalls as well, and how many beside a period at least."""

LONG_RUN = 2_000_000
"""Cycles from which on the native engine is compiled for speed."""


@dataclass(frozen=True)
class Difference:
    """The first word in which hardware and model differ.

    Attributes
    ----------
    index : int
        Number of the source word.
    field : str
        ``data``, ``channel``, ...
    expected, found : int or None
        None where there is no such word.
    cycle : int or None
        Clock cycle in which the hardware delivered it.
    """

    index: int
    field: str
    expected: int | None
    found: int | None
    cycle: int | None


@dataclass(frozen=True)
class EngineResult:
    """What one engine proved.

    Attributes
    ----------
    engine : str
    words_compared, words_different : int
        Source words, those that are missing or too many included.
    first_difference : Difference or None
    first_late : str or None
        The first word that moved in another clock than the core tells.
    error : str or None
        Why the run did not come to its end.
    cycles : int
    seconds, cycles_per_second : float
    replay : str
        Command line that does it again.
    """

    engine: str
    words_compared: int = 0
    words_different: int = 0
    first_difference: Difference | None = None
    first_late: str | None = None
    error: str | None = None
    cycles: int = 0
    seconds: float = 0.0
    cycles_per_second: float = 0.0
    replay: str = ""

    @property
    def passed(self) -> bool:
        return not self.words_different and self.error is None and self.first_late is None and self.words_compared > 0


@dataclass(frozen=True)
class Verification:
    """Outcome of `verify`.

    Attributes
    ----------
    core, name : str
        Kind of core and name of the entity.
    samples : int
        Length of the stimulus.
    seed : int
    judgement : Judgement
        How near the model comes to the reference, and what was promised.
    engines : tuple of EngineResult
    """

    core: str
    name: str
    samples: int
    seed: int
    judgement: Judgement
    engines: tuple[EngineResult, ...]

    @property
    def passed(self) -> bool:
        """Whether every engine agreed with the model in every word, the SNR is what was promised, and that proves something."""
        return all(engine.passed for engine in self.engines) and self.snr_passed and self.judgement.tells

    @property
    def snr(self) -> float:
        """SNR in dB of the model against the reference; infinite if they agree exactly."""
        return self.judgement.snr

    @property
    def mse(self) -> float:
        """Mean squared error, in the source's units."""
        return self.judgement.mse

    @property
    def promised_snr(self) -> float | None:
        """SNR in dB that the core promises; infinite where it promises every word, None for silence."""
        return self.judgement.promise.snr

    @property
    def snr_passed(self) -> bool:
        """Whether the model is what was promised."""
        return self.judgement.kept

    def as_dict(self) -> dict[str, Any]:
        """All of it in types that JSON has; an infinite SNR is None."""
        plain = dataclasses.asdict(self)
        for row, engine in zip(plain["engines"], self.engines, strict=True):
            row["passed"] = engine.passed
        plain["engines"] = list(plain["engines"])
        found = self.judgement.as_dict()
        plain["judgement"] = found
        summary = {"snr": found["snr"], "mse": self.mse, "promised_snr": found["promise"]["snr"], "margin": found["margin"]}
        return {**plain, **summary, "passed": self.passed}


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
        Raw words of the sink format, by field if there are several, or the name of a signal (`testbenches.signals`).
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
    source = source or (f"{core.name}.toml --input {x}" if named else f"{core.name}.toml")
    judgement = judge(core, fields)
    rows = []
    with delivered(core, manifest) as files:
        for engine in engines:
            count = length if samples or (engine == "native" and not named) else min(length, SAMPLES[engine])
            replay = f"ossicle verify {source} --engine {engine} --samples {count} --seed {seed}"
            report = None if progress is None else lambda taken, given, engine=engine: progress(engine, taken, given)
            played = cut(fields, 0, count)
            # Both runs on one compiled model.
            optimize = "run" if count * core.cycles_per_sample > LONG_RUN else "build"
            result = prove(core, stimulus_for(core, played, seed, stalls, reset), engine, files, optimize, report)
            if result.passed and core.waits_for_neighbours:
                result = joined(result, prove(core, stimulus_at_full_rate(core, played), engine, files, optimize))
            rows.append(dataclasses.replace(result, replay=replay))
    return Verification(core.kind, core.name, length, seed, judgement, tuple(rows))


def check_provable(core: Core) -> None:
    """Refuse a core to which no words can be played: what stands between a board and the streams, or between two clocks.

    Raises
    ------
    ValueError
        With the bench that proves it instead.
    """
    if not (core.is_stream and core.on_one_clock):
        bench = f"testbenches/test_{core.kind}.py"
        raise ValueError(f"{core.name}: {core.kind} has no stream in and out on one clock; it is proven by a bench of its own, {bench}")


def stimulus_for(core: Core, fields: Mapping[str, Any], seed: int, stalls: float, reset: bool) -> Stimulus:
    """The stimulus of a proof: stalls on both sides, and a reset when some words in the middle have been taken."""
    rng = np.random.default_rng(seed)
    others: dict[str, Any] = {"drain": core.patience, "controls": core.controls}
    if reset:
        others["reset_after"] = int(len(fields["data"]) * rng.uniform(0.3, 0.7))
        others["reset_delay"] = int(rng.integers(0, math.ceil(core.cycles_per_sample) + core.latency + 1))
    return Stimulus.random_stalls(fields, rng, stalls, **others)


def stimulus_at_full_rate(core: Core, fields: Mapping[str, Any]) -> Stimulus:
    """A shorter one with neither stalls nor a reset, for the clocks: a period of the core's and some more words at least."""
    timing = core.timing()
    least = LEAST_AT_FULL_RATE + (0 if timing is None else period_of(timing).taken)
    count = max(least, len(fields["data"]) // PART_AT_FULL_RATE)
    return Stimulus(cut(fields, 0, count), drain=core.patience, controls=core.controls)


def joined(stalled: EngineResult, unstalled: EngineResult) -> EngineResult:
    """Both runs as one; the words of the shorter one are among those of the longer, and are counted once."""
    cycles, seconds = stalled.cycles + unstalled.cycles, stalled.seconds + unstalled.seconds
    kept = stalled if unstalled.passed else unstalled
    return dataclasses.replace(kept, cycles=cycles, seconds=seconds, cycles_per_second=cycles / seconds if seconds > 0 else math.inf)


def prove(
    core: Core,
    stimulus: Stimulus,
    engine: str,
    manifest: Delivered,
    optimize: str = "build",
    progress: Callable[[int, int], None] | None = None,
) -> EngineResult:
    """Run one engine and compare every word with the model."""
    try:
        response = run(core, stimulus, engine, manifest=manifest, optimize=optimize, progress=progress)
    except (SimulationError, EngineMismatch) as error:
        return EngineResult(engine, error=str(error))
    compared, different, first = compare(core, stimulus.words, response)
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


def compare(core: Core, fields: Mapping[str, Any], response: Response) -> tuple[int, int, Difference | None]:
    """Every word of a response against the model, word for word and in number.

    A reset in mid-stream splits the stream: of the words that were due before it as many may be missing as the core holds, then the model
    starts afresh with the word after the last that was taken.

    Returns
    -------
    compared, different : int
    first : Difference or None
    """
    taken, given = response.transferred_before_reset, response.received_before_reset
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
