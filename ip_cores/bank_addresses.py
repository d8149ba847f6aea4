"""Address arithmetic that filter banks of several levels share."""

from __future__ import annotations

from typing import Any

from myhdl import always_comb

from ip_cores.arithmetic import like, wire
from ip_cores.hierarchy import inline


@inline
def shift_down(word, places, shifted):
    """Divides an unsigned word by two to the power of `places`: one row of two-way multiplexers for each bit of `places`."""
    instances: list[Any] = []
    for bit in range(len(places)):
        after = like(word)
        instances.append(shift_row(word, places, after, bit))
        word = after
    return instances, wire(word, shifted)


@inline
def shift_row(word, places, shifted, bit):
    amount = 1 << bit
    if amount >= len(word):

        @always_comb
        def clear_or_keep():
            if places[bit]:
                shifted.next = 0
            else:
                shifted.next = word

        return clear_or_keep

    @always_comb
    def shift_or_keep():
        if places[bit]:
            shifted.next = word[:amount]
        else:
            shifted.next = word

    return shift_or_keep
