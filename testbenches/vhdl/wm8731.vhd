-- A WM8731 codec as its pins show it: a slave on the I2C bus, serial audio both ways as slave of bclk and lrclk.
--
-- Checked with assertions: its address, the clock's rate, registers that exist, setup and hold of the DAC's data. Every transfer is logged, a
-- row of bits (acknowledged or not, address, two bytes) in I2C_FILE. Once R9 says so and R6 lets the outputs go on, ADC_FILE's words (a row of bits each) leave as left
-- words, their inverse as right words, and what arrives is written to DAC_FILE, a row of left and right bits a frame. START_FILE gets the
-- number of frames before the first of them.
-- Only 16-bit I2S is modelled. Timing: WM8731 data sheet, digital audio interface, slave mode.

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use std.textio.all;

entity wm8731 is
    generic (
        ADC_FILE: string := "adc.txt";
        DAC_FILE: string := "dac.txt";
        I2C_FILE: string := "i2c.txt";
        START_FILE: string := "start.txt";
        -- Transfers that are not acknowledged, the first on the left.
        REFUSED: bit_vector := "0"
    );
    port (
        xck: in std_logic;
        scl: in std_logic;
        sda: inout std_logic;
        bclk: in std_logic;
        daclrck: in std_logic;
        adclrck: in std_logic;
        dacdat: in std_logic;
        adcdat: out std_logic := '0';
        active: out boolean := false
    );
end entity wm8731;

architecture behavioural of wm8731 is
    type register_file is array (0 to 15) of std_logic_vector(8 downto 0);
    signal registers: register_file := (
        0 | 1 => "010010111", 2 | 3 => "001111001", 4 => "000001010", 5 => "000001000", 6 => "010011111", 7 => "000001010",
        others => (others => '0')
    );
    signal running: boolean := false;
    -- Of the master clock; a frame lasts 250, the first begins when the reset of 5 us ends.
    signal edges: natural := 0;

    function to_bits (vector: std_logic_vector) return bit_vector is
    begin
        return to_bitvector(to_x01(vector));
    end function to_bits;
