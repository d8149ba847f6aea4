"""The house as its files show it: who imports whom, what stands on which shelf, and what is asked of cores.

Nothing is imported here to be looked at; everything is read from the text, so that a copy can be looked at as well.

    python -m testbenches.house     files on the top shelf of each room, the longest chain of imports, circles
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ROOMS: dict[str, tuple[str, ...]] = {
    "reference": (),
    "fixed_point": (),
    "ip_cores": ("reference", "fixed_point"),
    "testbenches": ("reference", "fixed_point", "ip_cores"),
    "fpga_projects": ("reference", "fixed_point", "ip_cores", "testbenches"),
    "training": ("reference", "fixed_point", "ip_cores", "testbenches"),
    "ossicle": ("reference", "fixed_point", "ip_cores", "testbenches", "fpga_projects", "training"),
}
"""What each room may import, beside itself."""

CONTRACT = (
    "core", "kinds", "parameters", "port", "stream_names", "pin_script", "schedule", "inventory", "cache", "taps", "promise", "run_time",
    "notebook", "description", "description_text", "hierarchy", "folders", "generate",
)  # fmt: skip
"""What stands at the top of ip_cores beside the cores."""

TOP_SHELF: dict[str, tuple[str, ...]] = {
    "reference": (
        "conv_network", "audiograms", "prescriptions", "band_fit", "critical_bands", "ten_noise", "speech_spectrum", "sigma_delta",
    ),
    "fixed_point": (
        "number_format", "quantization", "full_scale", "coefficients", "number_text", "filter_files", "number_tables", "riff", "sound",
    ),
    "ip_cores": CONTRACT,
    "testbenches": (
        "verify", "source_proof", "stream_proof", "output_proof", "register_proof", "proof_results", "judgement", "simulate",
        "stimulus", "interface", "errors", "clocks", "signals", "hearing", "aid_measurements", "toggles", "punctuality", "worst_words",
        "steering", "noisy_speech", "house", "hashes", "vhdl_quality", "page_sections", "conftest",
    ),
    "fpga_projects": ("device",),
    "training": ("configuration", "rooms", "data", "networks", "objectives", "amplification", "training", "evaluation", "export"),
}  # fmt: skip
"""Modules at the top of a room beside those of the cores, and tests."""

SHELVES: dict[str, tuple[tuple[str, ...], ...]] = {
    "ip_cores": (
        (
            "core", "kinds", "parameters", "port", "stream_names", "pin_script", "schedule", "inventory", "cache", "taps", "hierarchy",
            "description_text", "promise", "run_time", "folders", "notebook",
        ),
        ("conversion",),
        ("blocks",),
        ("banks",),
        ("families",),
        ("CORES",),
        ("description",),
        ("companions",),
        ("generate",),
    ),
    "fpga_projects": (
        ("device", "devices"),
        ("netlists",),
        ("mapping",),
        ("estimation",),
        ("exploration", "validation", "boards", "pages"),
    ),
}
"""Shelves from left to right, where a room has an order: each imports only what stands to its left, or on itself."""

ASKED_BY_TEXT: dict[str, set[str]] = {
    "ip_cores/hierarchy.py": {"callinfo", "frame"},
    "ip_cores/conversion/conversion.py": {"ossicle"},
    "ip_cores/parameters.py": {"allowed"},
    "fpga_projects/exploration/explore.py": {"_max_workers"},
    "fpga_projects/estimation/quick_calibration.py": {"alternatives"},
}
"""Attributes that are asked for by `getattr` of what is no core: MyHDL's instances, kinds of parameters, executors."""

TRAINING_ONLY = ("torch", "torchmetrics")
"""Packages of the optional extra `training`, which one room alone may import, and whoever imports those of its modules that do."""

MOST_ARGUMENTS = 9
"""Of a MyHDL block."""

BLOCK_DECORATORS = ("entity", "inline", "primitive")
"""What makes a function a block of hardware (`ip_cores.hierarchy`)."""

