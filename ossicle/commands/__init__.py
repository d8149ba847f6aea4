"""One module per command: its docstring's first line is the help, `add_arguments` declares, `run` does and returns the exit status;
`EXAMPLES` are command lines that its help ends with.

A new module is found by itself. Modules import what is heavy inside `run`, so that ``ossicle --help`` answers at once, and there behind
the line that loads the description, so that a slip of the pen is refused at once.
"""

from __future__ import annotations

import importlib
import pkgutil
from argparse import ArgumentParser, Namespace
from typing import Protocol

DONE, MISMATCH, BAD_INPUT = 0, 1, 2
"""Exit statuses."""

ORDER = (
    "list", "show", "generate", "verify", "process", "fit", "demo", "estimate", "compare", "explore", "optimize", "project",
    "train", "evaluate", "export", "doctor",
)  # fmt: skip
"""How the help lists commands; one that is not named here comes last."""


class Command(Protocol):
    """What a module of this package holds."""

    __doc__: str
    EXAMPLES: tuple[str, ...]

    def add_arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, arguments: Namespace) -> int: ...


def commands() -> dict[str, Command]:
    """All commands by name, in the order of the help."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    names.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
