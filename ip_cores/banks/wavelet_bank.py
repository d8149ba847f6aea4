"""What all wavelet filter banks share: their parameters, and the integer filters that follow from them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from fixed_point import Format, Rounding, best_fraction_length
from fixed_point.families.a_trous import halved_filters
from fixed_point.families.filter_bank import BankFormats, FilterWords, bank_formats, quantize_filters
from fixed_point.word_lengths.bank_losses import analysis_losses, level_roundings, synthesis_losses
from fixed_point.word_lengths.exact_reconstruction import exact_word_lengths
from fixed_point.word_lengths.exact_undecimated import exact_undecimated_word_lengths
from fixed_point.word_lengths.losses import CoefficientSet, Losses, one_rounding, repeated_noise
from fixed_point.word_lengths.noise_flow import AnalysisHalf, SynthesisHalf
from fixed_point.word_lengths.wavelet_noise import WaveletStage
from ip_cores.banks.band_responses import equivalent_filters
from ip_cores.blocks.product_sum import PIPELINES
from ip_cores.core import Core
from ip_cores.parameters import ParameterError, parameter
from ip_cores.port import Port
from reference.families.wavelet_filters import WaveletFilters, filters_of, wavelet_filters
from reference.swt_analysis import SCALE

MAXIMUM_LEVELS = 8
MAXIMUM_WORD_LENGTH = 64
"""Of a band word, so that it fits any engine's integers."""
WORD_LENGTHS: dict[str, Any] = {"minimum": 2, "maximum": 32}


def wavelet_name(value: Any) -> str:
    """A wavelet that PyWavelets has filters of."""
    if not isinstance(value, str):
        raise ValueError("must be the name of a discrete wavelet of PyWavelets")
    wavelet_filters(value)
    return value


wavelet_name.allowed = "a discrete wavelet of PyWavelets"  # type: ignore[attr-defined]
# Of other lengths, for whoever tries a core with other values: no products at all, few taps, more.
wavelet_name.alternatives = ("haar", "db2", "sym4")  # type: ignore[attr-defined]


def filter_table(value: Any) -> WaveletFilters | None:
    """Filters of one's own from a table, or none: those of the wavelet."""
    if value == "wavelet" or value is None:
        return None
    if isinstance(value, WaveletFilters):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("must be a table with analysis_low, analysis_high, synthesis_low and synthesis_high")
    return filters_of("", value) if value else None


filter_table.allowed = "wavelet, or a [filters] table: analysis_low alone, or with analysis_high, synthesis_low, synthesis_high"  # type: ignore[attr-defined]


