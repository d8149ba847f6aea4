"""CIC filters: registers that never wrap but for the last, bits dropped by Hogenauer's rule, one rounding."""

from __future__ import annotations

from collections.abc import Mapping

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, scaled


def behind_comb(words: Row, late: int) -> Row:
    """Differences to so many words before."""
    return [word - (words[n - late] if n >= late else 0) for n, word in enumerate(words)]


def summed(words: Row) -> Row:
    """Sums of all words so far."""
    found, total = [], 0
    for word in words:
        total += word
        found.append(total)
    return found


def begun(words: Row, rates: Row) -> Row:
    """Words that begin a period, each as long as the rate is with its first word."""
    found, left = [], 1
    for word, rate in zip(words, rates, strict=True):
        left -= 1
        if not left:
            found.append(word)
            left = rate
    return found


def moved_in(words: Row) -> Row:
    """The same words, one later."""
    return [0, *words][: len(words)]


def energies(order: int, rate: int, late: int) -> Row:
    """Sums of squares of what becomes of an impulse at the input of each stage of a decimator (Hogenauer 1981, eq. 9b)."""
    found = []
    for stage in range(2 * order):
        if stage < order:
            response = [1] + [0] * (order * rate * late)
            for _ in range(order):
                response = behind_comb(response, rate * late)
            for _ in range(order - stage):
                response = summed(response)
        else:
            response = [1] + [0] * (order * late)
            for _ in range(2 * order - stage):
                response = behind_comb(response, late)
        found.append(sum(one * one for one in response))
    return found


def dropped_by_rule(order: int, rate: int, late: int, last: int, input_bits: int) -> Row:
    """Bits that each register lacks: the most with which 2 N (2^B F)^2 does not exceed (2^last)^2 (eq. 21), none fewer than before.

    The first one lacks no more than leave two bits of a sample, and a constant error of half the last bit of a result.
    """
    found, most = [], max(0, last)
    for energy in reversed(energies(order, rate, late)):
        while most > 0 and 2 * order * energy * 4**most > 4**last:
            most -= 1
        found.append(most)
    most = max(most for most in range(max(1, input_bits - 1)) if (2**most - 1) * (rate * late) ** order <= 2**last)
    found[-1] = min(found[-1], most)
    return found[::-1]


def moving_sums(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Integrators, each of which reads the one before a sample late, and combs (docs/cores/cic.md)."""
    bits = told.sink == "bipolar"
    sink, source = Numbers.read("sfix2_En0" if bits else told.sink), Numbers.read(told.source)
    order, late, rate = told["order"], told["differential_delay"], max(told["decimation"], told["interpolation"])
    interpolates = told["interpolation"] > 1
    least = told["least_decimation"] or rate
    gain, growth = (least * late) ** order // (least if interpolates else 1), 0
    while 2**growth < gain:
        growth += 1
    fraction = sink.fraction + growth
    dropped = [0] * 2 * order
    if not interpolates and fraction > source.fraction:
        dropped = dropped_by_rule(order, least, late, fraction - source.fraction, sink.bits + (not sink.signed))
    row = [2 * word - 1 if bits else word for word in words["data"]]
    stages = ["comb"] * order + ["sum"] * order if interpolates else ["sum"] * order + ["comb"] * order
    rates = [least + more for more in values.get("rate", [rate - least] * len(row))]
    before = 0
    for number, (stage, lacks) in enumerate(zip(stages, dropped, strict=True)):
        if number == order:
            row = [one for word in row for one in (word, *[0] * (rate - 1))] if interpolates else begun(row, rates)
        row = [word // 2 ** (lacks - before) for word in row]
        row = behind_comb(row, late) if stage == "comb" else summed(row)
        if stage == "sum" and (number + 1) % order:
            row = moved_in(row)
        before = lacks
    # Words that begin under one rate and end under another may be anything, of which the last register has so many bits.
    half = 2 ** (told.facts["last_bits"] - 1)
    largest = 1 if bits else max(abs(sink.least), sink.greatest)
    if half * 2**before < ((rate * late) ** order // (rate if interpolates else 1)) * largest:
        raise ValueError("the last register does not hold what the filter gains")
    row = [(word + half) % (2 * half) - half for word in row]
    return {"data": [source.word(scaled(word, fraction - before), told["rounding"], told["overflow"]) for word in row]}
