"""Fast Fourier transform: numpy's to what word lengths promise, known spectra, the way back, damaged frames, and the chain of proof."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixed_point import Format, complex_format, components, quantize, to_float
from fixed_point.fft import bit_reversal
from fixed_point.full_scale import audio_to_words, snr, words_to_audio
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests.drawing import examples
from testbenches.fuzz.oracles.by_kind import right_words
from testbenches.judgement import judge
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")


def fft(**parameters: Any) -> Any:
    return make_core({"core": "fft", **parameters})


def noise(core, frames, seed=1):
    return np.random.default_rng(seed).integers(core.sink.minimum, core.sink.maximum, frames * core.points, endpoint=True)


def transformed(core, words):
    """Bins of some frames as complex numbers."""
    return to_float(core.model((words, *core.accompany(words).values()))[0], core.source).reshape(-1, core.points)


def test_a_complex_format_is_read_printed_and_packed():
    f = Format.parse("complex_sfix12_En11")
    assert (str(f), f.word_length, f.is_complex, str(f.part)) == ("complex_sfix12_En11", 24, True, "sfix12_En11")
    assert f == complex_format("sfix12_En11")
    assert f != Format.parse("sfix24_En11")
    words = np.arange(f.minimum, f.maximum, 4093)
    assert np.array_equal(f.joined(*f.parts(words)), words)
    values = to_float(words, f)
    assert values.dtype == np.complex128
    assert np.array_equal(quantize(values, f), words)
    assert np.array_equal(values.imag, np.floor(words / 2**12) / 2**11)
    with pytest.raises(ValueError, match="complex_ufix8"):
        Format.parse("complex_ufix8_En0")


def test_audio_is_the_real_part():
    words = audio_to_words([0.5, -1.0], "complex_sfix8_En7")
    assert to_float(words, "complex_sfix8_En7").tolist() == [0.5, -1.0]
    assert words_to_audio(words + (5 << 8), "complex_sfix8_En7").tolist() == [0.5, -1.0]


@pytest.mark.parametrize("points", [8, 32, 256, 4096])
@pytest.mark.parametrize("rounding", ["nearest", "convergent", "floor"])
@pytest.mark.parametrize("inverse", [False, True])
def test_against_numpy_to_the_promised_snr(points, rounding, inverse):
    core = fft(points=points, rounding=rounding, inverse=inverse)
    words = noise(core, max(4, 2048 // points))
    x = to_float(words, core.sink).reshape(-1, points)
    truth = np.fft.ifft(x) if inverse else np.fft.fft(x) / points
    promised = core.promised_snr((words, *core.accompany(words).values()))
    measured = snr(components(truth.reshape(-1)), components(transformed(core, words).reshape(-1)))
    assert promised.how == "prediction"
    assert 0 <= measured - promised.snr < 4


@examples(6)
@given(st.integers(3, 8), st.integers(8, 20), st.integers(10, 20), st.integers(0, 4), st.sampled_from(["nearest", "zero", "ceil"]))
def test_what_is_promised_is_kept(stages, bits, factor, guard, rounding):
    form = f"complex_sfix{bits}_En{bits - 1}"
    core = fft(points=2**stages, sink=form, source=form, twiddle_word_length=factor, guard_bits=guard, rounding=rounding)
    words = noise(core, 6)
    assert judge(core, {"data": words, **core.accompany(words)}).kept


@pytest.mark.parametrize("order", ["natural", "bit_reversed"])
def test_an_impulse_is_flat_and_a_constant_one_bin(order):
    core = fft(points=16, order=order)
    impulse = quantize(np.where(np.arange(16) == 0, 0.5 - 0.25j, 0), core.sink)
    assert transformed(core, impulse)[0].tolist() == [(0.5 - 0.25j) / 16] * 16
    constant = quantize(np.full(16, -1 + 0.5j), core.sink)
    assert transformed(core, constant)[0].tolist() == [-1 + 0.5j] + [0] * 15


@pytest.mark.parametrize("inverse", [False, True])
def test_a_rotating_phase_is_one_bin_wherever_it_leaves(inverse):
    points, bin = 64, 11
    core, reversed_order = fft(points=points, inverse=inverse), fft(points=points, inverse=inverse, order="bit_reversed")
    turning = np.exp((-2j if inverse else 2j) * np.pi * bin * np.arange(points) / points)
    words = quantize(0.7 * turning, core.sink)
    bins = transformed(core, words)[0]
    assert abs(bins[bin] - 0.7) < 3e-5
    assert np.abs(np.delete(bins, bin)).max() < 1e-4
    assert np.array_equal(transformed(reversed_order, words)[0], bins[bit_reversal(points)])
    assert bit_reversal(points)[1] == points // 2


def test_nothing_overflows_at_full_scale():
    """Both parts at an end of their range in any pattern: the magnitude is the root of two of full scale, and never grows."""
    core = fft(points=256, source="complex_sfix17_En15")
    part = core.sink.part
    ends = np.array([core.sink.joined(re, im) for re in (part.minimum, part.maximum) for im in (part.minimum, part.maximum)])
    rng = np.random.default_rng(3)
    k = np.arange(256)
    angles = np.pi / 4 + np.pi / 2 * np.floor(8 * k * rng.integers(1, 128, (40, 1)) / 256)
    turning = core.sink.joined(*(np.where(wave(angles) > 0, part.maximum, part.minimum) for wave in (np.cos, np.sin)))
    words = np.concatenate([np.repeat(ends, 256), rng.choice(ends, 8 * 256), turning.reshape(-1)])
    truth = np.fft.fft(to_float(words, core.sink).reshape(-1, 256)) / 256
    assert np.abs(transformed(core, words) - truth).max() < 8 * 2.0**-15
    assert core.law.inside.word_length == 17


def test_the_way_back_gives_the_samples():
    """Eight more bits between hold what a 256th of every sum loses; the last format's binary point takes the factor back."""
    there = fft(points=256, guard_bits=7, source="complex_sfix24_En23")
    back = fft(points=256, inverse=True, sink="complex_sfix24_En23", source="complex_sfix16_En23", guard_bits=1)
    words = quantize(0.2 * np.random.default_rng(2).uniform(-1, 1, (1024, 2)) @ [1, 1j], there.sink)
    middle = there.model((words, *there.accompany(words).values()))
    given = back.model(middle)[0]
    x, y = (np.array(core.parts(one)).reshape(-1) for core, one in ((there.sink, words), (back.source, given)))
    assert snr(x, y) > 60
    assert np.abs(x - y).max() < 30


