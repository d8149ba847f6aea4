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
from ip_cores.parameters import ParameterError, show_value

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
            arguments["h"] = _from_file(arguments["h"]).tolist()
        value = _designed(method, arguments)
    elif isinstance(value, str | Path):
        value = _from_file(value)
    return _real(value)


IN_HERTZ = 20
"""From here on a frequency without a sample rate beside it is one in Hz; up to 1 it is a fraction, as scipy.signal has it."""


def at_rate(design: Mapping[str, Any], rate: float) -> dict[str, Any]:
    """A design with its sample rate, ``fs``.

    Parameters
    ----------
    design : mapping
        ``method`` and arguments, see `reference.fir.design`.
    rate : float
        Samples per second of the taps.

    Returns
    -------
    dict
        With ``fs = rate`` where frequencies are in Hz. Where all are 1 or less and no ``fs`` is given, they are fractions of half the
        sample rate (for ``remez`` of the whole), and stay so, as with ``fs = 1`` or 2.

    Raises
    ------
    ParameterError
        If ``fs`` differs from `rate`, or frequencies can be neither fractions nor meant in Hz.

    Examples
    --------
    >>> at_rate({"method": "firwin", "numtaps": 9, "cutoff": 4000}, 16000)["fs"]
    16000
    >>> at_rate({"method": "firwin", "numtaps": 9, "cutoff": 0.5}, 16000)
    {'method': 'firwin', 'numtaps': 9, 'cutoff': 0.5}
    """
    if "fs" not in reference.fir.METHODS.get(str(design.get("method")), ()):
        return dict(design)
    if "fs" in design:
        stated = design["fs"]
        if isinstance(stated, Real) and stated not in (1, 2, rate):
            allowed = f"must be {rate:g}, the rate at which the taps run by sample_rate; set sample_rate, or leave fs out"
            raise ParameterError("coefficients.fs", stated, allowed)
        return dict(design)
    for name in ("cutoff", "freq", "bands"):
        given = design.get(name)
        numbers = [float(one) for one in (given if isinstance(given, Sequence) else [given]) if isinstance(one, Real)]
        highest = max(numbers, default=0.0)
        if highest >= IN_HERTZ:
            return {**design, "fs": rate}
        if highest > 1:
            allowed = f"must reach {IN_HERTZ} Hz or stay within 1, a fraction of half the sample rate; with fs = {rate:g} they are in Hz"
            raise ParameterError(f"coefficients.{name}", given, allowed)
    return dict(design)


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
