"""Channels in turn: what each gives alone, in turn again (docs/cores/fir.md, Several channels)."""

from __future__ import annotations

from collections.abc import Mapping

from testbenches.fuzz.oracles.told import Oracle, Row, Rows, Told


def in_frames(channel: Row, channels: int) -> list[int | None]:
    """Numbers of the words that are taken, in turn; none for each that a frame lacks which was broken off."""
    found: list[int | None] = []
    for number, one in enumerate(channel):
        if one != len(found) % channels:
            found += [None] * (-len(found) % channels)
        if one == len(found) % channels:
            found.append(number)
    return found


def each_in_turn(alone: Oracle) -> Oracle:
    """The oracle of a core that may have several channels, from that of one."""

    def oracle(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
        channels = told.description.get("channels", 1)
        if channels == 1:
            return alone(told, words, values)
        taken = in_frames(words["channel"], channels)
        data = [0 if number is None else words["data"][number] for number in taken]
        met = {name: [row[number or 0] for number in taken] for name, row in values.items()}
        rows = []
        for one in range(channels):
            mine = {name: row[one::channels] for name, row in met.items()}
            rows.append(alone(told, {"data": data[one::channels]}, mine)["data"])
        given: Row = []
        numbers: Row = []
        for place in range(max(map(len, rows))):
            for one, row in enumerate(rows):
                if place < len(row):
                    given.append(row[place])
                    numbers.append(one)
        return {"data": given, "channel": numbers}

    return oracle
