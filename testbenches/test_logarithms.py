"""Logarithms of words: against numpy, every word and every mantissa; the hardware against the model."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from myhdl import Simulation, delay, instance

from fixed_point.families.logarithms import LOGARITHM_BITS, Exp2, Log2
from ip_cores.blocks.arithmetic import flag, magnitude_signal, signed_signal
from ip_cores.blocks.exp2_word import EXP2_CLOCKS, exp2_word
from ip_cores.blocks.log2_word import LOG2_CLOCKS, log2_word
from ip_cores.conversion.conversion import convert
from testbenches.engines.ghdl import find_ghdl
from testbenches.for_tests.drawing import examples

DECIBELS = 10 * np.log10(2)
"""A doubling of power."""


def error(law, words):
    """In dB of power, by numpy's long double."""
    return DECIBELS * (law(words) / 2**LOGARITHM_BITS - np.log2(words.astype(np.longdouble)))


@pytest.mark.parametrize("bits", [4, 16, 20])
def test_every_word_is_right_within_5_thousandths_of_a_decibel(bits):
    words = np.arange(1, 1 << bits)
    found = error(Log2(bits), words)
    assert np.max(np.abs(found)) < 0.005
    assert np.all(np.diff(Log2(bits)(words)) >= 0)


@pytest.mark.parametrize("bits", [44, 62])
def test_every_mantissa_of_long_words_too(bits):
    """The 14 bits from the leading one on count: all of them, at all places, with anything behind them."""
    mantissas = np.arange(1 << 13, 1 << 14)
    behind = np.random.default_rng(bits).random(mantissas.size)
    for place in range(bits - 14, 0, -5):
        words = (mantissas << place) + (behind * 2.0**place).astype(np.int64)
        assert np.max(np.abs(error(Log2(bits), words))) < 0.005
    edges = np.array([(1 << place) - 1 for place in range(1, bits + 1)])
    assert np.max(np.abs(error(Log2(bits), edges))) < 0.005


def test_powers_of_two_are_exact_and_silence_has_a_level():
    assert np.array_equal(Log2(62)(np.int64(1) << np.arange(62)), np.arange(62) << LOGARITHM_BITS)
    assert Log2(20, 7)([0, 1, 100, 128, 256]).tolist() == [7 << 12, 7 << 12, 7 << 12, 7 << 12, 8 << 12]
    for bits in range(2, 63):
        assert Log2(bits)([(1 << bits) - 1])[0] < 1 << Log2(bits).word_length


@pytest.mark.parametrize("law", [Exp2(12, -8, 3, 24), Exp2(14, 0, 7, 16), Exp2(6, -3, -1, 20)])
def test_every_power_is_right_within_3_thousandths_of_a_decibel(law):
    """In dB of amplitude, where the result keeps 14 bits or more."""
    exponents = np.arange(law.lowest << law.fraction_length, law.highest + 1 << law.fraction_length)
    found = law(exponents)
    exact = np.exp2(exponents / 2.0**law.fraction_length + law.power_fraction_length)
    kept = exact >= 1 << 13
    assert kept.any()
    assert np.max(np.abs(20 * np.log10(found[kept] / exact[kept]))) < 0.003
    assert np.max(np.abs(found - exact)[~kept], initial=0.0) < 3
    assert np.all(np.diff(found) >= 0)
    assert law([exponents[0] - 1000, exponents[-1] + 1000]).tolist() == [found[0], found[-1]]


def through(block, words, entering, leaving, clocks):
    """Words through a block in MyHDL, one in every clock."""
    clk, found = flag(), []

    @instance
    def play():
        for number in [*words, *[0] * clocks]:
            entering.next = number
            yield delay(1)
            clk.next = True
            yield delay(1)
            found.append(int(leaving))
            clk.next = False

    Simulation(block(clk), play).run(quiet=1)
    return found[clocks - 1 : -1]


@examples(20)
@given(st.integers(2, 62), st.data())
def test_logarithm_in_hardware_is_that_of_the_model(bits, data):
    law = Log2(bits, data.draw(st.integers(0, bits - 1)))
    words = data.draw(st.lists(st.integers(0, bits).map(lambda place: (1 << place) - 1) | st.integers(0, (1 << bits) - 1), min_size=40))
    word, logarithm = magnitude_signal(bits), magnitude_signal(law.word_length)
    found = through(lambda clk: log2_word(clk, word, logarithm, law), words, word, logarithm, LOG2_CLOCKS)
    assert found == law(np.array(words, dtype=np.int64)).tolist()


@examples(20)
@given(st.integers(5, 16), st.integers(-12, 8), st.integers(0, 12), st.integers(-4, 24), st.data())
def test_power_in_hardware_is_that_of_the_model(fraction_length, lowest, more, point, data):
    law = Exp2(fraction_length, lowest, lowest + more, max(point, 1 - lowest - more))
    bits = fraction_length + 6
    words = data.draw(st.lists(st.integers(-(1 << bits - 1), (1 << bits - 1) - 1), min_size=40))
    word, power = signed_signal(bits), magnitude_signal(law.word_length)
    found = through(lambda clk: exp2_word(clk, word, power, law), words, word, power, EXP2_CLOCKS)
    assert found == law(np.array(words, dtype=np.int64)).tolist()


def test_vhdl_of_both_is_taken(tmp_path):
    """What GHDL analyses without a word; that of the logarithm is proven inside the noise reducer."""
    laws = {"log2_word": (log2_word, Log2(24, 5), magnitude_signal(24)), "exp2_word": (exp2_word, Exp2(12, -8, 3, 12), signed_signal(18))}
    for name, (block, law, word) in laws.items():
        files = convert(block(flag(), word, magnitude_signal(law.word_length), law), name, "")
        path = tmp_path / f"{name}.vhd"
        path.write_text(files[name])
        done = subprocess.run([find_ghdl().path, "-a", "--std=93", f"--workdir={tmp_path}", str(path)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
