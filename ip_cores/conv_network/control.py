"""Network: what happens in which clock. Hops come and go while frames are computed, an instruction for each layer."""

from __future__ import annotations

from myhdl import Signal, always, always_comb, concat, enum

from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, like
from ip_cores.conv_network.plan import DRAIN, FLAGS
from ip_cores.hierarchy import Constant, entity, inline


@entity
def hop_exchange(clk, reset, sink, source, exchange, hop):
    """Takes samples, a hop ahead of the frame that is computed, and gives the words of the frame before.

    The memory of samples holds four hops: the two of the window, the one that comes, and a spare one.
    """
    last = Constant(hop - 1, "of a hop")
    bits = len(exchange.word_at)
    back = Constant(2 * hop, "samples of a window")
    newest, oldest = address_signal(bits + 2), address_signal(bits + 2)
    full, gives, shows = flag(), flag(), flag()
    takes, completes = flag(), flag()
    given = address_signal(bits)

    @always_comb
    def decide():
        """A hop that is complete waits until its frame begins; no further sample is taken."""
        takes.next = sink.valid and not full
        completes.next = newest[bits:] == last

    @always(clk.posedge)
    def take():
        """Samples are stored one after the other."""
        if reset:
            newest.next = 0
            full.next = False
        elif takes:
            newest.next = newest + 1
            full.next = completes
        elif exchange.frame_begins:
            full.next = False

    @always(clk.posedge)
    def begin():
        """The window begins two hops before its end."""
        if exchange.frame_begins:
            oldest.next = newest - back

    @always(clk.posedge)
    def give():
        """A word is read in one clock and shown from the next one on until it is taken."""
        if reset:
            gives.next = False
            shows.next = False
            given.next = 0
        elif exchange.frame_ends:
            gives.next = True
        elif shows:
            if source.ready:
                shows.next = False
                given.next = given + 1
                gives.next = given != last
        else:
            shows.next = gives

    @always_comb
    def connect():
        sink.ready.next = not full
        source.valid.next = shows
        exchange.hop_waits.next = full
        exchange.giving.next = gives
        exchange.store.next = takes
        exchange.sample_at.next = newest
        exchange.window.next = oldest
        exchange.word_at.next = given

    return decide, take, begin, give, connect


@inline
def read_flags(first, operation):
    """What kind of a layer it is."""
    by_channel, from_samples, from_rings, by_masks, adds_line, decodes = range(len(FLAGS))

    @always_comb
    def part():
        operation.by_channel.next = first[by_channel]
        operation.from_samples.next = first[from_samples]
        operation.from_rings.next = first[from_rings]
        operation.by_masks.next = first[by_masks]
        operation.adds_line.next = first[adds_line]
        operation.decodes.next = first[decodes]

    return part


@inline
def number_in(word, number, end, begin):
    """A number of an instruction."""
    if number.min < 0:

        @always_comb
        def cut():
            number.next = word[end:begin].signed()

    else:

        @always_comb
        def cut():
            number.next = word[end:begin]

    return cut


