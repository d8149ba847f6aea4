"""The two sides of a bank: what every analysis answers alike, and every synthesis; and what those in octaves have beside that."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from fixed_point import Format, Overflow
from fixed_point.families.filter_bank import BankFormats
from fixed_point.word_lengths.losses import Losses
from fixed_point.word_lengths.noise_flow import AnalysisHalf, NoiseFlow, SynthesisHalf
from ip_cores.banks.bank_timing import PeriodicBank
from ip_cores.banks.wavelet_bank import octave_losses, recomposition_losses
from ip_cores.blocks.process import Process, heeding
from ip_cores.promise import limited_words
from ip_cores.schedule import Fields


class AnalysisSide:
    """Samples at the sink, words of bands at the source."""

    sink: Format
    pairing: Hashable
    filters_key: Hashable

    @property
    def samples(self) -> Format:
        """Format of the samples before the analysis and after the synthesis."""
        return self.sink

    @property
    def split(self) -> Hashable:
        return self.pairing

    @property
    def analysed_by(self) -> Hashable:
        return self.filters_key


class SynthesisSide:
    """Words of bands at the sink, samples at the source."""

    samples_side: ClassVar[str] = "source"
    source: Format
    overflow: Overflow
    pairing: Hashable
    filters_key: Hashable

    @property
    def wire_order(self) -> ArrayLike:
        """Channels of a period of band words in the order of the wire."""
        raise NotImplementedError

    def accompany(self, words: Any) -> dict[str, Any]:
        """Channels for plain words, in the order of the wire."""
        return {"channel": np.resize(self.wire_order, len(words))}

    @property
    def samples(self) -> Format:
        """Format of the samples before the analysis and after the synthesis."""
        return self.source

    @property
    def joins(self) -> Hashable:
        return self.pairing

    @property
    def synthesised_by(self) -> Hashable:
        return self.filters_key

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP


class PeriodicAnalysis(AnalysisSide, PeriodicBank):
    """An analysis whose plan has the course of its control."""

    def timing(self, fields: Fields | None = None) -> Process:
        found: Process = self.plan.timing
        return found


class PeriodicSynthesis(SynthesisSide, PeriodicBank):
    """A synthesis that gives 2**levels samples for as many band words; its plan has the course of its control."""

    def timing(self, fields: Fields | None = None) -> Process:
        return heeding(self.plan.control, self.accompany(range(2**self.levels)), fields, self.plan.begin)

    @property
    def inner_format(self) -> Format:
        """Format of what stands between the levels."""
        raise NotImplementedError

    def reference_within(self, x: Any, limit: float) -> Any:
        """The reference, with nan for what depends on anything between the levels that is larger than this."""
        raise NotImplementedError

    def reference(self, x: Any) -> Any:
        return self.reference_within(x, np.inf)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        samples = self.reference_within(x, self.inner_format.range[1] - (guard if self.wraps else 0.0))
        return limited_words(samples, self.source, guard if self.wraps else 0.0)


class OctaveAnalysis(AnalysisSide):
    """An analysis that splits approximations alone.

    Attributes
    ----------
    decimated : bool
        Whether the bands have fewer words the lower they are.
    waits : tuple of int
        Samples that D_1, …, D_J wait where they are not decimated.
    """

    decimated: ClassVar[bool] = True
    levels: int

    @property
    def bank_of_words(self) -> tuple[str, int]:
        return "decimated" if self.decimated else "undecimated", self.levels

    octaves: Any
    word_lengths: Any
    filter_bank: Any
    coefficients: Any
    analysis_stage: Any
    reference: Any

    @property
    def waits(self) -> tuple[int, ...]:
        return ()

    @property
    def formats(self) -> BankFormats:
        """Formats of the bands."""
        found: BankFormats = self.octaves
        return found

    @property
    def source_format(self) -> Format:
        """Format of all band words: the least that holds the words of every band."""
        return self.formats.source

    @property
    def noise_half(self) -> AnalysisHalf:
        """The bank as noise models see it."""
        return AnalysisHalf(
            stage=self.analysis_stage(self.coefficients), decimated=self.decimated, levels=self.levels, delay=self.filter_bank.delay,
            sink=self.sink, bands=self.source_format, waits=self.waits, filters=self.filter_bank, reference=self.reference,
        )  # fmt: skip

    @cached_property
    def losses(self) -> Losses:
        return octave_losses(self.noise_half, self.word_lengths[0])

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return entering.analysed(self.noise_half)


class OctaveSynthesis(SynthesisSide):
    """A synthesis for such an analysis; `decimated` as there."""

    decimated: ClassVar[bool] = True
    sink: Format | str
    levels: int
    octaves: Any
    word_lengths: Any
    coefficients: Any
    synthesis_stage: Any

    @cached_property
    def sink_format(self) -> Format:
        """Format of all band words."""
        if isinstance(self.sink, Format):
            return self.sink
        found: Format = self.octaves.source
        return found

    @property
    def noise_half(self) -> SynthesisHalf:
        """The bank as noise models see it."""
        return SynthesisHalf(self.synthesis_stage(self.coefficients), decimated=self.decimated, source=self.source)

    @cached_property
    def losses(self) -> Losses:
        return recomposition_losses(self.noise_half, self.sink_format, self.levels, self.word_lengths[0])

    def noise(self, entering: NoiseFlow) -> NoiseFlow | None:
        return entering.synthesised(self.noise_half)
