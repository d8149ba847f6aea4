"""Wide vectors of a netlist are taken apart without changing what it computes."""

import numpy as np
import pytest

from testbenches.engines.ghdl import synthesize
from testbenches.engines.ghdl_engine import run_ghdl
from testbenches.engines.native_engine import first_difference, run_native
from testbenches.engines.wide_vectors import split_wide_vectors
from testbenches.for_tests.handwritten import Design, stream_ports, write_design
from testbenches.stimulus import Stimulus

# An array of {count} words of {bits} bits: a delay line that is also read whole, by a constant and by a moving index.
ARRAY = """\
architecture rtl of {entity} is
  constant COUNT : integer := {count};
  type words is array (0 to COUNT - 1) of signed({bits} - 1 downto 0);
  signal line : words;
  signal occupied, advance : std_logic;
  signal place : unsigned(3 downto 0);
begin
  advance <= source_ready or not occupied;
  sink_ready <= advance;
  source_valid <= occupied;
  process (clk)
    variable sum : signed({bits} - 1 downto 0);
  begin
    if rising_edge(clk) then
      if reset = '1' then
        occupied <= '0';
        place <= (others => '0');
        for k in line'range loop
          line(k) <= to_signed(k, {bits});
        end loop;
      elsif advance = '1' then
        occupied <= sink_valid;
        if sink_valid = '1' then
          place <= place + 1;
          line(0) <= signed(sink_data);
          for k in 1 to COUNT - 1 loop
            line(k) <= line(k - 1);
          end loop;
          sum := line(COUNT - 1) + line(1);
          {extra}
          source_data <= std_logic_vector(sum);
        end if;
      end if;
    end if;
  end process;
end rtl;
"""

READS = {
    "constant places": "",
    "moving index": "sum := sum + line(to_integer(place));",
    "moving write": "line(to_integer(place)) <= sum;",
    "compared": "if signed'(line(2)(3 downto 0) & line(1) & line(3)) = 0 then sum := -sum; end if;",
}


def array(folder, count: int, bits: int, read: str) -> Design:
    return write_design(folder, ARRAY, stream_ports(bits, bits), extra=READS[read], count=count, bits=bits)


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize(("count", "bits"), [(16, 8), (17, 13), (16, 40), (5, 64)])
def test_arrays_of_any_width(read, count, bits, tmp_path):
    if count < 16 and "moving" in read:
        pytest.skip("the index is four bits wide")
    design = array(tmp_path, count, bits, read)
    x = np.random.default_rng(bits).integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1, 60)
    x[20:30] = 0
    stimulus = Stimulus.random_stalls(x, 1, 0.3, reset_at=40)
    assert first_difference(run_ghdl(design, stimulus), run_native(design, stimulus)) == ""


def test_what_is_split_and_what_is_left(tmp_path):
    design = array(tmp_path, 16, 40, "constant places")
    split = split_wide_vectors(synthesize([tmp_path / design.files[0]], design.entity))
    assert "[639:0]" not in split
    aligned = synthesize([tmp_path / array(tmp_path, 16, 16, "constant places").files[0]], design.entity)
    assert split_wide_vectors(aligned) == aligned


NAMESAKES = """\
module sum
  (input  [79:0] a,
   output [79:0] y);
  wire [79:0] product_0;
  wire [79:0] product;
  wire [79:0] n1_o;
  assign y = n1_o; //(module output)
  assign product_0 = a; // (signal)
  assign product = {a[3:0], a[79:4]}; // (signal)
  assign n1_o = product_0 + product;
endmodule
"""


def test_a_piece_has_the_name_of_no_other_vector():
    """Two vectors, one called as the first piece of the other would be: each is driven once."""
    split = split_wide_vectors(NAMESAKES)
    driven = [line.split()[1] for line in split.splitlines() if line.startswith("  assign")]
    declared = [line.split()[-1] for line in split.splitlines() if line.startswith("  wire")]
    assert sorted(set(driven)) == sorted(driven)
    assert sorted(set(declared)) == sorted(declared)
    assert split != NAMESAKES
