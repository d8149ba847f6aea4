"""Tells for each frame of a signal whether it is silent, unvoiced or voiced.

Over overlapping frames the energy and the correlation at a lag of one sample are summed up through one multiplier, and zero crossings are
counted. The logarithm of the energy lies so far above a tracked noise floor, and so far above the logarithm of the correlation: two
comparisons decide, with limits that can be set at run time. One word leaves for each frame, with the class in its lowest two bits and
above them what the frame was judged by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import fixed_point.speech_classifier
import reference.speech_classifier
from fixed_point import Format, to_float
from fixed_point.families.logarithms import LOGARITHM_BITS
from fixed_point.full_scale import power
from fixed_point.speech_classifier import ABOVE_BITS, COARSE_BITS, FINE_BITS, LIMIT, TILT_BITS, Classification
from fixed_point.word_lengths.losses import Losses, Transfer
from ip_cores.blocks.process import Process
from ip_cores.blocks.stream import bundled
from ip_cores.core import Core
from ip_cores.inventory import Inventory
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port, RegisterField
from ip_cores.promise import Decisions
from ip_cores.run_time import RunTimeInputs, Steered, register_input
from ip_cores.schedule import Fields
from ip_cores.speech_classifier.hardware import speech_classifier
from ip_cores.speech_classifier.plan import ClassifierPlan, classifier_timing
from reference.families.levels import DOUBLING_OF_POWER

LONGEST_HOP, MOST_OVERLAP = 4096, 4

LOGARITHM_ERROR = 0.0017
"""Doublings by which a logarithm may be off (`fixed_point.families.logarithms`)."""

CONTROL_PORTS = (
    Port("control_address", "in", 1),
    Port("control_write", "in"),
    Port("control_writedata", "in", LIMIT.word_length),
    Port("control_readdata", "out", LIMIT.word_length),
)

CONTROL_MEANINGS = {
    "source_data": "bits 1 and 0: 0 silent, 1 unvoiced, 2 voiced",
    "control_address": "0: limit of silence; 1: limit of the tilt",
    "control_write": "the register is written on this edge",
    "control_writedata": "what is written",
    "control_readdata": "what stands at the address",
}

MOST_APART = 0.05
"""Part of a frame's energy by which energy and correlation of the words differ at most from those of what the reference gets."""

LOGARITHMIC = {"tilt": (FINE_BITS, TILT_BITS), "above": (COARSE_BITS, ABOVE_BITS), "level": (COARSE_BITS, None)}
"""Bits of fraction and bits of the parts of a word that are logarithms, whose last bit is a decision of its own."""


