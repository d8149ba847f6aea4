"""Direct form where the rate changes: a decimator and an interpolator whose coefficients take turns, and a filter for each phase."""

from __future__ import annotations

import itertools

from myhdl import always_comb

from ip_cores.blocks.arithmetic import add, counter_signal, flag, like, register, signed_signal, subtract, wire, word_signal
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.coefficient_turns import Part, growing_sum, pipelined_sum, turning_product
from ip_cores.fir.direct import adder_tree, delay_line, product_terms, tap_products, tree_levels
from ip_cores.fir.polyphase import DirectPlan, phase_structure
from ip_cores.fir.rates import Turns, decimator_flow, delayed_phase, interpolator_flow
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.fir.transposed import arrival
from ip_cores.hierarchy import Constant, described, entity, inline


def latency_direct_decimator(structure: Structure) -> int:
    """Delay line, products (in two clocks for speed), adder tree, the sum over a period, output."""
    return latency_direct_interpolator(structure) + 1


def latency_direct_interpolator(structure: Structure) -> int:
    """Delay line, products (in two clocks for speed), adder tree, output."""
    return 1 + (2 if structure.fast else 0) + DirectPlan(structure).levels + 1


@entity
def fir_direct_decimator(clk, reset, sink, source, structure):
    """Decimating FIR filter, direct form: coefficients take turns, and the sums of a period are added up."""
    plan = DirectPlan(structure)
    turns = Turns.of(structure.factor)
    taps = [signed_signal(structure.sample) for _ in range(plan.line_length)]
    partial = signed_signal(structure.conversion.interval)
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_direct_decimator(structure)
    partners = [signed_signal(structure.sample) for turn in plan.turns if turn.partner is not None]
    return (
        decimator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.decimation),
        delay_line(clk, reset, turns.take, sink.data, taps),
        turned_samples(clk, reset, turns.take, turns.phase, taps, partners, plan) if partners else (),
        turning_sum(clk, turns.advance, turns.phase, [taps[turn.place] for turn in plan.turns], partners, partial, plan),
        sum_of_period(clk, reset, turns.take, turns.begins, turns.advance, partial, total, stages - 2),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def fir_direct_interpolator(clk, reset, sink, source, structure):
    """Interpolating FIR filter, direct form: samples wait while the coefficients of each phase take turns."""
    plan = DirectPlan(structure)
    turns = Turns.of(structure.factor)
    taps = [signed_signal(structure.sample) for _ in range(plan.line_length)]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_direct_interpolator(structure)
    return (
        interpolator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.interpolation),
        delay_line(clk, reset, turns.take, sink.data, taps),
        turning_sum(clk, turns.advance, turns.phase, [taps[turn.place] for turn in plan.turns], [], total, plan),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


def coefficients_by_counter(row: tuple[int, ...], structure: Structure) -> tuple[int, ...]:
    """A decimator's counter is one phase ahead of the newest sample in the line."""
    return row[1:] + row[:1] if structure.decimation > 1 else row


@entity
def turned_samples(clk, reset, take, phase, taps, partners, plan):
    """The samples once more, in the order in which a period's mirrored taps need them: a multiplexer, and a line behind it."""
    choices = [like(taps[0]) for _ in plan.turned_places]
    places = coefficients_by_counter(plan.turned_places, plan.structure)
    turned = like(taps[0])

    @always_comb
    def choose():
        """The sample that this phase's mirrored taps need next."""
        turned.next = choices[phase]

    wanted = [turn.partner for turn in plan.turns if turn.partner is not None]
    later = [like(turned) for _ in range(plan.turned_length)]
    return (
        choose,
        [wire(taps[place], choice) for place, choice in zip(places, choices, strict=True)],
        delay_line(clk, reset, take, turned, later) if later else (),
        [wire(later[place - 1] if place else turned, partner) for place, partner in zip(wanted, partners, strict=True)],
    )


