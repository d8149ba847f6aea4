"""What test boxes measure at a hearing aid: insertion gain with noise that has the spectrum of speech, input/output curves, and steps.

The sound is that of an undisturbed field: levels in dB SPL are of the words that come in and that leave, by the aid's own calibration.

References
----------
IEC 60118-15:2012, for insertion gain by third octaves at the levels of speech; ANSI S3.22-2014, 6.15, for input/output curves and the step
from 55 to 90 dB SPL and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import gammatone, lfilter, welch

from fixed_point.full_scale import Samples, amplitude, audio_to_words, levels_in_decibels, power_decibels
from ip_cores.core import Core
from reference.audiograms import Audiogram
from reference.critical_bands import spaced_centres
from reference.speech_spectrum import THIRD_OCTAVES
from testbenches.interface import Delivered
from testbenches.simulate import as_audio, result, run
from testbenches.stimulus import Stimulus

SPEECH_SPL = 65.0
"""Level of conversational speech in dB SPL."""

STANDARD_STEP = (55.0, 90.0, 55.0)
"""Levels of the standard's step, in dB SPL."""

ATTACK_WITHIN, RELEASE_WITHIN = 3.0, 4.0
"""dB from where a level settles, within which it has to stay."""


NOTHING = -300.0
"""Level of silence in dB of full scale."""


class Calibration(NamedTuple):
    """dB SPL of the root mean square of a sine of full scale, where sound comes in and where it leaves."""

    sink: float
    source: float


@dataclass(frozen=True)
class MeasuredAid:
    """An aid, its VHDL, and how it is set.

    Attributes
    ----------
    core : Core
        With samples at its sink and source, one for one.
    calibration : Calibration
    manifest : Delivered, optional
        VHDL that has been written.
    engine : str
        Of `testbenches.simulate.run`, or "model" where `controls` are the core's own.
    controls : mapping of str to int
        Values of run-time inputs that are not the core's own, as a bypass.
    """

    core: Core
    calibration: Calibration
    manifest: Delivered | None = None
    engine: str = "native"
    controls: Mapping[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Samples a second."""
        rate = self.core.sample_rate
        assert rate is not None
        return float(rate)

    def played(self, x: Samples) -> Samples:
        """What leaves for samples that come in: aligned, as many, each on the scale of its own port."""
        late = int(self.core.delay)
        words = audio_to_words(np.append(x, np.zeros(late)), self.core.sink_format)
        if self.engine == "model":
            given = self.core.model(words)
        else:
            controls = {**self.core.controls, **self.controls}
            given = result(run(self.core, Stimulus({"data": words}, controls=controls), self.engine, manifest=self.manifest))
        return as_audio(self.core, given)[late:]

    def at(self, x: Samples, spl: float) -> Samples:
        """Sound at a level, on the scale of the sink."""
        return np.asarray(x * (amplitude(spl - self.calibration.sink) / np.sqrt(2 * np.mean(np.square(x)))))


def spl(x: Samples, full_scale: float) -> float:
    """Level in dB SPL of sound on the scale of a port."""
    return full_scale + power_decibels(2 * float(np.mean(np.square(x))))


CENTRES = tuple(float(centre) for centre, _ in THIRD_OCTAVES if 160 <= centre <= 6300)
"""Third octaves that are measured, in Hz."""

HALF_BAND = 2 ** (1 / 6)
"""From a third octave's centre to its edges."""

WINDOW = 4096
"""Samples: at 16 kHz 3.9 Hz apart, so that the narrowest third octave, 37 Hz, has nine lines."""


def third_octaves(x: Samples, rate: float, full_scale: float, centres: Sequence[float] = CENTRES) -> Samples:
    """Levels of third octaves in dB SPL.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        On the scale of a port.
    rate : float
        Samples a second.
    full_scale : float
        dB SPL of a sine of full scale.
    centres : sequence of float
        In Hz.

    Returns
    -------
    ndarray of float64, shape (len(centres),)
    """
    frequency, density = welch(x, rate, nperseg=min(WINDOW, len(x)))
    power = [np.sum(density[(frequency >= c / HALF_BAND) & (frequency < c * HALF_BAND)]) * frequency[1] for c in centres]
    return full_scale + levels_in_decibels(np.sqrt(2 * np.array(power)), NOTHING)


def speech_noise(count: int, rate: float, seed: int = 0) -> Samples:
    """Steady noise with the long-term spectrum of speech (`THIRD_OCTAVES`), up to half the rate; peaks are some 12 dB above its level.

    Parameters
    ----------
    count : int
        Samples.
    rate : float
        A second.
    seed : int
    """
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / rate)
    centres, levels = np.array(THIRD_OCTAVES).T
    density = levels - [power_decibels(centre) for centre in centres]  # a third octave is as wide as its centre is high
    shape = np.interp(np.log(np.maximum(frequency, 1.0)), np.log(centres), density)
    noise = np.fft.irfft(spectrum * [amplitude(one) for one in shape], count)
    return np.asarray(noise / np.max(np.abs(noise)))


def insertion_gain(aid: MeasuredAid, level: float = SPEECH_SPL, seconds: float = 2.0, settling: float = 0.5) -> Samples:
    """Gain in dB of third octaves at `CENTRES` for noise with the spectrum of speech.

    Parameters
    ----------
    aid : MeasuredAid
    level : float
        Of the noise, in dB SPL.
    seconds, settling : float
        How long it lasts, and what of it does not count.
    """
    x = aid.at(speech_noise(round(seconds * aid.rate), aid.rate), level)
    y = aid.played(x)
    begin = round(settling * aid.rate)
    before, after = (third_octaves(a[begin:], aid.rate, scale) for a, scale in zip((x, y), aid.calibration, strict=True))
    return np.asarray(after - before)


