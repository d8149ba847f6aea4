"""Formats, rounding, overflow, quantisation and coefficients against their definitions in exact arithmetic."""

from __future__ import annotations

import doctest
import importlib
import math
import pkgutil
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import firwin

import fixed_point
import reference
from fixed_point import (
    Format,
    Overflow,
    Rounding,
    as_words,
    best_fraction_length,
    bits_for,
    quantize,
    quantize_coefficients,
    requantize,
    saturate,
    to_float,
    worst_case_range,
    wrap,
)
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from testbenches.for_tests import oracle

formats = st.builds(Format, st.booleans(), st.integers(1, 100), st.integers(-80, 80))
roundings = st.sampled_from(list(Rounding))
overflows = st.sampled_from(list(Overflow))
ties = st.builds(lambda odd, shift: (2 * odd + 1) << shift, st.integers(-9, 9), st.integers(0, 70))
integers = st.one_of(
    st.integers(-8, 8),
    ties,
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**90), 2**90),
    st.sampled_from([-(2**63), 2**63 - 1, 2**63, 2**64]),
)
floats = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.builds(lambda half, towards: math.nextafter(half + 0.5, towards), st.integers(-40, 40), st.sampled_from([-1e9, 1e9])),
    st.builds(lambda half: half + 0.5, st.integers(-40, 40)),
    st.sampled_from([5e-324, -5e-324, 1.7976931348623157e308, 0.49999999999999994, 2.0**52 + 0.5, 2.0**53 - 1, 2.0**63, -(2.0**63)]),
)


def modules():
    for room in (reference, fixed_point):
        for module in pkgutil.iter_modules(room.__path__):
            yield f"{room.__name__}.{module.name}"


@pytest.mark.parametrize("module", [*modules(), "testbenches.for_tests.oracle"])
def test_examples_in_docstrings(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


# Formats

TEXTS = [  # text, signed, word length, fraction length, printed
    ("sfix16_En15", True, 16, 15, "sfix16_En15"),
    ("ufix8_En0", False, 8, 0, "ufix8_En0"),
    ("sfix16", True, 16, 0, "sfix16_En0"),
    ("sfix16_E3", True, 16, -3, "sfix16_E3"),
    ("sfix16_E0", True, 16, 0, "sfix16_En0"),
    ("ufix1", False, 1, 0, "ufix1_En0"),
    ("sfix8_En20", True, 8, 20, "sfix8_En20"),
    ("sfix74_En62", True, 74, 62, "sfix74_En62"),
]


@pytest.mark.parametrize(("text", "signed", "word_length", "fraction_length", "printed"), TEXTS)
def test_format_parses_and_prints(text, signed, word_length, fraction_length, printed):
    format = Format.parse(text)
    assert format == Format(signed, word_length, fraction_length)
    assert str(format) == printed


@given(formats)
def test_format_round_trip(format):
    assert Format.parse(str(format)) == format
    assert len({format, Format.parse(str(format))}) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sfixx16", "'sfixx16': must look like sfix16_En15 or ufix8_En0"),
        ("", "'': must look like"),
        ("sfix16_En15 ", "must look like"),
        ("sfix16_En-15", "must look like"),
        ("fix16_En15", "must look like"),
        (16, "16: must look like"),
        (None, "None: must look like"),
        ("sfix" + "9" * 5000, "must look like"),
        ("sfix0_En0", "'sfix0_En0': word_length = 0: must be 1 to 256"),
        ("sfix16_En513", "fraction_length = 513: must be -512 to 512"),
    ],
)
def test_bad_format_says_what_is_allowed(text, message):
    with pytest.raises(ValueError, match=message):
        Format.parse(text)


@pytest.mark.parametrize("fields", [(1, 16, 15), (True, 16.0, 15), (True, True, 0), (True, 16, "15"), (True, 257, 0), (True, 0, 0)])
def test_bad_fields_are_refused(fields):
    with pytest.raises(ValueError, match=r"must be"):
        Format(*fields)


