"""Expressions as a person would write them: no helper functions, no conversion to what a word is already, arithmetic of literals done."""

from __future__ import annotations

from collections.abc import Mapping

from ip_cores.conversion.architecture import Rule, Type
from ip_cores.conversion.expressions import (
    INVERSE,
    LOGICAL,
    RELATIONS,
    Binary,
    Call,
    Expression,
    Literal,
    Name,
    Qualified,
    Slice,
    Unary,
    number,
    value_of,
)

CONDITION = "to_std_logic"
"""Stands for a bit that tells whether a condition holds, until its statement is written with the condition in it."""

ONE, ZERO = Literal("'1'"), Literal("'0'")
VECTORS = ("signed", "unsigned", "std_logic_vector")
MOST = 2**31
"""What an integer literal stays below in any tool."""


def type_of(expression: Expression, types: Mapping[str, Type]) -> Type | None:
    """Type of an expression, None where it is not known here."""
    match expression:
        case Name(text):
            return types.get(text)
        case Slice(word, high, low):
            top, bottom = value_of(high), value_of(low)
            if word in types and top is not None and bottom is not None:
                return Type(types[word].name, top - bottom + 1)
        case Call("signed" | "unsigned" | "std_logic_vector" as name, (argument,)):
            inner = type_of(argument, types)
            return Type(name, inner.width) if inner else None
        case Call("resize", (argument, width)):
            inner, bits = type_of(argument, types), value_of(width)
            return Type(inner.name, bits) if inner and bits else None
        case Call("to_signed" | "to_unsigned" as name, (_, width)):
            return Type(name.removeprefix("to_"), value_of(width))
        case Call("shift_left" | "shift_right", (argument, _)):
            return type_of(argument, types)
        case Call(function, _) if function in types:
            indexed = types[function]
            return indexed.element if indexed.depth is not None else Type("std_logic") if indexed.width is not None else None
        case Literal("'0'" | "'1'"):
            return Type("std_logic")
        case Literal(text) if text.isdecimal():
            return Type("integer")
        case Qualified(name, value):
            inner = type_of(value, types)
            return Type(name, inner.width if inner else None)
        case Unary("-" | "not", operand):
            return type_of(operand, types)
        case Binary(operator, left, right):
            return _type_of_two(operator, type_of(left, types), type_of(right, types))
    return None


def _type_of_two(operator: str, left: Type | None, right: Type | None) -> Type | None:
    if operator in RELATIONS:
        return Type("boolean")
    if left is None or right is None:
        return None
    if operator in LOGICAL:
        return left
    if operator == "&":
        vector = next((side for side in (left, right) if side.width is not None), None)
        return Type(vector.name if vector else "std_logic_vector", (left.width or 1) + (right.width or 1))
    if left.name == "integer" or right.name == "integer":
        return right if left.name == "integer" else left
    if left.width is None or right.width is None or operator not in ("+", "-", "*"):
        return None
    return Type(left.name, left.width + right.width if operator == "*" else max(left.width, right.width))


def as_bit(condition: Expression) -> Expression | None:
    """A condition made of bits as an expression of ``std_logic``; None if it compares anything else."""
    match condition:
        case Binary("=", word, Literal("'1'")):
            return word
        case Binary("=", word, Literal("'0'")):
            return Unary("not", word)
        case Binary("and" | "or" | "xor" as operator, left, right):
            a, b = as_bit(left), as_bit(right)
            return None if a is None or b is None else Binary(operator, a, b)
        case Unary("not", operand):
            inner = as_bit(operand)
            return None if inner is None else Unary("not", inner)
    return None


def as_condition(bit: Expression) -> Expression:
    """A bit as a condition."""
    match bit:
        case Call("to_std_logic", (condition,)):
            return condition
        case Unary("not", operand):
            return Binary("=", operand, ZERO)
        case _:
            return Binary("=", bit, ONE)


