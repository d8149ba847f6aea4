"""Stimuli for cores with several clocks, or none that runs all the time; the same in MyHDL and as machine code.

Every clock is a list of the times at which it rises. At each such instant, in every engine,

1. what is planned up to now takes place: resets and other inputs change, and the outputs settle after each change;
2. the outputs are looked at, and a word moves on a side whose clock rises now wherever valid and ready are high;
3. all clocks that rise now rise together, and the outputs settle;
4. the two sides put on the wire what they offer and accept before the next edge of their own clock.

While a side's reset is high nothing moves on it, and upstream takes its offer back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ip_cores.core import Core
from ip_cores.port import Port
from testbenches.errors import ProtocolError
from testbenches.interface import bits, decode, decode_one, encode, mask

HANDSHAKE = ("valid", "ready")


def rising_edges(period: float, until: float, start: float = 0.0, drift: float = 0.0, turn: float = 1e9) -> np.ndarray:
    """Times at which a clock rises.

    Parameters
    ----------
    period : float
        Picoseconds.
    until, start : float
        Picoseconds; the first edge is at `start`.
    drift : float
        Parts per million by which the period wanders to and fro.
    turn : float
        Picoseconds of one such wander.

    Returns
    -------
    ndarray of int64
        Picoseconds.
    """
    count = max(0, int(np.ceil((until - start) / (period * (1 - abs(drift) * 1e-6)))))
    phase = 2 * np.pi * period * np.arange(count) / turn
    times = start + np.cumsum(period * (1 + drift * 1e-6 * np.sin(phase))) - period
    return np.round(times[times < until]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class ClockedStimulus:
    """What is played to a core, by time.

    Attributes
    ----------
    edges : mapping of str to array of int64
        Rising edges of every clock, in picoseconds.
    words : mapping of str to array of int
        By sink field; of a core with several sinks or sources by the name of the stream, and then by field.
    offer, accept : array of bool
        Patterns by edge of the sink's and of the source's clock, used again and again; by the name of the stream where there are several.
    events : tuple of (int, str, int)
        Picoseconds, input, value; resets are inputs like others. All inputs are 0 before.
    watch : tuple of (str, str)
        Clock and output: the output is looked at just before every edge of the clock.
    """

    edges: Mapping[str, Any]
    words: Mapping[str, Any] = field(default_factory=dict)
    offer: Any = (True,)
    accept: Any = (True,)
    events: tuple[tuple[int, str, int], ...] = ()
    watch: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda event: event[0])))

    def instants(self) -> Iterator[tuple[int, list[str]]]:
        """Times in order, and the clocks that rise then."""
        times = np.concatenate([np.asarray(edges, dtype=np.int64) for edges in self.edges.values()])
        owner = np.repeat(np.arange(len(self.edges)), [len(edges) for edges in self.edges.values()])
        names = list(self.edges)
        order = np.lexsort((owner, times))
        for group in np.split(order, np.flatnonzero(np.diff(times[order])) + 1):
            if len(group):
                yield int(times[group[0]]), [names[owner[place]] for place in group]


@dataclass(frozen=True, eq=False)
class ClockedResponse:
    """What came of it.

    Attributes
    ----------
    words : dict of str to array of int
        By source field.
    sink_edges, source_edges : array of int64
        Edge of the side's own clock at which each word moved.
    watched : dict of (str, str) to array of int
    streams : dict of str to dict of str to array of int
        Words by source and field, where there may be several sources.
    edges : dict of str to array of int64
        Edges at which words moved, by sink and source.
    """

    words: dict[str, np.ndarray]
    sink_edges: np.ndarray
    source_edges: np.ndarray
    watched: dict[tuple[str, str], np.ndarray]
    streams: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    edges: dict[str, np.ndarray] = field(default_factory=dict)

    def differs(self, other: ClockedResponse) -> str:
        """What is not the same in another response; empty if nothing is."""
        pairs = {f"source {name}": (words, other.words[name]) for name, words in self.words.items()}
        pairs |= {"edges of the sink": (self.sink_edges, other.sink_edges), "edges of the source": (self.source_edges, other.source_edges)}
        pairs |= {f"{port} at {clock}": (seen, other.watched[clock, port]) for (clock, port), seen in self.watched.items()}
        return ", ".join(name for name, (one, two) in pairs.items() if not np.array_equal(one, two))


@dataclass(frozen=True)
class Sides:
    """Ports of a core by role, whatever clocks it has.

    Attributes
    ----------
    clocks : tuple of str
    domains : dict of str to (str, str)
        Clock and reset of the side ``sink`` and of the side ``source``, as far as there are such; of each stream where there are several.
    fields : dict of str to dict of str to Port
        What travels with a word, by side and by name without prefix.
    inputs, outputs : dict of str to Port
        Everything else; resets are inputs.
    """

    clocks: tuple[str, ...]
    domains: dict[str, tuple[str, str]]
    fields: dict[str, dict[str, Port]]
    inputs: dict[str, Port]
    outputs: dict[str, Port]

    @classmethod
    def of(cls, core: Core) -> Sides:
        """Sort the ports of a core."""
        names = {port.name for port in core.ports}
        clocks = tuple(dict.fromkeys(clock for clock, _ in core.domains.values()))
        of_side = {**dict.fromkeys(core.sinks, "sink"), **dict.fromkeys(core.sources, "source")}
        domains = {stream: core.domains[side] for stream, side in of_side.items() if f"{stream}_valid" in names and side in core.domains}
        special = {*clocks, *(reset for _, reset in domains.values())}
        fields: dict[str, dict[str, Port]] = {side: {} for side in domains}
        others: dict[str, dict[str, Port]] = {"in": {}, "out": {}}
        for port in core.ports:
            side = next((one for one in domains if port.name.startswith(f"{one}_")), "")
            name = port.name.removeprefix(f"{side}_")
            if port.name in clocks or (side in domains and name in HANDSHAKE):
                continue
            if side in domains and port.name not in special and port.direction == ("in" if side in core.sinks else "out"):
                fields[side][name] = port
            else:
                others[port.direction][port.name] = port
        return cls(clocks, domains, fields, others["in"], others["out"])


class ClockedDevice(Protocol):
    """A simulated core: its ports as raw bits, and its clocks."""

    def set(self, name: str, raw: int) -> None: ...
    def get(self, name: str) -> int: ...
    def rise(self, clocks: list[str]) -> None: ...


class Side:
    """One end of a stream, on a clock of its own; what `ClockedStimulus` says of its edges."""

    def __init__(self, name: str, device: ClockedDevice, sides: Sides, pattern: Any) -> None:
        self.name, self.device = name, device
        self.clock, self.reset = sides.domains[name]
        self.fields = sides.fields[name]
        self.pattern = [bool(bit) for bit in np.atleast_1d(pattern)]
        self.edge, self.moved = 0, []  # type: int, list[int]

    def willing(self) -> bool:
        return self.pattern[self.edge % len(self.pattern)] and not self.device.get(self.reset)


def of_stream(given: Any, name: str) -> Any:
    """What a stimulus says of a stream: what it says of all, or by the stream's name."""
    return given[name] if isinstance(given, Mapping) and name in given else given


