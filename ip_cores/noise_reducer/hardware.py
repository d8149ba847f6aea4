"""Hardware of the noise reducer: product, power, level, noise floor, gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point import Format, Overflow, Rounding
from fixed_point.families.band_power import FACTOR_BITS
from fixed_point.families.logarithms import LOGARITHM_BITS
from fixed_point.noise_reducer import GAIN, KNOT_BITS, ONE, REST_BITS, TOP_BITS
from ip_cores.blocks.arithmetic import bit_signal, flag, like, magnitude_signal, signed_signal, wire
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.log2_word import log2_word
from ip_cores.blocks.memory import coefficient_memory
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.families.band_stage import band_power, by_band, moved_up, second_factor, state_memory
from ip_cores.hierarchy import Bundle, Constant, entity, inline
from ip_cores.noise_reducer.control import HeldBandWord, ReducerOrders, ReducerRequests, reducer_control, reducer_registers


@dataclass(frozen=True, eq=False)
class BandState(Bundle):
    """State of a band.

    Attributes
    ----------
    power, floor : Signal
        Smoothed power, and the noise floor as a logarithm of power.
    least : Signal
        The least level since the block began.
    count : Signal
        Words of the block.
    settled : Signal of bool
        Whether the floor goes its own way: in the first words after a reset it is the level.
    gain : Signal
        The smoothed gain.
    """

    power: Any
    floor: Any
    least: Any
    count: Any
    settled: Any
    gain: Any

    @classmethod
    def of(cls, reduction: Any) -> BandState:
        """New signals for it."""
        return cls(
            magnitude_signal(reduction.power_bits, fraction_length=reduction.square_point + reduction.guard + reduction.power_step),
            magnitude_signal(reduction.floor_bits, fraction_length=reduction.floor_fraction_length),
            magnitude_signal(reduction.level_bits, fraction_length=LOGARITHM_BITS),
            bit_signal(reduction.count_bits),
            flag(),
            magnitude_signal(reduction.smooth_bits, fraction_length=GAIN.fraction_length + reduction.gain_step),
        )


@entity
def noise_reducer(clk, reset, sink, source, bypass, freeze, control, plan):
    """Noise reducer for band words: each is multiplied by a gain that follows from its band's level above the tracked noise floor."""
    reduction = plan.reduction
    orders = ReducerOrders(*(flag() for _ in range(9)))
    floor, least_gain, gain = (magnitude_signal(GAIN.word_length, fraction_length=GAIN.fraction_length) for _ in range(3))
    requests = ReducerRequests(flag(), flag(), floor)
    channel, word = bit_signal(plan.channel_bits), signed_signal(reduction.format.word_length)
    state, next_state = bit_signal(plan.state_bits), bit_signal(plan.state_bits)
    old, new = BandState.of(reduction), BandState.of(reduction)
    product = signed_signal(reduction.format.word_length + FACTOR_BITS, is_number=False)
    level = magnitude_signal(reduction.level_bits, fraction_length=LOGARITHM_BITS)
    wanted = like(gain)
    held = HeldBandWord(word, channel, least_gain)
    band = None if plan.alike else channel
    return (
        reducer_registers(clk, reset, bypass, freeze, control, requests, plan.floor),
        reducer_control(clk, reset, sink.flow("data", "channel"), source.flow(), requests, held, orders),
        state_memory(clk, orders.take, orders.keep, channel, next_state, sink.channel, state, True),
        part_state(state, old, next_state, new),
        word_product(clk, word, gain, orders.weigh, product, reduction),
        band_power(clk, reset, orders.average, product, old.power, new.power, band, plan.power_ahead, reduction),
        log2_word(clk, new.power, level, reduction.logarithm),
        noise_floor(clk, reset, orders, level, old, new, band, plan),
        gain_table(clk, level, new.floor, least_gain, wanted, plan),
        gain_smoother(clk, reset, orders.smooth, wanted, old.gain, new.gain, gain, band, plan),
        output_word(clk, orders.give, product, word, channel, orders.passes, source.data, source.channel, reduction),
    )  # fmt: skip


@inline
def part_state(state, old, next_state, new):
    """The parts of a band's state, and the state of its parts."""
    gain_bits, count_at = len(old.gain), len(old.gain) + 1
    least_at = count_at + len(old.count)
    floor_at = least_at + len(old.least)
    power_at = floor_at + len(old.floor)

    @always_comb
    def part():
        """The state as it was read."""
        old.gain.next = state[gain_bits:]
        old.settled.next = state[gain_bits]
        old.count.next = state[least_at:count_at]
        old.least.next = state[floor_at:least_at]
        old.floor.next = state[power_at:floor_at]
        old.power.next = state[:power_at]

    @always_comb
    def join():
        """The state with which the word leaves its band."""
        next_state.next = concat(new.power, new.floor, new.least, new.count, new.settled, new.gain)

    return part, join


