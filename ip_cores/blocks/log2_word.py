"""Base-2 logarithm in hardware: a leading one, a table of 17 knots, straight lines between them.

What it is and how near it comes stands in `fixed_point.families.logarithms`. It takes three clocks, and a word in every clock.
"""

from __future__ import annotations

from itertools import pairwise

from myhdl import always, always_comb, concat

from fixed_point.families.logarithms import LOGARITHM_BITS, REST_BITS, SEGMENT_BITS
from ip_cores.blocks.arithmetic import bit_signal, flag, magnitude_signal, register
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Constant, Rows, described, entity, inline, primitive

KEPT = 1 + SEGMENT_BITS + REST_BITS
"""Bits of a mantissa that count, its leading one among them."""

LOG2_CLOCKS = 3


@entity
def log2_word(clk, word, logarithm, law):
    """Base-2 logarithm of an unsigned word: the place of its leading one, and straight lines between 17 knots for what is behind it.

    The word is moved up by powers of two until its leading one is at the top; how far tells the place. Three clocks.
    """
    places = law.integer_bits
    half = places // 2
    widths = [min(law.bits, KEPT + (1 << place) - 1) for place in reversed(range(places))]
    coarse, mantissa = bit_signal(widths[half - 1]), bit_signal(KEPT)
    coarse_shift, shift = bit_signal(half), bit_signal(places)
    steps, moving, counted = [], word, None
    for number, place in enumerate(reversed(range(places))):
        moved, count = bit_signal(widths[number]), bit_signal(number + 1)
        steps.append(move_up(moving, counted, moved, count, 1 << place))
        moving, counted = moved, count
        if number == half - 1:
            steps += [
                described(register(clk, None, moved, coarse), "The word, moved by the larger powers of two, and how far."),
                register(clk, None, count, coarse_shift),
            ]
            moving, counted = coarse, coarse_shift
    return (
        steps,
        described(keep_mantissa(clk, moving, mantissa), "The bits from the leading one on, and how far they were moved."),
        register(clk, None, counted, shift),
        straight_line(clk, mantissa, shift, logarithm, law),
    )


@primitive
def keep_mantissa(clk, moved, mantissa):
    """A register for the bits from the leading one on, zeros behind those of a short word."""
    short = len(mantissa) - len(moved)
    if not short:
        return register(clk, None, moved, mantissa)

    @always(clk.posedge)
    def store():
        """Zeros stand behind a short word."""
        mantissa.next = moved << short

    return store


@primitive
def move_up(word, counted, moved, count, places):
    """Moves a word up where so many of its upper bits are zeros, and appends that to the count; the upper bits are kept."""
    by = flag()
    looked = max(0, len(word) - places)
    low, rest, short = len(word) - len(moved), len(word) - places - len(moved), len(moved) - looked

    @always_comb
    def look():
        by.next = word[:looked] == 0

    if looked == 0:

        @always_comb
        def move():
            if by:
                moved.next = 0
            else:
                moved.next = word[:low]

    elif rest >= 0:

        @always_comb
        def move():
            if by:
                moved.next = word[looked:rest]
            else:
                moved.next = word[:low]

    else:

        @always_comb
        def move():
            if by:
                moved.next = word[looked:] << short
            else:
                moved.next = word[:low]

    if counted is None:

        @always_comb
        def note():
            """Whether it was moved: the count's first bit."""
            count.next[0] = by

    else:

        @always_comb
        def note():
            count.next = concat(counted, by)

    return look, move, note


@inline
def straight_line(clk, mantissa, shift, logarithm, law):
    """From a mantissa and how far it was moved to the logarithm."""
    places, lowest, bits = law.integer_bits, law.lowest, law.bits
    top = magnitude_signal(places, bits - 1)
    most = Constant(bits - 1 - lowest, "places that a word above silence is moved at most")
    silence = Constant(lowest << LOGARITHM_BITS, f"the logarithm of 2**{lowest}, which anything less counts as")
    rest_bits, doubled = REST_BITS, REST_BITS - 1
    segment, rest = bit_signal(SEGMENT_BITS), bit_signal(REST_BITS)
    knot, slope = magnitude_signal(LOGARITHM_BITS, fraction_length=LOGARITHM_BITS), bit_signal(REST_BITS)
    product = magnitude_signal(2 * REST_BITS, fraction_length=LOGARITHM_BITS + REST_BITS)
    exponent = bit_signal(places)
    total = magnitude_signal(places + LOGARITHM_BITS + 1, fraction_length=LOGARITHM_BITS + 1)
    silent = flag()

    @always_comb
    def split():
        """Behind the leading one: the line's number, and the place on it."""
        segment.next = mantissa[rest_bits + 4 : rest_bits]
        rest.next = mantissa[rest_bits:]

    @always_comb
    def place():
        """The place of the leading one; of too small a word it is not used."""
        silent.next = shift > most
        exponent.next = top - shift

    @always_comb
    def multiply():
        product.next = slope * rest

    @always_comb
    def add():
        """With one bit more, which rounds."""
        total.next = concat(exponent, knot, True) + product[:doubled]

    @always(clk.posedge)
    def store():
        """The logarithm."""
        if silent:
            logarithm.next = silence
        else:
            logarithm.next = total[:1]

    values = law.values
    knots = Rows(values[:-1], [f"log2({16 + k}/16)" for k in range(16)])
    slopes = Rows((there - here for here, there in pairwise(values)), [f"to log2({17 + k}/16)" for k in range(16)])
    return (
        split,
        place,
        described(table(segment, knot, knots), "The 16 lower knots."),
        described(table(segment, slope, slopes), "From each to the next."),
        multiply,
        add,
        store,
    )
