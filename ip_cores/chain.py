"""Cores one behind the other, as a core."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, hypot
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.blocks.process import Connected
from ip_cores.blocks.stream import Stream, bundled, source_signals
from ip_cores.core import SAMPLE_RATE, Core, make_core
from ip_cores.hierarchy import described, entity, named
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import Decisions, expected_error, first_of
from ip_cores.run_time import RunTimeInput, RunTimeInputs, Steered, inside, of_inside
from ip_cores.schedule import Clockwork, Fields, amount, latency_of, period_of
from ip_cores.stream_names import AVALON


def stages(value: Any, rate: float | None = None) -> tuple[Core, ...]:
    """Cores from cores or from their descriptions; a description without a name is called after its place.

    Parameters
    ----------
    value : sequence of Core or mapping
    rate : float, optional
        Samples per second at the first one's sink, its own by default. Every stage gets the rate at which words leave the one before it.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError("must be a list of one or more cores")
    rate = first_rate(value) if rate is None else rate
    found: list[Core] = []
    for number, stage in enumerate(value):
        if isinstance(stage, Mapping):
            try:
                stage = make_core({"name": f"stage_{number}", "sample_rate": rate, **stage})
            except ParameterError as error:
                raise ParameterError(f"stages[{number}].{error.field}", error.value, error.allowed) from None
            if stage.sample_rate != rate:
                where = f"at which words leave {found[-1].name}" if found else "that of the chain"
                raise ParameterError(f"stages[{number}].sample_rate", stage.sample_rate, f"must be {rate:g}, {where}")
        if not isinstance(stage, Core):
            raise ValueError("must be a list of one or more cores")
        stage.check_inside(f"stages[{number}].core")
        found.append(stage.at_rate(rate))
        rate = found[-1].source_rate
    return tuple(found)


stages.allowed = "a list of core descriptions ([[stages]] tables)"  # type: ignore[attr-defined]


def first_rate(stages: Any) -> Any:
    """The sample rate that the first of some stages states, or the usual one."""
    first = stages[0] if isinstance(stages, Sequence) and not isinstance(stages, str) and stages else None
    if isinstance(first, Core):
        return first.sample_rate
    return first.get("sample_rate", SAMPLE_RATE) if isinstance(first, Mapping) else SAMPLE_RATE


