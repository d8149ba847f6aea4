"""Which parameters are worth it: sweeps over word lengths and structures, their metrics, their pages."""
