"""Several streams to one, word by word, each with a gain of its own: where parallel paths come together.

A word is taken of every sink at once, when all have one. Products and their sum are formed at full precision and rounded once: the
arithmetic of a direct-form filter whose taps are the streams. Gains are constants; one that is a power of two costs no multiplier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.mix
import reference.mix
from fixed_point import Format, Overflow, QuantizedCoefficients, Rounding, as_words, quantize_coefficients
from fixed_point.word_lengths.losses import CoefficientSet, Losses, Transfer, repeated_noise
from ip_cores.blocks.arithmetic import all_of, flag, like, register, signed_signal, wire, word_signal
from ip_cores.blocks.block_inventory import of_conversion
from ip_cores.blocks.interval import sum_interval
from ip_cores.blocks.process import pipeline
from ip_cores.blocks.requantizer import Conversion, output_rounding
from ip_cores.blocks.stream import Stream, flow_control
from ip_cores.families.several_streams import SeveralStreams, by_stream
from ip_cores.fir.direct import adder_tree, product_terms, tap_product, tree_levels
from ip_cores.fir.form_inventory import direct_sum_inventory
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.hierarchy import described, entity, inline
from ip_cores.inventory import Inventory
from ip_cores.parameters import Excerpt, ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import first_of
from ip_cores.schedule import Clockwork, Fields

MOST_STREAMS = 8


def gains(value: Any) -> tuple[float, ...]:
    """Factors, one for each stream."""
    allowed = ValueError(f"must be {gains.allowed}")  # type: ignore[attr-defined]
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence | np.ndarray) or not 2 <= len(value) <= MOST_STREAMS:
        raise allowed
    if any(isinstance(one, bool | str) or not isinstance(one, int | float | np.number) or not np.isfinite(one) for one in value):
        raise allowed
    return tuple(float(one) for one in value)


gains.allowed = f"a list of 2 to {MOST_STREAMS} factors, one for each stream; 0.5 is -6.02 dB"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Mix(SeveralStreams):
    """Parameters of a mixer; see ``docs/cores/mix.md``."""

    kind: ClassVar[str] = "mix"
    summary: ClassVar[str] = "several streams with gains to one, word by word"
    family: ClassVar[str] = "streams"

    name: str = parameter("mix", doc="entity name; a VHDL identifier", kind=check_entity_name)
    gains: tuple[float, ...] = parameter(doc="factor on each stream, in the order of the inputs", kind=gains)
    sink: Format = parameter("sfix16_En15", doc="format of the words of every stream", kind=Format, minimum=2, maximum=32)
    gain: Format = parameter("sfix16_En14", doc="format of the gains", kind=Format, minimum=2, maximum=32)
    source: Format = parameter("sfix16_En15", doc="format of the words that leave", kind=Format, minimum=2, maximum=32)
    rounding: Rounding = parameter("nearest", doc="rounding of the sum", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow of the sum", kind=Overflow)
    multiplier: str = parameter("embedded", doc="where products are formed", kind=str, choices=("embedded", "logic"))
    channel_bits: int = parameter(0, doc="bits of a channel that travels with each word of the first stream; 0: none",
                                  kind=int, minimum=0, maximum=8)  # fmt: skip

    def check(self) -> None:
        quantized, (low, high) = self.quantized, self.gain.range
        for number, gain in enumerate(self.gains):
            if not low - self.gain.resolution <= gain <= high + self.gain.resolution:
                raise ParameterError("gains", Excerpt(f"gain {number}: {gain:g}"), f"must be {low:g} to {high:g} in {self.gain}")
            if not quantized.words[number]:
                raise ParameterError("gains", Excerpt(f"gain {number}: {gain:g}"), f"must not be 0, nor round to it in {self.gain}")

    @cached_property
    def quantized(self) -> QuantizedCoefficients:
        """The gains as words, with their error."""
        return quantize_coefficients(np.array(self.gains), self.gain, Rounding.NEAREST, Overflow.SATURATE)

    @property
    def notes(self) -> tuple[str, ...]:
        """Gains of one step beyond the range, as 2 in `sfix16_En14`, become its end."""
        quantized, count = self.quantized, len(self.gains)
        told = f"rounded into the range in {self.gain}"
        return tuple(
            f"gain {number} of 0 to {count - 1}, {self.gains[number]:g}, {told}: {quantized.values[number]:.9g}"
            for number in quantized.saturated
        )

    @property
    def sinks(self) -> Mapping[str, Format]:
        return {f"sink_{number}": self.sink for number in range(len(self.gains))}

    @property
    def sink_gains(self) -> Mapping[str, tuple[float, float]]:
        return dict(zip(self.sinks, zip(self.gains, (float(one) for one in self.quantized.values), strict=True), strict=True))

    @property
    def sink_format(self) -> Format:
        """Of every sink."""
        return self.sink

    @property
    def source_format(self) -> Format:
        return self.source

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return (Port("sink_channel", "in", self.channel_bits),) if self.channel_bits else ()

    def beside(self, stream: str) -> tuple[Port, ...]:
        """The channel comes with the first stream's words; those of the others are of the same."""
        return () if stream in self.sinks and stream != "sink_0" else super().beside(stream)

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (Port("source_channel", "out", self.channel_bits),) if self.channel_bits else ()

    @cached_property
    def structure(self) -> Structure:
        """The sum as that of a direct-form filter, whose taps are the streams."""
        # Places that are zero in every gain would be zero in the sum.
        words = tuple(int(word) for word in self.quantized.words)
        zeros = min((word & -word).bit_length() - 1 for word in words)
        words = tuple(word >> zeros for word in words)
        fraction = self.sum_fraction_length - zeros
        conversion = Conversion(sum_interval(words, self.sink), fraction, self.source, self.rounding, self.overflow)
        return Structure(words, self.sink, 0, False, conversion, self.multiplier, "area", len(words))

    @property
    def sum_fraction_length(self) -> int:
        """Fraction length of a word by a gain."""
        return self.sink.fraction_length + self.gain.fraction_length

    def timing(self, fields: Fields | None = None) -> Clockwork:
        return pipeline(self.latency)

    @property
    def latency(self) -> int:
        """The tree of adders and the output register."""
        return tree_levels(self.structure) + 1

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(1)

    def reference(self, x: Any) -> Any:
        return self.reference_with(x, [np.array(self.gains)])

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        streams = [x[name] for name in self.sinks]
        return self._with_channel(reference.mix.mix([first_of(one) for one in streams], coefficients[0]), streams)

    def model(self, x: Any) -> Any:
        streams, words = [x[name] for name in self.sinks], [int(word) for word in self.quantized.words]
        output = (self.sum_fraction_length, self.source, self.rounding, self.overflow)
        mixed = fixed_point.mix.mix([first_of(one) for one in streams], words, *output)
        return self._with_channel(mixed, streams)

    def _with_channel(self, mixed: Any, streams: Sequence[Any]) -> Any:
        return (mixed, as_words(streams[0][1])[: len(mixed)]) if self.channel_bits else mixed

    @property
    def losses(self) -> Losses:
        dropped = self.structure.conversion.dropped
        rounding = repeated_noise(self.rounding, max(dropped, 0), self.source.resolution)
        gains = CoefficientSet.of(self.gains, self.gain)
        transfer = Transfer.of(np.abs(self.gains).sum())
        return Losses(rounding, transfer=transfer, coefficients=(gains,), towards_zero=self.rounding == Rounding.ZERO)

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    @property
    def inventory(self) -> Inventory:
        flow = Inventory("mix", counters=self.latency, registers=self.latency * self.channel_bits, control=False)
        arithmetic = direct_sum_inventory(self.structure) + of_conversion(self.structure.conversion)
        return flow + replace(arithmetic, control=False)

    def block(self, **signals: Any) -> Any:
        return mix(**by_stream(signals, self), structure=self.structure)


