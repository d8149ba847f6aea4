"""A reset in continuous time: when it is on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def reset_synchronizer(on: float, off: float, period: float, stages: int, times: ArrayLike) -> NDArray[np.bool_]:
    """Whether the reset is on at given times, clock edges being at multiples of the period.

    It comes on with the request, at once, and goes off with the last of `stages` edges after the request has gone.

    Parameters
    ----------
    on, off : float
        When the request comes and goes, in the unit of `period`.
    period : float
        Of the clock.
    stages : int
        Registers.
    times : array_like of float, shape (n,)
        When to look.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> reset_synchronizer(0.2, 2.4, 1.0, 2, [0.1, 0.3, 2.5, 3.5, 4.1])
    array([False,  True,  True,  True, False])
    """
    released = (np.floor(off / period) + stages) * period
    times = np.asarray(times, dtype=np.float64)
    return (times >= on) & (times < released)
