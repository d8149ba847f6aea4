"""The steps by which Yosys maps a design to the primitives of Cyclone II.

They are filled in and run by `mapping.py`; their rules for single operators are the files in ``cells``.
"""

LUT_SCRIPT = "+&scorr;&sweep;&dc2;&dch,-f;&if,-a;&mfs;&put;mfs2,-a;lutpack,-S,1;strash;dch,-f;if,-a;mfs2,-a;lutpack,-S,1;&get,-m"
"""ABC: map for area, resynthesise with don't-cares, and pack cones into fewer LUTs (lutpack finds the 4:1 multiplexer in two), twice."""

FAST_LUT_SCRIPT = "+&scorr;&sweep;&dc2;&put;strash;if,-g,-K,6;strash;&get,-n;&dch,-f;&if;&mfs"
"""ABC: restructure and map for depth. Quartus balances both in one netlist; here the small one is counted and the faster one timed."""

KEEP_REGISTERS = "setattr -set keep 1 t:$_*DFF*"

SETTLE = f"""
clean
opt_dff t:$_DLATCH_P_
opt_expr
setattr -unset keep t:$_*DFF* t:$_*DFF*E_* w:* %co1:+[E] %d %d o:* %ci*:+[Q] t:$_*DFF* %i %d
opt_merge
{KEEP_REGISTERS}
opt -fast -noff
clean -purge
"""
"""After ABC. Quartus removes registers that are constant or unread before it maps to LUTs, and does not come back to them: the words of a
register file that the program beside it never writes, or its word 0 where that reads as zero, are found idle only by ABC's resynthesis,
and stay (reports of public designs have all 1024 registers of 32 words). Registers of the same data are one, as in Quartus' reports
("Merged with"), but not those that are equal only because ABC found that nothing is written to them. A latch is a LUT, not a register."""

REGISTERS = (
    "$_DFFE_PP_",
    "$_DFFE_PP0P_",
    "$_DFFE_PP1P_",
    "$_SDFFCE_PP0P_",
    "$_SDFFCE_PP1P_",
    "$_SDFFE_PP0P_",
    "$_ALDFFE_PPP_",
    "$_DFFSRE_PPPP_",
)
"""Enable with asynchronous or synchronous clear; a preset is a clear between two inverters. The last two Quartus builds from several."""

