"""What the compressor's VHDL does to levels: static curve, ANSI S3.22 times, distortion; and logarithm, power and speed of its model.

    python -m testbenches.benchmarks.compression            some two minutes; prints tables
    python -m testbenches.benchmarks.compression --page     and writes them, with a drawing, into docs/cores/compressor.md

All words come from the native engine. For the static curve a sine at each band's centre goes through an undecimated bank (db2, four levels,
16 kHz), 70 dB of levels one after the other, and the compressor gets the bank's words; what counts are the words of the sine's own band in
the last 0.4 s of each level: gain by their root mean square in and out, level by that of those that come in. For the times a sine at each
band's centre, in the band's words, goes from 55 to 90 dB SPL and back. For the distortion bank, compressor and synthesis stand in a row.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from fixed_point import to_float
from fixed_point.families.logarithmic_gain import EXPONENT_BITS, LogarithmicGain
from fixed_point.families.logarithms import LOGARITHM_BITS, Exp2, Log2
from fixed_point.full_scale import Samples, amplitude, amplitude_decibels, audio_to_words, power_decibels
from fixed_point.sound import RATE
from ip_cores.compressor import Compressor
from ip_cores.core import Core, make_core
from testbenches.page_sections import replaced
from testbenches.simulate import as_audio, run
from testbenches.stimulus import Stimulus

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "cores" / "compressor.md"
COMMAND = "python -m testbenches.benchmarks.compression --page"

BANK = {"wavelet": "db2", "levels": 4}
BANDS = 5
GAINS = [8.0, 20.0, 32.0, 34.0, 36.0]
"""Of the ear N4, bands from low to high, in dB."""

CENTRES = (252.5, 6007.5, 3002.5, 1502.5, 752.5)
"""In the middle of each channel's band, in Hz: whole periods in 0.4 s, and no common divisor with the rate that repeats words."""

SPL = tuple(np.arange(20.0, 92.6, 2.5))
"""Of the sine, in dB SPL: from -80 to -7.5 dB of full scale."""

SINES_FROM = 32.0
"""In dB SPL. Below, a sine of 16 bits has a few steps and another shape at each level: no one constant tells how a detector reads it."""

SETTLING, SEEN = 0.4, 0.4
"""Seconds of each level that do not count, and that do."""

STANDARD = (55.0, 90.0, 55.0)
"""Levels of ANSI S3.22, in dB SPL."""

STEPS = (0.5, 0.5, 1.5)
"""Seconds of each."""


def compressor(**parameters: Any) -> Compressor:
    """The compressor behind the bank."""
    common = {"core": "compressor", "name": "compressor", "sample_rate": BANDS * RATE, "sink": "sfix20_En18", "levels": 4, "gains": GAINS}
    found = make_core({**common, **parameters})
    assert isinstance(found, Compressor)
    return found


def native(core: Core, **fields: Any) -> Any:
    """What the VHDL gives."""
    return run(core, Stimulus(fields, drain=1000), "native")


def level(core: Compressor, x: Samples, full_scale: float) -> float:
    """Level of words of a band, in dB SPL, where a sine of amplitude 1 has `full_scale`."""
    return full_scale + power_decibels(2 * float(np.mean(np.square(x))))


class Curve(NamedTuple):
    """A band's static curve, as measured.

    Attributes
    ----------
    frequency : float
    levels, outputs : ndarray
        Of the words in, and out, in dB SPL.
    reads : float
        By how many dB the detector reads a sine higher than its root mean square.
    worst, worst_below : float
        Greatest difference from the curve at levels so much higher, in dB, from `SINES_FROM` on, and below.
    """

    frequency: float
    levels: Samples
    outputs: Samples
    reads: float
    worst: float
    worst_below: float


def static_curve(core: Compressor, channel: int) -> Curve:
    """The curve of one band, by a sine at its centre that becomes louder."""
    bank = make_core({"core": "swt_analysis", "name": "bank", **BANK, "sink": "sfix16_En15", "sample_rate": RATE})
    count = round((SETTLING + SEEN) * RATE)
    sizes = np.repeat([amplitude(one - core.full_scale_spl) for one in SPL], count)
    words = audio_to_words(sizes * np.sin(2 * np.pi * CENTRES[channel] / RATE * np.arange(sizes.size)), bank.sink_format)
    bands = native(bank, data=words)
    left = native(core, data=bands.data, channel=bands.words["channel"])
    before, after = (to_float(one.data[one.words["channel"] == channel], core.sink) for one in (bands, left))
    parts = [slice(count * n + round(SETTLING * RATE), count * (n + 1)) for n in range(len(SPL))]
    levels = np.array([level(core, before[part], core.full_scale_spl) for part in parts])
    outputs = np.array([level(core, after[part], core.output_full_scale_spl) for part in parts])
    curve, sines = core.curves[channel], np.array(SPL) > SINES_FROM

    def worst(reads: float, which: Any = sines) -> float:
        return float(np.max(np.abs(outputs - levels - curve(levels + reads))[which]))

    found = minimize_scalar(worst, bounds=(-1, 3), method="bounded", options={"xatol": 1e-4})
    return Curve(CENTRES[channel], levels, outputs, float(found.x), float(found.fun), worst(float(found.x), ~sines))


