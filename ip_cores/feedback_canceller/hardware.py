"""Hardware of the feedback canceller: words and weights in memories, one multiplier for the filter and one for the weights."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from myhdl import always, always_comb

from fixed_point.feedback_canceller import LEAK_PACE, MOST_LEAK, PREFILTER_BITS, SLOWEST_LEAK
from ip_cores.blocks.arithmetic import (
    add,
    address_signal,
    bit_signal,
    canonical_signed_digits,
    flag,
    like,
    multiply,
    register,
    scale_up,
    signed_signal,
    subtract,
    wire,
)
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.requantizer import requantizer
from ip_cores.feedback_canceller.control import CancellerOrders, CancellerPlaces, canceller_control
from ip_cores.feedback_canceller.plan import FILTERED_LINE, LINE
from ip_cores.hierarchy import Group, described, entity, inline, primitive


@dataclass(frozen=True, eq=False)
class LearningSettings(Group):
    """How the weights learn.

    Attributes
    ----------
    step, leak : Signal
    freeze : Signal of bool
    """

    step: Any
    leak: Any
    freeze: Any


@dataclass(frozen=True, eq=False)
class HeldSettings(Group):
    """What holds for a whole walk.

    Attributes
    ----------
    amount, leakage : Signal
        By how many bits products are moved down, and which part of a weight is taken.
    frozen : Signal of bool
    """

    amount: Any
    leakage: Any
    frozen: Any


@dataclass(frozen=True, eq=False)
class FilterFactors(Group):
    """What meets in the filter's multiplier.

    Attributes
    ----------
    by_weight, plain, whitened : Signal
        A weight as it was moved, the loudspeaker's word, and that behind the prefilter.
    """

    by_weight: Any
    plain: Any
    whitened: Any


@entity
def feedback_canceller(clk, reset, sink_0, sink_1, source, step, leak, freeze, plan):
    """Feedback canceller: weights learn the path from the loudspeaker to the microphone, and what came by it is taken away."""
    law = plan.law
    orders = CancellerOrders(*(flag() for _ in range(7)))
    places = CancellerPlaces(
        flag(), flag(), address_signal(plan.line_bits), address_signal(plan.line_bits), flag(),
        address_signal(plan.weight_address_bits), address_signal(plan.weight_address_bits),
    )  # fmt: skip
    word, stored_word, passed_word = (signed_signal(law.sink.word_length, fraction_length=law.sink.fraction_length) for _ in range(3))
    stored, moved, kept = (signed_signal(law.stored.word_length, fraction_length=law.stored.fraction_length) for _ in range(3))
    multiplied = signed_signal(law.weight.word_length, fraction_length=law.weight.fraction_length)
    filtered, passed_filtered = (signed_signal(law.learnt.word_length, fraction_length=law.learnt.fraction_length) for _ in range(2))
    error = signed_signal(law.missed.word_length, fraction_length=law.missed.fraction_length)
    product = signed_signal(law.learnt.word_length + law.missed.word_length, is_number=False)
    held = HeldSettings(bit_signal(plan.amount_bits), bit_signal(len(leak)), flag())
    factors = FilterFactors(multiplied, passed_word, passed_filtered)
    guard = law.guard_bits

    @always_comb
    def blank():
        """After a reset the memories are filled with zeros."""
        if places.blank:
            stored_word.next = 0
            kept.next = 0
        else:
            stored_word.next = sink_1.data
            kept.next = moved

    @always_comb
    def cut():
        """Words are multiplied by a weight without its guard bits."""
        multiplied.next = moved[:guard].signed()

    return (
        canceller_control(clk, reset, sink_0.flow(), sink_1.flow(), source.flow(), orders, places, plan),
        blank,
        described(
            sample_memory(clk, orders.second, places.write, places.newest, stored_word, places.oldest, word, settled=True),
            "The loudspeaker's words.",
        ),
        described(
            sample_memory(clk, orders.second, places.write_weight, places.weight, kept, places.read_weight, stored, settled=True),
            "The weights.",
        ),
        speed(clk, reset, orders, product, LearningSettings(step, leak, freeze), held, plan),
        words_on_their_way(clk, orders.second, word, passed_word, filtered, passed_filtered, plan),
        learning(clk, orders.second, filtered, error, stored, product, moved, held, plan),
        cut,
        sums(clk, reset, orders, sink_0.data, factors, source.data, error, plan),
    )  # fmt: skip


@entity
def words_on_their_way(clk, second, word, passed_word, filtered, passed_filtered, plan):
    """Words of the loudspeaker from the memory to the multipliers, plain and behind the prefilter.

    Those behind it go to the weight that met them with the last sample, and some steps later to the one that meets them now.
    """
    law = plan.law
    line = [like(word) for _ in range(LINE - 1)]
    late = [like(filtered) for _ in range(FILTERED_LINE)]
    exact = signed_signal(plan.prefiltered.interval, fraction_length=plan.prefiltered.fraction_length)
    result = like(filtered)
    return (
        [described(register(clk, second, one, other), "Plain words wait for their weights.")
         for one, other in pairwise([word, *line, passed_word])],
        prefiltered(line[0], word, exact, law.prefilter),
        requantizer(exact, result, plan.prefiltered),
        [described(register(clk, second, one, other), "Words behind the prefilter.")
         for one, other in pairwise([result, *late, passed_filtered])],
        wire(late[0], filtered),
    )  # fmt: skip


@inline
def prefiltered(newest, before, exact, prefilter):
    """32 times a word less so many times the one before: shifts and sums."""
    digits = canonical_signed_digits(prefilter)
    sums = [like(exact) for _ in digits]
    first = exact if not digits else like(exact)
    steps = [described(scale_up(newest, first, PREFILTER_BITS), "The prefilter: 32 times a word less 32 a times the one before.")]
    for number, ((sign, place), total) in enumerate(zip(digits, sums, strict=True)):
        scaled = like(exact)
        steps += [
            scale_up(before, scaled, place) if place else wire(before, scaled),
            (subtract if sign > 0 else add)(sums[number - 1] if number else first, scaled, total),
        ]
    return steps, wire(sums[-1], exact) if digits else []


@entity
def speed(clk, reset, orders, product, settings, held, plan):
    """The power of what the weights meet, and how far products are moved down by it: a power of two takes the place of a division.

    The power goes on by the square of the word that enters and of the one that leaves. What can be set is read as words are taken.
    """
    law = plan.law
    bits, lowest = law.power_bits, law.least_exponent
    power, least = signed_signal(bits + 1, is_number=False), signed_signal(bits + 1, law.regular - 1, is_number=False)
    exponent = address_signal(bits.bit_length())
    offset = law.offset - 1
    below = signed_signal(plan.amount_bits + 2, offset, is_number=False)
    whole = signed_signal(plan.amount_bits + 2, is_number=False)
    amount_bits = plan.amount_bits

    @always_comb
    def lead():
        """The power of two above the power: the number of bits that it takes, and never less than in silence."""
        exponent.next = lowest
        for place in range(lowest, bits):
            if power[place]:
                exponent.next = place + 1

    @always(clk.posedge)
    def add_up():
        """The power of as many words as there are weights, and a little that keeps silence from being learnt."""
        if reset:
            power.next = least
        elif orders.enter:
            power.next = power + product
        elif orders.leave:
            power.next = power - product

    @always_comb
    def move():
        whole.next = below + exponent + settings.step

    @always(clk.posedge)
    def hold():
        """For all of the weights the same."""
        if orders.take:
            held.amount.next = whole[amount_bits:]
            held.leakage.next = settings.leak
            held.frozen.next = settings.freeze

    return lead, add_up, move, hold


@entity
def learning(clk, second, filtered, error, stored, product, moved, held, plan):
    """A weight goes on by the product of error and word, moved down by power and step; some of it may leak away.

    In the second clock of a step the multiplier squares the word, for the power.
    """
    law = plan.law
    factor, formed, registered = like(error), like(product), like(product)
    lifted = signed_signal(law.lifted_bits, is_number=False)
    steps, moving = [], lifted
    for bit in reversed(range(plan.amount_bits)):
        before, moving = moving, signed_signal(law.lifted_bits, is_number=False)
        steps.append(move_down(before, held.amount, moving, bit))
    steps[0] = described(steps[0], "By power and step: bit by bit of how far.")
    step = signed_signal(plan.move_bits, fraction_length=law.stored.fraction_length)
    total = signed_signal(plan.moved.interval, fraction_length=law.stored.fraction_length)
    left, result = like(stored), like(moved)
    rounded, high = signed_signal(law.lifted_bits + 1, is_number=False), plan.move_bits + 1

    @always_comb
    def add_half():
        """Half of the last bit that is kept."""
        rounded.next = moving + 1

    @always_comb
    def choose():
        """The error, or the word itself."""
        if second:
            factor.next = filtered
        else:
            factor.next = error

    @always(clk.posedge)
    def round_off():
        """What a weight goes on by; the highest bit that is dropped rounds."""
        if second:
            if held.frozen:
                step.next = 0
            else:
                step.next = rounded[high:1].signed()

    @always_comb
    def go_on():
        total.next = left + step

    return (
        choose,
        add_half,
        multiply(filtered, factor, formed),
        described(register(clk, None, formed, registered), "The register behind the multiplier."),
        wire(registered, product),
        scale_up(registered, lifted, law.lift) if law.lift else wire(registered, lifted),
        steps,
        round_off,
        fading(clk, second, stored, left, held),
        go_on,
        requantizer(total, result, plan.moved),
        described(register(clk, second, result, moved), "The weight as words are multiplied by it, and as it is written back."),
    )


@primitive
def move_down(word, amount, moved, bit):
    """Moves a word down by two to the power of a bit's number, where that bit is one."""
    low = min(1 << bit, len(word) - 1)

    @always_comb
    def move():
        if amount[bit]:
            moved.next = word[:low].signed()
        else:
            moved.next = word

    return move


