"""The nets of a Verilator model: what they are called in the VHDL, and how wide they are."""

from __future__ import annotations

import re

from testbenches.engines.fast_netlist import RENAMED_FOR_VERILOG, WRAPPER, verilog_name

CORE = f"{WRAPPER}__DOT__dut__DOT__"
"""Members of the model that belong to the core, and not to the wrapper around it."""

MEMBER = re.compile(rf"^ +(?:CData|SData|IData|QData|VlWide<\d+>)/\*(\d+):(\d+)\*/ ({CORE}\w+);", re.MULTILINE)

RENAMED = {verilog_name(word): word for word in RENAMED_FOR_VERILOG}
"""Names that went to synthesis under another one."""


def nets_of(header: str) -> dict[str, tuple[str, int]]:
    """Nets of the core in the header of a model with public signals.

    Parameters
    ----------
    header : str
        Text of ``Vtop___024root.h``.

    Returns
    -------
    dict of str to (str, int)
        By the name of the C++ member: path of the net in the netlist, instances and net joined by dots, and its bits.

    Examples
    --------
    >>> nets_of("    SData/*15:0*/ outside___DOT__dut__DOT__u_sum__DOT__total;")
    {'outside___DOT__dut__DOT__u_sum__DOT__total': ('u_sum.total', 16)}
    """
    found = {}
    for high, low, member in MEMBER.findall(header):
        path = [RENAMED.get(name, name) for name in member.removeprefix(CORE).split("__DOT__")]
        found[member] = ".".join(path), int(high) - int(low) + 1
    return found
