"""Decimated banks: the sums of the datasheets' equations in integers, one rounding a level, bands that wait in queues."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from testbenches.fuzz.oracles.told import Numbers, Row, Rows, Told, fullest_fraction, nearest_word, rounded, scaled
from testbenches.fuzz.oracles.wavelet_taps import level_delay, two_filters


def kept_sums(words: Row, taps: Row) -> Row:
    """Sum of c[k] x[2n + 1 - k]."""
    return [sum(tap * words[2 * n + 1 - k] for k, tap in enumerate(taps) if k <= 2 * n + 1) for n in range(len(words) // 2)]


def due_order(samples: int, levels: int) -> Iterator[int]:
    """Channels of the words that fall due, sample by sample: word i of level j after sample 2^j i + 2^j - 1, the coarsest first."""
    for count in range(1, samples + 1):
        if count % 2**levels == 0:
            yield 0
        yield from (level for level in range(levels, 0, -1) if count % 2**level == 0)


def sent(approximation: Row, details: list[Row], samples: int, delay: int) -> Rows:
    """Bands on the wire: D_j waits delay (2^(J-j) - 1) of its own words in a queue of zeros."""
    levels = len(details)
    queues = [deque(approximation)]
    for level, detail in enumerate(details, 1):
        queues.append(deque([0] * (delay * (2 ** (levels - level) - 1)) + detail))
    channel = list(due_order(samples, levels))
    return {"data": [queues[band].popleft() for band in channel], "channel": channel}


def analysed(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """docs/cores/dwt_analysis.md."""
    details, signal = [], [word << told.facts["guard_bits"] for word in words["data"]]
    low, high, fraction = two_filters(told.description, "analysis", told.facts["coefficient_word_length"])
    for _ in range(told["levels"]):
        details.append([rounded(total, fraction, told["rounding"]) for total in kept_sums(signal, high)])
        signal = [rounded(total, fraction, told["rounding"]) for total in kept_sums(signal, low)]
    return sent(signal, details, len(words["data"]), level_delay(told.description))


def in_segments(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Whole segments, D_1, …, D_J, A_J of each, not aligned; the words of the stream's bands (docs/cores/dwt_ola.md)."""
    length, levels = told["segment_length"], told["levels"]
    count = len(words["data"]) // length
    signal = [word << told["guard_bits"] for word in words["data"][: count * length]]
    low, high, fraction = two_filters(told.description, "analysis", told["coefficient_word_length"])
    bands = {}
    for level in range(1, levels + 1):
        bands[level] = [rounded(total, fraction, told["rounding"]) for total in kept_sums(signal, high)]
        signal = [rounded(total, fraction, told["rounding"]) for total in kept_sums(signal, low)]
    bands[0] = signal
    given: Rows = {"data": [], "channel": [], "startofpacket": [], "endofpacket": []}
    for segment in range(count):
        for band in (*range(1, levels + 1), 0):
            size = length >> (band or levels)
            given["data"] += bands[band][segment * size : (segment + 1) * size]
            given["channel"] += [band] * size
        given["startofpacket"] += [1] + [0] * (length - 1)
        given["endofpacket"] += [0] * (length - 1) + [1]
    return given


Below = Callable[[int, int], int]
"""Word m of the signal below a level, from the level's number and m."""


def arrived(channel: Row, data: Row, levels: int) -> tuple[list[Row], int, bool]:
    """Bands of a stream that may start amid a period, what was missed being zeros; pairs that were missed; whether the next has begun."""
    whole = list(due_order(2**levels, levels))
    fits = (start for start in range(len(whole)) if all(whole[(start + n) % len(whole)] == band for n, band in enumerate(channel)))
    missed = next(fits)
    bands: list[Row] = [[] for _ in range(levels + 1)]
    for band, word in zip([*whole[:missed], *channel], [*[0] * missed, *data], strict=True):
        bands[band].append(word)
    return bands, whole[:missed].count(1), bool(channel) and channel[-1] != 1


def joined_words(words: Mapping[str, Row], levels: int, below: Callable[[list[Row]], Below]) -> Row:
    """Samples: two for each D_1, and one more when the words of the next pair have begun to come."""
    bands, missed, begun = arrived(words["channel"], words["data"], levels)
    sample = below(bands)
    return [sample(1, m) for m in range(2 * missed, 2 * len(bands[1]) + begun)]


