"""The chain of proof for the FIR filter: definition == model == MyHDL == VHDL in GHDL == VHDL as machine code."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import firwin, lfilter

from fixed_point import Format, to_float
from ip_cores.chain import Chain
from ip_cores.core import make_core
from ip_cores.fir import Fir
from ip_cores.generate import generate
from ip_cores.parameters import ParameterError
from testbenches.engines.ghdl import find_ghdl
from testbenches.engines.native_engine import run_native
from testbenches.for_tests import oracle
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import compare, stimulus_for, verify

HARDWARE = ("myhdl", "ghdl", "native")


def fir(coefficients, **parameters):
    return make_core({"core": "fir", "coefficients": list(coefficients), **parameters})


def definition(core, words):
    """Exact sums of products, rounded once."""
    f = core.source
    return oracle.fir_words(
        [int(word) for word in words],
        [int(word) for word in core.quantized.words],
        core.sink.fraction_length + core.coefficient.fraction_length,
        f.signed,
        f.word_length,
        f.fraction_length,
        str(core.rounding),
        str(core.overflow),
    )


def extremes_and_noise(core, count, seed=0):
    """Both ends of the range in alternation, then the signs that make the sum largest, then noise."""
    rng = np.random.default_rng(seed)
    low, high = core.sink.minimum, core.sink.maximum
    taps = np.asarray(core.quantized.words)[::-1]
    worst = np.where(taps < 0, low, high)
    noise = rng.integers(low, high + 1, max(count - 8 - len(worst), 8))
    return np.concatenate([np.tile([low, high], 4), worst, noise])


def assert_proven(core, words, engines, seed=0):
    assert np.asarray(core.model(words)).tolist() == definition(core, words)
    proof = verify(core, words, engines, samples=len(words), seed=seed)
    for engine in proof.engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference} {core.description}"


@st.composite
def descriptions(draw):
    """Small filters over the whole parameter space."""
    coefficient, sink, source = (draw(st.integers(2, 32)) for _ in range(3))
    count = draw(st.integers(1, 12))
    low, high = -(2 ** (coefficient - 1)), 2 ** (coefficient - 1) - 1
    powers = [sign << place for place in range(coefficient - 1) for sign in (1, -1)]
    word = st.one_of(st.integers(low, high), st.sampled_from([0, low, high, *powers]))
    words = draw(st.lists(word, min_size=count, max_size=count))
    symmetry = draw(st.sampled_from([0, 1, -1]))
    if symmetry:
        words = [max(low, -high if w == low else w) for w in words]
        half = words[: count // 2]
        words = half + ([words[count // 2] if symmetry > 0 else 0] if count % 2 else []) + [symmetry * w for w in reversed(half)]
    fractions = [draw(st.integers(-2, length + 2)) for length in (coefficient, sink)]
    coefficient_format = Format(True, coefficient, fractions[0])
    return {
        "name": "filter_under_test",
        "form": draw(st.sampled_from(["direct", "transposed", "serial"])),
        "coefficients": [float(w) * 2.0 ** -fractions[0] for w in words],
        "coefficient": str(coefficient_format),
        "sink": str(Format(draw(st.booleans()), sink, fractions[1])),
        "source": str(Format(draw(st.booleans()), source, draw(st.integers(-2, sum(fractions) + 2)))),
        "rounding": draw(st.sampled_from(["floor", "nearest", "convergent", "zero", "ceil"])),
        "overflow": draw(st.sampled_from(["wrap", "saturate"])),
        "fold": draw(st.booleans()),
        "multiplier": draw(st.sampled_from(["embedded", "logic"])),
        "pipeline": draw(st.sampled_from(["area", "speed"])),
        "multipliers": draw(st.integers(1, count)),
    }


@examples(6)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_myhdl(description, seed):
    core = fir(**description)
    assert_proven(core, extremes_and_noise(core, 30, seed), ["myhdl"], seed)


@examples(4)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_ghdl(description, seed):
    core = fir(**description)
    assert_proven(core, extremes_and_noise(core, 60, seed), ["ghdl"], seed)


@examples(2)
@given(descriptions(), st.integers(0, 2**20))
def test_random_description_in_every_engine(description, seed):
    core = fir(**description)
    assert_proven(core, extremes_and_noise(core, 80, seed), HARDWARE, seed)


FORMS = [
    {"form": form, "pipeline": pipeline, "multipliers": multipliers}
    for form, multipliers in (("direct", 1), ("transposed", 1), ("serial", 1), ("serial", 3))
    for pipeline in ("area", "speed")
]


def form_name(form):
    return "-".join(str(value) for value in form.values())


@pytest.mark.parametrize("form", FORMS, ids=form_name)
@pytest.mark.parametrize("taps", [5, 16])
def test_latency_and_throughput(form, taps):
    """The latency is what the core says, and without stalls a sample is taken every `cycles_per_sample` clocks."""
    core = fir(firwin(taps, 0.25), **form)
    response = run(core, Stimulus({"data": np.arange(50)}), "ghdl")
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample}
    products = (taps + 1) // 2
    assert core.cycles_per_sample == (1 if form["form"] != "serial" else -(-products // form["multipliers"]) + 1)


HALF = 2.0**-15


def every_format(text):
    return dict.fromkeys(("sink", "coefficient", "source"), text)


EDGES = {
    # Mistakes that other libraries shipped.
    "taps_equal_a_power_of_two": {"coefficients": [(k + 1) * 0.01 for k in range(16)]},
    "odd_symmetric_centre_tap": {"coefficients": [0.1, -0.2, 0.7, -0.2, 0.1]},
    "odd_antisymmetric": {"coefficients": [0.1, -0.2, 0.0, 0.2, -0.1]},
    "last_tap_only": {"coefficients": [0.0] * 7 + [0.5]},
    "first_tap_only": {"coefficients": [0.6] + [0.0] * 7},
    "one_tap": {"coefficients": [0.7]},
    "one_tap_of_one_lsb": {"coefficients": [HALF]},
    "all_zero": {"coefficients": [0.0, 0.0, 0.0]},
    "coefficient_minus_one": {"coefficients": [-1.0, 0.5, -1.0]},
    "worst_case_saturates": {"coefficients": [0.9, -0.9, 0.9, -0.9, 0.9]},
    "worst_case_wraps": {"coefficients": [0.9, -0.9, 0.9, -0.9, 0.9], "overflow": "wrap"},
    "coefficients_wider_than_data": {"coefficients": [0.123456789, -0.7, 0.3], "coefficient": "sfix30_En29", "sink": "sfix6_En5"},
    "products_over_32_bits": {"coefficients": list(firwin(9, 0.3)), **every_format("sfix24_En23")},
    "products_over_53_bits": {"coefficients": list(firwin(9, 0.3)), **every_format("sfix32_En31")},
    "negative_rounds_half_up": {"coefficients": [0.5], "sink": "sfix8_En0", "source": "sfix8_En0"},
    "negative_rounds_to_even": {"coefficients": [0.5], "sink": "sfix8_En0", "source": "sfix8_En0", "rounding": "convergent"},
    "negative_rounds_to_zero": {"coefficients": [0.75], "sink": "sfix8_En0", "source": "sfix8_En0", "rounding": "zero"},
    "gain_is_one": {"coefficients": [1.0], "coefficient": "sfix18_En16"},
    "source_finer_than_sum": {"coefficients": [0.5, 0.25], "coefficient": "sfix4_En2", "sink": "sfix6_En2", "source": "sfix20_En12"},
    "everything_is_dropped": {"coefficients": [0.5, 0.25], "coefficient": "sfix4_En2", "sink": "sfix4_En2", "source": "sfix8_E12"},
}


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
@pytest.mark.parametrize("edge", EDGES)
def test_edge_case_in_emitted_vhdl(edge, form):
    """Its words, under stalls and across a reset; all legs of a proof are played to random descriptions."""
    core = fir(**EDGES[edge], form=form)
    words = {"data": extremes_and_noise(core, 100)}
    assert np.asarray(core.model(words["data"])).tolist() == definition(core, words["data"])
    response = run(core, stimulus_for(core, words, 0, 0.3, reset=True), "ghdl")
    assert compare(core, words, response)[1:] == (0, None)
    assert len(response.sink_cycles) >= len(words["data"])


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
def test_gain_is_what_the_binary_point_says(form):
    """A gain of one gives the samples back, not half of them."""
    core = fir([1.0], coefficient="sfix18_En16", form=form)
    words = np.array([32767, -32768, 1, -1, 12345])
    assert run(core, Stimulus({"data": words}), "ghdl").words["data"].tolist() == words.tolist()


LARGE = {
    "1024_taps_serial": {"coefficients": list(firwin(1024, 0.1)), "form": "serial", "multipliers": 16},
    "1023_taps_serial_32_bits": {
        "coefficients": list(firwin(1023, 0.1)),
        "form": "serial",
        "multipliers": 13,
        "pipeline": "speed",
        **every_format("sfix32_En31"),
    },
    "64_taps_direct_32_bits": {
        "coefficients": list(firwin(64, 0.1)),
        "form": "direct",
        **every_format("sfix32_En31"),
    },
    "128_taps_direct": {"coefficients": list(firwin(128, 0.1)), "form": "direct", "pipeline": "speed"},
    "half_band_serial": {"coefficients": list(firwin(63, 0.5)), "form": "serial", "multipliers": 2},
}


@pytest.mark.parametrize("large", LARGE)
def test_large_filter_in_native_engine(large, tmp_path):
    """The machine code is held against GHDL on a few words only, which a long filter simulates slowly, and against the model on many."""
    core = fir(**LARGE[large])
    words = {"data": extremes_and_noise(core, 2 * len(core.coefficients) + 200)}
    manifest = generate(core, tmp_path / "vhdl", companions=None)
    response = run_native(manifest, stimulus_for(core, words, 0, 0.3, reset=True), check_length=24)
    assert compare(core, words, response)[1:] == (0, None)
    assert len(response.data) > len(words["data"]) - core.latency - 5


def test_largest_transposed_filter_in_ghdl():
    """A thousand products by constants take a C++ compiler long, and GHDL a second."""
    core = fir(firwin(1024, 0.1), form="transposed")
    words = extremes_and_noise(core, 1080)
    response = run(core, Stimulus({"data": words}, expected=len(words)), "ghdl")
    assert response.data.tolist() == core.model(words).tolist()


@pytest.mark.parametrize("form", [FORMS[k] for k in (0, 3, 4, 7)], ids=form_name)
def test_speech_band_filter(form):
    """A filter of 48 taps on real speech: every word of the native engine, and the float reference of scipy."""
    core = fir(firwin(48, [0.0375, 0.5], pass_zero=False), **form)
    proof = verify(core, "speech", ["native"], samples=20_000)
    assert proof.passed
    x = np.linspace(-0.7, 0.7, 999)
    assert np.allclose(core.reference(x), lfilter(core.coefficients, 1.0, x), atol=1e-12)
    assert proof.snr >= proof.promised_snr > 50


def test_promised_snr_is_reached_and_not_far_away():
    rng = np.random.default_rng(1)
    for bits in (8, 12, 16):
        core = fir(firwin(31, 0.3), coefficient=f"sfix{bits}_En{bits - 1}")
        words = rng.integers(-20000, 20000, 5000)
        truth, found = core.reference(to_float(words, core.sink)), to_float(core.model(words), core.source)
        measured = 10 * np.log10(np.mean(truth**2) / np.mean((truth - found) ** 2))
        assert measured - 6 < core.promised_snr(words).snr <= measured


BENCH = """
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use std.textio.all;

