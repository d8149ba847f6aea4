"""Interpolators of direct and transposed form whose coefficients are loaded: those of a row take turns in front of one multiplier.

A filter cut into rows c[j L + p] of L taps has a multiplier and a memory for each row, with a word for each phase of each bank. The memory
has a register, so that it is read for the phase of the next clock.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from myhdl import always_comb, concat

from ip_cores.blocks.arithmetic import address_signal, flag, like, register, signed_signal, word_signal
from ip_cores.blocks.memory import bank_memory
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.coefficient_banks import CoefficientBanks
from ip_cores.fir.direct import adder_tree, delay_line, latency_direct
from ip_cores.fir.loading import Load, coefficient_signal, held_bank, loader, selected_bank
from ip_cores.fir.parallel_loaded import broadcast_products, latency_transposed_loaded, loaded_products, remaining
from ip_cores.fir.rates import Turns, interpolator_flow
from ip_cores.fir.structure import OUTPUT_REGISTER, Structure
from ip_cores.fir.transposed import accumulate, arrival
from ip_cores.hierarchy import described, entity, inline


def row_structure(structure: Structure) -> Structure:
    """The filter at the low rate, with a tap for each row."""
    return replace(structure, taps=structure.taps[:: structure.interpolation], interpolation=1)


def banks_of_rows(structure: Structure) -> CoefficientBanks:
    """A multiplier for each row, with a step for each phase."""
    if structure.loading is None:
        raise ValueError("the coefficients are constants")
    count, rate = len(structure.taps), structure.interpolation
    places = tuple(divmod(tap, rate) for tap in range(count))
    return CoefficientBanks(structure.loading, structure.taps, places, -(-count // rate), rate)


def latency_direct_interpolator_loaded(structure: Structure) -> int:
    """As of the direct form of a row."""
    return latency_direct(row_structure(structure))


@entity
def fir_direct_interpolator_loaded(clk, reset, sink, source, structure, coefficient=None, control=None, bank=None):
    """Interpolating FIR filter, direct form: samples wait while the loaded coefficients of each phase take turns.

    All words of a sample are of the bank that is selected as it is taken.
    """
    banks, rows, turns = banks_of_rows(structure), row_structure(structure), Turns.of(structure.interpolation)
    taps = [signed_signal(structure.sample) for _ in rows.taps]
    factor = [coefficient_signal(banks) for _ in taps]
    product = [signed_signal(structure.product_values(None)) for _ in taps]
    total, result = signed_signal(structure.conversion.interval), word_signal(structure.conversion.format)
    load, selected, in_force = Load.of(banks), selected_bank(banks), selected_bank(banks)
    stages = latency_direct_interpolator_loaded(structure)
    return (
        loader(clk, coefficient, control, bank, load, selected, banks, in_force if banks.tells_use else None),
        interpolator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.interpolation),
        delay_line(clk, reset, turns.take, sink.data, taps),
        coefficients_by_phase(clk, turns, load, selected, in_force, factor, banks),
        loaded_products(clk, turns.advance, taps, factor, product, rows),
        adder_tree(clk, turns.advance, product, total, rows),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


@entity
def fir_transposed_interpolator_loaded(clk, reset, sink, source, structure, coefficient=None, control=None, bank=None):
    """Interpolating FIR filter, transposed form: loaded coefficients take turns on a held sample, and sums wait until their phase returns.

    A sample is multiplied with the coefficients of the bank that is selected as it is taken, whichever sums it enters.
    """
    banks, rows, turns = banks_of_rows(structure), row_structure(structure), Turns.of(structure.interpolation)
    sample = signed_signal(structure.sample)
    factor = [coefficient_signal(banks) for _ in rows.taps]
    product = [signed_signal(structure.product_values(None)) for _ in rows.taps]
    total, result = signed_signal(structure.conversion.interval), word_signal(structure.conversion.format)
    load, selected, in_force = Load.of(banks), selected_bank(banks), selected_bank(banks)
    stages = latency_transposed_loaded(structure)
    return (
        loader(clk, coefficient, control, bank, load, selected, banks, in_force if banks.tells_use else None),
        interpolator_flow(clk, reset, sink.flow(), source.flow(), turns, stages, structure.interpolation),
        described(register(clk, turns.take, sink.data, sample), "The sample stays while its words are formed."),
        coefficients_by_phase(clk, turns, load, selected, in_force, factor, banks),
        broadcast_products(clk, turns.advance, sample, factor, product, rows),
        waiting_loaded_sums(clk, reset, turns.begins, turns.advance, product, total, structure),
        output_rounding(total, result, structure.conversion),
        described(register(clk, turns.advance, result, source.data), OUTPUT_REGISTER),
    )


@inline
def coefficients_by_phase(clk, turns, load, selected, in_force, factor, banks):
    """The coefficients of each row, of the phase that comes next and of the bank that is selected as its sample is taken."""
    address = address_signal(banks.loading.bank_bits + banks.step_bits)
    return (
        next_place(turns.take, turns.phase, address) if selected is None else next_place_of_bank(clk, turns, selected, in_force, address),
        [
            described(
                bank_memory(clk, turns.advance, load.loads[row], load.load_address, load.load_data, address, one, banks.contents(row)),
                "The coefficients of each row, phase by phase.",
            )
            for row, one in enumerate(factor)
        ],
    )


@inline
def next_place(take, phase, following):
    """The phase of the next clock."""

    @always_comb
    def look_ahead():
        """A sample begins with the first phase."""
        if take:
            following.next = 0
        else:
            following.next = phase + 1

    return look_ahead


@inline
def next_place_of_bank(clk, turns, selected, in_force, address):
    """The phase of the next clock in the bank of its sample."""
    following = address_signal(len(turns.phase))
    current = like(selected)
    take = turns.take

    @always_comb
    def choose():
        """The bank of the sample whose coefficient is read."""
        if take:
            current.next = selected
        else:
            current.next = in_force

    @always_comb
    def join():
        address.next = concat(current, following)

    return next_place(take, turns.phase, following), held_bank(clk, take, selected, in_force), choose, join


@entity
def waiting_loaded_sums(clk, reset, begins, advance, product, total, structure):
    """A register for each tap, as many for a row as there are phases: a sum moves on with each word and is at the next row in its phase."""
    update, behind = flag(), None
    instances = [arrival(clk, reset, begins, advance, update, 2 if structure.fast else 1)]
    for row, word in reversed(list(enumerate(product))):
        found = signed_signal(remaining(row_structure(structure), row)) if row else total
        instances.append(accumulate(clk, reset, update, behind, word, found, 1))
        if row:
            waiting = [found, *(like(found) for _ in range(structure.interpolation - 1))]
            instances += [accumulate(clk, reset, update, before, None, held, 0) for before, held in itertools.pairwise(waiting)]
            behind = waiting[-1]
    return instances
