"""Halves of the public designs: one to find rules on, one to try them on."""

from __future__ import annotations

import hashlib

HALVES = ("A", "B")


def half_of(repo: str) -> str:
    """Half of a repository: A where the SHA-1 of its name is even, B where it is odd.

    Of the common hashes this one gives both halves about as many designs; their errors had no part in the choice.
    """
    return HALVES[hashlib.sha1(repo.encode(), usedforsecurity=False).digest()[-1] % 2]
