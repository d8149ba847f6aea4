"""The core that a command line names, with what its user has to be told about it."""

from __future__ import annotations

import sys
from pathlib import Path

from ip_cores.core import Core
from ip_cores.description import load_core


def described_core(path: str | Path) -> Core:
    """The core of a description file; its notes go to standard error, so that no command keeps them to itself.

    Raises
    ------
    DescriptionError
        As `ip_cores.description.load_core`.
    """
    core = load_core(path)
    for note in core.notes:
        print(f"ossicle: {path}: {note}", file=sys.stderr)
    return core
