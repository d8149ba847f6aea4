"""Control of the wavelet analysis by segments: what is computed when, from where, and where it goes."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, like, signed_signal, wire
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import entity, inline


@entity
def segment_program(
    clk, reset, sink_valid, sink_ready, advance, takes, begins, joins, grows, ends,
    place, read_sample, read_sum, fill_address, kept_address, left_address, own, emits, channel, sop, eop, plan,
):  # fmt: skip
    """Takes a segment, then forms word after word: level by level, details first, sums that stay unfinished at the end of each.

    Step 0 of a word begins its sum, steps 1 to L read its samples, the oldest first. What does not lie in the segment counts as zero.
    """
    bits, taps, tail = plan.index_bits, plan.taps, plan.tail
    last_sample, last_level = plan.length - 1, plan.levels - 1
    sample_bits, tail_bits, before_half = plan.sample_bits, plan.tail_bits, 2**bits - 1
    first_index, next_index = (2 - taps) % 2**bits, (3 - taps) % 2**bits
    loading, busy, first_segment, detail = (flag() for _ in range(4))
    taking, inside, last_step, last_sum, deepest, complete, carries, closing = (flag() for _ in range(8))
    step, level = counter_signal(taps + 1), address_signal(plan.level_bits)
    index, number, length, half, count = (address_signal(bits) for _ in range(5))
    base, target, whole, kept, left = (address_signal(bits) for _ in range(5))

    @always_comb
    def look():
        taking.next = sink_valid and loading and advance
        inside.next = index < length
        last_step.next = step == taps
        last_sum.next = number == count
        deepest.next = level == last_level
        complete.next = number < half
        carries.next = number < tail and not first_segment
        closing.next = left == before_half

    @always_comb
    def find():
        whole.next = base + index
        kept.next = target + number
        left.next = number - half

    @always_comb
    def connect():
        sink_ready.next = loading and advance
        takes.next = taking
        place.next = concat(detail, step)
        read_sample.next = whole[sample_bits:]
        fill_address.next = index[sample_bits:]
        read_sum.next = concat(level, detail, number[tail_bits:])

    @always(clk.posedge)
    def walk():
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
        if reset:
            begins.next = False
            joins.next = False
            grows.next = False
            ends.next = False
        elif advance:
            begins.next = busy and step == 0
            joins.next = busy and step == 0 and carries
            grows.next = busy and step != 0 and inside
            ends.next = busy and last_step

    @always(clk.posedge)
    def remember():
        if advance and last_step:
            own.next = complete
            emits.next = complete and (detail or deepest)
            kept_address.next = kept[sample_bits:]
            left_address.next = concat(level, detail, left[tail_bits:])
            sop.next = detail and level == 0 and number == 0
            eop.next = not detail and deepest and closing

    return (
        look, find, connect, walk, follow, remember,
        band_number(clk, advance, last_step, detail, level, channel),
        table(level, length, plan.by_level(tuple(plan.length >> at for at in range(plan.levels)))),
        table(level, half, plan.by_level(plan.halves)),
        table(level, count, plan.by_level(tuple(sums - 1 for sums in plan.sums))),
        table(level, base, plan.by_level(plan.bases[:-1])),
        table(level, target, plan.by_level(plan.bases[1:])),
    )  # fmt: skip


@inline
def band_number(clk, advance, last_step, detail, level, channel):
    """The channel of the word whose sum is complete next: 0 for the approximation, else the level."""

    @always(clk.posedge)
    def follow():
        if advance and last_step:
            if detail:
                channel.next = level + 1
            else:
                channel.next = 0

    return follow


@entity
def hand_over(clk, reset, source_valid, source_ready, advance, ends, own, emits, keeps, leaves, write_sum):
    """What becomes of a sum: a word that leaves, an approximation that is kept, or one that the next segment goes on with.

    Everything waits while a word that is to leave finds the output occupied.
    """
    moves, holds, ready = (flag() for _ in range(3))

    @always_comb
    def decide():
        moves.next = source_ready or not holds or not ready or not emits

    @always_comb
    def connect():
        advance.next = moves
        source_valid.next = holds
        leaves.next = moves and ready and emits
        keeps.next = moves and ready and own and not emits
        write_sum.next = moves and ready and not own

    @always(clk.posedge)
    def follow():
        if reset:
            ready.next = False
            holds.next = False
        elif moves:
            ready.next = ends
            if ready and emits:
                holds.next = True
            elif source_ready:
                holds.next = False

    return decide, connect, follow


@entity
def sum_register(clk, reset, advance, begins, joins, grows, carried, product, total, start):
    """The sum of a word: from half of the last bit kept, or from what the segment before has left."""
    first = signed_signal(len(total), start)
    running = like(total)
    clear, load, grow = flag(), flag(), flag()

    @always_comb
    def decide():
        clear.next = reset or (advance and begins and not joins)
        load.next = advance and joins
        grow.next = advance and grows

    @always(clk.posedge)
    def store():
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
        if leaves:
            source_channel.next = channel
            source_startofpacket.next = sop
            source_endofpacket.next = eop

    return store
