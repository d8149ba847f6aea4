"""One home for levels, words and audio: what full scale is, and that every command plays the same words for the same input."""

from __future__ import annotations

import ast
import json
import math
from argparse import Namespace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.io.wavfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fixed_point import Format, audio_to_values, audio_to_words, to_float, values_to_audio, words_to_audio
from fixed_point.full_scale import (
    amplitude,
    amplitude_decibels,
    beyond_full_scale,
    from_signed,
    full_scale,
    power,
    power_decibels,
    silence,
    snr,
    to_signed,
)
from fpga_projects.exploration import metrics
from fpga_projects.exploration.explore import make_task
from fpga_projects.exploration.optimize import optimize
from ip_cores.core import make_core
from ip_cores.fir import Fir
from ip_cores.stream_register import StreamRegister
from ossicle.command_line import main
from ossicle.commands.estimate import stimulus
from ossicle.commands.process import play
from ossicle.inputs import named_input, named_words
from ossicle.terminal import Progress
from testbenches.for_tests.oracle import to_word
from testbenches.for_tests.working_folder import wav
from testbenches.signals import SIGNALS, make_audio, make_signal
from testbenches.verify import verify

ROOT = Path(__file__).resolve().parent.parent

FORMATS = st.builds(Format, st.booleans(), st.integers(2, 64), st.integers(-8, 72))
SAMPLES = st.floats(-1.5, 1.5)
SLOW = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def word_of(sample, format):
    """The definition, in exact rational arithmetic."""
    bits = format.word_length
    word = to_word(Fraction(sample), True, bits, bits - 1, "nearest", "saturate")
    return word if format.signed else word + 2 ** (bits - 1)


@given(st.lists(SAMPLES, max_size=20), FORMATS)
@example([2.0**-9 - 2.0**-70, -(2.0**-9)], Format(False, 8, 8))  # 1 + x rounds to a tie that x is not
@example([math.nextafter(1.0, 0.0), -1.0, 1.0, 1.5], Format(False, 64, 64))
def test_words_of_audio(samples, format):
    assert audio_to_words(samples, format).tolist() == [word_of(sample, format) for sample in samples]


@given(FORMATS, st.lists(st.integers(0, 2**64 - 1), max_size=20))
@example(Format(False, 64, 0), [0, 1])  # words that would fit int64, and their signed ones beside them would not
@example(Format(False, 64, 0), [])
def test_there_and_back(format, drawn):
    words = [format.minimum + word % 2**format.word_length for word in drawn]
    samples = words_to_audio(words, format)
    assert ((samples >= -1) & (samples <= 1)).all()
    half = 2 ** (format.word_length - 1)
    assert samples.tolist() == [float(Fraction(word - (0 if format.signed else half), half)) for word in words]
    assert from_signed(to_signed(words, format), format).tolist() == words
    if format.word_length <= 53:
        assert audio_to_words(samples, format).tolist() == words
    # A word's value is its audio on the format's scale.
    if format.word_length <= 52:
        assert audio_to_values(samples, format).tolist() == to_float(words, format).tolist()
        assert values_to_audio(to_float(words, format), format).tolist() == samples.tolist()


@given(FORMATS, st.integers(2, 64), st.lists(SAMPLES, max_size=5))
def test_the_word_length_changes_no_value(format, bits, samples):
    assert audio_to_values(samples, format).tolist() == audio_to_values(samples, format.with_word_length(bits)).tolist()


def test_full_scale_ends():
    assert beyond_full_scale([-1.0, 1.0, -1.0000001, 1.0000001, 7]) == 3
    assert (silence("sfix8_En7"), silence("ufix64_En0")) == (0, 2**63)
    with pytest.raises(ValueError, match="must be finite"):
        audio_to_words([math.nan], "sfix16_En15")


def test_decibels():
    assert (power(30), amplitude(-40)) == pytest.approx((1000, 0.01))
    assert (power_decibels(2, 1), amplitude_decibels(0.5)) == pytest.approx((3.0103, -6.0206), abs=1e-4)
    assert (power_decibels(0, 0), power_decibels(1, math.inf), power_decibels(0, 1)) == (math.inf, -math.inf, -math.inf)
    assert (power(-math.inf), snr([1, 2], [1, 2])) == (0, math.inf)
    assert snr([1.0, 1.0], [1.01, 0.99]) == pytest.approx(40)


