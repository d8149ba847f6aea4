"""Folders that appear whole or not at all, and in which nothing that a user wrote or changed is lost."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

LISTING = ".written"
"""File that names the files which were written with it, as ``sha256sum`` does."""


@contextmanager
def whole_folder(folder: str | Path, mark: str) -> Iterator[Path]:
    """A scratch folder that takes its place under its real name when everything in it is written.

    What is kept or replaced that a user should know of is said on standard error.

    Parameters
    ----------
    folder : path
        What was written here before is replaced, what somebody else put beside it stays. A file that was changed since it was written, as
        Quartus does with a project's settings, is kept under a name of its own where the new one differs, and so is one of which nobody
        knows how it was written. A symbolic link is followed.
    mark : str
        File that tells that a folder was written here; one without it is left alone.

    Raises
    ------
    FileExistsError
        If the folder holds files that were not written here.
    OSError
        If it cannot be written.
    """
    check_folder(folder, mark)
    place = Path(os.path.realpath(folder))
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        scratch.chmod(0o755)
        yield scratch
        names = sorted(path.relative_to(scratch).as_posix() for path in scratch.rglob("*") if not path.is_dir())
        (scratch / LISTING).write_text("".join(f"{digest(scratch / name)}  {name}\n" for name in names))
        if place.exists():
            was, now = entity_of(place / mark), entity_of(scratch / mark)
            if was and now and was != now:
                print(f"{folder}: the files of {was} make way for those of {now}", file=sys.stderr)
            for name, sentence in keep(place, scratch, written_before(place)):
                print(f"{Path(folder) / name}: {sentence}", file=sys.stderr)
            shutil.rmtree(place)
        scratch.rename(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_folder(folder: str | Path, mark: str) -> None:
    """Refuse a folder that `whole_folder` does not replace, before anything long begins.

    Raises
    ------
    FileExistsError
        If there is a file of that name, or a folder of files that were not written here.
    OSError
        If the name is a symbolic link that leads nowhere but to itself.
    """
    folder = Path(folder)
    if Path(os.path.realpath(folder)).is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
    if folder.exists():
        if not folder.is_dir():
            raise FileExistsError(f"{folder}: is a file; give the name of a folder")
        if any(folder.iterdir()) and not (folder / mark).exists():
            raise FileExistsError(f"{folder}: holds files that were not written here; give an empty or new folder")


def written_before(folder: Path) -> dict[str, str]:
    """Files that `whole_folder` wrote into a folder, and their digests; none where its listing is not there."""
    try:
        lines = (folder / LISTING).read_text().splitlines()
    except OSError:
        return {}
    return {name: was for was, _, name in (line.partition("  ") for line in lines) if name}


def entity_of(mark: Path) -> str:
    """The entity that the JSON of a mark names; nothing where it names none."""
    try:
        return str(json.loads(mark.read_text())["entity"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def keep(before: Path, after: Path, written: dict[str, str]) -> list[tuple[str, str]]:
    """Copy what somebody put beside the files that were written, or changed in them, so that the new folder may take the old one's place.

    Returns
    -------
    list of (str, str)
        Each file that stands under another name now, and a sentence that says so.
    """
    paths = [path for path in sorted(before.rglob("*")) if path.is_symlink() or not path.is_dir()]
    found = {path.relative_to(before).as_posix(): digest(path) for path in paths}
    mine = [name for name, now in found.items() if name != LISTING and now != written.get(name)]
    beside = [name for name in mine if name not in written and not os.path.lexists(after / name)]
    for name in beside:  # first: a copy takes a name that is free then
        copy(before / name, after / name)
    said = []
    for name in mine:
        if name not in beside and found[name] != digest(after / name):
            kept = next(free for free in (f"{name}.{end}" for end in endings()) if not os.path.lexists(after / free))
            copy(before / name, after / kept)
            why = "was changed since it was written" if name in written else "was not written here"
            said.append((name, f"{why}; that version is kept as {Path(kept).name}"))
    return said


def copy(path: Path, place: Path) -> None:
    """Copy a file with its times, or a symbolic link."""
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, place, follow_symlinks=False)


def endings() -> Iterator[str]:
    """``bak``, ``bak2``, ``bak3``, …"""
    yield "bak"
    yield from (f"bak{number}" for number in count(2))


def digest(path: Path) -> str:
    """SHA-256 of a file; empty if there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
