"""Which oracle a kind of core has, and the facts that it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ip_cores.core import Core
from testbenches.fuzz.oracles.class_words import classified
from testbenches.fuzz.oracles.composed_words import aided, denoised, in_a_row, sequenced
from testbenches.fuzz.oracles.feedback_words import feedback_cancelled
from testbenches.fuzz.oracles.filter_words import fir_filtered
from testbenches.fuzz.oracles.gain_words import compressed, gained
from testbenches.fuzz.oracles.grain_words import grains_laid
from testbenches.fuzz.oracles.jump_words import repitched
from testbenches.fuzz.oracles.line_words import heard_bits, on_the_bus, received, released, transmitted, written
from testbenches.fuzz.oracles.mixed_words import all_the_same, in_parallel, mixed
from testbenches.fuzz.oracles.moving_sum_words import moving_sums
from testbenches.fuzz.oracles.network_words import enhanced
from testbenches.fuzz.oracles.octave_words import all_joined, all_split, analysed, in_segments, steps_taken, steps_undone, synthesised
from testbenches.fuzz.oracles.pitch_words import detected
from testbenches.fuzz.oracles.queue_words import limited_to_ceiling, queued
from testbenches.fuzz.oracles.reducer_words import noise_reduced
from testbenches.fuzz.oracles.resampled_words import resampled
from testbenches.fuzz.oracles.scaled_words import time_scaled
from testbenches.fuzz.oracles.section_words import bands_filtered, section_filtered
from testbenches.fuzz.oracles.segment_words import added_up, cut_up
from testbenches.fuzz.oracles.shift_words import shifted
from testbenches.fuzz.oracles.source_words import oscillated
from testbenches.fuzz.oracles.spectrum_words import transformed
from testbenches.fuzz.oracles.threshold_words import thresholded
from testbenches.fuzz.oracles.told import Oracle, Row, Rows, Told
from testbenches.fuzz.oracles.turn_words import each_in_turn
from testbenches.fuzz.oracles.undecimated_words import join_undecimated, split_undecimated

Facts = Mapping[str, Any]


def nothing(core: Any) -> Facts:
    """No fact beside the description."""
    return {}


def word_lengths(core: Any) -> Facts:
    """The two word lengths of a bank, which it may have computed."""
    bits, guard_bits = core.word_lengths
    return {"coefficient_word_length": bits, "guard_bits": guard_bits}


def section_facts(core: Any) -> Facts:
    """The words of the sections in their order, and the lengths of lines and sums."""
    return cascade_facts(core.cascade)


def band_facts(core: Any) -> Facts:
    """The same of every band, and by how many bits a level is smoothed."""
    return {"bands": tuple(map(cascade_facts, core.bank.bands)), "steps": core.steps}


def low_pass_facts(core: Any) -> Facts:
    """Phases, bits between two of them, and the words of the low-pass from its middle on."""
    law = core.law
    return {"phases": law.phases, "weight_bits": law.weight_bits, "half": list(law.half)}


def cascade_facts(made: Any) -> Facts:
    return {
        "sections": [{"b": one.b, "a": one.a, "point": one.point, "shaping": one.shaping} for one in made.sections],
        "feedback_point": made.feedback_point, "dropped": made.dropped, "state_bits": made.state_bits, "lift": made.lift,
        "fraction": made.fraction_length,
    }  # fmt: skip


def window(core: Any) -> Facts:
    """The words of a window."""
    return {"window_words": core.window_words.words, "window_fraction": core.window_words.format.fraction_length}


def aid_facts(core: Any) -> Facts:
    """Format of the band words, and the parts."""
    bands = str(core.analysis.source_format)
    return {"bands": bands, "stages": tuple(told_of(stage) for stage in core.stages), "limiter": told_of(core.limiter)}


def network_facts(core: Any) -> Facts:
    """Binary points, which follow from ranges on the calibration samples."""
    return {"layers": [{"points": layer.points.tolist(), "leaving": layer.leaving} for layer in core.words.layers]}


def denoiser_facts(core: Any) -> Facts:
    """Format of the band words; the stages of one that works under windows, and where the inner one looks at the noise."""
    facts: dict[str, Any] = {"bands": str(core.stages[1].sink_format)}
    if core.tracked is not None:
        facts["tracked"] = (core.tracked.period, core.tracked.first, core.tracked.last)
    if core.processing == "segment" and core.window != "none":
        stages = core.way.stages
        facts["parts"] = tuple(told_of(one) for one in (stages.segmenter, stages.sequencer.calculation, stages.adder))
    return facts


def loaded_sets(core: Any) -> Facts:
    """The coefficients that are loaded by the number of a set, of a filter that has such."""
    return {"set_of": lambda number: [int(word) for word in core.loaded.set_of(number)]} if core.loading is not None else {}


def denoised_alone(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A denoiser has samples alone at its source."""
    return {"data": denoised(told, words, values)["data"]}


