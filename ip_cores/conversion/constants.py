"""Constants as constants: MyHDL drives a signal for each of them."""

from __future__ import annotations

from ip_cores.conversion.architecture import (
    BIT,
    Assignment,
    Case,
    Concurrent,
    Entity,
    ProcessStatement,
    Type,
    all_assignments,
    drivers,
    rewrite_entity,
    rewritten,
)
from ip_cores.conversion.expressions import Binary, Call, Expression, Literal, Name, Qualified, number, value_of
from ip_cores.conversion.redundancy import remove_unread
from ip_cores.conversion.simplify import ONE, ZERO, fits

TRUE, FALSE = Literal("True"), Literal("False")
ALL_ZERO = Literal("(others => '0')")
INTEGER_BITS = 32
"""Width past which GHDL's synthesis (5.0.1) extends a negative constant operand of a product with zeros."""


def constant_value(expression: Expression) -> int | None:
    """The number that a literal of any type stands for."""
    match expression:
        case Literal("'0'" | "'1'" as text):
            return int(text[1])
        case Call("to_signed" | "to_unsigned", (value, _)):
            return value_of(value)
        case Qualified("signed" | "unsigned" as name, Literal(text)) if text.startswith('"'):
            bits = text.strip('"')
            return int(bits, 2) - (1 << len(bits) if name == "signed" and bits[0] == "1" else 0)
    return value_of(expression)


def constant_text(value: int, type: Type) -> Expression:
    """A number as a literal of a type: a number where tools can take one, bits beyond that."""
    if type == BIT:
        return ONE if value else ZERO
    width = type.width or 1
    if fits(value):
        return Call(f"to_{type.name}", (number(value), number(width)))
    return Literal(f'"{value & ((1 << width) - 1):0{width}b}"')


def declare_constants(entity: Entity) -> None:
    """MyHDL drives a signal for every constant."""
    factors = _factors_beyond_integers(entity)
    for piece in list(entity.pieces):
        match piece:
            case Concurrent(Assignment(Name(text), value)) if text in entity.declarations and piece.origin < 0:
                declaration = entity.declarations[text]
                number = constant_value(value)
                if number is None or (number < 0 and text in factors):
                    continue
                zero = number == 0 and declaration.type != BIT
                declaration.value = ALL_ZERO if zero else constant_text(number, declaration.type)
                entity.pieces.remove(piece)


def declare_equal_rows(entity: Entity) -> None:
    """A table in logic whose rows are all the same is a constant."""
    driven = drivers(entity)
    for piece in list(entity.pieces):
        match piece:
            case ProcessStatement(body=[Case(choices=choices)]) if not piece.is_clocked:
                rows = [row for _, body in choices for row in body if isinstance(row, Assignment)]
                targets, values = {row.target for row in rows}, {row.value for row in rows}
                target = targets.pop()
                if len(rows) != len(choices) or targets or len(values) > 1 or not isinstance(target, Name):
                    continue
                value = values.pop()
                if isinstance(value, Literal) and driven[target.text] == 1 and target.text in entity.declarations:
                    declaration = entity.declarations[target.text]
                    typed = Qualified(declaration.type.name, value) if value.text.startswith('"') else value
                    number = constant_value(typed)
                    if number is not None:
                        declaration.value = constant_text(number, declaration.type) if number else ALL_ZERO
                        entity.pieces.remove(piece)


def _factors_beyond_integers(entity: Entity) -> set[str]:
    """Factors of products that are wider than an integer."""
    types = entity.types()
    found: set[str] = set()

    def look(expression: Expression) -> Expression:
        match expression:
            case Binary("*", Name(a), Name(b)) if (types[a].width or 0) + (types[b].width or 0) > INTEGER_BITS:
                found.update((a, b))
        return expression

    rewrite_entity(entity, look)
    return found


def inline_zeros(entity: Entity) -> None:
    """What is subtracted from zero shows it: a constant of a name of its own would say less."""
    zeros = {name: declaration.type for name, declaration in entity.declarations.items() if declaration.value == ALL_ZERO}

    def zero(expression: Expression) -> Expression:
        match expression:
            case Name(text) if text in zeros:
                return constant_text(0, zeros[text])
        return expression

    def rule(expression: Expression) -> Expression:
        match expression:
            case Binary("-", left, word):
                return Binary("-", rewritten(left, zero), word)
        return expression

    rewrite_entity(entity, rule)
    remove_unread(entity)


def plain_values(entity: Entity) -> None:
    """Zeros that are assigned need no width, and a concatenation that is assigned no qualification."""
    types = entity.types()
    for assignment in all_assignments(entity):
        assignment.value = _plain_value(assignment.value, assignment.target, types)


def _plain_value(value: Expression, target: Expression, types: dict[str, Type]) -> Expression:
    match value:
        case Call("to_signed" | "to_unsigned", (zero, _)) if value_of(zero) == 0:
            return ALL_ZERO
        case Call("to_unsigned", (one, width)) if value_of(width) == 1 and value_of(one) == 1:
            return Literal('"1"')
        case Qualified(name, Binary("&") as joined) if isinstance(target, Name) and types[target.text].name == name:
            return joined
    return value
