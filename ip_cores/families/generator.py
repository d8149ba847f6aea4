"""Cores without a sink: words leave, as many as are asked for, and none enter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from fixed_point import Format
from ip_cores.blocks.process import GIVE, Connected, Process
from ip_cores.core import Core
from ip_cores.pin_script import PinScript
from ip_cores.schedule import Clockwork, Fields

SHOWN = 62
"""Words of a self-checking bench."""

FULL = 1 << 14
"""Clocks after which a core that nothing is taken from stands still."""


class Flowing(Process):
    """A pipeline that moves as a whole and begins a word in every clock in which it moves.

    Parameters
    ----------
    stages : int
        Registers through which a word goes, that of the output among them.
    """

    def __init__(self, stages: int) -> None:
        super().__init__([GIVE], line=stages - 1, rigid=True)
        self.begun = 0

    def tick(self, offered: bool, behind: bool) -> None:
        self.begun += self._moves(behind)
        super().tick(offered, behind)


def standing(timing: Clockwork) -> Clockwork:
    """A timing from which nothing is taken, when it is full."""
    full = timing.copy()
    for _ in range(FULL):
        if full.stands(False):
            break
        full.tick(False, False)
    return full


def begun(timing: Clockwork) -> int:
    """Words that a generator has begun, in front of whatever stands behind it."""
    first: Any = timing.parts[0] if isinstance(timing, Connected) else timing
    return int(first.begun)


def given_clocks(timing: Clockwork, accept: Iterable[bool], most: int) -> list[int]:
    """Clocks in which words leave that downstream takes as it says, up to so many words."""
    clocks: list[int] = []
    for clock, willing in enumerate(accept):
        if len(clocks) >= most:
            break
        if timing.valid and willing:
            clocks.append(clock)
        timing.tick(False, bool(willing))
    return clocks


def first_word(timing: Clockwork) -> int:
    """Clock in which the first word stands at the source."""
    return given_clocks(timing, [True] * FULL, 1)[0]


def clocks_a_word(timing: Clockwork) -> Fraction:
    """Clocks for a word, nothing stalled."""
    first, *_, last = given_clocks(timing, [True] * FULL, 65)
    return Fraction(last - first, 64)


@dataclass(frozen=True)
class Generator(Core):
    """A core without a sink on one clock.

    `model` and `reference` take how many words there are to be; `steered_model` takes that too, and the value that each of them meets.
    """

    @property
    def is_source(self) -> bool:
        return True

    @property
    def is_stream(self) -> bool:
        return False

    @property
    def sink_format(self) -> Any:
        """None: there is no sink."""
        return None

    @property
    def sinks(self) -> Mapping[str, Format]:
        return {}

    @property
    def group_delay(self) -> Any:
        """None: nothing enters that could be late."""
        return None

    @cached_property
    def latency(self) -> int:
        """Clocks from the first without a reset to that in which the first word stands at the source."""
        return first_word(self._known_timing())

    @cached_property
    def cycles_per_sample(self) -> Fraction:
        """Clocks for a word, nothing stalled."""
        return clocks_a_word(self._known_timing())

    @cached_property
    def capacity(self) -> int:
        """Words that have begun when nothing is taken."""
        return begun(standing(self._known_timing()))

    def timing(self, fields: Fields | None = None) -> Clockwork:
        raise NotImplementedError

    @property
    def pin_script(self) -> PinScript:
        """Words that leave with stalls, the inputs as `controls` says."""
        return script(self)


def script(core: Core) -> PinScript:
    """What a self-checking bench expects of a core without a sink."""
    return PinScript(given={"data": np.asarray(core.model(SHOWN))}, patience=max(PinScript.patience, core.patience))
