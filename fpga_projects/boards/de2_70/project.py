"""A complete Quartus II 13.0 SP1 project for the DE2-70 around any stream core."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from fpga_projects.boards.de2_70.signal_path import CODEC_RATE, CORE_RATE, FIRST_SWITCH, LAST_SWITCH, SignalPath
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


def project_files(core: Core, right: Core | None = None) -> dict[str, Any]:
    """Every file of the project.

    Parameters
    ----------
    core : Core
        The user's; see `SignalPath` for what it must be.
    right : Core, optional
        The right ear's, where each ear has its own channel.

    Returns
    -------
    dict of str to str
        Text by path, relative to the project's folder; the same for the same core.

    Raises
    ------
    ParameterError
        If the core cannot stand between the codec's two ends.
    """
    path = SignalPath(core, right)
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
    for one in path.users_cores.values():
        files[f"{ear_name(one)}.vhd"] = ear(path, one)
        sources.append(f"{ear_name(one)}.vhd")
    files[f"{name}.vhd"] = top(path, name)
    files[f"{name}.qpf"] = f'QUARTUS_VERSION = "13.0"\nPROJECT_REVISION = "{name}"\n'
    files[f"{name}.qsf"] = qsf(name, list(path.cores), [ear_name(one) for one in path.users_cores.values()])
    files[f"{name}.sdc"] = sdc()
    files["compile.tcl"] = COMPILE.format(name=name)
    files["Makefile"] = MAKEFILE.format(name=name)
    files["simulation/pll_50_to_12.vhd"] = part("pll_50_to_12_simulation")
    files["README.md"] = readme(path, name)
    manifest = {
        "board": "de2-70",
        "entity": name,
        "core": core.description,
        **({} if right is None else {"right": right.description}),
        "files": [*sources, f"{name}.vhd"],
        "pll": "pll/pll_50_to_12.vhd",
    }
    files[MARK] = json.dumps(manifest, indent=2) + "\n"
    return files


def part(name: str) -> str:
    """One of the VHDL files that are the same in every project."""
    return (HERE / "vhdl" / f"{name}.vhd").read_text()


def ear_name(core: Core) -> str:
    """Entity of the path through a user's core."""
    return f"{core.name}_ear"


def ear(path: SignalPath, core: Core) -> str:
    """The entity of the path through a user's core."""
    sink, source = path.sink.word_length, path.source.word_length
    if source > sink:
        around = f'slow_in_data & "{"0" * (source - sink)}"'
    else:
        around = "slow_in_data" if source == sink else f"slow_in_data({sink - 1} downto {sink - source})"
    lines = path.connections(core)
    values = {
        "ear": ear_name(core),
        "core": core.name,
        "core_ports": ",\n".join(f"            {line}" for line in lines),
        "switch_port": f"        switches: in std_logic_vector({LAST_SWITCH} downto {FIRST_SWITCH});\n" if has_switches(path, core) else "",
        "around": around,
        "core_sink": "" if core.is_source else "core_sink_valid, core_sink_ready, ",
        "passing": GIVING if core.is_source else PASSING,
        "sink_high": sink - 1,
        "source_high": source - 1,
    }
    return filled(part("ear"), values)


PASSING = """\
    core_sink_valid <= slow_in_valid and (not bypass);
    core_source_ready <= slow_out_ready or bypass;
    slow_in_ready <= slow_out_ready when bypass = '1' else core_sink_ready;
    slow_out_valid <= slow_in_valid when bypass = '1' else core_source_valid;
"""
"""The handshake of a core that takes words and gives others."""

GIVING = """\
    -- A word of the core leaves for each that comes, which goes nowhere.
    core_source_ready <= bypass or (slow_in_valid and slow_out_ready);
    slow_in_ready <= slow_out_ready and (bypass or core_source_valid);
    slow_out_valid <= slow_in_valid and (bypass or core_source_valid);
"""
"""That of one that only gives: nobody else knows the codec's rate."""


def has_switches(path: SignalPath, core: Core) -> bool:
    """Whether any switch is one of a user's core."""
    return any(port.name in path.switches for port in core.ports)


