"""Denoiser for speech: wavelet analysis, threshold of the details at K times the tracked noise, synthesis.

In an undecimated bank one filter processor does both analysis and synthesis: a sample goes in, its band words go out to the threshold and
come back, and a sample leaves; one unit of products serves it all, in about 4 J (L + 1) + 5 J clocks. In a decimated bank three cores stand
one behind the other. Segment-wise, a sequencer acquires segments, hands each to that, and transfers the results: the same words, since
the delay lines of the bank carry on from one segment to the next. With a window segments overlap: each is worked on by itself, and the
results are added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import reference.denoiser
from fixed_point import Format
from fixed_point.denoiser import TrackingWindow, UndecimatedDenoiser
from fixed_point.threshold import RULES, gain_word
from ip_cores.banks.filter_processor_plan import affordable, check_processor
from ip_cores.banks.wavelet_bank import WaveletBank, wavelet_name
from ip_cores.chain import Chain
from ip_cores.denoiser.hardware import FusedBank, decimated_denoiser, undecimated_denoiser
from ip_cores.denoiser.segments import OverlappingSegments, overlapping_denoiser, segment_denoiser
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.sequencer import STATUS_BITS, Sequencer
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis
from ip_cores.threshold import CONTROL_PORTS, INTERVALS, LONGEST_BAND, SHORTEST_BAND, Threshold, factor
from reference.families.windows import WINDOWS

BANKS: dict[str, tuple[Any, Any]] = {
    "undecimated": (SwtAnalysis, SwtSynthesis),
    "decimated": (DwtAnalysis, DwtSynthesis),
}
"""Analysis and synthesis."""

PROCESSING = ("stream", "segment")

SEQUENCER_PORTS = (Port("enable", "in"), Port("clear", "in"), Port("status", "out", STATUS_BITS))
"""Of the segment-wise denoiser, beside those of the threshold."""


@dataclass(frozen=True)
class Denoiser(WaveletBank):
    """Parameters of a denoiser; see ``docs/cores/denoiser.md``."""

    kind: ClassVar[str] = "denoiser"
    summary: ClassVar[str] = "denoiser: wavelet bank, threshold at the tracked noise, synthesis"

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
        if self.bank == "undecimated":
            check_processor(self, self.fused.processor)
        if self.overlaps:
            _ = self.overlapping
        elif self.processing == "segment":
            self.sequenced.check()

    @property
    def overlaps(self) -> bool:
        """Whether segments overlap, under a window."""
        return self.window != "none"

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
    def chain(self) -> Chain:
        """The stages one behind the other: the same words as the denoiser's."""
        return Chain(self.stages, name=f"{self.name}_chain")

    @cached_property
    def fused(self) -> FusedBank:
        """Analysis and synthesis of an undecimated bank in one processor."""
        analysis, between, synthesis = self.stages
        return FusedBank.of(analysis, between, synthesis)

    @cached_property
    def sequenced(self) -> Sequencer:
        """The sequencer that runs the denoiser of streams segment by segment."""
        calculation = self.replace(name=f"{self.name}_calculation", processing="stream")
        return Sequencer(name=f"{self.name}_sequencer", calculation=calculation, segment_length=self.segment_length)

    @cached_property
    def overlapping(self) -> OverlappingSegments:
        """The stages of a denoiser whose segments overlap."""
        return OverlappingSegments.of(self)

    @property
    def worker(self) -> Sequencer | FusedBank | Chain | OverlappingSegments:
        """What does the work."""
        if self.overlaps:
            return self.overlapping
        if self.processing == "segment":
            return self.sequenced
        return self.fused if self.bank == "undecimated" else self.chain

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return CONTROL_PORTS if self.processing == "stream" else (*CONTROL_PORTS, *SEQUENCER_PORTS)

    @property
    def controls(self) -> Mapping[str, int]:
        return {} if self.processing == "stream" else {"enable": 1}

    @property
    def delay(self) -> int:
        """Analysis and synthesis together: (L - 1) (2**J - 1) samples; where segments overlap, their old part more."""
        return self.overlapping.delay if self.overlaps else self.filter_bank.total_delay(self.levels)

    @property
    def latency(self) -> int:
        """From a sample to the sample that leaves when it has been worked on."""
        return self.worker.latency

    @property
    def latency_words(self) -> tuple[int, int] | None:
        """In a decimated bank nothing falls due after the first sample of a period."""
        return getattr(self.worker, "latency_words", (0, 0))

    @property
    def cycles_per_sample(self) -> int:
        return self.worker.cycles_per_sample

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: memories are cleared, a sample, a period or a segment of samples is worked on."""
        if self.processing == "segment":
            return self.overlapping.patience if self.overlaps else self.sequenced.patience
        period = 1 << self.levels
        clearing = self.fused.processor.clearing_clocks if self.bank == "undecimated" else 4 * self.delay
        return clearing + 4 * period * self.cycles_per_sample + 256

    @property
    def check_length(self) -> int:
        """Samples after which every word of memory has been the oldest of its line, as far as they can be simulated in some seconds."""
        if self.processing == "segment":
            return self.overlapping.check_length if self.overlaps else 3 * self.segment_length
        steps = 4 * max(INTERVALS[self.bank](level) for level in range(1, self.levels + 1))
        return affordable(2 * self.delay + steps + 32, self.cycles_per_sample)

    def reference(self, x: Any) -> Any:
        if self.processing == "segment" and not self.overlaps:
            return self.sequenced.reference(x)
        between = self.stages[1]
        bank: Any = x, self.filter_bank, self.levels, self.bank
        settings: dict[str, Any] = {
            "rule": self.rule,
            "factor": self.overlapping.factor if self.overlaps else self.threshold,
            "start": self.start,
            "intervals": between.intervals,
            "adaptation": self.adaptation,
            "lowest": between.tracker.sigma(between.tracker.lowest).item(),
        }
        if not self.overlaps:
            return reference.denoiser.denoiser(*bank, **settings)
        stages = self.overlapping
        return reference.denoiser.segment_denoiser(
            *bank,
            weights=stages.segmenter.weights,
            weights_after=stages.adder.weights_applied,
            hop=stages.segmenter.hop,
            tracked=(stages.tracked.first, stages.tracked.last),
            **settings,
        )

    @cached_property
    def bands_model(self) -> UndecimatedDenoiser:
        """The undecimated denoiser without the streams between its stages."""
        analysis, between, synthesis = self.stages
        return UndecimatedDenoiser(
            analysis=analysis.coefficients,
            synthesis=synthesis.coefficients,
            formats=analysis.formats,
            inner_formats=synthesis.formats,
            guard_bits=self.guard_bits,
            waits=analysis.waits,
            tracker=between.tracker,
            intervals=between.intervals,
            gain=gain_word(self.threshold),
            rule=self.rule,
            source=self.source,
            rounding=self.rounding,
            tracked=self.tracked,
        )

    def model(self, x: Any) -> Any:
        if self.processing == "segment":
            return self.overlapping.model(x) if self.overlaps else self.sequenced.model(x)
        return self.bands_model(x) if self.bank == "undecimated" else self.decimated_model(x)

    def decimated_model(self, x: Any) -> Any:
        """The stages of a decimated bank one behind the other."""
        analysis, between, synthesis = self.stages
        words, channel = analysis.model(x)
        return synthesis.model(between.tracked_model(words, channel, None if self.tracked is None else self.tracked.mask(len(words))))

    @property
    def inventory(self) -> Inventory | None:
        if self.overlaps:
            return self.overlapping.inventory
        if self.processing == "segment":
            return self.sequenced.inventory
        if self.bank == "decimated":
            return self.chain.inventory
        return replace(self.fused.processor.inventory("denoiser"), parts=(self.stages[1].inventory,))

    def block(self, **signals: Any) -> Any:
        if self.overlaps:
            return overlapping_denoiser(**signals, stages=self.overlapping)
        if self.processing == "segment":
            return segment_denoiser(**signals, stage=self.sequenced)
        if self.bank == "undecimated":
            return undecimated_denoiser(**signals, fused=self.fused, tracked=self.tracked)
        return decimated_denoiser(**signals, stages=self.stages, tracked=self.tracked)
