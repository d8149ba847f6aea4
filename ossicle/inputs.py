"""Signals that a command line names, and the files that it reads: what is played, and what is said of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fixed_point.full_scale import Samples, audio_to_words, beyond_full_scale
from fixed_point.number_tables import READERS, is_table
from fixed_point.sound import RATE, SOUNDS, Audio, AudioError, is_sound, read_audio
from ip_cores.core import Core
from ossicle.terminal import thousands
from testbenches.signals import SIGNALS


def check_streams(core: Core) -> None:
    """Refuse a core that has not one stream in and one out on the same clock: no engine can play a signal to it.

    Raises
    ------
    ValueError
        With what is missing.
    """
    if not (core.is_stream and core.on_one_clock):
        missing = [name for name in ("clk", "reset", "sink_valid", "source_valid") if name not in {port.name for port in core.ports}]
        lacks = f"has no port {', '.join(missing)}" if missing else "takes no samples"
        raise ValueError(f"{core.name}: {core.kind} {lacks}; a signal can be played to cores with a stream in and out on one clock")


def read_samples(name: str, rate: int = RATE, channels: int = 1) -> Audio:
    """Audio of a file, with what the user should know of it said on stderr: another sample rate, samples that no word stands for.

    Every command that plays a file reads it here.

    Raises
    ------
    AudioError
        If the file cannot be read.
    """
    audio = read_audio(name, rate, channels=channels)
    if audio.note:
        print(f"ossicle: {audio.note}", file=sys.stderr)
    loud = beyond_full_scale(audio.samples)
    if loud:
        hint = f"; a {Path(name).suffix[1:].upper()} file holds samples from -1 to 1, not words" if is_table(name) else ""
        print(f"ossicle: {name}: {counted(loud)} beyond full scale{hint}", file=sys.stderr)
    return audio


def counted(samples: int) -> str:
    """A number of samples, in words.

    Examples
    --------
    >>> counted(1), counted(12345)
    ('1 sample', '12 345 samples')
    """
    return f"{thousands(samples)} sample{'s' * (samples != 1)}"


def named_input(name: str, rate: float = RATE) -> str | Samples:
    """What ``--input NAME`` stands for: the name of a generated signal, or the samples of a file at a sample rate.

    Raises
    ------
    AudioError
        If it is neither, or the file cannot be read.
    """
    if name in SIGNALS:
        return name
    if not is_sound(name):
        raise AudioError(f'input = "{name}": must be a file ({", ".join((*SOUNDS, *READERS))}), or one of {", ".join(SIGNALS)}')
    return read_samples(name, max(1, round(rate))).samples


def named_words(name: str, core: Core) -> Any:
    """The same, the samples as words of a core's sink."""
    found = named_input(name, core.sample_rate)
    return found if isinstance(found, str) else audio_to_words(found, core.sink_format)
