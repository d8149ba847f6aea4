"""Serial audio for the self-checking benches of I2S receiver and transmitter: words, and the line that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import fixed_point.i2s_transmitter
from fixed_point import Format
from ip_cores.pin_script import SEED

FRAMES = 5
SLAVE_SLOT = 32
"""Bit clocks of a channel where the bench makes them."""


def sample_words(format: Format) -> tuple[np.ndarray, np.ndarray]:
    """Left and right words of a few frames, the ends of the range first."""
    words = np.random.default_rng(SEED).integers(format.minimum, format.maximum, (2, FRAMES), endpoint=True)
    words[:, 0] = format.maximum, format.minimum
    return words[0], words[1]


def sample_line(left: Any, right: Any, width: int, slot: int, framing: str, before: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels of lrclk and data at the bit clock's rising edges.

    Parameters
    ----------
    left, right : array of int, shape (frames,)
    width, slot, framing
        As `fixed_point.i2s_transmitter` takes them.
    before : int
        Bit clocks of a right slot without words, before the first frame.

    Returns
    -------
    lrclk, data : ndarray of int64, shape (before + 2 * frames * slot + 2,)
        Two bit clocks of the frame after the last let its last bit out.
    """
    lrclk, data = fixed_point.i2s_transmitter.i2s_transmitter(left, right, width, slot, framing)
    idle = 1 if framing == "i2s" else 0
    last = int(right[-1]) & 1 if framing == "i2s" and slot == width else 0
    return np.r_[[idle] * before, lrclk, [1 - idle] * 2], np.r_[[0] * before, data, last, 0]


def bit_clocks(**lines: Any) -> Mapping[str, np.ndarray]:
    """Steps that carry lines with a bit clock: low where the lines change, then high."""
    count = len(next(iter(lines.values())))
    return {"bclk": np.tile([0, 1], count), **{name: np.repeat(levels, 2) for name, levels in lines.items()}}
