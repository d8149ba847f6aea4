"""Names for what has a name already, and words that nobody reads."""

from __future__ import annotations

from collections import Counter

from ip_cores.conversion.architecture import (
    Assignment,
    Case,
    Concurrent,
    Entity,
    If,
    Instance,
    Loop,
    Piece,
    ProcessStatement,
    Statement,
    drivers,
    is_empty,
    reads,
    renamed,
    rewrite_entity,
    target_of,
)
from ip_cores.conversion.expressions import Name


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
                declared = entity.declarations.get(source)
                # A port has no word of its own from the device's configuration on.
                inner = declared is not None and declared.value is None and not declared.power_up
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
        entity.pieces = [piece for piece in entity.pieces if not is_empty(piece, unread)]


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


def unread_inputs(entity: Entity) -> set[str]:
    """Inputs that the architecture does nothing with."""
    used = {name for piece in entity.pieces for name in reads(piece)}
    return {port.name for port in entity.ports if port.direction == "in" and port.name not in used}
