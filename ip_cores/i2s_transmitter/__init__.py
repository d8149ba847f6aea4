"""A stream of words to serial audio for a codec.

As a master the core makes bit clock and left-right clock, and data change on the very clock on which the bit clock falls. As a slave
it looks for the codec's edges in its own clock: data change three clocks after the falling edge at the pin, so that the clock must be
at least ten times the bit clock. Where no word is there in time, the slot is silent and `underrun` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from myhdl import always, always_comb

import fixed_point.i2s_transmitter
import reference.i2s_transmitter
from fixed_point import Format
from ip_cores.blocks.arithmetic import address_signal, flag, wire
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
from ip_cores.hierarchy import entity, inline
from ip_cores.i2s_transmitter.serializer import NextWord, Strobes, channel_beside, i2s_buffer, i2s_serializer
from ip_cores.inventory import Inventory
from ip_cores.parameters import check_entity_name, parameter
from ip_cores.pin_script import PinScript
from ip_cores.port import Port


@dataclass(frozen=True)
class I2sTransmitter(SerialAudio):
    """Parameters of an I2S transmitter; see ``docs/cores/i2s_transmitter.md``."""

    kind: ClassVar[str] = "i2s_transmitter"
    summary: ClassVar[str] = "a stream to serial audio for a codec: I2S or left-justified, slave or master"
    family: ClassVar[str] = "audio"
    meanings: ClassVar[Mapping[str, str]] = {
        **LINE_MEANINGS,
        "serial_data": "bits to the codec, the most significant first; changes where bclk falls",
        "underrun": "high for a clock where a slot was silent because no word was there, once a first has come",
    }

    name: str = parameter("i2s_transmitter", doc="entity name; a VHDL identifier", kind=check_entity_name)
    role: str = role_parameter()
    framing: str = framing_parameter()
    sink: Format = parameter("sfix16_En15", doc="format of the words, 16, 20, 24 or 32 bits", kind=Format, minimum=16, maximum=32)
    channels: str = parameter(
        "both", doc="both: left and right in turn, told by sink_channel; same: every word goes to both", kind=str, choices=("both", "same")
    )
    slot: int = slot_parameter()
    divider: int = divider_parameter()

    @property
    def sink_format(self) -> Any:
        return self.sink

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (Port("sink_channel", "in", 1),) if self.channels == "both" else ()

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            Port("sink_valid", "in"),
            Port("sink_ready", "out"),
            Port("sink_data", "in", self.sink.word_length, True),
            *self.sink_ports,
            *self.line_ports,
            Port("serial_data", "out"),
            Port("underrun", "out"),
        )

    @property
    def latency(self) -> int:
        """Edges from the clock in which bclk falls at the pin to the change of the data at the pin; a master's change together."""
        return 0 if self.master else STAGES + 1

    @property
    def cycles_per_sample(self) -> Any:
        """A slot, or both of a frame, at a master's bit clock; the codec's decides for a slave."""
        slots = 2 if self.channels == "same" else 1
        return Fraction(slots * self.slot * self.divider) if self.role == "master" else None

    def reference(self, x: Any) -> Any:
        """Bits of values, the most significant first."""
        return reference.i2s_transmitter.i2s_transmitter(x, self.sink.word_length)

    def model(self, x: Any) -> Any:
        """Levels of (lrclk, data) at the bit clock's rising edges, a frame for each word, or for each two where both channels have one."""
        words = np.asarray(x[0] if isinstance(x, tuple) else x)
        left, right = (words[::2], words[1::2]) if self.channels == "both" else (words, words)
        return fixed_point.i2s_transmitter.i2s_transmitter(left, right, self.sink.word_length, self.slot, self.framing)

    @property
    def inventory(self) -> Inventory:
        bits = self.sink.word_length
        kept = bits if self.channels == "same" else 0
        return Inventory("i2s_transmitter", registers=bits + kept, multiplexers=bits + kept, results=bits, counters=self.clock_bits)

    @property
    def pin_script(self) -> PinScript:
        """A codec that listens; as slave the core gets a bit clock of a twelfth of its clock."""
        left, right = sample_words(self.sink)
        words = {"data": np.stack([left, right], axis=1).reshape(-1), "channel": np.arange(2 * len(left)) % 2}
        if self.channels == "same":
            right, words = left, {"data": left}
        lrclk, data = self.bench_line(left, right)
        return PinScript(
            drive={} if self.master else bit_clocks(lrclk=lrclk),
            step=6,
            words=words,
            watch=("lrclk", "serial_data"),
            strobe="bclk",
            expected=list(zip(lrclk, data, strict=True)),
            patience=4 * self.slot * max(self.divider, 12),
        )

    def block(self, **signals: Any) -> Any:
        ports = bundled(signals, lines=I2sLines)
        return i2s_transmitter(**ports, same=self.channels == "same", timing=self.line_timing)


