"""One VHDL entity as data: what MyHDL wrote is read into this, rewritten here, and written from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ip_cores.conversion.expressions import Binary, Call, Expression, Literal, Name, Qualified, Slice, Unary


@dataclass(frozen=True)
class Type:
    """A type: ``std_logic``, an enumeration's name, or a vector; with a depth, an array of such.

    Attributes
    ----------
    name : str
        ``std_logic``, ``std_logic_vector``, ``signed``, ``unsigned``, or the name of an enumeration.
    width : int or None
        Bits of a vector.
    depth : int or None
        Words of an array.
    ascending : bool
        A vector whose first element is its leftmost, as one that was an array of bits.
    """

    name: str
    width: int | None = None
    depth: int | None = None
    ascending: bool = False

    @property
    def element(self) -> Type:
        """Type of an array's word."""
        return Type(self.name, self.width)

    @property
    def text(self) -> str:
        if self.width is None:
            return self.name
        return f"{self.name}(0 to {self.width - 1})" if self.ascending else f"{self.name}({self.width - 1} downto 0)"


BIT = Type("std_logic")


@dataclass
class PortDeclaration:
    """A port, with what its comment says of it."""

    name: str
    direction: str
    type: Type
    remark: str = ""


@dataclass
class Declaration:
    """A signal, or a constant where it has a value.

    Attributes
    ----------
    power_up : sequence of (Expression, str)
        What a signal holds before any clock edge, where that matters: values of a memory's words, each with what it is; one of a signal.
    """

    name: str
    type: Type
    value: Expression | None = None
    remark: str = ""
    power_up: list[tuple[Expression, str]] = field(default_factory=list)


# Statements inside a process.


@dataclass
class Assignment:
    """``target <= value``, or ``:=`` to a variable; in front of a process also ``value when condition else ...``.

    Attributes
    ----------
    choices : list of (Expression, Expression)
        Values with their conditions; `value` is what is left. Only concurrent assignments have them.
    remark : str
        Stands behind it.
    """

    target: Expression
    value: Expression
    symbol: str = "<="
    choices: list[tuple[Expression, Expression]] = field(default_factory=list)
    remark: str = ""


@dataclass
class If:
    """Branches with their conditions; the last may have none."""

    branches: list[tuple[Expression | None, list[Statement]]]


@dataclass
class Case:
    """Choices by literal or number; the last is ``others``, of which `rest` says what it stands for."""

    subject: Expression
    choices: list[tuple[str, list[Statement]]]
    rest: str = ""


@dataclass
class Loop:
    """``for variable in low to high``; a loop that MyHDL writes downwards keeps its direction."""

    variable: str
    low: Expression
    high: Expression
    body: list[Statement]
    direction: str = "to"


@dataclass
class Verbatim:
    """A line that is kept as it is."""

    text: str


Statement = Assignment | If | Case | Loop | Verbatim


# Statements of an architecture. Their origin is the number of the MyHDL generator that they came from.


@dataclass
class Concurrent:
    """An assignment that stands by itself."""

    assignment: Assignment
    origin: int = -1


@dataclass
class ProcessStatement:
    """A process with its sensitivity list; it may have been joined of several."""

    label: str
    sensitivity: list[str]
    declarations: list[str]
    body: list[Statement]
    origin: int = -1
    joined: bool = False

    @property
    def is_clocked(self) -> bool:
        """Whether anything in it waits for an edge."""
        return bool({"rising_edge", "falling_edge"} & set(read_in(self.body)))


@dataclass
class Instance:
    """An instance of another entity: ports and what they are connected with."""

    label: str
    entity: str
    ports: list[tuple[str, Expression]]
    origin: int = -1


Piece = Concurrent | ProcessStatement | Instance


@dataclass
class Entity:
    """An entity and its only architecture."""

    name: str
    ports: list[PortDeclaration] = field(default_factory=list)
    enumerations: dict[str, list[str]] = field(default_factory=dict)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)

    def types(self) -> dict[str, Type]:
        """Types of all names."""
        found = {port.name: port.type for port in self.ports}
        found |= {name: declaration.type for name, declaration in self.declarations.items()}
        literals = {literal: Type(name) for name, literals in self.enumerations.items() for literal in literals}
        return literals | found


def names_in(expression: Expression) -> Iterator[str]:
    """All names in an expression, those of functions included."""
    match expression:
        case Name(text):
            yield text
        case Call(function, arguments):
            yield function
            for argument in arguments:
                yield from names_in(argument)
        case Slice(word, high, low):
            yield word
            yield from names_in(high)
            yield from names_in(low)
        case Qualified(_, value):
            yield from names_in(value)
        case Unary(_, operand):
            yield from names_in(operand)
        case Binary(_, left, right):
            yield from names_in(left)
            yield from names_in(right)
        case Literal():
            return


def target_of(expression: Expression) -> str:
    """The signal that an assignment to a word, an element or a slice changes."""
    match expression:
        case Name(text):
            return text
        case Call(function, _):
            return function
        case Slice(word, _, _):
            return word
    raise TypeError(expression)


