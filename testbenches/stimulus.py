"""What goes into a simulation and what comes out of it, the same for every engine.

One clock cycle, in every engine, is this:

1. at the start of cycle c the events of c take place, and `reset` is high if c lies in the reset pulse;
2. unless in reset, upstream begins to offer the next word if ``offer[c % len(offer)]``; once offered, valid
   stays high with steady data until the word is taken (Avalon-ST, readyLatency 0);
3. downstream is ready if ``accept[c % len(accept)]``;
4. the outputs settle, and the rising edge that ends the cycle moves a word wherever valid and ready are high.

Where inputs move in front of a word (`Stimulus.moves`), upstream offers that word only when everything has come to rest: nothing has moved
for `Stimulus.pause` cycles in which downstream was willing. In the next cycles the moves take place, and in that of the last of them the
word may be offered. So it is certain which words met which value.

Before cycle 0 the reset is high for `POWER_UP` cycles. In a reset nothing moves: upstream takes its offer back
and offers the same word again afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from testbenches.errors import ProtocolError, SimulationError
from testbenches.interface import Interface, decode, encode

POWER_UP = 4  # cycles of reset before cycle 0
OFFER_LENGTH, ACCEPT_LENGTH = 4099, 4093  # primes, so that the two patterns never repeat together


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Words for the sink and everything else that a run depends on.

    Attributes
    ----------
    words : mapping of str to array of int, shape (n,)
        By sink field: ``data`` and, where the core has them, ``channel``, ``startofpacket``, ``endofpacket``.
    offer, accept : array of bool, optional
        Patterns by clock cycle, used again and again; None is always.
    reset_at : int, optional
        Cycle at which reset is pulsed in mid-stream.
    reset_after : int, optional
        Sink words after which it is pulsed instead: `reset_delay` cycles behind the one in which the last of them was taken.
    reset_delay : int
    reset_cycles : int
        Length of that pulse.
    controls : mapping of str to int
        Values of the other inputs from the start; 0 for those not named.
    events : tuple of (cycle, port, value)
        Changes of those inputs during the run.
    moves : tuple of (word, offset, port, value)
        Changes of those inputs in front of a sink word, in the first cycle of a rest or so many cycles later; in a run without a reset.
    pause : int
        Cycles without a word moving after which that rest has come.
    probes : tuple of (cycle, port)
        Outputs to be read at the end of a cycle.
    expected : int, optional
        The run ends when so many source words have arrived.
    cycles : int, optional
        The run ends after so many cycles.
    drain : int
        The run ends after so many cycles in which nothing moved although both sides were willing; if words are
        left by then, the core hangs.
    idle : {"invert", "hold"}
        What the sink's data show while valid is low: the next word inverted, which a core must not look at, or
        the next word.
    """

    words: Mapping[str, Any] = field(default_factory=dict)
    offer: Any = None
    accept: Any = None
    reset_at: int | None = None
    reset_after: int | None = None
    reset_delay: int = 0
    reset_cycles: int = 2
    controls: Mapping[str, int] = field(default_factory=dict)
    events: tuple[tuple[int, str, int], ...] = ()
    moves: tuple[tuple[int, int, str, int], ...] = ()
    pause: int = 100
    probes: tuple[tuple[int, str], ...] = ()
    expected: int | None = None
    cycles: int | None = None
    drain: int = 1000
    idle: str = "invert"

    def __post_init__(self) -> None:
        for name in ("offer", "accept"):
            pattern = getattr(self, name)
            if pattern is None:
                continue
            pattern = np.asarray(pattern, dtype=bool)
            if pattern.ndim != 1 or not pattern.any():
                raise ValueError(f"{name}: must be a one-dimensional pattern with at least one True")
            object.__setattr__(self, name, pattern)
        if len({len(np.atleast_1d(words)) for words in self.words.values()}) > 1:
            raise ValueError("words: all fields must have the same length")
        least = {"reset_at": 0, "reset_after": 0, "reset_delay": 0, "reset_cycles": 1, "expected": 0, "cycles": 1, "drain": 1, "pause": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise ValueError(f"{name} = {value}: must be {low} or more")
        if self.reset_at is not None and self.reset_after is not None:
            raise ValueError("reset_after: must not be given together with reset_at")
        if self.moves and (self.reset_at is not None or self.reset_after is not None):
            raise ValueError("moves: must not be given together with a reset")
        if self.moves and self.pause > self.drain:
            raise ValueError(f"pause = {self.pause}: must be {self.drain} or less, the drain")
        for word, offset, port, _ in self.moves:
            if not 0 <= word < len(self) or offset < 0:
                raise ValueError(f"moves: word {word}, {offset} cycles: must be in front of one of {len(self)} words, or later ({port})")
        for cycle in [event[0] for event in self.events] + [probe[0] for probe in self.probes]:
            if cycle < 0:
                raise ValueError(f"cycle {cycle} of an event or probe: must be 0 or more")
        if self.idle not in ("invert", "hold"):
            raise ValueError(f'idle = "{self.idle}": must be one of invert, hold')
        object.__setattr__(self, "events", tuple(sorted(self.events, key=lambda event: event[0])))
        object.__setattr__(self, "moves", tuple(sorted(self.moves, key=lambda move: move[:2])))
        object.__setattr__(self, "probes", tuple(sorted(self.probes, key=lambda probe: probe[0])))

    def __len__(self) -> int:
        """Number of sink words."""
        return len(np.atleast_1d(next(iter(self.words.values())))) if self.words else 0

    @property
    def first_reset(self) -> int | None:
        """Cycle of the reset as far as it is known before the run."""
        return self.reset_delay if self.reset_after == 0 else self.reset_at

    @property
    def last_planned(self) -> int:
        """Last cycle in which something is planned: the run does not end before it is over."""
        ends = [event[0] for event in self.events] + [probe[0] for probe in self.probes]
        if self.first_reset is not None:
            ends.append(self.first_reset + self.reset_cycles - 1)
        return max(ends, default=-1)

    @classmethod
    def random_stalls(cls, words: Any, seed: int | np.random.Generator = 0, probability: float = 0.3, **others: Any) -> Stimulus:
        """A stimulus with stalls on both sides: single cycles, bursts, and stretches at full rate.

        Parameters
        ----------
        words : mapping or array
            An array stands for the field ``data``.
        seed : int or numpy Generator
        probability : float
            Part of the cycles in which a side stalls, about.
        **others
            Further fields of `Stimulus`.
        """
        rng = np.random.default_rng(seed)
        words = words if isinstance(words, Mapping) else {"data": words}
        offer = stall_pattern(rng, OFFER_LENGTH, probability)
        accept = stall_pattern(rng, ACCEPT_LENGTH, probability)
        return cls(words=words, offer=offer, accept=accept, **others)

    def runaway(self, interface: Interface) -> int | None:
        """Source words without a sink word between them that no core has to say; None where a limit is set otherwise."""
        free = not interface.has_sink or self.expected is not None or self.cycles is not None
        return None if free else 1000 + 10 * self.drain

    def replace(self, **changes: Any) -> Stimulus:
        """The same stimulus with some fields changed."""
        return replace(self, **changes)

    def prepare(self, interface: Interface) -> Plan:
        """Check the stimulus against the ports, and bring all values to bits.

        Raises
        ------
        ValueError
            If a field or port is unknown or missing, or a value does not fit.
        """
        _same_names("words", self.words, interface.sink, required=True)
        for name, known in (("controls", interface.inputs), ("probes", interface.outputs)):
            used = self.controls if name == "controls" else {port: 0 for _, port in self.probes}
            _same_names(name, used, known)
        changed = {"events": [event[1] for event in self.events], "moves": [move[2] for move in self.moves]}
        for what, ports in changed.items():
            _same_names(what, dict.fromkeys(ports, 0), interface.inputs)
        controls = {name: int(encode(port, self.controls.get(name, 0))[0]) for name, port in interface.inputs.items()}
        events = tuple((int(c), name, int(encode(interface.inputs[name], value)[0])) for c, name, value in self.events)
        moves = tuple((word, at, name, int(encode(interface.inputs[name], value)[0])) for word, at, name, value in self.moves)
        sink = {name: encode(port, self.words[name]) for name, port in interface.sink.items()}
        one = np.ones(1, dtype=bool)
        return Plan(
            sink=sink,
            length=len(self),
            offer=one if self.offer is None else self.offer,
            accept=one if self.accept is None else self.accept,
            controls=controls,
            events=events,
            moves=moves,
        )


@dataclass(frozen=True)
class Plan:
    """A stimulus as bits: what an engine plays."""

    sink: dict[str, np.ndarray]
    length: int
    offer: np.ndarray
    accept: np.ndarray
    controls: dict[str, int]
    events: tuple[tuple[int, str, int], ...]
    moves: tuple[tuple[int, int, str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Response:
    """What a run gave.

    Attributes
    ----------
    words : dict of str to array of int, shape (m,)
        Source words by field.
    sink_cycles, source_cycles : array of int64
        Cycle in which each word was taken and delivered.
    cycles : int
        Length of the run, without the first reset.
    seconds : float
        Time that the simulation took, without compiling.
    reset_at : int or None
        Cycle at which the reset in mid-stream began.
    transferred_before_reset, received_before_reset : int or None
        Sink and source words that moved before the reset in mid-stream.
    probes : tuple of int
        Values read at `Stimulus.probes`.
    final : dict of str to int
        Other outputs at the end of the run.
    transitions : array of uint64
        Of every net, where they were counted (see `testbenches.toggles`).
    flipped : array of uint64
        There too, the bits of every net that ever changed, net behind net in words of 64, the lowest first.
    state_moves : array of uint64, shape (machines, STATE_VALUES, STATE_VALUES)
        There too, of every state register: in how many cycles that no reset was before one value followed another, or itself.
    """

    words: dict[str, np.ndarray]
    sink_cycles: np.ndarray
    source_cycles: np.ndarray
    cycles: int
    seconds: float
    reset_at: int | None = None
    transferred_before_reset: int | None = None
    received_before_reset: int | None = None
    probes: tuple[int, ...] = ()
    final: dict[str, int] = field(default_factory=dict)
    transitions: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    flipped: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))
    state_moves: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))

    @property
    def data(self) -> np.ndarray:
        """Source words of the field ``data``."""
        return self.words["data"]

    @property
    def cycles_per_second(self) -> float:
        return self.cycles / self.seconds if self.seconds > 0 else float("inf")


