"""How near a resampled sine comes to the sine at the other rate, how a drift is followed, and how fast the model is.

    python -m testbenches.benchmarks.resampled_sines           a quarter of a minute; prints the tables
    python -m testbenches.benchmarks.resampled_sines --page    and writes them into docs/cores/resampler.md

Sines of 0.99 of full scale, a second long, are rounded to words and go through the model; the truth is the sine at the times of the words
that leave, later by the group delay, without anything fitted. scipy's `resample_poly` gets a low-pass of as many taps to a word.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from fixed_point import to_float
from fixed_point.full_scale import power_decibels
from fixed_point.resampler import resampled_times, resampler
from ip_cores.core import make_core
from ip_cores.resampler import Resampler
from testbenches.page_sections import replaced

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "resampler.md"
COMMAND = "python -m testbenches.benchmarks.resampled_sines --page"

RATES = ((48000, 48005), (44100, 48000), (48000, 44100), (48000, 16000))
HERTZ = (997.0, 6007.3)
END = 0.84
"""Part of half the lower rate, of the highest sine."""

WORDS: dict[str, dict[str, Any]] = {
    "16 bits, coefficients of 18": {},
    "16 bits, coefficients of 20": {"coefficient": "sfix20_En19"},
    "24 bits, 120 dB": {"sink": "sfix24_En23", "source": "sfix24_En23", "coefficient": "sfix24_En23", "attenuation": 120.0},
}

RUNS = 7


def resampler_of(rates: tuple[int, int], **others: Any) -> Resampler:
    """A resampler from one rate to another."""
    core = make_core({"core": "resampler", "name": "resampled", "ratio": rates[1] / rates[0], "sample_rate": rates[0], **others})
    assert isinstance(core, Resampler)
    return core


def sine_snr(core: Resampler, hertz: float, steps: NDArray[np.int64] | None = None) -> float:
    """SNR in dB against the sine itself, from where the low-pass is full of it."""
    count, turns = int(core.sample_rate), 2 * np.pi * hertz / core.sample_rate
    words = np.round(0.99 * np.sin(turns * np.arange(count)) * 2.0**core.sink.fraction_length).astype(np.int64)
    given = resampler(words, core.law, steps)
    times = resampled_times(count, core.law, steps) / 2.0**core.step_bits
    ideal = 0.99 * np.sin(turns * (times - float(core.group_delay)))
    full = times > core.law.taps
    return power_decibels(float(np.sum(ideal[full] ** 2)), float(np.sum((to_float(given, core.source) - ideal)[full] ** 2)))


def sines() -> str:
    """The table: a row for rates and word lengths, a column for each sine."""
    titles = " | ".join(f"{hertz:g} Hz" for hertz in HERTZ)
    lines = [
        f"| from, to | words | taps, phases | {titles} | {END:g} of half the lower rate |",
        "|---|---|---:|" + "---:|" * (len(HERTZ) + 1),
    ]
    for rates in RATES:
        for name, words in WORDS.items():
            core = resampler_of(rates, **words)
            cells = [f"{sine_snr(core, hertz):.1f} dB" for hertz in (*HERTZ, END * min(rates) / 2)]
            shape = f"{core.law.taps}, {core.law.phases}"
            lines.append(f"| {rates[0] / 1000:g}, {rates[1] / 1000:g} kHz | {name} | {shape} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def drifts() -> str:
    """The table: a row for each way in which the step moves, 44.1 to 48 kHz."""
    core = resampler_of((44100, 48000))
    n, usual = np.arange(int(core.sample_rate)), core.law.usual
    ways = {
        "stays": np.full(n.size, usual),
        "500 ppm up and down, ten times a second": np.round(usual * (1 + 5e-4 * np.sin(2 * np.pi * 10 * n / n.size))),
        "jumps by 1000 ppm, thirty times a second": np.round(usual * (1 + 5e-4 * np.where(n // 1470 % 2, 1, -1))),
        "another in each sample, within 2000 ppm": np.random.default_rng(1).integers(core.law.least, core.law.greatest, n.size),
    }
    lines = ["| the step | " + " | ".join(f"{hertz:g} Hz" for hertz in HERTZ) + " |", "|---|" + "---:|" * len(HERTZ)]
    for name, steps in ways.items():
        lines.append(f"| {name} | " + " | ".join(f"{sine_snr(core, hertz, steps.astype(np.int64)):.1f} dB" for hertz in HERTZ) + " |")
    return "\n".join(lines) + "\n"


def best_time(play: Callable[[], object]) -> float:
    """Processor seconds of the fastest of some runs."""
    taken = []
    for _ in range(RUNS):
        start = time.process_time()
        play()
        taken.append(time.process_time() - start)
    return min(taken)


def speeds() -> str:
    """The table: a row for each pair of rates, model and scipy in turn on the same words."""
    lines = ["| from, to | model, ns a word that leaves | `scipy.signal.resample_poly`, float64 | ratio |", "|---|---:|---:|---:|"]
    for rates in RATES[:3]:
        core = resampler_of(rates)
        words = np.random.default_rng(0).integers(-32768, 32768, 200_000)
        ratio = Fraction(*rates[::-1])
        up, down = ratio.numerator, ratio.denominator
        taps = signal.firwin(up * core.law.taps + 1, 1 / max(up, down), window=("kaiser", 9.6))
        samples, count = words.astype(np.float64), len(core.model(words))
        model = best_time(lambda: core.model(words))  # noqa: B023
        scipys = best_time(lambda: signal.resample_poly(samples, up, down, window=taps))  # noqa: B023
        cells = f"{model / count * 1e9:.0f} | {scipys / count * 1e9:.0f} | {scipys / model:.1f}"
        lines.append(f"| {rates[0] / 1000:g}, {rates[1] / 1000:g} kHz | {cells} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help=f"write the tables into {PAGE.name}")
    given = parser.parse_args()
    for name, section in (("sines", sines()), ("drifts", drifts()), ("speed", speeds())):
        print(section)
        if given.page:
            PAGE.write_text(replaced(PAGE.read_text(), name, COMMAND, section))


if __name__ == "__main__":
    main()
