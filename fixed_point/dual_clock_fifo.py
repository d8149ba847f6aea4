"""Bit-true queue between two clocks: the words, later."""

from fixed_point.families.unchanged_words import unchanged_words

dual_clock_fifo = unchanged_words
