"""Hierarchy in MyHDL: blocks that stay entities of their own when they are converted to VHDL.

MyHDL flattens everything under the converted block into one entity. A function decorated with :func:`entity`
simulates like any MyHDL block, but in conversion each distinct use of it (same function, same parameters, same
port widths) becomes one VHDL entity, and its parents instantiate it. Arguments may be signals, lists of signals
(ports ``name_0``, ``name_1``, ...) and plain parameters; directions follow from the conversion itself.

:func:`inline` is for the small blocks that a person would write as one process: they are dissolved into the entity
around them. Both number their instances afresh within each entity, so that the same description always gives the
same names; MyHDL's own ``@block`` numbers over the life of the process.

One rule inside a decorated function: take constants from parameters, not from undriven signals handed in, since an
entity is converted on signals of its own.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import myhdl
from myhdl import Signal, ToVHDLWarning
from myhdl._block import _Block
from myhdl._extractHierarchy import _UserVhdlCode
from myhdl._Signal import _Signal
from myhdl.conversion._toVHDL import toVHDL

from ip_cores.conversion.vhdl_text import polish

_scopes: list[list[_Block]] = [[]]


class _Decorator:
    """What a decorated function becomes: calling it makes a MyHDL block with a name of our own."""

    def __init__(self, func: Callable[..., Any], separate: bool) -> None:
        self.func, self.separate = func, separate
        self.srcfile = inspect.getsourcefile(func)
        self.srcline = inspect.getsourcelines(func)[0]
        self.signature = inspect.signature(func)
        self.calls = 0
        functools.update_wrapper(self, func)
        self.name = func.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> _Block:
        if self.separate:
            _scopes.append([])
        try:
            made = _Block(self.func, self, self.func.__name__, self.srcfile, self.srcline, False, *args, **kwargs)
        finally:
            inner = _scopes.pop() if self.separate else []
        _see_all_names(made)
        made.ossicle = _Use(self, self._bound(args, kwargs)) if self.separate else None
        if self.separate:
            # Ports that came as keywords have no name in the function's frame.
            made.sigdict = {**made.ossicle.ports, **made.sigdict}
        if self.separate:
            _number([block for block in inner if block.ossicle is None])
            _number([block for block in inner if block.ossicle is not None])
        _scopes[-1].append(made)
        _name_list_elements(made)
        return made

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        for name, parameter in self.signature.parameters.items():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                arguments |= arguments.pop(name)
        return arguments


def named(block: _Block, name: str) -> _Block:
    """Give the entity of a nested block a name of its own, as a core within a chain has."""
    block.ossicle.name = block.name = block.__name__ = name
    return block


class _Surroundings:
    """What MyHDL wants to know of the place where an instance is made: the block function around it and its names."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame
        self.name = frame.f_code.co_name
        self.modctxt = True
        self.symdict = {**frame.f_globals, **frame.f_locals}


def _surroundings() -> _Surroundings:
    """MyHDL's own `_getCallInfo` looks at a fixed depth of the stack and reads the source of every frame.

    This finds the block function however deep the helper that makes the instance, and in microseconds: a filter of
    1024 taps is made of thousands of instances.
    """
    caller = frame = sys._getframe(1)
    while frame.f_back is not None:
        if frame.f_back.f_code is _Block.__init__.__code__:
            return _Surroundings(frame)
        frame = frame.f_back
    return _Surroundings(caller)


for _module in ("_block", "_instance", "_always", "_always_comb", "_always_seq"):
    sys.modules[f"myhdl.{_module}"]._getCallInfo = _surroundings  # type: ignore[attr-defined]


def _see_all_names(block: _Block) -> None:
    """MyHDL reads the names of signals when the first instance is made; read them again when the function is done."""
    for sub in block.subs:
        frame = getattr(getattr(sub, "callinfo", None), "frame", None)
        if frame is not None:
            sub.callinfo.symdict = {**frame.f_globals, **frame.f_locals}
            sub.callinfo.frame = None
    block.symdict = None
    block.sigdict, block.memdict = {}, {}
    block._updateNamespaces()


def entity(func: Callable[..., Any]) -> _Decorator:
    """Decorate a MyHDL block that keeps its own entity in the VHDL."""
    return _Decorator(func, separate=True)


def inline(func: Callable[..., Any]) -> _Decorator:
    """Decorate a MyHDL block that is dissolved into the entity that uses it."""
    return _Decorator(func, separate=False)


@dataclass
class _Use:
    """One use of an entity: what was called with which arguments, and the name it asks for (see `named`)."""

    decorator: _Decorator
    arguments: dict[str, Any]
    name: str = ""

    @property
    def ports(self) -> dict[str, _Signal]:
        return dict(_ports(self.arguments))

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for uses that share one entity."""
        shape = tuple(_shape(name, value) for name, value in self.arguments.items())
        return (self.decorator.func.__module__, self.decorator.func.__qualname__, self.name, shape)

    def fresh(self) -> tuple[_Block, dict[str, _Signal]]:
        """The same block on new signals, as a top level of its own."""
        arguments = {name: _fresh(value) for name, value in self.arguments.items()}
        _scopes.append([])
        try:
            block = self.decorator(**arguments)
        finally:
            _scopes.pop()
        return block, dict(_ports(arguments))


def _is_list_of_signals(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, _Signal) for item in value)


def _ports(arguments: dict[str, Any]) -> Iterator[tuple[str, _Signal]]:
    for name, value in arguments.items():
        if isinstance(value, _Signal):
            yield name, value
        elif _is_list_of_signals(value):
            yield from ((f"{name}_{k}", item) for k, item in enumerate(value))


def _shape(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, _Signal):
        return (name, "signal", value._type.__name__, value._nrbits, bool(value._min is not None and value._min < 0))
    if _is_list_of_signals(value):
        return (name, "signals", *(_shape("", item) for item in value))
    return (name, "value", repr(value))


def _fresh(value: Any) -> Any:
    if isinstance(value, _Signal):
        if value._type is bool:
            return Signal(bool(0))
        return Signal(type(value._val)(0, min=value._min, max=value._max))
    if _is_list_of_signals(value):
        return [_fresh(item) for item in value]
    return value


def _number(blocks: list[_Block]) -> None:
    """Name the instances of one entity: `name`, or `name_0`, `name_1`, ... where there are several."""
    by_name: dict[str, list[_Block]] = {}
    for block in blocks:
        by_name.setdefault(block.name, []).append(block)
    for name, group in by_name.items():
        for number, block in enumerate(group):
            block.name = block.__name__ = name if len(group) == 1 else f"{name}_{number}"


def _name_list_elements(block: _Block) -> None:
    """Give the elements of lists that only bundle wires the names of single signals."""
    for name, signals in list(block.symdict.items()):
        if _is_list_of_signals(signals) and not block.memdict.get(name, _NO_MEMORY)._used:
            for number, signal in enumerate(signals):
                block.sigdict.setdefault(f"{name}_{number}", signal)


class _NoMemory:
    _used = False


_NO_MEMORY = _NoMemory()


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
class Conversion:
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
    conversion = Conversion(header)
    myhdl._simulator._blocks.clear()
    conversion.add(block.ossicle, name, top=True)
    return conversion.files
