"""What a user may do to a core beside giving it words: inputs that move at run time, and packets whose marks are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ip_cores.core import Core
from ip_cores.promise import first_of
from ip_cores.run_time import Steered

MOVES, MOST_MOVES = 3, 12
"""Changes of each input, and of all of them together at most, unless there are many of them."""

BACK = 2
"""Changes of each input in any case: a bypass that stays hides all that comes behind it."""

DRAWS = 120
"""Tries to draw inputs of which each one matters."""

MOST_STATES = 7
"""Up to here each bit of an input is a switch of its own; beyond, a number."""

BIT_DRAWS = 24
"""Tries to add a change of a number so that one more of its bits matters."""

PLACE_DRAWS = 12
"""Tries to find a word at which a turning point takes nothing away from what the others show."""

LOWEST_LEVEL, SAME_LEVEL = 8, 32
"""Bits by which words are smaller at most, and words of the same level."""

PACKET_MARKS = ("startofpacket", "endofpacket")

LONGEST_PACKET = 1 << 14

WRONG_CHANNEL = "wrong_channel"
"""Port of a core that drops words of channels whose turn it is not."""

CHANNEL_FAULTS = ("missing", "twice", "cut off", "another number", "too many")

FAULTS = ("no end", "two starts", "too short", "too long", "no start", "words between packets")


@dataclass(frozen=True)
class Steering:
    """Inputs that move.

    Attributes
    ----------
    moves : tuple of (word, offset, port, value)
        For `testbenches.stimulus.Stimulus`.
    values : mapping of str to array of int, shape (n,)
        Of each input the value that each sink word meets.
    count : int
        Changes.
    unnoticed : tuple of str
        Inputs that could be dead, all of them or in one of a few bits, and the model would give the same words.
    """

    moves: tuple[tuple[int, int, str, int], ...]
    values: Steered
    count: int
    unnoticed: tuple[str, ...] = ()


def random_steering(core: Core, words: Any, rng: np.random.Generator) -> Steering:
    """Each input of a core takes several values in front of words that are drawn.

    What does nothing to these words proves nothing, as a bypass of a threshold that lets every word pass in any case. So changes are drawn
    anew, one in each try, until the model would give other words if any input were dead, each bit of a short one by itself; or until
    `DRAWS` tries have been made, of which none made it worse. Then the upper bits of numbers, which are seldom drawn, get changes of their
    own where these are noticed and everything else still is, and so does each turning point that no change has met.

    Parameters
    ----------
    core : Core
    words
        As its model takes them.
    rng : numpy Generator
    """
    inputs, length = core.run_time_inputs, len(first_of(words))
    count = min(max(BACK * len(inputs), min(MOVES * len(inputs), MOST_MOVES)), length - 1)
    turns = np.resize(rng.permutation(list(inputs)), count).tolist()
    changes = [Change(int(place), name, _value(core, name, rng)) for place, name in zip(_places(length, count, rng), turns, strict=True)]
    best = _steering(core, length, changes)
    missed = unnoticed(core, words, best.values)
    for _ in range(DRAWS):
        if not missed:
            break
        number = int(rng.integers(len(changes)))
        taken = {change.place for change in changes} - {changes[number].place}
        place = int(rng.choice(sorted(set(range(1, length)) - taken)))
        tried = [*changes[:number], Change(place, turns[number], _value(core, turns[number], rng)), *changes[number + 1 :]]
        steering = _steering(core, length, tried)
        left = unnoticed(core, words, steering.values)
        if len(left) <= len(missed):
            best, missed, changes = steering, left, tried
    best, changes = _with_more_bits(core, words, best, changes, len(missed), rng)
    best = _with_turning_points(core, words, best, changes, len(missed), rng)
    return replace(best, unnoticed=tuple(dict.fromkeys(name for name, _ in missed)))


def _with_more_bits(
    core: Core, words: Any, best: Steering, changes: list[Change], missed: int, rng: np.random.Generator
) -> tuple[Steering, list[Change]]:
    """Changes of numbers on top, each of which makes a bit matter that did not, as long as no more inputs go unnoticed than did."""
    inputs = core.run_time_inputs
    bits = [(name, 1 << bit) for name, one in inputs.items() if one.highest > MOST_STATES for bit in range(one.highest.bit_length())]
    dull = dead(core, words, best.values, bits)
    for _ in range(BIT_DRAWS):
        free = sorted(set(range(1, len(first_of(words)))) - {change.place for change in changes})
        if not dull or not free:
            break
        name, bit = dull[int(rng.integers(len(dull)))]
        place = int(rng.choice(free))
        # Another bit of the number that stands there, or a number of that size.
        other = int(best.values[name][place]) ^ bit if rng.random() < 0.5 else bit | int(rng.integers(0, bit))
        tried = [*changes, Change(place, name, min(other, inputs[name].highest))]
        steering = _steering(core, len(first_of(words)), tried)
        if dead(core, words, steering.values, [(name, bit)]) or len(unnoticed(core, words, steering.values)) > missed:
            continue
        left = dead(core, words, steering.values, bits)
        if len(left) < len(dull):
            best, dull, changes = steering, left, tried
    return best, changes


def _with_turning_points(
    core: Core, words: Any, best: Steering, changes: list[Change], missed: int, rng: np.random.Generator
) -> Steering:
    """Changes to the turning points that no word has met, and to what is beside them, as long as no more inputs go unnoticed than did."""
    for name, one in core.run_time_inputs.items():
        for value in {min(max(0, point + by), one.highest): None for point in one.turning_points for by in (0, -1, 1)}:
            for _ in range(PLACE_DRAWS if value not in best.values[name] else 0):
                free = sorted(set(range(1, len(first_of(words)))) - {change.place for change in changes})
                if not free:
                    return best
                tried = [*changes, Change(int(rng.choice(free)), name, value)]
                steering = _steering(core, len(first_of(words)), tried)
                if len(unnoticed(core, words, steering.values)) <= missed:
                    best, changes = steering, tried
                    break
    return best


class Change(NamedTuple):
    """An input takes a value in front of a word."""

    place: int
    name: str
    value: int


def _places(length: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(np.arange(1, length), count, replace=False)


def _value(core: Core, name: str, rng: np.random.Generator) -> int:
    """A value of an input; numbers of all sizes, since most of what is drawn evenly is as good as infinite."""
    highest = core.run_time_inputs[name].highest
    size = int(2 ** rng.uniform(0, highest.bit_length())) if highest > MOST_STATES else highest
    return int(rng.integers(0, min(size, highest), endpoint=True))


def _steering(core: Core, length: int, changes: Sequence[Change]) -> Steering:
    """Changes in the order of their words; a value that stands there already is another one."""
    inputs = core.run_time_inputs
    values = {name: np.full(length, one.start, np.int64) for name, one in inputs.items()}
    moves = []
    for place, name, value in sorted(changes):
        one, met = inputs[name], values[name]
        new = (value + 1) % (one.highest + 1) if value == met[place] else value
        met[place:] = new
        moves += [(place, at, port, raw) for at, step in enumerate(one.writes(new)) for port, raw in step.items()]
    return Steering(tuple(moves), values, len(changes))


def unnoticed(core: Core, words: Any, values: Steered) -> list[tuple[str, int]]:
    """Inputs, and the bits of short ones, without which the model would give the same words."""
    masks = [
        (name, mask)
        for name, one in core.run_time_inputs.items()
        for mask in ([1 << bit for bit in range(one.highest.bit_length())] if one.highest <= MOST_STATES else [one.highest])
    ]
    return dead(core, words, values, masks)


def dead(core: Core, words: Any, values: Steered, masks: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Those bits of inputs that could stay as they were after a reset, and the model would give the same words."""
    found, given = [], None
    for name, mask in masks:
        still = values[name] & ~mask | core.run_time_inputs[name].start & mask
        # Most bits of a wide number stay as they were, and no model need say what comes of that.
        if not np.array_equal(still, values[name]):
            if given is None:
                given = _all_of(core.steered_model(words, values))
            other = _all_of(core.steered_model(words, {**values, name: still}))
            if not all(np.array_equal(*pair) for pair in zip(given, other, strict=True)):
                continue
        found.append((name, mask))
    return found


