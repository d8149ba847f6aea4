"""The VHDL as a reader meets it: nothing in it that nobody should have to read, and counts that see it where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ip_cores.description import descriptions_in, load_core
from ip_cores.generate import vhdl
from testbenches.fuzz.analysis import ghdl_complaints
from testbenches.fuzz.random_cores import random_core
from testbenches.vhdl_quality import MUST_BE_ZERO, counts, faults

EXAMPLES = descriptions_in(Path(__file__).resolve().parent.parent / "examples")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_have_none_of_it(path):
    assert list(faults(vhdl(load_core(path)))) == []


SOUND = """\
-- sound: Adds.
--
-- Part of a whole.

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity sound is
    port (
        clk: in std_logic;
        a: in signed(3 downto 0);  -- sfix4_En3
        total: out signed(4 downto 0)  -- sfix5_En3
    );
end entity sound;

architecture rtl of sound is

    signal b: signed(3 downto 0);  -- sfix4_En3

begin

    -- The word before.
    hold: process (clk) is
    begin
        if rising_edge(clk) then
            b <= a;
        end if;
    end process hold;

    -- The sum of both.
    u_sum: entity work.other
        port map (
            one => a,
            total => total
        );

end architecture rtl;
"""
OTHER = """\
-- other: Is added to.

library ieee;

entity other is
    port (
        one: in signed(3 downto 0);
        total: out signed(4 downto 0)
    );
end entity other;

architecture rtl of other is
begin

    total <= resize(one, 5);

end architecture rtl;
"""

STATEMENT = "            b <= a;"
ROWS = """\
            case to_integer(a) is
                when 1 => b <= "0101";
                when others => b <= a;
            end case;"""
SPOILT = {
    "bit-string rows": (STATEMENT, ROWS),
    "unused ports": ("            one => a,\n            total => total\n", "            one => a\n"),
    "driven constants": ("    -- The sum", "    c <= to_signed(3, 4);\n\n    -- The sum"),
    "doubled parentheses": (STATEMENT, "            b <= (a + 1);"),
    "empty loops": (STATEMENT, "            for k in 1 to 0 loop\n                b(k) <= a(k);\n            end loop;"),
    "reserved names": ("signal b:", "signal matches: std_logic;\n    signal b:"),
    "silent processes": ("    -- The word before.\n", ""),
    "silent instances": ("    -- The sum of both.\n", ""),
    "long lines": ("    -- The sum of both.\n", f"    -- The sum of {'a ' * 60}.\n"),
    "chains over states": (
        "    signal b: signed(3 downto 0);  -- sfix4_En3\n\nbegin\n\n    -- The word before.\n    hold: process (clk) is\n"
        f"    begin\n        if rising_edge(clk) then\n{STATEMENT}\n",
        "    type t_state is (IDLE, BUSY);\n    signal state: t_state;\n    signal b: signed(3 downto 0);  -- sfix4_En3\n\nbegin\n\n"
        "    -- The word before.\n    hold: process (clk) is\n    begin\n        if rising_edge(clk) then\n"
        f"            if a = b then\n    {STATEMENT}\n            elsif state = BUSY then\n    {STATEMENT}\n            end if;\n",
    ),
    "unnamed limits": (STATEMENT, f"            if b /= 3 then\n    {STATEMENT}\n            end if;"),
    "choices by bits": (STATEMENT, f'            case a is\n                when "0101" =>\n        {STATEMENT}\n            end case;'),
}
PARENTHESES = {
    "x <= ((a + b));": True,
    "if (a = '1') then": True,
    "y <= (a and b) or c;": False,
    "if (a or b) = c then": False,
    "z <= (others => '0');": False,
}


def test_sound_text_is_sound():
    found = counts({"other": OTHER, "sound": SOUND})
    assert {name: found[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0)
    assert (found["files"], found["comments"], found["numbers"], found["numbers with a format"]) == (2, 5, 5, 3)


@pytest.mark.parametrize("count", MUST_BE_ZERO)
def test_each_fault_is_seen(count):
    sound, spoilt = SPOILT[count]
    assert sound in SOUND
    texts = {"other": OTHER, "sound": SOUND.replace(sound, spoilt)}
    assert {name for name, _ in faults(texts)} == {count}


@pytest.mark.parametrize(("line", "doubled"), PARENTHESES.items())
def test_parentheses_that_are_doubled_and_that_are_not(line, doubled):
    texts = {"other": OTHER, "sound": SOUND.replace(STATEMENT, f"            {line}")}
    assert [where for name, where in faults(texts) if name == "doubled parentheses"] == [f"sound: {line}"] * doubled


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_edition_of_the_standard_takes_an_example_in_silence(path):
    assert not ghdl_complaints(load_core(path))


@pytest.mark.parametrize(
    "kind",
    [
        "fir",
        "swt_analysis",
        "dwt_synthesis",
        "packet_analysis",
        "lifting_synthesis",
        "denoiser",
        "sequencer",
        "chain",
        "fifo",
        "i2s_receiver",
    ],
)
def test_every_edition_of_the_standard_takes_a_random_core_in_silence(kind):
    core = next(core for seed in range(1000, 1100) if (core := random_core(kind, seed)) is not None)
    assert not ghdl_complaints(core)


UNDECLARED = """
entity spoilt is
end entity spoilt;

architecture rtl of spoilt is

begin

    nothing <= nowhere;

end architecture rtl;
"""


def test_what_ghdl_says_is_heard(monkeypatch):
    monkeypatch.setattr("testbenches.fuzz.analysis.vhdl", lambda core: {"spoilt": UNDECLARED})
    heard = [line.partition(":")[0] for line in ghdl_complaints(load_core(EXAMPLES[0]))]
    assert [option for option in heard if option.startswith("--")] == ["--std=93", "--std=93c", "--std=08", "--synth"]
