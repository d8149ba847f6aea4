"""The FIR model against its definition in exact arithmetic, and the float reference against scipy."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

import reference.cic
import reference.fir
from fixed_point import Format, Overflow, Rounding, quantize, quantize_coefficients, to_float, worst_case_range
from fixed_point import fir as module
from fixed_point.fir import fir
from reference.families.windowed_sinc import COSINES
from testbenches.for_tests import oracle

ROUNDINGS, OVERFLOWS = list(Rounding), list(Overflow)


def expected(words, coefficients, accumulator_fraction, format, rounding, overflow):
    format = Format.parse(format)
    mode = (format.signed, format.word_length, format.fraction_length, rounding, overflow)
    return oracle.fir_words([int(word) for word in words], [int(tap) for tap in coefficients], accumulator_fraction, *mode)


@st.composite
def words_of(draw, word_length, minimum_size, maximum_size):
    """Words of a length, all of them random, or at the ends of the range."""
    least, greatest = -(2 ** (word_length - 1)), 2 ** (word_length - 1) - 1
    word = st.one_of(st.integers(least, greatest), st.sampled_from([least, greatest]))
    if draw(st.booleans()):
        word = st.sampled_from([least, greatest, 0])
    return draw(st.lists(word, min_size=minimum_size, max_size=maximum_size))


@given(st.data(), st.integers(2, 32), st.integers(2, 32), st.sampled_from(ROUNDINGS), st.sampled_from(OVERFLOWS))
def test_model_equals_its_definition(data, sink, coefficient, rounding, overflow):
    words = data.draw(words_of(sink, 0, 40))
    coefficients = data.draw(words_of(coefficient, 1, 24))
    format = Format(data.draw(st.booleans()), data.draw(st.integers(2, 32)), data.draw(st.integers(-20, 40)))
    accumulator_fraction = format.fraction_length + data.draw(st.integers(-8, 70))
    arguments = (accumulator_fraction, format, rounding, overflow)
    assert fir(words, coefficients, *arguments).tolist() == expected(words, coefficients, *arguments)


@given(st.data(), st.integers(33, 64), st.integers(2, 64), st.integers(33, 100))
def test_model_of_long_words_equals_its_definition(data, sink, coefficient, source):
    words = data.draw(words_of(sink, 1, 10))
    coefficients = data.draw(words_of(coefficient, 1, 10))
    arguments = (
        data.draw(st.integers(0, 90)),
        Format(True, source, 20),
        data.draw(st.sampled_from(ROUNDINGS)),
        data.draw(st.sampled_from(OVERFLOWS)),
    )
    assert fir(words, coefficients, *arguments).tolist() == expected(words, coefficients, *arguments)


LARGE = [  # taps, samples, sink bits, coefficient bits, bits dropped, source
    (1024, 1100, 32, 32, 41, "sfix32_En0"),  # sums to 2**72: limbs, and a sticky bit
    (1024, 1100, 32, 32, 5, "sfix32_En0"),  # too few bits dropped for that
    (1024, 1100, 16, 16, 15, "sfix16_En0"),
    (1023, 1100, 24, 18, 17, "sfix24_En0"),
    (64, 40000, 16, 16, 15, "sfix16_En0"),  # more than one block
    (64, 33000, 32, 24, 23, "sfix32_En0"),
    (3, 33000, 8, 8, 7, "ufix8_En0"),
    (33, 32769, 32, 32, 33, "sfix32_En0"),
]


@pytest.mark.parametrize("full_scale", [False, True])
@pytest.mark.parametrize(("taps", "samples", "sink", "coefficient", "drop", "source"), LARGE)
def test_large_models_equal_integer_convolution(taps, samples, sink, coefficient, drop, source, full_scale):
    random = np.random.default_rng(taps + samples)
    words = random.integers(-(2 ** (sink - 1)), 2 ** (sink - 1), samples)
    coefficients = random.integers(-(2 ** (coefficient - 1)), 2 ** (coefficient - 1), taps)
    if full_scale:
        words = np.where(words < 0, -(2 ** (sink - 1)), 2 ** (sink - 1) - 1)
        coefficients[...] = -(2 ** (coefficient - 1))
    format = Format.parse(source)
    sums = np.convolve(words[:2100].astype(object), coefficients.astype(object))[: min(samples, 2100)]
    tail = slice(max(0, samples - 1100), samples)
    tail_sums = np.convolve(words[max(0, samples - 1100 - taps) :].astype(object), coefficients.astype(object))[
        : min(samples, 1100 + taps)
    ][-1100:]
    for rounding in ROUNDINGS:
        for overflow in OVERFLOWS:
            got = fir(words, coefficients, drop, source, rounding, overflow)
            for part, exact in ((got[: sums.size], sums), (got[tail], tail_sums)):
                step = 2**drop
                low = exact // step
                rest = exact - low * step
                up = {
                    "floor": 0 * low,
                    "ceil": rest > 0,
                    "nearest": 2 * rest >= step,
                    "zero": (low < 0) & (rest > 0),
                    "convergent": (2 * rest > step) | ((2 * rest == step) & (low % 2 == 1)),
                }[rounding]
                rounded = low + up.astype(int)
                if overflow == "saturate":
                    wanted = np.clip(rounded, format.minimum, format.maximum)
                else:
                    wanted = (rounded - format.minimum) % 2**format.word_length + format.minimum
                np.testing.assert_array_equal(part, wanted.astype(np.int64), f"{rounding} {overflow}")


@pytest.mark.parametrize("drop", range(14))
def test_sums_past_63_bits_for_any_number_of_dropped_bits(drop):
    random = np.random.default_rng(drop)
    words = [-(2**31)] * 20 + random.integers(-(2**31), 2**31, 20).tolist()
    coefficients = [-(2**31)] * 16 + random.integers(-(2**31), -(2**30), 17).tolist()
    for rounding in ROUNDINGS:
        for source, overflow in (("sfix64_En0", "wrap"), ("sfix32_En0", "saturate"), ("sfix70_En0", "saturate")):
            got = fir(words, coefficients, drop, source, rounding, overflow)
            assert got.tolist() == expected(words, coefficients, drop, source, rounding, overflow)


def test_a_filter_longer_than_a_block():
    coefficients = np.arange(40_000) % 7 - 3
    impulse = np.zeros(100_000, int)
    impulse[[0, 50_000]] = 1
    wanted = np.zeros(100_000, int)
    wanted[:40_000] = wanted[50_000:90_000] = coefficients
    np.testing.assert_array_equal(fir(impulse, coefficients, 0, "sfix8_En0"), wanted)


# Mistakes that others shipped

IMPULSE = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("taps", [1, 2, 3, 4, 7, 8, 9, 15, 16, 17])
def test_impulse_returns_every_tap(taps):
    coefficients = list(range(3, 3 + taps))  # no zero, none equal: a lost or doubled one shows
    wanted = ([0, *coefficients] + 20 * [0])[:20]
    assert fir(IMPULSE, coefficients, 0, "sfix16_En0").tolist() == wanted


@pytest.mark.parametrize("taps", [1, 8, 9, 16, 17, 32, 33, 64, 128, 129, 1024])
def test_step_reaches_the_sum_of_all_taps(taps):
    assert fir(np.ones(1100, int), np.ones(taps, int), 0, "sfix16_En0").tolist() == [min(n + 1, taps) for n in range(1100)]


@pytest.mark.parametrize(
    "coefficients", [[3, 5, 3], [3, 5, 7, 5, 3], [-3, 0, 3], [-3, 5, 0, -5, 3], [1, 2, 4, 8, 16, 64], [0, 0, 0, 7], [0], [0, 0]]
)
def test_symmetric_and_sparse_sets(coefficients):
    words = [100, -100, 7, -128, 127, 0, 0, 1]
    assert fir(words, coefficients, 3, "sfix16_En0", "convergent").tolist() == expected(
        words, coefficients, 3, "sfix16_En0", "convergent", "saturate"
    )


def test_coefficient_of_minus_one_negates():
    words = [-32768, 32767, 1, -1]
    assert fir(words, [-32768], 30, "sfix16_En15", "nearest", "saturate").tolist() == [32767, -32767, -1, 1]
    assert fir(words, [-32768], 30, "sfix16_En15", "nearest", "wrap").tolist() == [-32768, -32767, -1, 1]


def test_full_scale_alternation_reaches_the_worst_case():
    coefficients, words = [-32768, 32767] * 8, np.array([32767, -32768] * 8)
    least, greatest = worst_case_range(coefficients, "sfix16_En15")
    assert fir(words, coefficients, 0, "sfix64_En0")[-1] == greatest
    assert fir(-1 - words, coefficients, 0, "sfix64_En0")[-1] == least


def test_gain_is_what_the_binary_point_says():
    gain_of_half = quantize_coefficients([0.5], "sfix12_En11")
    x = np.array([0.5, -0.25, 0.125])
    y = fir(quantize(x, "sfix16_En15"), gain_of_half.words, 15 + 11, "sfix20_En17")
    np.testing.assert_array_equal(to_float(y, "sfix20_En17"), x / 2)


@pytest.mark.parametrize("bits", [15, 16, 26, 27, 31, 32])
def test_products_around_32_and_53_and_63_bits(bits):
    full = -(2 ** (bits - 1))
    words, coefficients = [full, full, -full - 1, 1], [full, -full - 1, 3]
    for rounding in ROUNDINGS:
        got = fir(words, coefficients, bits - 1, Format(True, bits, 0), rounding, "saturate")
        assert got.tolist() == expected(words, coefficients, bits - 1, Format(True, bits, 0), rounding, "saturate")
        exact = fir(words, coefficients, 0, "sfix80_En0", rounding)
        assert exact.tolist() == np.convolve(np.array(words, object), np.array(coefficients, object))[:4].tolist()


# Shapes and arguments


@pytest.mark.parametrize("rounding", ["floor", "nearest", "convergent", "zero", "ceil"])
@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
def test_ties_and_limits_of_sums_up_to_the_last_bit_of_a_float(rounding, overflow):
    """Sums on both sides of 2**51, up to where they are rounded in float64: ties, their neighbours, and words at either limit."""
    rng = np.random.default_rng(7)
    for bits, dropped in ((20, 1), (24, 5), (25, 20), (25, 49), (26, 24)):
        ties = (rng.integers(-(2 ** (bits - 6)), 2 ** (bits - 6), 60) << 4) + rng.integers(-1, 2, 60)
        words = np.concatenate([ties, [2**bits - 1, -(2**bits), 2**bits - 1, -(2**bits), 0, 1, -1]])
        taps = [2**bits - 1, 1, -(2 ** (bits - 2))]
        mode = (True, 18, 2 * bits - dropped, rounding, overflow)
        found = fir(words, taps, 2 * bits, f"sfix18_En{2 * bits - dropped}", rounding, overflow)
        assert found.tolist() == oracle.fir_words(words.tolist(), taps, 2 * bits, *mode)


def test_batches_broadcast():
    random = np.random.default_rng(1)
    x, c = random.integers(-99, 99, (3, 1, 50)), random.integers(-99, 99, (4, 7))
    got = fir(x, c, 4, "sfix12_En0")
    assert got.shape == (3, 4, 50)
    for i in range(3):
        for j in range(4):
            np.testing.assert_array_equal(got[i, j], fir(x[i, 0], c[j], 4, "sfix12_En0"))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint32, np.int64, np.uint64, object, list])
def test_any_integers_and_no_copy_written_to(dtype):
    words = [5, 127, 0, 3] if dtype is list else np.array([5, 127, 0, 3], dtype=dtype)
    assert fir(words, [1, 1], 0, "sfix16_En0").tolist() == [5, 132, 127, 3]
    assert list(words) == [5, 127, 0, 3]


def test_strided_views():
    words = np.arange(20, dtype=np.int16)[::-2]
    assert fir(words, np.array([1, 9, 2, 9])[::2], 0, "sfix16_En0").tolist() == fir(words.tolist(), [1, 2], 0, "sfix16_En0").tolist()


def test_no_samples():
    assert fir([], [1], 0, "sfix16_En0").shape == (0,)
    assert fir(np.zeros((2, 0), int), [1], 0, "sfix16_En0").shape == (2, 0)


@pytest.mark.parametrize(
    ("words", "coefficients", "message"),
    [
        ([0.5], [1], "words: must be integers"),
        ([1], [0.5], "coefficients: must be integers"),
        ([1], [], "at least one tap"),
        (1, [1], "samples along an axis"),
        (np.ones((2, 3), int), np.ones((3, 3), int), "leading axes must broadcast"),
    ],
)
def test_bad_arguments(words, coefficients, message):
    with pytest.raises(ValueError, match=message):
        fir(words, coefficients, 0, "sfix16_En0")


def test_limbs_add_up_to_the_coefficients():
    random = np.random.default_rng(2)
    for bits, peak in ((32, 2**31), (16, 2**31), (32, 2**40), (2, 2**15)):
        taps = [int(tap) for tap in random.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 1024)]
        limbs, limb_bits = module._limbs(taps, peak)
        assert [sum(int(limb[i]) << n * limb_bits for n, limb in enumerate(limbs)) for i in range(1024)] == taps
        assert all(peak * int(np.abs(limb).sum()) <= 2**53 for limb in limbs)
    assert module._limbs([2**31, -(2**31)], 2**60) == ([], 0)


# Reference


def test_reference_equals_scipy():
    random = np.random.default_rng(3)
    x, taps = random.standard_normal((2, 500)), random.standard_normal(33)
    np.testing.assert_allclose(reference.fir.fir(x, taps), scipy.signal.lfilter(taps, 1, x), rtol=0, atol=1e-12)
    assert reference.fir.fir([], taps).shape == (0,)
    with pytest.raises(ValueError, match="at least one tap"):
        reference.fir.fir([1.0], [])


def test_model_follows_the_reference():
    taps = reference.fir.design("firwin", numtaps=64, cutoff=[300, 3400], pass_zero=False, fs=16000)
    x = np.random.default_rng(4).uniform(-0.4, 0.4, 16000)
    coefficients = quantize_coefficients(taps, "sfix18_En17", scale=True)
    words = fir(quantize(x, "sfix16_En15"), coefficients.words, 15 + coefficients.format.fraction_length, "sfix16_En15")
    error = to_float(words, "sfix16_En15") - reference.fir.fir(x, taps)
    assert np.max(np.abs(error)) < 4 * 2**-15


DESIGNS = [
    ("firwin", {"numtaps": 16, "cutoff": 0.25}, scipy.signal.firwin(16, 0.25)),
    ("firwin", {"numtaps": 9, "cutoff": [300, 3400], "fs": 16000, "pass_zero": False, "window": ["kaiser", 8.0]}, None),
    ("firwin2", {"numtaps": 17, "freq": [0, 0.5, 1], "gain": [1, 1, 0]}, scipy.signal.firwin2(17, [0, 0.5, 1], [1, 1, 0])),
    ("firls", {"numtaps": 17, "bands": [0, 0.3, 0.5, 1], "desired": [1, 1, 0, 0]}, None),
    ("remez", {"numtaps": 16, "bands": [0, 0.1, 0.2, 0.5], "desired": [1, 0]}, None),
    ("minimum_phase", {"h": [0.1, 0.2, 0.4, 0.2, 0.1]}, None),
    ("savgol_coeffs", {"window_length": 5, "polyorder": 2}, None),
]


@pytest.mark.parametrize(("method", "arguments", "taps"), DESIGNS)
def test_designs(method, arguments, taps):
    designed = reference.fir.design(method, **arguments)
    assert designed.ndim == 1
    assert np.isfinite(designed).all()
    if taps is not None:
        np.testing.assert_array_equal(designed, taps)


def test_windows_give_what_scipy_gives():
    """Where scipy designs nothing, nothing is designed quickly either: scipy is asked, and says why."""
    random = np.random.default_rng(5)
    windows = [*COSINES, "kaiser", "width"]
    made = 0
    for _ in range(400):
        rate = float(random.choice([2, 16000, 48000]))
        cutoff = (np.sort(random.uniform(0, 0.52, random.integers(1, 4))) * rate).tolist()
        arguments = {"numtaps": int(random.integers(1, 200)), "cutoff": cutoff if random.integers(2) else cutoff[0], "fs": rate}
        arguments |= {"pass_zero": random.choice(np.array([True, False, "lowpass", "highpass", "bandpass", "bandstop"], dtype=object))}
        arguments |= {"scale": bool(random.integers(2))}
        window = str(random.choice(windows))
        settings = {"kaiser": {"window": ("kaiser", random.uniform(0, 14))}, "width": {"width": random.uniform(0.01, 0.2) * rate}}
        arguments |= settings.get(window, {"window": window})
        quick = reference.fir.quick_design("firwin", **arguments)
        try:
            taps = scipy.signal.firwin(**arguments)
        except ValueError:
            assert quick is None, arguments
        else:
            made += 1
            np.testing.assert_array_equal(quick, taps, err_msg=str(arguments))
    assert made > 100


@pytest.mark.parametrize("method", reference.fir.METHODS)
def test_designs_take_the_arguments_of_scipy(method):
    # `method` chooses the function; xp and device are for arrays of other libraries.
    ours = {"cic_compensation": reference.cic.compensation}
    parameters = inspect.signature(ours[method] if method in ours else getattr(scipy.signal, method)).parameters
    arguments = set(parameters) - {"method", "xp", "device"}
    own = {"algorithm"} if "method" in parameters else set()  # minimum_phase has a `method` of its own
    assert set(reference.fir.METHODS[method]) == arguments | own
    assert reference.fir.NEEDED[method] == tuple(name for name, one in parameters.items() if one.default is one.empty)


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("firwinn", {}, "method = 'firwinn': must be one of firwin, firwin2"),
        ("firwin", {"numtaps": 9, "cutof": 0.2}, "cutof: firwin takes numtaps, cutoff"),
        ("firwin", {"numtaps": 9}, "cutoff: missing; firwin needs cutoff"),
        ("firwin", {"numtaps": 0, "cutoff": 0.2}, "numtaps = 0: must be a whole number from 1"),
        ("firwin", {"numtaps": 9.5, "cutoff": 0.2}, "numtaps = 9.5: must be a whole number"),
        ("firwin", {"numtaps": True, "cutoff": 0.2}, "numtaps = True: must be a whole number"),
        ("firwin", {"numtaps": 9, "cutoff": 1.2}, "numtaps = 9, cutoff = 1.2: Invalid cutoff frequency"),
        ("firwin", {"numtaps": 9, "cutoff": "low"}, "could not convert string to float"),
        ("firwin", {"numtaps": 9, "cutoff": float("nan")}, "gives no finite coefficients"),
        ("firwin", {"numtaps": 9, "cutoff": 0.2, "window": "hammond"}, "hammond"),
        ("firwin", {"numtaps": 8, "cutoff": 0.2, "pass_zero": False}, "even number of coefficients"),
        ("remez", {"numtaps": 9, "bands": [0, 0.1, 0.2, 0.6], "desired": [1, 0]}, "must rise from 0"),
        ("minimum_phase", {"h": list(range(500))}, "h = "),
    ],
)
def test_design_errors_are_one_sentence(method, arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        reference.fir.design(method, **arguments)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_frequency_response():
    taps = np.array([0.1, 0.5, -0.3])
    f, h = reference.fir.frequency_response(taps, 5, sample_rate=8)
    np.testing.assert_array_equal(f, [0, 1, 2, 3, 4])
    np.testing.assert_allclose(h, [sum(tap * np.exp(-2j * np.pi * g * k / 8) for k, tap in enumerate(taps)) for g in f])
    np.testing.assert_allclose(reference.fir.frequency_response(taps, [2.0], 8)[1], h[2])
