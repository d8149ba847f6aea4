"""Rewrites of whole statements and declarations, each a small step from what MyHDL writes to what a person would.

None of them changes what the entity does: they undo what is an artefact of the conversion (constants that are driven signals, loops that
run once, names for what has a name already), and use the statements that VHDL has for a purpose (conditional assignments, ``case``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from ip_cores.conversion.architecture import (
    BIT,
    Assignment,
    Case,
    Concurrent,
    Entity,
    If,
    Instance,
    Loop,
    Piece,
    ProcessStatement,
    Rule,
    Statement,
    Type,
    assignments_in,
    names_in,
    read_in,
    renamed,
    rewrite_entity,
    rewrite_statements,
    rewritten,
    target_of,
)
from ip_cores.conversion.expressions import Binary, Call, Expression, Literal, Name, Qualified, number, value_of
from ip_cores.conversion.simplify import ONE, ZERO, fits, simplifier

ALL_ZERO = Literal("(others => '0')")
INTEGER_BITS = 32
"""Width past which GHDL's synthesis (5.0.1) extends a negative constant operand of a product with zeros."""


def tidy(entity: Entity) -> None:
    """All rewrites, in an order in which each finds what it looks for."""
    declare_constants(entity)
    unroll_loops(entity)
    flatten_arrays(entity)
    rewrite_entity(entity, simplifier(entity.types()))
    remove_aliases(entity)
    remove_unread(entity)
    inline_zeros(entity)
    rewrite_entity(entity, simplifier(entity.types()))
    plain_values(entity)
    spell_conditions(entity)
    choose_concurrently(entity)
    use_cases(entity)


# Constants.


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


def all_assignments(entity: Entity) -> Iterator[Assignment]:
    """All assignments of an architecture."""
    for piece in entity.pieces:
        match piece:
            case Concurrent(assignment):
                yield assignment
            case ProcessStatement(body=body):
                yield from assignments_in(body)


# Loops and arrays.


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


# Names for what has a name already, and words that nobody reads.


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


def remove_aliases(entity: Entity) -> None:
    """A signal that only carries another signal on."""
    while _remove_one_alias(entity):
        pass


def _remove_one_alias(entity: Entity) -> bool:
    types = entity.types()
    directions = {port.name: port.direction for port in entity.ports}
    counts = Counter(name for piece in entity.pieces for name in reads(piece))
    connected = {name for piece in entity.pieces if isinstance(piece, Instance) for name in reads(piece)}
    driven = drivers(entity)
    for piece in entity.pieces:
        match piece:
            case Concurrent(Assignment(Name(target), Name(source), choices=[])) if types.get(target) == types.get(source):
                if target in entity.declarations and directions.get(source) != "out" and driven[target] == 1:
                    _replace(entity, piece, target, source)
                    return True
                inner = source in entity.declarations and entity.declarations[source].value is None
                once = counts[source] == 1 or (counts[source] == 2 and source in connected and not driven[source])
                if inner and once and directions.get(target) == "out":
                    _replace(entity, piece, source, target)
                    return True
    return False


def _replace(entity: Entity, piece: Piece, gone: str, kept: str) -> None:
    entity.pieces.remove(piece)
    rewrite_entity(entity, renamed({gone: kept}))
    before = entity.declarations.pop(gone)
    if kept in entity.declarations and not entity.declarations[kept].remark:
        entity.declarations[kept].remark = before.remark


def remove_unread(entity: Entity) -> None:
    """Signals that nobody reads, with what is assigned to them."""
    while True:
        used = {name for piece in entity.pieces for name in reads(piece)}
        used |= {port.name for port in entity.ports}
        unread = entity.declarations.keys() - used
        if not unread:
            return
        for name in unread:
            del entity.declarations[name]
        for piece in entity.pieces:
            if isinstance(piece, ProcessStatement):
                piece.body = _without(piece.body, unread)
        entity.pieces = [piece for piece in entity.pieces if not _is_empty(piece, unread)]


def _without(statements: list[Statement], names: set[str]) -> list[Statement]:
    """A body without assignments to some signals, and without what is empty then."""
    found: list[Statement] = []
    for statement in statements:
        match statement:
            case Assignment(target=target):
                if target_of(target) not in names:
                    found.append(statement)
            case If(branches):
                branches = [(test, _without(body, names)) for test, body in branches]
                while branches and not branches[-1][1]:
                    branches.pop()
                if branches:
                    found.append(If(branches))
            case Case(subject, choices):
                choices = [(choice, _without(body, names)) for choice, body in choices]
                if any(body for _, body in choices):
                    found.append(Case(subject, choices))
            case Loop():
                statement.body = _without(statement.body, names)
                if statement.body:
                    found.append(statement)
            case _:
                found.append(statement)
    return found


