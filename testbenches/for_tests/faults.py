"""What may befall a command anywhere: it is killed, the disk is full, or nothing can be written, at any touch of the file system.

Python tells of every touch by an audit event. A process that is forked for it runs the command and counts those that change something; at
one of them it ends itself with SIGKILL, or the touch fails as the system would let it fail.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink")
GROWS = ("os.mkdir", "os.link", "os.symlink")
KILLED, FULL, READ_ONLY = "killed", "full", "read-only"


@dataclass(frozen=True)
class Ended:
    """How the command ended.

    Attributes
    ----------
    status : int
        Exit status; negative for a signal.
    touches : int
        How often it changed something below the folders.
    said : str
        Standard error.
    """

    status: int
    touches: int
    said: str


def befall(command: Callable[[], int], fault: str, place: int, folders: Sequence[Path], log: Path) -> Ended:
    """Run a command in a process of its own, which meets a fault.

    Parameters
    ----------
    command : callable
        Returns an exit status.
    fault : {"killed", "full", "read-only"}
    place : int
        The touch at which it strikes, the first being 0; what grows a full disk, and whatever changes one that is read-only, fails
        from there on. Beyond the last nothing happens.
    folders : sequence of path
        Where touches count.
    log : path
        Folder for what the process says, elsewhere.
    """
    child = os.fork()
    if not child:
        status, counted = 70, [0]
        count = os.open(log / "count", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            for number, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(log / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
            sys.addaudithook(_hook(fault, place, [os.path.realpath(folder) for folder in folders], counted))
            status = command()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os.write(count, str(counted[0]).encode())
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(ended), int((log / "count").read_text() or 0), (log / "err").read_text())


def _hook(fault: str, place: int, folders: Sequence[str], counted: list[int]) -> Callable[[str, tuple[Any, ...]], None]:
    def below(path: Any) -> bool:
        return isinstance(path, str | bytes | os.PathLike) and os.path.realpath(os.fsdecode(path)).startswith(tuple(folders))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if not writes and event not in CHANGES:
            return
        relative = event in ("os.remove", "os.rmdir") and arguments[-1] != -1  # in a folder that is open
        if not relative and not any(below(path) for path in arguments[:2]):
            return
        now, counted[0] = counted[0], counted[0] + 1
        if now < place:
            return
        if fault == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == READ_ONLY or writes or event in GROWS:
            number = errno.ENOSPC if fault == FULL else errno.EROFS
            raise OSError(number, os.strerror(number), os.fsdecode(arguments[0]))

    return hook
