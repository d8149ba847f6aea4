"""Sections of docs/verification.md that commands write: between two marks, the first of which names the command."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "verification.md"


def marks(name: str, command: str) -> tuple[str, str]:
    """What stands before and behind the section `name`, which `command` writes."""
    return f"<!-- {name}: written by `{command}` -->\n", f"<!-- end of {name} -->"


def replaced(text: str, name: str, command: str, section: str) -> str:
    """A page with another section between the marks of a name.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    begin, end = marks(name, command)
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no section between {begin.strip()} and {end}")
    return pattern.sub(lambda _: f"{begin}\n{section}\n{end}", text)
