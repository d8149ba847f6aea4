"""What a notebook shows of a core: a line, a table and a drawing, held against scipy's responses."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest
import scipy.signal
from matplotlib import pyplot

from fixed_point import to_float
from ip_cores.core import core_kinds, make_core
from ip_cores.description import load_core
from testbenches.for_tests.deliveries import EXAMPLES

matplotlib.use("Agg")

TAPS = [0.1, 0.2, 0.4, 0.2, 0.1]
EXAMPLE_OF = {core.kind: core for core in map(load_core, EXAMPLES)}


@pytest.fixture(autouse=True)
def _closed():
    yield
    pyplot.close("all")


def curves(axes):
    return {line.get_label(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in axes.lines}


@pytest.mark.parametrize(("rate", "more"), [(16000, {}), (48000, {"sample_rate": 48000}), (32000, {"interpolation": 2})])
def test_a_filter_shows_taps_and_response(rate, more):
    core = make_core({"core": "fir", "coefficients": TAPS, "coefficient": "sfix6_En5", **more})
    taps, response = core.plot()
    quantised = np.round(np.array(TAPS) * 32) / 32
    assert np.array_equal(curves(taps)["as given"][1], TAPS)
    assert np.array_equal(curves(taps)["as quantised"][1], quantised)
    assert response.get_xlim() == (0, rate / 2)
    for name, wanted in (("coefficients as given", TAPS), ("as quantised", quantised)):
        hertz, decibels = curves(response)[name]
        _, truth = scipy.signal.freqz(wanted, worN=hertz, fs=rate)
        assert np.allclose(decibels, np.maximum(20 * np.log10(np.abs(truth) + 1e-30), -120), atol=1e-6)


def test_a_bank_shows_its_bands():
    core = EXAMPLE_OF["dwt_analysis"]
    (axes,) = core.plot()
    assert list(curves(axes)) == list(core.responses)
    assert len(axes.lines) == core.levels + 1
    highest, lowest = (curves(axes)[name] for name in ("detail 1", "approximation"))
    assert highest[0][-1] == core.sample_rate / 2
    assert np.argmax(lowest[1]) < len(lowest[1]) // 8 < len(highest[1]) // 2 < np.argmax(highest[1])


def test_other_streams_show_words():
    core = EXAMPLE_OF["limiter"]
    (axes,) = core.plot()
    words = core.check_words()["data"]
    assert np.allclose(curves(axes)["sink"][1], to_float(words, core.sink_format))
    assert np.allclose(curves(axes)["source"][1], to_float(core.model(words), core.source_format))


def test_words_of_bands_have_each_its_own_format():
    core = EXAMPLE_OF["segmenter"]
    (axes,) = core.plot()
    assert curves(axes)["source"][1].max() < 1


@pytest.mark.parametrize("kind", list(core_kinds()))
def test_every_core_has_a_line_and_a_table(kind):
    core = EXAMPLE_OF[kind]
    line = repr(core)
    assert line.startswith(f"{type(core).__name__}('{core.name}'")
    assert len(line) < 100
    assert "\n" not in line
    table = ElementTree.fromstring(core._repr_html_())
    cells = {row[0].text: row[1].text for row in table.iter("tr")}
    assert set(core.description) - {"core", "name"} <= set(cells)
    assert all(len(text) <= 110 for text in cells.values() if text)
    if core.is_stream:
        assert core.plot()
    else:
        with pytest.raises(ValueError, match="takes no stream: there is nothing to plot"):
            core.plot()


def test_the_table_says_what_show_says():
    core = make_core({"core": "fir", "name": "a", "coefficients": TAPS, "sample_rate": 8000})
    table = html.unescape(core._repr_html_())
    assert re.search(r"group delay</th><td>2 samples, 0.25 ms<", table)
    assert re.search(r"clock needed</th><td>8,000 Hz at 8,000 samples per second<", table)
    assert re.search(r"coefficients</th><td>\[0.1, 0.2, 0.4, 0.2, 0.1\]<", table)


def test_nothing_is_drawn_with_that_is_not_asked_for():
    told = "import sys, ossicle; c = ossicle.make_core({'core': 'fifo'}); repr(c); c._repr_html_(); assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", told], check=True)
