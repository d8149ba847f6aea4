"""Speech through a 64-tap band filter in direct, transposed and serial form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point import audio_to_words, to_float
from fixed_point.sound import Audio, read_audio, write_audio
from ip_cores.schedule import number_text
from ossicle.demo.diagrams import DIAGRAMS
from ossicle.demo.figures import error_figure, response_figure, spectrogram_figure, write_figures
from ossicle.demo.proofs import Proven, checks, core_table, cost_table, engine_table, fastest, headline, prove_example, top_listing
from ossicle.demo.section import Drawing, Listing, Section, Sound
from ossicle.terminal import Progress, decibels_text
from testbenches.signals import SPEECH
from testbenches.simulate import as_audio

FORMS = ("direct", "transposed", "serial")


def make(folder: Path, progress: Progress) -> Section:
    """Generate, prove and play the three forms; write ``vhdl/``, ``audio/`` and ``plots/`` under `folder`."""
    audio = read_audio(SPEECH)
    words = audio_to_words(audio.samples, "sfix16_En15")
    spoken = Path("examples") / SPEECH.name
    forms = [prove_example(form, f"band_{form}.toml", spoken, words, folder, progress) for form in FORMS]
    progress.step("band filter: plots")
    core = forms[0].core
    x, given = to_float(words, core.sink_format), to_float(forms[0].words, core.source_format)
    error = (given - core.reference(x)) / core.source_format.resolution
    pictures = (("before", x), ("after, as the VHDL gives it", given))
    figures = {
        "frequency_response": response_figure(core.coefficients, core.quantized.values, audio.rate),
        "spectrogram": spectrogram_figure("Spectrogram before and after", HEARD, pictures, audio.rate),
        "error": error_figure(given, error, audio.rate),
    }
    write_figures(folder / "plots", figures)
    same = all(np.array_equal(one.words, forms[0].words) for one in forms)
    found = [sentence for one in forms for sentence in one.complaints] + ([] if same else ["the forms gave different words"])
    return Section(
        name="band_filter",
        title="Speech through a band filter",
        lead=lead(core, audio),
        passed=not found,
        facts={one.label: one.facts for one in forms},
        headline=(*headline(forms), (decibels_text(min(one.outcome.snr for one in forms)), "SNR against float64"), fastest(forms)),
        drawings=tuple(drawing(one) for one in forms),
        checks=checks(forms),
        tables=(core_table("form", forms), cost_table("form", forms), engine_table("form", forms)),
        sounds=write_sounds(folder / "audio", audio, forms),
        figures=tuple(figures.values()),
        listings=listings(forms),
        replay=tuple(one.replay for one in forms),
        complaints=tuple(found),
    )


HEARD = (
    "25 ms Hann windows every 5 ms. The voice's fundamental and most of its first formant go, hiss above 4 kHz goes, "
    "the band of consonants stays."
)


def lead(core: Any, audio: Audio) -> tuple[str, ...]:
    """What is shown, in words."""
    return (
        f"{audio.seconds:.1f} seconds of speech pass a {len(core.coefficients)}-tap filter that keeps 700 to 4000 Hz, where consonants "
        "are told apart. The filter is built three times from the same coefficients: direct and transposed take a sample in every clock "
        f"cycle, the serial form shares one multiplier over all taps. Samples are {core.sink}, coefficients {core.coefficient}; "
        "the sum is kept exact and rounded once, at the output.",
        "Every form is proven on the VHDL that you would hand to Quartus. It must give the bit-true model's word in every single place, "
        "while both of its neighbours stall at random and a reset strikes in mid-stream.",
    )


def drawing(one: Proven) -> Drawing:
    """A form's schematic, and its timing."""
    clocks = one.core.cycles_per_sample
    every = "A sample in every clock cycle" if clocks == 1 else f"A sample in {number_text(clocks)} clock cycles"
    return Drawing(one.label.capitalize(), f"{every}, latency {one.core.latency}.", DIAGRAMS[one.label]())


def write_sounds(folder: Path, audio: Audio, forms: Sequence[Proven]) -> tuple[Sound, ...]:
    """The speech, and what each form's VHDL made of it."""
    folder.mkdir(exist_ok=True)
    write_audio(folder / "speech.wav", audio.samples, audio.rate)
    for one in forms:
        write_audio(folder / f"{one.core.name}.wav", as_audio(one.core, one.words), audio.rate)
    return (
        Sound("Speech as it goes in", folder / "speech.wav"),
        Sound("As the VHDL gives it back: 700 to 4000 Hz", folder / f"{forms[0].core.name}.wav"),
    )


def listings(forms: Sequence[Proven]) -> tuple[Listing, ...]:
    """The top-level entity of each form, and how to instantiate it."""
    first = forms[0].manifest
    template = first.folder / f"{first.entity}_inst.vhd"
    tops = [top_listing(one, f"the top of the {one.label} form") for one in forms]
    return (*tops, Listing(f"{template.name}, to paste into a design", template.read_text()))
