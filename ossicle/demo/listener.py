"""A hearing aid for one listener: from the audiogram to what the ear gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from fixed_point.full_scale import Samples, amplitude, audio_to_words
from fixed_point.sound import RATE, read_audio, write_audio
from ossicle.demo.ear_figures import audible_figure, cochleagram_figure, dynamics_figure, prescription_figure
from ossicle.demo.figures import write_figures
from ossicle.demo.proofs import Proven, checks, core_table, cost_table, engine_table, headline, prove_example, top_listing
from ossicle.demo.section import Section, Sound, Table
from ossicle.fitting.aid_description import OPTIONS, Fitting, fit_aid
from ossicle.fitting.audiogram_files import read_listener
from ossicle.terminal import Progress
from reference.audiograms import Audiogram
from testbenches.aid_measurements import (
    CENTRES,
    SPEECH_SPL,
    Calibration,
    MeasuredAid,
    StandardStep,
    input_output,
    insertion_gain,
    sensation,
    speech_noise,
    spl,
    standard_step,
    third_octaves,
)
from testbenches.hearing import INDICES, NORMAL, PACKAGE, hearing_index, installed
from testbenches.signals import EXAMPLES, SPEECH

LISTENER = "audiogram_n4.toml"
DESCRIPTION = "hearing_aid.toml"

NOISE = 10
"""dB by which the speech is above the noise, where there is any."""

SAMPLES = {"myhdl": 40, "ghdl": 60}
"""Words for the slow engines: a sample takes 201 clock cycles."""

LEVELS = np.arange(20.0, 101.0, 5.0)
"""Of the sines, in dB SPL."""

SINES = (500.0, 1000.0, 4000.0)
STEP = 2000.0
"""Hz."""

PARTS = (30, 65, 99)
"""Percent of the time that speech stays below a level."""

HEADROOM = 0.9
"""Peak of the loudest sound that is played, part of full scale."""


def make(folder: Path, progress: Progress) -> Section:
    """Fit, prove and measure the aid, and write what is heard; write into the same folders as the other sections."""
    listener = read_listener(EXAMPLES / LISTENER, OPTIONS)
    (ear,) = listener.ears.values()
    fitting = Fitting(**listener.options)
    fitted = fit_aid(ear, fitting)
    calibration = Calibration(fitting.full_scale_spl, fitting.output_full_scale_spl)
    (folder / "audio").mkdir(exist_ok=True)
    clean, noisy = at_listening_level(read_audio(SPEECH).samples, calibration)
    file = folder / "audio" / "noisy_speech_at_the_microphone.wav"
    write_audio(file, noisy, RATE)
    noisy = read_audio(file).samples  # with the 16 bits of the file, so that the replay plays the same words
    words = audio_to_words(noisy, "sfix16_En15")
    one = prove_example("hearing aid", DESCRIPTION, Path("build/demo/audio") / file.name, words, folder, progress, SAMPLES)
    progress.step("hearing aid: measurements and plots")
    aid = MeasuredAid(one.core, calibration, one.manifest)
    steady = replace(aid, controls={"noise_reducer_bypass": 1})
    gains = insertion_gain(steady)
    curves = {frequency: input_output(steady, frequency, LEVELS) for frequency in SINES}
    step = standard_step(steady, STEP)
    heard = {"clean": aid.played(clean), "noisy": aid.played(noisy), "bypassed": steady.played(noisy)}
    pictures = {
        "Without the aid": sensation(clean, RATE, calibration.sink, ear),
        "With it": sensation(heard["clean"], RATE, calibration.source, ear),
    }
    speech = {
        "Without the aid": in_parts(clean, calibration.sink),
        "With it": in_parts(heard["clean"], calibration.source),
    }
    figures = {
        "prescription": prescription_figure(ear, fitted.wanted, CENTRES, gains, SPEECH_SPL),
        "audible_area": audible_figure(ear, NORMAL, speech, CENTRES),
        "cochleagram": cochleagram_figure(pictures),
        "compression": dynamics_figure(LEVELS, curves, fitting.loudest_sine, step, STEP),
    }
    write_figures(folder / "plots", figures)
    indices = understood(clean, noisy, heard, ear, calibration)
    missed = float(np.max(np.abs(np.interp(np.log(fitted.frequencies), np.log(CENTRES), gains) - fitted.wanted)))
    audible = {name: one.audible for name, one in pictures.items()}
    complaints = [*one.complaints, *faults(missed, step, fitting, curves)]
    facts = {
        "insertion_gain": {f"{f:g}": round(float(g), 2) for f, g in zip(CENTRES, gains, strict=True)},
        "furthest_from_prescription": round(missed, 2),
        "attack": round(step.attack, 1),
        "release": round(step.release, 1),
        "audible": [round(part, 3) for part in audible.values()],
        "highest_sine": round(fitting.loudest_sine, 1),
    }
    return Section(
        name="listener",
        title="A hearing aid for one listener",
        lead=lead(one, ear),
        passed=not complaints,
        facts={**one.facts, **facts, **indices},
        headline=(
            (" → ".join(f"{part:.0%}" for part in audible.values()), "of speech at 65 dB SPL above this ear's threshold"),
            (f"{1000 * one.core.delay / RATE:.1f} ms", "from microphone to receiver"),
            *headline([one]),
        ),
        checks=checks([one]),
        tables=(
            gain_table(fitted.frequencies, fitted.wanted, gains),
            *index_tables(indices),
            *(table("core", [one]) for table in (core_table, cost_table, engine_table)),
        ),
        sounds=write_sounds(folder / "audio", clean, noisy, heard, calibration),
        figures=tuple(figures.values()),
        listings=(top_listing(one, "the top of the hearing aid"),),
        replay=(f"ossicle fit examples/{LISTENER} --output aid.toml", one.replay),
        complaints=tuple(complaints),
        notes=() if indices else (HINT,),
    )


HINT = f"HASPI and HASQI for this ear stand here too where pyclarity is installed: pip install --no-deps {PACKAGE}"


def at_listening_level(x: Samples, calibration: Calibration) -> tuple[Samples, Samples]:
    """Speech at 65 dB SPL on the scale of an aid's sink, and the same in steady noise with the spectrum of speech."""
    size = amplitude(SPEECH_SPL - calibration.sink) / np.sqrt(2)
    clean, noise = (part * size / np.sqrt(np.mean(part**2)) for part in (x, speech_noise(len(x), RATE)))
    return clean, clean + noise * amplitude(-NOISE)


