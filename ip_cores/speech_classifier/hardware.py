"""Hardware of the speech classifier: sums over a frame, two logarithms, the noise floor, the decision."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from fixed_point.families.logarithms import LOGARITHM_BITS
from fixed_point.speech_classifier import ABOVE_BITS, COARSE_BITS, FINE_BITS, LIMIT, TILT_BITS
from ip_cores.blocks.arithmetic import bit_signal, counter_signal, flag, like, magnitude_signal, signed_signal
from ip_cores.blocks.log2_word import log2_word
from ip_cores.hierarchy import Constant, entity, inline
from ip_cores.speech_classifier.control import classifier_control, classifier_registers, new_limits, new_orders


@entity
def speech_classifier(clk, reset, sink, source, control, plan):
    """Tells for each frame of a signal whether it is silent, unvoiced or voiced, by its level above a tracked floor and its tilt."""
    law = plan.law
    orders, limits = new_orders(), new_limits()
    point = 2 * law.format.fraction_length
    word, older = (signed_signal(law.format.word_length, fraction_length=law.format.fraction_length) for _ in range(2))
    product = signed_signal(2 * law.format.word_length, fraction_length=point)
    summed = magnitude_signal(law.energy_bits, fraction_length=point)
    crossings = bit_signal(law.crossing_bits)
    logarithm, level, above, tilt = (magnitude_signal(law.level_bits, fraction_length=LOGARITHM_BITS) for _ in range(4))
    return (
        classifier_registers(clk, reset, control, limits, plan.silence, plan.tilt),
        classifier_control(clk, reset, sink.flow(), source.flow(), orders, law.hop),
        sample_products(clk, reset, orders.take, orders.compare, sink.data, word, older, product),
        frame_sums(clk, reset, orders, product, summed, law),
        zero_crossings(clk, reset, orders, word, older, crossings, law),
        log2_word(clk, summed, logarithm, law.logarithm),
        frame_levels(clk, reset, orders, logarithm, level, above, tilt, law),
        class_word(clk, orders.give, limits, level, above, tilt, crossings, source.data, law),
    )  # fmt: skip


@entity
def sample_products(clk, reset, take, compare, data, word, older, product):
    """The one multiplier: the sample's square first, then its product with the sample before."""
    now, before, factor = like(word), like(word), like(word)

    @always(clk.posedge)
    def shift():
        """The sample, and the one before it."""
        if reset:
            now.next = 0
            before.next = 0
        elif take:
            now.next = data
            before.next = now

    @always_comb
    def choose():
        if compare:
            factor.next = now
        else:
            factor.next = before

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = now * factor

    @always_comb
    def connect():
        word.next = now
        older.next = before

    return shift, choose, multiply, connect


@entity
def frame_sums(clk, reset, orders, product, summed, law):
    """Energy of a frame and its correlation at a lag of one sample: the sums of the hop that goes on, and those of the hops before."""
    bits, point = law.energy_bits, 2 * law.format.fraction_length
    energy = magnitude_signal(law.hop_bits, fraction_length=point)
    correlation = signed_signal(law.hop_bits + 1, fraction_length=point)
    square = magnitude_signal(law.square_bits, fraction_length=point)
    square_bits = law.square_bits
    whole, lagged = magnitude_signal(bits, fraction_length=point), signed_signal(bits + 1, fraction_length=point)

    @always_comb
    def cut():
        """A square is no negative number."""
        square.next = product[square_bits:]

    @always(clk.posedge)
    def accumulate():
        """The sums of the hop that goes on."""
        if reset or orders.turn:
            energy.next = 0
            correlation.next = 0
        elif orders.add_square:
            energy.next = energy + square
        elif orders.add_lagged:
            correlation.next = correlation + product

    @always_comb
    def choose():
        """What the logarithm is taken of; that of no positive number is not needed."""
        summed.next = whole
        if orders.second:
            summed.next = 0
            if not lagged[bits]:
                summed.next = lagged[bits:]

    return (
        cut,
        accumulate,
        over_hops(clk, reset, orders.turn, energy, whole, law.overlap),
        over_hops(clk, reset, orders.turn, correlation, lagged, law.overlap),
        choose,
    )


@inline
def over_hops(clk, reset, turn, newest, total, overlap):
    """The sum over so many hops: the one that goes on, and those before it, which are kept."""
    instances, hop, partial = [], newest, newest
    for number in range(1, overlap):
        kept = like(newest)
        added = total if number == overlap - 1 else like(total)
        instances.append(hop_before(clk, reset, turn, hop, kept, partial, added))
        hop, partial = kept, added
    if overlap == 1:

        @always_comb
        def connect():
            total.next = newest

        instances.append(connect)
    return instances


