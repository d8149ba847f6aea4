"""Hardware of the pitch shifter: two read ports into the last samples, a value between two of them, and the search for a jump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.pitch_shifter import RATIO, WEIGHT_GUARD
from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag, magnitude_signal, multiply, signed_signal
from ip_cores.blocks.memory import NewestSamples, sample_memory
from ip_cores.blocks.requantizer import requantizer
from ip_cores.hierarchy import Constant, Group, described, entity
from ip_cores.pitch_shifter.control import Comparisons, ReadOrders, Splice, pitch_control, splice_state

READ_PORTS = "The last samples: a memory with the same words for each of the two places that are read."


@dataclass(frozen=True, eq=False)
class TwoPlaces(Group):
    """Samples at two places.

    Attributes
    ----------
    here, there : Signal
        Where is read, and where is jumped to.
    """

    here: Any
    there: Any


@dataclass(frozen=True, eq=False)
class Tries(Group):
    """The jump that is tried, and the best so far, which is also the one that is made.

    Attributes
    ----------
    lag, jump : Signal
    """

    lag: Any
    jump: Any


@entity
def pitch_shifter(clk, reset, sink, source, ratio, plan):
    """Pitch shifter: reads the last samples at another pace, and jumps to where they look alike before it would run out of them."""
    law, point = plan.law, RATIO.fraction_length
    orders = ReadOrders(*(flag() for _ in range(8)))
    compared = Comparisons(flag(), counter_signal(law.match), flag(), flag())
    address = [address_signal(plan.address_bits) for _ in range(5)]
    read = [signed_signal(law.sink.word_length, fraction_length=law.sink.fraction_length) for _ in range(3)]
    written = NewestSamples(flag(), address[0], read[0], address[1])
    delay, weight = magnitude_signal(plan.delay_bits, fraction_length=point), magnitude_signal(plan.weight_bits)
    splice = Splice(delay, flag(), flag(), flag(), address[2], weight, flag())
    tries = Tries(bit_signal(plan.lag_bits), bit_signal(plan.jump_bits))
    places = TwoPlaces(read[1], read[2])
    one_address, other_address = address[3], address[4]
    total = signed_signal(plan.total, fraction_length=law.total_fraction)
    return (
        pitch_control(clk, reset, sink.flow("data"), source.flow(), orders, compared, written, plan),
        splice_state(clk, reset, orders, ratio, written.newest, tries.jump, splice, plan),
        read_addresses(orders.older, compared, written.newest, splice, tries, one_address, other_address, plan),
        [
            described(
                sample_memory(clk, None, written.write, written.write_address, written.write_data, where, found, settled=True), READ_PORTS
            )
            for where, found in ((one_address, places.here), (other_address, places.there))
        ],
        best_jump(clk, reset, compared, places, splice, tries, plan),
        values_between(clk, orders, places, delay, weight, total, plan),
        output_word(clk, orders.give, total, source.data, plan),
    )  # fmt: skip


@entity
def read_addresses(older, compared, newest, splice, tries, one_address, other_address, plan):
    """Where is read: at the delay and beside it; during a comparison from the base back. The other place is a jump away."""
    point, bits = RATIO.fraction_length, plan.delay_bits
    origin, back, distance, near = (address_signal(plan.address_bits) for _ in range(4))
    whole, one = address_signal(plan.whole_bits), address_signal(2)

    @always_comb
    def part():
        """Whole samples of the delay, and the one to the older neighbour."""
        whole.next = splice.delay[bits:point]
        one.next = 0
        if older:
            one.next = 1

    @always_comb
    def choose():
        """A comparison, or the newer or the older of two neighbours."""
        if compared.comparing:
            origin.next = splice.base
            back.next = compared.place
            distance.next = tries.lag
        else:
            origin.next = newest
            back.next = whole + one
            distance.next = tries.jump

    @always_comb
    def go_back():
        near.next = origin - back

    @always_comb
    def leap():
        """Older samples are at smaller addresses."""
        one_address.next = near
        if splice.upwards:
            other_address.next = near - distance
        else:
            other_address.next = near + distance

    return part, choose, go_back, leap


@entity
def best_jump(clk, reset, compared, places, splice, tries, plan):
    """The search: the jump with the least sum of magnitudes of differences, the shortest of such as are alike."""
    law, sum_bits = plan.law, plan.sum_bits
    shortest, longest = Constant(law.shortest, "jump that is tried"), Constant(law.longest, "jump that is tried")
    size, magnitude = magnitude_signal(plan.size_bits), magnitude_signal(plan.size_bits)
    difference, opposite = signed_signal(plan.size_bits + 1, is_number=False), signed_signal(plan.size_bits + 1, is_number=False)
    nothing = signed_signal(plan.size_bits + 1, 0, is_number=False)
    total, least = magnitude_signal(sum_bits), magnitude_signal(sum_bits)
    trying, found, tried = bit_signal(plan.lag_bits), bit_signal(plan.jump_bits), bit_signal(plan.jump_bits)
    read_first, sum_first = flag(), flag()
    read_counts, sum_counts, counts = flag(), flag(), flag()
    better, worst = flag(), (1 << sum_bits) - 1

    @always_comb
    def subtract():
        difference.next = places.here - places.there

    @always_comb
    def negate_difference():
        opposite.next = nothing - difference

    @always_comb
    def take_magnitude():
        if difference < 0:
            magnitude.next = opposite[plan.size_bits :]
        else:
            magnitude.next = difference[plan.size_bits :]

    @always(clk.posedge)
    def add_up():
        """A difference's magnitude, and a clock later the sum of those of a jump."""
        size.next = magnitude
        if sum_first:
            total.next = size
        else:
            total.next = total + size

    @always(clk.posedge)
    def follow():
        """Marks that travel beside: the first of a jump, and the last of one that counts."""
        if reset:
            read_first.next = False
            sum_first.next = False
            read_counts.next = False
            sum_counts.next = False
            counts.next = False
        else:
            read_first.next = compared.starts
            sum_first.next = read_first
            read_counts.next = compared.ends and splice.searching and trying <= longest
            sum_counts.next = read_counts
            counts.next = sum_counts

    @always(clk.posedge)
    def try_next():
        """The jump that is tried, one after another through all samples of a search."""
        if reset or splice.begins:
            trying.next = shortest
        elif compared.ends and splice.searching:
            trying.next = trying + 1
            tried.next = trying[plan.jump_bits :]

    @always_comb
    def compare():
        better.next = counts and total < least

    @always(clk.posedge)
    def keep():
        """The best so far."""
        if reset:
            least.next = worst
            found.next = shortest
        elif splice.begins:
            least.next = worst
        elif better:
            least.next = total
            found.next = tried

    @always_comb
    def show():
        tries.lag.next = trying
        tries.jump.next = found

    return subtract, negate_difference, take_magnitude, add_up, follow, try_next, compare, keep, show


