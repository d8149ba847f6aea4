"""What word lengths cost filter banks: analysis and synthesis, each on its own, decimated or not, in octaves or as a full tree.

Powers are means over all words of a bank's stream, which has as many of each band as the band has samples. What decimation drops has the
power of what it keeps; a filter behind it acts at the higher rate with zeros between its taps (P. P. Vaidyanathan, *Multirate Systems and
Filter Banks*, 1993, section 4.2: the noble identities). All words of a synthesis are as likely in each phase of its period.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fixed_point.number_format import Rounding
from fixed_point.word_lengths.losses import Losses, Transfer, grid, repeated_noise
from fixed_point.word_lengths.noise import Noise
from fixed_point.word_lengths.undecimated_noise import Bank

Filters = NDArray[np.float64]
Response = NDArray[np.float64]


def level_roundings(rounding: Rounding, fraction_length: int, guard_bits: int, levels: int, resolution: float) -> list[Noise]:
    """Of the results of levels 1, …, J of an analysis.

    Parameters
    ----------
    rounding : Rounding
        Of every level.
    fraction_length : int
        Of the coefficients, less the low bits that all of them have zero.
    guard_bits : int
        What the results have more fraction bits than the samples.
    levels : int
        Depth J.
    resolution : float
        Last bit of the results.

    Notes
    -----
    Guard bits of samples are zero. A level needs `fraction_length` bits more than what enters has; while the guard bits hold them, nothing
    is rounded, as in the first levels of Haar's halves.

    Examples
    --------
    >>> [noise.limit for noise in level_roundings(Rounding.NEAREST, 1, 3, 5, 1.0)]
    [0.0, 0.0, 0.0, 0.5, 0.5]
    """
    found, used = [], 0
    for _ in range(levels):
        needed = used + fraction_length
        found.append(repeated_noise(rounding, needed - guard_bits, resolution))
        used = min(needed, guard_bits)
    return found


def analysis_losses(filters: Filters, low: Sequence[Noise], high: Sequence[Noise], decimated: bool) -> Losses:
    """Of an analysis in octaves.

    Parameters
    ----------
    filters : ndarray of float64, shape (2, L)
        Low-pass and high-pass; those of an undecimated bank scaled by 1/sqrt(2).
    low, high : sequence of Noise
        Errors that levels 1, …, J add to their approximations and to their details (`level_roundings`).
    decimated : bool
        Whether the bands have fewer words the lower they are.
    """
    levels = len(low)
    bank = Bank(filters, filters, (0,) * levels)
    shares = [0.5**level if decimated else 1 / (levels + 1) for level in range(1, levels + 1)]
    bands = [(bank.detail, level, share, high[level - 1]) for level, share in enumerate(shares, 1)]
    bands.append((bank.approximation, levels, 1 - sum(shares), low[-1]))
    own, arrived, whole = [], [], []
    for response, level, share, noise in bands:
        before = (one.through(response(level, start)) for start, one in enumerate(low[: level - 1], 1))
        own.append((share, noise))
        arrived.append((share, sum(before, Noise())))
        whole.append((share, response(level, 0)))
    return Losses(*_mixed(own, arrived), of_bands(whole))


def synthesis_losses(filters: Filters, levels: int, again: Noise, last: Noise, decimated: bool) -> Losses:
    """Of a synthesis in octaves.

    Parameters
    ----------
    filters : ndarray of float64, shape (2, L)
        Low-pass and high-pass; those of an undecimated bank scaled by 1/sqrt(2).
    levels : int
        Depth J.
    again, last : Noise
        Roundings of the approximations A_(J-1), …, A_1, and of the result.
    decimated : bool
        Whether the bands have fewer words the lower they are.
    """
    bank = Bank(filters, filters, (0,) * levels)
    inner = Noise()
    for level in range(1, levels):
        inner = inner + _phases(bank.from_approximation(level), level if decimated else 0, again)
    responses = [(bank.from_detail(level), level if decimated else 0) for level in range(1, levels + 1)]
    responses.append((bank.from_approximation(levels), levels if decimated else 0))
    return Losses(last, inner, to_samples(responses))


def tree_analysis_losses(filters: Filters, roundings: Sequence[Noise]) -> Losses:
    """Of the analysis of a full tree: wavelet packets.

    Parameters
    ----------
    filters : ndarray of float64, shape (2, L)
        Low-pass and high-pass.
    roundings : sequence of Noise
        Of the nodes of depths 1, …, J.
    """
    levels = len(roundings)
    inner = Noise()
    for depth, noise in enumerate(roundings[:-1], 1):
        inner = inner + tree_transfer(filters, levels - depth).white(noise)
    return Losses(*_mixed([(1.0, roundings[-1])], [(1.0, inner)]), tree_transfer(filters, levels))


def tree_synthesis_losses(filters: Filters, levels: int, again: Noise, last: Noise) -> Losses:
    """Of the synthesis of a full tree.

    Parameters
    ----------
    filters : ndarray of float64, shape (2, L)
        Low-pass and high-pass.
    levels : int
        Depth J.
    again, last : Noise
        Roundings of the nodes of depths J - 1, …, 1, and of the result.
    """
    inner = Noise()
    for depth in range(1, levels):
        inner = inner + tree_transfer(filters, depth, synthesis=True).white(again)
    return Losses(last, inner, tree_transfer(filters, levels, synthesis=True))


def tree_transfer(filters: Filters, levels: int, synthesis: bool = False) -> Transfer:
    """From a node to those `levels` below it, or back: the mean over all ways.

    Notes
    -----
    The power responses of all ways add up to a product over the levels, each the mean of both filters' at its rate.
    """
    size = 2 * grid(filters.shape[1] << levels)
    power = np.mean(np.abs(np.fft.fft(filters, size, axis=1)) ** 2, axis=0)
    places = np.arange(size)
    product = np.ones(size)
    for level in range(levels):
        product *= power[places << level & size - 1]
    norms = np.abs(filters).sum(axis=1)
    if synthesis:
        # Even and odd samples of a result take every second tap of both filters.
        norms = np.abs(filters[:, 0::2]).sum(), np.abs(filters[:, 1::2]).sum()
    total = product[0]
    return Transfer(float(total**0.5), float(product.mean()), float(max(norms) ** levels), float(product.max() ** 0.5))


def of_bands(responses: Sequence[tuple[float, Response]]) -> Transfer:
    """From samples to bands, each given by its share of all words and its impulse response at the samples' rate."""
    size = grid(max(response.size for _, response in responses))
    power = sum(share * np.abs(np.fft.rfft(response, 2 * size)) ** 2 for share, response in responses)
    total = sum(share * response.sum() ** 2 for share, response in responses)
    energy = sum(share * np.sum(response**2) for share, response in responses)
    norm = max(np.abs(response).sum() for _, response in responses)
    return Transfer(float(total**0.5), float(energy), float(norm), float(np.max(power) ** 0.5))