# Named signals: one sound for every format.


def wire(format, **others):
    return make_core({"core": "stream_register", "sink": str(format), **others})


@SLOW
@given(st.integers(2, 64), st.integers(0, 99))
@pytest.mark.parametrize("name", [name for name in SIGNALS if name != "worst_case"])
def test_unsigned_words_are_the_signed_ones_half_the_range_up(name, bits, seed):
    signed, unsigned = (make_signal(name, wire(Format(sign, bits, 0)), 300, seed) for sign in (True, False))
    assert [int(word) + 2 ** (bits - 1) for word in signed] == unsigned.tolist()


@SLOW
@given(FORMATS, st.integers(0, 99))
@pytest.mark.parametrize("name", SIGNALS)
def test_words_are_the_nearest_to_their_audio(name, format, seed):
    core = wire(format)
    words, samples = make_signal(name, core, 300, seed), make_audio(name, core, 300, seed)
    assert len(words) == len(samples) == 300
    if format.word_length <= 52:
        assert words.tolist() == [word_of(sample, format) for sample in samples.tolist()]
    else:
        assert np.abs(words_to_audio(words, format) - samples).max() <= 2.0**-51


@given(st.integers(2, 63), st.integers(0, 99))
def test_noise_of_fewer_bits_is_the_upper_bits(bits, seed):
    longest, shorter = (make_signal("noise", wire(Format(True, length, 0)), 200, seed) for length in (64, bits))
    assert (longest >> (64 - bits)).tolist() == shorter.tolist()
    assert make_signal("noise", wire("sfix64_En0"), 50, seed).tolist() == longest[:50].tolist()


@pytest.mark.parametrize("format", ["sfix2_En1", "ufix4_En0", "sfix6_En5"])
def test_every_word_of_noise_is_equally_likely(format):
    format, count = Format.parse(format), 1 << 18
    found = np.bincount(make_signal("noise", wire(format), count) - format.minimum, minlength=1 << format.word_length)
    expected = count / len(found)
    assert np.abs(found - expected).max() < 5 * expected**0.5


@pytest.mark.parametrize("format", ["sfix8_En7", "ufix8_En8", "ufix12_En4"])
def test_the_truth_of_noise_is_half_a_step_away(format):
    """Rounding errors of noise are those of any audio: uniform, without an offset."""
    core = wire(format)
    step = Format.parse(format).resolution
    error = audio_to_values(make_audio("noise", core, 40_000), format) - to_float(make_signal("noise", core, 40_000), format)
    assert np.abs(error).max() <= step / 2
    assert abs(error.mean()) < 0.01 * step
    assert error.var() == pytest.approx(step**2 / 12, rel=0.02)


# The same input is the same words, whoever plays it.


@pytest.fixture
def short(monkeypatch):
    """Sweeps play a thousand samples of a generated signal."""
    monkeypatch.setattr(metrics, "SECONDS", 1)
    monkeypatch.setattr(metrics, "RATE", 1000)


class Played:
    """Remembers the words that a kind of core is played, by its sink's format."""

    def __init__(self, patch, kind):
        self.words = {}
        model = kind.model

        def remembered(core, x):
            self.words.setdefault(core.sink_format, []).append([int(word) for word in x])
            return model(core, x)

        patch.setattr(kind, "model", remembered)

    def take(self):
        words, self.words = self.words, {}
        return words


