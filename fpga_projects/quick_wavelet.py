"""Resources of the decimated wavelet banks from their parameters; part of `fpga_projects.quick_estimate`.

The plan of a bank says how wide its sum, its products and its memories are. What its control takes grows with the bits of its counters
and addresses, by numbers fitted to full mappings.
"""

from __future__ import annotations

from fpga_projects.quick_parts import Resources, m4k_blocks, multiplier_elements
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.product_sum import ProductPlan

ANALYSIS_CONTROL, ANALYSIS_CONTROL_REGISTERS = (62, 10), (45, 3)
SYNTHESIS_CONTROL, SYNTHESIS_CONTROL_REGISTERS = (0, 14), (25, 4)
"""A constant, and elements for each bit of counters and addresses; fitted."""


def analysis(core: DwtAnalysis) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks."""
    plan = core.plan
    word, counters = core.source_format.word_length, plan.history_bits + plan.count_bits
    les = plan.total_bits + 2 * word + products(plan.products) + line(ANALYSIS_CONTROL, counters)
    registers = plan.total_bits + 2 * word + tables(plan.products) + line(ANALYSIS_CONTROL_REGISTERS, counters)
    waiting = m4k_blocks(1 << plan.delay_bits, word)
    return les, registers, *shared(plan.products, plan.history_bits, plan.stored.word_length, waiting)


def synthesis(core: DwtSynthesis) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks."""
    plan = core.plan
    word, counters = core.sink_format.word_length, plan.history_bits + plan.count_bits
    les = plan.total_bits + 2 * word + products(plan.products) + line(SYNTHESIS_CONTROL, counters)
    registers = plan.total_bits + word + tables(plan.products) + line(SYNTHESIS_CONTROL_REGISTERS, counters)
    return les, registers, *shared(plan.products, plan.history_bits, word, 0)


def products(plan: ProductPlan) -> int:
    """Tables of coefficients, what joins the tiles of a product longer than 18 bits, and the adders behind several products."""
    count = len(plan.coefficients)
    tiles = sum(max(0, bits - 18) + other for bits, other in pairs(plan) if bits > 18)
    fast = count * 2 * (plan.sample_bits + plan.coefficient_bits) if plan.fast else 0
    return count * (2 * plan.coefficient_bits + tiles) + (count - 1) * (plan.sample_bits + plan.coefficient_bits) + fast


def pairs(plan: ProductPlan) -> tuple[tuple[int, int], tuple[int, int]]:
    """Each factor's word length with the other's."""
    return (plan.sample_bits, plan.coefficient_bits), (plan.coefficient_bits, plan.sample_bits)


def tables(plan: ProductPlan) -> int:
    """Registers at the tables of coefficients, and those of a fast pipeline."""
    count = len(plan.coefficients)
    return count * plan.coefficient_bits + (2 * count * (plan.sample_bits + plan.coefficient_bits) if plan.fast else 0)


def shared(plan: ProductPlan, address_bits: int, word: int, more_blocks: int) -> tuple[int, int]:
    """Multiplier elements, and blocks: a copy of the history for each multiplier."""
    count = len(plan.coefficients)
    return count * multiplier_elements(plan.sample_bits, plan.coefficient_bits), count * m4k_blocks(1 << address_bits, word) + more_blocks


def line(fitted: tuple[int, int], bits: int) -> int:
    """A constant and a part for each bit."""
    return fitted[0] + fitted[1] * bits