@entity
def network_sequence(clk, reset, exchange, operation, progress, plan):
    """Walks through the instructions of a frame, through the groups of each and through the products of each group.

    Behind the last product of a group its sums are finished, one after the other; the products of the next group begin as soon as the
    first multiplier has done its part of that.
    """
    states = enum("IDLE", "FETCH", "DECODE", "RUN", "REST")
    state = Signal(states.IDLE)
    rest_above, last_rest = plan.rest - 1, Constant(plan.rest - 1, "clock of a rest")
    number = like(progress.instruction_at)
    product, group_number = like(operation.taps), like(operation.groups)
    resting = bit_signal(plan.rest)
    running, loading, last_product, last_group, group_ends, rest_ends, instruction_ends, decoded, over = (flag() for _ in range(9))

    @always(clk.posedge)
    def move():
        """FETCH: the instruction is read. DECODE: it is known; the decoder waits until the hop before is given. REST: sums are finished."""
        if reset:
            state.next = states.IDLE
        elif state == states.IDLE:
            if exchange.hop_waits:
                state.next = states.FETCH
        elif state == states.FETCH:
            state.next = states.DECODE
        elif state == states.DECODE:
            if not (operation.decodes and exchange.giving):
                state.next = states.RUN
        elif state == states.RUN:
            if group_ends:
                state.next = states.REST
        elif over:
            state.next = states.IDLE
        elif instruction_ends:
            state.next = states.FETCH
        elif rest_ends and not last_group:
            state.next = states.RUN

    @always_comb
    def look():
        running.next = state == states.RUN
        loading.next = state == states.DECODE
        last_product.next = product == operation.taps
        last_group.next = group_number == operation.groups
        rest_ends.next = resting[last_rest]

    @always_comb
    def judge():
        instruction_ends.next = rest_ends and last_group and not operation.decodes

    @always(clk.posedge)
    def finish():
        """The frame is over when the last sum of the decoder has been written."""
        if reset:
            decoded.next = False
            over.next = False
        else:
            decoded.next = rest_ends and last_group and operation.decodes
            over.next = decoded

    @always(clk.posedge)
    def count_taps():
        """The product of a sum."""
        if loading:
            product.next = 0
        elif running:
            if last_product:
                product.next = 0
            else:
                product.next = product + 1

    @always(clk.posedge)
    def count_groups():
        """The group of an instruction."""
        if loading:
            group_number.next = 0
        elif rest_ends and not last_group:
            group_number.next = group_number + 1

    @always(clk.posedge)
    def follow_rest():
        """The clocks behind the last product of a group."""
        if reset:
            resting.next = 0
        else:
            resting.next = concat(resting[rest_above:], group_ends)

    @always(clk.posedge)
    def count_instructions():
        """The instruction of a frame."""
        if reset or over:
            number.next = 0
        elif instruction_ends:
            number.next = number + 1

    @always_comb
    def show():
        exchange.frame_begins.next = state == states.IDLE and exchange.hop_waits
        exchange.frame_ends.next = over
        progress.loads.next = loading
        progress.runs.next = running
        progress.tap.next = product
        progress.last_tap.next = last_product
        progress.rests.next = resting
        progress.instruction_at.next = number

    return (
        move, look, judge, finish, count_taps, count_groups, follow_rest, count_instructions, show,
        channel_lane(clk, loading, running, last_product, operation.by_channel, progress.lane, group_ends, plan.multipliers),
    )  # fmt: skip


@inline
def channel_lane(clk, loads, runs, last_tap, by_channel, lane, group_ends, count):
    """A bit for each multiplier: whose sum is formed, where channels have inputs of their own; and with which product a group ends."""
    if count == 1:

        @always_comb
        def only():
            """One multiplier, one sum."""
            group_ends.next = runs and last_tap

        return only
    above = count - 1
    turning = bit_signal(count)

    @always(clk.posedge)
    def turn():
        """From one channel to the next."""
        if loads:
            turning.next = 1
        elif runs and last_tap and by_channel:
            turning.next = concat(turning[above:], turning[above])

    @always_comb
    def connect():
        lane.next = turning
        group_ends.next = runs and last_tap and (turning[above] or not by_channel)

    return turn, connect


@entity
def frame_age(clk, reset, ends, age):
    """Counts frames; from a full turn of the longest ring on all words in the rings are of frames there were."""
    bits = len(age.frame)
    number, all_there = address_signal(bits), flag()
    last = Constant((1 << bits) - 1, "in the longest ring")

    @always(clk.posedge)
    def count():
        """Frames since the reset."""
        if reset:
            number.next = 0
            all_there.next = False
        elif ends:
            number.next = number + 1
            if number == last:
                all_there.next = True

    @always_comb
    def show():
        age.frame.next = number
        age.first_frame.next = number == 0 and not all_there
        age.all_frames.next = all_there

    return count, show