class Upstream(Side):
    """Offers words; what is on the wire without an offer is the next word inverted, which nobody may look at."""

    def __init__(self, name: str, device: ClockedDevice, sides: Sides, stimulus: ClockedStimulus) -> None:
        super().__init__(name, device, sides, of_stream(stimulus.offer, name))
        words = of_stream(stimulus.words, name)
        self.words = {field: encode(port, words[field]).tolist() for field, port in self.fields.items()}
        self.count = len(next(iter(self.words.values())))
        self.offering = False

    def look(self) -> None:
        if self.offering and self.device.get(f"{self.name}_ready") and not self.device.get(self.reset):
            self.moved.append(self.edge)
            self.offering = False
        self.edge += 1

    def drive(self) -> None:
        sent = len(self.moved)
        going_on = self.offering and not self.device.get(self.reset)
        self.offering = sent < self.count and (going_on or self.willing())
        self.device.set(f"{self.name}_valid", self.offering)
        for name, port in self.fields.items():
            raw = self.words[name][min(sent, self.count - 1)]
            self.device.set(f"{self.name}_{name}", raw if self.offering else raw ^ mask(bits(port)))


class Downstream(Side):
    """Accepts words, and sees to it that one that was offered stays."""

    def __init__(self, name: str, device: ClockedDevice, sides: Sides, stimulus: ClockedStimulus) -> None:
        super().__init__(name, device, sides, of_stream(stimulus.accept, name))
        self.taken: list[list[int]] = []
        self.held: list[int] | None = None
        self.ready = False

    def look(self) -> None:
        valid = self.device.get(f"{self.name}_valid") and not self.device.get(self.reset)
        word = [self.device.get(f"{self.name}_{name}") for name in self.fields]
        if self.held is not None and not self.device.get(self.reset):
            if not valid:
                raise ProtocolError(f"edge {self.edge} of {self.clock}: {self.name}_valid was taken back before {self.name}_ready")
            if word != self.held:
                raise ProtocolError(f"edge {self.edge} of {self.clock}: the word changed while it was held")
        if valid and self.ready:
            self.moved.append(self.edge)
            self.taken.append(word)
        self.held = word if valid and not self.ready else None
        self.edge += 1

    def drive(self) -> None:
        self.ready = self.willing()
        self.device.set(f"{self.name}_ready", self.ready)


def play_by_time(device: ClockedDevice, core: Core, stimulus: ClockedStimulus, out: list[ClockedResponse]) -> Iterator[None]:
    """Play a stimulus; yields wherever the device has to settle, and leaves the response in `out`."""
    sides = Sides.of(core)
    ends: dict[str, Any] = {
        name: (Upstream if name in core.sinks else Downstream)(name, device, sides, stimulus) for name in sides.domains
    }
    watched: dict[tuple[str, str], list[int]] = {pair: [] for pair in stimulus.watch}
    events = [(time, name, int(encode(sides.inputs[name], value)[0])) for time, name, value in stimulus.events]
    position = 0
    for end in ends.values():
        end.drive()
    yield
    for time, clocks in stimulus.instants():
        while position < len(events) and events[position][0] <= time:
            device.set(*events[position][1:])
            position += 1
            yield
        for clock, name in watched:
            if clock in clocks:
                watched[clock, name].append(decode_one(sides.outputs[name], device.get(name)))
        rising = [end for end in ends.values() if end.clock in clocks]
        for end in rising:
            end.look()
        device.rise(clocks)
        yield
        for end in rising:
            end.drive()
        yield
    streams = {}
    for side in [name for name in ends if name in core.sources]:
        taken = np.array(ends[side].taken, dtype=np.uint64).reshape(-1, len(sides.fields[side]))
        streams[side] = {name: decode(port, taken[:, n]) for n, (name, port) in enumerate(sides.fields[side].items())}
    moved = {name: np.array(end.moved, dtype=np.int64) for name, end in ends.items()}
    none = np.zeros(0, np.int64)
    seen = {pair: np.array(found) for pair, found in watched.items()}
    out.append(ClockedResponse(streams.get("source", {}), moved.get("sink", none), moved.get("source", none), seen, streams, moved))
