"""Gammatone filter bank: the filters of the ear, spaced and as wide as its critical bands, and the level of each.

A band is a cascade of four second-order sections (Slaney). All sections of all bands are computed one after another by the arithmetic of
the `biquad`, with one rounding for each section, whose error is fed back; the words of a sample leave band by band.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.gammatone_bank
import reference.gammatone_bank
from fixed_point import Format, Overflow, Rounding
from fixed_point.families.section_bank import SectionBank, section_bank
from fixed_point.families.section_cascade import CYCLE_STEPS
from fixed_point.families.section_responses import SectionError, responses
from fixed_point.word_lengths.bank_losses import of_bands
from fixed_point.word_lengths.losses import CoefficientSet, Losses, one_rounding
from fixed_point.word_lengths.noise import Noise
from ip_cores.banks.filter_processor_plan import affordable
from ip_cores.banks.wavelet_bank import channel_port
from ip_cores.biquad import MOST_COEFFICIENT_BITS, MOST_STATE_BITS
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core, hertz
from ip_cores.gammatone_bank.hardware import gammatone_bank
from ip_cores.gammatone_bank.plan import USED, GammatonePlan, bank_inventory, bank_timing
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter, show_value
from ip_cores.port import Port
from ip_cores.schedule import Fields, amount
from reference.critical_bands import SCALES, spaced_centres

MOST_BANDS = 64
MOST_SMOOTHING = 16
"""Two to this are the most words of a band that its level's time constant stands for."""

LONGEST_RESPONSE = 4096
"""Samples of a band's impulse response that are drawn."""

DEFAULT_BANDS: Mapping[str, float] = {"bands": 16, "lowest": 100.0, "highest": 6000.0}
"""Where no centres are given."""


def frequencies(value: Any) -> tuple[float, ...] | None:
    """Centre frequencies in Hz; None where they are spaced by a scale of hearing."""
    if value is None:
        return None
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str) or not 2 <= len(value) <= MOST_BANDS:
        raise ValueError(f"must be {frequencies.allowed}")  # type: ignore[attr-defined]
    for one in value:
        if isinstance(one, bool | np.bool_) or not isinstance(one, Real) or not math.isfinite(float(one)):
            raise ValueError(f"must be {frequencies.allowed}; there is {show_value(one)}")  # type: ignore[attr-defined]
    found = tuple(float(one) for one in value)
    if any(high <= low for low, high in itertools.pairwise(found)):
        raise ValueError("must rise")
    return found


frequencies.allowed = f"2 to {MOST_BANDS} rising frequencies in Hz, or left out"  # type: ignore[attr-defined]


def number_or_none(least: float, most: float, whole: bool = False) -> Any:
    """A kind of parameter: a number of a range, or none where another parameter says it."""

    def number(value: Any) -> Any:
        if value is None:
            return None
        right = not isinstance(value, bool) and isinstance(value, int if whole else int | float) and least <= value <= most
        if not right:
            raise ValueError(f"must be {number.allowed}")  # type: ignore[attr-defined]
        return value if whole else float(value)

    number.allowed = f"{'a whole number' if whole else 'a number'} from {least:g} to {most:g}"  # type: ignore[attr-defined]
    return number


@functools.lru_cache(maxsize=64)
def words_of(
    sections: tuple[tuple[tuple[float, ...], ...], ...], sink: Format, source: Format, coefficient_word_length: int, state_bits: int | None,
    error_feedback: bool, quiet: float,
) -> SectionBank:  # fmt: skip
    """`section_bank`; a bank is made again and again with the same."""
    rows = np.array(sections)
    return section_bank(rows, sink, source, coefficient_word_length, state_bits, error_feedback, MOST_STATE_BITS, quiet)


