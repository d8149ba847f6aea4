"""The layout: who may import whom, no circles, shelves, names, questions, and every core under one name in every room."""

from __future__ import annotations

import dataclasses
import re
import shutil

import pytest

from ip_cores.core import Core, core_class, core_kinds
from ip_cores.description import descriptions_in, load_core
from testbenches.house import ROOMS, ROOT, SHELVES, TOP_SHELF, House, blocks

COMPOSITIONS = {
    "chain": "its cores have models and references of their own",
    "hearing_aid": "bank, stages and limiter have models and references of their own",
}
"""Cores that process nothing themselves, and why."""

HOUSE = House()

RULES = (
    "wrong_rooms", "wrong_packages", "circles", "wrong_shelves", "strangers", "undescribed_shelves", "names_twice", "crowded_blocks",
    "questions",
)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule):
    assert HOUSE.paths.keys() > set(ROOMS)
    assert not getattr(HOUSE, rule)()


def test_every_name_in_the_rules_stands_for_something():
    for room, names in TOP_SHELF.items():
        missing = [name for name in names if not (ROOT / room / f"{name}.py").exists()]
        assert not missing, f"{room} has no {', '.join(missing)}"
    for room, shelves in SHELVES.items():
        for shelf in (name for row in shelves for name in row if name != "CORES"):
            assert any((ROOT / room / there).exists() for there in (f"{shelf}.py", shelf)), f"{room} has no {shelf}"


SPOILT = {
    "a circle through a late import": (
        "circles",
        "ip_cores/blocks/interval.py",
        "\n\ndef late():\n    from ip_cores.blocks.arithmetic import flag\n\n    return flag\n",
        "ip_cores.blocks.arithmetic <-> ip_cores.blocks.interval",
    ),
    "a circle for types alone": (
        "circles",
        "fpga_projects/device.py",
        "\n\nif TYPE_CHECKING:\n    from fpga_projects.netlists.timing import Timing\n",
        "fpga_projects.device <-> ",
    ),
    "a circle through a package": (
        "circles",
        "ip_cores/fifo.py",
        "\nimport ip_cores.sequencer.control\n",
        "ip_cores.fifo <-> ip_cores.sequencer",
    ),
    "a stranger on the top shelf": (
        "strangers",
        "ip_cores/rounding_helpers.py",
        '"""Helps."""\n',
        "ip_cores/rounding_helpers.py is neither",
    ),
    "a module's name twice": (
        "names_twice",
        "fpga_projects/estimation/requantizer.py",
        '"""Again."""\n',
        "module requantizer: fpga_projects",
    ),
    "a class' name twice": ("names_twice", "testbenches/stimulus.py", "\n\nclass Interval:\n    pass\n", "class Interval: ip_cores.blocks"),
    "getattr on a core": (
        "questions",
        "testbenches/simulate.py",
        '\n\ndef hurry(core):\n    return getattr(core, "patience", 64)\n',
        "getattr(core, 'patience', 64)",
    ),
    "hasattr on a core": (
        "questions",
        "ip_cores/chain.py",
        '\n\ndef f(stage):\n    return hasattr(stage, "sink")\n',
        "hasattr(stage, 'sink')",
    ),
    "isinstance of a core": (
        "questions",
        "fpga_projects/exploration/sweep.py",
        "\n\ndef f(core):\n    return isinstance(core, Fir)\n",
        "isinstance(core, Fir)",
    ),
    "a core's class in a pattern": (
        "questions",
        "fpga_projects/exploration/sweep.py",
        "\n\ndef f(core):\n    match core:\n        case Fir():\n            return 1\n",
        "case Fir()",
    ),
    "a core's kind": ("questions", "testbenches/verify.py", '\n\ndef f(core):\n    return core.kind == "fir"\n', "core.kind == 'fir'"),
    "a core imported by generic code": (
        "questions",
        "testbenches/verify.py",
        "\nfrom ip_cores.fir import Fir\n",
        "verify.py: knows ip_cores.fir",
    ),
    "an import from the right": (
        "wrong_rooms",
        "ip_cores/port.py",
        "\nimport testbenches.verify\n",
        "ip_cores.port imports testbenches.verify",
    ),
    "PyTorch outside of training": (
        "wrong_packages",
        "ossicle/inputs.py",
        "\n\ndef late():\n    from torch.nn import functional\n\n    return functional\n",
        "ossicle.inputs imports torch.nn",
    ),
    "an import from a shelf to the right": (
        "wrong_shelves",
        "ip_cores/blocks/memory.py",
        "\nfrom ip_cores.banks.bank_steps import word_at_output\n",
        "ip_cores.blocks.memory imports ip_cores.banks.bank_steps",
    ),
    "a block of ten arguments": (
        "crowded_blocks",
        "ip_cores/blocks/stream.py",
        "\n\n@inline\ndef crowd(a, b, c, d, e, f, g, h, i, j):\n    return ()\n",
        "ip_cores.blocks.stream.crowd takes 10 arguments",
    ),
    "a shelf without a word": ("undescribed_shelves", "ip_cores/odds/__init__.py", "", "ip_cores.odds has no docstring"),
}
"""What must be noticed: rule, file, text that is added to it, and what the rule then says."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the house to spoil."""
    root = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__", "de2_70_hearing_aid", "*.vhd", "*.json"))
    return root


