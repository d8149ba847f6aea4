"""Tones and noise without a sink: exact phases, numpy's spectra, scipy's densities, a primitive polynomial, and the chain of proof."""

from __future__ import annotations

import json
from math import gcd

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import reference.nco
import reference.ten_noise
from fixed_point import to_float
from fixed_point.nco import random_words
from fixed_point.sound import read_audio
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from ossicle.command_line import main
from ossicle.descriptions import load_core
from testbenches.for_tests.drawing import examples
from testbenches.fuzz.analysis import ghdl_complaints
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions, made
from testbenches.source_proof import judged_source, source_legs
from testbenches.steering import unnoticed
from testbenches.verify import verify

TEN = "examples/ten_noise.toml"


def make(**parameters):
    return make_core({"core": "nco", "name": "oscillator", **parameters})


CORES = descriptions("nco").map(made)


@examples(40)
@given(CORES, st.integers(1, 100), st.integers(0, 2**20))
def test_model_equals_its_definition(core, count, seed):
    """Word by word, with inputs that move at any of them."""
    rng = np.random.default_rng(seed)
    values = {name: rng.integers(0, one.highest, count, endpoint=True) for name, one in core.run_time_inputs.items()}
    rows = {name: row.tolist() for name, row in values.items()}
    assert core.model(count).tolist() == right_words(core, {"data": [0] * count}, {})["data"]
    assert core.steered_model(count, values).tolist() == right_words(core, {"data": [0] * count}, rows)["data"]


@examples(40)
@given(CORES, st.integers(20, 2000))
def test_model_keeps_its_promise(core, count):
    found = judged_source(core, count)
    assert found.kept, found


def power_of_x(exponent, modulus):
    """x to a power modulo a polynomial over two elements, as bits of an integer."""
    degree, found, square = modulus.bit_length() - 1, 1, 2

    def product(one, other):
        total = 0
        while other:
            if other & 1:
                total ^= one
            one, other = one << 1, other >> 1
            if one >> degree:
                one ^= modulus
        return total

    while exponent:
        if exponent & 1:
            found = product(found, square)
        square, exponent = product(square, square), exponent >> 1
    return found


PRIMITIVE = {(31, 3), (31, 6), (31, 7), (31, 13)}
"""Exponents of the primitive trinomials x^31 + x^k + 1 with k up to 15 (Zierler and Brillhart 1968)."""


def test_the_noise_has_the_longest_period():
    """2^31 - 1 is prime, so that x has this order, and no smaller, where x^(2^31 - 1) is 1 modulo the polynomial."""
    long, short = reference.nco.LONG, reference.nco.LONG - reference.nco.SHORT
    assert (long, short) in PRIMITIVE
    modulus = (1 << long) | (1 << short) | 1
    assert power_of_x(2**31 - 1, modulus) == 1
    assert power_of_x(1, modulus) != 1
    # So many bits at once meet every phase of the sequence.
    assert all(gcd(width, 2**31 - 1) == 1 for width in range(4, 25))
    assert not any(power_of_x(2**31 - 1, (1 << 31) | (1 << k) | 1) == 1 for k in range(1, 16) if (31, k) not in PRIMITIVE)


@pytest.mark.parametrize("width", [4, 13, 16, 24])
def test_bits_are_those_of_the_recurrence(width):
    core = make(sound="noise", source=f"sfix{width}_En{width - 1}", seed=987_654_321)
    words = random_words(3000, core.law).tolist()
    bits = [word >> place & 1 for word in words for place in range(width)]
    assert all(bits[t] == bits[t - 28] ^ bits[t - 31] for t in range(31, len(bits)))
    assert sum(bit << place for place, bit in enumerate(bits[:31])) == 987_654_321


def test_noise_is_white_even_and_has_no_mean():
    core, count = make(sound="noise", level=1.0), 1 << 17
    x = to_float(core.model(count), core.source)
    _, density = scipy.signal.welch(x, 1.0, nperseg=256)
    # A mean of 1 023 periodograms is off by 3 % of itself; five times that, over as many lines; what welch takes for the mean left out.
    assert np.max(np.abs(density[3:-3] / (2 / 3) - 1)) < 0.16
    counts, _ = np.histogram(x, 64, (-1, 1))
    assert np.sum((counts - count / 64) ** 2 / (count / 64)) < 120
    assert abs(x.mean()) < 5 / np.sqrt(3 * count)
    assert np.max(np.abs(np.correlate(x[:4096], x[:4096], "full")[4096:])) < 0.1 * 4096 / 3


