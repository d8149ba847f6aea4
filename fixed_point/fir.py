"""Bit-true FIR filter: all products and sums at full precision, one rounding and one overflow at the output.

The sums are taken by float64 matrix products (BLAS), which are exact while no sum of magnitudes reaches 2**53, whatever their order:
every partial sum is then an integer that a float64 holds. Blocks of samples are rows of a matrix and the filter a few small Toeplitz
matrices, so that no sample is copied for each tap and everything stays in the second-level cache. Where sums grow further the
coefficients are cut into limbs, few enough bits each that their sums stay exact, and the limbs' sums are put together in int64; sums
past 2**63 keep what rounding needs of the bits that are dropped anyway. ``docs/model_speed.md`` has the measurements behind this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, convert_in_place, requantize

_EXACT = 1 << 53
"""Integers up to this magnitude are float64 numbers."""

_ROUNDED = 1 << 51
"""Sums up to this magnitude are rounded in float64, which takes a bit below their last one and adds `_WHOLE`."""

_WHOLE = 1.5 * 2**52
"""A float64 added to this has no room for a fraction: it is rounded to a whole number, half to even, which stands in its lowest bits."""

_BLOCK = 1 << 15
"""Sums per block: 256 kB of them and as much of samples. The matrix products stay below the size at which BLAS starts threads."""


def fir(
    words: ArrayLike,
    coefficient_words: ArrayLike,
    accumulator_fraction: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Filter words: y[n] = sum of c[k] x[n - k] over k, exactly, then one rounding and one overflow. Samples before the first are 0.

    Parameters
    ----------
    words : array_like of int, shape (..., n)
        Raw samples, along the last axis; any integer dtype.
    coefficient_words : array_like of int, shape (..., taps)
        Raw coefficients. Axes before the last broadcast against those of `words`: one signal through many filters, many signals
        through one, or pairs.
    accumulator_fraction : int
        Fraction length of a product: the sum of the samples' and the coefficients'.
    source_format : Format or str
        Format of the result.
    rounding, overflow : Rounding, Overflow or str
        How the full-precision sum becomes a word of `source_format`.

    Returns
    -------
    ndarray of int64, shape (..., n)
        Raw words of `source_format` (Python ints where that exceeds 64 bits).

    Raises
    ------
    ValueError
        If there are no coefficients, something is not an integer, or shapes do not fit.

    Notes
    -----
    Exact for words of any length; fast while those of the samples have 40 bits or less.

    Examples
    --------
    >>> fir([100, 0, 0, -100], [64, 32, -16], 14, "sfix8_En7")
    array([ 50,  25, -12, -50])
    >>> fir([100, 0, 0, -100], [[64, 32], [32, 64]], 14, "sfix8_En7", "floor")
    array([[ 50,  25,   0, -50],
           [ 25,  50,   0, -25]])
    """
    finish = _Finish(int(accumulator_fraction), Format.parse(source_format), Rounding(rounding), Overflow(overflow))
    x, c = _integers(words, "words"), as_words(coefficient_words, "coefficients")
    if x.ndim == 0 or c.ndim == 0 or c.shape[-1] == 0:
        raise ValueError(f"words of shape {x.shape}, coefficients of shape {c.shape}: must be samples along an axis, and at least one tap")
    try:
        lead = np.broadcast_shapes(x.shape[:-1], c.shape[:-1])
    except ValueError:
        raise ValueError(f"words of shape {x.shape}, coefficients of shape {c.shape}: leading axes must broadcast") from None
    signals = np.broadcast_to(x, (*lead, x.shape[-1]))
    filters = np.broadcast_to(c, (*lead, c.shape[-1]))
    result = np.empty(signals.shape, dtype=np.int64 if finish.format.fits_int64 else object)
    if result.size:
        peak = _peak(x)
        for index in np.ndindex(lead):
            _filter(signals[index], peak, filters[index], finish, result[index])
    return result


def fir_in_force(
    words: ArrayLike,
    sets: ArrayLike,
    which: ArrayLike,
    accumulator_fraction: int,
    source_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
    interpolation: int = 1,
    decimation: int = 1,
    by_sample: bool = False,
) -> Words:
    """Filter words with coefficients that change: y[n] = sum of c[n, k] x[n - k], c[n] being the set in force at sample n.

    Parameters
    ----------
    words : array_like of int, shape (n,)
    sets : array_like of int, shape (sets, taps)
        Raw coefficients.
    which : array_like of int, shape (n,)
        Number of the set that is in force as each sample enters.
    accumulator_fraction, source_format, rounding, overflow
        As of `fir`.
    interpolation, decimation : int
        By how much the rate changes; one of them is 1.
    by_sample : bool
        Whether a sample keeps, in all sums that it enters, the coefficients that are in force as it enters itself, as in a transposed
        form: y[n] = sum of c[n - k, k] x[n - k].

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> fir_in_force([64, 64, 64, 64], [[64, 64], [32, -32]], [0, 0, 1, 1], 14, "sfix8_En7")
    array([32, 64,  0,  0])
    >>> fir_in_force([64, 64, 64, 64], [[64, 64], [32, -32]], [0, 0, 1, 1], 14, "sfix8_En7", by_sample=True)
    array([32, 64, 48,  0])
    """
    x, c, chosen = as_words(words, "words"), as_words(sets, "coefficients"), as_words(which, "which")
    output = (int(accumulator_fraction), Format.parse(source_format), Rounding(rounding), Overflow(overflow))
    phases = [_one_phase(x, c[:, phase::interpolation], chosen, decimation, output, by_sample) for phase in range(interpolation)]
    return np.stack(phases, axis=-1).reshape(-1)


