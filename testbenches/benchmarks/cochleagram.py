"""What the gammatone bank makes of sound: a picture of the levels of its bands over time, and what its word lengths cost.

    python -m testbenches.benchmarks.cochleagram speech.wav picture.png     the levels of the bands, from the bit-true model
    python -m testbenches.benchmarks.cochleagram --page                     the tables and the picture of docs/cores/gammatone_bank.md

The picture has a column for every `COLUMN` seconds, and 64 bands unless --bands says another number. Responses in the tables are those of
the words of the coefficients, against scipy.signal.gammatone's, or below 200 Hz against float64's sections.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal

from fixed_point import to_float
from fixed_point.full_scale import Samples, amplitude_decibels, audio_to_words, levels_in_decibels, snr
from fixed_point.sound import AudioError, read_audio
from ip_cores.core import make_core
from ip_cores.gammatone_bank import GammatoneBank
from testbenches.page_sections import replaced

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "gammatone_bank.md"
SPEECH = ROOT / "examples" / "speech.wav"
COMMAND = "python -m testbenches.benchmarks.cochleagram --page"

COLUMN = 0.005
"""Seconds of sound in a column of the picture."""

FLOOR = -80.0
"""In dB of full scale: nothing below is drawn."""

WORD_LENGTHS = (18, 20, 22, 24)
SCIPYS = 200.0
"""Frequency in Hz from which on scipy's direct form of eighth order is right."""


def bank(**parameters: Any) -> GammatoneBank:
    """A bank as in the example but for some parameters."""
    core = make_core({"core": "gammatone_bank", "name": "bank", **parameters})
    assert isinstance(core, GammatoneBank)
    return core


def cochleagram(samples: Samples, core: GammatoneBank) -> Samples:
    """Levels of all bands in dB of a full-scale sine, a column for every `COLUMN` seconds.

    Parameters
    ----------
    samples : array of float, shape (n,)
        Full scale is 1.
    core : GammatoneBank
        One whose `envelope` leaves.

    Returns
    -------
    ndarray of float64, shape (bands, columns)
    """
    words, _ = core.model(audio_to_words(samples, core.sink))
    levels = to_float(words, core.source).reshape(-1, len(core.frequencies)) * np.pi / 2
    hop = max(1, round(COLUMN * core.sample_rate))
    return np.asarray(levels_in_decibels(levels[::hop].T, FLOOR))


def draw(axes: Any, samples: Samples, core: GammatoneBank) -> Any:
    """A cochleagram on axes of matplotlib; gives the image, for a colour bar."""
    picture = cochleagram(samples, core)
    seconds = len(samples) / core.sample_rate
    count = len(core.frequencies)
    image = axes.imshow(picture, origin="lower", aspect="auto", extent=(0, seconds, -0.5, count - 0.5), vmin=FLOOR, vmax=0, cmap="magma")
    shown = np.unique(np.linspace(0, count - 1, 9).round().astype(int))
    axes.set_yticks(shown, [f"{core.frequencies[one]:.0f}" for one in shown])
    axes.set(xlabel="s", ylabel="centre of the band, Hz")
    return image


def response_error(core: GammatoneBank) -> float:
    """Largest difference of a band's magnitude response to what it should be, in dB of 1."""
    grid = np.linspace(1, core.sample_rate / 2 - 1, 4001)
    shape, worst = core.bank.shape, 0.0
    scale = 2.0 ** (core.sink.fraction_length + shape.lift - shape.fraction_length)
    for centre, band, rows in zip(core.frequencies, core.bank.bands, core.sections, strict=True):
        found = np.abs(scipy.signal.freqz_sos(band.values, worN=grid, fs=core.sample_rate)[1]) * scale
        if centre >= SCIPYS and core.scale == "erb":
            expected = scipy.signal.freqz(*scipy.signal.gammatone(centre, "iir", fs=core.sample_rate), worN=grid, fs=core.sample_rate)[1]
        else:
            expected = scipy.signal.freqz_sos(rows, worN=grid, fs=core.sample_rate)[1]
        worst = max(worst, float(np.abs(found - np.abs(expected)).max()))
    return amplitude_decibels(worst)


