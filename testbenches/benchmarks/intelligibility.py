"""How well speech is understood and how good it sounds behind a core: HASPI and HASQI on real speech in real noise (needs pyclarity).

    python -m testbenches.benchmarks.intelligibility examples/noise_reduction.toml --audio FOLDER --floors 0.2 0.4

The folder, or the environment's OSSICLE_AUDIO, is that of `testbenches.benchmarks.real_noise`, and so are the mixtures; those of one SNR
are taken, for a normal ear, through the bit-true model, the delay taken out. ``--floors`` tries noise reducers with other least gains.
`testbenches.hearing` says what the indices are.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples
from ip_cores.core import make_core
from ip_cores.description import read_description
from testbenches.benchmarks.real_noise import FOLDER
from testbenches.hearing import INDICES, PACKAGE, hearing_index, installed
from testbenches.noisy_speech import LEVELS, Mixture, heard, listening_delay, mixtures


def with_floor(path: Path, floor: float | None) -> Any:
    """The core of a description, its noise reducers with another least gain."""
    description = read_description(path)
    for stage in description.get("stages", []):
        if stage.get("core") == "noise_reducer" and floor is not None:
            stage["floor"] = floor
    return make_core(description)


def indices(clean: Samples, found: Samples) -> list[float]:
    """HASPI and HASQI."""
    return [hearing_index(name, clean, found) for name in INDICES]


def behind(core: Any, mixture: Mixture) -> Samples:
    """What a listener gets of a mixture, aligned."""
    late = listening_delay(core)
    return heard(core, np.concatenate([mixture.noisy, np.zeros(late)]))[late:]


def table(cores: dict[str, Any], folder: Path, split: str, level: int) -> Iterator[str]:
    """A row for the mixtures as they are, and one for each core: means of the indices and their gains over the mixtures."""
    chosen = [mixture for mixture in mixtures(folder, split) if mixture.level == level]
    before = np.array([indices(mixture.clean, mixture.noisy) for mixture in chosen])
    means = before.mean(axis=0)
    yield f"{len(chosen)} mixtures at {level} dB"
    yield f"| | {' | '.join(INDICES)} |"
    yield "|---" * (1 + len(INDICES)) + "|"
    yield f"| noisy | {' | '.join(f'{mean:.3f}' for mean in means)} |"
    for name, core in cores.items():
        after = np.array([indices(mixture.clean, behind(core, mixture)) for mixture in chosen]).mean(axis=0)
        cells = [f"{mean:.3f} ({mean - was:+.3f})" for mean, was in zip(after, means, strict=True)]
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("descriptions", type=Path, nargs="+", help="descriptions of cores from samples to samples")
    parser.add_argument("--audio", type=Path, default=os.environ.get(FOLDER), help=f"folder of speech and noise [${FOLDER}]")
    parser.add_argument("--split", default="test", help="split of the manifest [test]")
    parser.add_argument("--level", type=int, choices=LEVELS, default=5, help="SNR of the mixtures in dB [5]")
    parser.add_argument("--floors", type=float, nargs="+", help="least gains of noise reducers to try, instead of their own")
    arguments = parser.parse_args()
    if not installed():
        print(f"no pyclarity: pip install --no-deps {PACKAGE}")
        return
    if arguments.audio is None or not (arguments.audio / "manifest.csv").is_file():
        print(f"no audio: --audio or {FOLDER} must name a folder with manifest.csv, speech and noise")
        return
    cores = {}
    for path in arguments.descriptions:
        for floor in arguments.floors or [None]:
            core = with_floor(path, floor)
            cores[core.name if floor is None else f"{core.name}, floor {floor:g}"] = core
    for line in table(cores, Path(arguments.audio), arguments.split, arguments.level):
        print(line, flush=True)


if __name__ == "__main__":
    main()
