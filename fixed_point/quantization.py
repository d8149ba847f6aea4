"""Floats to words, words to floats, and words from one format to another. Every result is exact: rounded once, from the true value.

Words are int64 arrays wherever the format's range fits (`Format.fits_int64`), and object arrays of Python ints beyond.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixed_point.number_format import ComplexFormat, Format, Overflow, Rounding

Words = NDArray[Any]
"""An int64 array, or an object array of Python ints where 64 bits do not suffice."""

_BLOCK = 1 << 14
"""Words per block: two blocks of int64 stay in a 512 kB second-level cache, with room to spare."""


def as_words(words: ArrayLike, name: str = "words") -> Words:
    """Integers of any numpy integer dtype, or (nested) lists of ints, as an int64 array; as an object array where they do not fit.

    Parameters
    ----------
    words : array_like of int
        Anything of integers. Floats are refused, even whole ones: their scaling would be a guess.
    name : str
        What to call them in an error.

    Returns
    -------
    ndarray of int64 or object
        The same memory, if it was an int64 array already.

    Raises
    ------
    ValueError
        If something in it is not an integer.

    Examples
    --------
    >>> as_words([1, -2]).dtype, as_words([1, 2**70]).dtype
    (dtype('int64'), dtype('O'))
    """
    array = np.asarray(words)
    if array.dtype.kind in "iu":
        if array.dtype != np.uint64 or array.size == 0 or int(array.max()) < 1 << 63:
            return array.astype(np.int64, copy=False)
    elif array.size == 0:
        return array.astype(np.int64)
    array = np.asarray(words, dtype=object)
    for word in array.flat:
        if isinstance(word, bool | np.bool_) or not hasattr(word, "__index__"):
            raise ValueError(f"{name}: must be integers, not {word!r} ({type(word).__name__})")
    array = np.frompyfunc(lambda word: word.__index__(), 1, 1)(array)
    array = np.asarray(array, dtype=object)
    fits = all(-(1 << 63) <= word < 1 << 63 for word in array.flat)
    return array.astype(np.int64) if fits else array


def _as_words_of(words: Words, format: Format) -> Words:
    return words.astype(np.int64 if format.fits_int64 else object, copy=False)


# Rounding and overflow of one block, in place. Each works on int64 without ever leaving it, and on Python ints.


def _shift_right(words: Words, bits: int, rounding: Rounding) -> None:
    """Divide by 2**bits in place, bits >= 1, rounding as asked."""
    if words.dtype != object and bits > 63:  # less than half a step remains, except for -2**63 / 2**64, a tie that goes to 0 either way
        if rounding == Rounding.FLOOR:
            words >>= 63
        elif rounding == Rounding.CEIL:
            np.greater(words, 0, out=words, casting="unsafe")
        else:
            words[...] = 0
        return
    if rounding == Rounding.FLOOR:
        words >>= bits
    elif rounding == Rounding.NEAREST:  # floor(w / 2**bits + 1/2), and no sum can overflow
        half = words >> bits - 1
        half &= 1
        words >>= bits
        words += half
    elif rounding == Rounding.CONVERGENT:
        rest = words & (1 << bits) - 1
        words >>= bits
        words += rest > (1 << bits - 1) - (words & 1)  # an odd quotient takes a tie up
    elif rounding == Rounding.ZERO:
        words += (words < 0).astype(words.dtype) * ((1 << bits) - 1)
        words >>= bits
    else:
        rest = words & (1 << bits) - 1
        words >>= bits
        words += rest != 0


def _shift_left(words: Words, bits: int, to_format: Format, overflow: Overflow) -> None:
    """Multiply by 2**bits in place, bits >= 0, and bring into range. In int64, `to_format` must fit int64."""
    if words.dtype == object:
        words <<= bits
        _overflow(words, to_format, overflow)
    elif overflow == Overflow.WRAP:
        if bits > 63:
            words[...] = 0
        else:
            words <<= bits
            _overflow(words, to_format, overflow)
    else:
        bits = min(bits, 64)
        over, under = words > to_format.maximum >> bits, words < -(-to_format.minimum >> bits)
        if bits > 63:
            words[...] = 0
        else:
            words <<= bits
        words[over] = to_format.maximum
        words[under] = to_format.minimum


def _overflow(words: Words, format: Format, overflow: Overflow) -> None:
    """Bring words into the range of a format in place. In int64, the format must fit int64."""
    if overflow == Overflow.SATURATE:
        np.clip(words, format.minimum, format.maximum, out=words)
    elif words.dtype == object:
        words -= format.minimum
        words &= (1 << format.word_length) - 1
        words += format.minimum
    elif format.signed:
        if format.word_length < 64:
            words <<= 64 - format.word_length
            words >>= 64 - format.word_length
    else:
        words &= format.maximum


def convert_in_place(words: Words, shift: int, to_format: Format, rounding: Rounding, overflow: Overflow) -> None:
    """`requantize` of one array in place; shift is the number of bits to drop."""
    if shift > 0:
        _shift_right(words, shift, rounding)
        _overflow(words, to_format, overflow)
    else:
        _shift_left(words, -shift, to_format, overflow)


def requantize(
    words: ArrayLike,
    from_format: Format | str | int,
    to_format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Words of one format in another, exactly: one rounding, one overflow, whatever the word lengths.

    Parameters
    ----------
    words : array_like of int
        Raw words, of any length.
    from_format : Format, str or int
        Their format, or just its fraction length: the word length does not matter.
    to_format : Format or str
        The format wanted.
    rounding : Rounding or str
        What happens to bits below the last one kept.
    overflow : Overflow or str
        What happens to values out of range; of bipolar bits the sign is kept in any case.

    Returns
    -------
    ndarray of int64, or of Python ints where `to_format` needs more
        New words, the shape unchanged.

    Examples
    --------
    >>> requantize([-24, -8, 8, 24], 4, "sfix8_En0", "nearest")
    array([-1,  0,  1,  2])
    >>> requantize([-24, -8, 8, 24], 4, "sfix8_En0", "convergent")
    array([-2,  0,  0,  2])
    >>> requantize([200, -200], 0, "sfix8_En0", "floor", "wrap")
    array([-56,  56])
    >>> requantize([1, 0], "bipolar", "sfix8_En4"), requantize([3, -2, 0], 1, "bipolar")
    (array([ 16, -16]), array([1, 0, 1]))
    """
    to_format, rounding, overflow = Format.parse(to_format), Rounding(rounding), Overflow(overflow)
    found = as_words(words)
    if hasattr(from_format, "__index__"):
        fraction_length = from_format.__index__()
    else:
        given = Format.parse(from_format)
        fraction_length, found = given.fraction_length, given.integers(found)
    if to_format.bipolar:
        return np.asarray(found >= 0).astype(np.int64)
    shift = fraction_length - to_format.fraction_length
    if found.dtype == object or not to_format.fits_int64:
        wide = np.array(found, dtype=object)  # a copy, and Python ints
        if wide.size:
            convert_in_place(wide, shift, to_format, rounding, overflow)
        return _as_words_of(wide, to_format)
    result = np.array(found, order="C")
    flat = result.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        convert_in_place(flat[start : start + _BLOCK], shift, to_format, rounding, overflow)
    return result


