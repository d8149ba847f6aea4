"""Finds the period of a voice, frame by frame: the first high peak of the normalised autocorrelation behind a low-pass.

Running sums take the samples to a quarter of their rate without a multiplier. With each of the first samples of a hop one lag of the
frame that has ended is worked on, through one multiplier and one serial divider: its correlation, normalised by the energy, and a parabola
through the peak that may lie one lag before. So the work is spread evenly, and no sample waits for long. Of the peaks the first one that
has a share of the highest one's height is the period; the share and the least height of a voice can be set at run time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.pitch_detector
import reference.pitch_detector
from fixed_point import Format, to_float
from fixed_point.full_scale import amplitude_decibels, power
from fixed_point.pitch_detector import DECIMATION, GAIN_BITS, HEIGHT, PLACE_BITS, RHO_BITS, SHARE, Detection
from fixed_point.word_lengths.losses import Losses, Transfer
from fixed_point.word_lengths.noise import Noise
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.pitch_detector.hardware import OPERAND_BITS, pitch_detector
from ip_cores.pitch_detector.plan import DetectorPlan, detector_timing
from ip_cores.port import Port, RegisterField
from ip_cores.promise import Decisions, Promise
from ip_cores.run_time import RunTimeInputs, Steered, register_input
from ip_cores.schedule import Fields

LONGEST_FRAME = 1024
"""Decimated samples."""

LEAST_FRAME = 16

MOST_APART = 0.05
"""By how much correlations of the words differ at most from those of what the reference gets, so that both tell of one signal."""

ERRORS = 6.0
"""Standard deviations of the error of a correlation that count."""

REGISTER_BITS = 16

CONTROL_PORTS = (
    Port("control_address", "in", 1),
    Port("control_write", "in"),
    Port("control_writedata", "in", REGISTER_BITS),
    Port("control_readdata", "out", REGISTER_BITS),
)

CONTROL_MEANINGS = {
    "source_data": "the period in samples of the sink; 0 where there is no voice",
    "control_address": "0: share; 1: least height of the highest peak",
    "control_write": "the register is written on this edge",
    "control_writedata": "what is written",
    "control_readdata": "what stands at the address",
}


@dataclass(frozen=True)
class PitchDetector(Core):
    """Parameters of a pitch detector; see ``docs/cores/pitch_detector.md``."""

    kind: ClassVar[str] = "pitch_detector"
    meanings: ClassVar[Mapping[str, str]] = CONTROL_MEANINGS
    summary: ClassVar[str] = "period of a voice, frame by frame, by the normalised autocorrelation"
    family: ClassVar[str] = "hearing"

    name: str = parameter("pitch_detector", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, minimum=6, maximum=18)
    frame: float = parameter(32.0, doc="length of a frame", kind=float, minimum=0.1, maximum=60_000, unit="ms")
    hop: float = parameter(10.0, doc="from one frame to the next", kind=float, minimum=0.1, maximum=60_000, unit="ms")
    lowest: float = parameter(70.0, doc="lowest pitch", kind=float, minimum=0.001, maximum=1e8, unit="Hz")
    highest: float = parameter(400.0, doc="highest pitch", kind=float, minimum=0.001, maximum=1e8, unit="Hz")
    share: float = parameter(
        0.85, doc="of the highest peak's height that the first one has at least, after a reset", kind=float, minimum=0, maximum=0.9999
    )
    voicing: float = parameter(0.5, doc="least height of the highest peak of a voice, after a reset", kind=float, minimum=0, maximum=1.25)
    least_level: float = parameter(
        -65.0, doc="frames that are softer have no pitch, in dB of a full-scale square", kind=float, minimum=-150, maximum=-10, unit="dB"
    )
    decided: tuple[NDArray[np.int64], NDArray[np.int64]] | None = field(default=None, kw_only=True, repr=False, compare=False)

    def check(self) -> None:
        if not self.sink.signed:
            raise ParameterError("sink", self.sink, "must be signed")
        rate = self.sample_rate / DECIMATION
        if not self.lowest < self.highest <= rate / 2:
            raise ParameterError(
                "highest", self.highest, f"must be more than lowest, and at most {rate / 2:g} Hz: an eighth of sample_rate"
            )
        law, decimated = self.law, 1000 / rate
        least = max(LEAST_FRAME, 2 * law.longest + 2)
        if least > LONGEST_FRAME:
            reached = rate / (LONGEST_FRAME // 2 - 1)
            allowed = f"must be at least {reached:.4g} Hz at {self.sample_rate:g} samples/s: two periods in the longest frame"
            raise ParameterError("lowest", self.lowest, f"{allowed}, {LONGEST_FRAME * decimated:.4g} ms")
        if not least <= law.frame <= LONGEST_FRAME:
            allowed = f"must be {least * decimated:.4g} to {LONGEST_FRAME * decimated:.4g} ms at {self.sample_rate:g} samples/s"
            raise ParameterError("frame", self.frame, f"{allowed}: at least two periods of the lowest pitch")
        if law.hop_samples < law.work or law.hop > law.frame:
            shortest = -(-law.work // DECIMATION) * decimated
            allowed = f"must be {shortest:.4g} to {law.frame * decimated:.4g} ms: a sample for each lag, and no more than a frame"
            raise ParameterError("hop", self.hop, allowed)

    def at_rate(self, rate: float) -> Any:
        """The same in milliseconds and Hz."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @cached_property
    def law(self) -> Detection:
        """Lengths and limits."""
        rate = self.sample_rate / DECIMATION
        length, hop = (round(one / 1000 * rate) for one in (self.frame, self.hop))
        shortest, longest = max(2, math.floor(rate / self.highest)), math.ceil(rate / self.lowest)
        bits = min(self.sink.word_length + GAIN_BITS, fixed_point.pitch_detector.LOW_BITS)
        quiet = round(math.log2(max(1, length) * 4.0 ** (bits - 1) * power(self.least_level)))
        return Detection(self.sink, length, hop, shortest, longest, max(0, quiet))

    @cached_property
    def plan(self) -> DetectorPlan:
        """What the hardware follows from."""
        return DetectorPlan(self.law, round(self.share / SHARE.resolution), round(self.voicing / HEIGHT.resolution))

    @property
    def source_format(self) -> Format:
        return self.law.source

    @property
    def rate(self) -> Fraction:
        return Fraction(1, self.law.hop_samples)

    @property
    def group_delay(self) -> Fraction:
        """Half a frame, the low-pass, and the samples with which the frame is worked on."""
        return Fraction(DECIMATION * self.law.frame, 2) + Fraction(len(reference.pitch_detector.LOWPASS) - 1, 2) + self.law.work

    @property
    def derived(self) -> Mapping[str, str]:
        law = self.law
        return {
            "frame": f"{law.frame} samples of {self.sample_rate / DECIMATION:g} samples/s",
            "hop": f"{law.hop_samples} samples",
            "lags": f"{law.shortest} to {law.longest} samples of {self.sample_rate / DECIMATION:g} samples/s",
            "work": f"{self.plan.clocks + 1} clocks with each of the first {law.work} samples of a hop",
        }

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return (
            RegisterField.of(0, SHARE, self.plan.share, f"share of the highest peak, `{SHARE}`", "share"),
            RegisterField.of(1, HEIGHT, self.plan.voicing, f"least height of the highest peak of a voice, `{HEIGHT}`", "voicing"),
        )

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return CONTROL_PORTS

    def timing(self, fields: Fields | None = None) -> Process:
        return detector_timing(self.plan)

    @property
    def check_length(self) -> int:
        """Samples of a hop and of the work on it."""
        return self.law.hop_samples + self.law.work + DECIMATION

    @property
    def voice(self) -> NDArray[np.int64]:
        """A sawtooth: noise has no period. Of a high pitch, so that the first hop holds more than one period; and of some hops."""
        law, f = self.law, self.sink
        period = DECIMATION * (law.shortest + 2)
        place = np.arange(self.check_length + 2 * law.hop_samples) % period
        return np.asarray(f.minimum + place * (f.maximum - f.minimum) // (period - 1))

    @property
    def patience(self) -> int:
        """The memory is cleared after a reset, and a lag is worked on in silence; all else moves words."""
        return 64 + 2**self.plan.ring_bits + 4 * self.plan.clocks

    @property
    def settling(self) -> int:
        """The work on a lag goes on in silence."""
        return 16 + 2 * self.plan.clocks

    def correlated(self, x: Any) -> tuple[Any, Any]:
        """Normalised autocorrelation of each frame whose word has left, and its energy, by the reference."""
        law = self.law
        low = reference.pitch_detector.decimated(x)
        parts = reference.pitch_detector.frames(low, law.frame, law.hop, law.frames_of(np.size(x)))
        return reference.pitch_detector.autocorrelation(parts, law.longest + 2), np.sum(parts**2, axis=1)

    @property
    def unit(self) -> float:
        """What a decimated sample's last bit stands for, behind the low-pass's gain."""
        return self.sink.resolution * 2.0**self.law.dropped

    def own_lags(self, rho: Any, energy: Any) -> Any:
        """The lags that the reference decides for."""
        law, plan = self.law, self.plan
        found = reference.pitch_detector.peaks(rho, law.shortest, law.longest)
        limits = plan.share * SHARE.resolution, plan.voicing * HEIGHT.resolution, 2.0**law.quiet_bits * self.unit**2
        return reference.pitch_detector.chosen_lags(found, energy, *limits)

    def reference(self, x: Any) -> Any:
        rho, energy = self.correlated(x)
        if self.decided is None:
            return reference.pitch_detector.periods(rho, self.own_lags(rho, energy))
        words, lags = self.decided[0][: np.size(x)], self.decided[1][: len(rho)]
        given, _ = self.correlated(to_float(words, self.sink))
        # What errors of the words in front do to a period is a matter of the decision for its lag.
        alike = np.abs(given - rho).max(axis=1, initial=0.0) <= MOST_APART
        return reference.pitch_detector.periods(np.where(alike[:, np.newaxis], given, rho), lags)

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        """Of frames with a word that is not known nothing is."""
        law, values = self.law, np.asarray(x, dtype=np.float64)
        unknown = np.isnan(values)
        found = self.reference(np.where(unknown, 0.0, values))
        if unknown.any():
            ends = law.hop_samples * np.arange(found.size)
            before = np.concatenate([[0], np.cumsum(unknown)])
            begins = np.maximum(ends - DECIMATION * law.frame - len(reference.pitch_detector.LOWPASS), 0)
            found[before[np.minimum(ends, values.size)] > before[begins]] = np.nan
        return found

    @property
    def losses(self) -> Losses:
        """What a period may be off by behind another core, where none is bounded by itself: by the least bend of a voice.

        Notes
        -----
        A correlation of height h whose lowest component is the lowest pitch bends by h (2 pi / longest lag)^2 at least. Errors that enter
        are a matter of decisions.
        """
        law, quiet = self.law, 2.0 ** (self.law.quiet_bits / 2) * self.unit
        bend = max(self.voicing, 0.1) * (2 * math.pi / law.longest) ** 2
        off = float(self.errors(np.array([quiet**2]))[0]) / ERRORS if law.dropped else 2.0**-RHO_BITS
        limit = DECIMATION * (min(3 * off / bend, 1.0) + 2.0**-PLACE_BITS)
        return Losses(Noise(0.0, limit**2, limit), transfer=Transfer(0.0, 0.0, 0.0, 0.0))

    @property
    def tells(self) -> tuple[str, ...]:
        """The middle of the frame in seconds, the period in samples, and the pitch in Hz; 0 where there is none."""
        return "time", "period", "pitch"

    def figures(self, values: Any) -> Mapping[str, NDArray[np.float64]]:
        law, periods = self.law, np.asarray(values, dtype=np.float64)
        late = DECIMATION * law.frame / 2 + (len(reference.pitch_detector.LOWPASS) - 1) / 2
        middle = (np.arange(periods.size) * law.hop_samples - late) / self.sample_rate
        pitch = np.where(periods > 0, self.sample_rate / np.where(periods > 0, periods, 1.0), 0.0)
        return {"time": middle, "period": periods, "pitch": pitch}

    def model(self, x: Any) -> Any:
        return fixed_point.pitch_detector.pitch_detector(x, self.law, self.plan.share, self.plan.voicing)

    def model_lags(self, words: Any) -> NDArray[np.int64]:
        """The lags that the model decides for."""
        return fixed_point.pitch_detector.chosen_lags(
            fixed_point.pitch_detector.measured(words, self.law), self.plan.share, self.plan.voicing
        )

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        most = (1 << REGISTER_BITS) - 1
        return {"share": register_input(0, self.plan.share, most), "voicing": register_input(1, self.plan.voicing, most)}

    def steered_model(self, x: Any, values: Steered) -> Any:
        return fixed_point.pitch_detector.pitch_detector(x, self.law, values["share"], values["voicing"])

    @property
    def decides(self) -> bool:
        return True

    def following(self, words: Any) -> PitchDetector:
        return self.altered(decided=(np.asarray(words), self.model_lags(words)))

    def errors(self, energy: Any) -> Any:
        """By how much the correlations of frames of some energy may be off.

        Notes
        -----
        A quotient lacks up to its last bit. Decimated samples are rounded, each with a variance of a twelfth of its last bit squared: a sum
        of N products of samples of power P is off by the root of N P / 6 of that, and twice of it is divided by 2 N P.
        """
        size = np.sqrt(np.maximum(energy, self.unit**2)) / self.unit
        rounding = ERRORS / np.sqrt(6.0) / size * (self.law.dropped > 0)
        return 2.0**-RHO_BITS + rounding

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        """The period of each frame; another one is another decision where it is off by more than half a lag."""
        rho, energy = self.correlated(x)
        lags, found = self.own_lags(rho, energy), self.model_lags(words)
        own, other = (reference.pitch_detector.periods(rho, one) for one in (lags, found))
        different = ((lags > 0) != (found > 0)) | (np.abs(own - other) > DECIMATION / 2)
        given, _ = self.correlated(to_float(np.asarray(words), self.sink))
        apart = np.minimum(np.abs(given - rho).max(axis=1, initial=0.0), MOST_APART)
        return Decisions(len(lags), int(np.count_nonzero(self.uncertain(rho, energy, apart))), int(np.count_nonzero(different)))

    def uncertain(self, rho: Any, energy: Any, apart: Any) -> NDArray[np.bool_]:
        """Frames in which errors of the correlation may turn a decision; it is `apart` from that of the model's words."""
        law, plan = self.law, self.plan
        off = (self.errors(energy) + apart)[:, np.newaxis]
        heights, _ = reference.pitch_detector.parabolas(rho)
        before, now, behind = rho[:, :-2], rho[:, 1:-1], rho[:, 2:]
        lags = np.arange(1, rho.shape[1] - 1)
        counts = (lags >= law.shortest) & (lags <= law.longest)
        maybe = counts & (now > before - 2 * off) & (now >= behind - 2 * off) & (now > -off)
        surely = counts & (now > before + 2 * off) & (now >= behind + 2 * off) & (now > off)
        tops = np.where(maybe, np.maximum(heights[:, 1:-1], now), 0.0)
        # A parabola's top is off by up to twice what its three points are.
        margin = 3 * off[:, 0]
        highest = tops.max(axis=1, initial=0.0)
        limit = plan.share * SHARE.resolution * highest
        near = np.abs(tops - limit[:, np.newaxis]) <= 2 * margin[:, np.newaxis]
        doubtful = (maybe & ~surely & (tops >= (limit - 2 * margin)[:, np.newaxis])).any(axis=1)
        quiet = 2.0**law.quiet_bits * self.unit**2
        energy_error = 2 * np.sqrt(energy * law.frame) * self.unit + law.frame * self.unit**2 if law.dropped else 0.0
        at_the_limit = np.abs(highest - plan.voicing * HEIGHT.resolution) <= margin
        return ((near & maybe).any(axis=1) | doubtful | at_the_limit | (np.abs(energy - quiet) <= energy_error)) & (highest > 0)

    def promised_snr(self, words: Any) -> Promise:
        """A bound of each period's error: what the correlations at three lags may be off by, by the parabola's bend; and one rounding."""
        x, lags = to_float(words, self.sink), self.model_lags(words)
        rho, energy = self.correlated(x)
        truth = reference.pitch_detector.periods(rho, lags)
        decisions, judged = self.decisions(x, words), np.ones(truth.size, np.bool_)
        if not np.any(words):
            return Promise(None, "not judged", truth.size, judged=judged)
        voiced = np.flatnonzero(lags)
        if not voiced.size:
            return Promise(math.inf, "exact", truth.size, 0, decisions, judged)
        at = lags[voiced]
        bend = 2 * rho[voiced, at] - rho[voiced, at - 1] - rho[voiced, at + 1]
        off = np.minimum(3 * self.errors(energy)[voiced] / np.maximum(bend, 1e-12), 1.0) + 2.0**-PLACE_BITS
        wrong = DECIMATION * math.sqrt(float(np.sum(off**2)) / truth.size)
        signal = math.sqrt(float(np.mean(truth**2)))
        return Promise(amplitude_decibels(signal, wrong), "bound", truth.size, 0, decisions, judged)

    @property
    def inventory(self) -> Inventory:
        law, plan = self.law, self.plan
        low, sums = law.format.word_length + GAIN_BITS, plan.sum_bits
        return Inventory(
            "pitch_detector",
            adders=5 * low + 5 * sums + 8 * (RHO_BITS + 2) + 4 * law.place_bits + 4 * plan.ring_bits + 2 * plan.height_bits,
            results=5 * low + 3 * sums + 4 * (RHO_BITS + 2) + plan.row_bits + law.place_bits,
            registers=2 * REGISTER_BITS + law.place_bits + 3 * low,
            multiplexers=4 * sums + 2 * OPERAND_BITS + 3 * plan.ring_bits + law.place_bits,
            counters=2 * law.hop_samples.bit_length() + plan.clocks.bit_length() + 2 * plan.ring_bits + plan.lag_bits,
            memories=((1 << plan.ring_bits, law.low_bits), (1 << plan.ring_bits, law.low_bits), (1 << plan.lag_bits, plan.row_bits)),
            products=((OPERAND_BITS, OPERAND_BITS),),
        )

    def block(self, **signals: Any) -> Any:
        return pitch_detector(**bundled(signals), plan=self.plan)
