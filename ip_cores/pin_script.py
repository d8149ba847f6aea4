"""What a self-checking bench does at the pins of a core: which levels it drives, and which it expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SEED = 19
"""Of whatever is drawn for a script."""


@dataclass(frozen=True)
class PinScript:
    """A script for the pins of a core with its expectations from the model; streams beside the pins are offered and taken with stalls.

    Attributes
    ----------
    drive : mapping of str to sequence of int
        Levels of inputs, step by step; the last stays. The first is there from the beginning.
    step : int or str
        Clocks that a step lasts, or the pin whose falling edge begins the next.
    wired : mapping of str to str
        Open-drain inputs, and the output that pulls each low.
    words, given : mapping of str to sequence of int
        Words for the sink and those expected from the source, by field.
    streams : mapping of str to mapping of str to sequence of int
        The same of a core with several streams on one side: for each sink the words, for each source those expected, by field.
    watch : sequence of str
        Pins that are compared.
    strobe : str
        They are compared where this pin has risen; without one at every clock.
    expected : sequence of sequence of int
        Levels of the pins in `watch`, a row for each comparison.
    finish : mapping of str to int
        Outputs at the end.
    settle : int
        Clocks from the last comparison to the look at these outputs.
    patience : int
        Clocks without any progress after which the core is taken to hang.
    """

    drive: Mapping[str, Any] = field(default_factory=dict)
    step: int | str = 1
    wired: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    watch: Sequence[str] = ()
    strobe: str = ""
    expected: Sequence[Sequence[int]] = ()
    finish: Mapping[str, int] = field(default_factory=dict)
    settle: int = 1
    patience: int = 1000
