"""Time scaler: what happens in which clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, bit_signal, counter_signal, flag
from ip_cores.hierarchy import Constant, Group, entity, inline
from ip_cores.time_scaler.plan import DRAINING


@dataclass(frozen=True, eq=False)
class ScalerOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A word is taken.
    copy : Signal of bool
        A word of what follows on the segment before is there, and is kept.
    compare, first : Signal of bool
        Two words that are compared are there; the first two of a place.
    judge : Signal of bool
        The sum of a place is known.
    give : Signal of bool
        A word leaves.
    """

    take: Any
    copy: Any
    compare: Any
    first: Any
    judge: Any
    give: Any


@dataclass(frozen=True, eq=False)
class ScalerPlaces(Group):
    """Where words are written and read.

    Attributes
    ----------
    write_address, read_address : Signal
        Of the words that were taken.
    read_place : Signal
        In the segment, of the words that are read.
    kept_place : Signal
        The same, a clock later: of the words that are there.
    """

    write_address: Any
    read_address: Any
    read_place: Any
    kept_place: Any


@entity
def scaler_control(clk, reset, sink, source, orders, places, better, step, plan):
    """Takes the words of a segment, looks for its place among those that were taken, and lets it leave; then the next one.

    What follows on the segment before is copied first. Each place from the segment's origin on is compared with it; where what follows
    is one of these places itself, no other can be better.
    """
    takes, gives, holds, waits, enough, at_end, place_ends, search_ends = (flag() for _ in range(8))
    taking, copying, searching, giving, settled, follows_here, starts = (flag() for _ in range(7))
    draining = bit_signal(DRAINING)
    last_stage, bits = DRAINING - 1, plan.address_bits
    behind_first = Constant(plan.begin - 1, "words that are taken for the first segment")
    last_place = Constant(plan.segment - 1, "of a segment")
    segment, thinning = Constant(plan.segment, "words"), Constant(plan.thinning, "words from one that is compared to the next")
    left = counter_signal(plan.begin + 1)
    sets_out, fresh = flag(), flag()
    if plan.fraction_bits:
        coming = counter_signal(2 * plan.segment + 2)
        steps = step_on(clk, reset, sets_out, coming, step, plan)
    else:
        coming, steps = Constant(plan.step_word, "words from segment to segment"), ()
    written, base, origin, follows, best_place, ahead = (address_signal(bits) for _ in range(6))
    place, lag, behind = (address_signal(plan.place_bits) for _ in range(3))
    last_is_there, judges = flag(), flag()
    place_bits = plan.place_bits

    @always_comb
    def decide():
        """A word is there one clock behind its address; it leaves when the output register is free."""
        takes.next = sink.valid and taking
        gives.next = waits and (source.ready or not holds)
        settled.next = draining[last_stage]
        enough.next = left == 0 and not fresh
        sets_out.next = takes and fresh
        at_end.next = place == last_place
        starts.next = searching and place == 0
        search_ends.next = place_ends and lag == last_place

    @always(clk.posedge)
    def follow():
        """Words are taken, what follows is copied, a place is looked for, the last sums are waited for, words leave; and so on."""
        if reset:
            taking.next = True
            copying.next = False
            searching.next = False
            draining.next = 0
            giving.next = False
            waits.next = False
            holds.next = False
        else:
            if takes and enough:
                taking.next = False
                copying.next = True
            if copying and at_end:
                copying.next = False
                searching.next = True
            if search_ends:
                searching.next = False
            draining.next = concat(draining[last_stage:], search_ends)
            if settled:
                giving.next = True
            if gives and at_end:
                giving.next = False
                taking.next = True
            waits.next = (giving and not waits) or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always(clk.posedge)
    def count():
        """Words to come for this segment behind the next, which say with their first how many they are; and where they are written."""
        if reset:
            left.next = behind_first
            written.next = 0
            fresh.next = False
        elif takes:
            written.next = written + 1
            fresh.next = False
            if fresh:
                left.next = coming - 2
            elif not enough:
                left.next = left - 1
        elif gives and at_end:
            fresh.next = True

    @always(clk.posedge)
    def walk():
        """The place in the segment, and the number of the place that is compared."""
        if reset or settled:
            place.next = 0
            lag.next = 0
        elif searching:
            if place_ends:
                place.next = 0
                lag.next = lag + 1
            else:
                place.next = place + thinning
        elif copying or gives:
            place.next = place + 1

    @always(clk.posedge)
    def look():
        """The place that is read: what follows on the segment before; each place from the origin on; the best."""
        if takes:
            base.next = follows
        elif copying and at_end:
            base.next = origin
        elif place_ends:
            base.next = base + 1
        elif settled:
            base.next = best_place

    @always_comb
    def know():
        """Whether what follows is one of the places that are looked at: less than a segment behind the origin."""
        ahead.next = follows - origin
        follows_here.next = ahead[bits:place_bits] == 0

    @always(clk.posedge)
    def choose():
        """The best place up to now. A sum is known when the next place is compared already."""
        if copying:
            best_place.next = follows
        elif judges and better and not follows_here:
            best_place.next = base - 1

    @always(clk.posedge)
    def go_on():
        """What follows on a segment lies behind where that was found; the next one's origin by a step behind its own."""
        if reset:
            origin.next = 0
            follows.next = 0
        elif gives and at_end:
            follows.next = base + segment
        elif sets_out:
            origin.next = origin + coming

    @always(clk.posedge)
    def arrive():
        """What is read is there a clock later, and the sum of a place one more."""
        behind.next = place
        if reset:
            orders.copy.next = False
            orders.compare.next = False
            orders.first.next = False
            last_is_there.next = False
            judges.next = False
        else:
            orders.copy.next = copying
            orders.compare.next = searching
            orders.first.next = starts
            last_is_there.next = place_ends
            judges.next = last_is_there

    @always_comb
    def connect():
        sink.ready.next = taking
        source.valid.next = holds
        orders.take.next = takes
        orders.give.next = gives
        orders.judge.next = judges
        places.write_address.next = written
        places.read_address.next = base + place
        places.read_place.next = place
        places.kept_place.next = behind

    return (
        decide, follow, count, walk, look, know, choose, go_on, arrive, connect, steps,
        compared_places(searching, place, at_end, place_ends, plan),
    )  # fmt: skip


