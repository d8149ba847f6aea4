"""Nothing that leaves is louder than a ceiling: the last core before a converter, so that no fault upstream hurts an ear.

The ceiling is a run-time input, in steps of the words themselves. Zero mutes, so that a port left open is silent; after a reset the
output is silent for a number of words in any case, until the filters upstream have settled. Clipping is symmetric: the most
negative word never leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from myhdl import always, always_comb

import fixed_point.limiter
import reference.limiter
from fixed_point import Format, audio_to_words
from fixed_point.families.whole_frames import in_turn, woven
from ip_cores.banks.wavelet_bank import words_and_channel
from ip_cores.blocks.arithmetic import counter_signal, flag, signed_signal
from ip_cores.blocks.process import pipeline
from ip_cores.blocks.stream import bundled, flow_control
from ip_cores.core import Core
from ip_cores.families.in_turn import CHANNEL_MEANINGS, CHANNELS, InTurn
from ip_cores.hierarchy import Constant, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Clockwork


@dataclass(frozen=True)
class Limiter(InTurn, Core):
    """Parameters of a limiter; see ``docs/cores/limiter.md``."""

    kind: ClassVar[str] = "limiter"
    summary: ClassVar[str] = "clips at a ceiling that is set at run time, silent after a reset"
    family: ClassVar[str] = "audio"
    meanings: ClassVar[Mapping[str, str]] = CHANNEL_MEANINGS

    name: str = parameter("limiter", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, minimum=3, maximum=48)
    silence: int = parameter(480, doc="words after a reset that leave as zero", kind=int, minimum=1, maximum=1 << 20, unit="samples")
    ceiling: float = parameter(
        0.5, doc="ceiling that model and reference assume at the port, part of full scale", kind=float, minimum=0.0, maximum=1.0
    )
    channels: int = parameter(1, **CHANNELS)

    def check(self) -> None:
        if not self.sink.signed:
            raise ParameterError("sink", self.sink, "must be a signed format")

    @property
    def description(self) -> dict[str, Any]:
        """The parameters; `channels` only where there are several."""
        values = super().description
        if self.channels == 1:
            del values["channels"]
        return values

    @property
    def source_format(self) -> Format:
        return self.sink

    @property
    def own_ports(self) -> tuple[Port, ...]:
        return (Port("ceiling", "in", self.sink.word_length - 1), Port("clipped", "out"))

    @property
    def ceiling_word(self) -> int:
        """The ceiling that model and reference assume, as a word."""
        return int(audio_to_words(self.ceiling, self.sink))

    @property
    def controls(self) -> Mapping[str, int]:
        return {"ceiling": self.ceiling_word}

    @property
    def unit_timing(self) -> Clockwork:
        return pipeline(1)

    @property
    def latency(self) -> int:
        return 1

    @property
    def check_length(self) -> int:
        return self.silence * self.channels + 256

    def reference(self, x: Any) -> Any:
        ceiling = self.ceiling_word * self.sink.resolution
        return self.each_alone(x, lambda samples: reference.limiter.limiter(samples, ceiling, self.silence))

    def model(self, x: Any) -> Any:
        return self.each_alone(x, lambda words: fixed_point.limiter.limiter(words, self.ceiling_word, self.silence))

    def marks(self, x: Any) -> Mapping[str, Any]:
        """``clipped`` beside every word that was: one that is loud enough and beyond the ceiling."""

        def clipped(words: Any) -> Any:
            beyond = np.abs(np.asarray(words, np.int64)) > self.ceiling_word
            return np.int64(beyond & (np.arange(len(words)) >= self.silence))

        if self.channels == 1:
            return {"clipped": clipped(x)}
        return {"clipped": words_and_channel(self.each_alone(x, clipped))[0]}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {"ceiling": port_input("ceiling", self.sink.maximum, self.ceiling_word, clocks=1)}

    def steered_model(self, x: Any, values: Steered) -> Any:
        def limited(words: Any, ceilings: Any) -> Any:
            return fixed_point.limiter.limiter(words, ceilings, self.silence)

        if self.channels == 1:
            return limited(x, values["ceiling"])
        words, channel = words_and_channel(x)
        words, ceilings = (in_turn(one, channel, self.channels) for one in (words, values["ceiling"]))
        return woven([limited(words[number :: self.channels], ceilings[number :: self.channels]) for number in range(self.channels)])

    @property
    def unit_inventory(self) -> Inventory:
        bits = self.sink.word_length
        counted = (self.silence * self.channels).bit_length()
        return Inventory("limiter", adders=3 * bits, registers=bits, results=2 * bits, multiplexers=bits, counters=counted)

    def unit(self, **signals: Any) -> Any:
        return limiter(**bundled(signals), silence=self.silence * self.channels)


@entity
def limiter(clk, reset, sink, source, ceiling, clipped, silence):
    """Clips at a ceiling that is set at run time; silent after a reset."""
    bits = len(sink.data)
    advance, take, loud = flag(), flag(), flag()
    highest, lowest, result = (signed_signal(bits) for _ in range(3))
    above, below = flag(), flag()

    @always_comb
    def compare():
        above.next = sink.data > highest
        below.next = sink.data < lowest

    @always_comb
    def clip():
        """The sample, or the nearest of the two bounds."""
        if above:
            result.next = highest
        elif below:
            result.next = lowest
        else:
            result.next = sink.data

    @always(clk.posedge)
    def store():
        """The output register; silent until it is loud."""
        if advance:
            if loud:
                source.data.next = result
            else:
                source.data.next = 0
            clipped.next = take and loud and (above or below)

    return (
        flow_control(clk, reset, sink.flow(), source.flow(), advance, take, 1),
        bounds(clk, reset, ceiling, highest, lowest),
        mute(clk, reset, take, loud, silence),
        compare,
        clip,
        store,
    )


@inline
def bounds(clk, reset, ceiling, highest, lowest):
    """The ceiling and its negative in registers, so that one clock need not hold a negation, a comparison and a choice.

    They hold the ceiling from the first clock after a reset on; the first word is silent in any case.
    """
    wide, nothing = signed_signal(len(highest)), signed_signal(len(highest), 0)

    @always_comb
    def widen():
        wide.next = ceiling

    @always(clk.posedge)
    def hold():
        """The ceiling and its negative; zero in a reset."""
        if reset:
            highest.next = 0
            lowest.next = 0
        else:
            highest.next = wide
            lowest.next = nothing - wide

    return widen, hold


@inline
def mute(clk, reset, take, loud, silence):
    """Low until `silence` words have passed."""
    silence = Constant(silence, "words that pass unheard")
    passed = counter_signal(silence + 1)
    enough, moves = flag(), flag()

    @always_comb
    def look():
        enough.next = passed == silence

    @always_comb
    def decide():
        loud.next = enough
        moves.next = take and not enough

    @always(clk.posedge)
    def count():
        """Words that have passed since the reset."""
        if reset:
            passed.next = 0
        elif moves:
            passed.next = passed + 1

    return look, decide, count