@dataclass(frozen=True)
class Trace:
    """All that was seen at the ports, one row per cycle from the start of the first reset.

    Attributes
    ----------
    reset, sink_valid, sink_ready, source_valid, source_ready : array of bool, shape (cycles,)
    source : dict of str to array of uint64
    outputs : dict of str to array of uint64
    breaches : tuple of (row, sentence)
        What the engine itself saw: outputs neither 0 nor 1, valid that depends on ready.
    """

    reset: np.ndarray
    sink_valid: np.ndarray
    sink_ready: np.ndarray
    source_valid: np.ndarray
    source_ready: np.ndarray
    source: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    breaches: tuple[tuple[int, str], ...] = ()


def respond(interface: Interface, stimulus: Stimulus, trace: Trace, seconds: float) -> Response:
    """What a trace means: words moved, in which cycles; and whether the protocol was kept.

    Raises
    ------
    ProtocolError
        At the first cycle in which the core broke the protocol.
    SimulationError
        If the core stopped to take words, or gives words without end.
    """
    check_protocol(trace)
    live = ~trace.reset
    taken = np.flatnonzero(live & trace.sink_valid & trace.sink_ready)
    given = np.flatnonzero(live & trace.source_valid & trace.source_ready)
    cycles = len(trace.reset) - POWER_UP
    words = {name: decode(port, trace.source[name][given]) for name, port in interface.source.items()}
    taken, given = taken - POWER_UP, given - POWER_UP
    stopped_early = (stimulus.expected is not None and len(given) >= stimulus.expected) or cycles == stimulus.cycles
    limit = stimulus.runaway(interface)
    if limit is not None and len(given) - np.searchsorted(given, taken[-1:].max(initial=0)) >= limit:
        raise runaway(len(taken), cycles, limit)
    if interface.has_sink and len(taken) < len(stimulus) and not stopped_early:
        raise hang(len(taken), len(given), cycles, stimulus.drain)
    resets = np.flatnonzero(trace.reset[POWER_UP:])
    before = int(resets[0]) if len(resets) else None
    return Response(
        words=words,
        sink_cycles=taken,
        source_cycles=given,
        cycles=cycles,
        seconds=seconds,
        reset_at=before,
        transferred_before_reset=None if before is None else int(np.searchsorted(taken, before)),
        received_before_reset=None if before is None else int(np.searchsorted(given, before)),
        probes=tuple(int(decode(interface.outputs[name], trace.outputs[name][[c + POWER_UP]])[0]) for c, name in stimulus.probes),
        final={name: int(decode(port, trace.outputs[name][-1:])[0]) for name, port in interface.outputs.items()},
    )