KNOW_CORES = ("fpga_projects/boards/", "fpga_projects/pages/", "ossicle/demo/", "ossicle/__init__.py")
"""Where particular cores are put together or handed out by name; everything else outside of the cores is generic."""


def is_test(path: Path) -> bool:
    """Tests hold all rooms together; they belong to no room, though they lie in one."""
    return path.name.startswith("test_") or path.name == "conftest.py" or "benchmarks" in path.parts


@dataclass(frozen=True)
class House:
    """The rooms under a folder.

    Attributes
    ----------
    root : Path
    """

    root: Path = ROOT

    @cached_property
    def paths(self) -> dict[str, Path]:
        """Every module by its full name, tests left out."""
        found = {}
        for room in ROOMS:
            for path in sorted((self.root / room).rglob("*.py")):
                if not is_test(path):
                    parts = path.relative_to(self.root).with_suffix("").parts
                    found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        return {name: parsed(path.read_text()) for name, path in self.paths.items()}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """Modules of the house that each module imports: while it is loaded, later inside functions, or for types alone.

        A module brings the packages around it along. One's own package is there already.
        """
        found: dict[str, set[str]] = {}
        for name, tree in self.trees.items():
            direct = {other for other in imported(tree, set(self.paths)) if other in self.paths}
            around = {package for other in direct for package in packages(other) if package in self.paths}
            found[name] = {other for other in direct | around if other != name and other not in packages(name)}
        return found

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Module of each core, by kind: a module at the top of ip_cores with a class of that kind."""
        found: dict[str, str] = {}
        for name, tree in self.trees.items():
            if name.startswith("ip_cores.") and name.count(".") == 1:
                found |= {kind: name for kind in declared_kinds(tree) if kind == name.partition(".")[2]}
        return found

    @cached_property
    def core_classes(self) -> set[str]:
        """Names of the classes that are cores."""
        bases = {
            node.name: {ast.unparse(base) for base in node.bases}
            for name, tree in self.trees.items()
            if name.startswith("ip_cores.")
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
        }
        found = {"Core"}
        while more := {name for name, parents in bases.items() if parents & found} - found:
            found |= more
        return found - {"Core"}

    def wrong_rooms(self) -> list[str]:
        """Imports from a room that does not stand to the left."""
        lines = []
        for name, others in self.imports.items():
            room = name.split(".")[0]
            lines += [f"{name} imports {other}" for other in sorted(others) if other.split(".")[0] not in (room, *ROOMS[room])]
        return lines

    def circles(self) -> list[str]:
        """Modules that import each other, over whatever others."""
        return [" <-> ".join(sorted(group)) for group in strongly_connected(self.imports) if len(group) > 1]

    def wrong_packages(self) -> list[str]:
        """Imports of PyTorch outside of the one room that is for it."""
        return [
            f"{name} imports {other}"
            for name, tree in self.trees.items()
            for other in imported(tree, set(self.paths))
            if other.split(".")[0] in TRAINING_ONLY and name.split(".")[0] != "training"
        ]

    def wrong_shelves(self) -> list[str]:
        """Imports from a shelf that does not stand to the left."""
        lines = []
        for name, others in self.imports.items():
            room = name.split(".")[0]
            if room not in SHELVES or "." not in name:
                continue
            for other in sorted(others):
                if other.split(".")[0] == room and "." in other and self.place(other) > self.place(name):
                    lines.append(f"{name} imports {other}")
        return lines

    def place(self, name: str) -> int:
        """Number of the shelf that a module stands on."""
        room, shelf = name.split(".")[:2]
        shelf = "CORES" if room == "ip_cores" and shelf in self.kinds else shelf
        return next((number for number, row in enumerate(SHELVES[room]) if shelf in row), len(SHELVES[room]))

    def strangers(self) -> list[str]:
        """What stands at the top of a room without being named there, and cores that are missing in ip_cores."""
        lines = []
        for room, named in TOP_SHELF.items():
            for path in sorted((self.root / room).glob("*.py")):
                if path.stem not in (*named, *self.kinds, "__init__") and not path.name.startswith("test_"):
                    lines.append(f"{room}/{path.name} is neither a core's nor named for the top of {room}")
        return lines

    def undescribed_shelves(self) -> list[str]:
        """Folders of modules whose ``__init__`` does not say what belongs on them."""
        packages_ = {name: tree for name, tree in self.trees.items() if self.paths[name].name == "__init__.py"}
        return [f"{name} has no docstring" for name, tree in packages_.items() if not ast.get_docstring(tree)]

    def names_twice(self) -> list[str]:
        """Modules, classes, and imported functions that have a namesake elsewhere.

        Apart from a core's name in its rooms, what a core's folder is made of, and a command named as the module that does its work.
        """
        homes: dict[str, list[str]] = defaultdict(list)
        for name, path in self.paths.items():
            if path.name != "__init__.py":
                homes[path.stem].append(name)
        lines = []
        for stem, names in homes.items():
            allowed = stem in self.kinds or stem in ("control", "plan", "hardware", "__main__")
            count = [name for name in names if not name.startswith("ossicle.commands.")]
            if len(count) > 1 and not allowed:
                lines.append(f"module {stem}: {', '.join(sorted(names))}")
        classes: dict[str, list[str]] = defaultdict(list)
        functions: dict[str, list[str]] = defaultdict(list)
        for name, tree in self.trees.items():
            for statement in tree.body:
                if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
                    classes[statement.name].append(name)
                if isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_"):
                    functions[statement.name].append(name)
        lines += [f"class {name}: {', '.join(sorted(where))}" for name, where in classes.items() if len(where) > 1]
        wanted = defaultdict(set)
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module in self.paths:
                    for alias in node.names:
                        wanted[alias.name].add(node.module)
        for name, where in functions.items():
            rooms: dict[str, list[str]] = defaultdict(list)
            for home in set(where) & wanted[name]:
                rooms["mathematics" if home.split(".")[0] in ("reference", "fixed_point") else "house"].append(home)
            # Reference and model of one thing have its name in their rooms, as cores have.
            twice = rooms["house"] if len(rooms["house"]) > 1 else []
            if twice and not all(home.rpartition(".")[2] in ("control", "plan", "hardware") for home in twice):
                lines.append(f"function {name}: {', '.join(sorted(twice))}")
        return lines

    def crowded_blocks(self) -> list[str]:
        """MyHDL blocks that take more arguments than one keeps apart: what belongs together is a bundle (`ip_cores.hierarchy`)."""
        return [
            f"{name}.{block} takes {count} arguments, more than {MOST_ARGUMENTS}"
            for name, tree in self.trees.items()
            for block, count in blocks(tree)
            if count > MOST_ARGUMENTS
        ]

    def questions(self) -> list[str]:
        """Where generic code asks a core for what the contract does not name: by getattr, by its class, or by its kind."""
        lines = []
        for name, tree in self.trees.items():
            path = self.paths[name].relative_to(self.root).as_posix()
            if name.split(".")[0] in ("reference", "fixed_point") or path.startswith((*KNOW_CORES, "testbenches/for_tests/")):
                continue
            allowed = ASKED_BY_TEXT.get(path, set())
            lines += [f"{path}:{line}: {text}" for line, text in asked(tree, self.core_classes, allowed)]
            generic = not (path.startswith("ip_cores/") and f"{name}.".split(".")[1] in self.kinds)
            if generic:
                known = {other for other in self.imports[name] for kind in self.kinds.values() if f"{other}.".startswith(f"{kind}.")}
                lines += [f"{path}: knows {other}" for other in sorted(known)]
        return lines

    @property
    def longest_chain(self) -> list[str]:
        """The longest way from a module over its imports; empty where there are circles."""
        if self.circles():
            return []
        longest: dict[str, list[str]] = {}

        def way(name: str) -> list[str]:
            if name not in longest:
                longest[name] = [name, *max((way(other) for other in sorted(self.imports[name])), key=len, default=[])]
            return longest[name]

        return max((way(name) for name in self.paths), key=len)

    def top_shelf(self, room: str) -> int:
        """Modules at the top of a room, tests and ``__init__`` left out; a core's folder counts as one."""
        files = [path for path in (self.root / room).glob("*.py") if not is_test(path) and path.name != "__init__.py"]
        folders = [path for path in (self.root / room).iterdir() if (path / "__init__.py").exists() and path.name in self.kinds]
        return len(files) + len(folders)