def synthesised(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A_{j-1}[m] = sum of h'[m - 2n - 1] A_j[n] + g'[m - 2n - 1] D_j[n], every level rounded and limited (docs/cores/dwt_synthesis.md)."""
    levels = told["levels"]
    low, high, fraction = two_filters(told.description, "synthesis", told.facts["coefficient_word_length"])
    sink, source = Numbers.read(told.sink), Numbers.read(told.source)

    def below(bands: list[Row]) -> Below:
        @functools.cache
        def signal(level: int, m: int) -> int:
            total = 0
            for k, (one, other) in enumerate(zip(low, high, strict=True)):
                n, rest = divmod(m - 1 - k, 2)
                if rest == 0 and 0 <= n < len(bands[level]):
                    total += one * (signal(level + 1, n) if level < levels else bands[0][n]) + other * bands[level][n]
            result = sink if level > 1 else source
            return result.word(scaled(total, sink.fraction + fraction), told["rounding"], told["overflow"])

        return signal

    return {"data": joined_words(words, levels, below)}


def all_split(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Every node is split; after 2^J samples a word of each band, band 0 first (docs/cores/packet_analysis.md)."""
    low, high, fraction = two_filters(told.description, "analysis", told.facts["coefficient_word_length"])
    nodes = [[word << told.facts["guard_bits"] for word in words["data"]]]
    for _ in range(told["levels"]):
        nodes = [[rounded(total, fraction, told["rounding"]) for total in kept_sums(node, taps)] for node in nodes for taps in (low, high)]
    sets = list(zip(*nodes, strict=True))
    return {"data": [word for one in sets for word in one], "channel": [band for _ in sets for band in range(len(nodes))]}


def all_joined(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """The samples of a period when the last band's word has come; words that were missed are zeros (docs/cores/packet_synthesis.md)."""
    bands = 2 ** told["levels"]
    low, high, fraction = two_filters(told.description, "synthesis", told.facts["coefficient_word_length"])
    sink, source = Numbers.read(told.sink), Numbers.read(told.source)
    data = [0] * (words["channel"][0] if words["channel"] else 0) + words["data"]
    nodes = [[data[n] for n in range(band, len(data) // bands * bands, bands)] for band in range(bands)]
    while len(nodes) > 1:
        result = sink if len(nodes) > 2 else source
        merged = []
        for one, other in zip(nodes[::2], nodes[1::2], strict=True):
            totals = [0] * (2 * len(one) + len(low))
            for n, (a, d) in enumerate(zip(one, other, strict=True)):
                for k in range(len(low)):
                    totals[2 * n + 1 + k] += low[k] * a + high[k] * d
            places = sink.fraction + fraction
            merged.append([result.word(scaled(total, places), told["rounding"], told["overflow"]) for total in totals[: 2 * len(one)]])
        nodes = merged
    return {"data": nodes[0]}


def factors(told: Told) -> tuple[Row, int]:
    """Factors of a lifting scheme as words, and their fraction length (docs/cores/lifting_analysis.md; ISO/IEC 15444-1, table F.4)."""
    if told["scheme"] == "5/3":
        return [-2, 1], 2
    values = [-1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971]
    bits = told["coefficient_word_length"]
    fraction = fullest_fraction(values, bits)
    return [nearest_word(value, bits, fraction) for value in values], fraction


def change(factor: int, fraction: int, neighbours: int) -> int:
    """What a step adds: the factor times the sum of two neighbours, to the nearest, half up."""
    return rounded(factor * neighbours, fraction, "nearest")


def steps_taken(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """t_k[n] = t_{k-2}[n - 1] + c_k (t_{k-1}[n - 1] + t_{k-1}[n]), from odd and even samples (docs/cores/lifting_analysis.md)."""
    steps, fraction = factors(told)
    signal, details = [word << told["guard_bits"] for word in words["data"]], []
    for _ in range(told["levels"]):
        # What each signal was one pair earlier: of the odd samples, and of what each step gave.
        before = [0] * (len(steps) + 1)
        approximation, detail = [], []
        for pair in range(len(signal) // 2):
            base, new = signal[2 * pair], signal[2 * pair + 1]
            results = [new]
            for number, factor in enumerate(steps):
                new = base + change(factor, fraction, before[number] + new)
                base = before[number]
                results.append(new)
            before = results
            approximation.append(results[-1])
            detail.append(results[-2])
        details.append(detail)
        signal = approximation
    return sent(signal, details, len(words["data"]), 2 * len(steps) - 1)


def steps_undone(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """Each step taken back, the last one first, by the same sum; nothing overflows inside (docs/cores/lifting_synthesis.md)."""
    steps, fraction = factors(told)
    levels = told["levels"]
    sink, source = Numbers.read(told.sink), Numbers.read(told.source)

    def below(bands: list[Row]) -> Below:
        @functools.cache
        def results(level: int, n: int) -> tuple[int, ...]:
            """D_j[n], and what is left of each step as it is taken back at pair n."""
            if n < 0:
                return (0,) * (len(steps) + 1)
            before = results(level, n - 1)
            base, new = above(level, n), bands[level][n]
            kept = [new]
            for number, factor in enumerate(reversed(steps)):
                new = base - change(factor, fraction, before[number] + new)
                base = before[number]
                kept.append(new)
            return tuple(kept)

        def above(level: int, n: int) -> int:
            return signal(level + 1, n) if level < levels else bands[0][n]

        def signal(level: int, m: int) -> int:
            """Two samples of each pair: what is left of the last step, and later of the last but one."""
            pair, second = divmod(m - 1, 2)
            return results(level, pair)[-2 if second else -1]

        def sample(level: int, m: int) -> int:
            return source.word(scaled(signal(level, m), sink.fraction), told["rounding"], told["overflow"])

        for level in range(levels, 0, -1):  # pair by pair, so that no recursion is deep
            for n in range(len(bands[level])):
                results(level, n)
        return sample

    return {"data": joined_words(words, levels, below)}