def _is_empty(piece: Piece, names: set[str]) -> bool:
    match piece:
        case Concurrent(assignment):
            return target_of(assignment.target) in names
        case ProcessStatement(body=body):
            return not any(True for _ in assignments_in(body))
    return False


# Conditions and choices.


def spell_conditions(entity: Entity) -> None:
    """A bit that tells whether a condition holds is assigned under that condition."""
    for piece in entity.pieces:
        match piece:
            case Concurrent(assignment):
                match assignment.value:
                    case Call("to_std_logic", (condition,)):
                        assignment.choices, assignment.value = [(ONE, condition)], ZERO
            case ProcessStatement(body=body):
                piece.body = _spelt(body)


def _spelt(statements: list[Statement]) -> list[Statement]:
    found: list[Statement] = []
    for statement in statements:
        match statement:
            case Assignment(target, Call("to_std_logic", (condition,)), "<="):
                found.append(If([(condition, [Assignment(target, ONE)]), (None, [Assignment(target, ZERO)])]))
            case If(branches):
                found.append(If([(test, _spelt(body)) for test, body in branches]))
            case Case(subject, choices):
                found.append(Case(subject, [(choice, _spelt(body)) for choice, body in choices]))
            case Loop():
                statement.body = _spelt(statement.body)
                found.append(statement)
            case _:
                found.append(statement)
    return found


MOST_CHOICES = 3


def choose_concurrently(entity: Entity) -> None:
    """A process that only chooses between a few values for one signal is a conditional assignment."""
    for place, piece in enumerate(entity.pieces):
        match piece:
            case ProcessStatement(body=[If(branches)], declarations=[], origin=origin) if (
                not piece.is_clocked and len(branches) <= MOST_CHOICES
            ):
                chosen = [body[0] if len(body) == 1 else None for _, body in branches]
                last = chosen[-1]
                if branches[-1][0] is not None or not isinstance(last, Assignment):
                    continue
                same = [a for a in chosen if isinstance(a, Assignment) and a.target == last.target and not a.choices]
                if len(same) == len(branches):
                    tests = [test for test, _ in branches if test is not None]
                    choices = [(a.value, test) for a, test in zip(same, tests, strict=False)]
                    entity.pieces[place] = Concurrent(Assignment(last.target, last.value, choices=choices), origin)


def use_cases(entity: Entity) -> None:
    """A chain of comparisons of one state with its values is a ``case``."""
    literals = {literal for values in entity.enumerations.values() for literal in values}
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement):
            piece.body = _with_cases(piece.body, literals)


def _with_cases(statements: list[Statement], literals: set[str]) -> list[Statement]:
    found: list[Statement] = []
    for statement in statements:
        match statement:
            case If(branches):
                branches = [(test, _with_cases(body, literals)) for test, body in branches]
                found.append(_as_case(branches, literals) or If(branches))
            case Case(subject, choices):
                found.append(Case(subject, [(choice, _with_cases(body, literals)) for choice, body in choices]))
            case _:
                found.append(statement)
    return found


def _as_case(branches: list[tuple[Expression | None, list[Statement]]], literals: set[str]) -> Statement | None:
    """Branches as a ``case``, where they compare with states; those in front of the first such comparison stay an ``if``."""
    for first in range(min(2, len(branches))):
        tests = branches[first:-1] if branches[-1][0] is None else branches[first:]
        subjects, choices = set(), []
        for test, body in tests:
            match test:
                case Binary("=", subject, Name(literal)) if literal in literals:
                    subjects.add(subject)
                    choices.append((literal, body))
        if len(tests) >= 2 and len(choices) == len(tests) and len(subjects) == 1:
            rest = branches[-1][1] if branches[-1][0] is None else []
            case = Case(subjects.pop(), [*choices, ("others", rest)])
            return If([*branches[:first], (None, [case])]) if first else case
    return None


# Many small processes as one.


