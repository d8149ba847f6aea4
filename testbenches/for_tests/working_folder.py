"""What tests of the command line find in their working folder, and put there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import scipy.io.wavfile

LOWPASS = 'core = "fir"\nname = "lowpass"\ncoefficients = [0.1, 0.2, 0.4, 0.2, 0.1]\n'
"""A good description."""


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything under a folder, with the bytes of its files."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def wav(path: Path, samples: Any, rate: int = 16000) -> None:
    """Write a WAV file."""
    scipy.io.wavfile.write(path, rate, samples)
