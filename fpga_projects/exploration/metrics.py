"""How good a fixed-point core is: the metrics of a sweep, each a number for one core on one signal."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixed_point.full_scale import Samples, amplitude, amplitude_decibels, power_decibels
from fixed_point.sound import RATE, read_audio
from ip_cores.core import Core
from ip_cores.parameters import nearest
from testbenches.hearing import PACKAGE, hearing_index
from testbenches.signals import SIGNALS, Generated, Input, Recorded, excerpt, make_audio, whole_rate
from testbenches.simulate import values

GRID = 4096
"""Frequencies, from 0 to half the sample rate, at which responses are compared."""

PASSBAND_EDGE = 1.0
"""A frequency is in the passband where the reference is less than so many dB below its peak."""

SECONDS = 4
"""Of a generated signal."""


class QualityError(ValueError):
    """A metric that does not exist, needs a missing package, or has no meaning for a core."""


@dataclass(frozen=True)
class Metric:
    """One measure of quality.

    Attributes
    ----------
    summary : str
        One line for the command line.
    unit : str
    measure : callable
        From a `Trial` to a number.
    more_is_better : bool
    package : str
        Module that has to be installed; empty if none.
    """

    summary: str
    unit: str
    measure: Callable[[Trial], float]
    more_is_better: bool = True
    package: str = ""


@dataclass(frozen=True)
class Trial:
    """One core on one signal.

    Attributes
    ----------
    core : Core
    words : ndarray of int
        The signal as words of the core's sink.
    truth : ndarray of float64, or (ndarray, ndarray)
        What the reference makes of the signal before it became words.
    """

    core: Core
    words: NDArray[Any]
    truth: Any

    @cached_property
    def output(self) -> Any:
        """What the bit-true model makes of it, as values."""
        return values(self.core, self.core.model(self.words))

    @cached_property
    def powers(self) -> tuple[float, float]:
        """Mean square of the reference, and of the model's difference to it; all bands count together."""
        truth, output = (one[0] if isinstance(one, tuple) else one for one in (self.truth, self.output))
        if isinstance(self.truth, tuple) and not np.array_equal(self.truth[1], self.output[1]):
            raise QualityError(f"{self.core.name}: model and reference deliver their bands in another order")
        late = output[self.core.delay_words :]
        count = min(len(truth), len(late))
        if not count:
            raise QualityError(f"{self.core.name}: the signal is too short for a word to leave")
        return mean_square(truth[:count]), mean_square(truth[:count] - late[:count])


def mean_square(x: Samples) -> float:
    """Mean of the squares. Not by `numpy.dot`, which starts threads that get in each other's way where several processes run."""
    return float(np.einsum("i,i", x, x)) / x.size


def snr(trial: Trial) -> float:
    """Signal to noise ratio against the reference in dB; infinite without an error."""
    return power_decibels(*trial.powers)


def mse(trial: Trial) -> float:
    """Mean square of the difference to the reference."""
    return trial.powers[1]


def ripple(trial: Trial) -> float:
    """Peak-to-peak ripple in dB of the quantised response where the reference passes.

    The reference passes wherever it is no smaller than its lowest local minimum in the passband; where it has none, within
    `PASSBAND_EDGE` of its peak.
    """
    truth, found = magnitudes(trial.core)
    edge = truth.max() * amplitude(-PASSBAND_EDGE)
    padded = np.concatenate([truth[1:2], truth, truth[-2:-1]])
    dips = (truth > edge) & (padded[1:-1] <= padded[:-2]) & (padded[1:-1] <= padded[2:])
    band = found[truth >= (truth[dips].min() if dips.any() else edge)]
    return amplitude_decibels(band.max(), band.min())


def stopband(trial: Trial) -> float:
    """Least attenuation in dB of the quantised response where the reference stops, against its peak.

    The reference stops wherever it is no larger than its highest side lobe: the greatest local maximum outside of the passband
    (frequencies 0 and half the sample rate count).
    """
    truth, found = magnitudes(trial.core)
    outside = truth <= truth.max() * amplitude(-PASSBAND_EDGE)
    padded = np.concatenate([[-1.0], truth, [-1.0]])
    lobes = outside & (padded[1:-1] >= padded[:-2]) & (padded[1:-1] >= padded[2:])
    if not lobes.any():
        raise QualityError(f"{trial.core.name}: its response has no side lobe, hence no stopband")
    stopped = found[outside & (truth <= truth[lobes].max())]
    return amplitude_decibels(found.max(), stopped.max())