@cache
def parsed(text: str) -> ast.Module:
    """Syntax of a module; houses that differ in one file share the others'."""
    return ast.parse(text)


def packages(name: str) -> list[str]:
    """The packages around a module, innermost last."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def imported(tree: ast.Module, modules: set[str]) -> Iterator[str]:
    """Full names of all modules that a text imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide who imports whom"
            assert node.module is not None
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if name in modules)
            if any(name not in modules for name in names):
                yield node.module


def declared_kinds(tree: ast.Module) -> Iterator[str]:
    """Kinds of the cores that a text declares: ``kind: ClassVar[str] = "fir"``."""
    statements = [node for cls in tree.body if isinstance(cls, ast.ClassDef) for node in cls.body]
    for node in statements:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "kind" and isinstance(node.value, ast.Constant):
            yield from [str(node.value.value)] if node.value.value else []


def blocks(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The functions that are decorated as blocks, and how many arguments each takes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(name) in BLOCK_DECORATORS for name in node.decorator_list):
            yield node.name, len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs)


CORE_NAMES = {"core", "stage", "inner", "calculation", "base", "there", "back", "between", "before", "after"}


def asked(tree: ast.Module, classes: set[str], allowed: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Questions by getattr, hasattr, isinstance, class patterns, and comparisons of a kind, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
            name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if isinstance(name, str) and not name.startswith("__") and name not in allowed:
                yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            named = {part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)}
            if named & classes:
                yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.MatchClass) and ast.unparse(node.cls) in classes:
            yield node.lineno, f"case {ast.unparse(node)}"
        if isinstance(node, ast.Compare) and any(is_kind(side) for side in (node.left, *node.comparators)):
            yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_kind(node.func.value):
            yield node.lineno, ast.unparse(node)


