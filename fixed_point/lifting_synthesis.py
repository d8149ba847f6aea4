"""Bit-true wavelet synthesis by lifting: undoes the steps of the analysis one by one."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fixed_point.dwt_analysis import through_levels
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
        Of everything between the steps, as `unlifting_format` gives it: no band words make it overflow.
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
    signal = through_levels(words, channel, levels, lambda approximation, detail, level: unlift(approximation, detail, steps))
    return requantize(signal, internal, source, rounding, overflow)
