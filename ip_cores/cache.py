"""Results kept by content: the same sources through the same tools are worked on once, and the same filter is designed once.

The folder is ``$OSSICLE_CACHE``, or ``ossicle`` in ``$XDG_CACHE_HOME`` or ``~/.cache``. Entries are written aside and renamed, so that
any number of processes can share it.
"""

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def folder() -> Path:
    """Where results are kept."""
    chosen = os.environ.get("OSSICLE_CACHE")
    return Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ossicle"


def key_of(parts: Iterable[str | bytes]) -> str:
    """One key for a sequence of texts; the order counts, and so do the borders between them."""
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def load(key: str) -> Any | None:
    """The stored value, or None when there is none or it cannot be read."""
    try:
        return json.loads(gzip.decompress((folder() / f"{key}.json.gz").read_bytes()))
    except (OSError, ValueError, EOFError, zlib.error):
        return None


def store(key: str, value: Any) -> None:
    """Keep a value; a cache that cannot be written is not an error."""
    scratch = None
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=folder(), suffix=".partial")
        with os.fdopen(handle, "wb") as file:
            file.write(gzip.compress(json.dumps(value).encode(), compresslevel=3, mtime=0))
        os.replace(scratch, folder() / f"{key}.json.gz")
    except OSError:
        if scratch is not None:
            with contextlib.suppress(OSError):  # where nothing can be written, nothing can be removed
                Path(scratch).unlink(missing_ok=True)