def measured() -> str:
    """Both tables."""
    lines = [
        "| bits of a coefficient | state bits | response, largest error | SNR promised, all bands | measured | lowest band | levels |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 40_000)
    for bits in WORD_LENGTHS:
        core, levels = (bank(coefficient_word_length=bits, envelope=envelope) for envelope in (False, True))
        words = audio_to_words(noise, core.sink)
        followed = to_float(levels.model(words)[0], levels.source)
        x = to_float(words, core.sink)
        truth, given = core.reference(x)[0], to_float(core.model(words)[0], core.source)
        cells = [
            f"{response_error(core):.0f} dB", f"{core.promised_snr(words).snr:.1f} dB", f"{snr(truth, given):.1f} dB",
            f"{snr(truth[::16], given[::16]):.1f} dB", f"{snr(levels.reference(x)[0], followed):.1f} dB",
        ]  # fmt: skip
        lines.append(f"| {bits} | {core.bank.state_bits} | " + " | ".join(cells).replace("-", "−") + " |")
    lines += ["", "| bands at 16 kHz | model, times real time on one core |", "|---:|---:|"]
    lines += [f"| {bands} | {speed(bands):.0f} |" for bands in (8, 16, 32)]
    return "\n".join(lines) + "\n"


def speed(bands: int, seconds: int = 8) -> float:
    """Times real time of the model on one core, the best of five runs."""
    core = bank(bands=bands)
    words = audio_to_words(np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * core.sample_rate)), core.sink)
    core.model(words[:10])
    taken = []
    for _ in range(5):
        start = time.process_time()
        core.model(words)
        taken.append(time.process_time() - start)
    return seconds / min(taken)


def plot(samples: Samples, core: GammatoneBank, path: Path, responses: bool = False) -> None:
    """The picture, with the responses of the bank of the example beside it where they are asked for."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # Same input, same bytes: no date and no random names.
    matplotlib.rcParams["svg.hashsalt"] = "ossicle"
    ratios = [1, 1.7] if responses else [1]
    figure, axes = plt.subplots(1, len(ratios), figsize=(11 if responses else 8, 4.2), width_ratios=ratios, squeeze=False)
    if responses:
        beside, example = axes[0, 0], bank()
        grid = np.geomspace(40, example.sample_rate / 2, 500)
        for band in example.responses.values():
            magnitude = np.abs(scipy.signal.freqz(band, worN=grid, fs=example.sample_rate)[1])
            beside.semilogx(grid, levels_in_decibels(magnitude, FLOOR), linewidth=0.9)
        beside.set(xlabel="Hz", ylabel="dB", ylim=(-60, 3), title=f"{len(example.frequencies)} bands, as quantised")
        beside.grid(True, linewidth=0.3)
    last = axes[0, -1]
    figure.colorbar(draw(last, samples, core), ax=last, label="dB of full scale")
    last.set_title(f"levels of {len(core.frequencies)} bands")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=75)
    plt.close(figure)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sound", nargs="?", type=Path, help="WAV, FLAC or AIFF of one channel")
    parser.add_argument("picture", nargs="?", type=Path, help="PNG or SVG to write")
    parser.add_argument("--bands", type=int, default=64)
    parser.add_argument("--page", action="store_true", help=f"write tables and picture of {PAGE.name}")
    given = parser.parse_args(arguments)
    if not given.page and (given.sound is None or given.picture is None):
        parser.error("a sound and a picture to write, or --page")
    if given.picture is not None and given.picture.suffix not in (".png", ".svg"):
        parser.error(f"{given.picture}: must end in .png or .svg")
    try:
        core = bank(bands=given.bands, highest=7000, envelope=True)
        audio = read_audio(SPEECH if given.page else given.sound, round(core.sample_rate))
    except (AudioError, ValueError, OSError) as error:
        print(f"cochleagram: {error}", file=sys.stderr)
        return 2
    if given.page:
        PAGE.write_text(replaced(PAGE.read_text(), "bank", COMMAND, measured()))
        plot(audio.samples, core, PAGE.with_suffix(".png"), responses=True)
    else:
        plot(audio.samples, core, given.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
