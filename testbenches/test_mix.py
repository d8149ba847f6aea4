"""Several streams to one: exact sums, one rounding, words that are taken together."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import fixed_point.mix
import reference.mix
from fixed_point import Format, to_float
from ip_cores.core import make_core
from ip_cores.generate import generate, vhdl
from ip_cores.mix import Mix
from ip_cores.parameters import ParameterError
from ip_cores.schedule import Run
from testbenches.engines.own_bench import run_own_ghdl
from testbenches.errors import ToolError
from testbenches.verify import verify

GAINS = [1.0, -0.3, 0.5]


def mix(gains=GAINS, **others):
    return make_core({"core": "mix", "name": "mixed", "gains": gains, **others})


def words(core, count, seed=1):
    rng, form = np.random.default_rng(seed), core.sink_format
    return {name: rng.integers(form.minimum, form.maximum, count, endpoint=True) for name in core.sinks}


@pytest.mark.parametrize("rounding", ["floor", "nearest", "convergent", "zero", "ceil"])
def test_the_model_rounds_the_exact_sum_once(rounding):
    core = mix(rounding=rounding, source="sfix12_En10")
    played = words(core, 200)
    factors = [round(gain * 2**14) for gain in GAINS]  # none of them lies half-way
    turn = {
        "floor": math.floor, "ceil": math.ceil, "zero": math.trunc, "convergent": round,
        "nearest": lambda value: math.floor(value + Fraction(1, 2)),
    }[rounding]  # fmt: skip
    rows = [row.tolist() for row in played.values()]
    exact = [Fraction(sum(f * w for f, w in zip(factors, column, strict=True)), 2 ** (29 - 10)) for column in zip(*rows, strict=True)]
    assert core.model(played).tolist() == [max(-2048, min(2047, turn(value))) for value in exact]


def test_wide_words_are_summed_exactly():
    form = Format.parse("sfix32_En31")
    streams = [[form.minimum, form.maximum]] * 4
    gains = [-(2**31), 2**31 - 1, 2**31 - 1, 2**31 - 1]
    exact = [sum(gain * word for gain, word in zip(gains, column, strict=True)) for column in zip(*streams, strict=True)]
    found = fixed_point.mix.mix(streams, gains, 62, "sfix64_En60", "floor")
    assert found.tolist() == [value >> 2 for value in exact]


def test_the_shortest_stream_ends_the_mix():
    core = mix([0.5, 0.5])
    assert core.model({"sink_0": [100, 200, 300], "sink_1": [2, 4]}).tolist() == [51, 102]
    assert reference.mix.mix([[1.0, 2.0], [3.0]], [1.0, 2.0]).tolist() == [7.0]


def test_the_reference_keeps_what_is_promised():
    core = mix([0.51, -0.3, 0.17])
    played = words(core, 3000)
    truth = 0.51 * to_float(played["sink_0"], core.sink) - 0.3 * to_float(played["sink_1"], core.sink)
    truth += 0.17 * to_float(played["sink_2"], core.sink)
    np.testing.assert_allclose(core.reference({name: to_float(row, core.sink) for name, row in played.items()}), truth, atol=1e-12)
    error = to_float(core.model(played), core.source) - truth
    allowed = core.losses.noise.limit + 3 * 2.0**-15
    assert np.max(np.abs(error)) <= allowed


def test_the_channel_of_the_first_stream_goes_along():
    core = mix([0.5, 0.5], channel_bits=2)
    given, channel = core.model({"sink_0": ([2, 4, 6], [0, 1, 2]), "sink_1": [2, 4, 6]})
    assert (given.tolist(), channel.tolist()) == ([2, 4, 6], [0, 1, 2])
    assert [port.name for port in core.ports if "channel" in port.name] == ["sink_0_channel", "source_channel"]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"gains": [0.7, -1.0], "multiplier": "logic", "sink": "ufix8_En8"}, {"gains": [-0.5, -0.25], "channel_bits": 2}],
    ids=["three", "unsigned", "channel"],
)
def test_the_delivered_vhdl_gives_the_models_words(parameters, tmp_path):
    """Its own bench: every sink and the source with stalls of their own, each word that leaves against the model's."""
    core = mix(**parameters)
    manifest = generate(core, tmp_path / "vhdl")
    bench = (manifest.folder / "simulation" / "mixed_tb.vhd").read_text()
    assert "64 words" in run_own_ghdl(manifest, bench, tmp_path, top="mixed_tb")
    # The bench is one that finds what differs.
    top = manifest.folder / "mixed.vhd"
    assert "sink_1_ready" in top.read_text()
    spoilt = manifest.folder / "mixed_adder_tree.vhd"
    text = spoilt.read_text()
    other = text.replace(" + ", " - ", 1) if " + " in text else text.replace(" - ", " + ", 1)
    assert other != text
    spoilt.write_text(other)
    with pytest.raises(ToolError, match="differs from the model"):
        run_own_ghdl(manifest, bench, tmp_path, top="mixed_tb")


