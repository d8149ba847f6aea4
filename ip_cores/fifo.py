"""First-in first-out queue of one clock, in a memory block, first word falling through.

The word at the head stands at the source as soon as `source_valid` is high; no request is needed (Avalon-ST, readyLatency 0).
All `depth` words live in one simple dual-port memory with a registered output, the shape that becomes an M4K: the output register
always holds a copy of the word at the head, because the memory is read at the address that the head will have after the clock.
A word that is written into an empty queue therefore needs two clocks to the source; behind other words there is no bubble, and
the queue takes and gives a word in every clock. `sink_ready` does not depend on `source_ready`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

from myhdl import always, always_comb

import fixed_point.fifo
import reference.fifo
from ip_cores.blocks.arithmetic import address_signal, counts_on, flag, signed_signal, wire
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.requantizer import narrow
from ip_cores.blocks.stream import Stream, bundled
from ip_cores.families.pass_through import Passing, packed, unpacked, word_of
from ip_cores.hierarchy import Constant, Group, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.schedule import FOREVER, Clockwork, Fields

MAXIMUM_DEPTH = 8192


@dataclass(frozen=True)
class Fifo(Passing):
    """Parameters of a queue; see ``docs/cores/fifo.md``."""

    kind: ClassVar[str] = "fifo"
    counts_inside: ClassVar[str] = "level"
    summary: ClassVar[str] = "queue of one clock in M4K blocks, first word falls through, level output"
    family: ClassVar[str] = "streams"

    name: str = parameter("fifo", doc="entity name; a VHDL identifier", kind=check_entity_name)
    depth: int = parameter(256, doc="words that fit; a power of two uses the memory in full", kind=int, minimum=3, maximum=MAXIMUM_DEPTH)

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (Port("level", "out", self.depth.bit_length()),)

    def timing(self, fields: Fields | None = None) -> Queue:
        return Queue(self.depth)

    @property
    def latency(self) -> int:
        """Write, read."""
        return 2

    @property
    def capacity(self) -> int:
        return self.depth

    @property
    def check_length(self) -> int:
        """Words that go round the memory more than twice."""
        return 2 * self.depth + 64

    def reference(self, x: Any) -> Any:
        return self.passed(x, reference.fifo.fifo)

    def model(self, x: Any) -> Any:
        return self.passed(x, fixed_point.fifo.fifo)

    @property
    def inventory(self) -> Inventory:
        places = (self.depth - 1).bit_length()
        return Inventory("fifo", counters=3 * (places + 1), memories=((1 << places, self.width),))

    def block(self, **signals: Any) -> Any:
        if self.sink_ports:
            return fifo_with_fields(**bundled(signals), depth=self.depth)
        return fifo(**bundled(signals), depth=self.depth)


class Queue(Clockwork):
    """How many words are in a queue, and whether the one at the head stands at the source."""

    def __init__(self, depth: int) -> None:
        self.depth, self.level, self.valid = depth, 0, False

    def ready(self, behind: bool) -> bool:
        return self.level != self.depth

    def tick(self, offered: bool, behind: bool) -> None:
        pushed, rest = offered and self.level != self.depth, self.level - (self.valid and behind)
        # A word that is written in this very clock is not shown in the next.
        self.valid, self.level = rest > 0, rest + pushed

    @property
    def state(self) -> Hashable:
        return self.level, self.valid

    def rest(self, offered: bool) -> int:
        return 0 if offered or self.level or self.valid else FOREVER


@entity
def fifo_with_fields(clk, reset, sink, source, level, depth):
    """Queue of words with the fields beside them: a queue of wider words."""
    entering, leaving = word_of(sink.word), word_of(source.word)
    return (
        packed(sink.word, entering),
        fifo(clk, reset, Stream(sink.valid, sink.ready, entering), Stream(source.valid, source.ready, leaving), level, depth),
        unpacked(leaving, source.word),
    )


@entity
def fifo(clk, reset, sink, source, level, depth):
    """Queue in a memory block; the first word falls through."""
    bits = (depth - 1).bit_length()
    push, read = flag(), flag()
    write_address, read_address = address_signal(bits), address_signal(bits)
    access = QueueAccess(push, read, write_address, read_address)
    written, word = signed_signal(len(sink.data)), signed_signal(len(sink.data))
    return (
        queue_control(clk, reset, sink.flow(), source.flow(), access, level, depth),
        wire(sink.data, written),
        sample_memory(clk, read, push, write_address, written, read_address, word),
        narrow(word, source.data, len(sink.data), sink.data.min < 0),
    )


@dataclass(frozen=True, eq=False)
class QueueAccess(Group):
    """How a queue works on its memory.

    Attributes
    ----------
    push : Signal of bool
        A word is written.
    read : Signal of bool
        The word at the head is read.
    write_address, read_address : Signal
        Where.
    """

    push: Any
    read: Any
    write_address: Any
    read_address: Any


@entity
def queue_control(clk, reset, sink, source, access, level, depth):
    """Addresses of head and tail, with a bit more than the memory has, so that their difference is the number of words."""
    bits, width = len(access.write_address), len(level)
    head, next_head, tail, count = (address_signal(bits + 1) for _ in range(4))
    shown, pushes, pops, more = (flag() for _ in range(4))

    @always_comb
    def decide():
        """A word is written if there is room, and another shown once this one is taken."""
        pushes.next = sink.valid and more
        pops.next = shown and source.ready

    @always_comb
    def connect():
        """The memory is read where the head will be after the clock."""
        sink.ready.next = more
        source.valid.next = shown
        access.push.next = pushes
        access.read.next = source.ready or not shown
        access.write_address.next = tail[bits:]
        access.read_address.next = next_head[bits:]
        level.next = count[width:]

    @always_comb
    def measure():
        """The difference of the counters is the number of words."""
        count.next = tail - head

    @always(clk.posedge)
    def move():
        """A word that is written in this very clock is not in what the memory shows next."""
        if reset:
            head.next = 0
            tail.next = 0
            shown.next = False
        else:
            head.next = next_head
            if pushes:
                tail.next = tail + 1
            shown.next = next_head != tail

    return decide, connect, counts_on(head, pops, next_head), measure, move, room(count, more, depth)


@inline
def room(count, more, depth):
    """Whether another word fits; of a power of two the highest bit tells."""
    top = len(count) - 1
    depth = Constant(depth, "words that fit")
    if depth == 1 << top:

        @always_comb
        def below_top():
            """The queue is full when the count's highest bit is set."""
            more.next = not count[top]

        return below_top

    @always_comb
    def below_depth():
        """The queue is full when it holds as many words as it has places."""
        more.next = count != depth

    return below_depth
