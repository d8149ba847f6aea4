"""Small blocks of VHDL written by hand, to try the engines without the generator; used by tests only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ip_cores.port import Port


@dataclass(frozen=True)
class Design:
    """What an engine needs of a manifest."""

    folder: Path
    entity: str
    files: tuple[str, ...]
    ports: tuple[Port, ...]


def stream_ports(sink: int, source: int, *others: Port, signed: bool = True) -> tuple[Port, ...]:
    """Ports of a stream core with data of the widths given."""
    return (
        Port("clk", "in"),
        Port("reset", "in"),
        Port("sink_valid", "in"),
        Port("sink_ready", "out"),
        Port("sink_data", "in", sink, signed),
        Port("source_valid", "out"),
        Port("source_ready", "in"),
        Port("source_data", "out", source, signed),
        *others,
    )


def write_design(folder: Path, text: str, ports: tuple[Port, ...], entity: str = "block_under_test", **values: object) -> Design:
    """Put the VHDL of an architecture into a file, with its entity; ``{name}`` in the text is filled in."""
    kinds = {port.name: "std_logic" if port.width is None else f"std_logic_vector({port.width - 1} downto 0)" for port in ports}
    declared = ";\n    ".join(f"{port.name} : {port.direction} {kinds[port.name]}" for port in ports)
    text = HEAD + text
    for name, value in {**values, "ports": declared, "entity": entity}.items():
        text = text.replace(f"{{{name}}}", str(value))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{entity}.vhd").write_text(text)
    return Design(folder, entity, (f"{entity}.vhd",), ports)


def register_stage(
    folder: Path,
    expression: str,
    sink: int,
    source: int,
    *others: Port,
    text: str = "",
    declarations: str = "",
    entity: str = "block_under_test",
    signed: bool = True,
) -> Design:
    """One register stage: source word = `expression` of ``x``, the sink word as signed."""
    ports = stream_ports(sink, source, *others, signed=signed)
    return write_design(folder, text or STAGE, ports, entity, expression=expression, declarations=declarations, high=sink - 1)


HEAD = """\
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity {entity} is
  port (
    {ports}
  );
end {entity};

"""

STAGE = """\
architecture rtl of {entity} is
  signal occupied, advance : std_logic;
  signal x : signed({high} downto 0);
{declarations}
begin
  x <= signed(sink_data);
  advance <= source_ready or not occupied;
  sink_ready <= advance;
  source_valid <= occupied;
  process (clk)
  begin
    if rising_edge(clk) then
      if reset = '1' then
        occupied <= '0';
        source_data <= (others => '0');
      elsif advance = '1' then
        occupied <= sink_valid;
        if sink_valid = '1' then
          source_data <= std_logic_vector({expression});
        end if;
      end if;
    end if;
  end process;
end rtl;
"""

RUNNING_SUM = """\
architecture rtl of {entity} is
  signal occupied, advance : std_logic;
  signal sum : signed(23 downto 0);
begin
  advance <= source_ready or not occupied;
  sink_ready <= advance;
  source_valid <= occupied;
  source_data <= std_logic_vector(sum);
  process (clk)
  begin
    if rising_edge(clk) then
      if reset = '1' then
        occupied <= '0';
        sum <= (others => '0');
      elsif advance = '1' then
        occupied <= sink_valid;
        if sink_valid = '1' then
          sum <= sum + signed(sink_data);
        end if;
      end if;
    end if;
  end process;
end rtl;
"""

# Every word is delivered twice, marked in source_channel; the gain is a plain port, the count of words a status.
TWICE = """\
architecture rtl of {entity} is
  signal left : unsigned(1 downto 0);
  signal word : std_logic_vector(7 downto 0);
  signal number : unsigned(7 downto 0);
begin
  sink_ready <= '1' when left = 0 else '0';
  source_valid <= '0' when left = 0 else '1';
  source_channel <= "0" when left = 2 else "1";
  source_data <= word;
  count <= std_logic_vector(number);
  process (clk)
    variable product : signed(15 downto 0);
  begin
    if rising_edge(clk) then
      if reset = '1' then
        left <= (others => '0');
        word <= (others => '0');
        number <= (others => '0');
      elsif left = 0 then
        if sink_valid = '1' then
          product := signed(sink_data) * signed(gain);
          word <= std_logic_vector(product(7 downto 0));
          number <= number + 1;
          left <= to_unsigned(2, 2);
        end if;
      elsif source_ready = '1' then
        left <= left - 1;
      end if;
    end if;
  end process;
end rtl;
"""
