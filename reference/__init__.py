"""Float64 truth: the mathematics of every core without word lengths, in a module of its name. Knows nothing of the rest."""
