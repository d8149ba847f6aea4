"""What Quartus reads and the open tools do not: rewritten sources do what they did, and cost what they should."""

import subprocess
from pathlib import Path

import pytest

from fpga_projects.mapping.dialects import join_packages, smooth_verilog, unknown_contents
from fpga_projects.mapping.mapping import map_design
from fpga_projects.mapping.vhdl_statements import edges_before_loops, rewrite, with_one_signed
from fpga_projects.validation.checks import measure
from testbenches.engines.ghdl import find_ghdl

ENTITY = """library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
entity {name} is port (clk, reset, a, b : in std_logic; x : in std_logic_vector(3 downto 0); y : out std_logic_vector(3 downto 0)); end;
architecture rtl of {name} is
{declarations}
begin
{statements}
end;
"""

BENCH = """library ieee;
use ieee.std_logic_1164.all;
entity bench is end;
architecture test of bench is
  signal clk : std_logic := '0';
  signal s : std_logic_vector(15 downto 0) := x"ACE1";
  signal before, after_it : std_logic_vector(3 downto 0);
  signal reset : std_logic := '1';
begin
  reset <= '0' after 23 ns, '1' after 999 ns, '0' after 1023 ns;
  one : entity work.original port map (clk, reset, s(0), s(3), s(8 downto 5), before);
  two : entity work.rewritten port map (clk, reset, s(0), s(3), s(8 downto 5), after_it);
  process
    variable changes : natural := 0;
    variable last : std_logic_vector(3 downto 0) := "0000";
  begin
    for step in 1 to 400 loop
      wait for 5 ns;
      clk <= not clk;
      s <= s(14 downto 0) & (s(15) xor s(13) xor s(12) xor s(10)) after 2 ns;
      wait for 1 ns;
      assert before = after_it report "the rewritten process does something else" severity failure;
      wait for 4 ns;
      if before /= last then changes := changes + 1; end if;
      last := before;
    end loop;
    assert changes > 20 report "the stimulus shows nothing" severity failure;
    wait;
  end process;
end;
"""

ONE_HOT = "q <= (to_integer(unsigned(x(1 downto 0))) => '1', others => '0');"
ONE_HOT_LOOP = "for i in q'range loop if i = to_integer(unsigned(x(1 downto 0))) then q(i) <= '1'; else q(i) <= '0'; end if; end loop;"

PROCESSES = {
    "edges in both branches": (
        'signal q : std_logic_vector(3 downto 0) := x"0";',
        """process (clk) begin
             if a = '1' and rising_edge(clk) then q <= x; -- if reset = '1' then
             elsif (rising_edge(clk)) then q <= std_logic_vector(unsigned(q) + 1); end if;
           end process;
           y <= q;""",
        4,
    ),
    "edges behind a reset": (
        "signal q : std_logic_vector(3 downto 0);",
        """process (clk, reset) begin
             if reset = '1' then q <= "0001";
             elsif (clk'event and clk = '1' and (a = '1' or b = '1')) then
               if b = '1' then q <= x; else q <= not x; end if;
             elsif b = '0' and clk = '1' and clk'event then q <= q(2 downto 0) & q(3);
             else null; end if;
           end process;
           y <= q;""",
        4,
    ),
    "an edge in a loop behind a reset": (
        "signal q : std_logic_vector(3 downto 0);",
        """process (clk, reset) begin
             if reset = '1' then q <= "0000";
             else
               for i in 0 to 3 loop
                 if x(i) = '1' and a = '1' and falling_edge(clk) then q(3 - i) <= b; end if;
               end loop;
             end if;
           end process;
           y <= q;""",
        4,
    ),
    "a later assignment overrides": (
        "",
        """process (clk, reset) variable v : std_logic_vector(3 downto 0) := x"0"; begin
             if reset = '1' then y <= (others => '0');
             else
               if clk'event and clk = '1' then
                 if a = '1' then v := x; else y(1) <= b; end if;
                 case b is when '1' => y <= v; when others => null; end case;
               end if;
             end if;
             y <= v;
           end process;""",
        4,
    ),
    "a place that is not known": (
        "signal q : std_logic_vector(3 downto 0);",
        f"process (clk) begin if rising_edge(clk) then {ONE_HOT} end if; end process; y <= q;",
        4,
    ),
}
"""Declarations and statements of an architecture that must be rewritten, and the registers it has."""


