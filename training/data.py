"""Recordings of speech and noise from a manifest or folders, and mixtures drawn from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import signal

from fixed_point.full_scale import audio_to_words
from fixed_point.number_format import Format
from fixed_point.quantization import to_float
from fixed_point.sound import read_audio
from testbenches.noisy_speech import DataError, listed_recordings, rms
from training.configuration import Configuration

SPLITS = ("train", "valid", "test")

KEPT = Format(True, 16, 15)
"""Recordings are kept as 16-bit words: half of the memory."""

AUDIBLE = 0.1
"""A stretch of speech is drawn again unless its RMS reaches this share of the recording's."""

TRIES = 8
BABBLERS = 5
VALIDATION = 42
"""Mixtures of a validation, at most."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One file.

    Attributes
    ----------
    name : str
        Its path below the data's folder.
    speaker : str
        Empty of noise.
    words : ndarray of int16
    """

    name: str
    speaker: str
    words: np.ndarray

    @property
    def samples(self) -> np.ndarray:
        """float32, full scale -1 to 1."""
        return to_float(self.words, KEPT).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Recordings:
    """Speech and noise of one split."""

    speech: tuple[Recording, ...]
    noise: tuple[Recording, ...]


def read_recordings(
    folder: str | Path, split: str, rate: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> Recordings:
    """Speech and noise of one split.

    Parameters
    ----------
    folder : path
        With ``manifest.csv`` (columns file, kind: speech or noise, speaker, split), or with folders ``train/speech``, ``train/noise``,
        ``valid/...``, ``test/...``; in these the name of a file up to the first ``-`` or ``_`` is its speaker.
    split : {"train", "valid", "test"}
    rate : int
        In Hz; files at other rates are converted.
    progress : callable
        Told how many files have been read, of how many.

    Raises
    ------
    DataError
    """
    rows = listed_recordings(Path(folder), split)
    parts: dict[str, list[Recording]] = {"speech": [], "noise": []}
    for number, (kind, name, speaker) in enumerate(rows):
        words = audio_to_words(read_audio(Path(folder) / name, rate).samples, KEPT).astype(np.int16)
        parts[kind].append(Recording(name, speaker, words))
        progress(number + 1, len(rows))
    return Recordings(tuple(parts["speech"]), tuple(parts["noise"]))


def levelled(x: np.ndarray, level: float) -> np.ndarray:
    """At that RMS, in dB of full scale; silence stays."""
    found = rms(x)
    return x * np.float32(10 ** (level / 20) / found) if found > 0 else x


def tilted(x: np.ndarray, decibels: float) -> np.ndarray:
    """With a spectrum that is raised by so much at the highest frequency against the lowest: one zero, one pole."""
    # (1 - a) / (1 + a) is the gain at the highest frequency over that at 0.
    ratio = 10 ** (decibels / 40)
    zero = (1 - ratio) / (1 + ratio)
    return signal.lfilter([1, zero], [1, -zero], x).astype(np.float32)


class Mixer:
    """Draws mixtures: the same ones for the same seed and step, whatever was drawn before.

    Parameters
    ----------
    recordings : Recordings
    configuration : Configuration
    """

    def __init__(self, recordings: Recordings, configuration: Configuration) -> None:
        self.recordings, self.mixing = recordings, configuration.mixing
        self.length, self.seed = configuration.length, configuration.seed
        self.sources = configuration.network.speakers
        self.by_speaker: dict[str, list[Recording]] = {}
        for recording in recordings.speech:
            self.by_speaker.setdefault(recording.speaker, []).append(recording)
        self.speakers = sorted(self.by_speaker)
        if len(self.speakers) < self.sources:
            raise DataError(f"{self.sources} speakers are to be mixed, and the data has {len(self.speakers)}")
        if self.sources == 1 and not recordings.noise:
            raise DataError("no noise in the data: one speaker alone leaves nothing to separate")

    def batch(self, step: int, size: int, rank: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Mixtures of one step.

        Returns
        -------
        noisy : ndarray of float32, shape (size, samples)
        sources : ndarray of float32, shape (size, speakers, samples)
        """
        random = np.random.default_rng([self.seed, step, rank])
        pairs = [self.mixture(random) for _ in range(size)]
        return np.stack([noisy for noisy, _ in pairs]), np.stack([sources for _, sources in pairs])

    def mixture(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One mixture: shapes (samples,) and (speakers, samples)."""
        mixing = self.mixing
        names = [self.speakers[n] for n in random.choice(len(self.speakers), self.sources, replace=False)]
        level = random.uniform(*mixing.level)
        sources = np.stack([
            levelled(self.tilt(self.speech(name, random), random), level + (random.uniform(*mixing.between) if n else 0.0))
            for n, name in enumerate(names)
        ])
        noisy = sources.sum(0)
        if self.recordings.noise:
            noisy = noisy + levelled(self.noise(names, random), level - random.uniform(*mixing.snr))
        # Nothing beyond full scale: the device could not take it either.
        peak = np.float32(max(1.0, float(np.max(np.abs(noisy)))))
        return noisy / peak, sources / peak

    def speech(self, speaker: str, random: np.random.Generator) -> np.ndarray:
        """A stretch in which somebody speaks."""
        own = self.by_speaker[speaker]
        recording = own[random.integers(len(own))].samples
        threshold = AUDIBLE * rms(recording)
        for _ in range(TRIES):
            part = self.stretch(recording, random)
            if rms(part) >= threshold:
                break
        return part

    def noise(self, names: list[str], random: np.random.Generator) -> np.ndarray:
        """One or two recordings, and now and then a babble of others."""
        mixing = self.mixing
        total = levelled(self.tilt(self.any_noise(random), random), -40.0)
        if random.random() < mixing.second_noise:
            total = total + levelled(self.tilt(self.any_noise(random), random), -40.0 + random.uniform(-10, 5))
        if random.random() < mixing.babble:
            others = [name for name in self.speakers if name not in names]
            chosen = random.choice(len(others), min(BABBLERS, len(others)), replace=False)
            parts = [levelled(self.speech(others[n], random), random.uniform(-6, 0)) for n in chosen]
            babble = np.sum(parts, axis=0) if parts else np.zeros(self.length, np.float32)
            total = total + levelled(self.tilt(babble, random), -40.0 + random.uniform(-10, 10))
        return total

    def any_noise(self, random: np.random.Generator) -> np.ndarray:
        return self.stretch(self.recordings.noise[random.integers(len(self.recordings.noise))].samples, random)

    def stretch(self, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """As many samples as a mixture has, from anywhere; a recording that is too short is repeated."""
        start = random.integers(max(1, x.size - self.length + 1))
        part = x[start : start + self.length]
        return part if part.size == self.length else np.resize(part, self.length)

    def tilt(self, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        return tilted(x, random.uniform(-self.mixing.tilt, self.mixing.tilt)) if self.mixing.tilt else x
