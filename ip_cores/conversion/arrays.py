"""Loops that run once or never, and arrays that are vectors or single words."""

from __future__ import annotations

from ip_cores.conversion.architecture import (
    BIT,
    Assignment,
    Case,
    Entity,
    If,
    Loop,
    ProcessStatement,
    Rule,
    Statement,
    Type,
    rewrite_entity,
    rewrite_statements,
)
from ip_cores.conversion.constants import ALL_ZERO, constant_value
from ip_cores.conversion.expressions import Call, Expression, Literal, Name, number, value_of
from ip_cores.conversion.simplify import simplifier


def unroll_loops(entity: Entity) -> None:
    """Loops that never run go, loops that run once are their body, loops that fill an array are one assignment."""
    types = entity.types()
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement):
            piece.body = _unrolled(piece.body, types)


def _unrolled(statements: list[Statement], types: dict[str, Type]) -> list[Statement]:
    found: list[Statement] = []
    for statement in statements:
        match statement:
            case Loop(variable, low, high, body, "to") if (bounds := _bounds(low, high)) is not None:
                body = _unrolled(body, types)
                if bounds[0] > bounds[1]:
                    continue
                filled = _filled(variable, bounds, body, types)
                if filled is not None:
                    found.append(filled)
                elif bounds[0] == bounds[1]:
                    rewrite_statements(body, _substitution(variable, bounds[0]))
                    found += body
                else:
                    found.append(Loop(variable, number(bounds[0]), number(bounds[1]), body))
            case Loop():
                statement.body = _unrolled(statement.body, types)
                found.append(statement)
            case If(branches):
                kept = [(test, _unrolled(body, types)) for test, body in branches]
                found.append(If(kept))
            case Case():
                statement.choices = [(choice, _unrolled(body, types)) for choice, body in statement.choices]
                found.append(statement)
            case _:
                found.append(statement)
    return found


def _bounds(low: Expression, high: Expression) -> tuple[int, int] | None:
    """First and last value of a loop's variable; MyHDL writes the bound itself and ``-1``."""
    first, last = value_of(low), value_of(high)
    return None if first is None or last is None else (first, last)


def _filled(variable: str, bounds: tuple[int, int], body: list[Statement], types: dict[str, Type]) -> Assignment | None:
    """``for k in 0 to n loop array(k) <= constant`` over a whole array."""
    match body:
        case [Assignment(Call(array, (Name(index),)), value, "<=")] if index == variable and constant_value(value) is not None:
            depth = types[array].depth
            if depth == bounds[1] + 1 and bounds[0] == 0 and depth > 1:
                word = ALL_ZERO if types[array].width is not None and constant_value(value) == 0 else value
                return Assignment(Name(array), Literal(f"(others => {word.text})")) if isinstance(word, Literal) else None
    return None


def _substitution(variable: str, value: int) -> Rule:
    simple = simplifier({})

    def rule(expression: Expression) -> Expression:
        return number(value) if expression == Name(variable) else simple(expression)

    return rule


def flatten_arrays(entity: Entity) -> None:
    """An array of bits is a vector, and an array of one word is that word."""
    for name, declaration in entity.declarations.items():
        type = declaration.type
        if type.depth == 1:
            declaration.type = type.element
            rewrite_entity(entity, _first_of(name))
        elif type.depth is not None and type.element == BIT:
            declaration.type = Type("std_logic_vector", type.depth, ascending=True)


def _first_of(name: str) -> Rule:
    def rule(expression: Expression) -> Expression:
        match expression:
            case Call(function, (index,)) if function == name and value_of(index) == 0:
                return Name(name)
        return expression

    return rule
