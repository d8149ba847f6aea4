-- A queue between two clocks whose sides are reset by synchronisers of their own, and a request of 10 ns while words wait in it, at many
-- phases of the clocks: whichever side is back first, no word of before the request may leave.
library ieee;
use ieee.std_logic_1164.all;

entity bench is
  generic (SINK_HALF, SOURCE_HALF : positive := 10000);  -- half a period, in ps
end bench;

architecture test of bench is
  signal sink_clk, source_clk, request : std_logic := '1';
  signal sink_reset, source_reset, sink_valid, sink_ready, source_valid, source_ready : std_logic := '0';
  signal sink_data, source_data : std_logic_vector(15 downto 0) := (others => '0');
  signal stop : boolean := false;
begin
  sink_clk <= not sink_clk after SINK_HALF * 1 ps when not stop else '0';
  source_clk <= not source_clk after SOURCE_HALF * 1 ps when not stop else '0';
  sink_side : entity work.sink_side_reset port map (clk => sink_clk, request => request, synchronous_reset => sink_reset);
  source_side : entity work.source_side_reset port map (clk => source_clk, request => request, synchronous_reset => source_reset);
  queue : entity work.codec_fifo port map (
    sink_clk => sink_clk, sink_reset => sink_reset, sink_valid => sink_valid, sink_ready => sink_ready, sink_data => sink_data,
    source_clk => source_clk, source_reset => source_reset, source_valid => source_valid, source_ready => source_ready,
    source_data => source_data);

  process
  begin
    wait for 1 us;
    request <= '0';
    wait for 3 us;
    for phase in 0 to 60 loop
      source_ready <= '0';
      wait until rising_edge(sink_clk);
      sink_valid <= '1';
      for word in 1 to 9 + phase mod 7 loop
        wait until rising_edge(sink_clk);
      end loop;
      sink_valid <= '0';
      wait for 2 us + phase * 3 ns;
      assert source_valid = '1' report "no word waits" severity failure;
      request <= '1', '0' after 10 ns;
      source_ready <= '1';
      wait for 10 ns;
      for clock in 1 to 120 loop
        wait until rising_edge(source_clk);
        -- Who reads is under the same reset.
        assert source_valid = '0' or source_reset = '1' report "a word of before the request at phase " & integer'image(phase) severity failure;
      end loop;
    end loop;
    report "passed";
    stop <= true;
    wait;
  end process;
end test;
