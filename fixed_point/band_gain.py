"""Bit-true gains for bands: each word times the gain of its band, which goes to another at an even pace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.band_by_band import band_by_band
from fixed_point.families.logarithmic_gain import LogarithmicGain, exponent, ramped
from fixed_point.quantization import Words


def band_gain(
    words: ArrayLike,
    channel: ArrayLike,
    law: LogarithmicGain,
    starts: Sequence[int],
    step: int,
    targets: Sequence[NDArray[np.int64]] | None = None,
    passed: NDArray[np.bool_] | None = None,
) -> tuple[Words, NDArray[np.int64]]:
    """Multiply each band word by the gain of its band.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw band words, in any order.
    channel : array_like of int, shape (n,)
        Band of each.
    law : LogarithmicGain
    starts : sequence of int
        Gains of channels 0, 1, … after a reset, words of format `REGISTER`.
    step : int
        Largest change of a gain in a word of its band, with `PACE_BITS` more bits of fraction.
    targets : sequence of ndarray of int64, shape (n,), optional
        By channel what its register holds at each word; `starts` all the time, by default.
    passed : ndarray of bool, shape (n,), optional
        Words that leave as they came. None, by default.

    Returns
    -------
    words : ndarray of int64, shape (n,)
    channel : ndarray of int64, shape (n,)
        As given.
    """

    def treat(band: int, b: Words, where: NDArray[np.bool_]) -> Words:
        wanted = np.full(b.size, starts[band], np.int64) if targets is None else targets[band][where]
        return law(b, exponent(ramped(wanted, step, starts[band])))

    return band_by_band(words, channel, len(starts), treat, passed)
