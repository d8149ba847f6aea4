"""What a sweep has found, on disk: a row is added as soon as it is known, so that nothing is lost or computed twice."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ip_cores.folders import hold, write_whole

Row = dict[str, Any]

ERROR = "error"
"""Column with the reason of a point that failed; empty for the others."""


class ResultsError(ValueError):
    """A folder that cannot take the results of a sweep."""


def fingerprint(*parts: Any) -> str:
    """A short digest of whatever identifies a sweep."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]


class Results:
    """A table of points on disk.

    Parameters
    ----------
    folder : path
        ``results.csv`` and ``sweep.json`` will stand there.
    columns : sequence of str
        Columns in order; the first `keys` name the point.
    keys : int
        How many columns tell points apart.
    identity : str
        What the sweep is of (see `fingerprint`): results are only taken up again by the same sweep, over whatever ranges.
    resume : bool
        Take up the rows that are there.

    Attributes
    ----------
    release : callable
        Lets other runs write to the folder; `finish` does so too.

    Raises
    ------
    ResultsError
        If results are there and `resume` is false, they are another sweep's, or another run is writing there.
    """

    def __init__(self, folder: str | Path, columns: Sequence[str], keys: int, identity: str, resume: bool = False) -> None:
        self.folder, self.columns, self.keys = Path(folder), tuple(columns), keys
        self.path, self._about = self.folder / "results.csv", self.folder / "sweep.json"
        self.rows: dict[tuple[Any, ...], Row] = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._held = hold(self.folder)
        except BlockingIOError:
            raise ResultsError(f"{folder}: another run is writing its results there: wait for its end, or name another folder") from None
        self.release = weakref.finalize(self, os.close, self._held)
        if self.path.exists():
            if not resume:
                raise ResultsError(f"{self.path}: holds the results of an earlier sweep: go on with --resume, or name another folder")
            self._take_up(identity)
        write_whole(self._about, json.dumps({"identity": identity, "columns": self.columns}, indent=2) + "\n")
        self._write(self.rows.values())
        self._file = self.path.open("a", newline="")

    def _take_up(self, identity: str) -> None:
        try:
            about = json.loads(self._about.read_text())
        except (OSError, ValueError):
            about = {}
        if about.get("identity") != identity or tuple(about.get("columns", ())) != self.columns:
            raise ResultsError(f"{self.path}: holds results of another core, signal, metric or set of parameters: name another folder")
        text = self.path.read_text()
        for cells in csv.reader(io.StringIO(text[: text.rfind("\n") + 1])):  # a line that was being written when the power went has no end
            if len(cells) == len(self.columns) and cells != list(self.columns):
                row = {name: cell if name == ERROR else parse(cell) for name, cell in zip(self.columns, cells, strict=True)}
                self.rows[self.key(row)] = row

    def key(self, row: Row) -> tuple[Any, ...]:
        """What tells a point from others."""
        return tuple(row[name] for name in self.columns[: self.keys])

    def __contains__(self, point: tuple[Any, ...]) -> bool:
        return tuple(point) in self.rows

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows and hand them to the operating system at once."""
        for row in rows:
            if self.key(row) in self.rows:
                continue
            self.rows[self.key(row)] = row
            self._file.write(self._line(row))
        self._file.flush()

    def finish(self, order: Iterable[tuple[Any, ...]]) -> list[Row]:
        """Rewrite the table in the order of some points (others behind them), close it, and return the rows of those points."""
        self._file.close()
        wanted = [self.rows[point] for point in order if point in self.rows]
        keys = {self.key(row) for row in wanted}
        self._write([*wanted, *(row for key, row in self.rows.items() if key not in keys)])
        self.release()
        return wanted

    def _write(self, rows: Iterable[Row]) -> None:
        write_whole(self.path, _csv_line(self.columns) + "".join(self._line(row) for row in rows))

    def _line(self, row: Row) -> str:
        return _csv_line([show(row.get(name)) for name in self.columns])


def _csv_line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def show(value: Any) -> str:
    """A value as a cell; floats so that they are read back the same.

    Examples
    --------
    >>> show(0.1), show(None), show(float("inf")), show(12)
    ('0.1', '', 'inf', '12')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(float(value)) if isinstance(value, float) else " ".join(str(value).split())


def parse(cell: str) -> Any:
    """What `show` wrote.

    Examples
    --------
    >>> parse("12"), parse("0.5"), parse("inf"), parse(""), parse("direct"), parse("true")
    (12, 0.5, inf, None, 'direct', True)
    """
    if cell in ("true", "false"):
        return cell == "true"
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell or None


def write_parquet(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> bool:
    """Write the table as Parquet too; false if pyarrow is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        return False
    table = {name: [row.get(name) for row in rows] for name in columns}
    pyarrow.parquet.write_table(pyarrow.table(table), path)
    return True


def finite(value: Any) -> bool:
    """Whether a cell is a number that a plot can show."""
    return isinstance(value, int | float) and math.isfinite(value)
