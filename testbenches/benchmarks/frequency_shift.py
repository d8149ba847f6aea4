"""What the frequency shifter's VHDL makes of sines: what is moved, the image on the other side, what stays where it was, the delay.

    python -m testbenches.benchmarks.frequency_shift            half a minute; prints the tables
    python -m testbenches.benchmarks.frequency_shift --page     and writes them into docs/cores/frequency_shifter.md

Sines go through the native engine one behind the other; levels are taken under a Blackman-Harris window, so that what is 90 dB down shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fixed_point.full_scale import Samples, audio_to_words, levels_in_decibels
from fixed_point.sound import RATE
from ip_cores.core import make_core
from ip_cores.description import load_core
from testbenches.page_sections import replaced
from testbenches.simulate import as_audio, simulate

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "frequency_shifter.md"
COMMAND = "python -m testbenches.benchmarks.frequency_shift --page"

FILTERS = ((15, 1500.0), (23, 1000.0))
"""Taps of the Hilbert filter, and the lower end of its band in Hz."""

SHIFTS = (20.0, -800.0)
FREQUENCIES = (750, 1000, 1500, 2000, 4000, 6000, 6500, 7000)
COUNT, SETTLED = 8192, 256
"""Words of a sine, and those in front of what is looked at."""

AMPLITUDE = 0.5
NEXT_TO = 24.0
"""Hz from a line within which its window's main lobe lies: other lines are not looked for there."""


class Row(NamedTuple):
    """What becomes of a sine, in dB of its own amplitude.

    Attributes
    ----------
    frequency : float
        In Hz.
    moved, image, stays, worst : float
        At the frequency that is asked for; as far on the other side; at its own (nan where the first is too near); anywhere else.
    """

    frequency: float
    moved: float
    image: float
    stays: float
    worst: float


def sines(frequencies: Sequence[float]) -> Samples:
    """One behind the other."""
    time = np.arange(COUNT) / RATE
    return np.concatenate([AMPLITUDE * np.sin(2 * np.pi * frequency * time) for frequency in frequencies])


def spectrum(samples: Samples) -> tuple[Samples, Samples]:
    """Frequencies in Hz, and amplitudes in dB of the sines that were played."""
    from scipy.signal.windows import blackmanharris

    window = blackmanharris(samples.size)
    size = np.abs(np.fft.rfft(samples * window, 4 * samples.size)) * 2 / window.sum() / AMPLITUDE
    return np.arange(size.size) * RATE / (4 * samples.size), levels_in_decibels(size, -180.0)


def measured(core: Any, frequencies: Sequence[float] = FREQUENCIES) -> Iterator[Row]:
    """What the core's VHDL makes of sines."""
    samples = as_audio(core, simulate(core, audio_to_words(sines(frequencies), core.sink_format), "native"))
    shift = core.turns * RATE
    for number, frequency in enumerate(frequencies):
        where, levels = spectrum(samples[number * COUNT + SETTLED : (number + 1) * COUNT])

        def at(wanted: float, where: Samples = where, levels: Samples = levels) -> float:
            return float(levels[np.abs(where - abs(wanted)) < NEXT_TO / 4].max())

        lines = [frequency + shift, frequency - shift, frequency]
        elsewhere = np.all([np.abs(where - abs(line)) > NEXT_TO for line in lines], axis=0)
        stays = at(frequency) if abs(shift) > 2 * NEXT_TO else float("nan")
        yield Row(frequency, at(frequency + shift), at(frequency - shift), stays, float(levels[elsewhere].max()))


def table() -> str:
    """Both filters, both shifts."""
    lines = ["| taps, band | shift | sine | moved | image | left at its place | anything else |", "|---|---:|---:|---:|---:|---:|---:|"]
    for taps, lowest in FILTERS:
        for shift in SHIFTS:
            core = make_core({"core": "frequency_shifter", "name": "shifter", "taps": taps, "lowest": lowest, "shift": shift})
            band = f"{taps}, {lowest / 1000:g} to {8 - lowest / 1000:g} kHz"
            for row in measured(core):
                inside = lowest <= row.frequency <= RATE / 2 - lowest
                stays = "" if np.isnan(row.stays) else f"{row.stays:.1f}"
                name = f"{row.frequency:g} Hz" + ("" if inside else ", outside")
                lines.append(f"| {band} | {shift:+g} Hz | {name} | {row.moved:+.2f} | {row.image:.1f} | {stays} | {row.worst:.1f} |")
    return "\n".join(lines) + "\n"


def lowering() -> str:
    """What `examples/frequency_lowering.toml` does, and its delay without a shift."""
    core = load_core(ROOT / "examples" / "frequency_lowering.toml")
    lines = ["| sine | at its place | 1 kHz lower | 1 kHz higher |", "|---:|---:|---:|---:|"]
    for row in measured(core, (1500, 2500, 3000, 3500, 4000, 5000, 6000, 6900)):
        lines.append(f"| {row.frequency:g} Hz | {row.stays:+.2f} | {row.moved:+.1f} | {row.image:.1f} |")
    return "\n".join(lines) + "\n"


def delays() -> str:
    """Samples by which words are late where nothing is shifted, by an impulse through the VHDL, and clocks."""
    lines = ["| taps | delay of a word, measured | at 16 kHz | latency, clocks | clocks for a sample |", "|---:|---:|---:|---:|---:|"]
    for taps, lowest in FILTERS:
        core = make_core({"core": "frequency_shifter", "name": "shifter", "taps": taps, "lowest": lowest, "shift": 0.0})
        impulse = np.zeros(64, np.int64)
        impulse[0] = 20000
        late = int(np.flatnonzero(simulate(core, impulse, "native") == 20000)[0])
        lines.append(f"| {taps} | {late} samples | {1000 * late / RATE:.2f} ms | {core.latency} | {core.cycles_per_sample} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write the tables into the datasheet")
    given = parser.parse_args()
    for name, section in (("sines", table()), ("lowering", lowering()), ("delays", delays())):
        if given.page:
            PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), name, COMMAND, section), encoding="utf-8")
        print(section)


if __name__ == "__main__":
    main()
