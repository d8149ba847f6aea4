"""Whether the proof of a core is one: faults put into its netlist, each of which `verify` has to see."""
