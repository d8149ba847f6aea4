"""A mapped netlist and what can be read off it: packing, timing, shift registers. It knows a device, and no tool."""
