"""Speech in the noise of a street through the trained network, beside the noise reducer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples, audio_to_words
from fixed_point.sound import RATE, read_audio, write_audio
from ip_cores.core import Core
from ip_cores.description import load_core
from ossicle.demo.denoising import aligned
from ossicle.demo.figures import spectrogram_figure, wave_figure, write_figures
from ossicle.demo.proofs import Proven, checks, core_table, cost_table, engine_table, headline, prove_example, top_listing
from ossicle.demo.section import Section, Sound, Table
from ossicle.terminal import Progress
from testbenches.noisy_speech import heard, listening_delay, si_sdr
from testbenches.signals import EXAMPLES, SPEECH, TRAM, in_noise
from testbenches.simulate import as_audio

DESCRIPTION, BESIDE = "enhancer.toml", "noise_reduction.toml"

SHOWN = 5
"""SNR in dB at which the noisy speech is proven, heard and seen."""

LEVELS = (0, 5, 10)

ENGINES = ("native",)
"""A millisecond of sound takes 20,000 clocks: what simulates them one by one plays smaller networks, in the tests."""


def make(folder: Path, progress: Progress) -> Section:
    """Add the noise to the speech, prove the network on it, measure what it gains; write into the same folders as the other sections."""
    clean, noise = (read_audio(file).samples for file in (SPEECH, TRAM))
    (folder / "audio").mkdir(exist_ok=True)
    file = folder / "audio" / "speech_in_a_street.wav"
    write_audio(file, in_noise(clean, noise, SHOWN), RATE)
    x = read_audio(file).samples  # with the 16 bits of the file, so that the replay plays the same words
    words, source = audio_to_words(x, "sfix16_En15"), Path("build/demo/audio") / file.name
    one = prove_example("network", DESCRIPTION, source, words, folder, progress, engines=ENGINES)
    progress.step("network: gains and plots")
    beside = load_core(EXAMPLES / BESIDE)
    sounds = {"noise_reducer": heard(beside, x), "network": as_audio(one.core, one.words)}
    for name, samples in sounds.items():
        write_audio(folder / "audio" / f"street_behind_{name}.wav", samples, RATE)
    pictures = (("speech", clean), (f"in a street, SNR {SHOWN} dB", x), ("behind the network, as the VHDL gives it", sounds["network"]))
    together = aligned(pictures, listening_delay(one.core))
    figures = {
        "network_wave": wave_figure("Wave with the noise and without", WAVE, together, RATE),
        "network": spectrogram_figure("Spectrogram with the noise and without", HEARD, together, RATE),
    }
    write_figures(folder / "plots", figures)
    gains = {level: (gain(one.core, clean, noise, level), gain(beside, clean, noise, level)) for level in LEVELS}
    complaints = [*one.complaints, *(f"network: no gain at {level} dB" for level, (most, _) in gains.items() if most <= 0)]
    most, less = gains[SHOWN]
    return Section(
        name="network",
        title="A trained network on the FPGA",
        lead=lead(one),
        passed=not complaints,
        facts={**one.facts, "si_sdr_gain": {str(level): [round(part, 2) for part in pair] for level, pair in gains.items()}},
        headline=(
            (f"+{most:.1f} dB", f"SI-SDR at {SHOWN} dB; the noise reducer: +{less:.1f} dB"),
            (f"{1000 * whole_delay(one.core):.1f} ms", "delay of the speech, with the time of a frame at 50 MHz"),
            *headline([one]),
        ),
        checks=checks([one]),
        tables=(gain_table(gains), *(table("core", [one]) for table in (core_table, cost_table, engine_table))),
        sounds=(
            Sound(f"In the noise of a street: SNR {SHOWN} dB", file),
            Sound("Behind the noise reducer, by its model", folder / "audio" / "street_behind_noise_reducer.wav"),
            Sound("Behind the network, as the VHDL gives it", folder / "audio" / "street_behind_network.wav"),
        ),
        figures=tuple(figures.values()),
        listings=(top_listing(one, "the top of the network"),),
        replay=(one.replay,),
        complaints=tuple(complaints),
    )


CLOCK = 50e6
"""Hz, of the board."""

WAVE = "A tram goes by and people talk; between the words little of it is left, and the words keep their height."

HEARD = "What is no voice is taken down in every band by itself, hop by hop; harmonics and formants stay."


def gain(core: Core, clean: Samples, noise: Samples, level: float) -> float:
    """Gain in SI-SDR of the bit-true model, dB, its delay taken out, when the recording comes again and trackers have settled."""
    x = in_noise(clean, noise, level)
    given = heard(core, np.tile(x, 2))[x.size + listening_delay(core) :]
    return si_sdr(clean[: given.size], given) - si_sdr(clean, x)


def gain_table(gains: dict[int, tuple[float, float]]) -> Table:
    """What is gained at each level, beside the noise reducer."""
    rows = tuple((f"{level} dB", *(f"{part:+.1f} dB" for part in pair)) for level, pair in gains.items())
    title = "Gain in SI-SDR on this recording, the second time through, bit-true"
    return Table(title, ("SNR", "network", "noise reducer"), rows, right=(0, 1, 2))


def whole_delay(core: Core) -> float:
    """Seconds from a sound to what is heard of it: samples that are waited for, and the clocks of a frame."""
    return float(core.group_delay or 0) / RATE + (core.latency or 0) / CLOCK


def lead(one: Proven) -> tuple[str, ...]:
    """What is shown, in words."""
    core: Any = one.core
    count = f"{sum(np.size(layer.weight) for layer in core.layers):,}".replace(",", " ")
    return (
        f"A small causal Conv-TasNet with {count} weights of {core.weight_word_length} bits, trained in 75 minutes without a GPU. Its "
        f"micro-program runs on {core.multipliers} multipliers, which are done with each millisecond of sound in four tenths of one.",
        "This street, a tram and people, is one of those that nothing was trained on. Means over other noises and speakers, and what the "
        "network does not do, are in docs/networks.md.",
    )
