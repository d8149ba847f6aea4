# Reads the SDC of a board project, CONSTRAINTS, as OpenSTA understands it, and prints every end point with its slack.
#
# What TimeQuest has beside the standard is supplied: a generated clock of a PLL is a clock of its own, pins of the PLL are none here.
read_liberty toy.lib
read_verilog toy.v
link_design board

proc derive_clock_uncertainty {} {}
proc get_pins {name} { return {} }
proc create_generated_clock {args} {
    create_clock -name [lindex $args [expr [lsearch $args -name] + 1]] -period 83.333 [get_ports codec_clk]
}
source CONSTRAINTS

foreach delay {min max} {
    puts "delay $delay"
    report_checks -path_delay $delay -format end -group_count 100
}
