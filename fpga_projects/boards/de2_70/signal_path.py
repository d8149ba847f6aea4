"""The cores around a user's core on the DE2-70, from the codec's bits to its bits, and what they make of a signal together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fixed_point import Format
from fixed_point.full_scale import audio_format
from ip_cores.core import Core, make_core
from ip_cores.parameters import ParameterError
from ip_cores.port import Port
from ip_cores.schedule import number_text

CLOCK_HZ = 50_000_000
CODEC_RATE, CORE_RATE = 48_000, 16_000
"""Samples per second at the codec and at the core."""

CODEC_WORD = "sfix16_En15"
LONGEST_WORD = 32

LOWPASS = {"method": "firwin", "numtaps": 96, "cutoff": 7000, "fs": CODEC_RATE, "window": ["kaiser", 8.0]}
"""Between 48 and 16 kHz: 7 kHz at half amplitude, from 8.4 kHz on below -80 dB."""

SILENCE = CODEC_RATE * 4 // 1000
"""Words after a reset that the output leaves out: 4 ms, the time in which filters fill; before the codec is set up it is mute anyway."""

NAMES = (
    "system_reset",
    "codec_reset",
    "codec_setup",
    "from_adc",
    "to_dac",
    "codec_fifo",
    "decimator",
    "interpolator",
    "output_limiter",
    "pll_50_to_12",
)
"""Entities of the project that are not the user's."""


