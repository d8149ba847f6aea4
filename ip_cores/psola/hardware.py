"""Hardware of PSOLA: the pitch detector, marks, distances between grains, and the sum of two of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from fixed_point.psola import CLOSEST, FADE, ONE, PACE_BITS, PHASE_BITS, ROW_BITS, SPACING, WEIGHT_BITS, WIDEST
from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, like, magnitude_signal, signed_signal
from ip_cores.blocks.memory import NewestSamples, coefficient_memory, sample_memory
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.blocks.stream import Stream
from ip_cores.families.band_stage import state_memory
from ip_cores.hierarchy import Constant, Group, described, entity
from ip_cores.pitch_detector.hardware import pitch_detector
from ip_cores.psola.control import DetectorLink, mark_finder, mark_queue, new_mark, new_orders, new_rows, psola_control
from ip_cores.psola.plan import GO_ON, SHORTEN, SPACE, SPLIT, TURN


@dataclass(frozen=True, eq=False)
class Stretch(Group):
    """From one grain to the next.

    Attributes
    ----------
    opens : Signal of bool
        With this word it begins.
    distance, half : Signal
        Words between both marks, and half of a grain.
    since : Signal
        Words behind the mark of the one before.
    early, late : Signal
        Where both marks stand in the memory.
    """

    opens: Any
    distance: Any
    half: Any
    since: Any
    early: Any
    late: Any


@dataclass(frozen=True, eq=False)
class Fades(Group):
    """Where both windows are looked up.

    Attributes
    ----------
    falling, rising : Signal
        Places in them.
    falls, rises : Signal of bool
        Whether each has a part in the word.
    """

    falling: Any
    rising: Any
    falls: Any
    rises: Any


@dataclass(frozen=True, eq=False)
class ReadOut(Group):
    """What was read.

    Attributes
    ----------
    word, weight : Signal
        A word, and a row of the window.
    """

    word: Any
    weight: Any


@entity
def psola(clk, reset, sink, source, control, spacing, plan):
    """Pitch and duration apart: grains of two periods around marks at the voice's peaks, laid down at other distances."""
    law, bits = plan.law, plan.length_bits
    orders, mark, rows = new_orders(plan), new_mark(plan), new_rows(plan)
    word, written_word = (signed_signal(law.format.word_length, fraction_length=law.format.fraction_length) for _ in range(2))
    address = [address_signal(plan.address_bits) for _ in range(5)]
    written = NewestSamples(flag(), address[0], written_word, address[1])
    stretch = Stretch(flag(), bit_signal(bits), bit_signal(bits), bit_signal(bits), address[2], address[3])
    fades = Fades(bit_signal(PHASE_BITS), bit_signal(PHASE_BITS), flag(), flag())
    tells, told = flag(), bit_signal(law.detection.place_bits)
    link = DetectorLink(flag(), flag(), flag())
    product = signed_signal(plan.operand_bits + plan.factor_bits, is_number=False)
    table_row, weight = bit_signal(ROW_BITS), magnitude_signal(WEIGHT_BITS + 1, fraction_length=WEIGHT_BITS)
    quotient = bit_signal(plan.quotient_bits)

    return (
        psola_control(clk, reset, sink.flow("data"), source.flow(), link, orders, written, plan),
        pitch_detector(clk, reset, Stream(link.offered, link.heard, sink.data), Stream(tells, link.hears, told), control, plan.detector),
        described(
            sample_memory(clk, None, written.write, written.write_address, written.write_data, address[4], word, settled=True),
            "The last samples.",
        ),
        mark_finder(clk, reset, orders, tells, told, word, rows, plan),
        described(
            state_memory(clk, None, rows.store, rows.tail, rows.row, rows.head, rows.front, True), "Marks that were not passed yet."
        ),
        mark_queue(clk, reset, rows, mark, plan),
        grain_distance(clk, reset, orders, mark, spacing, product, stretch, plan),
        half_reciprocal(clk, orders, stretch, quotient, plan),
        window_places(clk, orders, stretch, quotient, fades, plan),
        read_places(orders, written.newest, stretch, fades, address[4], table_row, plan),
        described(coefficient_memory(clk, None, table_row, weight, FADE), "The rising half of a Hann window."),
        grain_products(clk, orders, mark, spacing, stretch, fades, ReadOut(word, weight), product, plan),
        grain_sum(clk, orders, product, source.data, plan),
    )  # fmt: skip


