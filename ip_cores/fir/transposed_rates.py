"""Transposed form where the rate changes: sums that grow over a period, sums that wait for their phase, and a chain for each phase."""

from __future__ import annotations

import itertools

from ip_cores.blocks.arithmetic import counter_signal, flag, like, register, signed_signal, wire, word_signal
from ip_cores.blocks.interval import hull, sum_interval
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.coefficient_turns import Part, growing_sum, turning_product
from ip_cores.fir.direct_rates import choose_sum
from ip_cores.fir.polyphase import canonical, distinct_rows, rows
from ip_cores.fir.rates import Turns, decimator_flow, delayed_phase, interpolator_flow
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.fir.transposed import accumulate, arrival, chain, coefficient_products, distinct_products, signed_sample
from ip_cores.hierarchy import described, entity


def latency_transposed_decimator(structure: Structure) -> int:
    """Sample, coefficient and product registers (for speed), sum, output."""
    return (2 if structure.fast else 0) + 1 + 1


def latency_transposed_interpolator(structure: Structure) -> int:
    """The sample, which is held; then as a decimator."""
    return 1 + latency_transposed_decimator(structure)


@entity
def fir_transposed_decimator(clk, reset, sink, source, structure):
    """Decimating FIR filter, transposed form: coefficients take turns, and each sum grows over a period before the next takes it on."""
    turns = Turns.of(structure.factor)
    sample = signed_signal(structure.sample)
    product = [Part.product(structure.sample, row).signal for row in distinct_rows(structure)]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_transposed_decimator(structure)
    return (
        decimator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.decimation),
        signed_sample(sink.data, sample),
        turning_products(clk, turns.advance, turns.phase, sample, product, structure),
        growing_sums(clk, reset, turns.take, turns.begins, turns.advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def fir_transposed_interpolator(clk, reset, sink, source, structure):
    """Interpolating FIR filter, transposed form: coefficients take turns on a held sample, and sums wait until their phase returns."""
    turns = Turns.of(structure.factor)
    sample = signed_signal(structure.sample)
    product = [Part.product(structure.sample, row).signal for row in distinct_rows(structure)]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_transposed_interpolator(structure)
    return (
        interpolator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.interpolation),
        described(register(clk, turns.take, sink.data, sample), "The sample stays while its words are formed."),
        turning_products(clk, turns.advance, turns.phase, sample, product, structure),
        waiting_sums(clk, reset, turns.begins, turns.advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def turning_products(clk, advance, phase, sample, product, structure):
    """Products of one sample with the coefficient of the phase in each row that differs from the others."""
    return [
        turning_product(clk, advance, sample, phase, word, structure.sample, row, structure)
        for row, word in zip(distinct_rows(structure), product, strict=True)
    ]


def products_of_rows(product, structure):
    """For each row of the taps the product that serves it, and the sign with which it is added."""
    index = {row: number for number, row in enumerate(distinct_rows(structure))}
    for row in rows(structure):
        key, sign = canonical(row, structure)
        yield (product[index[key]], sign) if any(row) else (None, 0)


def row_sums(structure: Structure) -> list:
    """Signals for the sums of each row and those behind it."""
    count = len(structure.taps)
    return [signed_signal(sum_interval(structure.taps[start:], structure.sink)) for start in range(0, count, structure.factor)]


@entity
def growing_sums(clk, reset, take, begins, advance, product, total, structure):
    """A register for each row: over a period its products add up, then the next row's sum is where it starts from."""
    update, restart = flag(), flag()
    delay = 2 if structure.fast else 0
    sums = row_sums(structure)
    instances = [
        arrival(clk, reset, take, advance, update, delay),
        arrival(clk, reset, begins, advance, restart, delay),
        wire(sums[0], total),
    ]
    for row, (word, sign) in enumerate(products_of_rows(product, structure)):
        behind = sums[row + 1] if row + 1 < len(sums) else signed_signal(2, 0)
        instances.append(growing_sum(clk, reset, update, restart, behind, word, sums[row], sign))
    return instances


@entity
def waiting_sums(clk, reset, begins, advance, product, total, structure):
    """A register for each tap, as many for a row as there are phases: a sum moves on with each word and is at the next row in its phase."""
    update = flag()
    instances = [arrival(clk, reset, begins, advance, update, 3 if structure.fast else 1)]
    rate = structure.factor
    table = list(rows(structure))
    behind = None
    for row, (word, sign) in reversed(list(enumerate(products_of_rows(product, structure)))):
        # By phases: in none of them more than that phase's taps from here on.
        phases = [sum_interval(tuple(one[phase] for one in table[row:]), structure.sink) for phase in range(rate)]
        found = signed_signal(hull(phases)) if row else total
        instances.append(accumulate(clk, reset, update, behind, word, found, sign))
        if row:
            waiting = [found, *(like(found) for _ in range(rate - 1))]
            instances += [accumulate(clk, reset, update, before, None, held, 0) for before, held in itertools.pairwise(waiting)]
            behind = waiting[-1]
    return instances


def latency_transposed_phases(structure: Structure) -> int:
    """Sample and product registers (for speed), sum, output."""
    return (2 if structure.fast else 0) + 1 + 1


@entity
def fir_transposed_phases(clk, reset, sink, source, structure):
    """Interpolating FIR filter, transposed form: one sample's products go to a chain for each phase, and their sums leave in turns."""
    turns = Turns.of(structure.factor)
    leaving = counter_signal(structure.factor)
    product = [term.signal for term in distinct_products(structure).values()]
    totals = [signed_signal(structure.conversion.interval) for _ in range(structure.factor)]
    total = signed_signal(structure.conversion.interval)
    result = word_signal(structure.conversion.format)
    stages = latency_transposed_phases(structure)
    return (
        interpolator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.interpolation),
        coefficient_products(clk, turns.advance, sink.data, product, structure),
        phase_chains(clk, reset, turns.take, turns.advance, product, totals, structure),
        delayed_phase(clk, turns.advance, turns.phase, leaving, stages - 2),
        choose_sum(leaving, totals, total),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def phase_chains(clk, reset, take, advance, product, totals, structure):
    """A chain of registers for each phase, one for each of its taps; all move with a sample."""
    update = flag()
    instances = [arrival(clk, reset, take, advance, update, 2 if structure.fast else 0)]
    for phase, total in enumerate(totals):
        taps = structure.taps[phase :: structure.factor] or (0,)
        sums = [total, *(signed_signal(sum_interval(taps[tap:], structure.sink)) for tap in range(1, len(taps)))]
        instances += chain(clk, reset, update, product, sums, taps, structure)
    return instances
