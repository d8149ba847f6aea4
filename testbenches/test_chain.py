"""Cores one behind the other are a core: formats checked, models composed, VHDL instantiated."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import firwin, lfilter

from fixed_point import to_float
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify


def fir(name, coefficients=(0.25, 0.5, 0.25), **parameters):
    return make_core({"core": "fir", "name": name, "coefficients": list(coefficients), **parameters})


@pytest.fixture
def path():
    return Chain(
        [
            fir("low", firwin(9, 0.3), source="sfix20_En19"),
            fir("mean", [0.5, 0.5], form="serial", pipeline="speed", sink="sfix20_En19", source="sfix18_En17"),
            fir("rim", [0.5, -0.5], form="direct", sink="sfix18_En17"),
        ],
        name="path",
    )


def test_chain_is_proven_like_any_core(path):
    words = np.random.default_rng(5).integers(-32768, 32768, 300)
    proof = verify(path, words, samples=300)
    assert proof.passed, proof.engines


def test_chain_is_the_composition_of_its_stages(path):
    words = np.random.default_rng(6).integers(-20000, 20000, 400)
    x = to_float(words, path.sink_format)
    truth = lfilter([0.5, -0.5], 1, lfilter([0.5, 0.5], 1, lfilter(firwin(9, 0.3), 1, x)))
    assert np.allclose(path.reference(x), truth, atol=1e-12)
    assert np.max(np.abs(to_float(path.model(words), path.source_format) - truth)) < 2.0**-13


def test_latency_and_rate_are_measured(path):
    response = run(path, Stimulus({"data": np.arange(60)}), "ghdl")
    assert response.source_cycles[0] - response.sink_cycles[0] == path.latency
    assert np.diff(response.sink_cycles)[20:].max() == path.cycles_per_sample


def test_vhdl_instantiates_the_stages(path):
    texts = vhdl(path)
    assert {"low", "mean", "rim", "path"} <= set(texts)
    for stage in ("low", "mean", "rim"):
        assert f"u_{stage}: entity work.{stage}" in texts["path"]


def test_description_round_trip(path):
    assert make_core(path.description) == path


def test_formats_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError, match=r"stages\[1\]\.sink = .*sfix16_En15.*must be sfix20_En19, the source format of low"):
        Chain([fir("low", source="sfix20_En19"), fir("high")])


def test_channels_of_another_width_are_refused_with_their_widths():
    stages = [{"core": "swt_analysis", "levels": 2}, {"core": "band_gain", "levels": 4, "sink": "sfix20_En18"}]
    with pytest.raises(ParameterError, match="takes channel of 3 bits with each word, but stage_0 sends channel of 2 bits"):
        make_core({"core": "chain", "stages": stages})


@pytest.mark.parametrize("names", [("low", "low"), ("low", "Low"), ("CHAIN", "low")])
def test_names_must_differ(names):
    """To VHDL, and to many a file system, upper and lower case are the same."""
    with pytest.raises(ParameterError, match="must differ, in more than its case"):
        Chain([fir(name) for name in names])


def test_a_stage_that_is_wrong_is_named():
    with pytest.raises(ParameterError, match=r"stages\[0\]\.form"):
        make_core({"core": "chain", "stages": [{"core": "fir", "coefficients": [1.0], "form": "lattice"}]})


NO_STREAMS = ["i2c_master", "dual_clock_fifo", "i2s_receiver", "i2s_transmitter", "pdm_microphone", "reset_synchronizer", "wm8731_setup"]


@pytest.mark.parametrize("kind", NO_STREAMS)
def test_what_is_no_stream_on_one_clock_stands_in_no_composition(kind):
    """As a description and as a core, at the beginning and behind another core, in a chain and as what a sequencer runs."""
    for part in ({"core": kind}, make_core({"core": kind, "name": "part"})):
        for description, field in (
            ({"core": "chain", "stages": [part]}, "stages[0].core"),
            ({"core": "chain", "stages": [{"core": "stream_register"}, part]}, "stages[1].core"),
            ({"core": "sequencer", "calculation": part}, "calculation.core"),
        ):
            with pytest.raises(ParameterError) as refusal:
                make_core(description)
            assert str(refusal.value).startswith(f'{field} = "{kind}": must be a core with a sink and a source on one clock')


def test_chain_of_chains():
    inner = Chain([fir("first"), fir("second")], name="inner")
    outer = Chain([inner, fir("third", form="direct")], name="outer")
    words = np.random.default_rng(7).integers(-32768, 32768, 100)
    assert verify(outer, words, ["ghdl"], samples=100).passed


@pytest.mark.parametrize(("bank", "delay"), [("swt", 45), ("dwt", 45), ("lifting", None), ("packet", 45)])
def test_a_bank_in_a_chain_is_as_late_as_it_delays(bank, delay):
    """The reference has the signal at its place, whole, and the late one is as late as the chain says."""
    shape = {"levels": 4} | ({} if bank == "lifting" else {"wavelet": "db2"})
    there = make_core({"core": f"{bank}_analysis", "name": "there", **shape})
    side = {"source": "sfix16_En15"} if bank in ("lifting", "packet") else {"sink": str(there.source_format), "source": "sfix16_En15"}
    chain = Chain([there, make_core({"core": f"{bank}_synthesis", "name": "back", **shape, **side})])
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 200)
    assert delay in (None, chain.delay)
    assert chain.delay == chain.group_delay
    np.testing.assert_allclose(chain.reference(x), x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(chain.late_reference(x)[chain.delay :], x[: chain.late_reference(x).size - chain.delay], rtol=0, atol=1e-9)


ANALYSIS = {"core": "swt_analysis", "wavelet": "haar", "levels": 4, "sink": "sfix16_En15"}
BANDS = {"sink": "sfix20_En18", "levels": 4}
WRONG_BANKS = {
    "none": ({"core": "stream_register", "sink": "sfix20_En18", "channel_bits": 3}, "none"),
    "decimated": ({**ANALYSIS, "core": "dwt_analysis"}, "decimated with 4 levels"),
    "deeper": ({**ANALYSIS, "levels": 6}, "undecimated with 6 levels"),
}


@pytest.mark.parametrize("kind", ["compressor", "noise_reducer", "threshold", "band_gain"])
@pytest.mark.parametrize("bank", WRONG_BANKS)
def test_a_band_stage_behind_another_bank_is_refused(bank, kind):
    front, found = WRONG_BANKS[bank]
    stage = {"core": kind, **BANDS, "sink": str(make_core(front).source_format)}
    with pytest.raises(ParameterError, match=rf"stages\[1\] = .*undecimated with 4 levels; here it is {found}"):
        make_core({"core": "chain", "stages": [front, stage]})


def test_band_stages_stand_behind_their_bank_and_behind_each_other_and_alone():
    queue = {"core": "fifo", "sink": "sfix20_En18", "channel_bits": 3}
    stages = [{"core": "noise_reducer", **BANDS}, queue, {"core": "compressor", **BANDS}]
    assert make_core({"core": "chain", "stages": stages}).bank_of_words == ("undecimated", 4)
    assert make_core({"core": "chain", "stages": [ANALYSIS, *stages]}).bank_of_words == ("undecimated", 4)