def check_protocol(trace: Trace) -> None:
    """Raise ProtocolError where `trace` breaks the stream protocol."""
    found = list(trace.breaches)
    held = trace.source_valid[:-1] & ~trace.source_ready[:-1] & ~trace.reset[:-1] & ~trace.reset[1:]
    found += _first(1, held & ~trace.source_valid[1:], "source_valid was taken back before source_ready")
    for name, values in trace.source.items():
        found += _first(1, held & (values[1:] != values[:-1]), f"source_{name} changed while the word was held")
    found += _first(1, trace.reset[1:] & trace.reset[:-1] & trace.source_valid[1:], "source_valid is high during reset")
    if found:
        raise broken(*min(found))


def broken(row: int, what: str) -> ProtocolError:
    """The error for a broken protocol in a trace's row."""
    return ProtocolError(f"cycle {row - POWER_UP}: {what}")


def hang(taken: int, given: int, cycle: int, drain: int) -> SimulationError:
    """The error for a core that takes no further word."""
    return SimulationError(
        f"cycle {cycle}: no word moved in {drain} cycles although both sides were willing, after {taken} words in and {given} out"
    )


def runaway(taken: int, cycle: int, limit: int) -> SimulationError:
    """The error for a core that gives words without end."""
    return SimulationError(f"cycle {cycle}: {limit} words out while none was taken in, after {taken} words in")


def stall_pattern(rng: np.random.Generator, length: int, probability: float) -> np.ndarray:
    """Pattern of bool, False where a side stalls: single cycles, bursts, one long stall, stretches without any."""
    if not probability:
        return np.ones(1, dtype=bool)
    free = rng.random(length) >= probability
    bursts = np.repeat(rng.random(length) >= probability, rng.geometric(0.1, length))[:length]
    section = np.repeat(rng.integers(0, 3, length), rng.integers(20, 120, length))[:length]
    pattern = np.choose(section, [free, bursts, np.ones(length, dtype=bool)])
    start = int(rng.integers(0, max(1, length - 100)))
    pattern[start : start + 50] = False
    pattern[-1] = True
    return pattern


def _first(offset: int, where: np.ndarray, what: str) -> list[tuple[int, str]]:
    rows = np.flatnonzero(where)
    return [(int(rows[0]) + offset, what)] if len(rows) else []


def _same_names(what: str, given: Mapping[str, Any], known: Mapping[str, Any], required: bool = False) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"{what}: unknown port or field {name}; there are {', '.join(known) or 'none'}")
    for name in known:
        if required and name not in given:
            raise ValueError(f"{what}: the field {name} is missing")
