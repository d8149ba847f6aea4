"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ip_cores.generate import keep_foreign

LISTING = ".written"
"""File that names the files which were written with it."""


@contextmanager
def whole_folder(folder: str | Path, mark: str) -> Iterator[Path]:
    """A scratch folder that takes its place under its real name when everything in it is written.

    Parameters
    ----------
    folder : path
        What was written here before is replaced, what somebody else put beside it stays.
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
        (scratch / LISTING).write_text("".join(f"{name}\n" for name in names))
        if folder.exists():
            keep_foreign(folder, scratch, written_before(folder))
            shutil.rmtree(folder)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def written_before(folder: Path) -> set[str]:
    """Names of the files that `whole_folder` wrote into a folder."""
    try:
        return {LISTING, *(folder / LISTING).read_text().splitlines()}
    except OSError:
        return {LISTING}