@dataclass(frozen=True, init=False)
class Chain(Core):
    """Cores one behind the other: the words that leave one enter the next.

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

    Raises
    ------
    ParameterError
        If a stage is no stream on one clock, two neighbours' formats or stream fields do not fit, or two entities have the same name.
    """

    kind: ClassVar[str] = "chain"
    summary: ClassVar[str] = "several cores one behind the other, as one core"
    family: ClassVar[str] = "streams"

    name: str = parameter("chain", doc="entity name; a VHDL identifier", kind=check_entity_name)
    stages: tuple[Core, ...] = parameter(doc="the cores, as [[stages]] tables", kind=stages)

    def __init__(
        self,
        stages: Any,
        name: str = "chain",
        minimum_snr: float | None = None,
        sample_rate: float | None = None,
        interface: str = AVALON,
    ) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "minimum_snr", minimum_snr)
        object.__setattr__(self, "sample_rate", first_rate(stages) if sample_rate is None else sample_rate)
        object.__setattr__(self, "interface", interface)
        object.__setattr__(self, "stages", stages)
        self.__post_init__()

    def completed(self, name: str, value: Any) -> Any:
        if name != "stages":
            return value
        try:
            return stages(value, self.sample_rate)
        except ParameterError:
            raise
        except ValueError as error:
            raise ParameterError(name, value, str(error)) from None

    def at_rate(self, rate: float) -> Any:
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    def check(self) -> None:
        # To VHDL, and to many a file system, `band` and `Band` are one name.
        names = [self.name, *(stage.name for stage in self.stages)]
        folded = [name.lower() for name in names]
        for name in names:
            if folded.count(name.lower()) > 1:
                raise ParameterError("name", name, "must differ, in more than its case, for the chain and each of its stages")
        for number, (before, after) in enumerate(zip(self.stages, self.stages[1:], strict=False), start=1):
            field = f"stages[{number}]"
            if before.source_format != after.sink_format:
                raise ParameterError(
                    f"{field}.sink", after.sink_format, f"must be {before.source_format}, the source format of {before.name}"
                )
            leaving = {port.name.removeprefix("source_"): port.width for port in before.source_ports}
            entering = {port.name.removeprefix("sink_"): port.width for port in after.sink_ports}
            if leaving != entering:
                raise ParameterError(
                    field, after.name, f"takes {_fields(entering)} with each word, but {before.name} sends {_fields(leaving)}"
                )

        self._check_bands()

    def _check_bands(self) -> None:
        """Stages for bands stand behind their bank; what is in front of the first stage is not known."""
        bank = None
        for number, stage in enumerate(self.stages):
            if stage.band_stage and number and stage.bank_of_words != bank:
                found = "none" if bank is None else _bank(bank)
                allowed = f"must stand behind a bank for whose words it is made, {_bank(stage.bank_of_words)}; here it is {found}"
                raise ParameterError(f"stages[{number}]", stage.name, allowed)
            bank = bank if stage.passes_words else stage.bank_of_words

    @property
    def bank_of_words(self) -> tuple[str, int] | None:
        return next((stage.bank_of_words for stage in reversed(self.stages) if not stage.passes_words), None)

    @property
    def sink_format(self) -> Format:
        return self.stages[0].sink_format

    @property
    def source_format(self) -> Format | dict[str, Format]:
        return self.stages[-1].source_format

    def timing(self, fields: Fields | None = None) -> Clockwork | None:
        """The stages' one behind the other; None where one of them has none, or what it gets beside its words is not what it expects."""
        stages = self.stages
        parts = [stages[0].timing(fields), *(stage.timing() for stage in stages[1:])]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or not self._in_order(fields):
            return None
        return known[0] if len(known) == 1 else Connected(known)

    def _in_order(self, fields: Fields | None) -> bool:
        """Whether each stage behind the first gets the channels and marks that `accompany` gives, in their order."""
        if not any(stage.sink_ports for stage in self.stages[1:]):
            return True
        if fields is not None:
            return False
        words = np.zeros(max(stage.check_length for stage in self.stages), np.int64)
        beside = self.stages[0].accompany(words)
        for before, after in pairwise(self.stages):
            words, *given = _tuple(before.outline(_one_or_all(words, *beside.values())))
            beside = after.accompany(words)
            if any(not np.array_equal(one, other) for one, other in zip(given, beside.values(), strict=True)):
                return False
        return True

    @cached_property
    def latency(self) -> int:
        timing = self.timing()
        return sum(stage.latency for stage in self.stages) if timing is None else latency_of(timing)

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        """What the stages take together; where that is not known, what the slowest takes."""
        timing = self.timing()
        if timing is not None:
            return period_of(timing).cycles_per_sample
        rate, slowest = Fraction(1), Fraction(1)
        for stage in self.stages:
            slowest = max(slowest, stage.cycles_per_sample * rate)
            rate *= stage.rate
        return slowest

    @cached_property
    def capacity(self) -> int:
        """What each stage holds, and what comes of it behind that stage."""
        return capacity_in_a_row(self.stages)

    @property
    def delay(self) -> int:
        """Samples at the chain's sink; those by which bands come together late among them."""
        return ceil(sum((late for late, _ in self._delays), Fraction(0)))

    @property
    def group_delay(self) -> Fraction | None:
        heard = [late for _, late in self._delays]
        return None if None in heard else sum((late for late in heard if late is not None), Fraction(0))

    @property
    def _delays(self) -> list[tuple[Fraction, Fraction | None]]:
        """`delay` and `group_delay` in samples at the chain's sink, of each stage; of a bank with what is between its halves as one."""
        found: list[tuple[Fraction, Fraction | None]] = []
        rate, number = Fraction(1), 0
        while number < len(self.stages):
            stage, back = self.stages[number], synthesis_behind(self.stages, number)
            late, heard = Fraction(stage.delay), stage.group_delay
            if back is not None:
                late = heard = Fraction(self.stages[back].reconstruction_delay)
            found.append((late / rate, None if heard is None else heard / rate))
            behind = number + 1 if back is None else back + 1
            for one in self.stages[number:behind]:
                rate *= one.rate
            number = behind
        return found

    @property
    def rate(self) -> Fraction:
        rate = Fraction(1)
        for stage in self.stages:
            rate *= stage.rate
        return rate

    @property
    def check_length(self) -> int:
        return sum(stage.check_length for stage in self.stages)

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: those of all stages, one after the other."""
        return sum(stage.patience for stage in self.stages) + 4 * ceil(self.cycles_per_sample)

    def reference(self, x: Any) -> Any:
        """Its stages' one behind the other, each as late as its model: what stands behind may take every third sample, or segments."""
        if not self.delay:
            return self.late_reference(x)
        samples = np.asarray(x, dtype=np.float64)
        # Twice: a decimated bank gives its last samples with the end of a period, which is no longer than its delay and a sample.
        found = self.late_reference(np.concatenate([samples, np.zeros(2 * self.delay)]))
        return found[self.delay_words :][: ceil(samples.size * self.rate)]

    def late_reference(self, x: Any) -> Any:
        for stage in self.stages:
            x = stage.late_reference(x)
        return x

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        left = list(coefficients)
        for stage in self.stages:
            count = len(stage.losses.coefficients)
            x, left = stage.reference_with(x, left[:count]), left[count:]
        return x

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        lost = Losses()
        for stage in self.stages:
            lost = stage.losses.behind(lost)
            x = stage.limited(x, guard + lost.noise.limit)
        return x

    @property
    def losses(self) -> Losses:
        lost = Losses()
        for stage, before, behind in zip(self.stages, (None, *self.stages), (*self.stages[1:], None), strict=False):
            own = stage.losses
            if paired(before, stage) or paired(stage, behind):
                own = Losses(coefficients=tuple(one.without_errors() for one in own.coefficients))
            lost = own.behind(lost)
        return lost

    @property
    def decides(self) -> bool:
        return any(stage.decides for stage in self.stages)

    def following(self, words: Any) -> Chain:
        if not self.decides:
            return self
        found = []
        for stage in self.stages:
            found.append(stage.following(words))
            words = stage.model(words)
        return self.altered(stages=tuple(found))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        total: Decisions | None = None
        first = words
        for number, stage in enumerate(self.stages):
            if stage.decides:
                before = Chain(self.stages[:number], name=self.name) if number else None
                off = (before.losses.transfer.peak * error, expected_error(before, first)) if before else (error,)
                made = stage.decisions(x, words, hypot(*off))
                total = made if total is None else total + made
            if number < len(self.stages) - 1:
                x, words = stage.late_reference(x), stage.model(words)
        return total

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        flow: NoiseFlow | None = entering
        for stage in self.stages:
            flow = None if flow is None else stage.noise(flow)
        return flow

    def model(self, x: Any) -> Any:
        for stage in self.stages:
            x = stage.model(x)
        return x

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        """Those of the stages of which it is known, for each value, which words meet it: at least one comes of every word in front."""
        found: dict[str, RunTimeInput] = {}
        for stage in self.stages:
            found |= inside(stage.run_time_inputs, stage.name)
            if stage.timing() is None or stage.rate < 1:
                break
        return found

    def steered_model(self, x: Any, values: Steered) -> Any:
        for number, stage in enumerate(self.stages):
            inputs = {name: one for name, one in stage.run_time_inputs.items() if f"{stage.name}_{name}" in values}
            count = len(first_of(x))
            x = stage.steered_model(x, of_inside(values, stage.name, inputs)) if inputs else stage.model(x)
            values = {name: met for name, met in values.items() if not name.startswith(f"{stage.name}_")}
            if not values:
                return Chain(self.stages[number + 1 :], name=self.name).model(x) if number + 1 < len(self.stages) else x
            due = stage.due_with(count)
            values = {name: met[due] for name, met in values.items()}
        return x

    @property
    def settling(self) -> int:
        return sum(stage.settling for stage in self.stages)

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return self.stages[0].sink_ports

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return self.stages[-1].source_ports

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return tuple(replace(port, name=f"{stage.name}_{port.name}") for stage in self.stages for port in stage.control_ports)

    @property
    def controls(self) -> Mapping[str, int]:
        return {f"{stage.name}_{port}": value for stage in self.stages for port, value in stage.controls.items()}

    @property
    def inventory(self) -> Inventory | None:
        parts = [stage.inventory for stage in self.stages]
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
        return {f"{stage.name} {fact}": text for stage in self.stages for fact, text in stage.derived.items()}

    @property
    def linear_part(self) -> Core | None:
        """All stages, if each is linear; otherwise what the first one says."""
        found = [stage.linear_part for stage in self.stages]
        linear = all(part is stage for part, stage in zip(found, self.stages, strict=True))
        return self if linear else found[0]

    @property
    def parts(self) -> tuple[Core, ...]:
        return self.stages

    @property
    def part_paths(self) -> tuple[str, ...]:
        return tuple(f"stages[{number}]" for number in range(len(self.stages)))

    def with_parts(self, parts: tuple[Core, ...]) -> Chain:
        return Chain(parts, name=self.name, minimum_snr=self.minimum_snr, sample_rate=self.sample_rate, interface=self.interface)

    @property
    def filter_taps(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Those of all stages, where all are filters at one rate."""
        found = [stage.filter_taps for stage in self.stages if stage.rate == 1]
        known = [taps for taps in found if taps is not None]
        if len(known) < len(self.stages):
            return None
        given, quantised = (functools.reduce(np.convolve, row) for row in zip(*known, strict=True))
        return given, quantised

    def accompany(self, words: Any) -> dict[str, Any]:
        return self.stages[0].accompany(words)

    def check_words(self) -> dict[str, Any]:
        """The first stage's; more of them where the stages behind need more."""
        return super().check_words() if not self.sink_ports else self.stages[0].check_words()

    def block(self, **signals: Any) -> Any:
        return chain(**bundled(signals), stages=self.stages)


def capacity_in_a_row(stages: Sequence[Core]) -> int:
    """Most words that are outstanding behind cores in a row: what each of them holds, and what comes of it behind the next."""
    total = 0
    for stage in stages:
        total = stage.capacity_behind(total) + stage.capacity
    return total


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
        if stages[place].group_delay != 0 or stages[place].delay or stages[place].rate != 1:
            return None
    return None


def paired(before: Core | None, behind: Core | None) -> bool:
    """Whether words that one core takes apart come back to the last bit behind the next."""
    return before is not None and behind is not None and before.split is not None and before.split == behind.joins


def _bank(bands: tuple[str, int] | None) -> str:
    kind, levels = bands or ("", 0)
    return f"{kind} with {levels} level{'s' if levels > 1 else ''}"


def _fields(fields: Mapping[str, int | None]) -> str:
    """Fields with their widths, in words."""
    told = (name if width is None else f"{name} of {amount(width, 'bit')}" for name, width in fields.items())
    return ", ".join(told) or "no further fields"


@entity
def chain(clk, reset, sink, source, stages, **controls):
    """Cores one behind the other; each stage's source is the next one's sink."""
    links = [sink, *(Stream(**source_signals(stage.ports)) for stage in stages[:-1]), source]
    instances = []
    for number, stage in enumerate(stages):
        own = {port.name: controls[f"{stage.name}_{port.name}"] for port in stage.control_ports}
        block = stage.block(clk=clk, reset=reset, sink=links[number], source=links[number + 1], **own)
        instances.append(described(named(block, stage.name), f"Stage {number + 1} of {len(stages)}: {stage.summary}."))
    return instances
