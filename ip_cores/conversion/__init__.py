"""MyHDL to VHDL: one entity a file, written to be read."""
