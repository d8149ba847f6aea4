"""Cores drawn at random, of every kind, and what is asked of all of them: many in ``make fuzz``, a few in ``make test``."""
