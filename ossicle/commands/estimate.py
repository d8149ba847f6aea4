"""What a core, or any VHDL or Verilog, costs on the device: logic, memory, multipliers, clock rate and power.

`--effort map` synthesises the VHDL that is delivered and maps it to the device; `quick` computes from the parameters, in milliseconds.
Power rests on the transitions that were counted while the delivered VHDL, as machine code, played the input: all of a file, half a second
of speech without `--input`. The core is given words as fast as it takes them, at `--sample-rate`, or with `--real-time` at the
`sample_rate` of the description.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from ossicle.commands import DONE

EXAMPLES = ("ossicle estimate examples/lowpass.toml", "ossicle estimate --hdl top.vhd filter.vhd --top top")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", nargs="?", help="a core description")
    parser.add_argument("--hdl", metavar="FILE", nargs="+", help="VHDL, Verilog, .qsf or .qip files instead of a description")
    parser.add_argument("--top", metavar="ENTITY", help="top-level entity of --hdl (default: that of its .qsf)")
    parser.add_argument(
        "--library", metavar="NAME=FILE", nargs="+", action="append", default=[], help="a VHDL library of --hdl and its files"
    )
    add_device(parser)
    parser.add_argument("--effort", default="map", choices=("map", "quick"), help="synthesis, or closed form (default: map)")
    add_stimulus(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--output", metavar="DIR", help="write estimate.json and estimate.txt")


def add_device(parser: ArgumentParser) -> None:
    """Options of every command that costs something on a device."""
    parser.add_argument("--device", default="EP2C70F896C6", help="device (default: EP2C70F896C6)")
    parser.add_argument("--clock-mhz", type=float, default=50.0, metavar="MHZ", help="clock rate that power is given for (default: 50)")


def add_stimulus(parser: ArgumentParser) -> None:
    """Options that say what power rests on."""
    parser.add_argument(
        "--input", metavar="WAV|CSV|NAME", help="signal that power rests on, as for verify; none for a default (default: speech)"
    )
    parser.add_argument("--real-time", action="store_true", help="give the core words at the sample_rate of its description")
    parser.add_argument("--sample-rate", type=float, metavar="HZ", help="words per second that the core gets (default: all that it takes)")


def run(arguments: Namespace) -> int:
    from ossicle.terminal import Progress, print_json

    if arguments.library and not arguments.hdl:
        raise ValueError("--library: goes with --hdl FILE...")
    with Progress("estimate"):
        found = estimate_hdl_files(arguments) if arguments.hdl or arguments.top else estimate_description(arguments)

    from fpga_projects.estimation.estimate_text import format_estimate
    from ip_cores.folders import whole_folder

    text = format_estimate(found)
    if arguments.output:
        with whole_folder(arguments.output, "estimate.json") as folder:
            (folder / "estimate.json").write_text(json.dumps(found.to_json(), indent=2) + "\n")
            (folder / "estimate.txt").write_text(text + "\n")
    if arguments.json:
        print_json(found.to_json())
    else:
        print(text)
    return DONE


def estimate_hdl_files(arguments: Namespace) -> Any:
    """The estimate of `--hdl FILE... --top ENTITY`."""
    if arguments.description and not arguments.hdl:
        raise ValueError("--top: goes with --hdl FILE...; a description names its own entity")
    top = arguments.top
    if arguments.hdl and not top:
        from fpga_projects.mapping.project_files import expanded

        top = expanded(arguments.hdl).top
    if arguments.description or not arguments.hdl or not top:
        raise ValueError("estimate: takes a description, or --hdl FILE... with --top ENTITY")
    if arguments.input or arguments.sample_rate is not None or arguments.real_time or arguments.effort == "quick":
        raise ValueError("--hdl: goes without --input, --sample-rate, --real-time and --effort quick, which take a description")

    from fpga_projects.estimation.estimate import estimate_hdl

    return estimate_hdl(arguments.hdl, top, arguments.device, arguments.clock_mhz, libraries=named_libraries(arguments.library))


def named_libraries(options: list[list[str]]) -> dict[str, list[str]]:
    """Libraries and their files, of ``--library NAME=FILE FILE...``."""
    libraries: dict[str, list[str]] = {}
    for first, *others in options:
        name, sign, file = first.partition("=")
        if not sign or not name.isidentifier() or not file:
            raise ValueError(f"--library {first}: must be NAME=FILE..., a VHDL library and its files")
        libraries.setdefault(name, []).extend([file, *others])
    return libraries


def estimate_description(arguments: Namespace) -> Any:
    """The estimate of a description."""
    from ossicle.descriptions import described_core

    if not arguments.description:
        raise ValueError("estimate: takes a description, or --hdl FILE... with --top ENTITY")
    core = described_core(arguments.description)
    if arguments.real_time:
        if arguments.sample_rate is not None:
            raise ValueError("--real-time: goes without --sample-rate, it is the sample_rate of the description")
        arguments.sample_rate = core.sample_rate

    from fpga_projects.estimation.estimate import estimate

    effort, x = arguments.effort, stimulus(arguments, core)
    return estimate(core, arguments.device, effort, arguments.clock_mhz, x, sample_rate=arguments.sample_rate)


def stimulus(arguments: Namespace, core: Any) -> Any:
    """The signal that `--input` names, speech without it; None for ``none``, and where nothing is simulated."""
    from fpga_projects.estimation.estimate import DEFAULT_SIGNAL
    from ossicle.inputs import named_words

    if arguments.effort == "quick" and (arguments.input or arguments.sample_rate is not None):
        raise ValueError("--effort quick: goes without --input, --sample-rate and --real-time, it simulates nothing")
    if arguments.input == "none":
        if arguments.sample_rate is not None:
            raise ValueError("--input none: goes without --sample-rate, nothing is simulated")
        return None
    return named_words(arguments.input, core) if arguments.input else DEFAULT_SIGNAL
