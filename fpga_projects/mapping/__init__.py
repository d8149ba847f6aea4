"""From HDL to logic elements of the device: readers, rules in the shape that Quartus maps, the recipe for Yosys."""
