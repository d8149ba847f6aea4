"""Play a faulty core what `verify` plays, and judge it as `verify` does.

Each leg of a proof is played to every fault that no leg before it has shown. Whoever gives the same words in the same clocks as the core
without a fault has passed the leg; of any other `verify` itself says whether it sees a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from testbenches import verify
from testbenches.engines.native_build import build_netlist
from testbenches.engines.native_engine import play_compiled
from testbenches.errors import EngineMismatch, SimulationError
from testbenches.mutation.faulty_netlist import SELECT, FaultyNetlist
from testbenches.signals import make_signal
from testbenches.stimulus import Response, Stimulus
from testbenches.worst_words import special_words

STALLS = 0.3
"""The part of stalls that `verify` plays unless told otherwise."""

ALIKE = 1_000_000
"""Words after which a fault that shows nothing counts as none, if there is a reason as well."""


@dataclass(frozen=True)
class Show:
    """What showed a fault.

    Attributes
    ----------
    leg : str
        Of `testbenches.verify.Leg`.
    words : int
        For which `verify` was asked.
    how : {"words", "clocks", "protocol"}
    """

    leg: str
    words: int
    how: str


@dataclass(frozen=True)
class PlayedLeg:
    """A leg of a proof, ready to be played.

    Attributes
    ----------
    leg : Leg
    stimulus : Stimulus
    values : Steered, RegistersPlayed or None
        Of inputs that move, or what registers are to hold.
    right : Response
        What the core without a fault gives.
    """

    leg: verify.Leg
    stimulus: Stimulus
    values: verify.Expected
    right: Response


class Bench:
    """A core with all its faults, compiled."""

    def __init__(self, faulty: FaultyNetlist) -> None:
        self.faulty, self.core = faulty, faulty.core
        self.interface = faulty.interface
        self.folder: Path = build_netlist(faulty.text, faulty.core.name, faulty.ports)

    def play(self, stimulus: Stimulus, fault: int) -> Response:
        return play_compiled(self.folder, self.interface, stimulus.replace(controls={**stimulus.controls, SELECT: fault}))

    def parts(self, words: int, seed: int = 0) -> list[PlayedLeg]:
        """The legs that `verify` plays when it is asked for so many words of noise.

        Raises
        ------
        EngineMismatch
            If the core without a fault does not pass them.
        """
        core = self.core
        fields = verify.accompanied(core, make_signal("noise", core, words, seed))
        special = special_words(core, max(verify.LEAST_SPECIAL, words // 2))
        found = []
        for leg, stimulus, values in verify.legs(core, fields, special, seed, STALLS, True, verify.RESTARTS["native"]):
            right = self.play(stimulus, 0)
            result = verify.judged(core, stimulus, right, "native", values)
            if not result.passed:
                raise EngineMismatch(f"{core.name}: without a fault it does not pass the leg {leg.name}: {result}")
            found.append(PlayedLeg(leg, stimulus, values, right))
        return found

    def shown(self, parts: Sequence[PlayedLeg], fault: int) -> Show | None:
        """What shows a fault first; None if `verify` sees nothing of it."""
        for part in parts:
            if how := self.seen(part, fault):
                return Show(part.leg.name, parts[0].leg.words_in, how)
        return None

    def seen(self, part: PlayedLeg, fault: int) -> str:
        """What a leg shows of a fault; empty if nothing."""
        try:
            response = self.play(part.stimulus, fault)
        except SimulationError:
            return "protocol"
        if same(response, part.right):
            return ""
        result = verify.judged(self.core, part.stimulus, response, "native", part.values)
        if result.words_different or not result.words_compared:
            return "words"
        return "clocks" if result.first_late else ""

    def alike(self, fault: int, words: int) -> bool:
        """Whether a faulty core gives so many random words as the right one does, in the same clocks, under stalls and without."""
        core, rng = self.core, np.random.default_rng(fault)
        low, high = core.sink_format.minimum, core.sink_format.maximum
        fields = verify.accompanied(core, rng.integers(low, high, words, endpoint=True))
        settings: dict[str, Any] = {"drain": core.patience, "controls": core.controls}
        for stimulus in (Stimulus.random_stalls(fields, rng, STALLS, **settings), Stimulus(fields, **settings)):
            try:
                if not same(self.play(stimulus, fault), self.play(stimulus, 0)):
                    return False
            except SimulationError:
                return False
        return True


def same(one: Response, other: Response) -> bool:
    """Whether two runs gave the same words in the same clocks, and read the same in registers."""
    pairs = [(one.sink_cycles, other.sink_cycles), (one.source_cycles, other.source_cycles)]
    pairs += [(words, other.words[name]) for name, words in one.words.items()]
    return one.reset_at == other.reset_at and one.probes == other.probes and all(np.array_equal(*pair) for pair in pairs)
