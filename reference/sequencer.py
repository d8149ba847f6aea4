"""Sequencer in float64: a calculation on whole segments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def sequencer(x: ArrayLike, calculation: Callable[[Any], Any], length: int, rate: Fraction | int = 1) -> NDArray[np.float64]:
    """What `calculation` makes of the whole segments of a signal.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    calculation : callable
        From samples to samples.
    length : int
        Samples of a segment; those behind the last whole one wait for the rest of it.
    rate : Fraction or int
        Samples out for each one in.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> sequencer([1, 2, 3, 4, 5], lambda x: -x, 2)
    array([-1., -2., -3., -4.])
    """
    signal = np.asarray(x, dtype=np.float64)
    whole = signal.size // length * length
    return np.asarray(calculation(signal[:whole]), dtype=np.float64)[: int(whole * rate)]
