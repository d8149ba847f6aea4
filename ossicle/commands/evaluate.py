"""Measure what networks and cores do for speech in noise: gain in SI-SDR, HASPI and HASQI.

A network is a checkpoint (.pt, needs PyTorch) or an exported one (.npz); a description (.toml) is any core from samples to samples. The
mixtures are those of the split's speakers and noises at 0, 5 and 10 dB, the same whoever measures: docs/networks.md. A network for several
speakers is measured on the split's speakers by so many.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ossicle.commands import DONE

if TYPE_CHECKING:
    from training.evaluation import Subject, Summary

EXAMPLES = (
    "ossicle evaluate build/enhancer/best.pt examples/noise_reduction.toml --data recordings",
    "ossicle evaluate examples/enhancer.npz --data recordings --audiogram examples/audiogram_n4.toml --snr 5 --limit 20",
)


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("subjects", metavar="NET|D.toml", nargs="+", help="checkpoint, exported network, or description of a core")
    parser.add_argument("--data", metavar="DIR", required=True, help="recordings: manifest.csv, or test/speech and test/noise")
    parser.add_argument("--split", default="test", choices=("train", "valid", "test"), help="default: test")
    parser.add_argument("--limit", type=positive, metavar="N", help="so many mixtures, spread over all kinds (default: all)")
    parser.add_argument("--snr", type=int, choices=(0, 5, 10), metavar="DB", help="mixtures at 0, 5 or 10 dB alone")
    engines = "of a description: float64, bit-true model, or compiled VHDL (default: model)"
    parser.add_argument("--engine", default="model", choices=("reference", "model", "native"), help=engines)
    parser.add_argument("--hearing", action="store_true", help="HASPI and HASQI as well, for a normal ear (needs pyclarity)")
    ear = "HASPI and HASQI as well, for this ear, without and with amplification by NAL-R (needs pyclarity, and PyTorch)"
    parser.add_argument("--audiogram", metavar="A.toml|A.csv", help=ear)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def positive(text: str) -> int:
    """A number of mixtures."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text}: must be a whole number, 1 or more")
    return int(text)


def run(arguments: Namespace) -> int:
    from ossicle.extras import need, need_pytorch

    paths = [Path(name) for name in arguments.subjects]
    for path in paths:
        if path.suffix not in (".pt", ".npz", ".toml"):
            raise ValueError(f"{path}: must be a checkpoint .pt, an exported network .npz or a description .toml")
        if path.suffix == ".pt":
            need_pytorch(f"evaluate {path}")
    hearing = arguments.hearing or arguments.audiogram is not None
    if hearing:
        need("clarity", "pyclarity (HASPI, HASQI)", "hearing", "evaluate --audiogram" if arguments.audiogram else "evaluate --hearing")
    amplify: Any = None
    ear = None
    if arguments.audiogram is not None:
        from ossicle.fitting.aid_description import OPTIONS
        from ossicle.fitting.audiogram_files import read_listener

        need_pytorch("amplification")
        ear = next(iter(read_listener(arguments.audiogram, OPTIONS).ears.values()))
        from training.amplification import amplified

        amplify = partial(amplified, ear=ear)

    from ossicle.terminal import Progress, print_json
    from testbenches.hearing import NORMAL
    from training.evaluation import NOISY, chosen, rated, subject_of, summary

    subjects = [subject_of(path, arguments.engine) for path in paths]
    names = [subject.name for subject in subjects]
    # A network and its core have one name.
    subjects = [one if names.count(one.name) == 1 else replace(one, name=path.name) for path, one in zip(paths, subjects, strict=True)]
    speakers = max(subject.speakers for subject in subjects)
    if speakers > 1:
        return separated(arguments, paths, subjects, speakers)
    files = [str(path) for path in paths]
    if hearing:
        subjects, files = [NOISY, *subjects], ["", *files]
    with Progress("reading recordings") as shown:
        some = chosen(Path(arguments.data), arguments.split, arguments.limit, arguments.snr)
        found = []
        for subject in subjects:
            shown.step(subject.name, len(some))
            ratings = []
            for rating in rated(subject.process, some, amplify, ear or NORMAL, hearing):
                ratings.append(rating)
                shown.update(len(ratings))
            found.append((subject.name, summary(ratings)))
    if arguments.json:
        results = []
        for file, (name, means) in zip(files, found, strict=True):
            results.append({"subject": file, "name": name, "mixtures": means.count, "gain": means.gains})
            if hearing:
                results[-1]["hearing"] = means.indices
        print_json({"results": results})
        return DONE
    print(report(found))
    return DONE


def separated(arguments: Namespace, paths: list[Path], subjects: list[Subject], speakers: int) -> int:
    """What separates speakers is measured on every choice of so many of the split's."""
    from ossicle.terminal import Progress, print_json, text_table
    from testbenches.noisy_speech import talks
    from training.evaluation import separation_gains, spread

    for path, subject in zip(paths, subjects, strict=True):
        if subject.speakers != speakers:
            raise ValueError(f"{path}: gives {subject.speakers} speakers, and another one {speakers}: measure them one by one")
    with Progress("reading recordings") as shown:
        some = spread(list(talks(Path(arguments.data), arguments.split, speakers)), arguments.limit)
        if not some:
            raise ValueError(f"{arguments.data}: has less than {speakers} speakers in the split {arguments.split!r}")
        found = []
        for subject in subjects:
            shown.step(subject.name, len(some))
            gains = []
            for gain in separation_gains(subject.process, some):
                gains.append(gain)
                shown.update(len(gains))
            found.append(sum(gains) / len(gains))
    if arguments.json:
        rows = zip(paths, subjects, found, strict=True)
        results = [{"subject": str(path), "name": subject.name, "mixtures": len(some), "gain": gain} for path, subject, gain in rows]
        print_json({"results": results})
        return DONE
    print(f"gain in SI-SDR in dB, {len(some)} mixtures of {speakers} speakers, equally loud")
    print(text_table([[subject.name, f"{gain:.2f}"] for subject, gain in zip(subjects, found, strict=True)], right=[1]))
    return DONE


def report(found: list[tuple[str, Summary]]) -> str:
    """One table of gains, and one of indices where they were asked for."""
    from ossicle.terminal import text_table

    first = found[0][1]
    levels = list(first.gains["all"])
    rated = [(name, means) for name, means in found if name != "noisy"]
    head = ["noise", *(f"{name}, {level} dB" for name, _ in rated for level in levels)]
    rows = [head]
    for noise in first.gains:
        row = [means.gains[noise].get(level) for _, means in rated for level in levels]
        rows.append([noise, *("" if gain is None else f"{gain:.2f}" for gain in row)])
    lines = [f"gain in SI-SDR in dB, {first.count} mixtures, by noise and SNR", text_table(rows, right=range(1, len(head)))]
    if first.indices:
        names = list(first.indices)
        table = [["", *(name for name, _ in found)]]
        table += [[name, *(f"{means.indices[name]:.3f}" for _, means in found)] for name in names]
        lines += ["", text_table(table, right=range(1, len(found) + 1))]
    return "\n".join(lines)