def spectrum_of(core, count):
    """Powers at the lines of a spectrum of a whole number of periods, in dB below the strongest."""
    lines = np.abs(np.fft.rfft(to_float(core.model(count), core.source))) ** 2
    return 10 * np.log10(np.maximum(lines, 1e-30) / lines.max())


@pytest.mark.parametrize(("angle_bits", "least"), [(10, 60.0), (11, 66.0), (12, 72.0)])
def test_lines_beside_a_tone_are_as_weak_as_its_angles_are_fine(angle_bits, least):
    """6.02 dB a bit (Nicholas and Samueli 1987), of an odd number of periods in 2^18 words: every phase comes."""
    count, periods = 1 << 18, 12_345
    core = make(angle_bits=angle_bits, frequency=16000 * periods / count, level=1.0)
    lines = spectrum_of(core, count)
    assert np.argmax(lines) == periods
    assert -np.max(np.delete(lines, periods)) >= least


def test_random_bits_take_the_lines_away():
    """A line gathers power with the length of the spectrum, noise does not: over 2^17 words all lies 85 dB below and more."""
    count, periods = 1 << 17, 1235 * 8 + 1
    plain, dithered = (make(dither=dither, frequency=16000 * periods / count, level=1.0) for dither in (False, True))
    strongest = [-np.max(np.delete(spectrum_of(core, count), periods)) for core in (plain, dithered)]
    assert strongest[0] < 65
    assert strongest[1] > 85


@pytest.mark.parametrize("frequency", [0.5, 125.0, 999.9, 7999.0])
def test_frequency_is_that_of_the_increment(frequency):
    """Zeros are crossed as often as the exact phase says, over a minute."""
    core, count = make(frequency=frequency), 60 * 16000
    turns = core.increment * count / 2**core.phase_bits
    assert abs(core.increment / 2**core.phase_bits * 16000 - frequency) <= 16000 / 2**25
    crossed = np.count_nonzero(np.diff(core.model(count) < 0))
    assert abs(crossed - 2 * turns) <= 2


def test_phase_goes_on_through_changes():
    """By Python's integers: no click where frequency or level change."""
    core, count = make(source="sfix16_En15"), 4000
    rng = np.random.default_rng(0)
    increments = np.repeat(rng.integers(0, 2**23, 40), 100)
    found = to_float(core.steered_model(count, {"increment": increments, "level": np.full(count, 65535)}), core.source)
    phase, exact = 0, []
    for step in increments.tolist():
        exact.append(phase)
        phase = (phase + step) % 2**24
    truth = np.sin(2 * np.pi * (np.array(exact) / 2**24 + 2.0**-11)) * 65535 / 65536
    assert np.max(np.abs(found - truth)) < np.pi / 2**10 + 2.0**-14


def test_level_is_in_steps_of_full_scale():
    for level, word in ((0.0, 0), (0.1, 6554), (1.0, 65535)):
        core = make(level=level, frequency=1234.5)
        assert core.controls["level"] == word
        expected = 20 * np.log10(word / 65536) if word else -np.inf
        with np.errstate(divide="ignore"):
            assert reference.nco.level(to_float(core.model(16000), core.source)) == pytest.approx(expected, abs=0.01)


HARDWARE = ("myhdl", "ghdl", "native")


@pytest.mark.parametrize(
    "parameters",
    [
        {"sound": "both", "dither": True, "frequency": 777.7}, {"sound": "noise", "source": "sfix24_En23"},
        {"source": "sfix4_En3", "angle_bits": 4, "phase_bits": 8, "dither": True, "frequency": 3210.0},
        {"noise_first": False, "angle_bits": 12, "phase_bits": 12, "source": "sfix12_En9"},
    ],
)  # fmt: skip
def test_proven(parameters):
    engines = HARDWARE if parameters.get("sound") == "both" else HARDWARE[:2]
    outcome = verify(make(**parameters, minimum_snr=0.0), engines=engines, samples=100)
    assert outcome.passed, outcome
    assert {leg.name for leg in outcome.engines[0].legs} == {"stalled", "full rate", "filled", "controls moved", "restarted"}
    assert not outcome.unnoticed


def test_every_input_matters_in_the_proof():
    core = make(sound="both", dither=True)
    leg, _, moves = next(found for found in source_legs(core, "myhdl", 100, 0, 0.3, True) if found[0].moves)
    assert {name for _, name, _ in moves} == {"increment", "level", "noisy"}
    still = {name: np.full(leg.words_in, one.start) for name, one in core.run_time_inputs.items()}
    assert {name for name, _ in unnoticed(core, leg.words_in, still)} == {"increment", "level", "noisy"}


