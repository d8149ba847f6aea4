"""Area and timing are tested: a core costs what `areas.json` says, to the element, or the table is changed with it (`make datasheets`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpga_projects.estimation.estimate import estimate
from fpga_projects.pages.example_costs import AREAS, BEGIN, FIGURES, area, cost_section
from ip_cores.core import core_kinds
from ip_cores.description import descriptions_in, load_core
from testbenches.engines.yosys import yosys_version

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = json.loads(AREAS.read_text())
TABLE = DOCUMENT["areas"]


@pytest.mark.parametrize("example", TABLE)
def test_example_takes_what_the_table_says(example):
    assert area(estimate(load_core(ROOT / "examples" / f"{example}.toml"), x=None)) == TABLE[example]


def test_every_example_is_in_the_table():
    """A new core's example gets in with `make datasheets`; nothing that is gone stays."""
    assert set(TABLE) == {path.stem for path in descriptions_in(ROOT / "examples")}
    assert all({*FIGURES, "fmax_mhz"} == set(row) for row in TABLE.values())


def test_every_kind_of_core_is_in_the_table():
    kinds = {load_core(ROOT / "examples" / f"{example}.toml").kind for example in TABLE}
    assert kinds == set(core_kinds())


def test_the_table_names_the_tools_of_its_figures():
    assert DOCUMENT["tools"]["yosys"] == yosys_version()
    assert DOCUMENT["tools"]["ghdl"].partition(".")[0].isdecimal()


def test_datasheets_print_the_table():
    kinds: dict[str, list[str]] = {}
    for example in TABLE:
        kinds.setdefault(load_core(ROOT / "examples" / f"{example}.toml").kind, []).append(example)
    for kind, examples in kinds.items():
        text = (ROOT / "docs" / "cores" / f"{kind}.md").read_text()
        assert BEGIN in text, f"{kind}: run make datasheets"
        assert cost_section({example: TABLE[example] for example in examples}) in text, f"{kind}: run make datasheets"


# 16 symmetric taps, 16 bits everywhere, rounding, saturation and full back-pressure.
SIXTEEN_TAPS = {
    "direct": {"logic_elements": 633, "registers": 465, "m4k_blocks": 0, "multiplier_elements": 16},
    "transposed": {"logic_elements": 503, "registers": 471, "m4k_blocks": 0, "multiplier_elements": 16},
    "serial": {"logic_elements": 133, "registers": 64, "m4k_blocks": 2, "multiplier_elements": 2},
}


@pytest.mark.parametrize("form", SIXTEEN_TAPS)
def test_sixteen_taps_take_exactly_this(form):
    from scipy.signal import firwin

    from ip_cores.core import make_core

    found = area(estimate(make_core({"core": "fir", "form": form, "coefficients": list(firwin(16, 0.25))}), x=None))
    assert {figure: found[figure] for figure in FIGURES} == SIXTEEN_TAPS[form]
