"""Send a WAV file through a core and write what comes out."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ossicle.commands import DONE

if TYPE_CHECKING:
    import numpy as np

    from ip_cores.core import Core
    from ossicle.terminal import Progress


HIGHEST_RATE = 1_000_000
"""Samples per second; far above any converter for sound."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    parser.add_argument("input", metavar="IN.wav", help="one channel; another sample rate than the core's is converted")
    parser.add_argument("output", metavar="OUT.wav", help="file to write, at the rate at which the core's words leave")
    engines = "float64, bit-true model, or compiled VHDL (default: model)"
    parser.add_argument("--engine", default="model", choices=("reference", "model", "native"), help=engines)
    parser.add_argument("--rate", type=hertz, default=16000, metavar="HZ", help="sample rate of the core (default: 16000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def hertz(text: str) -> int:
    """A sample rate that WAV files can have."""
    if not text.isdecimal() or not 1 <= int(text) <= HIGHEST_RATE:
        raise ArgumentTypeError(f"{text}: must be a whole number, 1 to {HIGHEST_RATE}")
    return int(text)


def run(arguments: Namespace) -> int:
    from ossicle.descriptions import described_core

    core = described_core(arguments.description)

    import numpy as np

    from fixed_point.full_scale import beyond_full_scale
    from ossicle.inputs import counted, read_samples
    from ossicle.terminal import Progress, print_json
    from testbenches.audio import write_audio

    check(core, Path(arguments.output))
    audio = read_samples(arguments.input, arguments.rate)
    rate = max(1, round(audio.rate * core.rate))
    with Progress(f"{core.name}: {arguments.engine}", total=len(audio)) as progress:
        samples = play(core, audio.samples, arguments.engine, progress)
    write_audio(arguments.output, samples, rate)
    clipped = beyond_full_scale(samples)
    if arguments.json:
        facts = {"output": arguments.output, "samples": len(samples), "sample_rate": rate, "engine": arguments.engine}
        print_json({**facts, "peak": float(np.max(np.abs(samples), initial=0.0)), "clipped": clipped, "note": audio.note})
    else:
        lost = f"; {counted(clipped)} beyond full scale clipped" if clipped else ""
        print(f"{arguments.output}: {counted(len(samples))}, {len(samples) / rate:.2f} s, by {arguments.engine}{lost}")
    return DONE


def check(core: Core, output: Path) -> None:
    """Refuse what cannot work before anything long begins.

    Raises
    ------
    ValueError
        If the core has more than one stream of samples, or the output cannot be a WAV file.
    """
    from ossicle.inputs import check_streams
    from testbenches.audio import AudioError

    check_streams(core)
    fields = [port.name for port in (*core.sink_ports, *core.source_ports)]
    if fields:
        raise AudioError(f"{core.name}: has the ports {', '.join(fields)}: process takes cores with one sample in and one out")
    if output.suffix.lower() != ".wav":
        raise AudioError(f"{output}: must end in .wav")
    if not output.parent.is_dir():
        raise AudioError(f"{output}: there is no folder {output.parent}")


def play(core: Core, samples: np.ndarray, engine: str, progress: Progress) -> np.ndarray:
    """Samples from -1 to 1 through one engine, on the same scale."""
    from fixed_point.full_scale import audio_to_values, audio_to_words, values_to_audio
    from testbenches.simulate import as_audio, simulate

    if engine == "reference":  # sees the samples themselves, not their words
        return values_to_audio(core.reference(audio_to_values(samples, core.sink_format)), core.sink_format)
    words = audio_to_words(samples, core.sink_format)
    return as_audio(core, simulate(core, words, engine, progress=lambda taken, _: progress.update(taken)))