def merge_processes(entity: Entity, alike: dict[int, tuple[str, ...]]) -> None:
    """Registers that the same block makes under the same conditions stand in one process.

    Parameters
    ----------
    entity : Entity
    alike : mapping of int to tuple of str
        By origin, what has to be equal for two processes to be joined: the block, and what is said of it.
    """
    first: dict[tuple, ProcessStatement] = {}
    kept: list[Piece] = []
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement) and piece.is_clocked and not piece.declarations and piece.origin in alike:
            key = (alike[piece.origin], _skeleton(piece.body))
            if _skeleton(piece.body) and key in first:
                _join(first[key].body, piece.body)
                first[key].joined = True
                continue
            first.setdefault(key, piece)
        kept.append(piece)
    entity.pieces = kept


def store_at_once(entity: Entity, described: set[int]) -> None:
    """A value that only goes into a register is formed where it is stored.

    Parameters
    ----------
    entity : Entity
    described : set of int
        Origins of assignments that have a comment of their own; they stay.
    """
    types = entity.types()
    counts = Counter(name for piece in entity.pieces for name in reads(piece))
    driven = drivers(entity)
    formed: dict[str, Concurrent] = {}
    for piece in entity.pieces:
        match piece:
            case Concurrent(Assignment(Name(target), value, choices=[]), origin) if origin not in described and origin >= 0:
                if target in entity.declarations and counts[target] == 1 and driven[target] == 1 and not isinstance(value, Name):
                    formed[target] = piece
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement) and piece.is_clocked:
            for assignment in assignments_in(piece.body):
                match assignment.value:
                    case Name(text) if text in formed and types.get(target_of(assignment.target)) == types[text]:
                        assignment.value = formed[text].assignment.value
                        entity.pieces.remove(formed.pop(text))
                        del entity.declarations[text]


def stand_together(entity: Entity, kin: Mapping[int, tuple[str, str, str]]) -> None:
    """What equal blocks do one after the other stands in columns: first statements of all of them, then the second ones.

    Parameters
    ----------
    entity : Entity
    kin : mapping of int to tuple of str
        By origin, the function and the name of the outermost dissolved block, and what the statement is in it.
    """
    ordered: list[Piece] = []
    for function, run in groupby(entity.pieces, lambda piece: kin.get(piece.origin, ("", "", ""))[0]):
        pieces = list(run)
        ordered += _in_columns(pieces, kin) if function else pieces
    entity.pieces = ordered


def _in_columns(pieces: list[Piece], kin: Mapping[int, tuple[str, str, str]]) -> list[Piece]:
    """Pieces of sibling blocks by what they are, in the order of the block that has most of them."""
    seen: Counter[tuple[str, str]] = Counter()
    keys: list[tuple[str, int]] = []
    by_block: dict[str, list[tuple[str, int]]] = {}
    for piece in pieces:
        _, block, what = kin[piece.origin]
        keys.append((what, seen[block, what]))
        seen[block, what] += 1
        by_block.setdefault(block, []).append(keys[-1])
    longest = max(by_block.values(), key=len)
    if not all(key in longest for key in keys):
        return pieces
    return [piece for _, piece in sorted(zip(keys, pieces, strict=True), key=lambda pair: longest.index(pair[0]))]


def _skeleton(statements: list[Statement]) -> tuple:
    """Conditions around assignments; empty where there is more than that."""
    match statements:
        case [If(branches)]:
            inner = tuple((test, _skeleton(body)) for test, body in branches)
            return inner if all(part for _, part in inner) else ()
        case _ if statements and all(isinstance(statement, Assignment) for statement in statements):
            return ("assignments",)
    return ()


def _join(body: list[Statement], other: list[Statement]) -> None:
    match body, other:
        case [If(branches)], [If(others)]:
            for (_, inner), (_, more) in zip(branches, others, strict=True):
                _join(inner, more)
        case _:
            body += other


def sort_sensitivity(entity: Entity) -> None:
    """What a process without a clock waits for: all signals that it reads."""
    signals = {port.name for port in entity.ports}
    signals |= {name for name, declaration in entity.declarations.items() if declaration.value is None}
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement):
            waits = piece.sensitivity if piece.is_clocked else set(read_in(piece.body)) & signals
            piece.sensitivity = sorted(waits)


def unread_inputs(entity: Entity) -> set[str]:
    """Inputs that the architecture does nothing with."""
    used = {name for piece in entity.pieces for name in reads(piece)}
    return {port.name for port in entity.ports if port.direction == "in" and port.name not in used}
