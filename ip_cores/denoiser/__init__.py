"""Denoiser for speech: wavelet analysis, threshold of the details at K times the tracked noise, synthesis.

In an undecimated bank one filter processor does both analysis and synthesis: a sample goes in, its band words go out to the threshold and
come back, and a sample leaves; one unit of products serves it all, in about 4 J (L + 1) + 5 J clocks. In a decimated bank three cores stand
one behind the other. Segment-wise, a sequencer acquires segments, hands each to that, and transfers the results: the same words, since
the delay lines of the bank carry on from one segment to the next. With a window segments overlap: each is worked on by itself, and the
results are added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format
from fixed_point.denoiser import TrackingWindow
from fixed_point.threshold import RULES, gain_word
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.banks.wavelet_bank import WaveletBank, wavelet_name
from ip_cores.core import Core
from ip_cores.denoiser.ways import ConsecutiveSegments, DecimatedStream, UndecimatedStream, WindowedSegments, way_of
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered
from ip_cores.schedule import Clockwork, Fields
from ip_cores.sequencer import SUPERVISION_MEANINGS
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis
from ip_cores.threshold import CONTROL_MEANINGS, LONGEST_BAND, SHORTEST_BAND, Threshold, factor, map_of_registers
from reference.families.windows import WINDOWS
from reference.threshold import Decided

BANKS: dict[str, tuple[Any, Any]] = {
    "undecimated": (SwtAnalysis, SwtSynthesis),
    "decimated": (DwtAnalysis, DwtSynthesis),
}
"""Analysis and synthesis."""

PROCESSING = ("stream", "segment")


@dataclass(frozen=True)
class Denoiser(WaveletBank):
    """Parameters of a denoiser; see ``docs/cores/denoiser.md``."""

    kind: ClassVar[str] = "denoiser"
    meanings: ClassVar[Mapping[str, str]] = {**CONTROL_MEANINGS, **SUPERVISION_MEANINGS}
    summary: ClassVar[str] = "denoiser: wavelet bank, threshold at the tracked noise, synthesis"
    family: ClassVar[str] = "hearing"

    name: str = parameter("denoiser", doc="entity name; a VHDL identifier", kind=check_entity_name)
    wavelet: str = parameter("db2", doc="discrete wavelet of PyWavelets, by name", kind=wavelet_name)
    bank: str = parameter("undecimated", doc="undecimated: less noise, no aliasing; decimated: less memory", kind=str, choices=tuple(BANKS))
    processing: str = parameter("stream", doc="sample by sample, or by segments under a sequencer", kind=str, choices=PROCESSING)
    segment_length: int = parameter(64, doc="samples of a segment", kind=int, minimum=4, maximum=4096, unit="samples")
    hop: int = parameter(
        0, doc="samples from one segment to the next; 0: segment_length, half of it with a window", kind=int, minimum=0, maximum=4096
    )
    window: str = parameter(
        "none", doc="weights of a segment; none: segments follow each other and the bank goes on", kind=str, choices=tuple(WINDOWS)
    )
    rule: str = parameter("floor", doc="hard: to 0; soft: to 0, others less lambda; floor: to a quarter", kind=str, choices=tuple(RULES))
    threshold: float = parameter(3.0, doc="K after a reset, in units of the tracked sigma", kind=factor)
    start: float = parameter(0.02, doc="sigma of every band after a reset", kind=float, minimum=0, maximum=1e9, unit="full scale = 1")
    adaptation: int = parameter(8, doc="the tracker steps by 2**-adaptation of its value", kind=int, minimum=6, maximum=12)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=2, maximum=32)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=2, maximum=32)
    # No parameter of a description: what a denoiser by overlapping segments tells the one inside.
    tracked: TrackingWindow | None = field(default=None, kw_only=True, repr=False)
    # Nor is this: what the reference follows instead of deciding for itself.
    decided: Decided | None = field(default=None, kw_only=True, repr=False, compare=False)

    def check(self) -> None:
        if self.window != "none" and self.processing == "stream":
            raise ParameterError("window", self.window, 'must be none with processing = "stream"')
        if self.window == "none" and self.hop not in (0, self.segment_length):
            length = self.segment_length
            raise ParameterError(
                "hop", self.hop, f"must be {length}, the segment_length: segments follow each other, the bank's tails overlap"
            )
        self.check_multipliers()
        for stage in self.stages:
            stage.check()
        self.way.check()

    @cached_property
    def stages(self) -> tuple[Any, Threshold, Any]:
        """Analysis, threshold and synthesis, as cores of their own."""
        names = "wavelet", "filters", "levels", "multipliers", "coefficient_word_length", "guard_bits", "rounding"
        shared = {name: getattr(self, name) for name in names}
        first, last = BANKS[self.bank]
        analysis = first(name=f"{self.name}_analysis", sink=self.sink, **shared)
        bits = analysis.source_format.word_length
        if not SHORTEST_BAND <= bits <= LONGEST_BAND:
            raise ParameterError("sink", self.sink, f"must give band words of {SHORTEST_BAND} to {LONGEST_BAND} bits, not {bits}")
        between = Threshold(
            name=f"{self.name}_threshold",
            sink=analysis.source_format,
            levels=self.levels,
            bank=self.bank,
            rule=self.rule,
            threshold=self.threshold,
            start=self.start,
            adaptation=self.adaptation,
        )
        synthesis = last(name=f"{self.name}_synthesis", sink=analysis.source_format, source=self.source, **shared)
        return analysis, between, synthesis

    @cached_property
    def way(self) -> UndecimatedStream | DecimatedStream | ConsecutiveSegments | WindowedSegments:
        """The way in which it works."""
        return way_of(self)

    @property
    def drops_words(self) -> bool:
        """What works on segments has a sequencer."""
        return bool(self.processing == "segment")

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return self.way.control_ports

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return map_of_registers(gain_word(self.way.factor))

    @property
    def controls(self) -> Mapping[str, int]:
        return self.way.controls

    @property
    def delay(self) -> int:
        """Analysis and synthesis together: (L - 1) (2**J - 1) samples; where segments overlap, their old part more."""
        return self.way.delay

    @property
    def group_delay(self) -> Fraction:
        """What the bank delays, whatever the threshold does to the words."""
        return Fraction(self.delay)

    def timing(self, fields: Fields | None = None) -> Clockwork:
        return self.way.timing()

    @property
    def latency(self) -> int:
        """From the first sample to the first that leaves."""
        return self.way.latency

    @property
    def cycles_per_sample(self) -> Fraction:
        return self.way.cycles_per_sample

    @property
    def capacity(self) -> int:
        return self.way.capacity

    @property
    def patience(self) -> int:
        return self.way.patience

    @property
    def check_length(self) -> int:
        return self.way.check_length

    def reference(self, x: Any) -> Any:
        return self.way.reference(x)

    def model(self, x: Any) -> Any:
        return self.way.model(x)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return self.way.run_time_inputs

    def steered_model(self, x: Any, values: Steered) -> Any:
        return self.way.steered_model(x, values)

    @property
    def settling(self) -> int:
        return self.way.settling

    def late_reference(self, x: Any) -> Any:
        return self.way.late_reference(x)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return self.way.reference_with(x, coefficients)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        return self.way.limited(x, guard)

    @property
    def linear_part(self) -> Core:
        """The analysis: what the threshold makes of its bands is not linear."""
        analysis: Core = self.stages[0]
        return analysis

    @property
    def losses(self) -> Losses:
        return self.way.losses

    @property
    def decides(self) -> bool:
        return True

    def following(self, words: Any) -> Denoiser:
        return self.altered(decided=self.way.decide(words))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        return self.way.decisions(x, words, error)

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        from ip_cores.chain import Chain

        return Chain(self.stages).noise(entering)

    @property
    def inventory(self) -> Inventory | None:
        return self.way.inventory

    def block(self, **signals: Any) -> Any:
        return self.way.block(**signals)
