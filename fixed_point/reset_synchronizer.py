"""Clock-true reset synchroniser: what the reset is before each clock edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.quantization import Words, as_words


def reset_synchronizer(request: ArrayLike, stages: int) -> Words:
    """The reset before each edge, from the request before each edge.

    Parameters
    ----------
    request : array_like of int, shape (n,)
        1 where the request is on; it is on before the first.
    stages : int
        Edges without a request after which the reset is off.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> reset_synchronizer([1, 0, 0, 0, 1, 0], 2)
    array([1, 1, 1, 0, 1, 1])
    """
    on = np.concatenate([np.ones(stages, dtype=np.int64), as_words(request)])
    return np.lib.stride_tricks.sliding_window_view(on, stages + 1).max(axis=1)
