"""Band stages with gains that are logarithms, set at run time: registers of an Avalon-MM slave, an even pace, a factor, the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from myhdl import always, always_comb

from fixed_point import Format, Overflow, Rounding
from fixed_point.families.band_power import FACTOR_BITS
from fixed_point.families.logarithmic_gain import EXPONENT_BITS, PACE_BITS, POWER_BITS, REGISTER, SPAN, LogarithmicGain, register_value
from ip_cores.blocks.arithmetic import bit_signal, flag, like, signed_signal
from ip_cores.blocks.exp2_word import EXP2_CLOCKS, exp2_word
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.families.band_stage import one_at_a_time
from ip_cores.hierarchy import Constant, Group, entity, inline
from ip_cores.port import Port, RegisterField
from ip_cores.run_time import RunTimeInputs, Steered, port_input, register_input
from reference.families.levels import DOUBLING_OF_AMPLITUDE

REGISTER_BITS = REGISTER.word_length

LEAST_GAIN = -96.0
"""Least gain that a register holds, in dB: of 16-bit words nothing is left."""

LARGEST_GAIN = 42.0
"""In dB of words: just below 2**`SPAN`."""

FACTOR_ERROR = 0.0008
"""Part of itself by which a gain from -42 dB on may be off: half of a factor's last bit where it has 11, straight lines, its exponent."""

PACE_AT = 1
"""Bit of the walk at which a gain goes a step nearer to what is asked for."""


def gain_word(gain: float) -> int:
    """A gain in dB as a word of format `REGISTER`.

    Examples
    --------
    >>> gain_word(6.0206), gain_word(-96)
    (2048, -32656)
    """
    return round(gain / DOUBLING_OF_AMPLITUDE * 2**REGISTER.fraction_length)


def gain_of(word: int) -> float:
    """A word of format `REGISTER` as a gain in dB."""
    return word / 2**REGISTER.fraction_length * DOUBLING_OF_AMPLITUDE


def pace_word(ramp: float, band_rate: float) -> int:
    """A ramp in dB/s as the largest change in a word, with `PACE_BITS` more bits of fraction than a gain; no more than from end to end."""
    step = round(ramp / band_rate / DOUBLING_OF_AMPLITUDE * 2 ** (REGISTER.fraction_length + PACE_BITS))
    return min(max(1, step), (1 << REGISTER.word_length + PACE_BITS) - 1)


@dataclass(frozen=True)
class GainRegisters:
    """The registers of a band stage with gains.

    Attributes
    ----------
    starts : tuple of int
        What those of channels 0, 1, … hold after a reset, words of format `REGISTER`.
    channel_bits : int
        Of a channel's number; the register of other bits is at two to this.
    pace : int
        Largest change of a gain in a word of its band, with `PACE_BITS` more bits of fraction.
    """

    starts: tuple[int, ...]
    channel_bits: int
    pace: int

    @property
    def bits_address(self) -> int:
        """Address of the bypass bit."""
        return 1 << self.channel_bits

    @property
    def all_starts(self) -> tuple[int, ...]:
        """Of every channel that its word can tell; 0 dB where there is no register."""
        return (*self.starts, *(0,) * ((1 << self.channel_bits) - len(self.starts)))

    @property
    def ports(self) -> tuple[Port, ...]:
        """Of the slave, and the bypass."""
        return (
            Port("bypass", "in"),
            Port("control_address", "in", self.channel_bits + 1),
            Port("control_write", "in"),
            Port("control_writedata", "in", REGISTER_BITS),
            Port("control_readdata", "out", REGISTER_BITS),
        )

    def map(self, what: str) -> tuple[RegisterField, ...]:
        """The map of the registers, in words."""
        gains = (
            RegisterField.of(n, REGISTER, start, f"{what} of channel {n}, `{REGISTER}` doublings", f"{what}_{n}")
            for n, start in enumerate(self.starts)
        )
        return (*gains, RegisterField(self.bits_address, 0, 0, 0, "words pass unchanged, as with the port `bypass`", "bypass"))

    def inputs(self, what: str) -> RunTimeInputs:
        """The run-time inputs: bypass, and a register for each channel."""
        most, addresses = (1 << REGISTER_BITS) - 1, 2 * self.bits_address
        found = {f"{what}_{n}": register_input(n, start & most, most, addresses) for n, start in enumerate(self.starts)}
        return {"bypass": port_input("bypass"), **found, "bits": register_input(self.bits_address, 0, 1, addresses)}


def targets_of(registers: GainRegisters, what: str, values: Steered, count: int) -> list[Any]:
    """By channel what its register holds at each word; 0 dB where there is none."""
    known = [register_value(values[f"{what}_{n}"]) for n in range(len(registers.starts))]
    return [*known, *(np.zeros(count, np.int64) for _ in registers.all_starts[len(known) :])]