@entity
def i2s_transmitter(clk, reset, sink, lines, underrun, same, timing):
    """A stream of words to serial audio for a codec."""
    load, shift, right, full, empty_it = (flag() for _ in range(5))
    word_right = flag()
    word = address_signal(len(sink.data))
    strobes = Strobes(load, shift, right)
    next_word = NextWord(word, word_right, full, empty_it)
    return (
        master_strobes(clk, reset, lines, strobes, timing)
        if timing.master
        else slave_strobes(clk, reset, lines.bclk, lines.lrclk, strobes, timing.delayed),
        i2s_buffer(clk, reset, sink.flow("data"), word, full, empty_it),
        wire(right, word_right) if same else channel_beside(clk, sink.valid, full, sink.channel, word_right),
        i2s_serializer(clk, reset, strobes, next_word, lines.serial_data, underrun, same),
    )


@inline
def master_strobes(clk, reset, lines, strobes, timing):
    """When a master loads and shifts: on its own falling edges."""
    line_bclk, line_lrclk, fall, turn = (flag() for _ in range(4))
    clocks = master_clocks(clk, reset, lines, line_bclk, line_lrclk, fall, turn, timing)
    if not timing.delayed:
        @always_comb
        def at_turn():
            """A word begins with the change of lrclk: left follows while lrclk still shows right, which is low."""
            strobes.load.next = turn
            strobes.shift.next = fall and not turn
            strobes.right.next = line_lrclk

        return clocks, at_turn
    turned = flag()

    @always(clk.posedge)
    def remember():
        """A word begins one bit behind the change of lrclk."""
        if reset:
            turned.next = False
        elif fall:
            turned.next = turn

    @always_comb
    def after_turn():
        strobes.load.next = fall and turned
        strobes.shift.next = fall and not turned
        strobes.right.next = line_lrclk

    return clocks, remember, after_turn


@entity
def slave_strobes(clk, reset, bclk, lrclk, strobes, delayed):
    """When a slave loads and shifts: where it sees the codec's edges."""
    seen_bclk, seen_lrclk, before, lr_before, rises, falls, changes, known, waits = (flag() for _ in range(9))
    crossing = synchronizer(clk, bclk, seen_bclk, STAGES), synchronizer(clk, lrclk, seen_lrclk, STAGES)

    @always_comb
    def look():
        """Edges of bclk, and changes of lrclk, as they are seen here."""
        rises.next = seen_bclk and not before
        falls.next = before and not seen_bclk
        changes.next = known and seen_lrclk != lr_before

    if delayed:
        @always(clk.posedge)
        def follow():
            """lrclk is looked at in the middle of a bit; the next falling edge begins the word."""
            before.next = seen_bclk
            if reset:
                known.next = False
                waits.next = False
            elif rises:
                known.next = True
                lr_before.next = seen_lrclk
                waits.next = changes
            elif falls:
                waits.next = False

        @always_comb
        def decide():
            strobes.load.next = falls and waits
            strobes.shift.next = falls and not waits
            strobes.right.next = seen_lrclk

    else:
        @always(clk.posedge)
        def follow():
            """lrclk and bclk change together but may be seen one after the other: the falling edge of the change shifts nothing."""
            before.next = seen_bclk
            lr_before.next = seen_lrclk
            if reset:
                known.next = False
                waits.next = False
            else:
                known.next = True
                if changes:
                    waits.next = True
                elif rises:
                    waits.next = False

        @always_comb
        def decide():
            strobes.load.next = changes
            strobes.shift.next = falls and not waits
            strobes.right.next = not seen_lrclk

    return crossing, look, follow, decide
