"""Several channels in turn on one stream: what stands in front of and behind a unit that works for all of them."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from typing import Any

from myhdl import always, always_comb
from numpy.typing import ArrayLike

from ip_cores.blocks.arithmetic import counter_signal, flag, same_kind
from ip_cores.blocks.process import listed
from ip_cores.blocks.stream import Stream
from ip_cores.hierarchy import Constant, entity, inline
from ip_cores.schedule import Clockwork


class ChannelOrder(Clockwork):
    """The timing of a unit behind `channel_order`, for words of these channels.

    Parameters
    ----------
    unit : Clockwork
    channel : array of int, shape (n,)
        Of the words that come.
    channels : int
        How many there are.
    """

    def __init__(self, unit: Clockwork, channel: ArrayLike, channels: int) -> None:
        self.unit, self.numbers, self.channels = unit, listed(channel), channels
        self.coming, self.place, self.fills = 0, 0, False

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.unit.valid

    @property
    def right(self) -> bool:
        """Whether the word that comes is the one whose turn it is."""
        return not self.fills and (self.place >= len(self.numbers) or self.numbers[self.place] == self.coming)

    def ready(self, behind: bool) -> bool:
        return self.unit.ready(behind) if self.right else self.coming == 0

    def tick(self, offered: bool, behind: bool) -> None:
        right = self.right
        dropped = offered and not right and not self.coming
        moves = offered and not dropped and self.unit.ready(behind)
        self.unit.tick(offered and not dropped, behind)
        self.place += dropped or (moves and right)
        self.fills = self.fills or (offered and not right and not dropped)
        if moves:
            self.coming = (self.coming + 1) % self.channels
            self.fills = self.fills and self.coming != 0

    @property
    def state(self) -> Hashable:
        return self.unit.state, self.coming, self.place, self.fills

    def copy(self) -> Any:
        made = copy.copy(self)
        made.unit = self.unit.copy()
        return made

    def rest(self, offered: bool) -> int:
        return self.unit.rest(offered) if self.right or not offered else 0

    def skip(self, clocks: int) -> None:
        self.unit.skip(clocks)


def plain_stream(stream: Stream) -> Stream:
    """New signals for the same words without their channels."""
    return Stream(flag(), flag(), same_kind(stream.data))


@entity
def channel_order(clk, reset, sink, source, wrong_channel, channels):
    """Lets the words of all channels pass in their turn, 0 first after a reset.

    A word of another channel than the next is not for this frame: what the frame lacks is given as zeros. At the beginning of a frame it
    is dropped, until one of channel 0 comes.
    """
    coming = counter_signal(channels)
    last_channel = Constant(channels - 1, "of a frame")
    right, begins, ends, gives, moves, fills = (flag() for _ in range(6))

    @always_comb
    def look():
        right.next = sink.channel == coming and not fills
        begins.next = coming == 0
        ends.next = coming == last_channel

    @always_comb
    def decide():
        """Between two frames a wrong word comes to nothing; within one it waits until the rest of the frame has been given."""
        gives.next = sink.valid and (right or not begins)
        moves.next = gives and source.ready

    @always_comb
    def connect():
        source.valid.next = gives
        sink.ready.next = (source.ready and right) or (begins and not right)

    @always_comb
    def fill():
        """The word whose turn it is, or zero where it is missing."""
        source.data.next = sink.data
        if not right:
            source.data.next = 0

    @always(clk.posedge)
    def count():
        """The channel whose turn it is."""
        if reset:
            coming.next = 0
        elif moves:
            if ends:
                coming.next = 0
            else:
                coming.next = coming + 1

    @always(clk.posedge)
    def break_off():
        """From a wrong word on a frame is filled up to its end."""
        if reset or (moves and ends):
            fills.next = False
        elif gives and not right:
            fills.next = True

    @always(clk.posedge)
    def tell():
        """A word of a wrong channel was offered."""
        wrong_channel.next = sink.valid and not right and not reset

    return look, decide, connect, fill, count, break_off, tell


@inline
def channel_number(clk, reset, given, source, channels):
    """Words that leave, with the number of their channel."""
    leaving = counter_signal(channels)
    last_left = Constant(channels - 1, "whose word ends a frame")
    moves = flag()

    @always_comb
    def pass_on():
        source.valid.next = given.valid
        given.ready.next = source.ready
        source.data.next = given.data
        source.channel.next = leaving

    @always_comb
    def leave():
        moves.next = given.valid and source.ready

    @always(clk.posedge)
    def number():
        """Channel of the word at the source: they leave in turn."""
        if reset:
            leaving.next = 0
        elif moves:
            if leaving == last_left:
                leaving.next = 0
            else:
                leaving.next = leaving + 1

    return pass_on, leave, number
