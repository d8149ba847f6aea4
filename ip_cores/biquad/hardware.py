"""Hardware of the biquad: what both forms share, and the direct form. The other is in `transposed_section`."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.biquad.control import KeptState, SectionOrders, StateRows, biquad_control
from ip_cores.biquad.products import section_products
from ip_cores.biquad.shaping import next_begin
from ip_cores.biquad.transposed_section import transposed_section
from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag, signed_signal
from ip_cores.blocks.memory import coefficient_memory
from ip_cores.blocks.requantizer import requantizer
from ip_cores.families.band_stage import state_memory
from ip_cores.hierarchy import described, entity, inline


@entity
def biquad(clk, reset, sink, source, plan):
    """Cascade of second-order sections, computed one after another, with exact sums and one rounding for each section."""
    several = plan.channels > 1
    orders = SectionOrders(flag(), flag(), counter_signal(plan.clocks), flag(), flag())
    rows = StateRows(flag())
    if plan.row_bits:
        rows = StateRows(flag(), address_signal(plan.row_bits), address_signal(plan.row_bits), flag(), flag())
    place = address_signal(plan.place_bits)
    terms = [bit_signal(plan.term_bits) for _ in range(plan.multipliers_used)]
    state, next_state = bit_signal(plan.state_bits), bit_signal(plan.state_bits)
    kept = KeptState(state, next_state)
    line = signed_signal(plan.cascade.state_bits, is_number=False)
    section = direct_section if plan.direct else transposed_section
    return (
        biquad_control(clk, reset, sink.flow("channel") if several else sink.flow(), source.flow(), orders, rows, place, plan),
        [
            described(coefficient_memory(clk, None, place, term, plan.coefficients(number)), "The coefficients of each multiplier.")
            for number, term in enumerate(terms)
        ],
        section_state(clk, reset, rows, next_state, state, plan),
        section(clk, reset, sink.data, orders, rows, terms, kept, line, plan),
        output_word(clk, orders.give, line, rows.row, source.data, source.channel, plan),
    )  # fmt: skip


@inline
def section_state(clk, reset, rows, next_state, state, plan):
    """A row for each line or section of each channel; one row is a register."""
    if plan.row_bits:
        return described(
            state_memory(clk, rows.fetch, rows.keep, rows.row, next_state, rows.read_row, state, True),
            "The state of all sections, channel by channel.",
        )
    if plan.cascade.rest:
        sum_bits = plan.sum_bits
        half, nothing = signed_signal(sum_bits, plan.cascade.rest), signed_signal(sum_bits, 0)

        @always(clk.posedge)
        def store():
            """The state of the only section; after a reset s1 is a half, so that sums are rounded to nearest."""
            if reset:
                state.next = concat(half[sum_bits:], nothing[sum_bits:])
            elif rows.keep:
                state.next = next_state

    else:

        @always(clk.posedge)
        def store():
            """The state of the only section."""
            if reset:
                state.next = 0
            elif rows.keep:
                state.next = next_state

    return store


@entity
def direct_section(clk, reset, data, orders, rows, terms, kept, line, plan):
    """A section in direct form I: products of the last words of two lines; the line behind it gets the sum, rounded down.

    What the rounding drops, the next sum begins with (or its complement, or a half), so that the error is fed back.
    """
    cascade = plan.cascade
    bits, dropped, begin_bits = cascade.state_bits, cascade.dropped, plan.begin_bits
    x1, x2, y1, y2, result, handed = (signed_signal(bits, is_number=False) for _ in range(6))
    total, products = signed_signal(plan.sum_bits, is_number=False), signed_signal(plan.sum_bits, is_number=False)
    start_value = signed_signal(dropped + 1, cascade.rest, is_number=False)
    lifted = signed_signal(bits, is_number=False)
    x, enters = signed_signal(bits, is_number=False), flag()
    line_bits, lift = plan.line_bits, cascade.lift
    above = plan.sum_bits

    @always_comb
    def part():
        """The line behind the section, one and two words ago."""
        y1.next = kept.state[2 * bits + begin_bits : bits + begin_bits].signed()
        y2.next = kept.state[bits + begin_bits : begin_bits].signed()

    if lift:

        @always_comb
        def raise_word():
            lifted.next = data << lift

    else:

        @always_comb
        def raise_word():
            lifted.next = data

    @always_comb
    def look():
        """The first line is that of the words that are taken."""
        enters.next = rows.row[line_bits:] == 0

    @always_comb
    def round_down():
        result.next = total[above:dropped].signed()

    @always_comb
    def hand_on():
        """The word of the next line: the result, or at first the word that was taken."""
        handed.next = result
        if enters:
            handed.next = x

    if plan.second_front_word:
        operands = [x, x1, x2, y1, y2]

        @always(clk.posedge)
        def follow():
            """The line in front of the section: now, one and two words ago."""
            if orders.take:
                x.next = lifted
            elif orders.finish:
                x.next = handed
                x1.next = y1
                x2.next = y2

        @always(clk.posedge)
        def accumulate():
            """The sum of a section: y 2**dropped = begin + b0 x + b1 x1 + b2 x2 - a1 y1 - a2 y2."""
            if orders.multiply:
                if orders.step == 0:
                    total.next = start_value + products
                else:
                    total.next = total + products

    else:
        operands = [x, x1, y1, y2]

        @always(clk.posedge)
        def follow():
            """The line in front of the section: now, and one word ago."""
            if orders.take:
                x.next = lifted
            elif orders.finish:
                x.next = handed
                x1.next = y1

        @always(clk.posedge)
        def accumulate():
            """The sum of a section: y 2**dropped = begin + b0 x + b1 x1 - a1 y1 - a2 y2."""
            if orders.multiply:
                if orders.step == 0:
                    total.next = start_value + products
                else:
                    total.next = total + products

    @always_comb
    def show():
        line.next = x

    return (
        part, raise_word, look, round_down, hand_on, follow, accumulate, show,
        begin_of_sum(kept.state, start_value, plan),
        kept_line(handed, y1, total, rows, kept.next_state, plan),
        section_products(orders.step, operands, terms, products, plan),
    )  # fmt: skip


@inline
def begin_of_sum(state, start_value, plan):
    """What a sum begins with: what is kept from the last rounding, or always a half."""
    if not plan.begin_bits:
        return ()
    begin_bits = plan.begin_bits

    @always_comb
    def start():
        """What the rounding of this section left, one word ago."""
        start_value.next = concat(False, state[begin_bits:]).signed()

    return start


@inline
def kept_line(handed, y1, total, rows, next_state, plan):
    """The row that is written: the line's word, the one before it, and what the next sum begins with."""
    bits = len(handed)
    if not plan.begin_bits:

        @always_comb
        def join_words():
            """After a reset all lines are silent."""
            next_state.next = 0
            if not rows.clear:
                next_state.next = concat(handed[bits:], y1[bits:])

        return join_words
    following = bit_signal(plan.cascade.dropped)

    @always_comb
    def join():
        """After a reset all lines are silent."""
        next_state.next = 0
        if not rows.clear:
            next_state.next = concat(handed[bits:], y1[bits:], following)

    return join, next_begin(total, following, rows.row, plan)


@entity
def output_word(clk, give, line, row, source_data, source_channel, plan):
    """The last line's word, rounded and limited to the output's format."""
    conversion = plan.conversion
    bits, line_bits = min(conversion.interval.bits, len(line)), plan.line_bits
    exact = signed_signal(bits, fraction_length=conversion.fraction_length)
    result = signed_signal(plan.source.word_length, fraction_length=plan.source.fraction_length)

    if bits < len(line):

        @always_comb
        def cut():
            exact.next = line[bits:].signed()

    else:

        @always_comb
        def cut():
            exact.next = line

    if plan.channels > 1:

        @always(clk.posedge)
        def store():
            """The output register: a word stays in it until it is taken."""
            if give:
                source_data.next = result
                source_channel.next = row[:line_bits]

    else:

        @always(clk.posedge)
        def store():
            """The output register: a word stays in it until it is taken."""
            if give:
                source_data.next = result

    return cut, requantizer(exact, result, conversion), store
