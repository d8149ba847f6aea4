"""Hardware of the time scaler: words that were taken, what follows, the search for the best match, and the fade."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, flag, magnitude_signal, multiply, negate, scale_up, signed_signal
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.hierarchy import described, entity
from ip_cores.time_scaler.control import ScalerOrders, ScalerPlaces, scaler_control


@entity
def time_scaler(clk, reset, sink, source, plan, step=None):
    """Duration without pitch: segments of the signal, each faded into from what follows on the one before, where it matches that best."""
    orders = ScalerOrders(*(flag() for _ in range(6)))
    places = ScalerPlaces(*(address_signal(bits) for bits in (plan.address_bits, plan.address_bits, plan.place_bits, plan.place_bits)))
    bits, point = plan.format.word_length, plan.format.fraction_length
    word, before = signed_signal(bits, fraction_length=point), signed_signal(bits, fraction_length=point)
    difference, better = signed_signal(plan.difference_bits, fraction_length=point), flag()

    @always_comb
    def compare():
        """The word that is read, against that of what follows at the same place of the segment."""
        difference.next = word - before

    return (
        scaler_control(clk, reset, sink.flow(), source.flow(), orders, places, better, step, plan),
        described(
            sample_memory(clk, None, orders.take, places.write_address, sink.data, places.read_address, word, True),
            "The last words that were taken, four segments.",
        ),
        described(
            sample_memory(clk, None, orders.copy, places.kept_place, word, places.read_place, before, True),
            "What follows on the segment before.",
        ),
        compare,
        match_sum(clk, reset, orders, difference, better, plan),
        faded_word(clk, orders.give, before, difference, places.read_place, source.data, plan),
    )  # fmt: skip


@entity
def match_sum(clk, reset, orders, difference, better, plan):
    """How well a place matches: the sum of the magnitudes of differences, and whether it is less than that of every place before."""
    bits = len(difference)
    opposite, size = signed_signal(bits, is_number=False), magnitude_signal(bits - 1)
    total, least = magnitude_signal(plan.sum_bits), magnitude_signal(plan.sum_bits)
    fresh, less = flag(), flag()

    @always_comb
    def rectify():
        """The magnitude of the difference."""
        if difference < 0:
            size.next = opposite[bits - 1 :]
        else:
            size.next = difference[bits - 1 :]

    @always(clk.posedge)
    def accumulate():
        """The sum of a place, which begins with its first two words."""
        if orders.compare:
            if orders.first:
                total.next = size
            else:
                total.next = total + size

    @always_comb
    def weigh():
        """The first place of a segment is better than none."""
        less.next = fresh or total < least

    @always(clk.posedge)
    def keep():
        """The least sum of this segment."""
        if reset or orders.copy:
            fresh.next = True
        elif orders.judge:
            fresh.next = False
            if less:
                least.next = total

    @always_comb
    def show():
        better.next = less

    return negate(difference, opposite), rectify, accumulate, weigh, keep, show


@entity
def faded_word(clk, give, before, difference, place, source_data, plan):
    """What follows fades out while the segment fades in: before + (word - before) place / segment, rounded once."""
    bits, word_bits = plan.place_bits, plan.format.word_length
    factor, product = signed_signal(bits + 1, is_number=False), signed_signal(plan.difference_bits + bits + 1, is_number=False)
    exact = signed_signal(word_bits + bits, fraction_length=plan.conversion.fraction_length)
    whole = signed_signal(word_bits + bits, fraction_length=plan.conversion.fraction_length)
    result = signed_signal(word_bits, fraction_length=plan.format.fraction_length)

    @always_comb
    def weigh():
        factor.next = concat(False, place).signed()

    @always_comb
    def fade():
        """A sum between two words, so that it never leaves their range."""
        exact.next = whole + product[word_bits + bits :].signed()

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            source_data.next = result

    product_of = multiply(difference, factor, product)
    return weigh, scale_up(before, whole, bits), product_of, fade, output_rounding(exact, result, plan.conversion), store
