"""Queue between two clocks in float64: the samples, later."""

from reference.families.unchanged import unchanged

dual_clock_fifo = unchanged
