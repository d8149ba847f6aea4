"""What cores share that filter several channels, each as if it were alone, in one unit: words in turn, states in memory.

Channels come in fixed turn from 0 after a reset, a frame being a word of each. `channel_order` in front of the unit keeps them so: a word
of a wrong channel is dropped, with those behind it until the next of channel 0, what its frame lacks is 0, and the port `wrong_channel`
tells of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from fixed_point.families.whole_frames import by_channel, in_turn
from ip_cores.banks.wavelet_bank import channel_port, words_and_channel
from ip_cores.blocks.channel_order import ChannelOrder, channel_number, channel_order, plain_stream
from ip_cores.blocks.stream import bundled
from ip_cores.core import hertz
from ip_cores.hierarchy import described, entity
from ip_cores.inventory import Inventory
from ip_cores.port import Port
from ip_cores.schedule import Clockwork, Fields

MOST_CHANNELS = 128

CHANNEL_MEANINGS: Mapping[str, str] = {"wrong_channel": "in the clock before, a word of another channel than the next one was offered"}
"""What the port means."""

CHANNELS: dict[str, Any] = {
    "doc": "channels that take turns, 0 first, each with a state of its own", "kind": int, "minimum": 1, "maximum": MOST_CHANNELS,
}  # fmt: skip
"""What `parameter` takes for the number of channels."""


class InTurn:
    """A core that may have several channels: it answers for one of them, and this for all.

    Attributes
    ----------
    channels : int
        With 1 there is nothing of this in the core.
    """

    channels: int

    @property
    def channels_in_turn(self) -> int:
        return self.channels

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (channel_port("sink", self.channels),) if self.channels > 1 else ()

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", self.channels),) if self.channels > 1 else ()

    @property
    def own_ports(self) -> tuple[Port, ...]:
        """Control ports of the unit behind `channel_order`."""
        return ()

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return (*self.own_ports, Port("wrong_channel", "out")) if self.channels > 1 else self.own_ports

    @property
    def channel_rate(self) -> float:
        """Samples per second of one channel at the sink."""
        return hertz(Fraction(self.sample_rate) / self.channels)  # type: ignore[attr-defined]

    @property
    def derived(self) -> Mapping[str, str]:
        return {"channel_rate": f"{self.channel_rate:g} samples/s of a channel"} if self.channels > 1 else {}

    def accompany(self, words: Any) -> dict[str, Any]:
        """Channels in turn."""
        return {"channel": np.arange(len(words)) % self.channels} if self.channels > 1 else {}

    def each_alone(self, x: Any, run: Callable[[Any], Any]) -> Any:
        """What `run` gives of the words of each channel; of words without channels, where there is but one."""
        if self.channels == 1:
            return run(x)
        return by_channel(in_turn(*words_and_channel(x), self.channels), self.channels, run)

    @property
    def unit_timing(self) -> Clockwork:
        """The timing of the unit that all channels share."""
        raise NotImplementedError

    def timing(self, fields: Fields | None = None) -> Clockwork:
        if self.channels == 1 or fields is None:
            return self.unit_timing
        return ChannelOrder(self.unit_timing, fields["channel"], self.channels)

    def unit(self, **signals: Any) -> Any:
        """The MyHDL block of the unit that all channels share: words in turn, without their channels."""
        raise NotImplementedError

    @property
    def unit_inventory(self) -> Inventory:
        """What the unit is built of."""
        raise NotImplementedError

    @property
    def inventory(self) -> Inventory:
        if self.channels == 1:
            return self.unit_inventory
        bits = (self.channels - 1).bit_length()
        word = self.sink_format.word_length  # type: ignore[attr-defined]
        return self.unit_inventory + Inventory("", counters=2 * bits, adders=bits, multiplexers=word, results=2)

    def block(self, **signals: Any) -> Any:
        if self.channels == 1:
            return self.unit(**signals)
        return channels_in_turn(**bundled(signals), core=self)


@entity
def channels_in_turn(clk, reset, sink, source, wrong_channel, core, **controls):
    """Several channels in turn through one unit, each as if it were alone."""
    ordered, given = plain_stream(sink), plain_stream(source)
    return (
        described(
            channel_order(clk, reset, sink, ordered, wrong_channel, core.channels),
            f"Whole frames: a word of each of the {core.channels} channels, 0 first.",
        ),
        core.unit(clk=clk, reset=reset, sink=ordered, source=given, **controls),
        channel_number(clk, reset, given, source, core.channels),
    )
