"""The quick estimate against the full mapping, on cores that it was not fitted to; ``make bench TESTS="-k quick_estimate -s"``.

Every kind of core is there, with other parameters than the examples have and than their neighbours which the weights were fitted to. Prints
a row of the table in docs/word_lengths.md for each.
"""

from __future__ import annotations

import pytest
import scipy.signal

from fpga_projects.estimation.price import mapped_cost
from fpga_projects.estimation.quick_estimate import quick_cost
from ip_cores.core import core_kinds, make_core
from testbenches.for_tests.random_networks import network_table, random_network

WORST = 0.25
"""Greatest error in logic elements that is put up with; in very small cores, `SLACK` elements."""

SLACK = 12

LOWPASS = list(scipy.signal.firwin(33, 0.3))
MINIMUM_PHASE = list(scipy.signal.minimum_phase(scipy.signal.firwin(41, 0.4, window=("kaiser", 6.0))))
NARROW = {"sink": "sfix14_En13", "coefficient": "sfix11_En10", "source": "sfix14_En13"}
FILTER = {"core": "fir", "coefficients": LOWPASS}
SHORT = {**FILTER, "coefficients": LOWPASS[8:25]}
DETAILED = {"wavelet": "sym8", "levels": 3, "guard_bits": 1}
CORES = {
    "serial, 33 taps": {**FILTER, "form": "serial"},
    "serial, 33 taps, 14 × 11 bits": {**FILTER, "form": "serial", **NARROW},
    "serial, 2 multipliers, minimum phase": {**FILTER, "form": "serial", "coefficients": MINIMUM_PHASE, "multipliers": 2},
    "serial, 33 taps, product in logic": {**FILTER, "form": "serial", "multiplier": "logic", **NARROW},
    "serial, 33 taps, 4 channels": {**FILTER, "form": "serial", "channels": 4},
    "serial, 33 taps, interpolation by 3": {**FILTER, "form": "serial", "interpolation": 3, "sink": "sfix12_En11"},
    "transposed, minimum phase": {**FILTER, "coefficients": MINIMUM_PHASE, "coefficient": "sfix12_En11"},
    "transposed, 33 taps, 14 × 11 bits": {**FILTER, **NARROW},
    "transposed, 33 taps, products in logic": {**FILTER, "multiplier": "logic", **NARROW},
    "direct, 33 taps, 14 × 11 bits": {**FILTER, "form": "direct", **NARROW},
    "direct, 17 taps, registered products": {**SHORT, "form": "direct", "pipeline": "speed", "rounding": "floor", **NARROW},
    "wavelet analysis, sym8, 3 levels": {"core": "dwt_analysis", "sink": "sfix14_En13", **DETAILED},
    "wavelet synthesis, sym8, 3 levels": {"core": "dwt_synthesis", "coefficient_word_length": 14, **DETAILED},
    "wavelet analysis by segments, db2": {"core": "dwt_ola", "wavelet": "db2", "levels": 2, "segment_length": 32},
    "packet analysis, db3, 2 levels": {"core": "packet_analysis", "wavelet": "db3", "levels": 2},
    "packet synthesis, db3, 2 levels": {"core": "packet_synthesis", "wavelet": "db3", "levels": 2},
    "lifting analysis, 5/3, 2 levels": {"core": "lifting_analysis", "levels": 2, "sink": "sfix12_En11"},
    "lifting synthesis, 9/7, 3 levels": {"core": "lifting_synthesis", "scheme": "9/7", "levels": 3, "coefficient_word_length": 14},
    "undecimated analysis, db2, 2 multipliers": {"core": "swt_analysis", "wavelet": "db2", "levels": 3, "multipliers": 2},
    "undecimated synthesis, db3, 2 levels": {"core": "swt_synthesis", "wavelet": "db3", "levels": 2},
    "threshold, hard, 18 bits": {"core": "threshold", "sink": "sfix18_En16", "rule": "hard", "levels": 3},
    "noise reducer, 18 bits": {"core": "noise_reducer", "sink": "sfix18_En16", "levels": 3},
    "gains, 18 bits": {"core": "band_gain", "sink": "sfix18_En16", "levels": 3, "gains": 6.0},
    "compressor, 18 bits": {"core": "compressor", "sink": "sfix18_En16", "levels": 3},
    "hearing aid, haar, 3 levels": {
        "core": "hearing_aid", "wavelet": "haar", "levels": 3, "stages": [{"core": "noise_reducer"}, {"core": "band_gain", "gains": 6.0}],
    },
    "denoiser, sym4, 3 levels": {
        "core": "denoiser", "wavelet": "sym4", "levels": 3, "coefficient_word_length": 14, "guard_bits": 2,
    },
    "denoiser, decimated, db2, 2 levels": {"core": "denoiser", "bank": "decimated", "levels": 2},
    "sequencer around a filter": {"core": "sequencer", "segment_length": 32, "calculation": {**SHORT, "form": "serial"}},
    "chain of a filter and a queue": {
        "core": "chain", "stages": [{**SHORT, "form": "serial"}, {"core": "fifo", "depth": 100}],
    },
    "segmenter, 64 samples": {"core": "segmenter", "segment_length": 64, "hop": 16, "window": "hann", "sink": "sfix12_En11"},
    "overlap-add, 64 samples": {"core": "overlap_add", "segment_length": 64, "hop": 16, "window": "hann", "source": "sfix12_En11"},
    "FFT, 32 points, 14 bits": {"core": "fft", "points": 32, "sink": "complex_sfix14_En13", "source": "complex_sfix14_En13"},
    "biquad, direct, 5 sections": {
        "core": "biquad", "design": {"method": "ellip", "order": 9, "ripple": 1, "attenuation": 50, "cutoff": 2000},
    },
    "biquad, transposed, 2 multipliers, 4 channels": {
        "core": "biquad", "form": "transposed", "multipliers": 2, "channels": 4, "sample_rate": 64000, "sink": "sfix12_En11",
        "design": {"method": "butter", "order": 6, "cutoff": 3000},
    },
    "frequency shifter, 19 taps": {"core": "frequency_shifter", "taps": 19, "lowest": 1200.0, "dry": 0.5, "sink": "sfix14_En13"},
    "CIC, order 3, by 32, 14 bits": {"core": "cic", "order": 3, "decimation": 32, "sink": "sfix14_En13"},
    "CIC, order 2, interpolation by 20": {"core": "cic", "order": 2, "interpolation": 20, "sink": "sfix12_En11"},
    "tone with random bits, 14 bits": {"core": "nco", "dither": True, "source": "sfix14_En13"},
    "speech classifier, 12 bits, 5 ms of 8 kHz": {
        "core": "speech_classifier", "sink": "sfix12_En11", "sample_rate": 8000, "hop": 5.0, "frame": 10.0,
    },
    "gammatones, 8 bands": {"core": "gammatone_bank", "bands": 8},
    "levels of 12 bands, 2 multipliers": {"core": "gammatone_bank", "bands": 12, "multipliers": 2, "envelope": True},
    "network of 8 features, hop 8": {
        "core": "conv_network", "weights": network_table(random_network(1, 8, 16, 6, 8, (1, 2, 4))), "sink": "sfix12_En11",
    },
    "pitch shifter, jumps to 120": {"core": "pitch_shifter", "shortest": 20, "longest": 120, "match": 80, "sink": "sfix14_En13"},
    "pitch detector, 12 bits, 16 ms of 8 kHz": {
        "core": "pitch_detector", "sink": "sfix12_En11", "sample_rate": 8000, "lowest": 100.0, "frame": 24.0,
    },
    "grains of 12 bits, half as long again": {"core": "psola", "sink": "sfix12_En11", "lowest": 100.0, "frame": 24.0, "duration": 1.5},
    "time scaler, 128 samples": {"core": "time_scaler", "segment": 128, "duration": 0.8},
    "resampler, 12 taps, 32 phases": {"core": "resampler", "taps": 12, "phases": 32, "sink": "sfix14_En13", "deviation": 0.0},
    "one stream to four, 20 bits": {"core": "split", "ways": 4, "sink": "sfix20_En19"},
    "three streams to one": {"core": "mix", "gains": [0.3, -0.55, 0.81], "sink": "sfix16_En15"},
    "feedback canceller, 32 weights": {"core": "feedback_canceller", "taps": 32, "delay": 16, "sink": "sfix14_En13"},
    "limiter, 20 bits": {"core": "limiter", "sink": "sfix20_En19", "silence": 100},
    "queue, 600 × 24 bits": {"core": "fifo", "depth": 600, "sink": "sfix24_En23"},
    "queue of two clocks, 64 × 24 bits": {"core": "dual_clock_fifo", "depth": 64, "sink": "sfix24_En23"},
    "stream register, 24 bits": {"core": "stream_register", "sink": "sfix24_En23"},
    "I2S receiver, 24 bits, master": {"core": "i2s_receiver", "source": "sfix24_En23", "role": "master", "slot": 32, "divider": 8},
    "I2S transmitter, 24 bits, slave": {"core": "i2s_transmitter", "sink": "sfix24_En23", "role": "slave"},
    "PDM microphone, slave": {"core": "pdm_microphone", "role": "slave"},
    "I2C master, 400 kHz": {"core": "i2c_master", "quarter": 31},
    "codec set-up, 5 registers": {"core": "wm8731_setup", "registers": [[15, 0], [2, 5], [4, 18], [6, 2], [9, 1]], "quarter": 31},
    "reset synchroniser, 5 registers": {"core": "reset_synchronizer", "stages": 5},
}  # fmt: skip


def test_quick_estimate_of_every_kind_of_core():
    assert {row["core"] for row in CORES.values()} == set(core_kinds())


@pytest.mark.parametrize("name", CORES)
def test_quick_estimate(name, benchmark):
    core = make_core(CORES[name])
    quick = benchmark(quick_cost, core)
    mapped = mapped_cost(core)
    error = quick.les / mapped.les - 1
    print(f"\n| {name} | {quick.les} | {mapped.les} | {100 * error:+.0f} % | {quick.registers} | {mapped.registers} |")
    assert abs(error) <= WORST or abs(quick.les - mapped.les) <= SLACK
    assert (quick.multipliers, quick.m4k) == (mapped.multipliers, mapped.m4k)
