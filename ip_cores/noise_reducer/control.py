"""Noise reducer: its registers, and what happens in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from fixed_point.noise_reducer import GAIN, ONE
from ip_cores.blocks.arithmetic import bit_signal, flag, like, magnitude_signal
from ip_cores.blocks.log2_word import LOG2_CLOCKS
from ip_cores.families.band_stage import one_at_a_time
from ip_cores.hierarchy import Constant, Group, entity
from ip_cores.noise_reducer.plan import PHASES

# Bits of the walk: in clock n + 1 behind that in which a word is taken, bit n is high.
AVERAGES = 1
TRACKS = AVERAGES + LOG2_CLOCKS + 2
SMOOTHS = TRACKS + 5
KEEPS = SMOOTHS + 1


@dataclass(frozen=True, eq=False)
class ReducerOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word is taken, and its band's state read.
    average, track, smooth : Signal of bool
        The power, the noise floor and the gain take the word in.
    weigh : Signal of bool
        The product is that of word and gain; otherwise it is the word's square.
    keep : Signal of bool
        The state is written back.
    give : Signal of bool
        The result is handed over.
    stays, passes : Signal of bool
        The noise floor stays as it is; the word leaves as it came.
    """

    take: Any
    average: Any
    track: Any
    smooth: Any
    weigh: Any
    keep: Any
    give: Any
    stays: Any
    passes: Any


@dataclass(frozen=True, eq=False)
class ReducerRequests(Group):
    """What is asked of the noise reducer.

    Attributes
    ----------
    bypassing, frozen : Signal of bool
        Words leave as they came; the noise floor stays as it is.
    floor : Signal
        The least gain.
    """

    bypassing: Any
    frozen: Any
    floor: Any


@dataclass(frozen=True, eq=False)
class HeldBandWord(Group):
    """The word that is worked on, its band, and the least gain when it was taken."""

    word: Any
    channel: Any
    least_gain: Any


@entity
def reducer_registers(clk, reset, bypass, freeze, control, requests, first):
    """Avalon-MM slave: address 0 is the least gain, address 1 holds bypass (bit 0) and freeze (bit 1). The ports of that name add to it."""
    first_floor, one = Constant(first, f"{first / ONE:g}"), Constant(ONE, "1.0, which anything larger counts as")
    top_bit, gain_bits = GAIN.word_length - 1, GAIN.word_length
    least = magnitude_signal(gain_bits, fraction_length=GAIN.fraction_length)
    bypass_bit, freeze_bit = flag(), flag()

    @always(clk.posedge)
    def write_floor():
        """Address 0: the least gain."""
        if reset:
            least.next = first_floor
        elif control.write and control.address == 0:
            if control.writedata[top_bit]:
                least.next = one
            else:
                least.next = control.writedata[gain_bits:]

    @always(clk.posedge)
    def write_bits():
        """Address 1: bit 0 bypasses, bit 1 freezes the noise floor."""
        if reset:
            bypass_bit.next = False
            freeze_bit.next = False
        elif control.write and control.address == 1:
            bypass_bit.next = control.writedata[0]
            freeze_bit.next = control.writedata[1]

    @always_comb
    def read():
        """What stands at the address."""
        control.readdata.next = 0
        if control.address == 0:
            control.readdata.next = least
        else:
            control.readdata.next[0] = bypass_bit
            control.readdata.next[1] = freeze_bit

    @always_comb
    def connect():
        requests.floor.next = least
        requests.bypassing.next = bypass or bypass_bit
        requests.frozen.next = freeze or freeze_bit

    return write_floor, write_bits, read, connect


@entity
def reducer_control(clk, reset, sink, source, requests, held, orders):
    """One word at a time: taken with what was asked for, through all that follows, and handed over. It walks through the clocks.

    After a reset the state of every band is written first.
    """
    last_channel = Constant(2 ** len(held.channel) - 1, "whose state is written from a reset on")
    averages_at, tracks_at, smooths_at = Constant(AVERAGES, "a clock"), Constant(TRACKS, "a clock"), Constant(SMOOTHS, "a clock")
    keeps_at, weighs_at = Constant(KEEPS, "a clock"), Constant(PHASES - 1, "a clock")
    takes, gives, filling, busy, waits, holds = (flag() for _ in range(6))
    walk = bit_signal(PHASES)
    held_word, held_channel, held_floor = like(held.word), like(held.channel), like(held.least_gain)
    passing, staying = flag(), flag()

    @always(clk.posedge)
    def hold():
        """The word, and what was asked for as it was taken."""
        if takes:
            held_word.next = sink.data
            held_floor.next = requests.floor
            passing.next = requests.bypassing
            staying.next = requests.frozen

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds
        held.word.next = held_word
        held.channel.next = held_channel
        held.least_gain.next = held_floor

    @always_comb
    def order():
        orders.take.next = takes
        orders.average.next = walk[averages_at]
        orders.track.next = walk[tracks_at]
        orders.smooth.next = walk[smooths_at]
        orders.keep.next = filling or walk[keeps_at]
        orders.weigh.next = walk[weighs_at] or waits
        orders.give.next = gives
        orders.stays.next = staying
        orders.passes.next = passing

    decide, follow, address = one_at_a_time(
        clk, reset, sink, source, held_channel, walk, takes, gives, filling, busy, waits, holds, last_channel, weighs_at
    )
    return decide, follow, hold, address, connect, order