@given(formats)
def test_format_range(format):
    count = 2**format.word_length
    assert format.maximum - format.minimum == count - 1
    assert format.minimum == (-count // 2 if format.signed else 0)
    assert Fraction(format.resolution) == 1 / Fraction(2) ** format.fraction_length
    assert format.range == (format.minimum * format.resolution, format.maximum * format.resolution)
    assert format.integer_length + format.fraction_length + format.signed == format.word_length


@given(formats, st.integers(1, 100))
def test_word_length_moves_the_fraction(format, word_length):
    other = format.with_word_length(word_length)
    assert (other.word_length, other.integer_length, other.signed) == (word_length, format.integer_length, format.signed)


@pytest.mark.parametrize(("kind", "value"), [(Rounding, "up"), (Overflow, "clip"), (Rounding, None)])
def test_unknown_mode_lists_the_modes(kind, value):
    with pytest.raises(ValueError, match="must be one of " + ", ".join(kind)):
        kind(value)


# Rounding and overflow

ROUNDED = {  # of -2.5, -1.75, -1.5, -1.25, -0.5, 0.5, 1.25, 1.5, 1.75, 2.5
    "floor": [-3, -2, -2, -2, -1, 0, 1, 1, 1, 2],
    "nearest": [-2, -2, -1, -1, 0, 1, 1, 2, 2, 3],
    "convergent": [-2, -2, -2, -1, 0, 0, 1, 2, 2, 2],
    "zero": [-2, -1, -1, -1, 0, 0, 1, 1, 1, 2],
    "ceil": [-2, -1, -1, -1, 0, 1, 2, 2, 2, 3],
}
QUARTERS = [-10, -7, -6, -5, -2, 2, 5, 6, 7, 10]


@pytest.mark.parametrize("rounding", ROUNDED)
def test_rounding_of_negatives_and_ties(rounding):
    assert requantize(QUARTERS, 2, "sfix8_En0", rounding).tolist() == ROUNDED[rounding]
    assert quantize(np.array(QUARTERS) / 4, "sfix8_En0", rounding).tolist() == ROUNDED[rounding]
    wide = [quarter << 70 for quarter in QUARTERS]
    assert requantize(wide, 72, "sfix8_En0", rounding).tolist() == ROUNDED[rounding]


@pytest.mark.parametrize("overflow", list(Overflow))
@pytest.mark.parametrize("rounding", list(Rounding))
def test_requantize_of_every_small_word(rounding, overflow):
    words = range(-40, 41)
    for word_length in range(1, 7):
        for shift in range(-7, 8):  # more bits dropped, or appended, than there are
            for signed in (True, False):
                got = requantize(words, shift, Format(signed, word_length, 0), rounding, overflow).tolist()
                mode = (signed, word_length, 0, rounding, overflow)
                assert got == [oracle.to_word(Fraction(word) / Fraction(2) ** shift, *mode) for word in words]


@pytest.mark.parametrize("shift", [-65, -64, -63, -62, 61, 62, 63, 64, 65, 66])
@pytest.mark.parametrize("rounding", list(Rounding))
def test_requantize_at_the_ends_of_int64(rounding, shift):
    words = [sign * 2**power + offset for power in (61, 62, 63) for sign in (1, -1) for offset in (-1, 0, 1)]
    words = [word for word in words if -(2**63) <= word < 2**63] + [-1, 0, 1]
    for format in (Format(True, 64, 0), Format(True, 8, 0), Format(False, 63, 0), Format(False, 64, 0)):
        for overflow in Overflow:
            mode = (format.signed, format.word_length, 0, rounding, overflow)
            wanted = [oracle.to_word(Fraction(word) / Fraction(2) ** shift, *mode) for word in words]
            assert requantize(words, shift, format, rounding, overflow).tolist() == wanted


FLOATS_THAT_ROUND_TWICE = [
    0.49999999999999994,
    -0.49999999999999994,
    2.0**52 + 1,
    -(2.0**52) - 1,
    2.0**51 + 0.5,
    5e-324,
    -5e-324,
    1e-310,
    1e300,
]


@pytest.mark.parametrize("format", ["sfix64_En0", "sfix64_E3", "sfix8_E60", "sfix16_En15", "sfix100_En0", "ufix64_En1"])
@pytest.mark.parametrize("rounding", list(Rounding))
def test_quantize_rounds_the_true_value_once(rounding, format):
    format = Format.parse(format)
    for overflow in Overflow:
        mode = (format.signed, format.word_length, format.fraction_length, rounding, overflow)
        wanted = [oracle.to_word(Fraction(value), *mode) for value in FLOATS_THAT_ROUND_TWICE]
        assert quantize(FLOATS_THAT_ROUND_TWICE, format, rounding, overflow).tolist() == wanted


@given(st.lists(integers, max_size=9), st.integers(-80, 80), formats, roundings, overflows)
def test_requantize_equals_its_definition(words, fraction_length, format, rounding, overflow):
    result = requantize(words, fraction_length, format, rounding, overflow)
    assert result.dtype == (np.int64 if format.fits_int64 else object)
    values = [Fraction(word) / Fraction(2) ** fraction_length for word in words]
    mode = (format.signed, format.word_length, format.fraction_length, rounding, overflow)
    assert result.tolist() == [oracle.to_word(value, *mode) for value in values]


@given(st.lists(floats, max_size=9), formats, roundings, overflows)
def test_quantize_equals_its_definition(x, format, rounding, overflow):
    mode = (format.signed, format.word_length, format.fraction_length, rounding, overflow)
    assert quantize(x, format, rounding, overflow).tolist() == [oracle.to_word(Fraction(value), *mode) for value in x]


@given(formats, st.data())
def test_to_float_and_back(format, data):
    words = data.draw(st.lists(st.integers(max(format.minimum, -(2**53)), min(format.maximum, 2**53)), max_size=5))
    assert quantize(to_float(words, format), format).tolist() == words


@given(st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=5), formats)
def test_wrap_and_saturate(words, format):
    assert saturate(words, format).tolist() == [min(max(word, format.minimum), format.maximum) for word in words]
    for word, wrapped in zip(words, wrap(words, format).tolist(), strict=True):
        assert format.minimum <= wrapped <= format.maximum
        assert (word - wrapped) % 2**format.word_length == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_only_finite_values_become_words(bad):
    with pytest.raises(ValueError, match=r"at index 1, 0: must be finite"):
        quantize([[0.0, 1.0], [bad, 2.0]], "sfix8_En0")
    with pytest.raises(ValueError, match="must be finite"):
        quantize(bad, "sfix8_En0")


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_any_integer_dtype(dtype):
    top = np.iinfo(dtype).max
    assert as_words(np.array([0, top], dtype)).tolist() == [0, top]
    assert requantize(np.array([0, top], dtype), 0, "sfix80_En0").tolist() == [0, top]