class Step(NamedTuple):
    """What a band does to the standard's step: attack and release time in ms, and level at the source over time."""

    attack: float
    release: float
    seconds: Samples
    levels: Samples


def steps(core: Compressor) -> list[Step]:
    """Of every channel; levels are known where the sine is larger than half its peak."""
    counts = [round(RATE * seconds) for seconds in STEPS]
    at, sizes = np.repeat(STANDARD, counts), np.repeat([amplitude(one - core.full_scale_spl) for one in STANDARD], counts)
    time_axis = np.arange(at.size) / RATE
    waves = [np.sin(2 * np.pi * frequency * time_axis + 0.1) for frequency in CENTRES]
    whole = 2.0 ** (core.sink.word_length - 1 - core.sink.fraction_length)  # what full scale stands for
    words = np.stack([audio_to_words(sizes * wave / whole, core.sink) for wave in waves], axis=1)
    left = native(core, data=words.ravel(), channel=np.resize(np.arange(BANDS), words.size)).data.reshape(words.shape)
    rise, fall = (round(RATE * sum(STEPS[:n])) for n in (1, 2))
    found = []
    for channel, wave in enumerate(waves):
        known = np.flatnonzero(np.abs(wave) > 0.5)
        gains = np.array([amplitude_decibels(abs(b), abs(a)) for a, b in zip(words[known, channel], left[known, channel], strict=True)])
        levels = at[known] + gains + core.output_full_scale_spl - core.full_scale_spl
        loud, soft = (np.median(levels[(known > end - RATE // 10) & (known <= end)]) for end in (fall - 1, at.size - 1))
        up, down = (known >= rise) & (known < fall), known >= fall
        attack = known[up][np.abs(levels[up] - loud) > 3].max() + 1 - rise
        release = known[down][np.abs(levels[down] - soft) > 4].max() + 1 - fall
        found.append(Step(1000 * attack / RATE, 1000 * release / RATE, known / RATE, levels))
    return found


def distortions(core: Compressor, spl: float, frequencies: Sequence[int] = (127, 251, 1001)) -> list[float]:
    """Total harmonic distortion of sines through bank, compressor and synthesis, in percent: up to the tenth harmonic, below 8 kHz."""
    there = {"core": "swt_analysis", "name": "analysis", **BANK, "sink": "sfix16_En15"}
    back = {"core": "swt_synthesis", "name": "synthesis", **BANK, "sink": "sfix20_En18", "source": "sfix16_En15"}
    between = {key: value for key, value in core.description.items() if key != "sample_rate"}
    chain = make_core({"core": "chain", "name": "aid", "sample_rate": RATE, "stages": [there, between, back]})
    seconds = np.arange(2 * RATE) / RATE
    x = np.concatenate([amplitude(spl - core.full_scale_spl) * np.sin(2 * np.pi * frequency * seconds) for frequency in frequencies])
    left = as_audio(chain, native(chain, data=audio_to_words(np.append(x, np.zeros(100)), chain.sink_format)).data)
    found = []
    for n, frequency in enumerate(frequencies):
        spectrum = np.abs(np.fft.rfft(left[RATE * (2 * n + 1) : RATE * (2 * n + 2)]))
        harmonics = [spectrum[frequency * k] for k in range(2, 11) if frequency * k < RATE // 2]
        found.append(100 * float(np.sqrt(np.sum(np.square(harmonics)))) / float(spectrum[frequency]))
    return found


def logarithm_error(bits: int = 20) -> float:
    """Greatest error of a logarithm, in dB of power: every word of so many bits."""
    words = np.arange(1, 2**bits)
    return float(np.max(np.abs(Log2(bits)(words) / 2**LOGARITHM_BITS - np.log2(words)))) * power_decibels(2)


def exponential_error() -> float:
    """Greatest error of a power of two, in dB of amplitude: every exponent of four octaves, 14 bits of fraction."""
    exponents = np.arange(4 << EXPONENT_BITS)
    found = Exp2(EXPONENT_BITS, 0, 3, 14)(exponents) / 2.0**14
    return float(np.max(np.abs(np.log2(found) - exponents / 2**EXPONENT_BITS))) * amplitude_decibels(2)


def factor_error() -> float:
    """Greatest error of a gain's factor, in dB: every exponent from -7 to 7 doublings."""
    law = LogarithmicGain(compressor().sink)
    exponents = np.arange(-7 << EXPONENT_BITS, 7 << EXPONENT_BITS)
    small = exponents < 0
    factors = law.power(exponents + np.where(small, 7 << EXPONENT_BITS, 0)) / np.where(small, 2.0**17, 2.0**10)
    return float(np.max(np.abs(np.log2(factors) - exponents / 2**EXPONENT_BITS))) * amplitude_decibels(2)


def speed(core: Compressor, seconds: int = 10) -> float:
    """Seconds of five bands in a second of processor time, by the model."""
    words = np.random.default_rng(0).integers(-(2**17), 2**17, seconds * RATE * BANDS)
    channel = np.resize(np.arange(BANDS), words.size)
    core.model((words[:100], channel[:100]))
    taken = []
    for _ in range(3):
        start = time.process_time()
        core.model((words, channel))
        taken.append(time.process_time() - start)
    return seconds / min(taken)


RATIOS, TIMES = (1.5, 2.0, 3.0), ((5.0, 50.0), (20.0, 200.0))
LOUDNESS = (65.0, 80.0)

LOW_TO_HIGH = (0, *range(BANDS - 1, 0, -1))
"""Channels in the order of their frequencies."""


def measured(draw: Path | None = None) -> str:
    """All tables; with a path the drawing too."""
    core = compressor()
    curves = [static_curve(core, channel) for channel in range(BANDS)]
    seen = f"furthest from the curve, {SINES_FROM:g} to {SPL[-1]:g} dB SPL"
    lines = [f"| sine | detector reads higher by | {seen} | {SPL[0]:g} to {SINES_FROM:g} dB SPL |", "|---:|---:|---:|---:|"]
    for one in (curves[n] for n in LOW_TO_HIGH):
        lines.append(f"| {one.frequency:g} Hz | {one.reads:.2f} dB | {one.worst:.3f} dB | {one.worst_below:.2f} dB |")
    lines += ["", "| ratio | asked for, ms | attack, ms, bands from low to high | release, ms |", "|---|---|---|---|"]
    drawn: dict[float, list[Step]] = {}
    for ratio in RATIOS:
        for attack, release in TIMES:
            gains = [10.0] * BANDS
            found = steps(compressor(gains=gains, compression_ratio=ratio, attack=attack, release=release))
            drawn.setdefault(ratio, found)
            cells = (" / ".join(f"{getattr(found[n], what):.1f}" for n in LOW_TO_HIGH) for what in ("attack", "release"))
            lines.append(f"| {ratio:g} | {attack:g}, {release:g} | " + " | ".join(cells) + " |")
    lines += ["", "| sine | " + " | ".join(f"at {spl:g} dB SPL" for spl in LOUDNESS) + " |", "|---:|---:|---:|"]
    percents = [distortions(core, spl) for spl in LOUDNESS]
    lines += [f"| {f} Hz | {a:.3f} % | {b:.3f} % |" for f, a, b in zip((127, 251, 1001), *percents, strict=True)]
    lines += ["", "| what else | measured |", "|---|---|"]
    lines.append(f"| logarithm, every word of 20 bits | within {logarithm_error():.4f} dB of power |")
    lines.append(f"| power of two, every exponent of four octaves, 14 bits of fraction | within {exponential_error():.4f} dB |")
    lines.append(f"| factor of 17 bits, every exponent from −42 to 42 dB | within {factor_error():.4f} dB |")
    lines.append(f"| model, five bands at 16 kHz | {speed(core):.0f} times real time on one core |")
    if draw is not None:
        plot(core, curves, drawn, draw)
    return "\n".join(lines) + "\n"


def plot(core: Compressor, curves: Sequence[Curve], drawn: dict[float, list[Step]], path: Path) -> None:
    """Static curves with what was measured on them, and the step of the standard in the middle band."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # Same input, same bytes: no date and no random names.
    matplotlib.rcParams["svg.hashsalt"] = "ossicle"
    figure, (still, moving) = plt.subplots(1, 2, figsize=(10, 4.4))
    at = np.linspace(10, 110, 401)
    for channel in LOW_TO_HIGH:
        one = curves[channel]
        (line,) = still.plot(at, at + core.curves[channel](at), linewidth=0.9)
        still.plot(one.levels, one.outputs, ".", markersize=4, color=line.get_color(), label=f"{one.frequency:.0f} Hz")
    still.set(xlabel="level of the band in, dB SPL", ylabel="out, dB SPL")
    still.legend(title="curve, and VHDL")
    for ratio, found in drawn.items():
        seconds, levels = found[2].seconds, found[2].levels
        shown = (seconds > 0.45) & (seconds < 1.3)
        moving.plot(1000 * (seconds[shown] - 0.5), levels[shown], linewidth=0.9, label=f"{ratio:g} : 1")
    moving.set(xlabel="ms", ylabel="3 kHz, out, dB SPL", title="55, 90, 55 dB SPL in; attack 5 ms, release 50 ms")
    moving.legend()
    for axes in (still, moving):
        axes.grid(True, linewidth=0.3)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write tables and drawing into the datasheet")
    given = parser.parse_args()
    tables = measured(PAGE.with_suffix(".svg") if given.page else None)
    if given.page:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), "measured", COMMAND, tables), encoding="utf-8")
    print(tables)


if __name__ == "__main__":
    main()
