"""Undecimated banks: every band keeps every sample; filters over the root of two, with zeros between their taps."""

from __future__ import annotations

from collections.abc import Mapping

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, rounded, scaled
from testbenches.fuzz.oracles.wavelet_taps import level_delay, two_filters

HALF_ROOT = 0.5**0.5


def spread_sums(words: Row, taps: Row, spread: int) -> Row:
    """Sum of c[k] x[n - k spread]."""
    return [sum(tap * words[n - k * spread] for k, tap in enumerate(taps) if k * spread <= n) for n in range(len(words))]


def split_undecimated(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """For each sample A_J, D_J, …, D_1; D_j waits d (2^J - 2^j) samples (docs/cores/swt_analysis.md)."""
    levels, delay = told["levels"], level_delay(told.description)
    low, high, fraction = two_filters(told.description, "analysis", told.facts["coefficient_word_length"], HALF_ROOT)
    signal = [word << told.facts["guard_bits"] for word in words["data"]]
    bands: dict[int, Row] = {}
    for level in range(1, levels + 1):
        detail = [rounded(total, fraction, told["rounding"]) for total in spread_sums(signal, high, 2 ** (level - 1))]
        bands[level] = ([0] * (delay * (2**levels - 2**level)) + detail)[: len(signal)]
        signal = [rounded(total, fraction, told["rounding"]) for total in spread_sums(signal, low, 2 ** (level - 1))]
    bands[0] = signal
    order = [0, *range(levels, 0, -1)]
    return {"data": [bands[band][n] for n in range(len(signal)) for band in order], "channel": order * len(signal)}


def join_undecimated(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A sample for each whole set; a word whose turn it is not is dropped; only the source limits (docs/cores/swt_synthesis.md)."""
    levels = told["levels"]
    low, high, fraction = two_filters(told.description, "synthesis", told.facts["coefficient_word_length"], HALF_ROOT)
    sink, source = Numbers.read(told.sink), Numbers.read(told.source)
    order = [0, *range(levels, 0, -1)]
    bands: dict[int, Row] = {band: [] for band in order}
    due = 0
    for word, band in zip(words["data"], words["channel"], strict=True):
        if band == order[due]:
            bands[band].append(word)
            due = (due + 1) % len(order)
    count = len(bands[1])
    signal = bands[0][:count]
    for level in range(levels, 0, -1):
        pairs = (spread_sums(one, taps, 2 ** (level - 1)) for one, taps in ((signal, low), (bands[level][:count], high)))
        sums = [one + other for one, other in zip(*pairs, strict=True)]
        if level > 1:
            signal = [rounded(total, fraction, told["rounding"]) for total in sums]
        else:
            signal = [source.word(scaled(total, sink.fraction + fraction), told["rounding"], told["overflow"]) for total in sums]
    return {"data": signal}
