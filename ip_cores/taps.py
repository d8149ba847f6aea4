"""Coefficients of a description: a list, a file, or a design as scipy.signal makes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import reference.fir
from ip_cores import cache

Taps = tuple[float, ...]


def taps(value: Any) -> Taps:
    """Taps from whatever a description may give.

    Parameters
    ----------
    value : sequence of float, str, Path or mapping
        The taps; the name of a ``.csv`` or ``.npy`` file that holds them; or a design: ``method`` and the arguments
        of the function of that name in ``scipy.signal``.

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        If the file cannot be read, the design cannot be made, or the taps are empty or not finite.
    """
    if isinstance(value, Mapping):
        arguments = dict(value)
        method = arguments.pop("method", None)
        if not isinstance(method, str):
            raise ValueError('a design needs method = "firwin" or another design function of scipy.signal')
        found = _designed(method, arguments)
    elif isinstance(value, str | Path):
        found = _from_file(Path(value))
    else:
        found = value
    try:
        array = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("must be a list of numbers, the name of a .csv or .npy file, or a [coefficients] table") from None
    if array.ndim != 1 or array.size == 0:
        raise ValueError("must be a list of one or more numbers")
    if not np.all(np.isfinite(array)):
        raise ValueError("must be finite numbers")
    return tuple(float(tap) for tap in array)


taps.allowed = "a list of numbers, a .csv or .npy file, or a [coefficients] table"  # type: ignore[attr-defined]


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


def _from_file(path: Path) -> Any:
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False).ravel()
        if path.suffix == ".csv":
            return np.array([float(field) for field in path.read_text().replace(",", " ").split()])
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise ValueError("must hold numbers, separated by commas or lines") from None
    raise ValueError("must be the name of a .csv or .npy file")
