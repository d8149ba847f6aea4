-- {name}: {core} on the DE2-70, from the codec's line in to its headphone out.
--
--     line in, 48 kHz -> from_adc | adc_to_system -> decimator, 16 kHz -> {core} or nothing (bypass)
--     -> interpolator, 48 kHz -> output_limiter -> system_to_dac | to_dac -> headphone, both ears
--
-- Left of the first bar and right of the second everything runs on the codec's 12 MHz, between them on 50 MHz. The codec takes bit clock
-- and left-right clock from here. Where a word is in front of `to_dac`, two more are waited for before the first is played, so that the
-- output never runs dry while the input goes on.
{switches}
--
-- LEDs (green): 0 clock locked, 1 codec set up, 2 set-up tried again, 3 set-up failed, 4 input lost a word, 5 output ran dry,
-- 6 clipped, 7 muted, 8 alive. LEDs (red): level of the output, 6 dB each.

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity {name} is
    port (
        iCLK_50: in std_logic;
        iKEY: in std_logic_vector(0 downto 0);
        iSW: in std_logic_vector(17 downto 0);
        oLEDG: out std_logic_vector(8 downto 0);
        oLEDR: out std_logic_vector(15 downto 0);
        oI2C_SCLK: inout std_logic;
        I2C_SDAT: inout std_logic;
        oAUD_XCK: out std_logic;
        AUD_BCLK: out std_logic;
        AUD_ADCLRCK: out std_logic;
        AUD_DACLRCK: out std_logic;
        iAUD_ADCDAT: in std_logic;
        oAUD_DACDAT: out std_logic
    );
end entity {name};

architecture rtl of {name} is
    signal clk, codec_clk, locked, request, reset, in_codec_reset: std_logic;
    signal scl_in, sda_in, scl_low, sda_low, codec_ready, codec_retried, codec_failed: std_logic;
    signal line_bclk, line_lrclk, ready_seen, ready, drives_lines: std_logic;
    signal overrun, underrun, clipped, was_overrun, was_underrun, was_clipped: std_logic;
    signal switches_seen, switches: std_logic_vector(17 downto 0);
    signal bypass, muted, playing: std_logic;

    signal adc_valid, adc_ready, fast_in_valid, fast_in_ready: std_logic;
    signal adc_data, fast_in_data: std_logic_vector(15 downto 0);
    signal slow_in_valid, slow_in_ready: std_logic;
    signal slow_in_data: std_logic_vector({sink_high} downto 0);
    signal core_sink_valid, core_sink_ready, core_source_valid, core_source_ready: std_logic;
    signal core_source_data: std_logic_vector({source_high} downto 0);
    signal slow_out_valid, slow_out_ready: std_logic;
    signal slow_out_data: std_logic_vector({source_high} downto 0);
    signal fast_out_valid, fast_out_ready, limited_valid, limited_ready: std_logic;
    signal fast_out_data, limited_data: std_logic_vector(15 downto 0);
    signal dac_valid, dac_ready, to_dac_valid, to_dac_ready: std_logic;
    signal dac_data: std_logic_vector(15 downto 0);
    signal ceiling: std_logic_vector(14 downto 0);
    signal level: unsigned(15 downto 0);
    signal blink: unsigned(25 downto 0);
    signal waited: unsigned(1 downto 0);
    signal lrclk_before: std_logic;
