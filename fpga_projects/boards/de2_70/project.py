"""A complete Quartus II 13.0 SP1 project for the DE2-70 around any stream core."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from fpga_projects.boards.de2_70.signal_path import CODEC_RATE, CORE_RATE, SignalPath
from ip_cores.companions.quartus_files import qip
from ip_cores.core import Core
from ip_cores.generate import header, vhdl
from ip_cores.port import Port

HERE = Path(__file__).resolve().parent
MARK = "project.json"
"""File that tells that a folder was written here."""

DEVICE = "EP2C70F896C6"
IO_STANDARD = "3.3-V LVTTL"

TOP_PORTS = (
    Port("iCLK_50", "in"),
    Port("iKEY", "in", 1),
    Port("iSW", "in", 18),
    Port("oLEDG", "out", 9),
    Port("oLEDR", "out", 16),
    Port("oI2C_SCLK", "inout"),
    Port("I2C_SDAT", "inout"),
    Port("oAUD_XCK", "out"),
    Port("AUD_BCLK", "out"),
    Port("AUD_ADCLRCK", "out"),
    Port("AUD_DACLRCK", "out"),
    Port("iAUD_ADCDAT", "in"),
    Port("oAUD_DACDAT", "out"),
)

GLOBAL_ASSIGNMENTS = (
    ("FAMILY", '"Cyclone II"'),
    ("DEVICE", DEVICE),
    ("ORIGINAL_QUARTUS_VERSION", '"13.0 SP1"'),
    ("LAST_QUARTUS_VERSION", '"13.0 SP1"'),
    ("PROJECT_OUTPUT_DIRECTORY", "output_files"),
    ("VHDL_INPUT_VERSION", "VHDL_1993"),
    ("STRATIX_DEVICE_IO_STANDARD", f'"{IO_STANDARD}"'),
    ("RESERVE_ALL_UNUSED_PINS", '"AS INPUT TRI-STATED"'),
    ("RESERVE_ALL_UNUSED_PINS_WEAK_PULLUP", '"AS INPUT TRI-STATED"'),
    ("CYCLONEII_RESERVE_NCEO_AFTER_CONFIGURATION", '"USE AS REGULAR IO"'),
    ("USE_TIMEQUEST_TIMING_ANALYZER", "ON"),
    ("TIMEQUEST_MULTICORNER_ANALYSIS", "ON"),
    ("MIN_CORE_JUNCTION_TEMP", "0"),
    ("MAX_CORE_JUNCTION_TEMP", "85"),
)


def project_files(core: Core) -> dict[str, Any]:
    """Every file of the project.

    Parameters
    ----------
    core : Core
        The user's; see `SignalPath` for what it must be.

    Returns
    -------
    dict of str to str
        Text by path, relative to the project's folder; the same for the same core.

    Raises
    ------
    ParameterError
        If the core cannot stand between the codec's two ends.
    """
    path = SignalPath(core)
    name = f"{core.name}_de2_70"
    files: dict[str, str] = {}
    sources: list[str] = []
    for entity_name, one in path.cores.items():
        texts = vhdl(one)
        names = [f"{entity}.vhd" for entity in texts]
        files |= {f"cores/{entity_name}/{entity}.vhd": text for entity, text in texts.items()}
        files[f"cores/{entity_name}/{entity_name}.qip"] = qip(names)
        sources += [f"cores/{entity_name}/{file}" for file in names]
    files["pll/pll_50_to_12.vhd"] = part("pll_50_to_12")
    files[f"{name}.vhd"] = top(path, name)
    files[f"{name}.qpf"] = f'QUARTUS_VERSION = "13.0"\nPROJECT_REVISION = "{name}"\n'
    files[f"{name}.qsf"] = qsf(name, list(path.cores))
    files[f"{name}.sdc"] = sdc()
    files["compile.tcl"] = COMPILE.format(name=name)
    files["Makefile"] = MAKEFILE.format(name=name)
    files["simulation/pll_50_to_12.vhd"] = part("pll_50_to_12_simulation")
    files["README.md"] = readme(path, name)
    manifest = {
        "board": "de2-70",
        "entity": name,
        "core": core.description,
        "files": [*sources, f"{name}.vhd"],
        "pll": "pll/pll_50_to_12.vhd",
    }
    files[MARK] = json.dumps(manifest, indent=2) + "\n"
    return files


def part(name: str) -> str:
    """One of the VHDL files that are the same in every project."""
    return (HERE / "vhdl" / f"{name}.vhd").read_text()


def top(path: SignalPath, name: str) -> str:
    """The top-level entity."""
    connections, notes = path.core_connections
    sink, source = path.core.sink_format.word_length, path.source.word_length
    if source > sink:
        around = f'slow_in_data & "{"0" * (source - sink)}"'
    else:
        around = "slow_in_data" if source == sink else f"slow_in_data({sink - 1} downto {sink - source})"
    switches = "; ".join(["0 bypass", "1 mute", "3 and 2 loudness", *notes])
    text = part("top")
    values = {
        "name": name,
        "core": path.core.name,
        "switches": textwrap.fill(f"Switches: {switches}. Key 0 resets.", 108, initial_indent="--\n-- ", subsequent_indent="-- "),
        "core_ports": ",\n".join(f"            {line}" for line in connections),
        "around": around,
        "sink_high": sink - 1,
        "source_high": source - 1,
    }
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    comment = "\n".join(f"-- {line}".rstrip() for line in header(path.core).splitlines())
    return text.replace("\nlibrary ieee;", f"--\n{comment}\n\nlibrary ieee;", 1)


def pins() -> dict[str, str]:
    """Pin of every bit of the top-level entity, by the name that Quartus knows it by.

    The numbers come from public projects for this board; ``pins.json`` says how many agree on each.
    """
    known = json.loads((HERE / "pins.json").read_text())
    names = []
    for port in TOP_PORTS:
        names += [port.name] if port.width is None else [f"{port.name}[{bit}]" for bit in range(port.width)]
    return {name: known[name]["pin"] for name in names}


def qsf(name: str, cores: list[str]) -> str:
    """Settings: device, sources, pins."""
    lines = [f"set_global_assignment -name {key} {value}" for key, value in GLOBAL_ASSIGNMENTS]
    lines += [f"set_global_assignment -name TOP_LEVEL_ENTITY {name}", ""]
    lines += [f"set_global_assignment -name QIP_FILE cores/{core}/{core}.qip" for core in cores]
    lines += ["set_global_assignment -name VHDL_FILE pll/pll_50_to_12.vhd", f"set_global_assignment -name VHDL_FILE {name}.vhd"]
    lines += [f"set_global_assignment -name SDC_FILE {name}.sdc", ""]
    placed = pins()
    lines += [f"set_location_assignment PIN_{pin} -to {{{target}}}" for target, pin in placed.items()]
    lines.append("")
    lines += [f'set_instance_assignment -name IO_STANDARD "{IO_STANDARD}" -to {{{target}}}' for target in placed]
    lines += [f"set_instance_assignment -name WEAK_PULL_UP_RESISTOR ON -to {target}" for target in ("oI2C_SCLK", "I2C_SDAT")]
    return "\n".join(lines) + "\n"


def sdc() -> str:
    """Every clock, and every pin's constraint or exception."""
    return SDC


