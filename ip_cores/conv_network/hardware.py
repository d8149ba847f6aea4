"""Hardware of a network: memories, tables, the multipliers and what becomes of their sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.conv_network import FACTOR, GUARD, ONE, TABLE
from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, like, multiply, signed_signal
from ip_cores.blocks.memory import coefficient_memory, sample_memory
from ip_cores.conv_network.control import (
    finishing_orders,
    frame_age,
    hop_exchange,
    network_sequence,
    number_in,
    product_orders,
    read_flags,
)
from ip_cores.conv_network.frame_signals import Finishing, FrameAge, FrameExchange, LayerProgress, Operation, Products, ScratchPlaces
from ip_cores.conv_network.memories import memory_in_pieces, piece_depth, pieces, table_in_pieces
from ip_cores.conv_network.places import ring_places, sample_place, scratch_places, table_places
from ip_cores.hierarchy import Bundle, Constant, described, entity, inline


@entity
def conv_network(clk, reset, sink, source, plan):
    """A small causal network: encoder, dilated convolutions, masks and decoder, layer by layer through the same multipliers."""
    words, count = plan.words, plan.multipliers
    exchange = FrameExchange(
        flag(), flag(), flag(), flag(), flag(), address_signal(plan.hop_bits + 2), address_signal(plan.hop_bits + 2),
        address_signal(plan.hop_bits),
    )  # fmt: skip
    operation, progress, age = new_operation(plan), new_progress(plan), FrameAge(bit_signal(plan.frame_bits), flag(), flag())
    products, finishing = new_products(count), new_finishing(count)
    places = ScratchPlaces(address_signal(plan.scratch_bits), address_signal(plan.write_bits), address_signal(plan.write_bits))
    ring_read, ring_write = address_signal(plan.ring_bits), address_signal(plan.ring_bits)
    window_at = address_signal(plan.hop_bits + 2)
    weight_at, offset_at = (address_signal(max(1, (len(rows) - 1).bit_length())) for rows in (plan.weight_tables[0], plan.offset_table))
    weights, offset = bit_signal(count * words.weight_bits), bit_signal(plan.offset_bits + plan.shift_bits)
    in_newer_half = flag()
    window_sample, entering = (signed_signal(words.sink.word_length, fraction_length=words.sink.fraction_length) for _ in range(2))
    scratch, older_word, result = (signed_signal(words.activation_bits, is_number=False) for _ in range(3))
    mask = bit_signal(FACTOR.word_length - 1)
    overlap, kept = (signed_signal(words.source.word_length + GUARD, is_number=False) for _ in range(2))
    overlap_read, overlap_write = address_signal(plan.hop_bits + 1), address_signal(plan.hop_bits + 1)
    factor = signed_signal(plan.factor_bits, is_number=False)
    complete = signed_signal(plan.sum_bits, is_number=False)
    product = signed_signal(plan.factor_bits + plan.weight_bits, is_number=False)
    sloped = signed_signal(plan.offset_bits, is_number=False)
    total = signed_signal(plan.total_bits, is_number=False)
    return (
        hop_exchange(clk, reset, sink.flow(), source.flow(), exchange, plan.hop),
        micro_program(clk, progress.instruction_at, operation, plan),
        network_sequence(clk, reset, exchange, operation, progress, plan),
        frame_age(clk, reset, exchange.frame_ends, age),
        product_orders(clk, reset, operation, progress, age, products, plan),
        finishing_orders(clk, reset, operation, progress.rests, age, in_newer_half, finishing, plan),
        scratch_places(clk, operation, progress, finishing, places, in_newer_half, plan),
        ring_places(clk, operation, progress, age, ring_read, ring_write, plan),
        table_places(clk, reset, exchange.frame_ends, operation, progress, weight_at, offset_at, plan),
        sample_place(exchange, progress, window_at),
        input_word(sink.data, entering),
        described(
            sample_memory(clk, None, exchange.store, exchange.sample_at, entering, window_at, window_sample),
            "The samples of a window, and those that come meanwhile.",
        ),
        described(
            sample_memory(clk, None, finishing.writes_word, places.written_at, result, places.read_at, scratch), "What layers hand on."
        ),
        described(ring_memory(clk, products.keeps, ring_write, scratch, ring_read, older_word, plan), "Words of frames before."),
        weights_in_order(clk, weight_at, weights, plan),
        described(rows_in_order(clk, offset_at, offset, plan.offset_table), "Shift and offset of each sum."),
        mask_look_up(clk, scratch, mask, plan),
        chosen_factor(products, window_sample, scratch, older_word, factor),
        multiply_add(clk, products, finishing, LaneFactors(factor, weights, mask, sloped, operation.slope), complete, product, plan),
        finished_sum(clk, finishing, complete, offset, scratch, overlap, total, plan),
        bounded_word(clk, total, sloped, plan),
        rounded_product(product, result, plan),
        overlap_word(clk, total, finishing.newer_half, kept, plan),
        overlap_places(exchange, age.frame, places, overlap_read, overlap_write, plan),
        described(
            sample_memory(clk, None, finishing.writes_sum, overlap_write, kept, overlap_read, overlap),
            "One half is the hop that is given; the other what the next frame adds to.",
        ),
        given_word(overlap, source.data, words.source),
    )  # fmt: skip


@inline
def weights_in_order(clk, address, weights, plan):
    """The weights, a row for each clock."""
    tables = plan.weight_tables
    if len(tables) == 1:
        return rows_in_order(clk, address, weights, tables[0])
    half = len(weights) // 2
    low, high = bit_signal(half), bit_signal(half)

    @always_comb
    def join():
        weights.next = concat(high, low)

    return rows_in_order(clk, address, low, tables[0]), rows_in_order(clk, address, high, tables[1]), join


def ring_memory(clk, write, write_address, write_data, read_address, read_data, plan):
    """The rings, in as many pieces as leave little of a memory block unused."""
    if plan.ring_words <= piece_depth(plan.ring_words, len(write_data)):
        return sample_memory(clk, None, write, write_address, write_data, read_address, read_data)
    return memory_in_pieces(clk, write, write_address, write_data, read_address, read_data, plan.ring_words)


def rows_in_order(clk, address, data, rows):
    """A table, in as many pieces as leave little of a memory block unused."""
    depth = piece_depth(len(rows), len(data))
    if len(rows) <= depth:
        return coefficient_memory(clk, None, address, data, rows)
    return table_in_pieces(clk, address, data, pieces(rows, depth))


@entity
def micro_program(clk, address, operation, plan):
    """An instruction for each layer, in words of numbers, and its parts."""
    words = [bit_signal(bits) for bits in plan.instruction_words]
    return (
        [coefficient_memory(clk, None, address, word, rows) for word, rows in zip(words, plan.program_tables, strict=True)],
        read_flags(words[0], operation),
        [number_in(words[number], part, end, begin) for part, (number, end, begin) in numbers_of(operation, plan)],
    )


def numbers_of(operation, plan):
    """The numbers of an instruction, and where they stand."""
    parts = operation.present
    return [(parts[name], where) for name, where in plan.fields.items()]


def new_operation(plan):
    """Signals for the parts of an instruction."""
    widths = {name: end - begin for name, (_, end, begin) in plan.fields.items()}
    numbers = {name: bit_signal(width) for name, width in widths.items() if name != "slope"}
    slope = signed_signal(FACTOR.word_length, fraction_length=FACTOR.fraction_length)
    return Operation(flag(), flag(), flag(), flag(), flag(), flag(), **numbers, slope=slope)


def new_products(count):
    """Signals for the orders of products."""
    return Products(flag(), flag(), flag(), flag(), flag(), flag(), bit_signal(count))


def new_finishing(count):
    """Signals for the orders of sums."""
    return Finishing(bit_signal(count), flag(), flag(), flag(), flag(), flag(), flag())


def new_progress(plan):
    """Signals for the place in a frame."""
    _, taps_end, taps_begin = plan.fields["taps"]
    return LayerProgress(
        flag(), flag(), bit_signal(taps_end - taps_begin), flag(), bit_signal(plan.rest),
        bit_signal(max(1, (len(plan.program) - 1).bit_length())), bit_signal(plan.multipliers) if plan.multipliers > 1 else None,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class LaneFactors(Bundle):
    """What the multipliers get.

    Attributes
    ----------
    word : Signal
        The factor that all of them share.
    weights : Signal
        A weight for each.
    mask : Signal
        In place of the weights.
    sloped : Signal
        A sum for the first one, in place of the word.
    slope : Signal
        By which it is multiplied where it is negative.
    """

    word: Any
    weights: Any
    mask: Any
    sloped: Any
    slope: Any


@inline
def input_word(sink_data, entering):
    """A sample as a signed word."""

    @always_comb
    def connect():
        entering.next = sink_data

    return connect


@entity
def mask_look_up(clk, scratch, mask, plan):
    """The mask of a logit, by its upper bits."""
    low = plan.words.activation_bits - (TABLE.bit_length() - 1)
    index = bit_signal(TABLE.bit_length() - 1)

    @always_comb
    def part():
        index.next = scratch[:low]

    return part, described(coefficient_memory(clk, None, index, mask, plan.mask_rows), "Masks of logits from 0 up, then of negative ones.")


@entity
def chosen_factor(products, sample, scratch, older, factor):
    """The word that all multipliers share: a sample, what a layer handed on, or what it did frames ago; zero before the first frame."""

    @always_comb
    def choose():
        """One word for all of them."""
        if products.takes_none:
            factor.next = 0
        elif products.takes_sample:
            factor.next = sample
        elif products.takes_older:
            factor.next = older
        else:
            factor.next = scratch

    return choose


@entity
def multiply_add(clk, products, finishing, factors, complete, product, plan):
    """The multipliers, each with its sum; the first one also multiplies sums by slopes."""
    bits, width, count = plan.words.weight_bits, plan.weight_bits, plan.multipliers
    sums, first = [signed_signal(len(complete), is_number=False) for _ in range(count)], like(product)
    instances = []
    for number in range(count):
        weight, weighted = signed_signal(width, is_number=False), signed_signal(len(product), is_number=False)
        if number:
            word, formed = factors.word, like(product)
            instances.append(weight_or_mask(products.takes_mask, factors.weights, factors.mask, weight, bits, number))
        else:
            word, formed = signed_signal(len(factors.word), is_number=False), first
            instances.append(first_factors(products.takes_mask, finishing.slopes_sum, factors, word, weight, bits))
        instances += [
            multiply(word, weight, weighted),
            accumulated(clk, products.first_product, products.lanes, weighted, formed, sums[number], number),
        ]  # fmt: skip

    @always_comb
    def choose():
        """The sum that is finished."""
        complete.next = sums[0]
        for number in range(1, count):
            if finishing.chosen_sum[number]:
                complete.next = sums[number]

    @always_comb
    def show():
        product.next = first

    return instances, choose, show


@inline
def weight_or_mask(masks, weights, mask, weight, bits, number):
    """A weight of a row, or the mask."""
    end, begin = bits * (number + 1), bits * number

    @always_comb
    def choose():
        if masks:
            weight.next = concat(False, mask).signed()
        else:
            weight.next = weights[end:begin].signed()

    return choose


@inline
def first_factors(masks, slopes, factors, word, weight, bits):
    """What the first multiplier gets: the word and a weight or a mask, or a sum and its slope."""
    one = Constant(ONE, "no slope")
    top = len(factors.sloped) - 1

    @always_comb
    def choose():
        word.next = factors.word
        if slopes:
            word.next = factors.sloped
            if factors.sloped[top]:
                weight.next = factors.slope
            else:
                weight.next = one
        elif masks:
            weight.next = concat(False, factors.mask).signed()
        else:
            weight.next = factors.weights[bits:].signed()

    return choose


@inline
def accumulated(clk, begins, lanes, weighted, product, total, number):
    """A register behind a multiplier, and the sum of what it gives."""

    @always(clk.posedge)
    def hold():
        """A register behind the multiplier."""
        product.next = weighted

    @always(clk.posedge)
    def add():
        """The sum of products; the first one begins it."""
        if lanes[number]:
            if begins:
                total.next = product
            else:
                total.next = total + product

    return hold, add


@entity
def finished_sum(clk, finishing, complete, offset, scratch, overlap, total, plan):
    """A sum of products, shifted down by its own number of places; then with its offset, and the line's word or the overlap."""
    lift = plan.words.lift
    bits, places_bits, offset_bits = plan.sum_bits + lift, plan.shift_bits, plan.offset_bits
    whole = offset_bits + places_bits
    raised = signed_signal(bits, is_number=False)
    shifted, added = signed_signal(len(total), is_number=False), signed_signal(offset_bits, is_number=False)
    beside = signed_signal(max(len(overlap), len(scratch) + GUARD), is_number=False)
    places = bit_signal(places_bits)

    @always_comb
    def part():
        places.next = offset[whole:offset_bits]

    @always_comb
    def lift_up():
        raised.next = complete << lift

    steps, moved = [], raised
    for bit in range(places_bits):
        moving, moved = moved, signed_signal(bits, is_number=False)
        steps.append(move_signed_down(moving, places, moved, bit))

    @always(clk.posedge)
    def hold():
        """What is shifted, and what is to be added."""
        shifted.next = moved
        added.next = offset[offset_bits:].signed()

    @always_comb
    def look():
        """What is added beside the offset."""
        beside.next = 0
        if finishing.line_added:
            beside.next = scratch << GUARD
        elif finishing.overlap_added:
            beside.next = overlap

    @always_comb
    def add():
        total.next = shifted + added + beside

    return part, lift_up, steps, hold, look, add


