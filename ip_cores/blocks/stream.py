"""The stream interface: Avalon-ST with readyLatency 0, and the blocks that keep it.

A word moves on a rising edge where valid and ready are both high. A source holds its word while valid is high and
ready low; valid never depends on ready.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import flag, like, port_signal
from ip_cores.hierarchy import Bundle, Constant, Group, entity, inline
from ip_cores.port import Port


@dataclass(frozen=True, eq=False)
class Stream(Bundle):
    """The signals of a stream; `source: Stream` is the ports ``source_valid``, ``source_ready`` and so on.

    Attributes
    ----------
    valid, ready : Signal of bool
    data : Signal, optional
        The word.
    channel : Signal, optional
        Number of the word's band or channel.
    startofpacket, endofpacket : Signal of bool, optional
        Whether the word is the first or the last of its packet.
    """

    valid: Any
    ready: Any
    data: Any = None
    channel: Any = None
    startofpacket: Any = None
    endofpacket: Any = None

    def flow(self, *beside: str) -> Stream:
        """Valid and ready, and the named fields: what a block is given that handles no more of the stream than these."""
        return type(self)(self.valid, self.ready, **{name: getattr(self, name) for name in beside})

    @property
    def beside(self) -> dict[str, Any]:
        """The data and the fields beside it, by name."""
        return {name: signal for name, signal in self.present.items() if name not in ("valid", "ready")}

    @property
    def word(self) -> list[Any]:
        """What a word consists of: the data and the fields beside it."""
        return list(self.beside.values())


@dataclass(frozen=True, eq=False)
class TaggedStream(Stream):
    """A stream between blocks, with a tag that says what each word is.

    Attributes
    ----------
    tag : Signal
    """

    tag: Any = None


@dataclass(frozen=True, eq=False)
class ControlSlave(Bundle):
    """An Avalon-MM slave through which parameters are set; `control: ControlSlave` is the ports ``control_address`` and so on.

    Attributes
    ----------
    address, write, writedata, readdata : Signal
    """

    address: Any
    write: Any
    writedata: Any
    readdata: Any


@dataclass(frozen=True, eq=False)
class WritePort(Bundle):
    """A port through which words of a memory are written; `coefficient: WritePort` is the ports ``coefficient_address`` and so on.

    Attributes
    ----------
    address, write, data : Signal
    """

    address: Any
    write: Any
    data: Any


BUNDLES: Mapping[str, type[Bundle]] = {"sink": Stream, "source": Stream, "control": ControlSlave, "coefficient": WritePort}
"""Which ports of a core belong together, by their prefix."""


def bundled(signals: Mapping[str, Any], **groups: type[Group]) -> dict[str, Any]:
    """Signals by the names of a core's ports, as the arguments of its block.

    Parameters
    ----------
    signals : mapping of str to signal or bundle
        Streams may be bundles already.
    groups : type of Group
        Arguments for ports whose names have no prefix; fields with a default may be missing.

    Examples
    --------
    >>> sorted(bundled({"clk": 0, "sink_valid": 1, "sink_ready": 2, "level": 3}))
    ['clk', 'level', 'sink']
    """
    found: dict[str, dict[str, Any]] = {}
    arguments: dict[str, Any] = {}
    for argument, group in groups.items():
        wanted = [field.name for field in fields(group) if field.name in signals or field.default is MISSING]
        arguments[argument] = group(**{name: signals[name] for name in wanted})
    members = {name for group in arguments.values() for name in group.present}
    for name, signal in signals.items():
        prefix, _, field = name.partition("_")
        if prefix in BUNDLES and field in {known.name for known in fields(BUNDLES[prefix])}:
            found.setdefault(prefix, {})[field] = signal
        elif name not in members:
            arguments[name] = signal
    return arguments | {prefix: BUNDLES[prefix](**gathered) for prefix, gathered in found.items()}


def source_signals(ports: Iterable[Port]) -> dict[str, Any]:
    """New signals for the source of a core with these ports, by field of the stream."""
    return {port.name.removeprefix("source_"): port_signal(port) for port in ports if port.name.startswith("source_")}


@entity
def flow_control(clk, reset, sink, source, advance, take, stages):
    """Valid and ready of a pipeline that moves as a whole.

    The pipeline advances unless a word waits at its end; `take` marks the clock that takes a new word in, and a bit
    beside each stage tells whether it holds one.
    """
    occupied = [flag() for _ in range(stages)]
    moves = flag()
    last = stages - 1

    @always_comb
    def decide():
        """Everything moves unless a word waits at the end."""
        moves.next = source.ready or not occupied[last]

    @always_comb
    def connect():
        sink.ready.next = moves
        advance.next = moves
        take.next = moves and sink.valid
        source.valid.next = occupied[last]

    @always(clk.posedge)
    def follow():
        """Which stages hold a word."""
        if reset:
            for stage in range(stages):
                occupied[stage].next = False
        elif moves:
            occupied[0].next = sink.valid
            for stage in range(1, stages):
                occupied[stage].next = occupied[stage - 1]

    return decide, connect, follow


@entity
def stream_register(clk, reset, sink, source):
    """Two words of buffer that cut the path from source_ready to sink_ready, at full rate.

    One register feeds the source; the other takes the word that arrives in the clock in which the source stalls.
    """
    out_valid, spare_valid = flag(), flag()
    spare = like(sink.data)

    @always_comb
    def connect():
        """What is offered upstream does not depend on what is asked for downstream."""
        sink.ready.next = not spare_valid
        source.valid.next = out_valid

    @always(clk.posedge)
    def store():
        """A word goes on while the source moves; the one that comes as it stalls waits in the spare register."""
        if reset:
            out_valid.next = False
            spare_valid.next = False
        elif source.ready or not out_valid:
            out_valid.next = sink.valid or spare_valid
            spare_valid.next = False
            if spare_valid:
                source.data.next = spare
            else:
                source.data.next = sink.data
        elif sink.valid and not spare_valid:
            spare.next = sink.data
            spare_valid.next = True

    return connect, store


@inline
def place_in_packet(clk, reset, valid, ready, at, length):
    """Counts the words that move, from the first of a packet to the last and on with the next."""
    last_place = Constant(length - 1, "in a packet")

    @always(clk.posedge)
    def count():
        """Place in the packet of the word that comes next."""
        if reset:
            at.next = 0
        elif valid and ready:
            if at == last_place:
                at.next = 0
            else:
                at.next = at + 1

    return count