@entity
def word_product(clk, word, gain, weigh, product, reduction):
    """The one wide multiplier: the word's square first, then the word times its gain."""
    factor = signed_signal(FACTOR_BITS, is_number=False)
    coarse = signed_signal(min(len(word), FACTOR_BITS), fraction_length=reduction.square_point - reduction.format.fraction_length)
    widened = signed_signal(FACTOR_BITS, fraction_length=GAIN.fraction_length)

    @always_comb
    def widen():
        widened.next = concat(False, False, gain).signed()

    @always_comb
    def choose():
        """What the word is multiplied by."""
        if weigh:
            factor.next = widened
        else:
            factor.next = coarse

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = word * factor

    return second_factor(word, coarse, reduction.dropped), widen, choose, multiply


@entity
def noise_floor(clk, reset, orders, level, old, new, band, plan):
    """Noise floor N at the level L: it falls by a part of its distance, rises slowly, and never lies above the level.

    At the end of each block of words it is no less than the block's least level. Two clocks.
    """
    reduction = plan.reduction
    extra, whole = reduction.extra, reduction.fall_step
    rise, rising = by_band(band, plan.by_band(lambda steps: steps.rise, "rise"), "the rise in a word")
    last, ending = by_band(band, plan.by_band(lambda steps: (1 << steps.block_bits) - 1, "last"), "the last word of a block")
    first, starting = by_band(band, plan.by_band(lambda steps: steps.start - 1, "start"), "the last word in which the floor is the level")
    highest = Constant((1 << reduction.level_bits) - 1, "above every level")
    point = reduction.floor_fraction_length
    wide, pulled, distance, bound = (magnitude_signal(len(old.floor), fraction_length=point) for _ in range(4))
    raised = magnitude_signal(len(old.floor) + 1, fraction_length=point)
    ahead = plan.by_band(lambda steps: whole - steps.fall, "places")
    hastened, shifting = moved_up(band, distance, ahead, "How much faster the band's floor falls.")
    step = magnitude_signal(max(1, len(hastened) - whole), fraction_length=point)
    lower = like(level)
    below, ends = flag(), flag()

    @always_comb
    def widen():
        wide.next = level << extra

    @always_comb
    def compare():
        below.next = wide < old.floor

    @always_comb
    def measure():
        """How far the floor lies above the level."""
        distance.next = 0
        if below:
            distance.next = old.floor - wide

    @always_comb
    def part():
        step.next = hastened[:whole]

    @always_comb
    def lift():
        raised.next = old.floor + rise

    @always(clk.posedge)
    def pull():
        """Towards the level: down by a part of the distance, up by the rise, but not above it."""
        if below:
            pulled.next = old.floor - step
        elif raised < wide:
            pulled.next = raised
        else:
            pulled.next = wide

    @always_comb
    def look():
        """The least level of the block so far."""
        if level < old.least:
            lower.next = level
        else:
            lower.next = old.least

    if band is None:

        @always_comb
        def come_to_end():
            ends.next = old.count == last

    else:

        @always_comb
        def come_to_end():
            """The band's block ends where those bits of the counter are ones that matter to it."""
            ends.next = (old.count & last) == last

    @always_comb
    def extend():
        bound.next = lower << extra

    @always(clk.posedge)
    def follow():
        """The floor in the first words: the level; at a block's end: no less than the least level."""
        if reset:
            new.floor.next = 0
        elif orders.track:
            if orders.stays:
                new.floor.next = old.floor
            elif not old.settled:
                new.floor.next = wide
            elif ends and pulled < bound:
                new.floor.next = bound
            else:
                new.floor.next = pulled

    @always(clk.posedge)
    def count():
        """The block's least level, its words, and whether the first words after a reset are over."""
        if reset:
            new.least.next = highest
            new.count.next = 0
            new.settled.next = False
        elif orders.track:
            new.least.next = old.least
            new.count.next = old.count
            new.settled.next = old.settled
            if not orders.stays:
                new.least.next = lower
                if ends:
                    new.least.next = level
                new.count.next = (old.count + 1) % 2 ** len(old.count)
                if old.count == first:
                    new.settled.next = True

    return rising, ending, starting, shifting, widen, compare, measure, part, lift, pull, look, come_to_end, extend, follow, count


