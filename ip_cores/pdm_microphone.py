"""The pins of a PDM microphone: its clock, made here or elsewhere, and a stream of its bits.

Clock and data pass synchronising registers of equal number, and the clock's edges are looked for in the core's own clock, so that nothing
runs on the microphone's. This wants a clock of at least four times that. Of two microphones on one line each has an edge of its own. A bit
is what was seen in the clock before its edge: just behind an edge the line belongs to the other microphone, or to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from myhdl import always, always_comb
from numpy.typing import NDArray

import fixed_point.pdm_microphone
import reference.pdm_microphone
from fixed_point import Format
from fixed_point.number_format import BIPOLAR
from ip_cores.blocks.arithmetic import counter_signal, flag, wire
from ip_cores.blocks.crossing import STAGES, synchronizer
from ip_cores.blocks.stream import bundled
from ip_cores.families.board_core import BoardCore
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.pin_script import SEED, PinScript
from ip_cores.port import Port

BITS = 40
"""Bits in a self-checking bench."""

SLAVE_STEP = 3
"""Clocks of half a microphone's clock where the bench makes it."""


@dataclass(frozen=True)
class PdmMicrophone(BoardCore):
    """Parameters of a PDM microphone's pins; see ``docs/cores/pdm_microphone.md``."""

    kind: ClassVar[str] = "pdm_microphone"
    summary: ClassVar[str] = "a PDM microphone's clock and data to a stream of bits: clock made or given, either edge"
    family: ClassVar[str] = "audio"
    meanings: ClassVar[Mapping[str, str]] = {
        "pdm_clock": "the microphone's clock",
        "pdm_data": "its bits; changes behind the edge that is not its own",
        "overrun": "high for a clock where a bit was lost because the one before it was not taken",
    }

    name: str = parameter("pdm_microphone", doc="entity name; a VHDL identifier", kind=check_entity_name)
    role: str = parameter("master", doc="master makes pdm_clock, slave takes it", kind=str, choices=("slave", "master"))
    divider: int = parameter(24, doc="clocks of the microphone's clock; master", kind=int, minimum=4, maximum=256)
    edge: str = parameter("rising", doc="edge of pdm_clock at which the bit is there", kind=str, choices=("rising", "falling"))

    @property
    def source_format(self) -> Format:
        return BIPOLAR

    @property
    def master(self) -> bool:
        """Whether the clock is made here."""
        return self.role == "master"

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            Port("pdm_clock", "out" if self.master else "in"),
            Port("pdm_data", "in"),
            Port("source_valid", "out"),
            Port("source_ready", "in"),
            Port("source_data", "out", 1),
            Port("overrun", "out"),
        )

    @property
    def latency(self) -> int:
        """Edges from the one that ends the first clock behind the microphone's edge to the bit's transfer."""
        return STAGES + 1

    def reference(self, x: Any) -> Any:
        """Values of the levels of pdm_data at the clock's edges."""
        return reference.pdm_microphone.pdm_microphone(x)

    def model(self, x: Any) -> Any:
        """Words from the levels of pdm_data at the clock's edges."""
        return fixed_point.pdm_microphone.pdm_microphone(x)

    @property
    def inventory(self) -> Inventory:
        return Inventory("pdm_microphone", registers=2 * STAGES + 4, counters=(self.divider - 1).bit_length() if self.master else 0)

    @property
    def bench_levels(self) -> NDArray[np.int64]:
        """What the microphone of the self-checking bench says."""
        return np.random.default_rng(SEED).integers(0, 2, BITS)

    @property
    def pin_script(self) -> PinScript:
        """A microphone that answers to the core's clock; for a slave a clock of six times the core's."""
        levels = self.bench_levels
        if self.master:
            drive: dict[str, Any] = {"pdm_data": levels}
            given = self.model(levels)
        else:
            drive = {"pdm_clock": np.tile([0, 1], BITS), "pdm_data": np.repeat(levels, 2)}
            # The clock stays high at the end.
            given = self.model(levels if self.edge == "rising" else levels[:-1])
        return PinScript(
            drive=drive, step="pdm_clock" if self.master else SLAVE_STEP, given={"data": given}, patience=8 * max(self.divider, 6)
        )

    def block(self, **signals: Any) -> Any:
        ports = bundled(signals, lines=PdmLines)
        return pdm_microphone(**ports, divider=self.divider if self.master else 0, falling=self.edge == "falling")


@dataclass(frozen=True, eq=False)
class PdmLines(Group):
    """The lines between a microphone and this device.

    Attributes
    ----------
    pdm_clock, pdm_data : Signal of bool
    """

    pdm_clock: Any
    pdm_data: Any


@entity
def pdm_microphone(clk, reset, lines, source, overrun, divider, falling):
    """A PDM microphone's clock and data to a stream of bits."""
    seen_clock, seen_data, arrived, level = (flag() for _ in range(4))
    clocks: tuple[Any, ...] = ()
    line_clock = lines.pdm_clock
    if divider:
        line_clock = flag()
        clocks = pdm_clock_divider(clk, reset, line_clock, divider), wire(line_clock, lines.pdm_clock)
    return (
        *clocks,
        synchronizer(clk, line_clock, seen_clock, STAGES),
        synchronizer(clk, lines.pdm_data, seen_data, STAGES),
        bit_at_edge(clk, seen_clock, seen_data, arrived, level, falling),
        bit_delivery(clk, reset, arrived, level, source.flow("data"), overrun),
    )


@entity
def pdm_clock_divider(clk, reset, line, divider):
    """The microphone's clock: low first, then high."""
    phase = counter_signal(divider)
    high, turns = flag(), flag()
    last_phase = Constant(divider - 1, "of a bit, in clocks")
    last_low = Constant(divider - divider // 2 - 1, "phase after which the clock is high")

    @always_comb
    def decide():
        turns.next = phase == last_phase

    @always(clk.posedge)
    def divide():
        """Counts through a bit."""
        if reset:
            phase.next = 0
            high.next = False
        else:
            high.next = phase >= last_low and not turns
            if turns:
                phase.next = 0
            else:
                phase.next = phase + 1

    @always_comb
    def show():
        line.next = high

    return decide, divide, show


@entity
def bit_at_edge(clk, line, data, arrived, level, falling):
    """The level of the data in the clock before the line's edge was seen."""
    line_was, data_was = flag(), flag()

    @always(clk.posedge)
    def look_back():
        """What was seen a clock ago."""
        data_was.next = data
        line_was.next = line

    if falling:

        @always_comb
        def decide():
            """The line has fallen."""
            arrived.next = line_was and not line

    else:

        @always_comb
        def decide():
            """The line has risen."""
            arrived.next = line and not line_was

    @always_comb
    def show():
        level.next = data_was

    return look_back, decide, show


@entity
def bit_delivery(clk, reset, arrived, level, source, overrun):
    """Holds a bit until it is taken, which may last until the next one; then that one is lost, and said to be."""
    held, takes = flag(), flag()

    @always_comb
    def decide():
        """A bit is taken over unless one is still held; then it is lost."""
        takes.next = arrived and (source.ready or not held)

    @always_comb
    def connect():
        source.valid.next = held

    @always(clk.posedge)
    def store():
        """The output register."""
        if takes:
            source.data.next[0] = level

    @always(clk.posedge)
    def follow():
        """Whether the output register holds a bit; a loss is told for one clock."""
        if reset:
            held.next = False
            overrun.next = False
        else:
            held.next = takes or (held and not source.ready)
            overrun.next = arrived and not takes

    return decide, connect, store, follow
