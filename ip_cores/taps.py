"""Coefficients of a description: a list, a file, or a design as scipy.signal makes it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference.fir
from fixed_point.number_tables import READERS, TableError, read_numbers
from ip_cores import cache
from ip_cores.parameters import show_value

Taps = tuple[float, ...]


def taps(value: Any) -> Taps:
    """Taps from whatever a description may give.

    Parameters
    ----------
    value : sequence of float, str, Path or mapping
        The taps; the name of a file that holds them (`fixed_point.number_tables.read_numbers`); or a design: ``method`` and the arguments
        of the function of that name in ``scipy.signal``.

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        If the file cannot be read, the design cannot be made, or the taps are empty, no real numbers, or not finite.
    """
    if isinstance(value, Mapping):
        arguments = dict(value)
        method = arguments.pop("method", None)
        if not isinstance(method, str):
            raise ValueError('a design needs method = "firwin" or another design function of scipy.signal')
        if isinstance(arguments.get("h"), str):  # the filter that minimum_phase begins with
            arguments["h"] = _from_file(arguments["h"])
        value = _designed(method, arguments)
    elif isinstance(value, str | Path):
        value = _from_file(value)
    return _real(value)


taps.allowed = f"a list of numbers, a file of them ({', '.join(READERS)}), or a [coefficients] table"  # type: ignore[attr-defined]


def _from_file(name: str | Path) -> NDArray[np.float64]:
    try:
        return read_numbers(name)
    except TableError as error:
        raise ValueError(error.sentence) from None


def _real(found: Any) -> Taps:
    """Numbers, each of which is one: numpy would take ``true`` and ``"0.5"`` for numbers too."""
    if not isinstance(found, Sequence | np.ndarray):
        raise ValueError(f"must be {taps.allowed}")  # type: ignore[attr-defined]
    if not len(found) or (isinstance(found, np.ndarray) and found.ndim != 1):
        raise ValueError("must be a list of one or more numbers")
    for number, tap in enumerate(found):
        if isinstance(tap, bool | np.bool_) or not isinstance(tap, Real):
            raise ValueError(f"must be a list of numbers; tap {number} is {show_value(tap)}")
    values = tuple(float(tap) for tap in found)
    if not all(map(math.isfinite, values)):
        raise ValueError("must be finite numbers")
    return values


def _designed(method: str, arguments: dict[str, Any]) -> Any:
    """A design; one that takes scipy.signal is kept, since a core designs its filter anew in each process that only looks at it."""
    found = reference.fir.quick_design(method, **arguments)
    if found is not None:
        return found
    import scipy

    try:
        key = cache.key_of(["design", scipy.__version__, method, json.dumps(arguments, sort_keys=True)])
    except TypeError:  # arrays, which come from a program that has scipy.signal loaded anyway
        return reference.fir.design(method, **arguments)
    kept = cache.load(key)
    if kept is None:
        kept = reference.fir.design(method, **arguments).tolist()
        cache.store(key, kept)
    return kept
