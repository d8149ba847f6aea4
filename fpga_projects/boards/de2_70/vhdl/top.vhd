-- {name}: {core} on the DE2-70, from the codec's line in to its headphone out.
--
--     line in, 48 kHz -> from_adc | {path} | to_dac -> headphone
--
{clocks}
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
    signal overrun, underrun, was_overrun, was_underrun, was_clipped: std_logic;
    signal switches_seen, switches: std_logic_vector(17 downto 0);
    signal bypass, muted, playing: std_logic;

    signal adc_valid, adc_ready: std_logic;
    signal adc_data: std_logic_vector(15 downto 0);
{ear_signals}    signal dac_valid, dac_ready, to_dac_valid, to_dac_ready: std_logic;
    signal dac_data: std_logic_vector(15 downto 0);
    signal ceiling: std_logic_vector(14 downto 0);
    signal level: std_logic_vector(15 downto 0);
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

    -- From the converter.

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
{adc_channel}            overrun => overrun
        );

{ears}
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
{dac_channel}            bclk => open,
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

    count: process (clk) is
    begin
        if rising_edge(clk) then
            if reset = '1' then
                blink <= (others => '0');
            else
                blink <= blink + 1;
            end if;
        end if;
    end process count;

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