def magnitudes(core: Core) -> tuple[Samples, Samples]:
    """Magnitude responses of the reference, and of the fixed-point core without the rounding of its samples.

    A filter's follows from its quantised coefficients; a chain's is its stages' product. Of any other core the response to an impulse of
    full scale counts, which holds the rounding of its output as well.

    Raises
    ------
    QualityError
        If the core has several bands, changes the rate, or is not linear.
    """
    if core.rate != 1 or core.sink_ports or core.source_ports or isinstance(core.source_format, Mapping):
        raise QualityError(f"{core.name}: ripple and stopband need a core with one sample in and one sample out")
    taps = core.filter_taps
    if taps is not None:
        return _response(taps[0]), _response(taps[1])
    impulse = np.zeros(2 * GRID, dtype=np.int64)
    impulse[0] = core.sink_format.maximum
    height = core.sink_format.maximum * core.sink_format.resolution
    truth, half = (np.asarray(core.reference(part * impulse * core.sink_format.resolution)) for part in (1.0, 0.5))
    if not truth.any() or not np.allclose(2 * half, truth, rtol=0, atol=1e-9 * height):
        raise QualityError(f"{core.name}: ripple and stopband need a filter; {core.kind} has no frequency response")
    return _response(truth / height), _response(values(core, core.model(impulse)) / height)


def _response(taps: Samples) -> Samples:
    return np.abs(np.fft.rfft(taps, 2 * GRID))


def haspi(trial: Trial) -> float:
    """Speech intelligibility, 0 to 1, of the output against the reference for a normal ear (Kates & Arehart 2021, version 2)."""
    return _perception(trial, "HASPI")


def hasqi(trial: Trial) -> float:
    """Speech quality, 0 to 1, of the output against the reference for a normal ear (Kates & Arehart 2014, version 2)."""
    return _perception(trial, "HASQI")


def _perception(trial: Trial, name: str) -> float:
    if isinstance(trial.output, tuple) or trial.core.rate != 1:
        raise QualityError(f"{trial.core.name}: {name.lower()} needs a core with one sample in and one sample out")
    return hearing_index(name, trial.truth, trial.output[trial.core.delay_words :])


METRICS = {
    "snr": Metric("signal to noise ratio against the float reference", "dB", snr),
    "mse": Metric("mean square of the difference to the float reference", "", mse, more_is_better=False),
    "ripple": Metric("peak-to-peak ripple of the quantised response in the passband", "dB", ripple, more_is_better=False),
    "stopband": Metric("least attenuation of the quantised response in the stopband", "dB", stopband),
    "haspi": Metric("speech intelligibility, 0 to 1, of the output against the reference", "", haspi, package="clarity"),
    "hasqi": Metric("speech quality, 0 to 1, of the output against the reference", "", hasqi, package="clarity"),
}


def metric(name: str) -> Metric:
    """A metric by name.

    Raises
    ------
    QualityError
        If there is none, or its package is missing.
    """
    if name not in METRICS:
        raise QualityError(f"metric = {name}: must be one of {', '.join(METRICS)}{nearest(name, METRICS)}")
    found = METRICS[name]
    if found.package and importlib.util.find_spec(found.package) is None:
        raise QualityError(f"metric = {name}: needs the package pyclarity: pip install --no-deps {PACKAGE}")
    return found


def load_input(name: str | Path | Samples | None, core: Core, samples: int | None = None, seed: int = 0) -> Input:
    """What a sweep plays: a file, a generated signal, or the excerpt of speech among the examples.

    Parameters
    ----------
    name : path, str, array or None
        A WAV or CSV file, the name of a signal, samples of audio, or None for ``speech``.
    core : Core
        What it will be played to, in any word lengths.
    samples : int, optional
        How many are played; by default all of a file or of the excerpt, and `SECONDS` of a generated signal.
    seed : int
        Of a generated signal.

    Raises
    ------
    ValueError
        If there is no such file or signal, or the core takes more than samples.
    """
    if not core.is_stream:
        raise QualityError(f"{core.name}: {core.kind} is no stream from a sink to a source; there is no quality to measure")
    if core.sink_ports:
        fields = ", ".join(port.name for port in core.sink_ports)
        raise QualityError(f"{core.name}: takes {fields} with each word; put it into a chain behind the core that sends them")
    if isinstance(name, np.ndarray):
        return Recorded(np.asarray(name, dtype=np.float64)[:samples])
    name = "speech" if name is None else str(name)
    if name == "speech":
        # Once, and in the task: workers elsewhere may have no examples.
        return Recorded(excerpt(whole_rate(core)) if samples is None else make_audio("speech", core, samples, seed))
    return Generated(name, samples or SECONDS * RATE, seed) if name in SIGNALS else Recorded(read_audio(name).samples[:samples])
