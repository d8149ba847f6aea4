"""Bit-true denoiser in an undecimated bank: analysis, threshold of the details, synthesis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.filter_bank import BankFormats, FilterWords
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words
from fixed_point.swt_analysis import aligned_bands
from fixed_point.swt_synthesis import from_bands
from fixed_point.threshold import Tracker, shrink


@dataclass(frozen=True)
class TrackingWindow:
    """Where the trackers see the words of packets, which follow each other without a gap.

    Attributes
    ----------
    period : int
        Words of a packet.
    first, last : int
        They see words `first` to `last` - 1 of each.
    """

    period: int
    first: int
    last: int

    def mask(self, count: int) -> NDArray[np.bool_]:
        """Which of some words are seen, shape (count,).

        Examples
        --------
        >>> TrackingWindow(3, 1, 2).mask(5)
        array([False,  True, False, False,  True])
        """
        place = np.arange(count) % self.period
        return np.asarray((place >= self.first) & (place < self.last))

    def times(self, words: int) -> TrackingWindow:
        """The same of packets with so many words in the place of each."""
        return TrackingWindow(self.period * words, self.first * words, self.last * words)


@dataclass(frozen=True)
class UndecimatedDenoiser:
    """All that the integers of an undecimated denoiser follow from.

    Attributes
    ----------
    analysis, synthesis : FilterWords
        Filters, scaled by 1/sqrt(2).
    formats : BankFormats
        Of the analysis.
    inner_formats : tuple of Format
        Of the synthesis: A_J to A_1.
    guard_bits : int
    waits : tuple of int
        Samples that D_1, …, D_J wait.
    tracker : Tracker
    intervals : tuple of int
        Words of bands 1, 2, … from one step of the tracker to the next.
    gain : int
        Lambda over m, a word of `fixed_point.threshold.GAIN`.
    rule : str
    source : Format
    rounding : Rounding
    tracked : TrackingWindow, optional
        Samples of a packet at which the noise is tracked; all, by default.
    """

    analysis: FilterWords
    synthesis: FilterWords
    formats: BankFormats
    inner_formats: tuple[Format, ...]
    guard_bits: int
    waits: tuple[int, ...]
    tracker: Tracker
    intervals: tuple[int, ...]
    gain: int
    rule: str
    source: Format
    rounding: Rounding
    tracked: TrackingWindow | None = None

    def __call__(
        self,
        words: ArrayLike,
        gain: NDArray[np.int64] | None = None,
        frozen: NDArray[np.bool_] | None = None,
        passed: NDArray[np.bool_] | None = None,
    ) -> Words:
        """Denoise raw samples; the result is late by the bank's delay.

        Parameters
        ----------
        words : array_like of int, shape (n,)
        gain : ndarray of int64, shape (n,), optional
            Lambda over m at each sample, where it changes.
        frozen, passed : ndarray of bool, shape (n,), optional
            Samples at which the trackers stand still, and those at which band words pass as they are.

        The bands never meet on a wire here: this is what `swt_analysis`, `threshold` and `swt_synthesis` do one after the other, without
        the time that it takes to sort words into a stream and out of it again.
        """
        bands = aligned_bands(words, self.analysis, self.formats, self.guard_bits, self.waits, self.rounding)
        seen = None if self.tracked is None else self.tracked.mask(bands[0].size)
        if frozen is not None:
            seen = ~frozen if seen is None else seen & ~frozen
        for level, interval in enumerate(self.intervals, 1):
            shrunk = shrink(bands[level], self.tracker, interval, self.gain if gain is None else gain, self.rule, seen)
            bands[level] = shrunk if passed is None else np.where(passed, bands[level], shrunk)
        return from_bands(bands, self.synthesis, self.inner_formats, self.source, self.rounding, Overflow.SATURATE)
