"""The least numbers that a toy can order, for a new row of the table."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ip_cores.generate import generate
from testbenches.formal.elaboration import elaborate, netlist
from testbenches.formal.harness import WordOrder, properties
from testbenches.formal.model_checker import prove_all
from testbenches.formal.toys import Toy

PROPERTIES = {"inside": "bad_inside", "takes_within": "bad_takes_in_time", "gives_within": "bad_gives_in_time", "room": "bad_room"}


def least_bounds(toy: Toy, seconds: int = 20) -> Iterator[tuple[str, int | None]]:
    """Each number of a row, by bisection; None where no proof ends in so many seconds of processor time."""
    with tempfile.TemporaryDirectory(prefix="ossicle-") as scratch:
        folder = Path(scratch)
        verilog = netlist(generate(toy.core, folder / "vhdl", companions=None), folder)

        def holds(name: str, value: int) -> bool | None:
            numbers: dict[str, Any] = {"inside": 15, "takes_within": 1, "gives_within": 1, name: value}
            order = WordOrder.of(dataclasses.replace(toy, **numbers))
            answer = prove_all(elaborate(order, verilog), [PROPERTIES[name]], folder, seconds)
            return False if answer.refuted else True if answer.proven else None

        asked = set(properties(WordOrder.of(toy)))
        for name in [name for name, told in list(PROPERTIES.items())[:3] if told.removeprefix("bad_") in asked]:
            low, high = 0, 4
            while (answer := holds(name, high)) is False and high < 1000:
                low, high = high, 2 * high
            while answer is not None and high - low > 1:
                middle = (low + high) // 2
                if (answer := holds(name, middle)) is not False:
                    high = middle
                else:
                    low = middle
            yield name, high if answer is not None or high - low <= 1 else None
        if toy.core.is_source:
            return
        room = 0
        while room < 15 and holds("room", room + 1):
            room += 1
        yield "room", room
