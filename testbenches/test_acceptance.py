"""What `verify` accepts and what it does not: words that reach bounds, inputs that move, malformed packets, legs that are told."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from myhdl import Signal, always, intbv

from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.fir import Fir
from ip_cores.generate import generate
from ip_cores.run_time import of_inside
from ip_cores.threshold import Threshold
from ossicle.proof import complaints, report
from testbenches.for_tests.drawing import examples
from testbenches.register_proof import play_registers
from testbenches.signals import EXAMPLES, make_signal
from testbenches.simulate import run
from testbenches.steering import FAULTS, malformed_packets, random_steering
from testbenches.stimulus import Stimulus
from testbenches.verify import prove, spoilt_leg, steered_leg, verify
from testbenches.worst_words import extreme_words, special_words, worst_words

HARDWARE = ("myhdl", "ghdl", "native")
SEEDS = range(10)

DENOISER = {"core": "denoiser", "name": "quiet", "wavelet": "haar", "levels": 2}
STEERED = {
    "limiter": {"core": "limiter", "silence": 20},
    "threshold": {"core": "threshold", "levels": 2},
    "denoiser": DENOISER,
    "decimated": {**DENOISER, "bank": "decimated"},
    "segments": {**DENOISER, "processing": "segment", "segment_length": 8},
    "overlapping": {**DENOISER, "processing": "segment", "window": "hann", "segment_length": 12},
    "sequencer": {"core": "sequencer", "segment_length": 6, "calculation": {"core": "limiter", "silence": 3, "name": "inner"}},
    "chain": {
        "core": "chain",
        "stages": [{"core": "fifo", "depth": 4}, {"core": "limiter", "silence": 3}, {"core": "limiter", "silence": 3, "name": "b"}],
    },
}


# Words that reach the bounds.


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
def test_the_worst_words_of_a_filter_reach_its_l1_norm(form):
    taps = np.array([120, -3, 77, 0, -50, 9])
    core = make_core({"core": "fir", "form": form, "coefficients": (taps / 2**15).tolist(), "source": "sfix32_En30"})
    words = special_words(core, 1000).words
    sums = np.convolve(words, taps)
    assert sums.max() == sum(abs(tap) * (32767 if tap > 0 else 32768) for tap in taps.tolist())
    assert sums.min() == -sum(abs(tap) * (32768 if tap > 0 else 32767) for tap in taps.tolist())


@pytest.mark.parametrize("wavelet", ["haar", "db3"])
def test_every_band_is_taken_to_its_bound(wavelet):
    """The bound of a band by numpy: the L1 norm of its filters, one behind the other."""
    import pywt

    core = make_core({"core": "swt_analysis", "wavelet": wavelet, "levels": 3})
    low, high = (np.array(filter) / np.sqrt(2) for filter in pywt.Wavelet(wavelet).filter_bank[:2])
    words, channel = core.reference(special_words(core, 4000).words / 2**15)
    before = np.ones(1)
    for level in range(1, 4):
        holes = np.zeros((2, (len(low) - 1) * 2 ** (level - 1) + 1))
        holes[:, :: 2 ** (level - 1)] = low, high
        detail = np.abs(np.convolve(before, holes[1])).sum()
        before = np.convolve(before, holes[0])
        assert np.abs(words[channel == level]).max() == pytest.approx(detail, rel=1e-4)
    assert np.abs(words[channel == 0]).max() == pytest.approx(np.abs(before).sum(), rel=1e-4)


def test_every_phase_of_an_interpolator_is_taken_to_its_bound():
    taps = np.array([1, -2, 3, 4, -5, 6, 7, 8, -9]) / 64
    core = make_core({"core": "fir", "form": "serial", "coefficients": taps.tolist(), "interpolation": 3})
    found = core.reference(special_words(core, 1000).words / 2**15)
    for phase in range(3):
        bound = 3 * np.abs(taps[phase::3]).sum()
        gain = bound / np.abs(found[phase::3]).max()
        assert gain == pytest.approx(1, rel=1e-4) or gain == pytest.approx(3, rel=1e-4)


def test_every_phase_of_a_synthesis_is_taken_to_its_bound():
    """By a matrix of the reference, band word by band word, whose rows add up to the bounds."""
    core = make_core({"core": "dwt_synthesis", "wavelet": "db2", "levels": 2})
    words = special_words(core, 4000).words
    found = core.late_reference((words * core.sink_format.resolution, core.accompany(words)["channel"]))
    channel = core.accompany(np.zeros(128))["channel"]
    rows = np.stack([core.late_reference((one, channel)) for one in np.eye(128)], axis=1)
    for phase in range(4):
        bound = np.abs(rows[64 + phase :: 4]).sum(axis=1).max()
        full = core.sink_format.maximum * core.sink_format.resolution
        assert np.abs(found[phase::4]).max() >= full * bound


def test_what_is_not_linear_gets_extremes_only():
    core = make_core({"core": "limiter"})
    assert not worst_words(core)
    assert special_words(core, 1000).worst == 0
    assert {core.sink.minimum, 0, core.sink.maximum} == set(extreme_words(core).tolist())
    assert set(make_signal("worst_case", core, 50).tolist()) == {core.sink.minimum, core.sink.maximum}
    bands = make_core({"core": "threshold", "levels": 2})
    assert len(make_signal("worst_case", bands, 50)) == 50


@pytest.mark.parametrize("kind", ["i2c_master", "wm8731_setup"])
def test_what_takes_no_words_has_no_signal(kind):
    with pytest.raises(ValueError, match=f'input = "worst_case": {kind} takes no words'):
        make_signal("worst_case", make_core({"core": kind}), 10)


# Inputs that move.


class TestMoves:
    """The word 3 waits until nothing moves any more; then the ceiling changes."""

    core = make_core({"core": "limiter", "silence": 1, "ceiling": 0.25})
    stimulus = Stimulus({"data": np.full(6, 20000)}, controls={"ceiling": 8192}, pause=9, drain=40)

    @pytest.mark.parametrize("engine", HARDWARE)
    def test_they_come_between_two_words(self, engine):
        moves = ((3, 0, "ceiling", 100), (3, 2, "ceiling", 300), (3, 3, "ceiling", 300), (5, 0, "ceiling", 7), (5, 1, "ceiling", 7))
        response = run(self.core, self.stimulus.replace(moves=moves), engine)
        assert response.data.tolist() == [0, 8192, 8192, 300, 300, 7]
        # Three words in cycles 0 to 2 and out in 1 to 3, nine in which nothing moves, three for the moves.
        assert response.sink_cycles.tolist() == [0, 1, 2, 3 + 9 + 4, 17, 18 + 9 + 2]

    def test_not_with_a_reset(self):
        with pytest.raises(ValueError, match="moves: must not be given together with a reset"):
            self.stimulus.replace(moves=((3, 0, "ceiling", 1),), reset_after=2)
        with pytest.raises(ValueError, match=r"moves: word 6, 0 cycles: must be in front of one of 6 words"):
            self.stimulus.replace(moves=((6, 0, "ceiling", 1),))


@pytest.mark.parametrize("kind", STEERED)
def test_the_model_follows_what_moves(kind):
    """With nothing moved it is the model; what moves makes a difference; and hardware follows it."""
    core = make_core(STEERED[kind])
    assert core.run_time_inputs
    proof = verify(core, "noise", ("ghdl",), samples=200, seed=5)
    assert complaints(proof) == []
    leg = proof.engines[0].legs[3]
    assert leg.name == "controls moved"
    assert leg.moves >= len(core.run_time_inputs)
    assert leg.words_compared > 0
    words = make_signal("noise", core, 200, 1)
    x = (words, *core.accompany(words).values()) if core.sink_ports else words
    for name in core.run_time_inputs:
        values = {other: np.full(200, one.start) for other, one in core.run_time_inputs.items()}
        same = core.steered_model(x, values)
        assert np.array_equal(_first(same), _first(core.model(x)))
        values[name][80:] = {"factor": 1000, "bits": 1}.get(name.split("_")[-1], 1 - min(1, values[name][0]))
        if name.split("_")[-1] != "freeze":
            assert not np.array_equal(_first(core.steered_model(x, values)), _first(same))


def test_moves_of_a_core_inside_another_are_its_own():
    core = make_core(STEERED["sequencer"])
    assert set(core.run_time_inputs) == {"enable", "inner_ceiling"}
    assert core.run_time_inputs["inner_ceiling"].writes(5) == ({"inner_ceiling": 5},) * 2
    values = {"enable": np.ones(2), "inner_ceiling": np.zeros(2)}
    assert list(of_inside(values, "inner", core.calculation.run_time_inputs)) == ["ceiling"]
    steering = random_steering(core, np.arange(50), np.random.default_rng(1))
    assert {port for _, _, port, _ in steering.moves} == {"enable", "inner_ceiling"}


# A bypass that is dead, in hardware or in the model, is found by every engine with every seed.


@pytest.mark.parametrize(("kind", "name", "point"), [("pitch_shifter", "ratio", 1 << 15), ("frequency_shifter", "increment", 0)])
def test_inputs_are_brought_to_where_a_core_changes_what_it_does(kind, name, point):
    core = make_core({"core": kind})
    moved = random_steering(core, make_signal("noise", core, 300), np.random.default_rng(2)).values[name]
    assert {max(0, point - 1), point, point + 1} <= set(moved.tolist())


def _first(given):
    return given[0] if isinstance(given, tuple) else given


def _spoilt(core, folder, old, new):
    """VHDL of a core in which one line is another; it must be there once."""
    manifest = generate(core, folder, companions=None)
    places = [path for path in (folder / name for name in manifest.files) if old in path.read_text()]
    assert len(places) == 1
    text = places[0].read_text()
    places[0].write_text(text.replace(old, new))
    return manifest


DEAD = {
    "bypass": ("bypassing <= bypass or bypass_bit;", "bypassing <= bypass_bit;"),
    "freeze": ("frozen <= freeze or freeze_bit;", "frozen <= freeze_bit;"),
    "bits": ("bypassing <= bypass or bypass_bit;", "bypassing <= bypass;"),
}
"""An input that does nothing, by what stands in the VHDL and what instead."""


@dataclasses.dataclass(frozen=True)
class Deaf(Threshold):
    """The port bypass leads nowhere in the MyHDL description."""

    kind = ""

    def block(self, **signals):
        return super().block(**{**signals, "bypass": Signal(bool(0))})


@pytest.fixture(scope="module")
def denoiser():
    return make_core(DENOISER)


@pytest.fixture(scope="module", params=DEAD)
def dead(denoiser, request, tmp_path_factory):
    return _spoilt(denoiser, tmp_path_factory.mktemp("dead") / "quiet", *DEAD[request.param])


def moved(core, engine, manifest, seed, *needed):
    """The leg of a proof in which inputs move."""
    words = make_signal("noise", core, 1000, seed)
    fields = {"data": words, **core.accompany(words)}
    leg, stimulus, values = steered_leg(core, fields, seed, 0.3)
    assert not {"bypass", *needed} & set(leg.unnoticed)
    return prove(core, stimulus, engine, manifest, values=values)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_input_is_found(denoiser, dead, seed):
    for engine in ("ghdl", "native"):
        result = moved(denoiser, engine, dead, seed, *DEAD)
        assert result.error is None
        assert result.words_different


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_bypass_is_found_in_myhdl(seed):
    assert moved(Deaf(levels=1, bank="decimated"), "myhdl", None, seed).words_different


def test_a_dead_bypass_is_told(denoiser, tmp_path):
    proof = verify(denoiser, "noise", ["native"], samples=200, manifest=_spoilt(denoiser, tmp_path / "quiet", *DEAD["bypass"]))
    assert not proof.passed
    assert [leg.name for leg in proof.engines[0].legs] == ["stalled", "full rate", "filled", "controls moved"]
    assert "words differ, first data" in complaints(proof)[0]
    assert (
        "(controls moved); replay: ossicle verify quiet.toml --input noise --engine native --samples 200 --seed 0" in complaints(proof)[0]
    )


# Registers that are read back.

UNREAD = {
    "another bit": ("control_readdata(0) <= bypass_bit;", "control_readdata(0) <= freeze_bit;"),
    "a bit that is left out": ("control_readdata(1) <= freeze_bit;", "control_readdata(1) <= '0';"),
    "half a register": ("control_readdata <= resize(factor, 16);", "control_readdata <= resize(factor(8 downto 0), 16);"),
    "the other address": (
        "if control_address = 0 then\n            control_readdata",
        "if control_address = 1 then\n            control_readdata",
    ),
}
"""A slave that takes what is written and gives something else back, by what stands in the VHDL and what instead."""


@pytest.fixture(scope="module", params=UNREAD)
def misread(denoiser, request, tmp_path_factory):
    return _spoilt(denoiser, tmp_path_factory.mktemp("misread") / "quiet", *UNREAD[request.param])


@pytest.mark.parametrize("seed", SEEDS)
def test_a_register_that_is_not_read_as_it_was_written_is_found(denoiser, misread, seed):
    words = make_signal("noise", denoiser, 100, seed)
    played: Any = play_registers(denoiser, {"data": words, **denoiser.accompany(words)}, seed, 0.3)
    for engine in ("ghdl", "native"):
        result = prove(denoiser, played.stimulus, engine, misread, values=played)
        assert result.error is None
        assert result.words_different
        first: Any = result.first_difference
        assert first.field in ("control_readdata at address 0", "control_readdata at address 1")


def test_a_register_that_is_misread_is_told(denoiser, tmp_path):
    proof = verify(denoiser, "noise", ["native"], samples=200, manifest=_spoilt(denoiser, tmp_path / "quiet", *UNREAD["another bit"]))
    assert not proof.passed
    assert proof.engines[0].legs[-1].name == "registers"
    assert "registers differ, first control_readdata at address 1, read " in complaints(proof)[0]


class OtherBit(Threshold):
    """Reads what stands at the other address."""

    kind = ""

    def block(self, **signals):
        inner, address = Signal(intbv(0)[1:]), signals["control_address"]

        @always(address)
        def turn():
            inner.next = 1 - address

        return super().block(**{**signals, "control_address": inner}), turn


@pytest.mark.parametrize("seed", SEEDS)
def test_a_register_that_is_misread_is_found_in_myhdl(seed):
    core = OtherBit(levels=1, bank="decimated")
    words = make_signal("noise", core, 60, seed)
    played: Any = play_registers(core, {"data": words, **core.accompany(words)}, seed, 0.3)
    assert prove(core, played.stimulus, "myhdl", None, values=played).words_different
    right = Threshold(levels=1, bank="decimated")
    assert prove(right, played.stimulus, "myhdl", None, values=played).passed


def test_what_stands_in_a_register_after_a_reset_is_read_first(denoiser):
    played: Any = play_registers(denoiser, {"data": np.zeros(50, np.int64)}, 0, 0.0)
    first = {cycle for cycle, port, value in played.stimulus.events if port == "control_write" and value}
    before = [held for (cycle, _), held in zip(played.stimulus.probes, played.expected, strict=True) if cycle < min(first)]
    assert before
    # Four and a half times the median over 0.6745, with six bits of fraction; neither bypass nor freeze.
    assert {(register.address, value) for register, value in before} <= {(0, round(3 / 0.6745 * 64)), (1, 0)}


# Packets whose marks are wrong.


def added(words, starts, ends, length, hop):
    """Overlap-add as docs/cores/overlap_add.md says it, word by word: segments with weights of one, and what is whole of them."""
    packets, packet = [], None
    for word, start, end in zip(words, starts, ends, strict=True):
        if packet is None:
            if not start:
                continue
            packet = []
        packet.append(word)
        if end or len(packet) == length:
            packets.append(packet + [0] * (length - len(packet)))
            packet = None
    decided = len(packets) * hop + min(len(packet or ()), hop)
    packets += [packet + [0] * (length - len(packet))] if packet else []
    total = [0] * (len(packets) * hop + length)
    for number, packet in enumerate(packets):
        for place, word in enumerate(packet):
            total[number * hop + place] += word
    return total[:decided]


@examples(20)
@given(st.integers(4, 12), st.integers(0, 2**20), st.integers(1, 14))
def test_an_adder_resynchronises(length, seed, packets):
    hop = length // 2
    core = make_core({"core": "overlap_add", "window": "hann", "segment_length": 2 * hop, "hop": hop})
    rng = np.random.default_rng(seed)
    words, spoilt = malformed_packets(core, rng.integers(-8000, 8000, 50), packets, rng)
    assert spoilt == packets // 2
    wanted = added(words["data"].tolist(), words["startofpacket"], words["endofpacket"], 2 * hop, hop)
    assert core.model(tuple(words.values())).tolist() == wanted


def test_every_fault_stands_between_good_packets():
    core = make_core({"core": "overlap_add", "window": "hann", "segment_length": 8, "hop": 4})
    words, spoilt = malformed_packets(core, np.arange(200), 2 * len(FAULTS) + 1, np.random.default_rng(3))
    assert spoilt == len(FAULTS)
    regular = core.accompany(np.zeros(8, np.int64))
    for field in ("startofpacket", "endofpacket"):
        assert words[field][:8].tolist() == words[field][-8:].tolist() == regular[field].tolist()


PACKETS = {
    "overlap_add": {"core": "overlap_add", "window": "hann", "segment_length": 8, "hop": 4},
    "fifo": {"core": "fifo", "depth": 5, "packets": True},
    "chain": {
        "core": "chain",
        "stages": [{"core": "overlap_add", "window": "hann", "segment_length": 8, "hop": 4}, {"core": "limiter", "silence": 3}],
    },
}


@pytest.mark.parametrize("kind", PACKETS)
def test_malformed_packets_are_played(kind):
    proof = verify(make_core(PACKETS[kind]), "noise", ("myhdl",), samples=100, seed=2)
    assert complaints(proof) == []
    legs = {leg.name: leg for leg in proof.engines[0].legs}
    assert legs["malformed packets"].malformed == len(FAULTS)


DOES_NOT_RESYNCHRONISE = "outside <= first and not sink_startofpacket;", "outside <= '0';"


@pytest.mark.parametrize("engine", ["ghdl", "native"])
def test_an_adder_that_does_not_resynchronise_is_found(engine, tmp_path):
    core = make_core(PACKETS["overlap_add"])
    manifest = _spoilt(core, tmp_path / "adder", *DOES_NOT_RESYNCHRONISE)
    for seed in SEEDS:
        leg, stimulus, _ = spoilt_leg(core, {"data": make_signal("noise", core, 100, seed)}, seed, 0.3)
        assert leg.malformed
        assert not prove(core, stimulus, engine, manifest).passed


# What a run says of itself.


def test_the_legs_are_told(denoiser):
    proof = verify(denoiser, "noise", ("myhdl",), samples=150)
    text = report(denoiser, proof, "noise")
    assert "myhdl  stalled         150 words  random stalls, a reset" in text
    assert "no stalls, no reset, every clock on schedule, 38 extremes" in text
    assert "controls moved" in text
    assert "restarted" in text
    legs = proof.as_dict()["engines"][0]["legs"]
    assert [leg["name"] for leg in legs] == ["stalled", "full rate", "filled", "controls moved", "registers", "restarted"]
    assert legs[1]["worst_case"] > 0
    assert legs[3]["moves"] >= 12
    assert (legs[4]["moves"], legs[4]["reads"]) == (16, 34)
    assert proof.as_dict()["extremes"]["kept"]


@dataclasses.dataclass(frozen=True)
class Wrapping(Fir):
    """A model, and hardware that agrees with it, that is wrong at full scale only."""

    kind = ""

    def model(self, x):
        words = super().model(x)
        return np.where(np.abs(words) > 32700, words // 2, words)


def test_a_model_that_is_wrong_at_the_ends_only_is_found():
    core = Wrapping(coefficients=[0.25, 0.25, 0.25, 0.2499])
    proof = verify(core, make_signal("noise", core, 2000) // 2, ())
    assert proof.judgement.kept
    assert not proof.extremes.kept
    assert not proof.passed
    assert "extremes and worst case: SNR" in complaints(proof)[0]


def _edited(core, folder, suffix, before, after):
    """VHDL with one line spoilt."""
    manifest = generate(core, folder, companions=None)
    [path] = [manifest.folder / name for name in manifest.files if name.endswith(suffix)]
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))
    return manifest


@pytest.fixture(scope="module")
def never_full(tmp_path_factory):
    core = make_core({"core": "fifo", "name": "deep", "depth": 512})
    return core, _edited(core, tmp_path_factory.mktemp("deep") / "deep", "_control.vhd", "more <= not count(9);", "more <= '1';")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_deep_queue_that_is_never_full_is_found(never_full, seed):
    """Random stalls on both sides do not fill it."""
    core, manifest = never_full
    for engine in verify(core, "noise", ("ghdl", "native"), samples=1000, seed=seed, manifest=manifest).engines:
        assert not engine.passed
    assert verify(core, "noise", ("native",), samples=1000, seed=seed).passed


@pytest.mark.parametrize("silence", [480, 5000])
def test_a_dead_input_of_a_core_that_is_silent_for_long_is_found(silence, tmp_path):
    core = make_core({"core": "limiter", "name": "quiet", "silence": silence})
    half = "to_unsigned(16384, ceiling_value'length)"
    text = "ceiling_value <= unsigned(ceiling)"
    manifest = generate(core, tmp_path / "quiet", companions=None)
    [path] = [manifest.folder / name for name in manifest.files if text in (manifest.folder / name).read_text()]
    path.write_text(path.read_text().replace(text, f"ceiling_value <= {half}"))
    assert not verify(core, "noise", ("native",), samples=20_000, manifest=manifest).passed


def test_what_nothing_was_seen_of_is_not_proven():
    core = make_core({"core": "limiter", "silence": 100_000})
    proof = verify(core, "noise", ("native",), samples=3000)
    assert all(engine.passed for engine in proof.engines)
    assert (proof.unnoticed, proof.passed, proof.as_dict()["unnoticed"]) == (("ceiling",), False, ["ceiling"])
    assert complaints(proof) == [
        "limiter: nothing was seen of ceiling: dead, the same words would have come; more --samples may show it",
        "limiter: every word is 0: a dead core would have given the same; more --samples, or others, may show it",
    ]
    assert report(core, proof, "noise").endswith("\n\nnot proven")


def test_outputs_that_are_not_compared_are_named():
    core = make_core({"core": "sequencer", "segment_length": 6, "calculation": {"core": "fifo", "depth": 4}})
    proof = verify(core, "noise", ("native",), samples=100)
    assert "outputs beside the stream, which no model gives, are not compared: status, calculation_level\n" in report(core, proof, "noise")


# Outputs beside the stream, of which the core says what they are.

FIFO, LIMITER = {"core": "fifo", "depth": 6}, {"core": "limiter", "silence": 20}
MARK = "clipped <= take and enough and (above or below);"
BESIDE = {
    "a level without its lowest bit": (FIFO, "level <= count(2 downto 0);", 'level <= count(2 downto 0) and "110";'),
    "a level that is never the depth": (FIFO, "level <= count(2 downto 0);", 'level <= "101" when count = 6 else count(2 downto 0);'),
    "a mark of words too high alone": (LIMITER, MARK, "clipped <= take and enough and above;"),
    "a mark of silent words": (LIMITER, MARK, "clipped <= take and (above or below);"),
}


@pytest.fixture(scope="module", params=BESIDE)
def beside(request, tmp_path_factory):
    description, *lines = BESIDE[request.param]
    core = make_core(description)
    return core, _spoilt(core, tmp_path_factory.mktemp("beside") / core.name, *lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_output_beside_the_stream_that_is_wrong_is_found(beside, seed):
    core, manifest = beside
    for engine in ("ghdl", "native") if seed == 0 else ("native",):
        proof = verify(core, "noise", (engine,), samples=100, seed=seed, manifest=manifest)
        assert not proof.passed
        first: Any = proof.engines[0].first_difference
        assert first.field == {"fifo": "level", "limiter": "clipped"}[core.kind]


@pytest.mark.parametrize("engine", HARDWARE)
@pytest.mark.parametrize(
    ("description", "name"),
    [
        (FIFO, "level"),
        (LIMITER, "clipped"),
        ({**LIMITER, "channels": 3}, "clipped"),
        ({"core": "chain", "stages": [{"core": "fifo", "depth": 4}, {**LIMITER, "name": "last"}]}, "last_clipped"),
    ],
)
def test_an_output_beside_the_stream_is_compared(description, name, engine):
    core = make_core(description)
    proof = verify(core, "noise", (engine,), samples=300)
    assert proof.passed
    assert [leg.beside for leg in proof.engines[0].legs if leg.name in ("stalled", "full rate", "filled")] == [(name,)] * 3
    assert f"with {name}" in report(core, proof, "noise")


@pytest.mark.parametrize(
    ("description", "samples", "said"),
    [
        ({"core": "fifo"}, 1, "samples = 1: a proof takes 16 words or more"),
        ({"core": "sequencer", "segment_length": 64, "calculation": {"core": "fifo"}}, 60, "sequencer gives no word for so few"),
        ({"core": "sequencer", "real_time": True, "calculation": {"core": "fifo"}}, 300, "loses words for which neighbours do not wait"),
    ],
)
def test_what_cannot_be_proven_is_refused(description, samples, said):
    with pytest.raises(ValueError, match=said):
        verify(make_core(description), "noise", ("native",), samples=samples)


@pytest.mark.parametrize("seed", range(3))
def test_a_proof_of_few_segments_shows_words_while_inputs_move(seed):
    core = make_core({"core": "sequencer", "calculation": {"core": "fifo"}})
    assert verify(core, "noise", ("native",), samples=300, seed=seed).passed


# Resets in many places.

FORGETFUL = "if reset = '1' then\n                occupied <= '0';\n            elsif moves = '1' then", "if moves = '1' then"
"""A register that a reset leaves as it is: it matters only if a word waits just then."""


def test_a_reset_that_forgets_a_register_is_found_wherever_it_matters(tmp_path):
    core = make_core({"core": "limiter", "name": "forgetful", "silence": 5})
    manifest = _spoilt(core, tmp_path, *FORGETFUL)
    proofs = [verify(core, "noise", ("native",), samples=200, seed=seed, manifest=manifest) for seed in range(4)]
    assert not any(proof.passed for proof in proofs)
    last = [proof.engines[0].legs[-1] for proof in proofs]
    # In some of them one reset says nothing of it.
    assert "restarted" in [leg.name for leg in last]


def test_short_runs_with_a_reset_count_together():
    core = make_core({"core": "fifo", "depth": 3})
    proof = verify(core, "noise", ("myhdl", "native"), samples=100)
    assert proof.passed
    few, many = (engine.legs[-1] for engine in proof.engines)
    assert (few.name, few.runs) == ("restarted", 1)
    assert (many.name, many.runs, many.reset) == ("restarted", 32, True)
    assert many.words_in == 32 * few.words_in
    assert many.words_compared > 16 * few.words_in
    assert [leg.name for leg in verify(core, "noise", ("myhdl",), samples=40, reset=False).engines[0].legs] == [
        "stalled",
        "full rate",
        "filled",
    ]


# Registers are read and silence is compared: neither tells that a word would have been another.


def test_registers_that_hold_what_was_written_do_not_tell_that_it_is_used():
    """Nothing leaves an aid in its first 160 samples: all of its registers can be read back, and each could be dead."""
    core = make_core({"core": "hearing_aid", "wavelet": "haar", "levels": 1, "stages": [{"core": "band_gain", "gains": [0.0, 6.0]}]})
    proof = verify(core, "noise", ("native",), samples=100)
    assert [engine.passed for engine in proof.engines] == [True]
    assert any(leg.reads for leg in proof.engines[0].legs)
    assert set(proof.unnoticed) == set(core.run_time_inputs)
    assert not proof.passed


def test_nothing_but_zeros_is_not_proven():
    """The delay of a filter is longer than what is played: a core that is dead gives the same words."""
    core = make_core({"core": "fir", "coefficients": [0.0] * 400 + [0.5]})
    proof = verify(core, "noise", ("native",), samples=100)
    assert (proof.sounds, proof.passed) == (False, False)
    assert complaints(proof) == ["fir: every word is 0: a dead core would have given the same; more --samples, or others, may show it"]
    assert verify(core, "noise", ("native",), samples=1000).passed


def test_a_detector_of_pitch_hears_a_voice_in_every_proof():
    """Noise has no period, so that 2000 words of it alone give nothing but zeros."""
    core = load_core(EXAMPLES / "pitch_detector.toml")
    assert not np.any(core.model(make_signal("noise", core, 2000, 0)))
    proof = verify(core, "noise", ("native",), samples=2000)
    assert proof.passed
    assert proof.engines[0].legs[1].voiced > 500
