"""Recordings of speech and noise, or pairs of noisy and clean ones, from manifests, folders or lists of scenes; and mixtures of them.

Where the recordings come from, whatever is found in the folder:

* ``manifest.csv`` with the columns file, kind, speaker, split: kind is speech, noise, or noisy; a noisy one has a column ``clean`` besides,
  which names what it should become;
* folders ``train/speech`` and ``train/noise``, or ``train/noisy`` and ``train/clean`` with files of the same names; so for valid and test;
* the scenes of the Clarity Enhancement Challenges: ``metadata/scenes.train.json``, a list of objects whose ``scene`` is a name S, and
  ``train/scenes/S_mixed_CH1.wav`` (CEC2: ``S_mix_CH1.wav``) with ``S_target_anechoic.wav`` (``S_target_anechoic_CH1.wav``); the splits
  there are train, dev and eval. Of files with several channels the first one is taken.
"""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import signal

from fixed_point.full_scale import amplitude, amplitude_decibels, audio_to_words
from fixed_point.number_format import Format
from fixed_point.quantization import to_float
from fixed_point.sound import SOUNDS, read_audio
from testbenches.noisy_speech import DataError, listed_recordings, rms
from training.configuration import Configuration
from training.rooms import Rooms

CLARITY_SPLITS = {"train": "train", "valid": "dev", "test": "eval"}
CLARITY_NAMES = (("_mixed_CH1.wav", "_target_anechoic.wav"), ("_mix_CH1.wav", "_target_anechoic_CH1.wav"))
"""Endings of mixture and target in the first and in the second Clarity Enhancement Challenge."""

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

    @functools.cached_property
    def level(self) -> float:
        """Root mean square of all of it."""
        return rms(as_samples(self.words))


def as_samples(words: np.ndarray) -> np.ndarray:
    """Words as samples in float32, full scale -1 to 1: of a part, since a recording may last for hours."""
    return to_float(words, KEPT).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Pair:
    """A noisy recording and what it should become, equally long."""

    noisy: Recording
    clean: Recording


@dataclass(frozen=True, eq=False)
class Recordings:
    """Speech, noise, and pairs of one split."""

    speech: tuple[Recording, ...]
    noise: tuple[Recording, ...]
    pairs: tuple[Pair, ...] = ()