def _one_phase(
    x: Words, c: Words, chosen: Words, decimation: int, output: tuple[int, Format, Rounding, Overflow], by_sample: bool
) -> Words:
    """Every so many words of one phase, whose filter may have no taps left."""
    if not c.shape[1]:
        c = np.zeros((len(c), 1), np.int64)
    result = np.zeros(x.size, np.int64 if output[1].fits_int64 else object)
    if by_sample:
        # Sums that are not rounded, of the samples that met the one set, and of those that met the other.
        peak = _peak(x) if x.size else 1
        longest = max((sum(map(abs, one)) for one in c.tolist()), default=0) * peak * len(c)
        whole = Format(True, max(2, longest.bit_length() + 1), output[0])
        sums = np.zeros(x.size, np.int64 if whole.fits_int64 else object)
        for number in np.unique(chosen):
            sums += fir(np.where(chosen == number, x, 0), c[number], output[0], whole, Rounding.FLOOR, Overflow.WRAP)
        return requantize(sums, *output)[::decimation]
    for number in np.unique(chosen):
        met = np.flatnonzero(chosen == number)
        first, behind = max(0, int(met[0]) - c.shape[1] + 1), int(met[-1]) + 1
        result[met] = fir(x[first:behind], c[number], *output)[met - first]
    return result[::decimation]


@dataclass(frozen=True)
class _Finish:
    """From sums to words."""

    fraction_length: int
    format: Format
    rounding: Rounding
    overflow: Overflow

    @property
    def shift(self) -> int:
        """Bits to drop."""
        return self.fraction_length - self.format.fraction_length


def _integers(words: ArrayLike, name: str) -> NDArray[Any]:
    """`as_words`, but narrow integers stay as they are: they are turned into floats block by block."""
    array = np.asarray(words)
    return array if array.dtype.kind in "iu" and array.dtype != np.uint64 else as_words(words, name)


def _peak(x: NDArray[Any]) -> int:
    """Largest magnitude; not below 1, so that bounds stay positive."""
    return max(-int(x.min()), int(x.max()), 1)


def _filter(x: NDArray[Any], peak: int, c: Words, finish: _Finish, out: Words) -> None:
    """Filter one signal by one filter into `out`, by the fastest route that is exact for them."""
    taps = [int(tap) for tap in c]
    bound = peak * sum(map(abs, taps))
    if 0 <= finish.shift < 51 and bound + (1 << finish.shift) <= _ROUNDED and finish.format.fits_int64:
        _filter_float(x, taps, bound, finish, out)
        return
    limbs, limb_bits = _limbs(taps, peak)
    if not limbs or x.dtype == object:
        out[...] = _finish_integers(np.convolve(x.astype(object), c.astype(object))[: x.size], finish)
        return
    drop = max(0, bound.bit_length() - 62)  # what has to go for the sum to fit int64
    jam = 0 < drop < limb_bits and drop + 2 <= finish.shift and finish.format.fits_int64
    filters = [_Toeplitz(limb, x.size) for limb in limbs]
    for start, stop in filters[0].blocks(x.size):
        sums = [toeplitz(x, start, stop).astype(np.int64) for toeplitz in filters]
        if drop == 0:
            total = sums[0]
            for i, partial in enumerate(sums[1:], 1):
                total += partial << i * limb_bits
            out[start:stop] = _finish_integers(total, finish)
        elif jam:
            # All roundings need of the lowest bits is whether any is set: it is kept in the last bit ("sticky"), two below the result's.
            total = sums[0] >> drop | (sums[0] & (1 << drop) - 1 != 0)
            for i, partial in enumerate(sums[1:], 1):
                total += partial << i * limb_bits - drop
            convert_in_place(total, finish.shift - drop, finish.format, finish.rounding, finish.overflow)
            out[start:stop] = total
        else:
            wide = sums[0].astype(object)
            for i, partial in enumerate(sums[1:], 1):
                wide += partial.astype(object) << i * limb_bits
            out[start:stop] = _finish_integers(wide, finish)


def _finish_integers(sums: Words, finish: _Finish) -> Words:
    return requantize(sums, finish.fraction_length, finish.format, finish.rounding, finish.overflow)


