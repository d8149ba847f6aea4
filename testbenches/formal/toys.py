"""Every stream core at a size at which a proof ends, with what is promised of it there.

A kind that has no row here fails a test. `python -m testbenches.formal --bounds NAME` finds the three numbers of a new row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ip_cores.core import Core, make_core
from testbenches.for_tests.random_networks import SMALLEST, network_table, random_network
from testbenches.formal.expected_words import Expected, combined, filtered, gathered, lifted, limited, overlapped, passed, segmented


@dataclass(frozen=True)
class Toy:
    """A core, small, and its promises.

    Attributes
    ----------
    name : str
    description : mapping
        As a description file gives it, the name left out.
    inside : int
        Most words inside: brought about by the words taken, and not yet given.
    takes_within, gives_within : int
        Clocks within which a word that is offered is taken, and one that is inside stands at the source, while downstream is ready.
    expected : callable, optional
        What a word has to be, of the core; without one its data are not looked at.
    room : int
        While fewer words are inside, one that is offered is taken at once; 0 where nothing of the kind is promised.
    controls : mapping of str to int
        Run-time inputs that are held at a value; all others do anything at any time.
    any_fields : bool
        The fields beside the sink's data are anything, and leave with the word. Otherwise upstream sends them in order.
    bounded : mapping of str to int
        Properties whose proof does not end, and the number of clocks from any state and a reset for which they are proven instead.
    real_time : int
        Clocks within which a sequencer in real time has calculated a segment, and has a result that is there at its source; 0 for any other
        core. Its calculation gives what it takes.
    """

    name: str
    description: Mapping[str, Any]
    inside: int
    takes_within: int
    gives_within: int
    expected: Callable[[Core], Expected] | None = None
    room: int = 0
    controls: Mapping[str, int] = field(default_factory=dict)
    any_fields: bool = False
    bounded: Mapping[str, int] = field(default_factory=dict)
    real_time: int = 0

    @property
    def core(self) -> Core:
        return make_core({**self.description, "name": self.name})


WORD = "sfix2_En1"
"""Two bits: every property but the data's speaks of no single value."""

STREAM_REGISTER = {"core": "stream_register", "sink": WORD, "channel_bits": 1, "packets": True}
FIFO = {"core": "fifo", "sink": WORD, "depth": 3}
FIR = {"core": "fir", "sink": "sfix2_En1", "coefficient": "sfix3_En2", "source": "sfix2_En1"}
BANK = {"wavelet": "haar", "levels": 1, "guard_bits": 0, "coefficient_word_length": 4}


def _three_taps(form: str) -> dict[str, Any]:
    return {**FIR, "form": form, "coefficients": [0.25, 0.5, -0.75], "sink": "sfix3_En2", "source": "sfix3_En2"}


def _four_taps(form: str, **rate: int) -> dict[str, Any]:
    return {**FIR, "form": form, "coefficients": [0.25, 0.5, -0.75, 0.25], **rate}


LOADED: Mapping[str, Any] = {"run_time_coefficients": "slave", "banks": 2}
LOADED_BY_PORT: Mapping[str, Any] = {"run_time_coefficients": "port", "banks": 2}
"""Coefficients are anything, so nothing is said of words: from any state on, memories hold what no description knows."""


def _three_filtered(core: Core) -> Expected:
    return filtered(core, (1, 2, -3), 2)


def _narrow_filtered(core: Core) -> Expected:
    return filtered(core, (1, 2, -3), 1)


def _every_second(core: Core) -> Expected:
    """Of two channels in turn every second word is the same one's."""
    return filtered(core, (2, 0, -3), 2)


def _decimated(core: Core) -> Expected:
    return filtered(core, (1, 2, -3, 1), 2)


def _interpolated(core: Core) -> Expected:
    return filtered(core, (1, 2, -3, 1), 2, interpolation=2)


