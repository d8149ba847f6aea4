"""Hearing aid: an undecimated wavelet bank around stages for its bands, a limiter behind it.

One filter processor does analysis and synthesis, as in the denoiser: a sample goes in, its band words go out to the stages and come back,
and a sample leaves. The stages stand one behind the other, each optional and in any order: `noise_reducer`, `compressor` or `band_gain`,
`threshold`, and whatever else takes words of bands. Nothing leaves that is louder than the limiter's ceiling, and nothing at all until the
bank has settled after a reset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, ClassVar

from numpy.typing import NDArray

from fixed_point import Format
from fixed_point.full_scale import amplitude_decibels
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import NoiseFlow
from ip_cores.banks.filter_processor_plan import affordable, check_processor
from ip_cores.banks.wavelet_bank import WaveletBank, wavelet_name
from ip_cores.blocks.process import Connected
from ip_cores.blocks.stream import bundled
from ip_cores.chain import Chain
from ip_cores.core import Core, core_class, make_core
from ip_cores.denoiser.fused_bank import FusedBank
from ip_cores.hearing_aid.hardware import hearing_aid
from ip_cores.inventory import Inventory
from ip_cores.limiter import Limiter
from ip_cores.parameters import ParameterError, check_entity_name, nearest, parameter
from ip_cores.port import Port
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered, inside, of_inside
from ip_cores.schedule import Clockwork, Fields, latency_of, period_of
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis

BAND_STAGES = "noise_reducer, compressor, band_gain, threshold"

FOLLOWS_FROM_THE_BANK = ("sink", "levels", "bank", "sample_rate")
"""Parameters of a stage that the aid fills in."""


def band_stages(value: Any) -> tuple[Any, ...]:
    """Stages, as cores or as their descriptions."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value or not all(isinstance(one, Core | Mapping) for one in value):
        raise ValueError(f"must be {band_stages.allowed}")  # type: ignore[attr-defined]
    return tuple(value)


