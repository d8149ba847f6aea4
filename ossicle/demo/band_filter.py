"""Speech through a 64-tap band filter in direct, transposed and serial form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point import to_float
from ip_cores.core import Core
from ip_cores.description import load_core
from ip_cores.generate import Manifest, generate
from ossicle.demo.diagrams import DIAGRAMS
from ossicle.demo.figures import error_figure, response_figure, spectrogram_figure
from ossicle.demo.section import Check, Drawing, Listing, Section, Sound, Table
from ossicle.inputs import audio_words, values_as_audio
from ossicle.proof import complaints, prove
from ossicle.terminal import Progress, decibels, rate, thousands
from testbenches.audio import Audio, read_audio, write_audio
from testbenches.signals import EXAMPLES
from testbenches.simulate import simulate
from testbenches.verify import HARDWARE, Verification

FORMS = ("direct", "transposed", "serial")
SPEECH = EXAMPLES / "speech.wav"

ENGINE_NAMES = {"myhdl": "MyHDL", "ghdl": "VHDL in GHDL", "native": "VHDL as machine code"}


@dataclass(frozen=True)
class Proven:
    """One form, its VHDL, its proof, and what the compiled VHDL made of the speech."""

    form: str
    core: Core
    manifest: Manifest
    outcome: Verification
    words: np.ndarray


def make(folder: Path, progress: Progress) -> Section:
    """Generate, prove and play the three forms; write ``vhdl/``, ``audio/`` and ``plots/`` under `folder`."""
    audio = read_audio(SPEECH)
    forms = [prove_form(form, audio, folder, progress) for form in FORMS]
    core: Any = forms[0].core
    progress.step("plots and report")
    x = to_float(audio_words(audio.samples, core.sink_format), core.sink_format)
    truth, given = core.reference(x), to_float(forms[0].words, core.source_format)
    sounds = write_sounds(folder / "audio", audio, forms)
    figures = (
        response_figure(core.coefficients, core.quantized.values, audio.rate),
        spectrogram_figure(x, given, audio.rate),
        error_figure(given, (given - truth) / core.source_format.resolution, audio.rate),
    )
    (folder / "plots").mkdir()
    for name, figure in zip(("frequency_response", "spectrogram", "error"), figures, strict=True):
        (folder / "plots" / f"{name}.png").write_bytes(figure.light)
    found = tuple(sentence for one in forms for sentence in complaints(one.outcome))
    same = all(np.array_equal(one.words, forms[0].words) for one in forms)
    if not same:
        found += ("the three forms gave different words",)
    return Section(
        name="band_filter",
        title="Speech through a band filter",
        lead=lead(core, audio),
        passed=same and not found,
        facts={one.form: facts(one) for one in forms},
        headline=headline(forms),
        drawings=tuple(drawing(one) for one in forms),
        checks=checks(forms),
        tables=(form_table(forms), engine_table(forms)),
        sounds=sounds,
        figures=figures,
        listings=listings(forms),
        replay=tuple(f"ossicle verify examples/band_{form}.toml --input examples/speech.wav" for form in FORMS),
        complaints=found,
    )


def prove_form(form: str, audio: Audio, folder: Path, progress: Progress) -> Proven:
    """Generate one form and play the speech on every engine: all of it as machine code, the beginning on the slow ones."""
    description = EXAMPLES / f"band_{form}.toml"
    core = load_core(description)
    words = audio_words(audio.samples, core.sink_format)
    progress.step(f"{form}: generating VHDL")
    manifest = generate(core, folder / "vhdl" / core.name)
    source = f"examples/{description.name} --input examples/{SPEECH.name}"
    outcome = prove(core, words, HARDWARE, progress, source=source, manifest=manifest)
    # Compiled for the proof; the engine's cache gives it back at once.
    return Proven(form, core, manifest, outcome, simulate(core, words, "native", manifest=manifest))


def facts(one: Proven) -> dict[str, Any]:
    """What ``demo.json`` says of one form."""
    timing = {"latency": one.core.latency, "delay": one.core.delay, "cycles_per_sample": one.core.cycles_per_sample}
    return {**one.outcome.as_dict(), **timing}


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


def headline(forms: Sequence[Proven]) -> tuple[tuple[str, str], ...]:
    """The figures that matter most."""
    engines = [engine for one in forms for engine in one.outcome.engines]
    return (
        (thousands(sum(engine.words_compared for engine in engines)), "words compared"),
        (thousands(sum(engine.words_different for engine in engines)), "words different"),
        (decibels(min(one.outcome.snr for one in forms)), "SNR against float64"),
        (rate(max(engine.cycles_per_second for engine in engines)), "clock cycles, fastest engine"),
    )


def drawing(one: Proven) -> Drawing:
    """A form's schematic, and its timing."""
    clocks = one.core.cycles_per_sample
    every = "a sample in every clock cycle" if clocks == 1 else f"a sample in {clocks} clock cycles"
    return Drawing(one.form.capitalize(), f"{every[0].upper()}{every[1:]}, latency {one.core.latency}.", DIAGRAMS[one.form]())


