"""Bit-true bank of second-order sections: a sample through the cascade of every band, and the level of each band."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.biquad import coefficient_words
from fixed_point.families.section_bank import SectionBank
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize


def gammatone_bank(
    words: ArrayLike, bank: SectionBank, source: Format, rounding: Rounding | str, overflow: Overflow | str, smoothing: int | None = None
) -> tuple[Words, NDArray[np.int64]]:
    """A signal through all bands, from silence.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw words of the sink.
    bank : SectionBank
    source : Format
    rounding, overflow
        At the output.
    smoothing : int, optional
        Each band's level in its place, e += (|y| - e) / 2**smoothing, y being the exact word of the band's last line.

    Returns
    -------
    words : ndarray of int64, shape (n * bands,)
        Raw words of the source, those of a sample from the first band to the last.
    channel : ndarray of int64, shape (n * bands,)
        Bands from 0.
    """
    shape = bank.shape
    entering = np.ascontiguousarray(as_words(words).astype(np.int64) << shape.lift)
    found = _compiled(recurrence)(entering, *bank_words(bank), shape.dropped, shape.rest, smoothing or 0)
    last = last_line(bank, smoothing)
    leaving = requantize(found.ravel(), last, source, rounding, overflow)
    return leaving, np.tile(np.arange(len(bank.bands)), len(entering))


def last_line(bank: SectionBank, smoothing: int | None) -> Format:
    """Format of what is rounded at the output: a band's last line; or its level, which has `smoothing` bits more."""
    shape = bank.shape
    return Format(True, shape.state_bits + (smoothing or 0), shape.fraction_length + (smoothing or 0))


def bank_words(bank: SectionBank) -> tuple[Words, int]:
    """Of each section b0, b1, b2, -a1, -a2, moved up to the fraction of the sums, by section, coefficient and band; and the shaping."""
    rows = np.stack([coefficient_words(band)[0] for band in bank.bands], axis=-1)
    return np.ascontiguousarray(rows), bank.shape.sections[0].shaping


def recurrence(words: Any, rows: Any, shaping: int, dropped: int, rest: int, smoothing: int) -> Any:
    """All sections of all bands for each word; bands stand side by side, so that a processor works on several at once.

    Sums wrap around in 64 bits as they do in the hardware's; what is rounded always is in range. A level has `smoothing` bits more than a
    line's word, so that its sum is exact but for one rounding.
    """
    count, _, bands = rows.shape
    found = np.empty((len(words), bands), dtype=np.int64)
    mask, half = (1 << dropped) - 1, 1 << (dropped - 1)
    older = np.zeros((count + 1, 2, bands), dtype=np.int64)
    begins = np.full((count, bands), rest, dtype=np.int64)
    x, level = np.zeros(bands, dtype=np.int64), np.zeros(bands, dtype=np.int64)
    for n in range(len(words)):
        x[:] = words[n]
        for k in range(count):
            for band in range(bands):
                total = begins[k, band] + rows[k, 0, band] * x[band]
                total += rows[k, 1, band] * older[k, 0, band] + rows[k, 2, band] * older[k, 1, band]
                total += rows[k, 3, band] * older[k + 1, 0, band] + rows[k, 4, band] * older[k + 1, 1, band]
                older[k, 1, band] = older[k, 0, band]
                older[k, 0, band] = x[band]
                x[band] = total >> dropped
                error = total & mask
                begins[k, band] = error if shaping > 0 else mask - error if shaping < 0 else half
        for band in range(bands):
            older[count, 1, band] = older[count, 0, band]
            older[count, 0, band] = x[band]
        if smoothing:
            for band in range(bands):
                level[band] += abs(x[band]) - ((level[band] + (1 << (smoothing - 1))) >> smoothing)
                found[n, band] = level[band]
        else:
            for band in range(bands):
                found[n, band] = x[band]
    return found


@functools.cache
def _compiled(recurrence: Callable[..., Any]) -> Callable[..., Words]:
    """A recurrence as machine code, made at its first use and kept in memory only: no file of it can ever be out of date."""
    import numba

    return numba.njit(recurrence)
