"""Hardware of the pitch detector: low-pass, correlation, division, peaks, the choice of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.pitch_detector import GAIN_BITS, PERIOD_FRACTION, PLACE_BITS, RHO_BITS, SHARE
from ip_cores.blocks.arithmetic import bit_signal, flag, like, magnitude_signal, signed_signal
from ip_cores.blocks.memory import sample_memory
from ip_cores.families.band_stage import state_memory
from ip_cores.hierarchy import Constant, Group, described, entity, inline
from ip_cores.pitch_detector.control import (
    detector_control,
    detector_registers,
    new_addresses,
    new_limits,
    new_orders,
    ring_addresses,
)
from ip_cores.pitch_detector.plan import PAIRS, PIPELINE, SQUARES

OPERAND_BITS = 18
"""Bits of both factors of the one multiplier."""


@dataclass(frozen=True, eq=False)
class Quotient(Group):
    """What is divided.

    Attributes
    ----------
    correlation, energy : Signal
        The sum of a lag's products, signed, and the energy by which twice of it is divided.
    size, bend : Signal
        How far the correlation rises from the lag before a peak to the lag behind it, a magnitude; how much it bends there.
    ratio : Signal
        What comes of it, 16 bits.
    """

    correlation: Any
    energy: Any
    size: Any
    bend: Any
    ratio: Any


@dataclass(frozen=True, eq=False)
class Peak(Group):
    """The peak that may lie one lag before.

    Attributes
    ----------
    offset : Signal
        How far its top lies from the lag, a magnitude.
    highest : Signal
        Height of the highest peak so far.
    stores : Signal of bool
        Its row is written.
    row, row_place : Signal
        Its height above its place, 0 where there is no peak; where it is written.
    """

    offset: Any
    highest: Any
    stores: Any
    row: Any
    row_place: Any


@dataclass(frozen=True, eq=False)
class Search(Group):
    """The search for the first high peak.

    Attributes
    ----------
    loud : Signal of bool
        The frame's energy is what a voice has.
    seen, shown : Signal
        The lag that is looked at, and its row.
    """

    loud: Any
    seen: Any
    shown: Any


@entity
def pitch_detector(clk, reset, sink, source, control, plan):
    """Period of a voice, frame by frame: the first high peak of the normalised autocorrelation behind a low-pass."""
    law = plan.law
    orders, limits, ring = new_orders(plan), new_limits(), new_addresses(plan)
    low, written, early, late = (signed_signal(law.low_bits, is_number=False) for _ in range(4))
    product = signed_signal(2 * OPERAND_BITS, is_number=False)
    correlation, energy = signed_signal(plan.sum_bits, is_number=False), bit_signal(plan.sum_bits)
    size, bend, ratio = bit_signal(RHO_BITS + 2), bit_signal(RHO_BITS + 3), bit_signal(RHO_BITS + 1)
    quotient = Quotient(correlation, energy, size, bend, ratio)
    offset = magnitude_signal(PLACE_BITS, fraction_length=PLACE_BITS)
    highest = magnitude_signal(plan.height_bits, fraction_length=RHO_BITS)
    stores, row, row_place = flag(), bit_signal(plan.row_bits), bit_signal(plan.lag_bits)
    peak = Peak(offset, highest, stores, row, row_place)
    loud, seen, shown = flag(), bit_signal(plan.lag_bits), bit_signal(plan.row_bits)
    search = Search(loud, seen, shown)
    return (
        detector_registers(clk, reset, control, limits, plan.share, plan.voicing),
        detector_control(clk, reset, sink.flow(), source.flow(), orders, ring.filling, plan),
        low_pass(clk, reset, orders.take, orders.close, sink.data, low, law),
        ring_addresses(clk, reset, orders, ring, plan),
        filled(ring.filling, low, written),
        described(sample_memory(clk, None, ring.write, ring.head, written, ring.early_place, early, True), "Decimated samples, in a ring."),
        described(sample_memory(clk, None, ring.write, ring.head, written, ring.late_place, late, True), "The same, for the later one."),
        shared_product(clk, orders, limits, early, late, quotient, peak, product, plan),
        lag_sums(clk, reset, orders, ring.inside, product, quotient, search, plan),
        serial_divider(clk, orders.step, quotient, plan),
        peak_finder(clk, orders, quotient, product, peak, plan),
        described(state_memory(clk, None, stores, row_place, row, seen, shown, True), "The peaks, each in the row of its lag."),
        chosen_period(clk, orders, limits, peak, product, search, source.data, plan),
    )  # fmt: skip


@entity
def low_pass(clk, reset, take, close, data, low, law):
    """Running sums of eight and of four samples, every fourth of them: two sums over all samples, and differences of every fourth."""
    bits, dropped = law.format.word_length + GAIN_BITS, law.dropped
    entering, first, second, both = (signed_signal(bits, is_number=False) for _ in range(4))
    older, four, four_before, four_older, total = (signed_signal(bits, is_number=False) for _ in range(5))

    @always_comb
    def widen():
        entering.next = data

    @always_comb
    def add():
        both.next = first + entering

    @always(clk.posedge)
    def integrate():
        """Sums over all samples so far, and over these sums; they wrap around, which the differences undo."""
        if reset:
            first.next = 0
            second.next = 0
        elif take:
            first.next = both
            second.next = second + both

    @always_comb
    def subtract():
        """Differences over four samples, then over eight."""
        four.next = second - older
        total.next = four - four_older

    @always(clk.posedge)
    def keep():
        """What every fourth sample leaves behind."""
        if reset:
            older.next = 0
            four_before.next = 0
            four_older.next = 0
        elif close:
            older.next = second
            four_before.next = four
            four_older.next = four_before

    return widen, add, integrate, subtract, keep, rounded_sum(total, low, dropped)


@inline
def rounded_sum(total, low, dropped):
    """A sum without its lower bits, rounded to nearest."""
    if not dropped:

        @always_comb
        def hand_on():
            low.next = total

        return hand_on
    half, raised, above = Constant(1 << dropped - 1, "a half, which rounds"), like(total), len(total)

    @always_comb
    def round_up():
        raised.next = total + half

    @always_comb
    def cut():
        low.next = raised[above:dropped].signed()

    return round_up, cut


@inline
def filled(filling, low, written):
    """What is written into the ring."""

    @always_comb
    def choose():
        """After a reset zeros; then decimated samples."""
        written.next = low
        if filling:
            written.next = 0

    return choose


@entity
def shared_product(clk, orders, limits, early, late, quotient, peak, product, plan):
    """The one multiplier: pairs of samples; then what gives a peak its height; at the end what the first peak has to reach."""
    placed = Constant(plan.placed, "in which a peak's place is known")
    one, other = (signed_signal(OPERAND_BITS, is_number=False) for _ in range(2))

    @always_comb
    def choose():
        """What is multiplied."""
        one.next = early
        other.next = late
        if orders.chooses:
            one.next = concat(False, False, peak.highest).signed()
            other.next = concat(False, False, limits.share).signed()
        elif orders.step == placed:
            one.next = concat(False, quotient.size).signed()
            other.next = peak.offset

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = one * other

    return choose, multiply


@entity
def lag_sums(clk, reset, orders, inside, product, quotient, search, plan):
    """The sum of a lag's products, and the energy that belongs to it: twice the frame's, less two squares with each lag."""
    law = plan.law
    bits, quiet = plan.sum_bits, law.quiet_bits
    first_square = Constant(SQUARES[0] + PIPELINE, "the square of a lag's first sample")
    second_square = Constant(SQUARES[1] + PIPELINE, "that of its last one")
    first_pair, summed = Constant(PAIRS + PIPELINE, "the first product of a pair"), Constant(plan.summed, "in which the sum is complete")
    total, wide = signed_signal(bits, is_number=False), signed_signal(bits, is_number=False)
    both, square = bit_signal(bits), bit_signal(2 * law.low_bits - 1)
    square_bits = len(square)
    enough, whole = flag(), flag()

    @always_comb
    def cut():
        """A square is no negative number."""
        square.next = product[square_bits:]
        whole.next = orders.lag == 0

    @always(clk.posedge)
    def accumulate():
        """The products of the lag."""
        if orders.step == first_pair:
            total.next = wide
        elif inside:
            total.next = total + wide

    @always(clk.posedge)
    def follow():
        """The energy of both parts of the frame that the lag puts beside each other."""
        if whole:
            if orders.step == summed:
                both.next = total[bits - 1 :] << 1
        elif orders.works and (orders.step == first_square or orders.step == second_square):
            both.next = both - square

    @always(clk.posedge)
    def compare():
        """Whether the frame is loud enough."""
        if reset:
            enough.next = False
        elif whole and orders.step == summed:
            enough.next = total[bits - 1 : quiet] != 0

    @always_comb
    def connect():
        quotient.correlation.next = total
        quotient.energy.next = both
        search.loud.next = enough

    return cut, as_wide(product, wide), accumulate, follow, compare, connect


@inline
def as_wide(product, wide):
    """A product of samples, with the bits of a sum."""
    bits = len(wide)
    if bits < len(product):

        @always_comb
        def fit():
            wide.next = product[bits:].signed()

    else:

        @always_comb
        def fit():
            wide.next = product

    return fit


@entity
def serial_divider(clk, step, quotient, plan):
    """One bit of a quotient in each clock: first of twice the correlation by the energy, then of a peak's lean by its bend."""
    bits, ratio_bits = plan.sum_bits, RHO_BITS + 1
    summed, shaped = Constant(plan.summed, "in which the sum is complete"), Constant(plan.divided + 1, "in which a peak's shape is known")
    remainder, left, doubled = (bit_signal(bits + 1) for _ in range(3))
    divisor, entering, magnitude = bit_signal(bits), bit_signal(bits), bit_signal(bits)
    found = bit_signal(ratio_bits)
    fits = flag()

    @always_comb
    def drop_sign():
        """The correlation without its sign, which comes back behind the division."""
        magnitude.next = quotient.correlation[bits:]
        if quotient.correlation[bits - 1]:
            magnitude.next = 0 - quotient.correlation[bits:]

    @always_comb
    def compare():
        entering.next = divisor
        fits.next = remainder >= divisor

    @always_comb
    def subtract():
        """What is left for the next bit."""
        left.next = remainder
        if fits:
            left.next = remainder - entering
        doubled.next = left << 1

    @always(clk.posedge)
    def divide():
        """Begins with either division, then goes on bit by bit."""
        if step == summed:
            remainder.next = magnitude << 1
            divisor.next = quotient.energy
        elif step == shaped:
            remainder.next = quotient.size
            divisor.next = quotient.bend << 1
        else:
            remainder.next = doubled

    @always(clk.posedge)
    def collect():
        """The bits of the quotient, from the highest on."""
        found.next = concat(found[ratio_bits - 1 :], fits)

    @always_comb
    def connect():
        quotient.ratio.next = found

    return drop_sign, compare, subtract, divide, collect, connect