@pytest.mark.parametrize("words", [[0.5], np.zeros(3), [True], ["1"], [1, None], np.array([1.0], dtype=object)])
def test_words_are_integers(words):
    with pytest.raises(ValueError, match="must be integers"):
        as_words(words)


def test_shape_is_kept_and_arguments_are_not_written_to():
    words = np.arange(6).reshape(2, 3)[:, ::2]
    assert requantize(words, 1, "sfix8_En0", "floor").tolist() == [[0, 1], [1, 2]]
    assert words.tolist() == [[0, 2], [3, 5]]
    assert requantize(5, 1, "sfix8_En0").tolist() == 3
    assert quantize(np.zeros((0, 3)), "sfix70_En0").shape == (0, 3)


# Coefficients

SMALL_TAPS = st.lists(st.floats(-1e6, 1e6).filter(lambda tap: tap == 0 or abs(tap) > 1e-9), min_size=1, max_size=9)


@given(SMALL_TAPS, st.integers(2, 32), st.booleans(), roundings)
def test_best_fraction_length_is_the_greatest_without_overflow(taps, word_length, signed, rounding):
    if not signed:
        taps = [abs(tap) for tap in taps]
    best = best_fraction_length(taps, word_length, signed, rounding)

    def fits(fraction_length):
        words = [oracle.to_word(Fraction(tap), True, 200, fraction_length, rounding, "wrap") for tap in taps]
        format = Format(signed, word_length, fraction_length)
        return all(format.minimum <= word <= format.maximum for word in words)

    assert fits(best)
    assert not any(fits(longer) for longer in range(best + 1, best + 4)) or not any(taps)


