"""Make GHDL's Verilog netlist fast to simulate, without changing what it computes.

What its text says in a roundabout way is said directly: vectors that only bundle words, choices by comparisons, choices in front of
registers, and copies of a sign. Every register takes both edges of the clock, so that a simulator spends one
evaluation on a clock cycle instead of two; nothing else may use a clock. And a wrapper registers all outputs, so that
what the ports showed before an edge can be read after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ip_cores.parameters import VERILOG_RESERVED, VHDL_DECLARED, VHDL_RESERVED
from ip_cores.port import Port
from testbenches.engines.clock_enables import clock_enables
from testbenches.engines.netlist_cases import direct_cases
from testbenches.engines.wide_vectors import split_wide_vectors
from testbenches.errors import ToolError
from testbenches.interface import bits

EVENT = re.compile(r"@\s*\(([^)]*)\)")
EXTENDED = re.compile(r"(?m)^(  assign \w+ = )\{\{\d+\{(\w+)\[(\d+)\]\}\}, \2\}(; // sext)$")


# Names that VHDL does not know and the netlist must not have; our own VHDL has none of them, other people's may.
RENAMED_FOR_VERILOG = VERILOG_RESERVED - VHDL_RESERVED - VHDL_DECLARED

# A comment, a string, an extended identifier or a name; only names are looked at.
TOKEN = re.compile(r"--[^\n]*|\"(?:[^\"\n]|\"\")*\"|\\[^\\\n]*\\|[A-Za-z]\w*")


def verilog_name(name: str) -> str:
    """The name under which `name` goes to synthesis: GHDL writes names that Verilog reserves as they are."""
    return f"{name}_name" if name.lower() in RENAMED_FOR_VERILOG else name


def without_reserved_names(vhdl: str) -> str:
    """VHDL whose names are no Verilog keywords; the same text if there are none."""
    return TOKEN.sub(lambda match: verilog_name(match[0]), vhdl)


def direct(verilog: str) -> str:
    """The netlist as a simulator likes it; it computes the same in the same clock cycles."""
    return signed_extensions(clock_enables(direct_cases(split_wide_vectors(verilog))))


def signed_extensions(verilog: str) -> str:
    """The netlist with extensions by the sign as such: a simulator makes them in two or three operations, of the copies of a bit in five.

    Examples
    --------
    >>> signed_extensions("  assign n9_o = {{4{n8_o[11]}}, n8_o}; // sext")
    '  assign n9_o = $signed(n8_o); // sext'
    """
    return EXTENDED.sub(r"\1$signed(\2)\4", verilog)


def both_edges(verilog: str, asynchronous: bool = False) -> str:
    """The netlist with both edges of the clock where it has ``posedge``.

    Parameters
    ----------
    verilog : str
    asynchronous : bool
        Allow registers that are set or cleared without their clock; GHDL names the clock first.

    Raises
    ------
    ToolError
        If a register has another edge or, unless allowed, an asynchronous reset.
    """
    pattern = rf"posedge \w+{'(?: or posedge .+)?' if asynchronous else ''}"
    for match in EVENT.finditer(verilog):
        control = match[1].strip()
        if control != "*" and not re.fullmatch(pattern, control):
            raise ToolError(f"the native engine takes registers on the rising edge of one clock, not @({control})")
    return re.sub(r"@\s*\(posedge (\w+)", r"@(posedge \1 or negedge \1", verilog)


WRAPPER = "outside_"
"""Name of the module around a core: no entity can have it, since VHDL wants no underscore at an end."""


INVENTED = r"n\d+_\w+"
"""Names of nets that the VHDL has none for, and GHDL invents."""

_KIND = r"(?:input|output|inout|wire|reg) +(?:wire +|reg +)?(?:\[\d+:\d+\] +)?"
DECLARATION = re.compile(rf"(?m)^([ (]*{_KIND})(?!{INVENTED}\b)(\w+)(?=[;,)]| =)")


def with_names_to_look_at(verilog: str) -> str:
    r"""The netlist with a mark for Verilator at every net that has a name in the VHDL: what has none may go, or be kept in another form.

    Examples
    --------
    >>> print(with_names_to_look_at("  wire [8:0] n4_o;\n  wire [8:0] total;"))
      wire [8:0] n4_o;
      wire [8:0] total /*verilator public_flat_rw*/;
    """
    return DECLARATION.sub(r"\1\2 /*verilator public_flat_rw*/", verilog)


def wrapper(entity: str, ports: Iterable[Port]) -> str:
    """A Verilog module around `entity`: inputs are ``i_name``, outputs registered in ``q_name``."""
    ports = [port for port in ports if port.name != "clk"]
    heads, wires, pins, takes = ["input clk"], [], [".clk(clk)"], []
    for port in ports:
        span = "" if port.width is None else f"[{bits(port) - 1}:0] "
        name = verilog_name(port.name.lower())
        if port.direction == "in":
            heads.append(f"input {span}i_{port.name}")
            pins.append(f".{name}(i_{port.name})")
        else:
            heads.append(f"output reg {span}q_{port.name}")
            wires.append(f"  wire {span}w_{port.name};")
            pins.append(f".{name}(w_{port.name})")
            takes.append(f"    q_{port.name} <= w_{port.name};")
    body = "\n".join([*wires, f"  {verilog_name(entity.lower())} dut ({', '.join(pins)});"])
    always = "\n".join(["  always @(posedge clk or negedge clk) begin", *takes, "  end"])
    return f"module {WRAPPER} ({', '.join(heads)});\n{body}\n{always}\nendmodule\n"
