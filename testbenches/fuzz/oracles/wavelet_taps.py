"""Filters of a wavelet bank as integers, by the rule of the datasheets, from PyWavelets or a description's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pywt

from testbenches.fuzz.oracles.told import Row, fullest_fraction, nearest_word

Taps = list[float]


def four_filters(description: Mapping[str, Any]) -> tuple[Taps, Taps, Taps, Taps]:
    """h, g, h' and g', all of one even length."""
    own = description.get("filters")
    if not own:
        return tuple([float(tap) for tap in taps] for taps in pywt.Wavelet(description["wavelet"]).filter_bank)  # type: ignore[return-value]
    rows = [[float(tap) for tap in own[key]] for key in ("analysis_low", "analysis_high", "synthesis_low", "synthesis_high")]
    length = max(map(len, rows)) + max(map(len, rows)) % 2
    return tuple(row + [0.0] * (length - len(row)) for row in rows)  # type: ignore[return-value]


def level_delay(description: Mapping[str, Any]) -> int:
    """Samples by which one level of analysis and synthesis is late: where what both do to an impulse is largest."""
    h, g, back_h, back_g = four_filters(description)
    if not description.get("filters"):
        return len(h) - 1
    response = [0.0] * (2 * len(h) - 1)
    for there, back in ((h, back_h), (g, back_g)):
        for i, one in enumerate(there):
            for k, other in enumerate(back):
                response[i + k] += one * other
    return max(range(len(response)), key=lambda place: abs(response[place]))


def two_filters(description: Mapping[str, Any], side: str, bits: int, scale: float = 1.0) -> tuple[Row, Row, int]:
    """Low-pass and high-pass of a side as words, and their fraction length.

    Parameters
    ----------
    description : mapping
    side : {"analysis", "synthesis"}
    bits : int
        Of a coefficient.
    scale : float
        On the filters before they are quantised: half the root of two where nothing is decimated.
    """
    h, g, back_h, back_g = four_filters(description)
    low, high = (h, g) if side == "analysis" else (back_h, back_g)
    low, high = [tap * scale for tap in low], [tap * scale for tap in high]
    fraction = fullest_fraction([*low, *high], bits)
    return [nearest_word(tap, bits, fraction) for tap in low], [nearest_word(tap, bits, fraction) for tap in high], fraction
