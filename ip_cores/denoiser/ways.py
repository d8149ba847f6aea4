"""The four ways in which a denoiser works: sample by sample in an undecimated or a decimated bank, or by segments, overlapping or not.

Each is a class of its own that answers for timing, model, inventory and hardware; the denoiser picks one, once (`way_of`), and asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import reference.denoiser
from fixed_point.denoiser import UndecimatedDenoiser
from fixed_point.threshold import gain_word
from ip_cores.banks.filter_processor_plan import affordable, check_processor
from ip_cores.blocks.stream import bundled
from ip_cores.chain import Chain
from ip_cores.denoiser.hardware import FusedBank, decimated_denoiser, undecimated_denoiser
from ip_cores.denoiser.overlapping import OverlappingSegments, overlapping_denoiser, segment_denoiser
from ip_cores.inventory import Inventory
from ip_cores.port import Port
from ip_cores.sequencer import Sequencer, supervision_ports
from ip_cores.sequencer.control import Supervision
from ip_cores.threshold import CONTROL_PORTS


class Way:
    """What every way answers for.

    Parameters
    ----------
    core : Denoiser
    """

    def __init__(self, core: Any) -> None:
        self.core = core

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return CONTROL_PORTS

    @property
    def controls(self) -> Mapping[str, int]:
        return {}

    @property
    def delay(self) -> int:
        """Analysis and synthesis together: (L - 1) (2**J - 1) samples."""
        return self.core.filter_bank.total_delay(self.core.levels)

    @property
    def factor(self) -> float:
        """K, in units of sigma as it is tracked."""
        return self.core.threshold

    @property
    def settings(self) -> dict[str, Any]:
        """What the reference takes beside samples and bank."""
        core, between = self.core, self.core.stages[1]
        lowest = between.tracker.sigma(between.tracker.lowest).item()
        return {
            "rule": core.rule, "factor": self.factor, "start": core.start, "intervals": between.intervals,
            "adaptation": core.adaptation, "lowest": lowest,
        }  # fmt: skip

    def reference(self, x: Any) -> Any:
        core = self.core
        return reference.denoiser.denoiser(x, core.filter_bank, core.levels, core.bank, **self.settings)


class SampleBySample(Way):
    """Sample by sample."""

    clearing_clocks: int
    cycles_per_sample: int
    check_steps: int
    """Samples after which every tracker has stepped."""

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: memories are cleared, a sample or a period of samples is worked on."""
        return self.clearing_clocks + 4 * (1 << self.core.levels) * self.cycles_per_sample + 256

    @property
    def check_length(self) -> int:
        """Samples after which every word of memory has been the oldest of its line, as far as they can be simulated in some seconds."""
        return affordable(2 * self.delay + 4 * max(self.core.stages[1].intervals) + 32, self.cycles_per_sample)


class UndecimatedStream(SampleBySample):
    """One filter processor for analysis and synthesis, the threshold beside it."""

    @cached_property
    def fused(self) -> FusedBank:
        """Analysis and synthesis in one processor."""
        return FusedBank.of(*self.core.stages)

    def check(self) -> None:
        check_processor(self.core, self.fused.processor)

    @property
    def latency(self) -> int:
        return self.fused.latency

    @property
    def latency_words(self) -> tuple[int, int] | None:
        return 0, 0

    @property
    def cycles_per_sample(self) -> int:  # type: ignore[override]
        return self.fused.cycles_per_sample

    @property
    def clearing_clocks(self) -> int:  # type: ignore[override]
        return self.fused.processor.clearing_clocks

    @cached_property
    def bands_model(self) -> UndecimatedDenoiser:
        """The denoiser without the streams between its stages."""
        core = self.core
        analysis, between, synthesis = core.stages
        return UndecimatedDenoiser(
            analysis=analysis.coefficients,
            synthesis=synthesis.coefficients,
            formats=analysis.formats,
            inner_formats=synthesis.formats,
            guard_bits=core.guard_bits,
            waits=analysis.waits,
            tracker=between.tracker,
            intervals=between.intervals,
            gain=gain_word(core.threshold),
            rule=core.rule,
            source=core.source,
            rounding=core.rounding,
            tracked=core.tracked,
        )

    def model(self, x: Any) -> Any:
        return self.bands_model(x)

    @property
    def inventory(self) -> Inventory | None:
        return replace(self.fused.processor.inventory("denoiser"), parts=(self.core.stages[1].inventory,))

    def block(self, **signals: Any) -> Any:
        return undecimated_denoiser(**bundled(signals), fused=self.fused, tracked=self.core.tracked)


