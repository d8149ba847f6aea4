"""Cascade of second-order sections: exact oracle, scipy, limit cycles, head-room, designs, and the chain of proof."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.io
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import reference.biquad
from fixed_point import to_float
from fixed_point.families.section_responses import l1_norm, responses
from fpga_projects.exploration.optimize import optimize
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.benchmarks.limit_cycles import FAMILIES, limit_cycle, measured
from testbenches.for_tests.drawing import examples
from testbenches.for_tests.model_speed import sections_beside
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.fuzz.strategies import descriptions
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
RATE = 16000
SPEECH_BAND = {"method": "butter", "order": 4, "kind": "bandpass", "cutoff": [300, 3400]}
RUMBLE = {"method": "butter", "order": 2, "kind": "highpass", "cutoff": 100}
FIFTH = {"method": "ellip", "order": 5, "ripple": 0.5, "attenuation": 60, "cutoff": 1500}
PEAK = {"method": "peaking", "frequency": 6000, "gain": 6}


def make(**parameters):
    return make_core({"core": "biquad", "name": "filtered", **parameters})


def drawn_cores():
    return descriptions("biquad").map(make_core)


def noise(core, count, seed=0, size=1.0):
    """Words of noise with some full-scale ones, channels at random."""
    random = np.random.default_rng(seed)
    words = np.floor(random.uniform(core.sink.minimum, core.sink.maximum + 1, count) * size).astype(np.int64)
    words[random.random(count) < 0.05 * (size == 1)] = core.sink.minimum
    fields = {"data": words}
    if core.channels > 1:
        fields["channel"] = random.integers(0, core.channels, count)
    return fields


def entering(core, fields):
    """Words as model and reference take them."""
    return (fields["data"], fields["channel"]) if core.channels > 1 else fields["data"]


def recurrence(rows, x):
    """Sections in exact fractions, word by word."""
    for b0, b1, b2, a0, a1, a2 in [[Fraction(one) for one in row] for row in rows]:
        y = []
        for n, now in enumerate(x):
            x1, x2 = x[n - 1] if n else 0, x[n - 2] if n > 1 else 0
            y1, y2 = y[n - 1] if n else 0, y[n - 2] if n > 1 else 0
            y.append((b0 * now + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2) / a0)
        x = y
    return [float(one) for one in x]


@examples(60)
@given(drawn_cores(), st.integers(0, 2**20))
def test_model_equals_exact_sums_and_nothing_overflows_inside(core, seed):
    """The oracle refuses words between sections that do not fit."""
    fields = noise(core, 200, seed)
    expected = right_words(core, {name: row.tolist() for name, row in fields.items()}, {})
    found = core.model(entering(core, fields))
    assert (found[0] if core.channels > 1 else found).tolist() == expected["data"]


@examples(20)
@given(st.lists(st.sampled_from(([1.0, 0.5, 0.25, 1.0, -1.5, 0.625], [2.0, 0.0, -1.0, 4.0, 1.0, 1.0])), min_size=1, max_size=3))
def test_reference_is_the_recurrence(rows):
    x = np.random.default_rng(len(rows)).integers(-99, 99, 24).tolist()
    np.testing.assert_allclose(reference.biquad.biquad(x, rows), recurrence(rows, x), rtol=1e-12, atol=1e-9)


def test_channels_are_filters_of_their_own():
    core, alone = make(design=SPEECH_BAND, channels=3, sample_rate=3 * RATE), make(design=SPEECH_BAND)
    fields = noise(core, 600)
    found, channel = core.model((fields["data"], fields["channel"]))
    truth, _ = core.reference((to_float(fields["data"], core.sink), fields["channel"]))
    assert channel.tolist() == fields["channel"].tolist()
    for number in range(3):
        where = channel == number
        assert found[where].tolist() == alone.model(fields["data"][where]).tolist()
        expected = scipy.signal.sosfilt(np.array(alone.sections), to_float(fields["data"][where], core.sink))
        np.testing.assert_allclose(truth[where], expected, atol=1e-12)


@examples(40)
@given(drawn_cores())
def test_head_room_is_there_and_used(core):
    """For words of the worst sign each line comes near to what it is said to reach at most, and not beyond."""
    made = core.cascade
    full = (1 << made.state_bits - 1) - 1
    assert made.peaks.max() <= full
    lines = responses(made.values)
    for peak, line in zip(made.peaks[:-1], lines[:-1], strict=True):
        assert l1_norm(line) * 2.0 ** (made.state_bits - 1) <= peak
        assert peak > 0.9 * full or made.state_bits < 20
    assert made.peaks[-1] > 0.4 * full or made.state_bits < 20


def test_norms_are_sums_of_magnitudes():
    """Of a filter whose response scipy gives, and of one that rings for long."""
    for rows in (
        scipy.signal.butter(6, 300, fs=RATE, output="sos"),
        reference.biquad.peaking(60, 12, RATE, 10),
        scipy.signal.ellip(4, 1, 80, 50, fs=RATE, output="sos"),
    ):
        impulse = np.zeros(1 << 18)
        impulse[0] = 1
        expected = scipy.signal.sosfilt(rows, impulse)
        found = responses(rows)[-1]
        np.testing.assert_allclose(found[:1000], expected[:1000], atol=1e-9)
        assert l1_norm(found) == pytest.approx(np.abs(expected).sum(), rel=1e-5)


@examples(2)
@given(drawn_cores(), st.integers(0, 2**20))
def test_any_biquad(core, seed):
    fields = noise(core, 60, seed)
    expected = core.model(entering(core, fields))
    for engine in ("myhdl", "ghdl"):
        response = run(core, Stimulus.random_stalls(fields, seed, 0.3, drain=400), engine)
        assert response.data.tolist() == (expected[0] if core.channels > 1 else expected).tolist()


KINDS = {
    "direct": {"design": SPEECH_BAND},
    "direct, two multipliers, two channels": {"design": FIFTH, "multipliers": 2, "channels": 2, "sample_rate": 2 * RATE},
    "direct, five multipliers, no error feedback": {"design": PEAK, "multipliers": 5, "error_feedback": False},
    "transposed": {"design": SPEECH_BAND, "form": "transposed"},
    "transposed, one section": {"design": PEAK, "form": "transposed"},
    "transposed, one section, no error feedback": {"design": RUMBLE, "form": "transposed", "error_feedback": False},
    "transposed, two multipliers, five channels": {
        "design": PEAK, "form": "transposed", "multipliers": 2, "channels": 5, "sample_rate": 5 * RATE,
    },
    "several binary points": {
        "design": [{"method": "butter", "order": 2, "cutoff": 200}, {"method": "high_shelf", "frequency": 4000, "gain": 20}, RUMBLE],
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_chain_of_proof(kind):
    core = make(**KINDS[kind])
    proof = verify(core, "noise", HARDWARE, samples=200, seed=2, stalls=0.4)
    assert [engine.error or engine.first_difference for engine in proof.engines] == [None] * 3
    assert proof.passed


def test_forms_give_the_same_words():
    """Sums are exact in both, and are rounded in the same place."""
    direct, transposed = make(design=FIFTH), make(design=FIFTH, form="transposed", multipliers=2)
    assert direct.cascade == transposed.cascade
    assert (direct.cycles_per_sample, transposed.cycles_per_sample) == (21, 17)


@pytest.mark.parametrize(("multipliers", "clocks"), [(1, 27), (2, 19), (3, 15), (5, 11)])
def test_clocks(multipliers, clocks):
    core = make(design=SPEECH_BAND, multipliers=multipliers)
    fields = noise(core, 12)
    response = run(core, Stimulus(fields, drain=200), "myhdl")
    assert set(np.diff(response.sink_cycles)) == {core.cycles_per_sample} == {clocks}
    assert set(response.source_cycles - response.sink_cycles) == {core.latency}


@pytest.mark.parametrize("family", FAMILIES)
def test_limit_cycles_are_no_more_than_one_step(family):
    """Butterworth, peaking and shelving filters to order 8: measured, and a bound for every history."""
    row = measured(family, sections=4 if family != "peaking" else 1, bursts=2, coefficient_word_length=24)
    assert row.filters >= 48
    assert row.steps <= row.promised <= 1


def test_error_feedback_ends_limit_cycles():
    """A high-pass at 100 Hz between words of 16 and 17 bits, which would be far too few without."""
    without = limit_cycle(make(design=RUMBLE, error_feedback=False, state_word_length=17))
    assert without > 50
    assert limit_cycle(make(design=RUMBLE, state_word_length=17)) == 0
    assert "limit cycles" in make(design=RUMBLE, state_word_length=17).notes[0]
    assert make(design=RUMBLE).notes == ()


def snr(core, count=40_000, size=1.0):
    words = noise(core, count, size=size)["data"]
    truth = scipy.signal.sosfilt(np.array(core.sections), to_float(words, core.sink))
    error = to_float(core.model(words), core.source) - truth
    return 10 * math.log10(np.mean(truth**2) / np.mean(error**2))


def test_gain_is_spread_over_the_sections():
    """With all of it in the first section, as scipy has it, words of 16 bits would be silent behind that."""
    low = {"method": "butter", "order": 8, "cutoff": 200}
    core = make(design=low, state_word_length=18, coefficient_word_length=24)
    assert abs(core.sections[0][0]) < 2.0**-33
    assert snr(core) > 40
    assert snr(make(design=low, coefficient_word_length=24)) > 55


def test_order_costs_less_noise_than_as_given():
    """Of an elliptic filter whose last section as scipy has it has the sharpest peak."""
    sharp = {"method": "ellip", "order": 8, "ripple": 0.5, "attenuation": 60, "cutoff": [1000, 1400], "kind": "bandpass"}
    found = {
        arrange: make(design=sharp, state_word_length=20, coefficient_word_length=24, arrange=arrange).cascade for arrange in (True, False)
    }
    assert found[False].places == tuple(range(8))
    assert sorted(found[True].places) == list(range(8))
    assert found[True].noise.power < 0.7 * found[False].noise.power


def test_zeros_stay_where_they_are():
    """At 0 Hz and half the sample rate to the last bit, others on the unit circle."""
    made = make(design=FIFTH, coefficient_word_length=12).cascade
    assert all(b0 in (b2, b1) and (b0 == b2 or b2 == 0) for b0, b1, b2 in (one.b for one in made.sections))
    rumble = make(design=RUMBLE, coefficient_word_length=14).cascade.sections[0].b
    assert sum(rumble) == 0 == 2 * rumble[0] + rumble[1]


@pytest.mark.parametrize("design", [SPEECH_BAND, RUMBLE, FIFTH, PEAK])
@pytest.mark.parametrize("coefficient_word_length", [16, 18, 24])
def test_what_is_promised_is_kept_and_tells_something(design, coefficient_word_length):
    core = make(design=design, coefficient_word_length=coefficient_word_length)
    words = noise(core, 20_000, size=0.3)["data"]
    promised, found = core.promised_snr(words).snr, snr(core, 20_000, 0.3)
    assert promised <= found < promised + 40


def test_prediction_of_roundings_is_right():
    """With exact coefficients roundings are all there is: 1.5 dB at most from what the noise model says."""
    rows = [[0.0625, 0.125, 0.0625, 1.0, -1.25, 0.5], [0.5, -0.5, 0.0, 1.0, -0.75, 0.0]]
    for feedback in (True, False):
        core = make(
            sections=rows, error_feedback=feedback, state_word_length=17, source="sfix24_En23", arrange=False, coefficient_word_length=27
        )
        words = noise(core, 40_000, size=0.4)["data"]
        exact = scipy.signal.sosfilt(core.cascade.values, words * 2.0**core.cascade.lift) * core.cascade.step
        error = to_float(core.model(words), core.source) - exact
        assert 10 * math.log10(np.mean(error**2) / core.cascade.noise.power) == pytest.approx(0, abs=1.5)


def test_impulse_responses_and_group_delay():
    core = make(design=SPEECH_BAND)
    given_taps, made_taps = core.filter_taps
    impulse = np.zeros(len(given_taps))
    impulse[0] = 1
    np.testing.assert_allclose(given_taps, scipy.signal.sosfilt(np.array(core.sections), impulse), atol=1e-9)
    assert np.abs(given_taps - made_taps).max() < 1e-3
    assert (core.group_delay, core.delay) == (None, 0)


def test_silence_stays_silence():
    for parameters in ({"design": PEAK}, {"design": RUMBLE}, {"design": FIFTH, "error_feedback": False}):
        assert not make(**parameters).model(np.zeros(1000, np.int64)).any()


def test_model_is_fast():
    """Some 300 times real time at 16 kHz, for four sections."""
    core = make(design=SPEECH_BAND)
    words = noise(core, 16 * RATE)["data"]
    core.model(words[:10])
    assert sections_beside(lambda: core.model(words), words.size, most=25) < 25


def decibels(rows, frequency):
    return 20 * math.log10(max(1e-9, abs(reference.biquad.frequency_response(rows, [frequency], RATE)[0])))


DESIGNS = [
    ({"method": "peaking", "frequency": 1000, "gain": 9, "q": 2}, {0: 0, 1000: 9, 8000: 0}),
    ({"method": "low_shelf", "frequency": 500, "gain": -6}, {0: -6, 500: -3, 8000: 0}),
    ({"method": "high_shelf", "frequency": 2000, "gain": 12}, {0: 0, 2000: 6, 8000: 12}),
    ({"method": "notch", "frequency": 50, "q": 5}, {0: 0, 50: -180, 8000: 0}),
    ({"method": "de_emphasis", "time_constant": 75e-6, "fs": RATE}, {0: 0, 8000: -180}),
    ({"method": "butter", "order": 3, "cutoff": 1000}, {0: 0, 1000: -3.0103}),
    ({"method": "bessel", "order": 4, "cutoff": 1000}, {0: 0, 1000: -3.0103}),
    ({"method": "cheby1", "order": 4, "ripple": 1, "cutoff": 1000}, {0: -1, 1000: -1}),
    ({"method": "cheby2", "order": 4, "attenuation": 40, "cutoff": 1000}, {0: 0, 1000: -40}),
]


@pytest.mark.parametrize(("design", "wanted"), DESIGNS)
def test_designs(design, wanted):
    rows = make(design=design).sections
    for frequency, level in wanted.items():
        assert decibels(rows, frequency) == pytest.approx(level, abs=0.001 if level > -100 else 40)


def test_designs_are_scipys():
    expected = scipy.signal.ellip(5, 0.5, 60, 1500, fs=RATE, output="sos")
    np.testing.assert_allclose(make(design=FIFTH).sections, expected, rtol=1e-12)
    np.testing.assert_allclose(make(design=[FIFTH, RUMBLE]).sections[3:], make(design=RUMBLE).sections)


ROOT = 10 ** (9 / 40)
PROTOTYPES = {
    "peaking": ([1, ROOT / 2, 1], [1, 1 / ROOT / 2, 1]),
    "low_shelf": ([ROOT, ROOT**1.5 / 2, ROOT**2], [ROOT, ROOT**0.5 / 2, 1]),
    "high_shelf": ([ROOT**2, ROOT**1.5 / 2, ROOT], [1, ROOT**0.5 / 2, ROOT]),
    "notch": ([1, 0, 1], [1, 1 / 2, 1]),
}
"""Analogue filters of the Audio EQ Cookbook at 1 rad/s, for 9 dB and a quality of 2."""


@pytest.mark.parametrize("method", PROTOTYPES)
def test_cookbook_sections_are_its_prototypes_by_the_bilinear_transform(method):
    b, a = scipy.signal.bilinear(*PROTOTYPES[method], fs=0.5 / math.tan(math.pi * 1000 / RATE))
    gain = {} if method == "notch" else {"gain": 9}
    found = reference.biquad.design(method, frequency=1000, q=2, fs=RATE, **gain)
    np.testing.assert_allclose(found[0], [*b, *a], atol=1e-12)


def test_de_emphasis_has_its_time_constant():
    """At a rate so high that the bilinear transform is no matter, -3 dB at 1 / (2 pi tau)."""
    rows = reference.biquad.design("de_emphasis", time_constant=50e-6, fs=1e7)
    level = abs(reference.biquad.frequency_response(rows, [1 / (2 * math.pi * 50e-6)], 1e7)[0])
    assert level == pytest.approx(0.5**0.5, abs=1e-6)


@pytest.mark.parametrize("suffix", ["csv", "txt", "npy"])
def test_sections_from_files(suffix, tmp_path):
    rows = scipy.signal.butter(4, 0.2, output="sos")
    path = tmp_path / f"sos.{suffix}"
    if suffix == "npy":
        np.save(path, rows)
    else:
        np.savetxt(path, rows, delimiter="," if suffix == "csv" else " ", header="b0 b1 b2 a0 a1 a2", fmt="%.17g")
    assert make(sections=str(path)).sections == tuple(map(tuple, rows))


def test_sections_from_matlab(tmp_path):
    rows = scipy.signal.butter(6, 0.2, output="sos")
    scipy.io.savemat(tmp_path / "sos.mat", {"sos": rows})
    assert make(sections=str(tmp_path / "sos.mat")).sections == tuple(map(tuple, rows))
    # as fdatool writes it: numerators that begin with 1, their scales, and one for the output
    scales = [0.125, 0.25, 0.5, 2.0]
    scaled = rows.copy()
    scaled[:, :3] = [[1, 2, 1]] * 3
    text = "% Generated by MATLAB(R) 9.4\n% Coefficient Format: Decimal\n% Discrete-Time IIR Filter (real)\n\nSOS Matrix:\n"
    text += "\n".join(" ".join(f"{one:.17g}" for one in row) for row in scaled) + "\n\nScale Values:\n" + "\n".join(map(str, scales))
    (tmp_path / "sos.fcf").write_text(text)
    found = make(sections=str(tmp_path / "sos.fcf")).sections
    response = np.prod(scales) * scipy.signal.sosfreqz(scaled, 64)[1]
    np.testing.assert_allclose(scipy.signal.sosfreqz(np.array(found), 64)[1], response, rtol=1e-12)


FCF = "SOS Matrix:\n1 2 1 1 -0.5 0.25\n"
"""A section as MATLAB exports it."""

NO_SECTIONS = {
    "a FIR filter": ("t.fcf", "Numerator:\n1\n", "line 1: Numerator: must be one SOS Matrix"),
    "hexadecimal": ("t.fcf", f"% Coefficient Format: Hexadecimal\n{FCF}", "line 1: .*must be exported as decimal"),
    "a short row": ("t.fcf", FCF + "1 2 1\n", "line 3: holds 3 numbers in this line: must be 6"),
    "too many scales": ("t.fcf", f"{FCF}Scale Values:\n1\n2\n3\n", "holds 3 scale values for 1 sections"),
    "nothing": ("t.fcf", "% nothing\n", "holds no SOS Matrix"),
    "no head": ("t.fcf", "1 2 1 1 0 0\n", "line 1: '1 2 1 1 0 0' stands before"),
}


@pytest.mark.parametrize("case", NO_SECTIONS)
def test_exports_that_are_no_sections(case, tmp_path):
    name, text, message = NO_SECTIONS[case]
    (tmp_path / name).write_text(text)
    with pytest.raises(ParameterError, match=message):
        make(sections=str(tmp_path / name))
    scipy.io.savemat(tmp_path / "t.mat", {"b": np.ones((2, 3))})
    with pytest.raises(ParameterError, match=r"b is of shape \(2, 3\): must have rows of 6"):
        make(sections=str(tmp_path / "t.mat"))


def test_files_that_are_no_sections(tmp_path):
    path = tmp_path / "sos.csv"
    for text, message in (
        ("1,2,3\n", "holds 3 numbers in this line: must be 6 in each"),
        ("1,2,3,4,5,x\n", "x"),
        ("", "holds no numbers"),
        ("1,0,0,1,0,inf\n", "finite|inf"),
    ):
        path.write_text(text)
        with pytest.raises(ParameterError, match=message):
            make(sections=str(path))
    with pytest.raises(ParameterError, match=r"must end in .csv, .txt, .npy"):
        make(sections=str(tmp_path / "sos.wav"))


def test_a_biquad_in_a_chain():
    chain = make_core(
        {
            "core": "chain",
            "name": "equaliser",
            "stages": [
                {"core": "biquad", "name": "rumble", "design": RUMBLE},
                {"core": "biquad", "name": "peak", "design": PEAK},
                {"core": "limiter", "name": "last", "silence": 4, "ceiling": 1.0},
            ],
        }
    )
    proof = verify(chain, "noise", ("myhdl",), samples=100)
    assert proof.passed
    assert chain.group_delay is None


def test_word_lengths_are_found_where_some_make_no_core():
    """With coefficients of six bits this filter is not stable."""
    signal = np.random.default_rng(0).standard_normal(500) * 0.1
    found = optimize(make(design=RUMBLE).description, "snr>=40", "multipliers", input=signal)
    assert found.best["snr"] >= 40
    assert found.best["coefficient_word_length"] > 6


def test_description_makes_the_same_core():
    core = make(design=[SPEECH_BAND, PEAK], channels=2, sample_rate=32000)
    again = make_core(core.description)
    assert again == core
    assert "design" not in core.description


GOOD = [1.0, 0.0, 0.0, 1.0, -0.5, 0.0]
BAD = [
    ({}, "sections: missing; rows of six numbers"),
    ({"sections": [GOOD], "design": PEAK}, "must be left out beside sections"),
    ({"sections": [GOOD[:5]]}, "must be rows of six numbers b0, b1, b2, a0, a1, a2; row 0 is"),
    ({"sections": []}, "must be rows of six numbers"),
    ({"sections": [[1, 0, 0, 1, 0, math.nan]]}, "must be finite numbers; in row 0 there is nan"),
    ({"sections": [[1, 0, 0, 1, "0.5", 0]]}, "must be finite numbers"),
    ({"sections": [[1, 0, 0, 0, 0.5, 0]]}, "a0 = 0.*: must be another number"),
    ({"sections": [GOOD] * 17}, "must be 1 to 16 rows, not 17"),
    ({"sections": [[0, 0, 0, 1, 0.5, 0]]}, "must let something through"),
    ({"sections": [[1, 0, 0, 1, -2.0, 1.0]]}, "section 0: a1 = -2, a2 = 1.*: must be stable: the radius of its poles is 1"),
    ({"sections": [[1, 0, 0, 1, -1.9999999, 0.9999999001]]}, "must lie further inside of the unit circle|must be more"),
    ({"design": {"method": "ellip", "order": 32, "ripple": 0.5, "attenuation": 60, "cutoff": 4000}, "coefficient_word_length": 16},
     r"coefficient_word_length = 16: must be more, since section \d+ is not stable in sfix16_En14"),
    ({"design": {"method": "butter", "order": 33, "cutoff": 4000}}, "order = 33: must be a whole number from 1 to 32"),
    ({"design": {"method": "butter", "order": 32, "cutoff": [300, 3000], "kind": "bandpass"}}, "must be no more than 16"),
    ({"design": {"method": "butter", "order": 2, "cutoff": 9000}}, "cutoff = 9000: must be below half of the sample rate, 8000"),
    ({"design": {"method": "butter", "order": 2, "cutoff": [300, 3000]}}, "must be one frequency for this kind"),
    ({"design": {"method": "butter", "order": 2}}, "cutoff: missing; butter needs cutoff"),
    ({"design": {"method": "peaking", "frequency": 100, "gian": 3}}, "gian: peaking takes frequency, gain, q, fs"),
    ({"design": {"method": "peaking", "frequency": -1, "gain": 3}}, "frequency = -1: must be a number above 0"),
    ({"design": {"method": "firwin", "numtaps": 3}}, "method = 'firwin': must be one of butter"),
    ({"design": {"order": 2}}, "must be a table with method = butter"),
    ({"design": {**PEAK, "fs": 8000}}, "design.fs = 8000: must be 16000, the rate of a channel"),
    ({"design": PEAK, "sink": "ufix16_En16"}, "must be signed"),
    ({"sections": [[1e308, 0, 0, 1, 0, 0]]}, "must have a gain nearer to 1"),
    ({"sections": [[1, 0, 0, 1e308, 0, 0]]}, "must have a gain nearer to 1"),
    ({"sections": [[1e50, 0, 0, 1, 0, 0]] * 3}, "must have a gain nearer to 1"),
    ({"design": {"method": "butter", "order": 2, "cutoff": [3000, 300], "kind": "bandpass"}}, r"cutoff = \[3000, 300\]: must rise"),
    ({"design": {"method": "ellip", "order": 4, "ripple": 3, "attenuation": 2, "cutoff": 300}}, "= 2: must be more than ripple, 3"),
    ({"design": PEAK, "state_word_length": 12}, "state_word_length = 12: must be 16 or more"),
    ({"design": PEAK, "form": "transposed", "multipliers": 3}, "multipliers = 3: must be 1 to 2 in transposed form"),
    ({"design": PEAK, "multipliers": 6}, "multipliers = 6: must be 1 to 5"),
    ({"design": PEAK, "channels": 129}, "channels = 129: must be 1 to 128"),
    ({"design": {"method": "butter", "order": 2, "cutoff": 10}, "state_word_length": 16, "error_feedback": False}, "roundings alone"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError, match=message) as refused:
        make(**parameters)
    assert "\n" not in str(refused.value)
