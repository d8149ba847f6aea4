"""What runs hardware: MyHDL, GHDL, the VHDL as machine code, and the tools they are made with."""
