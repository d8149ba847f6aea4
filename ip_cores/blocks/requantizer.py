"""The one rounding at an output: a full-precision word becomes a word of the output's format."""

from __future__ import annotations

from typing import NamedTuple

from myhdl import Signal, always_comb, intbv

from fixed_point import Format, Overflow, Rounding, requantize
from ip_cores.blocks.arithmetic import (
    add,
    scale_up,
    signed_signal,
    wire,
    word_signal,
)
from ip_cores.blocks.interval import Interval
from ip_cores.hierarchy import described, entity, primitive


class Conversion(NamedTuple):
    """What happens to a full-precision word at an output.

    Attributes
    ----------
    interval : Interval
        Values of the word.
    fraction_length : int
        Its fraction length.
    format : Format
        Format of the result.
    rounding : Rounding
        What is left to do: `Rounding.FLOOR`, which only drops bits, behind a sum that started from half of the last bit kept.
    overflow : Overflow
    started_from_half : bool
        Whether the word is such a sum.
    """

    interval: Interval
    fraction_length: int
    format: Format
    rounding: Rounding
    overflow: Overflow
    started_from_half: bool = False

    def behind_half(self) -> Conversion:
        """The same of a sum that started from half of the last bit kept: to nearest by dropping bits alone."""
        return self._replace(rounding=Rounding.FLOOR, started_from_half=True)

    @property
    def dropped(self) -> int:
        """Bits below the result's last; negative where zeros are appended."""
        return self.fraction_length - self.format.fraction_length

    @property
    def rounded(self) -> Interval:
        """Values after rounding and before overflow; rounding is monotone, so its ends are the ends' own."""
        bits = self.interval.bits + abs(self.dropped) + 2
        wide = Format(True, bits, self.format.fraction_length)
        low, high = (
            int(requantize([end], Format(True, bits, self.fraction_length), wide, self.rounding, Overflow.WRAP)[0]) for end in self.interval
        )
        return Interval(low, high)

    @property
    def overflows(self) -> bool:
        """Whether any value is out of the result's range."""
        return self.rounded.low < self.format.minimum or self.rounded.high > self.format.maximum


@primitive
def requantizer(word, result, conversion):
    """Rounds and limits a full-precision word to an output format, in one clock and without registers."""
    rounded = signed_signal(max(conversion.rounded.bits, conversion.format.word_length + 1 if conversion.overflows else 2))
    return rounding_stage(word, rounded, conversion), overflow_stage(rounded, result, conversion)


@primitive
def rounding_stage(word, rounded, conversion):
    """Drops bits behind the last one of the result, or appends zeros."""
    dropped, mode = conversion.dropped, conversion.rounding
    if dropped <= 0:
        return scale_up(word, rounded, -dropped) if dropped else wire(word, rounded)
    bits = max(len(word), dropped + 2)
    extended = signed_signal(bits) if bits > len(word) else word
    # The bit that is added to what is kept.
    kept = signed_signal(bits - dropped)
    increment = Signal(intbv(0)[1:])
    extend = wire(word, extended) if bits > len(word) else []

    @always_comb
    def keep():
        kept.next = extended[:dropped].signed()

    if mode == Rounding.FLOOR:
        half = "To nearest, half up: the sum started from half of the last bit kept; what is below is dropped."
        return extend, described(keep, half if conversion.started_from_half else "Rounded down."), wire(kept, rounded)

    if mode == Rounding.NEAREST:

        @always_comb
        def decide():
            """To nearest, half up: the highest bit that is dropped is added."""
            increment.next = extended[dropped : dropped - 1]

    elif mode == Rounding.CONVERGENT and dropped == 1:

        @always_comb
        def decide():
            """To nearest, half to even: the one bit that is dropped is half; an odd word goes up."""
            increment.next = 0
            if extended[2:] == 3:
                increment.next = 1

    elif mode == Rounding.CONVERGENT:

        @always_comb
        def decide():
            """To nearest, half to even: half and more goes up, but exactly half only from an odd word."""
            increment.next = 0
            if extended[dropped - 1] and (extended[dropped] or extended[dropped - 1 : 0] != 0):
                increment.next = 1

    elif mode == Rounding.ZERO:

        @always_comb
        def decide():
            """Towards zero: a negative word from which anything is dropped goes up."""
            increment.next = 0
            if extended[bits - 1] and extended[dropped:0] != 0:
                increment.next = 1

    else:

        @always_comb
        def decide():
            """Upwards: a word from which anything is dropped goes up."""
            increment.next = 0
            if extended[dropped:0] != 0:
                increment.next = 1

    return extend, keep, decide, add(kept, increment, rounded)


LONGEST_COMPARED = 32
"""Bits of a word that is compared with a negative integer: beyond them GHDL's synthesis takes the integer for a positive one."""


@primitive
def overflow_stage(rounded, result, conversion):
    """Keeps the low bits, or the nearest value in range."""
    format = conversion.format
    width, bits = format.word_length, len(rounded)
    if not conversion.overflows:
        return narrow(rounded, result, min(width, bits), format.signed)
    if conversion.overflow == Overflow.WRAP:
        return narrow(rounded, result, width, format.signed)
    highest, lowest = word_signal(format, format.maximum), word_signal(format, format.minimum)
    sign_at = width - 1 if format.signed else width
    guard = signed_signal(max(2, bits - sign_at), is_number=False)
    wrapped = word_signal(format)
    inner = narrow(rounded, wrapped, width, format.signed)

    @always_comb
    def look():
        guard.next = rounded[:sign_at].signed()

    if format.signed and len(guard) > LONGEST_COMPARED:
        all_ones = signed_signal(len(guard), -1, is_number=False)

        @always_comb
        def saturate():
            """In range all bits from the result's sign upwards are alike; else the nearest end of the range is given."""
            if guard == 0 or guard == all_ones:
                result.next = wrapped
            elif rounded[bits - 1]:
                result.next = lowest
            else:
                result.next = highest

    elif format.signed:

        @always_comb
        def saturate():
            """In range all bits from the result's sign upwards are alike; else the nearest end of the range is given."""
            if guard == 0 or guard == -1:
                result.next = wrapped
            elif rounded[bits - 1]:
                result.next = lowest
            else:
                result.next = highest

    else:

        @always_comb
        def saturate():
            """In range all bits above the result are 0; else the nearest end of the range is given."""
            if guard == 0:
                result.next = wrapped
            elif rounded[bits - 1]:
                result.next = lowest
            else:
                result.next = highest

    return inner, look, saturate


@primitive
def narrow(word, result, width, signed):
    """The low `width` bits of a word."""
    if (len(word) == width and signed) or (signed and len(result) > width):
        return wire(word, result)
    if signed:

        @always_comb
        def low_bits():
            result.next = word[width:].signed()

    else:

        @always_comb
        def low_bits():
            result.next = word[width:]

    return low_bits


@entity
def output_rounding(word, result, conversion):
    """The one place where bits are dropped: rounding, then overflow."""
    return requantizer(word, result, conversion)
