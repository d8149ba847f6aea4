"""Many small processes and assignments as few that are read together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from ip_cores.conversion.architecture import (
    Assignment,
    Concurrent,
    Entity,
    If,
    Piece,
    ProcessStatement,
    Statement,
    assignments_in,
    drivers,
    read_in,
    reads,
    target_of,
)
from ip_cores.conversion.expressions import Name


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
