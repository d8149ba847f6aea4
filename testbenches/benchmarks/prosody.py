"""What PSOLA makes of the pitch and of the duration of voices: vowels, and speech; by the model, to which the proof holds the VHDL.

    python -m testbenches.benchmarks.prosody [--audio FOLDER] [--page]

Vowels are all harmonics of a pitch through three resonances; the pitch of what leaves is that at which its harmonics stand highest. With
``--audio`` (or the environment's OSSICLE_AUDIO), a folder with ``manifest.csv`` and the files it names, the first utterance of each speaker
of the test split is played. Its pitch, before and behind, is the float reference's of the pitch detector (32 ms, 2.5 ms apart, of a
voice by three quarters of a full peak), each frame beside the one that lies at the same place of the signal. A frame counts where both
have a pitch; it is right where the ratio of both is within 3 % of what was asked. ``--page`` writes the tables into the datasheet.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.full_scale import Samples, audio_to_words, words_to_audio
from fixed_point.sound import RATE, read_audio
from ip_cores.core import make_core
from ip_cores.description import load_core
from testbenches.benchmarks.pitch import VOWELS
from testbenches.benchmarks.pitch import vowel as voiced
from testbenches.benchmarks.pitch_shift import pitch
from testbenches.benchmarks.real_noise import FOLDER
from testbenches.noisy_speech import first_utterances
from testbenches.page_sections import replaced
from testbenches.simulate import simulate

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "psola.md"
COMMAND = "python -m testbenches.benchmarks.prosody --page --audio FOLDER"

RATIOS = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
DURATIONS = (0.5, 0.75, 1.0, 1.5, 2.0)
PITCHES = (75, 100, 150, 220, 300)
ALLOWED = 0.03
HOP = 2.5
"""Milliseconds from one pitch that is measured to the next."""


def changed(ratio: float, duration: float = 1.0) -> Any:
    """The core at a ratio of pitches and a duration."""
    return make_core({"core": "psola", "name": "grains", "ratio": ratio, "duration": duration})


def sung(core: Any, sound: Samples) -> Samples:
    """What leaves, in step with what entered: without what it is late by."""
    found = words_to_audio(core.model(audio_to_words(sound, core.sink_format)), core.source_format)
    return found[round(core.law.delay * float(core.rate)) :]


def vowels() -> str:
    """Largest error of the pitch, over all vowels, for each ratio and each duration."""
    heads = " | ".join(f"duration {duration:g}" for duration in DURATIONS)
    lines = [f"| ratio | {heads} |", "|" + "---:|" * (1 + len(DURATIONS))]
    for ratio in RATIOS:
        cells = []
        for duration in DURATIONS:
            core, errors = changed(ratio, duration), []
            for hertz in PITCHES:
                for resonances in (VOWELS["a"], VOWELS["i"]):
                    found = sung(core, voiced(hertz, resonances, 1.5))
                    errors.append(abs(pitch(found[RATE // 8 : RATE // 8 + RATE // 2], hertz * ratio) / (hertz * ratio) - 1))
            cells.append(f"{100 * max(errors):.2f} %")
        lines.append(f"| {ratio:g} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def pitches(sound: Samples) -> NDArray[np.float64]:
    """Pitch of each frame in Hz, 0 where there is none."""
    shape = {"lowest": 60.0, "highest": 560.0, "frame": 36.0, "hop": 5.0, "voicing": 0.75}
    core: Any = make_core({"core": "pitch_detector", "name": "told", **shape})
    step, later = round(core.law.hop_samples), round(HOP / 1000 * RATE)
    both = [core.reference(np.concatenate([np.zeros(skip), sound])) for skip in (step, step - later)]
    count = min(map(len, both))
    periods = np.stack([one[:count] for one in both], axis=1).ravel()
    return np.where(periods > 0, RATE / np.where(periods > 0, periods, 1.0), 0.0)


def judged(ratio: float, duration: float, sounds: Sequence[Samples]) -> NDArray[np.float64]:
    """By how much the ratio of pitches is off, in each frame of a voice."""
    core, found = changed(ratio, duration), []
    for sound in sounds:
        before, behind = pitches(sound), pitches(sung(core, sound))
        place = np.round(np.arange(len(before)) * float(core.rate)).astype(int)
        inside = place < len(behind)
        before, behind = before[inside], behind[place[inside]]
        both = (before > 0) & (behind > 0)
        found.append(behind[both] / before[both] / ratio - 1)
    return np.concatenate(found)


def speech(folder: Path) -> str:
    """Mean of the ratio, its median, frames that are right, for each ratio; and the same at other durations."""
    sounds = list(first_utterances(folder, "test").values())
    lines = ["| ratio | duration | frames | ratio found, mean | error, median | within 3 % |", "|---:|---:|---:|---:|---:|---:|"]
    for ratio, duration in [*((one, 1.0) for one in RATIOS), *((1.0, one) for one in DURATIONS if one != 1), (0.8, 1.5), (1.25, 0.75)]:
        errors = judged(ratio, duration, sounds)
        gross = np.abs(errors) < 0.2
        lines.append(
            f"| {ratio:g} | {duration:g} | {errors.size} | {ratio * (1 + float(np.mean(errors[gross]))):.3f} "
            f"| {100 * float(np.median(np.abs(errors))):.2f} % | {100 * float(np.mean(np.abs(errors) <= ALLOWED)):.1f} % |"
        )
    return "\n".join(lines) + "\n"


def delivered() -> str:
    """Speech through the VHDL of the example: as the model says."""
    core: Any = load_core(ROOT / "examples" / "psola.toml")
    words = audio_to_words(read_audio(ROOT / "examples" / "speech.wav").samples, core.sink_format)
    alike = int(np.count_nonzero(np.asarray(simulate(core, words, "native")) == core.model(words)))
    return f"`examples/speech.wav` through the VHDL of `examples/psola.toml`, natively: {alike} of {words.size} words are the model's.\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, default=os.environ.get(FOLDER), help="folder of speech")
    parser.add_argument("--page", action="store_true", help="write the tables into the datasheet")
    given = parser.parse_args(arguments)
    sections = [("vowels", vowels()), *([("speech", speech(given.audio))] if given.audio else []), ("delivered", delivered())]
    for name, section in sections:
        if given.page:
            PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), name, COMMAND, section), encoding="utf-8")
        print(section)


if __name__ == "__main__":
    main()
