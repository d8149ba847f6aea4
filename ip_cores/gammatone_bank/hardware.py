"""Hardware of the gammatone bank: the sections of a biquad, gone through once for each band, and the level of a band."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.biquad.control import KeptState, SectionOrders, StateRows
from ip_cores.biquad.hardware import direct_section, output_word, section_state
from ip_cores.blocks.arithmetic import (
    address_signal,
    bit_signal,
    counter_signal,
    flag,
    magnitude_signal,
    negate,
    register,
    signed_signal,
)
from ip_cores.blocks.memory import coefficient_memory
from ip_cores.families.band_stage import state_memory
from ip_cores.gammatone_bank.control import BandFlow, bank_control
from ip_cores.hierarchy import described, entity


@entity
def gammatone_bank(clk, reset, sink, source, plan):
    """Bank of second-order sections: each sample goes through the sections of one band after another, with one rounding for each."""
    orders = SectionOrders(flag(), flag(), counter_signal(plan.clocks), flag(), flag())
    flow = BandFlow(flag(), None if plan.smoothing is None else flag())
    rows = StateRows(flag(), address_signal(plan.row_bits), address_signal(plan.row_bits), flag(), flag())
    place = address_signal(plan.place_bits)
    terms = [bit_signal(plan.term_bits) for _ in range(plan.multipliers_used)]
    state, next_state = bit_signal(plan.state_bits), bit_signal(plan.state_bits)
    sample = signed_signal(plan.sink.word_length, fraction_length=plan.sink.fraction_length)
    line = signed_signal(plan.cascade.state_bits, is_number=False)
    if plan.smoothing is None:
        result, levels = line, ()
    else:
        result = signed_signal(plan.level_bits + 1, is_number=False)
        levels = band_level(clk, orders, flow, rows, line, result, plan)
    return (
        bank_control(clk, reset, sink.flow(), source.flow(), orders, flow, rows, place, plan),
        described(register(clk, flow.store, sink.data, sample), "The sample, held for all bands."),
        [
            described(coefficient_memory(clk, None, place, term, plan.coefficients(number)), "The coefficients of each multiplier.")
            for number, term in enumerate(terms)
        ],
        section_state(clk, reset, rows, next_state, state, plan),
        direct_section(clk, reset, sample, orders, rows, terms, KeptState(state, next_state), line, plan),
        levels,
        output_word(clk, orders.give, result, rows.row, source.data, source.channel, plan),
    )


@entity
def band_level(clk, orders, flow, rows, line, result, plan):
    """Level of a band: e += (|y| - e) 2**-k. e has k more bits than |y|, so that the sum is exact but for one rounding."""
    bits, level_bits, smoothing = len(line), plan.level_bits, plan.smoothing
    line_bits, low = plan.line_bits, plan.smoothing - 1
    before, following, kept, level = (magnitude_signal(level_bits) for _ in range(4))
    # A level never reaches so far that the part which goes would be more than the largest magnitude.
    size, decay = magnitude_signal(bits), bit_signal(level_bits - smoothing)
    opposite, total = signed_signal(bits + 1, is_number=False), magnitude_signal(level_bits + 1)
    band, read_band, stores = address_signal(plan.channel_bits), address_signal(plan.channel_bits), flag()

    @always_comb
    def address():
        """The band that is worked on, and the one that begins."""
        band.next = rows.row[:line_bits]
        read_band.next = rows.read_row[:line_bits]
        stores.next = rows.clear or flow.smooth

    @always_comb
    def rectify():
        """The magnitude of the last line's word."""
        if line < 0:
            size.next = opposite[bits:]
        else:
            size.next = line[bits:]

    @always_comb
    def fade():
        """The part of the level that goes, rounded; and the sum with what comes."""
        decay.next = before[:smoothing] + before[smoothing:low]
        total.next = before + size

    @always_comb
    def go_on():
        following.next = total - decay

    @always_comb
    def keep():
        """After a reset all levels are zero."""
        kept.next = 0
        if not rows.clear:
            kept.next = following

    @always(clk.posedge)
    def hold():
        """The level that waits for the output."""
        if flow.smooth:
            level.next = following

    @always_comb
    def show():
        result.next = concat(False, level[level_bits:]).signed()

    return (
        address, negate(line, opposite), rectify, fade, go_on, keep, hold, show,
        described(state_memory(clk, orders.take, stores, band, kept, read_band, before, True), "The levels of all bands."),
    )  # fmt: skip
