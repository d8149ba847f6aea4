"""Cores that pass words on unchanged, with whatever fields travel beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from myhdl import Signal, always_comb, concat, intbv

from fixed_point import Format, as_words
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.core import Core
from ip_cores.families.segments import frame_marks, frame_ports
from ip_cores.hierarchy import inline, primitive
from ip_cores.parameters import parameter
from ip_cores.port import Port


@dataclass(frozen=True)
class Passing(Core):
    """Parameters of a core whose words leave as they came: the fields beside the data."""

    passes_words: ClassVar[bool] = True

    sink: Format = parameter("sfix16_En15", doc="format of the words", kind=Format, minimum=1, maximum=64)
    channel_bits: int = parameter(0, doc="bits of a channel that travels with each word; 0: none", kind=int, minimum=0, maximum=8)
    packets: bool = parameter(False, doc="marks of a packet's first and last word travel with it", kind=bool)

    @property
    def source_format(self) -> Format:
        return self.sink

    @property
    def linear_part(self) -> Core:
        return self

    @property
    def memory(self) -> int | None:
        return 0

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return self._fields("sink", "in")

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return self._fields("source", "out")

    def _fields(self, side: str, direction: str) -> tuple[Port, ...]:
        channel = (Port(f"{side}_channel", direction, self.channel_bits),) if self.channel_bits else ()
        return (*channel, *(frame_ports(side, direction) if self.packets else ()))

    @property
    def width(self) -> int:
        """Bits of a word and of the fields beside it."""
        return self.sink.word_length + sum(port.width or 1 for port in self.sink_ports)

    @property
    def field_names(self) -> tuple[str, ...]:
        """The data and the fields beside them."""
        return ("data", *(port.name.removeprefix("sink_") for port in self.sink_ports))

    def accompany(self, words: Any) -> dict[str, Any]:
        """Fields that go with plain words: channels in turn, packets of five."""
        count = len(words)
        fields = {"channel": np.arange(count) % (1 << self.channel_bits), **frame_marks(count, 5)}
        return {name: fields[name] for name in self.field_names[1:]}

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return entering

    def passed(self, x: Any, function: Callable[[Any], Any]) -> Any:
        """Words through a model or a reference, fields as they are."""
        if not self.sink_ports:
            return function(x)
        words, *beside = x
        return (function(words), *map(as_words, beside))


def word_of(fields: list[Any]) -> Any:
    """A signal for some fields side by side."""
    return Signal(intbv(0)[sum(map(len, fields)) :])


@inline
def packed(fields, word):
    """Fields side by side in one word, the first at its low end."""
    if len(fields) == 1:
        return bits_of(fields[0], word)
    low = Signal(intbv(0)[len(fields[0]) :])
    parts = [bits_of(fields[0], low)]
    for number, field in enumerate(fields[1:], start=2):
        joined = word if number == len(fields) else Signal(intbv(0)[len(low) + len(field) :])
        parts.append(beside(field, low, joined))
        low = joined
    return parts


@primitive
def bits_of(field, word):
    """A field's bits as a word."""
    bits = len(field)

    @always_comb
    def connect():
        word.next = field[bits:]

    return connect


@primitive
def beside(field, low, joined):
    """A field above others."""

    @always_comb
    def connect():
        joined.next = concat(field, low)

    return connect


@inline
def unpacked(word, fields):
    """The fields of a word, the first from its low end."""
    parts, low = [], 0
    for field in fields:
        parts.append(part_of(word, low, field))
        low += len(field)
    return parts


@primitive
def part_of(word, low, field):
    """A field of a word."""
    high = low + len(field)
    if field._type is bool:

        @always_comb
        def bit():
            field.next = word[low]

        return bit

    if field.min is not None and field.min < 0:

        @always_comb
        def number():
            field.next = word[high:low].signed()

        return number

    @always_comb
    def bits():
        field.next = word[high:low]

    return bits
