"""Cores that are no stream from a sink to a source: what stands between a board and the streams."""

from __future__ import annotations

from typing import Any

from ip_cores.core import Core
from ip_cores.port import Port


class BoardCore(Core):
    """A core with ports of its own.

    It has parameters, ports, hardware and a documented latency like every core. Its model and reference tell what its pins or words
    do; their arguments are its own.
    """

    @property
    def is_stream(self) -> bool:
        return False

    @property
    def sink_format(self) -> Any:
        """None where there is no sink."""
        return None

    @property
    def source_format(self) -> Any:
        """None where there is no source."""
        return None

    @property
    def ports(self) -> tuple[Port, ...]:
        raise NotImplementedError