@entity
def turning_sum(clk, advance, phase, samples, partners, total, plan):
    """Mirrored samples are added or subtracted first; then a product for each row of coefficients, and a pipelined tree of adders."""
    instances, parts, waiting = [], [], list(partners)
    for turn, sample in zip(plan.turns, samples, strict=True):
        values, row = plan.operand(turn), coefficients_by_counter(turn.coefficients, plan.structure)
        operand = sample
        if turn.partner is not None:
            operand = signed_signal(values)
            alone = None if turn.alone is None else (turn.alone - 1) % plan.structure.factor
            instances.append(pair(sample, waiting.pop(0), phase, operand, alone, plan.structure.symmetry))
        parts.append(Part.product(values, row))
        instances.append(turning_product(clk, advance, operand, phase, parts[-1].signal, values, row, plan.structure))
    return instances, pipelined_sum(clk, advance, parts, total)


@inline
def pair(newer, older, phase, operand, alone, symmetry):
    """Sum or difference of two samples; the centre of an odd number of taps stands alone."""
    if alone is None or symmetry < 0:  # an antisymmetric centre is zero
        return (add if symmetry > 0 else subtract)(newer, older, operand)
    partner = like(older)
    centre_phase = Constant(alone, "of the tap that has no partner")

    @always_comb
    def mask():
        """The centre of an odd number of taps has no partner."""
        if phase == centre_phase:
            partner.next = 0
        else:
            partner.next = older

    return mask, add(newer, partner, operand)


@entity
def sum_of_period(clk, reset, take, begins, advance, partial, total, delay):
    """Adds up what the samples of a period give; the first one starts afresh."""
    update, restart = flag(), flag()
    nothing = like(total)
    return (
        arrival(clk, reset, take, advance, update, delay),
        arrival(clk, reset, begins, advance, restart, delay),
        growing_sum(clk, reset, update, restart, nothing, partial, total, 1),
    )


def phase_structures(structure: Structure) -> list[Structure]:
    return [phase_structure(structure, phase) for phase in range(structure.interpolation)]


def latency_direct_phases(structure: Structure) -> int:
    """Delay line, products (in two clocks for speed), the deepest adder tree, output."""
    return 1 + (2 if structure.fast else 0) + max(map(tree_levels, phase_structures(structure))) + 1


@entity
def fir_direct_phases(clk, reset, sink, source, structure):
    """Interpolating FIR filter, direct form: a filter for each phase on one delay line, and their sums leave in turns."""
    advance, take, begins = flag(), flag(), flag()
    phase, leaving = counter_signal(structure.factor), counter_signal(structure.factor)
    turns = Turns(advance, take, begins, phase)
    taps = [signed_signal(structure.sample) for _ in range(-(-len(structure.taps) // structure.factor))]
    filters = phase_structures(structure)
    totals = [signed_signal(structure.conversion.interval) for _ in filters]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_direct_phases(structure)
    return (
        interpolator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.interpolation),
        delay_line(clk, reset, take, sink.data, taps),
        [phase_sum(clk, advance, taps, totals[number], one, stages - 2) for number, one in enumerate(filters)],
        delayed_phase(clk, advance, phase, leaving, stages - 2),
        choose_sum(leaving, totals, total),
        output_rounding(total, result, structure.conversion),
        described(register(clk, advance, result, source.data), OUTPUT_REGISTER),
    )


@inline
def phase_sum(clk, advance, taps, total, structure, stages):
    """One phase's products and their sum, as late as that of the phase with most."""
    product = [term.signal for term in product_terms(structure)]
    found = signed_signal(structure.conversion.interval)
    stages -= (2 if structure.fast else 0) + tree_levels(structure)
    waiting = [found, *(like(total) for _ in range(stages))]
    return (
        tap_products(clk, advance, taps[: len(structure.taps)], product, structure),
        adder_tree(clk, advance, product, found, structure),
        [
            described(register(clk, advance, before, after), "The sums of shorter phases wait for that of the longest.")
            for before, after in itertools.pairwise(waiting)
        ],
        wire(waiting[-1], total),
    )


@entity
def choose_sum(phase, sums, total):
    """The sum of a phase."""
    choices = [like(word) for word in sums]

    @always_comb
    def choose():
        """The sum of the phase that leaves."""
        total.next = choices[phase]

    return choose, [wire(word, choice) for word, choice in zip(sums, choices, strict=True)]
