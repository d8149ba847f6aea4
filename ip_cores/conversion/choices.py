"""Conditions and choices in the statements that VHDL has for them."""

from __future__ import annotations

from collections.abc import Iterator

from ip_cores.conversion.architecture import Assignment, Case, Concurrent, Entity, If, Loop, ProcessStatement, Statement
from ip_cores.conversion.expressions import Binary, Call, Expression, Name
from ip_cores.conversion.simplify import ONE, ZERO, type_of


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
            case ProcessStatement(body=[If(branches)], declarations=[], origin=origin):
                if piece.is_clocked or len(branches) > MOST_CHOICES:
                    continue
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
    """A chain of comparisons of one state with its values is a ``case``; choices are states by name, and numbers."""
    literals = {literal for values in entity.enumerations.values() for literal in values}
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement):
            piece.body = _with_cases(piece.body, literals)
            for case in _cases(piece.body):
                _name_last_state(case, entity)
                _count_choices(case, entity)


def _cases(statements: list[Statement]) -> Iterator[Case]:
    for statement in statements:
        match statement:
            case If(branches):
                for _, body in branches:
                    yield from _cases(body)
            case Case(choices=choices):
                yield statement
                for _, body in choices:
                    yield from _cases(body)
            case Loop(body=body):
                yield from _cases(body)


def _name_last_state(case: Case, entity: Entity) -> None:
    """Where one state is left for ``others``, a comment names it; where none is, there are no others."""
    named = [choice for choice, _ in case.choices]
    states = next((values for values in entity.enumerations.values() if set(named) & set(values)), None)
    if states is None or named[-1] != "others":
        return
    left = [state for state in states if state not in named]
    if len(left) == 1:
        case.rest = left[0]
    elif not left:
        del case.choices[-1]


def _count_choices(case: Case, entity: Entity) -> None:
    """Choices by bits, which MyHDL makes of a chain of comparisons with numbers, are numbers again."""
    subject = type_of(case.subject, entity.types())
    if subject is not None and subject.name == "unsigned" and any(choice.startswith('"') for choice, _ in case.choices):
        case.subject = Call("to_integer", (case.subject,))
        case.choices = [(str(int(choice.strip('"'), 2)) if choice.startswith('"') else choice, body) for choice, body in case.choices]


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
    """Branches as a ``case``, where they compare with states; one in front of these stays an ``if``, those behind are for other states."""
    for first in range(min(2, len(branches))):
        subjects: set[Expression] = set()
        choices: list[tuple[str, list[Statement]]] = []
        for test, body in branches[first:]:
            match test:
                case Binary("=", subject, Name(literal)) if literal in literals and subjects <= {subject}:
                    subjects.add(subject)
                    choices.append((literal, body))
                case _:
                    break
        if len(choices) >= 2:
            rest = branches[first + len(choices) :]
            others: list[Statement] = [If(rest)] if rest and rest[0][0] is not None else rest[0][1] if rest else []
            case = Case(subjects.pop(), [*choices, ("others", others)])
            return If([*branches[:first], (None, [case])]) if first else case
    return None