def read_recordings(
    folder: str | Path, split: str, rate: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> Recordings:
    """Speech, noise and pairs of one split.

    Parameters
    ----------
    folder : path
        As the head of this module says.
    split : {"train", "valid", "test"}
    rate : int
        In Hz; files at other rates are converted.
    progress : callable
        Told how many files have been read, of how many.

    Raises
    ------
    DataError
    """
    place = Path(folder)
    couples = listed_pairs(place, split)
    rows = listed_recordings(place, split, needed=not couples)
    total = len(rows) + len(couples)

    def recording(name: str, speaker: str = "") -> Recording:
        return Recording(name, speaker, audio_to_words(read_audio(place / name, rate, channel=0).samples, KEPT).astype(np.int16))

    parts: dict[str, list[Recording]] = {"speech": [], "noise": []}
    for number, (kind, name, speaker) in enumerate(rows):
        parts[kind].append(recording(name, speaker))
        progress(number + 1, total)
    pairs = []
    for number, (noisy, clean) in enumerate(couples):
        both = recording(noisy), recording(clean)
        length = min(one.words.size for one in both)
        pairs.append(Pair(*(Recording(one.name, "", one.words[:length]) for one in both)))
        progress(len(rows) + number + 1, total)
    return Recordings(tuple(parts["speech"]), tuple(parts["noise"]), tuple(pairs))


def listed_pairs(folder: Path, split: str) -> list[tuple[str, str]]:
    """Noisy and clean files of a split, sorted.

    Raises
    ------
    DataError
        A manifest, list or file that is not as it should be.
    """
    found = []
    manifest, noisy = folder / "manifest.csv", folder / split / "noisy"
    if manifest.exists():
        with manifest.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row.get("kind") == "noisy" and row.get("split") == split:
                    if not row.get("clean"):
                        raise DataError(f"{manifest}: {row['file']} is noisy, and the column clean does not say what it should become")
                    found.append((row["file"], row["clean"]))
    for path in sorted(noisy.rglob("*")) if noisy.is_dir() else ():
        if path.suffix.lower() in SOUNDS:
            clean = folder / split / "clean" / path.relative_to(noisy)
            if not clean.exists():
                raise DataError(f"{path}: has no counterpart {clean}")
            found.append((str(path.relative_to(folder)), str(clean.relative_to(folder))))
    return sorted(found) + listed_scenes(folder, split)


def listed_scenes(folder: Path, split: str) -> list[tuple[str, str]]:
    """Mixture and target of each Clarity scene of a split, sorted."""
    name = CLARITY_SPLITS[split]
    path = folder / "metadata" / f"scenes.{name}.json"
    if not path.exists():
        return []
    try:
        scenes = sorted({str(row["scene"]) for row in json.loads(path.read_text(encoding="utf-8"))})
    except (ValueError, TypeError, KeyError):
        raise DataError(f"{path}: must be a list of objects with the name of a scene as scene") from None
    found = []
    for scene in scenes:
        stem = f"{name}/scenes/{scene}"
        couple = next(((stem + a, stem + b) for a, b in CLARITY_NAMES if (folder / (stem + a)).exists()), None)
        if couple is None or not (folder / couple[1]).exists():
            raise DataError(f"{folder / stem}: has no mixture {CLARITY_NAMES[0][0]} with its {CLARITY_NAMES[0][1]}")
        found.append(couple)
    return found


def levelled(x: np.ndarray, level: float) -> np.ndarray:
    """At that RMS, in dB of full scale; silence stays."""
    found = rms(x)
    return x * np.float32(amplitude(level) / found) if found > 0 else x


def tilted(x: np.ndarray, decibels: float) -> np.ndarray:
    """With a spectrum that is raised by so much at the highest frequency against the lowest: one zero, one pole."""
    # (1 - a) / (1 + a) is the gain at the highest frequency over that at 0.
    ratio = 10 ** (decibels / 40)
    zero = (1 - ratio) / (1 + ratio)
    return signal.lfilter([1, zero], [1, -zero], x).astype(np.float32)


def decibels(x: np.ndarray) -> float:
    """RMS in dB of full scale; that of silence is -200."""
    return amplitude_decibels(max(rms(x), 1e-10))


def limited(noisy: np.ndarray, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nothing beyond full scale: the device could not take it either. float32."""
    peak = np.float32(max(1.0, float(np.max(np.abs(noisy)))))
    return (noisy / peak).astype(np.float32), (sources / peak).astype(np.float32)


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
        if recordings.pairs and self.sources > 1:
            raise DataError(f"pairs of noisy and clean recordings have one speaker; {self.sources} are to be separated")
        if not recordings.pairs or recordings.speech:
            if len(self.speakers) < self.sources:
                raise DataError(f"{self.sources} speakers are to be mixed, and the data has {len(self.speakers)}")
            if self.sources == 1 and not recordings.noise:
                raise DataError("no noise in the data: one speaker alone leaves nothing to separate")
        self.share = len(recordings.pairs) / max(1, len(recordings.pairs) + len(recordings.speech))
        self.rooms = Rooms(configuration.sample_rate)

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
        # Nothing is drawn where there is no choice: what one kind of data gives does not hang on whether there could be another.
        if self.share == 1 or (self.share and random.random() < self.share):
            return self.paired(random)
        names = [self.speakers[n] for n in random.choice(len(self.speakers), self.sources, replace=False)]
        level = random.uniform(*mixing.level)
        sources = np.stack(
            [
                levelled(self.tilt(self.speech(name, random), random), level + (random.uniform(*mixing.between) if n else 0.0))
                for n, name in enumerate(names)
            ]
        )
        heard, noise = sources, None
        if self.recordings.noise:
            noise = levelled(self.noise(names, random), level - random.uniform(*mixing.snr))
        if mixing.room and random.random() < mixing.room:
            # Each source, and the noise, from a place of its own in one room.
            echoes = self.rooms.responses(random, self.sources + 1)
            heard = np.stack([echo.whole(source) for echo, source in zip(echoes, sources, strict=False)])
            early = np.stack([echo.early(source) for echo, source in zip(echoes, sources, strict=False)])
            # The level is that of what is wanted, as without a room.
            gains = np.array([[amplitude(decibels(source) - decibels(own))] for source, own in zip(sources, early, strict=True)])
            heard, sources = gains * heard, gains * early
            noise = None if noise is None else levelled(echoes[-1].whole(noise), decibels(noise))
        noisy = heard.sum(0) if noise is None else heard.sum(0) + noise
        return limited(noisy, sources)

    def paired(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A stretch of a pair, at a level that is drawn."""
        pair = self.recordings.pairs[random.integers(len(self.recordings.pairs))]
        start = int(random.integers(max(1, pair.clean.words.size - self.length + 1)))
        noisy, clean = (as_samples(self.from_start(one.words, start)) for one in (pair.noisy, pair.clean))
        gain = np.float32(amplitude(random.uniform(*self.mixing.level) - decibels(clean))) if rms(clean) else np.float32(1)
        return limited(gain * noisy, gain * clean[np.newaxis])

    def speech(self, speaker: str, random: np.random.Generator) -> np.ndarray:
        """A stretch in which somebody speaks."""
        own = self.by_speaker[speaker]
        recording = own[random.integers(len(own))]
        threshold = AUDIBLE * recording.level
        for _ in range(TRIES):
            part = as_samples(self.stretch(recording.words, random))
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
        return as_samples(self.stretch(self.recordings.noise[random.integers(len(self.recordings.noise))].words, random))

    def stretch(self, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """As many samples as a mixture has, from anywhere; a recording that is too short is repeated."""
        return self.from_start(x, int(random.integers(max(1, x.size - self.length + 1))))

    def from_start(self, x: np.ndarray, start: int) -> np.ndarray:
        part = x[start : start + self.length]
        return part if part.size == self.length else np.resize(part, self.length)

    def tilt(self, x: np.ndarray, random: np.random.Generator) -> np.ndarray:
        return tilted(x, random.uniform(-self.mixing.tilt, self.mixing.tilt)) if self.mixing.tilt else x
