"""Named stimuli: a table of signals that any core can be tried with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fixed_point import Format, quantize
from ip_cores.core import Core
from testbenches.audio import RATE, read_audio

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@dataclass(frozen=True)
class Signal:
    """A named stimulus.

    Attributes
    ----------
    summary : str
        One line for the command line.
    make : callable
        From the core, the number of samples and a numpy Generator to raw words of the core's sink format.
    """

    summary: str
    make: Callable[[Core, int, np.random.Generator], np.ndarray]


def make_signal(name: str, core: Core, samples: int, seed: int | np.random.Generator = 0) -> np.ndarray:
    """Raw words of a named signal in the sink format of `core`.

    Parameters
    ----------
    name : str
        A key of `SIGNALS`.
    core : Core
    samples : int
    seed : int or numpy Generator

    Returns
    -------
    ndarray of int64, shape (samples,)

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name not in SIGNALS:
        raise ValueError(f'input = "{name}": must be one of {", ".join(SIGNALS)}')
    return SIGNALS[name].make(core, samples, np.random.default_rng(seed))


def noise(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Every word of the format equally likely."""
    f = core.sink_format
    if f.word_length == 64 and not f.signed:
        return rng.integers(0, f.maximum, samples, dtype=np.uint64, endpoint=True)
    return rng.integers(f.minimum, f.maximum, samples, dtype=np.int64, endpoint=True)


def extremes(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """The ends of the range, the words beside them, and those around zero, at random."""
    f = core.sink_format
    near = [f.minimum, f.minimum + 1, -1, 0, 1, f.maximum - 1, f.maximum]
    corner = np.array([word for word in near if f.minimum <= word <= f.maximum], dtype=np.int64 if f.fits_int64 else np.uint64)
    return rng.choice(corner, samples)


def impulse(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Full scale once, then silence."""
    return _constant(core.sink_format, samples, core.sink_format.maximum, first=1)


def step(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Full scale from the first sample on."""
    return _constant(core.sink_format, samples, core.sink_format.maximum, first=samples)


def sine(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """1 kHz at 16 kHz, half a decibel below full scale."""
    return _levels(core.sink_format, 10 ** (-0.5 / 20) * np.sin(2 * np.pi * 1000 / RATE * np.arange(samples)))


def sweep(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """From 0 to half the sample rate, linearly, at full scale."""
    n = np.arange(samples)
    return _levels(core.sink_format, np.sin(np.pi / 2 * n * n / max(1, samples)))


def alternation(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Most positive and most negative word in turn."""
    f = core.sink_format
    return np.where(np.arange(samples) % 2 == 0, f.maximum, f.minimum).astype(np.int64)


def worst_case(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Full scale with the signs of the impulse response reversed: a linear filter's output reaches the L1 norm.

    Both signs in turn, each as long as the response lasts, so that both ends of the range are reached.
    """
    f = core.sink_format
    unit = np.zeros(samples)
    unit[:1] = 1
    response = np.asarray(core.reference(unit), dtype=np.float64)[:samples]
    length = int(np.max(np.flatnonzero(response), initial=0)) + 1
    signs = np.resize(np.concatenate([response[:length][::-1], -response[:length][::-1]]), samples)
    return np.where(signs < 0, f.minimum, f.maximum).astype(np.int64)


def speech(core: Core, samples: int, rng: np.random.Generator) -> np.ndarray:
    """The excerpt of speech in examples/, again and again."""
    found = sorted(EXAMPLES.glob("*.wav"))
    if not found:
        raise ValueError('input = "speech": there is no WAV file in examples/ of this installation; name one')
    return _levels(core.sink_format, np.resize(read_audio(found[0]).samples, samples))


def _levels(f: Format, x: np.ndarray) -> np.ndarray:
    """Values from -1 to 1 as words over the whole range of a format; unsigned formats are centred."""
    if f.signed:
        return quantize(x, Format(True, f.word_length, f.word_length - 1))
    return quantize((x + 1) / 2, Format(False, f.word_length, f.word_length))


def _constant(f: Format, samples: int, word: int, first: int) -> np.ndarray:
    words = np.zeros(samples, dtype=np.int64 if f.fits_int64 else np.uint64)
    words[:first] = word
    return words


SIGNALS = {
    "noise": Signal("every word equally likely", noise),
    "extremes": Signal("the ends of the range and the words around zero, at random", extremes),
    "impulse": Signal("full scale once, then silence", impulse),
    "step": Signal("full scale from the first sample on", step),
    "sine": Signal("1 kHz at 16 kHz, half a decibel below full scale", sine),
    "sweep": Signal("0 to half the sample rate at full scale", sweep),
    "alternation": Signal("most positive and most negative word in turn", alternation),
    "worst_case": Signal("the signs that bring a linear filter to its L1 norm", worst_case),
    "speech": Signal("the excerpt of speech in examples/", speech),
}
