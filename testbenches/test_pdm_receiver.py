"""From a microphone's bits to samples: SNR behind a sigma-delta modulator, a flat passband, what lies above it, and the chain of proof."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from fixed_point import to_float
from ip_cores.chain import Chain
from ip_cores.description import load_core
from reference.sigma_delta import ideal_snr, sigma_delta
from testbenches.simulate import run
from testbenches.stimulus import Stimulus

CORE: Chain = load_core(Path(__file__).resolve().parent.parent / "examples" / "pdm_receiver.toml")
RATE, PCM = 2048000, 16000


def spectrum(words):
    """Power by frequency under a window whose side lobes are 92 dB down, in the unit of a sine of full scale, and the window's width."""
    window = scipy.signal.windows.blackmanharris(words.size)
    return np.abs(np.fft.rfft(words * window)) ** 2 / (np.sum(window) / 2) ** 2


def sine(frequency, amplitude, seconds, rate=RATE):
    return amplitude * np.sin(2 * np.pi * frequency / rate * np.arange(round(seconds * rate)))


def response(frequency):
    """What a sine's amplitude becomes, by the impulse response of all stages at the rate of the bits."""
    total, rate = np.ones(1), 1
    for stage in CORE.stages:
        spread = np.zeros((stage.filter_taps[1].size - 1) * rate + 1)
        spread[::rate] = stage.filter_taps[1]
        total, rate = scipy.signal.fftconvolve(total, spread), rate * stage.decimation
    return np.abs(scipy.signal.freqz(total, worN=np.atleast_1d(frequency), fs=RATE)[1])


def test_snr_behind_a_second_order_modulator():
    """A sine of half of full scale: within 3 dB of what the modulator's noise up to 7 kHz allows together with 16 bits."""
    frequency = 1015.625
    bits = sigma_delta(sine(frequency, 0.5, 0.28))
    found = to_float(CORE.model(bits), "sfix16_En15")[256:][:4096]
    power = spectrum(found)
    place = round(frequency / PCM * found.size)
    near = slice(place - 6, place + 7)
    signal, rest = power[near].sum(), power[6 : round(7000 / PCM * found.size)].sum() - power[near].sum()
    snr = 10 * np.log10(signal / rest)
    noise = 10 ** (-ideal_snr(1.0, RATE / 2 / 7000) / 10) / 2 + 2**-30 / 12 * 7 / 8
    assert 10 * np.log10(0.125 / noise) - 3 < snr
    assert snr > 84


def test_passband_is_flat_and_nothing_folds_into_it():
    flat = 20 * np.log10(response(np.linspace(20, 6800, 200)))
    assert np.max(np.abs(flat)) < 0.05
    folded = np.concatenate([np.linspace(k * PCM - 6800, k * PCM + 6800, 40) for k in range(1, 65)])
    assert 20 * np.log10(np.max(response(folded[folded < RATE / 2]))) < -65


def test_a_sine_that_would_fold_is_gone():
    """12 kHz, which would be heard at 4 kHz."""
    found = to_float(CORE.model(sigma_delta(sine(12000, 0.5, 0.1))), "sfix16_En15")[128:]
    assert 10 * np.log10(np.max(spectrum(found))) < -70


@pytest.mark.parametrize("engine", ["myhdl", "native"])
def test_hardware_gives_the_models_words(engine):
    count = 128 * (4 if engine == "myhdl" else 200)
    bits = sigma_delta(sine(440, 0.6, count / RATE))
    response = run(CORE, Stimulus({"data": bits}, drain=400), engine)
    assert response.data.tolist() == CORE.model(bits).tolist()


def test_bits_are_taken_as_fast_as_a_microphone_gives_them():
    """At 50 MHz there are 24 clocks for a bit."""
    assert CORE.clock_needed < 50e6 / 8