@entity
def peak_finder(clk, orders, quotient, product, peak, plan):
    """The correlation at three lags in a row; a parabola through the middle one where it is a peak."""
    law, ratio_bits, bits = plan.law, RHO_BITS + 1, RHO_BITS + 2
    divided, shaped = Constant(plan.divided, "in which the correlation is known"), Constant(plan.divided + 1, "in which its shape is")
    placed, topped = Constant(plan.placed, "in which a peak's place is known"), Constant(plan.placed + 1, "in which its height is")
    stored = Constant(plan.placed + 2, "in which its row is written")
    first_lag = Constant(law.shortest, "the first one that counts")
    low, high = PLACE_BITS + 2, PLACE_BITS + 2 + plan.height_bits
    place_bits, offset_bits = law.place_bits, PLACE_BITS + 2
    behind, now, before, signed_ratio = (signed_signal(bits, fraction_length=RHO_BITS) for _ in range(4))
    lean, curve = signed_signal(bits + 1, fraction_length=RHO_BITS), signed_signal(bits + 2, fraction_length=RHO_BITS)
    distance, moved = magnitude_signal(PLACE_BITS, fraction_length=PLACE_BITS), magnitude_signal(PLACE_BITS, fraction_length=PLACE_BITS)
    twice = magnitude_signal(offset_bits, fraction_length=PLACE_BITS + 1)
    height, top = (magnitude_signal(plan.height_bits, fraction_length=RHO_BITS) for _ in range(2))
    lag_place, place = (magnitude_signal(place_bits, fraction_length=PLACE_BITS) for _ in range(2))
    middle = bit_signal(plan.lag_bits)
    # GHDL's synthesis takes the difference of a literal and a signed word the other way round: the nothing is a signal.
    nothing = signed_signal(bits, 0)
    is_peak, back, negative, there = (flag() for _ in range(4))

    @always_comb
    def sign():
        """The quotient with the sign of the correlation."""
        signed_ratio.next = quotient.ratio
        negative.next = quotient.correlation < 0
        middle.next = orders.lag - 1

    @always(clk.posedge)
    def shift():
        """The correlation at this lag and at the two before it."""
        if orders.step == divided:
            before.next = now
            now.next = behind
            if negative:
                behind.next = nothing - signed_ratio
            else:
                behind.next = signed_ratio

    @always_comb
    def shape():
        """Where it rises to, and how much it bends; the middle one of the three is that of the lag before."""
        lean.next = behind - before
        curve.next = (now << 1) - before - behind
        there.next = now > before and now >= behind and now > 0 and orders.lag > first_lag

    @always_comb
    def measure():
        """What is divided for the place of the peak: a magnitude by the bend, which is positive at a peak."""
        quotient.bend.next = curve[bits + 1 :]
        if lean < 0:
            quotient.size.next = 0 - lean[bits:]
        else:
            quotient.size.next = lean[bits:]

    @always(clk.posedge)
    def hold():
        """Whether there is a peak, and to which side of its lag it lies."""
        if orders.step == shaped:
            is_peak.next = there
            back.next = lean < 0

    @always_comb
    def round_off():
        """How far its top lies from the lag, to nearest."""
        twice.next = quotient.ratio[offset_bits:] + 1
        distance.next = twice[PLACE_BITS + 1 : 1]

    @always(clk.posedge)
    def keep_offset():
        """It is multiplied in this clock, and moves the place in the next."""
        if orders.step == placed:
            moved.next = distance

    @always_comb
    def put():
        lag_place.next = middle << PLACE_BITS

    @always(clk.posedge)
    def find_top():
        """The parabola's top: its height, and its place."""
        if orders.step == topped:
            height.next = 0
            if is_peak:
                height.next = now[ratio_bits:] + product[high:low]
            if back:
                place.next = lag_place - moved
            else:
                place.next = lag_place + moved

    @always(clk.posedge)
    def follow():
        """The highest peak of the frame so far."""
        if orders.opens:
            top.next = 0
        elif orders.works and not orders.chooses and orders.step == stored and height > top:
            top.next = height

    @always_comb
    def connect():
        peak.offset.next = distance
        peak.highest.next = top
        peak.stores.next = orders.works and not orders.chooses and orders.step == stored
        peak.row.next = concat(height, place)
        peak.row_place.next = middle

    return sign, shift, shape, measure, hold, round_off, keep_offset, put, find_top, follow, connect


