"""What the equaliser's VHDL does to a spectrum, and how a gain goes to another.

    python -m testbenches.benchmarks.equalizer            half a minute; prints a table
    python -m testbenches.benchmarks.equalizer --page     and writes it, with a drawing, into docs/cores/band_gain.md

Noise goes through `examples/equalizer.toml` in the native engine; the response is the cross spectrum of what leaves with what enters, over
the spectrum of the latter. A gain's way is that of a constant band word while the gain's register goes from 0 to 12 dB, by the model, to
which the proof holds the VHDL.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples, amplitude_decibels, audio_to_words
from fixed_point.sound import RATE
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.families.gain_stage import gain_word
from testbenches.page_sections import replaced
from testbenches.simulate import as_audio, simulate

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "band_gain.md"
COMMAND = "python -m testbenches.benchmarks.equalizer --page"

CENTRES = (250, 750, 1500, 3000, 6000)
"""Of the bands from low to high, in Hz."""


def response(core: Any, seconds: int = 20) -> tuple[Samples, Samples]:
    """Frequencies in Hz and gains in dB, by noise."""
    from scipy.signal import csd, welch

    x = np.random.default_rng(0).uniform(-0.3, 0.3, seconds * RATE)
    words = audio_to_words(x, core.sink_format)
    y = as_audio(core, simulate(core, words, "native"))[: x.size]
    frequencies, power = welch(x[: y.size], RATE, nperseg=2048)
    _, cross = csd(x[: y.size], y, RATE, nperseg=2048)
    return frequencies, np.array([amplitude_decibels(one) for one in np.abs(cross / power)])


def way(ramp: float, end: float = 12.0) -> tuple[Samples, Samples]:
    """Milliseconds and gain in dB of a band whose register goes from 0 dB to another gain at 0 ms."""
    core = make_core({"core": "band_gain", "name": "gains", "sample_rate": 5 * RATE, "sink": "sfix32_En30", "ramp": ramp})
    count, before = RATE // 20, RATE // 200
    values = {name: np.full(count, one.start) for name, one in core.run_time_inputs.items()}
    values["gain_1"][before:] = gain_word(end)
    left = core.steered_model((np.full(count, 2**24), np.ones(count, np.int64)), values)[0]
    return (np.arange(count) - before) * 1000 / RATE, np.array([amplitude_decibels(one / 2**24) for one in left])


def measured(draw: Path | None = None) -> str:
    """The table; with a path the drawing too."""
    core = load_core(ROOT / "examples" / "equalizer.toml")
    asked = core.description["stages"][1]["gains"]
    frequencies, gains = response(core)
    lines = ["| band | gain asked for | response at its centre |", "|---|---:|---:|"]
    for band, (centre, gain) in enumerate(zip(CENTRES, asked, strict=True)):
        name = f"D{len(asked) - band}" if band else f"A{len(asked) - 1}"
        lines.append(f"| {name}, {centre} Hz | {gain:g} dB | {np.interp(centre, frequencies, gains):.1f} dB |")
    if draw is not None:
        plot(frequencies, gains, asked, draw)
    return "\n".join(lines) + "\n"


def plot(frequencies: Samples, gains: Samples, asked: list[float], path: Path) -> None:
    """Response of the equaliser, and ways of a gain."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # Same input, same bytes: no date and no random names.
    matplotlib.rcParams["svg.hashsalt"] = "ossicle"
    figure, (spectrum, moving) = plt.subplots(1, 2, figsize=(10, 4))
    spectrum.semilogx(frequencies[4:], gains[4:], linewidth=0.9, label="VHDL")
    spectrum.plot(CENTRES, asked, "o", label="asked for, at the bands' centres")
    spectrum.set(xlabel="Hz", ylabel="gain, dB")
    for ramp in (300.0, 1000.0, 3000.0):
        moving.plot(*way(ramp), linewidth=0.9, label=f"{ramp:g} dB/s")
    moving.set(xlabel="ms", ylabel="gain of a band, dB")
    for axes in (spectrum, moving):
        axes.legend()
        axes.grid(True, which="both", linewidth=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write table and drawing into the datasheet")
    given = parser.parse_args()
    table = measured(PAGE.with_suffix(".svg") if given.page else None)
    if given.page:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), "measured", COMMAND, table), encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
