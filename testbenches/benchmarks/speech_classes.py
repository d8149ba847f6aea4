"""How often a speech classifier is right, on labelled speech, clean and in noise: float, bit-true, and the delivered VHDL.

    python -m testbenches.benchmarks.speech_classes examples/speech_classifier.toml --audio FOLDER [--engine native] [--measures]

The folder, or the environment's OSSICLE_AUDIO, holds ``arctic/arctic_a0009.wav``, ``arctic/a0009_phones.csv`` (start, end in seconds,
phone), ``noise/blanket/coffee-shop.flac``, 16 kHz. A frame is what the phone in its middle is: silent in a pause; unvoiced in p, t, k, f,
s, sh, hh, with the closures of stops; voiced in all others. Accuracies are balanced, the mean of two shares: of voiced frames those called
voiced, and of silent frames those called silent, or of unvoiced frames those not called voiced. ``--measures`` puts other measures in the
place of the tilt: which of them decide anything.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import reference.speech_classifier
from fixed_point import to_float
from fixed_point.full_scale import Samples, amplitude, audio_to_words
from fixed_point.sound import RATE, read_audio
from ip_cores.description import load_core
from reference.speech_classifier import SILENT, UNVOICED, VOICED
from testbenches.benchmarks.real_noise import FOLDER
from testbenches.noisy_speech import rms
from testbenches.simulate import simulate

VOICELESS = frozenset("p t k f s sh hh ch th".split())
PAUSES = frozenset(("sil", "pau"))
LEVEL = 10
"""Of the speech over the noise, in dB."""

Classes = NDArray[np.int64]


class Scores(NamedTuple):
    """Balanced accuracies: voiced against silent frames, and against unvoiced ones."""

    silent: float
    unvoiced: float


class Labelled(NamedTuple):
    """Phones of a recording, with where each begins and ends, in seconds."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    phones: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Labelled:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        starts, ends = (np.array([float(row[name]) for row in rows]) for name in ("start_s", "end_s"))
        return cls(starts, ends, tuple(row["phone"] for row in rows))

    def classes(self, times: NDArray[np.float64]) -> Classes:
        """What there is at these times; silence where nothing is labelled."""
        kinds = np.array([SILENT if one in PAUSES else UNVOICED if one in VOICELESS else VOICED for one in self.phones])
        place = np.searchsorted(self.starts, times, side="right") - 1
        return np.where((place >= 0) & (times < self.ends[place]), kinds[place], SILENT)


def scores(found: Classes, right: Classes) -> Scores:
    """Balanced accuracies of what was found.

    Examples
    --------
    >>> scores(np.array([2, 2, 1, 0, 0, 2]), np.array([2, 2, 2, 0, 1, 1]))
    Scores(silent=0.8333333333333333, unvoiced=0.5833333333333333)
    """
    voiced = float(np.mean(found[right == VOICED] == VOICED))
    silent, unvoiced = float(np.mean(found[right == SILENT] == SILENT)), float(np.mean(found[right == UNVOICED] != VOICED))
    return Scores((voiced + silent) / 2, (voiced + unvoiced) / 2)


def recordings(folder: Path) -> Iterator[tuple[str, Samples]]:
    """The speech, clean and in two noises."""
    speech = read_audio(folder / "arctic" / "arctic_a0009.wav").samples
    yield "clean", speech
    cafe = read_audio(folder / "noise" / "blanket" / "coffee-shop.flac").samples[: speech.size]
    for name, noise in (("white noise, 10 dB", np.random.default_rng(0).standard_normal(speech.size)), ("coffee-shop, 10 dB", cafe)):
        yield name, speech + noise * (rms(speech) / rms(noise) * amplitude(-LEVEL))


def middles(core: Any, frames: int) -> NDArray[np.float64]:
    """The time in the middle of each frame, in seconds."""
    return ((np.arange(frames) + 1) * core.law.hop - core.law.frame / 2) / core.sample_rate


def found_classes(core: Any, x: Samples, way: str) -> Classes:
    """What the float reference, the bit-true model or an engine says of each frame."""
    words = audio_to_words(x, core.sink_format)
    if way == "float":
        return np.asarray(core.own_parts(to_float(words, core.sink_format))["class"])
    given = core.model(words) if way == "bit-true" else simulate(core, words, engine=way)
    return np.asarray(core.law.parted(given)["class"])


