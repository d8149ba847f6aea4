"""What the denoiser does for speech in white noise: SNR, and with pyclarity installed HASPI and HASQI, in the bit-true model.

    python -m testbenches.benchmarks.denoiser_quality examples/denoiser.toml clean.wav [more.wav] --seeds 4 --hearing

`testbenches.hearing` says what the indices are.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples, audio_to_words, snr
from fixed_point.sound import RATE, read_audio
from ip_cores.description import load_core
from testbenches.hearing import INDICES, PACKAGE, hearing_index
from testbenches.signals import in_white_noise
from testbenches.simulate import as_audio


def denoised(core: Any, x: Samples) -> Samples:
    """Through the bit-true model, the delay taken out; shorter by it."""
    return as_audio(core, core.model(audio_to_words(x, core.sink_format)))[core.delay :]


def snr_gains(core: Any, speech: list[Samples], levels: tuple[float, ...] = (0, 5, 10), seeds: int = 4) -> list[float]:
    """Gain in SNR in dB at each level, averaged over files and seeds."""
    gains = []
    for level in levels:
        each = []
        for clean in speech:
            for seed in range(seeds):
                x = in_white_noise(clean, level, seed)
                heard = denoised(core, x)
                each.append(snr(clean[: heard.size], heard) - snr(clean, x))
        gains.append(float(np.mean(each)))
    return gains


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("description", type=Path, help="description of a denoiser")
    parser.add_argument("speech", type=Path, nargs="+", help="clean speech, one channel")
    parser.add_argument("--seeds", type=int, default=4, help="noises for each file [4]")
    parser.add_argument("--hearing", action="store_true", help=f"HASPI and HASQI too (pip install --no-deps {PACKAGE})")
    arguments = parser.parse_args()
    core = load_core(arguments.description)
    speech = [read_audio(path).samples for path in arguments.speech]
    words = audio_to_words(speech[0], core.sink_format)
    core.model(words)
    times = []
    for _ in range(10):
        start = time.perf_counter()
        core.model(words)
        times.append(time.perf_counter() - start)
    speed = words.size / RATE / min(times)
    print(f"{core.name}: delay {core.delay} samples, {1000 * core.delay / RATE:.2f} ms; model {speed:.0f} x real time")
    for level, gain in zip((0, 5, 10), snr_gains(core, speech, seeds=arguments.seeds), strict=True):
        print(f"  SNR {level:2} dB: gain {gain:.2f} dB")
    if not arguments.hearing:
        return
    for name in INDICES:
        for level in (0, 5, 10):
            pairs = []
            for clean in speech:
                for seed in range(arguments.seeds):
                    x = in_white_noise(clean, level, seed)
                    found = denoised(core, x)
                    pairs.append((hearing_index(name, clean, x[: found.size]), hearing_index(name, clean, found)))
            before, after = np.mean(pairs, axis=0)
            print(f"  {name} at {level:2} dB: noisy {before:.3f}, denoised {after:.3f} ({after - before:+.3f})", flush=True)


if __name__ == "__main__":
    main()