def checks(forms: Sequence[Proven]) -> tuple[Check, ...]:
    """The chain of proof over all forms."""
    links = [
        Check(
            "reference ~ model",
            decibels(min(one.outcome.snr for one in forms)),
            "SNR of the integers against float64",
            all(one.outcome.snr_passed for one in forms),
        )
    ]
    for number, name in enumerate(HARDWARE):
        engines = [one.outcome.engines[number] for one in forms]
        different = sum(engine.words_different for engine in engines)
        detail = f"{thousands(different)} of {thousands(sum(engine.words_compared for engine in engines))} words differ"
        links.append(Check(f"model == {ENGINE_NAMES[name]}", thousands(different), detail, all(engine.passed for engine in engines)))
    return tuple(links)


def form_table(forms: Sequence[Proven]) -> Table:
    """Quality and timing of each form."""
    rows = []
    for one in forms:
        outcome = one.outcome
        promised = "" if outcome.predicted_snr is None else decibels(outcome.predicted_snr)
        clocks = (str(one.core.cycles_per_sample), str(one.core.latency))
        rows.append((one.form, decibels(outcome.snr), promised, f"{outcome.mse:.2e}", *clocks, str(len(one.manifest.files))))
    head = ("form", "SNR", "promised", "MSE", "cycles per sample", "latency, cycles", "VHDL files")
    return Table("Quality and timing", head, tuple(rows), right=(1, 2, 3, 4, 5, 6))


def engine_table(forms: Sequence[Proven]) -> Table:
    """What each engine compared, and how fast it is."""
    rows = tuple(
        (
            one.form,
            engine.engine,
            thousands(engine.words_compared),
            thousands(engine.words_different) if engine.error is None else "no result",
            thousands(engine.cycles),
            rate(engine.cycles_per_second),
        )
        for one in forms
        for engine in one.outcome.engines
    )
    return Table("Proof by engine", ("form", "engine", "words compared", "different", "cycles", "speed, cycles"), rows, right=(2, 3, 4, 5))


def write_sounds(folder: Path, audio: Audio, forms: Sequence[Proven]) -> tuple[Sound, ...]:
    """The speech, and what each form's VHDL made of it."""
    folder.mkdir()
    write_audio(folder / "speech.wav", audio.samples, audio.rate)
    for one in forms:
        values = to_float(one.words, one.core.source_format)  # type: ignore[arg-type]
        write_audio(folder / f"{one.core.name}.wav", values_as_audio(values, one.core.sink_format), audio.rate)
    first = forms[0]
    return (
        Sound("Speech as it goes in", folder / "speech.wav"),
        Sound("As the VHDL gives it back: 700 to 4000 Hz", folder / f"{first.core.name}.wav"),
    )


def listings(forms: Sequence[Proven]) -> tuple[Listing, ...]:
    """The top-level entity of each form, and how to instantiate it."""
    found = [Listing(f"{one.manifest.files[-1]}, the top of the {one.form} form", one.manifest.paths[-1].read_text()) for one in forms]
    first = forms[0].manifest
    return (*found, Listing(f"{first.entity}_inst.vhd, to paste into a design", (first.folder / f"{first.entity}_inst.vhd").read_text()))