@entity
def grain_distance(clk, reset, orders, mark, spacing, product, stretch, plan):
    """Where the next grain comes to lie, and of which mark it is: of the one that is nearest to where the signal has got."""
    law, bits, point, wide = plan.law, plan.length_bits, SPACING.fraction_length, plan.beyond_bits
    split, shorten = Constant(SPLIT, "in which the distance is known"), Constant(SHORTEN, "in which half of a grain is")
    goes, turn = Constant(GO_ON, "in which is gone on"), Constant(TURN, "the first one in which a mark is passed")
    last, all_passed = Constant(plan.last_step, "of a word"), Constant(TURN + 2 * law.turns, "behind the last mark that is passed")
    after = SPACING.word_length + bits
    exact, part = bit_signal(after), bit_signal(point)
    spaced, shorter, counted, coming = (bit_signal(bits) for _ in range(4))
    one_mark, other_mark = (address_signal(plan.address_bits) for _ in range(2))
    beyond, onwards, apart, back = (signed_signal(wide, fraction_length=PACE_BITS) for _ in range(4))
    over, begins, passes, turns, first, follows = (flag() for _ in range(6))
    start = Constant(1, "where the first sample stands")
    no_more = signed_signal(wide, 0, fraction_length=PACE_BITS)

    @always_comb
    def look():
        """Whether a grain begins with this word, and whether the next mark is nearer to where the signal has got."""
        begins.next = over and orders.sounds
        exact.next = product[after:] + part
        coming.next = counted + 1
        onwards.next = product[wide:].signed()
        apart.next = concat(False, mark.length, no_more[PACE_BITS:]).signed()

    @always_comb
    def choose():
        """A mark is passed where the one behind it is nearer."""
        back.next = beyond - apart
        turns.next = orders.works and orders.step >= turn and orders.step < all_passed and not follows
        first.next = beyond + back >= no_more
        passes.next = turns and begins and mark.known and first

    @always(clk.posedge)
    def pause():
        """The next row is there two clocks behind the one before."""
        if orders.step < turn:
            follows.next = False
        else:
            follows.next = not follows

    @always(clk.posedge)
    def space():
        """The distance in whole words; what is left of it counts with the next one."""
        if reset:
            part.next = 0
            spaced.next = 0
        elif orders.works and begins and orders.step == split:
            spaced.next = exact[after:point]
            part.next = exact[point:]

    @always(clk.posedge)
    def shorten_grain():
        """The shorter one of both distances."""
        if orders.works and begins and orders.step == shorten:
            if spaced < mark.length:
                shorter.next = spaced
            else:
                shorter.next = mark.length

    @always(clk.posedge)
    def follow():
        """Where the signal has got, seen from the mark of the grain that comes; and both marks."""
        if reset:
            beyond.next = 0
            one_mark.next = start
            other_mark.next = start
        elif orders.works and begins and orders.step == goes:
            beyond.next = beyond + onwards
            one_mark.next = other_mark
        elif passes:
            beyond.next = back
            other_mark.next = other_mark + mark.length

    @always(clk.posedge)
    def count():
        """Words since the grain before."""
        if reset:
            over.next = True
            counted.next = 0
        elif orders.works and orders.sounds:
            if begins and orders.step == split:
                counted.next = 0
            elif orders.step == last:
                counted.next = coming
                over.next = coming == spaced

    @always_comb
    def connect():
        mark.passed.next = passes
        stretch.opens.next = begins
        stretch.distance.next = spaced
        stretch.half.next = shorter
        stretch.since.next = counted
        stretch.early.next = one_mark
        stretch.late.next = other_mark

    return look, choose, pause, space, shorten_grain, follow, count, connect


@entity
def half_reciprocal(clk, orders, stretch, quotient, plan):
    """One divided by half of a grain, a bit in each clock: by how much of a window is gone on with a word."""
    bits = plan.length_bits + 1
    goes = Constant(GO_ON, "in which the division begins")
    divided = Constant(TURN + plan.quotient_bits, "behind its last bit")
    remainder, left, divisor = (bit_signal(bits) for _ in range(3))
    found, high = bit_signal(plan.quotient_bits), plan.quotient_bits - 1
    fits, divides = flag(), flag()

    @always_comb
    def compare():
        """A bit of the quotient: whether the divisor fits in what is left."""
        divisor.next = stretch.half
        fits.next = remainder >= divisor
        divides.next = orders.works and stretch.opens and orders.step > goes and orders.step < divided

    @always_comb
    def subtract():
        """What is left for the next bit."""
        left.next = remainder
        if fits:
            left.next = remainder - divisor

    @always(clk.posedge)
    def divide():
        """From one on, bit by bit."""
        if orders.step == goes:
            remainder.next = 1
        elif divides:
            remainder.next = left << 1

    @always(clk.posedge)
    def collect():
        """The bits of the quotient, from the highest on."""
        if divides:
            found.next = concat(found[high:], fits)

    @always_comb
    def connect():
        quotient.next = found

    return compare, subtract, divide, collect, connect


