"""Threshold: what its hardware follows from, its registers, its control, and the memory of the bands' state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from myhdl import always, always_comb, intbv

from fixed_point.threshold import GAIN, Tracker
from ip_cores.blocks.arithmetic import flag, like
from ip_cores.blocks.process import GIVE, TAKE, Process, wait
from ip_cores.hierarchy import Constant, Group, Rows, Word, entity

REGISTER_BITS = 16


@dataclass(frozen=True)
class ThresholdPlan:
    """What the hardware of a threshold follows from.

    Attributes
    ----------
    tracker : Tracker
    intervals : tuple of int
        Words of bands 1, 2, … from one step of the tracker to the next; two or more.
    gain : int
        Lambda over m after a reset.
    rule : str
    settled : bool
        Whether no band sends two words in a row, so that no state is read in the clock after it was written.
    """

    tracker: Tracker
    intervals: tuple[int, ...]
    gain: int
    rule: str
    settled: bool = False

    def in_turns(self) -> ThresholdPlan:
        """The same behind a bank: between two words of a band comes one of another."""
        return replace(self, settled=True)

    @property
    def channel_bits(self) -> int:
        return max(1, len(self.intervals).bit_length())

    @property
    def phase_bits(self) -> int:
        """Bits of the counter that tells when a band's tracker steps."""
        return (max(self.intervals) - 1).bit_length()

    @property
    def band_table(self) -> Rows:
        """By channel: whether it is a detail, and below where its counter stands when a step is due."""
        detail = 1 << self.phase_bits
        bands = {0: (0, "the approximation")}
        for band, interval in enumerate(self.intervals, 1):
            bands[band] = detail | (interval - 1), f"detail of level {band}: a step at every {interval} words"
        rows = [bands.get(channel, (0, "no band")) for channel in range(1 << self.channel_bits)]
        return Rows((word for word, _ in rows), [remark for _, remark in rows])


def threshold_timing(plan: ThresholdPlan) -> Process:
    """A word is taken and its band's state read; median and limit; the rule. After a reset the state of every band is written."""
    return Process([TAKE, wait(1), GIVE], once=[wait(2**plan.channel_bits)])


def unsigned_signal(bits: int, value: int = 0, fraction_length: int | None = None) -> Any:
    """An unsigned signal of so many bits."""
    return Word(intbv(value)[bits:], fraction_length)


@entity
def threshold_registers(clk, reset, bypass, freeze, control, gain, bypassing, frozen, plan):
    """Avalon-MM slave: address 0 is lambda over m, address 1 holds bypass (bit 0) and freeze (bit 1). The ports of that name add to it."""
    first_factor = Constant(plan.gain, f"{plan.gain / 2**GAIN.fraction_length:g} medians")
    gain_bits = GAIN.word_length
    factor = unsigned_signal(gain_bits)
    bypass_bit, freeze_bit = flag(), flag()

    @always(clk.posedge)
    def write_factor():
        """Address 0: lambda in units of the median."""
        if reset:
            factor.next = first_factor
        elif control.write and control.address == 0:
            factor.next = control.writedata[gain_bits:]

    @always(clk.posedge)
    def write_bits():
        """Address 1: bit 0 bypasses, bit 1 freezes the trackers."""
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
            control.readdata.next = factor
        else:
            control.readdata.next[0] = bypass_bit
            control.readdata.next[1] = freeze_bit

    @always_comb
    def connect():
        gain.next = factor
        bypassing.next = bypass or bypass_bit
        frozen.next = freeze or freeze_bit

    return write_factor, write_bits, read, connect


@dataclass(frozen=True, eq=False)
class BandSettings(Group):
    """What is asked of the threshold.

    Attributes
    ----------
    bypassing : Signal of bool
        Words leave as they came.
    frozen : Signal of bool
        Trackers keep what they have.
    """

    bypassing: Any
    frozen: Any


@dataclass(frozen=True, eq=False)
class HeldWord(Group):
    """The word that is worked on.

    Attributes
    ----------
    word, channel : Signal
        The word, and its band.
    """

    word: Any
    channel: Any


@dataclass(frozen=True, eq=False)
class ThresholdOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word is taken, and its band's state read.
    update : Signal of bool
        The tracker takes the word in.
    give : Signal of bool
        The result is handed over.
    write : Signal of bool
        The state is written back.
    treat : Signal of bool
        The rule is applied; otherwise the word leaves as it came.
    """

    take: Any
    update: Any
    give: Any
    write: Any
    treat: Any


@entity
def threshold_control(clk, reset, sink, source, settings, band, held, orders):
    """One word at a time: taken and its band's state read; median and limit; rule, output, and the state written back.

    After a reset the state of every band is written first.
    """
    detail_bit = Constant(len(band) - 1, "the band is a detail")
    last_channel = Constant(2 ** len(held.channel) - 1, "whose state is written from a reset on")
    ready, takes, gives, filling, measures, waits, holds, passes, keeps = (flag() for _ in range(9))
    held_word = like(held.word)
    held_channel = like(held.channel)

    @always_comb
    def decide():
        """One word at a time: no other is taken until the result has been handed over."""
        ready.next = not measures and not waits and not filling
        gives.next = waits and (source.ready or not holds)

    @always_comb
    def begin():
        takes.next = sink.valid and ready

    @always(clk.posedge)
    def follow():
        """A word is taken; in the next clock its band's median is measured; then the result waits for the output."""
        if reset:
            measures.next = False
            waits.next = False
            holds.next = False
        else:
            measures.next = takes
            waits.next = measures or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always(clk.posedge)
    def hold():
        """The word, and what was asked for as it was taken."""
        if takes:
            held_word.next = sink.data
            passes.next = settings.bypassing
            keeps.next = settings.frozen

    @always(clk.posedge)
    def address():
        """The word's channel; from a reset on it runs through the bands, to give each its first state."""
        if reset:
            filling.next = True
            held_channel.next = 0
        elif filling:
            held_channel.next = (held_channel + 1) % 2 ** len(held_channel)
            if held_channel == last_channel:
                filling.next = False
        elif takes:
            held_channel.next = sink.channel

    @always_comb
    def connect():
        sink.ready.next = ready
        orders.take.next = takes
        orders.update.next = measures
        orders.give.next = gives
        source.valid.next = holds
        held.word.next = held_word
        held.channel.next = held_channel

    @always_comb
    def use():
        orders.write.next = filling or (waits and band[detail_bit] and not keeps)
        orders.treat.next = band[detail_bit] and not passes

    return decide, begin, follow, hold, address, connect, use
