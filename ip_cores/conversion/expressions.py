"""VHDL expressions as trees, read from MyHDL's text and written with the parentheses that the language asks for and no others.

Calls, conversions and indexed names look alike in VHDL, and are one kind of node here. Precedence is that of IEEE Std 1076-1993,
clause 7.2: logical operators bind least and different ones do not mix, then relations, sums and concatenations, a sign, products, ``not``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LOGICAL = ("and", "or", "xor", "nand", "nor", "xnor")
RELATIONS = ("=", "/=", "<", "<=", ">", ">=")
SUMS = ("+", "-", "&")
PRODUCTS = ("*", "/", "mod", "rem")

INVERSE = {"=": "/=", "/=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""The relation that holds where another does not."""

_NAME = re.compile(r"[A-Za-z]\w*")
_LOGICAL, _RELATION, _SUM, _SIGN, _PRODUCT, _NOT, _PRIMARY = range(7)
_TOKEN = re.compile(r"\s*([A-Za-z]\w*|\d+|\"[^\"]*\"|'.'|\*\*|<=|>=|/=|=>|[-+*/&<>=(),'])")


class NoExpression(ValueError):
    """Text that this reader does not know for an expression; it is left as it stands."""


@dataclass(frozen=True)
class Expression:
    """Any node."""


@dataclass(frozen=True)
class Name(Expression):
    """A signal, constant, loop variable or enumeration literal."""

    text: str


@dataclass(frozen=True)
class Literal(Expression):
    """A number, a bit in apostrophes, a string of bits, True or False."""

    text: str


@dataclass(frozen=True)
class Call(Expression):
    """``function(argument, ...)`` or ``array(index)``."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Slice(Expression):
    """``word(high downto low)``."""

    word: str
    high: Expression
    low: Expression


@dataclass(frozen=True)
class Qualified(Expression):
    """``type'(expression)``."""

    type: str
    value: Expression


@dataclass(frozen=True)
class Unary(Expression):
    """A sign or ``not``."""

    operator: str
    operand: Expression


@dataclass(frozen=True)
class Binary(Expression):
    """Two operands; chains lean to the left."""

    operator: str
    left: Expression
    right: Expression


def number(value: int) -> Expression:
    """An integer literal, with its sign."""
    return Unary("-", Literal(str(-value))) if value < 0 else Literal(str(value))


def value_of(expression: Expression) -> int | None:
    """The integer that a literal, or an arithmetic expression of literals, stands for."""
    match expression:
        case Literal(text) if text.isdecimal():
            return int(text)
        case Unary("-", operand):
            value = value_of(operand)
            return None if value is None else -value
        case Binary(operator, left, right) if operator in ("+", "-", "*", "**"):
            a, b = value_of(left), value_of(right)
            if a is None or b is None or (operator == "**" and b < 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b}.get(operator) if operator != "**" else a**b
        case _:
            return None


