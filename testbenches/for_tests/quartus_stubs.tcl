# The commands of Quartus II 13.0 SP1, Platform Designer and ModelSim that our files use, as stubs that check every call.
#
#   tclsh quartus_stubs.tcl FILE ENTITY_PORTS
#
# runs FILE in its own folder and prints every call as a line; the first call that Quartus would refuse ends it with a message
# and status 1. ENTITY_PORTS is a list of {name direction width}, what the top-level entity really has.

lassign $argv script entity_ports

proc refuse {message} { error "REFUSED $message" }
proc record {args} { puts $args }
proc must_exist {file} { if {![file exists $file]} { refuse "no such file: $file" } }
proc must_be_one_of {what value allowed} { if {$value ni $allowed} { refuse "unknown $what: $value" } }

# -- Project files (.qsf, .qip) ---------------------------------------------------------------------------------------------

set source_files {VHDL_FILE VERILOG_FILE QIP_FILE SDC_FILE TCL_SCRIPT_FILE}
set global_names [concat $source_files {
    FAMILY DEVICE TOP_LEVEL_ENTITY ORIGINAL_QUARTUS_VERSION LAST_QUARTUS_VERSION PROJECT_OUTPUT_DIRECTORY VHDL_INPUT_VERSION
    STRATIX_DEVICE_IO_STANDARD RESERVE_ALL_UNUSED_PINS RESERVE_ALL_UNUSED_PINS_WEAK_PULLUP
    CYCLONEII_RESERVE_NCEO_AFTER_CONFIGURATION MIN_CORE_JUNCTION_TEMP
    MAX_CORE_JUNCTION_TEMP CYCLONEII_OPTIMIZATION_TECHNIQUE PHYSICAL_SYNTHESIS_REGISTER_DUPLICATION FITTER_EFFORT
    USE_TIMEQUEST_TIMING_ANALYZER TIMEQUEST_MULTICORNER_ANALYSIS NUM_PARALLEL_PROCESSORS POWER_PRESET_COOLING_SOLUTION
    POWER_BOARD_THERMAL_MODEL POWER_DEFAULT_INPUT_IO_TOGGLE_RATE SMART_RECOMPILE OUTPUT_IO_TIMING_NEAR_END_VMEAS
    OUTPUT_IO_TIMING_FAR_END_VMEAS ALLOW_POWER_UP_DONT_CARE}]
set instance_names {IO_STANDARD CURRENT_STRENGTH_NEW WEAK_PULL_UP_RESISTOR GLOBAL_SIGNAL FAST_INPUT_REGISTER FAST_OUTPUT_REGISTER
    SYNCHRONIZER_IDENTIFICATION SLEW_RATE}
array set location_of {}
array set pin_used {}

# Options of a call (-name value), the rest in order.
proc options {arguments names} {
    set found {}
    set rest {}
    for {set k 0} {$k < [llength $arguments]} {incr k} {
        set word [lindex $arguments $k]
        if {$word in $names} {
            incr k
            dict set found $word [lindex $arguments $k]
        } elseif {[regexp {^-[a-z]} $word]} {
            refuse "unknown option: $word"
        } else {
            lappend rest $word
        }
    }
    return [list $found $rest]
}

proc project_new {args} {
    # -overwrite stands alone
    set place [lsearch -exact $args -overwrite]
    if {$place >= 0} { set args [lreplace $args $place $place] }
    lassign [options $args {-family -part -revision}] named values
    if {[llength $values] != 1} { refuse "project_new $args" }
    record project_new [lindex $values 0]
}

proc set_global_assignment {args} {
    global global_names source_files quartus
    lassign [options $args {-name -section_id -library}] named values
    if {![dict exists $named -name] || [llength $values] != 1} { refuse "set_global_assignment $args" }
    set name [dict get $named -name]
    set value [lindex $values 0]
    must_be_one_of "global assignment" $name $global_names
    if {$name in $source_files} { must_exist $value }
    record set_global_assignment $name $value
    if {$name eq "QIP_FILE"} {
        set kept [expr {[info exists quartus(qip_path)] ? $quartus(qip_path) : ""}]
        set quartus(qip_path) [file dirname $value]
        uplevel #0 [list source $value]
        set quartus(qip_path) $kept
    }
}

proc set_location_assignment {pin args} {
    global location_of pin_used
    lassign [options $args {-to}] named values
    if {![regexp {^PIN_[A-Z]{1,2}[0-9]{1,2}$} $pin] || [llength $values]} { refuse "set_location_assignment $pin $args" }
    set target [dict get $named -to]
    must_be_port $target
    if {[info exists pin_used($pin)]} { refuse "$pin is given to $pin_used($pin) and to $target" }
    if {[info exists location_of($target)]} { refuse "$target is put on $location_of($target) and on $pin" }
    set pin_used($pin) $target
    set location_of($target) $pin
    record set_location_assignment $pin $target
}

