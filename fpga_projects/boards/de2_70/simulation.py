"""Seconds of sound through the whole DE2-70 project as machine code, every word at the DAC's pin held against the model.

python -m fpga_projects.boards.de2_70.simulation examples/denoiser.toml --seconds 10
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from fixed_point import audio_to_words
from fpga_projects.boards.de2_70.project import project_files
from fpga_projects.boards.de2_70.signal_path import CODEC_RATE, CODEC_WORD, CORE_RATE, SignalPath
from ip_cores.core import Core, make_core
from ip_cores.description import load_core
from testbenches.engines.board_native import BoardPlayed, build_board, play_board
from testbenches.errors import SimulationError, ToolError
from testbenches.signals import make_audio, make_signal

DELAY = 3
"""Frames from a word at the ADC's pin to its first trace at the DAC's, beyond the filters' own: shift in, two of patience."""

LOCKED, READY, RETRIED, OVERRUN, UNDERRUN = (1 << place for place in (0, 1, 2, 4, 5))
"""Green LEDs; an overrun or underrun stays lit."""

OFFSETS = (100.0, -100.0)
"""Parts per million."""

CODEC_SIGNALS = ("speech", "extremes", "noise", "sine", "alternation", "sweep")
"""What is played between stretches of silence, again and again."""


@dataclass(frozen=True)
class BoardProof:
    """What a run of the board has shown; there is none of a run in which anything differed.

    Attributes
    ----------
    frames : int
        Words compared, at 48 kHz.
    transfers : int
        On the I2C bus, those included that the codec refused.
    """

    frames: int
    transfers: int


def programme(seconds: float, seed: int = 0) -> np.ndarray:
    """Sound for the ADC: speech, full-scale noise and tones in turn, with silence between.

    Returns
    -------
    ndarray of int64, shape (48000 * seconds,)
        16-bit words at 48 kHz.
    """
    rng = np.random.default_rng(seed)
    count = round(seconds * CODEC_RATE)
    source = make_core({"core": "stream_register", "sink": CODEC_WORD})
    parts: list[np.ndarray] = []
    length = 0
    silence = np.zeros(CODEC_RATE // 5, dtype=np.int64)
    while length < count:
        name = CODEC_SIGNALS[len(parts) // 2 % len(CODEC_SIGNALS)]
        if name == "speech":
            words = audio_to_words(resample_poly(make_audio(name, source, CORE_RATE, rng), CODEC_RATE, CORE_RATE), CODEC_WORD)
        else:
            words = make_signal(name, source, CORE_RATE, rng)
        parts += [words, silence]
        length += len(parts[-2]) + len(silence)
    return np.concatenate(parts)[:count]


def compile_board(core: Core, right: Core | None = None) -> Path:
    """The project around a core, or one for each ear, as a program; see `testbenches.engines.board_native`."""
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        for name, text in project_files(core, right).items():
            path = Path(scratch) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return build_board(Path(scratch))


def prove_board(path: SignalPath, program: Path, words: Any, offset: float = 0.0, drift: float = 0.0, refused: str = "0") -> BoardProof:
    """Play words and check all that the board does with them.

    Parameters
    ----------
    path : SignalPath
        What the board is made of.
    program : Path
        From `compile_board`.
    words : array of int, shape (n,)
        The ADC's left ones, 16 bits at 48 kHz; the right ones are their inverse.
    offset, drift : float
        Parts per million by which the codec's period is too long, and by which it wanders to and fro.
    refused : str
        A 1 for every transfer on the bus that the codec does not acknowledge.

    Raises
    ------
    SimulationError
        If a word at the DAC, a byte on the bus or an LED is not as it should be.
    """
    words = np.asarray(words)
    played = play_board(program, words, len(words), offset, drift, refused)
    left = (words, None) if path.right is None else (words, "left")
    right = left if path.right is None else (~words, "right")
    for side, (taken, ear) in (("left", left), ("right", right)):
        before = np.full(played.frames_before, 0)
        # A core that gives words of its own is heard before the first of the ADC's, from the first frame on in which the codec plays.
        heard = np.concatenate([np.zeros(DELAY, dtype=np.int64), path.model(np.concatenate([before, taken]), ear)])
        expected = heard[played.frames_before :][: len(words)]
        found = getattr(played, side)
        begins = next((frame for frame in range(DELAY) if found[frame]), DELAY) if path.core.is_source else 0
        differ = begins + np.flatnonzero(found[begins:] != expected[begins:])
        if len(differ):
            frame = differ[0]
            raise SimulationError(f"frame {frame}: the DAC's {side} word is {found[frame]}, the model's {expected[frame]}")
    _check_setup(path, played, refused)
    return BoardProof(len(words), len(played.transfers))


def _check_setup(path: SignalPath, played: BoardPlayed, refused: str) -> None:
    """Bytes on the bus and LEDs."""
    sent, _ = path.cores["codec_setup"].model([place for place, mark in enumerate(refused) if mark == "1"])
    wanted = [int(high) << 16 | int(middle) << 8 | int(low) for high, middle, low in np.reshape(sent, (-1, 3))]
    if list(played.transfers) != wanted:
        raise SimulationError(f"the codec got {[f'{one:06x}' for one in played.transfers]}, not {[f'{one:06x}' for one in wanted]}")
    expected = LOCKED | READY | (RETRIED if "1" in refused else 0)
    if played.lamps & (2 * UNDERRUN - 1) != expected:
        raise SimulationError(f"LEDs 5 to 0 are {played.lamps & (2 * UNDERRUN - 1):06b}, not {expected:06b}")


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m fpga_projects.boards.de2_70.simulation", description=__doc__.splitlines()[0])
    parser.add_argument("core", help="description of the core, TOML")
    parser.add_argument("right", nargs="?", help="that of the right ear, where each ear has its own")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the sound (default: 10)")
    given = parser.parse_args(arguments)
    try:
        cores = [load_core(one) for one in (given.core, given.right) if one is not None]
        path, program = SignalPath(*cores), compile_board(*cores)
        words = programme(given.seconds)
        for offset in OFFSETS:
            start = time.perf_counter()
            proof = prove_board(path, program, words, offset, drift=100.0, refused="0110")
            print(
                f"codec's clock {offset:+.0f} ppm: {proof.frames} words ({proof.frames / CODEC_RATE:g} s) of each ear equal to the "
                f"model's, no overrun, no underrun; {proof.transfers} transfers on the bus, 2 refused and repeated; "
                f"{time.perf_counter() - start:.0f} s",
                flush=True,
            )
    except (OSError, ValueError, SimulationError, ToolError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
