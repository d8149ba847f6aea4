"""Products by many constants: every constant is reached, by sums of what is there already, and with fewer additions than digits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import firwin

from ip_cores.blocks.arithmetic import canonical_signed_digits
from ip_cores.blocks.multiple_constants import additions, by_distance, odd_part
from testbenches.for_tests.drawing import examples

constants = st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=12)


def nonzero_digits(constant):
    """Length of the canonical signed-digit form, counted on the binary numbers 3 c and c (Reitwiesner 1960)."""
    magnitude = abs(constant)
    return bin((3 * magnitude) ^ magnitude).count("1")


@examples(60)
@given(constants)
def test_every_constant_is_reached_by_valid_additions(numbers):
    known = {1}
    for step in additions(tuple(numbers)):
        assert {step.left, step.right} <= known
        assert (step.left << step.left_places) + step.sign * (step.right << step.right_places) == step.value << step.dropped
        known.add(step.value)
    assert {odd_part(number) for number in numbers} - {0} <= known


@given(constants)
def test_never_more_additions_than_digits(numbers):
    distinct = {odd_part(number) for number in numbers} - {0}
    assert len(additions(tuple(numbers))) <= sum(nonzero_digits(number) - 1 for number in distinct)


@given(st.integers(1, 2**40))
def test_canonical_signed_digits(number):
    digits = canonical_signed_digits(number)
    assert sum(sign << place for sign, place in digits) == number
    places = [place for _, place in digits]
    assert all(after - before > 1 for before, after in pairwise(places))
    assert len(digits) == nonzero_digits(number)


KNOWN = [((3, 5, 7, 9), 4), ((45,), 2), ((5, 20, 40), 1), ((1, 2, 1024), 0), ((255, 257), 2), ((23, 81), 3)]


@pytest.mark.parametrize(("numbers", "most"), KNOWN)
def test_known_counts(numbers, most):
    """Counts that can be verified by hand."""
    assert len(additions(numbers)) <= most


@examples(12)
@given(st.lists(st.integers(-(2**14), 2**14), min_size=1, max_size=8))
def test_a_search_never_takes_more_and_is_the_same_again(numbers):
    """Products by exact integers; the same additions whatever was asked before."""
    found = additions(tuple(numbers))
    known = {1: 1}
    for step in found:
        known[step.value] = ((known[step.left] << step.left_places) + step.sign * (known[step.right] << step.right_places)) >> step.dropped
    assert all(value == product for value, product in known.items())
    shifted = {product << place for product in known.values() for place in range(15)}
    assert shifted >= {abs(number) for number in numbers if number}
    wanted = {odd_part(number) for number in numbers} - {0, 1}
    assert len(wanted) <= len(found) <= len(by_distance(wanted))
    additions.cache_clear()
    assert additions(tuple(numbers)) == found


@pytest.mark.parametrize(("taps", "most"), [(16, 11), (32, 17)])
def test_filters_of_the_table(taps, most):
    """docs/fir_forms.md: an exhaustive search over sums of up to four times the largest constant found no fewer."""
    assert len(additions(tuple(int(tap) for tap in np.round(firwin(taps, 0.25) * 2**15)))) == most


def test_filter_shares_its_additions():
    taps = tuple(int(tap) for tap in np.round(firwin(64, 0.25) * 2**15))
    distinct = {odd_part(tap) for tap in taps} - {0}
    assert len(additions(taps)) <= 0.5 * sum(nonzero_digits(tap) - 1 for tap in distinct)