@dataclass(frozen=True)
class GammatoneBank(Core):
    """Parameters of a gammatone filter bank; see ``docs/cores/gammatone_bank.md``."""

    kind: ClassVar[str] = "gammatone_bank"
    summary: ClassVar[str] = "the ear's filters: gammatones of fourth order on the ERB or Bark scale, bands in turn, or the level of each"
    family: ClassVar[str] = "hearing"

    name: str = parameter("gammatone_bank", doc="entity name; a VHDL identifier", kind=check_entity_name)
    scale: str = parameter("erb", doc="scale of hearing by which bands are spaced and as wide", kind=str, choices=tuple(SCALES))
    bands: int | None = parameter(None, doc="bands, 16 without centres", kind=number_or_none(2, MOST_BANDS, whole=True))
    lowest: float | None = parameter(None, doc="centre of the first band, 100 without centres", kind=number_or_none(1, 1e8), unit="Hz")
    highest: float | None = parameter(None, doc="centre of the last band, 6000 without centres", kind=number_or_none(1, 1e8), unit="Hz")
    centres: tuple[float, ...] | None = parameter(None, doc="centres of all bands in place of these three", kind=frequencies, unit="Hz")
    width: float = parameter(1.0, doc="how much wider bands are than by the scale", kind=float, minimum=0.1, maximum=10.0)
    envelope: bool = parameter(False, doc="the level of each band in place of its signal", kind=bool)
    time_constant: float = parameter(
        8.0, doc="time constant of a level, a power of two of samples", kind=float, minimum=0.01, maximum=60_000, unit="ms"
    )
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, minimum=2, maximum=28)
    source: Format = parameter("sfix16_En15", doc="format of the band words", kind=Format, minimum=2, maximum=32)
    coefficient_word_length: int = parameter(
        24, doc="of a coefficient; its binary point follows", kind=int, minimum=6, maximum=MOST_COEFFICIENT_BITS, unit="bits"
    )
    state_word_length: int = parameter(
        0, doc="bits of the words between sections; 0: as many as end limit cycles", kind=int, minimum=0, maximum=MOST_STATE_BITS
    )
    error_feedback: bool = parameter(True, doc="feed the error of each rounding back", kind=bool)
    rounding: Rounding = parameter("nearest", doc="rounding at the output", kind=Rounding)
    overflow: Overflow = parameter("saturate", doc="overflow at the output", kind=Overflow)
    multipliers: int = parameter(1, doc="multipliers", kind=int, minimum=1, maximum=len(USED))

    def check(self) -> None:
        for field, default in DEFAULT_BANDS.items():
            value = getattr(self, field)
            if self.centres is not None and value is not None:
                raise ParameterError(field, value, "must be left out beside centres")
            if self.centres is None and value is None:
                object.__setattr__(self, field, default)
        for field in ("sink", "source"):
            if not getattr(self, field).signed:
                raise ParameterError(field, getattr(self, field), "must be signed")
        nyquist = self.sample_rate / 2
        where, highest = ("highest", self.highest) if self.centres is None else ("centres", self.centres[-1])
        if highest is not None and highest >= nyquist:
            raise ParameterError(where, highest, f"must be below half of the sample rate, {nyquist:g}")
        if self.centres is None and self.lowest >= self.highest:  # type: ignore[operator]
            raise ParameterError("lowest", self.lowest, f"must be below highest, {self.highest:g}")
        if self.centres is not None and self.centres[0] < 1:
            raise ParameterError("centres", self.centres[0], "must be 1 or more")
        if self.envelope and not 1 <= self.steps <= MOST_SMOOTHING:
            least, most = (2**steps / self.sample_rate * 1000 for steps in (1, MOST_SMOOTHING))
            raise ParameterError("time_constant", self.time_constant, f"must be {least:.3g} to {most:.5g} ms at this sample_rate")
        try:
            self.bank  # noqa: B018
        except SectionError as error:
            own = "width" if error.parameter == "sections" else error.parameter
            raise ParameterError(own, getattr(self, own) if own == "width" else error.value, error.allowed) from None

    def at_rate(self, rate: float) -> Any:
        """The same bands and time constant: other coefficients."""
        return self if rate == self.sample_rate else self.replace(sample_rate=hertz(rate))

    @property
    def description(self) -> dict[str, Any]:
        """The parameters; the centres, or what they follow from."""
        values = super().description
        return {name: value for name, value in values.items() if value is not None}

    @cached_property
    def frequencies(self) -> tuple[float, ...]:
        """Centres of the bands in Hz."""
        if self.centres is not None:
            return self.centres
        assert self.lowest is not None
        assert self.highest is not None
        assert self.bands is not None
        return tuple(map(float, spaced_centres(self.lowest, self.highest, self.bands, self.scale)))

    @cached_property
    def sections(self) -> NDArray[np.float64]:
        """Rows b0, b1, 0, 1, a1, a2 of every section of every band."""
        return reference.gammatone_bank.bank_sections(self.frequencies, self.sample_rate, self.scale, self.width)

    @cached_property
    def bank(self) -> SectionBank:
        """The sections as words."""
        rows = tuple(tuple(map(tuple, band)) for band in self.sections.tolist())
        return words_of(
            rows, self.sink, self.source, self.coefficient_word_length, self.state_word_length or None, self.error_feedback,
            CYCLE_STEPS[self.rounding],
        )  # fmt: skip

    @property
    def steps(self) -> int:
        """The power of two that is nearest to the time constant in samples, as an exponent."""
        return round(math.log2(max(self.time_constant / 1000 * self.sample_rate, 1e-9)))

    @property
    def smoothing(self) -> int | None:
        """The same, where levels leave."""
        return self.steps if self.envelope else None

    @cached_property
    def plan(self) -> GammatonePlan:
        """What the hardware follows from."""
        return GammatonePlan(
            self.bank.shape, "direct", len(self.frequencies), self.multipliers, self.coefficient_word_length, self.sink, self.source,
            self.rounding, self.overflow, self.bank, self.smoothing,
        )  # fmt: skip

    @property
    def derived(self) -> Mapping[str, str]:
        shape, bits = self.bank.shape, self.coefficient_word_length
        last = Format(True, shape.state_bits, shape.fraction_length)
        found = {
            "centres": ", ".join(f"{one:.4g}" for one in self.frequencies) + " Hz",
            "coefficient a": str(Format(True, bits, shape.feedback_point)),
            "coefficient b": f"{Format(True, bits, shape.sections[0].point)} with the lines' scales",
            "state": f"{shape.state_bits} bits; the last line is {last}",
            "limit cycle": f"at most {amount(self.limit_cycle, 'step')} of the source",
        }
        if self.envelope:
            found["time_constant"] = f"{2**self.steps / self.sample_rate * 1000:.4g} ms, 2**{self.steps} samples"
        return found

    @property
    def limit_cycle(self) -> int:
        """Steps of the source that no word exceeds once there has been no signal for long; a bound for every history."""
        return max(0, int(np.ceil(self.bank.cycle_bound(self.source) - CYCLE_STEPS[self.rounding] + 1)))

    @property
    def notes(self) -> tuple[str, ...]:
        if self.limit_cycle <= 1:
            return ()
        more = "" if self.state_word_length == 0 else "; state_word_length = 0 takes as many bits as end them"
        return (f"without a signal up to {self.limit_cycle} steps of the source may go on: limit cycles{more}",)

    @property
    def source_ports(self) -> tuple[Port, ...]:
        return (channel_port("source", len(self.frequencies)),)

    @property
    def bank_of_words(self) -> tuple[str, int]:
        """Stages for bands take its words as those of an undecimated bank: the same number of each band."""
        return "undecimated", len(self.frequencies) - 1

    @property
    def rate(self) -> Fraction:
        return Fraction(len(self.frequencies))

    def timing(self, fields: Fields | None = None) -> Process:
        return bank_timing(self.plan)

    @property
    def group_delay(self) -> Fraction | None:
        """Each band has its own."""
        return None

    @property
    def check_length(self) -> int:
        """Samples that visit every row of state often, as far as they can be simulated in some seconds."""
        return affordable(256, 1 + len(self.frequencies) * self.plan.band_clocks)

    @property
    def patience(self) -> int:
        """Clocks of silence that mean nothing: the state is cleared, a sample is worked on."""
        return (1 << self.plan.row_bits) + 4 * len(self.frequencies) * self.plan.band_clocks + 64

    @property
    def linear_part(self) -> Core | None:
        return None if self.envelope else self

    @property
    def responses(self) -> dict[str, NDArray[np.float64]]:
        """Impulse response of every band with the coefficients as quantised."""
        made = [responses(band.values)[-1][:LONGEST_RESPONSE] * self._scale for band in self.bank.bands]
        return {f"band {number}, {centre:.4g} Hz": one for number, (centre, one) in enumerate(zip(self.frequencies, made, strict=True))}

    @property
    def _scale(self) -> float:
        """From the last lines' words to those of the first, as numbers."""
        shape = self.bank.shape
        return 2.0 ** (self.sink.fraction_length + shape.lift - shape.fraction_length)

    def reference(self, x: Any) -> Any:
        return reference.gammatone_bank.gammatone_bank(x, self.sections, self.smoothing)

    def model(self, x: Any) -> Any:
        return fixed_point.gammatone_bank.gammatone_bank(x, self.bank, self.source, self.rounding, self.overflow, self.smoothing)

    @cached_property
    def losses(self) -> Losses:
        """One rounding a section, on its way through those behind it, one at the output, and coefficients half a bit off.

        A level goes up and down by no more than the words that it follows, and is rounded once more for each of these.
        """
        shape, share = self.bank.shape, 1 / len(self.frequencies)
        step = shape.step
        noises = [band.noise for band in self.bank.bands]
        if self.envelope:
            noises = [noise + Noise(0.0, step**2 / 12, step / 2) for noise in noises]
        arrived = Noise(
            math.sqrt(share * sum(one.mean**2 for one in noises)), share * sum(one.variance for one in noises),
            max(one.limit for one in noises),
        )  # fmt: skip
        output = one_rounding(self.rounding, shape.fraction_length + (self.smoothing or 0), self.source)
        through = of_bands([(share, responses(band)[-1]) for band in self.sections])
        return Losses(output, arrived, through, (self._coefficients,), towards_zero=self.rounding == Rounding.ZERO)

    @cached_property
    def _coefficients(self) -> CoefficientSet:
        """Those of all bands."""
        sets = [band.coefficients for band in self.bank.bands]
        return CoefficientSet(np.concatenate([one.values for one in sets]), np.concatenate([one.errors for one in sets]), tied=False)

    def reference_with(self, x: Any, coefficients: Sequence[NDArray[np.float64]]) -> Any:
        sizes = [len(band.coefficients.values) for band in self.bank.bands]
        parts = np.split(coefficients[0], np.cumsum(sizes)[:-1])
        rows = np.stack([band.rows_of(part) for band, part in zip(self.bank.bands, parts, strict=True)])
        words, channel = reference.gammatone_bank.gammatone_bank(x, rows, self.smoothing)
        return words * self._scale, channel

    @property
    def wraps(self) -> bool:
        return self.overflow == Overflow.WRAP

    @property
    def inventory(self) -> Inventory:
        return bank_inventory(self.plan)

    def block(self, **signals: Any) -> Any:
        return gammatone_bank(**bundled(signals), plan=self.plan)