def register_meanings(what: str) -> Mapping[str, str]:
    """What the ports mean."""
    return {
        "bypass": "words pass as they are",
        "control_address": f"a channel: its {what}, {REGISTER} doublings of amplitude; above them: bit 0 bypasses",
        "control_write": "the register is written on this edge",
        "control_writedata": "what is written",
        "control_readdata": "what stands at the address",
    }


@dataclass(frozen=True, eq=False)
class GainOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word is taken, and its band's state read.
    keep : Signal of bool
        The state is written back.
    give : Signal of bool
        The result is handed over.
    passes : Signal of bool
        The word leaves as it came.
    fills : Signal of bool, optional
        The bands' first states are written, where they are not what a reset leaves in the registers.
    weigh : Signal of bool, optional
        The product is that of word and gain, where there are others.
    """

    take: Any
    keep: Any
    give: Any
    passes: Any
    fills: Any = None
    weigh: Any = None


@dataclass(frozen=True, eq=False)
class HeldGainWord(Group):
    """The word that is worked on, its band, and its gain as the register had it when the word was taken."""

    word: Any
    channel: Any
    wanted: Any


@dataclass(frozen=True, eq=False)
class Requests(Group):
    """What is asked for: the gain of the band of the word at the sink, and that words leave as they came."""

    asked: Any
    bypassing: Any


@entity
def gain_registers(clk, reset, bypass, control, channel, requests, registers):
    """Avalon-MM slave: a gain for each channel, and above them bit 0 bypasses, which the port of that name does too."""
    bits_place = Constant(registers.bits_address, "address of the bypass bit")
    bypass_bit = flag()
    of_band, found, slots = None, None, []
    for number, start in enumerate(registers.starts):
        below, of_band, found = (of_band, found), like(requests.asked), bit_signal(REGISTER_BITS)
        slots.append(gain_register(clk, reset, control, channel, *below, of_band, found, (number, start)))

    @always(clk.posedge)
    def write_bits():
        """The bypass bit."""
        if reset:
            bypass_bit.next = False
        elif control.write and control.address == bits_place:
            bypass_bit.next = control.writedata[0]

    @always_comb
    def read_back():
        """What stands at the address."""
        control.readdata.next = found
        if control.address == bits_place:
            control.readdata.next = 0
            control.readdata.next[0] = bypass_bit

    @always_comb
    def connect():
        requests.asked.next = of_band
        requests.bypassing.next = bypass or bypass_bit

    return *slots, write_bits, read_back, connect


@inline
def gain_register(clk, reset, control, channel, asked_below, read_below, asked, read, own):
    """The gain of one channel; it is asked for, or read, where its number is. Otherwise what the registers below say passes through."""
    number, start = own
    place = Constant(number, "the channel")
    first = Constant(start, f"{gain_of(start):.4g} dB")
    held = signed_signal(REGISTER_BITS, fraction_length=REGISTER.fraction_length)
    bits = REGISTER_BITS

    @always(clk.posedge)
    def write():
        """The gain of one channel."""
        if reset:
            held.next = first
        elif control.write and control.address == place:
            held.next = control.writedata.signed()

    if asked_below is None:

        @always_comb
        def choose():
            """That of the band, and that of the address."""
            asked.next = 0
            read.next = 0
            if channel == place:
                asked.next = held
            if control.address == place:
                read.next = held[bits:]

    else:

        @always_comb
        def choose():
            """That of the band, and that of the address."""
            asked.next = asked_below
            read.next = read_below
            if channel == place:
                asked.next = held
            if control.address == place:
                read.next = held[bits:]

    return write, choose


@entity
def gain_control(clk, reset, sink, source, requests, held, orders, walk, phases):
    """One word at a time: taken with what was asked for, through all that follows, and handed over. It walks through the clocks.

    After a reset the state of every band is written first.
    """
    last_channel = Constant(2 ** len(held.channel) - 1, "whose state is written from a reset on")
    keeps_at, weighs_at = Constant(phases - 1, "a clock"), Constant(phases - 1, "a clock")
    takes, gives, filling, busy, waits, holds = (flag() for _ in range(6))
    held_word, held_channel, held_gain = like(held.word), like(held.channel), like(held.wanted)
    passing = flag()
    steps = bit_signal(phases)

    @always(clk.posedge)
    def hold():
        """The word, and what was asked for as it was taken."""
        if takes:
            held_word.next = sink.data
            held_gain.next = requests.asked
            passing.next = requests.bypassing

    decide, follow, address = one_at_a_time(
        clk, reset, sink, source, held_channel, steps, takes, gives, filling, busy, waits, holds, last_channel, weighs_at
    )

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds
        held.word.next = held_word
        held.channel.next = held_channel
        held.wanted.next = held_gain

    @always_comb
    def order():
        orders.take.next = takes
        orders.keep.next = filling or steps[keeps_at]
        orders.give.next = gives
        orders.passes.next = passing

    if walk is None:

        @always_comb
        def mark():
            """The bands' first states are told from others."""
            orders.fills.next = filling

        return decide, follow, hold, address, connect, order, mark

    @always_comb
    def tell():
        """Where the word is on its walk, and when it meets its gain."""
        walk.next = steps
        orders.weigh.next = steps[weighs_at] or waits

    return decide, follow, hold, address, connect, order, tell


