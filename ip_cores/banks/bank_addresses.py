"""Address arithmetic that filter banks of several levels share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always_comb

from ip_cores.blocks.arithmetic import address_signal, like, wire
from ip_cores.blocks.memory import table
from ip_cores.hierarchy import Group, Rows, described, inline, primitive


@inline
def shift_down(word, places, shifted):
    """Divides an unsigned word by two to the power of `places`: one row of two-way multiplexers for each bit of `places`."""
    instances: list[Any] = []
    for bit in range(len(places)):
        after = like(word)
        instances.append(shift_row(word, places, after, bit))
        word = after
    return instances, wire(word, shifted)


@primitive
def shift_row(word, places, shifted, bit):
    """A shift by two to the power of `bit`, or none."""
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


@primitive
def flag_table(address, bit, contents):
    """Constant table of single bits in logic."""
    row = address_signal(1)

    @always_comb
    def pick():
        bit.next = row[0]

    return table(address, row, contents), pick


@dataclass(frozen=True)
class WaitingLine:
    """How details wait in one memory until the bands are aligned.

    A detail of level j lies at its sample's number n with the lowest j - 1 bits cleared, the approximation of level J at n with J bits
    cleared: n ends in j ones when level j falls due, so that no two bands share a place.

    Attributes
    ----------
    levels : int
        Depth J.
    delay : int
        Delay of one level of analysis and synthesis, in samples.
    """

    levels: int
    delay: int

    def samples(self, level: int) -> int:
        """Samples that a detail waits: `delay` (2**(J - level) - 1) of its own."""
        return self.delay * (2 ** (self.levels - level) - 1) << level

    @property
    def bits(self) -> int:
        """Bits of an address."""
        return max(self.levels, self.samples(1).bit_length())


@dataclass(frozen=True, eq=False)
class HistoryPlaces(Group):
    """Where the samples of all levels or nodes, and the coefficients, are written and read.

    Attributes
    ----------
    place : Signal
        Coefficients of the step.
    write_address : Signal
        Where a word is written.
    read_address : list of Signal
        For each multiplier, where its sample is read.
    """

    place: Any
    write_address: Any
    read_address: Any


@inline
def waiting_places(count, band, written, read, line):
    """Addresses of the word of a band that falls due, and of the one that has waited long enough.

    `band` is j - 1 for the detail of level j, and J for the approximation.
    """
    bits, levels = line.bits, line.levels
    own_bits, age, place = address_signal(bits), address_signal(bits), address_signal(bits)
    masks = tuple(2**bits - 2**b for b in range(levels + 1))
    ages = tuple(line.samples(b + 1) if b < levels else 0 for b in range(levels + 1))
    bands = [*(f"detail of level {b + 1}" for b in range(levels)), "approximation"]

    @always_comb
    def find_word():
        """A band's word lies at its number, the lowest bits cleared: no two bands share a place."""
        place.next = count[bits:] & own_bits

    @always_comb
    def find_past():
        """The word that leaves was written so many samples ago that all bands are aligned."""
        written.next = place
        read.next = place - age

    return (
        described(table(band, own_bits, Rows(masks, bands)), "The bits of a place that are a band's own."),
        described(table(band, age, Rows(ages, bands)), "For how many samples the words of a band wait."),
        find_word,
        find_past,
    )
