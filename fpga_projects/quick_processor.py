"""Resources of undecimated banks, threshold and denoiser from their parameters; part of `fpga_projects.quick_estimate`.

The program of a filter processor says how long sum, words, addresses and instructions are, and how many instructions there are. What its
control takes are numbers fitted to full mappings.
"""

from __future__ import annotations

from dataclasses import dataclass

from fpga_projects.quick_parts import Resources, m4k_blocks, multiplier_elements
from fpga_projects.quick_wavelet import FULL_TILE, analysis, synthesis
from ip_cores.denoiser import Denoiser
from ip_cores.filter_processor import Processor
from ip_cores.swt_analysis import SwtAnalysis
from ip_cores.swt_synthesis import SwtSynthesis
from ip_cores.threshold import Threshold

TABLE = 1.7
"""LUTs for each bit of 16 words of a program; fitted."""

THRESHOLD, THRESHOLD_REGISTERS = (78.0, 11.3), (34.0, 3.0)
"""A constant, and elements for each bit of a word; fitted."""

SOFT = 1.65
"""Further elements for each bit of a word where lambda is taken off; fitted."""


@dataclass(frozen=True)
class Control:
    """What a processor takes beside its words, sum, product and program; fitted.

    Attributes
    ----------
    les, registers : int
    without_products : int
        Logic elements where ones and minus ones are all it multiplies by.
    """

    les: int
    registers: int
    without_products: int


CONTROLS = {"analysis": Control(45, 78, 165), "synthesis": Control(129, 78, 250), "fused": Control(137, 95, 255)}


def undecimated_analysis(core: SwtAnalysis) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks."""
    return processor(core.processor, CONTROLS["analysis"])


def undecimated_synthesis(core: SwtSynthesis) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks."""
    return processor(core.processor, CONTROLS["synthesis"])


def denoiser(core: Denoiser) -> Resources:
    """One processor and a threshold, or three cores."""
    there, between, back = core.stages
    if core.bank == "undecimated":
        return add(processor(core.fused.processor, CONTROLS["fused"]), threshold(between))
    return add(analysis(there), threshold(between), synthesis(back))


def threshold(core: Threshold) -> Resources:
    """Trackers in a memory, one product, registers for K."""
    bits = core.sink.word_length
    les, registers = (constant + each * bits for constant, each in (THRESHOLD, THRESHOLD_REGISTERS))
    les += SOFT * bits if core.rule == "soft" else 0
    return les, registers, 2, 1


def processor(plan: Processor, control: Control) -> Resources:
    """A filter processor."""
    program = plan.program
    word, coefficient, total, count = program.word_bits, plan.coefficient_bits, plan.sum_interval.bits, program.multipliers
    table = TABLE * (plan.instruction_bits + count * coefficient) * len(program) / 16
    blocks = count * m4k_blocks(1 << program.address_bits, word)
    les, registers = total + 2 * word + table, float(total + word + control.registers)
    if not plan.multiplies:
        return les + control.without_products, registers, 0, blocks
    # A factor longer than a multiplier's takes several, adders that join what they give, and registers outside of them.
    joins = sum(long - FULL_TILE + other for long, other in ((word, coefficient), (coefficient, word)) if long > FULL_TILE)
    held = word + coefficient if joins else 0
    les += control.les + count * joins + (count - 1) * (word + coefficient)
    return les, registers + count * held, count * multiplier_elements(word, coefficient), blocks


def add(*parts: Resources) -> Resources:
    """Several cores together."""
    les, registers, multipliers, m4k = (sum(part[place] for part in parts) for place in range(4))
    return les, registers, int(multipliers), int(m4k)