@dataclass(frozen=True)
class WaveletBank(Core):
    """Parameters that every wavelet filter bank has.

    Attributes
    ----------
    filter_scale : float
        What the wavelet's filters are multiplied by.
    """

    filter_scale: ClassVar[float] = 1.0

    wavelet: str = parameter("db4", doc="discrete wavelet of PyWavelets, by name", kind=wavelet_name)
    filters: WaveletFilters | None = parameter("wavelet", doc="filters of one's own, as a table, or the wavelet's", kind=filter_table)
    levels: int = parameter(4, doc="depth of the bank", kind=int, minimum=1, maximum=MAXIMUM_LEVELS)
    multipliers: int = parameter(1, doc="products formed at once, up to one for each tap", kind=int, minimum=1, maximum=1024)
    coefficient_word_length: int = parameter(
        18, doc="bits of a coefficient; the fraction length follows from the filters' size", kind=int, unit="bits", **WORD_LENGTHS
    )
    guard_bits: int = parameter(3, doc="bits of the bands below the last one of the samples", kind=int, minimum=0, maximum=16, unit="bits")
    rounding: Rounding = parameter("nearest", doc="rounding of every level", kind=Rounding)

    @property
    def computes_word_lengths(self) -> bool:
        """Whether its word lengths are computed instead of given."""
        return False

    @property
    def group_delay(self) -> Fraction | None:
        """Each band has its own."""
        return None

    @cached_property
    def filter_bank(self) -> WaveletFilters:
        """The four filters of a level, in float."""
        return self.filters or wavelet_filters(self.wavelet)

    @property
    def linear_part(self) -> Core:
        return self

    def check_multipliers(self) -> None:
        """Refuse more multipliers than taps."""
        length = self.filter_bank.length
        if self.multipliers > length:
            raise ParameterError("multipliers", self.multipliers, f"must be 1 to {length}, the taps of a filter")

    def quantized(self, filters: Any, word_length: int) -> FilterWords:
        """Filters as words.

        Raises
        ------
        ParameterError
            If one of them has no coefficient left, or a coefficient that does not fit.
        """
        words = quantize_filters(np.asarray(filters), word_length)
        if words.format.fraction_length < 0:
            raise ParameterError("coefficient_word_length", word_length, "must be longer: coefficients are larger than its words")
        if not any(words.low) or not any(words.high):
            raise ParameterError("coefficient_word_length", word_length, "must be longer: all coefficients of a filter are rounded to 0")
        return words

    def analysis_stage(self, words: FilterWords) -> WaveletStage:
        """Analysis filters as noise models see them."""
        return WaveletStage(words, self.filter_bank.analysis * self.filter_scale, self.rounding)

    def synthesis_stage(self, words: FilterWords) -> WaveletStage:
        """Synthesis filters as noise models see them."""
        return WaveletStage(words, self.filter_bank.synthesis * self.filter_scale, self.rounding)

    def filters_with(self, analysis: Any = None, synthesis: Any = None) -> WaveletFilters:
        """The filters of a level with other coefficients, scaled as in the core."""
        changes: dict[str, Any] = {}
        for side, values in (("analysis", analysis), ("synthesis", synthesis)):
            if values is not None:
                low, high = np.asarray(values) / self.filter_scale
                changes |= {f"{side}_low": tuple(low.tolist()), f"{side}_high": tuple(high.tolist())}
        return replace(self.filter_bank, **changes)

    @property
    def description(self) -> dict[str, Any]:
        """The parameters; the table of filters only where there is one."""
        values = super().description
        del values["filters"]
        if self.filters is not None:
            keys = ("analysis_low", "analysis_high", "synthesis_low", "synthesis_high")
            values["filters"] = {key: list(getattr(self.filters, key)) for key in keys}
            del values["wavelet"]
        return values


class BandSide:
    """A bank with samples on one side, and on the other the words of its bands, each with its band as channel.

    Attributes
    ----------
    full_tree : bool
        Whether details are split like approximations.
    samples_side : {"sink", "source"}
        Where the samples are: at the sink of an analysis, at the source of a synthesis.
    """

    full_tree: ClassVar[bool] = False
    samples_side: ClassVar[str] = "sink"
    levels: int

    @property
    def bands(self) -> int:
        """How many there are."""
        return 2**self.levels if self.full_tree else self.levels + 1

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        return () if self.samples_side == "sink" else (channel_port("sink", self.bands),)

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return () if self.samples_side == "source" else (channel_port("source", self.bands),)