@pytest.mark.parametrize("engine", ["myhdl", "native"])
def test_verify_takes_words_by_the_name_of_the_stream(engine):
    core = mix([0.51, -0.3, 0.17])
    proof = verify(core, words(core, 120), [engine])
    assert proof.passed, proof.engines
    assert [leg.name for leg in proof.engines[0].legs] == ["stalled", "full rate"]
    assert proof.promised_snr < proof.snr < proof.promised_snr + 20


def test_verify_of_several_streams_finds_what_differs():
    """A model with another gain, a reference with another, and words for a stream that there is not."""
    core = mix([0.51, -0.3])
    other = mix([0.51, -0.31])
    played, model = words(core, 64), Mix.model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(core), "model", lambda self, x: model(other, x))
        proof = verify(core, played, ["myhdl"])
    assert not proof.passed
    assert proof.engines[0].first_difference is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(core), "reference_with", lambda self, x, given: -3 * reference.mix.mix(list(x.values()), given[0]))
        assert not verify(core, played, ["myhdl"]).snr_passed
    with pytest.raises(ValueError, match="must be words by the name of the stream: sink_0, sink_1"):
        verify(core, played["sink_0"], ["myhdl"])


def test_clocks_follow_the_number_of_streams():
    assert [mix([0.5] * count).latency for count in (2, 3, 4, 5, 8)] == [2, 3, 3, 4, 4]
    core = mix()
    run = Run(core.timing())
    for _ in range(20):
        run.step()
    assert run.given[0] - run.taken[0] == core.latency
    assert np.diff(run.given).tolist() == [1] * (len(run.given) - 1)


def test_gains_of_powers_of_two_need_no_multiplier():
    assert mix([1.0, -0.5, 0.25]).inventory.products == ()
    assert len(mix([1.0, -0.3]).inventory.products) == 1
    assert "*" not in "".join(line for text in vhdl(mix([1.0, -0.5])).values() for line in text.splitlines() if not line.startswith("--"))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"gains": [0.5]}, r"gains = \[0\.5\]: must be a list of 2 to 8 factors"),
        ({"gains": [0.5] * 9}, "must be a list of 2 to 8 factors"),
        ({"gains": ["-6 dB", 0.5]}, "must be a list of 2 to 8 factors"),
        ({"gains": "0.5, 0.5"}, "must be a list of 2 to 8 factors"),
        ({"gains": [True, 0.5]}, "must be a list of 2 to 8 factors"),
        ({"gains": [float("nan"), 0.5]}, "must be a list of 2 to 8 factors"),
        ({"gains": [0.5, 2.5]}, r"gains: gain 1: 2\.5: must be -2 to 1\.99994 in sfix16_En14"),
        ({"gains": [0.5, 0.0]}, r"gains: gain 1: 0: must not be 0, nor round to it"),
        ({"gains": [1e-6, 0.5]}, r"gains: gain 0: 1e-06: must not be 0, nor round to it"),
        ({}, "gains: missing"),
    ],
)
def test_bad_gains_are_refused_in_a_line(parameters, reason):
    with pytest.raises(ParameterError, match=reason):
        make_core({"core": "mix", **parameters})


@pytest.mark.parametrize(
    ("parameters", "notes"),
    [
        ({"gains": [0.5, 2.0]}, ("gain 1 of 0 to 1, 2, rounded into the range in sfix16_En14: 1.99993896",)),
        ({"gains": [1.0, 0.5, -1.0], "gain": "sfix16_En15"}, ("gain 0 of 0 to 2, 1, rounded into the range in sfix16_En15: 0.999969482",)),
        ({"gains": [0.5, -2.0]}, ()),
    ],
)
def test_a_gain_that_becomes_the_end_of_the_range_is_told(parameters, notes):
    assert make_core({"core": "mix", **parameters}).notes == notes
