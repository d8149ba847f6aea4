"""Properties of the delivered VHDL, proven for every pattern of valid, ready and reset: GHDL's synthesis, Yosys, PDR in ABC."""