@pytest.mark.parametrize("name", PROCESSES)
def test_rewritten_process_does_what_it_did(name: str, tmp_path: Path) -> None:
    """The language's own simulation of both texts is the judge; one of them GHDL's synthesis reads rightly."""
    declarations, statements, registers = PROCESSES[name]
    original = ENTITY.format(name="original", declarations=declarations, statements=statements)
    rewritten = rewrite(original)
    assert rewritten != original
    # What is no VHDL at all is held against a loop that is.
    judge = original.replace(ONE_HOT, ONE_HOT_LOOP)
    (tmp_path / "design.vhd").write_text(judge + rewritten.replace("original", "rewritten") + BENCH)
    ghdl = find_ghdl(synthesis=True).path
    for command in (["-a", "-frelaxed", "design.vhd"], ["--elab-run", "-frelaxed", "bench"]):
        done = subprocess.run([ghdl, *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "original.vhd").write_text(original)
    netlist = map_design([tmp_path / "original.vhd"], "original")
    assert sum(1 for _ in netlist.of_kind("register")) == registers


@pytest.mark.parametrize(
    "statements",
    [
        "process (clk) begin if rising_edge(clk) then y <= x; elsif reset = '1' then y <= x; end if; end process; -- kept",
        "process (clk) begin if rising_edge(clk) then y <= x; elsif falling_edge(clk) then y <= not x; end if; end process;",
        "process (clk) begin if a = '1' or rising_edge(clk) then y <= x; elsif rising_edge(clk) then y <= x; end if; end process;",
        "process (clk) begin y <= x; if rising_edge(clk) then y <= not x; end if; end process;",
        "process (clk) begin if rising_edge(clk) then if a <= b then y <= x; end if; end if; end process;",
        "process (clk) begin for i in x'range loop if rising_edge(clk) then y(i) <= a; end if; y(i) <= b; end loop; end process;",
        "process (x) begin for i in x'range loop if rising_edge(x(i)) then y(i) <= a; end if; end loop; end process;",
        "g : if true generate y <= x when a = '1' else not x; end generate;",
    ],
)
def test_other_processes_are_left_alone(statements: str) -> None:
    text = ENTITY.format(name="t", declarations="", statements=statements)
    assert rewrite(text) == text


def test_port_as_initial_value() -> None:
    """A constant or a generic stays; a port has no value yet when a signal gets its first one."""
    text = ENTITY.format(
        name="t", declarations="constant c : std_logic := '1'; signal q : std_logic := c; signal r : std_logic := a;", statements=""
    )
    assert rewrite(text) == text.replace("r : std_logic := a;", "r : std_logic ;")


HALVES = """library ieee; use ieee.std_logic_1164.all; use ieee.numeric_std.all;
entity difference is port (a, b : in std_logic_vector(3 downto 0); d : out signed(3 downto 0)); end;
architecture rtl of difference is begin d <= signed(a) - signed(b); end;
"""


def test_signed_of_two_packages(tmp_path: Path) -> None:
    """The port is `signed` of one package in the entity and of another in the component; its four bits are the same four."""
    component = "component difference is port (a, b : in std_logic_vector(3 downto 0); d : out signed(3 downto 0)); end component;"
    declarations = f"{component} signal d : signed(3 downto 0);"
    statements = 'one : difference port map (x, "0101", d); y <= std_logic_vector(d);'
    text = ENTITY.format(name="t", declarations=declarations, statements=statements).replace("numeric_std", "std_logic_arith")
    (tmp_path / "difference.vhd").write_text(HALVES)
    (tmp_path / "t.vhd").write_text(text)
    assert sum(1 for cell in map_design([tmp_path / "t.vhd", tmp_path / "difference.vhd"], "t").cells if cell.kind in ("lut", "carry")) in (
        3,
        4,
    )
    converting = text.replace("y <= ", "y <= conv_std_logic_vector(1, 4) and ")
    assert with_one_signed(converting) == converting


def test_pin_without_width_keeps_what_drives_it(tmp_path: Path) -> None:
    """The I2C controllers of Terasic's boards write the data pin so; without the rewriting the shift register behind it is lost."""
    text = "module t (input c, d, inout sda, output reg seen); reg [3:0] s; assign sda = s[3] ? 1'bz : 0;\n"
    text += "always @(posedge c) begin s <= {s, d}; seen <= sda; end endmodule\n"
    (tmp_path / "t.v").write_text(text)
    assert sum(1 for _ in map_design([tmp_path / "t.v"], "t").of_kind("register")) == 5


def test_pins_of_components_in_any_case(tmp_path: Path) -> None:
    """VHDL does not tell Q from q, the model in Verilog does."""
    component = "component dffe is port (d, CLK, clrn, prn, ena : in std_logic; Q : out std_logic); end component;"
    statements = "one : dffe port map (x(0), clk, not reset, '1', a, y(0)); y(3 downto 1) <= \"000\";"
    text = ENTITY.format(name="t", declarations=component, statements=statements)
    (tmp_path / "t.vhd").write_text(text.replace("not reset", "reset"))
    assert sum(1 for _ in map_design([tmp_path / "t.vhd"], "t").of_kind("register")) == 1


MEMORY = """module t (input c, input [{high}:0] a, output reg [7:0] q);
reg [7:0] m [{words}]; initial $readmemh("{table}", m); always @(posedge c) q <= m[a]; endmodule
"""


def test_contents_that_are_not_at_hand(tmp_path: Path) -> None:
    """A block of memory has its bits whatever they are; a small table is nothing but its contents, and is refused."""
    (tmp_path / "t.v").write_text(MEMORY.format(high=10, words="0:2047", table="C:/me/gone.txt"))
    counts = measure(map_design([tmp_path / "t.v"], "t"), "EP2C35F672C6")[2]
    assert (counts["memory_bits"], counts["m4k_blocks"], counts["logic_elements"]) == (16384, 4, 0)
    (tmp_path / "t.v").write_text(MEMORY.format(high=3, words="15:0", table="gone.txt"))
    with pytest.raises(ValueError, match=r"gone\.txt"):
        map_design([tmp_path / "t.v"], "t")


@pytest.mark.parametrize(
    ("words", "known", "expected"), [("0:255", set(), 256), ("255:0", set(), 256), ("300", set(), 300), ("255:0", {"T.txt"}, 0)]
)
def test_random_contents_fill_the_memory(words: str, known: set[str], expected: int) -> None:
    text = MEMORY.format(high=8, words=words, table="t.TXT")
    drawn = unknown_contents(text, known)
    assert sum(len(table.split()) for table in drawn.values()) == expected
    assert all(int(word, 16) < 256 for table in drawn.values() for word in table.split())
    assert drawn == unknown_contents(text, known)


def test_two_clears_are_one(tmp_path: Path) -> None:
    """Both clear at once, without the clock."""
    text = "module t (input c, r, done, d, output reg q); always @(posedge c or posedge r or posedge done) begin\n"
    text += "if (r || done) q <= 1'b0; else if (d) q <= 1'b1; end endmodule\n"
    (tmp_path / "t.v").write_text(text)
    netlist = map_design([tmp_path / "t.v"], "t")
    assert [cell.type for cell in netlist.of_kind("register")] == ["$_DFFE_PP0P_"]
    assert sum(1 for _ in netlist.of_kind("lut")) == 1
    kept = text.replace("r || done", "r || d")
    assert smooth_verilog(kept) == kept


def test_package_is_read_once_and_its_functions_are_called() -> None:
    texts = {
        "p.sv": "package P;\n  function [3:0] f ( );\n    f = 1;\n  endfunction\nendpackage\n",
        "t.sv": '`include "P.sv"\nimport P::*;\nassign y = f ;\n',
    }
    assert join_packages(texts) == {"p.sv": texts["p.sv"], "t.sv": "\nimport P::*;\nassign y = f() ;\n"}
    assert join_packages({"t.sv": texts["t.sv"]}) == {"t.sv": texts["t.sv"]}


UNFINISHED = ("if rthen\n if a then x <= y; else x <= z; end if;\n end if;", "if a elsif b then x <= y; end if;", "if elsif else end if;")


@pytest.mark.parametrize("text", UNFINISHED)
def test_what_is_no_vhdl_is_left_to_ghdl(text):
    """Which says what is wrong with it."""
    assert edges_before_loops(text) == text