class DecimatedStream(SampleBySample):
    """Analysis, threshold and synthesis of a decimated bank, one behind the other."""

    @cached_property
    def chain(self) -> Chain:
        """The stages as a core."""
        return Chain(self.core.stages, name=f"{self.core.name}_chain")

    def check(self) -> None:
        """The stages have been checked."""

    @property
    def latency(self) -> int:
        return self.chain.latency

    @property
    def latency_words(self) -> tuple[int, int] | None:
        """Nothing falls due after the first sample of a period."""
        return self.chain.latency_words

    @property
    def cycles_per_sample(self) -> int:  # type: ignore[override]
        return self.chain.cycles_per_sample

    @property
    def clearing_clocks(self) -> int:  # type: ignore[override]
        return 4 * self.delay

    def model(self, x: Any) -> Any:
        analysis, between, synthesis = self.core.stages
        words, channel = analysis.model(x)
        tracked = None if self.core.tracked is None else self.core.tracked.mask(len(words))
        return synthesis.model(between.tracked_model(words, channel, tracked))

    @property
    def inventory(self) -> Inventory | None:
        return self.chain.inventory

    def block(self, **signals: Any) -> Any:
        return decimated_denoiser(**bundled(signals), stages=self.core.stages, tracked=self.core.tracked)


class BySegments(Way):
    """Segment by segment, under a sequencer."""

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return *CONTROL_PORTS, *supervision_ports(real_time=False)

    @property
    def controls(self) -> Mapping[str, int]:
        return {"enable": 1}


class ConsecutiveSegments(BySegments):
    """Segments that follow each other, the bank going on from one to the next: the words of the stream, later."""

    @cached_property
    def sequencer(self) -> Sequencer:
        """Runs the denoiser of a stream."""
        calculation = self.core.replace(name=f"{self.core.name}_calculation", processing="stream")
        return Sequencer(name=f"{self.core.name}_sequencer", calculation=calculation, segment_length=self.core.segment_length)

    def check(self) -> None:
        self.sequencer.check()

    @property
    def latency(self) -> int:
        return self.sequencer.latency

    @property
    def latency_words(self) -> tuple[int, int] | None:
        return self.sequencer.latency_words

    @property
    def cycles_per_sample(self) -> int:
        return self.sequencer.cycles_per_sample

    @property
    def patience(self) -> int:
        return self.sequencer.patience

    @property
    def check_length(self) -> int:
        return 3 * self.core.segment_length

    def reference(self, x: Any) -> Any:
        return self.sequencer.reference(x)

    def model(self, x: Any) -> Any:
        return self.sequencer.model(x)

    @property
    def inventory(self) -> Inventory | None:
        return self.sequencer.inventory

    def block(self, **signals: Any) -> Any:
        return segment_denoiser(**bundled(signals, supervision=Supervision), stage=self.sequencer)


class WindowedSegments(BySegments):
    """Segments that overlap under a window: each is worked on by itself, and the results are added up."""

    @cached_property
    def stages(self) -> OverlappingSegments:
        """Windows and zeros, the sequencer, the sum."""
        return OverlappingSegments.of(self.core)

    def check(self) -> None:
        _ = self.stages

    @property
    def delay(self) -> int:
        """The bank's, and the old part of a segment."""
        return self.stages.delay

    @property
    def factor(self) -> float:
        return self.stages.factor

    @property
    def latency(self) -> int:
        return self.stages.latency

    @property
    def latency_words(self) -> tuple[int, int] | None:
        return 0, 0

    @property
    def cycles_per_sample(self) -> int:
        return self.stages.cycles_per_sample

    @property
    def patience(self) -> int:
        return self.stages.patience

    @property
    def check_length(self) -> int:
        return self.stages.check_length

    def reference(self, x: Any) -> Any:
        core, stages = self.core, self.stages
        return reference.denoiser.segment_denoiser(
            x, core.filter_bank, core.levels, core.bank,
            weights=stages.segmenter.weights,
            weights_after=stages.adder.weights_applied,
            hop=stages.segmenter.hop,
            tracked=(stages.tracked.first, stages.tracked.last),
            **self.settings,
        )  # fmt: skip

    def model(self, x: Any) -> Any:
        return self.stages.model(x)

    @property
    def inventory(self) -> Inventory | None:
        return self.stages.inventory

    def block(self, **signals: Any) -> Any:
        return overlapping_denoiser(**bundled(signals, supervision=Supervision), stages=self.stages)


def way_of(core: Any) -> UndecimatedStream | DecimatedStream | ConsecutiveSegments | WindowedSegments:
    """The way in which a denoiser of these parameters works."""
    if core.processing == "segment":
        return ConsecutiveSegments(core) if core.window == "none" else WindowedSegments(core)
    return UndecimatedStream(core) if core.bank == "undecimated" else DecimatedStream(core)
