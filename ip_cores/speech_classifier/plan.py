"""Speech classifier: what its hardware follows from, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fixed_point.speech_classifier import Classification
from ip_cores.blocks.log2_word import LOG2_CLOCKS
from ip_cores.blocks.process import GIVE, TAKE, Process, wait

SUMMING = 3
"""Clocks behind that in which a sample is taken: its square, its product with the sample before, the sums."""

JUDGING = 1 + LOG2_CLOCKS + 2
"""Clocks behind these at the end of a hop: two logarithms, one behind the other, then floor and tilt, then the distance above the floor."""


@dataclass(frozen=True)
class ClassifierPlan:
    """What the hardware of a classifier follows from.

    Attributes
    ----------
    law : Classification
        Word lengths and constants.
    silence, tilt : int
        The two limits after a reset, words of format `LIMIT`.
    """

    law: Classification
    silence: int
    tilt: int


def classifier_timing(plan: ClassifierPlan) -> Process:
    """A sample is taken and summed up; at the end of a hop the frame is judged, and its word leaves."""
    sample = [TAKE, wait(SUMMING)]
    return Process([*sample * plan.law.hop, wait(JUDGING), GIVE])
