"""Coefficients that are loaded while a FIR filter works: what is in force when, against plain sums of products."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from reference.fir import fir_in_force
from testbenches.for_tests import oracle
from testbenches.for_tests.drawing import examples
from testbenches.simulate import run
from testbenches.stimulus import Stimulus
from testbenches.verify import verify

HARDWARE = ("myhdl", "ghdl", "native")
TAPS = [0.5, -0.25, 0.125, 0.75, -0.5]
SYMMETRIC, ANTISYMMETRIC = [0.5, -0.25, 0.75, -0.25, 0.5], [0.5, -0.25, 0.0, 0.25, -0.5]


def loaded(**parameters):
    plain = {"core": "fir", "name": "loaded", "form": "serial", "coefficients": TAPS, "coefficient": "sfix12_En10"}
    return make_core(plain | {"run_time_coefficients": "slave"} | parameters)


def rounded(core, sums):
    """Exact sums to words, by fractions."""
    f, unit = core.source, Fraction(1, 1 << core.sink.fraction_length + core.coefficient.fraction_length)
    shape = f.signed, f.word_length, f.fraction_length, str(core.rounding), str(core.overflow)
    return [oracle.to_word(int(total) * unit, *shape) for total in sums]


def expected(core, x, coefficients):
    """Plain sums of products, sample by sample, with the coefficients that are in force at each; a transposed form's of each sample."""
    x, ratio = [int(word) for word in x], core.interpolation
    if core.form == "transposed":
        taps = range(-(-len(core.coefficients) // ratio))
        of = [[[*c[phase::ratio], 0] for c in coefficients] for phase in range(ratio)]
        sums = [sum(int(one[n - k][k]) * x[n - k] for k in taps if k <= n and k < len(one[n - k])) for n in range(len(x)) for one in of]
        return rounded(core, sums[:: core.decimation])
    sums = []
    for n, c in enumerate(coefficients):
        for phase in range(ratio):
            mine = c[phase::ratio]
            sums.append(sum(int(mine[k]) * x[n - k] for k in range(min(n + 1, len(mine)))))
    return rounded(core, sums[:: core.decimation])


def in_force(core, numbers, bank):
    """The coefficients of each sample: those of the set that was loaded last into its bank."""
    count, sign = len(core.coefficients), {"none": 0, "symmetric": 1, "antisymmetric": -1}[core.symmetry]
    held = {one: core.loaded.set_of(0) for one in range(core.banks)}
    found, before = [], 0
    for number, one in zip(numbers, bank, strict=True):
        if number != before:
            held[number % core.banks] = core.loaded.set_of(int(number))
        before = number
        half = [int(word) for word in held[one]]
        mirrored = [sign * word for word in half[::-1]][max(0, 2 * len(half) - count) :] if sign else []
        found.append(half + [0] * (count - len(half) - len(mirrored)) + mirrored)
    return found


SHAPES = {
    "slave": {},
    "port": {"run_time_coefficients": "port", "banks": 1},
    "port, three banks": {"run_time_coefficients": "port", "banks": 3, "pipeline": "speed"},
    "three multipliers": {"multipliers": 3},
    "five banks by a port": {"banks": 5, "bank_port": True},
    "symmetric": {"coefficients": SYMMETRIC, "symmetry": "symmetric"},
    "symmetric, even": {"coefficients": SYMMETRIC[:2] + SYMMETRIC[3:], "symmetry": "symmetric", "multipliers": 2},
    "antisymmetric": {"coefficients": ANTISYMMETRIC, "symmetry": "antisymmetric"},
    "decimator": {"decimation": 3},
    "interpolator": {"interpolation": 2, "multipliers": 2},
    "interpolator with a phase that has no taps": {"coefficients": TAPS[:2], "interpolation": 3, "coefficient_sum": 2.0},
    "one tap": {"coefficients": [0.5]},
    "direct": {"form": "direct", "banks": 4, "pipeline": "speed"},
    "direct, one bank": {"form": "direct", "run_time_coefficients": "port", "banks": 1, "decimation": 2},
    "direct, folded": {"form": "direct", "coefficients": ANTISYMMETRIC, "symmetry": "antisymmetric", "multiplier": "logic"},
    "transposed": {"form": "transposed", "run_time_coefficients": "port", "banks": 3},
    "transposed, one bank": {"form": "transposed", "run_time_coefficients": "port", "banks": 1, "pipeline": "speed", "decimation": 3},
    "transposed, folded": {"form": "transposed", "coefficients": ANTISYMMETRIC[:2] + ANTISYMMETRIC[3:], "symmetry": "antisymmetric"},
    "direct interpolator": {"form": "direct", "interpolation": 2},
    "direct interpolator, one bank": {"form": "direct", "interpolation": 3, "run_time_coefficients": "port", "banks": 1},
    "transposed interpolator": {"form": "transposed", "interpolation": 3, "bank_port": True, "banks": 3},
    "transposed interpolator, two taps": {"form": "transposed", "coefficients": TAPS[:2], "interpolation": 4, "pipeline": "speed"},
    "wide": {"coefficient": "sfix27_En25", "sink": "sfix30_En29", "source": "sfix32_En29", "multiplier": "logic"},
    "declared sum": {"coefficient_sum": 2.5, "overflow": "wrap"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_model_is_a_sum_of_products_of_what_is_in_force(shape):
    core, rng, count = loaded(**SHAPES[shape]), np.random.default_rng(len(shape)), 90
    x = rng.integers(core.sink.minimum, core.sink.maximum, count, endpoint=True)
    numbers = np.repeat(rng.integers(0, 40, 9), 10)
    numbers[:7] = 0
    bank = rng.integers(0, core.banks, count)
    given = core.steered_model(x, {"loaded": numbers, "bank": bank})
    coefficients = in_force(core, numbers, bank)
    assert given.tolist() == expected(core, x, coefficients)
    still = core.steered_model(x, {name: np.zeros(count, np.int64) for name in ("loaded", "bank")})
    assert still.tolist() == core.model(x).tolist()


IN_MYHDL = ["port, three banks", "antisymmetric", "interpolator with a phase that has no taps", "wide", "transposed, folded"]
IN_MYHDL += ["direct interpolator", "transposed interpolator"]


@pytest.mark.parametrize("shape", IN_MYHDL)
def test_proven_in_myhdl(shape):
    assert_proven(loaded(**SHAPES[shape]), ["myhdl"])


@pytest.mark.parametrize("shape", ["three multipliers", "direct, folded", "transposed, one bank"])
def test_proven_in_every_engine(shape):
    assert_proven(loaded(**SHAPES[shape]), HARDWARE)


def assert_proven(core, engines):
    proof = verify(core, "noise", engines, samples=150)
    for engine in proof.engines:
        assert engine.passed, f"{engine.engine}: {engine.error or engine.first_difference} {core.description}"
        moved = [leg for leg in engine.legs if leg.moves]
        assert moved
        assert not any(leg.unnoticed for leg in moved)


def test_reference_of_what_is_in_force():
    """By numpy's convolution: what leaves at a sample is what a filter of these coefficients alone would give there."""
    rng = np.random.default_rng(3)
    x, sets, which = rng.standard_normal(200), rng.standard_normal((4, 9)), rng.integers(0, 4, 200)
    alone = [np.convolve(x, taps)[:200] for taps in sets]
    assert np.allclose(fir_in_force(x, sets, which), np.choose(which, alone))
    kept = sum(np.convolve(np.where(which == number, x, 0), taps)[:200] for number, taps in enumerate(sets))
    assert np.allclose(fir_in_force(x, sets, which, by_sample=True), kept)


def writes(core, at, bank, words):
    """A write in each clock from `at` on."""
    found = []
    for tap, word in enumerate(words):
        found += [(at + tap, "control_address", core.loaded.address(tap, bank)), (at + tap, "control_writedata", word & 0xFFFF)]
        found.append((at + tap, "control_write", 1))
    return [*found, (at + len(words), "control_write", 0)]


def chooses(core, at, bank):
    """The bank that is in force from the clock behind."""
    address = core.loaded.register_address
    return [(at, "control_address", address), (at, "control_writedata", bank), (at, "control_write", 1), (at + 1, "control_write", 0)]


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
def test_one_write_swaps_between_two_samples(engine):
    """While samples come as fast as they can, a bank is written and taken; every word is by the one set or by the other."""
    core, rng = loaded(), np.random.default_rng(5)
    x = rng.integers(-(1 << 15), 1 << 15, 60)
    other = rng.integers(-(1 << 11), 1 << 11, 5)
    events = [*writes(core, 80, 1, other), *chooses(core, 121, 1)]
    response = run(core, Stimulus({"data": x}, events=tuple(events)), engine)
    given = [int(word) for word in np.asarray(core.quantized.words)]
    # The write's edge ends clock 121: a sample that is taken there has still met the old bank.
    coefficients = [other.tolist() if cycle > 121 else given for cycle in response.sink_cycles]
    assert 10 < sum(cycle > 121 for cycle in response.sink_cycles) < 50
    assert response.data.tolist() == expected(core, x, coefficients)


@pytest.mark.parametrize(("engine", "form"), [("myhdl", "serial"), ("ghdl", "direct"), ("myhdl", "direct"), ("ghdl", "transposed")])
def test_a_bank_for_each_sample(engine, form):
    """The port moves in every clock, at full rate and under stalls: that of the clock counts in which a sample is taken."""
    core, rng = loaded(form=form, run_time_coefficients="port", banks=4), np.random.default_rng(6)
    x, banks = rng.integers(-(1 << 15), 1 << 15, 40), rng.integers(0, 4, 900)
    sets = rng.integers(-(1 << 11), 1 << 11, (4, 5))
    events, at = [], 1
    for bank, words in enumerate(sets):
        for tap, word in enumerate(words):
            address = core.loaded.address(tap, bank)
            events += [(at, "coefficient_address", address), (at, "coefficient_data", int(word)), (at, "coefficient_write", 1)]
            at += 1
    events.append((at, "coefficient_write", 0))
    events += [(at + 1 + clock, "bank", int(bank)) for clock, bank in enumerate(banks)]
    offer = np.arange(4099) > at
    stimulus = Stimulus({"data": x}, offer=offer, accept=rng.random(997) < 0.7, events=tuple(events))
    response = run(core, stimulus, engine)
    met = [sets[banks[cycle - at - 1]].tolist() for cycle in response.sink_cycles]
    assert response.data.tolist() == expected(core, x, met)


TURNS = {
    "": {},
    "decimator": {"decimation": 3},
    "interpolator": {"interpolation": 2},
    "direct interpolator": {"form": "direct", "interpolation": 3},
    "transposed interpolator": {"form": "transposed", "interpolation": 4},
    "a multiplier for each tap": {"multipliers": 5},
}


@pytest.mark.parametrize("rate", TURNS.values(), ids=TURNS)
def test_the_register_tells_when_the_bank_before_may_be_written(rate):
    """Products that follow each other read the bank before while the next sample may come at any time: it says so, from the start on."""
    core, rng = loaded(**rate), np.random.default_rng(8)
    register, swap, ratio = core.loaded.register_address, 200, core.decimation
    x, other, third = rng.integers(-(1 << 15), 1 << 15, 60), *rng.integers(-(1 << 11), 1 << 11, (2, 5))
    looks = [("control_address", register), ("control_write", 0)]
    events = [(1, *looks[0]), *writes(core, 30, 1, other), *chooses(core, swap, 1), *((swap + 1, *one) for one in looks)]
    probes = [(2, "control_readdata"), *((clock, "control_readdata") for clock in range(swap + 2, swap + 30))]
    slow = {"offer": np.arange(997) % 9 == 0}
    first = run(core, Stimulus({"data": x}, events=tuple(events), probes=tuple(probes), **slow), "ghdl")
    begin, *told = first.probes
    assert begin == 0
    taken = next(cycle for cycle in first.sink_cycles[::ratio] if cycle > swap)
    # Of the register its bank from the write on; above it the bank that is read, from the sample on that begins with the new one.
    assert told == [1 | (clock > taken) << 8 for clock in range(swap + 2, swap + 30)]
    assert taken > swap + 2
    # From there on the other bank is free, whatever is still to be summed.
    events = events[: -len(looks)] + writes(core, taken + 1, 0, third) + chooses(core, taken + 40, 0)
    response = run(core, Stimulus({"data": x}, events=tuple(events), **slow), "ghdl")
    given = [int(word) for word in np.asarray(core.quantized.words)]
    by = {0: given, 1: other.tolist(), 2: third.tolist()}
    met = [by[int(cycle > swap) + int(cycle > taken + 40)] for cycle in response.sink_cycles]
    assert response.data.tolist() == expected(core, x, met)


@pytest.mark.parametrize("engine", HARDWARE)
def test_a_reset_leaves_coefficients_and_bank_alone(engine):
    core, rng = loaded(), np.random.default_rng(7)
    x, other = rng.integers(-(1 << 15), 1 << 15, 20), rng.integers(-(1 << 11), 1 << 11, 5)
    events = [*writes(core, 10, 1, other), *chooses(core, 16, 1), *writes(core, 18, 0, other[::-1])]
    # The reset comes in the midst of that, before any sample.
    stimulus = Stimulus({"data": x}, offer=np.arange(4099) > 40, reset_at=20, events=tuple(events))
    response = run(core, stimulus, engine)
    assert response.data.tolist() == expected(core, x, [other.tolist()] * 20)


@pytest.mark.parametrize("engine", ["myhdl", "ghdl"])
def test_read_back(engine):
    core = loaded(banks=3, multipliers=2)
    banks = core.loaded
    given = [int(word) & 0xFFF for word in np.asarray(core.quantized.words)]
    events, probes, wanted = [*writes(core, 1, 2, [-5]), *chooses(core, 3, 2)], [], []
    at = 6
    for address, want in [
        (banks.address(0, 2), -5 & 0xFFF), (banks.address(4, 2), given[4]), (banks.address(1, 0), given[1]), (banks.register_address, 2)
    ]:  # fmt: skip
        events.append((at, "control_address", address))
        probes.append((at + 1, "control_readdata"))
        wanted.append(want)
        at += 1
    response = run(core, Stimulus({"data": np.zeros(0, np.int64)}, events=tuple(events), probes=tuple(probes), cycles=at + 3), engine)
    assert list(response.probes) == wanted


@st.composite
def shapes(draw):
    """Filters whose coefficients are loaded."""
    form = draw(st.sampled_from(["serial", "serial", "direct", "transposed"]))
    count = draw(st.integers(1, 9))
    symmetry = draw(st.sampled_from(["none", "symmetric", "antisymmetric"])) if count > 1 else "none"
    half = draw(st.lists(st.integers(-31, 31), min_size=count, max_size=count))
    taps = {"none": half, "symmetric": [a + b for a, b in zip(half, half[::-1], strict=True)]}
    taps["antisymmetric"] = [a - b for a, b in zip(half, half[::-1], strict=True)]
    access = draw(st.sampled_from(["port", "slave"]))
    rate = draw(st.sampled_from([{}, {"decimation": 2}, {"interpolation": 3}]))
    if "interpolation" in rate:
        symmetry = "none"
    return {
        "form": form, "coefficients": [tap / 64 for tap in taps[symmetry]],
        "symmetry": symmetry, "coefficient": "sfix8_En6", "sink": "sfix9_En8",
        "source": draw(st.sampled_from(["sfix9_En7", "sfix6_En4", "ufix7_En6"])), "run_time_coefficients": access,
        "banks": draw(st.integers(1 if access == "port" else 2, 5)), "bank_port": access == "slave" and draw(st.booleans()),
        "multipliers": draw(st.integers(1, count)), "pipeline": draw(st.sampled_from(["area", "speed"])),
        "rounding": draw(st.sampled_from(["floor", "nearest", "convergent", "zero", "ceil"])), **rate,
    }  # fmt: skip


@examples(3)
@given(shapes(), st.integers(0, 2**20))
def test_any_shape(description, seed):
    core, rng = loaded(**description), np.random.default_rng(seed)
    proof = verify(core, "noise", ["myhdl"], samples=60, seed=seed)
    assert proof.engines[0].passed, f"{proof.engines[0].error or proof.engines[0].first_difference} {core.description}"
    numbers, bank = np.sort(rng.integers(0, 60, 30)), rng.integers(0, core.banks, 30)
    x = rng.integers(core.sink.minimum, core.sink.maximum, 30, endpoint=True)
    assert core.steered_model(x, {"loaded": numbers, "bank": bank}).tolist() == expected(core, x, in_force(core, numbers, bank))


BAD = [
    ({"banks": 257}, "banks = 257: must be 1 to 256"),
    ({"banks": 0}, "banks = 0: must be 1 to 256"),
    ({"banks": 1}, "banks = 1: must be 2 or more behind a slave"),
    ({"coefficients": [2.5, 0.5]}, "tap 0: 2.5: must be -2 to 1.99902 in sfix12_En10"),
    ({"symmetry": "symmetric"}, 'coefficients: tap 0: 0.5, tap 4: -0.5: must be symmetric for symmetry = "symmetric"'),
    ({"symmetry": "antisymmetric"}, "tap 1: -0.25, tap 3: 0.75: must be antisymmetric"),
    ({"symmetry": "odd"}, 'symmetry = "odd": must be one of none, symmetric, antisymmetric'),
    ({"symmetry": "symmetric", "coefficients": [0.5]}, "must be none for a single tap"),
    ({"symmetry": "symmetric", "coefficients": SYMMETRIC, "interpolation": 2}, "must be none for an interpolator"),
    ({"coefficient_sum": 1.0}, "coefficient_sum = 1.0: must be 2.125 or more"),
    ({"coefficient_sum": -1.0}, "coefficient_sum = -1.0: must be a number above 0"),
    ({"run_time_coefficients": "yes"}, "must be one of none, port, slave"),
    ({"run_time_coefficients": "none", "banks": 4}, 'banks = 4: needs run_time_coefficients = "port" or "slave"'),
    ({"run_time_coefficients": "none", "symmetry": "symmetric", "coefficients": SYMMETRIC}, "symmetry = .*: needs run_time_coefficients"),
    ({"run_time_coefficients": "port", "bank_port": True}, "bank_port = true: must be false"),
    ({"coefficient": "ufix12_En10", "coefficients": [0.5]}, "coefficient = .*: must be signed where coefficients are loaded"),
    ({"form": "direct", "coefficients": [0.001] * 251}, "banks = 2: must be fewer: the coefficients take 253 memory blocks"),
    ({"coefficients": [0.001] * 1024, "banks": 256}, "banks = 256: must be fewer"),
]


@pytest.mark.parametrize(("parameters", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_bad_input(parameters, message):
    with pytest.raises(ParameterError, match=message):
        loaded(**parameters)


def test_constants_say_nothing_of_loading():
    core = loaded(run_time_coefficients="none")
    assert not set(core.description) & {"run_time_coefficients", "banks", "bank_port", "symmetry", "coefficient_sum"}
    assert core.register_map == core.control_ports == ()
    assert list(loaded().description)[-2:] == ["run_time_coefficients", "banks"]
