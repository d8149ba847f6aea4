"""Numbers that a process has a name for, as constants of that name: limits of counters, bits of instructions, first values."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ip_cores.conversion.architecture import (
    Assignment,
    Case,
    Concurrent,
    Declaration,
    Entity,
    If,
    Loop,
    ProcessStatement,
    Statement,
    Type,
    assignments_in,
    rewrite_assignment,
    rewrite_statements,
)
from ip_cores.conversion.expressions import RELATIONS, Binary, Call, Expression, Literal, Name, Slice, number, value_of
from ip_cores.conversion.naming import names_in_use
from ip_cores.hierarchy import Constant


@dataclass(frozen=True)
class NamedNumber:
    """A place where a process calls a number by its name.

    Attributes
    ----------
    place : {"compared", "index", "assigned", "added"}
        What is done with it.
    word : str
        The signal that is compared with it, indexed by it, or takes it, as the process calls it.
    name : str
    value : Constant
    """

    place: str
    word: str
    name: str
    value: Constant


def named_numbers(function: Callable[..., Any]) -> list[NamedNumber]:
    """What a process calls by a name, found in its text."""
    known = inspect.getclosurevars(function)
    constants = {name: value for name, value in {**known.globals, **known.nonlocals}.items() if isinstance(value, Constant)}
    if not constants:
        return []
    return [NamedNumber(place, word, name, constants[name]) for place, word, name in _named_places(function.__code__) if name in constants]


@functools.cache
def _named_places(code: Any) -> tuple[tuple[str, str, str], ...]:
    """Every name in a function's text that stands where a number may, with what is done with it."""
    return tuple(_places(ast.parse(textwrap.dedent(inspect.getsource(code)))))


def _places(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=[ast.Name(id=name)]):
                yield "compared", _last_name(left), name
            case ast.Subscript(value=word, slice=ast.Name(id=name)):
                yield "index", _last_name(word), name
            case ast.Assign(targets=[ast.Attribute(value=word, attr="next")], value=ast.Name(id=name)):
                yield "assigned", _last_name(word), name
            case ast.BinOp(left=left, right=right):
                for word, one in ((left, right), (right, left)):
                    if isinstance(one, ast.Name):
                        yield "added", _last_name(word), one.id


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last_name(value)
    return ""


def name_numbers(entity: Entity, numbers: Mapping[int, Iterable[NamedNumber]]) -> None:
    """Declare the numbers that processes have names for, and put the names where they stand.

    Parameters
    ----------
    entity : Entity
    numbers : mapping of int to iterable of NamedNumber
        By origin of a statement, what its process calls by a name.
    """
    names = _Names(entity, [used for place in numbers.values() for used in place])
    for piece in entity.pieces:
        known = list(numbers.get(piece.origin, ()))
        if not known:
            continue
        match piece:
            case Concurrent(assignment):
                rewrite_assignment(assignment, _rule(known, names, entity.types()))
                _name_assigned(assignment, known, names)
            case ProcessStatement(body=body):
                rewrite_statements(body, _rule(known, names, entity.types()))
                for assignment in assignments_in(body):
                    _name_assigned(assignment, known, names)
                _name_choices(body, known, names)
    names.declare()


class _Names:
    """Names of the constants of one entity; one that stands for several numbers there is numbered."""

    def __init__(self, entity: Entity, used: list[NamedNumber]) -> None:
        self.entity = entity
        self.taken = names_in_use(entity)
        self.values: dict[str, list[int]] = {}
        for one in used:
            if one.value not in self.values.setdefault(one.name, []):
                self.values[one.name].append(one.value)
        self.order: dict[str, int] = {}
        self.given: dict[tuple[str, int], Declaration] = {}

    def of(self, used: NamedNumber) -> Name:
        key = (used.name, int(used.value))
        if key not in self.given:
            several = self.values[used.name]
            plain = used.name.lower() if used.name.isupper() else used.name
            name = plain if len(several) == 1 else f"{plain}_{several.index(used.value)}"
            while name.lower() in self.taken:
                name = f"{name}_number"
            self.taken.add(name.lower())
            type = Type("integer" if used.value < 0 else "natural")
            self.order[name] = used.value.order
            self.given[key] = Declaration(name, type, number(int(used.value)), used.value.remark)
        return Name(self.given[key].name)

    def declare(self) -> None:
        given = sorted(self.given.values(), key=lambda declaration: self.order[declaration.name])
        constants = {declaration.name: declaration for declaration in given}
        self.entity.declarations = {**constants, **self.entity.declarations}


def _found(known: list[NamedNumber], place: str, word: str, value: int | None) -> NamedNumber | None:
    """Which of the named numbers it is; of several with the same value the one that goes with the word."""
    fitting = [one for one in known if one.place == place and one.value == value]
    nearest = [one for one in fitting if one.word and (word == one.word or word.endswith(f"_{one.word}"))]
    # A signal may have got another name; small numbers are too often met for a guess.
    if not nearest and value is not None and value > 1:
        nearest = fitting
    return nearest[0] if len({one.name for one in nearest}) == 1 else None


def _word(expression: Expression) -> str:
    match expression:
        case Name(text):
            return text
        case Call(_, (inner, *_)):
            return _word(inner)
        case Slice(word, _, _):
            return word
    return ""


def _rule(known: list[NamedNumber], names: _Names, types: Mapping[str, Type]) -> Callable[[Expression], Expression]:
    """The rule that puts names in the place of numbers that are compared, added, or an index."""

    def rule(expression: Expression) -> Expression:
        match expression:
            case Binary(operator, left, right) if operator in RELATIONS or operator in ("+", "-"):
                place = "compared" if operator in RELATIONS else "added"
                if (one := _found(known, place, _word(left), value_of(right))) is not None:
                    return Binary(operator, left, names.of(one))
                if place == "added" and (one := _found(known, place, _word(right), value_of(left))) is not None:
                    return Binary(operator, names.of(one), right)
                return expression
            case Call(word, (Literal() as index,)) if word in types and types[word].width is not None:
                one = _found(known, "index", word, value_of(index))
                return expression if one is None else Call(word, (names.of(one),))
        return expression

    return rule


def _name_assigned(assignment: Assignment, known: list[NamedNumber], names: _Names) -> None:
    """A number that is assigned; zeros stay what they are."""
    match assignment.value:
        case Call("to_unsigned" | "to_signed" as conversion, (value, width)):
            one = _found(known, "assigned", _word(assignment.target), value_of(value))
            if one is not None:
                assignment.value = Call(conversion, (names.of(one), width))


def _name_choices(statements: list[Statement], known: list[NamedNumber], names: _Names) -> None:
    for statement in statements:
        match statement:
            case If(branches):
                for _, body in branches:
                    _name_choices(body, known, names)
            case Loop(body=body):
                _name_choices(body, known, names)
            case Case(subject, choices):
                for at, (choice, body) in enumerate(choices):
                    one = _found(known, "compared", _word(subject), int(choice)) if choice.isdecimal() else None
                    choices[at] = (choice if one is None else names.of(one).text, body)
                    _name_choices(body, known, names)
