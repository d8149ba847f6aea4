"""Writes an entity as VHDL-93 for a reader: what each file, port, signal, process and table row is for stands beside it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from ip_cores.conversion.architecture import (
    Assignment,
    Case,
    Concurrent,
    Declaration,
    Entity,
    If,
    Instance,
    Loop,
    Piece,
    PortDeclaration,
    ProcessStatement,
    Statement,
    Verbatim,
    assignments_in,
    names_in,
    target_of,
)
from ip_cores.conversion.expressions import LOGICAL, Binary, Expression, operands, write
from ip_cores.conversion.tables import long_tables

LINE_LENGTH = 110
INDENT = "    "
OUTSIDE = ("sink", "source")
"""Streams that the user sees, whose words are called data."""

# Left to itself, Quartus forms products with a constant in logic, and others where it likes.
_MULTSTYLE = """\
attribute multstyle: string;
attribute multstyle of rtl: architecture is "{}";
"""

# Left to itself, Quartus builds a memory of a few words from registers ("inappropriate RAM size" in its reports).
_MEMORY = """\
attribute altera_attribute: string;
attribute altera_attribute of rtl: architecture is "-name ALLOW_ANY_RAM_SIZE_FOR_RECOGNITION ON";
"""

# Left to itself, Quartus adds registers and a comparison that pass such words around the block (message 276020).
_SETTLED = """\
-- No word is used that is read at the edge that writes its place, or at the next: nothing has to be
-- passed around the block.
attribute ramstyle: string;
attribute ramstyle of {}: signal is "no_rw_check";
"""

_TO_STD_LOGIC = """\
function to_std_logic (condition: boolean) return std_logic is
begin
    if condition then
        return '1';
    end if;
    return '0';
