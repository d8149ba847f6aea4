"""Master of an I2C bus, a byte at a time.

A command is a byte to write or to read, with a start before it and a stop after it where wanted; every command is answered by the byte
that was on the bus and whether it was acknowledged. Both lines are open drain: the outputs only say when to pull low. A slave may
stretch the clock, but not for ever: after `timeout` clocks both lines are let go, and the command counts as not acknowledged. There is one
master on the bus.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

import numpy as np
from myhdl import always, always_comb, concat

import fixed_point.i2c_master
import reference.i2c_master
from fixed_point import Format
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.blocks.crossing import STAGES, synchronizer
from ip_cores.blocks.stream import bundled
from ip_cores.families.board_core import BoardCore
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port

START_BIT = Constant(11, "of a command: a start goes before the byte")
STOP_BIT = Constant(10, "a stop comes after it")
READ_BIT = Constant(9, "the byte is read")
LAST_BIT = Constant(8, "it is the last one that is read, and not acknowledged")


BUS_MEANINGS = {
    "scl": "the bus's clock as it is; a slave may hold it low",
    "sda": "the bus's data as they are",
    "scl_low": "pull scl low: '0' on the pin while high, else 'Z'",
    "sda_low": "pull sda low, likewise",
}
"""Ports of a master on an I2C bus."""

SAMPLE_COMMANDS = (0x834, 0x01E, 0x400, 0x835, 0x255, 0x755)
"""Write two bytes to address 0x1A; then, after a new start, read two of which the last is not acknowledged."""




def quarter_parameter() -> Any:
    return parameter(125, doc="clocks of a quarter of a bit; 125 is 100 kHz at 50 MHz", kind=int, minimum=4, maximum=65535)


def timeout_parameter() -> Any:
    doc = "clocks for which a slave may hold scl low; 1250000 are 25 ms at 50 MHz"
    return parameter(1_250_000, doc=doc, kind=int, minimum=16, maximum=2**28)


@dataclass(frozen=True)
class I2cMaster(BoardCore):
    """Parameters of an I2C master; see ``docs/cores/i2c_master.md``."""

    kind: ClassVar[str] = "i2c_master"
    summary: ClassVar[str] = "master of an I2C bus: bytes with start, stop and acknowledge"
    family: ClassVar[str] = "board"
    meanings: ClassVar[Mapping[str, str]] = {**BUS_MEANINGS, "stuck": "scl was held low for too long; until the next command"}

    name: str = parameter("i2c_master", doc="entity name; a VHDL identifier", kind=check_entity_name)
    quarter: int = quarter_parameter()
    timeout: int = timeout_parameter()

    @property
    def sink_format(self) -> Any:
        return Format(False, 12, 0)

    @property
    def source_format(self) -> Any:
        return Format(False, 9, 0)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            Port("sink_valid", "in"),
            Port("sink_ready", "out"),
            Port("sink_data", "in", 12),
            Port("source_valid", "out"),
            Port("source_ready", "in"),
            Port("source_data", "out", 9),
            Port("scl", "in"),
            Port("sda", "in"),
            Port("scl_low", "out"),
            Port("sda_low", "out"),
            Port("stuck", "out"),
        )

    @property
    def latency(self) -> int:
        """Edges from a command's transfer to its answer's, for one with start and stop, which take eight quarters, a bit four."""
        return 52 * self.quarter + 1

    @property
    def cycles_per_sample(self) -> Fraction:
        """As the latency, of a command with start and stop; the next one is taken a clock after the answer."""
        return Fraction(self.latency + 1)

    @property
    def controls(self) -> Mapping[str, int]:
        """A bus without a slave: both lines pulled up."""
        return {"scl": 1, "sda": 1}

    def reference(self, command: int) -> str:
        """The command in words; see `reference.i2c_master`."""
        return reference.i2c_master.i2c_master(command)

    def model(self, x: Any) -> Any:
        """Levels that (scl, sda) are let go to, a quarter of a bit each; see `fixed_point.i2c_master`."""
        return fixed_point.i2c_master.i2c_master(x)

    @property
    def inventory(self) -> Inventory:
        return i2c_inventory(self.quarter, self.timeout)

    @property
    def pin_script(self) -> PinScript:
        """Writes and reads on a bus where nobody answers: bytes read are ones, and only the master acknowledges."""
        scl, sda = self.model(SAMPLE_COMMANDS)
        rises = np.flatnonzero(np.diff(scl) == 1) + 1
        answers = [self._unanswered(command) for command in SAMPLE_COMMANDS]
        return PinScript(
            words={"data": SAMPLE_COMMANDS},
            given={"data": answers},
            wired={"scl": "scl_low", "sda": "sda_low"},
            watch=("sda",),
            strobe="scl",
            expected=[(level,) for level in sda[rises]],
            patience=64 * self.quarter,
        )

    @staticmethod
    def _unanswered(command: int) -> int:
        """The byte on the bus, and a zero behind it where the master itself acknowledges."""
        if command >> READ_BIT & 1:
            return 0xFF << 1 | command >> LAST_BIT & 1
        return (command & 0xFF) << 1 | 1

    def block(self, **signals: Any) -> Any:
        return i2c_master(**bundled(signals, lines=I2cLines), pace=BusPace(self.quarter, self.timeout))


class BusPace(NamedTuple):
    """How fast a bus is.

    Attributes
    ----------
    quarter : int
        Clocks of a quarter of a bit.
    timeout : int
        Clocks for which a slave may hold the clock low.
    """

    quarter: int
    timeout: int


def i2c_inventory(quarter: int, timeout: int) -> Inventory:
    """What `i2c_bits` is built of: byte and answer, timers, four quarters, eleven places."""
    return Inventory("i2c_master", registers=17, counters=(2 * quarter - 1).bit_length() + (timeout - 1).bit_length() + 6)


@dataclass(frozen=True, eq=False)
class I2cLines(Group):
    """The two lines of the bus; the pads are open drains.

    Attributes
    ----------
    scl, sda : Signal of bool
        Levels of the lines.
    scl_low, sda_low : Signal of bool
        Whether the line is pulled down.
    """

    scl: Any
    sda: Any
    scl_low: Any
    sda_low: Any


@entity
def i2c_master(clk, reset, sink, source, lines, stuck, pace):
    """Bytes on an I2C bus, with start, stop and acknowledge."""
    scl_seen, sda_seen = flag(), flag()
    return (
        synchronizer(clk, lines.scl, scl_seen, STAGES),
        synchronizer(clk, lines.sda, sda_seen, STAGES),
        i2c_bits(clk, reset, sink, source, I2cLines(scl_seen, sda_seen, lines.scl_low, lines.sda_low), stuck, pace),
    )


@entity
def i2c_bits(clk, reset, sink, source, lines, stuck, pace):
    """Walks through start, nine bits and stop, each in four quarters: low, high, high, low. Those of start and stop last twice as long."""
    last_clock = Constant(pace.quarter - 1, "of a quarter of a bit")
    last_of_condition = Constant(2 * pace.quarter - 1, "of a quarter of a start or stop, for which the bus allows less haste")
    last_patience = Constant(pace.timeout - 1, "clock for which a slave may hold the bus's clock low")
    start = Constant(0, "place of a command's start; the bits of its byte have places 1 to 8")
    acknowledge = Constant(9, "place of the answer to a byte, low where it is given")
    stop = Constant(10, "place of the stop")
    rise = Constant(1, "quarter that begins with scl let go; in quarter 0 it is low")
    middle = Constant(2, "quarter that begins amid scl's high time")
    fall = Constant(3, "quarter that begins with scl pulled low")
    nothing_heard = Constant(0x1FF, "an answer of ones, not acknowledged")
    timer, phase = counter_signal(2 * pace.quarter), address_signal(2)
    place, held = counter_signal(12), counter_signal(pace.timeout)
    busy, answered, ends, stretched, gives_up, gave_up = (flag() for _ in range(6))
    pull_scl, pull_sda, stops, reads, silent = (flag() for _ in range(5))
    shifted, heard = address_signal(8), address_signal(9)

    @always_comb
    def look():
        """Time stands still while a slave holds the clock low that should be high."""
        stretched.next = (phase == rise or phase == middle) and not pull_scl and not lines.scl  # noqa: SIM109
        sink.ready.next = not busy and not answered

    @always_comb
    def time_up():
        """The last clock of a quarter; the last one of patience."""
        gives_up.next = stretched and held == last_patience
        if place == start or place == stop:  # noqa: SIM109
            ends.next = timer == last_of_condition and not stretched
        else:
            ends.next = timer == last_clock and not stretched

    @always_comb
    def connect():
        source.valid.next = answered
        source.data.next = heard
        lines.scl_low.next = pull_scl
        lines.sda_low.next = pull_sda
        stuck.next = gave_up

    @always(clk.posedge)
    def count():
        """Clocks of a quarter."""
        if reset or not busy or ends or gives_up:
            timer.next = 0
        elif not stretched:
            timer.next = timer + 1

    @always(clk.posedge)
    def be_patient():
        """Clocks for which the bus's clock has been held low, and whether that was too long."""
        if reset:
            held.next = 0
            gave_up.next = False
        elif gives_up:
            held.next = 0
            gave_up.next = True
        else:
            if stretched:
                held.next = held + 1
            else:
                held.next = 0
            if sink.valid and not busy and not answered:
                gave_up.next = False

    @always(clk.posedge)
    def walk():
        """A command has places: 0 is the start, 1 to 9 the bits with the acknowledge last, 10 the stop. Each has four quarters."""
        if reset:
            busy.next = False
            answered.next = False
            phase.next = 0
            place.next = 0
        elif answered:
            answered.next = not source.ready
        elif not busy:
            busy.next = sink.valid
            phase.next = 0
            place.next = 1
            if sink.data[START_BIT]:
                place.next = 0
        elif gives_up:
            busy.next = False
            answered.next = True
        elif ends:
            phase.next = phase + 1
            if phase == fall:
                if place == stop or (place == acknowledge and not stops):
                    busy.next = False
                    answered.next = True
                else:
                    place.next = place + 1

    @always(clk.posedge)
    def drive():
        """Lines are pulled low or let go as a quarter begins. The clock is low in the first and the last; data changes with the first,
        but for start and stop, where it changes in the middle of the high half.
        """
        if reset or gives_up:
            pull_scl.next = False
            pull_sda.next = False
        elif busy and timer == 0 and not stretched:
            if phase == 0:
                # Between bytes the clock is held low; before a first start it is already high.
                if place == start:
                    pull_sda.next = False
                else:
                    pull_scl.next = True
                    if place == stop:
                        pull_sda.next = True
                    elif place == acknowledge:
                        pull_sda.next = reads and not silent
                    else:
                        pull_sda.next = not reads and not shifted[7]
            elif phase == rise:
                pull_scl.next = False
            elif phase == middle:
                if place == start:
                    pull_sda.next = True
                elif place == stop:
                    pull_sda.next = False
            elif place != stop:
                pull_scl.next = True

    @always(clk.posedge)
    def shift():
        """Bits are heard in the middle of the high half: the byte first, then the acknowledge, which is low where it was given."""
        if not busy:
            if sink.valid and not answered:
                shifted.next = sink.data[8:]
                stops.next = sink.data[STOP_BIT]
                reads.next = sink.data[READ_BIT]
                silent.next = sink.data[LAST_BIT]
        elif gives_up:
            heard.next = nothing_heard
        elif ends and phase == middle and place != start and place != stop:
            heard.next = concat(heard[8:], lines.sda)
        elif ends and phase == fall and place != start:
            shifted.next = concat(shifted[7:], lines.sda)

    return look, time_up, connect, count, be_patient, walk, drive, shift
