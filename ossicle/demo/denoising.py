"""Speech in white noise through the wavelet denoiser."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import audio_to_words, snr
from fixed_point.sound import RATE, read_audio, write_audio
from ossicle.demo.figures import scalogram_figure, spectrogram_figure, wave_figure, write_figures
from ossicle.demo.proofs import checks, core_table, cost_table, engine_table, headline, prove_example, top_listing
from ossicle.demo.section import Section, Sound, Table
from ossicle.terminal import Progress
from reference.families.wavelet_filters import wavelet_filters
from reference.swt_analysis import swt_analysis
from testbenches.hearing import INDICES, PACKAGE, hearing_index, installed
from testbenches.signals import SPEECH, in_white_noise
from testbenches.simulate import as_audio

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
    write_audio(folder / "audio" / "clean.wav", clean, RATE)
    file = folder / "audio" / "noisy.wav"
    write_audio(file, in_white_noise(clean, SHOWN), RATE)
    x = read_audio(file).samples  # with the 16 bits of the file, so that the replay plays the same words
    words = audio_to_words(x, "sfix16_En15")
    one = prove_example("denoiser", DESCRIPTION, Path("build/demo/audio/noisy.wav"), words, folder, progress, SAMPLES)
    progress.step("denoiser: gains and plots")
    core = one.core
    given = as_audio(core, one.words)
    write_audio(folder / "audio" / "denoised.wav", given, RATE)
    gains = {level: gain(core, clean, level) for level in LEVELS}
    pictures = (("clean", clean), (f"with white noise, SNR {SHOWN} dB", x), ("denoised, as the VHDL gives it", given))
    together = aligned(pictures, core.delay)
    figures = {
        "wave": wave_figure("Wave with noise and without", WAVE, together, RATE),
        "denoising": spectrogram_figure("Spectrogram with noise and without", HEARD, pictures, RATE),
        "scalogram": scalogram_figure("Scalogram of the undecimated bands", BANDS, together, RATE, bank(core)),
    }
    write_figures(folder / "plots", figures)
    before, after = gains[SHOWN]
    heard = hearing(clean, x, given[core.delay :])
    complaints = [*one.complaints, *(f"denoiser: no gain at {level} dB" for level, (old, new) in gains.items() if new <= old)]
    return Section(
        name="denoising",
        title="Noise taken out of speech",
        lead=lead(core),
        passed=not complaints,
        facts={**one.facts, "snr_gain": {str(level): round(new - old, 2) for level, (old, new) in gains.items()}, **heard},
        headline=(
            (f"+{after - before:.1f} dB", f"SNR, from {before:.1f} to {after:.1f} dB"),
            (f"{1000 * core.delay / RATE:.1f} ms", "delay of the speech"),
            *headline([one]),
        ),
        checks=checks([one]),
        tables=(gain_table(gains), *hearing_table(heard), *(table("core", [one]) for table in (core_table, cost_table, engine_table))),
        sounds=(
            Sound("Clean, as it was recorded", folder / "audio" / "clean.wav"),
            Sound(f"Noisy: SNR {SHOWN} dB", file),
            Sound("Denoised, as the VHDL gives it back", folder / "audio" / "denoised.wav"),
        ),
        figures=tuple(figures.values()),
        listings=(top_listing(one, "the top of the denoiser"),),
        replay=(one.replay,),
        complaints=tuple(complaints),
        notes=() if heard else (HINT,),
    )


HEARD = "The noise floor between words and between harmonics drops; formants and their movement stay."

WAVE = "Between the words only the noise is left to see; the words keep their height."

BANDS = (
    "Root mean square of each band in windows of 5 ms, by the bank that the denoiser has inside: an approximation, and octaves of detail. "
    "White noise fills the upper bands from end to end. What stays below the threshold comes out 12 dB lower; onsets and fricatives pass."
)

HINT = (
    f"Intelligibility and quality for a normal ear, HASPI and HASQI, stand here too where pyclarity is installed: "
    f"pip install --no-deps {PACKAGE}"
)


def aligned(pictures: Sequence[tuple[str, np.ndarray]], delay: int) -> list[tuple[str, np.ndarray]]:
    """The same signals with the last one's delay taken out, all as long as it is then."""
    *others, (name, late) = pictures
    count = len(late) - delay
    return [*((what, signal[:count]) for what, signal in others), (name, late[delay:])]


def bank(core: Any) -> Callable[[np.ndarray], list[np.ndarray]]:
    """The denoiser's own bank in float64: from samples to bands, the approximation first, then details from the deepest on."""
    filters = wavelet_filters(core.wavelet)

    def bands(samples: np.ndarray) -> list[np.ndarray]:
        words, channel = swt_analysis(samples, filters, core.levels)
        return [words[channel == number] for number in (0, *range(core.levels, 0, -1))]

    return bands


def hearing(clean: np.ndarray, before: np.ndarray, after: np.ndarray) -> dict[str, list[float]]:
    """Indices of the noisy and of the denoised speech, by name; empty without pyclarity."""
    if not installed():
        return {}
    return {name.lower(): [round(hearing_index(name, clean, one), 3) for one in (before, after)] for name in INDICES}


def hearing_table(heard: dict[str, list[float]]) -> tuple[Table, ...]:
    """What a normal ear makes of it; no table without figures."""
    rows = tuple(
        (name, what, *(f"{figure:.3f}" for figure in heard[name.lower()]), f"{np.diff(heard[name.lower()])[0]:+.3f}")
        for name, what in INDICES.items()
        if heard
    )
    title = f"For a normal ear, at {SHOWN} dB"
    return (Table(title, ("index", "of", "before", "after", "gain"), rows, right=(2, 3, 4)),) if rows else ()


def gain(core: Any, clean: np.ndarray, level: float) -> tuple[float, float]:
    """SNR in dB before and after, by the bit-true model, its delay taken out."""
    x = in_white_noise(clean, level)
    y = as_audio(core, core.model(audio_to_words(x, core.sink_format)))[core.delay :]
    return snr(clean, x), snr(clean[: len(y)], y)


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
