"""What a feedback canceller is worth in a closed loop of speech, and what it takes away in the open one; float and bit-true.

    python -m testbenches.benchmarks.feedback [examples/feedback_canceller.toml] --audio FOLDER

In the loop the microphone hears a talker and what comes back from the loudspeaker; what the canceller leaves is late by `FORWARD` samples,
amplified beyond what the loop bears without a canceller (its maximum stable gain), perhaps moved by some Hz, and limited to full scale.
The added stable gain is by how many dB what is left of the path is below the path, each at its loudest frequency; the mean from `FIRST`
to `LAST` seconds. FOLDER (or the environment's OSSICLE_AUDIO) has ``manifest.csv`` and the files it names: the
first talkers of its test split.

Without a FOLDER an excerpt of the library's own takes the talkers' place.

Reference: J. M. Kates, "Feedback cancellation in hearing aids: results from a computer simulation", IEEE Trans. Signal Process. 39 (1991)
553-562, for the loop and the figure.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fixed_point.feedback_canceller
import reference.feedback_canceller
from fixed_point import to_float
from fixed_point.full_scale import Samples, amplitude, audio_to_words, power_decibels
from fixed_point.sound import RATE, read_audio
from ip_cores.description import load_core
from reference.frequency_shifter import hilbert_taps

ROOT = Path(__file__).resolve().parent.parent.parent
EXCERPT = ROOT / "examples" / "speech.wav"

TALKERS, SECONDS = 5, 8
PATHS = 3
PATH_TAPS, LEAD = 46, 4
"""Of a path from the loudspeaker to the microphone, and those in front that are 0."""

PATH_PEAK, SPEECH = -20.0, -40.0
"""Largest gain of a path, and the RMS of speech at the microphone, in dB of full scale."""

FORWARD = 47
"""Samples from the canceller to the loudspeaker, with those of the shift."""

HILBERT, LOWEST = 15, 1500.0
BLOCK = FORWARD - HILBERT // 2
"""Samples that are known of what leaves when those before have been heard."""

OVER = 6.0
"""dB beyond the maximum stable gain."""

FIRST, LAST = 2.0, 8.0
SHIFTS = (0.0, 10.0, 15.0, 20.0)

Weights = NDArray[np.float64]


def talkers(folder: Path | None) -> dict[str, Samples]:
    """Speech of some seconds at one level, by talker."""
    if folder is None:
        return {"examples/speech.wav": at_level(np.resize(read_audio(EXCERPT).samples, SECONDS * RATE))}
    with (folder / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "speech" and row["split"] == "test"]
    names = sorted({row["speaker"] for row in rows})[:TALKERS]
    found = {}
    for name in names:
        files = sorted(row["file"] for row in rows if row["speaker"] == name)
        found[name] = at_level(np.concatenate([read_audio(folder / one).samples for one in files])[: SECONDS * RATE])
    return found


def at_level(x: Samples) -> Samples:
    return np.asarray(x * amplitude(SPEECH) / np.sqrt(np.mean(x**2)))


def path(seed: int) -> Weights:
    """A path as that of a hearing aid: some resonances of 1 to 5.5 kHz that fade within its taps, behind a little air."""
    random = np.random.default_rng(seed)
    time = np.arange(PATH_TAPS - LEAD) / RATE
    found = np.zeros(PATH_TAPS)
    for frequency, width in zip(random.uniform(1000, 5500, 4), random.uniform(400, 1500, 4), strict=True):
        size = random.choice([-1, 1]) * random.uniform(0.3, 1.0)
        found[LEAD:] += size * np.exp(-np.pi * width * time) * np.sin(2 * np.pi * frequency * (time + 1 / RATE))
    return np.asarray(found * amplitude(PATH_PEAK) / largest_gain(found))


def largest_gain(taps: Weights) -> float:
    return float(np.abs(np.fft.rfft(taps, 1024)).max())


class Canceller:
    """A canceller that goes on from block to block, in float or as its model does it; none at all without a core."""

    def __init__(self, core: Any, exact: bool) -> None:
        self.core, self.exact = core, exact
        if core is not None and exact:
            self.state: Any = reference.feedback_canceller.CancellerState.silent(core.settings)
        elif core is not None:
            self.state = fixed_point.feedback_canceller.CancellerWords.silent(core.law)

    def play(self, microphone: Samples, loudspeaker: Samples) -> Samples:
        """What is left of a block."""
        core = self.core
        if core is None:
            return microphone
        if self.exact:
            return reference.feedback_canceller.feedback_canceller(
                microphone, loudspeaker, core.settings, core.speed, core.leakage, state=self.state
            )
        heard, played = (audio_to_words(one, core.sink) for one in (microphone, loudspeaker))
        left = fixed_point.feedback_canceller.feedback_canceller(heard, played, core.law, core.step, core.leak, state=self.state)
        return np.asarray(to_float(left, core.source))

    @property
    def weights(self) -> Weights:
        """As they are now."""
        if self.core is None:
            return np.zeros(1)
        return np.array(self.state.weights) * (1.0 if self.exact else self.core.law.stored.resolution)


def closed_loop(core: Any, exact: bool, speech: Samples, taps: Weights, over: float, shift: float) -> tuple[Weights, Samples]:
    """Weights behind each block, and the loudspeaker's samples."""
    canceller, gain = Canceller(core, exact), amplitude(over) / largest_gain(taps)
    count = len(speech) // BLOCK * BLOCK
    played, left = np.zeros(count + FORWARD + HILBERT), np.zeros(count + FORWARD + HILBERT)
    begin = FORWARD + HILBERT
    hilbert, rows = hilbert_taps(HILBERT, LOWEST / RATE), []
    for first in range(begin, begin + count, BLOCK):
        late = left[first - FORWARD : first - FORWARD + BLOCK]
        if shift:
            around = left[first - FORWARD - HILBERT // 2 : first - FORWARD + BLOCK + HILBERT // 2]
            angle = 2 * np.pi * shift / RATE * np.arange(first, first + BLOCK)
            late = late * np.cos(angle) - np.convolve(around, hilbert, "valid") * np.sin(angle)
        played[first : first + BLOCK] = np.clip(gain * late, -1.0, 1.0)
        back = np.convolve(played[first - PATH_TAPS + 1 : first + BLOCK], taps, "valid")
        heard = np.clip(speech[first - begin : first - begin + BLOCK] + back, -1.0, 1.0)
        left[first : first + BLOCK] = canceller.play(heard, played[first : first + BLOCK])
        rows.append(canceller.weights)
    return np.array(rows), played[begin:]


def gains_over_time(core: Any, exact: bool, speech: Samples, taps: Weights, over: float, shift: float) -> Weights:
    """Added stable gain behind each block from `FIRST` to `LAST` seconds, in dB."""
    weights, _ = closed_loop(core, exact, speech, taps, over, shift)
    gains = reference.feedback_canceller.added_stable_gain(taps, weights, core.delay)
    return np.asarray(gains[round(FIRST * RATE / BLOCK) : round(LAST * RATE / BLOCK)])


def mean_gains(core: Any, exact: bool, speech: Samples, over: float, shift: float) -> list[float]:
    """Of a talker with each path the mean over time."""
    return [float(gains_over_time(core, exact, speech, path(seed), over, shift).mean()) for seed in range(PATHS)]


def loop_rows(core: Any, voices: dict[str, Samples], over: float) -> list[str]:
    """Added stable gain of each talker, the mean over paths, and the least and the mean of all."""
    rows = ["| shift | | " + " | ".join(voices) + " | mean | least path |", "|---:|---|" + "---:|" * (len(voices) + 2)]
    for shift in SHIFTS:
        for exact in (True, False):
            found = np.array([mean_gains(core, exact, speech, over, shift) for speech in voices.values()])
            cells = " | ".join(f"{gain:.1f}" for gain in found.mean(axis=1))
            way = "float" if exact else "bit-true"
            rows.append(f"| {shift:g} Hz | {way} | {cells} | {found.mean():.1f} | {found.min():.1f} |")
    return rows


def echo_return_loss(core: Any, exact: bool, speech: Samples, taps: Weights) -> float:
    """By how many dB what came by the path is less behind the canceller than before it, from 2 s on; nobody speaks at the microphone."""
    loud = np.clip(speech * amplitude(20.0), -1.0, 1.0)
    heard = to_float(audio_to_words(np.convolve(loud, taps)[: len(loud)], core.sink), core.sink)
    left = Canceller(core, exact).play(heard, loud)
    return power_decibels(float(np.sum(heard[2 * RATE :] ** 2)), float(np.sum(left[2 * RATE :] ** 2)))


def open_rows(core: Any, voices: dict[str, Samples]) -> list[str]:
    """Echo return loss enhancement of each talker at some steps, the mean over paths and the least."""
    rows = ["| step | | " + " | ".join(voices) + " | least path |", "|---|---|" + "---:|" * (len(voices) + 1)]
    for step in (1, 4, 8):
        for exact in (True, False):
            fast = core.replace(step=step)
            found = np.array([[echo_return_loss(fast, exact, speech, path(seed)) for seed in range(PATHS)] for speech in voices.values()])
            cells = " | ".join(f"{loss:.1f}" for loss in found.mean(axis=1))
            rows.append(f"| 2^−{step} | {'float' if exact else 'bit-true'} | {cells} | {found.min():.1f} |")
    return rows


def stress_rows(core: Any) -> list[str]:
    """What silence, tones and full scale at the microphone lead to in the loop, at the end of some seconds: nothing may grow."""
    count, rows = 6 * RATE, []
    time, random = np.arange(count) / RATE, np.random.default_rng(1)
    signals = {
        "silence": np.zeros(count),
        "a sine of 1 kHz at -40 dB": amplitude(-40.0) * np.sin(2 * np.pi * 1000 * time),
        "a sine of 3 kHz at -12 dB": amplitude(-12.0) * np.sin(2 * np.pi * 3000 * time),
        "noise at full scale": np.clip(random.standard_normal(count), -1.0, 1.0),
        "a square of full scale, 200 Hz": np.where(np.sin(2 * np.pi * 200 * time) >= 0, 1.0, -1.0),
        "a click": np.where(np.arange(count) == RATE, 1.0, 0.0),
    }
    rows += ["| at the microphone | shift | largest weight | loudspeaker's level in the last second, dB |", "|---|---:|---:|---:|"]
    for name, signal in signals.items():
        for shift in (0.0, 15.0):
            weights, played = closed_loop(core, False, signal, path(1), OVER, shift)
            level = power_decibels(float(np.mean(played[-RATE:] ** 2)), 1.0)
            rows.append(f"| {name} | {shift:g} Hz | {np.abs(weights).max():.3f} | {level:.1f} |")
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 0 always."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("description", nargs="?", default="examples/feedback_canceller.toml", help="a core description")
    parser.add_argument("--audio", type=Path, default=os.environ.get("OSSICLE_AUDIO"), help="folder with manifest.csv")
    parser.add_argument("--over", type=float, default=OVER, help=f"dB beyond the maximum stable gain (default: {OVER:g})")
    chosen = parser.parse_args(arguments)
    core, voices = load_core(chosen.description), talkers(None if chosen.audio is None else Path(chosen.audio))
    print("\n".join([*loop_rows(core, voices, chosen.over), "", *open_rows(core, voices), "", *stress_rows(core)]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
