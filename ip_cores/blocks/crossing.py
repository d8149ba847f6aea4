"""What crosses from one clock to another: a chain of registers for a bit, Gray-coded counters for a number, a memory for words."""

from __future__ import annotations

from myhdl import Signal, always, always_comb, intbv

from ip_cores.blocks.arithmetic import address_signal, signed_signal
from ip_cores.blocks.memory import reading, writing
from ip_cores.hierarchy import described, entity

STAGES = 2
"""Registers that a signal passes before it is believed: the first may become metastable and has a clock period to settle."""


@entity
def synchronizer(clk, foreign, here, stages):
    """Registers in a row that bring a bit from another clock; whatever the bits of a number do, each is a crossing of its own."""
    chain = Signal(intbv(0)[stages:])

    @always(clk.posedge)
    def shift():
        """Only the last bit is believed: the first may be metastable."""
        chain.next[0] = foreign
        for stage in range(1, stages):
            chain.next[stage] = chain[stage - 1]

    @always_comb
    def show():
        here.next = chain[stages - 1]

    return shift, show


@entity
def counter_synchronizer(clk, reset, foreign, here, stages):
    """Registers in a row for a Gray-coded counter: one bit changes at a time, so whatever is seen was or is its value."""
    chain = [address_signal(len(foreign)) for _ in range(stages)]

    @always(clk.posedge)
    def shift():
        """Only the last word is believed: a bit of the first may be metastable."""
        if reset:
            for stage in range(stages):
                chain[stage].next = 0
        else:
            chain[0].next = foreign
            for stage in range(1, stages):
                chain[stage].next = chain[stage - 1]

    @always_comb
    def show():
        here.next = chain[stages - 1]

    return shift, show


@entity
def two_clock_memory(write_clk, write, write_address, write_data, read_clk, enable, read_address, read_data):
    """Simple dual-port memory with a clock for each port; nobody reads the word that is being written."""
    words = [signed_signal(len(write_data)) for _ in range(2 ** len(write_address))]
    store = described(writing(write_clk, write, write_address, write_data, words), "The write port, on its own clock.")
    fetch = reading(read_clk, enable, read_address, read_data, words)
    return store, described(fetch, "The read port, on its own clock; its register is the memory block's own.")
