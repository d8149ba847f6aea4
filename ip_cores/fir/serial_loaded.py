"""Serial form whose coefficients are loaded while it works: they stand in memories of several banks instead of tables."""

from __future__ import annotations

from ip_cores.blocks.arithmetic import (
    address_signal,
    bit_signal,
    counter_signal,
    flag,
    register_where,
    signed_signal,
    word_signal,
)
from ip_cores.blocks.memory import sample_memory
from ip_cores.blocks.requantizer import output_rounding
from ip_cores.fir.loading import Load, coefficient_signal, coefficients_by_step, loader
from ip_cores.fir.serial import READ_PORTS, SumFlags, multiply_accumulate
from ip_cores.fir.serial_control import SampleAddresses, SumCourse, Written, serial_control
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.hierarchy import described, entity


@entity
def fir_serial_loaded(clk, reset, sink, source, structure, coefficient=None, control=None, bank=None):
    """FIR filter, serial form: samples and coefficients in memories, multipliers shared over the taps.

    Coefficients are loaded while it works; all products of a sample are of the bank that is selected as it is taken.
    """
    plan = SerialPlan.of(structure)
    banks = plan.banks
    bits, values, count = plan.address_bits, structure.sample, len(plan.groups)
    advance, write, accumulate, load = (flag() for _ in range(4))
    write_address, write_data = address_signal(bits), signed_signal(values)
    coefficient_step, step = counter_signal(plan.steps), counter_signal(plan.steps)
    newer_address = [address_signal(bits) for _ in range(count)]
    older_address = [address_signal(bits) for _ in range(count if plan.mirrored else 0)]
    newer = [signed_signal(values) for _ in newer_address]
    older = [signed_signal(values) for _ in older_address]
    factor = [coefficient_signal(banks) for _ in range(count)]
    total, result = signed_signal(plan.conversion.interval), word_signal(plan.conversion.format)
    loading = Load.of(banks)
    selected, in_force = None, None
    if banks.loading.banks > 1:
        selected, in_force = (bit_signal(banks.loading.bank_bits) for _ in range(2))
    written = Written(write, write_address, write_data)
    course = SumCourse(step, coefficient_step, accumulate, load, selected, in_force)
    reads = SampleAddresses(newer_address, older_address)
    flags = SumFlags(advance, accumulate, load, coefficient_step)
    return (
        loader(clk, coefficient, control, bank, loading, selected, banks, in_force if banks.tells_use else None),
        serial_control(clk, reset, sink.flow("data"), source.flow(), advance, written, course, reads, plan),
        [
            described(sample_memory(clk, advance, write, write_address, write_data, address, sample), READ_PORTS)
            for address, sample in zip(newer_address + older_address, newer + older, strict=True)
        ],
        [coefficients_by_step(clk, advance, loading, number, in_force, step, factor[number], banks) for number in range(count)],
        multiply_accumulate(clk, reset, flags, newer, older, factor, total, plan),
        output_rounding(total, result, plan.conversion),
        register_where(clk, advance, load, result, source.data),
    )
