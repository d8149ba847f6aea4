"""What moves words and changes none, and what only limits them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from fractions import Fraction

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told


def queued(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """First in, first out; channel and marks travel along (docs/cores/fifo.md, dual_clock_fifo.md, stream_register.md)."""
    queue = deque(zip(*words.values(), strict=True))
    given: Rows = {name: [] for name in words}
    while queue:
        for name, word in zip(given, queue.popleft(), strict=True):
            given[name].append(word)
    return given


def limited_to_ceiling(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Silence first, then no word beyond plus or minus the ceiling (docs/cores/limiter.md)."""
    sink = Numbers.read(told.sink)
    audio = Numbers(True, sink.bits, sink.bits - 1).word(Fraction(told["ceiling"]), "nearest", "saturate")
    ceilings = values.get("ceiling", [audio] * len(words["data"]))
    clipped = [max(-ceiling, min(word, ceiling)) for word, ceiling in zip(words["data"], ceilings, strict=True)]
    return {"data": [0 if n < told["silence"] else word for n, word in enumerate(clipped)]}