@examples(12)
@given(st.integers(0, 2**20), st.sampled_from(["model", "model", "myhdl"]))
def test_damaged_frames(seed, engine):
    """Marks missing, too many, too early: short frames are filled up, words between frames dropped, nothing hangs."""
    core = fft(points=8, sink="complex_sfix6_En5", source="complex_sfix8_En7", twiddle_word_length=8)
    rng = np.random.default_rng(seed)
    words = noise(core, 10, seed)
    fields = {"data": words, **core.accompany(words)}
    for mark in ("startofpacket", "endofpacket"):
        flipped = rng.random(words.size) < rng.choice([0, 0.05, 0.3])
        fields[mark] = np.where(flipped, 1 - fields[mark], fields[mark])
    expected = right_words(core, {name: row.tolist() for name, row in fields.items()}, {})
    assert [one.tolist() for one in core.model(tuple(fields.values()))] == list(expected.values())
    if engine == "myhdl":
        found = run(core, Stimulus.random_stalls(fields, seed, 0.3, drain=core.patience), engine)
        assert {name: row.tolist() for name, row in found.words.items()} == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"points": 8, "guard_bits": 1},
        {
            "points": 16,
            "inverse": True,
            "order": "bit_reversed",
            "rounding": "nearest",
            "source": "complex_sfix12_En13",
            "overflow": "wrap",
        },
    ],
)
def test_every_engine(parameters):
    for engine in verify(fft(**parameters), "noise", HARDWARE, samples=96).engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference}"


def test_timing():
    """A frame is taken, worked on for 4 N log2 N clocks, and leaves."""
    core = fft(points=64)
    assert core.cycles_per_sample == 2 + 4 * 6
    assert core.latency == 64 + 4 * 64 * 6 + 2
    assert core.capacity == 64


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"points": 48}, "points = 48: must be a power of two, 8 to 4096"),
        ({"points": 8192}, "points = 8192: must be a power of two, 8 to 4096"),
        ({"sink": "sfix16_En15"}, 'sink = "sfix16_En15": must be a format such as complex_sfix16_En15, each part of 2 to 24 bits'),
        ({"source": "complex_sfix40_En39"}, "source.word_length = 40: must be 2 to 32"),
        ({"order": "any"}, 'order = "any": must be one of natural, bit_reversed'),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ParameterError) as error:
        fft(**parameters)
    assert str(error.value).startswith(message)


def test_other_cores_take_no_complex_words():
    with pytest.raises(ParameterError, match="must be a format such as sfix16_En15"):
        make_core({"core": "limiter", "sink": "complex_sfix16_En15"})