entity bench is end entity;

architecture test of bench is
    signal clk, reset, sink_valid, sink_ready, source_valid, source_ready: std_logic := '0';
    signal sink_data: std_logic_vector(15 downto 0) := (others => '0');
    signal source_data: std_logic_vector(15 downto 0);
    signal ended: boolean := false;
begin
    dut: entity work.{name} port map (clk, reset, sink_valid, sink_ready, sink_data, source_valid, source_ready, source_data);
    clk <= not clk after 10 ns when not ended;
    stimulus: process
        file source: text open read_mode is "samples.txt";
        variable row: line;
        variable sample: integer;
    begin
        reset <= '1';
        wait until falling_edge(clk);
        wait until falling_edge(clk);
        reset <= '0';
        while not endfile(source) loop
            readline(source, row);
            read(row, sample);
            sink_data <= std_logic_vector(to_signed(sample, 16));
            sink_valid <= '1';
            wait until rising_edge(clk) and sink_ready = '1';
            wait until falling_edge(clk);
        end loop;
        sink_valid <= '0';
        wait;
    end process;
    source_ready <= '1';
    check: process
        file sink: text open write_mode is "filtered.txt";
        variable row: line;
    begin
        for n in 1 to {count} loop
            wait until rising_edge(clk) and source_valid = '1';
            write(row, to_integer(signed(source_data)));
            writeline(sink, row);
        end loop;
        ended <= true;
        wait;
    end process;