@inline
def move_signed_down(word, places, moved, bit):
    """Moves a signed word down by two to the power of a bit's number, where that bit is one."""
    by = min(1 << bit, len(word) - 1)

    @always_comb
    def move():
        if places[bit]:
            moved.next = word[:by].signed()
        else:
            moved.next = word

    return move


@inline
def bounded(total, word, format_bits):
    """The nearest word in range, whose guard bits are zero at its ends."""
    highest = signed_signal(len(word), ((1 << format_bits - 1) - 1) << GUARD, is_number=False)
    lowest = signed_signal(len(word), -(1 << format_bits - 1) << GUARD, is_number=False)
    bits = len(word)

    @always_comb
    def bound():
        """Within the ends."""
        if total > highest:
            word.next = highest
        elif total < lowest:
            word.next = lowest
        else:
            word.next = total[bits:].signed()

    return bound


@entity
def bounded_word(clk, total, sloped, plan):
    """A sum in the range of a word, with guard bits."""
    within = like(sloped)

    @always(clk.posedge)
    def hold():
        """For the first multiplier."""
        sloped.next = within

    return bounded(total, within, plan.words.activation_bits), hold


@entity
def rounded_product(product, result, plan):
    """What comes of a sum and its slope, rounded to a word, half up."""
    low = FACTOR.fraction_length + GUARD
    end = low + plan.words.activation_bits
    half = signed_signal(len(product), 1 << low - 1, is_number=False)
    raised = like(product)

    @always_comb
    def add():
        raised.next = product + half

    @always_comb
    def cut():
        result.next = raised[end:low].signed()

    return add, cut