end function to_std_logic;
"""


def write_entity(entity: Entity, head: str, comments: dict[int, tuple[str, ...]], multstyle: str, settled: bool) -> str:
    """A file with one entity.

    Parameters
    ----------
    entity : Entity
    head : str
        Text of the comment at the head of the file; paragraphs are folded.
    comments : dict of int to tuple of str
        By origin of a statement, what stands in front of it; a comment that would stand twice in a row stands once.
    multstyle : {"dsp", "logic"}
        Where products go, if there are any.
    settled : bool
        Whether its memory is read only where words have been for two clock edges (`ip_cores.blocks.memory`).

    Returns
    -------
    str
        The file's text.
    """
    arrays = long_tables(entity)
    statements = _pieces(entity.pieces, comments)
    declarations = _declarations(entity, "\n".join(statements), multstyle, settled)
    for array in arrays:
        declarations += [*([""] if declarations else []), *array.lines]
    lines = [
        *comment(head),
        "",
        "library ieee;",
        "use ieee.std_logic_1164.all;",
        "use ieee.numeric_std.all;",
        "",
        f"entity {entity.name} is",
        *_ports(entity),
        f"end entity {entity.name};",
        "",
        f"architecture rtl of {entity.name} is",
        *([""] if declarations else []),
        *_indented(declarations),
        *([""] if declarations else []),
        "begin",
        "",
        *_indented(statements),
        "",
        "end architecture rtl;",
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def comment(text: str, width: int = LINE_LENGTH) -> list[str]:
    """Comment lines; the lines of a paragraph are joined and folded anew, those that are indented stay as they are."""
    lines: list[str] = []
    for paragraph in re.split(r"\n{2,}", text.strip("\n")):
        if re.match(r"\s", paragraph):
            folded = paragraph.splitlines()
        else:
            folded = textwrap.wrap(" ".join(paragraph.split()), width - 3, break_long_words=False, break_on_hyphens=False)
        lines += [*folded, ""]
    return [f"-- {line}".rstrip() for line in lines[:-1]]


def _indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    return [INDENT * levels + line if line else "" for line in lines]


def _remarked(line: str, remark: str) -> str:
    return f"{line}  -- {remark}" if remark else line


def _ports(entity: Entity) -> list[str]:
    if not entity.ports:
        return []
    last = entity.ports[-1]
    ports: list[str] = []
    for group in _port_groups(entity.ports):
        ports.append("")
        for port in group:
            ports += _wrapped(_remarked(f"{port.name}: {port.direction} {port.type.text}{'' if port is last else ';'}", port.remark), 2)
    return [f"{INDENT}port (", *_indented(ports[1:], 2), f"{INDENT});"]


def _port_groups(ports: list[PortDeclaration]) -> list[list[PortDeclaration]]:
    """Ports that belong together: clocks and resets, each stream, a slave, and what stands between them."""
    names = {port.name for port in ports}
    found = [(kind, list(group)) for kind, group in groupby(ports, lambda port: _belongs_to(port.name, names))]
    groups = [found[0][1]]
    for at, (kind, group) in enumerate(found[1:], start=1):
        # The word of a stream may have a name of its own.
        stream = found[at - 1][0]
        wordless = stream and stream not in OUTSIDE and not names & {stream, f"{stream}_data"}
        if wordless and not kind and len(group) == 1 and at + 1 < len(found):
            groups[-1] += group
        else:
            groups.append(group)
    return groups


def _belongs_to(name: str, names: set[str]) -> str:
    """The prefix of the stream or the slave that a port belongs to, ``clk`` for clocks and resets."""
    parts = name.split("_")
    if parts[-1] in ("clk", "reset"):
        return "clk"
    prefixes = ("_".join(parts[:count]) for count in range(1, len(parts) + 1))
    return next((prefix for prefix in prefixes if names & {f"{prefix}_valid", f"{prefix}_readdata"}), "")


def _declarations(entity: Entity, statements: str, multstyle: str, settled: bool) -> list[str]:
    lines: list[str] = []
    for name, literals in entity.enumerations.items():
        lines += _wrapped(f"type {name} is ({', '.join(literals)});")
    # States first, then what is fixed, then what changes, in the order in which it is driven below.
    constants = [declaration for declaration in entity.declarations.values() if declaration.value is not None]
    places = {name: place for place, name in enumerate(_driven(entity.pieces))}
    signals = [declaration for declaration in entity.declarations.values() if declaration.value is None]
    signals.sort(key=lambda signal: places.get(signal.name, len(places)))
    for group in (constants, signals):
        lines += ["", *(line for declaration in group for line in _declaration(declaration))]
    lines = lines[1:] if lines and not lines[0] else lines
    if " * " in statements:
        lines += ["", *_MULTSTYLE.format(multstyle).splitlines()]
    if memory := re.search(r"(\w+)\(to_integer\(\w+\)\) <= ", statements):
        lines += ["", *_MEMORY.splitlines(), *(_SETTLED.format(memory[1]).splitlines() if settled else [])]
    for function in entity.functions:
        lines += ["", *function.splitlines()]
    if "to_std_logic(" in statements:
        lines += ["", *_TO_STD_LOGIC.splitlines()]
    return lines


def _driven(pieces: list[Piece]) -> list[str]:
    """Signals in the order in which statements drive them, or instances are connected with them."""
    names: list[str] = []
    for piece in pieces:
        match piece:
            case Concurrent(assignment):
                names.append(target_of(assignment.target))
            case ProcessStatement(body=body):
                names += [target_of(assignment.target) for assignment in assignments_in(body)]
            case Instance(ports=ports):
                names += [name for _, actual in ports for name in names_in(actual)]
    return list(dict.fromkeys(names))


def _declaration(declaration: Declaration) -> list[str]:
    type = declaration.type
    if type.depth is not None:
        array = f"type t_{declaration.name} is array (0 to {type.depth - 1}) of {type.element.text};"
        if declaration.power_up:
            begin = _wrapped(_remarked(f"signal {declaration.name}: t_{declaration.name} := (", declaration.remark))
            return [array, *begin, *_power_up(declaration.power_up, type.depth), ");"]
        return [array, *_wrapped(_remarked(f"signal {declaration.name}: t_{declaration.name};", declaration.remark))]
    if declaration.value is not None:
        return _wrapped(_remarked(f"constant {declaration.name}: {type.text} := {write(declaration.value)};", declaration.remark))
    given = f" := {write(declaration.power_up[0][0])}" if declaration.power_up else ""
    return _wrapped(_remarked(f"signal {declaration.name}: {type.text}{given};", declaration.remark))


def _power_up(rows: list[tuple[Expression, str]], depth: int) -> list[str]:
    """The words of a memory, a line each; equal ones at its end are one, and what no row says is 0."""
    texts = [(write(value), remark) for value, remark in rows]
    last = texts[-1] if len(texts) == depth else ("(others => '0')", "")
    while texts and texts[-1] == last:
        texts.pop()
    lines = [INDENT + _remarked(f"{number} => {text},", remark) for number, (text, remark) in enumerate(texts)]
    return [*lines, INDENT + _remarked(f"others => {last[0]}", last[1])]


def _pieces(pieces: list[Piece], comments: dict[int, tuple[str, ...]]) -> list[str]:
    lines: list[str] = []
    said: tuple[str, ...] = ()
    before: Piece | None = None
    for piece in pieces:
        new = comments.get(piece.origin, ())
        # A block's comment stands in front of its first statement; what follows says what is its own.
        fresh = tuple(text for text in new if text not in said)
        if new and not fresh and isinstance(piece, Instance) and not (isinstance(before, Instance) and before.entity == piece.entity):
            fresh = new[-1:]
        joined = isinstance(piece, Concurrent) and isinstance(before, Concurrent) and not fresh and new == said
        if not joined and not fresh:
            lines.append("")
        for text in fresh:
            # What is said of several statements is a paragraph of its own.
            lines += ["", *comment(text, LINE_LENGTH - len(INDENT))]
        said = new
        lines += _piece(piece)
        before = piece
    return lines[1:]


def _piece(piece: Piece) -> list[str]:
    match piece:
        case Concurrent(assignment):
            return _assignment(assignment, 1)
        case ProcessStatement(label, sensitivity, declarations, body):
            waits = f" ({', '.join(sensitivity)})" if sensitivity else ""
            return [
                *_wrapped(f"{label}: process{waits} is", 1),
                *_indented(declarations),
                "begin",
                *_indented(_statements(body, 2)),
                f"end process {label};",
            ]
        case Instance(label, entity, ports):
            connections = [f"{port} => {write(actual)}{',' if at + 1 < len(ports) else ''}" for at, (port, actual) in enumerate(ports)]
            return [f"{label}: entity work.{entity}", f"{INDENT}port map (", *_indented(connections, 2), f"{INDENT});"]
    raise TypeError(piece)


def _statements(statements: list[Statement], depth: int) -> list[str]:
    """Statements, for a place `depth` levels deep."""
    lines: list[str] = []
    for statement in statements:
        match statement:
            case Assignment():
                lines += _assignment(statement, depth)
            case If(branches):
                word = "if"
                for test, body in branches:
                    lines += [] if test is None else _condition(f"{word} ", test, " then", depth)
                    lines += ["else"] if test is None else []
                    lines += _indented(_statements(body, depth + 1) or ["null;"])
                    word = "elsif"
                lines.append("end if;")
            case Case(subject, choices, rest):
                lines += [f"case {write(subject)} is", *_indented(_choices(choices, rest, depth + 1)), "end case;"]
            case Loop(variable, low, high, body, direction):
                lines.append(f"for {variable} in {write(low)} {direction} {write(high)} loop")
                lines += [*_indented(_statements(body, depth + 1)), "end loop;"]
            case Verbatim(text):
                lines.append(text)
    return lines


def _choices(choices: list[tuple[str, list[Statement]]], rest: str, depth: int) -> list[str]:
    """The rows of a table in a line each, other choices with their statements below."""
    is_table = all(len(body) == 1 and isinstance(body[0], Assignment) for _, body in choices)
    lines: list[str] = []
    for choice, body in choices:
        only = body[0] if is_table else None
        if isinstance(only, Assignment):
            row = replace(only, remark=only.remark or rest) if choice == "others" else only
            first, *more = _assignment(row, depth)
            lines += [f"when {choice} => {first}", *_indented(more)]
        else:
            lines.append(_remarked(f"when {choice} =>", rest if choice == "others" else ""))
            lines += _indented(_statements(body, depth + 1) or ["null;"])
    return lines


def _assignment(assignment: Assignment, depth: int) -> list[str]:
    target, value = write(assignment.target), write(assignment.value)
    start = f"{target} {assignment.symbol}"
    if not assignment.choices:
        return _condition(f"{start} ", assignment.value, _remarked(";", assignment.remark), depth)
    choices = [f"{write(chosen)} when {write(condition)} else" for chosen, condition in assignment.choices]
    line = f"{start} {' '.join(choices)} {value};"
    if len(choices) == 1 and len(line) + len(INDENT) * depth <= LINE_LENGTH:
        return [line]
    lines: list[str] = []
    for chosen, condition in assignment.choices:
        lead = f"{start} " if not lines else INDENT
        lines += _condition(f"{lead}{write(chosen)} when ", condition, " else", depth)
    return [*lines, f"{INDENT}{value};"]


def _condition(lead: str, test: Expression, tail: str, depth: int) -> list[str]:
    """A statement with an expression; where it is too long for a line, each operand of the outermost ``and`` or ``or`` has its own."""
    whole = f"{lead}{write(test)}{tail}"
    if len(whole) + len(INDENT) * depth <= LINE_LENGTH or not (isinstance(test, Binary) and test.operator in LOGICAL):
        return _wrapped(whole, depth)
    margin = " " * (len(lead) - len(lead.lstrip())) + INDENT * (2 if tail == " else" else 1)
    first, *others = operands(test)
    rest = [f"{margin}{test.operator} {other}" for other in others]
    if tail == " then":
        return [f"{lead}{first}", *rest, "then"]
    return [f"{lead}{first}", *rest[:-1], f"{rest[-1]}{tail}"]


def _wrapped(line: str, depth: int = 1) -> list[str]:
    """A statement's line, folded in front of an operator where it is too long; a comment behind it goes in front then."""
    room = LINE_LENGTH - len(INDENT) * depth
    if len(line) <= room:
        return [line]
    code, mark, remark = line.partition("  -- ")
    if mark:
        return [*comment(remark, room), *_wrapped(code, depth)]
    inner = " " * (len(line) - len(line.lstrip()))
    lines: list[str] = []
    rest = line.strip()
    while len(rest) > room - len(inner) - (len(INDENT) if lines else 0):
        width = room - len(inner) - (len(INDENT) if lines else 0)
        at = max((rest.rfind(word, 0, width) for word in (" and ", " or ", " else ", " when ")), default=-1)
        if at < width // 3:
            at = rest.rfind(" ", 0, width)
        if at <= 0:
            break
        lines.append(rest[:at])
        rest = rest[at + 1 :]
    lines.append(rest)
    return [inner + lines[0], *(inner + INDENT + part for part in lines[1:])]
