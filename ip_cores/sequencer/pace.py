"""How fast a sequencer is: its clocks, from those of the core that calculates."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from fractions import Fraction
from typing import Any

from ip_cores.fifo import Queue
from ip_cores.schedule import Clockwork, Run
from ip_cores.sequencer.control import SequencerPlan

STANDBY, ACQUIRE, CALCULATE, TRANSFER = range(4)

HAND_OVER = 2
"""Clocks between the last result of a segment and the first sample of the next: the end is seen, the next segment is begun."""


class Sequenced(Clockwork):
    """Two queues, a calculation between them, and the states that open the way into it; enabled, between patient neighbours."""

    def __init__(self, inner: Clockwork, plan: SequencerPlan) -> None:
        self.inner, self.plan = inner, plan
        self.acquired, self.results = Queue(plan.acquired), Queue(plan.transferred)
        self.at, self.awake, self.handed, self.received = STANDBY, False, 0, 0

    @property
    def valid(self) -> bool:  # type: ignore[override]
        return self.results.valid

    def ready(self, behind: bool) -> bool:
        return self.awake and self.acquired.ready(True)

    def tick(self, offered: bool, behind: bool) -> None:
        plan, feeding = self.plan, self.at == CALCULATE
        given = feeding and self.acquired.valid
        room = self.results.ready(behind)
        takes = self.inner.ready(room)
        begins = self.acquired.level >= plan.length and self.results.level <= plan.results
        fed = given and takes and self.handed == plan.length - 1
        finished = self.received == plan.results
        if self.at == ACQUIRE:
            self.handed = self.received = 0
        else:
            self.handed += given and takes and not fed
            self.received += self.inner.valid and room
        self.acquired.tick(offered and self.awake, feeding and takes)
        self.results.tick(self.inner.valid, behind)
        self.inner.tick(given, room)
        self.awake = self.awake or takes
        ends = {STANDBY: True, ACQUIRE: begins, CALCULATE: fed, TRANSFER: finished}[self.at]
        if ends:
            self.at = ACQUIRE if self.at == TRANSFER else self.at + 1

    @property
    def state(self) -> Hashable:
        return self.at, self.awake, self.handed, self.received, self.acquired.state, self.results.state, self.inner.state

    def copy(self) -> Any:
        made = copy.copy(self)
        made.inner, made.acquired, made.results = self.inner.copy(), self.acquired.copy(), self.results.copy()
        return made

    def rest(self, offered: bool) -> int:
        queue, fills = self.acquired, offered and self.ready(True)
        if fills or self.results.level or self.results.valid or queue.valid != (queue.level > 0):
            return 0
        if self.at == STANDBY or (self.at == ACQUIRE and queue.level >= self.plan.length):
            return 0
        if (self.at == TRANSFER and self.received == self.plan.results) or not (self.awake or not self.inner.ready(True)):
            return 0
        return self.inner.rest(self.at == CALCULATE and queue.valid)

    def skip(self, clocks: int) -> None:
        self.inner.skip(clocks)


def mean_clocks(inner: Clockwork, plan: SequencerPlan) -> Fraction:
    """Clocks for a sample, nothing stalled: the mean over the segments after which the calculation is where it was."""
    run = Run(inner)
    run.settle()
    begins: dict[Hashable, tuple[int, int]] = {}
    while True:
        first_clock, first = begins.setdefault(inner.state, (run.clock, len(run.taken)))
        if first < len(run.taken):
            return Fraction(run.clock - first_clock, len(run.taken) - first)
        segment(run, plan)
        run.wait(HAND_OVER)


def segment(run: Run, plan: SequencerPlan) -> None:
    """A segment's samples one behind the other, as fast as they are taken, and all of its results."""
    samples, results = len(run.taken) + plan.length, len(run.given) + plan.results
    while len(run.taken) < samples:
        run.step()
    while len(run.given) < results and run.step(offered=False):
        pass


def results_clocks(inner: Clockwork, plan: SequencerPlan) -> int:
    """Clocks from the first result of a segment to the last."""
    run = Run(inner)
    run.settle()
    known = len(run.given)
    segment(run, plan)
    return run.given[-1] - run.given[known]
