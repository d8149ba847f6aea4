"""Which word moves in which clock: the control of a core without its data, and what is read off it.

A `Clockwork` is an automaton of a few numbers that does, clock by clock, what the flags of a core's hardware do. It follows from the core's
parameters alone and is written beside the hardware's control. Nothing here knows MyHDL: `verify` holds the hardware to it.

A clock is what the test benches call one: in clock c both sides show their valid and ready, and the edge that ends it moves a word
wherever both are high. Clock 0 is the first in which reset is low, and the first word is offered in it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Clocks = NDArray[np.int64]

FOREVER = 1 << 62

Fields = Mapping[str, ArrayLike]
"""What comes beside the sink words, by field: channels, marks of packets."""


def number_text(value: Fraction) -> str:
    """Clocks or samples as people read them: a whole number, or four digits.

    Examples
    --------
    >>> number_text(Fraction(17)), number_text(Fraction(313, 16))
    ('17', '19.56')
    """
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.4g}"


def amount(value: Fraction | int, unit: str) -> str:
    """A number with its unit, which stands in the plural behind all but one.

    Examples
    --------
    >>> amount(1, "clock"), amount(0, "sample"), amount(Fraction(33, 2), "clock")
    ('1 clock', '0 samples', '16.5 clocks')
    """
    return f"{number_text(Fraction(value))} {unit}{'s' * (value != 1)}"


class Schedule(NamedTuple):
    """Clocks in which words move.

    Attributes
    ----------
    taken, given : array of int64, shape (n,) and (m,)
        Of each sink word and of each source word.
    """

    taken: Clocks
    given: Clocks


class Clockwork:
    """The control of a core without its data.

    What `valid`, `ready` and `tick` say of a clock is what the hardware's ``source_valid`` and ``sink_ready`` are in it. `valid` follows
    from the state alone; `ready` may depend on the ready behind.
    """

    valid: bool = False
    """Whether a word stands at the source."""

    repeats: Period | None = None
    """What comes again and again, where its words are too many to be waited for; None where a state comes again soon."""

    def ready(self, behind: bool) -> bool:
        """Whether a word that is offered is taken, with `behind` what downstream shows."""
        raise NotImplementedError

    def tick(self, offered: bool, behind: bool) -> None:
        """The edge that ends a clock in which upstream shows `offered` and downstream `behind`."""
        raise NotImplementedError

    @property
    def state(self) -> Hashable:
        """All that the future depends on."""
        raise NotImplementedError

    def copy(self) -> Any:
        """Another one in the same state."""
        return copy.copy(self)

    def rest(self, offered: bool) -> int:
        """Clocks to come in which no word moves and nothing but a countdown goes on, whatever stands behind; 0 where that is not known."""
        return 0

    def skip(self, clocks: int) -> None:
        """So many edges of a rest at once."""

    def stands(self, offered: bool) -> bool:
        """Whether nothing changes as long as downstream takes nothing."""
        after = self.copy()
        after.tick(offered, False)
        return bool(after.state == self.state)


@dataclass(frozen=True)
class Period:
    """What comes again and again, nothing stalled: so many clocks, with so many words in and out."""

    clocks: int
    taken: int
    given: int

    @property
    def cycles_per_sample(self) -> Fraction:
        return Fraction(self.clocks, self.taken)


class Run:
    """A timing played with nothing stalled, and the clocks in which words moved."""

    def __init__(self, timing: Clockwork) -> None:
        self.timing = timing
        self.clock, self.taken, self.given = 0, [], []  # type: ignore[var-annotated]

    def step(self, offered: bool = True) -> bool:
        """One clock, or a rest; whether anything has changed."""
        timing = self.timing
        quiet = timing.rest(offered)
        if quiet:
            if quiet < FOREVER:
                timing.skip(quiet)
                self.clock += quiet
            return quiet < FOREVER
        takes, gives = offered and timing.ready(True), timing.valid
        before = None if offered or gives else timing.state
        timing.tick(offered, True)
        if takes:
            self.taken.append(self.clock)
        if gives:
            self.given.append(self.clock)
        self.clock += 1
        return before is None or timing.state != before

    def wait(self, clocks: int) -> None:
        """So many clocks with nothing offered, in which no word leaves."""
        for _ in range(clocks):
            self.timing.tick(False, True)
        self.clock += clocks

    def settle(self) -> None:
        """Go on with nothing offered until nothing changes any more."""
        while self.step(offered=False):
            pass

    def until_repeated(self, words: int = FOREVER) -> Period | None:
        """Go on until a state comes again in which a word was taken: from there on everything repeats; None if all words come before."""
        seen: dict[Hashable, tuple[int, int, int]] = {}
        while len(self.taken) < words:
            known = len(self.taken)
            self.step()
            if len(self.taken) > known:
                now = self.clock, len(self.taken), len(self.given)
                first = seen.setdefault(self.timing.state, now)
                if first is not now:
                    return Period(*(after - before for before, after in zip(first, now, strict=True)))
        return None


def unstalled(timing: Clockwork, words: int) -> Schedule:
    """The schedule of so many words, all of them offered from clock 0 on, with downstream always ready.

    As soon as a state repeats, whole periods are laid one behind the other instead of being played.
    """
    run = Run(timing)
    period = run.until_repeated(words)
    taken, given = run.taken, run.given
    repeated = Schedule(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if period is not None:
        times = (words - len(taken)) // period.taken
        repeated = Schedule(*(again(moved, count, times, period.clocks) for moved, count in ((taken, period.taken), (given, period.given))))
        run.clock += times * period.clocks
        words -= times * period.taken
    before = len(taken), len(given)
    while len(run.taken) < words:
        run.step()
    run.settle()
    return Schedule(
        *(
            np.concatenate([np.array(moved[:count], np.int64), more, np.array(moved[count:], np.int64)])
            for moved, count, more in zip((run.taken, run.given), before, repeated, strict=True)
        )
    )


def again(moved: Sequence[int], count: int, times: int, clocks: int) -> Clocks:
    """The last so many clocks so many times more, each time so many clocks later."""
    last = np.array(moved[len(moved) - count :], np.int64)
    return (last + clocks * np.arange(1, times + 1)[:, np.newaxis]).ravel()


def period_of(timing: Clockwork) -> Period:
    """What repeats in the long run, nothing stalled."""
    found = timing.repeats or Run(timing).until_repeated()
    assert found is not None
    return found


LONG_RUN = 4096
"""Sink words of which the mean is taken where a period is too long to be played."""


def mean_period(timing: Clockwork) -> Period:
    """What goes on in a long run, where it is too long until everything repeats."""
    run = Run(timing)
    while not run.taken:
        run.step()
    clock, given = run.clock, len(run.given)
    while len(run.taken) <= LONG_RUN:
        run.step()
    return Period(run.clock - clock, LONG_RUN, len(run.given) - given)


def repeats_of(parts: Sequence[Clockwork], together: Clockwork) -> Period | None:
    """`Clockwork.repeats` of parts that give words to each other: none, unless one of them has a period that is too long."""
    return mean_period(together.copy()) if any(part.repeats for part in parts) else None


def from_rest(timing: Clockwork, words: int) -> Schedule:
    """The schedule of words that come when all memories have been cleared; clock 0 is the one in which the first is offered."""
    Run(timing).settle()
    return unstalled(timing, words)


def latency_of(timing: Clockwork) -> int:
    """Clock edges from the first sink word to the first source word, which waits for it, when all memories have been cleared."""
    Run(timing).settle()
    run = Run(timing)
    while not run.given:
        run.step()
    return run.given[0] - run.taken[0]


def owed(timing: Clockwork, words: int) -> list[int]:
    """How many source words come of 0, 1, ... sink words, if no more come."""
    run, found = Run(timing), []
    run.settle()
    for number in range(words + 1):
        while len(run.taken) < number:
            run.step()
        run.settle()
        found.append(len(run.given))
    return found


def capacity_of(make: Callable[[], Clockwork]) -> int:
    """Most source words that are outstanding when a core stands still: over a period the source is stopped before each word that leaves.

    Parameters
    ----------
    make : callable
        Gives the timing as it is after a reset.
    """
    run, seen, stopped = Run(make()), set[Hashable](), []
    while True:
        if run.timing.valid or not run.clock:
            stopped.append((len(run.taken) + until_full(run.timing.copy()), len(run.given)))
        known = len(run.taken)
        run.step()
        if len(run.taken) > known:
            if run.timing.state in seen:
                break
            seen.add(run.timing.state)
    come_of = owed(make(), max(taken for taken, _ in stopped))
    return max(come_of[taken] - given for taken, given in stopped)


def until_full(timing: Clockwork) -> int:
    """Words that are still taken when the source is stopped for good."""
    taken, before = 0, None
    while timing.state != before:
        before = timing.state
        quiet = timing.rest(True)
        if quiet:
            timing.skip(quiet)
            continue
        taken += timing.ready(False)
        timing.tick(True, False)
    return taken


def capacity_behind(before: int, make: Callable[[], Clockwork]) -> int:
    """Source words that may come of so many words that are outstanding in front of a core, at most."""
    period = period_of(make())
    come_of = owed(make(), 2 * period.taken + before)
    return max(late - early for early, late in zip(come_of, come_of[before:], strict=False))


def played(timing: Clockwork, words: int, offer: Sequence[bool], accept: Sequence[bool], start: int, stop: int) -> Schedule:
    """The schedule under stalls, of the clocks from `start` on, in which the timing is new, to `stop`.

    Parameters
    ----------
    offer, accept : sequence of bool
        By clock, used again and again: whether upstream begins to offer the next word, which it then does until it is taken; whether
        downstream is ready.
    """
    taken: list[int] = []
    given: list[int] = []
    offering = False
    offers, accepts = itertools.cycle(offer), itertools.cycle(accept)
    stalls = zip(_from(offers, start, len(offer)), _from(accepts, start, len(accept)), strict=False)
    for clock, (begins, behind) in zip(range(start, stop), stalls, strict=False):
        offering = offering or (len(taken) < words and begins)
        takes = offering and timing.ready(behind)
        if timing.valid and behind:
            given.append(clock)
        timing.tick(offering, behind)
        if takes:
            taken.append(clock)
            offering = False
    return Schedule(np.array(taken, np.int64), np.array(given, np.int64))


def _from(pattern: Iterator[bool], start: int, length: int) -> Iterator[bool]:
    return itertools.islice(pattern, start % length, None)
