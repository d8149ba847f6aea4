"""From a block to VHDL: every entity under it becomes a file of its own."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import myhdl
from myhdl import ToVHDLWarning
from myhdl._block import _Block
from myhdl._extractHierarchy import _UserVhdlCode
from myhdl._Signal import _Signal
from myhdl.conversion._toVHDL import toVHDL

from ip_cores.conversion.vhdl_text import polish
from ip_cores.hierarchy import _Use


class _Instantiation(_UserVhdlCode):
    """The text that stands for a nested entity; names are known only when MyHDL writes it."""

    __slots__ = ("entity_name", "label", "ports")

    def __init__(self, label: str, entity_name: str, ports: dict[str, _Signal]) -> None:
        super().__init__("", {}, label, None, "", 0)
        self.label, self.entity_name, self.ports = label, entity_name, ports

    def __str__(self) -> str:
        lines = [f"            {name} => {signal._name}" for name, signal in self.ports.items()]
        return f"\n    u_{self.label}: entity work.{self.entity_name}\n        port map (\n" + ",\n".join(lines) + "\n        );\n\n"


@dataclass
class _Converted:
    """One finished entity."""

    name: str
    text: str
    directions: dict[str, str]


@dataclass
class ConvertedHierarchy:
    """VHDL of a block and of every entity under it, children first.

    Attributes
    ----------
    files : dict of str to str
        Text by entity name, in the order that a compiler needs.
    """

    header: str
    files: dict[str, str] = field(default_factory=dict)
    _done: dict[tuple[Any, ...], _Converted] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)

    def add(self, use: _Use, name: str, *, top: bool) -> _Converted:
        if use.key in self._done:
            return self._done[use.key]
        name = self._unique(name)
        block, ports = use.fresh()
        self._instantiate_children(block, name if top or use.name else name.removesuffix(f"_{use.decorator.name}"))
        text, directions = _convert(block, name, ports, top)
        summary = inspect.getdoc(use.decorator.func) or ""
        settled = bool(use.arguments.get("settled"))
        self.files[name] = polish(text, name, self.header, summary, _short_prefixes(block), _multiplier_style(block), settled)
        self._done[use.key] = done = _Converted(name, text, directions)
        return done

    def _unique(self, name: str) -> str:
        count = self._taken[name] = self._taken.get(name, 0) + 1
        return name if count == 1 else f"{name}_{count}"

    def _instantiate_children(self, block: _Block, prefix: str) -> None:
        for child in _entities_under(block):
            use: _Use = child.ossicle
            if child is block:
                continue
            done = self.add(use, use.name or f"{prefix}_{use.decorator.name}", top=False)
            for name, signal in use.ports.items():
                signal._used = True
                if done.directions[name] == "out":
                    signal.driven = "wire"
                else:
                    signal.read = True
            child.vhdl_code = _Instantiation(child.name, done.name, use.ports)
            child.subs = []


def _entities_under(block: _Block) -> Iterator[_Block]:
    """The entities directly under a block: those met first on every way down."""
    for sub in block.subs:
        if isinstance(sub, _Block):
            if sub.ossicle is not None:
                yield sub
            else:
                yield from _entities_under(sub)


def _multiplier_style(block: _Block) -> str:
    """Where an entity's products go: the value of Quartus' attribute ``multstyle``."""
    inside = [sub for sub in block.subs if isinstance(sub, _Block) and sub.ossicle is None]
    in_logic = any(sub.func.__name__ == "multiply_in_logic" or _multiplier_style(sub) == "logic" for sub in inside)
    return "logic" if in_logic else "dsp"


def _short_prefixes(block: _Block, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Prefixes that MyHDL puts before the names in dissolved blocks, and what is left without the needless parts.

    Numbers run over the whole entity, so the innermost part alone tells one block from another; longest prefixes come
    first.
    """
    prefixes: dict[str, str] = {}
    for sub in block.subs:
        if isinstance(sub, _Block) and sub.ossicle is None:
            inner = (*path, sub.name)
            prefixes |= _short_prefixes(sub, inner)
            prefixes["_".join(inner) + "_"] = f"{sub.name}_" if re.search(r"_\d+$", sub.name) else ""
    return dict(sorted(prefixes.items(), key=lambda item: -len(item[0])))


def _convert(block: _Block, name: str, ports: dict[str, _Signal], top: bool) -> tuple[str, dict[str, str]]:
    """Text of one entity, and the direction of each of its ports."""
    # MyHDL infers ports from the function's arguments, which cannot be lists; ours are known already.
    block._inferInterface = lambda: None
    block.argnames, block.argdict = list(ports), ports
    with TemporaryDirectory() as scratch, warnings.catch_warnings():
        # An undriven signal with a value is how a constant is written here.
        warnings.filterwarnings("ignore", category=ToVHDLWarning, message=".*not driven.*")
        warnings.filterwarnings("ignore", category=ToVHDLWarning, message=".*not read.*")
        warnings.filterwarnings("ignore", category=ToVHDLWarning, message=".*Port is not used.*")
        toVHDL.name, toVHDL.directory = name, scratch
        toVHDL.no_myhdl_package = toVHDL.no_myhdl_header = True
        toVHDL.use_clauses = ""
        toVHDL.architecture = "rtl"
        toVHDL.std_logic_ports = top
        toVHDL.initial_values = False
        toVHDL(block)
        text = (Path(scratch) / f"{name}.vhd").read_text()
    header = text[: text.index("end entity")]
    directions = dict(re.findall(r"^\s+(\w+): (in|out|inout) ", header, re.MULTILINE))
    return text, directions


def convert(block: _Block, name: str, header: str) -> dict[str, str]:
    """VHDL of `block` and everything under it.

    Parameters
    ----------
    block : MyHDL block made by a function that is decorated with `entity`
    name : str
        Name of the top-level entity; those below are called ``name_function``.
    header : str
        Comment lines for the head of every file.

    Returns
    -------
    dict of str to str
        Text by entity name, in compile order.
    """
    if getattr(block, "ossicle", None) is None:
        raise TypeError("convert takes a block made by a function decorated with @entity")
    conversion = ConvertedHierarchy(header)
    myhdl._simulator._blocks.clear()
    conversion.add(block.ossicle, name, top=True)
    return conversion.files
