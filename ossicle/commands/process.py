"""Send a file of sound through a core and write what comes out: WAV or FLAC, with as many bits as the core gives."""

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

EXAMPLES = (
    "ossicle process examples/denoiser.toml examples/speech.wav build/quiet.wav",
    "ossicle process examples/tone.toml build/tone.wav --seconds 2",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    read = "WAV, FLAC or AIFF of as many channels as the core has; another sample rate than the core's is converted; none without a sink"
    parser.add_argument("input", metavar="IN.wav", nargs="?", help=read)
    written = "WAV or FLAC to write, at the rate at which the core's words leave; CSV, of a core that gives figures"
    parser.add_argument("output", metavar="OUT.wav", help=written)
    engines = "float64, bit-true model, or compiled VHDL (default: model)"
    parser.add_argument("--engine", default="model", choices=("reference", "model", "native"), help=engines)
    parser.add_argument("--rate", type=hertz, metavar="HZ", help="sample rate of the core (default: sample_rate of the description)")
    parser.add_argument("--seconds", type=duration, metavar="S", help="length, for a core without a sink (default: 10)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


LONGEST = 3600.0
"""Seconds that a core without a sink may be asked for."""


def duration(text: str) -> float:
    """Seconds of sound."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:
        raise ArgumentTypeError(f"{text}: must be a number above 0, at most {LONGEST:g}")
    return seconds


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
    from fixed_point.sound import AudioError, write_audio, write_figures
    from ossicle.inputs import counted, read_samples
    from ossicle.terminal import Progress, print_json

    if core.is_source:
        return generate_sound(core, arguments)
    if arguments.seconds is not None:
        raise ValueError(f"--seconds {arguments.seconds:g}: must be left out: {core.name} has a sink, and gives as much as enters")
    if arguments.input is None:
        raise ValueError(f"{arguments.output}: must be the third argument: {core.name} has a sink, and takes the second")
    check(core, Path(arguments.input), Path(arguments.output))
    if arguments.engine != "model" and not core.waits_for_neighbours:
        lost = f"loses words that come as fast as {arguments.engine} plays them, as is meant"
        raise ValueError(f"{core.name}: {lost}; --engine model gives all of them")
    channels = core.channels_in_turn
    audio = read_samples(arguments.input, max(1, round((arguments.rate or core.sample_rate) / channels)), channels)
    rate = max(1, round(audio.rate * core.source_rate / core.sample_rate))
    with Progress(f"{core.name}: {arguments.engine}", total=len(audio) * channels) as progress:
        samples = play(core, audio.samples, arguments.engine, progress)
    if not len(samples):
        raise AudioError(f"{arguments.input}: holds {counted(len(audio))}; {core.name} gives its first after {samples_needed(core)}")
    if core.tells:
        write_figures(arguments.output, core.figures(samples))
        said = f"{', '.join(core.tells)} of {len(samples)} frames, by {arguments.engine}"
        if arguments.json:
            figures = {"output": arguments.output, "rows": len(samples), "columns": core.tells, "engine": arguments.engine}
            print_json({**figures, "note": audio.note})
        else:
            print(f"{arguments.output}: {said}")
        return DONE
    bits = output_bits(core)
    write_audio(arguments.output, samples, rate, bits)
    clipped = beyond_full_scale(samples)
    if arguments.json:
        facts = {"output": arguments.output, "samples": len(samples), "sample_rate": rate, "bits": bits, "engine": arguments.engine}
        facts |= {"channels": channels} if channels > 1 else {}
        print_json({**facts, "peak": float(np.max(np.abs(samples), initial=0.0)), "clipped": clipped, "note": audio.note})
    else:
        lost = f"; {counted(clipped)} beyond full scale clipped" if clipped else ""
        size = f", {bits} bits" if bits != LEAST_BITS else ""
        each = f" of {channels} channels" if channels > 1 else ""
        print(f"{arguments.output}: {counted(len(samples))}{each}, {len(samples) / rate:.2f} s{size}, by {arguments.engine}{lost}")
    return DONE


def generate_sound(core: Core, arguments: Namespace) -> int:
    """Write what a core without a sink gives: full scale of its words is that of the file."""
    from fixed_point.full_scale import values_to_audio
    from fixed_point.sound import AudioError, check_written, write_audio
    from ossicle.inputs import counted
    from ossicle.terminal import Progress, print_json
    from testbenches.simulate import simulate, values

    if arguments.input is not None:
        raise ValueError(f"{arguments.input}: must be left out: {core.name} has no sink, nothing enters")
    output, form = Path(arguments.output), core.source_format
    if core.source_ports or isinstance(form, dict):
        raise AudioError(f"{core.name}: has the ports {', '.join(port.name for port in core.source_ports)}: process takes plain words")
    bits = next((bits for bits in (LEAST_BITS, 24) if form.word_length <= bits), MOST_BITS)
    check_written(output, bits)
    if not output.parent.is_dir():
        raise AudioError(f"{output}: there is no folder {output.parent}")
    rate = arguments.rate or max(1, round(core.source_rate))
    core = core if rate == core.source_rate else core.at_rate(rate)
    count = max(1, round((arguments.seconds or 10.0) * rate))
    with Progress(f"{core.name}: {arguments.engine}", total=count):
        given = simulate(core, count, arguments.engine)
        given = given if arguments.engine == "reference" else values(core, given)
    write_audio(arguments.output, values_to_audio(given, form), rate, bits)
    if arguments.json:
        print_json({"output": arguments.output, "samples": count, "sample_rate": rate, "bits": bits, "engine": arguments.engine})
    else:
        size = f", {bits} bits" if bits != LEAST_BITS else ""
        print(f"{arguments.output}: {counted(count)}, {count / rate:.2f} s{size}, by {arguments.engine}")
    return DONE


LEAST_BITS, MOST_BITS = 16, 32
"""Of a sample in the file that is written."""


def output_bits(core: Core) -> int:
    """Bits that hold the words of a core's source at the full scale of its sink, as files have them: 16, 24 or 32.

    Examples
    --------
    >>> from ip_cores.core import make_core
    >>> output_bits(make_core({"core": "fir", "coefficients": [0.5], "sink": "sfix24_En23", "source": "sfix24_En23"}))
    24
    """
    from fixed_point import Format

    source, sink = core.source_format, core.sink_format
    formats = [source] if isinstance(source, Format) else list(source.values())
    fraction = max(one.fraction_length for one in formats) + sink.word_length - 1 - sink.fraction_length
    return next((bits for bits in (LEAST_BITS, 24) if fraction < bits), MOST_BITS)


def samples_needed(core: Core) -> int:
    """Samples of each channel after which a core's model has given its first word."""
    most = 1
    while not gives(core, most) and most < 1 << 20:
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if gives(core, middle) else (middle, most)
    return most


def gives(core: Core, samples: int) -> bool:
    """Whether a core's model gives a word for so many samples."""
    import numpy as np

    from ip_cores.promise import first_of

    words = np.zeros(samples * core.channels_in_turn, np.int64)
    return len(first_of(core.model((words, *core.accompany(words).values()) if core.sink_ports else words))) > 0


def check(core: Core, input: Path, output: Path) -> None:
    """Refuse what cannot work before anything long begins.

    Raises
    ------
    ValueError
        If the core has more than one stream of samples, the output cannot be a file of sound, or it is the input.
    """
    from fixed_point.sound import AudioError, check_written
    from ossicle.inputs import check_streams

    check_streams(core)
    fields = [port.name for port in (*core.sink_ports, *core.source_ports)]
    if fields and not (core.channels_in_turn > 1 and fields == ["sink_channel", "source_channel"]):
        takes = "process takes cores with one sample in and one out, or channels in turn"
        raise AudioError(f"{core.name}: has the ports {', '.join(fields)}: {takes}")
    if core.tells and output.suffix.lower() != ".csv":
        raise AudioError(f"{output}: must end in .csv: {core.name} gives no sound, it tells {', '.join(core.tells)}")
    check_written(output, LEAST_BITS if core.tells else output_bits(core))
    if not output.parent.is_dir():
        raise AudioError(f"{output}: there is no folder {output.parent}")
    if input.exists() and output.exists() and input.samefile(output):
        raise AudioError(f"{output}: is the input; give the output another name")


def play(core: Core, samples: np.ndarray, engine: str, progress: Progress) -> np.ndarray:
    """Samples from -1 to 1 through one engine, on the same scale; the words' values, of a core that tells figures.

    Of several channels a row is a sample of each.
    """
    import numpy as np

    from fixed_point.full_scale import audio_to_values, audio_to_words, values_to_audio
    from testbenches.simulate import as_audio, simulate, values

    if core.channels_in_turn > 1:
        return play_in_turn(core, samples, engine, progress)
    if engine == "reference":  # sees the samples themselves, not their words
        given = core.reference(audio_to_values(samples, core.sink_format))
        return np.asarray(given) if core.tells else values_to_audio(given, core.sink_format)
    words = audio_to_words(samples, core.sink_format)
    found = simulate(core, words, engine, progress=lambda taken, _: progress.update(taken))
    return np.asarray(values(core, found)) if core.tells else as_audio(core, found)


def play_in_turn(core: Core, samples: np.ndarray, engine: str, progress: Progress) -> np.ndarray:
    """The same of several channels, whose samples take turns."""
    from fixed_point.full_scale import audio_to_values, audio_to_words, values_to_audio
    from testbenches.simulate import as_audio, simulate

    row = samples.reshape(-1)
    beside = core.accompany(row)
    if engine == "reference":
        given, _ = core.reference((audio_to_values(row, core.sink_format), *beside.values()))
        found = values_to_audio(given, core.sink_format)
    else:
        words = {"data": audio_to_words(row, core.sink_format), **beside}
        given, _ = simulate(core, words, engine, progress=lambda taken, _: progress.update(taken))
        found = as_audio(core, given)
    return found.reshape(-1, core.channels_in_turn)
