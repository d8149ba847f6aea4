"""What leaves a core without a sink: a sine by an exact phase, and noise bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor, pi, sin

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told

LAGS = 28, 31
"""A bit is the sum of those so many bits before, modulo 2."""

LEVEL_BITS = 16


def bits_of(seed: int, count: int) -> Row:
    """Bits of the recurrence, the seed's lowest first."""
    found = [int(bit) for bit in reversed(f"{seed:031b}")]
    while len(found) < count:
        found.append((found[-LAGS[0]] + found[-LAGS[1]]) % 2)
    return found


def oscillated(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Tone or noise by the level that each word meets (docs/cores/nco.md)."""
    source = Numbers.read(told.source)
    width, count = source.bits, len(words["data"])
    turn, angles = 2 ** told["phase_bits"], 2 ** told["angle_bits"]
    frequency = Fraction(told["frequency"]) / Fraction(told.description.get("sample_rate", 16000))
    usual = {
        "increment": round(frequency * turn) % turn,
        "level": min(floor(Fraction(told["level"]) * 2**LEVEL_BITS + Fraction(1, 2)), 2**LEVEL_BITS - 1),
        "noisy": int(told["sound"] == "noise" or told["noise_first"]),
    }
    rows = {name: values.get(name, [value] * count) for name, value in usual.items()}
    stream = bits_of(told["seed"], (count + 2) * width)
    shaken = min(8, told["phase_bits"] - told["angle_bits"], width) if told["dither"] else 0
    given, phase = [], 0
    for number in range(count):
        fresh = stream[number * width : (number + 2) * width]
        # In angles of the table, the first of which begins at nothing.
        exact = Fraction(phase, turn) * angles
        if shaken:
            exact = Fraction(floor(exact * 2**shaken), 2**shaken)
            exact += Fraction(sum(bit * 2**place for place, bit in enumerate(fresh[:shaken])), 2**shaken)
        elif turn > angles:
            exact += Fraction(1, 2)
        angle = floor(exact) % angles
        if rows["noisy"][number]:
            word = sum(bit * 2**place for place, bit in enumerate(fresh[width:]))
            value = 2 * (word - 2**width if word >= 2 ** (width - 1) else word) + 1
        else:
            # Half a turn on the sine is its own negative.
            ahead = angle % (angles // 2)
            size = min(floor(2 ** (width - 1) * sin(2 * pi * (min(ahead, angles // 2 - 1 - ahead) + 0.5) / angles)), 2 ** (width - 1) - 1)
            value = (2 * size + 1) * (1 if angle < angles // 2 else -1)
        product = Fraction(value * rows["level"][number], 2 ** (LEVEL_BITS + 1))
        given.append(floor(product + Fraction(1, 2)))
        phase = (phase + rows["increment"][number]) % turn
    return {"data": given}
