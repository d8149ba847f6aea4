"""What Quartus II 13.0 SP1 and Platform Designer read beside the VHDL: .qip, .sdc, _hw.tcl and a text to paste.

Pure functions from a core to text. All paths are relative to the folder that the files stand in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ip_cores.core import Core
from ip_cores.port import Port, vhdl_type

CLOCK_PERIOD = 20.0
"""Nanoseconds; the 50 MHz of the DE2-70 board."""

STREAM_ROLES = ("valid", "ready", "data", "channel", "startofpacket", "endofpacket", "empty", "error")
"""Signal roles of an Avalon-ST interface (Avalon Interface Specifications)."""


SLAVE_ROLES = ("address", "read", "write", "writedata", "readdata")
"""Signal roles of an Avalon-MM slave (Avalon Interface Specifications)."""


def qip(files: Sequence[str]) -> str:
    """The file that adds a core to a Quartus project: ``set_global_assignment -name QIP_FILE folder/NAME.qip``."""
    return "".join(f'set_global_assignment -name VHDL_FILE [file join $::quartus(qip_path) "{file}"]\n' for file in files)


def sdc(core: Core) -> str:
    """Timing constraints for a core compiled on its own.

    A design that instantiates the core constrains its own clocks.
    """
    names = {pin.port.name: pin.outer.name for pin in core.pins}
    clocks = [names[clock] for clock, _ in domains(core)]
    lines = [f"# For compiling {core.name} on its own. A design around it has its own clocks: NAME.qip does not name this file."]
    lines += [f"create_clock -name {clock} -period {CLOCK_PERIOD:.3f} [get_ports {{{clock}}}]" for clock in clocks]
    lines.append("derive_clock_uncertainty")
    if len(clocks) > 1:
        groups = " ".join(f"-group {{{clock}}}" for clock in clocks)
        lines.append(f"set_clock_groups -asynchronous {groups}")
    return "\n".join(lines) + "\n"


def domains(core: Core) -> tuple[tuple[str, str], ...]:
    """(clock, reset) of every clock domain, the sink's first."""
    return tuple(dict.fromkeys(core.domains.values()))


def platform_designer(core: Core, files: Sequence[str], version: str) -> str:
    """``NAME_hw.tcl``: the core as a component of Platform Designer (Qsys).

    Clock and reset, Avalon-ST sink and source with readyLatency 0, an Avalon-MM slave for registers (ports ``NAME_address``,
    ``NAME_write``, ``NAME_writedata``, ``NAME_readdata``), and one conduit for every other port.
    """
    lines = [
        f"# {core.name} as a component of Platform Designer; put this folder into its IP search path.",
        "package require -exact qsys 13.0",
        "",
        *_properties("set_module_property", NAME=core.name, VERSION=version, DISPLAY_NAME=f'"{core.name} ({core.kind})"'),
        f'set_module_property DESCRIPTION "{_tcl(core.summary)}"',
        'set_module_property GROUP "ossicle"',
        "set_module_property EDITABLE false",
        "",
    ]
    for fileset in ("QUARTUS_SYNTH", "SIM_VHDL"):
        lines += [f'add_fileset {fileset} {fileset} "" ""', f"set_fileset_property {fileset} TOP_LEVEL {core.name}"]
        for file in files:
            top = " TOP_LEVEL_FILE" if file == files[-1] and fileset == "QUARTUS_SYNTH" else ""
            lines.append(f"add_fileset_file {file} VHDL PATH {file}{top}")
        lines.append("")
    ports = {port.name: port for port in core.ports}
    for clock, reset in domains(core):
        ports.pop(clock)
        ports.pop(reset, None)
        lines += [f"add_interface {clock} clock end", f"add_interface_port {clock} {clock} clk Input 1", ""]
        if not reset:
            continue
        lines += [f"add_interface {reset} reset end", f"set_interface_property {reset} associatedClock {clock}"]
        lines += [f"set_interface_property {reset} synchronousEdges BOTH", f"add_interface_port {reset} {reset} reset Input 1", ""]
    for side, kind in (("sink", "end"), ("source", "start")):
        fields = {role: ports.pop(f"{side}_{role}") for role in STREAM_ROLES if f"{side}_{role}" in ports}
        if fields:
            lines += [*_stream(core, side, kind, fields), ""]
    for prefix in [name.removesuffix("_writedata") for name in ports if name.endswith("_writedata")]:
        fields = {role: ports.pop(f"{prefix}_{role}") for role in SLAVE_ROLES if f"{prefix}_{role}" in ports}
        lines += [*_slave(core, prefix, fields), ""]
    if ports:
        lines += _conduit(core, ports.values())
    return "\n".join(lines).rstrip() + "\n"