@entity
def product_orders(clk, reset, operation, progress, age, products, plan):
    """What becomes of the words that are read: they arrive a clock later, and their products are added up another clock later."""
    count, hop = plan.multipliers, Constant(plan.hop, "samples of a window were there before its frame")
    first_tap, oldest_there, older_there, missing, counts = (flag() for _ in range(5))
    counted, lanes_then, lanes_now = (bit_signal(count) for _ in range(3))
    begins_then, begins_now = flag(), flag()
    sample_then, older_then, blank_then, masks_then, keep_then = (flag() for _ in range(5))

    @always_comb
    def judge():
        """Whether there have been as many frames as the taps lie back."""
        first_tap.next = progress.tap == 0
        oldest_there.next = age.all_frames or age.frame >= operation.span
        older_there.next = age.all_frames or age.frame >= operation.span[:1]

    @always_comb
    def miss():
        """What is from before the first frame is zero, whatever the memories hold."""
        missing.next = False
        if operation.from_samples:
            missing.next = age.first_frame and progress.tap < hop
        elif operation.from_rings and not progress.last_tap:
            if first_tap:
                missing.next = not oldest_there
            else:
                missing.next = not older_there

    @always_comb
    def decide():
        """Where weights are masks_then the first word of a channel is the logit, and no factor."""
        counts.next = progress.runs and not (operation.by_masks and first_tap) and not reset

    @always(clk.posedge)
    def read():
        """The words that were asked for are there."""
        sample_then.next = operation.from_samples
        older_then.next = operation.from_rings and not progress.last_tap
        blank_then.next = missing
        masks_then.next = operation.by_masks
        keep_then.next = progress.runs and operation.from_rings and progress.last_tap
        begins_then.next = first_tap or operation.by_masks
        lanes_then.next = counted

    @always(clk.posedge)
    def multiply():
        """Their products are."""
        begins_now.next = begins_then
        lanes_now.next = lanes_then

    @always_comb
    def show():
        products.takes_sample.next = sample_then
        products.takes_older.next = older_then
        products.takes_none.next = blank_then
        products.takes_mask.next = masks_then
        products.keeps.next = keep_then
        products.first_product.next = begins_now
        products.lanes.next = lanes_now

    return judge, miss, decide, read, multiply, show, lanes_of(counts, operation.by_channel, progress.lane, counted, count)


@inline
def lanes_of(counts, by_channel, lane, lanes, count):
    """Which sums a product counts for."""
    if count == 1:

        @always_comb
        def only():
            """The one there is."""
            lanes.next = 0
            if counts:
                lanes.next = 1

        return only
    every = Constant((1 << count) - 1, "all of them")

    @always_comb
    def choose():
        """All of them, or that of the channel."""
        lanes.next = 0
        if counts:
            lanes.next = every
            if by_channel:
                lanes.next = lane

    return choose


@entity
def finishing_orders(clk, reset, operation, rests, age, in_newer_half, finishing, plan):
    """Behind a group each of its sums in turn is shifted, added to, multiplied by its slope, and written."""
    end, begin = DRAIN - 1 + plan.multipliers, DRAIN - 1
    chosen = bit_signal(plan.multipliers)
    adds, sloping, writes, writes_sample, line, overlap, newer_then, newer_now = (flag() for _ in range(8))

    @always_comb
    def choose():
        """The sums are complete so many clocks behind the last product."""
        chosen.next = rests[end:begin]

    @always(clk.posedge)
    def walk():
        """What is done with a sum, clock by clock."""
        line.next = operation.adds_line
        overlap.next = operation.decodes and not age.first_frame and not in_newer_half
        newer_then.next = in_newer_half
        newer_now.next = newer_then
        if reset:
            adds.next = False
            sloping.next = False
            writes.next = False
            writes_sample.next = False
        else:
            adds.next = chosen != 0
            sloping.next = adds
            writes.next = sloping and not operation.decodes
            writes_sample.next = sloping and operation.decodes

    @always_comb
    def show():
        finishing.chosen_sum.next = chosen
        finishing.line_added.next = line
        finishing.overlap_added.next = overlap
        finishing.newer_half.next = newer_now
        finishing.slopes_sum.next = sloping
        finishing.writes_word.next = writes
        finishing.writes_sum.next = writes_sample

    return choose, walk, show
