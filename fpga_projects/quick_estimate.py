"""Resources of a core from its parameters alone, in a fraction of a millisecond: the cost column of sweeps.

The structure of a filter says how many bits every adder and register has, and on Cyclone II a bit of an adder with its register is one
logic element. What the structure does not say (control, saturation, what a mapper saves) is a few numbers that were fitted to full
mappings; `docs/word_lengths.md` tells how far off the estimate is. A core without a formula of its own has no quick estimate.
"""

from __future__ import annotations

from collections.abc import Callable

from fixed_point import Rounding
from fpga_projects import quick_processor, quick_wavelet
from fpga_projects.cost import CLOCK_MHZ, Cost
from fpga_projects.quick_parts import Resources, m4k_blocks, multiplier_elements
from ip_cores.arithmetic import Interval, balanced, canonical_signed_digits
from ip_cores.chain import Chain
from ip_cores.core import Core
from ip_cores.denoiser import Denoiser
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.fifo import Fifo
from ip_cores.fir import Fir
from ip_cores.fir.serial_plan import SerialPlan
from ip_cores.fir.structure import Structure
from ip_cores.requantizer import Conversion
from ip_cores.stream_register import StreamRegister
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis
from ip_cores.threshold import Threshold

LUT_TABLE_WORDS = 64
"""A constant table of up to so many words stays in LUTs."""

CONTROL = 5.5
"""Logic elements for each bit of the counters and addresses of a serial filter; fitted."""

SHARED_TRANSPOSED, SHARED_DIRECT = 0.5, 0.85
"""What is left of additions in logic where products share them: between all taps, or within one; fitted."""

SHORTEST_FACTOR = 4
"""Bits of a coefficient below which a product takes no multiplier."""

SERIAL_REGISTERS = 19
"""Registers of a serial filter beside the sum and the result; fitted."""

# Energies at 1.2 V, from the reports that docs/estimates.md lists; figures per clock or per transition, in pJ.
CLOCK_NETWORK_PJ, REGISTER_PJ, LOGIC_PJ, M4K_PJ, MULTIPLIER_PJ = 55.0, 0.41, 0.5, 12.0, 15.0
ACTIVITY = 0.125
"""Transitions per clock of a node, the toggle rate that PowerPlay assumes where nothing is known."""


def quick_estimate(core: Core) -> Cost | None:
    """Resources and power of a core; None where there is no formula for it.

    Examples
    --------
    >>> cost = quick_estimate(Fir(coefficients=[0.25, 0.5, 0.25], form="serial"))
    >>> cost.multipliers, cost.m4k
    (2, 2)
    """
    if isinstance(core, Chain):
        parts = [quick_estimate(stage) for stage in core.stages]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            return None
        return Cost(*(sum(getattr(part, field) for part in found) for field in ("les", "registers", "multipliers", "m4k", "power")))
    for kind, formula in FORMULAS.items():
        if isinstance(core, kind):
            les, registers, multipliers, m4k = formula(core)
            return Cost(round(les), round(registers), multipliers, m4k, round(power(les, registers, multipliers, m4k), 3))
    return None


def power(les: float, registers: float, multipliers: float, m4k: float) -> float:
    """Dynamic core power in mW at `CLOCK_MHZ`, within a factor of two."""
    picojoules = CLOCK_NETWORK_PJ + registers * REGISTER_PJ + m4k * M4K_PJ + ACTIVITY * (2 * les * LOGIC_PJ + multipliers * MULTIPLIER_PJ)
    return picojoules * CLOCK_MHZ * 1e-3


