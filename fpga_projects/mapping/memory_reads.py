"""Which register at a memory's read goes into the block: the one that keeps the word, or the one that keeps its address.

A block reads with a clock. The register of the word goes in where it takes a word in every clock. Where it has an enable and the address
comes from registers of the same clock, Quartus takes the address's into the block and leaves the word's outside. The block then gives what
was stored before the last edge, while the source wants a word that was written at that edge, so that Quartus adds what passes it by ("Pass-
through logic has been added to match the read-during-write behavior of the original design", message 276020): registers of the write's
enable, address and word, one of the read's address that is the source's own, a comparison and a multiplexer. Of a word whose address comes
from elsewhere the register goes in with its enable, as a clock enable, and nothing is added.

References
----------
Reports and netlists of Quartus II 13.0 for the EP2C35. At 128 words of 24 bits it adds 39 registers, ``…_rtl_0_bypass[0..38]``: one
for the enable, twice seven for the addresses, 24 for the word (dcrystalj/quartus-project). A memory that is read at pins, with an enable of
its own, has ``ena0`` at the block and no register beside it. That the address's register may stand in another entity than the memory is
seen in a netlist for Cyclone III, ``u_ctrl|ram_addr`` and ``u_ctrl|u_ram|mem_rtl_0_bypass[0..16]``: 16 words of 8 bits.
"""

WHOLE = "t:$mem_v2 r:WR_PORTS=1 %i r:RD_PORTS=1 %i a:ramstyle=*no_rw_check* %d"
"""Memories of one write and one read: with more, passing by is left to memory_libmap. ``no_rw_check`` says that nobody needs it."""

_WORDS = "%co1:+[RD_DATA] %co1:+[D] t:$dffe %i"
_ADDRESSES = "%ci1:+[RD_ADDR] %ci1:+[Q] t:$*dff* %i"

COMMANDS = f"""
select -set held {WHOLE} {_WORDS}
select -set read @held %ci1:+[D] %ci1:+[RD_DATA] t:$mem_v2 %i
select -set read @read {_ADDRESSES} %co1:+[Q] %co1:+[RD_ADDR] t:$mem_v2 %i @read %i {WHOLE} %i
select -set held @read {_WORDS}
select -set placed @read {_ADDRESSES}
select -set kept @held @placed %u %co1:+[Q] w:* %i
setattr -unset init @placed %co1:+[Q] w:* %i
dffunmap -ce-only @held
dffunmap @placed
memory_dff @read
opt_dff @kept %ci1:+[Q] t:$dff %i
opt_clean
memory_dff t:$mem_v2 r:WR_PORTS>0 %i t:$mem_v2 %co1:+[RD_DATA] %co1:+[D] t:$*dff* %i %ci1:+[D] %ci1:+[RD_DATA] t:$mem_v2 %i %u
memory_collect
techmap -map pass_by.v
"""
"""Yosys' ``memory_dff`` prefers the word's register; without an enable at both it finds the address's, and takes their common net."""
