"""Text of files of numbers: how it is decoded, what counts as a number, and what is said of a place where there is none."""

from __future__ import annotations

import math
import re
from pathlib import Path

REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
"""A decimal number, as C, Python, MATLAB and spreadsheets write it. Python's `float` takes more: ``1_0``, ``nan``, digits of any script."""

ALIKE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
"""What stands for no number that a word could hold."""

LONGEST_SHOWN = 40
"""Characters of a cell that a message repeats."""


class TableError(ValueError):
    """A file that holds no row of real numbers.

    Attributes
    ----------
    sentence : str
        The file's name, the place in it, and what is wrong there; `str` gives the whole path.
    """

    def __init__(self, path: str | Path, reason: str, line: int | None = None, cell: int | None = None) -> None:
        place = [f"{word} {number}" for word, number in (("line", line), ("cell", cell)) if number is not None]
        end = f", {', '.join(place)}: {reason}" if place else f": {reason}"
        self.sentence = f"{Path(path).name}{end}"
        self._given = str(path), reason, line, cell
        super().__init__(f"{path}{end}")

    def __reduce__(self) -> tuple[type, tuple[str, str, int | None, int | None]]:
        return type(self), self._given


def quoted(text: str) -> str:
    """A cell as a message shows it: on one line, and not too long.

    Examples
    --------
    >>> quoted("0.5 V"), quoted("a" * 50)
    ("'0.5 V'", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'")
    """
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "...")


def real_number(text: str) -> float:
    """The finite number that a cell holds.

    Raises
    ------
    ValueError
        If it holds none; the message begins with the cell.

    Examples
    --------
    >>> real_number("-1.5e-3"), real_number(".5"), real_number("5.")
    (-0.0015, 0.5, 5.0)
    >>> real_number("1_0")
    Traceback (most recent call last):
        ...
    ValueError: '1_0' is no number
    """
    if ALIKE.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not finite")
    if not REAL.fullmatch(text):
        raise ValueError(f"{quoted(text)} is no number" if text else "there is no number between two separators")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{quoted(text)} is not finite: beyond the largest float64")
    return value


def file_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises
    ------
    TableError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise TableError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def file_lines(path: Path) -> list[str]:
    """The lines of a text file: UTF-8 or, with a byte order mark, UTF-16; else Latin 1, in which spreadsheets still write comments.

    Raises
    ------
    TableError
        If it cannot be read, or is no text.
    """
    content = file_bytes(path)
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text):
            return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    raise TableError(path, "cannot be read: is no text")
