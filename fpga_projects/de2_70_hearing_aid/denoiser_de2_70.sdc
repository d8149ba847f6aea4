# Clocks: the board's 50 MHz and the codec's 12 MHz that the PLL makes of it.
create_clock -name system_clock -period 20.000 [get_ports {iCLK_50}]
create_generated_clock -name codec_clock -source [get_ports {iCLK_50}] -multiply_by 6 -divide_by 25 \
    [get_pins {u_pll|altpll_component|pll|clk[0]}]
derive_clock_uncertainty

# Between them only Gray-coded counters, a memory and synchronised resets cross.
set_clock_groups -asynchronous -group {system_clock} -group {codec_clock}

# The codec: a bit clock lasts 416 ns, data change with the edge of the 12 MHz at which it falls and are read where it rises, two or
# three edges later. WM8731 data sheet, slave mode: data 10 ns before and after the rising edge; ADC data at most 35 ns after the
# falling edge. What is left to ask of pins that change together is that they do so within a clock, 10 ns being the codec's.
set_output_delay -clock codec_clock -max 10.0 [get_ports {oAUD_DACDAT}]
set_output_delay -clock codec_clock -min 0.0 [get_ports {oAUD_DACDAT}]
set_output_delay -clock codec_clock -max 10.0 [get_ports {AUD_BCLK AUD_ADCLRCK AUD_DACLRCK}]
set_output_delay -clock codec_clock -min 0.0 [get_ports {AUD_BCLK AUD_ADCLRCK AUD_DACLRCK}]
set_input_delay -clock codec_clock -max 35.0 [get_ports {iAUD_ADCDAT}]
set_input_delay -clock codec_clock -min 0.0 [get_ports {iAUD_ADCDAT}]

# The clock itself, slow pins behind synchronisers, and lamps.
set_false_path -to [get_ports {oAUD_XCK}]
set_false_path -from [get_ports {iKEY[*] iSW[*] oI2C_SCLK I2C_SDAT}]
set_false_path -to [get_ports {oLEDG[*] oLEDR[*] oI2C_SCLK I2C_SDAT}]
