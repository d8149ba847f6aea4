"""Cores that are no stream from a sink to a source: what stands between a board and the streams."""

from __future__ import annotations

from math import ceil
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
    def cycles_per_sample(self) -> Any:
        """Clocks for a word at the sink; None where there is none, or where the board decides."""
        return None

    @property
    def patience(self) -> int:
        return 64 + self.check_length + 4 * (self.latency + ceil(self.cycles_per_sample or 0))

    @property
    def group_delay(self) -> Any:
        """None: nothing is filtered here."""
        return None

    @property
    def ports(self) -> tuple[Port, ...]:
        raise NotImplementedError