def wrap(words: ArrayLike, format: Format | str) -> Words:
    """Keep the low `word_length` bits of each word, read as the format reads them.

    Examples
    --------
    >>> wrap([127, 128, -129], "sfix8_En0")
    array([ 127, -128,  127])
    """
    format = Format.parse(format)
    return requantize(words, format.fraction_length, format, Rounding.FLOOR, Overflow.WRAP)


def saturate(words: ArrayLike, format: Format | str) -> Words:
    """The nearest word of the format to each word.

    Examples
    --------
    >>> saturate([127, 128, -129], "sfix8_En0")
    array([ 127,  127, -128])
    """
    format = Format.parse(format)
    return requantize(words, format.fraction_length, format, Rounding.FLOOR, Overflow.SATURATE)


def quantize(
    x: ArrayLike,
    format: Format | str,
    rounding: Rounding | str = Rounding.NEAREST,
    overflow: Overflow | str = Overflow.SATURATE,
) -> Words:
    """Floats as words of a format, exactly: the float64 is taken at its true value and rounded once.

    Parameters
    ----------
    x : array_like of float
        Finite values of any size.
    format : Format or str
        The format wanted.
    rounding, overflow : Rounding, Overflow or str
        What happens to bits below the last, and to values out of range.

    Returns
    -------
    ndarray of int64, or of Python ints where the format needs more
        Raw words, in the shape of `x`.

    Raises
    ------
    ValueError
        If a value is infinite or not a number.

    Examples
    --------
    >>> quantize([0.5, -1.0, 1.0, 2.0**-16, -(2.0**-16)], "sfix16_En15")
    array([ 16384, -32768,  32767,      1,      0])
    """
    format, rounding, overflow = Format.parse(format), Rounding(rounding), Overflow(overflow)
    if isinstance(format, ComplexFormat):
        return quantize_complex(x, format, rounding, overflow)
    values = np.asarray(x, dtype=np.float64)
    if not np.isfinite(values).all():
        index = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
        raise ValueError(f"value {values[index]}{' at index ' + ', '.join(map(str, index)) if index else ''}: must be finite")
    if format.bipolar:
        return np.asarray(values >= 0).astype(np.int64)
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.asarray(np.ldexp(values, format.fraction_length))
    size = np.abs(scaled)
    # A power of two scales exactly unless it leaves the normal range; at 2**63 int64 ends. The few words beyond go one by one.
    hard = (size >= 2.0**63) | ((size < 2.0**-1000) & (values != 0))
    if not format.fits_int64:
        hard |= size >= 2.0**52
    if hard.any():
        scaled[hard] = 0
    rounded = np.asarray(_round_floats(scaled, rounding)).astype(np.int64)
    if not format.fits_int64:
        rounded = rounded.astype(object)
    if rounded.size:
        _overflow(rounded, format, overflow)
    for position in np.flatnonzero(hard):
        numerator, denominator = float(values.flat[position]).as_integer_ratio()
        rounded.flat[position] = requantize([numerator], denominator.bit_length() - 1, format, rounding, overflow)[0]
    return rounded