def readme(path: SignalPath, name: str) -> str:
    """How to compile, load and use the project."""
    _, notes = path.core_connections
    core = path.core
    formats = f"`{core.sink_format}` in, `{path.source}` out"
    rows = "\n".join(f"| `{entity}` | `{one.kind}` | {one.summary} |" for entity, one in path.cores.items())
    switches = "".join(f"| SW{note.split()[0]} | {note.split(' ', 1)[1]} |\n" for note in notes)
    return README.format(
        name=name,
        core=core.name,
        kind=core.kind,
        formats=formats,
        delay=f"{1000 * core.delay / CORE_RATE:.2f} ms ({core.delay} samples)" if core.delay else "none of its own",
        rows=rows,
        switches=switches,
        rate=CORE_RATE // 1000,
        codec_rate=CODEC_RATE // 1000,
    )


SDC = """\
# Clocks: the board's 50 MHz and the codec's 12 MHz that the PLL makes of it.
create_clock -name system_clock -period 20.000 [get_ports {iCLK_50}]
create_generated_clock -name codec_clock -source [get_ports {iCLK_50}] -multiply_by 6 -divide_by 25 \\
    [get_pins {u_pll|altpll_component|pll|clk[0]}]
derive_clock_uncertainty

# Between them only Gray-coded counters, a memory and synchronised resets cross.
set_clock_groups -asynchronous -group {system_clock} -group {codec_clock}

# The codec: a bit clock lasts 416 ns, data change with the edge of the 12 MHz at which it falls and are read where it rises, two or
# three edges later. WM8731 data sheet, slave mode: data 10 ns before and after the rising edge; ADC data at most 35 ns after the
# falling edge. What is left to ask of pins that change together is that they do so within a clock, 10 ns being the codec's.
set_output_delay -clock codec_clock -max 10.0 [get_ports {oAUD_DACDAT}]
set_output_delay -clock codec_clock -min 0.0 [get_ports {oAUD_DACDAT}]
set_output_delay -clock codec_clock -max 10.0 [get_ports {AUD_BCLK AUD_ADCLRCK AUD_DACLRCK}]
set_output_delay -clock codec_clock -min 0.0 [get_ports {AUD_BCLK AUD_ADCLRCK AUD_DACLRCK}]
set_input_delay -clock codec_clock -max 35.0 [get_ports {iAUD_ADCDAT}]
set_input_delay -clock codec_clock -min 0.0 [get_ports {iAUD_ADCDAT}]

# The clock itself, slow pins behind synchronisers, and lamps.
set_false_path -to [get_ports {oAUD_XCK}]
set_false_path -from [get_ports {iKEY[*] iSW[*] oI2C_SCLK I2C_SDAT}]
set_false_path -to [get_ports {oLEDG[*] oLEDR[*] oI2C_SCLK I2C_SDAT}]
"""