end architecture;
"""


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
@pytest.mark.parametrize("std", ["93", "08"])
def test_emitted_vhdl_alone_equals_numpy_convolution(tmp_path, form, std):
    """The delivered files, a test bench that is not the project's, and plain integer convolution."""
    core = fir(firwin(21, 0.4), name="low", form=form)
    manifest = generate(core, tmp_path / "vhdl")
    x = np.random.default_rng(3).integers(-32768, 32768, 300)
    (tmp_path / "samples.txt").write_text("\n".join(map(str, x)))
    (tmp_path / "bench.vhd").write_text(BENCH.format(name="low", count=len(x)))
    ghdl = find_ghdl().path
    sources = [*map(str, manifest.paths), "bench.vhd"]
    analysed = subprocess.run([ghdl, "-a", f"--std={std}", *sources], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (analysed.returncode, analysed.stderr) == (0, "")
    for step in (["-e", f"--std={std}", "bench"], ["-r", f"--std={std}", "bench"]):
        subprocess.run([ghdl, *step], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = np.loadtxt(tmp_path / "filtered.txt", dtype=int)
    taps = np.round(firwin(21, 0.4) * 2**15).astype(int)
    exact = np.convolve(x, taps)[: len(x)]
    assert found.tolist() == np.clip((exact + 2**14) >> 15, -32768, 32767).tolist()


REFUSED = {
    "coefficient.word_length": {"coefficient": "sfix1_En0"},
    "sink.word_length": {"sink": "sfix33_En0"},
    "form": {"form": "lattice"},
    "coefficients": {"coefficients": []},
    "multipliers": {"multipliers": 4},
    "rounding": {"rounding": "up"},
    "name": {"name": "2fir"},
}


@pytest.mark.parametrize("field", REFUSED)
def test_bad_parameter_is_refused_by_name(field):
    with pytest.raises(ParameterError, match=r"must be") as refused:
        fir(**{"coefficients": [0.1, 0.2, 0.1], **REFUSED[field]})
    assert refused.value.field == field


CLIPPED = [
    ({"coefficients": [8192, -16384, 4096]}, "tap 0: 8192", "must be -1 to 0.999969 in sfix16_En15"),
    ({"coefficients": [0.1, 4.0]}, "tap 1: 4", "or clip_coefficients = true"),
    ({"coefficients": [0.1, 1.5], "overflow": "wrap"}, "coefficient 1 = 1.5", "(overflow = wrap)"),
    ({"coefficients": [0.1, -0.2], "coefficient": "ufix16_En16"}, "tap 1: -0.2", "must be 0 to 0.999985"),
    ({"coefficients": [1e-6, 2e-6, 1e-6]}, "sfix16_En15", "must hold the 3 taps, which all round to 0 in it; sfix16_En33 would"),
    ({"coefficients": [1e-6]}, "sfix16_En15", "must hold the tap, which rounds to 0 in it; sfix16_En34 would"),
    ({"coefficients": [0.1, 0.2, 0.1], "coefficient": "sfix16"}, "sfix16_En0", "must hold the 3 taps, which all round to 0"),
]


@pytest.mark.parametrize(("description", "value", "allowed"), CLIPPED)
def test_coefficients_that_a_format_does_not_hold_are_refused(description, value, allowed):
    with pytest.raises(ParameterError, match="coefficient") as caught:
        Fir(**description)
    assert value in str(caught.value)
    assert allowed in str(caught.value)


NOTED = [
    (
        {"coefficients": [0.1, 4.0], "clip_coefficients": True},
        [3277, 32767],
        "1 of 2 coefficients clipped in sfix16_En15: tap 1, 4, is 0.999969",
    ),
    ({"coefficients": [1.0, 0.5, 1.0]}, [32767, 16384, 32767], "2 of 3 coefficients rounded into the range in sfix16_En15: tap 0, 1, is"),
    ({"coefficients": [1e-6, 0.5, 0.0]}, [0, 16384, 0], "1 of 3 taps rounded to 0 in sfix16_En15"),
    ({"coefficients": [0, 0.0, 0]}, [0, 0, 0], "all taps are 0"),
]


@pytest.mark.parametrize(("description", "words", "note"), NOTED)
def test_what_a_format_does_to_coefficients_is_said(description, words, note, tmp_path):
    core = Fir(**description)
    assert core.quantized.words.tolist() == words
    (found,) = core.notes
    assert found.startswith(note)
    assert Chain([core]).notes == (f"fir: {found}",)
    manifest = generate(core, tmp_path / "fir")
    assert manifest.as_dict()["notes"] == [found]
    assert found in (tmp_path / "fir/fir.md").read_text()
