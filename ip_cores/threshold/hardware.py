"""Hardware of the threshold: tracker of the noise, limit, rule."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from fixed_point import Format, Overflow, Rounding
from fixed_point.threshold import FLOOR_SHIFT, GAIN, Tracker
from ip_cores.blocks.arithmetic import flag, like, negate, signed_signal
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import table
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.families.band_stage import state_memory
from ip_cores.hierarchy import Constant, described, entity, primitive
from ip_cores.threshold.control import (
    BandSettings,
    HeldWord,
    ThresholdOrders,
    threshold_control,
    threshold_registers,
    unsigned_signal,
)

BAND_TABLE = "Highest bit: the band is a detail. Below: where its counter stands when a step is due."
"""What the VHDL says of it."""


@entity
def threshold(clk, reset, sink, source, bypass, freeze, control, plan):
    """Threshold for band words: small details are made smaller, the noise of each band is tracked."""
    tracker = plan.tracker
    take, update, give, write, treat = (flag() for _ in range(5))
    gain = unsigned_signal(GAIN.word_length, fraction_length=GAIN.fraction_length)
    bypassing, frozen = flag(), flag()
    channel = unsigned_signal(plan.channel_bits)
    word = signed_signal(tracker.format.word_length)
    magnitude = signed_signal(tracker.format.word_length + 1)
    bound = signed_signal(limit_bits(tracker), fraction_length=tracker.format.fraction_length)
    result = like(word)
    band = unsigned_signal(plan.phase_bits + 1)
    state, next_state = (unsigned_signal(plan.phase_bits + tracker.bits) for _ in range(2))
    settings, held = BandSettings(bypassing, frozen), HeldWord(word, channel)
    orders = ThresholdOrders(take, update, give, write, treat)
    return (
        threshold_registers(clk, reset, bypass, freeze, control, gain, bypassing, frozen, plan),
        threshold_control(clk, reset, sink.flow("data", "channel"), source.flow(), settings, band, held, orders),
        described(table(channel, band, plan.band_table), BAND_TABLE),
        state_memory(clk, take, write, channel, next_state, sink.channel, state, plan.settled),
        absolute_value(word, magnitude),
        noise_tracker(clk, reset, update, magnitude, band, state, next_state, plan),
        noise_limit(clk, update, state, gain, bound, plan),
        threshold_rule(word, magnitude, bound, treat, result, plan),
        output_register(clk, give, result, channel, source.data, source.channel),
    )  # fmt: skip


def limit_bits(tracker: Tracker) -> int:
    """Bits of lambda as a signed word."""
    return tracker.bits - tracker.adaptation + GAIN.integer_length + 1


@entity
def absolute_value(word, magnitude):
    """The magnitude of a word, which has a bit more: the most negative word has no counterpart of its own width."""
    negative = like(magnitude)

    @always_comb
    def choose():
        """A negative word is turned over."""
        if word < 0:
            magnitude.next = negative
        else:
            magnitude.next = word

    return negate(word, negative), choose


@entity
def noise_tracker(clk, reset, update, magnitude, band, state, next_state, plan):
    """The running median of one band's magnitudes takes a step when its band's counter says so."""
    tracker, phase_bits = plan.tracker, plan.phase_bits
    bits, adaptation = tracker.bits, tracker.adaptation
    top_bit = Constant(bits - 1, "of the median")
    initial = unsigned_signal(bits, tracker.start)
    point = tracker.format.fraction_length
    median, moved = (unsigned_signal(bits, fraction_length=point + adaptation) for _ in range(2))
    level = signed_signal(bits - adaptation + 1, fraction_length=point)
    whole, half = unsigned_signal(bits - adaptation), unsigned_signal(1)
    step = unsigned_signal(bits - adaptation + 1)
    phase, last = unsigned_signal(phase_bits), unsigned_signal(phase_bits)
    next_phase, next_median = unsigned_signal(phase_bits), unsigned_signal(bits, fraction_length=point + adaptation)
    due, up, down = flag(), flag(), flag()

    @always_comb
    def split():
        """The state holds the band's counter above its median; a step is the median's upper bits, rounded."""
        median.next = state[bits:]
        phase.next = state[:bits]
        level.next = state[bits:adaptation]
        whole.next = state[bits:adaptation]
        half.next = state[adaptation : adaptation - 1]
        last.next = band[phase_bits:]

    @always_comb
    def size():
        step.next = whole + half

    @always_comb
    def compare():
        """A step is due at the last count of the band. The median stays between its ends."""
        due.next = phase == last
        up.next = magnitude > level and not median[top_bit]
        down.next = magnitude <= level and level != 0

    @always_comb
    def move():
        """The median steps towards the magnitude."""
        if due and up:
            moved.next = median + step
        elif due and down:
            moved.next = median - step
        else:
            moved.next = median

    @always(clk.posedge)
    def count():
        """Words of the band from one step to the next."""
        if reset or (update and due):
            next_phase.next = 0
        elif update:
            next_phase.next = (phase + 1) % 2**phase_bits

    @always(clk.posedge)
    def keep():
        """The median with which the word leaves the tracker."""
        if reset:
            next_median.next = initial
        elif update:
            next_median.next = moved

    @always_comb
    def join():
        """The state that is written back with the result."""
        next_state.next = concat(next_phase, next_median)

    return split, size, compare, move, count, keep, join


@entity
def noise_limit(clk, update, state, gain, bound, plan):
    """Lambda: the upper bits of the median, times the register's factor, in units of a word's last bit."""
    tracker = plan.tracker
    bits, dropped = tracker.bits, tracker.bits - tracker.operand_bits
    shift = dropped - tracker.adaptation - GAIN.fraction_length
    operand = unsigned_signal(tracker.operand_bits, fraction_length=tracker.format.fraction_length + tracker.adaptation - dropped)
    product = unsigned_signal(tracker.operand_bits + len(gain))
    held = like(product)

    @always_comb
    def pick():
        """The median's upper bits are enough for the product."""
        operand.next = state[bits:dropped]

    @always_comb
    def multiply():
        product.next = operand * gain

    @always(clk.posedge)
    def hold():
        """A register behind the multiplier."""
        if update:
            held.next = product

    return pick, multiply, hold, place_limit(held, bound, shift)


