"""What can be changed while a core works: its inputs beside the stream, as its model takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Writes = tuple[Mapping[str, int], ...]
"""Values of ports, in clocks that follow each other."""


@dataclass(frozen=True)
class RunTimeInput:
    """Something that can be changed at run time: a port, or a register behind a bus.

    Attributes
    ----------
    start : int
        Its value after a reset, with the ports as `Core.controls` says.
    highest : int
        Its values are 0 to this.
    writes : callable
        From a value to what the ports show, in clocks that follow each other; in the last of these it holds already for a word taken.
    turning_points : tuple of int
        Values at which the core goes over to doing something else, which a number drawn from all would hardly ever meet.
    """

    start: int
    highest: int
    writes: Callable[[int], Writes]
    turning_points: tuple[int, ...] = ()

    def under(self, prefix: str) -> RunTimeInput:
        """The same where the ports' names have a prefix, as inside another core."""

        def writes(value: int) -> Writes:
            return tuple({f"{prefix}_{port}": word for port, word in step.items()} for step in self.writes(value))

        return replace(self, writes=writes)


RunTimeInputs = Mapping[str, RunTimeInput]

Steered = Mapping[str, NDArray[np.int64]]
"""By input the value that each sink word meets, shape (n,)."""


def port_input(port: str, highest: int = 1, start: int = 0, clocks: int = 0, turning_points: tuple[int, ...] = ()) -> RunTimeInput:
    """An input that is a port of its own; what it shows holds for the words that are taken so many clocks later, and from then on."""
    return RunTimeInput(start, highest, lambda value: ({port: value},) * (clocks + 1), turning_points)


def register_input(
    address: int, start: int, highest: int, addresses: int = 2, bits: int = 16, turning_points: tuple[int, ...] = ()
) -> RunTimeInput:
    """An input that is a register behind an Avalon-MM slave of so many addresses and bits.

    While it is not written, the slave's ports show something else.
    """

    def writes(value: int) -> Writes:
        other = {"control_address": (address + 1) % addresses, "control_writedata": ~value & (1 << bits) - 1, "control_write": 0}
        return {"control_address": address, "control_writedata": value, "control_write": 1}, other

    return RunTimeInput(start, highest, writes, turning_points)


def inside(inputs: RunTimeInputs, prefix: str) -> dict[str, RunTimeInput]:
    """The inputs of a core inside another, whose name stands in front of those of its ports."""
    return {f"{prefix}_{name}": one.under(prefix) for name, one in inputs.items()}


def of_inside(values: Steered, prefix: str, inputs: RunTimeInputs) -> dict[str, NDArray[np.int64]]:
    """The values of the inputs of a core inside another, by their own names."""
    return {name: values[f"{prefix}_{name}"] for name in inputs}


def stretches(enabled: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of the stretch of enabled words in which each word lies; -1 for those that are not enabled.

    Examples
    --------
    >>> stretches(np.array([1, 1, 0, 1, 0, 0]))
    array([ 0,  0, -1,  1, -1, -1])
    """
    begins = np.diff(enabled, prepend=0) > 0
    return np.asarray(np.where(enabled > 0, np.cumsum(begins) - 1, -1))


def whole_segments(stretch: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Numbers of the words that come to lie in whole segments, shape (segments, length): none reaches from one stretch into another.

    Examples
    --------
    >>> whole_segments(np.array([0, 0, 0, -1, 1, 1]), 2)
    array([[0, 1],
           [4, 5]])
    """
    found = [np.flatnonzero(stretch == number) for number in range(int(np.max(stretch, initial=-1)) + 1)]
    kept = [places[: places.size // length * length] for places in found]
    return np.concatenate([np.zeros(0, np.int64), *kept]).reshape(-1, length)
