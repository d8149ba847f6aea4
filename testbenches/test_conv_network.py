"""A network in the FPGA: layers by scipy's filters, files, integers, and the chain of proof."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import scipy.signal
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import to_float
from fixed_point.conv_network import mask_table
from ip_cores.conv_network.weights import Weights
from ip_cores.core import make_core
from ip_cores.description import DescriptionError, load_core
from ip_cores.generate import vhdl
from ip_cores.parameters import ParameterError
from reference.conv_network import ARRAYS, Network, conv_network, streamed
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.random_networks import network_table, random_network
from testbenches.fuzz.analysis import ghdl_complaints
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.judgement import judge
from testbenches.noisy_speech import listening_delay
from testbenches.signals import EXAMPLES, excerpt
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify
from testbenches.vhdl_quality import faults


def make(network=None, **parameters):
    return make_core({"core": "conv_network", "name": "tiny", "weights": random_network(3) if network is None else network, **parameters})


def noise(core, count, seed=0):
    """Words at a level that changes."""
    random = np.random.default_rng(seed)
    words = random.integers(core.sink.minimum, core.sink.maximum + 1, count)
    return words >> np.repeat(random.integers(0, 8, count // 20 + 1), 20)[:count]


CORES = descriptions("conv_network").map(make_core)


def by_filters(x, net):
    """Every layer as filters and sums over channels, samples and frames along the last axis."""
    hop, frames = net.hop, -(-len(x) // net.hop) + 1
    x = np.concatenate([x, np.zeros(frames * net.hop - len(x))])
    e = np.array([np.maximum(scipy.signal.lfilter(row[::-1], 1, x)[hop - 1 :: hop], 0) for row in net.encoder])

    def pointwise(weight, bias, channels):
        return np.array([sum(w * c for w, c in zip(row, channels, strict=True)) + b for row, b in zip(weight, bias, strict=True)])

    def leaky(values, slope):
        return values.clip(min=0) + slope * values.clip(max=0)

    y = pointwise(net.bottleneck_weight, net.bottleneck_bias, e)
    for k, d in enumerate(net.dilations):
        h = leaky(pointwise(net.expand_weight[k], net.expand_bias[k], y), net.expand_slope[k])
        g = []
        for taps, bias, channel in zip(net.depthwise_weight[k], net.depthwise_bias[k], h, strict=True):
            response = np.zeros(2 * d + 1)
            response[[2 * d, d, 0]] = taps
            g.append(np.convolve(channel, response)[:frames] + bias)
        y = y + pointwise(net.project_weight[k], net.project_bias[k], leaky(np.array(g), net.depthwise_slope[k]))
    logits = pointwise(net.mask_weight, net.mask_bias, leaky(y, net.mask_slope))
    masks = net.mask_floor + (1 - net.mask_floor) * scipy.special.expit(logits)
    found = []
    for c in range(net.sources):
        kept = masks[c * net.features : (c + 1) * net.features] * e
        total = sum(scipy.signal.upfirdn(row, channel, up=hop) for row, channel in zip(net.decoder, kept, strict=True))
        found.append(total[hop:])
    return np.array(found)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"features": 7, "window": 6, "bottleneck": 2, "hidden": 3, "dilations": (4, 1, 8), "sources": 2},
        {"dilations": ()},
        {"features": 1, "window": 2, "bottleneck": 1, "hidden": 1, "dilations": (16,)},
    ],
)
def test_reference_equals_filters(shape):
    net = random_network(3, **shape)
    for length in (0, 1, 61, 200):
        x = np.random.default_rng(length).standard_normal(length) * 0.2
        got = conv_network(x, net)
        wanted = by_filters(x, net)[:, :length]
        np.testing.assert_allclose(np.atleast_2d(got), wanted, rtol=1e-9, atol=1e-12)


def test_file_gives_the_network_back(tmp_path):
    net = random_network(5, dilations=(1, 2, 4), sources=2)
    path = tmp_path / "net.npz"
    net.save(path)
    first = path.read_bytes()
    again = Network.load(path)
    for name in (*ARRAYS, "calibration"):
        np.testing.assert_array_equal(getattr(again, name), getattr(net, name), err_msg=name)
    assert (again.dilations, again.mask_floor, again.origin) == (net.dilations, net.mask_floor, net.origin)
    again.save(path)
    assert path.read_bytes() == first


def spoilt(path, **changes):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    for name, value in changes.items():
        if value is None:
            del arrays[name]
        else:
            arrays[name] = np.asarray(value)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": None}, "has no encoder"),
        ({"expand_weight": np.zeros((2, 5, 4))}, "expand_weight: shape 2 x 5 x 4, must be 2 x 5 x 3 (K x H x B)"),
        ({"mask_bias": np.zeros((4, 1))}, "mask_bias: shape 4 x 1, must have 1 axes"),
        ({"mask_weight": np.zeros((5, 3)), "mask_bias": np.zeros(5)}, "mask_weight: 5 rows must be a multiple of the 4 features"),
        ({"dilations": [1, 3]}, "dilations: 3 must be a power of two"),
        ({"dilations": [1.0, 2.0]}, "dilations: holds float64"),
        ({"depthwise_weight": np.full((2, 5, 3), np.nan)}, "depthwise_weight: holds a number that is not finite"),
        ({"version": 2}, "version = 2: must be 1"),
        ({"causal": False}, "causal = 0"),
        ({"mask_floor": 1.0}, "mask_floor = 1: must be 0 to below 1"),
        ({"calibration": np.full(4, 40000)}, "calibration: must be a row of words of 16 bits"),
        ({"encoder": np.array(["a"])}, "encoder: holds"),
        ({"encoder": np.zeros((4, 3)), "decoder": np.zeros((4, 3))}, "a window of 3 samples must be even"),
    ],
)
def test_bad_files_are_named(tmp_path, changes, said):
    path = tmp_path / "bad.npz"
    random_network(1).save(path)
    spoilt(path, **changes)
    with pytest.raises(ValueError, match=r"bad\.npz: ") as caught:
        Network.load(path)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 but no more"])
def test_no_archive(tmp_path, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"bad\.npz: is "):
        Network.load(path)


@examples(40)
@given(CORES, st.integers(0, 2**20))
def test_model_equals_its_definition(core, seed):
    words = noise(core, 90, seed)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


@pytest.mark.parametrize("dilation", [1, 2, 4, 8, 16, 32])
def test_model_at_every_dilation(dilation):
    """Longer than its rings."""
    core = make(random_network(dilation, features=2, bottleneck=2, hidden=2, dilations=(dilation,)))
    words = noise(core, 2 * (2 * dilation + 20), dilation)
    assert core.model(words).tolist() == right_words(core, {"data": words.tolist()}, {})["data"]


def test_long_signals_are_computed_in_parts(monkeypatch):
    core = make(random_network(1, dilations=(4, 2)))
    words = noise(core, 401)
    whole = core.model(words)
    monkeypatch.setattr("fixed_point.conv_network.CHUNK", 7)
    assert core.model(words).tolist() == whole.tolist()
    assert len(whole) == 400


def test_masks_are_the_logistic_function():
    logits = (np.arange(256) - 127.5) / 16
    for floor in (0.0, 0.2):
        wanted = floor + (1 - floor) * scipy.special.expit(logits)
        assert np.abs(np.array(mask_table(floor)) / 512 - wanted).max() <= 0.5 / 512


@examples(30)
@given(CORES, st.integers(0, 2**20))
def test_promise_is_kept(core, seed):
    judged = judge(core, {"data": noise(core, 200, seed)})
    assert judged.kept or not judged.tells


def test_more_bits_are_nearer():
    net = random_network(8)
    words = net.calibration.astype(np.int64)
    found = [judge(make(net, weight_word_length=bits, activation_word_length=bits + 3), {"data": words}).snr for bits in (6, 8, 10)]
    assert found[0] + 6 < found[1] < found[2] - 3


def test_silence_stays_silent():
    core = make()
    assert not core.model(np.zeros(100, np.int64)).any()
    assert judge(core, {"data": np.zeros(100, np.int64)}).kept


def test_reference_of_the_core_is_as_late_as_the_model():
    core = make()
    x = to_float(noise(core, 200), core.sink)
    late, aligned = core.late_reference(x), core.reference(x)
    np.testing.assert_allclose(late[core.delay :], aligned[: len(late) - core.delay], atol=1e-12)
    np.testing.assert_array_equal(late, streamed(x, core.network)[0])
    assert (core.delay, core.group_delay) == (2, 3)


def test_a_listener_waits_for_more_than_the_words_are_late():
    """A path beside a network is in step with its words, which leave by hops."""
    core = make()
    assert (core.group_delay, core.delay, core.word_delay, listening_delay(core)) == (3, 2, 2, 2)
    network = {"core": "conv_network", "name": "network", "inputs": ["input"], "weights": network_table(core.network)}
    mix = {"core": "mix", "name": "both", "inputs": ["network", "input"], "gains": [0.5, 0.5]}
    graph = make_core({"core": "chain", "stages": [network, mix]})
    assert (graph.group_delay, graph.delay, graph.word_delay) == (3, 2, 2)
    x = to_float(noise(core, 64), core.sink)
    beside = np.concatenate([np.zeros(2), x])[: len(x)]
    np.testing.assert_allclose(graph.late_reference(x), (core.late_reference(x) + beside) / 2, atol=1e-12)


SHAPES = {
    "tiny": ({}, {}),
    "one multiplier": ({"features": 3, "hidden": 2}, {"multipliers": 1, "sink": "sfix12_En11"}),
    "four multipliers, hop 4": ({"window": 8, "features": 6, "dilations": (4,)}, {"multipliers": 4, "activation_word_length": 14}),
    "rings of 16 and 2 frames": ({"features": 2, "bottleneck": 2, "hidden": 1, "dilations": (8, 1)}, {"source": "sfix10_En9"}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_chain_of_proof(shape):
    network, parameters = SHAPES[shape]
    core = make(random_network(4, **network), **parameters)
    proof = verify(core, noise(core, 200), ("ghdl",) if shape != "tiny" else ("ghdl", "native"), samples=100, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * len(proof.engines)
    assert all(engine.first_late is None for engine in proof.engines)


@pytest.mark.parametrize("depth", [8, 16])
def test_memories_in_pieces(monkeypatch, depth):
    """At the size of the example tables and rings are in pieces of 512 to 4096 words; here they are in pieces of a few."""
    core = make(random_network(6, features=2, bottleneck=2, hidden=3, dilations=(4, 2)))
    for where in ("memories", "hardware"):
        monkeypatch.setattr(f"ip_cores.conv_network.{where}.piece_depth", lambda words, bits: depth)
    words = noise(core, 40, depth)
    response = run(core, Stimulus.random_stalls({"data": words}, depth, 0.2, drain=core.patience), "ghdl")
    assert response.data.tolist() == core.model(words).tolist()


def test_a_long_table_is_an_array():
    """Of constants; tools take hours for a case of so many choices."""
    core = make(random_network(1, features=16, window=64, samples=40), weight_word_length=4, multipliers=1)
    table = core.plan.weight_tables[0][:2048]  # the first of two pieces
    texts = vhdl(core)
    (found,) = [text for text in texts.values() if f"array (0 to {len(table) - 1})" in text]
    assert "data <= contents(to_integer(address));" in found
    assert [int(number) for number in re.findall(r"=> to_unsigned\((\d+), 4\)", found)] == list(table)
    assert not list(faults(texts))
    assert not ghdl_complaints(core)


@examples(2)
@given(CORES, st.integers(0, 2**20))
def test_any_network(core, seed):
    words = noise(core, 24, seed)
    response = run(core, Stimulus.random_stalls({"data": words}, seed, 0.3, drain=core.patience), "myhdl")
    assert response.data.tolist() == core.model(words).tolist()


def test_clocks_follow_from_the_shape():
    """A clock for each product of each group of outputs, five behind each group, two in front of each instruction."""
    core = make()  # 4 features, window of 4, 3 channels, 5 hidden, 2 blocks
    groups = {"encoder": (2, 4), "bottleneck": (2, 4), "expand": (3, 3), "depthwise": (3, 6), "project": (2, 5), "mask": (2, 3),
              "apply": (2, 4), "decoder": (2, 4)}  # fmt: skip
    often = {"expand": 2, "depthwise": 2, "project": 2}
    clocks = sum(often.get(name, 1) * (2 + count * (taps + 5)) for name, (count, taps) in groups.items())
    assert core.plan.frame_clocks == clocks + 3
    assert core.cycles_per_sample == core.plan.frame_clocks / 2


@pytest.mark.parametrize(
    ("network", "parameters", "said"),
    [
        ({"sources": 2}, {}, "2 sources"),
        ({"window": 6}, {}, "a hop of 3 samples"),
        ({"window": 2}, {}, "a hop of 1 samples"),
        ({"dilations": ()}, {}, "no blocks"),
        ({"dilations": (128,)}, {}, "a dilation of 128 frames"),
        ({"hidden": 129}, {}, "129 channels"),
        ({}, {"multipliers": 3}, "must be 1, 2 or 4"),
        ({}, {"multipliers": 4}, "at most the hop"),
        ({}, {"sink": "ufix16_En15"}, "must be signed"),
    ],
)
def test_networks_that_do_not_fit(network, parameters, said):
    with pytest.raises(ParameterError, match=said):
        make(random_network(1, **network), **parameters)


def test_slopes_in_range():
    net = random_network(1)
    with pytest.raises(ParameterError, match=r"a slope of 1\.5"):
        make(net.replace(mask_slope=1.5))


def test_weights_beside_the_description(tmp_path, monkeypatch):
    random_network(3).save(tmp_path / "net.npz")
    path = tmp_path / "tiny.toml"
    path.write_text('core = "conv_network"\nname = "tiny"\nweights = "net.npz"\n')
    monkeypatch.chdir("/")
    core = load_core(path)
    assert core.weights == make().weights
    again = make_core(json.loads(json.dumps(core.description)))
    assert again == core
    assert again.weights.digest == core.weights.digest
    path.write_text('core = "conv_network"\nname = "tiny"\nweights = "no.npz"\n')
    with pytest.raises(DescriptionError, match=r"no\.npz: cannot be read"):
        load_core(path)
    (tmp_path / "no.npz").write_bytes(b"nothing")
    with pytest.raises(DescriptionError, match=r"no\.npz: is no \.npz file"):
        load_core(path)


def test_weights_that_are_no_network():
    table = dict(Weights(random_network(1)))
    for spoilt in ({**table, "encoder": [[1.0], [1.0, 2.0]]}, {**table, "encoder": "text"}, {}, 5, {**table, "dilations": [0.5]}):
        with pytest.raises(ParameterError, match="weights"):
            make_core({"core": "conv_network", "weights": spoilt})


def test_behind_a_network_an_aid_is_judged():
    """What is out of range stays at its end in the network, so that no error behind it takes a word out of the judgement."""
    core = load_core(EXAMPLES / "enhanced_hearing_aid.toml")
    judgement = judge(core, {"data": (0.25 * 2**15 * excerpt()[8000:12000]).astype(int)})
    assert judgement.lowered == 0
    assert judgement.promise.words > 0.9 * (judgement.promise.words + judgement.promise.saturated)
    assert judgement.kept
    assert judgement.tells
