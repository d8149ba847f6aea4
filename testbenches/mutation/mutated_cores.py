"""Cores of every family, at sizes at which 200 faults of each are tried in some seconds and most that change nothing are proven to.

Words and taps are few: what is spoilt is a cell of the netlist, and more words of the same make more of the same cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ip_cores.core import Core, make_core
from testbenches.for_tests.random_networks import TINY, network_table, random_network

WORD, SHORT = "sfix5_En4", "sfix3_En2"
"""Of filters and queues, and of banks, whose memories hold many."""

LONG = "sfix16_En15"
"""Of gains, which have 17 bits: no short word shows the last ones."""

TAPS = [0.02, -0.11, 0.29, 0.53, 0.21, -0.07]
SYMMETRIC = [0.05, -0.1, 0.3, 0.5, 0.3, -0.1, 0.05]

SECTIONS = [[0.3, 0.2, -0.1, 1.0, -0.6, 0.3], [0.5, -0.4, 0.25, 1.0, 0.4, 0.2]]

REGISTER: Mapping[str, Any] = {"core": "stream_register", "sink": WORD}

MIX: Mapping[str, Any] = {"core": "mix", "gains": [0.5, -0.7], "sink": WORD, "gain": "sfix5_En3", "source": WORD}


CANCELLER: Mapping[str, Any] = {
    "core": "feedback_canceller", "taps": 3, "sink": WORD, "source": WORD, "weight": "sfix6_En4", "guard_bits": 8, "quiet": -36.0,
    "step": 0,
}  # fmt: skip


def _fir(form: str, taps: list[float] = TAPS, **others: Any) -> dict[str, Any]:
    return {"core": "fir", "sink": WORD, "coefficient": "sfix6_En5", "source": WORD, "form": form, "coefficients": taps, **others}


def _bank(core: str, format: str, **others: Any) -> dict[str, Any]:
    return {"core": core, format: SHORT, "wavelet": "haar", "levels": 2, "guard_bits": 0, "coefficient_word_length": 4, **others}


def _segments(core: str) -> dict[str, Any]:
    return {"core": core, "sink": WORD, "source": WORD, "segment_length": 6, "hop": 3, "padding": 2, "window": "hann"}


def _denoiser(**others: Any) -> dict[str, Any]:
    return {**_bank("denoiser", "sink", source=SHORT, adaptation=6, guard_bits=1), **others}


DESCRIPTIONS: Mapping[str, Mapping[str, Any]] = {
    "fir_direct": _fir("direct"),
    "fir_symmetric": _fir("direct", SYMMETRIC),
    "fir_transposed": _fir("transposed"),
    "fir_serial": _fir("serial"),
    "fir_serial_loaded": _fir("serial", run_time_coefficients="slave"),
    "fir_direct_decimator": _fir("direct", decimation=3),
    "fir_serial_channels": _fir("serial", channels=3),
    "fir_serial_decimator": _fir("serial", decimation=2),
    "fir_transposed_interpolator": _fir("transposed", interpolation=2),
    "dwt_analysis": _bank("dwt_analysis", "sink"),
    "dwt_synthesis": _bank("dwt_synthesis", "source"),
    "swt_analysis": _bank("swt_analysis", "sink"),
    "swt_synthesis": _bank("swt_synthesis", "source"),
    "packet_analysis": _bank("packet_analysis", "sink"),
    "packet_synthesis": _bank("packet_synthesis", "source"),
    "lifting_analysis": {"core": "lifting_analysis", "levels": 2, "sink": SHORT},
    "lifting_synthesis": {"core": "lifting_synthesis", "levels": 2, "source": SHORT},
    "dwt_ola": _bank("dwt_ola", "sink", segment_length=8),
    "fft": {
        "core": "fft", "points": 8, "sink": "complex_sfix5_En4", "source": "complex_sfix4_En3", "guard_bits": 0, "twiddle_word_length": 6,
    },
    "segmenter": _segments("segmenter"),
    "overlap_add": _segments("overlap_add"),
    "threshold": {"core": "threshold", "levels": 2, "sink": "sfix6_En5", "adaptation": 6, "start": 0.2},
    "noise_reducer": {"core": "noise_reducer", "levels": 1, "sink": LONG},
    "band_gain": {"core": "band_gain", "levels": 1, "sink": LONG, "gains": [-3.0, 6.0]},
    "compressor": {"core": "compressor", "levels": 1, "sink": LONG, "sample_rate": 8000},
    "denoiser": _denoiser(),
    "denoiser_decimated": _denoiser(bank="decimated"),
    "denoiser_of_segments": _denoiser(processing="segment", segment_length=4),
    "hearing_aid": _bank("hearing_aid", "sink", source=SHORT, guard_bits=1, silence=1, stages=[{"core": "band_gain", "gains": -3.0}]),
    "biquad": {"core": "biquad", "sections": SECTIONS, "sink": WORD, "source": WORD, "coefficient_word_length": 6},
    "biquad_transposed": {
        "core": "biquad",
        "form": "transposed",
        "sections": SECTIONS,
        "sink": WORD,
        "source": WORD,
        "coefficient_word_length": 6,
        "channels": 2,
    },
    "cic_decimator": {"core": "cic", "order": 2, "decimation": 4, "sink": WORD, "source": "sfix5_En5"},
    "cic_interpolator": {"core": "cic", "order": 2, "interpolation": 5, "sink": WORD, "source": "sfix5_En5"},
    "frequency_shifter": {"core": "frequency_shifter", "sink": "sfix6_En5", "source": WORD, "taps": 7, "lowest": 3000.0, "dry": 0.5},
    "pitch_detector": {
        "core": "pitch_detector",
        "sink": "sfix6_En5",
        "sample_rate": 4000,
        "highest": 499.0,
        "lowest": 126.0,
        "frame": 20.0,
        "hop": 3.0,
        "voicing": 0.1,
        "least_level": -30.0,
    },
    "psola": {
        "core": "psola",
        "sink": "sfix6_En5",
        "sample_rate": 4000,
        "highest": 499.0,
        "lowest": 126.0,
        "frame": 20.0,
        "hop": 3.0,
        "voicing": 0.1,
        "least_level": -30.0,
        "unvoiced": 3.0,
        "ratio": 0.8,
        "duration": 1.3,
    },
    "speech_classifier": {"core": "speech_classifier", "sink": "sfix6_En5", "sample_rate": 1000, "hop": 2.0, "frame": 4.0},
    "gammatone_bank": {
        "core": "gammatone_bank",
        "centres": [2000.0, 3000.0],
        "width": 4.0,
        "sink": WORD,
        "source": "sfix6_En4",
        "coefficient_word_length": 8,
        "envelope": True,
        "time_constant": 0.2,
    },
    "conv_network": {
        "core": "conv_network",
        "weights": network_table(random_network(2, **TINY)),
        "sink": "sfix8_En7",
        "source": "sfix8_En7",
        "weight_word_length": 5,
        "activation_word_length": 9,
    },
    "pitch_shifter": {
        "core": "pitch_shifter",
        "sink": LONG,
        "source": LONG,
        "shortest": 2,
        "longest": 5,
        "match": 4,
        "fade": 3,
        "search": 2,
    },
    "time_scaler": {"core": "time_scaler", "sink": SHORT, "segment": 8, "thinning": 2, "duration": 1.3},
    "resampler": {
        "core": "resampler",
        "sink": SHORT,
        "source": SHORT,
        "coefficient": "sfix9_En8",
        "taps": 6,
        "phases": 4,
        "weight_bits": 3,
        "step_bits": 7,
        "ratio": 16 / 13,
        "deviation": 0.25,
        "rounding": "convergent",
    },
    "limiter": {"core": "limiter", "sink": "sfix6_En5", "silence": 5},
    "stream_register": {**REGISTER, "channel_bits": 2, "packets": True},
    "fifo": {"core": "fifo", "sink": WORD, "depth": 6},
    "sequencer": {"core": "sequencer", "segment_length": 4, "calculation": REGISTER},
    "paths": {
        "core": "chain",
        "stages": [
            {**_fir("transposed", TAPS[:3]), "name": "low", "inputs": ["input"]},
            {**MIX, "name": "both", "inputs": ["low", "input"]},
        ],
    },
    "canceller": {
        "core": "chain",
        "stages": [
            {**_fir("transposed", TAPS[:3]), "name": "echo", "inputs": ["input"]},
            {**CANCELLER, "name": "learns", "inputs": ["input", "echo"]},
        ],
    },
    "chain": {"core": "chain", "stages": [{"core": "fifo", "sink": WORD, "depth": 3}, _fir("transposed"), REGISTER]},
}


def mutated_core(name: str) -> Core:
    """A core of the table, by its name there."""
    return make_core({**DESCRIPTIONS[name], "name": name})
