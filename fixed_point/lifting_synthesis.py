"""Bit-true wavelet synthesis by lifting: undoes the steps of the analysis one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.dwt_analysis import from_stream, pattern
from fixed_point.families.lifting_steps import Steps, unlift
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, requantize


def lifting_synthesis(
    words: ArrayLike,
    channel: ArrayLike,
    steps: Steps,
    levels: int,
    internal: Format,
    source: Format,
    rounding: Rounding = Rounding.NEAREST,
    overflow: Overflow = Overflow.SATURATE,
) -> Words:
    """Put together what `fixed_point.lifting_analysis.lifting_analysis` took apart.

    Parameters
    ----------
    words, channel : array_like of int, shape (n,)
        Aligned band words in the order of the wire, and their bands: 0 for A_J, j for D_j. They may start anywhere in that order.
    steps : tuple of LiftingStep
        The scheme, as in the analysis.
    levels : int
        Depth J.
    internal : Format
        To which everything between the steps wraps; words of the analysis never do.
    source : Format
        Format of the result.
    rounding, overflow : Rounding, Overflow
        From `internal` to `source`: without effect on words of the analysis.

    Returns
    -------
    ndarray of int64
        Two samples for each word of D_1; one more where the words that fall due after the next pair have begun to arrive.

    Raises
    ------
    ValueError
        If the words do not stand in the order of the wire.
    """
    bands, missed = from_stream(words, channel, levels)
    begun = int((np.asarray(channel)[-1:] != 1).sum())
    signal = bands[0]
    for level in range(levels, 0, -1):
        detail = bands[level]
        wanted = bands[level - 1].size if level > 1 else 2 * detail.size + begun
        signal = unlift(signal[: detail.size], detail, steps, internal)[:wanted]
    before = 2 * int((pattern(levels)[:missed] == 1).sum())
    return requantize(signal[before:], internal, source, rounding, overflow)
