"""What a core costs, as columns of a sweep: the quick estimate for every point, the full mapping for the few that are confirmed.

A core that does not say what it is built of has no quick estimate; every point of it is mapped in full.
"""

from __future__ import annotations

from fpga_projects.estimation.cost import CLOCK_MHZ, Cost
from fpga_projects.estimation.quick_estimate import quick_cost
from ip_cores.core import Core


def cost_of(core: Core) -> Cost:
    """The quick estimate, or the full mapping where there is none: seconds, and less the second time.

    Raises
    ------
    ValueError, OSError
        If it has to be mapped, and a tool is missing or refuses the design.
    """
    return quick_cost(core) or mapped_cost(core)


def mapped_cost(core: Core) -> Cost:
    """Resources from the full mapping of the core's VHDL, in seconds to minutes; power by a default activity, as the quick estimate's.

    Raises
    ------
    ValueError, OSError
        If a tool is missing or refuses the design.
    """
    from fpga_projects.estimation.estimate import estimate

    found = estimate(core, clock_mhz=CLOCK_MHZ, x=None)
    dynamic = found.power_mw["total"] - found.power_mw["static"] - found.power_mw["io"]
    return Cost(found.logic_elements, found.registers, found.multiplier_elements, found.m4k_blocks, round(dynamic, 3))