def test_a_source_at_the_head_of_a_chain_is_proven():
    chain = make_core({"core": "chain", "name": "shaped", "stages": [
        {"core": "nco", "name": "white", "sound": "noise"},
        {"core": "fir", "name": "shape", "form": "serial", "coefficients": [0.5, 0.3, -0.1]},
    ]})  # fmt: skip
    assert chain.is_source
    assert [port.name for port in chain.ports[:3]] == ["clk", "reset", "source_valid"]
    white = chain.stages[0].model(500)
    expected = scipy.signal.lfilter([0.5, 0.3, -0.1], 1, to_float(white, chain.source_format))
    assert np.max(np.abs(to_float(chain.model(500), chain.source_format) - expected)) < 2.0**-14
    outcome = verify(chain, engines=("native",), samples=1000)
    assert outcome.passed, outcome


def test_of_a_decimator_behind_it_so_many_words_are_begun():
    chain = make_core({"core": "chain", "name": "slow", "stages": [
        {"core": "nco", "name": "fast"}, {"core": "fir", "name": "half", "coefficients": [0.5, 0.5], "decimation": 2},
    ]})  # fmt: skip
    assert len(chain.model(100)) == len(chain.reference(100)) == 100
    assert verify(chain, engines=("myhdl",), samples=100).passed


def test_threshold_equalising_noise_has_its_density():
    """By scipy's welch over two and a half minutes: within 1 dB of the TEN test's density from 125 Hz, within half of one from 250 Hz."""
    core = load_core(TEN)
    x = to_float(core.model(150 * 16000), core.source_format)
    frequency, density = scipy.signal.welch(x, 16000, nperseg=1024)
    wanted = reference.ten_noise.density(np.maximum(frequency, 1), 70.0)
    off = 10 * np.log10(density) - wanted
    off -= off[np.argmin(np.abs(frequency - 1000))]
    assert np.max(np.abs(off[(frequency >= 125) & (frequency <= 7900)])) < 1.0
    assert np.max(np.abs(off[(frequency >= 250) & (frequency <= 7900)])) < 0.5


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"source": "ufix16_En16"}, "source = .*must be signed"), ({"phase_bits": 9}, "phase_bits = 9: must be angle_bits = 10 or more"),
        ({"frequency": 9000.0}, "frequency = 9000.0: must be at most 8000 Hz"), ({"seed": 0}, "seed = 0"),
        ({"sound": "noise", "dither": True}, "dither"), ({"noise_first": True}, "noise_first"), ({"interface": "axi"}, "interface"),
        ({"phase_bits": 10, "dither": True}, "dither"), ({"level": 1.5}, "level = 1.5"), ({"sound": "pink"}, "sound"),
    ],
)  # fmt: skip
def test_refused(parameters, said):
    with pytest.raises(ParameterError, match=said):
        make(**parameters)


def test_a_source_stands_only_in_front():
    nco, fir = {"core": "nco"}, {"core": "fir", "coefficients": [1.0]}
    with pytest.raises(ParameterError, match=r"stages\[1\]\.core"):
        make_core({"core": "chain", "stages": [fir, nco]})
    with pytest.raises(ParameterError, match=r"stages\[0\]\.core"):
        make_core({"core": "chain", "stages": [nco, {**fir, "inputs": ["stage_0"]}]})
    with pytest.raises(ParameterError, match=r"calculation\.core"):
        make_core({"core": "sequencer", "calculation": nco})


def test_commands(tmp_path, capsys):
    path = tmp_path / "tone.wav"
    assert main(["process", "examples/tone.toml", str(path), "--seconds", "0.5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 8000
    core = load_core("examples/tone.toml")
    np.testing.assert_allclose(read_audio(str(path), 16000).samples, to_float(core.model(8000), core.source), atol=2.0**-16)
    for arguments, said in (
        (["process", "examples/tone.toml", "in.wav", str(path)], "ossicle: in.wav: must be left out"),
        (["process", "examples/lowpass.toml", str(path)], "must be the third argument"),
        (["process", "examples/lowpass.toml", "examples/speech.wav", str(path), "--seconds", "1"], "--seconds 1: must be left out"),
        (["verify", "examples/tone.toml", "--input", "sine"], "ossicle: --input sine: must be left out"),
        (["verify", "examples/tone.toml", "--samples", "3"], "samples = 3: a proof takes 16 words or more"),
    ):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    assert main(["show", "examples/tone.toml"]) == 0
    assert "a tone of 1000 Hz" in capsys.readouterr().out


def test_no_port_is_a_word_of_any_vhdl():
    """``noise`` is one of VHDL-AMS, and was a port."""
    assert not ghdl_complaints(make(sound="both"))
