"""What cores share that treat band words one by one: a word at a time, state of every band in one memory, the power of a band."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from myhdl import always, always_comb, concat

from fixed_point import Format
from fixed_point.dwt_analysis import pattern
from fixed_point.families.a_trous import wire_channels
from ip_cores.banks.wavelet_bank import channel_port, words_and_channel
from ip_cores.blocks.arithmetic import bit_signal, like, magnitude_signal
from ip_cores.blocks.memory import reading, table, writing
from ip_cores.hierarchy import Constant, described, entity, primitive
from ip_cores.parameters import ParameterError
from ip_cores.port import Port


class BandStage:
    """What every stage for the words of a bank's bands answers alike: one word for one word, of the same format, with its channel.

    Attributes
    ----------
    sink : Format
        Of the band words, in and out.
    levels : int
        Details of the bank.
    bank : {"undecimated", "decimated"}
        Kind of the bank in front.
    """

    band_stage: ClassVar[bool] = True
    sink: Format
    levels: int
    bank: str

    def check_signed(self) -> None:
        """Bands have no other words."""
        if not self.sink.signed:
            raise ParameterError("sink", self.sink, "must be signed")

    @property
    def bank_of_words(self) -> tuple[str, int]:
        return self.bank, self.levels

    def as_band_stage(self, bands: Format, levels: int) -> Any:
        return self if (self.sink, self.levels) == (bands, levels) else self.replace(sink=bands, levels=levels)  # type: ignore[attr-defined]

    @property
    def source_format(self) -> Format:
        """As the sink's; what leaves its range is limited."""
        return self.sink

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (channel_port("sink", self.levels + 1),)

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", self.levels + 1),)

    def outline(self, x: Any) -> Any:
        return words_and_channel(x)

    def accompany(self, words: Any) -> dict[str, Any]:
        """Channels for plain words, in the order in which the bank sends them."""
        order = wire_channels(self.levels) if self.bank == "undecimated" else pattern(self.levels)
        return {"channel": np.resize(order, len(words))}


@entity
def state_memory(clk, enable, write, write_address, write_data, read_address, read_data, settled):
    """State of every band; simple dual-port memory with a registered output."""
    words = [like(write_data) for _ in range(2 ** len(write_address))]
    return writing(clk, write, write_address, write_data, words), reading(clk, enable, read_address, read_data, words)


def one_at_a_time(clk, reset, sink, source, held_channel, walk, takes, gives, filling, busy, waits, holds, last_channel, weighs_at):
    """One word at a time: processes of the entity around them.

    A word is taken and walks through the clocks: in clock n + 1 behind that in which it was taken, bit n of `walk` is high. At the end of
    the walk its result waits for the output. From a reset on the channel runs through the bands first, to give each its first state.
    """
    rest = len(walk) - 1

    @always_comb
    def decide():
        """One word at a time: no other is taken until the result has been handed over."""
        takes.next = sink.valid and not busy
        gives.next = waits and (source.ready or not holds)

    @always(clk.posedge)
    def follow():
        """The walk begins with a word that is taken; at its end the result waits for the output."""
        if reset:
            walk.next = 0
            waits.next = False
            holds.next = False
        else:
            walk.next = concat(walk[rest:], takes)
            waits.next = walk[weighs_at] or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always(clk.posedge)
    def address():
        """The word's channel; from a reset on it runs through the bands, to give each its first state."""
        if reset:
            filling.next = True
            busy.next = True
            held_channel.next = 0
        elif filling:
            held_channel.next = (held_channel + 1) % 2 ** len(held_channel)
            if held_channel == last_channel:
                filling.next = False
                busy.next = False
        elif takes:
            held_channel.next = sink.channel
            busy.next = True
        elif gives:
            busy.next = False

    return decide, follow, address


@primitive
def second_factor(word, coarse, dropped):
    """The second factor of a word's square: of long words the upper bits suffice, with half of their last one below, so nothing drifts."""
    if dropped:

        @always_comb
        def cut():
            """Of the second factor of a square the upper bits suffice, with half of their last one below: so nothing drifts."""
            coarse.next = concat(word[:dropped], True).signed()

    else:

        @always_comb
        def cut():
            coarse.next = word

    return cut


def by_band(band, rows, remark):
    """A number of the word's band: a constant where all bands have the same, otherwise from a table; and what makes it."""
    if band is None:
        return Constant(rows[0], remark), ()
    number = bit_signal(max(1, max(rows).bit_length()))
    return number, described(table(band, number, rows), remark[0].upper() + remark[1:] + ", by channel.")


def moved_up(band, word, rows, remark):
    """A word moved up by a number of places of its own for each band, so that the band goes on faster; and what makes it."""
    most = max(rows)
    if not most:
        return word, ()
    places, moved = bit_signal(most.bit_length()), bit_signal(len(word) + most)
    return moved, (described(table(band, places, rows), remark), variable_shift(word, places, moved))


@primitive
def variable_shift(word, places, moved):
    """A word times two to the power of another."""

    @always_comb
    def shift():
        moved.next = word << places

    return shift


@entity
def band_power(clk, reset, average, product, power, next_power, band, ahead, law):
    """Smoothed power: P += (b^2 - P) 2**-k. P has k more bits than a square, so that the sum is exact but for one rounding."""
    whole, bits, guard = law.power_step, law.square_bits, law.guard
    square = magnitude_signal(bits + guard, fraction_length=law.square_point + guard)
    entering, shifting = moved_up(band, square, ahead, "How much faster the band's power goes on.")
    leaving, also = moved_up(band, power, ahead, "How much faster the band's power goes on.")
    decay, total = bit_signal(len(power) + max(ahead) - whole + 1), bit_signal(len(power) + 2)
    low = max(whole - 1, 0)

    if guard:

        @always_comb
        def take():
            square.next = product[bits:] << guard

    else:

        @always_comb
        def take():
            square.next = product[bits:]

    if whole:

        @always_comb
        def fade():
            """The part of the power that goes, rounded."""
            decay.next = leaving[:whole] + leaving[whole:low]

    else:

        @always_comb
        def fade():
            decay.next = leaving

    @always_comb
    def add():
        total.next = power + entering

    @always(clk.posedge)
    def keep():
        """The power with the word."""
        if reset:
            next_power.next = 0
        elif average:
            next_power.next = total - decay

    return shifting, also, take, fade, add, keep
