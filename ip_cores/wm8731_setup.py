"""Writes the registers of a WM8731 codec after a reset, over I2C.

A transfer that is not acknowledged is tried again; a register that is refused too often ends the set-up with an error. `done` and `error`
stay until the next reset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from myhdl import Signal, always, always_comb, concat, intbv

import fixed_point.wm8731_setup
import reference.wm8731_setup
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag
from ip_cores.blocks.crossing import STAGES, synchronizer
from ip_cores.blocks.memory import table
from ip_cores.blocks.stream import Stream, bundled
from ip_cores.families.board_core import BoardCore
from ip_cores.hierarchy import Constant, Group, Rows, described, entity
from ip_cores.i2c_master import BUS_MEANINGS, I2cLines, i2c_bits, i2c_inventory
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port

REGISTERS = (
    (15, 0x000),  # reset
    (9, 0x000),  # digital interface off while it is set up
    (0, 0x017),  # left line in: 0 dB, not muted
    (1, 0x017),  # right line in
    (2, 0x079),  # left headphone: 0 dB
    (3, 0x079),  # right headphone
    (4, 0x012),  # line in to the ADC, DAC to the output, microphone muted
    (5, 0x000),  # DAC not muted, no de-emphasis, high-pass filter of the ADC on
    (6, 0x002),  # everything powered but the microphone
    (7, 0x002),  # I2S, 16 bits, slave
    (8, 0x001),  # USB mode: 48 kHz from 12.000 MHz
    (9, 0x001),  # digital interface on
)
"""Line in to headphone at 48 kHz from 12.000 MHz, the codec being slave (WM8731 data sheet, register map)."""

BUS_ADDRESS = 0x1A
"""7-bit address while the codec's CSB pin is low, as on the DE2-70."""


