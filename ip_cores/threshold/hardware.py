"""Hardware of the threshold: tracker of the noise, limit, rule."""

from __future__ import annotations

from myhdl import Signal, always, always_comb, concat, intbv

from fixed_point import Format, Overflow, Rounding
from fixed_point.threshold import FLOOR_SHIFT, GAIN, Tracker
from ip_cores.blocks.arithmetic import flag, like, negate, signed_signal
from ip_cores.blocks.interval import Interval
from ip_cores.blocks.memory import table
from ip_cores.blocks.requantizer import Conversion, requantizer
from ip_cores.hierarchy import entity, inline
from ip_cores.threshold.control import (
    BandSettings,
    HeldWord,
    ThresholdOrders,
    state_memory,
    threshold_control,
    threshold_registers,
    unsigned_signal,
)


@entity
def threshold(clk, reset, sink, source, bypass, freeze, control, plan):
    """Threshold for band words: small details are made smaller, the noise of each band is tracked."""
    tracker = plan.tracker
    take, update, give, write, treat = (flag() for _ in range(5))
    gain = unsigned_signal(GAIN.word_length)
    bypassing, frozen = flag(), flag()
    channel = unsigned_signal(plan.channel_bits)
    word = signed_signal(tracker.format.word_length)
    magnitude = signed_signal(tracker.format.word_length + 1)
    limit = signed_signal(limit_bits(tracker))
    result = like(word)
    band = unsigned_signal(plan.phase_bits + 1)
    state, next_state = (unsigned_signal(plan.phase_bits + tracker.bits) for _ in range(2))
    settings, held = BandSettings(bypassing, frozen), HeldWord(word, channel)
    orders = ThresholdOrders(take, update, give, write, treat)
    return (
        threshold_registers(clk, reset, bypass, freeze, control, gain, bypassing, frozen, plan),
        threshold_control(clk, reset, sink.flow("data", "channel"), source.flow(), settings, band, held, orders),
        table(channel, band, plan.band_table),
        state_memory(clk, take, write, channel, next_state, sink.channel, state, plan.settled),
        absolute_value(word, magnitude),
        noise_tracker(clk, reset, update, magnitude, band, state, next_state, plan),
        noise_limit(clk, update, state, gain, limit, plan),
        threshold_rule(word, magnitude, limit, treat, result, plan),
        output_register(clk, give, result, channel, source.data, source.channel),
    )  # fmt: skip


def limit_bits(tracker: Tracker) -> int:
    """Bits of lambda as a signed word."""
    return tracker.bits - tracker.adaptation + GAIN.integer_length + 1


@entity
def absolute_value(word, magnitude):
    negative = like(magnitude)

    @always_comb
    def choose():
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
    top = bits - 1
    initial = unsigned_signal(len(state), tracker.start)
    median, moved = unsigned_signal(bits), unsigned_signal(bits)
    level = signed_signal(bits - adaptation + 1)
    whole, half = unsigned_signal(bits - adaptation), unsigned_signal(1)
    step = unsigned_signal(bits - adaptation + 1)
    phase, mask = unsigned_signal(phase_bits), unsigned_signal(phase_bits)
    next_phase = Signal(intbv(0)[phase_bits:])
    due, up, down = flag(), flag(), flag()

    @always_comb
    def split():
        median.next = state[bits:]
        phase.next = state[:bits]
        level.next = state[bits:adaptation]
        whole.next = state[bits:adaptation]
        half.next = state[adaptation : adaptation - 1]
        mask.next = band[phase_bits:]

    @always_comb
    def size():
        step.next = whole + half

    @always_comb
    def compare():
        due.next = (phase & mask) == mask
        up.next = magnitude > level and not median[top]
        down.next = magnitude <= level and level != 0

    @always_comb
    def move():
        if due and up:
            moved.next = median + step
        elif due and down:
            moved.next = median - step
        else:
            moved.next = median

    @always_comb
    def count():
        next_phase.next = (phase + 1) % 2**phase_bits

    @always(clk.posedge)
    def keep():
        if reset:
            next_state.next = initial
        elif update:
            next_state.next = concat(next_phase, moved)

    return split, size, compare, move, count, keep


@entity
def noise_limit(clk, update, state, gain, limit, plan):
    """Lambda: the upper bits of the median, times the register's factor, in units of a word's last bit."""
    tracker = plan.tracker
    bits, dropped = tracker.bits, tracker.bits - tracker.operand_bits
    shift = dropped - tracker.adaptation - GAIN.fraction_length
    operand = unsigned_signal(tracker.operand_bits)
    product = unsigned_signal(tracker.operand_bits + len(gain))
    held = like(product)

    @always_comb
    def pick():
        operand.next = state[bits:dropped]

    @always_comb
    def multiply():
        product.next = operand * gain

    @always(clk.posedge)
    def hold():
        if update:
            held.next = product

    return pick, multiply, hold, place_limit(held, limit, shift)


@inline
def place_limit(product, limit, shift):
    """A product in units of a word's last bit: shifted up, or its fraction cut off."""
    if shift >= 0:

        @always_comb
        def scale():
            limit.next = product << shift

        return scale

    dropped = -shift

    @always_comb
    def cut():
        limit.next = product[:dropped]

    return cut


@entity
def threshold_rule(word, magnitude, limit, treat, result, plan):
    """What becomes of a word whose magnitude is, or is not, above the limit."""
    small = flag()

    @always_comb
    def compare():
        small.next = magnitude <= limit

    return compare, {"hard": hard_rule, "soft": soft_rule, "floor": floor_rule}[plan.rule](word, magnitude, limit, small, treat, result)


@inline
def hard_rule(word, magnitude, limit, small, treat, result):
    @always_comb
    def choose():
        if treat and small:
            result.next = 0
        else:
            result.next = word

    return choose


@inline
def soft_rule(word, magnitude, limit, small, treat, result):
    rest = signed_signal(max(len(magnitude), len(limit)) + 1)

    @always_comb
    def take_off():
        if word < 0:
            rest.next = limit - magnitude
        else:
            rest.next = magnitude - limit

    @always_comb
    def choose():
        if not treat:
            result.next = word
        elif small:
            result.next = 0
        else:
            result.next = rest[len(result) :].signed()

    return take_off, choose


@inline
def floor_rule(word, magnitude, limit, small, treat, result):
    quarter = like(word)
    bits = len(word)
    half = 1 << (bits - 1)
    division = Conversion(Interval(-half, half - 1), FLOOR_SHIFT, Format(True, bits, 0), Rounding.NEAREST, Overflow.WRAP)

    @always_comb
    def choose():
        if treat and small:
            result.next = quarter
        else:
            result.next = word

    return requantizer(word, quarter, division), choose


@inline
def output_register(clk, give, result, channel, source_data, source_channel):
    @always(clk.posedge)
    def store():
        if give:
            source_data.next = result
            source_channel.next = channel

    return store
