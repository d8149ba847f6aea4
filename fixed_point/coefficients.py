"""Coefficients as words: their error, the best place for the binary point, and how large a sum of products can become."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, quantize, to_float

SMALLEST_PEAK, LARGEST_PEAK = 1e-70, 1e70
"""Bounds of the largest coefficient, beyond which no binary point that a format may have makes words of it."""

DESIGN_ERROR = 4 * float(np.finfo(np.float64).eps)
"""Of the largest coefficient: what stays, in float64, of one that a formula makes 0."""


@dataclass(frozen=True, eq=False)
class QuantizedCoefficients:
    """What `quantize_coefficients` returns.

    Attributes
    ----------
    words : ndarray of int
        Raw words.
    format : Format
        Their format.
    error : ndarray of float64
        Quantised minus given coefficient, each.
    saturated : ndarray of int
        Indices of coefficients that were out of range and took the nearest word, be it by a fraction of the last bit.
    best_format : Format
        The format of the same word length whose fraction length uses the full word: compare with `format`.
    """

    words: Words
    format: Format
    error: NDArray[np.float64]
    saturated: NDArray[np.int64]
    best_format: Format

    @property
    def values(self) -> NDArray[np.float64]:
        """The coefficients that the words stand for."""
        return to_float(self.words, self.format)

    @property
    def clipped(self) -> NDArray[np.int64]:
        """Indices of coefficients that were out of range by more than one unit of the last bit; 1.0 in sfix16_En15 is not."""
        return self.saturated[np.abs(self.error.flat[self.saturated]) > self.format.resolution * (1 + 1e-9)]

    @property
    def vanished(self) -> NDArray[np.int64]:
        """Indices of coefficients that are not 0 and whose words are; the zeros of a design, which come out of it as 1e-17, are 0."""
        words, error = np.asarray(self.words).ravel(), np.abs(self.error.ravel())
        rounded_zero = DESIGN_ERROR * np.max(np.abs(self.values.ravel() - self.error.ravel()), initial=0.0)
        return np.flatnonzero((words == 0) & (error > rounded_zero))

    @property
    def maximum_error(self) -> float:
        """Largest magnitude of an error."""
        return float(np.max(np.abs(self.error)))

    @property
    def rms_error(self) -> float:
        """Root mean square of the errors."""
        return float(np.sqrt(np.mean(np.square(self.error))))

    @property
    def unused_bits(self) -> int:
        """Bits of accuracy that `best_format` would gain; negative where coefficients were out of range."""
        return self.best_format.fraction_length - self.format.fraction_length

    def __str__(self) -> str:
        text = f"{self.words.size} coefficients in {self.format}: error at most {self.maximum_error:.3g}, rms {self.rms_error:.3g}"
        if self.saturated.size:
            text += f"; {self.saturated.size} saturated"
        if self.unused_bits:
            text += f"; {self.best_format} would use the full word"
        return text


def quantize_coefficients(
    taps: ArrayLike,
    format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
    scale: bool = False,
) -> QuantizedCoefficients:
    """Quantise coefficients and report the error.

    Parameters
    ----------
    taps : array_like of float
        The coefficients; of any shape.
    format : Format or str
        Their format.
    rounding : Rounding or str
        What happens to bits below the last.
    overflow : Overflow or str
        ``saturate`` takes the nearest word for a coefficient out of range, and reports it; ``wrap`` refuses it.
    scale : bool
        Take `best_fraction_length` instead of the format's own fraction length.

    Returns
    -------
    QuantizedCoefficients
        Words, format, errors.

    Raises
    ------
    ValueError
        If there are no coefficients, one is not finite, or one overflows under ``wrap``.

    Examples
    --------
    >>> q = quantize_coefficients([0.1, 0.2, 0.1], "sfix8_En7")
    >>> q.words, str(q.best_format), round(q.maximum_error, 5)
    (array([13, 26, 13]), 'sfix8_En9', 0.00312)
    >>> quantize_coefficients([0.1, 0.2, 0.1], "sfix8_En7", scale=True).words
    array([ 51, 102,  51])
    """
    format, rounding, overflow = Format.parse(format), Rounding(rounding), Overflow(overflow)
    values = np.asarray(taps, dtype=np.float64)
    if values.size == 0:
        raise ValueError("coefficients: there must be at least one")
    best = best_fraction_length(values, format.word_length, format.signed, rounding)
    best_format = Format(format.signed, format.word_length, best)
    if scale:
        format = best_format
    words = quantize(values, format, rounding, Overflow.SATURATE)
    saturated = np.flatnonzero(_overflows(values, format, rounding))
    if saturated.size and overflow == Overflow.WRAP:
        value = values.flat[saturated[0]]
        low, high = format.range
        raise ValueError(f"coefficient {saturated[0]} = {value:g}: must be {low:g} to {high:g} in {format} (overflow = wrap)")
    return QuantizedCoefficients(words, format, to_float(words, format) - values, saturated, best_format)


def _overflows(values: NDArray[np.float64], format: Format, rounding: Rounding) -> NDArray[np.bool_]:
    """Which values are out of range once rounded."""
    wider = Format(True, format.word_length + 2, format.fraction_length)
    words = quantize(values, wider, rounding, Overflow.SATURATE)
    return np.asarray((words < format.minimum) | (words > format.maximum), dtype=bool)


def best_fraction_length(taps: ArrayLike, word_length: int, signed: bool = True, rounding: Rounding | str = Rounding.NEAREST) -> int:
    """The greatest fraction length at which no coefficient overflows: the one that uses the full word.

    Parameters
    ----------
    taps : array_like of float
        The coefficients.
    word_length : int
        Bits of a coefficient.
    signed : bool
        Two's complement if true; false needs coefficients of 0 and above to be without overflow, negative ones are not counted.
    rounding : Rounding or str
        The rounding that they will be quantised with.

    Returns
    -------
    int
        Negative for coefficients beyond the word's integers, above `word_length` for small ones. `word_length` - `signed` if all are 0.

    Examples
    --------
    >>> best_fraction_length([0.25, -0.5], 8), best_fraction_length([0.25, 0.5], 8), best_fraction_length([1000.0], 8)
    (8, 7, -3)
    """
    values = np.asarray(taps, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("coefficients: must be finite")
    if not signed:
        values = np.maximum(values, 0)
    peak = float(np.max(np.abs(values), initial=0))
    if peak == 0:
        return word_length - signed
    if not SMALLEST_PEAK <= peak <= LARGEST_PEAK:
        largest = int(np.argmax(np.abs(values)))
        allowed = f"the largest must be {SMALLEST_PEAK:.0e} to {LARGEST_PEAK:.0e} in magnitude"
        raise ValueError(f"coefficient {largest} = {values.flat[largest]:g}: {allowed}")
    # Rounding keeps the order of values: if neither of the ends overflows none does.
    return _fraction_length_of((float(np.min(values)), float(np.max(values))), word_length, signed, Rounding(rounding))


@functools.lru_cache(maxsize=1024)
def _fraction_length_of(ends: tuple[float, float], word_length: int, signed: bool, rounding: Rounding) -> int:
    """`best_fraction_length` of the least and the greatest value; a sweep over other parameters asks for the same ones again and again."""
    values = np.array(ends)
    fraction_length = word_length - int(np.frexp(np.max(np.abs(values)))[1]) + 1  # one more than can ever fit
    while _overflows(values, Format(signed, word_length, fraction_length), rounding).any():
        fraction_length -= 1
    return fraction_length


def worst_case_range(coefficient_words: ArrayLike, sink_format: Format | str) -> tuple[int, int]:
    """The exact interval of a sum of products, over all sample words: its accumulator can never leave it, and reaches both ends.

    Parameters
    ----------
    coefficient_words : array_like of int
        Raw coefficients.
    sink_format : Format or str
        The format of the samples.

    Returns
    -------
    minimum, maximum : int
        Raw words, as Python ints. For signed samples this is the L1 norm of the coefficients times full scale.

    Examples
    --------
    >>> worst_case_range([1, -2], "sfix8_En7")
    (-382, 383)
    """
    sink_format = Format.parse(sink_format)
    minimum = maximum = 0
    for coefficient in as_words(coefficient_words, "coefficients").ravel().tolist():
        ends = coefficient * sink_format.minimum, coefficient * sink_format.maximum
        minimum += min(ends)
        maximum += max(ends)
    return minimum, maximum


def bits_for(minimum: int, maximum: int, signed: bool | None = None) -> int:
    """The least word length that holds an interval of integers.

    Parameters
    ----------
    minimum, maximum : int
        Ends of the interval, both included.
    signed : bool, optional
        Two's complement or not; by default, if `minimum` is negative.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> bits_for(-128, 127), bits_for(-128, 128), bits_for(0, 255), bits_for(0, 255, signed=True)
    (8, 9, 8, 9)
    """
    if minimum > maximum or (signed is False and minimum < 0):
        raise ValueError(f"interval {minimum} to {maximum}: must not be empty{' or negative' if signed is False else ''}")
    if signed or (signed is None and minimum < 0):
        return 1 + max(value.bit_length() if value >= 0 else (-value - 1).bit_length() for value in (minimum, maximum))
    return max(1, maximum.bit_length())