@entity
def even_pace(clk, reset, goes, wanted, pace, next_pace, registers):
    """A gain on its way to what is asked for: no more than a step in a word of its band. Two clocks."""
    # With an order to go (bit `PACE_AT` of the walk), what is 0 from a reset on stays so until the first word.
    most, least = Constant(registers.pace, "up in a word"), Constant(-registers.pace, "down in a word")
    target, distance = like(pace), signed_signal(len(pace) + 1, fraction_length=REGISTER.fraction_length + PACE_BITS)
    step = like(distance)

    @always_comb
    def widen():
        target.next = wanted << PACE_BITS

    @always_comb
    def measure():
        distance.next = target - pace

    @always(clk.posedge)
    def bound():
        """The distance, no more than a step."""
        if distance > most:
            step.next = most
        elif distance < least:
            step.next = least
        else:
            step.next = distance

    if goes is None:

        @always(clk.posedge)
        def go():
            """A step nearer."""
            next_pace.next = pace + step

    else:

        @always(clk.posedge)
        def go():
            """A step nearer."""
            if reset:
                next_pace.next = 0
            elif goes:
                next_pace.next = pace + step

    return widen, measure, bound, go


@entity
def gain_factor(clk, total, factor, below_one, point):
    """From a gain's logarithm to a factor of 17 bits: that of a gain below 1 has 7 more bits of fraction. Four clocks."""
    dropped = point - EXPONENT_BITS
    law = LogarithmicGain(Format(True, 16, 15)).power
    exponent = signed_signal(len(total) - dropped + 2, fraction_length=EXPONENT_BITS)
    rounded, more = like(exponent), signed_signal(len(exponent) + 1, fraction_length=EXPONENT_BITS + 1)
    span = Constant(SPAN << EXPONENT_BITS, f"{SPAN} doublings")
    below = flag()
    half = dropped - 1

    @always_comb
    def add_half():
        more.next = total[:half].signed() + 1

    @always_comb
    def round_off():
        """To nearest: half a bit more, and the bits below are dropped."""
        rounded.next = more[:1].signed()

    @always(clk.posedge)
    def store():
        """The exponent, which is that of a factor of 1 or more."""
        below.next = rounded < 0
        if rounded < 0:
            exponent.next = rounded + span
        else:
            exponent.next = rounded

    @always_comb
    def tell():
        below_one.next = below

    return add_half, round_off, store, tell, exp2_word(clk, exponent, factor, law)


FACTOR_CLOCKS = 1 + EXP2_CLOCKS


@entity
def weighed_word(clk, orders, product, below_one, held, source_data, source_channel, format):
    """The product, rounded to a word and limited; or the word as it came."""
    bits = len(held.word)
    fraction_length = format.fraction_length
    more, less = POWER_BITS - 1, POWER_BITS + SPAN - 1
    half = 1 << (bits - 1)
    # Of the product one bit is kept below the word's last.
    interval = Interval(-half, half).times(1 << FACTOR_BITS - 1 - more)
    conversion = Conversion(interval, 1, Format(True, bits, 0), Rounding.NEAREST, Overflow.SATURATE)
    kept = signed_signal(interval, fraction_length=fraction_length + 1)
    limited = like(held.word)

    @always_comb
    def choose():
        """A factor of less than 1 has more bits of fraction."""
        if below_one:
            kept.next = product[:less].signed()
        else:
            kept.next = product[:more].signed()

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if orders.give:
            if orders.passes:
                source_data.next = held.word
            else:
                source_data.next = limited
            source_channel.next = held.channel

    return choose, requantizer(kept, limited, conversion), store


def stage_timing(phases: int, channel_bits: int) -> Process:
    """A word is taken, goes through all that follows, and leaves. After a reset the state of every band is written."""
    return Process([TAKE, wait(phases), GIVE], once=[wait(2**channel_bits)])


def per_band(values: Sequence[float] | float, count: int) -> tuple[float, ...]:
    """A value for each band, in the order of channels, from one for all or from those of the bands from low to high."""
    if isinstance(values, int | float):
        return (float(values),) * count
    low, *details = values
    return (float(low), *(float(one) for one in reversed(details)))


