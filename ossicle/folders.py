"""Folders that appear whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from ip_cores.generate import keep_foreign

LISTING = ".written"
"""File that names the files which were written with it, as ``sha256sum`` does."""


@contextmanager
def whole_folder(folder: str | Path, mark: str) -> Iterator[Path]:
    """A scratch folder that takes its place under its real name when everything in it is written.

    Parameters
    ----------
    folder : path
        What was written here before is replaced, what somebody else put beside it stays. A file that was changed since it was written, as
        Quartus does with a project's settings, is kept under a name of its own where the new one differs.
    mark : str
        File that tells that a folder was written here; one without it is left alone.

    Raises
    ------
    FileExistsError
        If the folder holds files that were not written here.
    OSError
        If it cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        if not folder.is_dir():
            raise FileExistsError(f"{folder}: is a file; give the name of a folder")
        if any(folder.iterdir()) and not (folder / mark).exists():
            raise FileExistsError(f"{folder}: holds files that were not written here; give an empty or new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        scratch.chmod(0o755)
        yield scratch
        names = sorted(path.relative_to(scratch).as_posix() for path in scratch.rglob("*") if not path.is_dir())
        (scratch / LISTING).write_text("".join(f"{digest(scratch / name)}  {name}\n" for name in names))
        if folder.exists():
            before = written_before(folder)
            keep_foreign(folder, scratch, {LISTING, *before})
            keep_changed(folder, scratch, before)
            shutil.rmtree(folder)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def written_before(folder: Path) -> dict[str, str]:
    """Files that `whole_folder` wrote into a folder, and their digests; none if an older version wrote it without them."""
    try:
        lines = (folder / LISTING).read_text().splitlines()
    except OSError:
        return {}
    return {name: was for was, _, name in (line.partition("  ") for line in lines) if name}


def keep_changed(before: Path, after: Path, written: dict[str, str]) -> None:
    """Copy files that somebody changed since they were written, unless the new ones are the same, and say so."""
    for name, was in written.items():
        now = digest(before / name)
        if now not in ("", was, digest(after / name)):
            kept = next(f"{name}.{end}" for end in endings() if not (after / f"{name}.{end}").exists())
            (after / kept).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(before / name, after / kept)
            print(f"{before / name}: was changed since it was written; that version is kept as {Path(kept).name}", file=sys.stderr)


def endings() -> Iterator[str]:
    """``bak``, ``bak2``, ``bak3``, …"""
    yield "bak"
    yield from (f"bak{number}" for number in count(2))


def digest(path: Path) -> str:
    """SHA-256 of a file; empty if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
