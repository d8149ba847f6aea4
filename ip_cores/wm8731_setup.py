"""Writes the registers of a WM8731 codec after a reset, over I2C.

First, and again before a transfer is repeated, nine clocks and a stop free a bus whose data a slave holds low in mid-byte (UM10204,
3.1.16). A transfer that is not acknowledged, or in which other bits stand than were sent, is tried again; a register that is refused too
often ends the set-up with an error, a clock that is held low for too long does at once. The last register waits until the codec's reference
voltage has settled: with it the outputs go on, without a pop. `done` and `error` stay until the next reset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

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
from ip_cores.i2c_master import BUS_MEANINGS, BusPace, I2cLines, i2c_bits, i2c_inventory, quarter_parameter, timeout_parameter
from ip_cores.inventory import Inventory
from ip_cores.parameters import Excerpt, ParameterError, check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port

REGISTERS = (
    (6, 0x072),  # outputs off while all else is set up, and with them what the board does not use: microphone, oscillator, clock output
    (9, 0x000),  # digital interface off
    (0, 0x017),  # left line in: 0 dB, not muted
    (1, 0x017),  # right line in
    (2, 0x079),  # left headphone: 0 dB
    (3, 0x079),  # right headphone
    (4, 0x012),  # line in to the ADC, DAC to the output, microphone muted
    (5, 0x000),  # DAC not muted, no de-emphasis, high-pass filter of the ADC on
    (7, 0x002),  # I2S, 16 bits, slave
    (8, 0x001),  # USB mode: 48 kHz from 12.000 MHz
    (9, 0x001),  # digital interface on
    (6, 0x062),  # outputs on, after a wait
)
"""Line in to headphone at 48 kHz from 12.000 MHz, the codec being slave (WM8731 data sheet, register map and power-up sequence).

Every register is written, so that none needs the reset of register 15, which would switch everything off with a pop.
"""

ADDRESSES = (0x1A, 0x1B)
"""7-bit addresses of the codec: while its CSB pin is low, as on the DE2-70, and while it is high."""

WRITTEN = (*range(10), 15)
"""Registers that there are; 15 is the reset."""


def register_table(value: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of register and value."""
    try:
        rows = tuple((int(register), int(word)) for register, word in value)
    except (TypeError, ValueError):
        raise ValueError("must be a list of [register, value] pairs") from None
    if not 2 <= len(rows) <= 64:
        raise ValueError("must be a list of 2 to 64 [register, value] pairs")
    for register, word in rows:
        if register not in WRITTEN or not 0 <= word <= 0x1FF:
            raise ParameterError("registers", Excerpt(f"[{register}, {word}]"), "must be registers 0 to 9 or 15 with values 0 to 511")
    return rows


register_table.allowed = "a list of [register, value] pairs"  # type: ignore[attr-defined]


def bus_address(value: Any) -> int:
    """A 7-bit address at which the codec answers."""
    if isinstance(value, bool) or value not in ADDRESSES:
        raise ValueError(f"must be {bus_address.allowed}, without the bit for reading and writing")  # type: ignore[attr-defined]
    return int(value)


bus_address.allowed = " or ".join(f"{address} (0x{address:02X})" for address in ADDRESSES)  # type: ignore[attr-defined]


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
        "error": "a register was refused too often, or scl held low; the rest is not written; stays until the next reset",
    }

    name: str = parameter("wm8731_setup", doc="entity name; a VHDL identifier", kind=check_entity_name)
    registers: tuple[tuple[int, int], ...] = parameter(
        REGISTERS, doc="[register, value] pairs in the order of writing", kind=register_table
    )
    address: int = parameter(
        ADDRESSES[0], doc="7-bit address on the bus: 26 (0x1A) with the pin CSB low, 27 with it high", kind=bus_address
    )
    quarter: int = quarter_parameter()
    retries: int = parameter(3, doc="refusals of one register that are tried again", kind=int, minimum=0, maximum=15)
    settling: int = parameter(
        2_500_000, doc="clocks before the last register is written; 2500000 are 50 ms at 50 MHz", kind=int, minimum=1, maximum=2**28
    )
    timeout: int = timeout_parameter()

    @property
    def ports(self) -> tuple[Port, ...]:
        names = (("clk", "in"), ("reset", "in"), ("scl", "in"), ("sda", "in"), ("scl_low", "out"), ("sda_low", "out"))
        return tuple(Port(name, way) for name, way in (*names, ("done", "out"), ("retried", "out"), ("error", "out")))

    @property
    def latency(self) -> int:
        """Edges from the end of the reset to `done`, nothing refused and the clock never stretched.

        The bus is freed in 44 quarters, a register written in 124: start, three times nine bits, stop.
        """
        return 44 * self.quarter + 2 + len(self.registers) * (124 * self.quarter + 6) + self.settling

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
        counted = place + (self.retries + 1).bit_length() + (self.settling - 1).bit_length()
        own = Inventory("wm8731_setup", counters=counted, tables=((len(self.registers), 16),))
        return replace(own, parts=(i2c_inventory(self.quarter, self.timeout),))

    @property
    def pin_script(self) -> PinScript:
        """A codec that acknowledges everything but, where it is tried again, the second transfer."""
        refused = {1} if self.retries else set()
        sent, _ = self.model(refused)
        levels, expected = [1], []
        for number, transfer in enumerate(np.reshape(sent, (-1, 3))):
            if number == 0 or number - 1 in refused:  # nine clocks and a stop free the bus
                levels += [1] * 10
                expected += [(1,)] * 9 + [(0,)]
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
            settle=64 * self.quarter,
            patience=64 * self.quarter + self.settling,
        )

    def block(self, **signals: Any) -> Any:
        words = tuple(register << 9 | value for register, value in self.registers)
        ports = bundled(signals, lines=I2cLines, outcome=Outcome)
        sequence = RegisterSequence(len(words), self.address << 1, self.retries, self.settling)
        return wm8731_setup(**ports, words=words, sequence=sequence, pace=BusPace(self.quarter, self.timeout))


