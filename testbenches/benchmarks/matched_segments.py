"""Pitch and duration of what the time scaler makes of vowels, how well its segments match, and how fast its model is.

    python -m testbenches.benchmarks.matched_segments           a minute; prints the tables
    python -m testbenches.benchmarks.matched_segments --page    and writes them into docs/cores/time_scaler.md

Vowels are those of `testbenches.benchmarks.pitch_shift`, 1.5 s each, through the float reference, the model and the VHDL. For each place
that is looked for, the power of the difference between the segment that is found and what follows on the one before it, over the power of
that, `examples/speech.wav`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from fixed_point import to_float
from fixed_point.full_scale import Samples, audio_to_words, power_decibels
from fixed_point.sound import read_audio
from ip_cores.core import make_core
from ip_cores.time_scaler import TimeScaler
from reference.time_scaler import best_match, segment_origins
from testbenches.benchmarks.pitch_shift import PITCHES, pitch, vowel
from testbenches.page_sections import replaced
from testbenches.simulate import simulate

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "time_scaler.md"
COMMAND = "python -m testbenches.benchmarks.matched_segments --page"

DURATIONS = (0.5, 0.8, 1.25, 2.0)
THINNINGS = (1, 2, 4, 8, 16)


def scaler(duration: float, thinning: int) -> TimeScaler:
    """As in the example but for these."""
    core = make_core({"core": "time_scaler", "name": "scaler", "duration": duration, "thinning": thinning})
    assert isinstance(core, TimeScaler)
    return core


def mismatch(samples: Samples, core: TimeScaler) -> float:
    """Power of differences over the power of what follows, in dB, at the places that are looked for."""
    difference = power = 0.0
    follows, length = 0, core.segment
    for origin in segment_origins(len(samples), length, core.step):
        before, at = samples[follows : follows + length], follows
        if not origin <= follows < origin + length:
            at = origin + best_match(samples[origin : origin + 2 * length], before, core.thinning)
            difference += float(np.sum((samples[at : at + length] - before) ** 2))
            power += float(np.sum(before**2))
        follows = at + length
    return power_decibels(difference, power)


def of_vowels(duration: float) -> str:
    """A row: largest error of the pitch over all vowels, of float, model and VHDL; of the duration in segments; words that differ."""
    core = scaler(duration, 8)
    errors, missed, wrong = np.zeros(3), 0.0, 0
    for hertz in PITCHES:
        words = vowel(hertz, 1.5)
        given = np.asarray(simulate(core, words, "native"))
        modelled = core.model(words)
        wrong += int(np.count_nonzero(given[: len(modelled)] != modelled)) + abs(len(given) - len(modelled))
        ways = core.reference(to_float(words, core.sink)), to_float(modelled, core.sink), to_float(given, core.sink)
        errors = np.maximum(errors, [abs(pitch(one, hertz) / hertz - 1) for one in ways])
        # What still waits for a segment's place is no part of it.
        missed = max(missed, abs(len(modelled) - (len(words) - core.plan.begin) * duration) / core.segment)
    cells = " | ".join(f"{100 * error:.2f} %" for error in errors)
    return f"| {duration:g} | {cells} | {missed:.1f} segments | {wrong} |"


def vowels() -> str:
    """The table of pitch and duration."""
    lines = [
        "| duration | largest error of the pitch: float | bit-true | VHDL | of the duration | words in which VHDL and model differ |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    return "\n".join([*lines, *map(of_vowels, (0.5, 0.75, 1.0, 1.25, 1.6, 2.0))]) + "\n"


def speed(core: TimeScaler, samples: Samples) -> float:
    """Times real time of the model on one core, the best of three runs."""
    words = np.tile(audio_to_words(samples, core.sink), 4)
    core.model(words)
    taken = []
    for _ in range(3):
        start = time.process_time()
        core.model(words)
        taken.append(time.process_time() - start)
    return len(words) / core.sample_rate / min(taken)


def measured() -> str:
    """The table: a row for each thinning."""
    samples = read_audio(ROOT / "examples" / "speech.wav").samples
    titles = " | ".join(f"duration {duration:g}" for duration in DURATIONS)
    lines = [
        f"| `thinning` | {titles} | clocks of a search | model, times real time, duration {DURATIONS[-1]:g} |",
        "|---:|" + "---:|" * (len(DURATIONS) + 2),
    ]
    for thinning in THINNINGS:
        cores = [scaler(duration, thinning) for duration in DURATIONS]
        cells = [f"{mismatch(samples, core):.1f} dB".replace("-", "−") for core in cores]
        clocks, fast = f"{cores[0].segment * cores[0].plan.compared:,}", f"{speed(cores[-1], samples):.0f}"
        lines.append(f"| {thinning} | " + " | ".join([*cells, clocks, fast]) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help=f"write the tables into {PAGE.name}")
    given = parser.parse_args()
    for name, section in (("vowels", vowels()), ("match", measured())):
        print(section)
        if given.page:
            PAGE.write_text(replaced(PAGE.read_text(), name, COMMAND, section))


if __name__ == "__main__":
    main()
