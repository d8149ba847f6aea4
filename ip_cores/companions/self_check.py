"""A test bench in VHDL-93 that checks a core by itself, with words from the model; for GHDL and for ModelSim-Altera alike.

It plays the same words twice: at full rate, where each word has to leave in its clock, and after a reset with stalls on both sides.
The vectors stand in the text, so that nothing depends on the folder that a simulator is started in.
"""

from __future__ import annotations

from collections.abc import Sequence

from ip_cores.companions.bench_text import assignments, device, start_value, stream_fields, total_width, vector_rows
from ip_cores.companions.quartus_files import CLOCK_PERIOD
from ip_cores.core import Core
from ip_cores.port import vhdl_type
from ip_cores.schedule import from_rest


def has_test_bench(core: Core) -> bool:
    """Whether a core takes and gives a stream in one clock domain.

    A core that works in real time loses words of neighbours that come too fast, as it should: the bench, which is as fast as it can be,
    is none for it.
    """
    return core.is_stream and core.on_one_clock and core.waits_for_neighbours


def test_bench(core: Core) -> str:
    """Text of ``NAME_tb.vhd``.

    Parameters
    ----------
    core : Core
        One for which `has_test_bench` is true.
    """
    sink = stream_fields(core, "sink")
    source = stream_fields(core, "source")
    words = core.check_words()
    given = core.model(words["data"] if len(sink) == 1 else tuple(words[name] for name in sink))
    expected = dict(zip(source, given if isinstance(given, tuple) else (given,), strict=True))
    others = [port for port in core.ports if port.name not in ("clk", "reset") and port.name.partition("_")[0] not in ("sink", "source")]
    timing = core.timing()
    clocks = [-1] * len(expected["data"]) if timing is None else from_rest(timing, len(words["data"])).given.tolist()
    signals, mapped, joined = device(core)
    return TEMPLATE.format(
        name=core.name,
        kind=core.kind,
        declared="\n".join(
            [*(f"    signal {port.name}: {vhdl_type(port)}{start_value(port, core.controls)};" for port in core.ports), *signals]
        ),
        mapped=mapped,
        joined="".join(f"{line}\n" for line in [*joined, ""] if joined),
        sink_high=total_width(sink) - 1,
        source_high=total_width(source) - 1,
        sink_last=len(words["data"]) - 1,
        source_last=len(expected["data"]) - 1,
        sink_table=vector_rows(sink, words),
        source_table=vector_rows(source, expected),
        drive="\n".join(f"                {line};" for line in assignments(sink, "shown")),
        received=" & ".join(f"source_{name}" for name in source),
        half=f"{CLOCK_PERIOD / 2:g} ns",
        patience=core.patience,
        clock_rows=clock_rows(clocks),
        others="".join(f"    -- {port.name} is not looked at.\n" for port in others if port.direction == "out"),
    )


def clock_rows(clocks: Sequence[int]) -> str:
    """Rows of a table of numbers, ten in each."""
    items = [f"{place} => {clock}" for place, clock in enumerate(clocks)]
    return ",\n".join("        " + ", ".join(items[start : start + 10]) for start in range(0, len(items), 10))


def do_file(core: Core, files: Sequence[str]) -> str:
    """``NAME_tb.do`` for ModelSim-Altera, started in the folder it stands in: ``vsim -c -do NAME_tb.do``."""
    compiled = "\n".join(f"vcom -93 -quiet ../{file}" for file in files)
    return (
        f"# vsim -c -do {core.name}_tb.do\nonbreak {{quit -code 1 -f}}\nonerror {{quit -code 1 -f}}\n"
        f"vlib work\n{compiled}\nvcom -93 -quiet {core.name}_tb.vhd\nvsim -quiet work.{core.name}_tb\nrun -all\nquit -code 0 -f\n"
    )