@dataclass(frozen=True)
class SignalPath:
    """A user's core, or one for each ear, and everything around it.

    Parameters
    ----------
    core : Core
        One stream in, one out, a word out for each in, signed words of up to 32 bits. Of a core without a sink a word leaves for each of
        the converter's, which goes nowhere.
    right : Core, optional
        The right ear's, where each ear has its own channel; `core` is the left ear's then. It has the same formats, and may be the same
        core. Without it the left channel goes through `core` to both ears.

    Raises
    ------
    ParameterError
        If they cannot stand between the codec's two ends.
    """

    core: Core
    right: Core | None = None

    def __post_init__(self) -> None:
        # Who puts a core between the codec's ends is this project.
        object.__setattr__(self, "core", self._checked(self.core.on_avalon))
        if self.right is None:
            return
        object.__setattr__(self, "right", self._checked(self.right.on_avalon))
        left, right = self.core, self.right
        if left.name.lower() == right.name.lower() and left.description != right.description:
            raise ParameterError("name", right.name, "must differ from the left ear's: they are not the same core")
        if left.is_source != right.is_source:
            raise ParameterError("core", right.kind, f"must {'give' if left.is_source else 'take'} words as the left ear's does")
        for field in ("source",) if left.is_source else ("sink", "source"):
            formats = [getattr(one, f"{field}_format") for one in (left, right)]
            if formats[0] != formats[1]:
                raise ParameterError(field, str(formats[1]), f"must be {formats[0]}, as the left ear's")

    @staticmethod
    def _checked(core: Core) -> Core:
        """The core, if it can stand in a path.

        Raises
        ------
        ParameterError
            If it cannot.
        """
        names = {port.name for port in core.ports}
        needed = {"clk", "reset", "source_valid", *(["sink_valid"] if not core.is_source else [])}
        if not needed <= names or len(set(core.domains.values())) > 1:
            raise ParameterError("core", core.kind, "must take a stream and give one, on one clock; or give one alone")
        ports_of, formats = {"source": core.source_ports}, {"source": core.source_format}
        if not core.is_source:
            ports_of, formats = {"sink": core.sink_ports, **ports_of}, {"sink": core.sink_format, **formats}
        for field, ports in ports_of.items():
            if ports:
                extra = ", ".join(port.name for port in ports)
                raise ParameterError("core", core.kind, f"must have words alone at its {field}, the codec has no {extra}")
        for field, format in formats.items():
            if not isinstance(format, Format) or not format.signed or format.word_length > LONGEST_WORD:
                raise ParameterError(field, str(format), f"must be one signed format of up to {LONGEST_WORD} bits")
        if core.rate != 1:
            raise ParameterError("core", core.kind, f"must give a word for each it takes, not {core.rate}")
        if core.sample_rate != CORE_RATE:
            raise ParameterError("sample_rate", core.sample_rate, f"must be {CORE_RATE}, the rate at which the board runs a core")
        most = CLOCK_HZ // CORE_RATE
        if core.cycles_per_sample > most:
            raise ParameterError("core", core.kind, f"must take at most {most} clocks a sample, not {number_text(core.cycles_per_sample)}")
        if core.name.lower() in NAMES:
            raise ParameterError("name", core.name, f"must be none of {', '.join(NAMES)}")
        return core

    @property
    def ears(self) -> dict[str, Core]:
        """The user's core of each path through the board."""
        return {"ear": self.core} if self.right is None else {"left": self.core, "right": self.right}

    @property
    def users_cores(self) -> dict[str, Core]:
        """The user's cores by name, each once."""
        return {core.name: core for core in self.ears.values()}

    @cached_property
    def cores(self) -> dict[str, Core]:
        """All cores by entity name, in the order of the signal."""
        # The codec's full scale is the word's, wherever the core's binary point is.
        raw = {field: str(audio_format(format)) for field, format in (("sink", self.sink), ("source", self.source))}
        line = {"role": "master", "framing": "i2s", "slot": 25, "divider": 5}
        fir = {"core": "fir", "form": "serial", "coefficient": "sfix18_En17", "coefficients": LOWPASS}
        ratio = CODEC_RATE // CORE_RATE
        taken, played = ("left", "same") if self.right is None else ("both", "both")
        described: list[dict[str, Any]] = [
            # The shortest request holds both sides of the queues until the slower clock has seen it: 16 edges of 20 ns, 3 of 83 ns.
            {"core": "reset_synchronizer", "name": "system_reset", "stages": 16},
            {"core": "reset_synchronizer", "name": "codec_reset", "stages": 3},
            {"core": "wm8731_setup", "name": "codec_setup", "quarter": CLOCK_HZ // 400_000, "settling": CLOCK_HZ // 20},
            {"core": "i2s_receiver", "name": "from_adc", "source": CODEC_WORD, "channels": taken, **line},
            {"core": "dual_clock_fifo", "name": "codec_fifo", "sink": CODEC_WORD, "depth": 16},
            {**fir, "name": "decimator", "sample_rate": CODEC_RATE, "decimation": ratio, "sink": CODEC_WORD, "source": raw["sink"]},
            {**fir, "name": "interpolator", "interpolation": ratio, "gain": float(ratio), "sink": raw["source"], "source": CODEC_WORD},
            {"core": "limiter", "name": "output_limiter", "sink": CODEC_WORD, "silence": SILENCE, "ceiling": 1.0},
            {"core": "i2s_transmitter", "name": "to_dac", "sink": CODEC_WORD, "channels": played, **line},
        ]
        cores = {str(one["name"]): make_core(one) for one in described}
        before = list(cores).index("interpolator")
        items = list(cores.items())
        return dict([*items[:before], *self.users_cores.items(), *items[before:]])

    @property
    def sink(self) -> Format:
        """Format of the words at 16 kHz on their way to the core, or round it: the codec's for one that takes none."""
        return Format.parse(CODEC_WORD) if self.core.is_source else self.core.sink_format

    @property
    def source(self) -> Format:
        """Format of the core's words."""
        assert isinstance(self.core.source_format, Format)
        return self.core.source_format

    def model(self, words: Any, ear: str | None = None) -> Any:
        """What the DAC plays for the ADC's words, the user's core at its default run-time inputs; without the frames of latency.

        Parameters
        ----------
        words : array of int, shape (n,)
            16 bits, 48 kHz.
        ear : str, optional
            Of `ears`; the first by default.
        """
        core = self.core if ear is None else self.ears[ear]
        for name in ("decimator", core.name, "interpolator", "output_limiter"):
            one = self.cores[name]
            words = one.model(len(words) if one.is_source else words)
        return words

    @cached_property
    def switches(self) -> dict[str, int]:
        """Number of the switch that drives a run-time input of one bit, of either ear, by the input's name."""
        found: dict[str, int] = {}
        for core in self.users_cores.values():
            for port in core.ports:
                is_switch = port.direction == "in" and port.width is None and not port.name.endswith(BUS_STROBES)
                if is_switch and port.name not in STREAM and len(found) < LAST_SWITCH + 1 - FIRST_SWITCH:
                    found.setdefault(port.name, FIRST_SWITCH + len(found))
        return found

    @property
    def notes(self) -> list[str]:
        """What the switches do to the user's cores."""
        found = []
        for name, number in self.switches.items():
            owners = [core.name for core in self.users_cores.values() if any(port.name == name for port in core.ports)]
            found.append(f"{number} {name} of {' and '.join(owners)}")
        return found

    @property
    def held(self) -> list[str]:
        """Run-time inputs of several bits, which no switch drives, and what they are tied to."""
        return [
            f"{port.name} of {core.name}: {core.controls[port.name]}"
            for core in self.users_cores.values()
            for port in core.ports
            if port.direction == "in" and port.width is not None and port.name in core.controls
        ]

    def connections(self, core: Core) -> list[str]:
        """Port map of a user's core."""
        lines = []
        for port in core.ports:
            if port.name in STREAM:
                signal = STREAM[port.name]
            elif port.direction == "out":
                signal = "open"
            elif port.name in self.switches:
                signal = f"switches({self.switches[port.name]})"
            else:
                signal = constant(port, core.controls)
            lines.append(f"{port.name} => {signal}")
        return lines


STREAM = {
    "clk": "clk",
    "reset": "reset",
    "sink_valid": "core_sink_valid",
    "sink_ready": "core_sink_ready",
    "sink_data": "slow_in_data",
    "source_valid": "core_source_valid",
    "source_ready": "core_source_ready",
    "source_data": "core_source_data",
}
"""Signals of a path that are connected to a user's core."""

FIRST_SWITCH, LAST_SWITCH = 4, 17
"""Those that are the user's cores'; the others are the board's."""

BUS_STROBES = ("control_write", "control_read")
"""Ends of names of one-bit inputs of Avalon-MM slaves, which no switch may drive; a stage's name may stand in front."""


def constant(port: Port, controls: Mapping[str, int]) -> str:
    """The value that a run-time input is tied to, in VHDL."""
    width = port.width or 1
    bits = format(controls.get(port.name, 0) & ((1 << width) - 1), f"0{width}b")
    return f"'{bits}'" if port.width is None else f'"{bits}"'
