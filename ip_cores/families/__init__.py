"""Bases that several cores share: words passed on, segments, serial audio lines, cores of a board."""
