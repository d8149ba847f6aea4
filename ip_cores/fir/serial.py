"""Serial form: few multipliers, samples in memories, coefficients in tables, one sum that grows product by product."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from myhdl import always, always_comb

from fixed_point import Rounding
from ip_cores.arithmetic import (
    Conversion,
    Interval,
    add,
    address_signal,
    balanced,
    counter_signal,
    flag,
    like,
    multiply,
    register,
    signed_signal,
    subtract,
    wire,
    word_signal,
)
from ip_cores.fir.direct import output_rounding
from ip_cores.fir.structure import Structure
from ip_cores.hierarchy import entity, inline
from ip_cores.memory import LOGIC_TABLE_WORDS, coefficient_memory, sample_memory, table


@dataclass(frozen=True)
class SerialPlan:
    """Who multiplies what, when.

    Attributes
    ----------
    structure : Structure
    groups : tuple of tuples
        For each multiplier its products in order; shorter groups are filled with products by zero.
    """

    structure: Structure
    groups: tuple[tuple[tuple[int, int | None, int], ...], ...]

    @classmethod
    def of(cls, structure: Structure) -> SerialPlan:
        products = structure.products
        count = min(structure.multipliers, len(products))
        steps = -(-len(products) // count)
        count = -(-len(products) // steps)
        groups = tuple(products[number * steps : (number + 1) * steps] for number in range(count))
        filled = (group + ((group[-1][0], group[-1][0] if structure.symmetry else None, 0),) * (steps - len(group)) for group in groups)
        return cls(structure, tuple(filled))

    @property
    def steps(self) -> int:
        """Clocks that multiply, for each sample."""
        return len(self.groups[0])

    @property
    def levels(self) -> int:
        """Levels of the tree that adds the multipliers' products."""
        return (len(self.groups) - 1).bit_length()

    @property
    def arithmetic_stages(self) -> int:
        """Registers between the memories and the sum."""
        return 2 + self.levels if self.structure.fast else 0

    @property
    def cycles_per_sample(self) -> int:
        """One clock more than the products take, in which the sum is handed over and cleared."""
        return self.steps + 1

    @property
    def latency(self) -> int:
        """Write, read, products, sum, output."""
        return self.steps + 3 + self.arithmetic_stages

    @property
    def address_bits(self) -> int:
        return max(1, (len(self.structure.taps) - 1).bit_length())

    @property
    def mirrored(self) -> bool:
        """Whether a second sample is read for each product."""
        return any(mirror is not None for group in self.groups for _, mirror, _ in group)

    def lonely(self, number: int) -> tuple[int, ...]:
        """Steps in which a multiplier's product has one sample only although the others have two."""
        return tuple(step for step, (_, mirror, _) in enumerate(self.groups[number]) if mirror is None)

    def offsets(self, number: int, which: int) -> tuple[int, ...]:
        """Age of the sample that a multiplier reads at each step: its tap, or its mirrored tap."""
        return tuple(tap if which == 0 or mirror is None else mirror for tap, mirror, _ in self.groups[number])

    def coefficients(self, number: int) -> tuple[int, ...]:
        return tuple(coefficient for _, _, coefficient in self.groups[number])

    @property
    def in_logic(self) -> bool:
        """Whether the tables of coefficients are small enough to stay out of a memory block."""
        return self.steps <= LOGIC_TABLE_WORDS

    @property
    def coefficient_bits(self) -> int:
        return Interval(min(0, *self.structure.taps), max(0, *self.structure.taps)).bits

    @property
    def preload(self) -> int:
        """What the sum starts from: half of the last bit that is kept, where that is all there is to rounding."""
        conversion = self.structure.conversion
        return 1 << (conversion.dropped - 1) if conversion.rounding == Rounding.NEAREST and conversion.dropped > 0 else 0

    @property
    def conversion(self) -> Conversion:
        """What is left to do at the output."""
        conversion = self.structure.conversion
        if not self.preload:
            return conversion
        interval = Interval(conversion.interval.low, conversion.interval.high + self.preload)
        return conversion._replace(interval=interval, rounding=Rounding.FLOOR)


