"""Pins of a serial audio line as events of a stimulus, and back from what was probed; used by tests only."""

from __future__ import annotations

from typing import Any

import numpy as np


def line_events(lrclk: Any, data: Any, periods: Any, start: int = 10) -> tuple[tuple[tuple[int, str, int], ...], int]:
    """Events of a codec that is master, and the cycle in which they end.

    Parameters
    ----------
    lrclk, data : array of int, shape (n,)
        Levels at the rising edges of the bit clock; they change on the falling edges.
    periods : array of int, shape (n,)
        Clocks of each bit clock.
    start : int
        Cycle of the first falling edge.
    """
    events: list[tuple[int, str, int]] = []
    at = start
    for level, bit, period in zip(lrclk, data, periods, strict=True):
        events += [(at, "bclk", 0), (at, "lrclk", int(level)), (at, "serial_data", int(bit))]
        events.append((at + int(period) // 2, "bclk", 1))
        at += int(period)
    return tuple(events), at


def rising_edges(events: Any) -> list[int]:
    """Cycles in which bclk rises at the pin."""
    return [cycle for cycle, name, value in events if name == "bclk" and value]


def sampled(bclk: Any, *lines: Any) -> tuple[np.ndarray, ...]:
    """Levels of lines where the bit clock rises, all given cycle by cycle."""
    bclk = np.asarray(bclk)
    edges = np.flatnonzero((bclk[1:] == 1) & (bclk[:-1] == 0)) + 1
    return tuple(np.asarray(line)[edges] for line in lines)