begin
    active <= running;
    running <= registers(9)(0) = '1' and registers(6)(4) = '0';

    -- I2C: data change while the clock is low; while it is high, falling data are a start and rising data a stop.
    bus_slave: process
        file log: text open write_mode is I2C_FILE;
        variable row: line;
        variable transfer: natural := 0;
        variable bits: std_logic_vector(26 downto 0);
        variable count: natural;
        variable ours, refuses: boolean;
    begin
        sda <= 'Z';
        wait until falling_edge(sda) and to_x01(scl) = '1';
        count := 0;
        ours := true;
        refuses := transfer < REFUSED'length and REFUSED(transfer mod REFUSED'length) = '1';
        receive: loop
            wait until rising_edge(scl) or (rising_edge(sda) and to_x01(scl) = '1');
            exit receive when not rising_edge(scl);
            assert count < 28 report "wm8731: more than three bytes" severity failure;
            if count < 27 then
                bits(26 - count) := to_x01(sda);
            end if;
            -- A stop while the clock is high shows after the bit was taken: that bit is none.
            wait until falling_edge(scl) or (rising_edge(sda) and to_x01(scl) = '1');
            exit receive when not falling_edge(scl);
            count := count + 1;
            sda <= 'Z' after 300 ns;
            if count = 8 then
                ours := bits(26 downto 19) = "00110100";
                assert ours report "wm8731: not the address of a write to this codec" severity failure;
            end if;
            if count mod 9 = 8 and not refuses then
                sda <= '0' after 300 ns;
            end if;
        end loop receive;
        assert count = 27 report "wm8731: a transfer of " & integer'image(count) & " bits" severity failure;
        transfer := transfer + 1;
        write(row, bit'val(boolean'pos(refuses)));
        write(row, string'(" "));
        write(row, to_bits(bits(26 downto 19) & bits(17 downto 10) & bits(8 downto 1)));
        writeline(log, row);
        if not refuses then
            if bits(17 downto 11) = "0001111" then
                registers <= (
                    0 | 1 => "010010111", 2 | 3 => "001111001", 4 => "000001010", 5 => "000001000", 6 => "010011111",
                    7 => "000001010", others => (others => '0')
                );
            else
                assert to_integer(unsigned(bits(17 downto 11))) <= 9 report "wm8731: no such register" severity failure;
                registers(to_integer(unsigned(bits(17 downto 11)))) <= bits(10) & bits(8 downto 1);
                -- Bit 4 of R6 holds the outputs down.
                assert bits(17 downto 11) /= "0000110" or bits(5) = '1' or registers(9)(0) = '1'
                    report "wm8731: outputs go on before the interface runs" severity failure;
            end if;
        end if;
    end process bus_slave;

    -- 12 MHz within 1000 ppm wherever the interface is on.
    master_clock: process
        variable before: time := 0 ns;
    begin
        wait until rising_edge(xck);
        edges <= edges + 1;
        assert not running or (now - before > 83.25 ns and now - before < 83.42 ns)
            report "wm8731: XCK is not 12 MHz" severity failure;
        before := now;
    end process master_clock;

    interface_settings: process (running)
    begin
        assert not running or registers(7) = "000000010" report "wm8731: only 16-bit I2S as slave is modelled" severity failure;
    end process interface_settings;

    -- Words leave where bclk falls, one bit clock after lrclk's change.
    converter_out: process
        file words: text open read_mode is ADC_FILE;
        file start: text open write_mode is START_FILE;
        variable row: line;
        variable word, shifted: bit_vector(15 downto 0) := (others => '0');
        variable side: std_logic;
        variable started, known: boolean := false;
    begin
        wait until falling_edge(bclk);
        -- lrclk changes with this edge; what it was just before counts for the word that begins now.
        if running then
            if side /= to_x01(adclrck'delayed(1 ns)) then
                known := side = '0' or side = '1';
                side := to_x01(adclrck'delayed(1 ns));
                if not known then
                    -- In mid-frame: the first word is that of the next change.
                    shifted := (others => '0');
                elsif side = '0' then
                    if not started then
                        started := true;
                        write(row, (edges - 60 + 125) / 250);
                        writeline(start, row);
                    end if;
                    if not endfile(words) then
                        readline(words, row);
                        read(row, word);
                    else
                        word := (others => '0');
                    end if;
                    shifted := word;
                else
                    shifted := not word;
                end if;
            else
                shifted := shifted(14 downto 0) & '0';
            end if;
            -- 35 ns at most.
            adcdat <= to_stdulogic(shifted(15)) after 30 ns;
        else
            side := to_x01(adclrck'delayed(1 ns));
        end if;
    end process converter_out;

    converter_in: process
        file words: text open write_mode is DAC_FILE;
        variable row: line;
        variable left, right: std_logic_vector(15 downto 0);
        variable count: natural := 32;
        variable side, before: std_logic := 'U';
        variable whole: boolean := false;
    begin
        wait until rising_edge(bclk);
        assert dacdat'stable(10 ns) report "wm8731: setup time of DACDAT" severity failure;
        if running then
            if before /= side then
                count := 0;
                if before = '0' then
                    if whole then
                        write(row, to_bits(left));
                        write(row, string'(" "));
                        write(row, to_bits(right));
                        writeline(words, row);
                    end if;
                    whole := side /= 'U';
                end if;
            end if;
            side := before;
            if count < 16 then
                if side = '0' then
                    left(15 - count) := to_x01(dacdat);
                else
                    right(15 - count) := to_x01(dacdat);
                end if;
                count := count + 1;
            end if;
            before := to_x01(daclrck);
            wait for 10 ns;
            assert dacdat'stable(19 ns) report "wm8731: hold time of DACDAT" severity failure;
        end if;
    end process converter_in;
end architecture behavioural;
