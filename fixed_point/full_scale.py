"""Levels, words and audio: the one place where a sample of sound becomes an integer, and an integer a sample again.

Three scales stand for the same sound. *Audio* is what files and ears know: silence is 0, full scale is -1 to 1, wherever a core's binary
point is. *Words* are the raw integers on the wire. *Values* are what the words of a format stand for, word times 2**-F: the scale of
references, coefficients and thresholds. For a format of W bits, F of them fraction:

======== ============ ======================================= =========================
audio x  silence      word                                    value
======== ============ ======================================= =========================
signed   word 0       round(x * 2**(W-1))                     x * 2**(W-1-F)
unsigned word 2**(W-1) round(x * 2**(W-1)) + 2**(W-1)         (x + 1) * 2**(W-1-F)
======== ============ ======================================= =========================

Hence -1 is exactly the least word of any format, and 1 lies one step above the greatest, which stands for it, as in every PCM file. The
words of an unsigned format are those of the signed one of its length, half the range up (offset binary, as a WAV file of 8 bits has it).
A bipolar bit is -1 or 1 in both scales, and has no word of silence: a sample becomes its sign, which is no way to make a sound of 1 bit.
Rounding is to nearest, half up, once, from the true value of the float64; what lies beyond -1 to 1 saturates, and `beyond_full_scale`
counts it. The scale of values does not change with the word length as long as the integer part stays (`Format.with_word_length`), so that
a sweep over word lengths leaves the reference alone. A sample of audio is the real part of a complex word, the imaginary part is zero.

The way back is exact for words of up to 53 bits; the audio of longer words is the nearest float64.

Levels in decibels are made here too: ratios of powers and of amplitudes, and signal-to-noise ratios.

Examples
--------
>>> audio_to_words([-1.0, 0.0, 0.5, 1.0], "sfix8_En3"), audio_to_words([-1.0, 0.0, 0.5, 1.0], "ufix8_En8")
(array([-128,    0,   64,  127]), array([  0, 128, 192, 255]))
>>> words_to_audio([0, 128, 192, 255], "ufix8_En8")
array([-1.       ,  0.       ,  0.5      ,  0.9921875])
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import ComplexFormat, Format
from fixed_point.quantization import Words, as_words, quantize, to_float

Samples = NDArray[np.float64]


def full_scale(format: Format | str) -> float:
    """How far full scale lies from silence, in the unit of a format's values: 2**(W-1-F).

    Examples
    --------
    >>> full_scale("sfix16_En15"), full_scale("sfix12_En4"), full_scale("ufix8_En8")
    (1.0, 128.0, 0.5)
    """
    part = Format.parse(format).part
    return math.ldexp(1.0, part.word_length - 1 - part.fraction_length)


def silence(format: Format | str) -> int:
    """The word of silence: 0, and for an unsigned format the middle of its range.

    Examples
    --------
    >>> silence("sfix16_En15"), silence("ufix16_En0")
    (0, 32768)
    """
    format = Format.parse(format)
    return 0 if format.signed else 1 << format.word_length - 1


def audio_format(format: Format | str) -> Format:
    """The signed format of the same length whose range is -1 to 1: a word, less `silence`, stands in it for its sample of audio.

    Examples
    --------
    >>> str(audio_format("sfix12_En4")), str(audio_format("ufix8_En0"))
    ('sfix12_En11', 'sfix8_En7')
    """
    bits = Format.parse(format).word_length
    return Format(True, bits, bits - 1)


def from_signed(words: ArrayLike, format: Format | str) -> Words:
    """Words of the signed format of the same length, as words of `format`: the same sound.

    Parameters
    ----------
    words : array_like of int
        In the range of ``audio_format(format)``.
    format : Format or str

    Returns
    -------
    ndarray of int64, or of Python ints where the format needs more

    Examples
    --------
    >>> from_signed([-128, 0, 127], "ufix8_En8"), from_signed([-128, 0, 127], "sfix8_En0")
    (array([  0, 128, 255]), array([-128,    0,  127]))
    """
    format, signed = Format.parse(format), as_words(words)
    if format.signed:
        return signed
    return signed.astype(np.int64 if format.fits_int64 else object) + silence(format)


def to_signed(words: ArrayLike, format: Format | str) -> Words:
    """The inverse of `from_signed`.

    Examples
    --------
    >>> to_signed([0, 128, 255], "ufix8_En8")
    array([-128,    0,  127])
    """
    format, found = Format.parse(format), as_words(words)
    if format.signed:
        return found
    return as_words(found.astype(np.int64 if format.fits_int64 else object) - silence(format))


def audio_to_words(samples: ArrayLike, format: Format | str) -> Words:
    """Samples of audio as words over the whole range of a format.

    Parameters
    ----------
    samples : array_like of float
        Finite; full scale is -1 to 1, what lies beyond saturates.
    format : Format or str

    Returns
    -------
    ndarray of int64, or of Python ints where the format needs more
        In the shape of `samples`.

    Raises
    ------
    ValueError
        If a sample is infinite or not a number.

    Examples
    --------
    >>> audio_to_words([0.5, -1.0, 1.5], "sfix16_En15"), audio_to_words([0.5, -1.0], "bipolar")
    (array([ 16384, -32768,  32767]), array([1, 0]))
    """
    format = Format.parse(format)
    if isinstance(format, ComplexFormat):
        real = audio_to_words(samples, format.part)
        return format.joined(real, np.zeros_like(real))
    return quantize(samples, format) if format.bipolar else from_signed(quantize(samples, audio_format(format)), format)


def words_to_audio(words: ArrayLike, format: Format | str) -> Samples:
    """Samples of audio that words stand for; exact up to 53 significant bits, the nearest float64 beyond.

    Parameters
    ----------
    words : array_like of int
    format : Format or str

    Returns
    -------
    ndarray of float64
        -1 to 1, in the shape of `words`.

    Examples
    --------
    >>> words_to_audio([16384, -32768, 32767], "sfix16_En15")
    array([ 0.5       , -1.        ,  0.99996948])
    """
    format = Format.parse(format)
    if isinstance(format, ComplexFormat):
        return words_to_audio(format.parts(as_words(words))[0], format.part)
    return to_float(words, format) if format.bipolar else to_float(to_signed(words, format), audio_format(format))


def audio_to_values(samples: ArrayLike, format: Format | str) -> Samples:
    """Samples of audio in the unit of a format's values, not rounded to its words: what a reference sees of them.

    Parameters
    ----------
    samples : array_like of float
        Full scale is -1 to 1.
    format : Format or str

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> audio_to_values([0.5, -1.0], "sfix12_En4"), audio_to_values([0.5, -1.0], "ufix8_En8")
    (array([  64., -128.]), array([0.75, 0.  ]))
    """
    format = Format.parse(format)
    return (np.asarray(samples, dtype=np.float64) + _offset(format)) * full_scale(format)


def _offset(format: Format) -> int:
    """By how much of full scale the words of a format lie above those of its audio."""
    return 0 if format.signed or format.bipolar else 1


def values_to_audio(values: ArrayLike, format: Format | str) -> Samples:
    """Values in the unit of a format as samples of audio: the inverse of `audio_to_values`.

    What leaves a core is heard on the scale of its sink: a core with a gain of one changes no level, whatever its source's format is.

    Examples
    --------
    >>> values_to_audio([64.0, -128.0], "sfix12_En4"), values_to_audio([0.75, 0.0], "ufix8_En8")
    (array([ 0.5, -1. ]), array([ 0.5, -1. ]))
    """
    format = Format.parse(format)
    return np.asarray(np.real(values), dtype=np.float64) / full_scale(format) - _offset(format)


def beyond_full_scale(samples: ArrayLike) -> int:
    """How many samples of audio lie beyond -1 to 1: those that no word stands for, and that saturate.

    A sample of exactly 1 is full scale and does not count, though the greatest word is a step less.

    Examples
    --------
    >>> beyond_full_scale([-1.0, 1.0, 1.5])
    1
    """
    return int(np.count_nonzero(np.abs(np.asarray(samples, dtype=np.float64)) > 1))


def amplitude(decibels: float) -> float:
    """The amplitude that lies so many dB above 1; of full scale, where audio is meant.

    Examples
    --------
    >>> amplitude(-20.0)
    0.1
    """
    return 10.0 ** (decibels / 20)


def power(decibels: float) -> float:
    """The power that lies so many dB above 1; of nothing, minus infinity, 0.

    Examples
    --------
    >>> power(20.0), power(-math.inf)
    (100.0, 0.0)
    """
    return 10.0 ** (decibels / 10)


def power_decibels(power: float, over: float = 1.0) -> float:
    """Ratio of two powers in dB.

    Parameters
    ----------
    power : float
        Zero or more.
    over : float
        What it is compared with, zero or more.

    Returns
    -------
    float
        Infinite over nothing (a signal without an error), else minus infinity where there is no power.

    Examples
    --------
    >>> power_decibels(100.0), power_decibels(1.0, 0.0), power_decibels(0.0)
    (20.0, inf, -inf)
    """
    return _decibels(10, float(power), float(over))


def amplitude_decibels(amplitude: float, over: float = 1.0) -> float:
    """Ratio of two amplitudes in dB, as `power_decibels`.

    Examples
    --------
    >>> amplitude_decibels(0.1), amplitude_decibels(1.0, 0.0)
    (-20.0, inf)
    """
    return _decibels(20, float(amplitude), float(over))


def _decibels(factor: int, one: float, over: float) -> float:
    if not over:
        return math.inf
    ratio = one / over
    return factor * math.log10(ratio) if ratio else -math.inf


def levels_in_decibels(amplitudes: ArrayLike, floor: float) -> Samples:
    """Amplitudes, real or complex, in dB, none below a floor: a curve to be drawn.

    Examples
    --------
    >>> levels_in_decibels([1.0, -0.1, 0.0], floor=-60)
    array([  0., -20., -60.])
    """
    return np.asarray(20 * np.log10(np.maximum(np.abs(amplitudes), amplitude(floor))))


def snr(truth: ArrayLike, given: ArrayLike) -> float:
    """Signal-to-noise ratio in dB: whatever differs from the truth is noise.

    Parameters
    ----------
    truth, given : array_like of float, shape (n,)

    Returns
    -------
    float
        Infinite without an error.

    Examples
    --------
    >>> round(snr([1.0, -1.0], [1.1, -1.1]), 6)
    20.0
    """
    truth, given = np.asarray(truth, dtype=np.float64), np.asarray(given, dtype=np.float64)
    return power_decibels(float(np.sum(truth**2)), float(np.sum((given - truth) ** 2)))