@entity
def values_between(clk, orders, places, delay, weight, total, plan):
    """The multiplier: a value between two samples at each place, and both blended: start + difference times factor.

    The last sum starts from half of the last bit that is kept of it; of the others what is below is dropped.
    """
    law, point = plan.law, RATIO.fraction_length
    bits = max(law.sink.word_length, plan.between.bits)
    high = point - law.guard
    weight_bits = plan.weight_bits
    newer_one, newer_other, first_value, second_value = (signed_signal(bits, is_number=False) for _ in range(4))
    value_one, value_other = (signed_signal(plan.between, fraction_length=law.between_fraction) for _ in range(2))
    difference, factor = signed_signal(bits + 1, is_number=False), signed_signal(point + 1, fraction_length=point)
    product = signed_signal(bits + point + 2, is_number=False)
    start, half, result = (signed_signal(len(total), is_number=False) for _ in range(3))
    nothing = signed_signal(len(total), 0, is_number=False)
    half_source = signed_signal(len(total), plan.source_half, is_number=False)
    top = high + plan.between.bits

    @always(clk.posedge)
    def keep_newer():
        """The newer of two neighbours, at both places."""
        if orders.hold:
            newer_one.next = places.here
            newer_other.next = places.there

    @always_comb
    def choose():
        """From the newer to the older sample, or from one place to the other."""
        factor.next = concat(False, delay[point:]).signed()
        half.next = nothing
        if orders.between:
            first_value.next = newer_one
            second_value.next = places.here
        elif orders.other:
            first_value.next = newer_other
            second_value.next = places.there
        else:
            first_value.next = value_one
            second_value.next = value_other
            factor.next = concat(False, weight[weight_bits:WEIGHT_GUARD]).signed()
            half.next = half_source

    @always_comb
    def subtract():
        difference.next = second_value - first_value

    @always_comb
    def begin_from():
        start.next = first_value << point

    @always_comb
    def sum_up():
        result.next = start + half + product

    @always(clk.posedge)
    def keep():
        """What is rounded down from the sums, and the last of them."""
        if orders.between:
            value_one.next = result[top:high].signed()
        if orders.other:
            value_other.next = result[top:high].signed()
        if orders.blend:
            total.next = result

    return keep_newer, choose, subtract, multiply(difference, factor, product), begin_from, sum_up, keep


@entity
def output_word(clk, give, total, source_data, plan):
    """The last sum, rounded and limited to the output's format."""
    source = plan.law.source
    result = signed_signal(source.word_length, fraction_length=source.fraction_length)

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            source_data.next = result

    return requantizer(total, result, plan.conversion), store
