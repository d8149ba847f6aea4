"""What a fitted hearing aid does for an ear: HASPI and HASQI of speech at 65 dB SPL, unaided and aided, in quiet and in noise at 10 dB.

    python -m testbenches.benchmarks.aided_speech --audio FOLDER [--ears N2 N3 N4 S2 S3] [--engine native]

The folder, or the environment's OSSICLE_AUDIO, is that of `testbenches.benchmarks.real_noise`: the first utterance of each speaker, 5 s of
it, and one of the noises for each, in turn. Each ear is a standard audiogram, fitted as `ossicle fit` does; what leaves is heard at the
level that its calibration says. Needs pyclarity; `testbenches.hearing` says what the indices are.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples, amplitude, audio_to_words, power_decibels
from ip_cores.core import make_core
from ossicle.fitting.aid_description import Fitting, fit_aid
from reference.audiograms import Audiogram, standard_audiogram
from testbenches.benchmarks.real_noise import FOLDER
from testbenches.hearing import INDICES, PACKAGE, hearing_index, installed
from testbenches.noisy_speech import Mixture, listening_delay, mixtures, rms
from testbenches.simulate import as_audio, simulate

EARS = ("N2", "N3", "N4", "S2", "S3")
SPEECH_SPL, LEVEL = 65.0, 10
SINE = power_decibels(2.0)
"""dB by which the power of a sine of full scale is below that of full scale."""


def chosen_mixtures(folder: Path, split: str, speakers: int) -> list[Mixture]:
    """One mixture for each speaker, the noises in turn."""
    found = [mixture for mixture in mixtures(folder, split) if mixture.level == LEVEL]
    names = sorted({mixture.speaker for mixture in found})
    noises = sorted({mixture.noise for mixture in found})
    pairs = {(name, noises[n % len(noises)]) for n, name in enumerate(names[:speakers])}
    return [mixture for mixture in found if (mixture.speaker, mixture.noise) in pairs]


def at_level(x: Samples, like: Samples, full_scale_spl: float) -> Samples:
    """Sound as loud as if `like` had 65 dB SPL, on the scale of a sink."""
    return x * (amplitude(SPEECH_SPL - full_scale_spl - SINE) / rms(like))


def aided(core: Any, x: Samples, fitting: Fitting, engine: str) -> Samples:
    """What the ear gets, on the scale of what comes in, aligned."""
    late = listening_delay(core)
    words = audio_to_words(np.concatenate([x, np.zeros(late)]), core.sink_format)
    if engine == "reference":
        given = np.asarray(core.late_reference(words * core.sink_format.resolution))
    else:
        given = as_audio(core, simulate(core, words, engine=engine))
    return given[late:] * amplitude(fitting.output_full_scale_spl - fitting.full_scale_spl)


def indices(clean: Samples, heard: Samples, ear: Audiogram) -> list[float]:
    return [hearing_index(name, clean, heard, ear) for name in INDICES]


def rows(name: str, chosen: Sequence[Mixture], fitting: Fitting, engine: str | None) -> list[str]:
    """Means of one ear in quiet and in noise; without an engine unaided alone."""
    ear = standard_audiogram(name)
    core = None if engine is None else make_core(fit_aid(ear, fitting).description)
    lines = []
    for condition in ("quiet", f"{LEVEL} dB"):
        found = []
        for mixture in chosen:
            clean = at_level(mixture.clean, mixture.clean, fitting.full_scale_spl)
            x = clean if condition == "quiet" else at_level(mixture.noisy, mixture.clean, fitting.full_scale_spl)
            without = indices(clean, x, ear)
            found.append([*without, *(indices(clean, aided(core, x, fitting, engine), ear) if core and engine else without)])
        haspi, hasqi, aided_haspi, aided_hasqi = np.mean(found, axis=0)
        cells = [f"{haspi:.3f}", f"{aided_haspi:.3f}", f"{hasqi:.3f}", f"{aided_hasqi:.3f}"] if engine else [f"{haspi:.3f}", f"{hasqi:.3f}"]
        lines.append(f"| {name} | {condition} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, default=os.environ.get(FOLDER), help=f"folder of speech and noise [${FOLDER}]")
    parser.add_argument("--split", default="test", help="split of the manifest [test]")
    parser.add_argument("--ears", nargs="+", default=list(EARS), help=f"standard audiograms [{' '.join(EARS)}]")
    parser.add_argument("--speakers", type=int, default=10, help="how many [10]")
    parser.add_argument("--engine", choices=("native", "model", "reference", "none"), default="native", help="what the aid is [native]")
    parser.add_argument("--compression", type=float, default=Fitting.compression, help="ratio of all bands [2]")
    parser.add_argument("--floor", type=float, default=Fitting.floor, help="least gain of the noise reducer [0.4]; 1 for none")
    arguments = parser.parse_args()
    if not installed():
        print(f"no pyclarity: pip install --no-deps {PACKAGE}")
        return
    if arguments.audio is None or not (arguments.audio / "manifest.csv").is_file():
        print(f"no audio: --audio or {FOLDER} must name a folder with manifest.csv, speech and noise")
        return
    chosen = chosen_mixtures(Path(arguments.audio), arguments.split, arguments.speakers)
    fitting = Fitting(compression=arguments.compression, floor=arguments.floor)
    engine = None if arguments.engine == "none" else arguments.engine
    heads = [f"{index} {how}" for index in INDICES for how in (("unaided", "aided") if engine else ("unaided",))]
    print(f"| ear | | {' | '.join(heads)} |")
    print("|---" * (2 + len(heads)) + "|")
    for ear in arguments.ears:
        print("\n".join(rows(ear, chosen, fitting, engine)), flush=True)


if __name__ == "__main__":
    main()
