"""Sums no wider than what they add, and registers no wider than what they keep, before arithmetic becomes chains of elements.

A register that is zero whenever it takes a word ("Stuck at GND due to stuck port data_in" in reports), or keeps the bit that another one
keeps ("Merged with"), is none; nor is the element of a sum that only feeds such a one. An element of a chain is a black box to what comes
after, so that both have to be found while sums are still words: low bits that add nothing, and top bits that repeat the sign.
"""

_LOW_BITS = "opt_expr -fine t:$add t:$sub"

COMMANDS = f"""
{_LOW_BITS}
opt_dff
opt_clean
{_LOW_BITS}
opt_clean
techmap -map repeated_signs.v t:$add t:$sub
opt_expr
opt_clean
wreduce
"""
"""Low bits twice: a sum's shape shows what a register keeps, which shows the shape of the sum behind it."""
