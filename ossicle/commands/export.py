"""Write the network of a checkpoint for the core conv_network, every BatchNorm folded (needs PyTorch)."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ossicle.commands import DONE

EXAMPLES = (
    "ossicle export build/enhancer/best.pt --output build/enhancer.npz",
    "ossicle export build/enhancer/best.pt --output build/enhancer.npz --description build/enhancer.toml",
)

DESCRIPTION = """\
# {origin}
core = "conv_network"
name = "{name}"
sample_rate = {rate:g}
weights = {weights}
"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="best.pt or last.pt of ossicle train")
    parser.add_argument("--output", metavar="N.npz", required=True, help="file to write")
    parser.add_argument("--description", metavar="D.toml", help="description of the core that runs it, to write as well")
    parser.add_argument("--single", action="store_true", help="weights in float32 (default: float16, twice as small)")
    softer = "for sound so many dB softer than it was trained on (default: 0): the same network, that much lower"
    parser.add_argument("--softer", type=float, default=0.0, metavar="DB", help=softer)
    floor = "least mask, instead of the one it was trained with"
    parser.add_argument("--floor", type=float, metavar="F", help=floor)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    from ossicle.extras import need_pytorch

    need_pytorch("export")
    output = Path(arguments.output)
    if arguments.floor is not None and not 0 <= arguments.floor < 1:
        raise ValueError(f"floor = {arguments.floor:g}: must be 0 to below 1")
    if not -60 <= arguments.softer <= 60:
        raise ValueError(f"softer = {arguments.softer:g}: must be -60 to 60 dB")
    if output.suffix != ".npz":
        raise ValueError(f"output = {output}: must end in .npz")
    description = None if arguments.description is None else Path(arguments.description)
    if description is not None and description.suffix != ".toml":
        raise ValueError(f"description = {description}: must end in .toml")

    from ip_cores.folders import keep_and_write
    from ip_cores.parameters import entity_of
    from ossicle.terminal import print_json, thousands
    from training.export import export

    network = export(Path(arguments.checkpoint), output, half=not arguments.single, softer=arguments.softer, floor=arguments.floor)
    if description is not None:
        weights = json.dumps(Path(os.path.relpath(output, description.parent)).as_posix(), ensure_ascii=False)
        name, origin = entity_of(description, "network"), " ".join(network.origin.split())
        description.parent.mkdir(parents=True, exist_ok=True)
        keep_and_write(description, DESCRIPTION.format(origin=origin, name=name, rate=network.sample_rate, weights=weights))
    size = output.stat().st_size
    shape = {
        "filters": network.features, "window": network.window, "bottleneck": network.bottleneck, "hidden": network.hidden,
        "blocks": network.blocks, "sources": network.sources,
    }  # fmt: skip
    if arguments.json:
        print_json({"output": str(output), "bytes": size, **shape, "origin": network.origin})
        return DONE
    print(f"{output}: {thousands(size)} bytes; " + ", ".join(f"{value} {name}" for name, value in shape.items()))
    print(network.origin)
    return DONE
