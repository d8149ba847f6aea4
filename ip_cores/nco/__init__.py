"""Numerically controlled oscillator: a tone of any frequency, and noise of as many random bits as a word has. Nothing enters.

The tone is a phase that goes on word by word and a table of a quarter of a turn. Frequency, level, and which of both is heard are ports.
What shapes the noise stands behind it, in a `chain` with a `fir`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

import fixed_point.nco
import reference.nco
from fixed_point import Format
from fixed_point.full_scale import amplitude_decibels, power
from fixed_point.nco import LEVEL, LONG, MOST_BITS, NcoLaw
from fixed_point.quantization import quantize
from fixed_point.word_lengths.losses import Losses
from ip_cores.blocks.stream import bundled
from ip_cores.families.generator import Flowing, Generator
from ip_cores.inventory import Inventory
from ip_cores.nco.hardware import STAGES, nco
from ip_cores.parameters import ParameterError, check_entity_name, parameter
from ip_cores.port import Port
from ip_cores.promise import LEAST_STEPS, LEAST_WORDS, PREDICTION_MARGIN_DB, Promise
from ip_cores.run_time import RunTimeInputs, Steered, port_input
from ip_cores.schedule import Fields

TONE, NOISE, BOTH = "tone", "noise", "both"


@dataclass(frozen=True)
class Nco(Generator):
    """Parameters of a source of tones and noise; see ``docs/cores/nco.md``."""

    kind: ClassVar[str] = "nco"
    summary: ClassVar[str] = "a source of tones and white noise; frequency, level and choice at run time"
    family: ClassVar[str] = "hearing"
    meanings: ClassVar[Mapping[str, str]] = {
        "increment": "what the phase goes on by with each word, in turns: the frequency over the sample rate",
        "level": "what a word of full scale is multiplied by; 0: silence",
        "noisy": "high: noise, low: the tone, whose phase goes on meanwhile",
    }

    name: str = parameter("nco", doc="entity name; a VHDL identifier", kind=check_entity_name)
    sound: str = parameter("tone", doc="what is built", kind=str, choices=(TONE, NOISE, BOTH))
    source: Format = parameter("sfix16_En15", doc="format of the words that leave", kind=Format, minimum=4, maximum=24)
    frequency: float = parameter(
        1000.0, doc="frequency of the tone that model and reference assume at the port", kind=float, minimum=0, maximum=5e8, unit="Hz"
    )
    level: float = parameter(0.5, doc="part of full scale that they assume at the port", kind=float, minimum=0.0, maximum=1.0)
    noise_first: bool = parameter(False, doc="whether they assume the noise, where both are built", kind=bool)
    phase_bits: int = parameter(24, doc="bits of the phase: frequencies are whole multiples of the sample rate by 2 to this",
                                kind=int, minimum=8, maximum=32)  # fmt: skip
    angle_bits: int = parameter(10, doc="bits of the phase that are looked up; the table has a quarter of 2 to this rows",
                                kind=int, minimum=4, maximum=14)  # fmt: skip
    dither: bool = parameter(
        False, doc="random bits are added to the phase: no lines beside the tone, 3 dB more noise, about 40 logic elements", kind=bool
    )
    seed: int = parameter(1_234_567_891, doc="what the register of random bits holds after a reset", kind=int, minimum=1,
                          maximum=(1 << LONG) - 1)  # fmt: skip

    def check(self) -> None:
        if not self.source.signed:
            raise ParameterError("source", self.source, "must be signed")
        if self.phase_bits < self.angle_bits:
            raise ParameterError("phase_bits", self.phase_bits, f"must be angle_bits = {self.angle_bits} or more")
        if self.frequency > self.sample_rate / 2:
            most = f"must be at most {self.sample_rate / 2:g} Hz, half the sample rate"
            raise ParameterError("frequency", self.frequency, most)
        if self.dither and self.sound == NOISE:
            raise ParameterError("dither", self.dither, 'must be false where sound = "noise": there is no phase')
        if self.dither and self.phase_bits == self.angle_bits:
            raise ParameterError("dither", self.dither, "must be false where phase_bits = angle_bits: nothing is dropped")
        if self.noise_first and self.sound != BOTH:
            raise ParameterError("noise_first", self.noise_first, f'must be false where sound = "{self.sound}": there is no choice')
        assert self.source.word_length <= MOST_BITS

    @cached_property
    def law(self) -> NcoLaw:
        """Word lengths."""
        return NcoLaw(self.source, self.phase_bits, self.angle_bits, self.dither, self.seed)

    @property
    def has_tone(self) -> bool:
        return self.sound != NOISE

    @property
    def has_noise(self) -> bool:
        return self.sound != TONE

    @property
    def noisy(self) -> bool:
        """Whether model and reference assume the noise."""
        return self.sound == NOISE or self.noise_first

    def at_rate(self, rate: float) -> Any:
        """The same frequency: another increment."""
        return self if rate == self.sample_rate else self.replace(sample_rate=rate)

    def increment_of(self, frequency: float) -> int:
        """A frequency in Hz as what the port `increment` shows."""
        return round(frequency / self.sample_rate * (1 << self.phase_bits)) % (1 << self.phase_bits)

    @property
    def increment(self) -> int:
        """What model and reference assume at the port."""
        return self.increment_of(self.frequency) if self.has_tone else 0

    @property
    def level_word(self) -> int:
        """The same of `level`."""
        return int(quantize(self.level, LEVEL))

    @property
    def derived(self) -> Mapping[str, str]:
        found = {"level": f"{self.level_word}, {self.level_word / 2**LEVEL.fraction_length:.6g} of full scale"}
        if self.has_tone:
            heard = self.increment / (1 << self.phase_bits) * self.sample_rate
            step = self.sample_rate / (1 << self.phase_bits)
            found["increment"] = f"{self.increment}, a tone of {heard:.9g} Hz; a step is {step:.4g} Hz"
        if self.has_noise:
            hours = ((1 << LONG) - 1) / self.sample_rate / 3600
            found["noise"] = f"comes again after {(1 << LONG) - 1} words, {hours:.3g} hours"
        return found

    @property
    def control_ports(self) -> tuple[Port, ...]:
        tone = (Port("increment", "in", self.phase_bits, False, self.phase_bits),) if self.has_tone else ()
        choice = (Port("noisy", "in"),) if self.sound == BOTH else ()
        return (Port("level", "in", LEVEL.word_length, False, LEVEL.fraction_length), *tone, *choice)

    @property
    def controls(self) -> Mapping[str, int]:
        values = {"increment": self.increment, "level": self.level_word, "noisy": int(self.noise_first)}
        return {port.name: values[port.name] for port in self.control_ports}

    @property
    def run_time_inputs(self) -> RunTimeInputs:
        most = {"increment": (1 << self.phase_bits) - 1, "level": (1 << LEVEL.word_length) - 1, "noisy": 1}
        return {name: port_input(name, most[name], start) for name, start in self.controls.items()}

    @property
    def words_met(self) -> Mapping[str, int]:
        """The increment is met as a word's row is looked up, a clock ahead of what becomes of the row."""
        return {name: STAGES if name == "increment" else 1 for name in self.controls}

    def timing(self, fields: Fields | None = None) -> Flowing:
        return Flowing(STAGES)

    def reference(self, x: Any) -> Any:
        count = int(x)
        law, level = self.law, self.level_word / 2**LEVEL.fraction_length
        amplitude = level * 2.0 ** (self.source.word_length - 1 - self.source.fraction_length)
        if self.noisy:
            return reference.nco.white_noise(count, law.width, law.seed, amplitude)
        # The first angle of the table is half of one above nothing.
        start = 2.0 ** -(law.angle_bits + 1)
        return reference.nco.tone(count, self.increment / (1 << self.phase_bits), amplitude, start)

    def model(self, x: Any) -> Any:
        return fixed_point.nco.nco(int(x), self.law, self.increment, self.level_word, self.noisy)

    def steered_model(self, x: Any, values: Steered) -> Any:
        met: dict[str, Any] = {"increment": 0, "noisy": self.noisy, **values}
        return fixed_point.nco.nco(int(x), self.law, met["increment"], met["level"], met["noisy"])

    @property
    def losses(self) -> Losses:
        """None that a noise model of what enters tells; see `promised_snr`."""
        return Losses()

    def promised_snr(self, words: Any) -> Promise:
        """Of so many words, by what of the phase is dropped, by the rows' roundings and by that of the product.

        Notes
        -----
        A table of 2^A angles a turn, each in the middle of those that it stands for, is off by half an angle at most, and evenly so where
        the phase has many values below the angle; with random bits by less than a whole one, and with a variance that is a quarter at most.
        Where the phase has one value below the angle, nothing that matters is dropped.
        """
        truth, law = self.reference(words), self.law
        step = self.source.resolution
        level = self.level_word / 2**LEVEL.fraction_length
        judged = np.ones(truth.size, np.bool_)
        if not self.level_word or not np.any(truth):
            return Promise(None, "not judged", truth.size, judged=judged)
        signal = math.sqrt(float(np.mean(truth**2)))
        limit, variance, values = step / 2, step**2 / 12, truth.size
        if not self.noisy:
            turn = 2 * np.pi * level * 2.0 ** (self.source.word_length - 1 - self.source.fraction_length) / (1 << law.angle_bits)
            values = min(values, self._values_below)
            missed = 0.0 if self._values_below == 1 else 1.0 if law.dither_bits else 0.5
            limit += step / 2 * level + turn * missed
            variance += (step * level) ** 2 / 12 + turn**2 * (1 / 4 if law.dither_bits else 1 / 12) / 2
        predicted = math.sqrt(variance * power(PREDICTION_MARGIN_DB))
        busy = values >= LEAST_WORDS and signal > LEAST_STEPS * step
        error, how = (predicted, "prediction") if busy and predicted < limit else (limit, "bound")
        return Promise(amplitude_decibels(signal, error), how, truth.size, judged=judged)

    @property
    def _values_below(self) -> int:
        """Different values of the phase below the bits that are looked up, as the tone goes on."""
        below = 1 << self.phase_bits - self.angle_bits
        return below // math.gcd(below, self.increment or below)

    @property
    def inventory(self) -> Inventory:
        law = self.law
        tone, noise = int(self.has_tone), int(self.has_noise or self.dither)
        return Inventory(
            "nco",
            adders=tone * (law.phase_bits + (law.angle_bits + law.dither_bits if law.dither_bits else 0)) + law.width,
            registers=noise * LONG,
            multiplexers=law.width * tone + (law.angle_bits - 2) * tone,
            constants=((1 << law.angle_bits - 2, law.width - 1),) * tone,
            products=((law.width + 1, LEVEL.word_length + 1),),
        )

    def block(self, **signals: Any) -> Any:
        return nco(**bundled(signals), law=self.law)
