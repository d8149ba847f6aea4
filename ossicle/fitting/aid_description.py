"""The description of a hearing aid that gives an ear what a prescription asks for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.full_scale import amplitude_decibels, power_decibels
from fixed_point.number_format import Format
from fixed_point.number_tables import is_table
from ip_cores.description_text import to_toml
from ip_cores.parameters import ParameterError, nearest
from ossicle.fitting.audiogram_files import HeadedTable, numbers, read_table
from reference.audiograms import Audiogram, DeadRegion, dead_regions, highest_useful
from reference.band_fit import LEAST_GAIN, MOST_GAIN, BandFit, band_centres, band_names, band_responses, fit_gains
from reference.families.wavelet_filters import wavelet_filters
from reference.prescriptions import NAL_AVERAGED, NAL_RULES, RULES, TABLE_LEVELS, Compression, compression_of
from reference.speech_spectrum import band_levels

Values = NDArray[np.float64]

MEASURED_SPEECH = {(4, 16000.0): (61.0, 59.0, 55.0, 52.0, 51.0)}
"""Levels of bands in dB SPL, from low to high, of speech at 65 dB SPL by depth and sample rate: means over LibriSpeech. Other banks take
the long-term average spectrum of `reference.speech_spectrum`."""

HIGHEST_FITTED = 0.9
"""Part of half the sample rate up to which a bank is asked for a gain."""

SINE_TO_SQUARE = power_decibels(2.0)
"""dB by which a square wave's root mean square is above that of a sine of the same amplitude."""