def assignments_in(statements: list[Statement]) -> Iterator[Assignment]:
    """All assignments in a body, in order."""
    for statement in statements:
        match statement:
            case Assignment():
                yield statement
            case If(branches):
                for _, body in branches:
                    yield from assignments_in(body)
            case Case(_, choices):
                for _, body in choices:
                    yield from assignments_in(body)
            case Loop(body=body):
                yield from assignments_in(body)


def read_in(statements: list[Statement]) -> Iterator[str]:
    """All names that a body reads."""
    for statement in statements:
        match statement:
            case Assignment(target, value):
                # An index of the target is read.
                match target:
                    case Call(_, arguments):
                        for argument in arguments:
                            yield from names_in(argument)
                    case Slice(_, high, low):
                        yield from names_in(high)
                        yield from names_in(low)
                yield from names_in(value)
                for chosen, condition in statement.choices:
                    yield from names_in(chosen)
                    yield from names_in(condition)
            case If(branches):
                for test, body in branches:
                    yield from names_in(test) if test is not None else ()
                    yield from read_in(body)
            case Case(subject, choices):
                yield from names_in(subject)
                for _, body in choices:
                    yield from read_in(body)
            case Loop(_, low, high, body):
                yield from names_in(low)
                yield from names_in(high)
                yield from read_in(body)
            case Verbatim(text):
                yield from _words(text)


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"[A-Za-z]\w*", text)


Rule = Callable[[Expression], Expression]
"""Gives another expression for one whose parts have been rewritten already, or the same."""


def rewritten(expression: Expression, rule: Rule) -> Expression:
    """An expression with a rule applied to every node, the innermost first."""
    match expression:
        case Call(function, arguments):
            expression = Call(function, tuple(rewritten(argument, rule) for argument in arguments))
        case Slice(word, high, low):
            expression = Slice(word, rewritten(high, rule), rewritten(low, rule))
        case Qualified(name, value):
            expression = Qualified(name, rewritten(value, rule))
        case Unary(operator, operand):
            expression = Unary(operator, rewritten(operand, rule))
        case Binary(operator, left, right):
            expression = Binary(operator, rewritten(left, rule), rewritten(right, rule))
    return rule(expression)


def rewrite_statements(statements: list[Statement], rule: Rule) -> None:
    """Apply a rule to every expression of a body, targets included."""
    for statement in statements:
        match statement:
            case Assignment():
                rewrite_assignment(statement, rule)
            case If(branches):
                for branch in branches:
                    rewrite_statements(branch[1], rule)
                statement.branches = [(rewritten(test, rule) if test is not None else None, body) for test, body in branches]
            case Case(subject, choices):
                statement.subject = rewritten(subject, rule)
                for _, body in choices:
                    rewrite_statements(body, rule)
            case Loop(body=body):
                statement.low, statement.high = rewritten(statement.low, rule), rewritten(statement.high, rule)
                rewrite_statements(body, rule)


def rewrite_assignment(assignment: Assignment, rule: Rule) -> None:
    assignment.target = rewritten(assignment.target, rule)
    assignment.value = rewritten(assignment.value, rule)
    assignment.choices = [(rewritten(value, rule), rewritten(condition, rule)) for value, condition in assignment.choices]


def rewrite_entity(entity: Entity, rule: Rule) -> None:
    """Apply a rule to every expression of an architecture."""
    for piece in entity.pieces:
        match piece:
            case Concurrent(assignment):
                rewrite_assignment(assignment, rule)
            case ProcessStatement(body=body):
                rewrite_statements(body, rule)
            case Instance():
                piece.ports = [(port, rewritten(actual, rule)) for port, actual in piece.ports]


def renamed(names: Mapping[str, str]) -> Rule:
    """The rule that gives other names to signals and literals."""

    def rule(expression: Expression) -> Expression:
        match expression:
            case Name(text) if text in names:
                return Name(names[text])
            case Call(function, arguments) if function in names:
                return Call(names[function], arguments)
            case Slice(word, high, low) if word in names:
                return Slice(names[word], high, low)
        return expression

    return rule


def all_assignments(entity: Entity) -> Iterator[Assignment]:
    """All assignments of an architecture."""
    for piece in entity.pieces:
        match piece:
            case Concurrent(assignment):
                yield assignment
            case ProcessStatement(body=body):
                yield from assignments_in(body)


def drivers(entity: Entity) -> Counter[str]:
    """Processes, assignments and instances that drive each signal."""
    found: Counter[str] = Counter()
    for piece in entity.pieces:
        match piece:
            case Concurrent(assignment):
                found[target_of(assignment.target)] += 1
            case ProcessStatement(body=body):
                found.update({target_of(assignment.target) for assignment in assignments_in(body)})
    return found


def reads(piece: Piece) -> Iterator[str]:
    """Names that a statement reads; an instance reads or drives whatever it is connected with."""
    match piece:
        case Concurrent(assignment):
            yield from read_in([assignment])
        case ProcessStatement(body=body):
            yield from read_in(body)
        case Instance(ports=ports):
            for _, actual in ports:
                yield from names_in(actual)


def is_empty(piece: Piece, names: Collection[str] = ()) -> bool:
    """Whether a statement assigns nothing, or only to some signals."""
    match piece:
        case Concurrent(assignment):
            return target_of(assignment.target) in names
        case ProcessStatement(body=body):
            return not any(True for _ in assignments_in(body))
    return False
