"""Hardware of the compressor: one multiplier for square, smoothing, lines of the curve and gain, and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.compressor import KNEE, LINES, PACE, SLOPE
from fixed_point.families.band_power import FACTOR_BITS
from fixed_point.families.logarithmic_gain import PACE_BITS, REGISTER
from fixed_point.families.logarithms import LOGARITHM_BITS
from ip_cores.blocks.arithmetic import bit_signal, flag, like, magnitude_signal, signed_signal, wire
from ip_cores.blocks.log2_word import log2_word
from ip_cores.blocks.memory import coefficient_memory
from ip_cores.compressor.plan import (
    ADDS,
    AVERAGES,
    FOLLOWS,
    LINE_BITS,
    LINES_AT,
    MEASURES,
    PHASES,
    POINT,
    ROW_BITS,
    SETTLES,
    TIMES_ROW,
)
from ip_cores.families.band_stage import band_power, second_factor, state_memory
from ip_cores.families.gain_stage import (
    GainOrders,
    HeldWord,
    Requests,
    even_pace,
    gain_control,
    gain_factor,
    gain_registers,
    weighed_word,
)
from ip_cores.hierarchy import Bundle, Constant, Rows, entity, inline

TRIM_BITS = REGISTER.word_length + PACE_BITS
TRIM_POINT = REGISTER.fraction_length + PACE_BITS


@dataclass(frozen=True, eq=False)
class BandState(Bundle):
    """State of a band.

    Attributes
    ----------
    power, level : Signal
        Smoothed power, and the smoothed level, a logarithm of power.
    trim : Signal
        The trim on its way.
    """

    power: Any
    level: Any
    trim: Any

    @classmethod
    def of(cls, law: Any) -> BandState:
        """New signals for it."""
        return cls(
            magnitude_signal(law.power_bits, fraction_length=law.power_point),
            magnitude_signal(law.smooth_bits, fraction_length=LOGARITHM_BITS + PACE.fraction_length),
            signed_signal(TRIM_BITS, fraction_length=TRIM_POINT),
        )

    @property
    def bits(self) -> int:
        """Bits of all of it."""
        return len(self.power) + len(self.level) + len(self.trim)


@entity
def compressor(clk, reset, sink, source, bypass, control, plan):
    """Compressor for band words: each is multiplied by a gain that follows from its band's level by a curve of straight lines."""
    law, registers = plan.law, plan.registers
    bits = law.format.word_length
    word, channel = signed_signal(bits), bit_signal(registers.channel_bits)
    asked, wanted = (signed_signal(REGISTER.word_length, fraction_length=REGISTER.fraction_length) for _ in range(2))
    held, requests = HeldWord(word, channel, wanted), Requests(asked, flag())
    take, keep, give, passes, weigh = (flag() for _ in range(5))
    orders = GainOrders(take, keep, give, passes, weigh=weigh)
    walk, averages = bit_signal(PHASES), flag()
    old, new = BandState.of(law), BandState.of(law)
    state, next_state = bit_signal(old.bits), bit_signal(old.bits)
    level = magnitude_signal(law.level_bits, fraction_length=LOGARITHM_BITS)
    distance = signed_signal(law.level_bits + 1, fraction_length=LOGARITHM_BITS)
    above = like(distance)
    pace, slope = signed_signal(FACTOR_BITS, is_number=False), signed_signal(FACTOR_BITS, is_number=False)
    row_number, row = bit_signal(registers.channel_bits + LINE_BITS), bit_signal(ROW_BITS)
    total = signed_signal(plan.total, fraction_length=POINT)
    factor, below_one = magnitude_signal(FACTOR_BITS - 1), flag()
    product = signed_signal(max(bits, law.level_bits + 1) + FACTOR_BITS, is_number=False)
    return (
        gain_registers(clk, reset, bypass, control, sink.channel, requests, registers),
        gain_control(clk, reset, sink.flow("data", "channel"), source.flow(), requests, held, orders, walk, PHASES, PHASES - 1),
        state_memory(clk, orders.take, orders.keep, channel, next_state, sink.channel, state, True),
        part_state(state, old, next_state, new),
        even_pace(clk, reset, averages, wanted, old.trim, new.trim, registers),
        products(clk, walk, word, orders.weigh, distance, pace, above, slope, factor, product, law),
        band_power(clk, reset, averages, product, old.power, new.power, None, Rows((0,), ("places",)), law),
        log2_word(clk, new.power, level, law.logarithm),
        level_follower(clk, reset, walk, level, row, product, old.level, new.level, distance, pace, law),
        clocks(walk, channel, row_number, averages),
        coefficient_memory(clk, None, row_number, row, plan.rows),
        curve_lines(clk, walk, row, new.level, new.trim, product, above, slope, total),
        gain_factor(clk, total, factor, below_one, POINT),
        weighed_word(clk, orders.give, product, below_one, word, channel, orders.passes, source.data, source.channel, law.format),
    )  # fmt: skip


@inline
def part_state(state, old, next_state, new):
    """The parts of a band's state, and the state of its parts; from a reset on these are silence and no trim."""
    trim_bits = len(old.trim)
    power_at = trim_bits + len(old.level)

    @always_comb
    def part():
        """The state as it was read."""
        old.trim.next = state[trim_bits:].signed()
        old.level.next = state[power_at:trim_bits]
        old.power.next = state[:power_at]

    @always_comb
    def join():
        """The state with which the word leaves its band."""
        next_state.next = concat(new.power, new.level, new.trim[trim_bits:])

    return part, join


