"""Cores one behind the other, as a core."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from ip_cores.blocks.stream import Stream, bundled, source_signals
from ip_cores.core import Core, make_core
from ip_cores.hierarchy import entity, named
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port


def stages(value: Any) -> tuple[Core, ...]:
    """Cores from cores or from their descriptions; a description without a name is called after its place."""
    if isinstance(value, Mapping | str) or not value:
        raise ValueError("must be a list of one or more cores")
    found = []
    for number, stage in enumerate(value):
        if isinstance(stage, Mapping):
            try:
                stage = make_core({"name": f"stage_{number}", **stage})
            except ParameterError as error:
                raise ParameterError(f"stages[{number}].{error.field}", error.value, error.allowed) from None
        if not isinstance(stage, Core):
            raise ValueError("must be a list of one or more cores")
        found.append(stage)
    return tuple(found)


stages.allowed = "a list of core descriptions ([[stages]] tables)"  # type: ignore[attr-defined]


@dataclass(frozen=True, init=False)
class Chain(Core):
    """Cores one behind the other: the words that leave one enter the next.

    Parameters
    ----------
    stages : sequence of Core or mapping
        The cores, or descriptions of them.
    name : str
        Entity name.

    Raises
    ------
    ParameterError
        If two neighbours' formats or stream fields do not fit, or two entities have the same name.
    """

    kind: ClassVar[str] = "chain"
    summary: ClassVar[str] = "several cores one behind the other, as one core"

    name: str = parameter("chain", doc="entity name; a VHDL identifier", kind=check_entity_name)
    stages: tuple[Core, ...] = parameter(doc="the cores, as [[stages]] tables", kind=stages)

    def __init__(self, stages: Any, name: str = "chain") -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "stages", stages)
        self.__post_init__()

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

    @property
    def sink_format(self) -> Format:
        return self.stages[0].sink_format

    @property
    def source_format(self) -> Format | dict[str, Format]:
        return self.stages[-1].source_format

    @property
    def latency(self) -> int:
        return sum(stage.latency for stage in self.stages)

    @property
    def latency_words(self) -> tuple[int, int] | None:
        """The first stage's sink word and the last one's source word; None if a stage's source word is not the one the next counts from."""
        pairs = [stage.latency_words for stage in self.stages]
        known = [pair for pair in pairs if pair is not None]
        follows = len(known) == len(pairs) and all(before[1] == after[0] for before, after in pairwise(known))
        return (known[0][0], known[-1][1]) if follows else None

    @property
    def delay(self) -> int:
        """Samples at the chain's sink."""
        rate, total = Fraction(1), Fraction(0)
        for stage in self.stages:
            total += stage.delay / rate
            rate *= stage.rate
        return ceil(total)

    @property
    def rate(self) -> Fraction:
        rate = Fraction(1)
        for stage in self.stages:
            rate *= stage.rate
        return rate

    @property
    def cycles_per_sample(self) -> int:
        rate, slowest = Fraction(1), Fraction(1)
        for stage in self.stages:
            slowest = max(slowest, stage.cycles_per_sample * rate)
            rate *= stage.rate
        return ceil(slowest)

    @property
    def check_length(self) -> int:
        return sum(stage.check_length for stage in self.stages)

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: those of all stages, one after the other."""
        return sum(stage.patience for stage in self.stages) + 4 * self.cycles_per_sample

    def reference(self, x: Any) -> Any:
        for stage in self.stages:
            x = stage.reference(x)
        return x

    def model(self, x: Any) -> Any:
        for stage in self.stages:
            x = stage.model(x)
        return x

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return self.stages[0].sink_ports

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return self.stages[-1].source_ports

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return tuple(
            replace(port, name=f"{stage.name}_{port.name}")
            for stage in self.stages
            for port in stage.control_ports
        )

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
    def parts(self) -> tuple[Core, ...]:
        return self.stages

    def with_parts(self, parts: tuple[Core, ...]) -> Chain:
        return Chain(parts, name=self.name)

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


def _fields(fields: Mapping[str, int | None]) -> str:
    return ", ".join(fields) or "no further fields"


@entity
def chain(clk, reset, sink, source, stages, **controls):
    """Cores one behind the other; each stage's source is the next one's sink."""
    links = [sink, *(Stream(**source_signals(stage.ports)) for stage in stages[:-1]), source]
    instances = []
    for number, stage in enumerate(stages):
        own = {port.name: controls[f"{stage.name}_{port.name}"] for port in stage.control_ports}
        block = stage.block(clk=clk, reset=reset, sink=links[number], source=links[number + 1], **own)
        instances.append(named(block, stage.name))
    return instances
