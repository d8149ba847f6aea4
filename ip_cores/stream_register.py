"""Two words of buffer that cut every combinational path between its sink and its source.

Costs two words of registers and a multiplexer; gives one clock of latency and a `sink_ready` that comes straight from a
register, at full rate. Chained cores whose `ready` paths add up to more than a clock get one between them.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar

import fixed_point.stream_register
import reference.stream_register
from ip_cores.blocks.stream import Stream, bundled, stream_register
from ip_cores.families.pass_through import Passing, packed, unpacked, word_of
from ip_cores.hierarchy import entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.schedule import FOREVER, Clockwork, Fields


@dataclass(frozen=True)
class StreamRegister(Passing):
    """Parameters of a stream register; see ``docs/cores/stream_register.md``."""

    kind: ClassVar[str] = "stream_register"
    summary: ClassVar[str] = "two words deep; cuts the path from source_ready to sink_ready"
    family: ClassVar[str] = "streams"

    name: str = parameter("stream_register", doc="entity name; a VHDL identifier", kind=check_entity_name)

    def timing(self, fields: Fields | None = None) -> TwoWords:
        return TwoWords()

    @property
    def latency(self) -> int:
        return 1

    @property
    def capacity(self) -> int:
        return 2

    def reference(self, x: Any) -> Any:
        return self.passed(x, reference.stream_register.stream_register)

    def model(self, x: Any) -> Any:
        return self.passed(x, fixed_point.stream_register.stream_register)

    @property
    def inventory(self) -> Inventory:
        bits = self.width
        return Inventory("stream_register", registers=bits, multiplexers=bits, results=bits)

    def block(self, **signals: Any) -> Any:
        if self.sink_ports:
            return stream_register_with_fields(**bundled(signals))
        return stream_register(**bundled(signals))


class TwoWords(Clockwork):
    """A register at the source, and a spare one for the word that arrives as the source stalls."""

    def __init__(self) -> None:
        self.valid = self.spare = False

    def ready(self, behind: bool) -> bool:
        return not self.spare

    def tick(self, offered: bool, behind: bool) -> None:
        if behind or not self.valid:
            self.valid, self.spare = offered or self.spare, False
        elif offered:
            self.spare = True

    @property
    def state(self) -> Hashable:
        return self.valid, self.spare

    def rest(self, offered: bool) -> int:
        return 0 if offered or self.valid else FOREVER


@entity
def stream_register_with_fields(clk, reset, sink, source):
    """Two words of buffer for words with the fields beside them."""
    entering, leaving = word_of(sink.word), word_of(source.word)
    return (
        packed(sink.word, entering),
        stream_register(clk, reset, Stream(sink.valid, sink.ready, entering), Stream(source.valid, source.ready, leaving)),
        unpacked(leaving, source.word),
    )
