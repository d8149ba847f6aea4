"""Reads what MyHDL wrote for one entity: its lines are few kinds and regular."""

from __future__ import annotations

import re

from ip_cores.conversion.architecture import (
    Assignment,
    Case,
    Concurrent,
    Declaration,
    Entity,
    If,
    Instance,
    Loop,
    PortDeclaration,
    ProcessStatement,
    Statement,
    Type,
    Verbatim,
)
from ip_cores.conversion.expressions import Expression, read

ORIGIN = "--@"
"""Marks the generator that the lines behind it came from; put there by `ip_cores.conversion.conversion`."""

_TYPE = r"(\w+) ?(?:\((\d+) downto 0\))?"
_PORT = re.compile(rf"(\w+): (in|out|inout) {_TYPE};?")
_SIGNAL = re.compile(rf"signal (\w+): {_TYPE};")
_ARRAY = re.compile(rf"type (\w+) is array\(0 to (\d+)-1\) of {_TYPE};")
_ASSIGNMENT = re.compile(r"([\w(][^=]*?) (<=|:=) (.*);")
_PROCESS = re.compile(r"(\w+): process(?: \((.*)\))? is")
_WHEN = re.compile(r"when (.+?) =>(.*)")
_LOOP = re.compile(r"for (\w+) in (.*) (to|downto) (.*) loop")


class UnknownText(ValueError):
    """A line that MyHDL was not known to write."""


class _Lines:
    """Lines with their indentation taken off; blank ones are left out."""

    def __init__(self, text: str) -> None:
        self.lines = [line.strip() for line in text.splitlines() if line.strip()]
        self.at = 0

    def next(self) -> str:
        return self.lines[self.at] if self.at < len(self.lines) else ""

    def take(self) -> str:
        self.at += 1
        return self.lines[self.at - 1]


def read_entity(text: str, name: str) -> Entity:
    """The entity that MyHDL's text holds, comments left out.

    Raises
    ------
    UnknownText
        If a line is of no known kind.
    """
    entity = Entity(name)
    head, _, body = text[text.index(f"entity {name} is") :].partition("\narchitecture ")
    declarations, _, statements = body.partition("\nbegin\n")
    for found in _PORT.finditer(head):
        entity.ports.append(PortDeclaration(found[1], found[2], _type(found[3], found[4])))
    _read_declarations(_Lines(declarations.partition("\n")[2]), entity)
    _read_pieces(_Lines(statements.rpartition("end architecture")[0]), entity)
    return entity


def _type(name: str, high: str | None, depth: str | None = None) -> Type:
    return Type(name, None if high is None else int(high) + 1, None if depth is None else int(depth))


def _read_declarations(lines: _Lines, entity: Entity) -> None:
    arrays: dict[str, Type] = {}
    while line := lines.next():
        lines.take()
        if found := _ARRAY.fullmatch(line):
            arrays[found[1]] = _type(found[3], found[4], found[2])
        elif found := _SIGNAL.fullmatch(line):
            type = arrays.get(found[2]) or _type(found[2], found[3])
            entity.declarations[found[1]] = Declaration(found[1], type)
        elif found := re.fullmatch(r"type (\w+) is \(", line):
            literals = []
            while not lines.next().startswith(")"):
                literals.append(lines.take().rstrip(","))
            lines.take()
            entity.enumerations[found[1]] = literals
        elif line.startswith("function "):
            function = [line]
            while not re.match(r"end function", lines.next()):
                function.append(lines.take())
            entity.functions.append("\n".join([*function, lines.take()]))
        elif not line.startswith(("--", "attribute enum_encoding")):
            raise UnknownText(line)


def _read_pieces(lines: _Lines, entity: Entity) -> None:
    origin = -1
    while line := lines.next():
        if line.startswith(ORIGIN):
            origin = int(lines.take().removeprefix(ORIGIN))
        elif line.startswith("--"):
            lines.take()
        elif found := re.fullmatch(r"(\w+): entity work\.(\w+)", line):
            lines.take()
            entity.pieces.append(Instance(found[1], found[2], _read_connections(lines), origin))
        elif found := _PROCESS.fullmatch(line):
            lines.take()
            variables = []
            while lines.next() != "begin":
                variables.append(lines.take())
            lines.take()
            body = _read_statements(lines, "end process")
            sensitivity = found[2].split(", ") if found[2] else []
            entity.pieces.append(ProcessStatement(found[1], sensitivity, variables, body, origin))
        elif found := _ASSIGNMENT.fullmatch(line):
            lines.take()
            entity.pieces.append(Concurrent(_assignment(found), origin))
        else:
            raise UnknownText(line)


def _read_connections(lines: _Lines) -> list[tuple[str, Expression]]:
    connections = []
    lines.take()
    while (line := lines.take()) != ");":
        port, _, signal = line.rstrip(",").partition(" => ")
        connections.append((port, read(signal)))
    return connections


def _assignment(found: re.Match[str]) -> Assignment:
    return Assignment(read(found[1]), read(found[3]), found[2])


def _read_statements(lines: _Lines, end: str | tuple[str, ...]) -> list[Statement]:
    """Statements up to a line that begins with `end`, which is taken too unless it begins the next branch."""
    statements: list[Statement] = []
    while True:
        line = lines.next()
        if not line:
            raise UnknownText(f"{end} is missing")
        if line.startswith(end):
            if isinstance(end, str):
                lines.take()
            return statements
        lines.take()
        if found := re.fullmatch(r"if (.*) then", line):
            statements.append(_read_if(found[1], lines))
        elif found := re.fullmatch(r"case (.*) is", line):
            statements.append(_read_case(found[1], lines))
        elif found := _LOOP.fullmatch(line):
            body = _read_statements(lines, "end loop")
            statements.append(Loop(found[1], read(found[2]), read(found[4]), body, found[3]))
        elif found := _ASSIGNMENT.fullmatch(line):
            statements.append(_assignment(found))
        elif line.startswith(("--", "assert ")) or line.endswith(";"):
            statements.append(Verbatim(line))
        else:
            raise UnknownText(line)


def _read_if(condition: str, lines: _Lines) -> If:
    branches: list[tuple[Expression | None, list[Statement]]] = []
    test: Expression | None = read(condition)
    while True:
        branches.append((test, _read_statements(lines, ("elsif ", "else", "end if;"))))
        line = lines.take()
        if line == "end if;":
            return If(branches)
        found = re.fullmatch(r"elsif (.*) then", line)
        test = read(found[1]) if found else None


def _read_case(subject: str, lines: _Lines) -> Case:
    choices: list[tuple[str, list[Statement]]] = []
    while not (line := lines.take()).startswith("end case"):
        found = _WHEN.fullmatch(line)
        if found is None:
            raise UnknownText(line)
        rest = found[2].strip()
        body: list[Statement] = []
        # MyHDL says behind `others` which choice it stands for.
        if rest and not rest.startswith("--"):
            assigned = _ASSIGNMENT.fullmatch(rest)
            body = [_assignment(assigned)] if assigned else [Verbatim(rest)]
        choices.append((found[1], body + _read_statements(lines, ("when ", "end case"))))
    return Case(read(subject), choices)
