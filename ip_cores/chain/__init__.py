"""Cores one behind the other, as a core; or a graph of them, whose words part and come together again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, hypot
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from fixed_point.full_scale import amplitude, amplitude_decibels
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.blocks.process import Connected
from ip_cores.blocks.stream import Stream, bundled, source_signals
from ip_cores.chain.hardware import graph
from ip_cores.chain.loop import FeedbackLoop
from ip_cores.chain.meeting import Edge, Waiting
from ip_cores.chain.paths import Paths
from ip_cores.chain.wiring import ENTERING, SINK, Wiring, names_of_inputs
from ip_cores.core import SAMPLE_RATE, Core, core_class, make_core
from ip_cores.families.generator import SHOWN, begun, clocks_a_word, first_word, script, standing
from ip_cores.hierarchy import described, entity, named
from ip_cores.inventory import Inventory
from ip_cores.kinds import is_kind
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port
from ip_cores.promise import Decisions, Promise, as_values, expected_error, first_of
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered, inside
from ip_cores.schedule import Clockwork, Fields, amount, latency_of, period_of
from ip_cores.stream_names import AVALON


def stages(value: Any, rate: float | None = None, wiring: Wiring | None = None) -> tuple[Core, ...]:
    """Cores from cores or from their descriptions; a description without a name is called after its place.

    Parameters
    ----------
    value : sequence of Core or mapping
    rate : float, optional
        Samples per second at the first one's sink, its own by default. Every stage gets the rate at which words leave the one before it.
    wiring : Wiring, optional
        Which one that is; without it each reads the one in front.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError("must be a list of one or more cores")
    rate = first_rate(value) if rate is None else rate
    wiring = Wiring(tuple((number - 1,) for number in range(len(value)))) if wiring is None else wiring
    found: dict[int, Core] = {}
    for number in wiring.order:
        stage, front = value[number], wiring.inputs[number][0]
        entering = rate if front == ENTERING else found[front].source_rate
        if isinstance(stage, Mapping):
            try:
                stage = make_core({"name": f"stage_{number}", "sample_rate": entering, **stage})
            except ParameterError as error:
                raise ParameterError(f"stages[{number}].{error.field}", error.value, error.allowed) from None
            if stage.sample_rate != entering:
                where = f"at which words leave {found[front].name}" if found else "that of the chain"
                raise ParameterError(f"stages[{number}].sample_rate", stage.sample_rate, f"must be {entering:g}, {where}")
        if not isinstance(stage, Core):
            raise ValueError("must be a list of one or more cores")
        if number or not stage.is_source or front != ENTERING:
            stage.check_inside(f"stages[{number}].core")
        found[number] = stage.at_rate(entering)
    return tuple(found[number] for number in range(len(value)))


def of_stages(value: Any) -> tuple[Any, ...]:
    """What there is for each stage."""
    return tuple(value)


def of_inputs(value: Any) -> tuple[Any, ...]:
    """What each stage reads."""
    return tuple(value)


of_stages.allowed = "a list of core descriptions ([[stages]] tables)"  # type: ignore[attr-defined]
of_inputs.allowed = f'for each stage a list of names of others, or "{SINK}"; in a description they stand with the stage'  # type: ignore[attr-defined]


def names_in(value: Any) -> list[str]:
    """What the stages of a chain are called."""
    return [stage.name if isinstance(stage, Core) else str(stage.get("name", f"stage_{number}")) for number, stage in enumerate(value)]


def closing_in(value: Any) -> set[int]:
    """Numbers of the stages at which a loop may be closed; what no core can be made of is none, which is said later."""
    found = set()
    for number, stage in enumerate(value):
        if isinstance(stage, Core):
            closes = stage.closes_loops
        else:
            kind = stage.get("core")
            closes = isinstance(kind, str) and is_kind(kind) and core_class(kind).closes_loops
        if closes:
            found.add(number)
    return found


