"""Timings of the usual shapes: one thing after the other, a pipeline, several of them in a row."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ip_cores.schedule import FOREVER, Clockwork, Fields, Period, repeats_of

TAKE, GIVE, PASS = -1, -2, -3
"""What a process does in a clock: takes a word; lets a word begin its way to the source; both at once."""


def wait(clocks: int) -> int:
    """So many clocks in which no word moves."""
    return clocks


class Process(Clockwork):
    """One thing after the other, from the beginning when it is through.

    Parameters
    ----------
    loop : iterable of int
        `TAKE`, `GIVE`, `PASS` and `wait` (a number of clocks), again and again.
    once : iterable of int
        The same, before that: clearing a memory.
    line : int
        Registers through which a word goes before it reaches that of the output.
    rigid : bool
        Whether everything stands still while a word waits at the output. Otherwise it does when a word is about to get there.
    """

    def __init__(self, loop: Iterable[int], once: Iterable[int] = (), line: int = 0, rigid: bool = False) -> None:
        first = tuple(merged(once))
        self.actions = (*first, *merged(loop))
        self.back, self.length, self.rigid = len(first), line, rigid
        self.mask, self.end = (1 << line) - 1, 1 << line >> 1
        self.place, self.line, self.valid = 0, 0, False
        self.left = max(self.actions[0], 0)

    def _moves(self, behind: bool) -> bool:
        if behind or not self.valid:
            return True
        return not (self.rigid or (self.line & self.end if self.length else self.actions[self.place] == GIVE))

    def ready(self, behind: bool) -> bool:
        return self.actions[self.place] in (TAKE, PASS) and self._moves(behind)

    def tick(self, offered: bool, behind: bool) -> None:
        if not self._moves(behind):
            return
        action = self.actions[self.place]
        enters = action == GIVE or (action == PASS and offered)
        if self.length:
            leaves = self.line & self.end
            self.line = (self.line << 1 | enters) & self.mask
        else:
            leaves = enters
        if leaves:
            self.valid = True
        elif behind:
            self.valid = False
        if action > 0:
            self.left -= 1
            if self.left:
                return
        elif not offered and action != GIVE:
            return
        self.place += 1
        if self.place == len(self.actions):
            self.place = self.back
        self.left = self.actions[self.place]

    @property
    def state(self) -> Hashable:
        return self.place, self.left, self.line, self.valid

    def rest(self, offered: bool) -> int:
        if self.valid or self.line:
            return 0
        if self.left > 0:
            return self.left - 1
        return FOREVER if self.left in (TAKE, PASS) and not offered else 0

    def skip(self, clocks: int) -> None:
        if self.left > 0:
            self.left -= clocks


def merged(actions: Iterable[int]) -> Iterator[int]:
    """Actions with neighbouring waits in one, and none of no clocks."""
    waiting = 0
    for action in actions:
        if action >= 0:
            waiting += action
            continue
        if waiting:
            yield waiting
        waiting = 0
        yield action
    if waiting:
        yield waiting


def pipeline(stages: int, decimation: int = 1, interpolation: int = 1) -> Process:
    """A pipeline that moves as a whole; of a decimator's samples the first of so many enters, of an interpolator's so many words do."""
    return Process([PASS, *[TAKE] * (decimation - 1), *[GIVE] * (interpolation - 1)], line=stages - 1, rigid=True)


def heeding(
    control: Callable[..., Iterable[int]], regular: Fields, fields: Fields | None, begin: Iterable[int] = (), **others: Any
) -> Process:
    """A process that goes by what comes beside the words.

    Parameters
    ----------
    control : callable
        Gives the actions for words with such fields, each of them a list of int.
    regular : mapping of str to array of int
        A period of the fields as they come when nothing is amiss.
    fields : mapping of str to array of int, optional
        Those that come.
    begin : iterable of int
        Actions before the first word.
    **others
        As for `Process`.
    """
    lists = {name: listed((regular if fields is None else fields)[name]) for name in regular}
    if fields is None:
        return Process(control(**lists), once=begin, **others)
    return Process([TAKE], once=(*begin, *control(**lists)), **others)


def listed(values: ArrayLike) -> list[int]:
    return np.asarray(values).tolist()


class Connected(Clockwork):
    """Timings one behind the other: the words that leave one enter the next."""

    def __init__(self, parts: Sequence[Clockwork]) -> None:
        self.parts = list(parts)

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.parts[-1].valid

    @property
    def repeats(self) -> Period | None:  # type: ignore[override]
        return repeats_of(self.parts, self)

    def readies(self, behind: bool) -> list[bool]:
        """Whether each part takes a word, and at the end what stands behind."""
        found = [behind]
        for part in reversed(self.parts):
            found.append(part.ready(found[-1]))
        return found[::-1]

    def ready(self, behind: bool) -> bool:
        for part in reversed(self.parts):
            behind = part.ready(behind)
        return behind

    def tick(self, offered: bool, behind: bool) -> None:
        readies = self.readies(behind)
        for number, part in enumerate(self.parts):
            leaving = part.valid
            part.tick(offered, readies[number + 1])
            offered = leaving

    @property
    def state(self) -> Hashable:
        return tuple(part.state for part in self.parts)

    def copy(self) -> Any:
        made = copy.copy(self)
        made.parts = [part.copy() for part in self.parts]
        return made

    def rest(self, offered: bool) -> int:
        offers = [offered, *(part.valid for part in self.parts[:-1])]
        return rest_of(self.parts, offers, lambda number: number + 1 < len(self.parts) and not self.readies(True)[number + 1])

    def skip(self, clocks: int) -> None:
        skip_parts(self.parts, clocks)


WORTH = 8
"""Clocks of a rest for which it is worth while to see whether parts that hold a word stand still."""


def rest_of(parts: Sequence[Clockwork], offers: Sequence[bool], blocked: Callable[[int], bool]) -> int:
    """Clocks in which nothing but countdowns goes on in parts that give words to each other.

    A part rests by itself, or stands still with a word that those behind it do not take, which rest: a fast core in front of a slow one.

    Parameters
    ----------
    parts : sequence of Clockwork
        Each in front of those that read it.
    offers : sequence of bool
        Whether each has a word to take.
    blocked : callable
        Whether nothing takes the word of the part with this number, whatever stands behind all of them.
    """
    rests = [part.rest(offer) for part, offer in zip(parts, offers, strict=True)]
    standing = [number for number, clocks in enumerate(rests) if not clocks]
    clocks = min((clocks for clocks in rests if clocks), default=0)
    if not standing:
        return clocks
    still = WORTH <= clocks < FOREVER and all(blocked(number) and parts[number].stands(offers[number]) for number in standing)
    return clocks if still else 0


def skip_parts(parts: Sequence[Clockwork], clocks: int) -> None:
    """So many edges of a rest of parts, in which those that stand still have nothing to count."""
    for part in parts:
        if part.rest(False):
            part.skip(clocks)