@dataclass(frozen=True)
class ExactBank(BandSide, WaveletBank):
    """A bank whose word lengths can be computed for exact reconstruction."""

    exact: bool = parameter(False, doc="word lengths that give every sample back exactly, computed instead of the two given", kind=bool)

    @property
    def samples(self) -> Format:
        """Format of the samples before the analysis and after the synthesis."""
        raise NotImplementedError

    @property
    def computes_word_lengths(self) -> bool:
        return self.exact

    @cached_property
    def word_lengths(self) -> tuple[int, int]:
        """Bits of a coefficient, and guard bits: as given, or computed for `exact` reconstruction."""
        if not self.exact:
            return self.coefficient_word_length, self.guard_bits
        if self.rounding not in (Rounding.NEAREST, Rounding.CONVERGENT):
            raise ParameterError("rounding", self.rounding, "must be nearest or convergent for exact reconstruction")
        try:
            return self.exact_word_lengths()
        except ValueError as error:
            raise ParameterError("exact", self.exact, str(error)) from None

    @property
    def filters_key(self) -> Hashable:
        """What analysis and synthesis have to have in common to be each other's inverse, but for their word lengths."""
        return self.full_tree, self.filter_scale, self.filter_bank, self.levels

    @property
    def reconstruction_delay(self) -> int:
        """Samples from the sink of the analysis to the source of the synthesis."""
        return self.filter_bank.total_delay(self.levels)

    @property
    def pairing(self) -> Hashable:
        """What analysis and synthesis have to have in common to be each other's inverse; None unless word lengths are made for that."""
        if not self.exact:
            return None
        return self.full_tree, self.filter_scale, self.filter_bank, self.levels, self.word_lengths, self.samples

    def exact_word_lengths(self) -> tuple[int, int]:
        """The least word lengths for exact reconstruction; ValueError if none suffice."""
        raise NotImplementedError

    @cached_property
    def analysis_words(self) -> FilterWords:
        """Analysis filters as words."""
        raise NotImplementedError

    @cached_property
    def synthesis_words(self) -> FilterWords:
        """Synthesis filters as words."""
        raise NotImplementedError

    @property
    def coefficients(self) -> FilterWords:
        """The filters of this side, as words."""
        return self.analysis_words if self.samples_side == "sink" else self.synthesis_words

    @cached_property
    def octaves(self) -> BankFormats:
        """Formats of the bands that an analysis gives of these samples, where details are not split."""
        return bank_formats(self.analysis_words, self.levels, self.samples, self.word_lengths[1], self.rounding)

    @property
    def responses(self) -> dict[str, np.ndarray]:
        """Impulse response of every band with the coefficients as quantised, at the rate of the samples."""
        words = self.coefficients
        scale = words.format.resolution
        low, high = ([scale * tap for tap in taps] for taps in (words.low, words.high))
        return equivalent_filters(low, high, self.levels, self.full_tree)


@dataclass(frozen=True)
class UndecimatedBank(ExactBank):
    """What the undecimated banks follow from."""

    filter_scale: ClassVar[float] = SCALE

    def exact_word_lengths(self) -> tuple[int, int]:
        bank = self.filter_bank
        return exact_undecimated_word_lengths(bank.analysis, bank.synthesis, self.levels, bank.delay, self.samples)

    @cached_property
    def analysis_words(self) -> FilterWords:
        """Analysis filters, scaled by 1/sqrt(2), as words."""
        return halved_filters(self.filter_bank.analysis, self.word_lengths[0])

    @cached_property
    def synthesis_words(self) -> FilterWords:
        """Synthesis filters, scaled by 1/sqrt(2), as words."""
        return halved_filters(self.filter_bank.synthesis, self.word_lengths[0])


