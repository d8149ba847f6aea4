"""Tables of constants: rows that are numbers, with what each of them is beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ip_cores.conversion.architecture import Assignment, Case, Entity, If, Loop, ProcessStatement, Statement, Type, target_of
from ip_cores.conversion.constants import constant_text, constant_value
from ip_cores.conversion.expressions import Call, Expression, Literal, write
from ip_cores.hierarchy import Rows


def say_rows(entity: Entity, rows: Mapping[int, list[Rows]]) -> None:
    """Write MyHDL's strings of bits as numbers, with the remarks of the tables that a process reads.

    Parameters
    ----------
    entity : Entity
    rows : mapping of int to list of Rows
        By origin of a process, the described tables that it reads.
    """
    types = entity.types()
    for piece in entity.pieces:
        if not isinstance(piece, ProcessStatement):
            continue
        for table in _tables(piece.body, _is_bits):
            words = [_word(row, types) for row in table]
            for row, word in zip(table, words, strict=True):
                row.value = constant_text(word, types[target_of(row.target)])
            for described in rows.get(piece.origin, []):
                if tuple(described) == tuple(words):
                    for row, remark in zip(table, described.remarks, strict=True):
                        row.remark = remark


LONGEST_CASE = 1024
"""Rows up to which a table is a ``case``; tools take hours for one of ten thousands, and none at all for an array."""


@dataclass(frozen=True)
class ConstantArray:
    """A table that is written as a constant.

    Attributes
    ----------
    name : str
    element : str
        Type of a row.
    rows : list of Assignment
    """

    name: str
    element: str
    rows: list[Assignment]

    @property
    def lines(self) -> list[str]:
        """Type and constant, a row in a line each."""
        last = len(self.rows) - 1
        found = [f"type t_{self.name} is array (0 to {last}) of {self.element};", f"constant {self.name}: t_{self.name} := ("]
        for number, row in enumerate(self.rows):
            remark = f"  -- {row.remark}" if row.remark else ""
            found.append(f"    {number} => {write(row.value)}{',' if number < last else ''}{remark}")
        return [*found, ");"]


def long_tables(entity: Entity) -> list[ConstantArray]:
    """Take the longest tables out of an entity's processes, which look rows of constants up instead."""
    types = entity.types()
    found: list[ConstantArray] = []
    for piece in entity.pieces:
        if not isinstance(piece, ProcessStatement):
            continue
        for body in _bodies(piece.body):
            for place, statement in enumerate(body):
                if not isinstance(statement, Case) or len(statement.choices) <= LONGEST_CASE:
                    continue
                rows = [row for _, inner in statement.choices for row in inner if isinstance(row, Assignment)]
                target = target_of(rows[0].target)
                name = "contents" if not found else f"contents_{len(found) + 1}"
                found.append(ConstantArray(name, types[target].text, rows))
                body[place] = Assignment(rows[0].target, Call(name, (statement.subject,)), rows[0].symbol)
    return found


def _bodies(statements: list[Statement]) -> Iterator[list[Statement]]:
    yield statements
    for statement in statements:
        if isinstance(statement, If):
            for _, body in statement.branches:
                yield from _bodies(body)


def numbered_tables(entity: Entity) -> Iterator[tuple[str, list[Assignment]]]:
    """Tables of numbers by the signal that they give a word to, once `say_rows` has made numbers of their bits."""
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement):
            for table in _tables(piece.body, _is_number):
                yield target_of(table[0].target), table


def _word(row: Assignment, types: Mapping[str, Type]) -> int:
    """The number that a row's string of bits stands for."""
    bits = write(row.value).strip('"')
    signed = types[target_of(row.target)].name == "signed"
    return int(bits, 2) - (1 << len(bits) if signed and bits[0] == "1" else 0)


def _tables(statements: list[Statement], is_row: Callable[[Expression], bool]) -> Iterator[list[Assignment]]:
    """Rows of every ``case`` of which each choice assigns such a value."""
    for statement in statements:
        match statement:
            case Case(choices=choices):
                found = [row for _, body in choices for row in body if isinstance(row, Assignment) and is_row(row.value)]
                if len(found) == len(choices) and all(len(body) == 1 for _, body in choices):
                    yield found
                else:
                    for _, body in choices:
                        yield from _tables(body, is_row)
            case If(branches):
                for _, body in branches:
                    yield from _tables(body, is_row)
            case Loop(body=body):
                yield from _tables(body, is_row)


def _is_bits(value: Expression) -> bool:
    return isinstance(value, Literal) and value.text.startswith('"')


def _is_number(value: Expression) -> bool:
    return isinstance(value, Call) and value.function in ("to_signed", "to_unsigned") and constant_value(value) is not None