def _all_of(given: Any) -> tuple[Any, ...]:
    return given if isinstance(given, tuple) else (given,)


def at_many_levels(core: Core, data: Any, rng: np.random.Generator) -> Any:
    """Words at levels from full scale to 48 dB below, each for a while: what a core decides about is then on both sides of its limits."""
    words = np.asarray(data)
    lowest = min(LOWEST_LEVEL, core.sink_format.word_length - 2)
    shifts = np.repeat(rng.integers(0, lowest, -(-len(words) // SAME_LEVEL), endpoint=True), SAME_LEVEL)[: len(words)]
    return words >> shifts


def wrong_channels(core: Core, data: Any, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Words of channels in turn, of some frames of which one is missing, comes twice or has another number; and how many frames are spoilt.

    The first and the last are whole, and so is one behind each that is spoilt.
    """
    channels = core.channels_in_turn
    rows = []
    for number in range(2 * len(CHANNEL_FAULTS) + 1):
        frame, at = list(range(channels)), int(rng.integers(channels))
        match CHANNEL_FAULTS[number // 2] if number % 2 else "":
            case "missing":
                del frame[at]
            case "twice":
                frame.insert(at, frame[at])
            case "cut off":
                frame = frame[: max(1, at)]
            case "another number":
                others = [one for one in range(1 << (channels - 1).bit_length()) if one != at]
                frame[at] = int(rng.choice(others))
            case "too many":
                frame += rng.integers(1, 1 << (channels - 1).bit_length(), 1 + at).tolist()
        rows += frame
    return {"data": np.resize(np.asarray(data), len(rows)), "channel": np.array(rows)}, len(CHANNEL_FAULTS)


def malformed_packets(core: Core, data: Any, packets: int, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """So many packets of the words given, every second of which is malformed, as words by field; and how many are.

    One has no end, starts once more in its midst, ends too early or too late, or has no start; words that belong to none stand behind it.
    """
    begins = np.flatnonzero(core.accompany(np.zeros(2 * LONGEST_PACKET, np.int64))["startofpacket"])
    length = int(begins[1])
    data = np.resize(np.asarray(data), packets * length)
    fields = {"data": data, **core.accompany(data)}
    starts, ends = (np.asarray(fields[name]) != 0 for name in PACKET_MARKS)
    rows: list[NDArray[np.int64]] = []
    marks: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
    spoilt = 0
    for number in range(packets):
        first, behind = number * length, (number + 1) * length
        places = np.arange(first, behind)
        start, end = starts[places].copy(), ends[places].copy()
        if number % 2 and len(places) > 1:
            spoilt += 1
            within = int(rng.integers(1, len(places)))
            match number // 2 % len(FAULTS):
                case 0:
                    end[:] = False
                case 1:
                    start[within] = True
                case 2:
                    places, start, end = (one[:within] for one in (places, start, end))
                    end[-1] = True
                case 3:
                    places, start = (np.concatenate([one, one[1:]]) for one in (places, start))
                    end = np.concatenate([np.zeros(len(places) - len(end), bool), end])
                case 4:
                    start[0] = False
                case _:
                    extra = np.resize(places, within)
                    places = np.concatenate([places, extra])
                    start, end = (np.concatenate([one, np.zeros(len(extra), bool)]) for one in (start, end))
        rows.append(places)
        marks.append((start, end))
    every = np.concatenate(rows)
    words = {name: np.asarray(one)[every] for name, one in fields.items()}
    words["startofpacket"], words["endofpacket"] = (np.concatenate(one).astype(np.int64) for one in zip(*marks, strict=True))
    return words, spoilt
