"""The VHDL of `ip_cores.companions.pin_bench`: a process for each part of a script, and the bench around them."""

from __future__ import annotations

NOISE = "{name}_noise := {name}_noise(14 downto 0) & ({name}_noise(15) xor {name}_noise(13) xor {name}_noise(12) xor {name}_noise(10));"
"""Maximal-length shift register, x^16 + x^14 + x^13 + x^11 + 1."""

TICK = """\
    tick_{clock}: process
    begin
        while not finished loop
            {clock} <= '0';
            wait for {half};
            {clock} <= '1';
            wait for {half};
        end loop;
        wait;
    end process tick_{clock};"""

HOLD_FIRST = """\
            if place = 0 then
                wait until {live};
            end if;
"""

DRIVE = """\
    drive: process
    begin
        for place in LEVELS'range loop
{sets}
{hold}{wait}
        end loop;
        wait;
    end process drive;"""

LOOK = """\
    look: process
        variable seen, quiet: natural := 0;
{before}        variable found: std_logic_vector({last} downto 0);
    begin
        while seen < EXPECTED'length loop
            wait until rising_edge({clock});
            quiet := quiet + 1;
            if {condition} then
{found}
                assert found = EXPECTED(seen)
                    report "{name}: look " & integer'image(seen) & " at the pins differs from the model" severity failure;
                seen := seen + 1;
                quiet := 0;
            end if;
{remember}            assert quiet < PATIENCE
                report "{name}: hangs after " & integer'image(seen) & " looks at the pins" severity failure;
        end loop;
        look_done <= true;
        wait;
    end process look;"""

UPSTREAM = """\
    {label}: process
        variable {side}_noise: std_logic_vector(15 downto 0) := "{seed}";
    begin
        {side}_valid <= '0';
        wait until rising_edge({clock}) and {live};
        for place in {table}'range loop
{sets}
            {side}_valid <= '1';
            wait until rising_edge({clock}) and {side}_ready = '1';
            {side}_valid <= '0';
            loop
                {noise}
                exit when {side}_noise(0) = '1';
                wait until rising_edge({clock});
            end loop;
        end loop;
        {label}_done <= true;
        wait;
    end process {label};"""

DOWNSTREAM = """\
    {label}: process
        variable received, quiet: natural := 0;
        variable {side}_noise: std_logic_vector(15 downto 0) := "{seed}";
        variable found: std_logic_vector({last} downto 0);
    begin
        while received < {table}'length loop
            {noise}
            {side}_ready <= {side}_noise(5);
            wait until rising_edge({clock});
            quiet := quiet + 1;
            if {live} and {side}_valid = '1' and {side}_ready = '1' then
                found := {found};
                assert found = {table}(received)
                    report "{name}: {side} word " & integer'image(received) & " differs from the model" severity failure;
                received := received + 1;
                quiet := 0;
            end if;
            assert quiet < PATIENCE
                report "{name}: hangs after " & integer'image(received) & " words" severity failure;
        end loop;
        {side}_ready <= '0';
        {label}_done <= true;
        wait;
    end process {label};"""

FINISH = """\
    finish: process
    begin
        wait until {all_done};
        for edge in 1 to {settle} loop
            wait until rising_edge({clock});
        end loop;
{checks}        report "{name}: passed, {counts}";
        finished <= true;
        wait;
    end process finish;"""

TEMPLATE = """\
-- {name}_tb: checks {name} ({kind}) by itself at its pins, against what its bit-true model says.
--
-- The first difference ends the simulation with a failure; success is reported in one line.

library ieee;
use ieee.std_logic_1164.all;

entity {name}_tb is
end entity {name}_tb;

architecture bench of {name}_tb is
    -- Clocks without any progress after which the core is taken to hang.
    constant PATIENCE: natural := {patience};

{signals}

{tables}
begin
    dut: entity work.{name}
        port map (
{mapped}
        );

{parts}
end architecture bench;
"""
