"""Speech in white noise through the wavelet denoiser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fixed_point import to_float
from ossicle.demo.figures import spectrogram_figure, write_plots
from ossicle.demo.proofs import checks, core_table, engine_table, headline, prove_example, top_listing
from ossicle.demo.section import Section, Sound, Table
from ossicle.inputs import audio_words
from ossicle.terminal import Progress
from testbenches.audio import RATE, read_audio, write_audio
from testbenches.signals import EXAMPLES
from testbenches.verify import decibels as ratio

SPEECH = EXAMPLES / "speech.wav"
DESCRIPTION = "denoiser.toml"

SHOWN = 5
"""SNR in dB at which the noisy speech is proven, heard and seen."""

LEVELS = (0, 5, 10)
SAMPLES = {"myhdl": 120, "ghdl": 120}
"""Words for the slow engines: a sample takes about a hundred clock cycles."""


def make(folder: Path, progress: Progress) -> Section:
    """Add noise to the speech, prove the denoiser on it, and measure what it gains; write into the same folders as the other sections."""
    clean = read_audio(SPEECH).samples
    (folder / "audio").mkdir(exist_ok=True)
    file = folder / "audio" / "noisy.wav"
    write_audio(file, noisy(clean, SHOWN), RATE)
    x = read_audio(file).samples  # with the 16 bits of the file, so that the replay plays the same words
    words = audio_words(x, "sfix16_En15")
    one = prove_example("denoiser", DESCRIPTION, Path("build/demo/audio/noisy.wav"), words, folder, progress, SAMPLES)
    progress.step("denoiser: gains and plots")
    core = one.core
    given = to_float(one.words, core.source_format)
    write_audio(folder / "audio" / "denoised.wav", given, RATE)
    gains = {level: gain(core, clean, level) for level in LEVELS}
    pictures = (("clean", clean), (f"with white noise, SNR {SHOWN} dB", x), ("denoised, as the VHDL gives it", given))
    caption = "The noise floor between words and between harmonics drops; formants and their movement stay."
    figures = {"denoising": spectrogram_figure("Spectrogram with noise and without", caption, pictures, RATE)}
    write_plots(folder / "plots", figures)
    before, after = gains[SHOWN]
    complaints = [*one.complaints, *(f"denoiser: no gain at {level} dB" for level, (old, new) in gains.items() if new <= old)]
    return Section(
        name="denoising",
        title="Noise taken out of speech",
        lead=lead(core),
        passed=not complaints,
        facts={**one.facts, "snr_gain": {str(level): round(new - old, 2) for level, (old, new) in gains.items()}},
        headline=(
            (f"+{after - before:.1f} dB", f"SNR, from {before:.1f} to {after:.1f} dB"),
            (f"{1000 * core.delay / RATE:.1f} ms", "delay of the speech"),
            *headline([one]),
        ),
        checks=checks([one]),
        tables=(gain_table(gains), core_table("core", [one]), engine_table("core", [one])),
        sounds=(Sound(f"Noisy: SNR {SHOWN} dB", file), Sound("Denoised, as the VHDL gives it back", folder / "audio" / "denoised.wav")),
        figures=tuple(figures.values()),
        listings=(top_listing(one, "the top of the denoiser"),),
        replay=(one.replay,),
        complaints=tuple(complaints),
    )


def noisy(clean: np.ndarray, level: float, seed: int = 0) -> np.ndarray:
    """Speech with white noise, at a signal-to-noise ratio in dB over its whole length."""
    noise = np.random.default_rng(seed).standard_normal(len(clean))
    return clean + noise * np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-level / 20)


def gain(core: Any, clean: np.ndarray, level: float) -> tuple[float, float]:
    """SNR in dB before and after, by the bit-true model, its delay taken out."""
    x = noisy(clean, level)
    y = to_float(core.model(audio_words(x, core.sink_format)), core.source_format)[core.delay :]
    return snr(clean, x), snr(clean[: len(y)], y)


def snr(clean: np.ndarray, heard: np.ndarray) -> float:
    """Signal-to-noise ratio in dB: everything that is not the clean speech is noise."""
    return ratio(float(np.sum(clean**2)), float(np.sum((heard - clean) ** 2)))


def gain_table(gains: dict[int, tuple[float, float]]) -> Table:
    """What is gained at each level."""
    rows = tuple((f"{old:.1f} dB", f"{new:.1f} dB", f"{new - old:+.1f} dB") for old, new in gains.values())
    return Table("Signal-to-noise ratio", ("before", "after", "gain"), rows, right=(0, 1, 2))


def lead(core: Any) -> tuple[str, ...]:
    """What is shown, in words."""
    return (
        f"An undecimated {core.wavelet} filter bank splits the speech into {core.levels + 1} bands. In each detail band a comparator and a "
        f"shift track the level of the noise; what is smaller than {core.threshold:g} times that level is taken down to a quarter, and the "
        "bands are put together again. Analysis, threshold and synthesis share one multiplier.",
        "The noise is white and the denoiser is told nothing about it. The gain is measured on the integers that the hardware gives.",
    )
