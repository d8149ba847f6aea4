"""One stream to several: each word to every branch, and the next one when all have taken it.

A branch takes a word as soon as it can; a bit for each notes that it has, so that valid never waits for ready. No word is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from myhdl import always, always_comb

import fixed_point.split
import reference.split
from fixed_point import Format
from ip_cores.blocks.arithmetic import all_of, both, flag, wire
from ip_cores.families.several_streams import SeveralStreams, by_stream
from ip_cores.hierarchy import described, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.port import Port

MOST_WAYS = 8


@dataclass(frozen=True)
class Split(SeveralStreams):
    """Parameters of a splitter; see ``docs/cores/split.md``."""

    kind: ClassVar[str] = "split"
    summary: ClassVar[str] = "one stream to several, each word to all of them"
    family: ClassVar[str] = "streams"

    name: str = parameter("split", doc="entity name; a VHDL identifier", kind=check_entity_name)
    ways: int = parameter(2, doc="streams that leave", kind=int, minimum=2, maximum=MOST_WAYS)
    sink: Format = parameter("sfix16_En15", doc="format of the words", kind=Format, minimum=1, maximum=64)
    channel_bits: int = parameter(0, doc="bits of a channel that travels with each word; 0: none", kind=int, minimum=0, maximum=8)

    @property
    def source_format(self) -> Format:
        """Of every source."""
        return self.sink

    @property
    def sources(self) -> Mapping[str, Format]:
        return {f"source_{number}": self.sink for number in range(self.ways)}

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (Port("sink_channel", "in", self.channel_bits),) if self.channel_bits else ()

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (Port("source_channel", "out", self.channel_bits),) if self.channel_bits else ()

    @property
    def latency(self) -> int:
        """No register: a word stands at all branches as it comes."""
        return 0

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(1)

    @property
    def capacity(self) -> int:
        """What the branches have not yet taken of the word that is there."""
        return self.ways - 1

    def reference(self, x: Any) -> Any:
        return self._to_all(x, reference.split.split)

    def model(self, x: Any) -> Any:
        return self._to_all(x, fixed_point.split.split)

    def _to_all(self, x: Any, function: Any) -> dict[str, Any]:
        if not self.channel_bits:
            return dict(zip(self.sources, function(x, self.ways), strict=True))
        words, channel = x
        return {name: (one, channel) for name, one in zip(self.sources, function(words, self.ways), strict=True)}

    @property
    def inventory(self) -> Inventory:
        return Inventory("split", counters=self.ways, control=False)

    def block(self, **signals: Any) -> Any:
        return split(**by_stream(signals, self))


@entity
def split(clk, reset, sink, **sources):
    """One stream to several: each word to every branch, once; the next one when all have taken it."""
    goes, released = flag(), flag()
    settled = [flag() for _ in sources]
    return (
        [branch(clk, reset, sink, source, released, one) for source, one in zip(sources.values(), settled, strict=True)],
        described(all_of(settled, goes), "The next word comes when every branch has this one, or takes it in this clock."),
        wire(goes, sink.ready),
        both(sink.valid, goes, released),
        [wire(getattr(sink, name), copy) for source in sources.values() for name, copy in source.beside.items()],
    )


@inline
def branch(clk, reset, sink, source, released, settled):
    """A branch, and whether it has taken the word that is there."""
    taken = flag()

    @always_comb
    def offer():
        """A word is offered to the branch until it has taken it."""
        source.valid.next = sink.valid and not taken
        settled.next = source.ready or taken

    @always(clk.posedge)
    def note():
        """The branch has taken the word, and others have not."""
        if reset or released:
            taken.next = False
        elif sink.valid and source.ready:
            taken.next = True

    return offer, note
