"""A loop of a graph, as a core: what is made of the words goes back to the stage in which the loop begins, a word later."""

from __future__ import annotations

import copy
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format, as_words, to_float
from fixed_point.word_lengths.losses import Losses
from ip_cores.blocks.process import rest_of, skip_parts
from ip_cores.chain.meeting import LEAST_DEPTH, Delayed, Edge, Waiting
from ip_cores.chain.paths import words_come_of
from ip_cores.core import Core
from ip_cores.fifo import Fifo
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError
from ip_cores.port import Port
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered, inside
from ip_cores.schedule import Clockwork, Fields
from ip_cores.split import Split

COMES_BACK = Waiting(1, LEAST_DEPTH)
"""What stands where words come back: a zero, and room for the next one."""

LOOKED_AT = 64
"""Words for which it is looked whether one comes of each."""


@dataclass(frozen=True)
class FeedbackLoop(Core):
    """A loop; nobody's description has it, a chain makes it of its stages.

    Attributes
    ----------
    first : Core
        The stage in which it begins, which `closes_loops`.
    forward : Core
        The stages from there to the one whose words leave and come back.
    numbers : tuple of int
        Which stages of the chain they are, the first one's in front.
    came_back : ndarray of float64, optional
        What the reference takes for what comes back.
    """

    first: Core = field(kw_only=True)
    forward: Any = field(kw_only=True)
    numbers: tuple[int, ...] = field(kw_only=True)
    came_back: NDArray[np.float64] | None = field(kw_only=True, default=None)

    def check(self) -> None:
        last = self.forward.parts[-1]
        where = f"stages[{self.numbers[-1]}]"
        if self.forward.drops_words or self.forward.rate != 1:
            raise ParameterError(where, last.name, "must give as many words as the loop takes: each is waited for where they come back")
        given = words_come_of(self.forward, LOOKED_AT)
        if not np.array_equal(given, np.arange(LOOKED_AT + 1)):
            late = int(np.flatnonzero(given != np.arange(LOOKED_AT + 1))[0])
            told = f"of {late} words that the loop takes {int(given[late])} would come back, and nothing would move any more"
            raise ParameterError(where, last.name, f"must give a word of each as soon as it is there; {told}")

    @property
    def _sinks(self) -> tuple[str, str]:
        """Of the first stage, where words enter and where they come back."""
        entering, back = self.first.sinks
        return entering, back

    @property
    def sink_format(self) -> Format:
        return self.first.sinks[self._sinks[0]]

    @property
    def source_format(self) -> Any:
        return self.forward.source_format

    @property
    def source_ports(self) -> tuple[Port, ...]:
        found: tuple[Port, ...] = self.forward.source_ports
        return found

    @property
    def bank_of_words(self) -> tuple[str, int] | None:
        found: tuple[str, int] | None = self.forward.bank_of_words
        return found

    @property
    def waiting(self) -> dict[Edge, Waiting]:
        """What stands in front of inputs, by the numbers of stages."""
        within = {(self.numbers[number + 1], place): room for (number, place), room in self.forward.waiting.items()}
        return within | {(self.numbers[0], 1): COMES_BACK}

    @property
    def derived(self) -> Mapping[str, str]:
        last = self.forward.parts[-1].name
        return {f"{self.first.name} input 1, {last}": "comes round a word later, behind a word of zero"}

    # When words move.

    def timing(self, fields: Fields | None = None) -> Round | None:
        first, forward = self.first.timing(), self.forward.timing()
        return None if first is None or forward is None else Round(first, forward)

    @property
    def delay(self) -> int:
        found: int = self.forward.delay
        return found

    @property
    def group_delay(self) -> Fraction | None:
        found: Fraction | None = self.forward.group_delay
        return found

    @property
    def word_delay(self) -> Fraction | None:
        found: Fraction | None = self.forward.word_delay
        return found

    @property
    def check_length(self) -> int:
        return max(self.first.check_length, int(self.forward.check_length))

    @property
    def patience(self) -> int:
        return int(self.first.patience + self.forward.patience)

    @property
    def settling(self) -> int:
        return int(self.first.settling + self.forward.settling)

    # What becomes of words.

    def played(self, x: Any, exact: bool, values: Steered | None = None) -> tuple[Any, Any, Any]:
        """What comes back, what the first stage gives, and what leaves: so many words at a time as are given before one must be back."""
        given, steered = {} if values is None else dict(values), values is not None
        own = {name: given.pop(f"{self.first.name}_{name}") for name in self.first.run_time_inputs if f"{self.first.name}_{name}" in given}
        first, forward = self.first.loop_player(exact), player(self.forward, exact, steered and bool(given))
        kind, step = x.dtype, self.first.loop_words
        back, left, leaving = np.zeros(1, kind), [np.zeros(0, kind)], [np.zeros(1, kind)]
        for begin in range(0, len(x), step):
            part = slice(begin, begin + step)
            left.append(first(x[part], back, {name: row[part] for name, row in own.items()}))
            back = forward(left[-1], {name: row[part] for name, row in given.items()})
            leaving.append(back)
        found = np.concatenate(leaving)
        return found[:-1], np.concatenate(left), found[1:]

    def model(self, x: Any) -> Any:
        return self.played(as_words(x).astype(np.int64), False)[2]

    def steered_model(self, x: Any, values: Steered) -> Any:
        return self.played(as_words(x).astype(np.int64), False, values)[2]

    def late_reference(self, x: Any) -> Any:
        samples = np.asarray(x, dtype=np.float64)
        if self.came_back is None:
            return self.played(samples, True)[2]
        return self.forward.late_reference(self.first.reference(self._both(samples)))

    def reference(self, x: Any) -> Any:
        return self.late_reference(x)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        if self.came_back is None:
            return self.late_reference(x)
        return self.forward.reference_with(self.first.reference(self._both(np.asarray(x, dtype=np.float64))), coefficients)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        if self.came_back is None:
            return super().limited(x, guard)
        left = self.first.limited(self._both(np.asarray(x, dtype=np.float64)), guard)
        return self.forward.limited(left, guard + self.first.losses.noise.limit)

    def _both(self, samples: NDArray[np.float64]) -> dict[str, Any]:
        """What the first stage gets, where what comes back is known."""
        assert self.came_back is not None
        count = min(samples.size, self.came_back.size)
        return dict(zip(self._sinks, (samples[:count], self.came_back[:count]), strict=True))

    # What word lengths cost: the reference follows what comes back, so that no error goes round.

    @property
    def decides(self) -> bool:
        return True

    def following(self, words: Any) -> FeedbackLoop:
        entering = as_words(words).astype(np.int64)
        back, left, _ = self.played(entering, False)
        first = self.first.following(dict(zip(self._sinks, (entering, back), strict=True)))
        came_back = to_float(back, self.first.sinks[self._sinks[1]])
        found: FeedbackLoop = self.altered(first=first, forward=self.forward.following(left), came_back=came_back)
        return found

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        entering = as_words(words).astype(np.int64)
        back, left, _ = self.played(entering, False)
        heard = dict(zip(self._sinks, (entering, back), strict=True))
        given = {self._sinks[0]: np.asarray(x, dtype=np.float64)[: len(back)], self._sinks[1]: to_float(back, self.sink_format)}
        total = self.first.decisions(given, heard, error)
        if self.forward.decides:
            follower = self.first.following(heard)
            off = hypot(error, float(np.sqrt(follower.losses.noise.power)))
            more = self.forward.decisions(follower.reference(given), left, off)
            total = more if total is None else total + more
        return total

    @property
    def losses(self) -> Losses:
        found: Losses = self.forward.losses.behind(self.first.losses)
        return found

    @property
    def wraps(self) -> bool:
        return bool(self.forward.wraps)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return inside(self.first.run_time_inputs, self.first.name) | dict(self.forward.run_time_inputs)

    @property
    def waits_for_neighbours(self) -> bool:
        return bool(self.forward.waits_for_neighbours)

    @cached_property
    def inventory(self) -> Inventory | None:
        back = Fifo(sink=self.sink_format, depth=COMES_BACK.depth).inventory + Inventory("", multiplexers=self.sink_format.word_length)
        parts = [self.first.inventory, self.forward.inventory, back, Split(ways=2).inventory]
        known = tuple(part for part in parts if part is not None)
        return Inventory("chain", parts=known, control=False) if len(known) == len(parts) else None