@pytest.mark.parametrize(
    ("taps", "word_length", "expected"),
    [
        ([0.5], 16, 15),
        ([-0.5], 16, 16),
        ([-1.0], 16, 15),
        ([1.0], 16, 14),
        ([0.99999], 16, 14),
        ([40000.0], 16, -1),
        ([1e-6], 8, 26),
        ([0.0], 8, 7),
    ],
)
def test_best_fraction_length(taps, word_length, expected):
    assert best_fraction_length(taps, word_length) == expected


def test_coefficients_report_their_error():
    taps = [0.1, -0.25, 0.7]
    quantized = quantize_coefficients(taps, "sfix8_En7")
    errors = [Fraction(int(word), 128) - Fraction(tap) for word, tap in zip(quantized.words, taps, strict=True)]
    np.testing.assert_allclose(quantized.error, [float(error) for error in errors], rtol=1e-12)
    assert quantized.maximum_error == max(abs(quantized.error))
    assert quantized.rms_error == pytest.approx(math.sqrt(sum(float(error) ** 2 for error in errors) / 3))
    assert quantized.saturated.size == 0
    assert quantized.unused_bits == 0
    np.testing.assert_array_equal(quantized.values, quantized.words / 128)


def test_coefficients_out_of_range():
    saturated = quantize_coefficients([0.5, 1.5, -2.0], "sfix8_En7", overflow="saturate")
    assert saturated.words.tolist() == [64, 127, -128]
    assert saturated.saturated.tolist() == [1, 2]
    assert "2 saturated; sfix8_En6 would use the full word" in str(saturated)
    with pytest.raises(ValueError, match=r"coefficient 1 = 1.5: must be -1 to 0.992188 in sfix8_En7"):
        quantize_coefficients([0.5, 1.5], "sfix8_En7", overflow="wrap")
    with pytest.raises(ValueError, match=r"coefficient 0 = 0.999"):  # in range until it is rounded
        quantize_coefficients([0.999], "sfix8_En7", overflow="wrap")
    assert quantize_coefficients([1000.0, -3.0], "sfix8_En7", overflow="wrap", scale=True).words.tolist() == [125, 0]
    assert quantize_coefficients([0.999], "sfix8_En7", "floor", "wrap").words.tolist() == [127]


@pytest.mark.parametrize("taps", [[], [np.nan], [0.5, np.inf]])
def test_no_coefficients_or_not_finite(taps):
    with pytest.raises(ValueError, match=r"at least one|finite"):
        quantize_coefficients(taps, "sfix8_En7")


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=3), st.sampled_from(["sfix2_En0", "ufix2_En0", "sfix3_En7", "ufix1_En0"]))
def test_worst_case_range_is_what_enumeration_finds(coefficients, sink):
    sink = Format.parse(sink)
    sums = {0}
    for coefficient in coefficients:
        sums = {total + coefficient * word for total in sums for word in range(sink.minimum, sink.maximum + 1)}
    assert worst_case_range(coefficients, sink) == (min(sums), max(sums))


def test_worst_case_range_beyond_64_bits():
    assert worst_case_range([-(2**31)] * 1024, "sfix32_En31") == (-1024 * 2**31 * (2**31 - 1), 2**72)


@given(st.integers(-(2**80), 2**80), st.integers(-(2**80), 2**80))
def test_bits_for_is_the_least_word_length(one, other):
    low, high = min(one, other), max(one, other)
    bits = bits_for(low, high)
    signed = low < 0
    assert Format(signed, bits, 0).minimum <= low
    assert high <= Format(signed, bits, 0).maximum
    if bits > 1:
        shorter = Format(signed, bits - 1, 0)
        assert low < shorter.minimum or high > shorter.maximum


@pytest.mark.parametrize("arguments", [(1, 0), (-1, 1, False)])
def test_bits_for_refuses_an_impossible_interval(arguments):
    with pytest.raises(ValueError, match="must not be"):
        bits_for(*arguments)