def input_output(aid: MeasuredAid, frequency: float, levels: ArrayLike, seconds: float = 0.25, seen: float = 0.1) -> Samples:
    """Level in dB SPL that leaves, for a sine at each of some levels in dB SPL, one after the other.

    Parameters
    ----------
    aid : MeasuredAid
    frequency : float
        In Hz.
    levels : array_like of float
        Rising, so that what is measured does not wait for a release.
    seconds, seen : float
        How long each lasts, and the end of it that counts.
    """
    count = round(seconds * aid.rate)
    sizes = np.repeat([amplitude(one - aid.calibration.sink) for one in np.atleast_1d(levels)], count)
    y = aid.played(sizes * np.sin(2 * np.pi * frequency / aid.rate * np.arange(sizes.size)))
    ends = [y[count * (n + 1) - round(seen * aid.rate) : count * (n + 1)] for n in range(sizes.size // count)]
    return np.array([spl(end, aid.calibration.source) for end in ends])


class StandardStep(NamedTuple):
    """What an aid does to the standard's step.

    Attributes
    ----------
    attack, release : float
        In ms, until the level stays within 3 dB, and 4 dB, of where it settles.
    seconds : ndarray
        From the rise on.
    levels : ndarray
        That leave, in dB SPL.
    """

    attack: float
    release: float
    seconds: Samples
    levels: Samples


def standard_step(aid: MeasuredAid, frequency: float = 2000.0, before: float = 0.5, loud: float = 0.5, after: float = 1.0) -> StandardStep:
    """Attack and release by a sine that goes from 55 to 90 dB SPL and back.

    The level is that of the envelope: sine and cosine part over one period.

    Parameters
    ----------
    aid : MeasuredAid
    frequency : float
        In Hz, with a whole number of samples in a period.
    before, loud, after : float
        Seconds of each level.
    """
    counts = [round(seconds * aid.rate) for seconds in (before, loud, after)]
    sizes = np.repeat([amplitude(one - aid.calibration.sink) for one in STANDARD_STEP], counts)
    turn = 2 * np.pi * frequency / aid.rate * np.arange(sizes.size)
    y = aid.played(sizes * np.sin(turn))
    period = round(aid.rate / frequency)
    mean = np.ones(period) / period
    parts = [np.convolve(y * wave(turn), mean)[: y.size] for wave in (np.sin, np.cos)]
    levels = aid.calibration.source + levels_in_decibels(2 * np.hypot(*parts), NOTHING)
    rise, fall = counts[0], counts[0] + counts[1]
    found = []
    for begin, end, within in ((rise, fall, ATTACK_WITHIN), (fall, sizes.size, RELEASE_WITHIN)):
        settled = np.median(levels[end - round(0.05 * aid.rate) : end])
        away = np.flatnonzero(np.abs(levels[begin:end] - settled) > within)
        found.append(1000 * (away.max(initial=-1) + 1) / aid.rate)
    return StandardStep(found[0], found[1], (np.arange(sizes.size) - rise) / aid.rate, levels)


class Sensation(NamedTuple):
    """How far above an ear's threshold sound is, in bands as wide as those of the ear.

    Attributes
    ----------
    seconds : ndarray, shape (m,)
        Middle of each window.
    centres : ndarray, shape (n,)
        In Hz, equally far apart for the ear.
    levels : ndarray, shape (n, m)
        dB above the threshold; below 0 nothing is heard.
    """

    seconds: Samples
    centres: Samples
    levels: NDArray[np.float64]

    @property
    def audible(self) -> float:
        """Part of the windows and bands in which something is heard."""
        return float(np.mean(self.levels > 0))


LOWEST_BAND, HIGHEST_BAND, BANDS = 200.0, 7000.0, 48
"""Hz, and how many: scipy's filters are exact from 200 Hz on."""


def sensation(x: Samples, rate: float, full_scale: float, ear: Audiogram, window: float = 0.01) -> Sensation:
    """Levels behind gammatone filters, above an ear's threshold: a cochleagram of what is heard.

    Parameters
    ----------
    x : ndarray of float64, shape (n,)
        On the scale of a port.
    rate : float
        Samples a second.
    full_scale : float
        dB SPL of a sine of full scale.
    ear : Audiogram
    window : float
        Seconds of which each level is the root mean square.

    References
    ----------
    M. Slaney, "An efficient implementation of the Patterson-Holdsworth auditory filter bank", Apple Computer TR 35, 1993, for the filters.
    """
    centres = spaced_centres(LOWEST_BAND, min(HIGHEST_BAND, 0.45 * rate), BANDS)
    length = round(window * rate)
    count = len(x) // length
    thresholds = ear.in_sound_pressure(centres)
    rows = []
    for centre, threshold in zip(centres, thresholds, strict=True):
        band = lfilter(*gammatone(centre, "iir", fs=rate), x)[: count * length].reshape(count, length)
        rows.append(full_scale + levels_in_decibels(np.sqrt(2 * np.mean(band**2, axis=1)), NOTHING) - threshold)
    return Sensation(np.asarray((np.arange(count) + 0.5) * length / rate, dtype=np.float64), centres, np.asarray(rows, dtype=np.float64))
