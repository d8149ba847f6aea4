"""Bit-true fast Fourier transform: radix 2, decimation in time, in place, half of every sum, one rounding of each.

A butterfly takes a and b to (a + w b) / 2 and (a - w b) / 2, at full precision, and rounds each part of both once. No magnitude grows but
by what roundings and the factors' last bits add, so that one more integer bit than a part of the sink's word has holds every word between.

References
----------
J. W. Cooley, J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series", Math. Comp. 19 (1965) 297-301.
P. D. Welch, "A fixed-point fast Fourier transform error analysis", IEEE Trans. Audio Electroacoust. 17 (1969) 151-157: the noise of
roundings, of which each stage leaves half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.families.packets import packets
from fixed_point.number_format import ComplexFormat, Format, Overflow, Rounding
from fixed_point.quantization import Words, as_words, requantize
from fixed_point.word_lengths.losses import Losses, Transfer, repeated_noise
from fixed_point.word_lengths.noise import Noise

Frames = tuple[Words, NDArray[np.int64], NDArray[np.int64]]


def bit_reversal(points: int) -> NDArray[np.int64]:
    """Where each of `points` words stands when the bits of its number are read the other way.

    Examples
    --------
    >>> bit_reversal(4)
    array([0, 2, 1, 3])
    """
    bits = points.bit_length() - 1
    number = np.arange(points)
    return np.asarray(sum((number >> bit & 1) << bits - 1 - bit for bit in range(bits)), dtype=np.int64)


@dataclass(frozen=True)
class Transform:
    """All that says which words come of which.

    Attributes
    ----------
    points : int
        Words of a frame, a power of two.
    inverse : bool
    bit_reversed : bool
        Whether the bins leave in the order of their reversed numbers.
    sink, source : ComplexFormat
    guard_bits : int
        Bits that words between have behind the last of the sink's.
    twiddle_word_length : int
        Bits of a factor's part, two of them left of the binary point, so that it can be one.
    rounding : Rounding
        Of every stage, and at the output.
    overflow : Overflow
        At the output; nothing else overflows.
    """

    points: int
    inverse: bool
    bit_reversed: bool
    sink: ComplexFormat
    source: ComplexFormat
    guard_bits: int
    twiddle_word_length: int
    rounding: Rounding
    overflow: Overflow

    @property
    def stages(self) -> int:
        return self.points.bit_length() - 1

    @property
    def twiddle_fraction(self) -> int:
        """Bits of a factor right of its binary point."""
        return self.twiddle_word_length - 2

    @cached_property
    def inside(self) -> Format:
        """Format of either part of a word between, wide enough for the largest magnitude that there can be.

        With |w| up to 1 + d, d = 2**-0.5 of a factor's last bit, and both parts rounded by up to a bit, m becomes at most
        m (1 + d / 2) + 2**0.5 in each stage.
        """
        part, off = self.sink.part, math.ldexp(0.5**0.5, -self.twiddle_fraction)
        largest = math.ldexp(2**0.5, part.word_length - 1 + self.guard_bits)
        for _ in range(self.stages):
            largest = largest * (1 + off / 2) + 2**0.5
        return Format(True, math.ceil(math.log2(largest + 1)) + 1, part.fraction_length + self.guard_bits)

    @cached_property
    def cosines(self) -> tuple[int, ...]:
        """Words of cos(2 pi k / N), k = 0 … N/2 - 1: half a wave, in which the sines stand as well, a quarter further on."""
        angles = 2 * np.pi * np.arange(self.points // 2) / self.points
        return tuple(np.rint(np.ldexp(np.cos(angles), self.twiddle_fraction)).astype(int).tolist())

    @cached_property
    def sines(self) -> tuple[int, ...]:
        """Words of sin(2 pi k / N), by the cosines' places |k - N/4|."""
        return tuple(self.cosines[abs(k - self.points // 4)] for k in range(self.points // 2))

    @property
    def losses(self) -> Losses:
        """What the word lengths cost at the source.

        A butterfly is a rotation over the root of two: the power of an error, in the mean over all bins, is halved by each stage behind it,
        whatever it is like. A factor whose parts are half a bit off turns a word of magnitude m by up to m bits / 2**0.5 and gives half of
        that to both results; the errors of all stages are added as amplitudes, and the signal counts as one at full scale.
        """
        inside, stages = self.inside, self.stages
        noise = repeated_noise(self.rounding, self.twiddle_fraction + 1, inside.resolution)
        # A factor of one or i drops a single bit: of all butterflies in the first stage, of 2 in 2**s in the others.
        plain = repeated_noise(self.rounding, 1, inside.resolution)
        power = mean = 0.0
        for stage in range(stages):
            left = 0.5 ** (stages - 1 - stage)
            share = 1.0 if stage == 0 else 2.0 / 2**stage
            power += left * (share * plain.power + (1 - share) * noise.power)
            mean += left**0.5 * (share * abs(plain.mean) + (1 - share) * abs(noise.mean))
        # Means of one sign meet in few bins: there they add up as amplitudes, and so they count.
        power = max(power, mean**2)
        bit, full_scale = math.ldexp(1.0, -self.twiddle_fraction), -self.sink.part.range[0]
        turned = (stages * bit / 2) ** 2 * full_scale**2 / self.points
        limit = stages * (2**0.5 * max(noise.limit, plain.limit) + bit / 2 * full_scale)
        last = repeated_noise(self.rounding, inside.fraction_length - self.source.fraction_length, self.source.resolution)
        transfer = Transfer(self.points**-0.5, 1 / self.points, 2**0.5, self.points**-0.5)
        return Losses(last, Noise(0.0, power + turned, limit), transfer)


def fft(words: ArrayLike, startofpacket: ArrayLike, endofpacket: ArrayLike, law: Transform) -> Frames:
    """Transform frames.

    A frame begins with the first word that is marked as a start and follows the end of the one before; words between frames are dropped.
    It ends after N words, or earlier with a word that is marked as an end; what is missing then counts as zeros.

    Parameters
    ----------
    words, startofpacket, endofpacket : array_like of int, shape (n,)
        Raw words, {imag, real} in each, and their marks.
    law : Transform

    Returns
    -------
    words, startofpacket, endofpacket : ndarray of int64
        N for each frame that has ended.
    """
    frames, so_far = packets(as_words(words), np.asarray(startofpacket) != 0, np.asarray(endofpacket) != 0, law.points)
    if so_far is not None:
        frames = frames[:-1]
    order = bit_reversal(law.points)
    real, imag = (part[:, order] << law.guard_bits for part in law.sink.parts(frames))
    for stage in range(law.stages):
        real, imag = _stage(real, imag, 1 << stage, law)
    output = (law.inside, law.source.part, law.rounding, law.overflow)
    real, imag = (requantize(part[:, order] if law.bit_reversed else part, *output) for part in (real, imag))
    place = np.arange(frames.size) % law.points
    bins = as_words(law.source.joined(real, imag)).reshape(-1)
    return bins, (place == 0).astype(np.int64), (place == law.points - 1).astype(np.int64)


def _stage(real: Words, imag: Words, half: int, law: Transform) -> tuple[Words, Words]:
    """All butterflies of words that are `half` places apart."""
    shape, places = (-1, law.points // (2 * half), 2, half), law.points // (2 * half) * np.arange(half)
    cosine, sine = (np.array(wave)[places] for wave in (law.cosines, law.sines))
    if not law.inverse:
        sine = -sine
    (upper_real, lower_real), (upper_imag, lower_imag) = (
        (part.reshape(shape)[:, :, 0], part.reshape(shape)[:, :, 1]) for part in (real, imag)
    )
    turned_real = lower_real * cosine - lower_imag * sine
    turned_imag = lower_imag * cosine + lower_real * sine
    output = (law.inside.fraction_length + law.twiddle_fraction + 1, law.inside, law.rounding)
    found = []
    for upper, turned in ((upper_real, turned_real), (upper_imag, turned_imag)):
        whole = upper << law.twiddle_fraction
        pair = np.stack([whole + turned, whole - turned], axis=2)
        found.append(requantize(pair, *output).reshape(-1, law.points))
    return found[0], found[1]