def _windowed(core: Core) -> Expected:
    """Hann's window of four words, 0, 1/2, 1, 1/2, and a zero: three are due with the first sample of a hop, two with the second."""
    sums = combined(core, [[(0, "before_2")], [(2, "before_1")], [(4, "word")], [(2, "word")]], 2)
    first, second, third, last = sums.choices
    turns = (f"sink_place == 0 ? {first} : {last}", f"sink_place == 0 ? {second} : 0", third)
    return dataclasses.replace(sums, choices=turns)


def _overlapped(core: Core) -> Expected:
    """Hann's window stands in front of the processing alone: here words are added as they are."""
    return overlapped(core, 4, 2)


def _analysed(core: Core) -> Expected:
    """Haar's filters, 6/8 and 6/8, 6/8 and -6/8, of each pair."""
    return combined(core, [[(6, "word"), (6, "before_1")], [(-6, "word"), (6, "before_1")]], 3)


def _synthesised(core: Core) -> Expected:
    """With the approximation leaves the second sample of the pair before, with the detail the first one of its own pair."""
    return combined(core, [[(6, "before_2"), (-6, "before_1")], [(6, "before_1"), (6, "word")]], 3, by_place=True)


def _packets_synthesised(core: Core) -> Expected:
    """The same two samples, both with the second word of a pair."""
    return combined(core, [[(6, "before_3"), (-6, "before_2")], [(6, "before_1"), (6, "word")]], 3)


def _undecimated(core: Core) -> Expected:
    """Haar's filters with the scale of undecimated banks, 1/2 and 1/2, 1/2 and -1/2, at every sample."""
    return combined(core, [[(1, "word"), (1, "before_1")], [(-1, "word"), (1, "before_1")]], 1)


def _undecimated_back(core: Core) -> Expected:
    """Half of what two approximations and two details say of a sample."""
    return combined(core, [[(1, "word"), (1, "before_1"), (-1, "before_2"), (1, "before_3")]], 1)


def _bank(core: str, format: str, **others: Any) -> dict[str, Any]:
    return {"core": core, format: WORD, **BANK, **others}


def _segments(core: str, **others: Any) -> dict[str, Any]:
    return {"core": core, "sink": WORD, "source": WORD, "window_word_length": 4, **others}


PLAIN = {"segment_length": 3, "hop": 3, "padding": 2, "window": "none"}
WINDOWED = {"segment_length": 4, "hop": 2, "padding": 1, "window": "hann"}
WIDER = {"sink": "sfix3_En2", "source": "sfix3_En2"}


REDUCER = {
    "core": "noise_reducer", "levels": 1, "sink": "sfix4_En3", "sample_rate": 2000, "power_time": 2, "fall_time": 2, "gain_time": 2,
    "start_time": 1, "block_time": 2, "rise": 1000.0,
}  # fmt: skip

SHIFTER = {"core": "frequency_shifter", "sink": "sfix4_En3", "source": "sfix4_En3", "taps": 7, "lowest": 3000.0}

PITCH = {
    "core": "pitch_shifter", "sink": "sfix4_En3", "source": "sfix4_En3", "shortest": 2, "longest": 3, "match": 4, "fade": 2, "search": 2,
}  # fmt: skip

NETWORK = {
    "core": "conv_network", "weights": network_table(random_network(1, **SMALLEST)), "sink": "sfix8_En7", "source": "sfix8_En7",
    "weight_word_length": 4, "activation_word_length": 9, "multipliers": 1,
}  # fmt: skip

GAINS = {"core": "band_gain", "levels": 1, "sink": "sfix4_En3", "gains": [-3.0, 6.0]}

AID = {"core": "hearing_aid", **BANK, **WIDER, "guard_bits": 1, "silence": 1, "stages": [{"core": "band_gain", "gains": -3.0}]}

COMPRESSOR = {"core": "compressor", "levels": 1, "sink": "sfix8_En7", "sample_rate": 2000, "power_time": 1}

