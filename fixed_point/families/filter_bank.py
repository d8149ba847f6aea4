"""Word lengths of filter banks: integer filters, and formats of the bands from the exact range of the cascade.

Every level rounds once, to the sink's fraction length and some guard bits below it. What stands above the binary point follows from the
largest value that any input can bring about, the rounding of earlier levels included: no band and no sum can overflow. A decimated and an
undecimated bank have the same cascades (decimation commutes with filters that are spread by the same factor), hence the same formats.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from fixed_point.coefficients import best_fraction_length, bits_for
from fixed_point.number_format import Format, Rounding
from fixed_point.quantization import quantize

Taps = tuple[int, ...]


@dataclass(frozen=True)
class FilterWords:
    """Low-pass and high-pass filter of one level as integers of one format.

    Attributes
    ----------
    low, high : tuple of int
        Raw coefficients.
    format : Format
        Their format.
    """

    low: Taps
    high: Taps
    format: Format

    @property
    def length(self) -> int:
        """Taps of each filter."""
        return len(self.low)


def quantize_filters(filters: ArrayLike, word_length: int) -> FilterWords:
    """Filters as words, with the greatest fraction length at which no coefficient overflows.

    Parameters
    ----------
    filters : array_like of float, shape (2, L)
        Low-pass and high-pass.
    word_length : int
        Bits of a coefficient.

    Examples
    --------
    >>> quantize_filters([[0.5, 0.5], [0.5, -0.5]], 8)
    FilterWords(low=(64, 64), high=(64, -64), format=Format(signed=True, word_length=8, fraction_length=7))
    """
    values = np.asarray(filters, dtype=np.float64)
    format = Format(True, word_length, best_fraction_length(values, word_length))
    low, high = (tuple(map(int, words)) for words in quantize(values, format))
    return FilterWords(low, high, format)


@dataclass(frozen=True)
class BankFormats:
    """Formats of everything that an analysis bank stores or delivers; all of one fraction length.

    Attributes
    ----------
    approximations : tuple of Format
        Of A_0 (the samples themselves, guard bits appended) to A_J.
    details : tuple of Format
        Of D_1 to D_J.
    """

    approximations: tuple[Format, ...]
    details: tuple[Format, ...]

    @property
    def bands(self) -> dict[str, Format]:
        """Formats by band, in the order of channels: A_J is channel 0, D_j channel j."""
        levels = len(self.details)
        return {f"A{levels}": self.approximations[levels], **{f"D{j}": format for j, format in enumerate(self.details, 1)}}

    @property
    def stored(self) -> Format:
        """The least format that holds the input of every level, A_0 to A_(J-1)."""
        return widest(self.approximations[:-1])

    @property
    def source(self) -> Format:
        """The least format that holds every band."""
        return widest(self.bands.values())


def widest(formats: Iterable[Format]) -> Format:
    """The longest of some formats; they share a fraction length."""
    return max(formats, key=lambda format: format.word_length)


@functools.lru_cache(maxsize=256)
def bank_formats(filters: FilterWords, levels: int, sink: Format, guard_bits: int, rounding: Rounding = Rounding.NEAREST) -> BankFormats:
    """Formats of an analysis bank whose levels round to the sink's fraction length and `guard_bits` more.

    Parameters
    ----------
    filters : FilterWords
        Analysis filters.
    levels : int
        Depth J.
    sink : Format
        Format of the samples.
    guard_bits : int
        Bits below the sink's last one.
    rounding : Rounding
        Of every level.

    Returns
    -------
    BankFormats

    Notes
    -----
    A_j is the input through the cascade of j filters, whose positive and negative coefficients bound it exactly, plus the rounding of
    each level before, at most half a bit (or one, unless rounding is to nearest) through the rest of the cascade.

    Examples
    --------
    >>> haar = quantize_filters([[0.7071, 0.7071], [-0.7071, 0.7071]], 18)
    >>> formats = bank_formats(haar, 2, Format.parse("sfix16_En15"), 3)
    >>> {band: str(format) for band, format in formats.bands.items()}
    {'A2': 'sfix20_En18', 'D1': 'sfix20_En18', 'D2': 'sfix20_En18'}
    """
    unit = Fraction(1, 2) if rounding in (Rounding.NEAREST, Rounding.CONVERGENT) else Fraction(1)
    low, high = cascades(filters, levels)
    scales = [Fraction(1, 1 << filters.format.fraction_length * j) for j in range(levels + 1)]
    norms = [sum(map(abs, low[j])) * scales[j] for j in range(levels + 1)]
    details = []
    approximations = [Format(True, sink.word_length + guard_bits + (not sink.signed), sink.fraction_length + guard_bits)]
    for j in range(1, levels + 1):
        before = unit * (1 + sum(norms[1:j], Fraction(0)))
        approximations.append(_format(low[j], scales[j], before, sink, guard_bits))
        inner = sum((sum(map(abs, high[i])) * scales[i] for i in range(1, j)), Fraction(0))
        details.append(_format(high[j], scales[j], unit * (1 + inner), sink, guard_bits))
    return BankFormats(tuple(approximations), tuple(details))


def _format(taps: Taps, scale: Fraction, error: Fraction, sink: Format, guard_bits: int) -> Format:
    """Format of a band: samples of the sink through a cascade, and some rounding error."""
    positive, negative = (sum(tap for tap in taps if sign * tap > 0) * scale * (1 << guard_bits) for sign in (1, -1))
    low = positive * sink.minimum + negative * sink.maximum - error
    high = positive * sink.maximum + negative * sink.minimum + error
    return Format(True, bits_for(-int(-low // 1), int(high // 1), signed=True), sink.fraction_length + guard_bits)


def cascades(filters: FilterWords, levels: int) -> tuple[list[Taps], list[Taps]]:
    """Impulse responses from the input to every level, as exact integers of fraction length j times that of a coefficient.

    Returns
    -------
    low : list of tuple of int
        To A_0 (a single 1), A_1, …, A_J: h(z) h(z^2) h(z^4) …
    high : list of tuple of int
        To D_1, …, D_J at indices 1 to J; index 0 is empty.

    Examples
    --------
    >>> low, high = cascades(FilterWords((1, 2), (1, -1), Format(True, 8, 0)), 2)
    >>> low[2], high[2]
    ((1, 2, 2, 4), (1, 2, -1, -2))
    """
    low: list[Taps] = [(1,)]
    high: list[Taps] = [()]
    for level in range(levels):
        high.append(spread_convolution(low[level], filters.high, 1 << level))
        low.append(spread_convolution(low[level], filters.low, 1 << level))
    return low, high


def spread_convolution(taps: Taps, filter: Taps, spread: int) -> Taps:
    """taps * filter(z^spread), in exact integers."""
    result = [0] * (len(taps) + spread * (len(filter) - 1))
    for (i, tap), (k, coefficient) in itertools.product(enumerate(taps), enumerate(filter)):
        result[i + spread * k] += tap * coefficient
    return tuple(result)