def fir(core: Fir) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks of a FIR filter."""
    return {"direct": _direct, "transposed": _transposed, "serial": _serial}[core.form](core.structure, core.latency)


def _transposed(structure: Structure, stages: int) -> Resources:
    sums = sum(partial_sum_bits(structure))
    keys = {abs(tap) if structure.folded else tap for tap in structure.taps if tap}
    products, multipliers = constant_products([(structure.sample, key) for key in keys], structure, SHARED_TRANSPOSED)
    fast = structure.sample.bits + sum(structure.sample.times(key).bits for key in keys) if held_outside(structure) else 0
    out = structure.conversion.format.word_length
    return sums + products + output_elements(structure.conversion) + fast + stages + 3, sums + out + fast + stages, multipliers, 0


def partial_sum_bits(structure: Structure) -> list[int]:
    """Bits of the sums of each tap and those behind it: what `sum_interval` gives for every rest of the taps, in one pass."""
    found, positive, negative = [], 0, 0
    low, high = structure.sample
    for tap in reversed(structure.taps):
        positive, negative = positive + max(tap, 0), negative + min(tap, 0)
        found.append(max(positive * high + negative * low, ~(positive * low + negative * high)).bit_length() + 1)
    return found


def _direct(structure: Structure, stages: int) -> Resources:
    line = len(structure.taps) * structure.sample.bits
    operands = [structure.operand(mirror) for _, mirror, _ in structure.products]
    adders = sum(values.bits for values, (_, mirror, _) in zip(operands, structure.products, strict=True) if mirror is not None)
    products = [(values, coefficient) for values, (_, _, coefficient) in zip(operands, structure.products, strict=True)]
    elements, multipliers = constant_products(products, structure, SHARED_DIRECT)
    level, tree = [values.times(coefficient) for values, coefficient in products], 0
    while True:
        level = [group[0] if len(group) == 1 else group[0] + group[1] for group in balanced(level)]
        tree += sum(values.bits for values in level)
        if len(level) == 1:
            break
    fast = sum(values.bits + values.times(coefficient).bits for values, coefficient in products) if held_outside(structure) else 0
    out = structure.conversion.format.word_length
    les = line + adders + elements + tree + fast + output_elements(structure.conversion) + stages + 3
    return les, line + tree + fast + out + stages, multipliers, 0


def _serial(structure: Structure, stages: int) -> Resources:
    plan = SerialPlan.of(structure)
    count = len(plan.groups)
    width = max(max(abs(c) for c in plan.coefficients(n)).bit_length() + 1 for n in range(count))
    operand = structure.operand(0 if plan.mirrored else None).bits
    total = structure.conversion.interval.bits
    multipliers = count * multiplier_elements(operand, width)
    samples = (2 if plan.mirrored else 1) * m4k_blocks(1 << plan.address_bits, structure.sample.bits)
    in_table = plan.steps <= LUT_TABLE_WORDS
    m4k = count * (samples + (0 if in_table else m4k_blocks(plan.steps, width)))
    table = count * width * table_elements(plan.steps) if in_table else 0.0
    adder = count * operand if plan.mirrored else 0
    tree = (count - 1) * (operand + width)
    counters = plan.steps.bit_length() + plan.address_bits
    fast = count * (operand + width) + tree if structure.fast else 0
    # Behind a short table the registers move to its address, which the counter holds anyway; a longer one keeps them.
    kept = count * width if in_table and plan.steps > 16 else 0
    registers = total + structure.conversion.format.word_length + SERIAL_REGISTERS + fast + 3 * kept
    les = total + adder + tree + table + CONTROL * counters + output_elements(structure.conversion) + fast + 2 * kept
    return les, registers, multipliers, m4k


def held_outside(structure: Structure) -> bool:
    """Whether registered products cost registers: an embedded multiplier has them inside."""
    return structure.fast and structure.multiplier == "logic"


def output_elements(conversion: Conversion) -> float:
    """The adder that rounds, the multiplexer that saturates (with the register), and the comparison that decides."""
    rounds = conversion.dropped > 0 and conversion.rounding != Rounding.FLOOR
    out = conversion.format.word_length
    guard = max(0, conversion.rounded.bits - out)
    sticky = conversion.dropped / 3 if conversion.rounding not in (Rounding.FLOOR, Rounding.NEAREST) and conversion.dropped > 1 else 0
    saturates = conversion.overflows and conversion.overflow == "saturate"
    return (conversion.rounded.bits if rounds else 0) + out + sticky + (2 + guard / 2 if saturates else 0)


def table_elements(words: int) -> float:
    """LUTs of one bit of a constant table: one of four inputs for 16 words, and the multiplexers that join several."""
    return max(1.0, words / 16 * 1.5) if words > 2 else 0.0


def constant_products(products: list[tuple[Interval, int]], structure: Structure, shared: float) -> tuple[float, int]:
    """Logic elements and 9-bit multiplier elements of products by constants; one by a power of two is wires."""
    odd = [(values.bits, abs(coefficient) // (coefficient & -coefficient)) for values, coefficient in products if coefficient]
    if structure.multiplier == "logic":
        return shared * sum(shifted_additions(bits, magnitude) for bits, magnitude in odd), 0
    short = [(bits, magnitude) for bits, magnitude in odd if magnitude.bit_length() + 1 < SHORTEST_FACTOR]
    embedded = [(bits, magnitude.bit_length() + 1) for bits, magnitude in odd if magnitude.bit_length() + 1 >= SHORTEST_FACTOR]
    return float(sum(shifted_additions(*product) for product in short)), sum(multiplier_elements(*factors) for factors in embedded)


def shifted_additions(bits: int, magnitude: int) -> int:
    """A product as additions of shifted words, after the coefficient's canonical signed digits."""
    elements, value = 0, 0
    for number, (sign, place) in enumerate(canonical_signed_digits(magnitude)[::-1]):
        value += sign << place
        # The low bits that a shifted summand does not reach pass by the adder.
        elements += bits + (value >> place).bit_length() if number else 0
    return elements


def stream_register(core: StreamRegister) -> Resources:
    """Two words, and the multiplexer between them."""
    bits = core.sink.word_length
    return 2 * bits + 6, 2 * bits + 3, 0, 0


def fifo(core: Fifo) -> Resources:
    """A memory, its two pointers and the count of its words."""
    bits, address = core.sink.word_length, max(1, (core.depth - 1).bit_length())
    return 3 * address + bits + 12, 3 * address + bits + 4, 0, m4k_blocks(core.depth, bits)


FORMULAS: dict[type[Core], Callable[..., Resources]] = {
    Fir: fir,
    DwtAnalysis: quick_wavelet.analysis,
    DwtSynthesis: quick_wavelet.synthesis,
    SwtAnalysis: quick_processor.undecimated_analysis,
    SwtSynthesis: quick_processor.undecimated_synthesis,
    Threshold: quick_processor.threshold,
    Denoiser: quick_processor.denoiser,
    StreamRegister: stream_register,
    Fifo: fifo,
}
