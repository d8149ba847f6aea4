"""Bit-true stream register: the words, later."""

from fixed_point.families.unchanged_words import unchanged_words

stream_register = unchanged_words
