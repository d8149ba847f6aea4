"""Two to the power of a word in hardware: a table of 17 knots, straight lines between them, a shift by the whole part.

What it is and how near it comes stands in `fixed_point.families.logarithms`. It takes three clocks, and a word in every clock.
"""

from __future__ import annotations

from itertools import pairwise

from myhdl import always, always_comb

from fixed_point.families.logarithms import MANTISSA_BITS, SEGMENT_BITS
from ip_cores.blocks.arithmetic import bit_signal, magnitude_signal, register, signed_signal
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Constant, Rows, described, entity, inline, primitive

EXP2_CLOCKS = 3


@entity
def exp2_word(clk, word, power, law):
    """Two to the power of a signed word: straight lines between 17 knots for what is behind its point, a shift for what is in front.

    A word below the lowest whole part, or above the highest, counts as the nearest that is not. Three clocks.
    """
    places = max(1, (law.highest - law.lowest).bit_length())
    inside, place, late = bit_signal(law.fraction_length), bit_signal(places), bit_signal(places)
    mantissa = magnitude_signal(MANTISSA_BITS + 1, fraction_length=MANTISSA_BITS)
    return (
        bounded_exponent(clk, word, inside, place, law),
        mantissa_line(clk, inside, mantissa, law),
        described(register(clk, None, place, late), "The mantissa, and how far it is to be moved."),
        shifted_down(clk, mantissa, late, power, law),
    )


@inline
def bounded_exponent(clk, word, inside, place, law):
    """The exponent within its bounds: what is behind its point, and how far its whole part lies below the highest."""
    fraction_bits = law.fraction_length
    least, most = (signed_signal(len(word), bound << fraction_bits) for bound in (law.lowest, law.highest))
    whole_bits = len(word) - fraction_bits
    whole, top = signed_signal(whole_bits), signed_signal(whole_bits + 1, law.highest)
    ones = Constant((1 << fraction_bits) - 1, "just below the next whole exponent")
    away = Constant(law.highest - law.lowest, "from the highest whole part to the lowest")
    down = signed_signal(whole_bits + 1)
    places = len(place)
    full = signed_signal(len(word) + 1)
    step = signed_signal(len(word) + 1, 1 << fraction_bits)

    @always_comb
    def part():
        whole.next = word[:fraction_bits].signed()
        full.next = most + step

    @always_comb
    def measure():
        down.next = top - whole

    @always(clk.posedge)
    def store():
        """Below the bounds the lowest power, above them just less than twice the highest."""
        if word < least:
            inside.next = 0
            place.next = away
        elif word >= full:
            inside.next = ones
            place.next = 0
        else:
            inside.next = word[fraction_bits:]
            place.next = down[places:]

    return part, measure, store


@inline
def mantissa_line(clk, inside, mantissa, law):
    """From what is behind the point to a mantissa from 1 to 2."""
    values, rest_bits = law.values, law.rest_bits
    slopes = [there - here for here, there in pairwise(values)]
    segment, rest = bit_signal(SEGMENT_BITS), bit_signal(max(1, rest_bits))
    knot = magnitude_signal(MANTISSA_BITS + 1, fraction_length=MANTISSA_BITS)
    slope = bit_signal(max(slopes).bit_length())
    product = magnitude_signal(len(slope) + len(rest), fraction_length=MANTISSA_BITS + rest_bits)

    @always_comb
    def split():
        """The line's number, and the place on it."""
        segment.next = inside[:rest_bits]
        rest.next = inside[rest_bits:]

    @always_comb
    def multiply():
        product.next = slope * rest

    @always(clk.posedge)
    def add():
        """The mantissa."""
        mantissa.next = knot + product[:rest_bits]

    return (
        split,
        described(table(segment, knot, Rows(values[:-1], [f"2**({k}/16)" for k in range(16)])), "The 16 lower knots."),
        described(table(segment, slope, Rows(slopes, [f"to 2**({k + 1}/16)" for k in range(16)])), "From each to the next."),
        multiply,
        add,
    )


@inline
def shifted_down(clk, mantissa, place, power, law):
    """A mantissa moved down by its exponent, rounded to nearest."""
    raised, low = max(0, 1 - law.dropped), max(0, law.dropped - 1)
    bits = len(mantissa) + raised
    wide = bit_signal(bits)
    rounded = magnitude_signal(bits - low + 1)
    result_bits = law.word_length
    largest = Constant((1 << result_bits) - 1, "the largest word")

    @always_comb
    def widen():
        wide.next = mantissa << raised

    steps, moved = [], wide
    for bit in reversed(range(len(place))):
        moving, moved = moved, bit_signal(bits)
        steps.append(move_down(moving, place, moved, bit))
    steps[0] = described(steps[0], "The whole part of the exponent: bit by bit of it.")

    @always_comb
    def add():
        """With one bit more, which rounds."""
        rounded.next = moved[:low] + 1

    @always(clk.posedge)
    def store():
        """The power."""
        if rounded[:1] > largest:
            power.next = largest
        else:
            power.next = rounded[:1]

    return widen, steps, add, store


@primitive
def move_down(word, place, moved, bit):
    """Moves a word down by two to the power of a bit's number, where that bit is one."""
    by = 1 << bit
    inside = by < len(word)

    if inside:

        @always_comb
        def move():
            if place[bit]:
                moved.next = word[:by]
            else:
                moved.next = word

    else:

        @always_comb
        def move():
            if place[bit]:
                moved.next = 0
            else:
                moved.next = word

    return move
