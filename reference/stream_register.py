"""Stream register in float64: the samples, later."""

from reference.families.unchanged import unchanged

stream_register = unchanged