def top(path: SignalPath, name: str) -> str:
    """The top-level entity."""
    switches = "; ".join(["0 bypass", "1 mute", "3 and 2 loudness", *path.notes])
    both = path.right is not None
    names = list(dict.fromkeys(ear_name(core) for core in path.ears.values()))
    text = part("top")
    lines = (
        f"Left of the first bar and right of the second everything runs on the codec's 12 MHz, {' and '.join(names)} mostly on 50 MHz. The "
        "codec takes bit clock and left-right clock from here. Where a word is in front of `to_dac`, two more are waited for before the "
        f"first is played, so that the output never runs dry while the input goes on. {channels(path)}."
    )
    values = {
        "name": name,
        "core": " and ".join(path.users_cores),
        "path": " and ".join(names),
        "clocks": wrapped(lines),
        "switches": "--\n" + wrapped(f"Switches: {switches}. Key 0 resets."),
        "ear_signals": STEREO_SIGNALS if both else "",
        "adc_channel": "            source_channel => adc_channel,\n" if both else "",
        "dac_channel": "            sink_channel => dac_channel,\n" if both else "",
        "ears": "\n".join(instance(path, side) for side in path.ears) + (STEREO if both else ""),
    }
    comment = "\n".join(f"-- {line}".rstrip() for core in path.users_cores.values() for line in header(core).splitlines())
    return filled(text, values).replace("\nlibrary ieee;", f"--\n{comment}\n\nlibrary ieee;", 1)


def channels(path: SignalPath) -> str:
    """Which channel is heard where."""
    return "The left channel is heard on both ears" if path.right is None else "Each ear has its own channel"


def instance(path: SignalPath, side: str) -> str:
    """One ear in the top-level entity."""
    core, alone = path.ears[side], path.right is None
    prefix = "" if alone else f"{side}_"
    ports = {
        "clk": "clk",
        "reset": "reset",
        "bypass": "bypass",
        "ceiling": "ceiling",
        **({"switches": f"switches({LAST_SWITCH} downto {FIRST_SWITCH})"} if has_switches(path, core) else {}),
        "level": f"{prefix}level",
        "clipped": "was_clipped" if alone else f"{prefix}clipped",
        "codec_clk": "codec_clk",
        "codec_reset": "in_codec_reset",
        **{f"sink_{field}": f"{prefix}adc_{field}" for field in ("valid", "ready")},
        "sink_data": "adc_data",
        **{f"source_{field}": f"{prefix}dac_{field}" for field in ("valid", "ready", "data")},
    }
    lines = ",\n".join(f"            {port} => {signal}" for port, signal in ports.items())
    return f"    u_{side}: entity work.{ear_name(core)}\n        port map (\n{lines}\n        );\n"


STEREO_SIGNALS = """\
    signal adc_channel, dac_channel: std_logic_vector(0 downto 0);
    signal left_adc_valid, left_adc_ready, right_adc_valid, right_adc_ready: std_logic;
    signal left_dac_valid, left_dac_ready, right_dac_valid, right_dac_ready: std_logic;
    signal left_dac_data, right_dac_data, left_level, right_level: std_logic_vector(15 downto 0);
    signal left_clipped, right_clipped: std_logic;
"""

STEREO = """
    -- A word goes to the ear of its channel.
    left_adc_valid <= adc_valid when adc_channel = "0" else '0';
    right_adc_valid <= adc_valid when adc_channel = "1" else '0';
    adc_ready <= left_adc_ready when adc_channel = "0" else right_adc_ready;

    -- The converter takes the words of both ears in turn.
    take_turns: process (codec_clk) is
    begin
        if rising_edge(codec_clk) then
            if in_codec_reset = '1' then
                dac_channel <= "0";
            elsif to_dac_valid = '1' and to_dac_ready = '1' then
                dac_channel <= not dac_channel;
            end if;
        end if;
    end process take_turns;

    dac_valid <= left_dac_valid when dac_channel = "0" else right_dac_valid;
    dac_data <= left_dac_data when dac_channel = "0" else right_dac_data;
    left_dac_ready <= dac_ready when dac_channel = "0" else '0';
    right_dac_ready <= dac_ready when dac_channel = "1" else '0';

    -- The louder ear is shown.
    level <= left_level or right_level;
    was_clipped <= left_clipped or right_clipped;
"""


def filled(text: str, values: dict[str, Any]) -> str:
    """A part with what stands for its names in braces."""
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def wrapped(text: str) -> str:
    """A comment of several lines."""
    return textwrap.fill(text, 110, initial_indent="-- ", subsequent_indent="-- ")