@inline
def compared_places(searching, place, at_end, place_ends, plan):
    """Whether the last words of a place are compared."""
    if plan.thinning == 1:

        @always_comb
        def see_end():
            place_ends.next = searching and at_end

    else:
        last_compared = Constant(plan.segment - plan.thinning, "of the places in a segment")

        @always_comb
        def see_end():
            place_ends.next = searching and place == last_compared

    return see_end


@inline
def step_on(clk, reset, sets_out, coming, step, plan):
    """Words by which the next segment lies behind this one."""
    if plan.run_time:
        return limited_step(clk, reset, sets_out, coming, step, plan)
    bits = plan.fraction_bits
    whole = plan.step_word >> bits
    usual, longer = Constant(whole, "words from segment to segment"), Constant(whole + 1, "where parts have become a word")
    part = Constant(plan.step_word & (1 << bits) - 1, "parts of a word beside them")
    rest, total = address_signal(bits), address_signal(bits + 1)

    @always_comb
    def add_parts():
        total.next = rest + part

    @always_comb
    def set_out():
        """One more where the parts have become a word."""
        if total[bits]:
            coming.next = longer
        else:
            coming.next = usual

    @always(clk.posedge)
    def keep_parts():
        """Parts of a word by which the segment lies behind its origin."""
        if reset:
            rest.next = 0
        elif sets_out:
            rest.next = total[bits:]

    return add_parts, set_out, keep_parts


@inline
def limited_step(clk, reset, sets_out, coming, step, plan):
    """The same with a step that can change: half a segment to two, whatever the port says."""
    bits = plan.fraction_bits
    shortest, longest = Constant(plan.segment << bits - 1, "parts of a word: half a segment"), Constant(plan.segment << bits + 1, "two")
    allowed, total, rest = address_signal(len(step)), address_signal(len(step) + 1), address_signal(bits)

    @always_comb
    def limit():
        if step < shortest:
            allowed.next = shortest
        elif step > longest:
            allowed.next = longest
        else:
            allowed.next = step

    @always_comb
    def add_parts():
        total.next = allowed + rest

    @always_comb
    def set_out():
        """Parts of a word count with the next step."""
        coming.next = total[:bits]

    @always(clk.posedge)
    def keep_parts():
        """Parts of a word by which the segment lies behind its origin."""
        if reset:
            rest.next = 0
        elif sets_out:
            rest.next = total[bits:]

    return limit, add_parts, set_out, keep_parts
