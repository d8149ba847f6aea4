"""The one place where rows of numbers are read from files: coefficients, impulse responses, and samples of sound as numbers.

One row is read, or one column: which of two rows would be meant, or which of two columns, nobody can know, and a table that is read as
another filter is worse than one that is refused.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.number_text import ALIKE, REAL, TableError, file_bytes, file_lines, quoted, real_number

Row = NDArray[np.float64]

COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
"""A number with a decimal comma; or two whole numbers."""

SURELY_ONE = re.compile("-0,.*|.*,0[0-9]+|.*,[0-9]{10,}")
"""Of these, what nobody writes for two whole numbers: minus nothing, or a fraction that begins with 0, or that is long."""

THOUSANDS = re.compile(r"(?<![\w.])[+-]?[1-9][0-9]{0,2}(,[0-9]{3})*?,(0[0-9]{2}(\.[0-9]*)?|[0-9]{3}\.[0-9]*)(?![0-9])")
"""A number with commas between its thousands; or several, of which the last begins with 0 or has a fraction."""


def read_numbers(path: str | Path) -> Row:
    """One row of real numbers from a file.

    Parameters
    ----------
    path : str or Path
        By its suffix, in capitals or not:

        ``.csv``, ``.txt``
            Numbers in one line or one column, with commas, semicolons, tabs, bars or blanks between them; a line of headings, comments
            behind ``#`` or ``%``, quotation marks, and decimal commas where they cannot be taken for something else.
        ``.npy``
            A numpy array of one axis, integer or float.
        ``.mat``
            A file of MATLAB (up to version 7) with one variable, a real vector.
        ``.coe``, ``.fcf``, ``.h``
            Exports of filter design tools, see `fixed_point.filter_files`.

    Returns
    -------
    ndarray of float64, shape (n,)
        One or more finite numbers.

    Raises
    ------
    TableError
        One line: the file, the place in it, and what is wrong there.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise TableError(path, f"must end in {', '.join(READERS)}")
    found = reader(path)
    if found.size == 0:
        raise TableError(path, "holds no numbers")
    finite = np.isfinite(found)
    if not finite.all():
        raise TableError(path, f"number {int(np.argmin(finite)) + 1} of {found.size} is not finite")
    return found


def read_rows(path: str | Path, columns: int) -> Row:
    """Rows of so many real numbers from a file: a line for each, or an array of two axes.

    Parameters
    ----------
    path : str or Path
        A ``.csv``, ``.txt``, ``.npy`` or ``.mat`` file as for `read_numbers`, with a row in each line; or a ``.fcf`` file of sections.
    columns : int
        Numbers in a row, two or more.

    Returns
    -------
    ndarray of float64, shape (rows, columns)
        One or more rows of finite numbers.

    Raises
    ------
    TableError
        One line: the file, the place in it, and what is wrong there.
    """
    path = Path(path)
    reader = ROW_READERS.get(path.suffix.lower())
    if reader is None:
        raise TableError(path, f"must end in {', '.join(ROW_READERS)}")
    found = reader(path, columns)
    if not len(found):
        raise TableError(path, "holds no numbers")
    finite = np.isfinite(found).all(axis=1)
    if not finite.all():
        raise TableError(path, f"row {int(np.argmin(finite)) + 1} of {len(found)} is not finite")
    return found


def is_table(name: str) -> bool:
    """Whether a name is that of a file that `read_numbers` reads.

    Examples
    --------
    >>> is_table("TAPS.CSV"), is_table("speech.wav")
    (True, False)
    """
    return Path(name).suffix.lower() in READERS


NETWORKS = (".npz",)
"""Endings of files with the weights of a network."""


def names_file(name: str) -> bool:
    """Whether a name in a description is that of a file: of numbers, or of a network's weights.

    Examples
    --------
    >>> names_file("taps.csv"), names_file("enhancer.npz"), names_file("firwin")
    (True, True, False)
    """
    return is_table(name) or Path(name).suffix.lower() in NETWORKS


