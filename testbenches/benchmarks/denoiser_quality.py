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
from numpy.typing import NDArray

from fixed_point import quantize, to_float
from ip_cores.description import load_core
from testbenches.audio import RATE, read_audio
from testbenches.hearing import INDICES, PACKAGE, hearing_index

Samples = NDArray[np.float64]


def noisy(clean: Samples, snr: float, seed: int) -> Samples:
    """Speech with white noise at a signal-to-noise ratio in dB over its whole length."""
    noise = np.random.default_rng(seed).standard_normal(clean.size)
    return clean + noise * np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-snr / 20)


def denoised(core: Any, x: Samples) -> Samples:
    """Through the bit-true model, the delay taken out; shorter by it."""
    return to_float(core.model(quantize(x, core.sink_format)), core.source)[core.delay :]


def snr(clean: Samples, found: Samples) -> float:
    """Signal-to-noise ratio in dB over the length of `found`."""
    wanted = clean[: found.size]
    return float(10 * np.log10(np.sum(wanted**2) / np.sum((found - wanted) ** 2)))


def snr_gains(core: Any, speech: list[Samples], levels: tuple[float, ...] = (0, 5, 10), seeds: int = 4) -> list[float]:
    """Gain in SNR in dB at each level, averaged over files and seeds."""
    gains = []
    for level in levels:
        each = []
        for clean in speech:
            for seed in range(seeds):
                x = noisy(clean, level, seed)
                each.append(snr(clean, denoised(core, x)) - snr(clean, x))
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
    words = quantize(speech[0], core.sink_format)
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
                    x = noisy(clean, level, seed)
                    found = denoised(core, x)
                    pairs.append((hearing_index(name, clean, x[: found.size]), hearing_index(name, clean, found)))
            before, after = np.mean(pairs, axis=0)
            print(f"  {name} at {level:2} dB: noisy {before:.3f}, denoised {after:.3f} ({after - before:+.3f})", flush=True)


if __name__ == "__main__":
    main()