@entity
def gain_table(clk, level, floor, least_gain, wanted, plan):
    """From the level above the noise floor to a gain: a table of 128 knots and slopes, but never less than the least gain. Four clocks."""
    reduction = plan.reduction
    extra, drop = reduction.extra, reduction.rest_drop
    top_gain = Constant(reduction.top, f"{reduction.top / ONE:g}, from {1 << TOP_BITS} doublings on")
    gain_bits, slope_bits = GAIN.word_length, plan.slope_bits
    knot_bits = TOP_BITS + KNOT_BITS
    seen = drop + REST_BITS
    top = seen + knot_bits
    point = reduction.floor_fraction_length
    wide, above = magnitude_signal(len(floor), fraction_length=point), magnitude_signal(max(len(floor), top + 1), fraction_length=point)
    place, rest = bit_signal(knot_bits), bit_signal(REST_BITS)
    beyond = flag()
    row = bit_signal(slope_bits + gain_bits)
    knot, floor_word = (signed_signal(gain_bits + 1, fraction_length=GAIN.fraction_length) for _ in range(2))
    slope, factor = signed_signal(slope_bits, is_number=False), signed_signal(REST_BITS + 1, is_number=False)
    product = signed_signal(slope_bits + REST_BITS + 1, fraction_length=GAIN.fraction_length + REST_BITS)
    line = signed_signal(max(gain_bits, slope_bits) + 2, fraction_length=GAIN.fraction_length)
    rest_bits, row_bits = REST_BITS, slope_bits + gain_bits

    @always_comb
    def widen():
        wide.next = level << extra

    @always(clk.posedge)
    def measure():
        """The distance; a level below the floor counts as one on it."""
        if wide < floor:
            above.next = 0
        else:
            above.next = wide - floor

    @always_comb
    def split():
        """The table's row, and the place between this knot and the next; from 8 doublings on nothing is taken away."""
        place.next = above[top:seen]
        rest.next = above[seen:drop]
        beyond.next = above[:top] != 0

    @always_comb
    def part():
        slope.next = row[row_bits:gain_bits].signed()
        knot.next = concat(False, row[gain_bits:]).signed()
        factor.next = concat(False, rest).signed()
        floor_word.next = concat(False, least_gain).signed()

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = slope * factor

    @always_comb
    def add():
        line.next = knot + product[:rest_bits].signed()

    if reduction.top == ONE:

        @always(clk.posedge)
        def choose():
            """The gain, which the least gain bounds."""
            if beyond:
                wanted.next = top_gain
            elif line < floor_word:
                wanted.next = least_gain
            else:
                wanted.next = line[gain_bits:]

    else:

        @always(clk.posedge)
        def choose():
            """The gain, which the least gain bounds."""
            if (beyond and floor_word > top_gain) or (not beyond and line < floor_word):
                wanted.next = least_gain
            elif beyond:
                wanted.next = top_gain
            else:
                wanted.next = line[gain_bits:]

    return widen, measure, split, coefficient_memory(clk, None, place, row, plan.gain_rows), part, multiply, add, choose


@entity
def gain_smoother(clk, reset, smooth, wanted, old_gain, new_gain, gain, band, plan):
    """Smoothed gain: g += (G - g) 2**-k; g has k more bits than a gain, and is rounded for the product."""
    whole = plan.reduction.gain_step
    ahead = plan.by_band(lambda steps: whole - steps.gain, "places")
    entering, shifting = moved_up(band, wanted, ahead, "How much faster the band's gain goes on.")
    leaving, also = moved_up(band, old_gain, ahead, "How much faster the band's gain goes on.")
    decay, total = bit_signal(len(old_gain) + max(ahead) - whole + 1), bit_signal(len(old_gain) + 2)
    low = max(whole - 1, 0)
    smoothed = like(old_gain)

    if whole:

        @always_comb
        def fade():
            """The part of the gain that goes, rounded."""
            decay.next = leaving[:whole] + leaving[whole:low]

    else:

        @always_comb
        def fade():
            decay.next = leaving

    @always_comb
    def add():
        total.next = old_gain + entering

    @always(clk.posedge)
    def keep():
        """The smoothed gain with the word."""
        if reset:
            smoothed.next = 0
        elif smooth:
            smoothed.next = total - decay

    if whole:

        @always(clk.posedge)
        def round_off():
            """The gain for the product, to nearest."""
            gain.next = smoothed[:whole] + smoothed[whole:low]

    else:

        @always(clk.posedge)
        def round_off():
            """The gain for the product."""
            gain.next = smoothed

    return shifting, also, fade, add, keep, wire(smoothed, new_gain), round_off


@entity
def output_word(clk, give, product, word, channel, passes, source_data, source_channel, reduction):
    """The product, rounded to a word; or the word as it came."""
    bits = len(word)
    half = 1 << (bits - 1)
    # A gain is at most 1.
    interval = Interval(-half, half - 1).times(ONE)
    conversion = Conversion(interval, GAIN.fraction_length, Format(True, bits, 0), Rounding.NEAREST, Overflow.WRAP)
    exact = signed_signal(interval, fraction_length=reduction.format.fraction_length + GAIN.fraction_length)
    reduced = like(word)
    exact_bits = len(exact)

    @always_comb
    def cut():
        exact.next = product[exact_bits:].signed()

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            if passes:
                source_data.next = word
            else:
                source_data.next = reduced
            source_channel.next = channel

    return cut, requantizer(exact, reduced, conversion), store
