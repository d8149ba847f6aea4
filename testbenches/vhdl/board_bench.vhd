-- A board project with its codec: words of adc.txt go in, dac.txt is written. It ends by stopping the clock.

library ieee;
use ieee.std_logic_1164.all;

entity board_bench is
    generic (
        MICROSECONDS: natural := 10000;
        REFUSED: bit_vector := "0";
        SWITCHES: bit_vector(17 downto 0) := "000000000000001100"
    );
end entity board_bench;

architecture bench of board_bench is
    signal clk, xck, bclk, adclrck, daclrck, adcdat, dacdat: std_logic := '0';
    signal scl, sda: std_logic;
    signal lamps: std_logic_vector(8 downto 0);
    signal key: std_logic_vector(0 downto 0) := "0";
    signal stop, slave: boolean := false;
begin
    clk <= not clk after 10 ns when not stop else '0';
    key <= "1" after 5 us;
    scl <= 'H';
    sda <= 'H';

    board: entity work.{top}
        port map (
            iCLK_50 => clk,
            iKEY => key,
            iSW => to_stdlogicvector(SWITCHES),
            oLEDG => lamps,
            oLEDR => open,
            oI2C_SCLK => scl,
            I2C_SDAT => sda,
            oAUD_XCK => xck,
            AUD_BCLK => bclk,
            AUD_ADCLRCK => adclrck,
            AUD_DACLRCK => daclrck,
            iAUD_ADCDAT => adcdat,
            oAUD_DACDAT => dacdat
        );

    codec: entity work.wm8731
        generic map (REFUSED => REFUSED)
        port map (
            xck => xck,
            scl => scl,
            sda => sda,
            bclk => bclk,
            daclrck => daclrck,
            adclrck => adclrck,
            dacdat => dacdat,
            adcdat => adcdat,
            active => slave
        );

    -- Until the codec has been told that it is a slave, it may drive these lines itself.
    free_lines: process (bclk, adclrck, daclrck)
    begin
        assert slave or now = 0 ns or (bclk = 'Z' and adclrck = 'Z' and daclrck = 'Z')
            report "BCLK or LRCK driven before the codec is a slave" severity failure;
    end process free_lines;

    watch: process
    begin
        wait for MICROSECONDS * 1 us;
        report "lamps " & std_logic'image(lamps(7)) & std_logic'image(lamps(6)) & std_logic'image(lamps(5)) & std_logic'image(lamps(4))
            & std_logic'image(lamps(3)) & std_logic'image(lamps(2)) & std_logic'image(lamps(1)) & std_logic'image(lamps(0));
        stop <= true;
        wait;
    end process watch;
end architecture bench;
