"""Bit-true wavelet packet analysis: every node of the full tree rounds its exact sums once."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.coefficients import bits_for
from fixed_point.families.filter_bank import FilterWords
from fixed_point.families.polyphase_sums import decimated_sums
from fixed_point.number_format import Format, Overflow, Rounding
from fixed_point.quantization import Words, requantize


def packet_analysis(
    words: ArrayLike, filters: FilterWords, levels: int, sink: Format, bands: Format, rounding: Rounding = Rounding.NEAREST
) -> tuple[Words, NDArray[np.int64]]:
    """Split samples into 2**levels bands of equal width.

    Parameters
    ----------
    words : array_like of int, shape (n,)
        Raw samples.
    filters : FilterWords
        Analysis filters.
    levels : int
        Depth J.
    sink, bands : Format
        Formats of the samples and of every node below them.
    rounding : Rounding
        Of every node.

    Returns
    -------
    words : ndarray of int64
        After every 2**J samples one word of each band, band 0 first.
    channel : ndarray of int64
        Band of each word: its bits, the highest first, tell the way down the tree.
    """
    nodes = [requantize(words, sink, bands, Rounding.FLOOR, Overflow.WRAP)]
    fraction_length = bands.fraction_length + filters.format.fraction_length
    for _ in range(levels):
        children = [child for node in nodes for child in decimated_sums(node, (filters.low, filters.high))]
        nodes = [requantize(child, fraction_length, bands, rounding, Overflow.WRAP) for child in children]
    table = np.stack(nodes, axis=1)
    return table.reshape(-1), np.tile(np.arange(len(nodes)), table.shape[0])


@functools.lru_cache(maxsize=64)
def packet_formats(filters: FilterWords, levels: int, sink: Format, guard_bits: int, rounding: Rounding) -> tuple[Format, Format]:
    """The least formats of what is filtered, and of the bands.

    Parameters
    ----------
    filters : FilterWords
        Analysis filters.
    levels : int
        Depth.
    sink : Format
        Format of the samples.
    guard_bits : int
        Bits below the sink's last one.
    rounding : Rounding
        Of every node.

    Returns
    -------
    stored, bands : Format

    Notes
    -----
    Each node is the samples through a cascade of low-pass and high-pass filters, whose L1 norm bounds it, plus the rounding of the nodes
    above it. Norms are taken in float64, with more room than its rounding needs.
    """
    unit = 0.5 if rounding in (Rounding.NEAREST, Rounding.CONVERGENT) else 1.0
    pair = [np.ldexp(np.array(taps, dtype=np.float64), -filters.format.fraction_length) for taps in (filters.low, filters.high)]
    grows = max(float(np.abs(taps).sum()) for taps in pair)
    full_scale = float(max(-sink.minimum, sink.maximum) << guard_bits)
    cascades, error = [np.ones(1)], 0.0
    peaks = [full_scale]
    for level in range(levels):
        spread = []
        for taps in pair:
            sparse = np.zeros((1 << level) * (taps.size - 1) + 1)
            sparse[:: 1 << level] = taps
            spread.append(sparse)
        cascades = [np.convolve(cascade, sparse) for cascade in cascades for sparse in spread]
        error = grows * error + unit
        peaks.append(max(float(np.abs(cascade).sum()) for cascade in cascades) * full_scale * (1 + 1e-9) + error)
    lengths = [bits_for(-int(peak) - 1, int(peak), signed=True) for peak in peaks[1:]]
    stored = max(sink.word_length + guard_bits, *lengths[:-1]) if levels > 1 else sink.word_length + guard_bits
    fraction_length = sink.fraction_length + guard_bits
    return Format(True, stored, fraction_length), Format(True, lengths[-1], fraction_length)
