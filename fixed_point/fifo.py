"""Bit-true queue: the words, later."""

from fixed_point.families.unchanged_words import unchanged_words

fifo = unchanged_words