@SLOW
@given(format=FORMATS, other=st.integers(2, 64), samples=st.integers(16, 1200), seed=st.integers(0, 9))
@pytest.mark.parametrize("name", SIGNALS)
def test_a_sweep_plays_the_words_of_verify(name, format, other, samples, seed):
    lengths = list(dict.fromkeys((format.word_length, other)))
    with pytest.MonkeyPatch.context() as patch:
        played = Played(patch, StreamRegister)
        task = make_task({"core": "stream_register", "sink": str(format)}, {"sink.word_length": lengths}, name, ["mse"], samples, seed)
        played.take()
        rows = [task.row((bits,), priced=False) for bits in lengths]
        swept = played.take()
        assert len(swept) == len(lengths)
        assert not any(row.get("error") for row in rows)
        for bits, row in zip(lengths, rows, strict=True):
            core = wire(format.with_word_length(bits))
            [words] = swept[core.sink_format]
            assert verify(core, name, (), samples=samples, seed=seed).samples == len(words) == samples
            # The extremes are judged behind them.
            assert played.take()[core.sink_format][0] == words
            # Nothing is lost but the rounding of the samples, the step between full scale and the greatest word, and float64's last bit.
            assert row["mse"] <= (core.sink_format.resolution + 2.0**-51 * full_scale(core.sink_format)) ** 2


def test_a_search_plays_the_words_of_verify(monkeypatch, short):
    vary = {"sink.word_length": range(4, 11), "source.word_length": (10, 16)}
    for sink, target in (("sfix10_En9", "snr>=30"), ("ufix10_En10", "snr>=40")):
        with monkeypatch.context() as patch:
            played = Played(patch, Fir)
            core = {"core": "fir", "coefficients": [0.1, 0.8, 0.1], "sink": sink, "source": "sfix16_En14"}
            assert optimize(core, target, input="noise", vary=vary).best
        runs = played.take()
        assert runs
        for format, all_words in runs.items():
            longest = make_signal("noise", Fir(coefficients=[1.0], sink=format), 1000).tolist()
            assert all(words == longest[: len(words)] for words in all_words)


def test_a_signal_that_depends_on_the_core_is_made_for_each_point(short):
    """The worst case of 5 taps is not that of 9."""
    design = {"method": "firwin", "numtaps": 5, "cutoff": 0.3}
    task = make_task({"core": "fir", "coefficients": design}, {"coefficients.numtaps": (5, 9)}, "worst_case", ["snr"])
    played = [task.trial(task.space.core((taps,)), (taps,)).words.tolist() for taps in (5, 9)]
    assert played[0] != played[1]
    for taps, words in zip((5, 9), played, strict=True):
        assert words == make_signal("worst_case", task.space.core((taps,)), 1000).tolist()


@pytest.mark.parametrize("sink", ["sfix16_En15", "sfix12_En4", "ufix8_En8", "ufix24_En0", "sfix40_En39"])
def test_a_file_is_the_same_words_for_everybody(sink, folder, monkeypatch, capfd):
    x = np.random.default_rng(3).normal(0, 0.5, 400).astype(np.float32)
    wav(folder / "x.wav", x)
    (folder / "wire.toml").write_text(f'core = "stream_register"\nsink = "{sink}"\n')
    format = Format.parse(sink)
    expected = [word_of(sample, format) for sample in x.tolist()]
    played = Played(monkeypatch, StreamRegister)
    core = wire(sink)
    assert named_words("x.wav", core).tolist() == expected
    assert main(["verify", "wire.toml", "--input", "x.wav", "--engine", "myhdl", "--samples", "400"]) == 0
    assert all(words == expected[: len(words)] for words in played.take()[format] if len(words) > 350)
    assert main(["process", "wire.toml", "x.wav", "y.wav"]) == 0
    assert played.take() == {format: [expected]}
    task = make_task({"core": "stream_register", "sink": sink}, {"sink.word_length": (format.word_length,)}, named_input("x.wav"), ["snr"])
    assert task.trial(core, (format.word_length,)).words.tolist() == expected
    # What comes back is the audio of the words, whatever the format.
    with Progress("") as progress:
        assert play(core, x.astype(float), "model", progress).tolist() == words_to_audio(expected, format).tolist()
        assert play(core, x.astype(float), "reference", progress) == pytest.approx(x.astype(float), abs=1e-12)