@dataclass(frozen=True)
class DecimatedBank(ExactBank):
    """Parameters that the decimated banks have beside those."""

    pipeline: str = parameter("area", doc="area: product and sum in one clock; speed: registered products", kind=str, choices=PIPELINES)

    def exact_word_lengths(self) -> tuple[int, int]:
        bank = self.filter_bank
        return exact_word_lengths(bank.analysis, bank.synthesis, self.levels, bank.delay, self.samples, self.full_tree)

    @cached_property
    def analysis_words(self) -> FilterWords:
        """Analysis filters as words."""
        return self.quantized(self.filter_bank.analysis, self.word_lengths[0])

    @cached_property
    def synthesis_words(self) -> FilterWords:
        """Synthesis filters as words."""
        return self.quantized(self.filter_bank.synthesis, self.word_lengths[0])

    @property
    def check_length(self) -> int:
        """Periods that bring a word to every tap of the deepest level, and two more."""
        return 2**self.levels * (self.filter_bank.length // 2 + 2)

    def check(self) -> None:
        self.check_multipliers()
        field = self.samples_side
        if not self.samples.signed:
            raise ParameterError(field, self.samples, "must be signed")
        words = self.analysis_words, self.synthesis_words
        length = max(format.word_length for format in (self.sink_format, self.source_format) if isinstance(format, Format))
        if words and length > MAXIMUM_WORD_LENGTH:
            raise ParameterError(field, self.samples, f"must be shorter: band words would have {length} bits")


def filter_coefficients(stage: WaveletStage, word_length: int) -> CoefficientSet:
    """Both filters of a level, and how far a word of so many bits may be off.

    The words themselves may be shorter: undecimated banks leave zeros away that all of them end in.
    """
    format = Format(True, word_length, best_fraction_length(stage.exact, word_length))
    return CoefficientSet.of(stage.exact, format)


def octave_losses(half: AnalysisHalf, word_length: int) -> Losses:
    """Of an analysis in octaves, its coefficients words of so many bits."""
    guard_bits = half.bands.fraction_length - half.sink.fraction_length
    stage = half.stage
    rounds = level_roundings(stage.rounding, stage.fraction_length, guard_bits, half.levels, half.bands.resolution)
    losses = analysis_losses(stage.exact, rounds, rounds, half.decimated)
    return replace(
        losses, coefficients=(filter_coefficients(stage, word_length),), towards_zero=stage.rounding == Rounding.ZERO,
        decimates=half.decimated,
    )  # fmt: skip


def recomposition_losses(half: SynthesisHalf, sink: Format, levels: int, word_length: int) -> Losses:
    """Of a synthesis in octaves, its coefficients words of so many bits."""
    stage, source = half.stage, half.source
    again = repeated_noise(stage.rounding, stage.fraction_length, sink.resolution)
    last = one_rounding(stage.rounding, sink.fraction_length + stage.fraction_length, source)
    losses = synthesis_losses(stage.exact, levels, again, last, half.decimated)
    return replace(losses, coefficients=(filter_coefficients(stage, word_length),), towards_zero=stage.rounding == Rounding.ZERO)


def channel_port(side: str, bands: int) -> Port:
    """The port that names the band of a word: ``sink_channel`` or ``source_channel``."""
    direction = {"sink": "in", "source": "out"}[side]
    return Port(f"{side}_channel", direction, max(1, (bands - 1).bit_length()))


def words_and_channel(x: Any) -> tuple[Any, Any]:
    """Words and their channels from a pair, or from a mapping by stream field.

    Raises
    ------
    ValueError
        If the channels are missing.
    """
    if isinstance(x, Mapping):
        if set(x) != {"data", "channel"}:
            raise ValueError(f"words have the fields {', '.join(x)}: must be data and channel")
        return x["data"], x["channel"]
    if not isinstance(x, tuple) or len(x) != 2:
        raise ValueError("band words: must be a pair of words and channels")
    return x


def word_format(value: Any) -> Format | str:
    """A format, or ``auto`` for the one that follows from the other parameters."""
    if value == "auto":
        return "auto"
    found = Format.parse(value)
    if not found.signed or not 2 <= found.word_length <= MAXIMUM_WORD_LENGTH:
        raise ValueError("must be auto, or signed with 2 to 64 bits")
    return found


word_format.allowed = "auto, or a format such as sfix22_En18"  # type: ignore[attr-defined]


def check_undecimated(core: WaveletBank, field: str, word: Format, filters: FilterWords) -> None:
    """Refuse what the models or the hardware of undecimated banks cannot do."""
    if not word.signed:
        raise ParameterError(field, word, "must be signed")
    if not any(filters.low) or not any(filters.high):
        raise ParameterError(
            "coefficient_word_length", core.coefficient_word_length, "must be longer: all coefficients of a filter are rounded to 0"
        )