class _Reader:
    """Recursive descent over one expression's tokens."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        self.at = 0
        text = text.strip()
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise NoExpression(text)
            token, at = found[1], found.end()
            # `unsigned'('0' & word)`: an apostrophe behind a name opens a qualified expression, and is no character.
            if token == "'('" and self.tokens and _NAME.fullmatch(self.tokens[-1]):
                token, at = "'", found.start(1) + 1
            self.tokens.append(token)

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.next()
        if not token or (wanted and token != wanted):
            raise NoExpression(f"{' '.join(self.tokens)}: {wanted or 'more'} expected")
        self.at += 1
        return token

    def expression(self) -> Expression:
        left = self.relation()
        while self.next().lower() in LOGICAL:
            left = Binary(self.take().lower(), left, self.relation())
        return left

    def relation(self) -> Expression:
        left = self.sum()
        if self.next() in RELATIONS:
            return Binary(self.take(), left, self.sum())
        return left

    def sum(self) -> Expression:
        left: Expression = Unary(self.take(), self.product()) if self.next() in ("-", "+") else self.product()
        while self.next() in SUMS:
            left = Binary(self.take(), left, self.product())
        return left

    def product(self) -> Expression:
        left = self.factor()
        while self.next().lower() in PRODUCTS:
            left = Binary(self.take().lower(), left, self.factor())
        return left

    def factor(self) -> Expression:
        if self.next().lower() == "not":
            self.take()
            return Unary("not", self.primary())
        left = self.primary()
        if self.next() == "**":
            return Binary(self.take(), left, self.primary())
        return left

    def primary(self) -> Expression:
        token = self.take()
        if token == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if token in ("-", "+"):
            # MyHDL writes `a + -1` where VHDL asks for parentheses.
            return Unary(token, self.primary())
        if token.isdecimal() or token[0] in "'\"" or token in ("True", "False"):
            return Literal(token)
        if not _NAME.fullmatch(token):
            raise NoExpression(" ".join(self.tokens))
        if self.next() == "'":
            self.take()
            self.take("(")
            inner = self.expression()
            self.take(")")
            return Qualified(token, inner)
        if self.next() != "(":
            return Name(token)
        self.take()
        first = self.expression()
        if self.next() == "downto":
            self.take()
            low = self.expression()
            self.take(")")
            return Slice(token, first, low)
        arguments = [first]
        while self.next() == ",":
            self.take()
            arguments.append(self.expression())
        self.take(")")
        return Call(token, tuple(arguments))


def read(text: str) -> Expression:
    """The tree of an expression.

    Raises
    ------
    NoExpression
        If the text holds something that is none of the nodes above.

    Examples
    --------
    >>> write(read("((a = '1') and (not (b = 3)))"))
    "a = '1' and not (b = 3)"
    """
    reader = _Reader(text)
    found = reader.expression()
    if reader.next():
        raise NoExpression(text)
    return found


def _strength(expression: Expression) -> int:
    """How tightly the outermost operator binds."""
    match expression:
        case Binary(operator, _, _):
            if operator in LOGICAL:
                return _LOGICAL
            if operator in RELATIONS:
                return _RELATION
            return _SUM if operator in SUMS else _PRODUCT if operator in PRODUCTS else _NOT
        case Unary(operator, _):
            return _NOT if operator == "not" else _SIGN
        case _:
            return _PRIMARY


def write(expression: Expression) -> str:
    """An expression's text."""
    match expression:
        case Name(text) | Literal(text):
            return text
        case Call(function, arguments):
            return f"{function}({', '.join(map(write, arguments))})"
        case Slice(word, high, low):
            return f"{word}({write(high)} downto {write(low)})"
        case Qualified(type, value):
            return f"{type}'({write(value)})"
        case Unary("not", operand):
            return f"not {_inside(operand, _PRIMARY)}"
        case Unary(operator, operand):
            return f"{operator}{_inside(operand, _PRODUCT)}"
        case Binary(operator, left, right):
            return f"{_left(operator, left)} {operator} {_right(operator, right)}"
    raise TypeError(expression)


def operands(chain: Binary) -> list[str]:
    """Texts of what a chain of one logical operator joins, in order."""
    found: list[str] = []
    for side, text in ((chain.left, _left(chain.operator, chain.left)), (chain.right, _right(chain.operator, chain.right))):
        same = isinstance(side, Binary) and side.operator == chain.operator and chain.operator in ("and", "or", "xor")
        found += operands(side) if same and isinstance(side, Binary) else [text]
    return found


def _inside(expression: Expression, least: int) -> str:
    text = write(expression)
    return text if _strength(expression) >= least else f"({text})"


def _left(operator: str, operand: Expression) -> str:
    if operator in LOGICAL:
        same = isinstance(operand, Binary) and operand.operator == operator and operator in ("and", "or", "xor")
        return write(operand) if same else _inside(operand, _RELATION)
    if operator in RELATIONS:
        return _inside(operand, _SUM)
    if operator in SUMS:
        # Concatenation binds like a sum; a reader is not asked to know that.
        mixed = isinstance(operand, Binary) and operand.operator in SUMS and (operand.operator == "&") != (operator == "&")
        return f"({write(operand)})" if mixed else _inside(operand, _SUM)
    return _inside(operand, _PRODUCT if operator in PRODUCTS else _PRIMARY)


def _right(operator: str, operand: Expression) -> str:
    if operator in LOGICAL:
        # The two are one chain: `a and (b and c)` is `a and b and c`.
        same = isinstance(operand, Binary) and operand.operator == operator and operator in ("and", "or", "xor")
        return write(operand) if same else _inside(operand, _RELATION)
    if operator in RELATIONS:
        return _inside(operand, _SUM)
    if operator in SUMS:
        return _inside(operand, _PRODUCT)
    return _inside(operand, _NOT if operator in PRODUCTS else _PRIMARY)
