"""The table of processor time by kind of core that ends a run of the tests, and the examples that hypothesis draws."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from testbenches.for_tests.drawing import FUZZ, examples
from testbenches.for_tests.processor_time import kind_of_value, kinds_of_file, over, processor_seconds, report, table

KINDS = ("dual_clock_fifo", "fifo", "fir", "packet_analysis", "packet_synthesis")


@pytest.mark.parametrize(
    ("stem", "kinds"),
    [
        ("test_fir", ("fir",)),
        ("test_fir_rates", ("fir",)),
        ("test_first", ()),
        ("test_dual_clock_fifo", ("dual_clock_fifo",)),
        ("test_packet", ("packet_analysis", "packet_synthesis")),
        ("test_fixed_point_fir", ()),
    ],
)
def test_a_file_is_about_its_kinds(stem, kinds):
    assert kinds_of_file(stem, KINDS) == kinds


@pytest.mark.parametrize("value", ["lowpass", "fir", Path("examples/lowpass.toml"), {"core": "fir", "name": "lowpass"}])
def test_a_parameter_names_a_kind(value):
    assert kind_of_value(value, {"lowpass": "fir", "fir": "fir"}) == "fir"


@pytest.mark.parametrize("value", ["reference", 3, None, Path("other.toml"), {"form": "serial"}])
def test_other_parameters_name_none(value):
    assert kind_of_value(value, {"lowpass": "fir", "fir": "fir"}) == ""


ROWS = [("a", ("fir",), 12.0), ("b", ("packet_analysis", "packet_synthesis"), 3.0), ("c", (), 40.0), ("d", ("fir",), 4.0)]


def test_times_add_up_by_kind():
    seconds = table(ROWS)
    assert seconds == {"fir": 16.0, "packet_analysis": 1.5, "packet_synthesis": 1.5, "": 40.0}
    assert over(seconds, 15) == ["fir"]
    assert over(seconds, 16) == []
    lines = report(ROWS, 15, 70.0)
    assert "fir 16.0!" in lines[0]
    assert lines[1] == "tests of no one kind 40.0, all tests 59.0, with start and collection 70.0 s"
    assert lines[2].split() == ["40.0", "s", "c"]
    assert lines[-1] == "over the budget of 15 s a kind: fir"


def test_the_profile_says_how_many_examples_are_drawn():
    assert settings.get_profile("fuzz").max_examples == FUZZ * settings.get_profile("test").max_examples
    assert examples(10).max_examples * 10 == settings().max_examples
    assert examples(10).deadline is None


def test_the_whole_is_what_the_processors_did():
    """Workers are children of the process that starts them: they count once."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"{__file__}::test_times_add_up_by_kind"]
    before = processor_seconds()
    said = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds() - before
    whole = float(re.search(r"with start and collection ([\d.]+) s", said)[1])
    assert 0.6 * spent < whole <= spent + 0.1
