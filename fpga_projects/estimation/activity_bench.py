"""A bench in VHDL-93 that keeps a core busy, whatever clocks it has: for the activity of cores that the native engine cannot play."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ip_cores.core import Core
from ip_cores.port import Port
from testbenches.interface import bits, encode

BENCH = "activity_bench"
RESET_CLOCKS = 8


def activity_bench(core: Core, words: Mapping[str, Any], clocks: int) -> str:
    """Text of the bench; the core's instance is ``dut``.

    All clocks have the same period, each begins a quarter of it after the one before. The sink is offered a word whenever it takes
    one, again from the first after the last, the source is always ready, other inputs hold the core's defaults, inputs that it says
    nothing of are low.

    Parameters
    ----------
    core : Core
    words : mapping of str to array of int
        By sink field, at least one word; empty for a core without a sink.
    clocks : int
        Length of the run.
    """
    ports = {port.name: port for port in core.ports}
    domains = list(dict.fromkeys(core.domains.values()))
    clock_names = [clock for clock, _ in domains if clock in ports]
    resets = [reset for _, reset in domains if reset in ports]
    drives = {port.name: constant(port, core.controls.get(port.name, 0)) for port in core.ports if port.direction == "in"}
    drives = {name: value for name, value in drives.items() if name not in clock_names}
    drives.update(dict.fromkeys(resets, "'1'"), **({"source_ready": "'1'"} if "source_ready" in ports else {}))
    signals = [f"signal {name}: {kind(port)}{' := ' + drives[name] if name in drives else ''};" for name, port in ports.items()]
    processes = [clock_process(clock, place) for place, clock in enumerate(clock_names)]
    processes += [f"{reset} <= '0' after {RESET_CLOCKS * 20} ns;" for reset in resets]
    tables: list[str] = []
    if "sink_valid" in ports and words:
        fields = {f"sink_{name}": list(encode(ports[f"sink_{name}"], values)) for name, values in words.items()}
        tables = [table(ports[name], values) for name, values in fields.items()]
        processes.append(upstream(core.domains["sink"], {name: len(values) for name, values in fields.items()}, ports))
    return "\n".join(
        [
            "library ieee;\nuse ieee.std_logic_1164.all;\nuse ieee.numeric_std.all;",
            f"entity {BENCH} is\nend entity {BENCH};",
            f"architecture bench of {BENCH} is",
            *(f"    {line}" for line in (*tables, "signal over: boolean := false;", *signals)),
            "begin",
            f"    dut: entity work.{core.name} port map ({', '.join(f'{name} => {name}' for name in ports)});",
            *(f"    {line}" for line in processes),
            f"    over <= true after {clocks * 20} ns;",
            "end architecture bench;\n",
        ]
    )


def kind(port: Port) -> str:
    """Type of a port in VHDL."""
    return "std_logic" if port.width is None else f"std_logic_vector({bits(port) - 1} downto 0)"


def constant(port: Port, value: int) -> str:
    """A value as a literal of the port's type."""
    text = format(int(encode(port, value)[0]), f"0{bits(port)}b")
    return f"'{text}'" if port.width is None else f'"{text}"'


def clock_process(clock: str, place: int) -> str:
    """A clock of 50 MHz that stops when the run is over."""
    return (
        f"process begin {clock} <= '0'; wait for {5 * place} ns; while not over loop"
        f" wait for 10 ns; {clock} <= '1'; wait for 10 ns; {clock} <= '0'; end loop; wait; end process;"
    )


def table(port: Port, values: list[int]) -> str:
    """The words of a sink field as a constant."""
    rows = ", ".join(f'{place} => "{int(value):0{bits(port)}b}"' for place, value in enumerate(values))
    vector = f"std_logic_vector({bits(port) - 1} downto 0)"
    return (
        f"type {port.name}_table is array (0 to {len(values) - 1}) of {vector}; constant {port.name}_words: {port.name}_table := ({rows});"
    )


def upstream(domain: tuple[str, str], fields: Mapping[str, int], ports: Mapping[str, Port]) -> str:
    """The process that offers words."""
    clock, reset = domain
    length = next(iter(fields.values()))
    pick = {name: f"{name}_words(place)" + ("(0)" if ports[name].width is None else "") for name in fields}
    put = " ".join(f"{name} <= {word};" for name, word in pick.items())
    waiting = f"if {reset} = '0' then " if reset else "if true then "
    return (
        f"process variable place: natural := 0; begin wait until rising_edge({clock}); {waiting}"
        f" if sink_valid = '1' and sink_ready = '1' then place := (place + 1) mod {length}; end if;"
        f" {put} sink_valid <= '1'; end if; end process;"
    )