@entity
def window_places(clk, orders, stretch, quotient, fades, plan):
    """How far both windows have come: the one before falls from its mark on, the one that comes rises up to its own."""
    split, last = Constant(SPLIT, "in which both are at their beginning"), Constant(plan.last_step, "of a word")
    fallen, risen = bit_signal(PHASE_BITS), bit_signal(PHASE_BITS)
    growth = bit_signal(PHASE_BITS)
    passed = bit_signal(plan.length_bits + 1)
    goes_down, goes_up = flag(), flag()

    @always_comb
    def look():
        """Which of both has a part in the word."""
        passed.next = stretch.since + stretch.half
        growth.next = quotient[PHASE_BITS:]
        goes_down.next = stretch.since < stretch.half
        goes_up.next = passed >= stretch.distance

    @always(clk.posedge)
    def go_on():
        """By as much with every word."""
        if orders.works:
            if stretch.opens and orders.step == split:
                fallen.next = 0
                risen.next = 0
            elif orders.step == last:
                fallen.next = fallen + growth
                if goes_up:
                    risen.next = risen + growth

    @always_comb
    def connect():
        fades.falling.next = fallen
        fades.rising.next = risen
        fades.falls.next = goes_down
        fades.rises.next = goes_up

    return look, go_on, connect


@entity
def read_places(orders, newest, stretch, fades, address, row, plan):
    """Which word is read, and which row of the window: of the search for marks, of the grain before, of the one that comes."""
    low = PHASE_BITS - ROW_BITS
    first_read = Constant(plan.early_step, "in which the grain before is read")
    second_read = Constant(plan.early_step + 1, "in which the one that comes is")
    lag = Constant(plan.law.lag, "samples behind which marks are looked for")

    @always_comb
    def choose():
        """Marks are looked for, but in the two steps in which a grain's word is read."""
        row.next = fades.falling[PHASE_BITS:low]
        address.next = newest - lag
        if orders.step == first_read:
            address.next = stretch.early + stretch.since
        elif orders.step == second_read:
            address.next = stretch.late + stretch.since - stretch.distance
            row.next = fades.rising[PHASE_BITS:low]

    return choose


@entity
def grain_products(clk, orders, mark, spacing, stretch, fades, found, product, plan):
    """The one multiplier: a distance by its spacing, and by the pace; then words of both grains by their windows."""
    space, shorten = Constant(SPACE, "in which the distance is multiplied"), Constant(SHORTEN, "in which what is gone on is")
    late = Constant(plan.early_step + 1, "in which the word of the grain before is there")
    unchanged, closest, widest = Constant(ONE, "of no voice"), Constant(CLOSEST, "half"), Constant(WIDEST, "three halves")
    full = magnitude_signal(WEIGHT_BITS + 1, 1 << WEIGHT_BITS, WEIGHT_BITS)
    pace = Constant(plan.law.pace, "parts of a sample that are gone on with a word")
    one, other = signed_signal(plan.operand_bits, is_number=False), signed_signal(plan.factor_bits, is_number=False)
    allowed, used = like(spacing), like(spacing)
    down, up = like(found.weight), like(found.weight)

    @always_comb
    def limit():
        """What the port says, within what there is."""
        if spacing < closest:
            allowed.next = closest
        elif spacing > widest:
            allowed.next = widest
        else:
            allowed.next = spacing

    @always_comb
    def heed():
        """Where there is no voice grains stay where they are."""
        used.next = unchanged
        if mark.voiced:
            used.next = allowed

    @always_comb
    def fade():
        """What falls is what is left of what rises."""
        down.next = 0
        up.next = 0
        if fades.falls:
            down.next = full - found.weight
        if fades.rises:
            up.next = found.weight

    @always_comb
    def choose():
        """What is multiplied."""
        one.next = found.word
        other.next = concat(False, up).signed()
        if orders.step == space:
            one.next = concat(False, mark.length).signed()
            other.next = concat(False, used).signed()
        elif orders.step == shorten:
            one.next = concat(False, stretch.distance).signed()
            other.next = pace
        elif orders.step == late:
            other.next = concat(False, down).signed()

    @always(clk.posedge)
    def multiply():
        """A register behind the multiplier."""
        product.next = one * other

    return limit, heed, fade, choose, multiply


@entity
def grain_sum(clk, orders, product, source_data, plan):
    """Both words under their windows, added, and rounded once; zero until the first mark is laid down."""
    law = plan.law
    bits = law.exact.word_length
    first, last = Constant(plan.early_step + 2, "in which the grain before is multiplied"), Constant(plan.last_step, "in which both are")
    total, entering = (signed_signal(bits, fraction_length=law.exact.fraction_length) for _ in range(2))
    result = signed_signal(law.format.word_length, fraction_length=law.format.fraction_length)

    @always_comb
    def fit():
        entering.next = product[bits:].signed()

    @always(clk.posedge)
    def add_up():
        """The grain before, then the one that comes."""
        if not orders.sounds:
            total.next = 0
        elif orders.step == first:
            total.next = entering
        elif orders.step == last:
            total.next = total + entering

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if orders.give:
            source_data.next = result

    return fit, add_up, output_rounding(total, result, plan.conversion), store
