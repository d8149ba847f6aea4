"""Bit-true pitch detector: exact correlations over frames, two divisions for each lag, comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import Format
from fixed_point.quantization import Words, as_words

DECIMATION = 4

WEIGHTS = (1, 2, 3, 4, 4, 4, 4, 4, 3, 2, 1)
"""Of the low-pass in front of the decimation, newest sample first: running sums of eight and of four samples."""

GAIN_BITS = 5
"""Two to this is the low-pass's gain."""

LOW_BITS = 18
"""Bits of a decimated sample at most: what a multiplier takes."""

RHO_BITS = 15
"""Bits of fraction of the normalised autocorrelation."""

PLACE_BITS = 8
"""Bits of fraction of the place of a peak, in decimated samples."""

HEIGHT = Format(False, 16, RHO_BITS)
"""Format of the height of a peak, at most 1.25; and of the limit of voicing."""

SHARE = Format(False, 16, 16)
"""Format of the share of the highest peak."""

PERIOD_FRACTION = PLACE_BITS - 2
"""Bits of fraction of a period, in samples of the sink: four to a decimated sample."""


class Measured(NamedTuple):
    """What is known of each frame.

    Attributes
    ----------
    rho : ndarray of int64, shape (frames, lags)
        Normalised autocorrelation, with `RHO_BITS` of fraction.
    heights, places : ndarray of int64, shape (frames, lags)
        Of peaks, 0 where there is none; in format `HEIGHT`, and with `PLACE_BITS` of fraction.
    loud : ndarray of bool, shape (frames,)
        Whether a frame's energy is what a voice has.
    """

    rho: Words
    heights: Words
    places: Words
    loud: NDArray[np.bool_]


@dataclass(frozen=True)
class Detection:
    """Lengths and limits of a pitch detector.

    Attributes
    ----------
    format : Format
        Of the samples.
    frame : int
        Decimated samples of a frame.
    hop : int
        Decimated samples from one frame to the next.
    shortest, longest : int
        Least and largest lag, in decimated samples.
    quiet_bits : int
        A frame whose energy is below two to this, in decimated samples' last bits squared, has no pitch.
    """

    format: Format
    frame: int
    hop: int
    shortest: int
    longest: int
    quiet_bits: int

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return DECIMATION * self.hop

    @property
    def work(self) -> int:
        """Samples of a hop with each of which a part of the work is done: a lag each, and the decision."""
        return self.longest + 3

    @property
    def dropped(self) -> int:
        """Bits of the low-pass's sums that are rounded away."""
        return max(0, self.format.word_length + GAIN_BITS - LOW_BITS)

    @property
    def low_bits(self) -> int:
        """Bits of a decimated sample."""
        return min(self.format.word_length + GAIN_BITS, LOW_BITS)

    @property
    def sum_bits(self) -> int:
        """Bits of a sum of a frame's products, signed."""
        return (self.frame << 2 * self.low_bits - 2).bit_length() + 1

    @property
    def place_bits(self) -> int:
        """Bits of a lag with its fraction."""
        return (self.longest + 1).bit_length() + PLACE_BITS

    @property
    def source(self) -> Format:
        """Format of the period, in samples of the sink; 0 where there is no voice."""
        return Format(False, self.place_bits, PERIOD_FRACTION)

    def frames_of(self, samples: int) -> int:
        """Words that have left when so many samples are in."""
        return max(0, (samples - self.work) // self.hop_samples + 1)


def decimated(words: ArrayLike, law: Detection) -> Words:
    """Every fourth sample behind the low-pass, rounded to `low_bits`."""
    x = as_words(words).astype(np.int64)
    sums = np.convolve(x, WEIGHTS)[DECIMATION - 1 : x.size : DECIMATION] if x.size else x
    return np.asarray(sums + (1 << law.dropped >> 1) >> law.dropped)


def frames(low: Words, law: Detection, count: int) -> Words:
    """Frames of decimated samples: number m holds the last ones of the first m hops; those before the first are 0."""
    padded = np.concatenate([np.zeros(law.frame, np.int64), low])
    cut = np.lib.stride_tricks.sliding_window_view(padded, law.frame)[:: law.hop]
    return np.asarray(cut[:count])


def measured(words: ArrayLike, law: Detection) -> Measured:
    """Autocorrelation and peaks of each frame whose word has left.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples; those before the first are 0.
    law : Detection
    """
    x = as_words(words)
    # Sums of products of 36 bits are exact in float64, in which they are formed fastest.
    parts = frames(decimated(x, law), law, law.frames_of(x.size)).T.astype(np.float64, order="C")
    squares = parts * parts
    energy = squares.sum(axis=0)
    lags = law.longest + 2
    rho = np.zeros((parts.shape[1], lags), np.int64)
    both = (2 * energy).astype(np.int64)
    for lag in range(1, lags):
        both = both - (squares[lag - 1] + squares[law.frame - lag]).astype(np.int64)
        twice = 2 * np.einsum("ij,ij->j", parts[:-lag], parts[lag:]).astype(np.int64)
        rho[:, lag] = np.sign(twice) * ((np.abs(twice) << RHO_BITS) // np.maximum(both, 1))
    return Measured(rho, *peaks(rho, law), energy >= 2.0**law.quiet_bits)


def peaks(rho: Words, law: Detection) -> tuple[Words, Words]:
    """Heights and places of the peaks at each lag, by the parabola through it and its neighbours."""
    heights, places = np.zeros(rho.shape, np.int64), np.zeros(rho.shape, np.int64)
    before, now, behind = rho[:, :-2], rho[:, 1:-1], rho[:, 2:]
    lags = np.arange(1, rho.shape[1] - 1)
    there = (now > before) & (now >= behind) & (now > 0) & (lags >= law.shortest) & (lags <= law.longest)
    lean, bend = behind - before, np.where(there, 2 * now - before - behind, 1)
    size = np.abs(lean)
    offset = (np.where(there, size, 0) << PLACE_BITS + 1) // (2 * bend) + 1 >> 1
    heights[:, 1:-1] = np.where(there, now + (size * offset >> PLACE_BITS + 2), 0)
    places[:, 1:-1] = np.where(there, (lags << PLACE_BITS) + np.sign(lean) * offset, 0)
    return heights, places


def chosen_lags(found: Measured, share: int | Words, voicing: int | Words) -> NDArray[np.int64]:
    """The lag of the first peak that has its share of the highest one's height; 0 where there is no voice."""
    highest = found.heights.max(axis=1, initial=0)
    limit = highest * np.asarray(share)
    high = (found.heights > 0) & (found.heights << SHARE.fraction_length >= limit[:, np.newaxis])
    voiced = found.loud & (highest >= np.asarray(voicing)) & high.any(axis=1)
    return np.where(voiced, np.argmax(high, axis=1), 0)


def pitch_detector(words: ArrayLike, law: Detection, share: int | Words, voicing: int | Words) -> Words:
    """The period of each frame.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    law : Detection
    share, voicing : int or ndarray of int64, shape (n,)
        Part of the highest peak that the first one has at least, in format `SHARE`; least height of the highest one, in format `HEIGHT`. Of
        an array that counts which stands at the sample with which a frame's word is due.

    Returns
    -------
    ndarray of int64
        Words of the format `source`.
    """
    found = measured(words, law)
    due = law.work - 1 + law.hop_samples * np.arange(len(found.rho))
    limits = [one if isinstance(one, int) else np.asarray(one)[due] for one in (share, voicing)]
    lags = chosen_lags(found, *limits)
    return np.where(lags > 0, found.places[np.arange(len(lags)), lags], 0)