@dataclass(frozen=True)
class Fitting:
    """How an aid is to be fitted; every field may stand in the ``[audiogram]`` table.

    Attributes
    ----------
    rule : str or list
        A prescription by name, the name of a CSV file of gains, or gains in dB, one for each frequency.
    compression : float or list of float
        Ratio, of all bands or of each; 1 for none. A table of gains at three levels brings its own.
    wavelet, levels, sample_rate
        Of the bank.
    noise_reduction : bool
    floor : float
        Least gain of the noise reducer.
    compression_knee, expansion_knee, output_limit : float
        In dB SPL.
    attack, release : float
        In ms.
    full_scale_spl, output_full_scale_spl : float
        dB SPL of the root mean square of a sine of full scale, where sound comes in and where it leaves.
    ceiling : float
        Of the limiter, part of full scale.
    dead_regions : {"spare", "amplify", "lower"}
        Whether bands that lie beyond what a dead region makes use of are left without gain; with "lower" what is there is heard below,
        too.
    feedback : bool
        Whether a feedback canceller stands around the aid, with the shift by which it learns paths rather than speech.
    sink, source : str
        Formats.
    """

    rule: Any = "nal-r"
    compression: Any = 2.0
    wavelet: str = "db2"
    levels: int = 4
    sample_rate: float = 16000
    noise_reduction: bool = True
    floor: float = 0.4
    compression_knee: float = 45.0
    expansion_knee: float = 30.0
    output_limit: float = 105.0
    attack: float = 5.0
    release: float = 100.0
    full_scale_spl: float = 100.0
    output_full_scale_spl: float = 120.0
    ceiling: float = 0.5
    dead_regions: str = "spare"
    feedback: bool = False
    sink: str = "sfix16_En15"
    source: str = "sfix16_En15"

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise ParameterError(name, value, f"must be {low:g} to {high:g}")
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ParameterError(name, getattr(self, name), f"must be one of {', '.join(choices)}")
        for name in ("noise_reduction", "feedback"):
            if not isinstance(getattr(self, name), bool):
                raise ParameterError(name, getattr(self, name), "must be true or false")
        for name in ("sink", "source"):
            self._check_full_scale(name)
        if not isinstance(self.levels, int):
            raise ParameterError("levels", self.levels, "must be a whole number")
        try:
            wavelet_filters(self.wavelet)
        except ValueError as error:
            raise ParameterError("wavelet", self.wavelet, str(error)) from None
        if not self.expansion_knee < self.compression_knee < self.output_limit:
            between = f"must lie above expansion_knee, {self.expansion_knee:g}, and below output_limit, {self.output_limit:g}"
            raise ParameterError("compression_knee", self.compression_knee, between)
        if self.output_limit > self.loudest_sine:
            full = f"{self.ceiling:g} of the full scale of {self.output_full_scale_spl:g} dB SPL"
            reach = f"must be {self.highest_limit:g} or less: the limiter's ceiling is {full}"
            raise ParameterError("output_limit", self.output_limit, reach)

    def _check_full_scale(self, name: str) -> None:
        """Refuse a format whose full scale is not that of which levels in dB SPL are told: a sine of amplitude 1."""
        try:
            given = Format.parse(getattr(self, name))
        except (ValueError, TypeError, AttributeError):
            return  # the aid says what a format is
        if given.signed and given.fraction_length != given.word_length - 1:
            fits = Format(True, given.word_length, given.word_length - 1)
            raise ParameterError(name, given, f"must be {fits}: levels in dB SPL are those of a sine of amplitude 1, here full scale")

    @property
    def bands(self) -> list[str]:
        """Names from low to high."""
        return band_names(self.levels)

    @property
    def loudest_sine(self) -> float:
        """Of what the limiter lets out, in dB SPL; any other signal is 3 dB louder at most, which a square wave is."""
        return self.output_full_scale_spl + amplitude_decibels(self.ceiling)

    @property
    def highest_limit(self) -> float:
        """Highest `output_limit` that the limiter leaves room for, in whole tenths of dB SPL."""
        return math.floor(10 * self.loudest_sine) / 10

    @property
    def ratios(self) -> list[float]:
        """Ratio of each band, as `compression` says."""
        given = self.compression
        values = numbers("compression", given if isinstance(given, list | tuple) else [given])
        if len(values) not in (1, len(self.bands)):
            raise ParameterError("compression", given, f"must be a number, or {len(self.bands)}: one for each of {', '.join(self.bands)}")
        for value in values:
            if not 1 <= value <= 10:
                raise ParameterError("compression", value, "must be 1 (none) to 10")
        return list(values) * (len(self.bands) // len(values))


RANGES: dict[str, tuple[float, float]] = {
    "levels": (1, 8),
    "sample_rate": (4000, 192000),
    "floor": (0, 1),
    "compression_knee": (20, 90),
    "expansion_knee": (0, 80),
    "output_limit": (60, 140),
    "attack": (0.1, 1000),
    "release": (1, 10000),
    "full_scale_spl": (60, 140),
    "output_full_scale_spl": (60, 160),
    "ceiling": (0.001, 1),
}
"""What numbers may be."""

CHOICES: dict[str, tuple[str, ...]] = {"dead_regions": ("spare", "amplify", "lower")}

OPTIONS = tuple(field.name for field in dataclasses.fields(Fitting))
"""Names of all fields."""


@dataclass(frozen=True)
class FittedAid:
    """What was made of an audiogram.

    Attributes
    ----------
    description : dict
        Of the aid and what stands around it, as a TOML file has it.
    fit : BandFit
        Insertion gains of the bands and what they miss.
    frequencies, wanted : tuple of float
        In Hz and dB: what was asked for.
    dead : list of DeadRegion
    spared : list of str
        Bands left without gain because of them.
    beyond : tuple of float
        Frequencies of the audiogram, in Hz, at which no gain was asked for: too near half the sample rate, or beyond a dead region's use.
    useful : float
        Frequency in Hz up to which a dead region leaves use; infinite without one.
    """

    description: dict[str, Any]
    fit: BandFit
    frequencies: tuple[float, ...]
    wanted: tuple[float, ...]
    dead: list[DeadRegion]
    spared: list[str]
    beyond: tuple[float, ...]
    useful: float = math.inf

    @property
    def bands(self) -> dict[str, Any]:
        """Description of the aid itself."""
        if self.description["core"] != "chain":
            return self.description
        return next(stage for stage in self.description["stages"] if stage["core"] == "hearing_aid")

    @property
    def lowered(self) -> float:
        """By how many Hz what is beyond the useful range can be heard lower: by a third of where that ends, so that it lies within it."""
        return round(self.useful / 3, -1) if self.spared else 0.0


def fit_aid(audiogram: Audiogram, fitting: Fitting, name: str = "aid") -> FittedAid:
    """The hearing aid that comes nearest to a prescription for an ear.

    Parameters
    ----------
    audiogram : Audiogram
    fitting : Fitting
    name : str
        Entity name.

    Raises
    ------
    ParameterError, TableError
        With what is wrong, and what is allowed.
    """
    by_level = prescribed(audiogram, fitting)
    useful = highest_useful(audiogram)
    limit = math.inf if fitting.dead_regions == "amplify" else useful
    top = HIGHEST_FITTED * fitting.sample_rate / 2
    frequencies = np.array(audiogram.frequencies)
    asked = (frequencies <= top) & (frequencies <= limit)
    if not asked.any():
        raise ParameterError("sample_rate", fitting.sample_rate, f"must be higher: no frequency of the audiogram is below {top:g} Hz")
    fixed = {place: 0.0 for place, centre in enumerate(band_centres(fitting.levels, fitting.sample_rate)) if centre > limit}
    responses = band_responses(wavelet_filters(fitting.wavelet), fitting.levels, frequencies[asked], fitting.sample_rate)
    wanted = by_level[65.0][asked]
    _check_within_reach(fitting.rule, wanted, frequencies[asked])
    fit = fit_gains(responses, wanted, fixed)
    compressions = _compressions(fitting, {level: gains[asked] for level, gains in by_level.items()}, responses, fit)
    speech = speech_levels(fitting)
    _check_output(fitting, fit, speech)
    stages = [*_noise_reducer(fitting), _amplifier(fitting, fit, compressions, speech)]
    description: dict[str, Any] = {
        "core": "hearing_aid",
        "name": name,
        "sample_rate": fitting.sample_rate,
        "wavelet": fitting.wavelet,
        "levels": fitting.levels,
        "sink": fitting.sink,
        "source": fitting.source,
        "ceiling": fitting.ceiling,
        "stages": stages,
    }
    spared = [fitting.bands[place] for place in fixed]
    beyond = tuple(frequencies[~asked].tolist())
    aid = FittedAid(
        description, fit, tuple(frequencies[asked].tolist()), tuple(wanted.tolist()), dead_regions(audiogram), spared, beyond, useful
    )
    return dataclasses.replace(aid, description=surrounded(aid, fitting))


CANCELLER = {"core": "feedback_canceller", "taps": 64, "delay": 0, "step": 8}
"""In front of an aid: 4 ms at 16 kHz."""

SHIFT = {"core": "frequency_shifter", "taps": 15, "lowest": 1500.0, "shift": 15.0}
"""Behind it: without a shift the canceller would take speech for feedback."""


def surrounded(aid: FittedAid, fitting: Fitting) -> dict[str, Any]:
    """The aid with what is to stand around it: frequency lowering in front; a canceller before all, a shift behind all, and the loop."""
    bands, name = aid.description, aid.description["name"]
    stages: list[dict[str, Any]] = []
    if fitting.dead_regions == "lower" and aid.lowered:
        # What is shifted begins where the useful range ends.
        high = {"method": "firwin", "numtaps": 31, "cutoff": round(aid.useful, -1), "pass_zero": False}
        lowering = {"core": "frequency_shifter", "taps": 23, "lowest": aid.lowered, "shift": -aid.lowered, "dry": 1.0, "prefilter": high}
        stages.append({"name": f"{name}_lowering", "sink": fitting.sink, "source": fitting.sink, **lowering})
    stages.append({**bands, "name": f"{name}_bands"})
    if fitting.feedback:
        shift = {"name": f"{name}_shift", "sink": fitting.source, "source": fitting.source, **SHIFT}
        canceller = {"name": f"{name}_canceller", "sink": fitting.sink, "source": fitting.sink, **CANCELLER}
        stages = [{**canceller, "inputs": ["input", shift["name"]]}, *stages, shift]
    if len(stages) == 1:
        return bands
    ordered = [{"core": stage.pop("core"), **stage} for stage in stages]
    return {"core": "chain", "name": name, "sample_rate": fitting.sample_rate, "stages": ordered}


def prescribed(audiogram: Audiogram, fitting: Fitting) -> dict[float, Values]:
    """Insertion gain in dB at the frequencies of an audiogram, by the level of speech in dB SPL: at 65, or at 50, 65 and 80."""
    rule = fitting.rule
    if isinstance(rule, list | tuple):
        gains = numbers("rule", rule)
        if len(gains) != len(audiogram.frequencies):
            raise ParameterError("rule", list(rule), f"must be {len(audiogram.frequencies)} gains in dB, one for each frequency")
        return {65.0: np.array(gains)}
    if isinstance(rule, str) and rule in RULES:
        if rule in NAL_RULES and not audiogram.covers(NAL_AVERAGED[0], NAL_AVERAGED[-1]):
            allowed = "needs thresholds from 500 Hz or below to 2000 Hz or above"
            raise ParameterError("frequencies", list(audiogram.frequencies), f"{rule} {allowed}")
        return {65.0: RULES[rule](audiogram, audiogram.frequencies)}
    if isinstance(rule, str) and is_table(rule):
        return _tabled(read_table(Path(rule)), audiogram.frequencies)
    names = ", ".join(RULES)
    raise ParameterError("rule", rule, f"must be one of {names}, a .csv file of gains, or a list of gains in dB{nearest(str(rule), RULES)}")


def _tabled(table: HeadedTable, frequencies: Sequence[float]) -> dict[float, Values]:
    """Gains of a CSV file: columns 50, 65 and 80, or one column, over the logarithm of frequency."""
    columns = dict(table.columns)
    stated = np.array(columns.pop("frequency"))
    heads = [str(int(level)) for level in TABLE_LEVELS]
    if len(columns) == 1:
        columns = {"65": next(iter(columns.values()))}
    elif set(columns) != set(heads):
        allowed = f"must be {', '.join(heads)} (gains in dB at these levels in dB SPL), or one column of gains"
        raise ParameterError("rule", str(table.path), f"columns beside frequency are {', '.join(columns)}: {allowed}")
    if np.any(np.diff(stated) <= 0) or np.any(stated <= 0):
        raise ParameterError("rule", str(table.path), "frequencies must rise")
    found = {float(head): np.interp(np.log(frequencies), np.log(stated), values) for head, values in columns.items()}
    return {65.0: found[65.0], **found}


def _check_within_reach(rule: Any, wanted: Values, frequencies: Values) -> None:
    for gain, frequency in zip(wanted, frequencies, strict=True):
        if not LEAST_GAIN <= gain <= MOST_GAIN:
            asks = f"asks for {gain:.4g} dB at {frequency:g} Hz: must be {LEAST_GAIN:g} to {MOST_GAIN:g} dB, which bands can give"
            raise ParameterError("rule", rule, asks)


def _compressions(fitting: Fitting, by_level: Mapping[float, Values], responses: Any, fit: BandFit) -> list[Compression]:
    """Ratio and knee of each band: those of the fitting, or those that a table of gains at three levels stands for.

    How a band's gain differs between levels is the mean of what the table says of the frequencies in that band.
    """
    if len(by_level) == 1:
        return [Compression(ratio, fitting.compression_knee) for ratio in fitting.ratios]
    shares = np.abs(responses) ** 2
    shares /= shares.sum(axis=0)
    soft, loud = ((by_level[level] - by_level[65.0]) @ shares for level in (50.0, 80.0))
    found = []
    for name, gain, below, above in zip(fitting.bands, fit.gains, soft, loud, strict=True):
        try:
            found.append(compression_of(gain + below, gain, gain + above, min(fitting.compression_knee, TABLE_LEVELS[0])))
        except ValueError as error:
            raise ParameterError("rule", fitting.rule, f"{name}: {error}") from None
    return found


def speech_levels(fitting: Fitting) -> tuple[float, ...]:
    """Level of speech at 65 dB SPL in each band, in dB SPL, from low to high."""
    measured = MEASURED_SPEECH.get((fitting.levels, float(fitting.sample_rate)))
    if measured is not None:
        return measured
    found = band_levels(wavelet_filters(fitting.wavelet), fitting.levels, fitting.sample_rate)
    return tuple(np.round(found, 1).tolist())


def _check_output(fitting: Fitting, fit: BandFit, speech: Sequence[float]) -> None:
    """Refuse gains with which speech at 65 dB SPL would leave above the output limit."""
    for name, gain, level in zip(fitting.bands, fit.gains, speech, strict=True):
        if level + gain > fitting.output_limit:
            leaves = f"speech at 65 dB SPL would leave at {level + gain:.1f} dB SPL, above output_limit = {fitting.output_limit:g}"
            allowed = f"at most {fitting.output_limit - level:.1f} dB"
            if fitting.output_limit < fitting.highest_limit:
                allowed += f", or an output_limit of up to {fitting.highest_limit:g}"
            raise ParameterError("rule", fitting.rule, f"gain of {name} is {gain:.1f} dB: {leaves}; allowed is {allowed}")


def _noise_reducer(fitting: Fitting) -> list[dict[str, Any]]:
    return [{"core": "noise_reducer", "floor": float(fitting.floor)}] if fitting.noise_reduction else []


def _amplifier(fitting: Fitting, fit: BandFit, compressions: Sequence[Compression], speech: Sequence[float]) -> dict[str, Any]:
    """The stage that gives the gains: a compressor, or plain gains where no band compresses.

    Plain gains know no sound pressure: they are those of words, less what full scale at the source is louder than at the sink.
    """
    if all(compression.ratio == 1 for compression in compressions):
        louder = fitting.output_full_scale_spl - fitting.full_scale_spl
        return {"core": "band_gain", "gains": [round(gain - louder, 2) for gain in fit.gains]}
    knees = [round(level + compression.knee - 65, 2) for level, compression in zip(speech, compressions, strict=True)]
    own_knees = any(compression.knee != fitting.compression_knee for compression in compressions)
    stage: dict[str, Any] = {
        "core": "compressor",
        "gains": list(fit.gains),
        "compression_ratio": _alike([round(compression.ratio, 3) for compression in compressions]),
        "compression_knee": knees if own_knees else float(fitting.compression_knee),
        "expansion_knee": float(fitting.expansion_knee),
        "output_limit": float(fitting.output_limit),
        "attack": float(fitting.attack),
        "release": float(fitting.release),
        "full_scale_spl": float(fitting.full_scale_spl),
        "output_full_scale_spl": float(fitting.output_full_scale_spl),
    }
    if (fitting.levels, float(fitting.sample_rate)) not in MEASURED_SPEECH:
        stage["speech_levels"] = list(speech)
    return stage


def _alike(values: list[float]) -> Any:
    """One number where all are the same."""
    return values[0] if len(set(values)) == 1 else values


COMMENTS = {
    "floor": "least gain",
    "delay": "samples that converters and air take at least: less to learn",
    "ceiling": "of the limiter, part of full scale",
    "compression_knee": "dB SPL",
    "expansion_knee": "dB SPL",
    "output_limit": "dB SPL in each band, 10:1 above",
    "attack": "ms",
    "release": "ms",
    "full_scale_spl": "dB SPL of a sine of full scale that comes in",
    "output_full_scale_spl": "and of one that leaves",
    "speech_levels": "dB SPL",
}
"""What stands behind a key of the description that is written."""


def aid_text(aid: FittedAid, ear: str, fitting: Fitting) -> str:
    """The description as the text of a file: who it is for, and what its numbers are."""
    names = ", ".join(band_names(aid.bands["levels"]))
    rule = fitting.rule if isinstance(fitting.rule, str) else "gains of the user's"
    rule = Path(rule).name if is_table(rule) else rule
    points = ", ".join(f"{f:g}" for f in aid.frequencies)
    whose = {"both": "either ear"}.get(ear, f"the {ear} ear")
    head = [
        f"# Hearing aid for {whose}, by `ossicle fit`: {rule}, insertion gain {', '.join(f'{gain:.1f}' for gain in aid.wanted)} dB",
        f"# at {points} Hz, met within {aid.fit.residual:.2f} dB. Gains and other lists are by band, from low to high: {names}.",
    ]
    lines = []
    for line in to_toml(aid.description).splitlines():
        comment = COMMENTS.get(line.split(" = ")[0])
        if line.startswith("gains = "):
            words = aid.bands["stages"][-1]["core"] == "band_gain"
            comment = "dB, of words" if words else "dB, insertion gain at the level of speech at 65 dB SPL"
        lines.append(f"{line}  # {comment}" if comment else line)
    return "\n".join([*head, *lines]) + "\n"
