"""Network: where words, frames and weights lie in the memories, clock by clock."""

from __future__ import annotations

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, like
from ip_cores.conv_network.plan import DRAIN
from ip_cores.hierarchy import entity


@entity
def scratch_places(clk, operation, progress, finishing, places, in_newer_half, plan):
    """Addresses in the scratch memory: of words that are multiplied, of those beside_at them, of those that are written."""
    at, beside_at, write_at = (address_signal(plan.write_bits) for _ in range(3))
    bits, top = plan.scratch_bits, plan.hop_bits
    reads_beside, steps_beside = flag(), flag()

    @always_comb
    def decide():
        """Features stand beside_at the logits of their masks."""
        reads_beside.next = (operation.by_masks and progress.tap != 0) or not progress.runs
        steps_beside.next = finishing.chosen_sum != 0
        if operation.by_masks:
            steps_beside.next = progress.runs and progress.last_tap

    @always(clk.posedge)
    def read():
        """Inputs are read again for every group, or one behind the other for a channel each."""
        if progress.loads:
            at.next = operation.source
        elif progress.runs:
            if operation.by_channel:
                if progress.last_tap:
                    at.next = at + 1
            elif progress.last_tap:
                at.next = operation.source
            else:
                at.next = at + 1

    @always(clk.posedge)
    def read_beside():
        """Once for every output."""
        if progress.loads:
            beside_at.next = operation.beside
        elif steps_beside:
            beside_at.next = beside_at + 1

    @always(clk.posedge)
    def put():
        """What is written has a word for every output."""
        if progress.loads:
            write_at.next = operation.destination
        elif finishing.writes_word or finishing.writes_sum:
            write_at.next = write_at + 1

    @always_comb
    def choose():
        """One of the two is read."""
        places.read_at.next = at[bits:]
        if reads_beside:
            places.read_at.next = beside_at[bits:]

    @always_comb
    def show():
        places.sum_number.next = beside_at
        places.written_at.next = write_at
        in_newer_half.next = beside_at[top]

    return decide, read, read_beside, put, choose, show


@entity
def ring_places(clk, operation, progress, age, read_address, write_address, plan):
    """Addresses in the rings: the word of this frame's place is two dilations old; that of one dilation stands across the ring."""
    bits, width = plan.frame_bits, plan.ring_bits
    channel, here, across, written = (address_signal(width) for _ in range(4))
    turned, crossed, within = (bit_signal(bits) for _ in range(3))
    place, place_across = bit_signal(width), bit_signal(width)

    @always_comb
    def mask():
        within.next = operation.span[bits:] - 1

    @always_comb
    def turn():
        """As many bits of the frame's number as the ring has places for."""
        turned.next = age.frame & within

    @always_comb
    def cross():
        crossed.next = turned ^ operation.span[:1]

    @always_comb
    def widen():
        place.next = turned
        place_across.next = crossed

    @always_comb
    def join():
        """Rings begin at multiples of their length."""
        here.next = channel | place
        across.next = channel | place_across

    @always(clk.posedge)
    def step():
        """From one channel's ring to the next."""
        if progress.loads:
            channel.next = operation.ring
        elif progress.runs and progress.last_tap:
            channel.next = channel + operation.span

    @always(clk.posedge)
    def keep():
        """The word of this frame goes where the oldest one was."""
        written.next = here

    @always_comb
    def choose():
        """The oldest word for the first tap, that across the ring for the second."""
        write_address.next = written
        read_address.next = across
        if progress.tap == 0:
            read_address.next = here

    return mask, turn, cross, widen, join, step, keep, choose


@entity
def table_places(clk, reset, ends, operation, progress, weight_at, offset_at, plan):
    """Weights and offsets are read one after the other, from the begin of a frame to its end."""
    weight, offset = like(weight_at), like(offset_at)
    end, begin = DRAIN - 2 + plan.multipliers, DRAIN - 2
    sums = bit_signal(plan.multipliers)

    @always_comb
    def look():
        """A clock before a sum is shifted its row has been read."""
        sums.next = progress.rests[end:begin]

    @always(clk.posedge)
    def count():
        """A row of weights for every product, a row of offsets for every sum."""
        if reset or ends:
            weight.next = 0
            offset.next = 0
        else:
            if progress.runs and not operation.by_masks:
                weight.next = weight + 1
            if sums != 0:
                offset.next = offset + 1

    @always_comb
    def show():
        weight_at.next = weight
        offset_at.next = offset

    return look, count, show


@entity
def sample_place(exchange, progress, place):
    """Where a sample of the window stands."""

    @always_comb
    def add():
        place.next = exchange.window + progress.tap

    return add
