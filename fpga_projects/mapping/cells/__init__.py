"""Cyclone II primitives and the rules that map to them, for Yosys."""
