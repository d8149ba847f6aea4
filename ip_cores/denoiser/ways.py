"""The four ways in which a denoiser works: sample by sample in an undecimated or a decimated bank, or by segments, overlapping or not.

Each is a class of its own that answers for timing, model, inventory and hardware; the denoiser picks one, once (`way_of`), and asks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property, reduce
from math import ceil, hypot
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference.denoiser
from fixed_point.denoiser import UndecimatedDenoiser
from fixed_point.threshold import gain_word
from fixed_point.word_lengths.losses import Losses
from ip_cores.banks.filter_processor_plan import affordable, check_processor
from ip_cores.blocks.process import Connected
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.denoiser.fused_bank import FusedBank
from ip_cores.denoiser.hardware import decimated_denoiser, undecimated_denoiser
from ip_cores.denoiser.overlapping import OverlappingSegments, overlapping_denoiser, segment_denoiser
from ip_cores.inventory import Inventory
from ip_cores.port import Port
from ip_cores.promise import Decisions, expected_error
from ip_cores.run_time import RunTimeInputs, Steered, port_input, stretches
from ip_cores.schedule import Clockwork, latency_of, period_of
from ip_cores.sequencer import Sequencer, supervision_ports
from ip_cores.sequencer.control import Supervision
from ip_cores.threshold import CONTROL_PORTS, asked_for, threshold_inputs
from ip_cores.threshold.control import ThresholdPlan, threshold_timing
from reference.families.wavelet_filters import WaveletFilters
from reference.threshold import Decided


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
    def run_time_inputs(self) -> RunTimeInputs:
        return threshold_inputs(gain_word(self.factor))

    @property
    def delay(self) -> int:
        """Analysis and synthesis together: (L - 1) (2**J - 1) samples."""
        return self.core.filter_bank.total_delay(self.core.levels)

    def timing(self) -> Clockwork:
        """The control without its data."""
        raise NotImplementedError

    @property
    def factor(self) -> float:
        """K, in units of sigma as it is tracked."""
        return self.core.threshold

    @property
    def settings(self) -> dict[str, Any]:
        """What the reference takes beside samples and bank."""
        return self.core.stages[1].settings | {"rule": self.core.rule, "factor": self.factor, "decided": self.core.decided}

    def reference(self, x: Any) -> Any:
        core = self.core
        return reference.denoiser.denoiser(x, core.filter_bank, core.levels, core.bank, **self.settings)

    @property
    def followers(self) -> tuple[Any, Any, Any]:
        """Analysis, threshold and synthesis, where the denoiser follows decisions the threshold too."""
        analysis, between, synthesis = self.core.stages
        return analysis, between.altered(decided=self.core.decided), synthesis

    def bank_with(self, coefficients: Sequence[NDArray[np.float64]]) -> WaveletFilters:
        """Filters with other coefficients, those of the analysis and of the synthesis."""
        analysis, _, synthesis = self.core.stages
        there, back = analysis.filters_with(analysis=coefficients[0]), synthesis.filters_with(synthesis=coefficients[1])
        return replace(there, synthesis_low=back.synthesis_low, synthesis_high=back.synthesis_high)


class SampleBySample(Way):
    """Sample by sample."""

    clearing_clocks: int
    cycles_per_sample: Fraction
    words_per_sample: int
    """Of the bands."""
    check_steps: int
    """Samples after which every tracker has stepped."""

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: memories are cleared, a sample or a period of samples is worked on."""
        return self.clearing_clocks + 4 * (1 << self.core.levels) * ceil(self.cycles_per_sample) + 256

    @property
    def settling(self) -> int:
        """Clocks of silence after which nothing is under way, memories once cleared."""
        return self.patience - self.clearing_clocks

    def late_reference(self, x: Any) -> Any:
        core = self.core
        return reference.denoiser.delayed_denoiser(x, core.filter_bank, core.levels, core.bank, **self.settings)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        filters = self.bank_with(coefficients)
        return reference.denoiser.delayed_denoiser(x, filters, self.core.levels, self.core.bank, **self.settings)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        for stage in self.followers:
            x = stage.limited(x, guard)
        return x

    @property
    def losses(self) -> Losses:
        return reduce(lambda before, stage: stage.losses.behind(before), self.followers, Losses())

    def seen(self, count: int) -> NDArray[np.bool_] | None:
        """Which of so many band words the trackers see."""
        tracked = self.core.tracked
        return None if tracked is None else tracked.times(self.words_per_sample).mask(count)

    def decide(self, words: Any) -> Decided:
        """What the threshold decides on raw samples."""
        analysis, between, _ = self.core.stages
        bands, channel = analysis.model(words)
        return between.decide(bands, channel, self.seen(len(bands)))

    def decisions(self, x: Any, words: Any, error: float) -> Decisions:
        analysis, between, _ = self.core.stages
        given = analysis.model(words)
        off = hypot(error * analysis.losses.transfer.peak, expected_error(analysis, words))
        return between.compared(analysis.reference(x), given, off, self.seen(len(given[0])))

    @property
    def check_length(self) -> int:
        """Samples after which every word of memory has been the oldest of its line, as far as they can be simulated in some seconds."""
        return affordable(2 * self.delay + 4 * max(self.core.stages[1].intervals) + 32, ceil(self.cycles_per_sample))


