"""What the pitch shifter makes of vowels: pitch, delay, jumps; by the model, to which the proof holds the VHDL, and one in the VHDL.

    python -m testbenches.benchmarks.pitch_shift            half a minute; prints the tables
    python -m testbenches.benchmarks.pitch_shift --page     and writes them into docs/cores/pitch_shifter.md

A vowel is a row of harmonics under three formants; its pitch is that at which the harmonics of what leaves stand highest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.full_scale import Samples, audio_to_words, words_to_audio
from fixed_point.pitch_shifter import jumps
from fixed_point.sound import RATE
from ip_cores.core import make_core
from ip_cores.description import load_core
from testbenches.page_sections import replaced
from testbenches.simulate import simulate

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "cores" / "pitch_shifter.md"
COMMAND = "python -m testbenches.benchmarks.pitch_shift --page"

FORMANTS = ((700.0, 80.0), (1220.0, 90.0), (2600.0, 120.0))
"""Of an open vowel: frequencies and bandwidths in Hz."""

PITCHES = (75, 100, 150, 220, 300)
RATIOS = (0.7, 0.8, 0.9, 0.97, 1.03, 1.1, 1.25, 1.4)
SETTLED = 2000
"""Words in front of what is looked at."""


def vowel(pitch: float, seconds: float) -> NDArray[np.int64]:
    """Words of a vowel, half of full scale, harmonics up to 7.5 kHz with phases of their own."""
    seconds_at = np.arange(int(seconds * RATE)) / RATE
    found = np.zeros(seconds_at.size)
    for number in range(1, int(7500 / pitch) + 1):
        frequency = number * pitch
        size = 1 / number
        for centre, width in FORMANTS:
            size /= abs(1 - (frequency / centre) ** 2 + 1j * frequency * width / centre**2)
        found += size * np.cos(2 * np.pi * frequency * seconds_at + 0.3 * number**2)
    scaled = audio_to_words(0.5 * found / np.max(np.abs(found)), "sfix16_En15")
    return np.asarray(scaled, dtype=np.int64)


def pitch(samples: Samples, expected: float) -> float:
    """The pitch in Hz within 10 % of what is expected, at which eight harmonics have the largest product."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), 8 * samples.size))
    candidates = expected * np.linspace(0.9, 1.1, 4001)
    where = np.arange(spectrum.size) * RATE / (8 * samples.size)
    score = sum(np.log(np.interp(number * candidates, where, spectrum) + 1e-9) for number in range(1, 9))
    return float(candidates[int(np.argmax(score))])


def delays(core: Any, words: NDArray[np.int64]) -> Samples:
    """By how many samples what is heard is late, once the first jumps are over: a ramp of small words goes the way of these."""
    from reference.pitch_shifter import pitch_shifter

    made = jumps(words, core.ratio_word, core.law)
    count = np.arange(words.size, dtype=np.float64)
    read = pitch_shifter(count + 1, core.ratio_word / 2**15, core.splicing, made)
    return np.asarray((count + 1 - read)[SETTLED:])


def vowels() -> str:
    """Pitch, delay and jumps for every ratio, over all vowels."""
    lines = [
        "| ratio | largest error of the pitch, 75 to 300 Hz | mean delay | longest delay | jumps a second |", "|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for ratio in RATIOS:
        core: Any = make_core({"core": "pitch_shifter", "name": "pitched", "ratio": ratio})
        errors, late, made = [], [], 0.0
        for hertz in PITCHES:
            words = vowel(hertz, 2.0)
            found = words_to_audio(core.model(words), core.source_format)
            errors.append(abs(pitch(found[SETTLED:], hertz * ratio) / (hertz * ratio) - 1))
            late.append(delays(core, words) * 1000 / RATE)
            made += jumps(words, core.ratio_word, core.law).size / 2.0 / len(PITCHES)
        mean, longest = float(np.mean(np.concatenate(late))), float(np.max(np.concatenate(late)))
        lines.append(f"| {ratio:g} | {100 * max(errors):.2f} % | {mean:.1f} ms | {longest:.1f} ms | {made:.0f} |")
    return "\n".join(lines) + "\n"


def delivered() -> str:
    """A vowel through the VHDL of the example: as the model says, and its pitch."""
    core: Any = load_core(ROOT / "examples" / "pitch_shifter.toml")
    words = vowel(150, 0.7)
    found = np.asarray(simulate(core, words, "native"))
    alike = int(np.count_nonzero(found == core.model(words)))
    heard = pitch(words_to_audio(found, core.source_format)[SETTLED:], 150 * core.ratio)
    return (
        f"A vowel of 150 Hz through the VHDL of `examples/pitch_shifter.toml`, ratio {core.ratio:g}: {alike} of {words.size} words are the "
        f"model's, the pitch is {heard:.2f} Hz.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", action="store_true", help="write the tables into the datasheet")
    given = parser.parse_args()
    for name, section in (("vowels", vowels()), ("delivered", delivered())):
        if given.page:
            PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), name, COMMAND, section), encoding="utf-8")
        print(section)


if __name__ == "__main__":
    main()
