"""Duration without pitch in float64: waveform similarity overlap-add (WSOLA).

References
----------
W. Verhelst, M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale modification of
speech", Proc. IEEE ICASSP (1993) II-554-557.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

Samples = NDArray[np.float64]

WAITED = Fraction(5, 2)
"""Segments that are taken before the first leaves."""


def segment_origins(count: int, segment: int, step: Fraction | Sequence[Fraction]) -> list[int]:
    """First places that are looked at for each of the segments that so many samples give.

    Parameters
    ----------
    count : int
        Samples that have come.
    segment : int
        Samples of a segment.
    step : Fraction, or sequence of Fraction
        Samples by which segments lie apart where they are taken; they leave `segment` apart. Where it changes, what it is at each
        sample: the one counts that comes first behind those of the segment before.

    Examples
    --------
    >>> segment_origins(35, 8, Fraction(5))
    [0, 5, 10, 15]
    >>> segment_origins(35, 8, [Fraction(5)] * 24 + [Fraction(9)] * 11)
    [0, 5, 14]
    """
    found, begin = [Fraction(0)], int(WAITED * segment)
    while int(found[-1]) + begin < count:
        found.append(found[-1] + (step if isinstance(step, Fraction) else step[int(found[-1]) + begin]))
    return [int(origin) for origin in found if int(origin) + begin <= count]


def time_scaler(x: ArrayLike, segment: int, step: Fraction | Sequence[Fraction], thinning: int = 1) -> Samples:
    """A signal that lasts ``segment / step`` times as long.

    Parameters
    ----------
    x : array_like of float, shape (n,)
    segment : int
        Samples of a segment: it fades into the next over its whole length, and is looked for at as many places.
    step : Fraction, or sequence of Fraction
        Samples by which segments lie apart in `x`, as for `segment_origins`.
    thinning : int
        Every so many samples of a segment are compared.

    Returns
    -------
    ndarray of float64, shape (m,)
        Whole segments, as many as follow from n.

    Notes
    -----
    What followed on the segment before fades out while the segment fades in that begins, of `segment` places from the origin on, where the
    sum of magnitudes of differences to it is least, the first of several. Where what follows is one of these places, nothing is looked for.

    Examples
    --------
    >>> time_scaler(range(12), 4, Fraction(4))
    array([0., 1., 2., 3.])
    """
    signal = np.asarray(x, dtype=np.float64)
    fade = np.arange(segment) / segment
    found, follows = [np.zeros(0)], 0
    for origin in segment_origins(len(signal), segment, step):
        before = signal[follows : follows + segment]
        at = follows if 0 <= follows - origin < segment else origin + best_match(signal[origin : origin + 2 * segment], before, thinning)
        found.append(before + (signal[at : at + segment] - before) * fade)
        follows = at + segment
    return np.concatenate(found)


def best_match(searched: ArrayLike, pattern: ArrayLike, thinning: int = 1) -> int:
    """Where a pattern is matched best: the place of the least sum of magnitudes of differences, the first of several.

    Examples
    --------
    >>> best_match([5.0, 0.0, 1.0, 9.0], [0.0, 1.0])
    1
    """
    wanted = np.asarray(pattern, dtype=np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(searched, dtype=np.float64), len(wanted))[: len(wanted)]
    return int(np.argmin(np.abs(windows[:, ::thinning] - wanted[::thinning]).sum(axis=1)))