@entity
def overlap_word(clk, total, newer, kept, plan):
    """A sum of the decoder: of the newer half of a window as it is; of the older half, which is complete, rounded to a sample, half up."""
    bits = plan.words.source.word_length + GUARD
    within, held, raised, word = (signed_signal(bits, is_number=False) for _ in range(4))
    half = signed_signal(bits, 1 << GUARD - 1, is_number=False)

    @always(clk.posedge)
    def hold():
        """A sum in range."""
        held.next = within

    @always_comb
    def add():
        raised.next = held + half

    @always_comb
    def cut():
        word.next = raised[:GUARD].signed()

    @always(clk.posedge)
    def choose():
        """What is written."""
        if newer:
            kept.next = held
        else:
            kept.next = word

    return bounded(total, within, plan.words.source.word_length), hold, add, cut, choose


@entity
def overlap_places(exchange, frame, places, read_address, write_address, plan):
    """The halves of the memory change places with every frame."""
    bits = plan.hop_bits
    top = bits
    half, other, written = flag(), flag(), flag()

    @always_comb
    def look():
        """A hop is given when its frame is over and counted."""
        half.next = frame[0]
        other.next = not frame[0]
        written.next = places.written_at[top] != frame[0]

    @always_comb
    def join():
        """The half, and the place in it."""
        write_address.next = concat(written, places.written_at[bits:])
        read_address.next = concat(half, places.sum_number[bits:])
        if exchange.giving:
            read_address.next = concat(other, exchange.word_at)

    return look, join


@inline
def given_word(overlap, source_data, source):
    """The word that is given."""
    bits = source.word_length

    @always_comb
    def cut():
        source_data.next = overlap[bits:].signed()

    return cut
