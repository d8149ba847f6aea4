"""First-in first-out queue from one clock to another, in a memory block, first word falling through.

Each side counts its words in a counter of its own and shows it to the other in Gray code, of which one bit changes at a time: seen
through synchronising registers it is the present value or an earlier one, so that a side may believe too few words or too little
room, never too many. Full and empty come from those counters (C. E. Cummings, "Simulation and Synthesis Techniques for
Asynchronous FIFO Design", SNUG 2002, style 1).

Both sides are reset by the same request, each through a `reset_synchronizer` of its own clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from myhdl import Signal, always, always_comb, intbv

import fixed_point.dual_clock_fifo
import reference.dual_clock_fifo
from fixed_point import Format
from ip_cores.blocks.arithmetic import address_signal, counts_on, flag, signed_signal, wire
from ip_cores.blocks.crossing import STAGES, counter_synchronizer, two_clock_memory
from ip_cores.blocks.requantizer import narrow
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.hierarchy import entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port


@dataclass(frozen=True)
class DualClockFifo(Core):
    """Parameters of a queue between two clocks; see ``docs/cores/dual_clock_fifo.md``."""

    kind: ClassVar[str] = "dual_clock_fifo"
    summary: ClassVar[str] = "queue from one clock to another, Gray-coded counters, first word falls through"
    family: ClassVar[str] = "streams"
    meanings: ClassVar[Mapping[str, str]] = {
        "sink_clk": "clock of the side that words enter",
        "sink_reset": "synchronous to sink_clk, active high",
        "source_clk": "clock of the side that words leave",
        "source_reset": "synchronous to source_clk, active high, together with sink_reset",
    }
    domains: ClassVar[Mapping[str, tuple[str, str]]] = {"sink": ("sink_clk", "sink_reset"), "source": ("source_clk", "source_reset")}

    name: str = parameter("dual_clock_fifo", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the words", kind=Format, minimum=1, maximum=64)
    depth: int = parameter(16, doc="words that fit, a power of two", kind=int, minimum=4, maximum=8192)
    stages: int = parameter(STAGES, doc="synchronising registers", kind=int, minimum=2, maximum=4)

    def check(self) -> None:
        if self.depth & (self.depth - 1):
            raise ParameterError("depth", self.depth, "must be a power of two, 4 to 8192")

    @property
    def source_format(self) -> Format:
        return self.sink

    @property
    def ports(self) -> tuple[Port, ...]:
        width, signed = self.sink.word_length, self.sink.signed
        return (
            Port("sink_clk", "in"),
            Port("sink_reset", "in"),
            Port("sink_valid", "in"),
            Port("sink_ready", "out"),
            Port("sink_data", "in", width, signed),
            Port("source_clk", "in"),
            Port("source_reset", "in"),
            Port("source_valid", "out"),
            Port("source_ready", "in"),
            Port("source_data", "out", width, signed),
        )

    @property
    def latency(self) -> int:
        """Edges of the source's clock from a word's arrival in an empty queue to its transfer: synchronise, notice, take."""
        return self.stages + 2

    @property
    def cycles_per_sample(self) -> Fraction:
        """Of clocks of equal rate, at worst: so many words go out before the sink knows that the first of them has left."""
        return max(Fraction(1), Fraction(2 * self.stages + 3, self.depth))

    @property
    def capacity(self) -> int:
        return self.depth

    def reference(self, x: Any) -> Any:
        return reference.dual_clock_fifo.dual_clock_fifo(x)

    def model(self, x: Any) -> Any:
        return fixed_point.dual_clock_fifo.dual_clock_fifo(x)

    @property
    def inventory(self) -> Inventory:
        count = self.depth.bit_length()
        return Inventory(
            "dual_clock_fifo",
            registers=2 * self.stages * count,
            multiplexers=2 * count,
            results=2 * count,
            counters=2 * count,
            memories=((self.depth, self.sink.word_length),),
        )

    @property
    def pin_script(self) -> PinScript:
        """Words through the queue, each side on a clock of its own and with stalls."""
        words = self.check_words()
        return PinScript(words=words, given={"data": self.model(words["data"])})

    def block(self, **signals: Any) -> Any:
        return dual_clock_fifo(**bundled(signals), bits=self.depth.bit_length() - 1, stages=self.stages)


@entity
def dual_clock_fifo(sink_clk, sink_reset, sink, source_clk, source_reset, source, bits, stages):
    """Queue from one clock to another; the first word falls through."""
    push, fetch = flag(), flag()
    write_address, read_address = address_signal(bits), address_signal(bits)
    written, written_seen, read, read_seen = (address_signal(bits + 1) for _ in range(4))
    entering, leaving = signed_signal(len(sink.data)), signed_signal(len(sink.data))
    return (
        counter_synchronizer(sink_clk, sink_reset, read, read_seen, stages),
        write_side(sink_clk, sink_reset, sink.valid, sink.ready, push, write_address, written, read_seen),
        counter_synchronizer(source_clk, source_reset, written, written_seen, stages),
        read_side(source_clk, source_reset, source.valid, source.ready, fetch, read_address, read, written_seen),
        wire(sink.data, entering),
        two_clock_memory(sink_clk, push, write_address, entering, source_clk, fetch, read_address, leaving),
        narrow(leaving, source.data, len(sink.data), sink.data.min < 0),
    )


@entity
def write_side(clk, reset, valid, ready, push, address, written, read_seen):
    """Counter of the words that came in, and whether another fits: a full turn lies between the two counters then."""
    bits = len(address)
    count, next_count, half, gray, full_at = (address_signal(bits + 1) for _ in range(5))
    turn = Signal(intbv(3 << (bits - 1))[bits + 1 :])
    pushes, full = flag(), flag()

    @always_comb
    def compare():
        """In Gray code a counter that is a full turn ahead differs in its two highest bits."""
        full_at.next = read_seen ^ turn

    @always_comb
    def look():
        full.next = gray == full_at

    @always_comb
    def decide():
        pushes.next = valid and not full

    @always_comb
    def connect():
        """The other clock's side sees the counter in Gray code: one bit changes at a time."""
        ready.next = not full
        push.next = pushes
        address.next = count[bits:]
        written.next = gray

    @always_comb
    def advance():
        next_count.next = count + 1

    @always_comb
    def halve():
        """Gray code is the number, its half added without carries."""
        half.next = next_count[:1]

    @always(clk.posedge)
    def move():
        """The counter, as a number and in Gray code."""
        if reset:
            count.next = 0
            gray.next = 0
        elif pushes:
            count.next = next_count
            gray.next = next_count ^ half

    return compare, look, decide, connect, advance, halve, move


@entity
def read_side(clk, reset, valid, ready, fetch, address, read, written_seen):
    """Counter of the words that went out; the memory is read where the head will be after the clock."""
    bits = len(address)
    count, next_count, half, gray, next_gray = (address_signal(bits + 1) for _ in range(5))
    shown, pops = flag(), flag()

    @always_comb
    def decide():
        pops.next = shown and ready

    @always_comb
    def connect():
        """The memory is read where the head will be after the clock."""
        valid.next = shown
        fetch.next = ready or not shown
        address.next = next_count[bits:]
        read.next = gray

    @always_comb
    def halve():
        """Gray code is the number, its half added without carries."""
        half.next = next_count[:1]

    @always_comb
    def code():
        next_gray.next = next_count ^ half

    @always(clk.posedge)
    def move():
        """The counter, as a number and in Gray code; a word is shown unless the counters have met."""
        if reset:
            count.next = 0
            gray.next = 0
            shown.next = False
        else:
            count.next = next_count
            gray.next = next_gray
            shown.next = next_gray != written_seen

    return decide, connect, counts_on(count, pops, next_count), halve, code, move
