"""Bit-true wavelet analysis by lifting: reversible to the last bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.dwt_analysis import to_stream
from fixed_point.families.lifting_steps import Steps, lift
from fixed_point.quantization import Words, as_words


def lifting_analysis(words: ArrayLike, steps: Steps, levels: int, guard_bits: int, delay: int) -> tuple[Words, NDArray[np.int64]]:
    """Split samples into approximation A_J and details D_1 to D_J.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    steps : tuple of LiftingStep
        The scheme.
    levels : int
        Depth J.
    guard_bits : int
        Zeros appended to a sample.
    delay : int
        Delay of one level of analysis and synthesis; detail j waits delay (2**(J-j) - 1) of its own samples.

    Returns
    -------
    words : ndarray of int64
        Band words as they fall due, the coarsest first.
    channel : ndarray of int64
        Band of each word: 0 for A_J, j for D_j.

    Examples
    --------
    >>> from fixed_point.families.lifting_steps import lifting_steps
    >>> lifting_analysis([8, 8, 8, 8, 0, 0], lifting_steps((-0.5, 0.25), 18), 1, 0, 3)
    (array([ 1,  4,  9,  0,  7, -4]), array([0, 1, 0, 1, 0, 1]))
    """
    signal = as_words(words) << guard_bits
    count = signal.size
    details = []
    for level in range(1, levels + 1):
        signal, detail = lift(signal, steps)
        wait = min(delay * (2 ** (levels - level) - 1), detail.size)
        details.append(np.concatenate([np.zeros(wait, dtype=np.int64), detail[: detail.size - wait]]))
    return to_stream([signal, *details], count)
