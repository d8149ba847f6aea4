"""The state machine that runs acquisition, calculation and transfer, around any core that calculates.

Samples are acquired in a queue all the time. When a whole segment is there and there is room for what will become of it, the segment is
handed to the calculation, and its results gather in a second queue, from which they are transferred. The states and what leads from one
to the next stand in `TRANSITIONS`; the datasheet draws them and a test visits them all.

With ``real_time = false`` both neighbours wait for each other and nothing is ever lost. With ``real_time = true`` neither waits, as a
converter does not: a sample that finds the queue full is lost (overrun), and a result that is wanted and not there is missed (underrun).
Both are counted. After an overrun what has been acquired is dropped, so that no segment has a gap inside; after an underrun nothing is
given until a whole segment is there again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar, NamedTuple

import numpy as np
from myhdl import always_comb
from numpy.typing import NDArray

import fixed_point.sequencer
import reference.sequencer
from fixed_point import Format
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.blocks.arithmetic import counter_signal, flag, port_signal
from ip_cores.blocks.stream import Stream, bundled
from ip_cores.core import SAMPLE_RATE, Core, make_core
from ip_cores.fifo import Fifo, fifo
from ip_cores.hierarchy import described, entity, inline, named
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered, inside, of_inside, port_input, stretches, whole_segments
from ip_cores.schedule import Fields
from ip_cores.sequencer.control import (
    Gating,
    Phase,
    SegmentProgress,
    SequencerPlan,
    Supervision,
    patient_gates,
    patient_states,
    real_time_gates,
    real_time_states,
    segment_counters,
)
from ip_cores.sequencer.pace import HAND_OVER, Sequenced, mean_clocks, results_clocks


class Transition(NamedTuple):
    """An edge of the state graph."""

    before: str
    after: str
    condition: str


STATES = {
    "standby": "not enabled; nothing is acquired",
    "acquire": "waits for a whole segment and for room for its results",
    "calculate": "hands the segment to the calculation",
    "transfer": "waits for the last results of the segment",
    "recover": "drops what was acquired before and around a gap",
}
"""States in the order of their codes in the status word."""

TRANSITIONS = (
    Transition("standby", "acquire", "enable"),
    Transition("acquire", "standby", "not enable"),
    Transition("acquire", "recover", "a sample was lost"),
    Transition("acquire", "calculate", "a segment is there, and room"),
    Transition("calculate", "transfer", "last sample handed over"),
    Transition("transfer", "acquire", "last result received"),
    Transition("recover", "acquire", "always"),
)
"""The state graph; of two conditions that hold at once the one further up decides."""


STATUS = {"state": (0, 3), "primed": (3, 1), "overruns": (4, 8), "underruns": (12, 8)}
"""Fields of the status word: lowest bit and width. Counts stay at 255."""

STATUS_BITS = 20

SUPERVISION_MEANINGS = {
    "enable": "segments are worked on; else samples are let go",
    "status": "underruns (19..12), overruns (11..4), results come (3), state (2..0)",
    "clear": "counts of losses start afresh",
}


def supervision_ports(real_time: bool) -> tuple[Port, ...]:
    """What supervises a sequencer: counts that can be cleared are there in real time only."""
    clear = (Port("clear", "in"),) if real_time else ()
    return (Port("enable", "in"), *clear, Port("status", "out", STATUS_BITS))


def calculation(value: Any, rate: float = SAMPLE_RATE) -> Core:
    """A core from a core or its description, for samples of a rate."""
    if isinstance(value, Mapping):
        try:
            value = make_core({"name": "calculation", "sample_rate": rate, **value})
        except ParameterError as error:
            raise ParameterError(f"calculation.{error.field}", error.value, error.allowed) from None
        if value.sample_rate != rate:
            raise ParameterError("calculation.sample_rate", value.sample_rate, f"must be {rate:g}, that of the sequencer")
    if not isinstance(value, Core):
        raise ValueError("must be a core's description (a [calculation] table)")
    value.check_inside("calculation.core")
    return value


calculation.allowed = "a core's description (a [calculation] table)"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Sequencer(Core):
    """Parameters of a sequencer; see ``docs/cores/sequencer.md``."""

    kind: ClassVar[str] = "sequencer"
    meanings: ClassVar[Mapping[str, str]] = SUPERVISION_MEANINGS
    summary: ClassVar[str] = "runs acquisition, calculation and transfer; counts overruns and underruns"
    family: ClassVar[str] = "streams"

    name: str = parameter("sequencer", doc="entity name; a VHDL identifier", kind=check_entity_name)
    calculation: Core = parameter(doc="the core that calculates, as a [calculation] table", kind=calculation)
    segment_length: int = parameter(64, doc="samples that are calculated at a time", kind=int, minimum=4, maximum=4096, unit="samples")
    real_time: bool = parameter(False, doc="neighbours do not wait: detect, count and recover from losses", kind=bool)

    def completed(self, name: str, value: Any) -> Any:
        if name == "calculation" and isinstance(value, Mapping):
            return calculation(value, self.sample_rate)
        return value.at_rate(self.sample_rate) if name == "calculation" and isinstance(value, Core) else value

    @property
    def parts(self) -> tuple[Core, ...]:
        return (self.calculation,)

    @property
    def part_paths(self) -> tuple[str, ...]:
        return ("calculation",)

    def with_parts(self, parts: tuple[Core, ...]) -> Sequencer:
        return self.replace(calculation=parts[0])

    def at_rate(self, rate: float) -> Any:
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    def check(self) -> None:
        inner = self.calculation
        if inner.name.lower() == self.name.lower():
            raise ParameterError("calculation.name", inner.name, "must be another than the sequencer's")
        if len(inner.sinks) > 1 or len(inner.sources) > 1:
            raise ParameterError("calculation.core", inner.kind, f"must be a core with one sink and one source; {inner.name} has several")
        extra = [port.name for port in (*inner.sink_ports, *inner.source_ports)]
        if extra:
            raise ParameterError("calculation.core", inner.kind, f"must be a core of plain samples, without {', '.join(extra)}")
        if isinstance(inner.source_format, Mapping):
            raise ParameterError("calculation.core", inner.kind, "must have one source format")
        results = self.segment_length * inner.rate
        if results.denominator != 1 or results < 4:
            raise ParameterError(
                "segment_length", self.segment_length, f"must give 4 or more whole results at {inner.rate} for each sample"
            )
        # A bank that takes samples in pairs would wait for the next segment's first with the last result of this one.
        clocks = inner.schedule(self.segment_length)
        if clocks is not None and len(clocks.given) != results:
            wanted = f"must bring all {results} results about, {inner.kind} gives {len(clocks.given)}"
            raise ParameterError("segment_length", self.segment_length, wanted)

    @property
    def sink_format(self) -> Format:
        return self.calculation.sink_format

    @property
    def source_format(self) -> Format | dict[str, Format]:
        return self.calculation.source_format

    @property
    def drops_words(self) -> bool:
        """In standby, samples are let go."""
        return True

    @property
    def control_ports(self) -> tuple[Port, ...]:
        inner = self.calculation
        return (
            *supervision_ports(self.real_time),
            *(replace(port, name=f"{inner.name}_{port.name}") for port in inner.control_ports),
        )

    @property
    def controls(self) -> Mapping[str, int]:
        return {"enable": 1, **{f"{self.calculation.name}_{name}": value for name, value in self.calculation.controls.items()}}

    @property
    def plan(self) -> SequencerPlan:
        return SequencerPlan(self.segment_length, int(self.segment_length * self.calculation.rate), self.real_time)

    @property
    def rate(self) -> Fraction:
        return self.calculation.rate

    def timing(self, fields: Fields | None = None) -> Sequenced | None:
        """Of patient neighbours; what is lost in real time is another matter."""
        inner = self.calculation.timing()
        return None if inner is None or self.real_time else Sequenced(inner, self.plan)

    @cached_property
    def latency(self) -> int:
        """Of a segment's first sample: the rest of the segment, the decision, the calculation, and the second queue.

        In real time nothing leaves before all results of the segment are there.
        """
        inner = self.calculation.timing() if self.real_time else None
        held = 0 if inner is None else results_clocks(inner, self.plan)
        return self.segment_length + 1 + self.calculation.latency + 2 + held

    @property
    def notes(self) -> tuple[str, ...]:
        return self.calculation.notes

    @property
    def waits_for_neighbours(self) -> bool:
        return not self.real_time and self.calculation.waits_for_neighbours

    @property
    def delay(self) -> int:
        return self.calculation.algorithmic_delay

    @property
    def group_delay(self) -> None:
        """None: beside the calculation's, what a segment waits for its last sample and for the clocks of its calculation."""
        return None

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        """The calculation's for a segment, to the last result, and the clocks of hand-over."""
        inner = self.calculation.timing()
        if inner is None:
            inner_clocks = self.segment_length * self.calculation.cycles_per_sample + self.calculation.latency
            return Fraction(inner_clocks + HAND_OVER, self.segment_length)
        return mean_clocks(inner, self.plan)

    @property
    def capacity(self) -> int:
        """Both queues full, each of two segments."""
        return 2 * self.plan.transferred

    @property
    def patience(self) -> int:
        clocks = ceil(self.segment_length * self.cycles_per_sample)
        return 4 * (clocks + self.calculation.latency) + self.calculation.patience + 256

    @property
    def check_length(self) -> int:
        return 6 * self.segment_length + self.calculation.check_length

    def reference(self, x: Any) -> Any:
        return reference.sequencer.sequencer(x, self.calculation.reference, self.segment_length, self.rate)

    @property
    def linear_part(self) -> Core | None:
        return self.calculation.linear_part

    @property
    def losses(self) -> Losses:
        """The calculation's."""
        return self.calculation.losses

    def late_reference(self, x: Any) -> Any:
        return reference.sequencer.sequencer(x, self.calculation.late_reference, self.segment_length, self.rate)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        inner = self.calculation
        return reference.sequencer.sequencer(x, lambda y: inner.reference_with(y, coefficients), self.segment_length, self.rate)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        return reference.sequencer.sequencer(x, lambda y: self.calculation.limited(y, guard), self.segment_length, self.rate)

    @property
    def decides(self) -> bool:
        return self.calculation.decides

    def whole(self, x: Any) -> Any:
        """The whole segments of a signal."""
        return x[: len(x) // self.segment_length * self.segment_length]

    def following(self, words: Any) -> Sequencer:
        return self.altered(calculation=self.calculation.following(self.whole(words)))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        return self.calculation.decisions(self.whole(x), self.whole(words), error)

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return self.calculation.noise(entering)

    def model(self, x: Any) -> Any:
        return fixed_point.sequencer.sequencer(x, self.calculation.model, self.segment_length, self.rate)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """The enable and what the calculation has; in real time nobody waits for anything to come to rest."""
        if not self.waits_for_neighbours:
            return {}
        return {"enable": port_input("enable", start=1), **inside(self.calculation.run_time_inputs, self.calculation.name)}

    def steered_model(self, x: Any, values: Steered) -> Any:
        inner = of_inside(values, self.calculation.name, self.calculation.run_time_inputs)
        return self.model_in_stretches(x, stretches(values["enable"]), inner)

    def model_in_stretches(self, x: Any, stretch: NDArray[np.int64], values: Steered) -> Any:
        """The model where samples outside the stretches are let go, and the beginning of a segment at the end of one.

        Parameters
        ----------
        x : array of int, shape (n,)
        stretch : ndarray of int, shape (n,)
            Number of the stretch in which each sample lies; -1 where it is let go.
        values : mapping of str to array of int, shape (n,)
            The calculation's; a segment is calculated when its last sample is there.
        """
        places = whole_segments(stretch, self.segment_length)
        met = {name: np.repeat(one[places[:, -1]], self.segment_length) for name, one in values.items()}
        return self.calculation.steered_model(np.asarray(x)[places.ravel()], met)

    @property
    def settling(self) -> int:
        return self.patience

    @property
    def inventory(self) -> Inventory | None:
        inner = self.calculation.inventory
        if inner is None or not isinstance(self.source_format, Format):
            return None
        plan = self.plan
        queues = [
            Fifo(sink=format, depth=depth).inventory
            for format, depth in ((self.sink_format, plan.acquired), (self.source_format, plan.transferred))
        ]
        counted = (plan.length - 1).bit_length() + 2 * plan.results.bit_length() + plan.acquired.bit_length()
        family = "sequencer, real time" if self.real_time else "sequencer"
        return Inventory(family, counters=counted, parts=(*queues, inner))

    def block(self, **signals: Any) -> Any:
        return sequencer(**bundled(signals, supervision=Supervision), core=self)


def read_status(word: int) -> dict[str, Any]:
    """The status word's fields by name, the state as a word.

    Examples
    --------
    >>> read_status(0x0003A)
    {'state': 'calculate', 'primed': 1, 'overruns': 3, 'underruns': 0}
    """
    fields: dict[str, Any] = {name: word >> low & (1 << bits) - 1 for name, (low, bits) in STATUS.items()}
    return {**fields, "state": list(STATES)[fields["state"]]}


def state_graph() -> str:
    """The state graph as a Mermaid diagram, as the datasheet shows it."""
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(STATES))} : reset"]
    lines += [f"    {edge.before} --> {edge.after} : {edge.condition}" for edge in TRANSITIONS]
    return "\n".join(lines)