CLASSIFIER = {"core": "speech_classifier", "sink": "sfix6_En5", "sample_rate": 1000, "hop": 2.0, "frame": 4.0}

DETECTOR = {
    "core": "pitch_detector", "sink": "sfix6_En5", "sample_rate": 4000, "highest": 499.0, "lowest": 251.0, "frame": 16.0, "hop": 2.0,
}  # fmt: skip

TONE = {"core": "nco", "source": "sfix4_En3", "phase_bits": 8, "angle_bits": 4, "sample_rate": 8000, "frequency": 3000.0, "level": 0.5}
TRANSFORM = {"core": "fft", "points": 8, "sink": "complex_sfix2_En1", "source": "complex_sfix2_En1", "twiddle_word_length": 6}

CONTROL = ("silent_in_reset", "steady", "none_too_many", "inside", "takes_in_time", "gives_in_time")
"""What is said of the control of every core with neighbours that wait."""

GRAINS = {**DETECTOR, "core": "psola", "highest": 333.0, "unvoiced": 1.0}

BIQUAD = {
    "core": "biquad", "sink": WORD, "source": WORD, "coefficient_word_length": 6, "state_word_length": 5,
    "sections": [[0.5, 0.25, 0.0, 1.0, -0.5, 0.25]],
}  # fmt: skip


CIC = {"core": "cic", "order": 1, "sink": WORD, "source": WORD}

GAMMATONES = {
    "core": "gammatone_bank", "sink": WORD, "source": WORD, "centres": [2000.0, 3000.0], "width": 4.0, "coefficient_word_length": 6,
    "state_word_length": 8,
}  # fmt: skip


def _denoiser(**others: Any) -> dict[str, Any]:
    return {"core": "denoiser", **BANK, "guard_bits": 1, "adaptation": 6, **others}


def _sequencer(**others: Any) -> dict[str, Any]:
    return {"core": "sequencer", "segment_length": 4, "calculation": {"core": "stream_register", "sink": WORD}, **others}


def _paths(balance: bool) -> dict[str, Any]:
    """What enters, and the same a sample later, mixed; balanced, both a sample later."""
    late = {"core": "fir", "name": "late", "inputs": ["input"], "sink": WORD, "source": WORD, "coefficient": "sfix3_En1"}
    both = {"core": "mix", "name": "both", "inputs": ["input", "late"], "gains": [0.5, -0.75], "gain": "sfix3_En2"}
    stages = [{**late, "coefficients": [0.0, 1.0]}, {**both, "sink": WORD, "source": WORD}]
    return {"core": "chain", "stages": stages, "balance": balance}


def _cancelling() -> dict[str, Any]:
    """A canceller of two weights whose loudspeaker says what enters, half as loud: both its sinks have words at their own times."""
    half = {**FIR, "name": "half", "inputs": ["input"], "form": "direct", "coefficients": [0.5]}
    learns = {
        "core": "feedback_canceller", "name": "learns", "inputs": ["input", "half"], "sink": WORD, "source": WORD, "taps": 2,
        "weight": "sfix4_En2", "guard_bits": 0, "quiet": -10.0,
    }  # fmt: skip
    return {"core": "chain", "stages": [half, learns]}


LIMITER = {"core": "limiter", "sink": "sfix3_En2"}

RUNS = {"enable": 1}
"""In standby samples are let go; what is said of words is said of a core that runs."""

RESAMPLER = {
    "core": "resampler", "sink": WORD, "source": WORD, "coefficient": "sfix4_En2", "ratio": 4 / 3, "deviation": 0.0, "taps": 2, "phases": 2,
    "weight_bits": 2, "step_bits": 4,
}  # fmt: skip
"""Four words for three samples."""

