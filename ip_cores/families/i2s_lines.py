"""What I2S receiver and transmitter share: their parameters, the bit clock, and the sides of a frame.

Left is channel 0. With ``i2s`` framing left is while lrclk is low and a word begins one bit clock after lrclk's change; with
``left_justified`` left is while lrclk is high and a word begins with the change. Data change where the bit clock falls and are
sampled where it rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from myhdl import always, always_comb

from fixed_point import Format
from ip_cores.blocks.arithmetic import counter_signal, flag, wire
from ip_cores.families.board_core import BoardCore
from ip_cores.families.i2s_script import SLAVE_SLOT, sample_line
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.parameters import ParameterError, parameter
from ip_cores.port import Port

FRAMINGS = ("i2s", "left_justified")
WORD_LENGTHS = (16, 20, 24, 32)
ROLES = ("slave", "master")
LINE_MEANINGS = {"bclk": "bit clock; lines are sampled where it rises", "lrclk": "side of the frame: with i2s left while low"}


def role_parameter() -> Any:
    return parameter("slave", doc="master makes bclk and lrclk, slave takes them from the codec", kind=str, choices=ROLES)


def framing_parameter() -> Any:
    return parameter("i2s", doc="where a word begins", kind=str, choices=FRAMINGS)


def slot_parameter() -> Any:
    return parameter(32, doc="bit clocks of a channel; master", kind=int, minimum=16, maximum=64)


def divider_parameter() -> Any:
    return parameter(4, doc="clocks of a bit clock; master", kind=int, minimum=4, maximum=256)


class SerialAudio(BoardCore):
    """Either end of the lines; the words are at the sink of a transmitter, at the source of a receiver.

    Parameters are declared by the cores, so that each stands in the place where a reader of its description looks for it.
    """

    role: str
    framing: str
    slot: int
    divider: int

    def check(self) -> None:
        """Refuse words that no codec has, and slots that a word does not fit into."""
        field = "sink" if self.sink_format else "source"
        if not self.words.signed or self.words.word_length not in WORD_LENGTHS:
            raise ParameterError(field, self.words, "must be a signed format of 16, 20, 24 or 32 bits")
        if self.master and self.slot < self.words.word_length:
            raise ParameterError("slot", self.slot, f"must be {self.words.word_length} or more, the word length")

    @property
    def words(self) -> Format:
        """Format of the words."""
        return self.sink_format or self.source_format

    @property
    def master(self) -> bool:
        """Whether bclk and lrclk are made here."""
        return self.role == "master"

    @property
    def line_ports(self) -> tuple[Port, Port]:
        """Bit clock and left-right clock."""
        direction = "out" if self.master else "in"
        return Port("bclk", direction), Port("lrclk", direction)

    @property
    def clock_bits(self) -> int:
        """Bits of the counters that make a master's clocks; a slave has none."""
        return (self.divider - 1).bit_length() + (self.slot - 1).bit_length() if self.master else 0

    @property
    def line_timing(self) -> LineTiming:
        """How bits stand on the lines."""
        return LineTiming(self.master, self.framing == "i2s", self.slot, self.divider)

    def bench_line(self, left: Any, right: Any) -> tuple[np.ndarray, np.ndarray]:
        """Levels of lrclk and data in the self-checking bench, which makes a slave's clocks."""
        slot, before = (self.slot, 1) if self.master else (SLAVE_SLOT, 4)
        return sample_line(left, right, self.words.word_length, slot, self.framing, before)


@dataclass(frozen=True, eq=False)
class I2sLines(Group):
    """The lines between a codec and this device.

    Attributes
    ----------
    bclk, lrclk, serial_data : Signal of bool
    """

    bclk: Any
    lrclk: Any
    serial_data: Any


class LineTiming(NamedTuple):
    """How bits stand on the lines.

    Attributes
    ----------
    master : bool
        Whether bclk and lrclk are made here.
    delayed : bool
        Whether a word begins one bit clock after lrclk's change.
    slot : int
        Bit clocks of a channel; master.
    divider : int
        Clocks of a bit clock; master.
    """

    master: bool
    delayed: bool
    slot: int
    divider: int


def master_clocks(clk, reset, lines, bclk, lrclk, fall, turn, timing):
    """A master's clocks, which it reads itself as `bclk` and `lrclk`, and shows on the lines."""
    return (
        i2s_clocks(clk, reset, bclk, lrclk, fall, turn, timing.divider, timing.slot, int(not timing.delayed)),
        wire(bclk, lines.bclk),
        wire(lrclk, lines.lrclk),
    )


@entity
def i2s_clocks(clk, reset, bclk, lrclk, fall, turn, divider, slot, left_level):
    """Bit clock and left-right clock of a master; `fall` precedes bclk's falling edge by a clock, `turn` lrclk's change as well."""
    phase, place = counter_signal(divider), counter_signal(slot)
    bit, side, falls, turns, last = (flag() for _ in range(5))
    last_phase = Constant(divider - 1, "of a bit, in clocks")
    last_low = Constant(divider - divider // 2 - 1, "phase after which bclk is high")
    last_bit = Constant(slot - 1, "of a slot")

    @always_comb
    def decide():
        """The last clock before bclk falls."""
        falls.next = phase == last_phase

    @always_comb
    def look():
        """The last bit of a slot."""
        last.next = place == last_bit

    @always_comb
    def change():
        turns.next = falls and last

    @always_comb
    def connect():
        bclk.next = bit
        fall.next = falls
        turn.next = turns

    if left_level:

        @always_comb
        def show():
            lrclk.next = not side

    else:

        @always_comb
        def show():
            lrclk.next = side

    @always(clk.posedge)
    def divide():
        """The bit clock: low first, then high."""
        if reset:
            phase.next = 0
            bit.next = False
        else:
            bit.next = phase >= last_low and not falls
            if falls:
                phase.next = 0
            else:
                phase.next = phase + 1

    @always(clk.posedge)
    def walk():
        """The frame begins with the first falling edge after a reset: left."""
        if reset:
            place.next = last_bit
            side.next = True
        elif falls:
            if last:
                place.next = 0
                side.next = not side
            else:
                place.next = place + 1

    return decide, look, change, connect, show, divide, walk