def is_kind(node: ast.AST) -> bool:
    """Whether a text is the kind of a core: ``core.kind``, ``self.core.kind``."""
    if not (isinstance(node, ast.Attribute) and node.attr == "kind"):
        return False
    owner = node.value
    return (owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else "") in CORE_NAMES


def strongly_connected(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """Strongly connected components (Tarjan 1972, doi:10.1137/0201010), without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[set[str]] = []
    for start in graph:
        if start in index:
            continue
        work = [(start, iter(sorted(graph[start])))]
        index[start] = low[start] = len(index)
        stack.append(start)
        waiting.add(start)
        while work:
            node, others = work[-1]
            following = next(others, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group: set[str] = set()
                    while not group or node not in group:
                        group.add(stack.pop())
                    waiting -= group
                    found.append(group)
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                waiting.add(following)
                work.append((following, iter(sorted(graph[following]))))
            elif following in waiting:
                low[node] = min(low[node], index[following])
    return found


def main() -> int:
    house = House()
    for room in ROOMS:
        every = sum(name.split(".")[0] == room for name in house.paths)
        print(f"{room:14} {house.top_shelf(room):3} modules on the top shelf, {every} in all")
    chain = house.longest_chain
    print(f"\nlongest chain of imports: {len(chain)} modules\n  " + "\n  ".join(chain))
    print(f"\n{len(house.circles())} circles")
    return 0


if __name__ == "__main__":
    sys.exit(main())
