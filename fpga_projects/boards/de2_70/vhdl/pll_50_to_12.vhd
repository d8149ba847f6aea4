-- 12.000 MHz for the codec from the board's 50 MHz: 50 x 6 / 25.
--
-- Quartus compiles this file; simulation/pll_50_to_12.vhd stands for it in simulators without Altera's library.

library ieee;
use ieee.std_logic_1164.all;
library altera_mf;
use altera_mf.altera_mf_components.all;

entity pll_50_to_12 is
    port (
        areset: in std_logic;
        inclk0: in std_logic;
        c0: out std_logic;
        locked: out std_logic
    );
end entity pll_50_to_12;

architecture rtl of pll_50_to_12 is
    signal clocks_in: std_logic_vector(1 downto 0);
    signal clocks_out: std_logic_vector(5 downto 0);
begin
    clocks_in <= '0' & inclk0;
    c0 <= clocks_out(0);

    altpll_component: altpll
        generic map (
            clk0_divide_by => 25,
            clk0_duty_cycle => 50,
            clk0_multiply_by => 6,
            clk0_phase_shift => "0",
            compensate_clock => "CLK0",
            gate_lock_signal => "NO",
            inclk0_input_frequency => 20000,
            intended_device_family => "Cyclone II",
            invalid_lock_multiplier => 5,
            lpm_type => "altpll",
            operation_mode => "NORMAL",
            valid_lock_multiplier => 1
        )
        port map (
            areset => areset,
            inclk => clocks_in,
            clk => clocks_out,
            locked => locked
        );
end architecture rtl;
