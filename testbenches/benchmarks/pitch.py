"""How near a pitch detector comes: synthetic vowels, pulse trains, and speech in noise against pYIN; float, bit-true, and the VHDL.

    python -m testbenches.benchmarks.pitch [examples/pitch_detector.toml] [--engine native] [--low-passes] [--audio FOLDER]

Vowels are all harmonics of a pitch through three resonances, pulse trains all harmonics up to 7600 Hz alike; a frame is wrong where it is
off by more than 2 %, or has no pitch. ``--low-passes`` puts the approximations A_2 and A_1 of wavelets in the place of the running sums,
in float. With ``--audio`` (or the environment's OSSICLE_AUDIO), a folder with ``manifest.csv`` and the files it names, the first utterance
of each speaker of the test split is played clean and at 10 dB in its noises; the truth is what librosa's pYIN says of the clean speech (an
optional package, to be installed by hand). An error is gross where both say that there is a voice and the pitches differ by more than 20 %.

References: D. H. Klatt, "Software for a cascade/parallel formant synthesizer", J. Acoust. Soc. Am. 67 (1980) 971-995, for resonances;
G. E. Peterson, H. L. Barney, "Control methods used in a study of the vowels", J. Acoust. Soc. Am. 24 (1952) 175-184, for their frequencies;
M. Mauch, S. Dixon, "pYIN: a fundamental frequency estimator using probabilistic threshold distributions", Proc. ICASSP 2014, 659-663.
"""

from __future__ import annotations

import argparse
import math
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pywt
from numpy.typing import NDArray

import reference.pitch_detector
from fixed_point import to_float
from fixed_point.full_scale import Samples, audio_to_words
from fixed_point.sound import RATE
from ip_cores.description import load_core
from testbenches.benchmarks.real_noise import FOLDER
from testbenches.noisy_speech import Mixture, mixtures
from testbenches.simulate import simulate

PITCHES = tuple(np.linspace(80.0, 350.0, 28))
"""In Hz."""

HIGHEST_HARMONIC = 7600.0
WHOLE = 5
"""Frames at the beginning that are not whole."""

ALLOWED, GROSS = 0.02, 0.2
"""Parts of the pitch by which it may be off; from which on an error is gross."""

VOWELS: dict[str, tuple[tuple[float, float], ...]] = {
    "a": ((730, 90), (1090, 110), (2440, 160)),
    "e": ((530, 80), (1840, 100), (2480, 150)),
    "i": ((270, 60), (2290, 100), (3010, 150)),
    "o": ((570, 80), (840, 90), (2410, 150)),
    "u": ((300, 60), (870, 90), (2240, 140)),
}
"""Frequencies and bandwidths of the resonances of a man's vowels, in Hz."""


def pulses(pitch: float, seconds: float) -> Samples:
    """All harmonics of a pitch alike: pulses that no sample grid cuts off."""
    t = np.arange(round(seconds * RATE)) / RATE
    x = np.sum([np.cos(2 * np.pi * k * pitch * t) for k in range(1, int(HIGHEST_HARMONIC / pitch) + 1)], axis=0)
    return np.asarray(0.5 * x / np.max(np.abs(x)))


def vowel(pitch: float, resonances: Sequence[tuple[float, float]], seconds: float) -> Samples:
    """Harmonics of a pitch through resonances, and the slope of a voice of -6 dB an octave."""
    from scipy.signal import lfilter

    x = lfilter([1.0], [1.0, -0.95], pulses(pitch, seconds))
    for frequency, width in resonances:
        radius = math.exp(-math.pi * width / RATE)
        x = lfilter([1.0], [1.0, -2 * radius * math.cos(2 * math.pi * frequency / RATE), radius**2], x)
    return np.asarray(0.5 * x / np.max(np.abs(x)))


def found_pitches(core: Any, x: Samples, way: str) -> NDArray[np.float64]:
    """Pitch of each frame in Hz by the float reference, the bit-true model or an engine; 0 where there is no voice."""
    words = audio_to_words(x, core.sink_format)
    if way == "float":
        periods = core.reference(to_float(words, core.sink_format))
    else:
        periods = (core.model(words) if way == "bit-true" else simulate(core, words, engine=way)) * core.source_format.resolution
    return np.where(periods > 0, core.sample_rate / np.where(periods > 0, periods, 1.0), 0.0)


class Tally:
    """Errors of frames whose pitch is known."""

    def __init__(self) -> None:
        self.errors: list[NDArray[np.float64]] = []

    def add(self, found: NDArray[np.float64], pitch: float) -> None:
        self.errors.append(np.abs(found[WHOLE:] / pitch - 1))

    def __str__(self) -> str:
        errors = np.concatenate(self.errors)
        return f"{100 * np.max(errors):.2f} %, {np.count_nonzero(errors > ALLOWED)} of {errors.size} wrong"


def synthetic_table(core: Any, ways: Sequence[str]) -> list[str]:
    """Largest error, and frames that are off by more than `ALLOWED`, of each vowel and of pulse trains."""
    rows = ["| | " + " | ".join(ways) + " |", "|---" * (1 + len(ways)) + "|"]
    for name in [*VOWELS, "pulse trains"]:
        tallies = [Tally() for _ in ways]
        for pitch in PITCHES:
            x = vowel(pitch, VOWELS[name], 0.3) if name in VOWELS else pulses(pitch, 0.3)
            for way, tally in zip(ways, tallies, strict=True):
                tally.add(found_pitches(core, x, way), pitch)
        rows.append(f"| {name} | {' | '.join(map(str, tallies))} |")
    return rows


