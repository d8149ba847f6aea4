"""Outputs beside the stream, read in every clock: what belongs to the words of the source, and how many words are inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ip_cores.core import Core
from testbenches.interface import Interface
from testbenches.proof_results import Difference
from testbenches.simulate import in_order
from testbenches.stimulus import Response, Stimulus

MOST_CLOCKS = 10_000
"""Clocks of a run, from its beginning, in which they are read."""

Reading = tuple[str, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""An output, the numbers of what it is held to, in which clocks it was read, and what it had to be."""


def modelled_outputs(core: Core, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Outputs of which a core says what they are."""
    known = {*core.marks(in_order(core, _cut(fields, 0, 1))), core.counts_inside}
    return tuple(name for name in Interface.of(core.ports).outputs if name in known)


def outputs_read(core: Core, fields: Mapping[str, Any]) -> tuple[tuple[int, str], ...]:
    """Clock and port of every reading, for a run of these words; none behind its end, so that no run is longer for them."""
    clocks = min(MOST_CLOCKS, int(len(fields["data"]) * core.cycles_per_sample))
    return tuple((clock, name) for name in modelled_outputs(core, fields) for clock in range(clocks))


def compare_outputs(core: Core, stimulus: Stimulus, response: Response) -> tuple[int, int, Difference | None]:
    """How many were held to what they had to be, how many were something else, and the first of those.

    A mark counts where its word leaves, a count of words in every clock; both begin anew with a reset.
    """
    values: dict[str, dict[int, int]] = {}
    for (clock, name), value in zip(stimulus.probes, response.probes, strict=True):
        values.setdefault(name, {})[clock] = value
    read = {name: np.array(list(found.values()), np.int64) for name, found in values.items()}  # clocks from 0 on, one by one
    compared = different = 0
    first = None
    for name, numbers, clocks, wanted in _readings(core, stimulus.words, response, {name: len(found) for name, found in read.items()}):
        found = read[name][clocks]
        wrong = np.flatnonzero(found != wanted)
        compared, different = compared + len(clocks), different + len(wrong)
        if len(wrong) and (first is None or clocks[wrong[0]] < first.cycle):
            at = wrong[0]
            first = Difference(int(numbers[at]), name, int(wanted[at]), int(found[at]), int(clocks[at]))
    return compared, different, first


def _readings(core: Core, fields: Mapping[str, Any], response: Response, clocks: Mapping[str, int]) -> Iterator[Reading]:
    """What the core says of its outputs, before a reset and behind it."""
    taken, given, reset = response.transferred_before_reset, response.received_before_reset, response.reset_at
    parts: list[tuple[int, int | None, int, int | None, int, int | None]] = [(0, None, 0, None, 0, None)]
    if taken is not None and given is not None and reset is not None:
        parts = [(0, taken, 0, given, 0, reset + 1), (taken, None, given, None, reset + 1, None)]
    for first_in, last_in, first_out, last_out, start, stop in parts:
        sink, source = response.sink_cycles[first_in:last_in], response.source_cycles[first_out:last_out]
        marks = core.marks(in_order(core, _cut(fields, first_in, last_in)))
        for name, count in clocks.items():
            if name == core.counts_inside:
                read = np.arange(start, count if stop is None else min(stop, count))
                yield name, read, read, np.searchsorted(sink, read) - np.searchsorted(source, read)
            else:
                cycles = source[source < count]
                numbers = np.arange(len(cycles))
                yield name, numbers + first_out, cycles, marks[name][: len(cycles)]


def _cut(fields: Mapping[str, Any], start: int, stop: int | None) -> dict[str, Any]:
    return {name: np.asarray(words)[start:stop] for name, words in fields.items()}