@primitive
def place_limit(product, bound, shift):
    """A product in units of a word's last bit: shifted up, or its fraction cut off."""
    if shift >= 0:

        @always_comb
        def scale():
            bound.next = product << shift

        return scale

    dropped = -shift

    @always_comb
    def cut():
        bound.next = product[:dropped]

    return cut


@entity
def threshold_rule(word, magnitude, bound, treat, result, plan):
    """What becomes of a word whose magnitude is, or is not, above lambda."""
    small = flag()

    @always_comb
    def compare():
        """A word no larger than lambda is taken for noise."""
        small.next = magnitude <= bound

    return compare, {"hard": hard_rule, "soft": soft_rule, "floor": floor_rule}[plan.rule](word, magnitude, bound, small, treat, result)


@primitive
def hard_rule(word, magnitude, bound, small, treat, result):
    """Noise becomes zero."""

    @always_comb
    def choose():
        """Hard: noise becomes zero."""
        if treat and small:
            result.next = 0
        else:
            result.next = word

    return choose


@primitive
def soft_rule(word, magnitude, bound, small, treat, result):
    """Noise becomes zero, and lambda is taken off everything else."""
    rest = signed_signal(max(len(magnitude), len(bound)) + 1)

    @always_comb
    def take_off():
        """Soft: lambda is taken off the magnitude."""
        if word < 0:
            rest.next = bound - magnitude
        else:
            rest.next = magnitude - bound

    @always_comb
    def choose():
        """Noise becomes zero."""
        if not treat:
            result.next = word
        elif small:
            result.next = 0
        else:
            result.next = rest[len(result) :].signed()

    return take_off, choose


@primitive
def floor_rule(word, magnitude, bound, small, treat, result):
    """Noise becomes a quarter of itself."""
    quarter = signed_signal(len(word), point_of=(word, 0))
    bits = len(word)
    half = 1 << (bits - 1)
    division = Conversion(Interval(-half, half - 1), FLOOR_SHIFT, Format(True, bits, 0), Rounding.NEAREST, Overflow.WRAP)

    @always_comb
    def choose():
        """Floor: noise becomes a quarter of itself."""
        if treat and small:
            result.next = quarter
        else:
            result.next = word

    return requantizer(word, quarter, division), choose


@primitive
def output_register(clk, give, result, channel, source_data, source_channel):
    """Keeps a word and its channel."""

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            source_data.next = result
            source_channel.next = channel

    return store
