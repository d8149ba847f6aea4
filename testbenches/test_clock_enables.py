"""A register that waits for its enable takes the same words, however the conditions are nested."""

import numpy as np
import pytest

from testbenches.engines.clock_enables import clock_enables
from testbenches.engines.fast_netlist import signed_extensions
from testbenches.engines.ghdl import synthesize
from testbenches.engines.native_engine import run_native
from testbenches.for_tests.handwritten import stream_ports, write_design
from testbenches.stimulus import Stimulus

# Conditions around conditions, with and without an else; a value that somebody else looks at too; sums of both signs.
CONDITIONS = """\
architecture rtl of {entity} is
  signal occupied, advance : std_logic;
  signal odd, last : signed(7 downto 0);
  signal total, next_total : signed(11 downto 0);
  signal shown : signed(11 downto 0);
begin
  advance <= source_ready or not occupied;
  sink_ready <= advance;
  source_valid <= occupied;
  next_total <= total + resize(signed(sink_data), 12) when sink_data(7) = '1' else total - resize(last, 12);
  process (clk)
  begin
    if rising_edge(clk) then
      if reset = '1' then
        occupied <= '0';
        odd <= (others => '0');
        last <= (others => '0');
        total <= (others => '0');
      elsif advance = '1' then
        occupied <= sink_valid;
        if sink_valid = '1' then
          if sink_data(0) = '1' then
            odd <= signed(sink_data);
          elsif sink_data(1) = '1' then
            odd <= odd + 1;
          end if;
          if sink_data(2) = '0' then
            null;
          else
            last <= signed(sink_data);
          end if;
          total <= next_total;
          shown <= next_total xor resize(odd, 12);
        end if;
      end if;
    end if;
  end process;
  source_data <= std_logic_vector(shown);
end rtl;
"""


def shown(words):
    """What the process of the VHDL above shows for each word, in plain integers."""
    odd = last = total = 0
    rows = []
    for word in words:
        following = total + word if word & 128 else total - last
        following = (following + 2048) % 4096 - 2048
        rows.append(following ^ odd)
        if word & 1:
            odd = word
        elif word & 2:
            odd = (odd + 1 + 128) % 256 - 128
        if word & 4:
            last = word
        total = following
    return rows


@pytest.mark.parametrize("stalls", [0.0, 0.4])
def test_every_word_is_the_same(tmp_path, stalls):
    """The engine itself compares the compiled model with GHDL's simulation too."""
    design = write_design(tmp_path, CONDITIONS, stream_ports(8, 12))
    netlist = synthesize([tmp_path / name for name in design.files], design.entity)
    direct = clock_enables(netlist)
    assert direct.count("if (") > netlist.count("if (") + 5
    assert direct.count(" ? ") < netlist.count(" ? ") - 5
    assert signed_extensions(direct).count("$signed(") >= 2
    words = np.random.default_rng(1).integers(-128, 128, 2000)
    assert run_native(design, Stimulus.random_stalls(words, 2, stalls)).data.tolist() == shown(words.tolist())


def rewritten(*rows):
    text = "module m\n  (output [3:0] seen);\n" + "".join(f"  {row}\n" for row in rows) + "endmodule\n"
    out = clock_enables(text)
    return None if out == text else [row.strip() for row in out.split("\n")[2:-2]]


def test_a_register_that_never_changes_keeps_its_statement():
    assert rewritten("assign a = e ? q : q;", "always @(posedge clk)", "  q <= a;") == ["always @(posedge clk)", "q <= q;"]


def test_both_branches_keep_their_conditions():
    rows = rewritten("assign a = e ? x : q;", "assign b = f ? q : y;", "assign c = g ? a : b;", "always @(posedge clk)", "  q <= c;")
    assert rows == ["always @(posedge clk)", "if (g)", "begin", "if (e)", "q <= x;", "end", "else", "if (!f)", "q <= y;"]


@pytest.mark.parametrize(
    "rows",
    [
        ("assign a = e ? x : q;", "assign z = a;", "always @(posedge clk)", "  q <= a;"),
        ("assign seen = e ? x : q;", "always @(posedge clk)", "  q <= seen;"),
        ("assign a = x + q;", "always @(posedge clk)", "  q <= a;"),
    ],
    ids=["read by another", "a port", "no choice"],
)
def test_what_somebody_else_sees_stays(rows):
    assert rewritten(*rows) is None