def separated(path: Path) -> Row:
    """Numbers of a text file, in one line or one to a line."""
    lines = _lines(path)
    separator = _separator([line for _, line in lines])
    if separator == ",":
        _refuse_thousands(path, lines)
    rows = [(number, _cells(path, number, line, separator)) for number, line in lines]
    if len(rows) > 1 and _are_headings(rows[0][1] if separator != " " else [rows[0][1][0]]) and not any(map(_is_number, rows[0][1])):
        rows = rows[1:]
    long = [(number, cells) for number, cells in rows if len(cells) > 1]
    texts = [line for _, line in lines[-len(rows) :]]
    if separator == "," and rows and all(map(COMMA.fullmatch, texts)):
        if not _has_decimal_commas(texts):
            what = "a decimal comma, or two numbers? write 0.5 for a half, and one number in a line"
            raise TableError(path, f"{quoted(texts[0])}: {what}", rows[0][0])
        rows, long = [(number, [text]) for (number, _), text in zip(rows, texts, strict=True)], []
    if long and len(rows) > 1:
        number, cells = long[0]
        shape = f"{quoted(cells[1])} is a second number in its line, and there are {len(rows)} lines"
        raise TableError(path, f"{shape}: must be one row or one column, such as the b of a filter without its a or its indices", number, 2)
    points = [cell for _, cells in rows for cell in cells if "." in cell]
    values = []
    for number, cells in rows:
        for place, cell in enumerate(cells, 1):
            try:
                values.append(_decimal(cell, points))
            except ValueError as error:
                raise TableError(path, str(error), number, place) from None
    return np.array(values)


def separated_rows(path: Path, columns: int) -> Row:
    """Rows of a text file, one in each line; a first line of headings is passed over."""
    lines = _lines(path)
    separator = _separator([line for _, line in lines])
    rows = [(number, _cells(path, number, line, separator)) for number, line in lines]
    if len(rows) > 1 and _are_headings(rows[0][1]) and not any(map(_is_number, rows[0][1])):
        rows = rows[1:]
    points = [cell for _, cells in rows for cell in cells if "." in cell]
    values = []
    for number, cells in rows:
        if len(cells) != columns:
            raise TableError(path, f"holds {len(cells)} number{'s' * (len(cells) != 1)} in this line: must be {columns} in each", number)
        for place, cell in enumerate(cells, 1):
            try:
                values.append(_decimal(cell, points))
            except ValueError as error:
                raise TableError(path, str(error), number, place) from None
    return np.array(values).reshape(-1, columns)


