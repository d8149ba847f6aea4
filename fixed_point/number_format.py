"""Number formats, rounding and overflow: the vocabulary that models and hardware share.

A format is written as Simulink and HDL Coder write it: ``sfix16_En15`` is signed, 16 bits, 15 of them fraction; ``ufix8_En0`` is
unsigned and an integer; ``sfix16_E3`` counts in steps of 2**3. A raw integer *word* w stands for the value w * 2**-fraction_length.

A single bit is ``ufix1_En0``, 0 or 1; or ``bipolar``, whose word 1 stands for +1 and 0 for -1: pulse density (PDM) as microphones give it.

A complex word is {imag, real} in one: ``complex_sfix16_En15`` has 32 bits on the wire, the imaginary part above the real one, each of them
``sfix16_En15``. Raw words are the 32 bits as one signed integer.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAXIMUM_WORD_LENGTH = 256
"""Words on a wire have up to 64 bits; the rest is for accumulators and intermediate results of models."""

MAXIMUM_FRACTION_LENGTH = 512
"""Of either sign; far enough from the ends of float64 that every resolution is a float."""

COMPLEX = "complex_"
"""What stands in front of the format of either part of a complex word."""

_PATTERN = re.compile(r"([su])fix(\d+)(?:_E(n?)(\d+))?")


_Q = re.compile(r"(u?)q(?:(\d{1,3})\.)?(\d{1,3})", re.IGNORECASE)
_BITS_AND_FRACTION = re.compile(r"([su]|s?fix_?|ufix_?|fi_?)(\d{1,3})[._,](?:en)?(\d{1,3})", re.IGNORECASE)
_C_INTEGER = re.compile(r"(u?)int(\d{1,3})(?:_t)?", re.IGNORECASE)
_HLS = re.compile(r"a[pc]_(u?)fixed<(\d{1,3}),(-?\d{1,3})(?:,(\w+))?(?:,\w+){0,2}>", re.IGNORECASE)
_MATLAB = re.compile(r"(?:fixdt|numerictype|fi)\((?:[^,()]+,)?(true|false|0|1),(\d{1,3}),(-?\d{1,3})\)", re.IGNORECASE)
_VHDL_2008 = re.compile(r"([su])fixed\((-?\d{1,3})downto(-?\d{1,3})\)", re.IGNORECASE)
_EXPONENT = re.compile(r"([su])fix_?(\d{1,3})_?e(n|n-|-)?(\d{1,3})", re.IGNORECASE)


def translation(text: str) -> str:
    """What a format in another notation is in this one, as the end of a message; empty if it is none that is known.

    Known are the Q notations of ARM and TI, which differ in whether the sign counts, ``s16.15``, ``Fix_16_15`` of Xilinx System Generator,
    ``ap_fixed`` and ``ac_fixed`` of HLS (all bits, then those left of the point, the sign included), ``fixdt``, ``numerictype`` and
    ``fi`` of MATLAB, ``sfixed`` of VHDL-2008's fixed_pkg, C's integers, and slips in this notation.

    Examples
    --------
    >>> translation("Q1.15")
    'Q1.15 is sfix16_En15 where the 1 counts the sign (ARM), sfix17_En15 where it does not (TI)'
    >>> translation("Fix_16_15"), translation("UQ1.15"), translation("uint8")
    ('Fix_16_15 is sfix16_En15', 'UQ1.15 is ufix16_En15', 'uint8 is ufix8_En0')
    >>> translation("s16.15"), translation("ap_fixed<16,1>"), translation("16 bits")
    ('s16.15 is sfix16_En15 of 16 bits in all, sfix32_En15 with 16 left of the point', 'ap_fixed<16,1> is sfix16_En15', '')
    >>> translation("fixdt(1, 16, 15)"), translation("sfixed(0 downto -15)"), translation("sfix16_En-3")
    ('fixdt(1,16,15) is sfix16_En15', 'sfixed(0downto-15) is sfix16_En15', 'sfix16_En-3 is sfix16_E3')
    >>> translation("sfix0_En0"), translation("ufix0_E3")
    ('', '')
    """
    bare = text.replace(" ", "")
    if q := _Q.fullmatch(bare):
        unsigned, whole, fraction = q[1], int(q[2] or 0), int(q[3])
        if unsigned:
            return f"{bare} is ufix{whole + fraction}_En{fraction}"
        if not whole:
            return f"{bare} is sfix{fraction + 1}_En{fraction}"
        arm, ti = (f"sfix{whole + fraction + sign}_En{fraction}" for sign in (0, 1))
        return f"{bare} is {arm} where the {whole} counts the sign (ARM), {ti} where it does not (TI)"
    if fix := _BITS_AND_FRACTION.fullmatch(bare):
        kind, bits, fraction = "u" if fix[1][0] in "uU" else "s", int(fix[2]), int(fix[3])
        if not bits:  # nobody's format
            return ""
        if len(fix[1]) > 1:
            return f"{bare} is {kind}fix{bits}_En{fraction}"
        more = f"{kind}fix{bits + fraction + (kind == 's')}_En{fraction}"
        return f"{bare} is {kind}fix{bits}_En{fraction} of {bits} bits in all, {more} with {bits} left of the point"
    if c := _C_INTEGER.fullmatch(bare):
        return f"{bare} is {'u' if c[1] else 's'}fix{int(c[2])}_En0"
    if hls := _HLS.fullmatch(bare):
        unsigned = hls[1] or (hls[4] or "").lower() in ("false", "0")
        return f"{bare} is {_named(not unsigned, int(hls[2]), int(hls[2]) - int(hls[3]))}"
    if matlab := _MATLAB.fullmatch(bare):
        return f"{bare} is {_named(matlab[1].lower() in ('true', '1'), int(matlab[2]), int(matlab[3]))}"
    if vhdl := _VHDL_2008.fullmatch(bare):
        high, low = int(vhdl[2]), int(vhdl[3])
        return f"{bare} is {_named(vhdl[1] in 'sS', high - low + 1, -low)}" if high >= low else ""
    if (slip := _EXPONENT.fullmatch(bare)) and int(slip[2]):
        fraction = int(slip[4]) * (1 if (slip[3] or "").lower() in ("n", "-") else -1)
        return f"{bare} is {_named(slip[1] in 'sS', int(slip[2]), fraction)}"
    return ""


def _named(signed: bool, bits: int, fraction: int) -> str:
    """How a format is written here."""
    return f"{'s' if signed else 'u'}fix{bits}_E{'n' if fraction >= 0 else ''}{abs(fraction)}"


class Rounding(StrEnum):
    """What happens to the bits below the last one kept. The value is the name; ``Rounding("floor")`` is ``Rounding.FLOOR``.

    ============ ============================= ===== ===== ===== ===== ========================
    name         definition                     -2.5  -1.5   1.5   2.5 costs in hardware
    ============ ============================= ===== ===== ===== ===== ========================
    floor        towards minus infinity            -3    -2     1     2 nothing
    nearest      to nearest, half up               -2    -1     2     3 an adder
    convergent   to nearest, half to even          -2    -2     2     2 an adder and a comparator
    zero         towards zero                      -2    -1     1     2 an adder
    ceil         towards plus infinity             -2    -1     2     3 an adder
    ============ ============================= ===== ===== ===== ===== ========================
    """

    FLOOR = "floor"
    NEAREST = "nearest"
    CONVERGENT = "convergent"
    ZERO = "zero"
    CEIL = "ceil"

    @classmethod
    def _missing_(cls, value: object) -> Rounding:
        raise ValueError(f"{value!r}: rounding must be one of {', '.join(cls)}")


class Overflow(StrEnum):
    """What happens to a value out of range: keep its low bits (``wrap``), or take the nearest value in range (``saturate``)."""

    WRAP = "wrap"
    SATURATE = "saturate"

    @classmethod
    def _missing_(cls, value: object) -> Overflow:
        raise ValueError(f"{value!r}: overflow must be one of {', '.join(cls)}")


@dataclass(frozen=True)
class Format:
    """A fixed-point number format.

    Parameters
    ----------
    signed : bool
        Two's complement if true.
    word_length : int
        Bits in all, the sign included.
    fraction_length : int
        Bits right of the binary point; may be negative, and may exceed the word length.

    Raises
    ------
    ValueError
        If a field is of another type or out of range.

    Examples
    --------
    >>> f = Format.parse("sfix16_En15")
    >>> f.minimum, f.maximum, f.resolution
    (-32768, 32767, 3.0517578125e-05)
    >>> str(f.with_word_length(12))
    'sfix12_En11'
    """

    signed: bool
    word_length: int
    fraction_length: int

    def __post_init__(self) -> None:
        if not isinstance(self.signed, bool):
            raise ValueError(f"signed = {self.signed!r}: must be true or false")
        for name in ("word_length", "fraction_length"):
            value = getattr(self, name)
            if isinstance(value, bool) or not hasattr(value, "__index__"):
                raise ValueError(f"{name} = {value!r}: must be an integer")
            object.__setattr__(self, name, value.__index__())
        if not 1 <= self.word_length <= MAXIMUM_WORD_LENGTH:
            raise ValueError(f"word_length = {self.word_length}: must be 1 to {MAXIMUM_WORD_LENGTH}")
        if abs(self.fraction_length) > MAXIMUM_FRACTION_LENGTH:
            raise ValueError(f"fraction_length = {self.fraction_length}: must be -{MAXIMUM_FRACTION_LENGTH} to {MAXIMUM_FRACTION_LENGTH}")

    @classmethod
    def parse(cls, text: str | Format) -> Format:
        """Read ``sfix16_En15``, ``ufix8_En0``, ``sfix16_E3`` (fraction length -3), ``sfix16`` (0), ``bipolar`` or ``complex_sfix16_En15``.

        Formats pass through.

        Raises
        ------
        ValueError
            If the text is not of that form.

        Examples
        --------
        >>> Format.parse("sfix16_E3")
        Format(signed=True, word_length=16, fraction_length=-3)
        """
        if isinstance(text, Format):
            return text
        if text == "bipolar":
            return BIPOLAR
        if isinstance(text, str) and text.startswith(COMPLEX + "s"):
            return complex_format(cls.parse(text.removeprefix(COMPLEX)))
        match = _PATTERN.fullmatch(text) if isinstance(text, str) and len(text) < 32 else None
        if match is None:
            meant = translation(text) if isinstance(text, str) else ""
            raise ValueError(f"{text!r}: must look like sfix16_En15 or ufix8_En0{meant and f'; {meant}'}")
        sign, word_length, negative, exponent = match.groups()
        try:
            return cls(sign == "s", int(word_length), int(exponent or 0) * (1 if negative else -1))
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from None

    def __str__(self) -> str:
        exponent = f"n{self.fraction_length}" if self.fraction_length >= 0 else str(-self.fraction_length)
        return f"{'s' if self.signed else 'u'}fix{self.word_length}_E{exponent}"

    @property
    def bipolar(self) -> bool:
        """Whether it is a bit that stands for +1 or -1."""
        return False

    @property
    def is_complex(self) -> bool:
        """Whether a word is the imaginary part of a number above its real part."""
        return False

    @property
    def part(self) -> Format:
        """The format of either part of a complex word; of any other word its own."""
        return self

    def integers(self, words: Any) -> Any:
        """The integers that the resolution is multiplied by: the words themselves, but of bipolar bits, which stand for +1 and -1."""
        return words

    @property
    def minimum(self) -> int:
        """Least raw word."""
        return -(1 << self.word_length - 1) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Greatest raw word."""
        return (1 << self.word_length - self.signed) - 1

    @property
    def resolution(self) -> float:
        """Value of the last bit."""
        return math.ldexp(1.0, -self.fraction_length)

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest value, as floats."""
        return self.integers(self.minimum) * self.resolution, self.integers(self.maximum) * self.resolution

    @property
    def integer_length(self) -> int:
        """Bits left of the binary point, the sign not counted: 0 for ``sfix16_En15``."""
        return self.word_length - self.fraction_length - self.signed

    @property
    def fits_int64(self) -> bool:
        """Whether every raw word fits a signed 64-bit integer; words of other formats are object arrays of Python ints."""
        return self.word_length - self.signed < 64

    def with_word_length(self, word_length: int) -> Format:
        """The same integer part in another word length: the fraction length moves with it.

        Examples
        --------
        >>> str(Format.parse("sfix16_En12").with_word_length(20))
        'sfix20_En16'
        """
        return Format(self.signed, word_length, self.fraction_length + word_length - self.word_length)


class BipolarBit(Format):
    """One bit that stands for +1 where it is 1 and for -1 where it is 0: pulse density (PDM), the output of a sigma-delta modulator.

    Examples
    --------
    >>> str(BIPOLAR), BIPOLAR.range, Format.parse("bipolar") == BIPOLAR, BIPOLAR == Format.parse("ufix1")
    ('bipolar', (-1.0, 1.0), True, False)
    """

    def __str__(self) -> str:
        return "bipolar"

    @property
    def bipolar(self) -> bool:
        return True

    def integers(self, words: Any) -> Any:
        """+1 for 1 and -1 for 0.

        Examples
        --------
        >>> BIPOLAR.integers(1), BIPOLAR.integers(0)
        (1, -1)
        """
        return 2 * words - 1


BIPOLAR = BipolarBit(False, 1, 0)
"""The format ``bipolar``."""


class ComplexFormat(Format):
    """The imaginary part above the real part in one word, which is read as one signed integer; `complex_format` makes it.

    Word length and ends are those of the whole word, fraction length and `range` those of either part.

    Examples
    --------
    >>> f = Format.parse("complex_sfix8_En7")
    >>> f.word_length, str(f.part), str(f), f.range
    (16, 'sfix8_En7', 'complex_sfix8_En7', (-1.0, 0.9921875))
    >>> f.joined(-128, 1), f.parts(f.joined(-128, 1)), f.parts(-1)
    (384, (-128, 1), (-1, -1))
    """

    def __str__(self) -> str:
        return f"{COMPLEX}{self.part}"

    @property
    def is_complex(self) -> bool:
        return True

    @property
    def part(self) -> Format:
        return Format(True, self.word_length // 2, self.fraction_length)

    @property
    def range(self) -> tuple[float, float]:
        return self.part.range

    @property
    def integer_length(self) -> int:
        return self.part.integer_length

    def with_word_length(self, word_length: int) -> Format:
        """The same integer part in another word length, that of the whole word."""
        return complex_format(self.part.with_word_length(word_length // 2))

    def parts(self, words: Any) -> tuple[Any, Any]:
        """Real and imaginary part of words, as raw words of `part`."""
        bits = self.word_length // 2
        real = words & (1 << bits) - 1
        return real - ((real >> bits - 1) << bits), words >> bits

    def joined(self, real: Any, imag: Any) -> Any:
        """The words of which these are the parts."""
        bits = self.word_length // 2
        return (imag << bits) + (real & (1 << bits) - 1)


def complex_format(part: Format | str) -> ComplexFormat:
    """The format of complex words whose parts have a signed format.

    Examples
    --------
    >>> str(complex_format("sfix12_En11"))
    'complex_sfix12_En11'
    """
    part = Format.parse(part)
    return ComplexFormat(True, 2 * part.word_length, part.fraction_length)