@entity
def products(clk, walk, word, weigh, distance, pace, above, slope, factor, product, law):
    """The one multiplier: the word's square, the level's distance times its pace, the lines of the curve, the word times its gain."""
    follows_at = Constant(FOLLOWS, "a clock")
    first_line, end_of_lines = LINES_AT, LINES_AT + LINES
    first, second = signed_signal(len(product) - FACTOR_BITS, is_number=False), signed_signal(FACTOR_BITS, is_number=False)
    coarse = signed_signal(min(len(word), FACTOR_BITS), is_number=False)
    widened = signed_signal(FACTOR_BITS, is_number=False)
    lines = flag()

    @always_comb
    def look():
        """The clocks of the lines."""
        lines.next = walk[end_of_lines:first_line] != 0

    @always_comb
    def widen():
        widened.next = concat(False, factor).signed()

    @always_comb
    def choose():
        """What is multiplied by what."""
        first.next = word
        second.next = coarse
        if weigh:
            second.next = widened
        elif walk[follows_at]:
            first.next = distance
            second.next = pace
        elif lines:
            first.next = above
            second.next = slope

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = first * second

    return second_factor(word, coarse, law.dropped), look, widen, choose, multiply


@entity
def level_follower(clk, reset, walk, level, row, product, old_level, new_level, distance, pace, law):
    """Smoothed level: S += (L - S) times a pace, of the attack where L lies above, of the release where it does not."""
    settles_at = Constant(SETTLES, "a clock")
    silence = Constant(law.silence << PACE.fraction_length, "the level of silence")
    smooth_bits, whole_at = len(old_level), PACE.fraction_length
    slope_bits, row_bits, product_bits = SLOPE.word_length, ROW_BITS, len(old_level) + 1
    seen, step = like(distance), signed_signal(product_bits, fraction_length=LOGARITHM_BITS + PACE.fraction_length)
    moved = signed_signal(smooth_bits + 2, fraction_length=LOGARITHM_BITS + PACE.fraction_length)

    @always_comb
    def measure():
        """How far the level lies above the smoothed one, whose lower bits do not count."""
        seen.next = level - old_level[:whole_at]

    @always(clk.posedge)
    def choose():
        """The distance, and the pace for its sign."""
        distance.next = seen
        if seen < 0:
            pace.next = row[slope_bits:]
        else:
            pace.next = row[row_bits:slope_bits]

    @always_comb
    def cut():
        step.next = product[product_bits:].signed()

    @always_comb
    def go():
        moved.next = old_level + step

    @always(clk.posedge)
    def settle():
        """The smoothed level with the word; from a reset on that of silence."""
        if reset:
            new_level.next = silence
        elif walk[settles_at]:
            new_level.next = moved[smooth_bits:]

    return measure, choose, cut, go, settle


@inline
def clocks(walk, channel, row_number, averages):
    """Which row of the table is read: that of the times, and from the clock in which the level settles on those of the lines."""
    averages_at = Constant(AVERAGES, "a clock")
    at, times = bit_signal(LINE_BITS), Constant(TIMES_ROW, "attack and release")
    second_at, third_at, fourth_at = (Constant(SETTLES + n, "a clock") for n in (1, 2, 3))
    settles_at = Constant(SETTLES, "a clock")

    @always_comb
    def count():
        """The line whose row is read."""
        at.next = times
        if walk[settles_at]:
            at.next = 0
        elif walk[second_at]:
            at.next = 1
        elif walk[third_at]:
            at.next = 2
        elif walk[fourth_at]:
            at.next = 3

    @always_comb
    def address():
        row_number.next = concat(channel, at)
        averages.next = walk[averages_at]

    return count, address


@entity
def curve_lines(clk, walk, row, level, trim, product, above, slope, total):
    """The curve: the gain at the lowest level and the trim, and of each line its slope times how far the level lies above its knee."""
    measures_at, adds_at = Constant(MEASURES, "a clock"), Constant(ADDS, "a clock")
    adding, end_of_adding = ADDS + 1, ADDS + LINES
    whole_at, slope_bits, row_bits = PACE.fraction_length, SLOPE.word_length, ROW_BITS
    level_bits = len(level) - whole_at
    point, knee_bits = SLOPE.fraction_length, KNEE.word_length
    trim_shift = POINT - TRIM_POINT
    knee = magnitude_signal(knee_bits, fraction_length=LOGARITHM_BITS)
    whole, difference = magnitude_signal(level_bits, fraction_length=LOGARITHM_BITS), like(above)
    start = signed_signal(knee_bits, fraction_length=LOGARITHM_BITS)
    raised, shifted, lines = like(total), like(total), like(total)
    more = flag()

    @always_comb
    def part():
        knee.next = row[row_bits:slope_bits]
        whole.next = level[:whole_at]
        more.next = walk[end_of_adding:adding] != 0

    @always_comb
    def measure():
        """The first line begins at the lowest level: what stands in its knee's place is the gain there."""
        difference.next = whole - knee
        if walk[measures_at]:
            difference.next = whole

    @always(clk.posedge)
    def hold():
        """How far the level lies above the knee, and the slope from there on."""
        slope.next = row[slope_bits:].signed()
        above.next = difference
        if difference < 0:
            above.next = 0

    @always(clk.posedge)
    def begin():
        """The gain at the lowest level."""
        if walk[measures_at]:
            start.next = knee.signed()

    @always_comb
    def widen():
        raised.next = start << point
        shifted.next = trim << trim_shift

    @always(clk.posedge)
    def add():
        """The lines, one after the other."""
        if walk[adds_at]:
            lines.next = raised + shifted + product
        elif more:
            lines.next = lines + product

    return part, measure, hold, begin, widen, add, wire(lines, total)
