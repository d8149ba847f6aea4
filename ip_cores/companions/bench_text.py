"""Pieces of VHDL that test benches are made of: values, tables of words, the fields of a stream side by side in a vector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ip_cores.conversion.port_shell import links
from ip_cores.core import Core
from ip_cores.port import Port, vhdl_type
from ip_cores.stream_names import from_outside


def device(core: Core) -> tuple[list[str], str, list[str]]:
    """Signals for the delivered ports that are not as the contract's, the port map, and what joins the two."""
    outside = from_outside(core.pins)
    signals, lines = links(outside)
    mapped = ",\n".join(f"            {pin.port.name} => {pin.outer.name if pin.direct else pin.port.name}" for pin in outside)
    return [f"    signal {port.name}: {vhdl_type(port)};" for port in signals], mapped, [f"    {line}" for line in lines]


def stream_fields(core: Core, side: str) -> dict[str, Port]:
    """Ports of one stream that travel with a word, data first."""
    further = {port.name.partition("_")[2] for port in (core.sink_ports if side in core.sinks else core.source_ports)}
    fields = {port.name.removeprefix(f"{side}_"): port for port in core.ports if port.name.startswith(f"{side}_")}
    return {"data": fields["data"]} | {name: port for name, port in fields.items() if name in further}


def total_width(fields: Mapping[str, Port]) -> int:
    """Bits of some ports side by side."""
    return sum(port.width or 1 for port in fields.values())


def start_value(port: Port, controls: Mapping[str, int]) -> str:
    """Initial value in the declaration of an input's signal; none for an output's."""
    if port.direction == "out":
        return ""
    bits = bit_text(port, controls.get(port.name, 0))
    return f" := '{bits}'" if port.width is None else f' := "{bits}"'


def bit_text(port: Port, value: Any) -> str:
    """A value as the bits of a port."""
    width = port.width or 1
    return format(int(value) & ((1 << width) - 1), f"0{width}b")


def vector_rows(fields: Mapping[str, Port], words: Mapping[str, Any]) -> str:
    """Rows of a VHDL aggregate, the fields of a word side by side."""
    columns = [[bit_text(port, value) for value in words[name]] for name, port in fields.items()]
    return ",\n".join(f'        {number} => "{"".join(row)}"' for number, row in enumerate(zip(*columns, strict=True)))


def assignments(fields: Mapping[str, Port], vector: str) -> list[str]:
    """What takes a vector with the fields side by side apart again."""
    place, lines = total_width(fields), []
    for port in fields.values():
        place -= port.width or 1
        part = f"({place})" if port.width is None else f"({place + port.width - 1} downto {place})"
        lines.append(f"{port.name} <= {vector}{part}")
    return lines
