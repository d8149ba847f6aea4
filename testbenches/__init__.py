"""The chain of proof: reference ~ model == MyHDL == VHDL in GHDL == VHDL as machine code, its engines, and a test for every core."""