@pytest.mark.parametrize("case", SPOILT)
def test_what_breaks_a_rule_is_noticed(copy, case):
    rule, name, text, complaint = SPOILT[case]
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text((before or "") + text)
    try:
        lines = getattr(House(copy), rule)()
        assert any(complaint in line for line in lines), lines
    finally:
        path.unlink() if before is None else path.write_text(before)
        if before is None and path.name == "__init__.py":
            path.parent.rmdir()


@pytest.mark.parametrize("kind", sorted(core_kinds()))
def test_a_core_has_one_name_in_every_room(kind):
    def present(room):
        return (ROOT / room / f"{kind}.py").exists() or (ROOT / room / kind / "__init__.py").exists()

    for room in ("ip_cores",) if kind in COMPOSITIONS else ("reference", "fixed_point", "ip_cores"):
        assert present(room), f"{room}/{kind}.py is missing"
    assert (ROOT / "docs" / "cores" / f"{kind}.md").exists(), f"docs/cores/{kind}.md is missing"
    # Close relatives share a file of tests, which names them.
    tests = [path for path in (ROOT / "testbenches").glob("test_*.py") if path.name != "test_layout.py"]
    named = any(re.search(rf"\b{kind}\b", path.read_text()) for path in tests)
    assert (ROOT / "testbenches" / f"test_{kind}.py").exists() or named, f"testbenches/test_{kind}.py is missing"


def test_blocks_are_found():
    assert sum(1 for tree in HOUSE.trees.values() for _ in blocks(tree)) > 200


def test_kinds_are_read_from_the_text_as_they_are():
    assert set(HOUSE.kinds) == set(core_kinds())


def test_every_core_has_an_example():
    kinds = {load_core(path).kind for path in descriptions_in(ROOT / "examples")}
    assert kinds >= set(core_kinds()), f"no example of {', '.join(sorted(set(core_kinds()) - kinds))}"


MEANS_ANOTHER = {
    ("feedback_canceller", "delay"): "of the loudspeaker's words; whoever asks for the signal's takes algorithmic_delay",
    ("wm8731_setup", "settling"): "of the codec; no stream, so that nobody asks for the core's",
}
"""Parameters called as something that every core says of itself, and why that does no harm."""


def test_no_parameter_hides_what_every_core_says_of_itself():
    common = {field.name for field in dataclasses.fields(Core)}
    found = set()
    for kind in core_kinds():
        names = {field.name for field in dataclasses.fields(core_class(kind))} - common
        found |= {(kind, name) for name in names if name in vars(Core)}
    assert found == set(MEANS_ANOTHER)