proc set_instance_assignment {args} {
    global instance_names
    lassign [options $args {-name -to -from -section_id}] named values
    must_be_one_of "instance assignment" [dict get $named -name] $instance_names
    if {[llength $values] != 1} { refuse "set_instance_assignment $args" }
    record set_instance_assignment [dict get $named -name] [dict get $named -to] [lindex $values 0]
}

# A port of the top-level entity, a bit of one as name[3], or a pattern that meets at least one.
proc must_be_port {pattern} {
    global entity_ports
    if {![llength $entity_ports]} { return }
    foreach port $entity_ports {
        lassign $port name direction width
        if {$pattern eq $name || [string match [string map {[ \\[ ] \\]} $pattern] $name]} { return }
        for {set bit 0} {$bit < $width} {incr bit} {
            if {[string match [string map {[ \\[ ] \\]} $pattern] "$name\[$bit\]"]} { return }
        }
    }
    refuse "the top-level entity has no port $pattern"
}

# -- Timing constraints (.sdc) ----------------------------------------------------------------------------------------------

array set clocks {}
proc get_ports {args} {
    set pattern [lindex $args end]
    foreach one $pattern { must_be_port $one }
    return $pattern
}
proc get_clocks {pattern} {
    global clocks
    foreach one $pattern {
        if {![llength [array names clocks $one]]} { refuse "no clock $one" }
    }
    return $pattern
}
foreach collection {get_pins get_registers get_cells get_keepers get_nets} {
    proc $collection {args} { return [lindex $args end] }
}
proc all_inputs {} { return all_inputs }
proc all_outputs {} { return all_outputs }
proc create_clock {args} {
    global clocks
    lassign [options $args {-name -period -waveform}] named targets
    if {![string is double -strict [dict get $named -period]] || [dict get $named -period] <= 0} { refuse "create_clock $args" }
    if {[info exists clocks([dict get $named -name])]} { refuse "clock [dict get $named -name] exists" }
    set clocks([dict get $named -name]) [dict get $named -period]
    record create_clock [dict get $named -name] [dict get $named -period] {*}$targets
}
proc create_generated_clock {args} {
    global clocks
    lassign [options $args {-name -source -divide_by -multiply_by -master_clock}] named targets
    if {![dict exists $named -source] || [llength $targets] != 1} { refuse "create_generated_clock $args" }
    set clocks([dict get $named -name]) generated
    record create_generated_clock [dict get $named -name] {*}$targets
}
proc derive_pll_clocks {args} { record derive_pll_clocks {*}$args }
proc derive_clock_uncertainty {} { record derive_clock_uncertainty }
proc set_clock_groups {args} {
    set groups 0
    foreach {option value} [lrange $args 1 end] {
        if {$option ne "-group"} { refuse "set_clock_groups $args" }
        get_clocks $value
        incr groups
    }
    if {[lindex $args 0] ni {-asynchronous -exclusive} || $groups < 2} { refuse "set_clock_groups $args" }
    record set_clock_groups {*}$args
}
foreach delay {set_input_delay set_output_delay} {
    proc $delay {args} {
        set args [lsearch -all -inline -not -regexp $args {^-(add_delay|clock_fall)$}]
        set value [lindex [lsearch -all -inline -regexp $args {^-?[0-9.]+$}] 0]
        lassign [options [lsearch -all -inline -not -regexp $args {^(-?[0-9.]+|-max|-min)$}] {-clock}] named targets
        if {$value eq "" || [llength $targets] != 1} { refuse "[lindex [info level 0] 0] $args" }
        get_clocks [dict get $named -clock]
        record [lindex [info level 0] 0] $value {*}$targets
    }
}
foreach exception {set_false_path set_max_delay set_min_delay set_multicycle_path} {
    proc $exception {args} {
        lassign [options [lsearch -all -inline -not -regexp $args {^-(setup|hold)$}] {-from -to}] named values
        if {![dict size $named] || [llength $values] != ([lindex [info level 0] 0] ne "set_false_path")} {
            refuse "[lindex [info level 0] 0] $args"
        }
        record [lindex [info level 0] 0] {*}$args
    }
}

# -- quartus_sh -------------------------------------------------------------------------------------------------------------

package provide ::quartus::project 5.0
package provide ::quartus::flow 1.0
proc project_open {args} { must_exist "[lindex $args end].qpf"; record project_open [lindex $args end] }
proc project_close {} { record project_close }
proc execute_flow {option} { must_be_one_of flow $option {-compile -analysis_and_elaboration}; record execute_flow $option }
proc execute_module {args} { record execute_module {*}$args }

# -- Platform Designer (_hw.tcl) --------------------------------------------------------------------------------------------

