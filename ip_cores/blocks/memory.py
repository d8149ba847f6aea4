"""Memories in the shapes that Quartus infers as M4K blocks, and small tables that stay in logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myhdl import always, always_comb

from ip_cores.blocks.arithmetic import signed_signal
from ip_cores.hierarchy import Group, entity, primitive

# A table of 16 words is one 4-input LUT a bit, which is less than the registers that an M4K's address would need.
LOGIC_TABLE_WORDS = 16

SETTLED_STEPS = 4
"""Steps of a pipeline from a word to its next use, after which it has surely been in its place for two clock edges."""


@dataclass(frozen=True, eq=False)
class NewestSamples(Group):
    """What is written into a memory of the newest samples.

    Attributes
    ----------
    write : Signal of bool
    write_address, write_data : Signal
    newest : Signal
        Where the last sample stands.
    """

    write: Any
    write_address: Any
    write_data: Any
    newest: Any


@entity
def sample_memory(clk, enable, write, write_address, write_data, read_address, read_data, settled=False):
    """Simple dual-port memory: one port writes, the other reads with a register, old data at the same address."""
    # Without an enable (None) it reads in every clock.
    # Settled: no word is used that was read at the edge that wrote its place, or at the next; a device may show anything then.
    words = [signed_signal(len(write_data)) for _ in range(2 ** len(write_address))]
    return writing(clk, write, write_address, write_data, words), reading(clk, enable, read_address, read_data, words)


@entity
def bank_memory(clk, enable, write, write_address, write_data, read_address, read_data, contents):
    """Simple dual-port memory that holds its first contents from the device's configuration on; a reset leaves the words alone."""
    words = [signed_signal(len(write_data), word, power_up=contents) for word in contents]
    return writing(clk, write, write_address, write_data, words), reading(clk, enable, read_address, read_data, words)


def writing(clk, write, write_address, write_data, words):
    """The writing port of a memory: a process of the entity around it."""

    @always(clk.posedge)
    def store():
        """The write port."""
        if write:
            words[write_address].next = write_data

    return store


def reading(clk, enable, read_address, read_data, words):
    """The reading port of a memory, with a register, in every clock without an enable: a process of the entity around it."""
    if enable is None:

        @always(clk.posedge)
        def fetch():
            """The read port; its register is the memory block's own."""
            read_data.next = words[read_address]

    else:

        @always(clk.posedge)
        def fetch():
            """The read port; its register is the memory block's own."""
            if enable:
                read_data.next = words[read_address]

    return fetch


@entity
def coefficient_memory(clk, enable, address, data, contents):
    """Constant table with a registered output, which becomes an M4K."""
    return looking_up(clk, enable, address, data, contents)


def looking_up(clk, enable, address, data, contents):
    """The register behind a constant table, in every clock without an enable: a process of the entity around it."""
    if enable is None:

        @always(clk.posedge)
        def fetch():
            """The table's rows."""
            data.next = contents[int(address)]

    else:

        @always(clk.posedge)
        def fetch():
            """The table's rows."""
            if enable:
                data.next = contents[int(address)]

    return fetch


@primitive
def table(address, data, contents):
    """Constant table in logic."""

    @always_comb
    def look_up():
        data.next = contents[int(address)]

    return look_up
