"""Speech in real noise, the same mixtures whoever measures: the public test set that figures are published for.

The folder holds ``manifest.csv`` (file, kind: speech or noise, speaker, split) and the files it names, at 16 kHz; or folders
``test/speech`` and ``test/noise``, and so for other splits, where the name of a file up to the first ``-`` or ``_`` is its speaker. The set
is the first utterance of each speaker of a split, its first 5 s, with each noise of that split at 0, 5 and 10 dB over the whole clip.

Reference: J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", Proc. ICASSP 2019, 626-630, for SI-SDR.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fixed_point.full_scale import Samples, amplitude, audio_to_words, power_decibels
from fixed_point.quantization import to_float
from fixed_point.sound import RATE, SOUNDS, read_audio
from testbenches.simulate import as_audio

LEVELS = (0, 5, 10)
SECONDS, SKIPPED = 5, RATE // 4
LEVEL = amplitude(-26)
"""Root mean square of the speech."""

STRIDE = 7919
"""Samples from the noise of one mixture to that of the next."""


class DataError(ValueError):
    """Recordings that cannot be used; the message names the folder or file."""


def listed_recordings(folder: Path, split: str, needed: bool = True) -> list[tuple[str, str, str]]:
    """Kind, file and speaker of all recordings of a split, sorted by name; no speech is an error where it is needed."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    manifest = folder / "manifest.csv"
    found = []
    if manifest.exists():
        with manifest.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = {"file", "kind", "split"} - set(reader.fieldnames or ())
            if missing:
                raise DataError(f"{manifest}: has no column {', '.join(sorted(missing))}")
            for row in reader:
                if row["split"] == split and row["kind"] in ("speech", "noise"):
                    found.append((row["kind"], row["file"], row.get("speaker") or row["file"]))
    else:
        for kind in ("speech", "noise"):
            for path in (folder / split / kind).rglob("*"):
                if path.suffix.lower() in SOUNDS:
                    found.append((kind, str(path.relative_to(folder)), path.stem.replace("_", "-").split("-")[0]))
    if needed and not any(kind == "speech" for kind, _, _ in found):
        raise DataError(f"{folder}: no speech in the split {split!r}: neither in manifest.csv nor in {split}/speech")
    return sorted(found)


class Mixture(NamedTuple):
    """Speech in noise."""

    speaker: str
    noise: str
    level: int
    clean: Samples
    noisy: Samples


def first_utterances(folder: Path, split: str) -> dict[str, Samples]:
    """By speaker, sorted: the first 5 s of the first utterance, all at one level."""
    first: dict[str, str] = {}
    for kind, name, speaker in listed_recordings(folder, split):
        if kind == "speech":
            first.setdefault(speaker, name)
    found = {}
    for speaker in sorted(first):
        clean = read_audio(folder / first[speaker]).samples[: SECONDS * RATE]
        found[speaker] = clean * LEVEL / rms(clean)
    return found


class Talk(NamedTuple):
    """Several who speak at once, equally loud."""

    speakers: tuple[str, ...]
    sources: Samples
    noisy: Samples


def talks(folder: Path, split: str, count: int) -> Iterator[Talk]:
    """Every choice of so many speakers of a split: what separates is measured on these."""
    speakers = first_utterances(folder, split)
    for names in itertools.combinations(speakers, count):
        length = min(speakers[name].size for name in names)
        sources = np.stack([speakers[name][:length] for name in names])
        yield Talk(names, sources, sources.sum(0))


def mixtures(folder: Path, split: str = "test") -> Iterator[Mixture]:
    """All mixtures of a split."""
    speakers = first_utterances(folder, split)
    noises = [name for kind, name, _ in listed_recordings(folder, split) if kind == "noise"]
    if not noises:
        raise DataError(f"{folder}: no noise in the split {split!r}")
    samples = [read_audio(folder / name).samples for name in noises]
    for i, (speaker, clean) in enumerate(speakers.items()):
        for j, (name, noise) in enumerate(zip(noises, samples, strict=True)):
            start = STRIDE * (len(noises) * i + j) % max(1, noise.size - clean.size + 1)
            part = np.resize(noise[start:], clean.size)
            for level in LEVELS:
                yield Mixture(speaker, Path(name).stem, level, clean, clean + part * (rms(clean) / rms(part) * amplitude(-level)))


def rms(x: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(x))))


def si_sdr(clean: Samples, heard: Samples) -> float:
    """Scale-invariant signal-to-distortion ratio in dB.

    Examples
    --------
    >>> round(si_sdr(np.array([1.0, 1.0]), np.array([3.0, 1.0])), 6)
    6.0206
    """
    target = clean * (np.dot(clean, heard) / np.dot(clean, clean))
    return power_decibels(float(np.sum(target**2)), float(np.sum((target - heard) ** 2)))


def heard(core: Any, x: Samples, exact: bool = False) -> Samples:
    """Through the bit-true model, or the float reference on the same words; all that has come out when `x` is in."""
    words = audio_to_words(x, core.sink_format)
    if exact:
        return np.asarray(core.late_reference(to_float(words, core.sink_format)))
    return as_audio(core, core.model(words))


def listening_delay(core: Any) -> int:
    """Words by which the output is late: where an impulse in silence is heard, which every noise reducer lets through."""
    if core.word_delay is not None:
        return int(core.word_delay)
    impulse = np.zeros(RATE)
    impulse[RATE // 2] = 0.5
    return int(np.argmax(np.abs(heard(core, impulse, exact=True)))) - RATE // 2
