"""A reset that comes at once and goes with the clock.

A request from a key, or from a PLL that is not locked, has no relation to the clock. It sets all registers without a clock, so that
the reset works while there is none; they are released one after the other, so that every register behind them leaves the reset
on the same edge and none is caught in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from myhdl import Signal, always, always_comb, intbv

import fixed_point.reset_synchronizer
import reference.reset_synchronizer
from ip_cores.families.board_core import BoardCore
from ip_cores.hierarchy import entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.pin_script import SEED, PinScript
from ip_cores.port import Port


@dataclass(frozen=True)
class ResetSynchronizer(BoardCore):
    """Parameters of a reset synchroniser; see ``docs/cores/reset_synchronizer.md``."""

    kind: ClassVar[str] = "reset_synchronizer"
    summary: ClassVar[str] = "a reset that comes at once and goes with the clock"
    family: ClassVar[str] = "board"
    meanings: ClassVar[Mapping[str, str]] = {
        "request": "resets at once, without the clock; may change at any time",
        "synchronous_reset": "on with the request, off on an edge of the clock",
    }
    domains: ClassVar[Mapping[str, tuple[str, str]]] = {"sink": ("clk", "")}

    name: str = parameter("reset_synchronizer", doc="entity name; a VHDL identifier", kind=check_entity_name)
    stages: int = parameter(3, doc="registers, and edges until the reset is off", kind=int, minimum=2, maximum=16)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (Port("clk", "in"), Port("request", "in"), Port("synchronous_reset", "out"))

    @property
    def latency(self) -> int:
        """Edges from the end of the request to the end of the reset."""
        return self.stages

    def reference(self, on: float, off: float, period: float, times: Any) -> Any:  # type: ignore[override]
        """Whether the reset is on at given times; see `reference.reset_synchronizer`."""
        return reference.reset_synchronizer.reset_synchronizer(on, off, period, self.stages, times)

    def model(self, request: Any) -> Any:
        """The reset before each edge; see `fixed_point.reset_synchronizer`."""
        return fixed_point.reset_synchronizer.reset_synchronizer(request, self.stages)

    @property
    def inventory(self) -> Inventory:
        return Inventory("reset_synchronizer", registers=self.stages)

    @property
    def pin_script(self) -> PinScript:
        """Requests at random, the first at power-up."""
        request = np.r_[1, 1, np.random.default_rng(SEED).integers(0, 2 * self.stages, 100) == 0].astype(int)
        return PinScript(drive={"request": request}, watch=("synchronous_reset",), expected=[(level,) for level in self.model(request)])

    def block(self, **signals: Any) -> Any:
        return reset_synchronizer(**signals, stages=self.stages)


@entity
def reset_synchronizer(clk, request, synchronous_reset, stages):
    """A reset that comes at once and goes with the clock."""
    held = Signal(intbv(0)[stages:])

    @always(clk.posedge, request.posedge)
    def let_go():
        """The request sets all registers at once; a zero then moves through them with the clock."""
        if request:
            for stage in range(stages):
                held.next[stage] = True
        else:
            held.next[0] = False
            for stage in range(1, stages):
                held.next[stage] = held[stage - 1]

    @always_comb
    def show():
        synchronous_reset.next = held[stages - 1]

    return let_go, show
