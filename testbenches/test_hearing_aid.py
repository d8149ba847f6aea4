"""Hearing aid: its stages one behind the other, words and clocks, what is set at run time, what it does to a listener's sound, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from fixed_point import to_float
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

GAIN = {"core": "band_gain", "gains": [-6.0, 6.0, 12.0]}
REDUCER = {"core": "noise_reducer", "power_time": 0.5, "fall_time": 0.5, "gain_time": 0.5, "start_time": 0.5, "block_time": 4.0}
COMPRESSOR = {"core": "compressor", "gains": 20.0, "attack": 1.0, "release": 5.0}


def aid(*stages, **parameters):
    small = {"core": "hearing_aid", "name": "aid", "levels": 2, "wavelet": "haar", "silence": 8}
    return make_core({**small, **parameters, "stages": list(stages)})


def noise(core, count, seed=0, size=0.3):
    rng = np.random.default_rng(seed)
    return np.round(rng.uniform(-size, size, count) * core.sink.maximum).astype(np.int64)


SETS = {
    "gain": ((GAIN,), ("myhdl", "ghdl", "native")),
    "reducer and compressor": ((REDUCER, COMPRESSOR), ("ghdl", "native")),
    "threshold": (({"core": "threshold"}, {"core": "band_gain", "gains": 3.0}), ("native",)),
}
"""Stages, and engines: each stage is proven on all of them by itself."""


@pytest.mark.parametrize("kind", SETS)
def test_chain_of_proof(kind):
    stages, engines = SETS[kind]
    core = aid(*stages, ceiling=0.25)
    words = noise(core, 100, 3)
    proof = verify(core, {"data": words}, engines, samples=100, seed=1, stalls=0.3)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(engines)
    assert all(engine.passed for engine in proof.engines)


def test_words_are_those_of_its_parts_in_a_row():
    core = aid(REDUCER, COMPRESSOR, ceiling=0.05)
    names = {"wavelet": "haar", "levels": 2, "name": "bank"}
    analysis = make_core({"core": "swt_analysis", **names, "sink": "sfix16_En15"})
    bands = {"sink": str(analysis.source_format), "levels": 2, "sample_rate": 48000}
    reducer, compressor = (make_core({**one, **bands, "name": one["core"]}) for one in (REDUCER, COMPRESSOR))
    synthesis = make_core({"core": "swt_synthesis", **names, "sink": bands["sink"], "source": "sfix16_En15"})
    words = noise(core, 2000, 5)
    samples = synthesis.model(compressor.model(reducer.model(analysis.model(words))))
    ceiling = round(0.05 * 32768)
    expected = np.clip(samples, -ceiling, ceiling)
    expected[:8] = 0
    assert core.model(words).tolist() == expected.tolist()
    assert np.abs(expected).max() == ceiling


def test_latency_and_full_rate():
    core = aid(GAIN)
    response = run(core, Stimulus({"data": noise(core, 12)}, drain=core.patience, controls=core.controls), "myhdl")
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}


def test_gains_reach_their_bands_and_no_others():
    """Tones in the middle of each of db2's bands are amplified by what was asked for, within what neighbours leak."""
    core = aid({"core": "band_gain", "gains": [-12.0, 0.0, 6.0]}, wavelet="db8", ceiling=1.0)
    time = np.arange(4000) / 16000
    for frequency, wanted in ((500, -12.0), (3000, 0.0), (7000, 6.0)):
        words = np.round(0.2 * 32767 * np.sin(2 * np.pi * frequency * time)).astype(np.int64)
        given = core.model(words)[1000:]
        measured = 20 * np.log10(np.std(given) / np.std(words[1000:]))
        assert abs(measured - wanted) < 0.6, frequency


def test_nothing_is_heard_before_the_bank_has_settled_nor_above_the_ceiling():
    core = aid({"core": "band_gain", "gains": 40.0}, ceiling=0.125, silence=40)
    given = core.model(noise(core, 500, size=0.9))
    assert not given[:40].any()
    assert np.abs(given).max() == 4096


def test_silence_stays_silence():
    core = aid(REDUCER, COMPRESSOR)
    assert not core.model(np.zeros(300, np.int64)).any()