def parted(value: Any, inputs: Any) -> tuple[Any, Any]:
    """Stages without the inputs that their descriptions name, and these; none where each stage reads the one in front."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, Core | Mapping) for one in value):
        return value, ()
    given = list(inputs) if inputs else [None] * len(value)
    if len(given) != len(value):
        raise ParameterError("inputs", inputs, f"must be {len(value)} lists of names, one for each stage")
    for number, stage in enumerate(value):
        if isinstance(stage, Mapping) and "inputs" in stage:
            given[number] = stage["inputs"]
    value = [{key: one for key, one in stage.items() if key != "inputs"} if isinstance(stage, Mapping) else stage for stage in value]
    if all(one is None for one in given):
        return value, ()
    return value, tuple(None if one is None else names_of_inputs(one, f"stages[{number}].inputs") for number, one in enumerate(given))


def first_rate(stages: Any) -> Any:
    """The sample rate that the first of some stages states, or the usual one."""
    first = stages[0] if isinstance(stages, Sequence) and not isinstance(stages, str) and stages else None
    if isinstance(first, Core):
        return first.sample_rate
    return first.get("sample_rate", SAMPLE_RATE) if isinstance(first, Mapping) else SAMPLE_RATE


@dataclass(frozen=True, init=False)
class Chain(Core):
    """Cores one behind the other: the words that leave one enter the next; or a graph of them.

    Parameters
    ----------
    stages : sequence of Core or mapping
        The cores, or descriptions of them.
    name : str
        Entity name.
    minimum_snr : float, optional
        Least SNR in dB that has to be promised for `verify` to say proven.
    sample_rate : float, optional
        Samples per second at the first one's sink; its own without it. Those of the others follow.
    interface : {"avalon", "axi"}
        Names of the delivered entity's ports.
    inputs : sequence of sequence of str, optional
        For each stage the names of those whose words it gets, "input" for the words that enter; None for the stage in front of it. In a
        description they stand with each stage.
    balance : bool
        Whether, where paths come together, those that delay less wait for the others.

    Raises
    ------
    ParameterError
        If a stage is no stream on one clock, two neighbours' formats or stream fields do not fit, two entities have the same name,
            or what stages read makes a loop.
    """

    kind: ClassVar[str] = "chain"
    summary: ClassVar[str] = "several cores one behind the other, as one core"
    family: ClassVar[str] = "streams"

    name: str = parameter("chain", doc="entity name; a VHDL identifier", kind=check_entity_name)
    stages: tuple[Core, ...] = parameter(doc="the cores, as [[stages]] tables", kind=of_stages)
    inputs: tuple[tuple[str, ...] | None, ...] = parameter((), doc="what each stage reads, where they are a graph", kind=of_inputs)
    balance: bool = parameter(True, doc="delay the paths of a graph that are early until all are in step", kind=bool)

    def __init__(
        self,
        stages: Any,
        name: str = "chain",
        minimum_snr: float | None = None,
        sample_rate: float | None = None,
        interface: str = AVALON,
        inputs: Any = (),
        balance: bool = True,
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "minimum_snr", minimum_snr)
        object.__setattr__(self, "sample_rate", first_rate(stages) if sample_rate is None else sample_rate)
        object.__setattr__(self, "interface", interface)
        stages, inputs = parted(stages, inputs)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "stages", stages)
        object.__setattr__(self, "balance", balance)
        self.__post_init__()

    def completed(self, name: str, value: Any) -> Any:
        if name != "stages":
            return value
        try:
            wiring = Wiring.of(names_in(value), self.inputs, closing_in(value)) if self.inputs else None
            return stages(value, self.sample_rate, wiring)
        except ParameterError:
            raise
        except ValueError as error:
            raise ParameterError(name, value, str(error)) from None

    def at_rate(self, rate: float) -> Any:
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @property
    def source_rate(self) -> float:
        """That of the last section: what is stretched in time leaves at the rate at which it came."""
        return self.sections[-1].source_rate

    @cached_property
    def wiring(self) -> Wiring:
        """Which stage reads which."""
        if self.inputs:
            return Wiring.of([stage.name for stage in self.stages], self.inputs, closing_in(self.stages))
        return Wiring(tuple((number - 1,) for number in range(len(self.stages))))

    @cached_property
    def sections(self) -> tuple[Core, ...]:
        """Cores one behind the other: the stages, and in the place of those in parallel all of these as one."""
        return tuple(self._section(group) for group in self.wiring.sections)

    def _alone(self, group: tuple[int, ...]) -> bool:
        """Whether a section is a stage with one input."""
        return len(group) == 1 and len(self.wiring.all_inputs(group[0])) == 1

    def _section(self, group: tuple[int, ...]) -> Core:
        if self._alone(group):
            return self.stages[group[0]]
        if any(begin == group[0] for begin, _ in self.wiring.loops):
            return self._loop(group)
        within = self.wiring.within(group)
        rows = [tuple(group[one] for one in row) for row in within.rows]
        nodes = tuple(self.stages[row[0]] if len(row) == 1 else Chain([self.stages[one] for one in row], name=self.name) for row in rows)
        ends = {row[-1]: number for number, row in enumerate(rows)}
        inputs = tuple(tuple(ends.get(one, ENTERING) for one in self.wiring.inputs[row[0]]) for row in rows)
        front = next(one for number in group for one in self.wiring.inputs[number] if one not in group)
        return Paths(
            name=self.name, sample_rate=nodes[0].sample_rate, nodes=nodes, wiring=Wiring(inputs), numbers=tuple(rows),
            front=self._names((front,))[0], balanced=self.balance,
        )  # fmt: skip

    def _loop(self, group: tuple[int, ...]) -> FeedbackLoop:
        """A loop, in which the first one's words are what enters the others."""
        inputs = [tuple(SINK if one == group[0] else self.stages[one].name for one in self.wiring.inputs[number]) for number in group[1:]]
        forward = Chain([self.stages[number] for number in group[1:]], name=self.name, inputs=inputs, balance=self.balance)
        first = self.stages[group[0]]
        return FeedbackLoop(name=self.name, sample_rate=first.sample_rate, first=first, forward=forward, numbers=group)

    def check(self) -> None:
        # To VHDL, and to many a file system, `band` and `Band` are one name.
        names = [self.name, *(stage.name for stage in self.stages)]
        folded = [name.lower() for name in names]
        for name in names:
            if folded.count(name.lower()) > 1:
                raise ParameterError("name", name, "must differ, in more than its case, for the chain and each of its stages")
        if self.inputs and self.stages[0].is_source:
            raise ParameterError("stages[0].core", self.stages[0].kind, "must have a sink where stages name their inputs")
        for number in self.wiring.order:
            if self.is_source and not number:
                continue
            after, given, field = self.stages[number], self.wiring.all_inputs(number), f"stages[{number}]"
            if len(given) != len(after.sinks):
                told = f"{after.name} has {len(after.sinks)} sink{'s' * (len(after.sinks) > 1)}"
                raise ParameterError(f"{field}.inputs", self._names(given), f"must be {len(after.sinks)} of them: {told}")
            if len(after.sources) > 1:
                allowed = "must have one source: a stage whose name stands in several inputs gives its words to all of them"
                raise ParameterError(field, after.name, allowed)
            for format, one in zip(after.sinks.values(), given, strict=True):
                if one != ENTERING:
                    self._check_link(field, self.stages[one], after, format)
        readers = [self.stages[number] for number, _ in self.wiring.readers(ENTERING)]
        for other in readers[1:]:
            mine, its = _entering(readers[0]), _entering(other)
            if other.sink_format != readers[0].sink_format or mine != its:
                took = f"{other.sink_format} with {_fields(its)}", f"{readers[0].sink_format} with {_fields(mine)}"
                field = f"stages[{self.stages.index(other)}].sink"
                allowed = f"{other.name} takes {took[0]}, but {readers[0].name} {took[1]} of the same words"
                raise ParameterError(field, other.sink_format, allowed)
        self._check_bands()
        for section in self.sections:
            section.check()

    def _names(self, given: tuple[int, ...]) -> list[str]:
        return [SINK if one == ENTERING else self.stages[one].name for one in given]

    def _check_link(self, field: str, before: Core, after: Core, format: Format) -> None:
        if before.source_format != format:
            raise ParameterError(f"{field}.sink", format, f"must be {before.source_format}, the source format of {before.name}")
        leaving = {port.name.removeprefix("source_"): port.width for port in before.source_ports}
        entering = _entering(after)
        if leaving != entering:
            raise ParameterError(field, after.name, f"takes {_fields(entering)} with each word, but {before.name} sends {_fields(leaving)}")

    def _check_bands(self) -> None:
        """Stages for bands stand behind their bank, on every path; what is in front of the first stage is not known."""
        for number in self.wiring.order:
            stage = self.stages[number]
            for one in self.wiring.inputs[number]:
                bank = self._banks[one]
                if stage.band_stage and one != ENTERING and stage.bank_of_words != bank:
                    found = "none" if bank is None else _bank(bank)
                    allowed = f"must stand behind a bank for whose words it is made, {_bank(stage.bank_of_words)}; here it is {found}"
                    raise ParameterError(f"stages[{number}]", stage.name, allowed)
            banks = {self._banks[one] for one in self.wiring.inputs[number]}
            if len(banks) > 1:
                told = " and ".join(f"{_bank(self._banks[one]) if self._banks[one] else 'none'}" for one in self.wiring.inputs[number])
                raise ParameterError(f"stages[{number}].inputs", stage.name, f"must get words of one bank from each; here these are {told}")

    @cached_property
    def _banks(self) -> dict[int, tuple[str, int] | None]:
        """Of which bank's bands the words are that leave each stage."""
        found: dict[int, tuple[str, int] | None] = {ENTERING: None}
        for number in self.wiring.order:
            stage = self.stages[number]
            through = stage.passes_words or len(stage.sinks) > 1
            found[number] = found[self.wiring.inputs[number][0]] if through else stage.bank_of_words
        return found

    @property
    def bank_of_words(self) -> tuple[str, int] | None:
        return self._banks[len(self.stages) - 1]

    @property
    def is_source(self) -> bool:
        """Whether its first stage has no sink."""
        return self.stages[0].is_source

    @property
    def is_stream(self) -> bool:
        return not self.is_source

    @property
    def sinks(self) -> Mapping[str, Format]:
        return {} if self.is_source else {"sink": self.sink_format}

    @cached_property
    def behind(self) -> Chain:
        """What stands behind the first stage, where that has no sink."""
        return Chain(self.stages[1:], name=self.name) if len(self.stages) > 1 else self

    def _begun(self, run: Callable[[Core, int], Any], follow: Callable[[Any], Any], words: int) -> Any:
        """So many words of a chain without a sink, of whose first stage more may be needed."""
        asked = words
        while True:
            given = run(self.stages[0], asked)
            given = follow(given) if len(self.stages) > 1 else given
            if len(first_of(given)) >= words:
                return tuple(row[:words] for row in given) if isinstance(given, tuple) else given[:words]
            asked = 2 * asked + 1

    @property
    def pin_script(self) -> PinScript | None:
        return script(self) if self.is_source else None

    @property
    def words_met(self) -> Mapping[str, int]:
        """Those of the first stage, and what stands behind it."""
        if not self.is_source:
            return {}
        later = self.capacity - self.stages[0].capacity
        return {f"{self.stages[0].name}_{name}": met + later for name, met in self.stages[0].words_met.items()}

    @property
    def sink_format(self) -> Format:
        return self.sections[0].sink_format

    @property
    def source_format(self) -> Format | dict[str, Format]:
        return self.sections[-1].source_format

    def timing(self, fields: Fields | None = None) -> Clockwork | None:
        """The stages' one behind the other; None where one of them has none, or what it gets beside its words is not what it expects."""
        stages = self.sections
        parts = [stages[0].timing(fields), *(stage.timing() for stage in stages[1:])]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or not self._in_order(fields):
            return None
        return known[0] if len(known) == 1 else Connected(known)

    def _in_order(self, fields: Fields | None) -> bool:
        """Whether each stage behind the first gets the channels and marks that `accompany` gives, in their order."""
        if not any(stage.sink_ports for stage in self.sections[1:]):
            return True
        if fields is not None:
            return False
        words = np.zeros(max(stage.check_length for stage in self.sections), np.int64)
        beside = self.sections[0].accompany(words)
        for before, after in pairwise(self.sections):
            words, *given = _tuple(before.outline(_one_or_all(words, *beside.values())))
            beside = after.accompany(words)
            if any(not np.array_equal(one, other) for one, other in zip(given, beside.values(), strict=True)):
                return False
        return True

    @cached_property
    def latency(self) -> int:
        timing = self.timing()
        if self.is_source and timing is not None:
            return first_word(timing)
        return sum(stage.latency for stage in self.sections) if timing is None else latency_of(timing)

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        """What the stages take together; where that is not known, what the slowest takes."""
        timing = self.timing()
        if self.is_source and timing is not None:
            return clocks_a_word(timing)
        if timing is not None:
            return period_of(timing).cycles_per_sample
        rate, slowest = Fraction(1), Fraction(1)
        for stage in self.sections:
            slowest = max(slowest, stage.cycles_per_sample * rate)
            rate *= stage.rate
        return slowest

    @cached_property
    def capacity(self) -> int:
        """What each stage holds, and what comes of it behind that stage."""
        timing = self.timing()
        if self.is_source and timing is not None:
            return begun(standing(timing))
        return capacity_in_a_row(self.sections)

    @property
    def delay(self) -> int:
        """Samples at the chain's sink; those by which bands come together late among them."""
        if self.is_source:
            return 0
        return ceil(sum((late for late, _, _ in self._delays), Fraction(0)))

    @property
    def group_delay(self) -> Fraction | None:
        if self.is_source:
            return None
        return _summed(heard for _, heard, _ in self._delays)

    @property
    def word_delay(self) -> Fraction | None:
        if self.is_source:
            return None
        return _summed(words for _, _, words in self._delays)

    @property
    def _delays(self) -> list[tuple[Fraction, Fraction | None, Fraction | None]]:
        """Of each stage `delay`, `group_delay` and `word_delay`, in samples at the chain's sink; a bank and what is in it are one."""
        found: list[tuple[Fraction, Fraction | None, Fraction | None]] = []
        rate, number = Fraction(1), 0
        while number < len(self.sections):
            stage, back = self.sections[number], synthesis_behind(self.sections, number)
            late, heard, words = Fraction(stage.algorithmic_delay), stage.group_delay, stage.word_delay
            if back is not None:
                late = heard = words = Fraction(self.sections[back].reconstruction_delay)
            found.append((late / rate, None if heard is None else heard / rate, None if words is None else words / rate))
            behind = number + 1 if back is None else back + 1
            for one in self.sections[number:behind]:
                rate *= one.rate
            number = behind
        return found

    @property
    def rate(self) -> Fraction:
        rate = Fraction(1)
        for stage in self.sections:
            rate *= stage.rate
        return rate

    @property
    def check_length(self) -> int:
        return sum(stage.check_length for stage in self.sections)

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: those of all stages, one after the other."""
        return sum(stage.patience for stage in self.sections) + 4 * ceil(self.cycles_per_sample)

    def reference(self, x: Any) -> Any:
        """Its stages' one behind the other, each as late as its model: what stands behind may take every third sample, or segments."""
        if self.is_source:
            return self._begun(lambda first, count: first.reference(count), self.behind.late_reference, int(x))
        if not self.delay:
            return self.late_reference(x)
        samples = np.asarray(x, dtype=np.float64)
        # Twice: a decimated bank gives its last samples with the end of a period, which is no longer than its delay and a sample.
        found = self.late_reference(np.concatenate([samples, np.zeros(2 * self.delay)]))
        return found[self.delay_words :][: ceil(samples.size * self.rate)]

    def late_reference(self, x: Any) -> Any:
        for stage in self.sections:
            x = stage.late_reference(x)
        return x

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        left = list(coefficients)
        for stage in self.sections:
            count = len(stage.losses.coefficients)
            x, left = stage.reference_with(x, left[:count]), left[count:]
        return x

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        lost = Losses()
        for stage in self.sections:
            lost = stage.losses.behind(lost)
            x = stage.limited(x, guard + lost.noise.limit)
        return x

    @property
    def losses(self) -> Losses:
        lost = Losses()
        for stage, before, behind in zip(self.sections, (None, *self.sections), (*self.sections[1:], None), strict=False):
            own = stage.losses
            if paired(before, stage) or paired(stage, behind):
                own = Losses(coefficients=tuple(one.without_errors() for one in own.coefficients))
            lost = own.behind(lost)
        return lost

    @property
    def decides(self) -> bool:
        return any(stage.decides for stage in self.sections)

    def following(self, words: Any) -> Chain:
        if not self.decides:
            return self
        found = []
        for stage in self.sections:
            found.append(stage.following(words))
            words = stage.model(words)
        return self.altered(sections=tuple(found)) if self.inputs else self.altered(stages=tuple(found))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        total: Decisions | None = None
        first = words
        for number, stage in enumerate(self.sections):
            if stage.decides:
                before = Chain(self.sections[:number], name=self.name) if number else None
                off = (before.losses.transfer.peak * error, expected_error(before, first)) if before else (error,)
                made = stage.decisions(x, words, hypot(*off))
                total = made if total is None else total + made
            if number < len(self.sections) - 1:
                x, words = stage.late_reference(x), stage.model(words)
        return total

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        flow: NoiseFlow | None = entering
        for stage in self.sections:
            flow = None if flow is None else stage.noise(flow)
        return flow

    def model(self, x: Any) -> Any:
        if self.is_source:
            return self._begun(lambda first, count: first.model(count), self.behind.model, int(x))
        for stage in self.sections:
            x = stage.model(x)
        return x

    def marks(self, x: Any) -> Mapping[str, Any]:
        """Those of the last stage, if it stands alone: what belongs to words inside has none at the source to stand beside."""
        last = self.sections[-1]
        if self.is_source or last is not self.stages[-1]:
            return {}
        for stage in self.sections[:-1]:
            x = stage.model(x)
        return {f"{last.name}_{port}": values for port, values in last.marks(x).items()}

    def promised_snr(self, words: Any) -> Promise:
        """Of a chain without a sink, what the first stage promises behind the others, and these of its words."""
        if not self.is_source or len(self.stages) == 1:
            return self.stages[0].promised_snr(words) if self.is_source else super().promised_snr(words)
        first, begun_words = self.stages[0], self.stages[0].model(int(words))
        truth, own, rest = self.reference(words), first.promised_snr(words), self.behind.promised_snr(begun_words)
        if own.snr is None or rest.snr is None or not np.any(truth):
            return replace(rest, snr=None, how="not judged")
        # What the first stage's error comes to at most, and that of the others; both as amplitudes.
        lost = level_of(first.reference(words)) * amplitude(-own.snr) * self.behind.losses.transfer.peak
        lost += level_of(self.behind.late_reference(as_values(self.behind, begun_words))) * amplitude(-rest.snr)
        how = "bound" if {own.how, rest.how} <= {"bound", "exact"} else "prediction"
        return replace(rest, snr=amplitude_decibels(level_of(truth), lost), how=how)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """Those of the stages of which it is known, for each value, which words meet it: at least one comes of every word in front."""
        found: dict[str, RunTimeInput] = {}
        if self.is_source:
            one_for_one = len(self.stages) == 1 or len(self.behind.model(np.zeros(SHOWN, np.int64))) == SHOWN
            first = self.stages[0]
            return inside(first.run_time_inputs, first.name) if one_for_one and not self.source_ports and self.timing() is not None else {}
        for section, group in zip(self.sections, self.wiring.sections, strict=True):
            inputs = section.run_time_inputs
            found |= inside(inputs, section.name) if self._alone(group) else inputs
            if section.timing() is None or section.rate < 1:
                break
        return found

    def steered_model(self, x: Any, values: Steered) -> Any:
        if self.is_source:
            first = self.stages[0]
            given = first.steered_model(x, {name: values[f"{first.name}_{name}"] for name in first.run_time_inputs})
            return self.behind.model(given) if len(self.stages) > 1 else given
        for section, group in zip(self.sections, self.wiring.sections, strict=True):
            prefix = f"{section.name}_" if self._alone(group) else ""
            own = {name: values[prefix + name] for name in section.run_time_inputs if prefix + name in values}
            count = len(first_of(x))
            x = section.steered_model(x, own) if own else section.model(x)
            values = {name: met for name, met in values.items() if not (name.startswith(prefix) if prefix else name in own)}
            if values:
                due = section.due_with(count)
                values = {name: met[due] for name, met in values.items()}
        return x

    @property
    def settling(self) -> int:
        return sum(stage.settling for stage in self.sections)

    @property
    def channels_in_turn(self) -> int:
        """Of all stages, where they have the same."""
        found = {stage.channels_in_turn for stage in self.stages}
        return found.pop() if len(found) == 1 else 1

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return self.sections[0].sink_ports

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return self.sections[-1].source_ports

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return tuple(replace(port, name=f"{stage.name}_{port.name}") for stage in self.stages for port in stage.control_ports)

    @property
    def controls(self) -> Mapping[str, int]:
        return {f"{stage.name}_{port}": value for stage in self.stages for port, value in stage.controls.items()}

    @property
    def inventory(self) -> Inventory | None:
        parts = [stage.inventory for stage in self.sections]
        known = tuple(part for part in parts if part is not None)
        return Inventory("chain", parts=known, control=False) if len(known) == len(parts) else None

    @property
    def waits_for_neighbours(self) -> bool:
        return all(stage.waits_for_neighbours for stage in self.stages)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(f"{stage.name}: {note}" for stage in self.stages for note in stage.notes)

    @property
    def derived(self) -> Mapping[str, str]:
        found = {f"{stage.name} {fact}": text for stage in self.stages for fact, text in stage.derived.items()}
        if self.inputs:
            read = [(stage, self.wiring.all_inputs(number)) for number, stage in enumerate(self.stages)]
            found |= {f"{stage.name} reads": " and ".join(self._names(given)) for stage, given in read if len(given) == 1}
        return found | {fact: text for paths in self._paths for fact, text in paths.derived.items()}

    @property
    def _paths(self) -> list[Any]:
        """The sections that are paths in parallel, or loops."""
        both = zip(self.sections, self.wiring.sections, strict=True)
        return [section for section, group in both if not self._alone(group)]

    @property
    def linear_part(self) -> Core | None:
        """All stages, if each is linear; otherwise what the first one says."""
        found = [stage.linear_part for stage in self.sections]
        linear = all(part is stage for part, stage in zip(found, self.sections, strict=True))
        return self if linear else found[0]

    @property
    def parts(self) -> tuple[Core, ...]:
        return self.stages

    @property
    def part_paths(self) -> tuple[str, ...]:
        return tuple(f"stages[{number}]" for number in range(len(self.stages)))

    def leader_of(self, part: int) -> tuple[int, str] | None:
        """The stage that it reads; of several that read the words that enter, the first is followed by the others."""
        front = self.wiring.inputs[part][0]
        if front != ENTERING:
            return front, "source"
        first = self.wiring.readers(ENTERING)[0][0]
        return None if part == first else (first, "sink")

    def with_parts(self, parts: tuple[Core, ...]) -> Chain:
        return Chain(
            parts, name=self.name, minimum_snr=self.minimum_snr, sample_rate=self.sample_rate, interface=self.interface,
            inputs=self.inputs, balance=self.balance,
        )  # fmt: skip

    @property
    def description(self) -> dict[str, Any]:
        """The parameters; what stages read stands with each of them, and only where they are a graph."""
        values = super().description
        del values["inputs"]
        if not self.inputs:
            del values["balance"]
        else:
            values["stages"] = [
                stage if given is None else {"core": stage["core"], "inputs": list(given), **stage}
                for stage, given in zip(values["stages"], self.inputs, strict=True)
            ]
        return values

    @property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Those of all stages, where all are filters at one rate."""
        found = [stage.filter_taps for stage in self.sections if stage.rate == 1]
        known = [taps for taps in found if taps is not None]
        if len(known) < len(self.sections):
            return None
        given, quantised = (functools.reduce(np.convolve, row) for row in zip(*known, strict=True))
        return given, quantised

    def accompany(self, words: Any) -> dict[str, Any]:
        return self.sections[0].accompany(words)

    def check_words(self) -> dict[str, Any]:
        """The first stage's; more of them where the stages behind need more."""
        return super().check_words() if not self.sink_ports else self.sections[0].check_words()

    def block(self, **signals: Any) -> Any:
        if self.is_source:
            return generating_chain(**bundled(signals), stages=self.stages)
        if not self.inputs:
            return chain(**bundled(signals), stages=self.stages)
        return graph(**bundled(signals), stages=self.stages, wiring=self.wiring, waiting=self.waiting)

    @property
    def zeros(self) -> dict[Edge, int]:
        """Samples by which inputs are delayed where paths come together, by the numbers of stages and of their inputs."""
        return {edge: room.zeros for edge, room in self.waiting.items() if room.zeros}

    @property
    def waiting(self) -> dict[Edge, Waiting]:
        """What stands in front of inputs where branches meet, by the numbers of stages."""
        found: dict[Edge, Waiting] = {}
        for section in self._paths:
            found |= section.waiting
        return found


