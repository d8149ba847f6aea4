"""What I2S receiver and transmitter share: the bit clock, and the sides of a frame.

Left is channel 0. With ``i2s`` framing left is while lrclk is low and a word begins one bit clock after lrclk's change; with
``left_justified`` left is while lrclk is high and a word begins with the change. Data change where the bit clock falls and are
sampled where it rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from myhdl import always, always_comb

from fixed_point import Format
from ip_cores.blocks.arithmetic import counter_signal, flag
from ip_cores.hierarchy import Group, entity
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


def check_words(field: str, format: Format, slot: int, role: str) -> None:
    """Refuse words that no codec has, and slots that a word does not fit into.

    Raises
    ------
    ParameterError
    """
    if not format.signed or format.word_length not in WORD_LENGTHS:
        raise ParameterError(field, format, "must be a signed format of 16, 20, 24 or 32 bits")
    if role == "master" and slot < format.word_length:
        raise ParameterError("slot", slot, f"must be {format.word_length} or more, the word length")


def line_ports(role: str) -> tuple[Port, Port]:
    """Bit clock and left-right clock."""
    direction = "out" if role == "master" else "in"
    return Port("bclk", direction), Port("lrclk", direction)


def clock_bits(core: Any) -> int:
    """Bits of the counters that make a master's clocks; a slave has none."""
    return (core.divider - 1).bit_length() + (core.slot - 1).bit_length() if core.role == "master" else 0


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

    @classmethod
    def of(cls, core: Any) -> LineTiming:
        return cls(core.role == "master", core.framing == "i2s", core.slot, core.divider)


@entity
def i2s_clocks(clk, reset, bclk, lrclk, fall, turn, divider, slot, left_level):
    """Bit clock and left-right clock of a master; `fall` precedes bclk's falling edge by a clock, `turn` lrclk's change as well."""
    phase, place = counter_signal(divider), counter_signal(slot)
    bit, side, falls, turns, last = (flag() for _ in range(5))
    high_from = divider - divider // 2

    @always_comb
    def decide():
        falls.next = phase == divider - 1

    @always_comb
    def look():
        last.next = place == slot - 1

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
        if reset:
            phase.next = 0
            bit.next = False
        else:
            bit.next = phase >= high_from - 1 and not falls
            if falls:
                phase.next = 0
            else:
                phase.next = phase + 1

    # The frame begins with the first falling edge after a reset: left.
    @always(clk.posedge)
    def walk():
        if reset:
            place.next = slot - 1
            side.next = True
        elif falls:
            if last:
                place.next = 0
                side.next = not side
            else:
                place.next = place + 1

    return decide, look, change, connect, show, divide, walk
