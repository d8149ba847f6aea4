"""Which stage of a graph gets the words of which others: names read, loops refused, and where all paths go through one stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from ip_cores.parameters import ParameterError, nearest

SINK = "input"
"""The name by which stages read the words that enter the chain."""

ENTERING = -1
"""The same as a number."""


@dataclass(frozen=True)
class Wiring:
    """What each stage reads.

    Attributes
    ----------
    inputs : tuple of tuple of int
        For each stage the numbers of those whose words it gets, `ENTERING` for the words that enter, in the order of its sinks.
    """

    inputs: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], inputs: Sequence[Sequence[str] | None]) -> Wiring:
        """From names; a stage that does not say reads the one before it, the first the words that enter.

        Raises
        ------
        ParameterError
            For a name that there is not or is twice, for a stage whose words nobody gets, and for a loop.
        """
        places: dict[str, int] = {}
        for number, name in enumerate(names):
            if name.lower() == SINK:
                raise ParameterError(f"stages[{number}].name", name, f'must be another name: "{SINK}" is the words that enter the chain')
            if places.setdefault(name.lower(), number) != number:
                raise ParameterError(f"stages[{number}].name", name, "must differ, in more than its case, for each of the stages")
        places[SINK] = ENTERING
        found = []
        for number, given in enumerate(inputs):
            field = f"stages[{number}].inputs"
            for one in given or ():
                if one.lower() not in places:
                    known = [SINK, *names]
                    raise ParameterError(field, one, f"must be one of {', '.join(known)}{nearest(one, known)}")
            found.append((number - 1,) if given is None else tuple(places[one.lower()] for one in given))
        made = cls(tuple(found))
        made.check(names)
        return made

    def check(self, names: Sequence[str]) -> None:
        """Refuse loops and words that nobody gets.

        A loop through a feedback canceller's second sink, which takes the loudspeaker's word of the sample before, would hold no word up
        behind a first word of zero; so far it is closed outside of the chain.
        """
        for number in range(len(names)):
            loop = self._way(number, number)
            if loop is not None:
                way = " to ".join(names[one] for one in loop)
                raise ParameterError(f"stages[{number}].inputs", names[loop[-2]], f"must make no loop; words would go from {way}")
        last = len(names) - 1
        if self.readers(last):
            allowed = f"must be no input of {names[self.readers(last)[0][0]]}: the last one's words leave the chain"
            raise ParameterError(f"stages[{last}]", names[last], allowed)
        for number, name in enumerate(names[:-1]):
            if not self.readers(number):
                allowed = "must be an input of another stage: only the last one's words leave the chain"
                raise ParameterError(f"stages[{number}]", name, allowed)

    def _way(self, start: int, goal: int, seen: tuple[int, ...] = ()) -> tuple[int, ...] | None:
        """Stages by which words come from one to another, both ends included."""
        for reader, _ in self.readers(start):
            if reader == goal:
                return (start, goal)
            rest = None if reader in seen else self._way(reader, goal, (*seen, reader))
            if rest is not None:
                return (start, *rest)
        return None

    def readers(self, number: int) -> tuple[tuple[int, int], ...]:
        """Who gets a stage's words: numbers of stages and of their inputs."""
        return tuple((reader, place) for reader, given in enumerate(self.inputs) for place, one in enumerate(given) if one == number)

    @property
    def straight(self) -> bool:
        """Whether each stage reads the one before it."""
        return all(given == (number - 1,) for number, given in enumerate(self.inputs))

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Stages so that each stands behind those that it reads, otherwise as they were given."""
        left, found = list(range(len(self.inputs))), []
        while left:
            ready = next((one for one in left if set(self.inputs[one]).isdisjoint(left)), None)
            if ready is None:  # a loop, which `check` refuses
                return tuple(range(len(self.inputs)))
            left.remove(ready)
            found.append(ready)
        return tuple(found)

    @cached_property
    def sections(self) -> tuple[tuple[int, ...], ...]:
        """Stages in groups between which there is one stream: single ones, and those of paths that part and come together."""
        left = {number: len(self.readers(number)) for number in range(ENTERING, len(self.inputs))}
        groups: list[tuple[int, ...]] = []
        group: list[int] = []
        for number in self.order:
            group.append(number)
            for one in self.inputs[number]:
                left[one] -= 1
            waiting = [one for one in (ENTERING, *chain(*groups, group)) if one != number and left[one]]
            if not waiting:
                groups.append(tuple(group))
                group = []
        return tuple(groups)

    def within(self, group: Sequence[int]) -> Wiring:
        """The wiring of a section: whatever stands in front of it is what enters."""
        places = {number: place for place, number in enumerate(group)}
        return Wiring(tuple(tuple(places.get(one, ENTERING) for one in self.inputs[number]) for number in group))

    @cached_property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """Stages one behind the other, where each has one input and is all that the one before it goes to."""
        found: list[list[int]] = []
        for number in self.order:
            given = self.inputs[number]
            alone = len(given) == 1 and given[0] != ENTERING and len(self.readers(given[0])) == 1
            row = next((row for row in found if row[-1] == given[0]), None) if alone and len(self.inputs[given[0]]) == 1 else None
            if row is None:
                found.append([number])
            else:
                row.append(number)
        return tuple(map(tuple, found))


def names_of_inputs(value: Any, field: str) -> tuple[str, ...]:
    """Inputs as a description gives them: one name or several.

    Raises
    ------
    ParameterError
    """
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Sequence) or not given or not all(isinstance(one, str) and one for one in given):
        raise ParameterError(field, value, f'must be a list of names of stages, or "{SINK}" for the words that enter')
    return tuple(given)
