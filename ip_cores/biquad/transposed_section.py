"""Biquad: a section in transposed form II, which keeps two exact sums in place of four words."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.biquad.products import section_products
from ip_cores.biquad.shaping import next_begin
from ip_cores.blocks.arithmetic import bit_signal, signed_signal
from ip_cores.hierarchy import Constant, entity, inline


@entity
def transposed_section(clk, reset, data, orders, rows, terms, kept, line, plan):
    """A section in transposed form II: its result is the rounded sum of b0 x and s1; s1 and s2 are kept at full precision.

    What the rounding drops goes into s1 (or its complement, or a half), so that the error is fed back. The result of a section is the
    word that the next one takes.
    """
    cascade = plan.cascade
    bits, dropped, sum_bits = cascade.state_bits, cascade.dropped, plan.sum_bits
    x, y = (signed_signal(bits, is_number=False) for _ in range(2))
    total, products, first, second, ready = (signed_signal(sum_bits, is_number=False) for _ in range(5))
    carried = signed_signal(dropped + 1, cascade.rest, is_number=False)
    lifted = signed_signal(bits, is_number=False)
    lift = cascade.lift
    turn_step = Constant(1, "in which a section's result is known")
    second_step = Constant(plan.clocks - 1 - (2 if plan.multipliers_used == 1 else 1), "with which the sum for s2 begins")

    @always_comb
    def part():
        """What the section kept, one word ago."""
        first.next = kept.state[2 * sum_bits : sum_bits].signed()
        second.next = kept.state[sum_bits:].signed()

    if lift:

        @always_comb
        def raise_word():
            lifted.next = data << lift

    else:

        @always_comb
        def raise_word():
            lifted.next = data

    @always(clk.posedge)
    def follow():
        """The word that the section takes, and the first of the sums that it keeps."""
        if orders.take:
            x.next = lifted
        elif orders.finish:
            x.next = y
        if orders.step == second_step:
            ready.next = total

    @always(clk.posedge)
    def round_down():
        """The section's result; nothing at first, since it may be multiplied by 0 before there is one."""
        if reset:
            y.next = 0
        elif orders.step == turn_step:
            y.next = total[sum_bits:dropped].signed()

    @always(clk.posedge)
    def accumulate():
        """First s1 + b0 x, which gives y; then what is dropped + s2 + b1 x - a1 y, the next s1; then b2 x - a2 y, the next s2."""
        if orders.multiply:
            if orders.step == 0:
                total.next = first + products
            elif orders.step == second_step:
                total.next = products
            else:
                total.next = total + products
        elif orders.step == turn_step:
            total.next = carried + second

    @always_comb
    def show():
        line.next = x

    return (
        part, raise_word, follow, round_down, accumulate, show,
        carried_error(total, rows.row, carried, plan),
        kept_sums(ready, total, rows, kept.next_state, plan),
        section_products(orders.step, [x, y], terms, products, plan),
    )  # fmt: skip


@inline
def carried_error(total, row, carried, plan):
    """What is carried on of a sum that has been rounded."""
    if not plan.cascade.shaped:
        return ()
    following = bit_signal(plan.cascade.dropped)

    @always_comb
    def carry():
        carried.next = concat(False, following).signed()

    return next_begin(total, following, row, plan), carry


@inline
def kept_sums(ready, total, rows, next_state, plan):
    """The row that is written: s1 and s2."""
    sum_bits = plan.sum_bits
    if not plan.row_bits:

        @always_comb
        def join():
            next_state.next = concat(ready[sum_bits:], total[sum_bits:])

    elif plan.cascade.rest:
        half, nothing = signed_signal(sum_bits, plan.cascade.rest), signed_signal(sum_bits, 0)

        @always_comb
        def join():
            """After a reset s1 is a half, so that sums are rounded to nearest."""
            next_state.next = concat(half[sum_bits:], nothing[sum_bits:])
            if not rows.clear:
                next_state.next = concat(ready[sum_bits:], total[sum_bits:])

    else:

        @always_comb
        def join():
            """After a reset all sections are silent."""
            next_state.next = 0
            if not rows.clear:
                next_state.next = concat(ready[sum_bits:], total[sum_bits:])

    return join
