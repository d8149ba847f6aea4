"""Whether words move in the clocks in which the core says that they do, with stalls and without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ip_cores.core import Core
from ip_cores.schedule import Fields, Schedule, played, unstalled
from testbenches.stimulus import Response, Stimulus

FOLLOWED = 20_000
"""Clocks from the start, and from a reset in mid-stream, in which every word is looked at where either side stalls."""


def first_late(core: Core, stimulus: Stimulus, response: Response) -> str | None:
    """The first word that moved in another clock than the core tells, as a sentence; None if all moved in theirs.

    Without stalls and reset the whole run is looked at; otherwise `FOLLOWED` clocks of it, and as many behind the reset. A core whose
    clocks depend on the data tells none, nor is anything told where words wait for inputs to move.
    """
    if stimulus.moves:
        return None
    beside = {name: np.asarray(words) for name, words in stimulus.words.items() if name != "data"}
    reset = response.reset_at
    if stimulus.offer is None and stimulus.accept is None and reset is None:
        timing = core.timing(irregular(core, beside, len(stimulus)))
        told = None if timing is None else unstalled(timing, len(stimulus))
        return None if told is None else late(told, response, 0, response.cycles)
    ends = response.cycles if reset is None else reset
    found = followed(core, stimulus, beside, response, 0, min(ends, FOLLOWED))
    if found or reset is None:
        return found
    start = reset + stimulus.reset_cycles
    return followed(core, stimulus, beside, response, start, min(response.cycles, start + FOLLOWED))


def irregular(core: Core, beside: Fields, count: int) -> Fields | None:
    """What comes beside the words, if it is not what usually does."""
    usual: Mapping[str, Any] = core.accompany(np.zeros(count, np.int64))
    return None if all(np.array_equal(words, usual[name]) for name, words in beside.items()) else beside


def followed(core: Core, stimulus: Stimulus, beside: Fields, response: Response, start: int, stop: int) -> str | None:
    """The first word that moved in another clock than told, of those from one clock on, in which the core is new, to another."""
    if stop <= start:
        return None
    taken = int(np.searchsorted(response.sink_cycles, start))
    count = min(len(stimulus) - taken, stop - start)
    coming = {name: np.asarray(words)[taken : taken + count] for name, words in beside.items()}
    timing = core.timing(irregular(core, coming, count))
    if timing is None:
        return None
    always = np.ones(1, dtype=bool)
    offer, accept = (always if pattern is None else pattern for pattern in (stimulus.offer, stimulus.accept))
    return late(played(timing, len(stimulus) - taken, offer.tolist(), accept.tolist(), start, stop), response, start, stop)


def late(told: Schedule, response: Response, start: int, stop: int) -> str | None:
    """The first word that moved in another clock than told, of the clocks from one to another."""
    found = []
    for side, clocks, moved in (("sink", told.taken, response.sink_cycles), ("source", told.given, response.source_cycles)):
        first, last = np.searchsorted(moved, (start, stop))
        seen = moved[first:last]
        common = min(len(clocks), len(seen))
        differ = np.flatnonzero(clocks[:common] != seen[:common])
        at = int(differ[0]) if len(differ) else common
        if at < max(len(clocks), len(seen)):
            cycles = [int(row[at]) if at < len(row) else None for row in (clocks, seen)]
            found.append((min(cycle for cycle in cycles if cycle is not None), sentence(side, int(first) + at, *cycles)))
    return min(found)[1] if found else None


def sentence(side: str, word: int, told: int | None, seen: int | None) -> str:
    """What is wrong with the clock of a word."""
    does = {"sink": "is taken", "source": "is given"}[side]
    when = "by then" if seen is None else f"in cycle {seen}"
    wanted = "not at all" if told is None else f"in cycle {told}"
    return f"clocks: {side} word {word} {does if seen is not None else does.replace('is', 'is not')} {when}, the core tells {wanted}"