TEMPLATE = """\
-- {name}_tb: checks {name} ({kind}) by itself, against words that its bit-true model gave.
--
-- The words go in twice: at full rate, and after a reset with stalls on both sides. The first difference ends the
-- simulation with a failure; success is reported in one line.

library ieee;
use ieee.std_logic_1164.all;

entity {name}_tb is
end entity {name}_tb;

architecture bench of {name}_tb is
    -- Clocks without any word after which the core is taken to hang.
    constant PATIENCE: natural := {patience};
    type sink_table is array (0 to {sink_last}) of std_logic_vector({sink_high} downto 0);
    type source_table is array (0 to {source_last}) of std_logic_vector({source_high} downto 0);
    type clock_table is array (0 to {source_last}) of integer;

{declared}
    signal finished: boolean := false;

    constant SINK: sink_table := (
{sink_table}
    );

    constant EXPECTED: source_table := (
{source_table}
    );

    -- Clocks at full rate, from the one in which the first word is offered to that in which each word leaves; negative where the
    -- data decide.
    constant CLOCKS: clock_table := (
{clock_rows}
    );

    function to_std_logic (condition: boolean) return std_logic is
    begin
        if condition then
            return '1';
        end if;
        return '0';
    end function to_std_logic;
begin
    dut: entity work.{name}
        port map (
{mapped}
        );

{joined}{others}    tick: process
    begin
        while not finished loop
            clk <= '0';
            wait for {half};
            clk <= '1';
            wait for {half};
        end loop;
        wait;
    end process tick;

    check: process
        variable sent, received, silent, cycle: natural;
        variable offering, willing: boolean;
        variable shown: std_logic_vector({sink_high} downto 0);
        variable found: std_logic_vector({source_high} downto 0);
        variable noise: std_logic_vector(15 downto 0) := "1010110011100001";
    begin
        for pass in 1 to 2 loop
            reset <= '1';
            sink_valid <= '0';
            source_ready <= '0';
            for edge in 1 to 4 loop
                wait until rising_edge(clk);
            end loop;
            reset <= '0';
            sent := 0;
            received := 0;
            silent := 0;
            cycle := 0;
            offering := false;
            if pass = 1 then
                -- Memories are cleared, behind every stage: what the clocks are then, they always are.
                for edge in 1 to PATIENCE loop
                    wait until rising_edge(clk);
                end loop;
            end if;
            -- On past the last word: nothing may follow.
            while received < EXPECTED'length or silent < PATIENCE loop
                -- Maximal-length shift register, x^16 + x^14 + x^13 + x^11 + 1.
                noise := noise(14 downto 0) & (noise(15) xor noise(13) xor noise(12) xor noise(10));
                if not offering then
                    offering := sent < SINK'length and (pass = 1 or noise(0) = '1');
                end if;
                willing := pass = 1 or noise(5) = '1';
                shown := SINK(sent mod SINK'length);
                if not offering then
                    shown := not shown;
                end if;
{drive}
                sink_valid <= to_std_logic(offering);
                source_ready <= to_std_logic(willing);
                wait until rising_edge(clk);
                silent := silent + 1;
                if offering and sink_ready = '1' then
                    sent := sent + 1;
                    silent := 0;
                    offering := false;
                end if;
                if willing and source_valid = '1' then
                    found := {received};
                    assert received < EXPECTED'length
                        report "{name}: a word too many" severity failure;
                    assert found = EXPECTED(received)
                        report "{name}: source word " & integer'image(received) & " differs from the model"
                        severity failure;
                    assert pass > 1 or CLOCKS(received) < 0 or cycle = CLOCKS(received)
                        report "{name}: source word " & integer'image(received) & " leaves in clock " & integer'image(cycle)
                        severity failure;
                    received := received + 1;
                    silent := 0;
                end if;
                assert silent < PATIENCE or received = EXPECTED'length
                    report "{name}: hangs after " & integer'image(received) & " words" severity failure;
                cycle := cycle + 1;
            end loop;
            assert sent = SINK'length
                report "{name}: took " & integer'image(sent) & " words only" severity failure;
        end loop;
        report "{name}: passed, " & integer'image(EXPECTED'length) & " words twice";
        finished <= true;
        wait;
    end process check;
end architecture bench;
"""
