"""When words move in a graph: where they part, where they meet, and how much room a branch needs so that another can be slower.

A stream that goes to several readers gives each its word as soon as that one can take it, and the next word when all have this one. A
core with several sinks takes a word of each when all are there. Where one branch gives its word later than another, clocks later or only
after more words, the words of the other wait in a queue in front of the place where they meet. Without it the clocks would add up; where a
branch has to take more words before it gives one, nothing would move any more.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ip_cores.blocks.process import PASS, Process, rest_of, skip_parts, wait
from ip_cores.chain.wiring import ENTERING, Wiring
from ip_cores.fifo import Queue
from ip_cores.schedule import Clockwork, Period, Run, period_of, repeats_of
from ip_cores.stream_register import TwoWords

Edge = tuple[int, int]
"""A reader and the number of its input."""

ROOMY = 1 << 20
"""Words of a queue that is never full."""

LEAST_DEPTH = 3
"""Words of the smallest queue in a memory."""

MOST_LARGER = 3
"""Inputs that get more room than the least, where that is looked for; beyond it all get as much as they can use."""


@dataclass(frozen=True)
class Waiting:
    """What stands in front of an input: so many zeros after a reset, then the words, for which there is so much room.

    Attributes
    ----------
    zeros : int
        Words of zero that go before the first: samples by which the branch is delayed.
    depth : int
        Words that fit.
    """

    zeros: int
    depth: int

    @property
    def is_register(self) -> bool:
        """Whether two registers do, without a memory."""
        return not self.zeros and self.depth <= 2

    def clockwork(self) -> Clockwork:
        return TwoWords() if self.is_register else Delayed(self.zeros, self.depth)


class Delayed(Clockwork):
    """A queue whose words leave behind some zeros."""

    def __init__(self, zeros: int, depth: int) -> None:
        self.left, self.queue = zeros, Queue(depth)

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.left > 0 or self.queue.valid

    def ready(self, behind: bool) -> bool:
        return self.queue.ready(behind)

    def tick(self, offered: bool, behind: bool) -> None:
        self.queue.tick(offered, behind and not self.left)
        self.left -= self.left > 0 and behind

    @property
    def state(self) -> Hashable:
        return self.left, self.queue.state

    def copy(self) -> Any:
        made = copy.copy(self)
        made.queue = self.queue.copy()
        return made

    def rest(self, offered: bool) -> int:
        return 0 if self.left else self.queue.rest(offered)


class Meeting(Clockwork):
    """Parts of which each takes a word of every one that it reads, the last of them the source's.

    Parameters
    ----------
    parts : sequence of Clockwork
        Each behind those that it reads.
    inputs : sequence of sequence of int
        What each reads: numbers of parts, `ENTERING` for what is offered.
    """

    def __init__(self, parts: Sequence[Clockwork], inputs: Sequence[Sequence[int]]) -> None:
        self.parts, self.inputs = list(parts), tuple(map(tuple, inputs))
        readers: dict[int, list[Edge]] = {number: [] for number in range(ENTERING, len(parts))}
        for number, given in enumerate(self.inputs):
            for place, one in enumerate(given):
                readers[one].append((number, place))
        self.readers = {number: tuple(found) for number, found in readers.items()}
        self.taken: dict[Edge, bool] = {edge: False for found in readers.values() if len(found) > 1 for edge in found}

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.parts[-1].valid

    @property
    def repeats(self) -> Period | None:  # type: ignore[override]
        return repeats_of(self.parts, self)

    def _offers(self, offered: bool) -> list[list[bool]]:
        """Whether a word stands at each input of each part."""
        valid = {number: part.valid for number, part in enumerate(self.parts)} | {ENTERING: offered}
        return [
            [valid[one] and not self.taken.get((number, place), False) for place, one in enumerate(given)]
            for number, given in enumerate(self.inputs)
        ]

    def _readies(self, offers: list[list[bool]], behind: bool) -> tuple[dict[int, bool], dict[Edge, bool]]:
        """Whether what stands behind a part, and behind what enters, takes a word; and whether each input does."""
        behinds, takes = {len(self.parts) - 1: behind}, dict[Edge, bool]()
        for number in range(len(self.parts) - 1, ENTERING - 1, -1):
            if number not in behinds:
                behinds[number] = all(takes[edge] or self.taken.get(edge, False) for edge in self.readers[number])
            if number != ENTERING:
                ready, there = self.parts[number].ready(behinds[number]), offers[number]
                for place in range(len(there)):
                    takes[number, place] = ready and all(there[:place]) and all(there[place + 1 :])
        return behinds, takes

    def ready(self, behind: bool) -> bool:
        return self._readies(self._offers(True), behind)[0][ENTERING]

    def tick(self, offered: bool, behind: bool) -> None:
        offers = self._offers(offered)
        behinds, takes = self._readies(offers, behind)
        valid = {number: part.valid for number, part in enumerate(self.parts)} | {ENTERING: offered}
        for number, part in enumerate(self.parts):
            part.tick(all(offers[number]), behinds[number])
        for edge in self.taken:
            one = self.inputs[edge[0]][edge[1]]
            if valid[one]:
                self.taken[edge] = not behinds[one] and (self.taken[edge] or takes[edge])

    @property
    def state(self) -> Hashable:
        return (*(part.state for part in self.parts), *self.taken.values())

    def copy(self) -> Any:
        made = copy.copy(self)
        made.parts, made.taken = [part.copy() for part in self.parts], dict(self.taken)
        return made

    def rest(self, offered: bool) -> int:
        offers = self._offers(offered)
        return rest_of(self.parts, [all(there) for there in offers], lambda number: not self._readies(offers, True)[0][number])

    def skip(self, clocks: int) -> None:
        skip_parts(self.parts, clocks)


def meeting(parts: Sequence[Clockwork], wiring: Wiring, waiting: dict[Edge, Waiting], pace: int = 1) -> Meeting:
    """The timing of a graph, with what waits in front of inputs; a word enters in so many clocks at most."""
    slow = pace > 1
    made: list[Clockwork] = [Process([PASS, wait(pace - 1)])] if slow else []
    inputs: list[tuple[int, ...]] = [(ENTERING,)] if slow else []
    places = {ENTERING: 0 if slow else ENTERING}
    for number in wiring.order:
        own = []
        for place, one in enumerate(wiring.inputs[number]):
            own.append(places[one])
            if (number, place) in waiting:
                made.append(waiting[number, place].clockwork())
                inputs.append((places[one],))
                own[-1] = len(made) - 1
        made.append(parts[number])
        inputs.append(tuple(own))
        places[number] = len(made) - 1
    return Meeting(made, inputs)


def rooms(
    make: Sequence[Callable[[], Clockwork | None]],
    counts: Sequence[Callable[[int], Any]],
    wiring: Wiring,
    zeros: dict[Edge, int],
    words: int,
    slowest: int = 1,
) -> dict[Edge, Waiting]:
    """What has to stand in front of the inputs of parts that have several: as little as keeps every branch at its own pace.

    Parameters
    ----------
    make : sequence of callable
        Gives the timing of each part as it is after a reset, None where that depends on the data.
    counts : sequence of callable
        How many words come of 0, 1, … so many sink words, of each part.
    wiring : Wiring
    zeros : mapping of (int, int) to int
        Words by which inputs are delayed.
    words : int
        As many that enter are looked at.
    slowest : int
        Clocks for a word that enters of the slowest of those where branches meet. In front of it queues that are never full would fill
        for ever, so that words come no faster where what they would hold is looked for.

    Returns
    -------
    dict of (int, int) to Waiting
        Nothing for inputs at which nothing waits.
    """
    edges = [(number, place) for number in wiring.order for place in range(len(wiring.inputs[number])) if len(wiring.inputs[number]) > 1]
    held = held_back(counts, wiring, zeros, words)
    timings = [one() for one in make]
    if any(timing is None for timing in timings):
        return {edge: Waiting(zeros.get(edge, 0), max(held[edge] + 2, LEAST_DEPTH)) for edge in edges}

    def built(waiting: dict[Edge, Waiting], clocks: int = 1) -> Meeting:
        return meeting([one() for one in make], wiring, waiting, clocks)  # type: ignore[misc]

    def pace(waiting: dict[Edge, Waiting], clocks: int = 1) -> Any:
        return period_of(built(waiting, clocks)).cycles_per_sample

    roomy = {edge: Waiting(zeros.get(edge, 0), ROOMY) for edge in edges}
    best, fullest = pace(roomy, slowest), _fullest(built(roomy, slowest), edges)
    ample = {edge: Waiting(zeros.get(edge, 0), max(held[edge] + 1, fullest[edge] + 2, LEAST_DEPTH)) for edge in edges}
    least: dict[Edge, list[Waiting | None]] = {
        edge: [ample[edge]] if one.zeros else [None] * (not held[edge]) + [Waiting(0, 2)] * (held[edge] <= 1) + [ample[edge]]
        for edge, one in ample.items()
    }
    for choice in _by_size([least[edge] for edge in edges]):
        tried = {edge: one for edge, one in zip(edges, choice, strict=True) if one is not None}
        if pace(tried) == best:
            return tried
    return ample


def _by_size(options: Sequence[Sequence[Waiting | None]]) -> Iterator[tuple[Waiting | None, ...]]:
    """One of each, the least first: all as small as can be, then one larger, then two; those that are none of these are not tried."""
    places = range(len(options))
    for larger in range(min(len(options), MOST_LARGER) + 1):
        for chosen in itertools.combinations(places, larger):
            grown = [options[place][1:] if place in chosen else options[place][:1] for place in places]
            if all(grown):
                yield from itertools.product(*grown)


def held_back(
    counts: Sequence[Callable[[int], Any]], wiring: Wiring, zeros: dict[Edge, int], words: int
) -> dict[Edge, int]:
    """Most words that wait at each input for those of the others, when all have taken as many words as entered."""
    given: dict[int, NDArray[np.int64]] = {ENTERING: np.arange(words + 1)}
    found: dict[Edge, int] = {}
    for number in wiring.order:
        there = [given[one] + zeros.get((number, place), 0) for place, one in enumerate(wiring.inputs[number])]
        taken = np.minimum.reduce(there)
        if len(there) > 1:
            found |= {(number, place): int((one - taken).max()) for place, one in enumerate(there)}
        given[number] = np.asarray(counts[number](int(taken[-1])))[taken]
    return found


def _fullest(made: Meeting, edges: Sequence[Edge]) -> dict[Edge, int]:
    """Most words in the queues of a graph whose queues are never full, over a period."""
    queues = [part for part in made.parts if isinstance(part, Delayed)]
    most = [0] * len(queues)
    run, seen = Run(made), set[Hashable]()
    while True:
        known = len(run.taken)
        run.step()
        most = [max(one, queue.queue.level) for one, queue in zip(most, queues, strict=True)]
        if len(run.taken) > known:
            if made.state in seen:
                return dict(zip(edges, most, strict=True))
            seen.add(made.state)