def autocorrelation_peak(core: Any, x: Samples) -> NDArray[np.float64]:
    """Largest normalised autocorrelation at lags of 70 to 400 Hz over each frame, at a quarter of the sample rate."""
    low = x[: x.size // 4 * 4].reshape(-1, 4).mean(axis=1)
    frame, hop = core.law.frame // 4, core.law.hop // 4
    padded = np.concatenate([np.zeros(frame - hop), low])
    rate = core.sample_rate / 4
    lags = range(int(rate / 400), min(int(rate / 70), frame - 8) + 1)
    peaks = []
    for start in range(0, padded.size - frame + 1, hop):
        part = padded[start : start + frame]
        pairs = [(part[:-lag], part[lag:]) for lag in lags]
        peaks.append(max(float(np.dot(a, b) / (0.5 * (np.dot(a, a) + np.dot(b, b)) + 1e-12)) for a, b in pairs))
    return np.array(peaks)


def by_measure(core: Any, x: Samples) -> Iterator[tuple[str, Classes]]:
    """Classes with other measures in the place of the tilt."""
    given = to_float(audio_to_words(x, core.sink_format), core.sink_format)
    sums, own = core.sums(given), core.measured(core.sums(given))
    silent = own.above < core.plan.silence * 2.0**-10
    rules: dict[str, Callable[[], NDArray[np.bool_]]] = {
        "level alone": lambda: np.ones(silent.size, np.bool_),
        "tilt, as the core decides": lambda: own.tilt <= core.plan.tilt * 2.0**-10,
        "zero crossings below 0.2 a sample": lambda: sums.crossings < 0.2 * core.law.frame,
        "autocorrelation peak above 0.5": lambda: autocorrelation_peak(core, given)[: silent.size] > 0.5,
    }
    for name, voiced in rules.items():
        yield name, np.where(silent, SILENT, np.where(voiced(), VOICED, UNVOICED))
    entropy = reference.speech_classifier.entropy(given, core.law.hop, core.overlap)
    yield "entropy from 0.1 on, no level", np.where(entropy >= 0.1, VOICED, SILENT)


def table(core: Any, folder: Path, ways: Sequence[str]) -> list[str]:
    """A row for each recording: both accuracies by way of computing."""
    labels = Labelled.read(folder / "arctic" / "a0009_phones.csv")
    rows = [
        "| a0009 | " + " | ".join(f"voiced/silent, {way} | voiced/unvoiced, {way}" for way in ways) + " |",
        "|---" * (1 + 2 * len(ways)) + "|",
    ]
    for name, x in recordings(folder):
        cells = []
        for way in ways:
            found = found_classes(core, x, way)
            cells += [f"{100 * one:.1f} %" for one in scores(found, labels.classes(middles(core, found.size)))]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


def measures_table(core: Any, folder: Path) -> list[str]:
    """A row for each measure: both accuracies of each recording, in float."""
    labels = Labelled.read(folder / "arctic" / "a0009_phones.csv")
    found: dict[str, list[str]] = {}
    names = []
    for name, x in recordings(folder):
        names.append(name)
        for measure, classes in by_measure(core, x):
            both = scores(classes, labels.classes(middles(core, classes.size)))
            found.setdefault(measure, []).append(" / ".join(f"{100 * one:.1f}" for one in both))
    head = ["| voiced by | " + " | ".join(f"{name}, %" for name in names) + " |", "|---" * (1 + len(names)) + "|"]
    return [*head, *(f"| {measure} | {' | '.join(cells)} |" for measure, cells in found.items())]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("description", nargs="?", default="examples/speech_classifier.toml", help="a core description")
    parser.add_argument("--audio", type=Path, default=os.environ.get(FOLDER), help=f"folder of recordings (default: {FOLDER})")
    parser.add_argument("--engine", choices=("myhdl", "ghdl", "native"), help="the delivered VHDL beside float and model")
    parser.add_argument("--measures", action="store_true", help="other measures in the place of the tilt")
    chosen = parser.parse_args(arguments)
    if chosen.audio is None:
        parser.error(f"--audio or {FOLDER} must name a folder of recordings")
    core = load_core(chosen.description)
    if core.sample_rate != RATE:
        parser.error(f"{chosen.description}: must work at {RATE} samples/s")
    for row in table(core, chosen.audio, ["float", "bit-true", *([chosen.engine] if chosen.engine else [])]):
        print(row)
    if chosen.measures:
        print("", *measures_table(core, chosen.audio), sep="\n")


if __name__ == "__main__":
    main()
