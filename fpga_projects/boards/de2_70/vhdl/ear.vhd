-- {ear}: a word of one ear at 48 kHz, from the converter's clock to 16 kHz, through {core} or round it, and back.
--
--     sink, 12 MHz | adc_to_system -> decimator, 16 kHz -> {core} or nothing (bypass)
--     -> interpolator, 48 kHz -> output_limiter -> system_to_dac | source, 12 MHz
--
-- Between the bars everything runs on the system's clock.

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity {ear} is
    port (
        clk: in std_logic;
        reset: in std_logic;
        bypass: in std_logic;
        ceiling: in std_logic_vector(14 downto 0);
{switch_port}        level: out std_logic_vector(15 downto 0);
        clipped: out std_logic;

        codec_clk: in std_logic;
        codec_reset: in std_logic;
        sink_valid: in std_logic;
        sink_ready: out std_logic;
        sink_data: in std_logic_vector(15 downto 0);
        source_valid: out std_logic;
        source_ready: in std_logic;
        source_data: out std_logic_vector(15 downto 0)
    );
end entity {ear};

architecture rtl of {ear} is
    signal fast_in_valid, fast_in_ready: std_logic;
    signal fast_in_data: std_logic_vector(15 downto 0);
    signal slow_in_valid, slow_in_ready: std_logic;
    signal slow_in_data: std_logic_vector({sink_high} downto 0);
    signal {core_sink}core_source_valid, core_source_ready: std_logic;
    signal core_source_data: std_logic_vector({source_high} downto 0);
    signal slow_out_valid, slow_out_ready: std_logic;
    signal slow_out_data: std_logic_vector({source_high} downto 0);
    signal fast_out_valid, fast_out_ready, limited_valid, limited_ready: std_logic;
    signal fast_out_data, limited_data: std_logic_vector(15 downto 0);
    signal clips, was_clipped: std_logic;
    signal peak: unsigned(15 downto 0);
begin
    -- From the converter to 16 kHz.

    u_adc_to_system: entity work.codec_fifo
        port map (
            sink_clk => codec_clk,
            sink_reset => codec_reset,
            sink_valid => sink_valid,
            sink_ready => sink_ready,
            sink_data => sink_data,
            source_clk => clk,
            source_reset => reset,
            source_valid => fast_in_valid,
            source_ready => fast_in_ready,
            source_data => fast_in_data
        );

    u_decimator: entity work.decimator
        port map (
            clk => clk,
            reset => reset,
            sink_valid => fast_in_valid,
            sink_ready => fast_in_ready,
            sink_data => fast_in_data,
            source_valid => slow_in_valid,
            source_ready => slow_in_ready,
            source_data => slow_in_data
        );

    -- The core, or the way round it; what is still in the core when bypass is switched on is let go.

{passing}    slow_out_data <= {around} when bypass = '1' else core_source_data;

    u_core: entity work.{core}
        port map (
{core_ports}
        );

    -- From 16 kHz to the converter.

    u_interpolator: entity work.interpolator
        port map (
            clk => clk,
            reset => reset,
            sink_valid => slow_out_valid,
            sink_ready => slow_out_ready,
            sink_data => slow_out_data,
            source_valid => fast_out_valid,
            source_ready => fast_out_ready,
            source_data => fast_out_data
        );

    u_output_limiter: entity work.output_limiter
        port map (
            clk => clk,
            reset => reset,
            sink_valid => fast_out_valid,
            sink_ready => fast_out_ready,
            sink_data => fast_out_data,
            source_valid => limited_valid,
            source_ready => limited_ready,
            source_data => limited_data,
            ceiling => ceiling,
            clipped => clips
        );

    u_system_to_dac: entity work.codec_fifo
        port map (
            sink_clk => clk,
            sink_reset => reset,
            sink_valid => limited_valid,
            sink_ready => limited_ready,
            sink_data => limited_data,
            source_clk => codec_clk,
            source_reset => codec_reset,
            source_valid => source_valid,
            source_ready => source_ready,
            source_data => source_data
        );

    -- Peak of the output, which falls by a 256th with every word: 3.7 ms to half.
    meter: process (clk) is
        variable magnitude: unsigned(15 downto 0);
    begin
        if rising_edge(clk) then
            if reset = '1' then
                was_clipped <= '0';
                peak <= (others => '0');
            elsif limited_valid = '1' and limited_ready = '1' then
                was_clipped <= was_clipped or clips;
                magnitude := unsigned(abs(signed(limited_data)));
                if magnitude > peak then
                    peak <= magnitude;
                else
                    peak <= peak - peak(15 downto 8);
                end if;
            end if;
        end if;
    end process meter;

    level <= std_logic_vector(peak);
    clipped <= was_clipped;
end architecture rtl;