def to_samples(responses: Sequence[tuple[Response, int]]) -> Transfer:
    """From bands of words to samples, each given by its impulse response and the level by which it is decimated.

    The words of an undecimated bank, one of each band for a sample, are as many times more than the samples. Errors of one band and of
    another may be of one kind: then amplitudes add up, at most to the root of all power gains times the root mean square of the errors
    (Cauchy, Schwarz); that holds for constants as for any frequency.
    """
    size = grid(max(response.size for response, _ in responses))
    per_sample = sum(0.5**level for _, level in responses)
    power = np.sum([np.abs(np.fft.rfft(response, 2 * size)) ** 2 * 0.5**level for response, level in responses], axis=0)
    norm = energy = 0.0
    for response, level in responses:
        table = np.pad(response, (0, -response.size % 2**level)).reshape(-1, 2**level)
        norm += float(np.abs(table).sum(axis=0).max())
        energy += float(np.sum(response**2)) / 2**level
    total, peak = (float(gain * per_sample) ** 0.5 for gain in (power[0], np.max(power)))
    return Transfer(total, energy, norm, peak)


def _phases(response: Response, level: int, noise: Noise) -> Noise:
    """Noise of words that come every 2**level samples, at the output; means that differ from phase to phase count as variance."""
    table = np.pad(response, (0, -response.size % 2**level)).reshape(-1, 2**level)
    means = table.sum(axis=0) * noise.mean
    variance = noise.variance * float(np.sum(response**2)) / 2**level + float(means.var())
    return Noise(float(means.mean()), variance, noise.limit * float(np.abs(table).sum(axis=0).max()))


def _mixed(own: Sequence[tuple[float, Noise]], arrived: Sequence[tuple[float, Noise]]) -> tuple[Noise, Noise]:
    """White and coloured noise of a stream of bands, each with its share; the mean is the root mean square of all means."""
    white = Noise(0.0, sum(share * noise.variance for share, noise in own), max(noise.limit for _, noise in own))
    both = list(zip(own, arrived, strict=True))
    mean = sum(share * (one.mean + other.mean) ** 2 for (share, one), (_, other) in both) ** 0.5
    limit = max(one.limit + other.limit for (_, one), (_, other) in both)
    return white, Noise(mean, sum(share * noise.variance for share, noise in arrived), limit - white.limit)

