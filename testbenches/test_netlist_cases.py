"""A choice in the netlist looks at the value again, and chooses the same; what Verilog does not know is written otherwise."""

import numpy as np

from ip_cores.fir import Fir
from testbenches.engines.ghdl import synthesize
from testbenches.engines.native_engine import run_native
from testbenches.engines.netlist_cases import direct_cases
from testbenches.for_tests.handwritten import stream_ports, write_design
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

# A choice between single values, several and the rest; one on an integer, whose upper bits are constant.
CHOICES = """\
architecture rtl of {entity} is
  signal occupied, advance : std_logic;
begin
  advance <= source_ready or not occupied;
  sink_ready <= advance;
  source_valid <= occupied;
  process (clk)
    variable first, second : signed(7 downto 0);
  begin
    if rising_edge(clk) then
      if reset = '1' then
        occupied <= '0';
      elsif advance = '1' then
        occupied <= sink_valid;
        if sink_valid = '1' then
          case sink_data(3 downto 0) is
            when "0000" => first := "00000111";
            when "0011" | "0101" => first := signed(sink_data);
            when "1110" => first := "11110000";
            when "1000" | "1001" | "1100" => first := "01010101";
            when others => first := "00100001";
          end case;
          case to_integer(unsigned(sink_data(6 downto 4))) is
            when 0 => second := "00000001";
            when 1 => second := "00000011";
            when 4 | 5 | 6 => second := "10000000";
            when others => second := (others => '1');
          end case;
          source_data <= std_logic_vector(first xor second);
        end if;
      end if;
    end if;
  end process;
end rtl;
"""


def chosen(word):
    """What the case statements of the VHDL above say."""
    low, high = word & 15, word >> 4 & 7
    first = {0: 0b111, 3: word, 5: word, 14: 0b11110000, 8: 0b01010101, 9: 0b01010101, 12: 0b01010101}.get(low, 0b100001)
    second = {0: 1, 1: 3, 4: 0x80, 5: 0x80, 6: 0x80}.get(high, 0xFF)
    return first ^ second


def test_every_choice_is_the_same(tmp_path):
    """All 256 words; the engine itself compares the compiled model with GHDL's simulation."""
    design = write_design(tmp_path, CHOICES, stream_ports(8, 8, signed=False))
    netlist = synthesize([tmp_path / name for name in design.files], design.entity)
    direct = direct_cases(netlist)
    assert netlist.count("case (") >= 2
    # No label is one-hot any more: the second choice is on three bits.
    assert "      4'b1000, 4'b1001, 4'b1100: " in direct
    assert "      3'b100, 3'b101, 3'b110: " in direct
    words = np.random.default_rng(0).permutation(256)
    assert run_native(design, Stimulus({"data": words})).data.tolist() == [chosen(int(word)) for word in words]


def rewritten(bundle, labels, **driven):
    """A netlist with one case, and what becomes of the case."""
    assigned = "".join(f"  assign {name} = {text};\n" for name, text in driven.items())
    rows = "".join(f"      {label}: y = 1'b1;\n" for label in labels)
    text = f"module m;\n{assigned}  assign all = {bundle};\n    case (all)\n{rows}      default: y = 1'b0;\n    endcase\nendmodule\n"
    out = direct_cases(text)
    return out if out != text else None


def test_a_padded_value_is_narrowed():
    found = rewritten("{b, a}", ["2'b10", "2'b01"], v="{2'b00, w}", a="v == 4'b0001", b="v == 4'b0010")
    assert "case (w)" in found
    assert "2'b10: y" in found
    assert "2'b01: y" in found
    high = rewritten("{b, a}", ["2'b10", "2'b01"], v="{2'b00, w}", a="v == 4'b0001", b="v == 4'b0110")
    assert "case (v)" in high
    assert "4'b0110: y" in high


def test_what_is_no_choice_of_one_value_stays():
    two = ["2'b10", "2'b01"]
    assert rewritten("{b, a}", two, a="v == 2'b01", b="v == 2'b10")
    # Another value; something else than a comparison; twice the same constant; a bundle looked at for two bits at once.
    assert not rewritten("{b, a}", two, a="v == 2'b01", b="w == 2'b10")
    assert not rewritten("{b, a}", two, a="v == 2'b01", b="~w")
    assert not rewritten("{b, a}", two, a="v == 2'b01", b="v == 2'b01")
    assert not rewritten("{b, a}", ["2'b11", "2'b00"], a="v == 2'b01", b="v == 2'b10")


def test_the_sign_of_a_constant_is_a_bit_of_its_own():
    core = Fir(name="drawn", coefficients=[0.375], coefficient="sfix32_En32", sink="ufix32_En31", source="sfix2_En1", form="direct")
    words = np.random.default_rng(5).integers(0, 1 << 32, 40)
    response = run(core, Stimulus({"data": words}, drain=50), "native")
    # Three eighths of a word, in halves, to nearest; 1 is the largest of two bits.
    assert response.data.tolist() == np.minimum((3 * words + (1 << 32)) >> 33, 1).tolist()