def level_of(values: Any) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(np.asarray(values, dtype=np.float64)))))


def capacity_in_a_row(stages: Sequence[Core]) -> int:
    """Most words that are outstanding behind cores in a row: what each of them holds, and what comes of it behind the next."""
    total = 0
    for stage in stages:
        total = stage.capacity_behind(total) + stage.capacity
    return total


def _summed(parts: Iterable[Fraction | None]) -> Fraction | None:
    """A sum, where all of it is known."""
    known = list(parts)
    return None if None in known else sum((part for part in known if part is not None), Fraction(0))


def _tuple(given: Any) -> tuple[Any, ...]:
    return given if isinstance(given, tuple) else (given,)


def _one_or_all(*fields: Any) -> Any:
    return fields[0] if len(fields) == 1 else fields


def synthesis_behind(stages: Sequence[Core], number: int) -> int | None:
    """The stage that puts together what stage `number` has taken apart, where nothing between them delays; None where there is none."""
    key = stages[number].analysed_by
    for place in range(number + 1, len(stages)) if key is not None else ():
        if stages[place].synthesised_by == key:
            return place
        if stages[place].group_delay != 0 or stages[place].algorithmic_delay or stages[place].rate != 1:
            return None
    return None


def paired(before: Core | None, behind: Core | None) -> bool:
    """Whether words that one core takes apart come back to the last bit behind the next."""
    return before is not None and behind is not None and before.split is not None and before.split == behind.joins


