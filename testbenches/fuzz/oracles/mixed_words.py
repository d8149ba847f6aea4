"""Words that part and come together: a split, a mix, and a graph of cores (docs/cores/split.md, mix.md, chain.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from testbenches.fuzz.oracles.told import Numbers, Oracle, Row, Rows, Told, scaled


def mixed(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """y[n] = sum of g_i x_i[n], one rounding, as long as every stream has a word; a channel is that of the first stream."""
    sink, source, gain = (Numbers.read(told[key]) for key in ("sink", "source", "gain"))
    factors = [gain.word(Fraction(one), "nearest", "saturate") for one in told["gains"]]
    rows = [words[f"sink_{place}"] for place in range(len(factors))]
    sums = [sum(factor * word for factor, word in zip(factors, column, strict=True)) for column in zip(*rows, strict=False)]
    given = {"data": [source.word(scaled(total, sink.fraction + gain.fraction), told["rounding"], told["overflow"]) for total in sums]}
    return given | ({"channel": list(words["channel"][: len(sums)])} if "channel" in words else {})


def all_the_same(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Every branch gets every word."""
    return {f"source_{way}": list(words["data"]) for way in range(told["ways"])}


def in_parallel(
    parts: Sequence[tuple[Oracle, Told]],
    inputs: Sequence[Sequence[str]],
    zeros: Mapping[tuple[int, int], int],
    words: Mapping[str, Row],
    values: Mapping[str, Row],
) -> Rows:
    """The words of a graph: each stage's when those that it reads are known, delayed by zeros in front of an input."""
    streams: dict[str, Rows] = {"input": dict(words)}
    left = list(range(len(parts)))
    while left:
        number = next(one for one in left if all(name in streams for name in inputs[one]))
        left.remove(number)
        oracle, told = parts[number]
        prefix = f"{told['name']}_"
        own = {name.removeprefix(prefix): row for name, row in values.items() if name.startswith(prefix)}
        given = dict(streams[inputs[number][0]])
        if len(inputs[number]) > 1:
            rows = [[0] * zeros.get((number, place), 0) + streams[name]["data"] for place, name in enumerate(inputs[number])]
            given |= {f"sink_{place}": row for place, row in enumerate(rows)}
        streams[told["name"]] = oracle(told, given, own)
    return streams[parts[-1][1]["name"]]