band_stages.allowed = f"a list of band stages ([[stages]] tables): {BAND_STAGES}"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class HearingAid(WaveletBank):
    """Parameters of a hearing aid; see ``docs/cores/hearing_aid.md``."""

    kind: ClassVar[str] = "hearing_aid"
    meanings: ClassVar[Mapping[str, str]] = {
        "ceiling": "no sample leaves that is larger; 0 is silence",
        "clipped": "the sample that leaves was limited",
    }
    summary: ClassVar[str] = "hearing aid: wavelet bank, noise reduction, amplification and compression by band, limiter"
    family: ClassVar[str] = "hearing"

    name: str = parameter("hearing_aid", doc="entity name; a VHDL identifier", kind=check_entity_name)
    wavelet: str = parameter("db2", doc="discrete wavelet of PyWavelets, by name", kind=wavelet_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples that enter", kind=Format, minimum=3, maximum=32)
    source: Format = parameter("sfix16_En15", doc="format of the samples that leave", kind=Format, minimum=3, maximum=32)
    ceiling: float = parameter(
        0.5, doc="limiter's ceiling that model and reference assume at the port, part of full scale", kind=float, minimum=0.0, maximum=1.0
    )
    silence: int = parameter(160, doc="samples after a reset that leave as zero", kind=int, minimum=1, maximum=1 << 20, unit="samples")
    stages: tuple[Any, ...] = parameter(doc="what happens to the bands, as [[stages]] tables", kind=band_stages)

    def completed(self, name: str, value: Any) -> Any:
        """Stages with what follows from the bank."""
        if name != "stages":
            return value
        try:
            stages = band_stages(value)
        except ValueError as error:
            raise ParameterError(name, value, str(error)) from None
        return tuple(self.stage_of(number, stage) for number, stage in enumerate(stages))

    def stage_of(self, number: int, stage: Any) -> Core:
        """A stage that fits the bank, from a core or from its description; one without a name is called as its kind."""
        field, bands = f"stages[{number}]", self.analysis.source_format
        rate = self.sample_rate * (self.levels + 1)
        if isinstance(stage, Core):
            return stage.as_band_stage(bands, self.levels).at_rate(rate)
        kind = stage.get("core", "")
        try:
            fits, hint = core_class(kind).band_stage, ""
        except ParameterError:
            fits, hint = False, nearest(str(kind), BAND_STAGES.split(", "))
        if not fits:
            raise ParameterError(f"{field}.core", kind, f"must be a stage for words of bands: {BAND_STAGES}{hint}")
        given = {"name": kind, "sample_rate": rate, "sink": bands, "levels": self.levels, **stage}
        try:
            made = make_core(given)
        except ParameterError as error:
            if error.field == "sink.word_length" and "sink" not in stage:
                gives = f"gives band words of {bands.word_length} bits with guard_bits = {self.guard_bits}"
                raise ParameterError("sink", self.sink, f"{gives}; for {kind} these {error.allowed}") from None
            raise ParameterError(f"{field}.{error.field}", error.value, error.allowed) from None
        for name, wanted in (("sink", bands), ("levels", self.levels), ("sample_rate", rate)):
            if name in stage and made.description.get(name, wanted) != (str(wanted) if name == "sink" else wanted):
                raise ParameterError(f"{field}.{name}", stage[name], f"must be left out, or {wanted}, which follows from the bank")
        return made.as_band_stage(bands, self.levels)

    def check(self) -> None:
        self.check_multipliers()
        self._check_names()
        for stage in (self.analysis, self.synthesis):
            stage.check()
        check_processor(self, self.fused.processor)
        self.chain.check()

    def _check_names(self) -> None:
        """Refuse a name that two of the aid and its stages have: each is an entity, whose name's case does not count."""
        taken = {self.name.lower()}
        for number, stage in enumerate(self.stages):
            if stage.name.lower() in taken:
                allowed = "must differ, in more than its case, from the aid's name and those of other stages"
                raise ParameterError(f"stages[{number}].name", stage.name, allowed)
            taken.add(stage.name.lower())

    def _half(self, kind: Any, name: str, **formats: Format) -> Any:
        names = "wavelet", "filters", "levels", "multipliers", "coefficient_word_length", "guard_bits", "rounding", "sample_rate"
        return kind(name=f"{self.name}_{name}", **{one: getattr(self, one) for one in names}, **formats)

    @cached_property
    def analysis(self) -> SwtAnalysis:
        """The bank's analysis, as a core of its own."""
        made: SwtAnalysis = self._half(SwtAnalysis, "analysis", sink=self.sink)
        return made

    @cached_property
    def synthesis(self) -> SwtSynthesis:
        """The bank's synthesis, as a core of its own."""
        made: SwtSynthesis = self._half(SwtSynthesis, "synthesis", sink=self.analysis.source_format, source=self.source)
        at_rate: SwtSynthesis = made.at_rate(self.sample_rate * (self.levels + 1))
        return at_rate

    @cached_property
    def limiter(self) -> Limiter:
        """The limiter behind the bank."""
        limiting = {"silence": self.silence, "ceiling": self.ceiling, "sample_rate": self.sample_rate}
        return Limiter(name=f"{self.name}_limiter", sink=self.source, **limiting)  # type: ignore[arg-type]

    @cached_property
    def chain(self) -> Chain:
        """Analysis, stages, synthesis and limiter one behind the other: the same words, with a processor for each half."""
        parts = (self.analysis, *self.stages, self.synthesis, self.limiter)
        return Chain(parts, name=f"{self.name}_chain", sample_rate=self.sample_rate)

    @cached_property
    def fused(self) -> FusedBank:
        """Analysis and synthesis in one processor."""
        return FusedBank.of(self.analysis, self.synthesis)

    def at_rate(self, rate: float) -> Any:
        """The same times: other steps."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @property
    def description(self) -> dict[str, Any]:
        found = super().description
        kept = [{key: one for key, one in stage.items() if key not in FOLLOWS_FROM_THE_BANK} for stage in found["stages"]]
        return {**found, "stages": kept}

    @property
    def parts(self) -> tuple[Core, ...]:
        return self.stages

    @property
    def part_paths(self) -> tuple[str, ...]:
        return tuple(f"stages[{number}]" for number in range(len(self.stages)))

    def with_parts(self, parts: tuple[Core, ...]) -> Core:
        made: Core = self.replace(stages=parts)
        return made

    @property
    def control_ports(self) -> tuple[Port, ...]:
        own = (replace(port, name=f"{stage.name}_{port.name}") for stage in self.stages for port in stage.control_ports)
        return (*self.limiter.control_ports, *own)

    @property
    def controls(self) -> Mapping[str, int]:
        return {**{f"{s.name}_{port}": value for s in self.stages for port, value in s.controls.items()}, **self.limiter.controls}

    def timing(self, fields: Fields | None = None) -> Clockwork:
        between = Connected([stage.timing() for stage in self.stages])
        return Connected([self.fused.timing(between), self.limiter.timing()])

    @cached_property
    def latency(self) -> int:
        return latency_of(self.timing())

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        return period_of(self.timing()).cycles_per_sample

    @property
    def capacity(self) -> int:
        """A sample in work, one at the bank's output, one at the limiter's."""
        return 2 + self.limiter.capacity

    @property
    def clearing_clocks(self) -> int:
        """Clocks after a reset in which memories are cleared."""
        return self.fused.processor.clearing_clocks

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: memories are cleared, a sample is worked on."""
        return self.clearing_clocks + 8 * ceil(self.cycles_per_sample) + 256

    @property
    def settling(self) -> int:
        return 3 * ceil(self.cycles_per_sample) + 64

    @property
    def check_length(self) -> int:
        stages = max(ceil(stage.check_length / (self.levels + 1)) for stage in self.stages)
        return affordable(2 * self.delay + self.silence + stages, ceil(self.cycles_per_sample))

    @property
    def delay(self) -> int:
        """Analysis and synthesis together: (L - 1) (2**J - 1) samples."""
        return self.filter_bank.total_delay(self.levels)

    @property
    def group_delay(self) -> Fraction:
        """What the bank delays, whatever stages do to the words."""
        return Fraction(self.delay)

    def reference(self, x: Any) -> Any:
        return self.chain.reference(x)

    def late_reference(self, x: Any) -> Any:
        return self.chain.late_reference(x)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[Any]]) -> Any:
        return self.chain.reference_with(x, coefficients)

    def model(self, x: Any) -> Any:
        return self.chain.model(x)

    def marks(self, x: Any) -> Mapping[str, Any]:
        return {"clipped": self.chain.marks(x)[f"{self.limiter.name}_clipped"]}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        found = dict(self.limiter.run_time_inputs)
        for stage in self.stages:
            found |= inside(stage.run_time_inputs, stage.name)
        return found

    def steered_model(self, x: Any, values: Steered) -> Any:
        """The model, each sample's band words under the settings that it met."""
        words = self.analysis.model(x)
        due = self.analysis.due_with(len(x))
        for stage in self.stages:
            met = {name: one[due] for name, one in of_inside(values, stage.name, stage.run_time_inputs).items()}
            words = stage.steered_model(words, met)
        limited = {name: values[name] for name in self.limiter.run_time_inputs}
        return self.limiter.steered_model(self.synthesis.model(words), limited)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        return self.chain.limited(x, guard)

    @property
    def linear_part(self) -> Core:
        """The analysis: what stages make of its bands is not linear."""
        return self.analysis

    @property
    def losses(self) -> Losses:
        return self.chain.losses

    @property
    def decides(self) -> bool:
        return self.chain.decides

    def following(self, words: Any) -> Core:
        return self.chain.following(words) if self.decides else self

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        return self.chain.decisions(x, words, error)

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return self.chain.noise(entering)

    @property
    def full_scale_output(self) -> float | None:
        found = [stage.full_scale_output for stage in self.stages if stage.full_scale_output is not None]
        return found[-1] if found else None

    @property
    def highest_output(self) -> str:
        """The largest sample that leaves, and what sound that is."""
        ceiling = self.limiter.ceiling_word * self.source.resolution
        if not ceiling:
            return "silence"
        level = amplitude_decibels(ceiling)
        below = amplitude_decibels(self.limiter.ceiling_word, 1 << (self.source.word_length - 1))
        spl = "" if self.full_scale_output is None else f", a sine of {self.full_scale_output + level:.1f} dB SPL"
        return f"{ceiling:.4g}, {below:.1f} dB of full scale{spl}"

    @property
    def derived(self) -> Mapping[str, str]:
        of_stages = {f"{stage.name} {fact}": text for stage in self.stages for fact, text in stage.derived.items()}
        return {"highest sample": self.highest_output, **of_stages}

    @property
    def inventory(self) -> Inventory | None:
        parts = [stage.inventory for stage in (*self.stages, self.limiter)]
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts):
            return None
        return replace(self.fused.processor.inventory("denoiser"), parts=known)

    def block(self, **signals: Any) -> Any:
        return hearing_aid(**bundled(signals), fused=self.fused, stages=self.stages, limiting=self.limiter)
