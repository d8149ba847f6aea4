"""What threshold and noise reducer do for speech in real noise: gains in SI-SDR, float and bit-true, by noise and by level.

    python -m testbenches.benchmarks.real_noise examples/noise_reduction.toml examples/denoiser.toml --audio FOLDER [--split test]
    python -m testbenches.benchmarks.real_noise examples/noise_reduction.toml --audio FOLDER --zeros
    python -m testbenches.benchmarks.real_noise examples/noise_reduction.toml --steps

The folder, or the environment's OSSICLE_AUDIO, holds ``manifest.csv`` (file, kind, speaker, split) and the files it names, speech and noise
at 16 kHz: the first utterance of each speaker of a split, its first 5 s, with each noise of that split at 0, 5 and 10 dB over the whole
clip. A gain is the SI-SDR of what leaves over that of the mixture, both against the clean speech, less the first 0.25 s, delays aligned.
With ``--zeros`` a second of digital zeros stands in front of each clip, and the mixture in front of that. ``--steps`` needs no audio: white
noise that becomes louder by 40 dB, a tone 60 dB above the noise, silence.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples, power_decibels
from fixed_point.sound import RATE
from ip_cores.description import load_core
from testbenches.noisy_speech import LEVELS, SKIPPED, Mixture, heard, listening_delay, mixtures, si_sdr

FOLDER = "OSSICLE_AUDIO"
"""Name of the environment's variable for the folder."""

def gain(core: Any, mixture: Mixture, exact: bool = False, before: Samples | None = None) -> float:
    """Gain in SI-SDR, in dB, with samples in front of the mixture that do not count."""
    late = listening_delay(core)
    front = np.zeros(0) if before is None else before
    found = heard(core, np.concatenate([front, mixture.noisy, np.zeros(late)]), exact)[late + front.size :]
    clean, noisy, after = (x[SKIPPED : mixture.clean.size] for x in (mixture.clean, mixture.noisy, found))
    return si_sdr(clean, after) - si_sdr(clean, noisy)


def in_front(mixture: Mixture) -> Samples:
    """Two seconds of the mixture, and a second of digital zeros."""
    return np.concatenate([mixture.noisy[: 2 * RATE], np.zeros(RATE)])


def step_rows(core: Any) -> list[str]:
    """What becomes of a step of noise, of a tone and of silence: gain in dB at times after each begins."""
    random, late = np.random.default_rng(0), listening_delay(core)
    noise, quiet = random.standard_normal(8 * RATE) * 1e-3, random.standard_normal(8 * RATE) * 1e-4
    begin = 2 * RATE
    noise[begin:] *= 100
    tone = quiet + np.where(np.arange(quiet.size) < begin, 0.0, 0.14 * np.sin(2 * np.pi * 1000 / RATE * np.arange(quiet.size)))
    rows = []
    for name, x in (("noise louder by 40 dB", noise), ("a tone 60 dB above the noise", tone)):
        found = heard(core, np.concatenate([x, np.zeros(late)]))[late:]
        cells = []
        for seconds in (-0.2, 0.05, 0.5, 1.0, 2.0, 3.0):
            part = slice(begin + round(seconds * RATE), begin + round((seconds + 0.1) * RATE))
            cells.append(f"{power_decibels(float(np.sum(found[part] ** 2)), float(np.sum(x[part] ** 2))):.1f} at {seconds:g} s")
        rows.append(f"{core.name}, {name}: {', '.join(cells)}")
    silent = not heard(core, np.zeros(RATE)).any()
    return [*rows, f"{core.name}, silence: {'silence' if silent else 'not silence'}"]


def table(cores: Sequence[Any], folder: Path, split: str, zeros: bool = False) -> str:
    """Gains by noise and level, float and bit-true, and how far these two lie apart at most."""
    gains: dict[tuple[str, str, bool], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    apart: dict[str, float] = defaultdict(float)
    names: dict[str, None] = {}
    for mixture in mixtures(folder, split):
        names[mixture.noise] = None
        for core in cores:
            both = [gain(core, mixture, exact, in_front(mixture) if zeros else None) for exact in (True, False)]
            apart[core.name] = max(apart[core.name], abs(both[0] - both[1]))
            for exact, found in zip((True, False), both, strict=True):
                for noise in (mixture.noise, "all"):
                    gains[core.name, noise, exact][mixture.level].append(found)
    head = "| noise | " + " | ".join(f"{core.name}, {kind}" for core in cores for kind in ("float", "bit-true")) + " |"
    lines = [head, "|---" * (1 + 2 * len(cores)) + "|"]
    for noise in [*names, "all"]:
        cells = [
            " / ".join(f"{np.mean(gains[core.name, noise, exact][level]):.2f}" for level in LEVELS)
            for core in cores
            for exact in (True, False)
        ]
        lines.append(f"| {noise} | " + " | ".join(cells) + " |")
    lines += [f"{name}: float and bit-true within {worst:.3f} dB in every mixture" for name, worst in apart.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("descriptions", type=Path, nargs="+", help="descriptions of cores from samples to samples")
    parser.add_argument("--audio", type=Path, default=os.environ.get(FOLDER), help=f"folder of speech and noise [${FOLDER}]")
    parser.add_argument("--split", default="test", help="split of the manifest [test]")
    parser.add_argument("--zeros", action="store_true", help="behind a second of digital zeros")
    parser.add_argument("--steps", action="store_true", help="a step of noise, a tone, silence; needs no audio")
    arguments = parser.parse_args()
    cores = [load_core(path) for path in arguments.descriptions]
    if arguments.steps:
        print("\n".join(row for core in cores for row in step_rows(core)))
        return
    if arguments.audio is None or not (arguments.audio / "manifest.csv").is_file():
        print(f"no audio: --audio or {FOLDER} must name a folder with manifest.csv, speech and noise")
        return
    print(f"gain in SI-SDR, dB, at {' / '.join(map(str, LEVELS))} dB")
    print(table(cores, Path(arguments.audio), arguments.split, arguments.zeros))


if __name__ == "__main__":
    main()
