"""Which stage of a graph gets the words of which others: names read, loops refused, and where all paths go through one stream."""

from __future__ import annotations

from collections.abc import Container, Sequence
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
        For each stage the numbers of those whose words it gets, `ENTERING` for the words that enter, in the order of its sinks. What comes
        back to a stage by a loop is left out.
    loops : tuple of (int, int)
        Each loop by the stage in which it begins, which gets words back at its last sink, and the one whose words these are.
    """

    inputs: tuple[tuple[int, ...], ...]
    loops: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, names: Sequence[str], inputs: Sequence[Sequence[str] | None], closing: Container[int] = ()) -> Wiring:
        """From names; a stage that does not say reads the one before it, the first the words that enter.

        Parameters
        ----------
        names : sequence of str
        inputs : sequence of sequence of str
        closing : container of int
            Stages at whose last sink a loop may be closed.

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
        made = cls(tuple(found)).with_loops(closing)
        made.check(names)
        return made

    def with_loops(self, closing: Container[int]) -> Wiring:
        """The same with those inputs as loops that close one, where they may."""
        given, loops = list(self.inputs), []
        for number, row in enumerate(self.inputs):
            if number in closing and len(row) > 1 and row[-1] not in (ENTERING, number):
                cut = Wiring((*given[:number], row[:-1], *given[number + 1 :]))
                if cut.leads(number, row[-1]):
                    given[number] = row[:-1]
                    loops.append((number, row[-1]))
        return Wiring(tuple(given), tuple(loops))

    def leads(self, start: int, goal: int) -> bool:
        """Whether words come from one stage to another."""
        return self._way(start, goal) is not None

    def all_inputs(self, number: int) -> tuple[int, ...]:
        """What a stage reads, with what comes back to it."""
        return (*self.inputs[number], *(end for begin, end in self.loops if begin == number))

    def check(self, names: Sequence[str]) -> None:
        """Refuse words that nobody gets, and loops but those through a sink that takes the word of the sample before.

        Behind a first word of zero such a loop holds no word up. All that is between both of its ends, and nothing else, lies in it.
        """
        for number in range(len(names)):
            loop = self._way(number, number)
            if loop is not None:
                way = " to ".join(names[one] for one in loop)
                raise ParameterError(f"stages[{number}].inputs", names[loop[-2]], f"must make no loop; words would go from {way}")
        for begin, end in self.loops:
            within = self.loop_around(begin, end)
            if not any(within == group for group in self.sections):
                way = f"from {names[begin]} to {names[end]} and back to {names[begin]}"
                allowed = "must be a loop into which, and out of which, one stream goes: no path beside it, no other loop in it"
                raise ParameterError(f"stages[{begin}].inputs", way, allowed)
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

    def loop_around(self, begin: int, end: int) -> tuple[int, ...]:
        """The stages of a loop, in order: those that words come to from its beginning, and from which they come to its end."""
        between = [one for one in self.order if self.leads(begin, one) and self.leads(one, end)]
        return (begin, *between, end)

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
        for begin, end in self.loops:
            first, last = (next(place for place, one in enumerate(groups) if stage in one) for stage in (begin, end))
            groups[first : last + 1] = [tuple(chain(*groups[first : last + 1]))]
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