@dataclass(frozen=True)
class SpeechClassifier(Core):
    """Parameters of a speech classifier; see ``docs/cores/speech_classifier.md``."""

    kind: ClassVar[str] = "speech_classifier"
    meanings: ClassVar[Mapping[str, str]] = CONTROL_MEANINGS
    summary: ClassVar[str] = "silent, unvoiced or voiced, a word for each frame with what it was judged by"
    family: ClassVar[str] = "hearing"

    name: str = parameter("speech_classifier", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sink: Format = parameter("sfix16_En15", doc="format of the samples", kind=Format, minimum=6, maximum=24)
    frame: float = parameter(20.0, doc="length of a frame, a whole number of hops", kind=float, minimum=0.01, maximum=60_000, unit="ms")
    hop: float = parameter(10.0, doc="from one frame to the next", kind=float, minimum=0.01, maximum=60_000, unit="ms")
    silence: float = parameter(
        7.5, doc="level above the noise floor from which on a frame is not silent, after a reset",
        kind=float, minimum=0, maximum=190, unit="dB",
    )  # fmt: skip
    tilt: float = parameter(
        1.0, doc="most by which the energy of a voiced frame lies above its correlation at a lag of one sample, after a reset",
        kind=float, minimum=0, maximum=190, unit="dB",
    )  # fmt: skip
    rise: float = parameter(9.0, doc="how fast the noise floor rises", kind=float, minimum=0.01, maximum=1000, unit="dB/s")
    least_level: float = parameter(
        -75.0, doc="what is softer counts as this, in dB of a full-scale square", kind=float, minimum=-150, maximum=-20, unit="dB"
    )
    decided: tuple[NDArray[np.int64], NDArray[np.int64]] | None = field(default=None, kw_only=True, repr=False, compare=False)

    def check(self) -> None:
        if not self.sink.signed:
            raise ParameterError("sink", self.sink, "must be signed")
        sample = 1000 / self.sample_rate
        if not 1 <= self.hop_samples <= LONGEST_HOP:
            allowed = f"must be {sample:.4g} to {LONGEST_HOP * sample:.4g} ms at {self.sample_rate:g} samples/s"
            raise ParameterError("hop", self.hop, allowed)
        if not 1 <= self.overlap <= MOST_OVERLAP or abs(self.frame / self.hop - self.overlap) > 1e-6:
            allowed = ", ".join(f"{self.hop * count:g}" for count in range(1, MOST_OVERLAP + 1))
            raise ParameterError("frame", self.frame, f"must be {allowed}: one to {MOST_OVERLAP} hops")

    def at_rate(self, rate: float) -> Any:
        """The same in milliseconds and dB/s."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return round(self.hop / 1000 * self.sample_rate)

    @property
    def overlap(self) -> int:
        """Hops in a frame."""
        return round(self.frame / self.hop)

    @cached_property
    def law(self) -> Classification:
        """Word lengths and constants."""
        hop, squares = self.hop_samples, 2 * (self.sink.word_length - 1)
        made = Classification(self.sink, hop, self.overlap, 0, 0)
        rise = max(1, round(self.rise / DOUBLING_OF_POWER * hop / self.sample_rate * 2**LOGARITHM_BITS))
        lowest = max(0, round(math.log2(made.frame * 2.0**squares * power(self.least_level))))
        return replace(made, rise=min(rise, (1 << made.level_bits) - 1), lowest=min(lowest, made.energy_bits - 1))

    @cached_property
    def plan(self) -> ClassifierPlan:
        """What the hardware follows from."""
        return ClassifierPlan(self.law, limit_word(self.silence), limit_word(self.tilt))

    @property
    def source_format(self) -> Format:
        return self.law.source

    @property
    def rate(self) -> Fraction:
        return Fraction(1, self.hop_samples)

    @property
    def group_delay(self) -> Fraction:
        """Half a frame: what is in its middle it tells when it is over."""
        return Fraction(self.law.frame, 2)

    @property
    def derived(self) -> Mapping[str, str]:
        law = self.law
        units = {name: f", in 1/{1 << bits} doublings of energy" for name, (bits, _) in LOGARITHMIC.items()}
        parts = {name: f"bits {place + bits - 1} to {place} of a word{units.get(name, '')}" for name, (place, bits) in law.fields.items()}
        rise = law.rise * 2.0**-LOGARITHM_BITS * DOUBLING_OF_POWER * self.sample_rate / law.hop
        return {"hop": f"{law.hop} samples", "frame": f"{law.frame} samples", "rise": f"{rise:.4g} dB/s", **parts}

    @property
    def register_map(self) -> tuple[RegisterField, ...]:
        return (
            RegisterField.of(0, LIMIT, self.plan.silence, f"limit of silence, `{LIMIT}` doublings of energy", "silence"),
            RegisterField.of(1, LIMIT, self.plan.tilt, f"limit of the tilt, `{LIMIT}` doublings of energy", "tilt"),
        )

    @property
    def control_ports(self) -> tuple[Port, ...]:
        return CONTROL_PORTS

    def timing(self, fields: Fields | None = None) -> Process:
        return classifier_timing(self.plan)

    @property
    def check_length(self) -> int:
        """Samples to the end of a frame that has no part before the first one, and of one more."""
        return (self.overlap + 1) * self.law.hop

    @property
    def patience(self) -> int:
        """No more than a judgement goes on in silence; all else moves words."""
        return 128

    def sums(self, x: Any) -> reference.speech_classifier.FrameSums:
        """What the reference sums up."""
        return reference.speech_classifier.frame_sums(x, self.law.hop, self.overlap)

    def measured(self, sums: reference.speech_classifier.FrameSums) -> reference.speech_classifier.Measures:
        """What the reference judges frames by, with the level in doublings of a sample's last bit squared."""
        law, unit = self.law, self.sink.resolution**2
        found = reference.speech_classifier.measures(sums, law.rise * 2.0**-LOGARITHM_BITS, 2.0**law.lowest * unit)
        return found._replace(level=found.level - math.log2(unit))

    def own_parts(self, x: Any) -> dict[str, Any]:
        """What the reference says of each frame, as parts of a word before they are cut off."""
        sums = self.sums(x)
        found = self.measured(sums)
        limits = (limit * LIMIT.resolution for limit in (self.plan.silence, self.plan.tilt))
        logarithms = {name: getattr(found, name) * 2.0**bits for name, (bits, _) in LOGARITHMIC.items()}
        return {"class": reference.speech_classifier.classes(found, *limits), "crossings": sums.crossings, **logarithms}

    def reference(self, x: Any) -> Any:
        own = self.own_parts(x)
        parts = cut_off(own)
        if self.decided is not None:
            # Classes and last bits are decisions: where both may be right, those of the model.
            entered, given = (one[:count] for one, count in zip(self.decided, (np.size(x), len(own["class"])), strict=True))
            found, turns = self.law.parted(given), self.turning(own, self.differences(x, own, entered))
            parts = {name: np.where(turns[name], found[name], part) for name, part in parts.items()}
        return self.law.joined(parts).astype(np.float64)

    def differences(self, x: Any, own: Mapping[str, Any], words: Any) -> dict[str, Any]:
        """How far what frames are judged by lies apart where the model gets words that differ from what the reference gets.

        Frames in which they differ by more than words do behind roundings have no difference that counts.
        """
        given = to_float(np.asarray(words), self.sink)
        here, there, other = self.sums(x), self.sums(given), self.own_parts(given)
        most = MOST_APART * np.maximum(there.energy, 2.0**self.law.lowest * self.sink.resolution**2)
        alike = (np.abs(here.energy - there.energy) <= most) & (np.abs(here.correlation - there.correlation) <= most)
        return {name: np.where(alike, np.abs(own[name] - other[name]), 0) for name in ("crossings", *LOGARITHMIC)}

    def turning(self, own: Mapping[str, Any], apart: Mapping[str, Any]) -> dict[str, NDArray[np.bool_]]:
        """Where errors may turn a decision: a class, the last bit of a logarithm, a zero crossing.

        Parameters
        ----------
        own : mapping of str to array
            What the reference says of each frame.
        apart : mapping of str to array
            How far that is from what it says of the model's words.
        """
        silence, steepest = (limit * LIMIT.resolution for limit in (self.plan.silence, self.plan.tilt))
        turns = {"crossings": apart["crossings"] > 0}
        off, limits = {}, {"above": silence, "tilt": steepest}
        for name, (bits, most) in LOGARITHMIC.items():
            off[name] = 2 * LOGARITHM_ERROR * 2.0**bits + apart[name]
            turns[name] = np.floor(own[name] + off[name]) > np.floor(own[name] - off[name])
            if most is not None:
                # Behind the end all words are alike.
                turns[name] &= own[name] - off[name] < 1 << most
        near = [np.abs(own[name] - limit * 2.0 ** LOGARITHMIC[name][0]) <= off[name] for name, limit in limits.items()]
        return {"class": near[0] | near[1], **turns}

    def limited(self, x: Any, guard: float = 0.0) -> Any:
        """From the first word on that is not known no frame is: the floor remembers."""
        values = np.asarray(x, dtype=np.float64)
        unknown = np.isnan(values)
        found = self.reference(np.where(unknown, 0.0, values))
        if unknown.any():
            found[int(np.argmax(unknown)) // self.law.hop :] = np.nan
        return found

    @property
    def losses(self) -> Losses:
        """Decisions are the model's; what enters with an error leaves without."""
        return Losses(transfer=Transfer(0.0, 0.0, 0.0, 0.0))

    @property
    def tells(self) -> tuple[str, ...]:
        """The middle of the frame in seconds, its class by number, and what it was judged by, in dB; crossings in a sample."""
        return "time", *self.law.fields

    def figures(self, values: Any) -> Mapping[str, NDArray[np.float64]]:
        law = self.law
        parts = law.parted(np.asarray(values).astype(np.int64))
        ends = np.arange(1, len(parts["class"]) + 1, dtype=np.float64) * law.hop
        middle = np.asarray((ends - law.frame / 2) / self.sample_rate)
        units = {"crossings": 1 / law.frame, **{name: DOUBLING_OF_POWER * 2.0**-bits for name, (bits, _) in LOGARITHMIC.items()}}
        return {"time": middle, **{name: part * units.get(name, 1.0) for name, part in parts.items()}}

    def model(self, x: Any) -> Any:
        return fixed_point.speech_classifier.speech_classifier(x, self.law, self.plan.silence, self.plan.tilt)

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        most = LIMIT.maximum
        return {"silence": register_input(0, self.plan.silence, most), "tilt": register_input(1, self.plan.tilt, most)}

    def steered_model(self, x: Any, values: Steered) -> Any:
        return fixed_point.speech_classifier.speech_classifier(x, self.law, values["silence"], values["tilt"])

    @property
    def decides(self) -> bool:
        return True

    def following(self, words: Any) -> SpeechClassifier:
        return self.altered(decided=(np.asarray(words), self.model(words)))

    def decisions(self, x: Any, words: Any, error: float = 0.0) -> Decisions | None:
        """The class of each frame, where each logarithm beside it is cut off, and its crossings."""
        own = self.own_parts(x)
        parts, found = cut_off(own), self.law.parted(self.model(words))
        turns = self.turning(own, self.differences(x, own, words))
        made = {name: len(part) for name, part in parts.items()}
        different = sum(int(np.count_nonzero(parts[name] != found[name])) for name in made)
        return Decisions(sum(made.values()), sum(int(np.count_nonzero(turns[name])) for name in made), different)

    @property
    def inventory(self) -> Inventory:
        law, bits = self.law, self.sink.word_length
        kept, sums = law.overlap - 1, 2 * law.hop_bits + 1
        logarithm = 18 + 2 * (law.logarithm.integer_bits + LOGARITHM_BITS)
        return Inventory(
            "speech_classifier",
            adders=sums + kept * (2 * law.energy_bits + law.crossing_bits) + logarithm + 5 * law.level_bits + 2 * LIMIT.word_length,
            results=sums + 4 * law.level_bits + law.source.word_length,
            registers=2 * bits + kept * (sums + law.crossing_bits) + 2 * LIMIT.word_length,
            multiplexers=bits + 2 * law.energy_bits + 5 * law.energy_bits + LIMIT.word_length,
            counters=(law.hop - 1).bit_length() + law.crossing_bits,
            tables=((16, LOGARITHM_BITS), (16, 9)),
            products=((bits, bits), (9, 9)),
        )

    def block(self, **signals: Any) -> Any:
        return speech_classifier(**bundled(signals), plan=self.plan)


def limit_word(decibels: float) -> int:
    """A limit in dB as a word of format `LIMIT`.

    Examples
    --------
    >>> limit_word(3.0103)
    1024
    """
    return min(LIMIT.maximum, round(decibels / DOUBLING_OF_POWER / LIMIT.resolution))


def cut_off(own: Mapping[str, Any]) -> dict[str, NDArray[np.int64]]:
    """Parts of a word as they stand in it: logarithms rounded down, and bounded."""
    found = {name: np.floor(part).astype(np.int64) for name, part in own.items()}
    for name, (_, bits) in LOGARITHMIC.items():
        found[name] = found[name] if bits is None else np.minimum(found[name], (1 << bits) - 1)
    return found