COMMANDS = {
    "verify": ["verify", "lowpass.toml", "--engine", "myhdl", "--input"],
    "process": ["process", "lowpass.toml"],
    "explore": ["explore", "lowpass.toml", "--vary", "source.word_length=12,16", "--jobs", "1", "--input"],
    "optimize": ["optimize", "lowpass.toml", "--target", "snr>=-300", "--vary", "source.word_length=10,16", "--input"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["float WAV", "CSV of words"])
def test_what_lies_beyond_full_scale_is_said(command, kind, folder, capfd):
    if kind == "float WAV":
        wav(folder / "x.wav", np.array([0.5, 1.5, -1.0, 1.0] * 30, np.float32))
        name, said = "x.wav", "ossicle: x.wav: 30 samples beyond full scale"
    else:
        (folder / "x.csv").write_text("16384\n-32768\n0\n1\n" * 30)
        name, said = "x.csv", "ossicle: x.csv: 60 samples beyond full scale; a CSV file holds samples from -1 to 1, not words"
    assert main([*COMMANDS[command], name, *(["out.wav"] if command == "process" else [])]) == 0
    assert capfd.readouterr().err.splitlines().count(said) == 1


def test_an_estimate_says_it_too(folder, capfd):
    wav(folder / "x.wav", np.array([0.5, 1.5], np.float32))
    arguments = Namespace(effort="map", input="x.wav", sample_rate=None)
    assert stimulus(arguments, wire("sfix16_En15")).tolist() == [16384, 32767]
    assert capfd.readouterr().err == "ossicle: x.wav: 1 sample beyond full scale\n"


def test_a_sweep_on_the_command_line_plays_what_verify_plays(folder, capfd, monkeypatch):
    """The beginning of a file or a generated signal, of the seed that is asked for; and so does the search."""
    wav(folder / "x.wav", np.random.default_rng(2).integers(-9999, 9999, 900, np.int16))
    played = Played(monkeypatch, Fir)
    cases = (("x.wav", ()), ("x.wav", ("--samples", "700")), ("noise", ("--samples", "700", "--seed", "3")))
    for case, (name, options) in enumerate(cases):
        assert main(["verify", "lowpass.toml", "--engine", "myhdl", "--input", name, *options]) == 0
        (words,) = (each for each in played.take().values())
        length = 700 if options else 900
        verified = {tuple(one[:length]) for one in words if len(one) >= length}
        for command in (["explore", "--output", f"sweep{case}", *COMMANDS["explore"][1:]], COMMANDS["optimize"]):
            assert main([*command, name, *options]) == 0
            swept = {tuple(one) for one in next(iter(played.take().values())) if len(one) == length}
            assert swept
            assert swept <= verified, (command, name, options)
    assert main([*COMMANDS["explore"], "noise", "--samples", "0"]) == 2
    assert "must be a whole number, 1 or more" in capfd.readouterr().err


@pytest.mark.parametrize("command", ["verify", "explore"])
def test_nothing_is_said_of_full_scale_itself(command, folder, capfd):
    wav(folder / "x.wav", np.array([0.5, 1.0, -1.0, 0.0] * 30, np.float32))
    assert main([*COMMANDS[command], "x.wav"]) == 0
    assert "full scale" not in capfd.readouterr().err


def test_a_conversion_of_the_rate_is_said_by_a_sweep_too(folder, capfd):
    wav(folder / "x.wav", np.zeros(480, np.int16) + 1000, 48000)
    assert main([*COMMANDS["explore"], "x.wav", "--json"]) == 0
    out, err = capfd.readouterr()
    assert len(json.loads(out)["rows"]) == 2
    assert "x.wav: converted from 48000 to 16000 samples per second" in err


def test_a_big_endian_wav(tmp_path):
    """RIFX is what some recorders write."""
    from fixed_point.sound import read_audio

    scipy.io.wavfile.write(tmp_path / "x.wav", 16000, np.array([16384, -32768], ">i2"))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == [0.5, -1.0]


# Nobody else makes words of samples, or decibels of levels.

ELSEWHERE = {
    "ip_cores/threshold/shrinkage.py": "quantises values of bands with noise added to them, no audio",
    "ip_cores/compressor/__init__.py": "quantises curves; no audio",
    "ip_cores/frequency_shifter/__init__.py": "quantises taps; no audio",
    "ip_cores/noise_reducer/__init__.py": "quantises gains, and says how many decibels a doubling of power is; no audio",
    "ip_cores/nco/__init__.py": "quantises a factor",
    "ip_cores/promise.py": "looks for values that differ, and for such as lie on whole words",
    "testbenches/fuzz/oracles/pitch_words.py": "an oracle of its own: how many decibels a doubling of energy is",
    "testbenches/fuzz/oracles/class_words.py": "an oracle of its own: how many decibels a doubling of energy is",
    "testbenches/fuzz/oracles/gain_words.py": "an oracle of its own: how many decibels a doubling is",
    "testbenches/fuzz/oracles/feedback_words.py": "an oracle of its own: how large a power is that is told in decibels",
    "testbenches/fuzz/oracles/reducer_words.py": "an oracle of its own: how many decibels a doubling of power is",
    "training/amplification.py": "in PyTorch, so that it can be differentiated",
    "training/objectives.py": "in PyTorch, so that it can be differentiated",
    "training/rooms.py": "rounds times of arrival",
    "ossicle/fitting/aid_description.py": "rounds levels in dB SPL for a description, and says which format has a full scale of 1",
    "testbenches/benchmarks/fitted_ears.py": "gains of bands on responses, no audio",
    "testbenches/clocks.py": "rounds times of clock edges",
    "testbenches/benchmarks/prosody.py": "rounds numbers of frames",
    "fpga_projects/pages/fir_forms.py": "quantises taps, as the filter does",
    "fpga_projects/pages/fixed_point_pictures.py": "draws what becomes of values, no audio",
    "testbenches/simulate.py": "quantises values that a caller gives in the unit of the sink",
}
"""Modules outside of fixed_point that may round floats, and why that is no second home."""

ROUNDED = ("rint", "round", "around", "round_")


def conversions(source):
    """Places in a module that make words of samples or decibels of levels, as (line, what)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.left, ast.Constant) and node.left.value == 10:
            exponent = node.right.operand if isinstance(node.right, ast.UnaryOp) else node.right
            if isinstance(exponent, ast.BinOp) and isinstance(exponent.op, ast.Div) and ast.unparse(exponent.right) in ("10", "20"):
                found.append((node.lineno, "a level from decibels"))
        if isinstance(node, ast.Name | ast.Attribute) and (node.id if isinstance(node, ast.Name) else node.attr) == "log10":
            found.append((node.lineno, "decibels"))
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        owner, _, name = called.rpartition(".")
        if name == "quantize" and owner in ("", "fixed_point", "quantization", "fixed_point.quantization", "ossicle"):
            found.append((node.lineno, "quantize"))
        if owner in ("np", "numpy") and name in ROUNDED:
            found.append((node.lineno, f"{called}"))
        if name == "Format" and len(node.args) == 3 and ast.unparse(node.args[2]) == f"{ast.unparse(node.args[1])} - 1":
            found.append((node.lineno, "a format of full scale"))
    return found


def test_samples_become_words_in_one_place():
    for room in ("ip_cores", "testbenches", "fpga_projects", "training", "ossicle"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if path.name.startswith(("test_", "conftest")) or name in ELSEWHERE:
                continue
            found = conversions(path.read_text())
            assert not found, f"{name}: {found}: fixed_point/full_scale.py is where that is done"
    assert all(conversions((ROOT / name).read_text()) for name in ELSEWHERE)


@pytest.mark.parametrize(
    "line",
    [
        "words = quantize(samples, core.sink_format)",
        "words = fixed_point.quantize(samples, format)",
        "words = np.clip(np.round(samples * 32768), -32768, 32767)",
        "format = Format(True, format.word_length, format.word_length - 1)",
        "snr = 10 * math.log10(signal / noise)",
        "noise = noise * 10 ** (-snr / 20)",
    ],
)
def test_a_second_place_would_be_found(line):
    spoilt = (ROOT / "ossicle" / "inputs.py").read_text() + f"\n\ndef spoilt():\n    {line}\n"
    assert len(conversions(spoilt)) == 1