ROWS = (
    Toy("stream_register", STREAM_REGISTER, 2, 2, 1, passed, any_fields=True, room=2),
    *(Toy(f"fifo_{depth}", {"core": "fifo", "sink": WORD, "depth": depth}, depth, 2, 2, passed, room=depth) for depth in (3, 4, 5, 8)),
    Toy("chain", {"core": "chain", "stages": [FIFO, {"core": "stream_register", "sink": WORD}]}, 5, 3, 3, passed, room=4),
    Toy("paths", _paths(False), 4, 1, 4, lambda core: filtered(core, (2, -3), 2), room=2),
    Toy("paths_balanced", _paths(True), 4, 1, 4, lambda core: filtered(core, (0, -1), 2), room=2),
    Toy("dual_clock_fifo", {"core": "dual_clock_fifo", "sink": WORD, "depth": 4, "stages": 2}, 4, 7, 4, passed),
    Toy("limiter", {**LIMITER, "silence": 2}, 1, 1, 1, lambda core: limited(core, 2), room=1),
    Toy("limiter_channels", {**LIMITER, "silence": 1, "channels": 2}, 1, 1, 1, lambda core: limited(core, 2), room=1),
    Toy("segmenter", _segments("segmenter", **PLAIN), 3, 3, 1, lambda core: segmented(core, 2), room=1),
    Toy("segmenter_windowed", _segments("segmenter", **WINDOWED), 4, 5, 2, _windowed),
    Toy("overlap_add", _segments("overlap_add", **PLAIN), 2, 1, 2, lambda core: overlapped(core, 5, 3), room=1),
    Toy("overlap_add_windowed", _segments("overlap_add", **{**WINDOWED, "padding": 0}), 2, 1, 2, _overlapped, room=1),
    Toy("fir_transposed", _three_taps("transposed"), 2, 1, 2, _three_filtered, room=1),
    Toy("fir_direct", _three_taps("direct"), 4, 1, 4, _three_filtered, room=1),
    Toy("fir_serial", {**FIR, "form": "serial", "coefficients": [0.5, -0.75]}, 3, 3, 5, lambda core: filtered(core, (2, -3), 2)),
    Toy("fir_serial_loaded", {**FIR, "form": "serial", "coefficients": [0.5, -0.75], **LOADED}, 3, 3, 5),
    Toy("fir_serial_channels", {**FIR, "form": "serial", "coefficients": [0.5, -0.75], "channels": 2}, 3, 5, 5, _every_second),
    Toy("fir_direct_loaded", {**_three_taps("direct"), **LOADED}, 4, 1, 4, room=1),
    Toy("fir_transposed_loaded", {**_three_taps("transposed"), **LOADED_BY_PORT}, 3, 1, 3, room=1),
    Toy("fir_transposed_decimator", _four_taps("transposed", decimation=2), 1, 1, 2, _decimated, room=1),
    Toy("fir_direct_decimator", _four_taps("direct", decimation=2), 2, 1, 4, _decimated, room=1),
    Toy("fir_serial_decimator", {**_three_taps("serial"), "sink": WORD, "decimation": 2}, 2, 5, 6, _narrow_filtered),
    Toy("fir_transposed_interpolator", _four_taps("transposed", interpolation=2), 3, 2, 2, _interpolated, room=1),
    Toy("fir_direct_interpolator", _four_taps("direct", interpolation=2), 4, 2, 3, _interpolated, room=1),
    Toy("fir_serial_interpolator", _four_taps("serial", interpolation=2), 4, 6, 5, _interpolated),
    Toy("cic_decimator", {**CIC, "decimation": 2}, 2, 1, 2, lambda core: filtered(core, (1, 1), 1), room=2),
    Toy("cic_interpolator", {**CIC, "interpolation": 2}, 3, 2, 2, lambda core: filtered(core, (1, 1), 0, interpolation=2), room=2),
    Toy("swt_analysis", _bank("swt_analysis", "sink"), 3, 9, 9, _undecimated, bounded={"data": 32}),
    Toy("swt_synthesis", _bank("swt_synthesis", "source"), 2, 6, 7, _undecimated_back, bounded={"data": 20}),
    Toy("dwt_analysis", _bank("dwt_analysis", "sink"), 3, 11, 10, _analysed),
    Toy("dwt_synthesis", _bank("dwt_synthesis", "source"), 2, 5, 5, _synthesised),
    Toy("dwt_analysis_two_levels", _bank("dwt_analysis", "sink", levels=2), 4, 18, 16),
    Toy("dwt_synthesis_two_levels", _bank("dwt_synthesis", "source", levels=2), 3, 13, 8),
    Toy("packet_analysis", _bank("packet_analysis", "sink"), 3, 9, 5, _analysed),
    Toy("packet_synthesis", _bank("packet_synthesis", "source"), 3, 11, 6, _packets_synthesised, bounded={"data": 24}),
    Toy("lifting_analysis", {"core": "lifting_analysis", "levels": 1, "sink": WORD}, 3, 8, 7, lifted),
    Toy("lifting_synthesis", {"core": "lifting_synthesis", "levels": 1, "source": WORD}, 2, 5, 5),
    Toy("dwt_ola", _bank("dwt_ola", "sink", segment_length=4), 5, 13, 6, room=2),
    Toy("threshold", {"core": "threshold", "levels": 1, "sink": "sfix4_En3", "adaptation": 6}, 2, 3, 3),
    Toy("denoiser", _denoiser(**WIDER), 2, 21, 22),
    Toy("denoiser_decimated", _denoiser(sink=WORD, source=WORD, bank="decimated"), 7, 11, 18),
    Toy("denoiser_of_segments", _denoiser(**WIDER, processing="segment", segment_length=4), 16, 25, 26, controls=RUNS),
    Toy("sequencer", _sequencer(), 16, 7, 5, lambda core: gathered(core, 4), controls=RUNS, bounded={"data": 24}),
    Toy("biquad", BIQUAD, 2, 9, 9),
    Toy("biquad_transposed", {**BIQUAD, "form": "transposed"}, 2, 9, 9),
    Toy("gammatone_bank", GAMMATONES, 3, 46, 24),
    Toy("time_scaler", {"core": "time_scaler", "sink": WORD, "segment": 4, "thinning": 1, "duration": 1.0}, 5, 32, 26),
    Toy("resampler", RESAMPLER, 3, 21, 11),
    Toy("sequencer_in_real_time", _sequencer(real_time=True), 16, 1, 1, real_time=8, bounded={"status": 24, "whole_segments": 24}),
    Toy("frequency_shifter", SHIFTER, 2, 10, 10),
    Toy("canceller", _cancelling(), 2, 19, 19),
    Toy("pitch_shifter", PITCH, 2, 33, 8),
    Toy("conv_network", NETWORK, 6, 90, 90),
    Toy("noise_reducer", REDUCER, 2, 16, 16),
    Toy("band_gain", GAINS, 2, 9, 9),
    Toy("compressor", COMPRESSOR, 2, 21, 21),
    Toy("pitch_detector", DETECTOR, 2, 56, 56),
    Toy("tone", TONE, 0, 0, 3, controls={"increment": 96, "level": 1 << 15}),
    Toy("white_noise", {"core": "nco", "source": "sfix4_En3", "sound": "noise"}, 0, 0, 3),
    Toy("fft", TRANSFORM, 8, 105, 99, room=1),
    Toy("psola", GRAINS, 2, 132, 132, bounded=dict.fromkeys(CONTROL, 240)),
    Toy("speech_classifier", CLASSIFIER, 2, 11, 11),
    Toy("hearing_aid", AID, 3, 33, 35),
    Toy("threshold_decimated", {"core": "threshold", "levels": 1, "sink": "sfix4_En3", "adaptation": 6, "bank": "decimated"}, 2, 3, 3),
)  # fmt: skip

TOYS = {toy.name: toy for toy in ROWS}
