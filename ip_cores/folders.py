"""Folders that appear whole or not at all, and in which nothing that a user wrote or changed is lost."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
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
    with named_as_given(folder, place), contextlib.ExitStack() as behind:
        with locked(place.parent):
            put_back(place)
            clear_away(place)
            scratch = Path(tempfile.mkdtemp(prefix=f"{hidden(place)}{SCRATCH}", dir=place.parent))
            behind.callback(os.close, hold(scratch))
            behind.callback(shutil.rmtree, scratch, ignore_errors=True)
        scratch.chmod(0o755)
        yield scratch
        names = sorted(path.relative_to(scratch).as_posix() for path in scratch.rglob("*") if not path.is_dir())
        (scratch / LISTING).write_text("".join(f"{digest(scratch / name)}  {name}\n" for name in names))
        with locked(place.parent):
            take_place(folder, place, scratch, mark)


SCRATCH, BEFORE = "ossicle-", "ossicle_before-"
"""What stands in the names of folders beside one that is written: what is not ready yet, and what was there."""


@contextmanager
def named_as_given(folder: str | Path, place: Path) -> Iterator[None]:
    """Errors have the name that a file would have had in the folder, where they have that of what stands beside it for a while."""
    try:
        yield
    except OSError as error:
        path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes | os.PathLike) else Path()
        parts = path.relative_to(place.parent).parts if path.is_relative_to(place.parent) else ()
        if parts and parts[0].startswith((hidden(place) + SCRATCH, hidden(place) + BEFORE)):
            raise OSError(error.errno, error.strerror, str(Path(folder, *parts[1:]))) from None
        raise


def hidden(place: Path) -> str:
    """How the names begin of all that stands beside a folder for a while."""
    return f".{place.name}."


def take_place(folder: str | Path, place: Path, scratch: Path, mark: str) -> None:
    """A folder that is ready takes the place of what was there, and of that what somebody wrote or changed; at no time is it half there."""
    if not place.exists():
        scratch.rename(place)
        return
    was, now = entity_of(place / mark), entity_of(scratch / mark)
    if was and now and was != now:
        print(f"{folder}: the files of {was} make way for those of {now}", file=sys.stderr)
    for name, sentence in keep(place, scratch, written_before(place)):
        print(f"{Path(folder) / name}: {sentence}", file=sys.stderr)
    aside = Path(tempfile.mkdtemp(prefix=f"{hidden(place)}{BEFORE}", dir=place.parent))
    place.rename(aside)
    try:
        scratch.rename(place)
    except OSError:
        aside.rename(place)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def put_back(place: Path) -> None:
    """What a run had set aside that was killed before its own folder took the place."""
    if not os.path.lexists(place):
        for aside in sorted(place.parent.glob(f"{glob.escape(hidden(place) + BEFORE)}*"))[-1:]:
            if any(aside.iterdir()):
                aside.rename(place)


def clear_away(place: Path) -> None:
    """Remove what killed runs have left beside a folder: what is not ready and belongs to no run, and what was replaced."""
    for left in (left for kind in (SCRATCH, BEFORE) for left in place.parent.glob(f"{glob.escape(hidden(place) + kind)}*")):
        with contextlib.suppress(OSError):
            held = hold(left)
            shutil.rmtree(left, ignore_errors=True)
            os.close(held)


def hold(folder: Path) -> int:
    """Take a folder for this process, until what comes back is closed.

    Raises
    ------
    OSError
        If another process has it.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise
    except OSError:  # a file system without locks: nobody else is taken to be there
        pass
    return handle


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """While this lasts no other run moves anything in a folder."""
    with contextlib.ExitStack() as opened:
        with contextlib.suppress(OSError):  # what cannot be read, or has no locks, may be written all the same
            handle = os.open(folder, os.O_RDONLY)
            opened.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file that is there as a whole or as it was; a symbolic link is followed.

    Raises
    ------
    OSError
        If it cannot be written; it names the file, not what stands beside it for a while.
    """
    place = Path(os.path.realpath(path))
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        with contextlib.suppress(OSError):
            partial.chmod(place.stat().st_mode & 0o7777)
        partial.replace(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def keep_and_write(path: str | Path, content: str) -> None:
    """`write_whole`; what stood there and differs is kept beside it under a name of its own, which is said on standard error.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    place = Path(os.path.realpath(path))
    if place.is_file() and place.read_bytes() != content.encode():
        kept = next(free for free in (f"{place.name}.{end}" for end in endings()) if not os.path.lexists(place.with_name(free)))
        copy(place, place.with_name(kept))
        print(f"{path}: what was there is kept as {kept}", file=sys.stderr)
    write_whole(path, content)


def check_folder(folder: str | Path, mark: str) -> None:
    """Refuse a folder that `whole_folder` does not replace, before anything long begins.

    Raises
    ------
    FileExistsError
        If there is a file of that name, or a folder of files that were not written here.
    OSError
        If the name is a symbolic link that leads nowhere but to itself.
    """
    place = Path(os.path.realpath(folder))
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
    with locked(place.parent):  # another run that takes the place moves the folder away for a moment
        if place.exists():
            if not place.is_dir():
                raise FileExistsError(f"{folder}: is a file; give the name of a folder")
            if any(place.iterdir()) and not (place / mark).exists():
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