class UndecimatedStream(SampleBySample):
    """One filter processor for analysis and synthesis, the threshold beside it."""

    @property
    def words_per_sample(self) -> int:  # type: ignore[override]
        return self.core.levels + 1

    @cached_property
    def fused(self) -> FusedBank:
        """Analysis and synthesis in one processor."""
        analysis, _, synthesis = self.core.stages
        return FusedBank.of(analysis, synthesis, self.plan)

    def check(self) -> None:
        check_processor(self.core, self.fused.processor)

    @cached_property
    def plan(self) -> ThresholdPlan:
        """The threshold, one word after the other."""
        plan: ThresholdPlan = self.core.stages[1].plan.in_turns()
        return plan

    def timing(self) -> Clockwork:
        return self.fused.timing(threshold_timing(self.plan))

    @cached_property
    def latency(self) -> int:
        return latency_of(self.timing())

    @cached_property
    def cycles_per_sample(self) -> Fraction:  # type: ignore[override]
        return period_of(self.timing()).cycles_per_sample

    @property
    def capacity(self) -> int:
        """A sample in work, and one at the output."""
        return 2

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

    def steered_model(self, x: Any, values: Steered) -> Any:
        """The model, each sample's band words under the settings that it met."""
        return self.bands_model(x, **asked_for(values))

    @property
    def inventory(self) -> Inventory | None:
        return replace(self.fused.processor.inventory("denoiser"), parts=(self.core.stages[1].inventory,))

    def block(self, **signals: Any) -> Any:
        return undecimated_denoiser(**bundled(signals), fused=self.fused, tracked=self.core.tracked)


class DecimatedStream(SampleBySample):
    """Analysis, threshold and synthesis of a decimated bank, one behind the other."""

    words_per_sample = 1

    @cached_property
    def chain(self) -> Core:
        """The stages as a core."""
        from ip_cores.chain import Chain  # only this way needs it, and looking at a denoiser does not

        return Chain(self.core.stages, name=f"{self.core.name}_chain")

    def check(self) -> None:
        """The stages have been checked."""

    def timing(self) -> Clockwork:
        return Connected([stage.timing() for stage in self.core.stages])

    @property
    def latency(self) -> int:
        return self.chain.latency

    @property
    def cycles_per_sample(self) -> Fraction:  # type: ignore[override]
        return self.chain.cycles_per_sample

    @property
    def capacity(self) -> int:
        return self.chain.capacity

    @property
    def clearing_clocks(self) -> int:  # type: ignore[override]
        return 4 * self.delay

    def model(self, x: Any) -> Any:
        analysis, between, synthesis = self.core.stages
        words, channel = analysis.model(x)
        tracked = None if self.core.tracked is None else self.core.tracked.mask(len(words))
        return synthesis.model(between.tracked_model(words, channel, tracked))

    def steered_model(self, x: Any, values: Steered) -> Any:
        """The model, each band word under the settings that the sample met with which it is due."""
        analysis, between, synthesis = self.core.stages
        words, channel = analysis.model(x)
        tracked = None if self.core.tracked is None else self.core.tracked.mask(len(words))
        due = analysis.due_with(len(x))
        met = {name: one[due] for name, one in values.items()}
        return synthesis.model(between.steered_and_tracked(words, channel, met, tracked))

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

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        return {**super().run_time_inputs, "enable": port_input("enable", start=1)}

    @property
    def settling(self) -> int:
        """Clocks of silence after which nothing is under way."""
        return self.core.patience