def player(core: Any, exact: bool, steered: bool) -> Any:
    """A core that gives a word for each, a few at a time; stages one behind the other each by itself, where nothing is moved."""
    if steered:
        return Replay(core, exact)
    row = [Replay(section, exact) for section in core.sections]

    def play(words: Any, values: Steered) -> Any:
        for one in row:
            words = one(words, values)
        return words

    return play


class Replay:
    """A core that goes on from what it was given before: as much of that is played again as its memory says, or all of it."""

    def __init__(self, core: Core, exact: bool) -> None:
        self.core, self.exact = core, exact
        self.heard: Any = None
        self.values: dict[str, Any] = {}

    def __call__(self, words: Any, values: Steered) -> Any:
        before = words[:0] if self.heard is None else self.heard
        memory = None if values else self.core.memory
        if memory is not None:
            before = before[max(0, len(before) - memory) :]
        self.heard = np.concatenate([before, words])
        self.values = {name: np.concatenate([self.values.get(name, row[:0]), row]) for name, row in values.items()}
        if self.exact:
            found = self.core.late_reference(self.heard)
        else:
            found = self.core.steered_model(self.heard, self.values) if values else self.core.model(self.heard)
        return found[len(before) :]


class Round(Clockwork):
    """When words move in a loop: one is taken when what came of the one before is back."""

    def __init__(self, first: Clockwork, forward: Clockwork) -> None:
        self.first, self.forward, self.back = first, forward, Delayed(COMES_BACK.zeros, COMES_BACK.depth)
        self.gone, self.kept = False, False

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.forward.valid and not self.gone

    def _behind(self, behind: bool) -> bool:
        """Whether both take what leaves, or have it."""
        return (behind or self.gone) and (self.kept or self.back.ready(False))

    def _takes(self, behind: bool) -> bool:
        return self.first.ready(self.forward.ready(self._behind(behind)))

    def ready(self, behind: bool) -> bool:
        return self.back.valid and self._takes(behind)

    def tick(self, offered: bool, behind: bool) -> None:
        both, takes, released = offered and self.back.valid, offered and self._takes(behind), self._behind(behind)
        word, left, onwards = self.forward.valid, self.first.valid, self.forward.ready(released)
        room = self.back.ready(False)
        self.first.tick(both, onwards)
        self.forward.tick(left, released)
        self.back.tick(word and not self.kept, takes)
        if word:
            self.gone, self.kept = (False, False) if released else (self.gone or behind, self.kept or room)

    @property
    def state(self) -> Hashable:
        return self.first.state, self.forward.state, self.back.state, self.gone, self.kept

    def copy(self) -> Any:
        made = copy.copy(self)
        made.first, made.forward, made.back = self.first.copy(), self.forward.copy(), self.back.copy()
        return made

    def rest(self, offered: bool) -> int:
        offers = [offered and self.back.valid, self.first.valid, self.forward.valid and not self.kept]
        return rest_of([self.first, self.forward, self.back], offers, lambda number: False)

    def skip(self, clocks: int) -> None:
        skip_parts([self.first, self.forward, self.back], clocks)
