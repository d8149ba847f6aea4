"""The workshop of wavelet banks: filter processor and its programs, plans, addresses, steps and timing of bands."""
