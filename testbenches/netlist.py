"""Make GHDL's Verilog netlist fast to simulate, without changing what it computes.

Two things are done to its text. Every register takes both edges of the clock, so that a simulator spends one
evaluation on a clock cycle instead of two; there is one clock, and nothing else may use it. And a wrapper
registers all outputs, so that what the ports showed before an edge can be read after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ip_cores.core import Port
from testbenches.errors import ToolError
from testbenches.interface import bits

EVENT = re.compile(r"@\s*\(([^)]*)\)")


def both_edges(verilog: str) -> str:
    """The netlist with every ``posedge`` as ``edge``.

    Raises
    ------
    ToolError
        If a register has another edge or an asynchronous reset.
    """
    for match in EVENT.finditer(verilog):
        control = match[1].strip()
        if control != "*" and not re.fullmatch(r"posedge \S+", control):
            raise ToolError(f"the native engine takes registers on the rising edge of one clock, not @({control})")
    return re.sub(r"@\s*\(posedge (\S+)\)", r"@(edge \1)", verilog)


def wrapper(entity: str, ports: Iterable[Port]) -> str:
    """A Verilog module ``top`` around `entity`: inputs are ``i_name``, outputs registered in ``q_name``."""
    ports = [port for port in ports if port.name != "clk"]
    heads, wires, pins, takes = ["input clk"], [], [f".{escaped('clk')}(clk)"], []
    for port in ports:
        span = "" if port.width is None else f"[{bits(port) - 1}:0] "
        name = port.name.lower()
        if port.direction == "in":
            heads.append(f"input {span}i_{port.name}")
            pins.append(f".{escaped(name)}(i_{port.name})")
        else:
            heads.append(f"output reg {span}q_{port.name}")
            wires.append(f"  wire {span}w_{port.name};")
            pins.append(f".{escaped(name)}(w_{port.name})")
            takes.append(f"    q_{port.name} <= w_{port.name};")
    body = "\n".join([*wires, f"  {escaped(entity.lower())} dut ({', '.join(pins)});"])
    return f"module top ({', '.join(heads)});\n{body}\n  always @(edge clk) begin\n" + "\n".join(takes) + "\n  end\nendmodule\n"


def escaped(name: str) -> str:
    """A Verilog identifier that may be a keyword; the blank ends it."""
    return f"\\{name} "
