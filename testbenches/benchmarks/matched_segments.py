"""How well the time scaler's segments match, and how fast its model is: the table of docs/cores/time_scaler.md.

    python -m testbenches.benchmarks.matched_segments           prints it
    python -m testbenches.benchmarks.matched_segments --page    and writes it into the page

For each place that is looked for, the power of the difference between the segment that is found and what follows on the one before it, over
the power of that, `examples/speech.wav`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from fixed_point.full_scale import Samples, audio_to_words, power_decibels
from fixed_point.sound import read_audio
from ip_cores.core import make_core
from ip_cores.time_scaler import TimeScaler
from reference.time_scaler import best_match, segment_origins
from testbenches.page_sections import replaced

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
    parser.add_argument("--page", action="store_true", help=f"write the table into {PAGE.name}")
    given = parser.parse_args()
    table = measured()
    print(table)
    if given.page:
        PAGE.write_text(replaced(PAGE.read_text(), "match", COMMAND, table))


if __name__ == "__main__":
    main()
