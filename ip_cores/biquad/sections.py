"""Sections of a description: rows of six numbers, a file of them, or designs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

import reference.biquad
from fixed_point.number_tables import ROW_READERS, TableError, read_rows
from ip_cores import cache
from ip_cores.parameters import Excerpt, ParameterError, show_value

Sections = tuple[tuple[float, ...], ...]

COLUMNS = 6

MOST_SECTIONS = reference.biquad.MOST_ORDER // 2


def sections(value: Any) -> Sections | None:
    """Rows b0, b1, b2, a0, a1, a2; None where a design gives them.

    Parameters
    ----------
    value : sequence of sequence of float, str, Path or None
        As scipy.signal has them, or the name of a file of such rows.

    Raises
    ------
    ValueError
        If the file cannot be read, or rows are no six finite numbers.
    """
    if value is None:
        return None
    if isinstance(value, str | Path):
        try:
            value = read_rows(value, COLUMNS)
        except TableError as error:
            raise ValueError(error.sentence) from None
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str) or not len(value):
        raise ValueError(f"must be {sections.allowed}")  # type: ignore[attr-defined]
    for number, row in enumerate(value):
        if not isinstance(row, Sequence | np.ndarray) or isinstance(row, str) or len(row) != COLUMNS:
            raise ValueError(f"must be rows of six numbers b0, b1, b2, a0, a1, a2; row {number} is {show_value(row)}")
        for one in row:
            if isinstance(one, bool | np.bool_) or not isinstance(one, Real) or not math.isfinite(float(one)):
                raise ValueError(f"must be finite numbers; in row {number} there is {show_value(one)}")
    if len(value) > MOST_SECTIONS:
        raise ValueError(f"must be 1 to {MOST_SECTIONS} rows, not {len(value)}")
    return tuple(tuple(float(one) for one in row) for row in value)


sections.allowed = f"rows of six numbers b0, b1, b2, a0, a1, a2, or a file of them ({', '.join(ROW_READERS)})"  # type: ignore[attr-defined]


def designs(value: Any) -> tuple[Mapping[str, Any], ...] | None:
    """One design or several, each a mapping: ``method`` and the arguments of `reference.biquad.design`."""
    if value is None:
        return None
    listed = [value] if isinstance(value, Mapping) else value
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise ValueError(f"must be {designs.allowed}")  # type: ignore[attr-defined]
    for one in listed:
        if not isinstance(one, Mapping) or not isinstance(one.get("method"), str):
            raise ValueError(f"must be {designs.allowed}")  # type: ignore[attr-defined]
    return tuple(dict(one) for one in listed)


designs.allowed = f"a table with method = {', '.join(reference.biquad.METHODS)}, and its arguments; or several"  # type: ignore[attr-defined]


def designed(wanted: Sequence[Mapping[str, Any]], rate: float) -> Sections:
    """The sections of some designs, one behind the other.

    Parameters
    ----------
    wanted : sequence of mapping
        From `designs`.
    rate : float
        Samples per second of a channel, which is `fs`.

    Raises
    ------
    ParameterError
        If a design cannot be made, or is for another rate.
    """
    rows: list[list[float]] = []
    for one in wanted:
        arguments = {"fs": rate, **one}
        method = arguments.pop("method")
        stated = arguments["fs"]
        if isinstance(stated, bool) or not isinstance(stated, Real) or stated not in (2, rate):
            allowed = f"must be {rate:g}, the rate of a channel by sample_rate; set sample_rate, or leave fs out"
            raise ParameterError("design.fs", stated, allowed)
        try:
            rows += _kept(method, arguments)
        except ValueError as error:
            raise ParameterError("design", one, str(error)) from None
    if len(rows) > MOST_SECTIONS:
        raise ParameterError("design", Excerpt(f"{len(rows)} sections"), f"must be no more than {MOST_SECTIONS}")
    return tuple(tuple(row) for row in rows)


def _kept(method: str, arguments: dict[str, Any]) -> list[list[float]]:
    """A design; one that takes scipy.signal is kept, since a core designs its filter anew in each process that only looks at it."""
    if method not in reference.biquad.SCIPY_METHODS:
        return reference.biquad.design(method, **arguments).tolist()
    import scipy

    try:
        key = cache.key_of(["sections", scipy.__version__, method, json.dumps(arguments, sort_keys=True)])
    except TypeError:
        raise ValueError(f"{method}: arguments must be numbers, lists and text") from None
    kept = cache.load(key)
    if kept is None:
        kept = reference.biquad.design(method, **arguments).tolist()
        cache.store(key, kept)
    return kept