def quantize_complex(x: ArrayLike, format: ComplexFormat, rounding: Rounding, overflow: Overflow) -> Words:
    """Complex numbers as words, each part rounded by itself.

    Examples
    --------
    >>> quantize([-1 + 2**-7 * 1j], "complex_sfix8_En7")
    array([384])
    """
    values = np.asarray(x, dtype=np.complex128)
    parts = (quantize(part, format.part, rounding, overflow) for part in (values.real, values.imag))
    return as_words(format.joined(*parts))


def _round_floats(x: NDArray[np.float64], rounding: Rounding) -> NDArray[np.float64]:
    """Round floats to whole numbers, exactly."""
    if rounding == Rounding.NEAREST:  # adding 0.5 first would round twice: 0.49999999999999994 + 0.5 is 1
        whole = np.rint(x)
        return whole + (x - whole == 0.5)
    return _FLOAT_ROUNDING[rounding](x)


_FLOAT_ROUNDING = {Rounding.FLOOR: np.floor, Rounding.CONVERGENT: np.rint, Rounding.ZERO: np.trunc, Rounding.CEIL: np.ceil}


def to_float(words: ArrayLike, format: Format | str) -> NDArray[Any]:
    """The values that words stand for; exact up to 53 significant bits, the nearest float64 beyond. Those of complex words are complex128.

    Examples
    --------
    >>> to_float([-32768, 1], "sfix16_En15")
    array([-1.00000000e+00,  3.05175781e-05])
    >>> to_float([0, 1], "bipolar")
    array([-1.,  1.])
    >>> to_float([384], "complex_sfix8_En7")
    array([-1.+0.0078125j])
    """
    format = Format.parse(format)
    if isinstance(format, ComplexFormat):
        real, imag = (to_float(part, format.part) for part in format.parts(as_words(words)))
        return np.asarray(real + 1j * imag)
    return np.asarray(np.ldexp(format.integers(as_words(words)).astype(np.float64), -format.fraction_length))


def components(values: ArrayLike) -> NDArray[np.float64]:
    """Values as float64; of complex ones the real and the imaginary part in turn, so that each counts where errors are counted.

    Examples
    --------
    >>> components([1 + 2j, 3]), components([1, 2])
    (array([1., 2., 3., 0.]), array([1., 2.]))
    """
    found = np.asarray(values)
    if not np.iscomplexobj(found):
        return np.asarray(found, dtype=np.float64)
    return np.ascontiguousarray(found, dtype=np.complex128).view(np.float64)
