"""Designs of coefficients: what scipy.signal would not come back from, and arguments that it could not be given."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

import reference.fir
from ip_cores.core import make_core
from ip_cores.parameters import ParameterError
from ossicle.command_line import main

DEADLY = {
    "a narrow differentiator": {"numtaps": 10, "bands": [0, 0.01], "desired": [1], "type": "differentiator"},
    "a band of no width": {"numtaps": 10, "bands": [0, 0], "desired": [1]},
    "no bands": {"numtaps": 10, "bands": [], "desired": []},
    "a narrow Hilbert transformer": {"numtaps": 15, "bands": [3990, 4010], "desired": [1], "type": "hilbert", "fs": 16000},
    "a Hilbert transformer of one tap": {"numtaps": 1, "bands": [0.1, 0.4], "desired": [1], "type": "hilbert"},
    "no grid": {"numtaps": 9, "bands": [0, 0.1, 0.2, 0.5], "desired": [1, 0], "grid_density": 0},
    "half a band": {"numtaps": 9, "bands": [0, 0.1, 0.2], "desired": [1, 0]},
    "falling edges": {"numtaps": 9, "bands": [0.2, 0.1, 0.3, 0.5], "desired": [1, 0]},
    "beyond half the rate": {"numtaps": 9, "bands": [0, 0.1, 0.3, 0.6], "desired": [1, 0]},
    "bands of text": {"numtaps": 9, "bands": ["low", "high"], "desired": [1]},
}
"""Arguments of remez; the first four end scipy 1.17 with signal 11."""


@pytest.mark.parametrize("case", DEADLY)
def test_bands_that_are_none_are_refused(case, tmp_path, capsys):
    with pytest.raises(ParameterError, match=r"coefficients.* (bands|numtaps|grid_density) = "):
        make_core({"core": "fir", "coefficients": {"method": "remez", **DEADLY[case]}})
    if case == "no bands":
        (tmp_path / "d.toml").write_text('core = "fir"\n[coefficients]\nmethod = "remez"\nnumtaps = 10\nbands = []\ndesired = []\n')
        assert main(["show", str(tmp_path / "d.toml")]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"numtaps": 31, "bands": [0, 0.1, 0.2, 0.5], "desired": [1, 0]},
        {"numtaps": 30, "bands": [0, 1000, 3000, 8000], "desired": [1, 0], "fs": 16000, "weight": [1, 10]},
        {"numtaps": 15, "bands": [0.05, 0.45], "desired": [1], "type": "hilbert"},
        {"numtaps": 2, "bands": [0, 0.5], "desired": [1], "type": "differentiator"},
    ],
)
def test_other_bands_are_left_to_scipy(arguments):
    assert reference.fir.design("remez", **arguments).tolist() == scipy.signal.remez(**arguments).tolist()


@settings(max_examples=60, deadline=None)
@given(
    numtaps=st.integers(1, 40),
    edges=st.lists(st.floats(0, 0.5), min_size=2, max_size=6),
    width=st.sampled_from([1, 0.3, 0.05, 0.01]),
    type=st.sampled_from(["bandpass", "differentiator", "hilbert"]),
    density=st.sampled_from([16, 1, 2, 4]),
)
def test_remez_always_comes_back(numtaps, edges, width, type, density):
    bands = sorted(edge * width for edge in edges)
    with contextlib.suppress(ValueError):
        taps = reference.fir.design("remez", numtaps=numtaps, bands=bands, desired=[1] * (len(bands) // 2), type=type, grid_density=density)
        assert np.isfinite(taps).all()


@pytest.mark.parametrize("algorithm", ["homomorphic", "hilbert"])
def test_both_algorithms_of_minimum_phase_can_be_reached(algorithm):
    h = scipy.signal.remez(31, [0, 0.1, 0.2, 0.5], [1, 0])
    core = make_core(
        {"core": "fir", "coefficient": "sfix16_En13", "coefficients": {"method": "minimum_phase", "h": h.tolist(), "algorithm": algorithm}}
    )
    assert core.coefficients == tuple(scipy.signal.minimum_phase(h, method=algorithm).tolist())


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ParameterError, match="algorithm = 'magic'"):
        make_core({"core": "fir", "coefficients": {"method": "minimum_phase", "h": [1, 2, 1], "algorithm": "magic"}})


def test_the_sign_of_a_hilbert_design_is_that_which_the_page_says():
    """Behind its delay of 15 samples the response is j times a positive number, in the convention of the page, at positive frequencies."""
    taps = reference.fir.design("remez", numtaps=31, bands=[0.05, 0.45], desired=[1], type="hilbert")
    frequencies, response = reference.fir.frequency_response(taps, np.linspace(0.1, 0.4, 7))
    turned = response * np.exp(2j * np.pi * frequencies * 15)
    assert np.abs(turned.real).max() < 1e-9
    assert (turned.imag > 0.9).all()