def in_parts(x: Samples, full_scale: float, window: float = 0.125) -> np.ndarray:
    """Levels of third octaves in dB SPL that speech stays below for so much of the time (`PARTS`), in windows."""
    count = round(window * RATE)
    rows = [third_octaves(x[n : n + count], RATE, full_scale) for n in range(0, len(x) - count + 1, count // 2)]
    return np.percentile(rows, PARTS, axis=0)


def faults(missed: float, step: StandardStep, fitting: Fitting, curves: Mapping[float, Samples]) -> list[str]:
    """What does not hold of what the page says, beside the proof."""
    found = []
    if missed > 3:
        found.append(f"hearing aid: the measured gain is {missed:.1f} dB off the prescription")
    for name, measured, nominal in (("attack", step.attack, fitting.attack), ("release", step.release, fitting.release)):
        if abs(measured / nominal - 1) > 0.2:
            found.append(f"hearing aid: {name} is {measured:.1f} ms, not {nominal:g}")
    loudest = max(float(levels.max()) for levels in curves.values())
    if loudest > fitting.loudest_sine + 0.1:
        found.append(f"hearing aid: a sine leaves at {loudest:.1f} dB SPL, above {fitting.loudest_sine:.1f}")
    return found


def understood(
    clean: Samples, noisy: Samples, heard: Mapping[str, Samples], ear: Audiogram, calibration: Calibration
) -> dict[str, list[float]]:
    """Indices by name, unaided and aided, in quiet and in noise; empty without pyclarity."""
    if not installed():
        return {}
    louder = amplitude(calibration.source - calibration.sink)
    given = (clean, heard["clean"] * louder, noisy, heard["bypassed"] * louder, heard["noisy"] * louder)
    return {name.lower(): [round(hearing_index(name, clean, one, ear), 3) for one in given] for name in INDICES}


def index_tables(indices: Mapping[str, list[float]]) -> tuple[Table, ...]:
    """What this ear makes of it; no table without figures."""
    if not indices:
        return ()
    head = ("index", "of", "quiet, unaided", "aided", f"noise at {NOISE} dB, unaided", "aided, noise reducer off", "on")
    rows = tuple((name, what, *(f"{figure:.3f}" for figure in indices[name.lower()])) for name, what in INDICES.items())
    return (Table("For this ear", head, rows, right=(2, 3, 4, 5, 6)),)


def gain_table(frequencies: tuple[float, ...], wanted: tuple[float, ...], gains: Samples) -> Table:
    """Prescribed and measured gain."""
    measured = np.interp(np.log(frequencies), np.log(CENTRES), gains)
    rows = tuple(
        (f"{f:g} Hz", f"{asked:.1f} dB", f"{found:.1f} dB", f"{found - asked:+.1f} dB".replace("-", "\N{MINUS SIGN}"))
        for f, asked, found in zip(frequencies, wanted, measured, strict=True)
    )
    return Table("Insertion gain", ("frequency", "prescribed", "measured", "difference"), rows, right=(0, 1, 2, 3))


def write_sounds(folder: Path, clean: Samples, noisy: Samples, heard: Mapping[str, Samples], calibration: Calibration) -> tuple[Sound, ...]:
    """What reaches the ear, all on one scale: what is louder for the listener is louder here."""
    sounds = {
        "unaided": (f"Speech at {SPEECH_SPL:g} dB SPL, without the aid", clean, calibration.sink),
        "aided": ("With the aid, as the VHDL gives it", heard["clean"], calibration.source),
        "noisy_unaided": (f"In noise, {NOISE} dB below the speech, without the aid", noisy, calibration.sink),
        "noisy_aided": ("In noise, amplified, noise reducer off", heard["bypassed"], calibration.source),
        "noise_reduced": ("In noise, amplified, noise reducer on", heard["noisy"], calibration.source),
    }
    top = max(float(np.max(np.abs(x))) * amplitude(scale) for _, x, scale in sounds.values())
    found = []
    for name, (title, x, scale) in sounds.items():
        write_audio(folder / f"{name}.wav", x * amplitude(scale) * HEADROOM / top, RATE)
        found.append(Sound(f"{title}: {spl(x, scale):.0f} dB SPL", folder / f"{name}.wav"))
    return tuple(found)


def lead(one: Proven, ear: Audiogram) -> tuple[str, ...]:
    """What is shown, in words."""
    core = one.core
    thresholds = f"{min(ear.levels):g} to {max(ear.levels):g} dB HL"
    return (
        f"This listener has a moderate to severe hearing loss, {thresholds} (the standard ear N4). From the audiogram ossicle fit writes "
        f"the description of an aid: {core.levels + 1} bands of an undecimated {core.wavelet} bank, a gain in each that takes steady noise "
        "down, another that amplifies soft sounds more than loud ones as NAL-R prescribes, and a limiter that nothing passes.",
        "All curves are measured at the VHDL's own ports, by the rules that test boxes for hearing aids follow. The sounds are as loud one "
        "to another as they are at the ear.",
    )
