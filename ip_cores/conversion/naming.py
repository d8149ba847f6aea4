"""Names that a person would choose: without the path of the blocks that were dissolved, and none that any tool downstream reserves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ip_cores.conversion.architecture import BIT, Entity, Instance, ProcessStatement, renamed, rewrite_entity
from ip_cores.parameters import RESERVED


@dataclass(frozen=True)
class Origin:
    """Where a process or an assignment came from.

    Attributes
    ----------
    function : str
        Name of the MyHDL generator.
    block : str
        Name of the function that made the dissolved block around it; empty directly in the entity.
    """

    function: str
    block: str = ""


def name_plainly(entity: Entity, prefixes: Mapping[str, str], origins: Mapping[int, Origin], keep_ports: bool) -> dict[str, str]:
    """Shorten names where that collides with nothing, and replace those that are reserved or would hide the entity's own.

    Parameters
    ----------
    entity : Entity
    prefixes : mapping of str to str
        Prefixes of names in dissolved blocks, and the names of the blocks, numbered where there are several of a kind.
    origins : mapping of int to Origin
        By number of a generator, what its process may be called.
    keep_ports : bool
        Ports are the user's interface: leave them.

    Returns
    -------
    dict of str to str
        New names, by the old ones.
    """
    refused = RESERVED | {entity.name.lower()}
    taken = names_in_use(entity) | RESERVED
    changes = {} if keep_ports else _free_ports(entity, taken, refused)
    for name, declaration in entity.declarations.items():
        suffix = "flag" if declaration.type == BIT else "word"
        shorter = [f"{short}_{suffix}" if short.lower() in refused else short for short in _shorter(name, prefixes)]
        new = _first_free([*shorter, name, f"{name}_{suffix}"], name, taken, refused)
        if new != name:
            changes[name] = new
    _apply(entity, changes)
    _name_labels(entity, prefixes, origins, taken, refused)
    _name_states(entity, taken)
    return changes


def names_in_use(entity: Entity) -> set[str]:
    """All names that an entity has, in lower case."""
    names = {entity.name, "rtl", *(port.name for port in entity.ports), *entity.declarations, *entity.enumerations}
    names |= {literal for literals in entity.enumerations.values() for literal in literals}
    names |= {piece.label for piece in entity.pieces if isinstance(piece, ProcessStatement | Instance)}
    names |= {f"t_{name}" for name, declaration in entity.declarations.items() if declaration.type.depth is not None}
    return {name.lower() for name in names}


def _shorter(name: str, prefixes: Mapping[str, str]) -> list[str]:
    """Shorter names, the best first: of ``block_3_word`` the number alone tells it from others, if no other block has such a word."""
    for prefix, block in prefixes.items():
        if name.startswith(prefix):
            own = name[len(prefix) :]
            numbered = re.search(r"_(\d+)$", block)
            return [f"{own}_{numbered[1]}", f"{block}_{own}"] if numbered else [own, f"{block}_{own}"]
    # MyHDL's names for the numbers in a port's std_logic_vector.
    if name.endswith("_data_num"):
        return [name.removesuffix("_data_num") + "_word"]
    return [name.removesuffix("_num") + "_value"] if name.endswith("_num") else []


def _first_free(candidates: list[str], current: str, taken: set[str], refused: frozenset[str]) -> str:
    """The first candidate that is free, or the current name itself unless that is refused."""
    for name in candidates:
        if name == current and name.lower() not in refused:
            return name
        if name.lower() not in taken:
            taken.add(name.lower())
            return name
    return current


def _free_ports(entity: Entity, taken: set[str], refused: frozenset[str]) -> dict[str, str]:
    changes = {}
    for port in entity.ports:
        if port.name.lower() in refused:
            changes[port.name] = _first_free([f"{port.name}_{'flag' if port.type == BIT else 'word'}"], port.name, taken, refused)
    return changes


def _apply(entity: Entity, changes: Mapping[str, str]) -> None:
    rewrite_entity(entity, renamed(changes))
    for port in entity.ports:
        port.name = changes.get(port.name, port.name)
    for declaration in entity.declarations.values():
        declaration.name = changes.get(declaration.name, declaration.name)
    entity.declarations = {declaration.name: declaration for declaration in entity.declarations.values()}
    for piece in entity.pieces:
        if isinstance(piece, ProcessStatement):
            piece.sensitivity = [changes.get(name, name) for name in piece.sensitivity]


def _name_labels(
    entity: Entity, prefixes: Mapping[str, str], origins: Mapping[int, Origin], taken: set[str], refused: frozenset[str]
) -> None:
    for piece in entity.pieces:
        if isinstance(piece, Instance):
            piece.label = _first_free([piece.label, f"{piece.label}_instance"], piece.label, taken, refused)
    processes = [piece for piece in entity.pieces if isinstance(piece, ProcessStatement)]
    for process in processes:
        origin = origins.get(process.origin)
        candidates = [*_shorter(process.label, prefixes), process.label, f"{process.label}_process"]
        if origin is not None and sum(origins.get(other.origin) == origin for other in processes) == 1:
            # A number that tells one block from another is not needed where only one of them has a process left.
            candidates = [origin.function, *([f"{origin.block}_{origin.function}"] if origin.block else []), *candidates]
        if process.joined and origin is not None:
            candidates = [origin.block, *candidates]
        process.label = _first_free(candidates, process.label, taken, refused)


def _name_states(entity: Entity, taken: set[str]) -> None:
    """An enumeration is called after the first signal of its type."""
    for type_name in list(entity.enumerations):
        holders = [declaration for declaration in entity.declarations.values() if declaration.type.name == type_name]
        new = f"t_{holders[0].name}" if holders else type_name
        if new.lower() in taken:
            continue
        taken.add(new.lower())
        entity.enumerations = {new if name == type_name else name: literals for name, literals in entity.enumerations.items()}
        for declaration in holders:
            declaration.type = type(declaration.type)(new)
