"""The layout: who may import whom, no circles, and every core under one name in every room."""

from __future__ import annotations

import ast
import graphlib
import re
from pathlib import Path

import pytest

from ip_cores.core import core_kinds
from ip_cores.description import load_core

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = {
    "reference": set(),
    "fixed_point": set(),
    "ip_cores": {"reference", "fixed_point"},
    "testbenches": {"reference", "fixed_point", "ip_cores"},
    "fpga_projects": {"reference", "fixed_point", "ip_cores", "testbenches"},
    "ossicle": {"reference", "fixed_point", "ip_cores", "testbenches", "fpga_projects"},
}
"""What each room may import, beside itself."""

COMPOSITIONS = {"chain": "its cores have models and references of their own"}
"""Cores that process nothing themselves, and why."""

LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
"""What is not run while a module is loaded."""


def is_test(path):
    """Tests hold all rooms together; they belong to no room, though they lie in one."""
    return path.name.startswith("test_") or path.name == "conftest.py" or "benchmarks" in path.parts


def sources(room):
    return [path for path in sorted((ROOT / room).rglob("*.py")) if not is_test(path)]


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, only_at_load=False):
    """Full names of all modules that a file imports, or of those that it imports while it is loaded."""
    found = set()

    def visit(node):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide who imports whom"
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif only_at_load and (isinstance(node, LATER) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))):
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


@pytest.mark.parametrize("room", ALLOWED)
def test_rooms_import_only_what_stands_before_them(room):
    assert sources(room)
    for path in sources(room):
        rooms = {name.split(".")[0] for name in imported(path)} & set(ALLOWED)
        assert rooms <= {room} | ALLOWED[room], f"{path.relative_to(ROOT)} imports {', '.join(sorted(rooms - {room} - ALLOWED[room]))}"


def test_no_circles_between_modules():
    files = {module_name(path): path for room in ALLOWED for path in sources(room)}
    graph = {}
    for name, path in files.items():
        # `from package import module` names the package too, and a module's own package is loaded before it in any case.
        graph[name] = {other for other in imported(path, only_at_load=True) & set(files) if not f"{name}.".startswith(f"{other}.")}
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("kind", sorted(core_kinds()))
def test_a_core_has_one_name_in_every_room(kind):
    def present(room):
        return (ROOT / room / f"{kind}.py").exists() or (ROOT / room / kind / "__init__.py").exists()

    for room in ("ip_cores",) if kind in COMPOSITIONS else ("reference", "fixed_point", "ip_cores"):
        assert present(room), f"{room}/{kind}.py is missing"
    assert (ROOT / "docs" / "cores" / f"{kind}.md").exists(), f"docs/cores/{kind}.md is missing"
    # Close relatives share a file of tests, which names them.
    tests = [path for path in (ROOT / "testbenches").glob("test_*.py") if path != Path(__file__)]
    named = any(re.search(rf"\b{kind}\b", path.read_text()) for path in tests)
    assert (ROOT / "testbenches" / f"test_{kind}.py").exists() or named, f"testbenches/test_{kind}.py is missing"


def test_every_core_has_an_example():
    kinds = {load_core(path).kind for path in (ROOT / "examples").glob("*.toml")}
    assert kinds >= set(core_kinds()), f"no example of {', '.join(sorted(set(core_kinds()) - kinds))}"