TRANSLATED = {
    "Q1.15": ["sfix16_En15", "sfix17_En15"],
    "q0.31": ["sfix32_En31"],
    "Q15": ["sfix16_En15"],
    "uq8.8": ["ufix16_En8"],
    "s16.15": ["sfix16_En15", "sfix32_En15"],
    "u8.8": ["ufix8_En8", "ufix16_En8"],
    "fix16_15": ["sfix16_En15"],
    "UFix_16_15": ["ufix16_En15"],
    "sfix16.15": ["sfix16_En15"],
    "int16_t": ["sfix16_En0"],
    "ap_fixed<16, 1>": ["sfix16_En15"],
    "ap_ufixed<8,10>": ["ufix8_E2"],
    "ap_fixed<16,1,AP_RND,AP_SAT>": ["sfix16_En15"],
    "ac_fixed<16,1,true>": ["sfix16_En15"],
    "ac_fixed<16,1,false>": ["ufix16_En15"],
    "fixdt(1,16,15)": ["sfix16_En15"],
    "numerictype(false, 8, 8)": ["ufix8_En8"],
    "fi(0.5,1,16,15)": ["sfix16_En15"],
    "sfixed(0 downto -15)": ["sfix16_En15"],
    "ufixed(7 downto 0)": ["ufix8_En0"],
    "sfixed(-15 downto 0)": [],
    "sfix16_En-3": ["sfix16_E3"],
    "sfix16_E-15": ["sfix16_En15"],
    "sfix16en15": ["sfix16_En15"],
    "16 bits": [],
    "float": [],
}
"""What people write, and what of it the message offers: ARM's Q1.15 has 16 bits, TI's 17."""


@pytest.mark.parametrize("written", TRANSLATED)
def test_other_notations_are_answered_with_their_translation(written):
    with pytest.raises(ValueError, match="must look like sfix16_En15") as caught:
        Format.parse(written)
    with pytest.raises(ParameterError, match=r"source = .*must be a format such as sfix16_En15") as refused:
        make_core({"core": "fir", "coefficients": [0.5], "source": written})
    for message in (str(caught.value).partition("or ufix8_En0")[2], str(refused.value).partition("32 bits")[2]):
        assert re.findall(r"[su]fix\d+_En?\d+", message) == TRANSLATED[written]
    for one in TRANSLATED[written]:
        assert str(Format.parse(one)) == one


def test_a_format_without_a_fraction_length_is_an_integer():
    assert str(Format.parse("sfix16")) == "sfix16_En0"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"coefficients": [0.5, 1e-14]}, None),
        ({"coefficients": [1e-300]}, "coefficient 0 = 1e-300: the largest must be 1e-70 to"),
        ({"coefficients": [0.0, -1e300]}, r"coefficient 1 = -1e\+300: the largest must be 1e-70 to"),
        ({"coefficients": [0.5], "gain": 1e308}, r"coefficient 0 = 5e\+307"),
        ({"coefficients": [0.5, 1e308], "gain": 10}, r"tap 1: 1e\+308 x 10.*: must be finite with its gain"),
        ({"coefficients": [1e-6, 2e-6]}, "coefficient = .*: must hold the 2 taps, which all round to 0 in it; sfix16_En33 would"),
    ],
)
def test_tiny_and_huge_taps_are_spoken_of(given, message):
    if message is None:
        assert make_core({"core": "fir", **given}).notes == ("1 of 2 taps rounded to 0 in sfix16_En15",)
        return
    with pytest.raises(ParameterError, match=message):
        make_core({"core": "fir", **given})


@pytest.mark.parametrize("gain", [1.0, 2.0, 1000.0])
@pytest.mark.parametrize("count", [7, 63, 255, 1023])
def test_zeros_of_a_half_band_filter_have_not_vanished(count, gain):
    """Every other tap beside the middle is sin(pi k) / (pi k), which float64 does not make 0; what is small but meant has vanished."""
    taps, middle = gain * firwin(count, 0.5), count // 2
    zeros = [place for place in range(count) if place != middle and (place - middle) % 2 == 0]
    assert np.any(taps[zeros] != 0)
    vanished = set(quantize_coefficients(taps, "sfix18", scale=True).vanished)
    assert not vanished & set(zeros)
    taps[zeros[0]] = 1e-14 * taps[middle]
    assert set(quantize_coefficients(taps, "sfix18", scale=True).vanished) == vanished | {zeros[0]}
