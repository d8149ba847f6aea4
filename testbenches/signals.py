"""What cores are played: named stimuli, a table of signals for any core, and audio.

Every signal is audio, levels from -1 to 1, and its words are made of that by `fixed_point.full_scale`. Two signals are made for a number
format rather than a loudness; what they mean as audio is this, so that a sweep over word lengths has a truth to hold its words against:

* ``noise`` is drawn once, 64 bits a sample, and a format of W bits is played the upper W of them: every word equally likely, whatever the
  format. Its audio is uniform from half a step below the least word to half a step above the greatest, so that each word is the nearest one
  to its sample, and the error of a short word is that of rounding, as it is for any other audio.
* ``extremes`` are words, and their audio is what they stand for: each format has ends and steps of its own.

An unsigned format is played the signed one's words, half the range up.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fixed_point.full_scale import (
    Samples,
    amplitude,
    audio_format,
    audio_to_values,
    audio_to_words,
    from_signed,
    words_to_audio,
)
from fixed_point.quantization import Words
from fixed_point.sound import RATE, read_audio
from ip_cores.core import Core
from testbenches.worst_words import worst_signs, worst_words

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = next((folder for folder in (ROOT / "examples", ROOT / "ossicle" / "examples") if folder.exists()), ROOT / "examples")
"""Of a checkout, or of an installed package."""
SPEECH, TRAM = EXAMPLES / "speech.wav", EXAMPLES / "tram.wav"
"""Speech, and noise as long."""


DRAWN = 64
"""Bits of each sample of noise: the longest word on a wire."""


@dataclass(frozen=True)
class Signal:
    """A named stimulus.

    Attributes
    ----------
    summary : str
        One line for the command line.
    audio : callable
        From the core, the number of samples and a numpy Generator to samples of audio, float64, full scale -1 to 1.
    words : callable or None
        The same to words of the core's sink format; None where they are `audio_to_words` of the audio. They are the words nearest to the
        audio in any case; a float64 cannot tell those of more than 53 bits apart.
    """

    summary: str
    audio: Callable[[Core, int, np.random.Generator], Samples]
    words: Callable[[Core, int, np.random.Generator], Words] | None = None


def make_signal(name: str, core: Core, samples: int, seed: int | np.random.Generator = 0) -> Words:
    """Raw words of a named signal in the sink format of `core`.

    Parameters
    ----------
    name : str
        A key of `SIGNALS`.
    core : Core
    samples : int
    seed : int or numpy Generator

    Returns
    -------
    ndarray of int64, or of Python ints where the format needs more, shape (samples,)

    Raises
    ------
    ValueError
        For an unknown name, or a core that takes no words.
    """
    signal, rng = _named(name), np.random.default_rng(seed)
    if not core.is_stream and len(core.sinks) + len(core.sources) == 2:
        raise ValueError(f'input = "{name}": {core.kind} takes no words')
    if signal.words is not None:
        return signal.words(core, samples, rng)
    return audio_to_words(signal.audio(core, samples, rng), core.sink_format)


def make_audio(name: str, core: Core, samples: int, seed: int | np.random.Generator = 0) -> Samples:
    """The same signal as audio: what its words in the sink format of `core` are the nearest to.

    Parameters
    ----------
    name, core, samples, seed
        As for `make_signal`.

    Returns
    -------
    ndarray of float64, shape (samples,)
        Full scale is -1 to 1.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    return _named(name).audio(core, samples, np.random.default_rng(seed))


def _named(name: str) -> Signal:
    if name not in SIGNALS:
        raise ValueError(f'input = "{name}": must be one of {", ".join(SIGNALS)}')
    return SIGNALS[name]


class Input(ABC):
    """What is played to cores of any format: words for the model, and the samples that they were made of for the reference."""

    @abstractmethod
    def words(self, core: Core) -> Words:
        """Raw words in the sink format of `core`, shape (n,)."""

    @abstractmethod
    def audio(self, core: Core) -> Samples:
        """The samples before they became words, full scale -1 to 1, shape (n,)."""

    @abstractmethod
    def beginning(self, samples: int) -> Input:
        """The same kind of sound, no more than so many samples."""

    def values(self, core: Core) -> Samples:
        """The samples in the unit of the core's sink: what its reference sees."""
        return audio_to_values(self.audio(core), core.sink_format)


@dataclass(frozen=True, eq=False)
class Recorded(Input):
    """Audio of a file, or of a caller.

    Attributes
    ----------
    samples : ndarray of float64, shape (n,)
        Full scale is -1 to 1.
    """

    samples: Samples

    def words(self, core: Core) -> Words:
        return audio_to_words(self.samples, core.sink_format)

    def audio(self, core: Core) -> Samples:
        return self.samples

    def beginning(self, samples: int) -> Recorded:
        return Recorded(self.samples[:samples])


@dataclass(frozen=True)
class Generated(Input):
    """A named signal, made anew for each core: the words that `verify` plays to it.

    Attributes
    ----------
    name : str
        A key of `SIGNALS`.
    samples : int
    seed : int
    """

    name: str
    samples: int
    seed: int = 0

    def words(self, core: Core) -> Words:
        return make_signal(self.name, core, self.samples, self.seed)

    def audio(self, core: Core) -> Samples:
        return make_audio(self.name, core, self.samples, self.seed)

    def beginning(self, samples: int) -> Generated:
        return replace(self, samples=min(samples, self.samples))


def noise(core: Core, samples: int, rng: np.random.Generator) -> Words:
    """Every word of the format equally likely."""
    bits = core.sink_format.word_length
    if bits > 32:
        drawn = _drawn(samples, rng) >> np.uint64(DRAWN - bits)
    else:
        drawn = _upper(samples, rng) >> np.uint64(32 - bits)
    least = np.uint64(1 << bits - 1)
    return from_signed((drawn - least).view(np.int64), core.sink_format)  # wraps: two's complement


