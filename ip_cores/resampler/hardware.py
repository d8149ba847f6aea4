"""Hardware of the resampler: the last samples, the low-pass, one multiplier, and the mean of two sums."""

from __future__ import annotations

from myhdl import always, always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, bit_signal, flag, magnitude_signal, multiply, register, signed_signal
from ip_cores.blocks.memory import NewestSamples, coefficient_memory, sample_memory
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.hierarchy import Constant, described, entity
from ip_cores.resampler.control import ResamplerOrders, ResamplerReads, resampler_control, time_steps


@entity
def resampler(clk, reset, sink, source, plan, step=None):
    """Polyphase resampler: a low-pass in continuous time, read wherever a word is wanted."""
    law = plan.law
    orders = ResamplerOrders(*(flag() for _ in range(5)))
    place, newest, next_address, read_address = (address_signal(plan.address_bits) for _ in range(4))
    entering, sample = (signed_signal(law.sink.word_length, fraction_length=law.sink.fraction_length) for _ in range(2))
    written, reads, due = NewestSamples(flag(), next_address, entering, newest), ResamplerReads(place, flag()), flag()
    coefficient = signed_signal(law.coefficient.word_length, fraction_length=law.coefficient.fraction_length)
    phase, weight = address_signal(law.phase_bits), magnitude_signal(law.weight_bits, fraction_length=law.weight_bits)
    point = law.sink.fraction_length + law.coefficient.fraction_length
    former, latter = (signed_signal(plan.sums, fraction_length=point) for _ in range(2))
    total = signed_signal(plan.total_bits, fraction_length=law.fraction_length)
    row = address_signal(plan.place_bits - 1)
    return (
        resampler_control(clk, reset, sink.flow("data"), source.flow(), orders, written, reads, due, plan),
        time_steps(clk, reset, orders.take, orders.give, step, due, phase, weight, plan),
        resampler_addresses(newest, reads, phase, read_address, row, plan),
        described(sample_memory(clk, None, written.write, next_address, entering, read_address, sample, True), "The last samples."),
        described(
            coefficient_memory(clk, None, row, coefficient, plan.rows), "The later half of the low-pass; the earlier is its mirror image."
        ),
        two_sums(clk, orders.add, orders.fresh, sample, coefficient, former, latter, plan),
        weighted_mean(clk, orders.add, orders.blend, weight, former, latter, total, plan),
        resampled_word(clk, orders.give, total, source.data, plan),
    )  # fmt: skip


@entity
def resampler_addresses(newest, reads, phase, read_address, row, plan):
    """Where a sample stands, and the coefficient that it meets: as far from the middle of the low-pass on one side as on the other."""
    bits = plan.place_bits
    middle = Constant(plan.law.taps // 2, "taps behind the newest one")
    before, place = address_signal(bits), address_signal(bits)
    one = address_signal(2)
    rest = address_signal(bits - 1)

    @always_comb
    def go_back():
        """Older samples are at smaller addresses."""
        read_address.next = newest - middle - reads.tap

    @always_comb
    def join():
        """The place of the phase before, counted from the middle, and by how much the one that is read lies behind it."""
        before.next = concat(reads.tap, phase)
        one.next = 0
        if reads.behind:
            one.next = 1

    @always_comb
    def step_on():
        place.next = before + one

    @always_comb
    def cut():
        rest.next = place[bits - 1 :]

    @always_comb
    def mirror():
        """Rows lie half a place beside the middle: inverted, a negative place is as far on the other side."""
        if place[bits - 1]:
            row.next = ~rest
        else:
            row.next = rest

    return go_back, join, step_on, cut, mirror


@entity
def two_sums(clk, add, fresh, sample, coefficient, former, latter, plan):
    """The multiplier, and the sum of its products; the one before is kept when the next begins."""
    product, kept = (signed_signal(len(sample) + len(coefficient), is_number=False) for _ in range(2))
    running = signed_signal(len(latter), is_number=False)

    @always(clk.posedge)
    def accumulate():
        """former = latter, latter = product with the first one of a sum; latter = latter + product with all others."""
        if add:
            if fresh:
                running.next = kept
                former.next = running
            else:
                running.next = running + kept

    @always_comb
    def show():
        latter.next = running

    product_register = described(register(clk, None, product, kept), "Registers behind the multiplier.")
    return multiply(sample, coefficient, product), product_register, accumulate, show


@entity
def weighted_mean(clk, add, blend, weight, former, latter, total, plan):
    """former + (latter - former) weight, exactly: the mean of what there is and of either sum, bit by bit of the weight, the lowest first.

    The bits of the weight leave at one end as those of the result that are below its last come in at the other.
    """
    bits, count = len(former), plan.law.weight_bits
    mean, chosen = signed_signal(bits, is_number=False), signed_signal(bits, is_number=False)
    grown = signed_signal(bits + 1, is_number=False)
    rest = bit_signal(count)

    @always_comb
    def choose():
        """A bit of the weight stands for the latter sum where it is set."""
        if rest[0]:
            chosen.next = latter
        else:
            chosen.next = former

    @always_comb
    def sum_up():
        grown.next = mean + chosen

    @always(clk.posedge)
    def halve():
        """Begins with the former sum, which is complete as the other is added up."""
        if blend:
            mean.next = grown[bits + 1 : 1].signed()
            rest.next = concat(grown[0], rest[count:1])
        elif add:
            mean.next = former
            rest.next = weight

    @always_comb
    def join():
        total.next = concat(mean[bits:], rest).signed()

    return choose, sum_up, halve, join


@entity
def resampled_word(clk, give, total, source_data, plan):
    """The mean, rounded and limited to the output's format."""
    source = plan.law.source
    result = signed_signal(source.word_length, fraction_length=source.fraction_length)

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            source_data.next = result

    return output_rounding(total, result, plan.conversion), store