def simplifier(types: Mapping[str, Type]) -> Rule:
    """The rule for names of these types."""

    def rule(expression: Expression) -> Expression:
        value = value_of(expression)
        if value is not None and not isinstance(expression, Literal):
            return number(value) if number(value) != expression else expression
        match expression:
            case Call("bool", (argument,)):
                return as_condition(argument)
            case Call("stdl", (argument,)):
                bit = as_bit(argument)
                return Call(CONDITION, (argument,)) if bit is None else bit
            case Unary("not", operand):
                return _negated(operand)
            case Call("resize" | "signed" | "unsigned", _):
                return _converted(expression, types)
            case Slice(word, high, low) if word in types and value_of(low) == 0 and types[word].depth is None:
                # All bits of a word are the word.
                return Name(word) if value_of(high) == (types[word].width or 0) - 1 and not types[word].ascending else expression
            case Binary(operator, left, right) if operator in RELATIONS:
                return _compared(expression, types)
            case Binary("+" | "-", left, right) if value_of(right) == 0 and type_of(left, types) is not None:
                return left
        return expression

    return rule


def _negated(operand: Expression) -> Expression:
    match operand:
        case Binary("=", word, Literal("'1'")):
            return Binary("=", word, ZERO)
        case Binary("=", word, Literal("'0'")):
            return Binary("=", word, ONE)
        case Binary(operator, left, right) if operator in RELATIONS:
            return Binary(INVERSE[operator], left, right)
        case Unary("not", inner):
            return inner
    return Unary("not", operand)


def _converted(call: Call, types: Mapping[str, Type]) -> Expression:
    """A conversion or a change of width, without what changes nothing."""
    argument = call.arguments[0]
    inner = type_of(argument, types)
    match call:
        case Call("resize", (Binary() | Call() as word, width)) if (counted := _modulo(word, value_of(width), types)) is not None:
            return counted
        case Call("resize", (Call("to_signed" | "to_unsigned" as name, (number, narrow)), width)) if _grows(narrow, width):
            return Call(name, (number, width))
        case Call("resize", (word, width)) if inner is not None and inner.width == value_of(width):
            return word
        case Call("signed" | "unsigned" as name, (word,)) if inner is not None and inner.name == name:
            return word
        # A slice of a signed word already is signed; MyHDL goes the long way round.
        case Call("signed" | "unsigned" as name, (Call("signed" | "unsigned", (word,)),)):
            word_type = type_of(word, types)
            return word if word_type is not None and word_type.name == name else Call(name, (word,))
    return call


def _grows(narrow: Expression, wide: Expression) -> bool:
    before, after = value_of(narrow), value_of(wide)
    return before is not None and after is not None and after >= before


def _modulo(word: Expression, width: int | None, types: Mapping[str, Type]) -> Expression | None:
    """MyHDL's ``resize(unsigned(signed(resize(x, n + 1) + 1) mod 2**n), n)`` is a sum that wraps."""
    match word:
        case Call("unsigned", (Binary("mod", Call("signed", (Binary("+" | "-" as sign, Call("resize", (x, _)), step),)), size),)):
            known = type_of(x, types)
            if known == Type("unsigned", width) and width is not None and value_of(size) == 2**width:
                return Binary(sign, x, step)
    return None


def _compared(relation: Binary, types: Mapping[str, Type]) -> Expression:
    """MyHDL compares unsigned words with a number as signed words of one bit more."""
    limit = value_of(relation.right)
    match relation.left:
        case Call("signed", (Call("resize", (word, width)),)) if limit is not None:
            known, bits = type_of(word, types), value_of(width)
            # A number that the word cannot hold is left alone: GHDL's synthesis cuts it to the word's width.
            if known is not None and known.name == "unsigned" and (known.width or 0) < (bits or 0) and 0 <= limit < 2 ** (known.width or 0):
                return Binary(relation.operator, word, relation.right)
    return relation


def fits(value: int) -> bool:
    """Whether a value may stand as an integer literal."""
    return -MOST < value < MOST
