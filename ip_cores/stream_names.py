"""What the ports of a delivered top entity are called: as the contract calls them, or as AMBA's AXI4-Stream does.

Names, polarity of the reset and padding of the data are a shell around the hardware, which knows the names of the contract alone.

References
----------
Arm Ltd., AMBA AXI-Stream Protocol Specification, IHI 0051B, 2021: signal list (2.1), byte-wide data (2.3), reset (2.9.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ip_cores.parameters import ParameterError
from ip_cores.port import Port

AVALON, AXI = "avalon", "axi"
INTERFACES = (AVALON, AXI)

AXI_ROLES = {
    "valid": "tvalid",
    "ready": "tready",
    "data": "tdata",
    "endofpacket": "tlast",
    "startofpacket": "tuser",
    "channel": "tid",
}
"""AXI4-Stream's signal for each of the contract's. It has none for the start of a packet: TUSER carries it, as video streams use it. The
number of a band or channel is TID, by which streams that share the wires are told apart."""

AXI_SIDES = {"sink": "s_axis", "source": "m_axis"}


@dataclass(frozen=True)
class Pin:
    """One port of a delivered top entity.

    Attributes
    ----------
    outer : Port
        As it is delivered.
    port : Port
        The port of the contract that it carries; the same where nothing is renamed.
    """

    outer: Port
    port: Port

    @property
    def direct(self) -> bool:
        """Whether it is the contract's port under any name: no bit is inverted or added."""
        return self.outer.active_low == self.port.active_low and self.outer.width == self.port.width

    @property
    def remark(self) -> str:
        """What its polarity or its padding is; nothing where it is `direct`."""
        if self.direct:
            return ""
        if self.outer.width == self.port.width:
            return "active low"
        padding = (self.outer.width or 1) - (self.port.width or 1)
        bits = "the highest bit is" if padding == 1 else f"the {padding} highest bits are"
        return f"{bits} {'not read' if self.port.direction == 'in' else 'its sign' if self.port.signed else '0'}"


def pins(interface: str, ports: Sequence[Port], domains: Iterable[tuple[str, str]]) -> tuple[Pin, ...]:
    """The ports of the top entity that is delivered, one for each of the contract's, in their order.

    Parameters
    ----------
    interface : {"avalon", "axi"}
    ports : sequence of Port
        Those of the contract.
    domains : iterable of (str, str)
        Clocks and resets among them.
    """
    if interface == AVALON:
        return tuple(Pin(port, port) for port in ports)
    clocks = {name: role for pair in domains for name, role in zip(pair, ("aclk", "aresetn"), strict=True)}
    return tuple(Pin(_axi_port(port, clocks), port) for port in ports)


def _axi_port(port: Port, clocks: Mapping[str, str]) -> Port:
    side, _, role = port.name.partition("_")
    if port.name in clocks:
        # Two clocks: each belongs to a side.
        return replace(port, name=f"{AXI_SIDES[side]}_{clocks[port.name]}" if side in AXI_SIDES else clocks[port.name])
    if side not in AXI_SIDES:
        return port
    width = 8 * -(-port.width // 8) if role == "data" and port.width else port.width
    return replace(port, name=f"{AXI_SIDES[side]}_{AXI_ROLES[role]}", width=width)


def from_outside(delivered: Iterable[Pin]) -> tuple[Pin, ...]:
    """The same pins seen by who has the contract's names and holds the delivered entity: a bench, a proof."""
    return tuple(Pin(pin.port, pin.outer) for pin in delivered)


def same_value(target: Port, source: Port) -> list[str]:
    """VHDL-93 that gives `target` the value of `source`: inverted, extended or cut where these two differ in that."""
    if target.active_low != source.active_low:
        return [f"{target.name} <= not {source.name};"]
    if target.width is None or source.width is None or target.width == source.width:
        return [f"{target.name} <= {source.name};"]
    if target.width < source.width:
        return [f"{target.name} <= {source.name}({target.width - 1} downto 0);"]
    filled = f"{source.name}({source.width - 1})" if source.signed else "'0'"
    return [
        f"{target.name}({source.width - 1} downto 0) <= {source.name};",
        f"{target.name}({target.width - 1} downto {source.width}) <= (others => {filled});",
    ]


def check_port_names(name: str, delivered: Iterable[Pin]) -> None:
    """Refuse an entity that is called as one of its ports, inside or outside.

    Raises
    ------
    ParameterError
    """
    if name.lower() in {port.name.lower() for pin in delivered for port in (pin.port, pin.outer)}:
        raise ParameterError("name", name, "must be another than that of a port of the core, which would hide the entity's")
