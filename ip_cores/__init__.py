"""The hardware: MyHDL cores, each in a module of its name, the stream interface, and the generation of VHDL."""
