"""Hardware of the frequency shifter: samples in a memory, one multiplier for filters and rotation, an oscillator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import Signal, always, always_comb, intbv

from fixed_point.frequency_shifter import ANGLE_BITS, COEFFICIENT, GUARD, PHASE_BITS, QUARTER, SINE, SINES
from ip_cores.blocks.arithmetic import address_signal, counter_signal, flag, magnitude_signal, multiply, signed_signal
from ip_cores.blocks.memory import NewestSamples, coefficient_memory, sample_memory
from ip_cores.blocks.requantizer import requantizer
from ip_cores.hierarchy import Constant, Group, Rows, described, entity, inline


@dataclass(frozen=True, eq=False)
class ShiftOrders(Group):
    """What happens in a clock.

    Attributes
    ----------
    take : Signal of bool
        A sample is taken.
    step, next_step : Signal
        Which product's sample is read, and which one's in the next clock.
    multiply : Signal of bool
        A product is added to the sum.
    first : Signal of bool
        It is the first of a sum; the result of the one before is kept.
    turn : Signal of bool
        It is one of the rotation.
    give : Signal of bool
        The last sum leaves.
    """

    take: Any
    step: Any
    next_step: Any
    multiply: Any
    first: Any
    turn: Any
    give: Any


@dataclass(frozen=True, eq=False)
class Factors(Group):
    """What may be multiplied: a sample by a coefficient, or a filter's result by a sine.

    Attributes
    ----------
    sample, coefficient, wave : Signal
    """

    sample: Any
    coefficient: Any
    wave: Any


@entity
def frequency_shifter(clk, reset, sink, source, increment, plan):
    """Frequency shifter: a signal and its Hilbert transform, rotated by an oscillator; all products through one multiplier."""
    law = plan.law
    step, next_step = counter_signal(plan.steps), counter_signal(plan.steps)
    orders = ShiftOrders(flag(), step, next_step, flag(), flag(), flag(), flag())
    address = [address_signal(plan.address_bits) for _ in range(3)]
    samples = NewestSamples(flag(), address[0], signed_signal(law.sink.word_length, fraction_length=law.sink.fraction_length), address[1])
    sample = signed_signal(law.sink.word_length, fraction_length=law.sink.fraction_length)
    coefficient, wave = (signed_signal(COEFFICIENT.word_length, fraction_length=COEFFICIENT.fraction_length) for _ in range(2))
    total = signed_signal(plan.total_bits, fraction_length=law.total_fraction)
    read_address = address[2]
    return (
        shifter_control(clk, reset, sink.flow("data"), source.flow(), orders, samples, plan),
        described(
            sample_memory(clk, None, samples.write, samples.write_address, samples.write_data, read_address, sample, settled=True),
            "The samples, as many as the filters reach back.",
        ),
        sample_address(clk, next_step, samples.newest, read_address, plan),
        described(coefficient_memory(clk, None, step, coefficient, plan.coefficients), "The coefficient of each step."),
        oscillator(clk, reset, orders.take, increment, next_step, wave, plan.turn_step),
        products(clk, orders, Factors(sample, coefficient, wave), total, plan),
        output_word(clk, orders.give, total, source.data, plan),
    )  # fmt: skip


@entity
def shifter_control(clk, reset, sink, source, orders, samples, plan):
    """Takes a sample, walks through its products, hands the last sum over.

    The memory cannot be reset at once, so after a reset it is filled with zeros, one word a clock, before the first sample is taken.
    """
    takes, gives, clearing, busy, running, last, finishing, waits, holds = (flag() for _ in range(9))
    latest, next_address = address_signal(plan.address_bits), address_signal(plan.address_bits)
    counter, coming = counter_signal(plan.steps), counter_signal(plan.steps)
    last_step = Constant(plan.steps - 1, "of a sample, one for each product")
    quadrature_step = Constant(plan.quadrature_step, "with which the second filter begins")
    turn_step = Constant(plan.turn_step, "with which the rotation begins")
    last_turn = Constant(plan.turn_step + 1, "the other one of the rotation")

    @always_comb
    def decide():
        """One sample at a time: no other is taken until the result has been handed over."""
        takes.next = sink.valid and not busy
        gives.next = waits and (source.ready or not holds)
        last.next = running and counter == last_step

    @always_comb
    def look_ahead():
        """The step to come; between samples it is the first."""
        coming.next = 0
        if running and not last:
            coming.next = counter + 1

    @always_comb
    def follow_newest():
        next_address.next = latest + 1

    @always_comb
    def blank():
        """After a reset the memory is filled with zeros."""
        if clearing:
            samples.write_data.next = 0
        else:
            samples.write_data.next = sink.data

    @always(clk.posedge)
    def walk():
        """One step for each product of a sample."""
        if reset:
            clearing.next = True
            busy.next = True
            running.next = False
            latest.next = 0
            counter.next = 0
        else:
            counter.next = coming
            if takes or clearing:
                latest.next = next_address
            if clearing:
                if next_address == 0:
                    clearing.next = False
                    busy.next = False
            elif takes:
                busy.next = True
                running.next = True
            elif gives:
                busy.next = False
            elif last:
                running.next = False

    @always(clk.posedge)
    def follow():
        """Marks that travel beside what is read: a product, the first of a sum, one of the rotation, the last of all."""
        if reset:
            orders.multiply.next = False
            orders.first.next = False
            orders.turn.next = False
            finishing.next = False
        else:
            orders.multiply.next = running
            orders.first.next = running and (counter == 0 or counter == quadrature_step or counter == turn_step)  # noqa: SIM109
            orders.turn.next = counter >= turn_step and counter <= last_turn
            finishing.next = last

    @always(clk.posedge)
    def hand_over():
        """The last sum waits for the output register, and a word in that for who takes it."""
        if reset:
            waits.next = False
            holds.next = False
        else:
            waits.next = finishing or (waits and not gives)
            holds.next = gives or (holds and not source.ready)

    @always_comb
    def connect():
        sink.ready.next = not busy
        source.valid.next = holds
        orders.take.next = takes
        orders.step.next = counter
        orders.next_step.next = coming
        orders.give.next = gives
        samples.write.next = takes or clearing
        samples.write_address.next = next_address
        samples.newest.next = latest

    return decide, look_ahead, follow_newest, blank, walk, follow, hand_over, connect


@inline
def sample_address(clk, next_step, newest, address, plan):
    """Where the sample of a step stands: so many samples before the newest."""
    age = address_signal(plan.address_bits)

    @always_comb
    def go_back():
        address.next = newest - age

    return described(coefficient_memory(clk, None, next_step, age, plan.ages), "Age of the sample of each step."), go_back


@entity
def oscillator(clk, reset, take, increment, next_step, wave, turn_step):
    """A phase that goes on with each sample, and its cosine and negative sine from a quarter of a turn.

    The table is read in the clock before a step, so that the sign has a clock of its own.
    """
    turn_step = Constant(turn_step, "that needs the cosine")
    quarter_bits, dropped = ANGLE_BITS - 2, PHASE_BITS - ANGLE_BITS
    phase, angle = (Signal(address_signal(bits).val) for bits in (PHASE_BITS, ANGLE_BITS))
    carry = Signal(intbv(0)[1:])
    quarter = address_signal(2)
    place, mirrored, row = (address_signal(quarter_bits) for _ in range(3))
    negative = flag()
    size = magnitude_signal(SINE.word_length, fraction_length=SINE.fraction_length)
    wide, nothing = signed_signal(COEFFICIENT.word_length), signed_signal(COEFFICIENT.word_length, 0)
    raised = COEFFICIENT.fraction_length - SINE.fraction_length

    @always(clk.posedge)
    def go_on():
        """The phase of the sample that is taken; without a shift it is 0, so that the sample passes as it is."""
        if reset:
            phase.next = 0
        elif take:
            if increment == 0:
                phase.next = 0
            else:
                phase.next = phase + increment

    @always_comb
    def look():
        carry.next = phase[dropped : dropped - 1]

    @always_comb
    def round_phase():
        """To the nearest angle in the table."""
        angle.next = phase[PHASE_BITS:dropped] + carry

    @always_comb
    def part():
        """A quarter of a turn further for the cosine, half of one for the negative sine."""
        place.next = angle[quarter_bits:]
        if next_step == turn_step:
            quarter.next = angle[ANGLE_BITS:quarter_bits] + 1
        else:
            quarter.next = angle[ANGLE_BITS:quarter_bits] + 2

    @always_comb
    def mirror():
        mirrored.next = 0 - place

    @always_comb
    def choose():
        """Every second quarter runs backwards; the word of its peak is that of the place beside it."""
        if not quarter[0]:
            row.next = place
        elif place == 0:
            row.next = QUARTER - 1
        else:
            row.next = mirrored

    @always(clk.posedge)
    def keep_sign():
        """Beside what is read: half of a turn is negative."""
        negative.next = quarter[1]

    @always_comb
    def widen():
        wide.next = size << raised

    @always(clk.posedge)
    def give_sign():
        """What is multiplied in the next clock."""
        if negative:
            wave.next = nothing - wide
        else:
            wave.next = wide

    remarks = [f"sin({360 * k / (4 * QUARTER):.3f} degrees)" for k in range(QUARTER)]
    return (
        go_on, look, round_phase, part, mirror, choose, keep_sign, widen, give_sign,
        described(coefficient_memory(clk, None, row, size, Rows(SINES, remarks)), "A quarter of a turn of the sine."),
    )  # fmt: skip


@entity
def products(clk, orders, factors, total, plan):
    """The multiplier and its sum: first both filters, then i cos - q sin and what is added unshifted.

    Each sum starts from half of the last bit that is kept of it.
    """
    law = plan.law
    bits, low = plan.component_bits, COEFFICIENT.fraction_length
    high = low + bits
    filtered, raised, word = (signed_signal(bits, fraction_length=law.component_fraction) for _ in range(3))
    factor = signed_signal(COEFFICIENT.word_length, fraction_length=COEFFICIENT.fraction_length)
    product = signed_signal(bits + COEFFICIENT.word_length, fraction_length=law.total_fraction)
    start = signed_signal(plan.total_bits, fraction_length=law.total_fraction)
    running = signed_signal(plan.total_bits, fraction_length=law.total_fraction)
    component_half = signed_signal(plan.total_bits, plan.component_half, fraction_length=law.total_fraction)
    source_half = signed_signal(plan.total_bits, plan.source_half, fraction_length=law.total_fraction)
    sample, coefficient, wave = factors.sample, factors.coefficient, factors.wave

    @always_comb
    def raise_sample():
        raised.next = sample << GUARD

    @always_comb
    def choose():
        """What is multiplied: a sample by its coefficient, or the result of a filter by the oscillator's."""
        if orders.turn:
            word.next = filtered
            factor.next = wave
        else:
            word.next = raised
            factor.next = coefficient

    @always_comb
    def begin_from():
        if orders.turn:
            start.next = source_half
        else:
            start.next = component_half

    @always(clk.posedge)
    def accumulate():
        """The sum; as the next one begins, what a filter gave is kept."""
        if orders.first:
            running.next = start + product
            filtered.next = running[high:low].signed()
        elif orders.multiply:
            running.next = running + product

    @always_comb
    def show():
        total.next = running

    return raise_sample, choose, multiply(word, factor, product), begin_from, accumulate, show


@entity
def output_word(clk, give, total, source_data, plan):
    """The last sum, rounded and limited to the output's format."""
    source = plan.law.source
    result = signed_signal(source.word_length, fraction_length=source.fraction_length)

    @always(clk.posedge)
    def store():
        """The output register: a word stays in it until it is taken."""
        if give:
            source_data.next = result

    return requantizer(total, result, plan.conversion), store
