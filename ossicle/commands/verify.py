"""Prove that reference, model and VHDL agree on a signal.

Each engine plays the signal with random stalls on both sides and a reset in mid-stream, then full scale, the worst case and some of the
signal at full rate; inputs of the core's own move at random, and packets are malformed. Every word is compared, and the clock in which it
moves. Exit status 1 and the first word that differs or is late if they do not agree.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from ossicle.arguments import add_length_and_seed
from ossicle.commands import DONE, MISMATCH

ENGINES = ("myhdl", "ghdl", "native")

EXAMPLES = ("ossicle verify examples/lowpass.toml", "ossicle verify examples/denoiser.toml --input examples/speech.wav --engine native")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("description", metavar="D.toml", help="a core description")
    inputs = "a file, or noise, impulse, sine, ...; a wrong name lists them all (default: noise)"
    parser.add_argument("--input", default="noise", metavar="WAV|CSV|NAME", help=inputs)
    parser.add_argument("--engine", default="all", choices=(*ENGINES, "all"), help="which simulator (default: all)")
    add_length_and_seed(parser, "what an engine plays in some seconds", "noise and stalls")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.descriptions import described_core

    core = described_core(arguments.description)

    from ossicle.inputs import named_words
    from ossicle.proof import complaints, prove_core, report
    from ossicle.terminal import Progress, print_json
    from testbenches.verify import check_provable

    check_provable(core)
    if core.is_source and arguments.input != "noise":
        raise ValueError(f"--input {arguments.input}: must be left out: {core.name} has no sink, nothing enters")
    x = named_words(arguments.input, core)
    engines = ENGINES if arguments.engine == "all" else (arguments.engine,)
    source = f"{arguments.description} --input {arguments.input}"
    with Progress(core.name) as progress:
        outcome = prove_core(core, x, engines, progress, samples=arguments.samples, seed=arguments.seed, source=source)
    if arguments.json:
        print_json({**outcome.as_dict(), "input": arguments.input})
    else:
        print(report(core, outcome, arguments.input))
    for sentence in complaints(outcome):
        print(f"ossicle: {sentence}", file=sys.stderr)
    return DONE if outcome.passed else MISMATCH
