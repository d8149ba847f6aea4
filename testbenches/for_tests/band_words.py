"""Words of bands for tests of the cores that stand between two halves of a bank."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point import Format

Integers = NDArray[np.int64]


def loud_and_soft(format: Format, channels: int, count: int, seed: int) -> tuple[Integers, Integers]:
    """Words of noise in bursts 60 dB apart, channels at random; some words at the end of the range, and a stretch of silence."""
    random = np.random.default_rng(seed)
    size = 2.0 ** (format.word_length - 2 - 10 * random.random(count // 50 + 1).repeat(50)[:count])
    words = np.clip(np.round(random.standard_normal(count) * size), format.minimum, format.maximum).astype(np.int64)
    words[random.random(count) < 0.01] = format.minimum
    words[count // 2 : count * 5 // 8] = 0
    return words, random.integers(0, channels, count)


def write_events(cycle: int, address: int, value: int) -> tuple[tuple[int, str, Any], ...]:
    """Ports of a control slave through which a register is written before a cycle."""
    ports = (("control_address", address), ("control_writedata", value), ("control_write", 1))
    return (*((cycle - 1, name, port) for name, port in ports), (cycle, "control_write", 0))