def chained(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """The stages of a chain, or of a graph."""
    parts = [(ORACLES[one["core"]], one) for one in told.facts["stages"]]
    if told.facts["inputs"]:
        return in_parallel(parts, told.facts["inputs"], told.facts["zeros"], words, values)
    return in_a_row(parts, words, values)


def aided_alone(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """A hearing aid has samples alone at its source."""
    return {"data": aided(told, ORACLES, words, values)["data"]}


def chain_facts(core: Any) -> Facts:
    """The stages; of a graph what each reads, and the samples by which inputs are delayed."""
    names = ["input", *(stage.name for stage in core.stages)]
    inputs = [[names[one + 1] for one in given] for given in core.wiring.inputs] if core.inputs else []
    return {"stages": tuple(told_of(stage) for stage in core.stages), "inputs": inputs, "zeros": core.zeros}


def calculated(told: Told, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """The calculation of a sequencer."""
    inner = told.facts["inner"]
    return sequenced(ORACLES[inner["core"]], inner, told["segment_length"], words, values, f"{inner['name']}_")


ORACLES: dict[str, Oracle] = {
    "band_gain": gained,
    "biquad": section_filtered,
    "chain": chained,
    "cic": moving_sums,
    "compressor": compressed,
    "conv_network": enhanced,
    "denoiser": denoised_alone,
    "dual_clock_fifo": queued,
    "dwt_analysis": analysed,
    "dwt_ola": in_segments,
    "dwt_synthesis": synthesised,
    "feedback_canceller": feedback_cancelled,
    "fft": transformed,
    "fifo": queued,
    "fir": each_in_turn(fir_filtered),
    "frequency_shifter": shifted,
    "gammatone_bank": bands_filtered,
    "hearing_aid": aided_alone,
    "i2c_master": on_the_bus,
    "i2s_receiver": received,
    "i2s_transmitter": transmitted,
    "lifting_analysis": steps_taken,
    "lifting_synthesis": steps_undone,
    "limiter": each_in_turn(limited_to_ceiling),
    "mix": mixed,
    "nco": oscillated,
    "noise_reducer": noise_reduced,
    "overlap_add": added_up,
    "packet_analysis": all_split,
    "packet_synthesis": all_joined,
    "pdm_microphone": heard_bits,
    "pitch_shifter": repitched,
    "pitch_detector": detected,
    "psola": grains_laid,
    "resampler": resampled,
    "reset_synchronizer": released,
    "segmenter": cut_up,
    "sequencer": calculated,
    "split": all_the_same,
    "speech_classifier": classified,
    "stream_register": queued,
    "swt_analysis": split_undecimated,
    "swt_synthesis": join_undecimated,
    "threshold": thresholded,
    "time_scaler": time_scaled,
    "wm8731_setup": written,
}
"""All are exact: every word is the one that leaves."""

FACTS: dict[str, Callable[[Any], Facts]] = {
    "biquad": section_facts,
    "chain": chain_facts,
    "cic": lambda core: {"last_bits": core.law.widths[-1]},
    "conv_network": network_facts,
    "denoiser": denoiser_facts,
    "feedback_canceller": lambda core: {"regular": core.law.regular},
    "fir": loaded_sets,
    "frequency_shifter": lambda core: {"quadrature": core.law.quadrature},
    "gammatone_bank": band_facts,
    "hearing_aid": aid_facts,
    "overlap_add": window,
    "resampler": low_pass_facts,
    "segmenter": window,
    "sequencer": lambda core: {"inner": told_of(core.calculation)},
    **dict.fromkeys(
        ("dwt_analysis", "dwt_synthesis", "packet_analysis", "packet_synthesis", "swt_analysis", "swt_synthesis"), word_lengths
    ),
}


def told_of(core: Core) -> Told:
    """What the oracle of a core is told."""
    sink, source = (str(side) if side else "" for side in (core.sink_format, core.source_format))
    return Told(core.description, sink, source, FACTS.get(core.kind, nothing)(core))


def right_words(core: Core, words: Mapping[str, Row], values: Mapping[str, Row]) -> Rows:
    """The right source words of a core, by field."""
    return ORACLES[core.kind](told_of(core), words, values)