@inline
def fading(clk, second, stored, left, held):
    """What is left of a weight: without a leak all of it."""
    bits = len(stored)
    fastest = min(SLOWEST_LEAK - LEAK_PACE * MOST_LEAK - 1, bits - 1)
    slow = bit_signal(len(held.leakage))
    first, lost = signed_signal(bits, is_number=False), signed_signal(bits, is_number=False)
    rounded = signed_signal(bits + 1, is_number=False)
    steps, moving = [], first
    for bit in range(len(held.leakage)):
        before, moving = moving, signed_signal(bits, is_number=False)
        steps.append(move_down_slowly(before, slow, moving, bit))

    @always_comb
    def turn_round():
        """A larger leak is moved down less."""
        slow.next = ~held.leakage
        first.next = stored[:fastest].signed()

    @always(clk.posedge)
    def fade():
        """What is left behind the leak, whose highest bit that is dropped rounds."""
        if second:
            if held.leakage == 0 or held.frozen:
                left.next = stored
            else:
                left.next = stored - lost

    @always_comb
    def add_half():
        """Half of the last bit that is kept."""
        rounded.next = moving + 1

    @always_comb
    def cut():
        lost.next = rounded[:1].signed()

    return turn_round, add_half, cut, described(steps[0], "The leak: two bits less for each that it is larger."), steps[1:], fade


