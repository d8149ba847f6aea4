"""Audiograms and tables of gain as users write them: TOML with an ``[audiogram]`` table, or CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixed_point.number_text import TableError, file_lines, quoted, real_number
from ip_cores.description import DescriptionError, read_description
from ip_cores.parameters import REQUIRED, ParameterError, nearest
from reference.audiograms import AUDIOMETRIC, STANDARD, Audiogram, AudiogramError, standard_audiogram

EARS = ("left", "right", "both")
"""Keys, and columns of a CSV file, that hold thresholds."""


@dataclass(frozen=True)
class Listener:
    """Whom an aid is for.

    Attributes
    ----------
    path : Path
        File that says it.
    ears : dict of str to Audiogram
        By ``left``, ``right`` or, where they do not differ, ``both``.
    options : dict
        What stands beside the thresholds in an ``[audiogram]`` table.
    """

    path: Path
    ears: dict[str, Audiogram]
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.ears) == 2 and self.ears["left"] == self.ears["right"]:
            object.__setattr__(self, "ears", {"both": self.ears["left"]})


def read_listener(path: str | Path, options: Sequence[str]) -> Listener:
    """Thresholds, and what else a file says of how an aid is to be fitted.

    Parameters
    ----------
    path : str or Path
        A ``.toml`` file with an ``[audiogram]`` table, or a ``.csv`` file of frequencies and thresholds.
    options : sequence of str
        Keys that may stand beside the thresholds.

    Raises
    ------
    ValueError
        One sentence with file, key or place, value and what is allowed.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return _from_table(path)
    if path.suffix.lower() != ".toml":
        raise DescriptionError(f"{path}: must be a .toml or a .csv file")
    try:
        return _from_description(path, read_description(path), options)
    except ParameterError as error:
        raise DescriptionError(f"{error} ({path})") from None


def _from_description(path: Path, content: Mapping[str, Any], options: Sequence[str]) -> Listener:
    for key in content:
        if key != "audiogram":
            raise ParameterError(key, content[key], "unknown key; a fitting takes one table, [audiogram]")
    table = content.get("audiogram")
    if not isinstance(table, dict):
        raise ParameterError("audiogram", REQUIRED if table is None else table, "must be a table of frequencies and thresholds")
    known = ("frequencies", *EARS, *options)
    for key, value in table.items():
        if key not in known:
            raise ParameterError(f"audiogram.{key}", value, f"unknown key; an audiogram takes {', '.join(known)}{nearest(key, known)}")
    named = [ear for ear in EARS if ear in table]
    if not named or ("both" in named and len(named) > 1):
        thresholds = {ear: table[ear] for ear in named} or table
        raise ParameterError("audiogram", thresholds, "must give thresholds in dB HL as left, right, or left and right; or as both")
    given = table.get("frequencies")
    if given is None and any(not isinstance(table[ear], str) for ear in named):
        raise ParameterError("audiogram.frequencies", REQUIRED, "missing; frequencies of the thresholds in Hz")
    frequencies = AUDIOMETRIC if given is None else numbers("audiogram.frequencies", given)
    ears = {ear: _ear(f"audiogram.{ear}", table[ear], frequencies) for ear in named}
    return Listener(path, ears, {key: table[key] for key in table if key in options})


def _ear(key: str, value: Any, frequencies: tuple[float, ...]) -> Audiogram:
    """Thresholds in a list, or a standard audiogram by name."""
    try:
        if not isinstance(value, str):
            return Audiogram(frequencies, numbers(key, value))
        if value not in STANDARD:
            raise ParameterError(key, value, f"must be a list of thresholds in dB HL, or one of {', '.join(STANDARD)}")
        return standard_audiogram(value, Audiogram(frequencies, (0.0,) * len(frequencies)).frequencies)
    except AudiogramError as error:
        raise ParameterError("audiogram.frequencies" if error.field == "frequencies" else key, error.value, error.allowed) from None


def numbers(key: str, value: Any) -> tuple[float, ...]:
    """A list of numbers of a description.

    Raises
    ------
    ParameterError
        If it is none.
    """
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(key, value, "must be a list of numbers")
    for item in value:
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise ParameterError(key, item, "must be a list of numbers")
    return tuple(float(item) for item in value)


@dataclass(frozen=True)
class HeadedTable:
    """Numbers of a CSV file, by heading.

    Attributes
    ----------
    path : Path
    columns : dict of str to tuple of float
        Headings in lower case, without units.
    """

    path: Path
    columns: dict[str, tuple[float, ...]]


def read_table(path: Path) -> HeadedTable:
    """A CSV file with a line of headings: a column of frequencies, and others.

    Fields are separated by ``;``, tabs or commas; with ``;`` or tabs decimal commas are understood. Lines that begin with ``#`` are
    comments. What stands in brackets in a heading is its unit and does not count.

    Raises
    ------
    TableError
        With the line and the cell.
    """
    lines = [(number, line) for number, line in enumerate(file_lines(path), 1) if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) < 2:
        raise TableError(path, "must hold a line of headings and one line for each frequency")
    separator = next(mark for mark in ";\t," if mark in lines[0][1] or mark == ",")
    rows = []
    for number, line in lines:
        try:
            rows.append((number, cells_of(line, separator)))
        except ValueError as error:
            raise TableError(path, str(error), number) from None
    first, headings = rows[0][0], [re.sub(r"[(\[].*", "", cell).strip().lower() for cell in rows[0][1]]
    if len(set(headings)) < len(headings):
        raise TableError(path, "two columns have the same heading", first)
    if headings[0] not in ("f", "hz") and not headings[0].startswith("freq"):
        raise TableError(path, f"{quoted(rows[0][1][0])}: the first column must be headed frequency", first, 1)
    headings[0] = "frequency"
    columns: dict[str, list[float]] = {heading: [] for heading in headings}
    for number, cells in rows[1:]:
        if len(cells) != len(headings):
            raise TableError(path, f"holds {len(cells)} cells: must be {len(headings)}, as the line of headings", number)
        for place, (heading, cell) in enumerate(zip(headings, cells, strict=True), 1):
            try:
                columns[heading].append(real_number(cell.replace(",", ".") if separator != "," else cell))
            except ValueError as error:
                raise TableError(path, str(error), number, place) from None
    return HeadedTable(path, {heading: tuple(values) for heading, values in columns.items()})


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of a line.

    Raises
    ------
    ValueError
        If a cell is longer than any number is.

    Examples
    --------
    >>> cells_of('250; "20,5"', ";")
    ['250', '20,5']
    """
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    except csv.Error as error:
        raise ValueError(f"cannot be split into cells: {error}") from None


def _from_table(path: Path) -> Listener:
    """An audiogram in CSV: frequency and left, right or both; one column without such a heading is of both ears."""
    columns = dict(read_table(path).columns)
    frequencies = columns.pop("frequency")
    if len(columns) == 1 and not set(columns) & set(EARS):
        columns = {"both": next(iter(columns.values()))}
    if not columns or not set(columns) <= set(EARS) or ("both" in columns and len(columns) > 1):
        heads = ", ".join(columns) or "none"
        raise TableError(path, f"columns beside frequency are {heads}: must be left, right, left and right, or both; thresholds in dB HL")
    ears = {}
    for ear, levels in columns.items():
        try:
            ears[ear] = Audiogram(frequencies, levels)
        except AudiogramError as error:
            name = "frequency" if error.field == "frequencies" else ear
            raise TableError(path, str(ParameterError(name, error.value, error.allowed))) from None
    return Listener(path, ears)
