"""Train a network that takes noise from speech, or speakers from each other (needs PyTorch).

The TOML file says the network, how mixtures are drawn and how it is trained: docs/networks.md. Written are best.pt, last.pt, log.csv and
curve.svg. An interrupt leaves the last checkpoint; --resume goes on from it as if nothing had been. Several processes, on several GPUs
where there are: torchrun --nproc-per-node 2 -m ossicle train ...
"""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ossicle.commands import DONE

EXAMPLES = (
    "ossicle train examples/enhancer/train.toml --data recordings --output build/enhancer",
    "ossicle train examples/enhancer/train.toml --data recordings --output build/enhancer --resume --steps 60000",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("configuration", metavar="T.toml", help="what is trained")
    parser.add_argument("--data", metavar="DIR", help="recordings: manifest.csv, or train/speech, ... (default: as T.toml says)")
    parser.add_argument("--output", metavar="DIR", help="folder to write (default: build/T)")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt in that folder")
    parser.add_argument("--steps", type=int, metavar="N", help="instead of training.steps")
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after so long, instead of training.minutes")
    parser.add_argument("--seed", type=int, metavar="N", help="instead of seed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.extras import need_pytorch
    from training.configuration import ConfigurationError, read_configuration, with_changes

    configuration = read_configuration(arguments.configuration)
    changes = {"steps": arguments.steps, "minutes": arguments.minutes}
    configuration = with_changes(configuration, arguments.seed, {name: value for name, value in changes.items() if value is not None})
    data = arguments.data or configuration.data
    if not data:
        raise ConfigurationError(f"{arguments.configuration}: has no data; --data DIR names the folder of recordings")
    need_pytorch("train")

    from ossicle.terminal import Progress, print_json
    from training.training import train

    folder = Path(arguments.output) if arguments.output else Path("build") / Path(arguments.configuration).stem
    steps = configuration.training.steps
    first = os.environ.get("RANK", "0") == "0"
    with Progress("reading recordings") as shown:

        def reading(done: int, total: int) -> None:
            shown.total = total
            shown.update(done)

        def progress(step: int, line: str) -> None:
            shown.what, shown.total = f"training {line}".rstrip(), steps
            shown.update(step)

        trained = train(configuration, Path(data), folder, arguments.resume, reading, progress)
    if not first:
        return DONE
    if arguments.json:
        print_json({"steps": trained.step, "loss": trained.best, "gain": trained.gain, "ended": trained.ended, "folder": str(folder)})
        return DONE
    because = {"steps": "", "minutes": "; its time is over, --resume goes on", "patience": "; the validation gets no better"}[trained.ended]
    print(f"{trained.step} of {steps} steps{because}")
    print(f"validation: loss {trained.best:.3f}, gain in SI-SDR {trained.gain:.2f} dB")
    print(f"best.pt, last.pt, log.csv, curve.svg in {folder}")
    return DONE
