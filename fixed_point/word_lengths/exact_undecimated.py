"""Word lengths at which an undecimated wavelet bank gives every sample back, whatever the signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.a_trous import halved_filters
from fixed_point.families.filter_bank import FilterWords
from fixed_point.number_format import Format
from fixed_point.word_lengths.exact_reconstruction import MAXIMUM_GUARD_BITS, least_word_lengths

Response = NDArray[np.float64]

NORM_ERROR = 2.0**-40
"""Of a norm in float64: a tap is a sum of some thousand products at most, each right to 2**-53."""


def exact_undecimated_word_lengths(analysis: ArrayLike, synthesis: ArrayLike, levels: int, delay: int, sink: Format) -> tuple[int, int]:
    """The least word lengths that guarantee exact reconstruction by `fixed_point.swt_analysis` and `fixed_point.swt_synthesis`.

    Parameters
    ----------
    analysis, synthesis : array_like of float, shape (2, L)
        Filters of one level, not yet scaled by 1/sqrt(2).
    levels : int
        Depth J.
    delay : int
        Delay of one level, in samples.
    sink : Format
        Format of the samples, before and after; they are rounded to nearest.

    Returns
    -------
    coefficient_word_length, guard_bits : int
        The pair with the least sum.

    Raises
    ------
    ValueError
        If no word lengths suffice.

    Examples
    --------
    >>> h = [0.5**0.5, 0.5**0.5]
    >>> haar = [h, [-h[0], h[1]]], [h, [h[0], -h[1]]]
    >>> exact_undecimated_word_lengths(*haar, 4, 1, Format.parse("sfix16_En15"))
    (8, 3)
    """

    def guard_bits_of(word_length: int) -> int | None:
        pair = halved_filters(analysis, word_length), halved_filters(synthesis, word_length)
        if not all(any(taps) for words in pair for taps in (words.low, words.high)):
            return None
        gains = ErrorGains.of(*pair, levels, delay)
        enough = (bits for bits in range(MAXIMUM_GUARD_BITS + 1) if gains.error(sink, bits) < 0.5)
        return next(enough, None)

    return least_word_lengths(guard_bits_of, sink)


@dataclass(frozen=True)
class ErrorGains:
    """How much of each error inside a bank arrives at its output: L1 norms, which bound it for every signal.

    The bank is time-invariant, so that each error reaches the output through one response, and all of them add up.

    Attributes
    ----------
    defect : float
        Of what quantised filters do beside delaying the signal.
    analysis : tuple of float
        Of the roundings of level 1, 2, … of the analysis, approximation and detail together.
    synthesis : float
        Of all roundings of the synthesis but the last.
    fraction_length : int
        Of the analysis filters' words.
    """

    defect: float
    analysis: tuple[float, ...]
    synthesis: float
    fraction_length: int

    @classmethod
    def of(cls, analysis: FilterWords, synthesis: FilterWords, levels: int, delay: int) -> ErrorGains:
        """Of filters scaled by 1/sqrt(2), as words.

        Notes
        -----
        With filters h, g of the analysis, h', g' of the synthesis, spread by s = 2**(j - 1) at level j: what is deeper than A_j gives it
        back through B_j(z), 1 at the deepest level, B_(j-1) = h h'(z**s) B_j + g g'(z**s) z**-w_j with w_j the detail's wait; from A_j
        to the output it is S_j(z) = h'(z) h'(z**2) … h'(z**s).
        """
        (h, g), (there_h, there_g) = taps_of(synthesis), taps_of(analysis)
        behind = [np.ones(1)]
        for level in range(levels, 0, -1):
            wait, spread = delay * ((1 << levels) - (1 << level)), 1 << (level - 1)
            low = through(behind[0], np.convolve(there_h, h), spread)
            high = through(np.eye(1, wait + 1, wait)[0], np.convolve(there_g, g), spread)
            behind.insert(0, padded_sum(low, high))
        back = [np.ones(1)]
        for level in range(levels):
            back.append(through(back[level], h, 1 << level))
        late = np.eye(1, delay * ((1 << levels) - 1) + 1, delay * ((1 << levels) - 1))[0]
        inner = tuple(
            norm(np.convolve(back[level], behind[level])) + norm(through(back[level - 1], g, 1 << (level - 1)))
            for level in range(1, levels + 1)
        )
        return cls(norm(padded_sum(behind[0], -late)), inner, sum(map(norm, back[1:levels])), analysis.format.fraction_length)

    def error(self, sink: Format, guard_bits: int) -> float:
        """Bound of what is added to the delayed signal before the last rounding, in units of the signal's last bit.

        Every rounding is off by half of a band word's last bit at most. While the guard bits hold a sum whole, as they do for Haar's
        halves level by level, it is not rounded at all.
        """
        exact_levels = guard_bits // self.fraction_length if self.fraction_length > 0 else len(self.analysis)
        inner = sum(self.analysis[exact_levels:])
        if inner or self.defect:
            inner += self.synthesis
        full_scale = max(-sink.minimum, sink.maximum)
        return self.defect * full_scale + inner * 2.0 ** -(guard_bits + 1) + (NORM_ERROR * full_scale if self.defect else 0.0)


def taps_of(filters: FilterWords) -> Response:
    """Low-pass and high-pass as values."""
    return np.ldexp(np.array([filters.low, filters.high], dtype=np.float64), -filters.format.fraction_length)


def through(response: Response, taps: ArrayLike, spread: int) -> Response:
    """A response behind a filter with zeros between its taps.

    Examples
    --------
    >>> through(np.array([1.0, 2.0]), [1, -1], 2)
    array([ 1.,  2., -1., -2.])
    """
    values = np.asarray(taps, dtype=np.float64)
    result = np.zeros(response.size + spread * (values.size - 1))
    for k, tap in enumerate(values):
        result[k * spread : k * spread + response.size] += tap * response
    return result


def padded_sum(one: Response, other: Response) -> Response:
    """The sum of two responses, the shorter one followed by zeros."""
    result = np.zeros(max(one.size, other.size))
    result[: one.size] += one
    result[: other.size] += other
    return result


def norm(response: Response) -> float:
    """L1 norm: the largest that a signal between -1 and 1 becomes."""
    return float(np.abs(response).sum())