RECIPE = """
{read}
read_verilog -lib black_boxes.v
hierarchy -check -top {top}
proc -noopt {tables}
{whole}
{separated_drivers}
select c:* t:$* %d t:ABSOLUTE_VALUE %d
write_json -selected tree.json
select -clear
{hide}
flatten
select w:* {remarked}
write_json -selected flat.json
select -clear
opt_expr -keepdc
tribuf -logic
splitnets -ports i:* o:* %i
deminout
opt_expr
opt_clean
setattr -set keep 1 o:* %ci*:+[Q] t:$*ff* %i
setattr -set latched 1 t:$dlatch %ci:+[D] %ci:+[Y] t:$mux %i
setundef -undriven -zero w:*
opt_expr
opt_dff -nodffe -nosdff
setundef -undriven -zero w:*
opt_expr
opt_dff -nodffe -nosdff
setundef -undriven -zero w:*
opt -fine -nodffe -nosdff
select -write latches.txt t:$dlatch
{state_latches}
splitnets -driver
techmap -map not_zero.v t:$dff t:$adff %u %co1:+[Q] w:* %i %co1:+[A] t:$reduce_bool t:$reduce_or %u %i
attrmap -rename init power_up w:*
setattr -set fsm_encoding "auto" a:enum_type
memory_collect m:$*
{small_tables}
opt_expr
opt_clean
fsm_detect -ignore-self-reset
fsm_extract
fsm_opt
opt_clean
fsm_opt
fsm_recode
fsm_map
attrmap -rename power_up init w:*
opt -fine
techmap -map indexing.v
opt_expr
{turning_counters}select -set later t:$add %co:+[Y] w:* %i %co:+[A,B] t:$add %i
alumacc @later @later %ci:+[A,B] w:* %i %ci:+[Y] t:$add %i
techmap -map sum_trees.v t:$macc_v2 t:$alu
opt_clean
wreduce
peepopt
opt_clean
select -set chosen t:$sub %co:+[Y] %co:+[A,B] t:$mux %i t:$add %co:+[Y] %co:+[A,B] t:$mux %i %i a:latched %d
techmap -map same_width.v @chosen %ci:+[A,B] %ci:+[Y] t:$add t:$sub %u %i
opt_expr
opt_clean
select -set shared @chosen @chosen %ci:+[A,B] %ci:+[Y] t:$add t:$sub %u %i %u
extract -constports -map find_add_subtract.v @shared %x:+[A,B,Y,S]
techmap -map build_add_subtract.v
techmap -map absolute_value.v
opt_clean
pmux2shiftx
memory -nomap -nordff -nowiden
opt_clean
{small_tables}
{small_memories}
opt_clean
{memory_reads}memory_map a:ramstyle=*logic* t:$mem_v2 %i
setattr -unset ramstyle t:$mem_v2
opt_expr -mux_undef t:$mem_v2 %ci1:+[WR_ADDR] %ci1:+[Y] t:$mux %i
opt_clean
techmap -map reachable_words.v
chtype -set $mem_v2 t:REACHABLE_WORDS
{narrow_sums}{multipliers}
techmap -map division.v
opt -nodffe -nosdff
wreduce
opt_clean
techmap -map carry_chains.v t:$alu t:$add t:$sub t:$neg t:$lt t:$le t:$gt t:$ge
opt
opt_clean
select t:$mem_v2
write_json -selected memories.json
select -clear
memory_libmap -lib m4k.txt -logic-cost-rom 1
techmap -map m4k.v
opt -fast -mux_undef -undriven -fine -full
memory_map
opt -undriven -fine
techmap -map +/techmap.v -map carry_chains.v
opt_clean
setattr -unset keep t:$_*FF*_
setattr -set keep 1 o:* %ci*:+[Q] t:$_*FF*_ %i
shregmap -zinit -minlen 64 -match $_DFF_P_ -match $_DFFE_PP_
opt -full
clean -purge
setundef -undriven -zero
dfflegalize {registers}
opt -full
shregmap -zinit -minlen 3 -match $_DFF_P_ -match $_DFFE_PP_ -match $_DFF_PP0_ -match $_DFFE_PP0P_
techmap -map shift_registers.v
{keep}
design -save before_luts
abc9 -lut 4 -W 300 -script {small}
{settle}
write_json mapped.json
design -load before_luts
abc9 -lut 4 -W 300 -script {fast}
{settle}
write_json fast.json
"""
"""From reading to two netlists, one mapped for size and one for speed.

Products, quotients, sums and memories leave the word level in that order. State machines are found before anything else is done to them;
that a register has a power-up value is hidden meanwhile, since Yosys takes such a one for no state, and words are split where their driver
ends, since a state is looked for in whole words. A multiplexer that chooses what a latch keeps is marked: Quartus shares no adder there.
Latches that are there before state machines are found may be open in all states, or keep the next one. What nothing drives is 0 in
Quartus, and so is a register that is never loaded, whatever its reset; for Yosys both are unknown. One makes the next, so that it is looked
for twice. Only the nets are told, since an unknown that the design itself chooses from is a don't-care for both. Equal registers become
one, but not where their words reach pins: Quartus leaves each pin its own, as one in a pin's own cell has to be.
The attribute ``ramstyle`` is obeyed and then taken off, since Yosys knows other values of it.
"""

_CHOICES = "t:$mux t:$pmux %u %i"

TURNING_COUNTERS = "".join(
    f"select -set {name} t:{cell} %co:+[Y] %co:+[A,B] {_CHOICES}\n"
    + 2 * f"select -set {name} @{name} @{name} %co:+[Y] %co:+[A,B] {_CHOICES} %u\n"
    for name, cell in (("up", "$add"), ("down", "$sub"))
) + """\
select -set both @up @down %i
opt_expr -mux_undef @both @both %ci1:+[A,B] %ci1:+[Y] t:$mux %i %u
opt_clean
"""
"""Of a register that counts up, down, or not at all the last is its enable by now, and what then is chosen does not matter: what is left to
choose from are a sum and a difference, which are one chain."""

SMALL_MEMORIES = "memory_map r:SIZE<=8 r:WR_PORTS>0 %i t:$mem_v2 %i a:ramstyle=*M4K* %d a:ramstyle=*M9K* %d"
"""Memories of a few words are registers, unless the design asks otherwise ("uninferred due to inappropriate RAM size" in reports)."""

MULTIPLIERS = {
    "embedded": "wreduce t:$mul\ntechmap -map constant_products.v\ntechmap -map multipliers.v\ntechmap -map soft_products.v",
    "embedded constants": "wreduce t:$mul\ntechmap -map multipliers.v -D EMBED_CONSTANTS\ntechmap -map soft_products.v",
    "logic": "wreduce t:$mul\ntechmap -map constant_products.v\ntechmap -map soft_products.v",
}
"""The steps for products, by where they are to go."""
