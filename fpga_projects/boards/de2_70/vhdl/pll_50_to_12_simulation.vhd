-- The PLL for simulators without Altera's library: 12 MHz after a lock time, with a drift that a real board cannot have.
--
-- `DRIFT_PPM` puts the codec's clock off the 50 MHz by so much, to and fro in a slow triangle: both clocks are then without relation.

library ieee;
use ieee.std_logic_1164.all;

entity pll_50_to_12 is
    generic (
        DRIFT_PPM: real := 0.0
    );
    port (
        areset: in std_logic;
        inclk0: in std_logic;
        c0: out std_logic;
        locked: out std_logic
    );
end entity pll_50_to_12;

architecture simulation of pll_50_to_12 is
    constant HALF_PERIOD_FS: real := 41666666.667;
begin
    oscillate: process
        variable deviation, step, rest: real := 0.0;
        variable half: real;
    begin
        c0 <= '0';
        locked <= '0';
        if areset /= '0' then
            wait until areset = '0';
        end if;
        wait for 10 us;
        step := DRIFT_PPM / 1000.0;
        -- Without its input it stops, and a simulation that waits for nothing else ends.
        while areset = '0' and inclk0'last_event < 1 us loop
            locked <= '1';
            if abs(deviation + step) > abs(DRIFT_PPM) then
                step := -step;
            end if;
            deviation := deviation + step;
            -- What is below a femtosecond is carried on, so that the mean is exact.
            half := HALF_PERIOD_FS * (1.0 + deviation * 1.0e-6) + rest;
            rest := half - real(integer(half));
            c0 <= '1';
            wait for integer(half) * 1 fs;
            c0 <= '0';
            wait for integer(half) * 1 fs;
        end loop;
        locked <= '0';
        wait until rising_edge(inclk0);
    end process oscillate;
end architecture simulation;