@entity
def chosen_period(clk, orders, limits, peak, product, search, source_data, plan):
    """Looks through the peaks for the first one that is nearly as high as the highest; its place is the period."""
    law = plan.law
    first_lag, last_lag = Constant(law.shortest, "the first one that counts"), Constant(law.longest, "the last one")
    place_bits, row_bits, share_bits = law.place_bits, plan.row_bits, SHARE.fraction_length
    limit = bit_signal(plan.height_bits + share_bits)
    limit_bits = len(limit)
    height, reached = bit_signal(plan.height_bits), bit_signal(plan.height_bits + share_bits)
    place, period = (magnitude_signal(place_bits, fraction_length=PERIOD_FRACTION) for _ in range(2))
    at = bit_signal(plan.lag_bits)
    known, high, voiced = (flag() for _ in range(3))

    @always(clk.posedge)
    def walk():
        """From lag to lag; the last one is looked at until the end."""
        if not orders.chooses:
            at.next = first_lag
        elif at != last_lag:
            at.next = at + 1

    @always_comb
    def part():
        """The row of the lag, and what it has to reach."""
        limit.next = product[limit_bits:]
        height.next = search.shown[row_bits:place_bits]
        place.next = search.shown[place_bits:]
        reached.next = height << share_bits
        search.seen.next = at

    @always_comb
    def compare():
        high.next = height != 0 and reached >= limit
        voiced.next = known and search.loud and peak.highest >= limits.voicing

    @always(clk.posedge)
    def choose():
        """The first one is the period."""
        if orders.opens:
            known.next = False
        elif orders.chooses and orders.step != 0 and high and not known:
            known.next = True
            period.next = place

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken; 0 where there is no voice."""
        if orders.finish:
            if voiced:
                source_data.next = period
            else:
                source_data.next = 0

    return walk, part, compare, choose, store