def noise_audio(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """Uniform over all that rounds to the format's words: half a step of which lies below -1 and as much less below 1."""
    fraction = np.ldexp((_drawn(samples, rng) >> np.uint64(11)).astype(np.float64), -53)  # 53 bits, exact
    return 2 * fraction - 1 - 0.5 * audio_format(core.sink_format).resolution


def _upper(samples: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 1 << 32, samples, dtype=np.uint64)


def _drawn(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of 64 bits, uint64. The lower half is a stream of its own, so that a shorter signal is the beginning of a longer one."""
    lower = np.random.Generator(rng.bit_generator.jumped())  # type: ignore[attr-defined]
    return _upper(samples, rng) << np.uint64(32) | _upper(samples, lower)


def extremes(core: Core, samples: int, rng: np.random.Generator) -> Words:
    """The ends of the range, the words beside them, and those around silence, at random."""
    signed = audio_format(core.sink_format)
    near = [signed.minimum, signed.minimum + 1, -1, 0, 1, signed.maximum - 1, signed.maximum]
    corner = np.array([word for word in near if signed.minimum <= word <= signed.maximum], dtype=np.int64)
    return from_signed(rng.choice(corner, samples), core.sink_format)


def extremes_audio(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """What the words stand for."""
    return words_to_audio(extremes(core, samples, rng), core.sink_format)


def impulse(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """Full scale once, then silence."""
    return (np.arange(samples) == 0).astype(np.float64)


def step(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """Full scale from the first sample on."""
    return np.ones(samples)


def sine(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """1 kHz at the sample rate of the core, or a sixteenth of a rate that is too low for it; half a decibel below full scale."""
    frequency = 1000 / core.sample_rate if core.sample_rate > 2 * 1000 else 1 / 16
    return amplitude(-0.5) * np.sin(2 * np.pi * frequency * np.arange(samples))


def sweep(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """From 0 to half the sample rate, linearly, at full scale."""
    n = np.arange(samples)
    return np.asarray(np.sin(np.pi / 2 * n * n / max(1, samples)))


def alternation(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """Full scale of either sign in turn: most positive and most negative word."""
    return np.resize([1.0, -1.0], samples)


def bursts(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """Silence and, in turn, noise at full scale, noise 40 dB below, and the most negative word; 0.25 s each, or a twelfth of all."""
    length = max(1, min(round(0.25 * core.sample_rate), samples // 12))
    drawn = rng.uniform(-1, 1, samples)
    burst = np.arange(samples) // length
    kinds = np.array([np.zeros(samples), drawn, np.zeros(samples), 0.01 * drawn, np.zeros(samples), np.full(samples, -1.0)])
    return np.asarray(np.take_along_axis(kinds, (burst % len(kinds))[np.newaxis], axis=0)[0])


def worst_case(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """Full scale with the signs that take each output of what is linear to its L1 norm, again and again.

    Both signs in turn, each as long as the response lasts, so that both ends of the range are reached. Where nothing is linear, every
    word is as bad as any other: full scale of either sign in turn.
    """
    worst = worst_words(core)
    if not worst:
        return alternation(core, samples, rng)
    parts: list[Samples] = []
    length = 0
    while length < samples:
        parts.append(worst_signs(worst, length).astype(np.float64))
        length += len(parts[-1])
    return np.concatenate([np.zeros(0), *parts])[:samples]


@functools.cache
def excerpt(rate: int = RATE) -> Samples:
    """The excerpt of speech in examples/, whole, at a sample rate.

    Raises
    ------
    ValueError
        If this installation has no examples.
    """
    if not SPEECH.exists():
        raise ValueError('input = "speech": there is no speech.wav in examples/ of this installation; name a file')
    samples = read_audio(SPEECH, rate).samples
    samples.flags.writeable = False  # everybody gets the same array
    return samples


def speech(core: Core, samples: int, rng: np.random.Generator) -> Samples:
    """The excerpt of speech in examples/ at the sample rate of the core, again and again."""
    return np.resize(excerpt(whole_rate(core)), samples)


def whole_rate(core: Core) -> int:
    """The sample rate of a core as a file can have it."""
    return max(1, round(core.sample_rate))


def in_noise(clean: Samples, noise: Samples, level: float) -> Samples:
    """Audio with noise that is as long, at a signal-to-noise ratio in dB over the whole length."""
    return np.asarray(clean + noise * np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * amplitude(-level))


def in_white_noise(clean: Samples, level: float, seed: int = 0) -> Samples:
    """Audio with white noise.

    Parameters
    ----------
    clean : ndarray of float64, shape (n,)
    level : float
        Signal-to-noise ratio in dB over the whole length.
    seed : int
    """
    return in_noise(clean, np.random.default_rng(seed).standard_normal(len(clean)), level)


SIGNALS = {
    "noise": Signal("every word equally likely", noise_audio, noise),
    "extremes": Signal("the ends of the range and the words around silence, at random", extremes_audio, extremes),
    "impulse": Signal("full scale once, then silence", impulse),
    "step": Signal("full scale from the first sample on", step),
    "sine": Signal("1 kHz at the core's sample rate, half a decibel below full scale", sine),
    "sweep": Signal("0 to half the sample rate at full scale", sweep),
    "alternation": Signal("most positive and most negative word in turn", alternation),
    "bursts": Signal("silence and, in turn, noise of two levels and the most negative word", bursts),
    "worst_case": Signal("the signs that bring a linear filter to its L1 norm", worst_case),
    "speech": Signal("the excerpt of speech in examples/, at the core's sample rate", speech),
}
