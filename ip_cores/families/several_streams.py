"""Cores with several streams on one side, all on one clock, under names with a number: ``sink_0``, ``sink_1``, …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fixed_point import Format
from ip_cores.blocks.stream import Stream
from ip_cores.core import Core
from ip_cores.pin_script import SEED, PinScript
from ip_cores.port import Port

WORDS = 62
"""Words of a self-checking bench to each sink, beside the ends of the range."""


class SeveralStreams(Core):
    """A core with several sinks or several sources.

    `sinks` and `sources` say which; `sink_format`, `source_format`, `sink_ports` and `source_ports` are those of each of them.
    """

    @property
    def is_stream(self) -> bool:
        """No one signal goes in and out: what plays to a sink and listens at a source has a stream to one side only."""
        return False

    def beside(self, stream: str) -> tuple[Port, ...]:
        """Ports beside valid, ready and data of one of the streams, under any stream's name."""
        return self.sink_ports if stream in self.sinks else self.source_ports

    def accompany_at(self, stream: str, words: Any) -> dict[str, Any]:
        """Channels in turn."""
        return {port.name.partition("_")[2]: np.arange(len(words)) % (1 << (port.width or 1)) for port in self.beside(stream)}

    @property
    def pin_script(self) -> PinScript:
        """Words to every sink and from every source, each with stalls of its own."""
        rng, form = np.random.default_rng(SEED), self.sink_format
        entering: dict[str, Any] = {}
        for name in self.sinks:
            drawn = rng.integers(0, form.maximum - form.minimum, WORDS, dtype=np.uint64, endpoint=True)
            words = [form.maximum, form.minimum, *(int(word) + form.minimum for word in drawn)]
            entering[name] = {"data": np.array(words, np.int64 if form.fits_int64 else object), **self.accompany_at(name, words)}
        taken = {name: tuple(words.values()) if len(words) > 1 else words["data"] for name, words in entering.items()}
        given = self.model(taken if len(taken) > 1 else taken["sink"])
        given = given if len(self.sources) > 1 else {"source": given}
        names = ["data", *(port.name.partition("_")[2] for port in self.source_ports)]
        leaving = {name: dict(zip(names, one if isinstance(one, tuple) else (one,), strict=True)) for name, one in given.items()}
        return PinScript(streams={**entering, **leaving}, patience=max(PinScript.patience, self.patience))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            *(port for name, one in self.sinks.items() for port in stream_ports(name, one, self.beside(name), "in")),
            *(port for name, one in self.sources.items() for port in stream_ports(name, one, self.beside(name), "out")),
            *self.control_ports,
        )


def stream_ports(name: str, format: Any, beside: tuple[Port, ...], direction: str) -> tuple[Port, ...]:
    """The ports of a stream of this name; `beside` are those of its further fields, under any stream's name."""
    form: Format = format
    other = "out" if direction == "in" else "in"
    return (
        Port(f"{name}_valid", direction),
        Port(f"{name}_ready", other),
        Port(f"{name}_data", direction, form.word_length, form.signed, form.fraction_length),
        *(replace(port, name=f"{name}_{port.name.partition('_')[2]}") for port in beside),
    )


def by_stream(signals: Mapping[str, Any], core: Core) -> dict[str, Any]:
    """Signals by the names of a core's ports with those of each stream as a bundle, in order; streams may be bundles already."""
    streams = (*core.sinks, *core.sources)
    fields: dict[str, dict[str, Any]] = {name: {} for name in streams}
    for name, signal in signals.items():
        stream, _, field = name.rpartition("_")
        if stream in fields:
            fields[stream][field] = signal
    alone = {name: signal for name, signal in signals.items() if name not in fields and name.rpartition("_")[0] not in fields}
    return alone | {name: signals[name] if name in signals else Stream(**fields[name]) for name in streams}