def _filter_float(x: NDArray[Any], taps: list[int], bound: int, finish: _Finish, out: Words) -> None:
    """Sum, limit and round in float64, in as few passes as there can be.

    Every rounding but `zero` is the one that float64 does by itself, to nearest and even, of a sum that starts from an offset; half a unit
    of the sum's last bit decides ties. Limits are whole numbers, so that it makes no difference that they come before the rounding.
    """
    toeplitz = _Toeplitz(np.ldexp(np.array(taps, dtype=np.float64), -finish.shift), x.size)
    clip = finish.overflow == Overflow.SATURATE and (bound >> finish.shift) + 1 > finish.format.maximum
    clip |= finish.overflow == Overflow.SATURATE and not finish.format.signed
    tie = 2.0 ** -(finish.shift + 1)
    offset = 0.0 if finish.shift == 0 else _OFFSETS[finish.rounding](tie)
    whole = int(np.float64(_WHOLE).view(np.int64))
    for start, stop in toeplitz.blocks(x.size):
        sums = toeplitz(x, start, stop, offset)
        if finish.rounding == Rounding.ZERO:
            np.trunc(sums, out=sums)
        if clip:
            np.clip(sums, float(finish.format.minimum), float(finish.format.maximum), out=sums)
        sums += _WHOLE
        np.subtract(sums.view(np.int64), whole, out=out[start:stop])
        if finish.overflow == Overflow.WRAP:
            convert_in_place(out[start:stop], 0, finish.format, finish.rounding, finish.overflow)


_OFFSETS: dict[Rounding, Callable[[float], float]] = {
    Rounding.FLOOR: lambda tie: tie - 0.5,
    Rounding.NEAREST: lambda tie: tie,
    Rounding.CONVERGENT: lambda tie: 0.0,
    Rounding.ZERO: lambda tie: 0.0,
    Rounding.CEIL: lambda tie: 0.5 - tie,
}
"""What is added to a sum, by half a unit of its last bit, so that rounding to nearest and even does another rounding."""


def _limbs(taps: list[int], peak: int) -> tuple[list[NDArray[np.float64]], int]:
    """Cut coefficients into limbs of as many bits as keep every limb's sums exact: c = sum of limb[i] * 2**(i bits).

    Returns
    -------
    limbs : list of ndarray of float64
        Lowest first; empty where the samples are too long for any limb.
    bits : int
        Bits of a limb. All but the highest limb lie in -2**(bits - 1) to 2**(bits - 1) - 1.
    """
    longest = max(tap.bit_length() for tap in taps) + 1
    for count in range(1, 9):
        bits = -(-longest // count)
        half, mask = 1 << bits - 1, (1 << bits) - 1
        rest, limbs = taps, []
        for _ in range(count - 1):
            low = [(tap + half & mask) - half for tap in rest]
            rest = [tap - part >> bits for tap, part in zip(rest, low, strict=True)]
            limbs.append(low)
        limbs.append(rest)
        if all(peak * sum(map(abs, limb)) <= _EXACT for limb in limbs):
            return [np.array(limb, dtype=np.float64) for limb in limbs], bits
    return [], 0


class _Toeplitz:
    """One filter as a sum of small matrix products, and the memory to apply it block by block.

    A block of samples is a matrix X of `rows` by `width`, read like text; with X[-j] the same, j rows earlier, the sums are
    Y = X U[0] + X[-1] U[1] + …, where U[j][i, o] = c[o - i + j width] or 0 where there is no such coefficient.

    Parameters
    ----------
    taps : ndarray of float64
        Coefficients.
    size : int
        Samples that will come; short signals get small blocks.
    """

    def __init__(self, taps: NDArray[np.float64], size: int) -> None:
        width = 8 if taps.size <= 16 else 16
        self.history = -(-(taps.size - 1) // width)
        self.rows = max(1, min(_BLOCK // width, -(-size // width)))
        k = np.arange(width)[:, np.newaxis] - np.arange(width)  # o - i, transposed: BLAS reads columns first
        padded = np.concatenate([np.zeros(width), taps, np.zeros(2 * width)])
        self.matrices = [np.asfortranarray(padded[k + j * width + width]) for j in range(self.history + 1)]
        self.samples = np.zeros((self.history + self.rows, width))
        self.sums = np.zeros((self.rows, width))

    def blocks(self, size: int) -> list[tuple[int, int]]:
        """Where blocks begin and end in a signal of some size."""
        return [(start, min(start + self.sums.size, size)) for start in range(0, size, self.sums.size)]

    def __call__(self, x: NDArray[Any], start: int, stop: int, offset: float = 0.0) -> NDArray[np.float64]:
        """The sums from `start` to `stop` of a block, begun from an offset. They are overwritten by the next call."""
        from scipy.linalg.blas import dgemm  # only here, since it takes a tenth of a second to load

        samples, first = self.samples.reshape(-1), start - self.history * self.samples.shape[1]
        samples[max(-first, 0) : stop - first] = x[max(first, 0) : stop]  # what lies before the first sample stays 0
        sums = self.sums.T
        if offset:
            self.sums.fill(offset)
        for j, matrix in enumerate(self.matrices):
            rows = self.samples[self.history - j : self.history - j + self.rows]
            sums = dgemm(1.0, matrix, rows.T, beta=float(j > 0 or offset != 0), c=sums, overwrite_c=True)
        return np.asarray(sums.T.reshape(-1)[: stop - start])