COMPILE = """\
# quartus_sh -t compile.tcl
package require ::quartus::project
package require ::quartus::flow

project_open {name}
execute_flow -compile
project_close
"""

MAKEFILE = """\
# Compiles with Quartus II 13.0 SP1 in PATH; `make program` loads it over a USB-Blaster until the power is switched off.
.PHONY: all program clean

all: output_files/{name}.sof

output_files/{name}.sof: {name}.qsf {name}.sdc {name}.vhd $(wildcard cores/*/*.vhd) pll/pll_50_to_12.vhd
\tquartus_sh -t compile.tcl

program: all
\tquartus_pgm -m jtag -o "p;output_files/{name}.sof"

clean:
\trm -rf db incremental_db output_files
"""

README = """\
# {name}

`{core}` ({kind}) on the DE2-70: line in, through the core at {rate} kHz, to the headphone.

## Compile and load

Open `{name}.qpf` in Quartus II 13.0 SP1, or run `make` with its programs in PATH, then `make program` with the board's USB-Blaster
connected and its switch at RUN. Connect a source to the blue jack (line in) and headphones to the green one (line out).

**Before you put headphones on: SW2 and SW3 down.** The output is silent after a reset and until the codec is set up, and never louder than
the switches allow. The codec's outputs go on 50 ms after all else, when its reference voltage has settled: they do not pop.
Bit clock and left-right clock are driven from then on, when the codec is known to be a slave.

| switch, key | what it does |
|---|---|
| KEY0 | reset |
| SW0 | bypass: the way round the core |
| SW1 | mute |
| SW3, SW2 | loudest word: -18, -12, -6, 0 dB of full scale |
{switches}
| lamp | what it says |
|---|---|
| LEDG0 | the PLL is locked |
| LEDG1 | the codec is set up |
| LEDG2, LEDG3 | its set-up was tried again; failed |
| LEDG4, LEDG5 | the input lost a word; the output ran dry (until the next reset) |
| LEDG6, LEDG7 | clipped; muted |
| LEDG8 | alive |
| LEDR | level of the output, 6 dB a lamp |

## What is inside

The core sees {formats}; its algorithmic delay is {delay}.

| entity | core | what it does |
|---|---|---|
{rows}

The WM8731 runs in USB mode from 12.000 MHz, {codec_rate} kHz, as slave: bit clock (2.4 MHz, 25 a channel) and left-right clock come from
the FPGA, made of the same 12 MHz. 16 kHz is in no table of the codec's rates, so that decimation and interpolation by three stand around
the core. A word at the ADC's pin shows at the DAC's three frames later, beyond what the filters take.
Words cross between 12 and 50 MHz in two queues with Gray-coded counters.

Pins come from public projects for this board. `{name}.sdc` constrains every clock and every pin.
"""
