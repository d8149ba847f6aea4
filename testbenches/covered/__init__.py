"""How much of the code and of the hardware the tests and the proof reach: lines and branches, states and their moves, nets."""
