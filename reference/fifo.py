"""Queue in float64: the samples, later."""

from reference.families.unchanged import unchanged

fifo = unchanged
