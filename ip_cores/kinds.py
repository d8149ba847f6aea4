"""The cores there are, and what each says of itself, read from the text of its module.

Nothing is run for it: who wants a list of the cores, or has misspelt one, shall not wait until all of them are loaded.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from importlib.abc import InspectLoader
from typing import NamedTuple

import ip_cores


class Kind(NamedTuple):
    """What a core's class states of itself; see `ip_cores.core.Core`."""

    kind: str
    summary: str = ""
    family: str = ""


def known_kinds() -> dict[str, Kind]:
    """All cores of this package by their names, in the order of the alphabet.

    Every module of ``ip_cores`` is looked through, so that a new core needs no table to be changed.

    Examples
    --------
    >>> known_kinds()["stream_register"].summary
    'two words deep; cuts the path from source_ready to sink_ready'
    """
    return {name: kind for name in kind_names() if (kind := known_kind(name))}


def kind_names() -> list[str]:
    """Their names alone, in the same order, for a message: a fraction of the time."""
    return sorted(module.name for module in pkgutil.iter_modules(ip_cores.__path__) if is_kind(module.name))


@functools.cache
def known_kind(name: str) -> Kind | None:
    """What the core of a name states of itself; None if this package has no such core.

    Examples
    --------
    >>> known_kind("flute") is None
    True
    """
    return stated_in(_source(name), name)


@functools.cache
def is_kind(name: str) -> bool:
    """Whether this package has a core of that name; a look at the text, for those who load its module next and need no syntax tree of it.

    Examples
    --------
    >>> is_kind("fir"), is_kind("blocks"), is_kind("flute")
    (True, False, False)
    """
    return re.search(rf"^ +kind\b[^=\n]*= *[\"']{re.escape(name)}[\"']", _source(name), re.MULTILINE) is not None


def _source(name: str) -> str:
    """Text of the module of that name, empty if there is none."""
    specification = importlib.util.find_spec(f"{ip_cores.__name__}.{name}") if name.isidentifier() else None
    loader = specification.loader if specification else None
    source = loader.get_source(f"{ip_cores.__name__}.{name}") if isinstance(loader, InspectLoader) else None
    return source or ""


def stated_in(source: str, name: str) -> Kind | None:
    """What the class of the core `name` states in the text of its module; None if there is no such class.

    Examples
    --------
    >>> stated_in('class Gain(Core):\\n    kind: ClassVar[str] = "gain"\\n    family = "audio"', "gain")
    Kind(kind='gain', summary='', family='audio')
    """
    if name not in source:
        return None
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            literals = dict(_literals(node))
            if literals.get("kind") == name:
                return Kind(**literals)
    return None


def _literals(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The fields of `Kind` that a class sets to text."""
    for line in node.body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
            for target in line.targets if isinstance(line, ast.Assign) else [line.target]:
                if isinstance(target, ast.Name) and target.id in Kind._fields:
                    yield target.id, line.value.value
