"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(folder: str | Path, mark: str) -> Iterator[Path]:
    """A scratch folder that takes its place under its real name when everything in it is written.

    Parameters
    ----------
    folder : path
        What there was before is replaced.
    mark : str
        File that tells that a folder was written here; a folder that holds other things is left alone.

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
        if folder.exists():
            shutil.rmtree(folder)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