@entity
def mix(clk, reset, structure, **streams):
    """Several streams to one: a word of each at once, products, their sum, one rounding at the output."""
    *sinks, source = streams.values()
    advance, take = flag(), flag()
    words = [signed_signal(structure.sample) for _ in sinks]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    product = [term.signal for term in product_terms(structure)]
    stages = tree_levels(structure) + 1
    return (
        meeting(clk, reset, sinks, source, advance, take, stages),
        [wire(sink.data, word) for sink, word in zip(sinks, words, strict=True)],
        weighing(clk, advance, words, product, structure),
        adder_tree(clk, advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, advance, result, source.data), OUTPUT_REGISTER),
        channel_line(clk, advance, sinks[0], source, stages) if source.channel is not None else [],
    )


@entity
def weighing(clk, advance, words, product, structure):
    """The word of each stream by its gain, up to its sign, which the adders behind apply."""
    return [
        tap_product(clk, advance, word, None, result, gain, structure)
        for word, result, gain in zip(words, product, structure.taps, strict=True)
    ]


@inline
def meeting(clk, reset, sinks, source, advance, take, stages):
    """Words of all streams enter the pipeline in one clock: each is taken when the others are there, too."""
    joint = Stream(flag(), flag())
    present = [sink.valid for sink in sinks]
    return (
        all_of(present, joint.valid),
        [all_of([joint.ready, *present[:number], *present[number + 1 :]], sink.ready) for number, sink in enumerate(sinks)],
        flow_control(clk, reset, joint, source.flow(), advance, take, stages),
    )


@inline
def channel_line(clk, advance, sink, source, stages):
    """The channel goes beside the sum, as many registers long."""
    places = [sink.channel, *(like(sink.channel) for _ in range(stages - 1)), source.channel]
    remark = "The channel goes beside the sum."
    return [described(register(clk, advance, one, other), remark) for one, other in pairwise(places)]