def register_table(value: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of register and value."""
    try:
        rows = tuple((int(register), int(word)) for register, word in value)
    except (TypeError, ValueError):
        raise ValueError("must be a list of [register, value] pairs") from None
    if not 2 <= len(rows) <= 64:
        raise ValueError("must be a list of 2 to 64 [register, value] pairs")
    for register, word in rows:
        if not (0 <= register <= 127 and 0 <= word <= 0x1FF):
            raise ParameterError("registers", f"[{register}, {word}]", "must be registers 0 to 127 with values 0 to 511")
    return rows


register_table.allowed = "a list of [register, value] pairs"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Wm8731Setup(BoardCore):
    """Parameters of the codec's set-up; see ``docs/cores/wm8731_setup.md``."""

    kind: ClassVar[str] = "wm8731_setup"
    summary: ClassVar[str] = "writes the registers of a WM8731 codec after a reset, with retries"
    family: ClassVar[str] = "board"
    meanings: ClassVar[Mapping[str, str]] = {
        **BUS_MEANINGS,
        "done": "every register was written; stays until the next reset",
        "retried": "a transfer was not acknowledged and was tried again; stays until the next reset",
        "error": "a register was refused too often, the rest is not written; stays until the next reset",
    }

    name: str = parameter("wm8731_setup", doc="entity name; a VHDL identifier", kind=check_entity_name)
    registers: tuple[tuple[int, int], ...] = parameter(
        REGISTERS, doc="[register, value] pairs in the order of writing", kind=register_table
    )
    address: int = parameter(BUS_ADDRESS, doc="7-bit address on the bus", kind=int, minimum=8, maximum=119)
    quarter: int = parameter(125, doc="clocks of a quarter of a bit; 125 is 100 kHz at 50 MHz", kind=int, minimum=4, maximum=65535)
    retries: int = parameter(3, doc="refusals of one register that are tried again", kind=int, minimum=0, maximum=15)

    @property
    def ports(self) -> tuple[Port, ...]:
        names = (("clk", "in"), ("reset", "in"), ("scl", "in"), ("sda", "in"), ("scl_low", "out"), ("sda_low", "out"))
        return tuple(Port(name, way) for name, way in (*names, ("done", "out"), ("retried", "out"), ("error", "out")))

    @property
    def latency(self) -> int:
        """Edges from the end of the reset to `done`, nothing refused and the clock never stretched: 29 times four quarters a register."""
        return len(self.registers) * (116 * self.quarter + 6)

    @property
    def controls(self) -> Mapping[str, int]:
        return {"scl": 1}

    def reference(self, x: Any = None) -> Any:
        """What the codec does afterwards; see `reference.wm8731_setup`."""
        return reference.wm8731_setup.wm8731_setup(self.registers)

    def model(self, x: Any = ()) -> Any:
        """Bytes on the bus and whether it failed, from the numbers of the transfers that are refused."""
        return fixed_point.wm8731_setup.wm8731_setup(self.registers, self.address, self.retries, x)

    @property
    def inventory(self) -> Inventory:
        place = (len(self.registers) - 1).bit_length()
        own = Inventory("wm8731_setup", counters=place + (self.retries + 1).bit_length(), tables=((len(self.registers), 16),))
        return replace(own, parts=(i2c_inventory(self.quarter),))

    @property
    def pin_script(self) -> PinScript:
        """A codec that acknowledges everything but, where it is tried again, the second transfer."""
        refused = {1} if self.retries else set()
        sent, _ = self.model(refused)
        levels, expected = [1], []
        for number, transfer in enumerate(np.reshape(sent, (-1, 3))):
            refuses = int(number in refused)
            for byte in transfer:
                # Eight bits of the master's, then the codec's.
                levels += [*[1] * 8, refuses]
                expected += [*((int(byte) >> place & 1,) for place in range(7, -1, -1)), (refuses,)]
            levels.append(1)
            expected.append((0,))  # the line is low before a stop
        return PinScript(
            drive={"sda": levels},
            step="scl",
            wired={"scl": "scl_low", "sda": "sda_low"},
            watch=("sda",),
            strobe="scl",
            expected=expected,
            finish={"done": 1, "retried": len(refused), "error": 0},
            patience=64 * self.quarter,
        )

    def block(self, **signals: Any) -> Any:
        words = tuple(register << 9 | value for register, value in self.registers)
        ports = bundled(signals, lines=I2cLines, outcome=Outcome)
        return wm8731_setup(**ports, words=words, address=self.address << 1, quarter=self.quarter, retries=self.retries)


@dataclass(frozen=True, eq=False)
class Outcome(Group):
    """How the setup went.

    Attributes
    ----------
    done : Signal of bool
        All registers are written.
    retried : Signal of bool
        A register had to be written again.
    error : Signal of bool
        The codec does not answer.
    """

    done: Any
    retried: Any
    error: Any


@entity
def wm8731_setup(clk, reset, lines, outcome, words, address, quarter, retries):
    """Writes the registers of a codec after a reset, with retries."""
    scl_seen, sda_seen, offered, accepted, answered, taken = (flag() for _ in range(6))
    command, answer = address_signal(12), address_signal(9)
    place, word = counter_signal(len(words)), address_signal(16)
    rows = Rows(words, [f"R{each >> 9} = 0x{each & 511:03X}" for each in words])
    exchange = ByteExchange(offered, accepted, command, answered, taken, answer)
    commands, answers = Stream(offered, accepted, command), Stream(answered, taken, answer)
    return (
        synchronizer(clk, lines.scl, scl_seen, STAGES),
        synchronizer(clk, lines.sda, sda_seen, STAGES),
        described(table(place, word, rows), "The registers, in the order of writing."),
        setup_control(clk, reset, exchange, place, word, outcome, len(words), address, retries),
        i2c_bits(clk, reset, commands, answers, I2cLines(scl_seen, sda_seen, lines.scl_low, lines.sda_low), quarter),
    )


@dataclass(frozen=True, eq=False)
class ByteExchange(Group):
    """Commands to the bus, and its answers, each with valid and ready.

    Attributes
    ----------
    offered, accepted : Signal of bool
        A command is there, and taken.
    command : Signal
        A byte, and what is to be done around it.
    answered, taken : Signal of bool
        An answer is there, and taken.
    answer : Signal
        The byte on the bus, and the acknowledge.
    """

    offered: Any
    accepted: Any
    command: Any
    answered: Any
    taken: Any
    answer: Any


@entity
def setup_control(clk, reset, exchange, place, word, outcome, count, address, retries):
    """Three bytes a register: address, register with the value's highest bit, value; a refusal of any of them repeats all three."""
    last_register = Constant(count - 1, "of the list")
    address_byte = Constant(0, "numbers of a register's bytes")
    register_byte = Constant(1, "the register's number and its value's highest bit")
    value_byte = Constant(2, "the rest of the value")
    start_and_address = Constant(0x800 + address, f"a start, and the codec's address {address >> 1:#04x} for writing")
    most_retries = Constant(retries, "of a register")
    number = counter_signal(3)
    tries = counter_signal(retries + 2)
    waits, refused, finished, failed, again, last, bad = (flag() for _ in range(7))
    at = counter_signal(count)
    stop = Signal(intbv(4)[4:])

    @always_comb
    def connect():
        """A byte is offered until it is accepted, then its answer is waited for."""
        exchange.offered.next = not waits and not finished and not failed
        exchange.taken.next = waits
        place.next = at
        outcome.done.next = finished
        outcome.error.next = failed
        outcome.retried.next = again

    @always_comb
    def look():
        """The acknowledge is high where a byte was refused."""
        last.next = at == last_register
        bad.next = refused or exchange.answer[0]

    @always_comb
    def choose():
        """Address of the codec behind a start; register and the value's highest bit; the value, then a stop."""
        if number == address_byte:
            exchange.command.next = start_and_address
        elif number == register_byte:
            exchange.command.next = word[:8]
        else:
            exchange.command.next = concat(stop, word[8:])

    @always(clk.posedge)
    def walk():
        """Three bytes a register; if any was refused, all three are tried again."""
        if reset:
            number.next = 0
            at.next = 0
            tries.next = 0
            waits.next = False
            refused.next = False
            finished.next = False
            failed.next = False
            again.next = False
        elif not waits:
            waits.next = exchange.accepted and not finished and not failed
        elif exchange.answered:
            waits.next = False
            if number != value_byte:
                number.next = number + 1
                refused.next = bad
            else:
                number.next = 0
                refused.next = False
                if bad:
                    again.next = True
                    tries.next = tries + 1
                    failed.next = tries == most_retries
                else:
                    tries.next = 0
                    finished.next = last
                    if not last:
                        at.next = at + 1

    return connect, look, choose, walk