PER_CENT = re.compile(r'[0-9.](%"?\s*($|[+-]?[0-9.])|\s*%"?\s*[;,|\t])')
"""A sign behind a number where no comment can begin: at the end, before another number, or before what stands between numbers."""


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text file that hold something, without comments, and their numbers."""
    lines = []
    for number, line in enumerate(file_lines(path), 1):
        text = re.split("[#%]", line)[0].rstrip()
        if text and PER_CENT.match(line, len(text) - 1):
            raise TableError(path, f"{quoted(line.strip())}: per cent, or a comment? write 0.05 for 5%", number)
        if text.strip():
            lines.append((number, text.strip()))
    return lines


def _separator(lines: Sequence[str]) -> str:
    """What stands between the numbers of some lines: the first of ``; tab | ,`` that occurs outside quotation marks, else a blank."""
    bare = [re.sub('"[^"]*"', "", line) for line in lines]
    return next((mark for mark in ";\t|," if any(mark in line for line in bare)), " ")


def _refuse_thousands(path: Path, lines: Sequence[tuple[int, str]]) -> None:
    for number, line in lines:
        found = THOUSANDS.search(line)
        if found:
            what = f"one number, or several? write {found[0].replace(',', '')} for one, and a blank behind each comma between several"
            raise TableError(path, f"{quoted(found[0])}: {what}", number, line.count(",", 0, found.start()) + 1)


def _has_decimal_commas(lines: Sequence[str]) -> bool:
    """Whether lines of the form ``0,5`` are numbers with a decimal comma, and surely no two columns.

    Examples
    --------
    >>> _has_decimal_commas(["0,25", "0,5"]), _has_decimal_commas(["0,1", "1,2"]), _has_decimal_commas(["1,05", "2,5"])
    (True, False, True)
    """
    return any(map(SURELY_ONE.fullmatch, lines)) or (len(lines) > 1 and all(re.match("[+-]?0,", line) for line in lines))


def _cells(path: Path, number: int, line: str, separator: str) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise TableError(path, f"{quoted(line)}: {error}", number) from None
    cells = [cell.strip() for row in rows for cell in row]
    if separator == " ":
        cells = [part for cell in cells for part in cell.split()]
    while len(cells) > 1 and not cells[-1]:  # a separator at the end of a line
        cells.pop()
    return cells


def _are_headings(cells: Sequence[str]) -> bool:
    """Whether cells are headings; ``O.1`` and ``l,5`` are slips of the pen, and nan is a number that is none.

    Examples
    --------
    >>> [_are_headings([cell]) for cell in ("tap", "h[n]", "O.1", "1", "nan")]
    [True, True, False, False, False]
    """
    return all(re.match(r"[^\W\d]", cell) and not re.search(r"[.,]\d", cell) and not ALIKE.fullmatch(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    return bool(REAL.fullmatch(cell.replace(",", ".", 1)))


def _decimal(cell: str, points: Sequence[str]) -> float:
    """The number of a cell, with a decimal comma where no other cell has a point."""
    if "," not in cell or not _is_number(cell):
        return real_number(cell)
    if points:
        raise ValueError(f"{quoted(cell)} has a decimal comma and {quoted(points[0])} a point")
    return real_number(cell.replace(",", "."))


def numpy_file(path: Path) -> Row:
    """The array of a ``.npy`` file, of one axis."""
    found = _numpy_array(path)
    if found.ndim != 1:
        raise TableError(path, f"holds an array of shape {found.shape}: must have one axis")
    return _real(path, found)


def numpy_rows(path: Path, columns: int) -> Row:
    """The array of a ``.npy`` file, of two axes."""
    found = _numpy_array(path)
    if found.ndim != 2 or found.shape[1] != columns:
        raise TableError(path, f"holds an array of shape {found.shape}: must have two axes, the second of {columns}")
    return _real(path, found)


def _numpy_array(path: Path) -> NDArray[Any]:
    content = file_bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception as error:  # numpy lets anything through that a header in Python's notation can raise
        raise TableError(path, f"is no .npy file that can be read: {_reason(error)}") from None
    if not isinstance(found, np.ndarray):
        raise TableError(path, "is an .npz archive of arrays: must be one array, as numpy.save writes it")
    return found


def matlab_file(path: Path) -> Row:
    """The one vector of a ``.mat`` file."""
    name, found = _matlab_array(path)
    if found.ndim != 2 or 1 not in found.shape:
        raise TableError(path, f"{name} is of shape {found.shape}: must be a vector")
    return _real(path, found.ravel(), f"{name} ")


def matlab_rows(path: Path, columns: int) -> Row:
    """The one matrix of a ``.mat`` file."""
    name, found = _matlab_array(path)
    if found.ndim != 2 or found.shape[1] != columns:
        raise TableError(path, f"{name} is of shape {found.shape}: must have rows of {columns}")
    return _real(path, found, f"{name} ")


def _matlab_array(path: Path) -> tuple[str, NDArray[Any]]:
    """Name and value of the one variable of a ``.mat`` file."""
    import scipy.io  # takes a third of a second to load

    content = file_bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kinds = {name: kind for name, _, kind in scipy.io.whosmat(io.BytesIO(content))}
            variables = scipy.io.loadmat(io.BytesIO(content), variable_names=list(kinds))
    except NotImplementedError:
        raise TableError(path, "is a .mat file of version 7.3: save it in MATLAB with -v7") from None
    except Exception as error:  # whatever spoilt bytes may raise
        raise TableError(path, f"is no .mat file that can be read: {_reason(error)}") from None
    if len(kinds) != 1:
        names = f"holds {len(kinds)} variables, {', '.join(sorted(kinds))}" if kinds else "holds no variable"
        raise TableError(path, f"{names}: must hold one alone")
    name, kind = kinds.popitem()
    if kind == "logical":
        raise TableError(path, f"{name} is logical: must be real numbers")
    return name, np.asarray(variables[name])


def _real(path: Path, found: NDArray[Any], name: str = "") -> Row:
    if found.dtype.kind not in "iuf":
        raise TableError(path, f"{name}holds {found.dtype.name} values: must be real numbers, integer or float")
    with np.errstate(over="ignore"):
        return found.astype(np.float64)


def _reason(error: Exception) -> str:
    """What an exception says, as the end of one line."""
    return (" ".join(str(error).split()).rstrip(".") or type(error).__name__)[:120]


def tool_export(path: Path) -> Row:
    """Coefficients as a filter design tool exports them; whoever only asks whether a name is that of a file loads no reader of these."""
    from fixed_point.filter_files import EXPORTS

    return EXPORTS[path.suffix.lower()](path)


def exported_sections(path: Path, columns: int) -> Row:
    """Second-order sections of MATLAB's ``.fcf`` file."""
    from fixed_point.filter_files import fcf_sections

    return fcf_sections(path, columns)


READERS: dict[str, Callable[[Path], Row]] = {
    ".csv": separated,
    ".txt": separated,
    ".npy": numpy_file,
    ".mat": matlab_file,
    ".coe": tool_export,
    ".fcf": tool_export,
    ".h": tool_export,
}
"""What reads a file, by its suffix."""

ROW_READERS: dict[str, Callable[[Path, int], Row]] = {
    ".csv": separated_rows,
    ".txt": separated_rows,
    ".npy": numpy_rows,
    ".mat": matlab_rows,
    ".fcf": exported_sections,
}
"""What reads a file of rows, by its suffix."""
