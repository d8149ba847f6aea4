"""Serial audio from a codec to a stream of words.

The three lines pass synchronising registers of equal number, and the bit clock's edges are looked for in the core's own clock:
nothing runs on the codec's clock, so that nothing has to be crossed with it. This wants a clock of at least four times the bit clock.
As a master the core makes bit clock and left-right clock itself; the codec's answer passes the same registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import fixed_point.i2s_receiver
import reference.i2s_receiver
from fixed_point import Format
from ip_cores.blocks.arithmetic import flag, signed_signal
from ip_cores.blocks.crossing import STAGES, synchronizer
from ip_cores.blocks.stream import bundled
from ip_cores.families.i2s_lines import (
    LINE_MEANINGS,
    I2sLines,
    SerialAudio,
    divider_parameter,
    framing_parameter,
    master_clocks,
    role_parameter,
    slot_parameter,
)
from ip_cores.families.i2s_script import bit_clocks, sample_words
from ip_cores.hierarchy import entity
from ip_cores.i2s_receiver.deserializer import channel_of, i2s_delivery, i2s_deserializer
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port

CHANNELS = ("both", "left", "right")


@dataclass(frozen=True)
class I2sReceiver(SerialAudio):
    """Parameters of an I2S receiver; see ``docs/cores/i2s_receiver.md``."""

    kind: ClassVar[str] = "i2s_receiver"
    summary: ClassVar[str] = "serial audio from a codec to a stream: I2S or left-justified, slave or master"
    family: ClassVar[str] = "audio"
    meanings: ClassVar[Mapping[str, str]] = {
        **LINE_MEANINGS,
        "serial_data": "bits from the codec, the most significant first; changes where bclk falls",
        "overrun": "high for a clock where a word was lost because the one before it was not taken",
        "short_slot": "high for a clock where a slot ended before the bits of its word had come, and it was dropped",
    }

    name: str = parameter("i2s_receiver", doc="entity name; a VHDL identifier", kind=check_entity_name)
    role: str = role_parameter()
    framing: str = framing_parameter()
    source: Format = parameter("sfix16_En15", doc="format of the words, 16, 20, 24 or 32 bits", kind=Format, minimum=16, maximum=32)
    channels: str = parameter("both", doc="which words leave", kind=str, choices=CHANNELS)
    slot: int = slot_parameter()
    divider: int = divider_parameter()

    @property
    def source_format(self) -> Any:
        return self.source

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (Port("source_channel", "out", 1),) if self.channels == "both" else ()

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            *self.line_ports,
            Port("serial_data", "in"),
            Port("source_valid", "out"),
            Port("source_ready", "in"),
            Port("source_data", "out", self.source.word_length, True),
            *self.source_ports,
            Port("overrun", "out"),
            *(() if self.master else (Port("short_slot", "out"),)),
        )

    @property
    def latency(self) -> int:
        """Edges from the one that ends the last bit's first clock (bclk high at the pin) to the word's transfer."""
        return STAGES + 2

    def reference(self, x: Any) -> Any:
        """Values of words as (lrclk, data) levels carry them; see `model`."""
        lrclk, data = (np.asarray(line) for line in x)
        words, channel = fixed_point.i2s_receiver.i2s_receiver(lrclk, data, self.source.word_length, self.framing)
        bits = (words[:, None] >> np.arange(self.source.word_length - 1, -1, -1)) & 1
        return self._chosen(reference.i2s_receiver.i2s_receiver(bits), channel)

    def model(self, x: Any) -> Any:
        """Words (and channels, where both leave) from the levels of (lrclk, data) at the bit clock's rising edges."""
        lrclk, data = x
        return self._chosen(*fixed_point.i2s_receiver.i2s_receiver(lrclk, data, self.source.word_length, self.framing))

    def _chosen(self, words: Any, channel: Any) -> Any:
        return (words, channel) if self.channels == "both" else words[channel == CHANNELS.index(self.channels) - 1]

    @property
    def inventory(self) -> Inventory:
        bits = self.source.word_length
        return Inventory("i2s_receiver", registers=2 * bits, counters=(bits - 1).bit_length() + self.clock_bits)

    @property
    def pin_script(self) -> PinScript:
        """A codec that sends words; as master it takes the core's clocks, as slave the bit clock is a sixth of the clock."""
        lrclk, data = self.bench_line(*sample_words(self.source))
        given = self.model((lrclk, data))
        drive = {"serial_data": data} if self.master else bit_clocks(lrclk=lrclk, serial_data=data)
        return PinScript(
            drive=drive,
            step="bclk" if self.master else 3,
            given=dict(zip(("data", "channel"), given if self.channels == "both" else (given,), strict=False)),
            watch=("lrclk",) if self.master else (),
            strobe="bclk",
            expected=[(level,) for level in lrclk] if self.master else (),
            patience=4 * self.slot * max(self.divider, 6),
        )

    def block(self, **signals: Any) -> Any:
        ports = bundled(signals, lines=I2sLines)
        return i2s_receiver(**ports, wanted=CHANNELS.index(self.channels) - 1, timing=self.line_timing)


@entity
def i2s_receiver(clk, reset, lines, source, overrun, wanted, timing, short_slot=None):
    """Serial audio from a codec to a stream of words."""
    seen_bclk, seen_lrclk, seen_data, arrived, right, take = (flag() for _ in range(6))
    word = signed_signal(len(source.data))
    clocks: tuple[Any, ...] = ()
    line_bclk, line_lrclk = lines.bclk, lines.lrclk
    if timing.master:
        line_bclk, line_lrclk, fall, turn = (flag() for _ in range(4))
        clocks = master_clocks(clk, reset, lines, line_bclk, line_lrclk, fall, turn, timing)
    return (
        *clocks,
        synchronizer(clk, line_bclk, seen_bclk, STAGES),
        synchronizer(clk, line_lrclk, seen_lrclk, STAGES),
        synchronizer(clk, lines.serial_data, seen_data, STAGES),
        i2s_deserializer(clk, reset, I2sLines(seen_bclk, seen_lrclk, seen_data), arrived, right, word, short_slot, timing.delayed),
        i2s_delivery(clk, reset, arrived, right, word, take, source.flow("data"), overrun, wanted),
        channel_of(clk, take, right, source.channel) if wanted < 0 else (),
    )
