"""Follows binary points through a hierarchy: from the formats of the top's ports to those of every word that they determine.

A word that is moved, chosen, stored, extended or added has the binary point of what it is made of; a product has as many fraction bits as
its factors together; a word without its lowest n bits has n fewer. Each of these is an equation, and together they leave hardly a word of a
filter unknown: what an output drops tells how many fraction bits the sum has, and that those of the coefficients. What is only counted or
addressed is reached by none of them.

A shift to the left is left open: it may multiply, or append zeros behind the point. One bit alone has no binary point: the increment of a
rounding is cut out of a word far below where it is added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ip_cores.conversion.architecture import Assignment, Concurrent, Entity, Instance, ProcessStatement, Type, assignments_in
from ip_cores.conversion.expressions import Binary, Call, Expression, Name, Qualified, Slice, Unary, value_of

NUMBERS = ("signed", "unsigned")


@dataclass(frozen=True)
class Equation:
    """`target` has as many fraction bits as `factors` have together, and `offset` more.

    Words are named by the path of their instance, its labels joined by dots, and their own name.

    Attributes
    ----------
    same : bool
        Both are one and the same word: a port and what it is connected with, a port of the top and the word of another type for it.
    """

    target: str
    factors: tuple[str, ...]
    offset: int
    same: bool = False

    def within(self, path: str) -> Equation:
        """The same in an instance."""
        return Equation(f"{path}{self.target}", tuple(f"{path}{factor}" for factor in self.factors), self.offset, self.same)


def equations_of(entity: Entity) -> Iterator[Equation]:
    """The equations of one architecture, its instances left out."""
    types = entity.types()
    for piece in entity.pieces:
        match piece:
            case Concurrent(assignment):
                assignments: list[Assignment] = [assignment]
            case ProcessStatement(body=body):
                assignments = list(assignments_in(body))
            case _:
                continue
        for assignment in assignments:
            target = _word(assignment.target, types)
            if target is None:
                continue
            for value in (assignment.value, *(chosen for chosen, _ in assignment.choices)):
                for factors, offset in _terms(value, types):
                    yield Equation(target, factors, offset, _is_pin(target, value, types))


def _word(target: Expression, types: Mapping[str, Type]) -> str | None:
    """The number that an assignment changes as a whole, or of which it changes one in an array."""
    match target:
        case Name(text):
            return text if _is_number(types.get(text)) else None
        case Call(array, _):
            return array if _is_number(types.get(array)) and types[array].depth is not None else None
    return None


def _is_pin(target: str, value: Expression, types: Mapping[str, Type]) -> bool:
    """Whether an assignment only gives a word the type of the top's port that it is, or the other way round."""
    match value:
        case Call("signed" | "unsigned" | "std_logic_vector", (Name(text),)) if text in types:
            return "std_logic_vector" in (types[target].name, types[text].name)
    return False


def _is_number(type: Type | None) -> bool:
    return type is not None and (type.name in NUMBERS or type.name == "std_logic_vector") and type.width != 1


def _is_port(entity: Entity, name: str) -> bool:
    return any(port.name == name for port in entity.ports)


Term = tuple[tuple[str, ...], int]


def _terms(value: Expression, types: Mapping[str, Type]) -> list[Term]:
    """What has the binary point of a value: each as words that are multiplied, and what is added to their fraction bits."""
    match value:
        case Name(text):
            return [((text,), 0)] if _is_number(types.get(text)) else []
        case Slice(word, high, low):
            bottom, top = value_of(low), value_of(high)
            return [((word,), -bottom)] if bottom is not None and top != bottom and _is_number(types.get(word)) else []
        case Call("resize" | "signed" | "unsigned" | "std_logic_vector", (inner, *_)):
            return _terms(inner, types)
        case Call(array, _) if array in types and types[array].depth is not None:
            return [((array,), 0)] if _is_number(types[array]) else []
        case Qualified(_, inner) | Unary("-", inner):
            return _terms(inner, types)
        case Binary("+" | "-", left, right):
            return _terms(left, types) + _terms(right, types)
        case Binary("*", left, right):
            return [(a + b, m + n) for a, m in _terms(left, types) for b, n in _terms(right, types)]
    return []


