"""The right words of every kind of core from its datasheet: fractions, PyWavelets, queues and slices; nothing of models or references."""
