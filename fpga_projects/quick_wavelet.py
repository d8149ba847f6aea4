"""Resources of the decimated wavelet banks from their parameters; part of `fpga_projects.quick_estimate`.

Word lengths, taps and levels say how wide the sum, the products and the memories are. What control takes grows with the bits of counters
and addresses, by numbers fitted to full mappings.
"""

from __future__ import annotations

from fpga_projects.quick_parts import Resources, m4k_blocks, multiplier_elements
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.wavelet_bank import DecimatedBank

ANALYSIS_CONTROL, ANALYSIS_CONTROL_REGISTERS = (62, 10), (45, 3)
SYNTHESIS_CONTROL, SYNTHESIS_CONTROL_REGISTERS = (0, 14), (25, 4)
"""A constant, and elements for each bit of counters and addresses; fitted."""

FULL_TILE = 18
"""Bits of a factor of an embedded multiplier."""

ANALYSIS_ONE_TILE, SYNTHESIS_ONE_TILE = (110, 84), (52, 49)
"""Logic elements and registers that are saved where one multiplier holds the product and takes the registers around it in; fitted."""

FULL_TABLE_TAPS = 8
"""Taps up to which a table of coefficients takes two LUTs for each bit; fitted."""


def analysis(core: DwtAnalysis) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks."""
    word, levels = core.source_format.word_length, core.levels
    pointer = (core.filter_bank.length - 1).bit_length()
    history = pointer + (levels - 1).bit_length()
    waiting = (sum(core.filter_bank.band_delay(levels, level) for level in range(1, levels + 1)) + levels).bit_length()
    counters = history + max(waiting, history, levels - 1 + pointer)
    blocks = m4k_blocks(1 << waiting, word)
    return _bank(core, word, counters, 2 * word, ANALYSIS_CONTROL, ANALYSIS_CONTROL_REGISTERS, ANALYSIS_ONE_TILE, history, blocks)


def synthesis(core: DwtSynthesis) -> Resources:
    """Logic elements, registers, 9-bit multipliers and M4K blocks."""
    word, levels = core.sink_format.word_length, core.levels
    pointer = (core.filter_bank.length // 2).bit_length()
    history = 1 + (levels - 1).bit_length() + pointer  # approximation and detail of every level
    counters = history + max(history, levels - 1 + pointer)
    return _bank(core, word, counters, word, SYNTHESIS_CONTROL, SYNTHESIS_CONTROL_REGISTERS, SYNTHESIS_ONE_TILE, history, 0)


def _bank(
    core: DecimatedBank,
    word: int,
    counters: int,
    word_registers: int,
    control: tuple[int, int],
    control_registers: tuple[int, int],
    one_tile: tuple[int, int],
    address_bits: int,
    more_blocks: int,
) -> Resources:
    """What both halves have in common: a unit of products, their sum, and a copy of the memory for each multiplier."""
    coefficient = core.word_lengths[0]
    count = multipliers_used(core)
    total = word + coefficient + (count - 1).bit_length()
    # A factor longer than a multiplier's takes several, and adders that join what they give.
    joins = sum(long - FULL_TILE + other for long, other in ((word, coefficient), (coefficient, word)) if long > FULL_TILE)
    held = 2 * count * (word + coefficient) if core.pipeline == "speed" else 0
    table = 2 * coefficient * max(1.0, core.filter_bank.length / count / FULL_TABLE_TAPS)
    les = total + 2 * word + count * (table + joins) + (count - 1) * (word + coefficient) + _line(control, counters) + held
    registers = total + word_registers + count * coefficient + _line(control_registers, counters) + held
    if not joins:
        les, registers = les - one_tile[0], registers - one_tile[1]
    elements = count * multiplier_elements(word, coefficient)
    return les, registers, elements, count * m4k_blocks(1 << address_bits, word) + more_blocks


def multipliers_used(core: DecimatedBank) -> int:
    """Multipliers that have something to do: of 6 that share 8 taps, 4 do the same in as many clocks.

    Examples
    --------
    >>> multipliers_used(DwtAnalysis(wavelet="db4", multipliers=6))
    4
    """
    length = core.filter_bank.length
    return -(-length // -(-length // core.multipliers))


def _line(fitted: tuple[int, int], bits: int) -> int:
    """A constant and a part for each bit."""
    return fitted[0] + fitted[1] * bits