begin
    clk <= iCLK_50;
    oAUD_XCK <= codec_clk;

    -- Until the codec is known to be a slave these lines may be its own.
    AUD_BCLK <= line_bclk when drives_lines = '1' else 'Z';
    AUD_ADCLRCK <= line_lrclk when drives_lines = '1' else 'Z';
    AUD_DACLRCK <= line_lrclk when drives_lines = '1' else 'Z';

    -- Reset: key 0, or no clock.

    u_pll: entity work.pll_50_to_12
        port map (areset => '0', inclk0 => iCLK_50, c0 => codec_clk, locked => locked);

    request <= (not locked) or (not iKEY(0));

    u_system_reset: entity work.system_reset
        port map (clk => clk, request => request, synchronous_reset => reset);

    u_codec_reset: entity work.codec_reset
        port map (clk => codec_clk, request => request, synchronous_reset => in_codec_reset);

    -- Switches have no relation to the clock.
    read_switches: process (clk) is
    begin
        if rising_edge(clk) then
            switches_seen <= iSW;
            switches <= switches_seen;
        end if;
    end process read_switches;

    bypass <= switches(0);
    muted <= switches(1) or (not codec_ready);

    -- The codec's registers.

    scl_in <= to_x01(oI2C_SCLK);
    sda_in <= to_x01(I2C_SDAT);
    oI2C_SCLK <= '0' when scl_low = '1' else 'Z';
    I2C_SDAT <= '0' when sda_low = '1' else 'Z';

    u_codec_setup: entity work.codec_setup
        port map (
            clk => clk,
            reset => reset,
            scl => scl_in,
            sda => sda_in,
            scl_low => scl_low,
            sda_low => sda_low,
            done => codec_ready,
            retried => codec_retried,
            error => codec_failed
        );

    -- The lines are driven from the beginning of a frame on, bclk being low.
    take_lines: process (codec_clk, in_codec_reset) is
    begin
        if in_codec_reset = '1' then
            ready_seen <= '0';
            ready <= '0';
            drives_lines <= '0';
        elsif rising_edge(codec_clk) then
            ready_seen <= codec_ready;
            ready <= ready_seen;
            if line_lrclk = '0' and lrclk_before = '1' then
                drives_lines <= ready;
            end if;
        end if;
    end process take_lines;

    -- From the converter to 16 kHz.

    u_from_adc: entity work.from_adc
        port map (
            clk => codec_clk,
            reset => in_codec_reset,
            bclk => line_bclk,
            lrclk => line_lrclk,
            serial_data => iAUD_ADCDAT,
            source_valid => adc_valid,
            source_ready => adc_ready,
            source_data => adc_data,
            overrun => overrun
        );

    u_adc_to_system: entity work.codec_fifo
        port map (
            sink_clk => codec_clk,
            sink_reset => in_codec_reset,
            sink_valid => adc_valid,
            sink_ready => adc_ready,
            sink_data => adc_data,
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

    core_sink_valid <= slow_in_valid and (not bypass);
    core_source_ready <= slow_out_ready or bypass;
    slow_in_ready <= slow_out_ready when bypass = '1' else core_sink_ready;
    slow_out_valid <= slow_in_valid when bypass = '1' else core_source_valid;
    slow_out_data <= {around} when bypass = '1' else core_source_data;

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

    -- Loudest word: an eighth of full scale, and 6 dB more for each step of the switches 3 and 2.
    choose_ceiling: process (clk) is
    begin
        if rising_edge(clk) then
            if muted = '1' then
                ceiling <= (others => '0');
            else
                case switches(3 downto 2) is
                    when "00" => ceiling <= "000111111111111";
                    when "01" => ceiling <= "001111111111111";
                    when "10" => ceiling <= "011111111111111";
                    when others => ceiling <= "111111111111111";
                end case;
            end if;
        end if;
    end process choose_ceiling;

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
            clipped => clipped
        );

    u_system_to_dac: entity work.codec_fifo
        port map (
            sink_clk => clk,
            sink_reset => reset,
            sink_valid => limited_valid,
            sink_ready => limited_ready,
            sink_data => limited_data,
            source_clk => codec_clk,
            source_reset => in_codec_reset,
            source_valid => dac_valid,
            source_ready => dac_ready,
            source_data => dac_data
        );

    -- Two frames of patience with the first word.
    fill: process (codec_clk) is
    begin
        if rising_edge(codec_clk) then
            lrclk_before <= line_lrclk;
            if in_codec_reset = '1' then
                waited <= "00";
                playing <= '0';
            elsif dac_valid = '1' and line_lrclk = '0' and lrclk_before = '1' then
                if waited = 2 then
                    playing <= '1';
                else
                    waited <= waited + 1;
                end if;
            end if;
        end if;
    end process fill;

    to_dac_valid <= dac_valid and playing;
    dac_ready <= to_dac_ready and playing;

    u_to_dac: entity work.to_dac
        port map (
            clk => codec_clk,
            reset => in_codec_reset,
            sink_valid => to_dac_valid,
            sink_ready => to_dac_ready,
            sink_data => dac_data,
            bclk => open,
            lrclk => open,
            serial_data => oAUD_DACDAT,
            underrun => underrun
        );

    -- What went wrong stays lit until the next reset.
    remember_codec: process (codec_clk) is
    begin
        if rising_edge(codec_clk) then
            if in_codec_reset = '1' then
                was_overrun <= '0';
                was_underrun <= '0';
            else
                was_overrun <= was_overrun or overrun;
                was_underrun <= was_underrun or underrun;
            end if;
        end if;
    end process remember_codec;

    -- Peak of the output, which falls by a 256th with every word: 3.7 ms to half.
    meter: process (clk) is
        variable magnitude: unsigned(15 downto 0);
    begin
        if rising_edge(clk) then
            blink <= blink + 1;
            if reset = '1' then
                was_clipped <= '0';
                level <= (others => '0');
                blink <= (others => '0');
            elsif limited_valid = '1' and limited_ready = '1' then
                was_clipped <= was_clipped or clipped;
                magnitude := unsigned(abs(signed(limited_data)));
                if magnitude > level then
                    level <= magnitude;
                else
                    level <= level - level(15 downto 8);
                end if;
            end if;
        end if;
    end process meter;

    oLEDG <= blink(25) & muted & was_clipped & was_underrun & was_overrun & codec_failed & codec_retried & codec_ready & locked;

    show_level: process (level) is
        variable lit: std_logic;
    begin
        lit := '0';
        for place in 15 downto 0 loop
            lit := lit or level(place);
            oLEDR(place) <= lit;
        end loop;
    end process show_level;
end architecture rtl;