def _bank(bands: tuple[str, int] | None) -> str:
    kind, levels = bands or ("", 0)
    return f"{kind} with {levels} level{'s' if levels > 1 else ''}"


def _entering(core: Core) -> dict[str, int | None]:
    """What comes beside each word at a core's sink, with its bits."""
    return {port.name.removeprefix("sink_"): port.width for port in core.sink_ports}


def _fields(fields: Mapping[str, int | None]) -> str:
    """Fields with their widths, in words."""
    told = (name if width is None else f"{name} of {amount(width, 'bit')}" for name, width in fields.items())
    return ", ".join(told) or "no further fields"


@entity
def chain(clk, reset, sink, source, stages, **controls):
    """Cores one behind the other; each stage's source is the next one's sink."""
    return in_a_row(clk, reset, sink, source, stages, controls)


@entity
def generating_chain(clk, reset, source, stages, **controls):
    """Cores one behind the other, the first of which takes nothing; each stage's source is the next one's sink."""
    return in_a_row(clk, reset, None, source, stages, controls)


def in_a_row(clk, reset, sink, source, stages, controls):
    """The stages of a chain, and what is between them."""
    links = [sink, *(Stream(**source_signals(stage.ports)) for stage in stages[:-1]), source]
    instances = []
    for number, stage in enumerate(stages):
        own = {port.name: controls[f"{stage.name}_{port.name}"] for port in stage.control_ports}
        given = {} if links[number] is None else {"sink": links[number]}
        block = stage.block(clk=clk, reset=reset, **given, source=links[number + 1], **own)
        instances.append(described(named(block, stage.name), f"Stage {number + 1} of {len(stages)}: {stage.summary}."))
    return instances