@inline
def hop_before(clk, reset, turn, hop, kept, partial, added):
    """The sum of a hop that is over, added to those of the hops behind it."""

    @always(clk.posedge)
    def keep():
        """The sum of the hop before; nothing in front of the first."""
        if reset:
            kept.next = 0
        elif turn:
            kept.next = hop

    @always_comb
    def add():
        added.next = partial + kept

    return keep, add


@entity
def zero_crossings(clk, reset, orders, word, older, crossings, law):
    """Samples of a frame whose sign is not that of the sample before."""
    top = law.format.word_length - 1
    count, total, crossed = counter_signal(law.hop + 1), bit_signal(law.crossing_bits), bit_signal(law.crossing_bits)

    @always(clk.posedge)
    def follow():
        """The crossings of the hop that goes on."""
        if reset or orders.turn:
            count.next = 0
        elif orders.compare and (word[top] != older[top]):
            count.next = count + 1

    @always(clk.posedge)
    def hold():
        """The crossings of the frame that is over."""
        if orders.turn:
            crossed.next = total

    @always_comb
    def connect():
        crossings.next = crossed

    return follow, over_hops(clk, reset, orders.turn, count, total, law.overlap), hold, connect


@entity
def frame_levels(clk, reset, orders, logarithm, level, above, tilt, law):
    """Level of a frame, the noise floor, and what lies between them; and how far the level lies above that of the correlation.

    The floor falls with the level at once and rises slowly, so it never lies above it. From a reset on it lies above every level.
    """
    bits = law.level_bits
    rise, highest = Constant(law.rise, "of the floor in a frame"), Constant(1 << bits, "above every level")
    now, distance, steep = like(level), like(level), like(level)
    floor, raised = (magnitude_signal(bits + 1, fraction_length=LOGARITHM_BITS) for _ in range(2))

    @always_comb
    def lift():
        raised.next = floor + rise

    @always(clk.posedge)
    def hold():
        """The level, as the logarithm of the energy comes."""
        if orders.keep:
            now.next = logarithm

    @always(clk.posedge)
    def track():
        """The noise floor."""
        if reset:
            floor.next = highest
        elif orders.judge:
            if raised < now:
                floor.next = raised
            else:
                floor.next = now

    @always(clk.posedge)
    def measure_both():
        """The tilt, as the logarithm of the correlation comes; then the distance above the floor."""
        if orders.judge:
            steep.next = 0
            if logarithm < now:
                steep.next = now - logarithm
        if orders.measure:
            distance.next = now - floor[bits:]

    @always_comb
    def connect():
        level.next = now
        above.next = distance
        tilt.next = steep

    return lift, hold, track, measure_both, connect


@entity
def class_word(clk, give, limits, level, above, tilt, crossings, source_data, law):
    """The decision, and the word of a frame: its class in the lowest two bits, and what it was judged by."""
    places = LOGARITHM_BITS - LIMIT.fraction_length
    least, most = (magnitude_signal(LIMIT.word_length + places, fraction_length=LOGARITHM_BITS) for _ in range(2))
    silent, steep, unvoiced, voiced = (flag() for _ in range(4))
    tilt_part, above_part = bit_signal(TILT_BITS), bit_signal(ABOVE_BITS)
    coarse = bit_signal(law.coarse_bits)
    drop = LOGARITHM_BITS - COARSE_BITS

    @always_comb
    def widen():
        """The limits, with as many bits of fraction as the levels have."""
        least.next = limits.silence << places
        most.next = limits.steepest << places

    @always_comb
    def compare():
        silent.next = above < least
        steep.next = tilt > most

    @always_comb
    def decide():
        """One of three classes; neither unvoiced nor voiced is silent."""
        unvoiced.next = not silent and steep
        voiced.next = not silent and not steep
        coarse.next = level[:drop]

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            source_data.next = concat(coarse, above_part, tilt_part, crossings, voiced, unvoiced)

    return (
        widen,
        compare,
        decide,
        bounded_part(tilt, tilt_part, LOGARITHM_BITS - FINE_BITS),
        bounded_part(above, above_part, drop),
        store,
    )


@inline
def bounded_part(value, part, drop):
    """The upper bits of a value; all ones where it has more."""
    bits = len(part)
    if len(value) - drop <= bits:

        @always_comb
        def cut():
            part.next = value[:drop]

    else:
        top, ones = bits + drop, Constant((1 << bits) - 1, "stands for all that is more")

        @always_comb
        def cut():
            """The upper bits; all ones where there is more."""
            part.next = value[top:drop]
            if value[:top] != 0:
                part.next = ones

    return cut