@entity
def fir_serial(clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready, source_data, structure):
    """FIR filter, serial form: samples in memory, coefficients in tables, multipliers shared over the taps."""
    plan = SerialPlan.of(structure)
    bits, values = plan.address_bits, structure.sample
    count = len(plan.groups)
    advance, write, accumulate, load = (flag() for _ in range(4))
    write_address = address_signal(bits)
    write_data = signed_signal(values)
    coefficient_step = counter_signal(plan.steps)
    newer_address = [address_signal(bits) for _ in range(count)]
    older_address = [address_signal(bits) for _ in range(count if plan.mirrored else 0)]
    newer = [signed_signal(values) for _ in newer_address]
    older = [signed_signal(values) for _ in older_address]
    coefficient = [signed_signal(plan.coefficient_bits) for _ in range(count)]
    total = signed_signal(plan.conversion.interval)
    result = word_signal(plan.conversion.format)
    step = counter_signal(plan.steps)
    return (
        serial_control(
            clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready,
            advance, write, write_address, write_data, step, coefficient_step, accumulate, load, newer_address, older_address, plan,
        ),
        [
            sample_memory(clk, advance, write, write_address, write_data, address, sample)
            for address, sample in zip(newer_address + older_address, newer + older, strict=True)
        ],
        [coefficient_source(clk, advance, step, coefficient_step, coefficient[number], plan, number) for number in range(count)],
        multiply_accumulate(clk, reset, advance, accumulate, load, coefficient_step, newer, older, coefficient, total, plan),
        output_rounding(total, result, plan.conversion),
        output_register(clk, advance, load, result, source_data),
    )


@inline
def coefficient_source(clk, advance, step, coefficient_step, coefficient, plan, number):
    """A table in logic behind the delayed step, or a memory whose own register delays it."""
    contents = plan.coefficients(number)
    if len(contents) == 1:
        only = signed_signal(plan.coefficient_bits, contents[0])
        return wire(only, coefficient)
    if plan.in_logic:
        return table(coefficient_step, coefficient, contents)
    return coefficient_memory(clk, advance, step, coefficient, contents)


@inline
def output_register(clk, advance, load, result, source_data):
    @always(clk.posedge)
    def store():
        if advance and load:
            source_data.next = result

    return store


@entity
def serial_control(
    clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready,
    advance, write, write_address, write_data, step, coefficient_step, accumulate, load, newer_address, older_address, plan,
):  # fmt: skip
    """Takes a sample, walks through its products, hands the sum over.

    The memories cannot be reset at once, so after a reset they are filled with zeros, one word a clock, before the
    first sample is taken. Everything waits while a finished sum finds the output occupied.
    """
    bits = plan.address_bits
    stages = plan.arithmetic_stages
    newest = address_signal(bits)
    next_address = address_signal(bits)
    counter, delayed_step = counter_signal(plan.steps), counter_signal(plan.steps)
    clearing, busy, last, moves, takes, holds = (flag() for _ in range(6))
    reading = [flag() for _ in range(stages + 1)]
    finishing = [flag() for _ in range(stages + 2)]
    final = plan.steps - 1

    @always_comb
    def decide():
        moves.next = source_ready or not holds or not finishing[stages + 1]

    @always_comb
    def offer():
        takes.next = sink_valid and moves and not busy and not clearing
        sink_ready.next = moves and not busy and not clearing

    @always_comb
    def connect():
        advance.next = moves
        write.next = takes or clearing
        write_address.next = next_address
        step.next = counter
        coefficient_step.next = delayed_step
        accumulate.next = reading[stages]
        load.next = finishing[stages + 1]
        source_valid.next = holds

    @always_comb
    def follow_newest():
        next_address.next = newest + 1

    @always_comb
    def blank():
        if clearing:
            write_data.next = 0
        else:
            write_data.next = sink_data

    @always_comb
    def look_ahead():
        last.next = busy and counter == final

    @always(clk.posedge)
    def walk():
        if reset:
            clearing.next = True
            busy.next = False
            newest.next = 0
            counter.next = 0
        else:
            if takes or clearing:
                newest.next = next_address
            if next_address == 0:
                clearing.next = False
            if moves:
                if takes:
                    busy.next = True
                elif last:
                    busy.next = False
                if last:
                    counter.next = 0
                elif busy:
                    counter.next = counter + 1

    @always(clk.posedge)
    def follow():
        if reset:
            for stage in range(stages + 1):
                reading[stage].next = False
            for stage in range(stages + 2):
                finishing[stage].next = False
        elif moves:
            delayed_step.next = counter
            reading[0].next = busy
            finishing[0].next = last
            for stage in range(1, stages + 1):
                reading[stage].next = reading[stage - 1]
            for stage in range(1, stages + 2):
                finishing[stage].next = finishing[stage - 1]

    @always(clk.posedge)
    def hand_over():
        if reset:
            holds.next = False
        elif moves:
            if finishing[stages + 1]:
                holds.next = True
            elif source_ready:
                holds.next = False

    addresses = [sample_address(newest, counter, address, plan.offsets(number, 0)) for number, address in enumerate(newer_address)]
    addresses += [sample_address(newest, counter, address, plan.offsets(number, 1)) for number, address in enumerate(older_address)]
    return decide, offer, connect, follow_newest, blank, look_ahead, walk, follow, hand_over, addresses