def approximation(x: Samples, wavelet: str, levels: int) -> Samples:
    """The approximation of a wavelet, causal, with a gain of 1."""
    taps = np.array(pywt.Wavelet(wavelet).dec_lo) / math.sqrt(2)
    for _ in range(levels):
        x = np.convolve(x, taps)[1 : x.size : 2]
    return x


def detected(core: Any, low: Samples, rate: float) -> NDArray[np.float64]:
    """Pitches in decimated samples of any rate, in float, by the core's limits."""
    law, truth = core.law, reference.pitch_detector
    scale = rate / (core.sample_rate / truth.DECIMATION)
    length, hop = round(law.frame * scale), round(law.hop * scale)
    shortest, longest = math.floor(rate / core.highest), math.ceil(rate / core.lowest)
    parts = truth.frames(low, length, hop, low.size // hop + 1)
    rho = truth.autocorrelation(parts, longest + 2)
    lags = truth.chosen_lags(truth.peaks(rho, shortest, longest), np.sum(parts**2, axis=1), core.share, core.voicing, 1e-9)
    periods = truth.periods(rho, lags) / truth.DECIMATION
    return np.where(periods > 0, rate / np.where(periods > 0, periods, 1.0), 0.0)


def low_pass_table(core: Any) -> list[str]:
    """Vowels and pulse trains behind other low-passes, in float."""
    rows = ["| low-pass | vowels | pulse trains |", "|---|---|---|"]
    choices = [("running sums, 4 kHz", "", 2)] + [
        (f"{wavelet}, A_{levels}, {RATE >> levels} Hz", wavelet, levels) for levels in (2, 1) for wavelet in ("haar", "db2", "db4")
    ]
    for name, wavelet, levels in choices:
        voiced, pulsed = Tally(), Tally()
        for pitch in PITCHES:
            for tally, x in [*((voiced, vowel(pitch, one, 0.3)) for one in VOWELS.values()), (pulsed, pulses(pitch, 0.3))]:
                low = approximation(x, wavelet, levels) if wavelet else reference.pitch_detector.decimated(x) / 32
                tally.add(detected(core, low, RATE / 2**levels), pitch)
        rows.append(f"| {name} | {voiced} | {pulsed} |")
    return rows


def compared(core: Any, mixture: Mixture, truth: NDArray[np.float64], x: Samples, way: str) -> NDArray[np.int64]:
    """Gross errors, frames in which both find a voice, frames of a voice, those found where there is none, and frames of none."""
    found = found_pitches(core, x, way)
    hop = core.law.hop_samples
    # The middle of a frame, behind the low-pass, in hops; pYIN's frames are centred at whole hops.
    middle = np.arange(found.size) - (core.law.frame * 2 + 5) / hop
    place = np.floor(middle + 0.5).astype(int)
    inside = (place >= 0) & (place < truth.size)
    found, own = found[inside], truth[place[inside]]
    voice = ~np.isnan(own) & (own >= core.lowest) & (own <= core.highest)
    both = voice & (found > 0)
    gross = both & (np.abs(found - np.where(voice, own, 0)) > GROSS * np.where(voice, own, 1))
    return np.array([gross.sum(), both.sum(), voice.sum(), (~voice & (found > 0)).sum(), (~voice).sum()])


def speech_table(core: Any, folder: Path, ways: Sequence[str]) -> list[str]:
    """By noise: gross errors, voiced frames without a pitch, and pitches where pYIN finds no voice."""
    import librosa

    hop = core.law.hop_samples
    counts: dict[tuple[str, str], NDArray[np.int64]] = defaultdict(lambda: np.zeros(5, np.int64))
    truths: dict[str, NDArray[np.float64]] = {}
    for mixture in mixtures(folder):
        if mixture.level != 10:
            continue
        clean = mixture.clean
        if mixture.speaker not in truths:
            truth, voiced, _ = librosa.pyin(clean, fmin=65, fmax=420, sr=RATE, frame_length=1024, hop_length=hop)
            truths[mixture.speaker] = np.where(voiced, truth, np.nan)
            for way in ways:
                counts["clean", way] += compared(core, mixture, truths[mixture.speaker], clean, way)
        for way in ways:
            counts[f"{mixture.noise}, 10 dB", way] += compared(core, mixture, truths[mixture.speaker], mixture.noisy, way)
    rows = ["| | " + " | ".join(f"gross, {way} | missed, {way} | false, {way}" for way in ways) + " |", "|---" * (1 + 3 * len(ways)) + "|"]
    for name in dict.fromkeys(name for name, _ in counts):
        cells = []
        for way in ways:
            gross, both, voice, false, none = counts[name, way]
            cells += [f"{100 * gross / both:.1f} %", f"{100 - 100 * both / voice:.1f} %", f"{100 * false / none:.1f} %"]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("description", nargs="?", default="examples/pitch_detector.toml", help="a core description")
    parser.add_argument("--engine", choices=("myhdl", "ghdl", "native"), help="the delivered VHDL beside float and model")
    parser.add_argument("--low-passes", action="store_true", help="other low-passes, in float")
    parser.add_argument("--audio", type=Path, default=os.environ.get(FOLDER), help="folder of speech and noise; needs librosa")
    chosen = parser.parse_args(arguments)
    core = load_core(chosen.description)
    if core.sample_rate != RATE:
        parser.error(f"{chosen.description}: must work at {RATE} samples/s")
    ways = ["float", "bit-true", *([chosen.engine] if chosen.engine else [])]
    print(*synthetic_table(core, ways), sep="\n")
    if chosen.low_passes:
        print("", *low_pass_table(core), sep="\n")
    if chosen.audio is not None:
        try:
            import librosa  # noqa: F401
        except ImportError:
            parser.error("--audio: compares with librosa's pYIN; install librosa first")
        print("", *speech_table(core, chosen.audio, ways), sep="\n")


if __name__ == "__main__":
    main()