class RegisterSequence(NamedTuple):
    """What is written, but for the words.

    Attributes
    ----------
    registers : int
        How many.
    address : int
        Of the codec, for writing.
    retries : int
        Refusals of one register that are tried again.
    settling : int
        Clocks before the last register.
    """

    registers: int
    address: int
    retries: int
    settling: int


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
def wm8731_setup(clk, reset, lines, outcome, words, sequence, pace):
    """Writes the registers of a codec after a reset, with retries."""
    scl_seen, sda_seen, offered, accepted, answered, taken, stuck = (flag() for _ in range(7))
    command, answer = address_signal(12), address_signal(9)
    place, word = counter_signal(len(words)), address_signal(16)
    rows = Rows(words, [f"R{each >> 9} = 0x{each & 511:03X}" for each in words])
    exchange = ByteExchange(offered, accepted, command, answered, taken, answer)
    commands, answers = Stream(offered, accepted, command), Stream(answered, taken, answer)
    return (
        synchronizer(clk, lines.scl, scl_seen, STAGES),
        synchronizer(clk, lines.sda, sda_seen, STAGES),
        described(table(place, word, rows), "The registers, in the order of writing."),
        setup_control(clk, reset, exchange, stuck, place, word, outcome, sequence),
        i2c_bits(clk, reset, commands, answers, I2cLines(scl_seen, sda_seen, lines.scl_low, lines.sda_low), stuck, pace),
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
def setup_control(clk, reset, exchange, stuck, place, word, outcome, sequence):
    """Frees the bus, then sends three bytes a register: address, register with the value's highest bit, value.

    A refusal of any of them repeats all three, and before them what frees the bus.
    """
    last_register = Constant(sequence.registers - 1, "of the list")
    before_last = Constant(sequence.registers - 2, "of the list")
    freeing = Constant(0, "numbers of what is sent: nine clocks and a stop")
    address_byte = Constant(1, "the first byte of a register")
    register_byte = Constant(2, "the register's number and its value's highest bit")
    value_byte = Constant(3, "the rest of the value")
    nine_clocks = Constant(0x700, "a byte read and not acknowledged, and a stop, without a start")
    address = sequence.address
    start_and_address = Constant(0x800 + address, f"a start, and the codec's address {address >> 1:#04x} for writing")
    most_retries = Constant(sequence.retries, "of a register")
    last_rest = Constant(sequence.settling - 1, "clock of the wait before the last register")
    number = counter_signal(4)
    tries = counter_signal(sequence.retries + 2)
    waits, refused, finished, failed, again, last, bad, rests, offers = (flag() for _ in range(9))
    at, rest = counter_signal(sequence.registers), counter_signal(sequence.settling)
    sent = address_signal(12)
    stop = Signal(intbv(4)[4:])

    @always_comb
    def connect():
        """A byte is offered until it is accepted, then its answer is waited for."""
        exchange.offered.next = offers
        exchange.command.next = sent
        exchange.taken.next = waits
        place.next = at
        outcome.done.next = finished
        outcome.error.next = failed
        outcome.retried.next = again

    @always_comb
    def look():
        """The acknowledge is high where a byte was refused; other bits than were sent mean that the line is held low."""
        offers.next = not (waits or finished or failed or rests)
        last.next = at == last_register
        bad.next = refused or exchange.answer[0] or exchange.answer[9:1] != sent[8:]

    @always_comb
    def choose():
        """What frees the bus; address of the codec behind a start; register and the value's highest bit; the value, then a stop."""
        if number == freeing:
            sent.next = nine_clocks
        elif number == address_byte:
            sent.next = start_and_address
        elif number == register_byte:
            sent.next = word[:8]
        else:
            sent.next = concat(stop, word[8:])

    @always(clk.posedge)
    def walk():
        """Three bytes a register; if any was refused, the bus is freed and all three are tried again."""
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
            waits.next = offers and exchange.accepted
        elif exchange.answered:
            waits.next = False
            if stuck:
                failed.next = True
            elif number != value_byte:
                number.next = number + 1
                refused.next = bad and number != freeing
            else:
                refused.next = False
                if bad:
                    number.next = 0
                    again.next = True
                    tries.next = tries + 1
                    failed.next = tries == most_retries
                else:
                    number.next = 1
                    tries.next = 0
                    finished.next = last
                    if not last:
                        at.next = at + 1

    @always(clk.posedge)
    def settle():
        """A wait before the last register is offered."""
        if reset:
            rests.next = False
            rest.next = 0
        elif rests:
            rest.next = rest + 1
            if rest == last_rest:
                rest.next = 0
                rests.next = False
        elif waits and exchange.answered and number == value_byte and not bad and at == before_last:
            rests.next = True

    return connect, look, choose, walk, settle
