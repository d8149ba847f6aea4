"""Bits that never change, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from ip_cores.conversion.architecture import (
    BIT,
    Assignment,
    Case,
    Concurrent,
    Entity,
    If,
    Loop,
    ProcessStatement,
    Rule,
    Statement,
    drivers,
    is_empty,
    rewrite_entity,
)
from ip_cores.conversion.constants import FALSE, TRUE
from ip_cores.conversion.expressions import Binary, Call, Expression, Name, Unary
from ip_cores.conversion.simplify import ONE, ZERO


def fold_bits(entity: Entity) -> None:
    """A bit that is constant is written as such, and what follows from it is not written at all."""
    while True:
        _fold_assigned(entity)
        bits = {name: one.value for name, one in entity.declarations.items() if one.type == BIT and one.value is not None}
        if not bits:
            return
        for name in bits:
            del entity.declarations[name]
        rewrite_entity(entity, _folding(bits))
        for piece in entity.pieces:
            if isinstance(piece, ProcessStatement):
                piece.body = _pruned(piece.body)
        entity.pieces = [piece for piece in entity.pieces if not is_empty(piece)]


def _fold_assigned(entity: Entity) -> None:
    """A signal that a single assignment drives, and with a constant bit, is a constant."""
    driven = drivers(entity)
    for piece in list(entity.pieces):
        match piece:
            case Concurrent(Assignment(Name(text), value, choices=[])) if value in (ZERO, ONE):
                if text in entity.declarations and driven[text] == 1:
                    entity.declarations[text].value = value
                    entity.pieces.remove(piece)


def _folding(bits: Mapping[str, Expression]) -> Rule:
    """The rule that puts constant bits in their place."""

    def rule(expression: Expression) -> Expression:
        match expression:
            case Name(text) if text in bits:
                return bits[text]
            case Unary("not", operand) if operand in (ZERO, ONE):
                return ONE if operand == ZERO else ZERO
            case Binary("=" | "/=" as relation, left, right) if left in (ZERO, ONE) and right in (ZERO, ONE):
                return TRUE if (left == right) == (relation == "=") else FALSE
            case Binary("and", left, right):
                return _joined(expression, left, right, neutral=(ONE, TRUE), decisive=(ZERO, FALSE))
            case Binary("or", left, right):
                return _joined(expression, left, right, neutral=(ZERO, FALSE), decisive=(ONE, TRUE))
            case Call("to_std_logic", (condition,)) if condition in (TRUE, FALSE):
                return ONE if condition == TRUE else ZERO
        return expression

    return rule


def _joined(
    whole: Expression, left: Expression, right: Expression, neutral: tuple[Expression, ...], decisive: tuple[Expression, ...]
) -> Expression:
    if left in decisive or right in decisive:
        return left if left in decisive else right
    return right if left in neutral else left if right in neutral else whole


def _pruned(statements: list[Statement]) -> list[Statement]:
    """A body without the branches that are never taken."""
    found: list[Statement] = []
    for statement in statements:
        match statement:
            case If(branches):
                kept: list[tuple[Expression | None, list[Statement]]] = []
                for test, body in branches:
                    if test != FALSE:
                        kept.append((None if test == TRUE else test, _pruned(body)))
                    if test == TRUE:
                        break
                if kept and kept[0][0] is None:
                    found += kept[0][1]
                elif kept:
                    found.append(If(kept))
            case Case(subject, choices):
                found.append(Case(subject, [(choice, _pruned(body)) for choice, body in choices]))
            case Loop():
                statement.body = _pruned(statement.body)
                found.append(statement)
            case _:
                found.append(statement)
    return found