def test_a_listener_gets_what_was_fitted():
    """Steady tones at the level of speech are amplified by the prescription where the bands do not overlap."""
    core = make_core(
        {
            "core": "hearing_aid", "wavelet": "db8", "levels": 2, "ceiling": 1.0,
            "stages": [{"core": "compressor", "gains": [10.0, 20.0, 30.0], "speech_levels": [65.0, 65.0, 65.0], "release": 10.0}],
        }
    )  # fmt: skip
    time = np.arange(16000) / 16000
    full_scale, out_of = 100.0, 120.0
    for frequency, gain in ((500, 10.0), (7000, 30.0)):
        size = 10 ** ((65.0 - full_scale) / 20)
        words = np.round(size * 32768 * np.sin(2 * np.pi * frequency * time)).astype(np.int64)
        given = to_float(core.model(words), core.source)[8000:]
        level = out_of + 20 * np.log10(np.std(given) * np.sqrt(2))
        assert abs(level - 65.0 - gain) < 0.2, frequency


def test_stages_take_what_follows_from_the_bank():
    core = aid(GAIN, guard_bits=5, sample_rate=24000)
    stage = core.stages[0]
    assert (stage.sink, stage.levels, stage.sample_rate) == (core.analysis.source_format, 2, 72000)
    assert "sink" not in core.description["stages"][0]
    again = make_core(core.description)
    assert again == core
    assert core.replace(guard_bits=2).stages[0].sink == core.replace(guard_bits=2).analysis.source_format


def test_it_is_as_late_as_its_bank():
    core = make_core({"core": "hearing_aid", "stages": [GAIN | {"gains": 0.0}]})
    assert (core.delay, core.group_delay) == (45, 45)
    words = noise(core, 3000)
    given = to_float(core.model(words), core.source)
    np.testing.assert_allclose(given[160:], to_float(words, core.sink)[115:-45], atol=2**-14)


REFUSED = {
    "stages": ([], "a list of band stages"),
    "stages[0].core": ([{"core": "fir", "coefficients": [0.5]}], "must be a stage for words of bands"),
    "stages[0].gains": ([{"core": "band_gain", "gains": [1.0, 2.0]}], "one for each band"),
    "stages[0].levels": ([{"core": "band_gain", "levels": 4}], "must be left out, or 2"),
    "stages[1].floor": ([GAIN, {"core": "noise_reducer", "floor": 2.0}], "0 to 1"),
    "stages[1].name": ([GAIN, GAIN], "must differ"),
    "stages[0].name": ([{**GAIN, "name": "Aid"}], "from the aid's name"),
}


@pytest.mark.parametrize("field", REFUSED)
def test_bad_parameter_is_refused_by_name(field):
    stages, allowed = REFUSED[field]
    with pytest.raises(ParameterError) as refused:
        aid(*stages)
    assert refused.value.field == field
    assert allowed in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "hint"), [({"core": "compresor"}, "(nearest: compressor)"), ({"floor": 0.2}, None), ({"core": "hearing_aid"}, None)]
)
def test_a_stage_of_no_such_kind_is_told_the_kinds_of_stages_only(kind, hint):
    with pytest.raises(ParameterError, match="must be a stage for words of bands") as refused:
        aid(kind)
    assert refused.value.field == "stages[0].core"
    assert "biquad" not in str(refused.value)
    assert ("nearest" in str(refused.value)) == bool(hint)
    assert (hint or "") in str(refused.value)


@pytest.mark.parametrize("sink", ["sfix3_En2", "sfix32_En31"])
def test_a_sink_whose_band_words_a_stage_cannot_take_is_refused_as_what_the_user_wrote(sink):
    told = r"gives band words of \d+ bits with guard_bits = 3; for compressor these must be 8 to 32"
    with pytest.raises(ParameterError, match=told) as refused:
        aid({"core": "compressor"}, sink=sink)
    assert (refused.value.field, str(refused.value.value)) == ("sink", sink)


def test_the_highest_sample_is_told_against_full_scale_of_the_output():
    for source, told in (("sfix16_En15", "0.5, -6.0 dB of full scale"), ("sfix16_En10", "16, -6.0 dB of full scale")):
        assert aid(GAIN, source=source).derived["highest sample"] == told


def test_chain_says_the_same():
    core = aid(GAIN, REDUCER)
    assert isinstance(core.chain, Chain)
    assert core.chain.delay == core.delay