class BinaryPoints:
    """The fraction bits of all words of a hierarchy, as far as they are determined.

    Attributes
    ----------
    conflicts : list of str
        Words that two equations give different fraction bits to; they count as unknown. None are expected.
    """

    def __init__(
        self,
        entities: Mapping[str, Entity],
        top: str,
        known: Mapping[tuple[str, str], int | None],
        said: Mapping[str, Sequence[Equation]] | None = None,
    ) -> None:
        """Solve the equations.

        Parameters
        ----------
        entities : mapping of str to Entity
        top : str
            The entity that holds all others.
        known : mapping of (str, str) to int or None
            Fraction lengths that are given, by entity and word; None for what has none. They stand against what is assigned to the word:
            a shift that divides is told from one that drops bits by this alone.
        said : mapping of str to sequence of Equation, optional
            Equations by entity that stand against what is assigned in the same way.
        """
        said = said or {}
        given = {*known, *((name, one.target) for name, equations in said.items() for one in equations)}
        self.conflicts: list[str] = []
        self._entities = entities
        self._found: dict[str, int | None] = {}
        self._paths: dict[str, list[str]] = defaultdict(list)
        self._equations: list[Equation] = []
        self._own = {
            name: [
                *(one for one in equations_of(entity) if (name, one.target) not in given or _is_port(entity, one.target)),
                *said.get(name, ()),
            ]
            for name, entity in entities.items()
        }
        self._elaborate(top, "")
        self._solve({f"{path}{word}": value for (entity, word), value in known.items() for path in self._paths[entity]})

    def _elaborate(self, name: str, path: str) -> None:
        """The equations of an instance and of all below it."""
        self._paths[name].append(path)
        self._equations += [equation.within(path) for equation in self._own[name]]
        types = self._entities[name].types()
        for piece in self._entities[name].pieces:
            if isinstance(piece, Instance) and piece.entity in self._entities:
                inner = f"{path}{piece.label}."
                for port, actual in piece.ports:
                    for factors, offset in _terms(actual, types):
                        outer = tuple(f"{path}{factor}" for factor in factors)
                        self._equations.append(Equation(f"{inner}{port}", outer, offset, isinstance(actual, Name)))
                self._elaborate(piece.entity, inner)

    def _solve(self, known: Mapping[str, int | None]) -> None:
        uses: dict[str, list[Equation]] = defaultdict(list)
        for equation in self._equations:
            for word in (equation.target, *equation.factors):
                uses[word].append(equation)
        waiting = list(known)
        self._found |= known
        while waiting:
            for equation in uses[waiting.pop()]:
                for word, value in self._follows(equation):
                    if word not in self._found:
                        self._found[word] = value
                        waiting.append(word)
                    elif self._found[word] != value and self._found[word] is not None and word not in known:
                        if value is not None:
                            self.conflicts.append(word)
                        self._found[word] = None
                        waiting.append(word)

    def _follows(self, equation: Equation) -> Iterator[tuple[str, int | None]]:
        """What an equation says of the one word that is not known, or of its target where all are."""
        found = self._found
        unknown = [factor for factor in equation.factors if factor not in found]
        values = [found[factor] for factor in equation.factors if factor in found]
        if equation.same and (None in values or found.get(equation.target, 0) is None):
            yield from ((word, None) for word in (equation.target, *equation.factors))
        if any(value is None for value in values):
            return
        total = sum(value for value in values if value is not None) + equation.offset
        target = found.get(equation.target)
        if not unknown:
            yield equation.target, total
        elif len(unknown) == 1 and target is not None:
            yield unknown[0], target - total

    def of(self, entity: str, word: str) -> int | None:
        """Fraction bits of a word of an entity; None where they are unknown, or not the same in all of its instances."""
        values = {self._found.get(f"{path}{word}") for path in self._paths[entity]}
        return values.pop() if len(values) == 1 else None