@primitive
def move_down_slowly(word, amount, moved, bit):
    """Moves a word down by twice two to the power of a bit's number, where that bit is one."""
    low = min(LEAK_PACE << bit, len(word) - 1)

    @always_comb
    def move():
        if amount[bit]:
            moved.next = word[:low].signed()
        else:
            moved.next = word

    return move


@entity
def sums(clk, reset, orders, heard, factors, given, error, plan):
    """The microphone's word less what the weights make of the loudspeaker's, and the same behind the prefilter.

    Both sums start from half of the last bit that is kept. The second one is the error from which the weights learn.
    """
    law = plan.law
    total = signed_signal(law.total_bits, fraction_length=law.total_fraction)
    taught = signed_signal(law.taught_bits, fraction_length=plan.taught_fraction)
    first, half = like(total), signed_signal(law.total_bits, 1 << law.dropped - 1, fraction_length=law.total_fraction)
    point = law.weight.fraction_length
    taught_first = like(taught)
    taught_half = signed_signal(law.taught_bits, 1 << law.missed_dropped - 1, fraction_length=plan.taught_fraction)
    before = like(heard)
    exact = signed_signal(plan.prefiltered.interval, fraction_length=plan.prefiltered.fraction_length)
    factor = signed_signal(plan.factor_bits, is_number=False)
    formed, product = (signed_signal(law.weight.word_length + plan.factor_bits, is_number=False) for _ in range(2))
    residue, other = signed_signal(law.source.word_length), like(error)

    @always_comb
    def choose():
        """In the first clock of a step the loudspeaker's word, in the second the one behind the prefilter."""
        if orders.second:
            factor.next = factors.whitened
        else:
            factor.next = factors.plain

    @always(clk.posedge)
    def add_up():
        """The sum."""
        if orders.take:
            total.next = first + half
        elif orders.keep:
            total.next = total - product

    @always(clk.posedge)
    def add_up_behind():
        """The sum behind the prefilter."""
        if orders.take:
            taught.next = taught_first + taught_half
        elif orders.teach:
            taught.next = taught - product

    @always(clk.posedge)
    def store():
        """The output register, and what is kept until the next words come."""
        if orders.give:
            given.next = residue
        if reset:
            error.next = 0
        elif orders.give:
            error.next = other
        if reset:
            before.next = 0
        elif orders.take:
            before.next = heard

    return (
        choose,
        multiply(factors.by_weight, factor, formed),
        described(register(clk, None, formed, product), "The register behind the multiplier."),
        scale_up(heard, first, point),
        prefiltered(heard, before, exact, law.prefilter),
        scale_up(exact, taught_first, point - law.rounded) if point > law.rounded else wire(exact, taught_first),
        add_up,
        add_up_behind,
        requantizer(total, residue, plan.output),
        requantizer(taught, other, plan.taught),
        store,
    )