class ConsecutiveSegments(BySegments):
    """Segments that follow each other, the bank going on from one to the next: the words of the stream, later."""

    @cached_property
    def sequencer(self) -> Sequencer:
        """Runs the denoiser of a stream."""
        calculation = self.core.replace(name=f"{self.core.name}_calculation", processing="stream")
        return Sequencer(name=f"{self.core.name}_sequencer", calculation=calculation, segment_length=self.core.segment_length)

    def check(self) -> None:
        self.sequencer.check()

    def timing(self) -> Clockwork:
        found = self.sequencer.timing()
        assert found is not None
        return found

    @property
    def latency(self) -> int:
        return self.sequencer.latency

    @property
    def cycles_per_sample(self) -> Fraction:
        return self.sequencer.cycles_per_sample

    @property
    def capacity(self) -> int:
        return self.sequencer.capacity

    @property
    def patience(self) -> int:
        return self.sequencer.patience

    @property
    def check_length(self) -> int:
        return 3 * self.core.segment_length

    def reference(self, x: Any) -> Any:
        return self.sequencer.reference(x)

    def late_reference(self, x: Any) -> Any:
        return self.sequencer.late_reference(x)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        return self.sequencer.reference_with(x, coefficients)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        return self.sequencer.limited(x, guard)

    @property
    def losses(self) -> Losses:
        return self.sequencer.losses

    def decide(self, words: Any) -> Decided:
        """What the threshold decides on raw samples."""
        return self.sequencer.calculation.way.decide(self.sequencer.whole(words))  # type: ignore[attr-defined]

    def decisions(self, x: Any, words: Any, error: float) -> Decisions:
        return self.sequencer.decisions(x, words, error)  # type: ignore[return-value]

    def model(self, x: Any) -> Any:
        return self.sequencer.model(x)

    def steered_model(self, x: Any, values: Steered) -> Any:
        """The model; a segment is calculated when its last sample is there, under the settings that this one met."""
        return self.sequencer.model_in_stretches(x, stretches(values["enable"]), {**values})

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

    def timing(self) -> Clockwork:
        return self.stages.timing

    @property
    def latency(self) -> int:
        return self.stages.latency

    @property
    def cycles_per_sample(self) -> Fraction:
        return self.stages.cycles_per_sample

    @property
    def capacity(self) -> int:
        return self.stages.capacity

    @property
    def patience(self) -> int:
        return self.stages.patience

    @property
    def check_length(self) -> int:
        return self.stages.check_length

    def reference(self, x: Any) -> Any:
        core = self.core
        return reference.denoiser.segment_denoiser(x, core.filter_bank, core.levels, core.bank, **self.windows, **self.settings)

    @property
    def windows(self) -> dict[str, Any]:
        """What the reference takes beside the settings of the threshold."""
        stages = self.stages
        return {
            "weights": stages.segmenter.weights, "weights_after": stages.adder.weights_applied, "hop": stages.segmenter.hop,
            "tracked": (stages.tracked.first, stages.tracked.last),
        }  # fmt: skip

    def late_reference(self, x: Any) -> Any:
        core = self.core
        return reference.denoiser.delayed_segment_denoiser(x, core.filter_bank, core.levels, core.bank, **self.windows, **self.settings)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        adder = self.stages.adder
        behind = len(adder.losses.coefficients)
        inner, after = coefficients[1 : len(coefficients) - behind], coefficients[len(coefficients) - behind :]
        filters, settings = self.inner.bank_with(inner), self.settings
        windows = self.windows | {"weights": coefficients[0]} | ({"weights_after": adder.placed(after[0])} if after else {})
        return reference.denoiser.delayed_segment_denoiser(x, filters, self.core.levels, self.core.bank, **windows, **settings)

    @property
    def inner(self) -> Any:
        """The way of the denoiser inside, which follows the same decisions."""
        return self.stages.sequencer.calculation.altered(decided=self.core.decided).way

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        stages = self.stages
        words = stages.sequencer.whole(stages.segmenter.limited(x, guard)[0])
        return stages.adder.limited(self.inner.limited(words, guard), guard)

    @property
    def losses(self) -> Losses:
        stages = self.stages
        return stages.adder.losses.behind(self.inner.losses.behind(stages.segmenter.losses))

    def decide(self, words: Any) -> Decided:
        """What the threshold decides on raw samples."""
        stages = self.stages
        return self.inner.decide(stages.sequencer.whole(stages.segmenter.model(words)[0]))

    def decisions(self, x: Any, words: Any, error: float) -> Decisions:
        stages = self.stages
        off = hypot(error * stages.segmenter.losses.transfer.peak, expected_error(stages.segmenter, words))
        cut, given = stages.segmenter.reference(x)[0], stages.segmenter.model(words)[0]
        return self.inner.decisions(stages.sequencer.whole(cut), stages.sequencer.whole(given), off)

    def model(self, x: Any) -> Any:
        return self.stages.model(x)

    def steered_model(self, x: Any, values: Steered) -> Any:
        """The model; behind a stretch in which it was not enabled the rest of a packet is dropped."""
        return self.stages.steered_model(x, values)

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