def pins() -> dict[str, str]:
    """Pin of every bit of the top-level entity, by the name that Quartus knows it by.

    The numbers come from public projects for this board; ``pins.json`` says how many agree on each.
    """
    known = json.loads((HERE / "pins.json").read_text())
    names = []
    for port in TOP_PORTS:
        names += [port.name] if port.width is None else [f"{port.name}[{bit}]" for bit in range(port.width)]
    return {name: known[name]["pin"] for name in names}


def qsf(name: str, cores: list[str], ears: list[str]) -> str:
    """Settings: device, sources, pins."""
    lines = [f"set_global_assignment -name {key} {value}" for key, value in GLOBAL_ASSIGNMENTS]
    lines += [f"set_global_assignment -name TOP_LEVEL_ENTITY {name}", ""]
    lines += [f"set_global_assignment -name QIP_FILE cores/{core}/{core}.qip" for core in cores]
    lines += [f"set_global_assignment -name VHDL_FILE {ear}.vhd" for ear in ears]
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


def delay_of(path: SignalPath) -> str:
    """What a listener gets of the cores' delay, the longer of both ears'."""
    if path.core.is_source:
        return "none, since nothing that comes in is heard"
    heard = [one.group_delay for one in path.users_cores.values()]
    known = [float(late) for late in heard if late is not None]
    if len(known) < len(heard):
        return "no one number, since it changes with the frequency or in time (`ossicle show`)"
    late = max(known)
    return f"{1000 * late / CORE_RATE:.2f} ms ({late:g} sample{'s' * (late != 1)})" if late else "none of its own"


def readme(path: SignalPath, name: str) -> str:
    """How to compile, load and use the project."""
    core, both = path.core, path.right is not None
    formats = f"nothing of what comes in, and gives `{path.source}`" if core.is_source else f"`{path.sink}` in, `{path.source}` out"
    rows = "\n".join(f"| `{entity}` | `{one.kind}` | {one.summary} |" for entity, one in path.cores.items())
    switches = "".join(f"| SW{note.split()[0]} | {note.split(' ', 1)[1]} |\n" for note in path.notes)
    what = f"the path of one ear: to {CORE_RATE // 1000} kHz, through the core or round it, and back"
    ears = "".join(f"| `{ear_name(one)}` | with `{one.name}` | {what} |\n" for one in path.users_cores.values())
    held = "".join(f"`{held}`. " for held in path.held)
    inside = " and ".join(f"`{one.name}` ({one.kind})" for one in path.users_cores.values())
    return README.format(
        name=name,
        inside=f"{inside}, one for each ear," if both else inside,
        through="through the cores" if both else "through the core",
        sees="Each core" if both else "The core",
        channels=channels(path),
        formats=formats,
        delay=delay_of(path),
        held=f"\nHeld at what the description says, since no switch moves them: {held.rstrip('. ').replace('. ', ', ')}.\n" if held else "",
        rows=rows,
        switches=switches,
        ears=ears,
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

output_files/{name}.sof: {name}.qsf {name}.sdc $(wildcard *.vhd cores/*/*.vhd) pll/pll_50_to_12.vhd
\tquartus_sh -t compile.tcl

program: all
\tquartus_pgm -m jtag -o "p;output_files/{name}.sof"

clean:
\trm -rf db incremental_db output_files
"""

README = """\
# {name}

{inside} on the DE2-70: line in, {through} at {rate} kHz, to the headphone.

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
{switches}{held}
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

{sees} sees {formats}; the algorithmic delay is {delay}. {channels}.

| entity | core | what it does |
|---|---|---|
{ears}{rows}

The WM8731 runs in USB mode from 12.000 MHz, {codec_rate} kHz, as slave: bit clock (2.4 MHz, 25 a channel) and left-right clock come from
the FPGA, made of the same 12 MHz. 16 kHz is in no table of the codec's rates, so that decimation and interpolation by three stand around
the core. A word at the ADC's pin shows at the DAC's three frames later, beyond what the filters take.
Words cross between 12 and 50 MHz in two queues with Gray-coded counters.

Pins come from public projects for this board. `{name}.sdc` constrains every clock and every pin.
"""
