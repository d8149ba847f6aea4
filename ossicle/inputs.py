"""Signals that a command line names, and audio as words of a core."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from fixed_point import Format, quantize
from ip_cores.core import Core
from testbenches.audio import AudioError, read_audio
from testbenches.signals import SIGNALS

SUFFIXES = (".wav", ".csv")


def check_streams(core: Core) -> None:
    """Refuse a core that has not one stream in and one out on the same clock: no engine can play a signal to it.

    Raises
    ------
    ValueError
        With what is missing.
    """
    if not (core.is_stream and core.on_one_clock):
        missing = [name for name in ("clk", "reset", "sink_valid", "source_valid") if name not in {port.name for port in core.ports}]
        raise ValueError(f"{core.name}: {core.kind} has no port {', '.join(missing)}; it takes cores with a stream in and out on one clock")


def named_input(name: str, core: Core) -> Any:
    """What ``--input NAME`` stands for: the name of a generated signal, or the words of a file.

    Raises
    ------
    AudioError
        If it is neither, or the file cannot be read.
    """
    if name in SIGNALS:
        return name
    if not name.lower().endswith(SUFFIXES):
        raise AudioError(f'input = "{name}": must be a .wav or .csv file, or one of {", ".join(SIGNALS)}')
    audio = read_audio(name)
    if audio.note:
        print(f"ossicle: {audio.note}", file=sys.stderr)
    return audio_words(audio.samples, core.sink_format)


def audio_words(samples: np.ndarray, format: Format | str) -> np.ndarray:
    """Samples from -1 to 1 as words over the whole range of a format; an unsigned one is centred.

    Examples
    --------
    >>> audio_words(np.array([0.5, -1.0]), "sfix8_En3").tolist()
    [64, -128]
    >>> audio_words(np.array([0.5, -1.0]), "ufix8_En8").tolist()
    [192, 0]
    """
    format = Format.parse(format)
    if format.signed:
        return quantize(samples, Format(True, format.word_length, format.word_length - 1))
    return quantize((samples + 1) / 2, Format(False, format.word_length, format.word_length))


def full_scale(format: Format) -> float:
    """Value that stands for the full scale of audio in a format."""
    return float(2.0 ** (format.word_length - 1 - format.fraction_length))


def audio_values(samples: np.ndarray, sink: Format) -> np.ndarray:
    """Samples from -1 to 1 as values of the sink's range, not rounded to its words."""
    return (np.asarray(samples, dtype=np.float64) + (not sink.signed)) * full_scale(sink)


def values_as_audio(values: np.ndarray, sink: Format) -> np.ndarray:
    """Values as audio on the scale of `audio_values`: a core with a gain of one changes nothing."""
    return np.asarray(values, dtype=np.float64) / full_scale(sink) - (not sink.signed)