def _properties(command: str, **values: str) -> list[str]:
    return [f"{command} {name} {value}" for name, value in values.items()]


def _stream(core: Core, side: str, kind: str, fields: dict[str, Port]) -> Iterator[str]:
    clock, reset = core.domains[side]
    width = fields["data"].width or 1
    yield f"add_interface {side} avalon_streaming {kind}"
    values = {
        "associatedClock": clock,
        "associatedReset": reset,
        "dataBitsPerSymbol": width,
        "symbolsPerBeat": 1,
        "firstSymbolInHighOrderBits": "true",
        "readyLatency": 0,
        "maxChannel": (1 << (fields["channel"].width or 1)) - 1 if "channel" in fields else 0,
        "errorDescriptor": '""',
    }
    yield from _properties(f"set_interface_property {side}", **{name: str(value) for name, value in values.items()})
    for role, port in fields.items():
        yield from _port(side, port, role)


def _slave(core: Core, name: str, fields: dict[str, Port]) -> Iterator[str]:
    """Registers, one a word address, read without a clock: a wait state leaves time for the way back."""
    clock, reset = core.domains["sink"]
    yield f"add_interface {name} avalon end"
    yield from _properties(
        f"set_interface_property {name}", associatedClock=clock, associatedReset=reset, addressUnits="WORDS", readWaitTime="1"
    )
    for role, port in fields.items():
        yield from _port(name, port, role)


def _conduit(core: Core, ports: Iterable[Port]) -> Iterator[str]:
    yield "add_interface pins conduit end"
    clock, reset = core.domains["sink"]
    values = {"associatedClock": clock, "associatedReset": reset}
    yield from _properties("set_interface_property pins", **{name: value for name, value in values.items() if value})
    for port in ports:
        yield from _port("pins", port, port.name)


def _port(interface: str, port: Port, role: str) -> Iterator[str]:
    direction = {"in": "Input", "out": "Output", "inout": "Bidir"}[port.direction]
    yield f"add_interface_port {interface} {port.name} {role} {direction} {port.width or 1}"
    # Qsys would otherwise take a vector of one bit for a std_logic.
    if port.width == 1:
        yield f"set_port_property {port.name} VHDL_TYPE STD_LOGIC_VECTOR"


def _tcl(text: str) -> str:
    """Text inside double quotes of Tcl."""
    return "".join(f"\\{letter}" if letter in '\\"[]$' else letter for letter in text)


def instantiation_template(core: Core) -> str:
    """Component declaration and instantiation, to paste into a design."""
    ports = core.delivered_ports
    width = max(len(port.name) for port in ports)
    declared = ";\n".join(f"        {port.name:<{width}} : {port.direction:<3} {vhdl_type(port)}" for port in ports)
    mapped = ",\n".join(f"        {port.name:<{width}} => {port.name}" for port in ports)
    return (
        f"-- Paste the declaration before the architecture's begin and the instantiation after it.\n\n"
        f"component {core.name} is\n    port (\n{declared}\n    );\nend component {core.name};\n\n"
        f"u_{core.name}: {core.name}\n    port map (\n{mapped}\n    );\n"
    )
