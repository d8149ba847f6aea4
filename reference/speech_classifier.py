"""Silent, unvoiced or voiced, frame by frame, in float64; and the other measures that tell these apart, for comparison.

References
----------
B. S. Atal, L. R. Rabiner, "A pattern recognition approach to voiced-unvoiced-silence classification with applications to speech
recognition", IEEE Trans. Acoust., Speech, Signal Process. 24 (1976) 201-212: energy, zero crossings and the normalised autocorrelation at
a lag of one sample tell the three classes apart.

L. R. Rabiner, R. W. Schafer, "Digital Processing of Speech Signals", Prentice-Hall 1978, chapter 4: short-time energy, zero crossings and
autocorrelation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

SILENT, UNVOICED, VOICED = 0, 1, 2
CLASSES = ("silent", "unvoiced", "voiced")


class FrameSums(NamedTuple):
    """What is summed up over each frame.

    Attributes
    ----------
    energy : ndarray of float64, shape (frames,)
        Sum of x[n]^2.
    correlation : ndarray of float64, shape (frames,)
        Sum of x[n] x[n-1].
    crossings : ndarray of int64, shape (frames,)
        Samples whose sign is not that of the sample before; 0 counts as positive.
    """

    energy: Values
    correlation: Values
    crossings: NDArray[np.int64]


class Measures(NamedTuple):
    """What a frame is judged by, in doublings of energy.

    Attributes
    ----------
    level : ndarray of float64, shape (frames,)
        Base-2 logarithm of the energy.
    above : ndarray of float64, shape (frames,)
        Level above the noise floor.
    tilt : ndarray of float64, shape (frames,)
        Level above that of the correlation at a lag of one sample: 0 where low frequencies hold all of the energy.
    """

    level: Values
    above: Values
    tilt: Values


def frame_sums(x: ArrayLike, hop: int, overlap: int) -> FrameSums:
    """Sums over all frames that have ended.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        Samples before the first are 0.
    hop : int
        Samples from one frame to the next.
    overlap : int
        Hops in a frame.

    Notes
    -----
    With the low and the high half of the band as undecimated Haar wavelets split them, a[n] = (x[n] + x[n-1]) / 2 and d[n] = (x[n] -
    x[n-1]) / 2, the energies of A_1 and D_1 are half the sum and half the difference of energy and correlation, but for one sample at the
    ends of a frame. So the correlation is what these two energies tell.

    Examples
    --------
    >>> frame_sums([1.0, -1.0, 2.0, 2.0], 2, 2)
    FrameSums(energy=array([ 2., 10.]), correlation=array([-1.,  1.]), crossings=array([1, 2]))
    """
    now = np.asarray(x, dtype=np.float64)
    count = now.size // hop
    now = now[: count * hop]
    before = np.concatenate([[0.0], now])[: now.size]

    def over_frames(values: NDArray[np.float64]) -> Values:
        hops = np.concatenate([np.zeros(overlap - 1), values.reshape(count, hop).sum(axis=1)])
        return np.convolve(hops, np.ones(overlap), "valid") if count else np.zeros(0)

    crossed = over_frames(((now < 0) != (before < 0)).astype(np.float64))
    return FrameSums(over_frames(now * now), over_frames(now * before), crossed.astype(np.int64))


def noise_floor(level: ArrayLike, rise: float) -> Values:
    """Noise floor: it falls with the level at once, and rises by `rise` from frame to frame until it meets it.

    Examples
    --------
    >>> noise_floor([5.0, 3.0, 9.0, 9.0, 3.5], 0.5)
    array([5. , 3. , 3.5, 4. , 3.5])
    """
    levels = np.asarray(level, dtype=np.float64)
    risen = rise * np.arange(levels.size)
    return np.minimum.accumulate(levels - risen) + risen


def measures(sums: FrameSums, rise: float, lowest: float) -> Measures:
    """What frames are judged by.

    Parameters
    ----------
    sums : FrameSums
    rise : float
        Of the noise floor from frame to frame, in doublings of energy.
    lowest : float
        Energy of a frame below which all counts as that; above 0.
    """
    level = np.log2(np.maximum(sums.energy, lowest))
    tilt = level - np.log2(np.maximum(sums.correlation, lowest))
    return Measures(level, level - noise_floor(level, rise), np.maximum(tilt, 0.0))


def classes(found: Measures, silence: float, tilt: float) -> NDArray[np.int64]:
    """Silent where the level is less than `silence` above the floor; of the others voiced where the tilt is no more than `tilt`."""
    return np.where(found.above < silence, SILENT, np.where(found.tilt <= tilt, VOICED, UNVOICED))


def entropy(x: ArrayLike, hop: int, overlap: int) -> Values:
    """Shannon entropy of the samples of each frame, -sum of s^2 ln s^2 with samples from -1 to 1, not normalised."""
    squares = np.square(np.asarray(x, dtype=np.float64))
    terms = -squares * np.log(np.where(squares > 0, squares, 1.0))
    count = terms.size // hop
    hops = np.concatenate([np.zeros(overlap - 1), terms[: count * hop].reshape(count, hop).sum(axis=1)])
    return np.convolve(hops, np.ones(overlap), "valid") if count else np.zeros(0)
