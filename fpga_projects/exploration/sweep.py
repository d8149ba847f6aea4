"""A sweep: every point of a design space through the bit-true model on one signal, with its cost."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fpga_projects.estimation.cost import COLUMNS
from fpga_projects.estimation.price import cost_of
from fpga_projects.exploration.design_space import DesignSpace, Point
from fpga_projects.exploration.metrics import Trial, metric
from fpga_projects.exploration.result_store import ERROR, Row, fingerprint
from ip_cores.core import Core, plain
from testbenches.signals import Input

PROBE = 2048
"""Samples on which a parameter is tried for an effect on the reference."""

KEPT = 8
"""References, and signals as words, that a process keeps."""

WITHOUT_SIGNAL = ("ripple", "stopband")
"""Metrics that the coefficients decide alone."""


@dataclass(frozen=True, eq=False)
class Task:
    """What a worker has to know; calling it with a point gives the point's row.

    Attributes
    ----------
    space : DesignSpace
    metrics : tuple of str
    input : Input
        The signal.
    """

    space: DesignSpace
    metrics: tuple[str, ...]
    input: Input

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of a row, in order."""
        return (*self.space.paths, *self.metrics, *COLUMNS, ERROR)

    @cached_property
    def identity(self) -> str:
        """What results of this task can be told apart by; the ranges do not count."""
        signal = hashlib.sha256(self.input.audio(self.space.base).tobytes()).hexdigest()
        return fingerprint(plain(self.space.base.description), self.space.paths, self.metrics, signal)

    @cached_property
    def telling(self) -> tuple[int, ...]:
        """Places of the parameters that the reference depends on.

        Word lengths should not change the mathematics. Whether they do is tried: each value of each parameter, one at a time, on a short
        piece of the signal, the first and the last on all of it: the least noise that a threshold tracks shows in silence only.
        """
        start = tuple(values[0] for values in self.space.vary.values())
        return tuple(place for place, values in enumerate(self.space.vary.values()) if not self._alike(start, place, values))

    def _alike(self, start: Point, place: int, values: Sequence[Any]) -> bool:
        if not self._same_truth(start, place, values, self.input.beginning(PROBE)):
            return False
        return self._same_truth(start, place, dict.fromkeys((values[0], values[-1])), self.input)

    def _same_truth(self, start: Point, place: int, values: Iterable[Any], input: Input) -> bool:
        seen = []
        for value in values:
            point = (*start[:place], value, *start[place + 1 :])
            try:
                seen.append(truth(self.space.core(point), input))
            except ValueError:
                continue  # it will be recorded as a point that failed
        return all(same(one, seen[0]) for one in seen)

    def __call__(self, point: Point) -> Row:
        return self.row(point)

    def row(self, point: Point, priced: bool = True) -> Row:
        """Parameters, metrics and, if wanted, costs of a point; an error in place of what failed."""
        row: Row = dict(zip(self.space.paths, point, strict=True))
        try:
            core = self.space.core(point)
            trial = self.trial(core, point)
            row |= {name: metric(name).measure(trial) for name in self.metrics}
            row |= asdict(cost_of(core)) if priced else {}
        except Exception as error:  # whatever it is, the other points go on
            row[ERROR] = " ".join(f"{error}".split()) or type(error).__name__
            if not isinstance(error, ValueError | MemoryError):
                row[ERROR] = f"{type(error).__name__}: {row[ERROR]}"
        return row

    def trial(self, core: Core, point: Point) -> Trial:
        """The core on the signal, with what other points have in common with it taken from a store."""
        store = _store(self.identity)
        if all(name in WITHOUT_SIGNAL for name in self.metrics):
            return Trial(core, np.zeros(0, np.int64), np.zeros(0))
        told = tuple(point[place] for place in self.telling)
        words = store.get(("words", core.sink_format, *told), lambda: self.input.words(core))
        return Trial(core, words, store.get(("truth", *told), lambda: truth(core, self.input)))


def truth(core: Core, input: Input) -> Any:
    """What the reference makes of a signal before it becomes words."""
    return core.reference(input.values(core))


def same(one: Any, other: Any) -> bool:
    """Whether two results of references are equal to the last bit."""
    if isinstance(one, tuple):
        return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    return np.array_equal(one, other)


class Store:
    """The last few things that were computed, by key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Any] = OrderedDict()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            self._kept[key] = make()
            while len(self._kept) > 2 * KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]


_stores: dict[str, Store] = {}


def _store(identity: str) -> Store:
    """The store of a task in this process; that of another task is dropped."""
    if identity not in _stores:
        _stores.clear()
        _stores[identity] = Store()
    return _stores[identity]


def better(name: str, one: float, other: float) -> bool:
    """Whether the first value of a metric is the better one."""
    return one > other if metric(name).more_is_better else one < other


def goodness(name: str, value: Any) -> float:
    """A metric's value so that more is better; minus infinity where there is none."""
    if value is None or math.isnan(value):
        return -math.inf
    return value if metric(name).more_is_better else -value