@inline
def sample_address(newest, step, address, offsets):
    """Address of a sample of a certain age; ages that follow each other are counted, others are looked up."""
    differences = {after - before for before, after in pairwise(offsets)}
    # Addresses are taken modulo the size of the memory.
    size = 2 ** len(address)
    start = -offsets[0] % size

    if differences <= {1}:

        @always_comb
        def count_back():
            address.next = newest + start - step

        return count_back

    if differences <= {-1}:

        @always_comb
        def count_forth():
            address.next = newest + start + step

        return count_forth

    age = address_signal(len(address))

    @always_comb
    def subtract_age():
        address.next = newest - age

    return table(step, age, offsets), subtract_age


@entity
def multiply_accumulate(clk, reset, advance, accumulate, load, step, newer, older, coefficient, total, plan):
    """Products of the samples that share a coefficient, added to the sum; the sum is cleared as it is handed over."""
    structure = plan.structure
    instances: list[Any] = []
    products = []
    for number, sample in enumerate(newer):
        operand, values = sample, structure.sample
        if older:
            values = structure.operand(0)
            operand = signed_signal(values)
            instances.append(paired(sample, older[number], step, operand, plan.lonely(number), structure.symmetry))
        product = signed_signal(values.bits + len(coefficient[number]))
        factor = coefficient[number]
        if structure.fast:
            held, held_factor = signed_signal(values), signed_signal(len(factor))
            instances += [register(clk, advance, operand, held), register(clk, advance, factor, held_factor)]
            operand, factor = held, held_factor
        instances.append(multiply(operand, factor, product))
        if structure.fast:
            held = signed_signal(len(product))
            instances.append(register(clk, advance, product, held))
            product = held
        products.append(product)
    while len(products) > 1:
        sums = []
        for group in balanced(products):
            if len(group) == 2:
                partial = signed_signal(max(len(group[0]), len(group[1])) + 1)
                instances.append(add(group[0], group[1], partial))
            else:
                partial = group[0]
            if structure.fast:
                held = signed_signal(len(partial))
                instances.append(register(clk, advance, partial, held))
                partial = held
            sums.append(partial)
        products = sums
    return instances, accumulator(clk, reset, advance, accumulate, load, products[0], total, plan.preload)


@inline
def paired(newer, older, step, operand, lonely, symmetry):
    """Sum or difference of two samples; the centre of an odd symmetric filter stands alone."""
    if not lonely:
        return (add if symmetry > 0 else subtract)(newer, older, operand)
    partner = signed_signal(len(older))
    (alone,) = lonely

    @always_comb
    def mask():
        if step == alone:
            partner.next = 0
        else:
            partner.next = older

    return mask, add(newer, partner, operand)


@inline
def accumulator(clk, reset, advance, accumulate, load, product, total, preload):
    start = signed_signal(len(total), preload)
    running = like(total)

    clear, grow = flag(), flag()

    # One condition each, so that both become the register's own synchronous clear and enable and cost no logic.
    @always_comb
    def decide():
        clear.next = reset or (advance and load)
        grow.next = advance and accumulate

    @always(clk.posedge)
    def store():
        if clear:
            running.next = start
        elif grow:
            running.next = running + product

    return decide, store, wire(running, total)
