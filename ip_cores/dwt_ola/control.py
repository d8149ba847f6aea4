"""Control of the wavelet analysis by segments: what is computed when, from where, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, like, signed_signal, wire
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Constant, Group, described, entity, inline


@dataclass(frozen=True, eq=False)
class ProgramOrders(Group):
    """What the analysis of a segment does in a clock.

    Attributes
    ----------
    takes : Signal of bool
        A sample is taken.
    begins, joins : Signal of bool
        A sum begins, from what the segment before has left where it joins.
    grows : Signal of bool
        A product is added.
    ends : Signal of bool
        The last product of a sum is added.
    """

    takes: Any
    begins: Any
    joins: Any
    grows: Any
    ends: Any


@dataclass(frozen=True, eq=False)
class ProgramPlaces(Group):
    """Where the analysis of a segment reads and writes.

    Attributes
    ----------
    place : Signal
        Of the coefficient.
    read_sample, read_sum : Signal
        Where a sample is read, and an unfinished sum.
    fill_address, kept_address, left_address : Signal
        Where a sample that comes is written, an approximation, and a sum that stays unfinished.
    """

    place: Any
    read_sample: Any
    read_sum: Any
    fill_address: Any
    kept_address: Any
    left_address: Any


@dataclass(frozen=True, eq=False)
class DueWord(Group):
    """What the sum that is complete next is.

    Attributes
    ----------
    own : Signal of bool
        It is complete within the segment.
    emits : Signal of bool
        It leaves.
    channel : Signal
        Its band.
    sop, eop : Signal of bool
        It is the first or the last word of the packet.
    """

    own: Any
    emits: Any
    channel: Any
    sop: Any
    eop: Any


@entity
def segment_program(clk, reset, sink, advance, orders, places, given, plan):
    """Takes a segment, then forms word after word: level by level, details first, sums that stay unfinished at the end of each.

    Step 0 of a word begins its sum, steps 1 to L read its samples, the oldest first. What does not lie in the segment counts as zero.
    """
    bits, sample_bits, tail_bits = plan.index_bits, plan.sample_bits, plan.tail_bits
    taps = Constant(plan.taps, "of a filter, a step each")
    unfinished = Constant(plan.tail, "sums of a filter that the segment before has left")
    last_sample = Constant(plan.length - 1, "of a segment")
    last_level = Constant(plan.levels - 1, "level 1 being 0")
    before_half = Constant(2**bits - 1, "minus one")
    first_index = Constant((2 - plan.taps) % 2**bits, "of the first sample of a band, before the segment: zero")
    next_index = Constant((3 - plan.taps) % 2**bits, "from a word's newest sample to the oldest of the next word")
    loading, busy, first_segment, detail = (flag() for _ in range(4))
    taking, inside, last_step, last_sum, deepest, complete, carries, closing = (flag() for _ in range(8))
    step, level = counter_signal(taps + 1), address_signal(plan.level_bits)
    index, number, length, half, count = (address_signal(bits) for _ in range(5))
    base, target, whole, kept, left = (address_signal(bits) for _ in range(5))

    @always_comb
    def look():
        """Where the program stands in the segment, in the level and in the word."""
        taking.next = sink.valid and loading and advance
        inside.next = index < length
        last_step.next = step == taps
        last_sum.next = number == count
        deepest.next = level == last_level
        complete.next = number < half
        carries.next = number < unfinished and not first_segment
        closing.next = left == before_half

    @always_comb
    def find():
        """Places of the sample that is read, of the sum that is complete, and of one that is left for the next segment."""
        whole.next = base + index
        kept.next = target + number
        left.next = number - half

    @always_comb
    def connect():
        """The low bits of a number address the memories."""
        sink.ready.next = loading and advance
        orders.takes.next = taking
        places.place.next = concat(detail, step)
        places.read_sample.next = whole[sample_bits:]
        places.fill_address.next = index[sample_bits:]
        places.read_sum.next = concat(level, detail, number[tail_bits:])

    @always(clk.posedge)
    def walk():
        """A segment is taken; then each sum has a step to begin and one for each tap, details before approximations, level by level."""
        if reset:
            loading.next = True
            busy.next = False
            first_segment.next = True
            detail.next = True
            level.next = 0
            step.next = 0
            number.next = 0
            index.next = 0
        elif taking:
            if index == last_sample:
                loading.next = False
                busy.next = True
                index.next = first_index
            else:
                index.next = index + 1
        elif busy and advance:
            if not last_step:
                step.next = step + 1
                if step != 0:
                    index.next = index + 1
            else:
                step.next = 0
                if not last_sum:
                    number.next = number + 1
                    index.next = index + next_index
                else:
                    number.next = 0
                    index.next = first_index
                    detail.next = not detail
                    if not detail:
                        level.next = level + 1
                        if deepest:
                            level.next = 0
                            index.next = 0
                            first_segment.next = False
                            busy.next = False
                            loading.next = True

    @always(clk.posedge)
    def follow():
        """What happens to the sum, a clock after its sample and coefficient were read."""
        if reset:
            orders.begins.next = False
            orders.joins.next = False
            orders.grows.next = False
            orders.ends.next = False
        elif advance:
            orders.begins.next = busy and step == 0
            orders.joins.next = busy and step == 0 and carries
            orders.grows.next = busy and step != 0 and inside
            orders.ends.next = busy and last_step

    @always(clk.posedge)
    def remember():
        """What becomes of the sum that is complete with this step, and where it goes."""
        if advance and last_step:
            given.own.next = complete
            given.emits.next = complete and (detail or deepest)
            places.kept_address.next = kept[sample_bits:]
            places.left_address.next = concat(level, detail, left[tail_bits:])
            given.sop.next = detail and level == 0 and number == 0
            given.eop.next = not detail and deepest and closing

    return (
        look, find, connect, walk, follow, remember,
        band_number(clk, advance, last_step, detail, level, given.channel),
        described(table(level, length, plan.by_level(tuple(plan.length >> at for at in range(plan.levels)))), "Samples of a level."),
        described(table(level, half, plan.by_level(plan.halves)), "Words of a band of the level."),
        described(table(level, count, plan.by_level(tuple(sums - 1 for sums in plan.sums))), "The last sum of a filter of the level."),
        described(table(level, base, plan.by_level(plan.bases[:-1])), "Where the samples of a level begin in memory."),
        described(table(level, target, plan.by_level(plan.bases[1:])), "Where the approximations of a level begin in memory."),
    )  # fmt: skip


@inline
def band_number(clk, advance, last_step, detail, level, channel):
    """The channel of the word whose sum is complete next: 0 for the approximation, else the level."""

    @always(clk.posedge)
    def follow():
        """The channel beside the word: 0 for the approximation, else the level."""
        if advance and last_step:
            if detail:
                channel.next = level + 1
            else:
                channel.next = 0

    return follow


@dataclass(frozen=True, eq=False)
class Fate(Group):
    """What becomes of a sum.

    Attributes
    ----------
    keeps, leaves, write_sum : Signal of bool
        It is kept as an approximation, leaves, or is left for the next segment.
    """

    keeps: Any
    leaves: Any
    write_sum: Any


@entity
def hand_over(clk, reset, source, advance, ends, own, emits, fate):
    """What becomes of a sum: a word that leaves, an approximation that is kept, or one that the next segment goes on with.

    Everything waits while a word that is to leave finds the output occupied.
    """
    moves, holds, ready = (flag() for _ in range(3))

    @always_comb
    def decide():
        """Everything moves unless a word that is to leave finds the output occupied."""
        moves.next = source.ready or not holds or not ready or not emits

    @always_comb
    def connect():
        """A sum leaves, is kept as an approximation, or is left for the next segment."""
        advance.next = moves
        source.valid.next = holds
        fate.leaves.next = moves and ready and emits
        fate.keeps.next = moves and ready and own and not emits
        fate.write_sum.next = moves and ready and not own

    @always(clk.posedge)
    def follow():
        """Whether a sum is complete, and whether the output register holds a word."""
        if reset:
            ready.next = False
            holds.next = False
        elif moves:
            ready.next = ends
            if ready and emits:
                holds.next = True
            elif source.ready:
                holds.next = False

    return decide, connect, follow


@dataclass(frozen=True, eq=False)
class SumOrders(Group):
    """What happens to a sum.

    Attributes
    ----------
    begins, joins, grows : Signal of bool
        As in `ProgramOrders`.
    """

    begins: Any
    joins: Any
    grows: Any


@entity
def sum_register(clk, reset, advance, orders, carried, product, total, start):
    """The sum of a word: from half of the last bit kept, or from what the segment before has left."""
    first = signed_signal(len(total), start)
    running = like(total)
    clear, load, grow = flag(), flag(), flag()

    @always_comb
    def decide():
        """One condition each, which become the register's own clear, load and enable."""
        clear.next = reset or (advance and orders.begins and not orders.joins)
        load.next = advance and orders.joins
        grow.next = advance and orders.grows

    @always(clk.posedge)
    def store():
        """The sum of a word, while its products come in."""
        if clear:
            running.next = first
        elif load:
            running.next = carried
        elif grow:
            running.next = running + product

    return decide, store, wire(running, total)


@entity
def band_register(clk, leaves, channel, sop, eop, source_channel, source_startofpacket, source_endofpacket):
    """Band and marks of the word that leaves."""

    @always(clk.posedge)
    def store():
        """The output register of what stands beside the word."""
        if leaves:
            source_channel.next = channel
            source_startofpacket.next = sop
            source_endofpacket.next = eop

    return store