@entity
def sequencer(clk, reset, sink, source, supervision, core, **controls):
    """Acquires samples, hands whole segments to the calculation, transfers the results."""
    plan, inner = core.plan, core.calculation
    standing, acquiring, feeding, segment_waits, fed, finished, clearing = (flag() for _ in range(7))
    recovering, done, gap = (flag() if plan.real_time else None for _ in range(3))
    push_valid, push_ready, found_valid, found_ready, pop_valid, pop_ready = (flag() for _ in range(6))
    given_valid, given_ready, result_valid, result_ready = (flag() for _ in range(4))
    code = counter_signal(len(STATES))
    level, waiting = counter_signal(plan.acquired + 1), counter_signal(plan.transferred + 1)
    signals = {port.name: port_signal(port) for port in inner.ports}
    sample, result = signals["sink_data"], signals["source_data"]
    phase = Phase(standing, acquiring, feeding, code, recovering, done)
    progress = SegmentProgress(segment_waits, fed, finished)
    if plan.real_time:
        gating = Gating(standing, code, clearing, recovering=recovering, done=done, clear=supervision.clear, gap=gap)
        states = real_time_states(clk, reset, supervision.enable, gap, progress, phase)
    else:
        gating = Gating(standing, code, clearing, calculation_ready=given_ready)
        states = patient_states(clk, reset, supervision.enable, progress, phase)
    push, found, pop = Stream(push_valid, push_ready), Stream(found_valid, found_ready, sample), Stream(pop_valid, pop_ready)
    given, results = Stream(given_valid, given_ready, sample), Stream(result_valid, result_ready, result)
    gates = real_time_gates if plan.real_time else patient_gates
    return (
        states,
        segment_counters(clk, reset, acquiring, given.flow(), results.flow(), level, waiting, progress, plan),
        gates(clk, reset, sink.flow(), source.flow(), gating, push, pop, supervision.status),
        described(
            named(
                fifo(clk, clearing, Stream(push_valid, push_ready, sink.data), found, level, plan.acquired),
                f"{core.name}_acquisition",
            ),
            "Samples are acquired here: the next segment while one is calculated.",
        ),
        feed(feeding, found, given),
        named(
            inner.block(
                clk=clk, reset=reset, sink=given, source=results,
                **{port.name: controls[f"{inner.name}_{port.name}"] for port in inner.control_ports},
            ),
            inner.name,
        ),
        described(
            named(
                fifo(clk, reset, results, Stream(pop_valid, pop_ready, source.data), waiting, plan.transferred),
                f"{core.name}_results",
            ),
            "Results wait here: one segment's are transferred while the next one's come.",
        ),
    )  # fmt: skip


@inline
def feed(feeding, found, given):
    """The way from the queue to the calculation, open while it calculates."""

    @always_comb
    def open_or_closed():
        given.valid.next = found.valid and feeding
        found.ready.next = given.ready and feeding

    return open_or_closed
