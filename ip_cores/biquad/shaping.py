"""Biquad: what becomes of the error of a rounding."""

from __future__ import annotations

from myhdl import always_comb

from ip_cores.blocks.arithmetic import bit_signal
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Rows, described, inline

WORDS = {1: "the error itself", -1: "its complement", 0: "a half"}


def line_rows(plan):
    """How each line's error is fed back: bit 0 its complement, bit 1 a half."""
    codes = {1: 0, -1: 1, 0: 2}
    first = plan.lines - plan.count
    rows, remarks = [0] * first, ["the words that are taken"] * first
    for number, sign in enumerate(plan.shaping):
        rows.append(codes[sign])
        remarks.append(f"section {number}: {WORDS[sign]}")
    left = (1 << plan.line_bits) - len(rows)
    return Rows([*rows, *[0] * left], [*remarks, *["no line"] * left])


@inline
def next_begin(total, following, row, plan):
    """What the next sum of a section begins with, of what is dropped from this one."""
    ways = set(plan.shaping)
    dropped = len(following)
    half, line_bits = 1 << dropped - 1, plan.line_bits
    if ways == {1}:

        @always_comb
        def feed_error_back():
            """The error that the rounding makes: noise has a zero at 0 Hz."""
            following.next = total[dropped:]

        return feed_error_back
    error = bit_signal(dropped)

    @always_comb
    def split():
        error.next = total[dropped:]

    if ways == {-1}:

        @always_comb
        def feed_complement_back():
            """The complement of the error that the rounding makes: noise has a zero at half the sample rate."""
            following.next = ~error

        return split, feed_complement_back
    line, way = bit_signal(line_bits), bit_signal(2)

    @always_comb
    def name_line():
        line.next = row[line_bits:]

    @always_comb
    def feed_back():
        """The error, its complement, or a half, as it serves the section."""
        if way[1]:
            following.next = half
        elif way[0]:
            following.next = ~error
        else:
            following.next = error

    return split, name_line, described(table(line, way, line_rows(plan)), "How the errors of each section are fed back."), feed_back
