"""Transitions of signals in a value-change dump (IEEE Std 1364-2005, clause 18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np


def read_vcd(path: str | Path, scope: str, clock: str = "clk") -> dict[str, float]:
    """Transitions per clock cycle of every signal below a scope of a value-change dump.

    Parameters
    ----------
    path : path
    scope : str
        Hierarchical name of the design's instance, such as ``bench.dut``; names of signals are relative to it.
    clock : str
        Name of the clock below the scope.

    Returns
    -------
    dict
        ``stage.sum[3]`` to its rate.

    Raises
    ------
    ValueError
        When the clock is not there or never moves.
    """
    lines = iter(Path(path).read_text(encoding="latin-1").splitlines())
    signals = declared(lines, scope.lower())
    counts = changes(lines, signals)
    edges = next((counts[code].sum() for code, names in signals.items() if clock in names and code in counts), 0)
    if edges < 2:
        raise ValueError(f"{path}: clock {clock!r} of {scope} does not move")
    rates: dict[str, float] = {}
    for code, names in signals.items():
        for name in names:
            base, bracket, width = name.rstrip("]").partition("[")
            # The most significant bit comes first in the dump.
            bits = counts.get(code, np.zeros(int(width or 1), np.int64))[::-1] / (edges / 2)
            rates.update({f"{base}[{place}]" if bracket else base: float(rate) for place, rate in enumerate(bits)})
    return rates


def declared(lines: Iterator[str], scope: str) -> dict[str, list[str]]:
    """Signals below a scope by their code; a vector ends in its width, ``sum[16]``. Reads up to the end of the declarations."""
    signals: dict[str, list[str]] = {}
    scopes: list[str] = []
    for line in lines:
        words = line.split()
        if not words:
            continue
        if words[0] == "$scope":
            scopes.append(words[2].lower())
        elif words[0] == "$upscope":
            scopes.pop()
        elif words[0] == "$var":
            name = ".".join([*scopes, words[4].split("[")[0].lower()])
            if name.startswith(f"{scope}."):
                local = name[len(scope) + 1 :]
                signals.setdefault(words[3], []).append(local if words[2] == "1" and "[" not in line else f"{local}[{words[2]}]")
        elif words[0] == "$enddefinitions":
            break
    return signals


def changes(lines: Iterator[str], signals: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """Transitions between 0 and 1 of every bit of those signals that change."""
    counts: dict[str, np.ndarray] = {}
    last: dict[str, str] = {}
    for line in lines:
        if not line or line[0] in "#$":
            continue
        value, _, code = line[1:].partition(" ") if line[0] in "bB" else (line[0], "", line[1:])
        code = code.strip()
        if code not in signals:
            continue
        before, last[code] = last.get(code), value
        if before is None or len(before) != len(value):
            continue
        changed = np.array([x != y and x in "01" and y in "01" for x, y in zip(before, value, strict=True)], dtype=np.int64)
        counts[code] = counts.get(code, np.zeros(len(value), np.int64)) + changed
    return counts