package provide qsys 13.0
set module_properties {NAME VERSION DISPLAY_NAME DESCRIPTION GROUP AUTHOR EDITABLE INTERNAL DATASHEET_URL INSTANTIATE_IN_SYSTEM_MODULE}
array set kinds {}
array set filesets {}
array set mapped {}
set interface_properties {
    clock {clockRate}
    reset {associatedClock synchronousEdges}
    avalon_streaming {associatedClock associatedReset dataBitsPerSymbol symbolsPerBeat firstSymbolInHighOrderBits readyLatency
        maxChannel errorDescriptor}
    avalon {associatedClock associatedReset addressUnits readWaitTime readLatency}
    conduit {associatedClock associatedReset}
}
set roles {
    clock {clk} reset {reset reset_n}
    avalon_streaming {valid ready data channel startofpacket endofpacket empty error}
    avalon {address read write writedata readdata}
}

proc set_module_property {name value} {
    global module_properties
    must_be_one_of "module property" $name $module_properties
    record set_module_property $name $value
}
proc add_fileset {name kind callback {entity ""}} {
    global filesets
    must_be_one_of fileset $kind {QUARTUS_SYNTH SIM_VHDL SIM_VERILOG}
    if {[info exists filesets($name)]} { refuse "fileset $name exists" }
    set filesets($name) {}
    set ::fileset $name
    record add_fileset $name
}
proc set_fileset_property {fileset name value} {
    global filesets
    if {![info exists filesets($fileset)] || $name ne "TOP_LEVEL"} { refuse "set_fileset_property $fileset $name" }
    record set_fileset_property $fileset $name $value
}
proc add_fileset_file {file type PATH path args} {
    must_be_one_of "file type" $type {VHDL VERILOG SDC}
    if {$PATH ne "PATH" || ($args ni {{} TOP_LEVEL_FILE})} { refuse "add_fileset_file $file $type $PATH $path $args" }
    must_exist $path
    record add_fileset_file $::fileset $path
}
proc add_interface {name kind direction} {
    global kinds interface_properties
    must_be_one_of "interface type" $kind [dict keys $interface_properties]
    must_be_one_of direction $direction {start end}
    if {[info exists kinds($name)]} { refuse "interface $name exists" }
    set kinds($name) $kind
    record add_interface $name $kind $direction
}
proc set_interface_property {interface name value} {
    global kinds interface_properties
    if {![info exists kinds($interface)]} { refuse "no interface $interface" }
    must_be_one_of "property of $kinds($interface)" $name [dict get $interface_properties $kinds($interface)]
    foreach {property kind} {associatedClock clock associatedReset reset} {
        if {$name eq $property && (![info exists kinds($value)] || $kinds($value) ne $kind)} { refuse "$value is no $kind" }
    }
    record set_interface_property $interface $name $value
}
proc add_interface_port {interface port role direction width} {
    global kinds roles mapped entity_ports
    if {![info exists kinds($interface)]} { refuse "no interface $interface" }
    if {$kinds($interface) ne "conduit"} { must_be_one_of "role of $kinds($interface)" $role [dict get $roles $kinds($interface)] }
    if {[info exists mapped($port)]} { refuse "port $port belongs to two interfaces" }
    set mapped($port) $interface
    foreach real $entity_ports {
        lassign $real name way bits
        if {$name eq $port} {
            if {$bits != $width || $direction ne [dict get {in Input out Output inout Bidir} $way]} {
                refuse "$port is $way of $bits bits, not $direction of $width"
            }
            record add_interface_port $interface $port $role $direction $width
            return
        }
    }
    refuse "the entity has no port $port"
}
proc set_port_property {port name value} {
    global mapped
    if {![info exists mapped($port)]} { refuse "no port $port" }
    must_be_one_of "port property" $name {VHDL_TYPE TERMINATION}
    record set_port_property $port $name $value
}

# -- ModelSim (.do) ---------------------------------------------------------------------------------------------------------

proc vlib {name} { record vlib $name }
proc vcom {args} {
    set files [lsearch -all -inline -not -regexp $args {^-}]
    if {[llength $files] != 1} { refuse "vcom $args" }
    must_exist [lindex $files 0]
    record vcom [lindex $files 0]
}
proc vsim {args} { record vsim {*}$args }
proc run {args} { record run {*}$args }
proc quit {args} { record quit {*}$args }
proc onbreak {script} { record onbreak }
proc onerror {script} { record onerror }

cd [file dirname $script]
set quartus(qip_path) .
set quartus(args) {}
if {[catch {source [file tail $script]} message]} {
    puts stderr [string map {"REFUSED " ""} $message]
    exit 1
}
if {[string match *_hw.tcl $script]} {
    foreach port $entity_ports {
        if {![info exists mapped([lindex $port 0])]} {
            puts stderr "port [lindex $port 0] belongs to no interface"
            exit 1
        }
    }
}
