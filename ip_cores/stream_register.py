"""Two words of buffer that cut every combinational path between its sink and its source.

Costs two words of registers and a multiplexer; gives one clock of latency and a `sink_ready` that comes straight from a
register, at full rate. Chained cores whose `ready` paths add up to more than a clock get one between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import fixed_point.stream_register
import reference.stream_register
from fixed_point import Format
from ip_cores.core import Core
from ip_cores.parameters import parameter
from ip_cores.stream import stream_register


@dataclass(frozen=True)
class StreamRegister(Core):
    """Parameters of a stream register; see ``docs/cores/stream_register.md``."""

    kind: ClassVar[str] = "stream_register"
    summary: ClassVar[str] = "two words deep; cuts the path from source_ready to sink_ready"

    name: str = parameter("stream_register", doc="entity name; a VHDL identifier", kind=Core.__dataclass_fields__["name"].metadata["kind"])
    sink: Format = parameter("sfix16_En15", doc="format of the words", kind=Format, minimum=2, maximum=64)

    @property
    def source_format(self) -> Format:
        return self.sink

    @property
    def latency(self) -> int:
        return 1

    def reference(self, x: Any) -> Any:
        return reference.stream_register.stream_register(x)

    def model(self, x: Any) -> Any:
        return fixed_point.stream_register.stream_register(x)

    def block(self, **signals: Any) -> Any:
        return stream_register(**signals)
