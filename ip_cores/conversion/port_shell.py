"""An entity around another one that gives its ports other names, another polarity or more bits, and does nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from ip_cores.conversion.vhdl_text import INDENT, LINE_LENGTH, comment
from ip_cores.port import Port, vhdl_type
from ip_cores.stream_names import Pin, same_value

CHANGED = "The reset of AMBA is active low, its words are whole bytes."


def port_shell(name: str, inside: str, pins: Sequence[Pin], head: str, why: str, remarks: Mapping[str, str]) -> str:
    """VHDL-93 of the shell.

    Parameters
    ----------
    name, inside : str
        The entity that is written, and the one that it holds, which has the ports of the contract.
    pins : sequence of Pin
    head : str
        Comment at the head of the file.
    why : str
        Comment in front of the instance.
    remarks : mapping of str to str
        What stands beside a port, by the name of the contract's; the shell adds its polarity and padding.
    """
    outer = {pin.outer.name: _remark(pin, remarks.get(pin.port.name, "")) for pin in pins}
    signals, lines = links(pins)
    declared = [line for port in signals for line in _declared(port, remarks.get(port.name, ""), f"{INDENT}signal ", ";")]
    mapped = [f"{pin.port.name} => {pin.outer.name if pin.direct else pin.port.name}" for pin in pins]
    return "\n".join(
        [
            *comment(head),
            *("", "library ieee;", "use ieee.std_logic_1164.all;"),
            *("", f"entity {name} is", f"{INDENT}port ("),
            *_port_lines([pin.outer for pin in pins], outer),
            *(f"{INDENT});", f"end entity {name};", "", f"architecture rtl of {name} is", ""),
            *declared,
            *(["", "begin", ""] if declared else ["begin", ""]),
            *(f"{INDENT}{line}".rstrip() for line in [f"-- {CHANGED}", *lines, ""] if lines),
            *(f"{INDENT}{line}".rstrip() for line in comment(why, LINE_LENGTH - len(INDENT))),
            *(f"{INDENT}streams: entity work.{inside}", f"{INDENT * 2}port map ("),
            *(f"{INDENT * 3}{line}{',' if at + 1 < len(mapped) else ''}" for at, line in enumerate(mapped)),
            *(f"{INDENT * 2});", "", "end architecture rtl;", ""),
        ]
    )


def links(pins: Sequence[Pin]) -> tuple[list[Port], list[str]]:
    """Signals for the contract's ports that are not `direct`, and the assignments between these and the outer ports, from outside."""
    changed = [pin for pin in pins if not pin.direct]
    pairs = [(pin.port, pin.outer) if pin.port.direction == "in" else (pin.outer, pin.port) for pin in changed]
    return [pin.port for pin in changed], [line for target, source in pairs for line in same_value(target, source)]


def _port_lines(ports: Sequence[Port], remarks: Mapping[str, str]) -> list[str]:
    """Declarations, a blank line between the groups."""
    lines: list[str] = []
    for _, group in groupby(ports, lambda port: port.name.rpartition("_")[0]):
        lines += [""] if lines else []
        for port in group:
            lines += _declared(port, remarks[port.name], INDENT * 2, "" if port is ports[-1] else ";", f"{port.direction} ")
    return lines


def _remark(pin: Pin, said: str) -> str:
    """What is said of the contract's port, true of the outer one."""
    if not pin.remark:
        return said
    if pin.outer.active_low:
        said = said.replace(", active high", "")
    return f"{said}, {pin.remark}" if said else pin.remark


def _declared(port: Port, remark: str, before: str, after: str, direction: str = "") -> list[str]:
    """A declaration with its remark, which stands in front where the line would become too long."""
    line = f"{before}{port.name}: {direction}{vhdl_type(port)}{after}"
    if not remark:
        return [line]
    beside = f"{line}  -- {remark}"
    indent = before[: len(before) - len(before.lstrip())]
    return [beside] if len(beside) <= LINE_LENGTH else [*(f"{indent}{one}" for one in comment(remark, LINE_LENGTH - len(indent))), line]
