"""Hierarchy in MyHDL: blocks that stay entities of their own when they are converted to VHDL.

MyHDL flattens everything under the converted block into one entity. A function decorated with :func:`entity`
simulates like any MyHDL block, but in conversion each distinct use of it (same function, same parameters, same
port widths) becomes one VHDL entity, and its parents instantiate it. Arguments may be signals, lists of signals
(ports ``name_0``, ``name_1``, ...), bundles and plain parameters; directions follow from the conversion itself.

:func:`inline` is for the small blocks that a person would write as one process: they are dissolved into the entity
around them. Both number their instances afresh within each entity, so that the same description always gives the
same names; MyHDL's own ``@block`` numbers over the life of the process.

A plain function may make processes and instances for the block that calls it, under whatever names it has for the signals: they stand
in that block as if they were written there. What several blocks do alike is such a function.

Signals that belong together are one argument, a :class:`Bundle`: a stream ``sink`` with the fields ``valid``, ``ready`` and
``data`` is the ports ``sink_valid``, ``sink_ready`` and ``sink_data`` of the entity. A process reads ``sink.valid``. Flags that go
from one block to others are a :class:`Group`, whose ports are called as its fields are.

One rule inside a decorated function: take constants from parameters, not from undriven signals handed in, since an
entity is converted on signals of its own.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from types import SimpleNamespace
from typing import Any

from myhdl import Signal, _extractHierarchy, _simulator
from myhdl._block import _Block
from myhdl._Signal import _Signal

_scopes: list[list[_Block]] = []


class Word(_Signal):
    """A signal that knows more than its bits.

    Attributes
    ----------
    fraction_length : int or None
        Bits right of the binary point, where they do not follow from what it is made of (`ip_cores.conversion.binary_points`).
    point_of : tuple of (Signal, int), optional
        A signal that has so many fraction bits less, where that is not what the assignments say: a slice that divides, a shift that
        appends zeros.
    is_number : bool
        Whether it has a binary point at all, always in the same place.
    remark : str
        What else stands beside its declaration.
    name : str
        What it is called in the VHDL, for signals that no variable of their own stands for.
    power_up : Rows, optional
        What it holds from the device's configuration on, where no reset says so: a row, or of the first word of a memory a row for each of
        its words. The signals themselves have to be made with the same values.
    """

    __slots__ = ("fraction_length", "is_number", "name", "point_of", "power_up", "remark")

    def __init__(
        self,
        value: Any,
        fraction_length: int | None = None,
        *,
        point_of: tuple[_Signal, int] | None = None,
        is_number: bool = True,
        remark: str = "",
        name: str = "",
        power_up: Rows | None = None,
    ) -> None:
        super().__init__(value)
        self.fraction_length, self.point_of, self.is_number = fraction_length, point_of, is_number
        self.remark, self.name, self.power_up = remark, name, power_up


def remark_of(signal: _Signal | None) -> str:
    """What is said of a signal beside its format."""
    return signal.remark if isinstance(signal, Word) else ""


def power_up_of(signal: _Signal | None) -> Rows | None:
    """What a signal, or the memory that it is the first word of, holds before any clock edge; None where that does not matter."""
    return signal.power_up if isinstance(signal, Word) else None


class Rows(tuple[int, ...]):
    """Words of a table, with what the VHDL says beside each.

    Parameters
    ----------
    words : iterable of int
    remarks : sequence of str
        One for each word.
    """

    remarks: tuple[str, ...]

    def __new__(cls, words: Iterable[int], remarks: Sequence[str]) -> Rows:
        made = super().__new__(cls, words)
        made.remarks = tuple(remarks)
        if len(made) != len(made.remarks):
            raise ValueError(f"{len(made)} words with {len(made.remarks)} remarks")
        return made

    def __repr__(self) -> str:
        # Tables that are described differently are entities of their own.
        return f"Rows({super().__repr__()}, {self.remarks!r})"


class Constant(int):
    """A number that a process has a name for; in the VHDL it is a constant of that name.

    A process that reads ``counter == last_step``, ``instruction[take_bit]``, ``left.next = most`` or ``index + stride`` has these names
    in the VHDL, too, where they are of this kind: ``constant last_step: natural := 86;``.

    Parameters
    ----------
    value : int
    remark : str
        What the VHDL says beside its declaration.
    """

    remark: str
    order: int
    _made = itertools.count()

    def __new__(cls, value: int, remark: str) -> Constant:
        made = super().__new__(cls, value)
        # Constants are declared in the order in which the description makes them.
        made.remark, made.order = remark, next(cls._made)
        return made


class _Decorator:
    """What a decorated function becomes: calling it makes a MyHDL block with a name of our own."""

    def __init__(self, func: Callable[..., Any], separate: bool, silent: bool = False) -> None:
        self.func, self.separate = func, separate
        self.calls = 0
        functools.update_wrapper(self, func)
        self.name = func.__name__
        self.silent = silent

    # Looked up when a block is made, not when it is declared: who only asks for a core's parameters declares hundreds and makes none.

    @functools.cached_property
    def srcfile(self) -> str | None:
        """File of the function, for MyHDL's messages."""
        return inspect.getsourcefile(self.func)

    @functools.cached_property
    def srcline(self) -> list[str]:
        """Lines of the function, as MyHDL calls them."""
        return inspect.getsourcelines(self.func)[0]

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """Names of the function's arguments, and their defaults."""
        return inspect.signature(self.func)

    @functools.cached_property
    def summary(self) -> str:
        """What the VHDL says of it, unless a use of it is `described`."""
        return "" if self.silent else inspect.getdoc(self.func) or ""

    def __call__(self, *args: Any, **kwargs: Any) -> _Block:
        if self.separate:
            _scopes.append([])
        try:
            made = _Block(self.func, self, self.func.__name__, self.srcfile, self.srcline, False, *args, **kwargs)
        finally:
            inner = _scopes.pop() if self.separate else []
        _see_all_names(made)
        made.remark, made.described = self.summary, False
        made.ossicle = _Use(self, self._bound(args, kwargs)) if self.separate else None
        if self.separate:
            # Ports that came as keywords have no name in the function's frame.
            made.sigdict = {**made.ossicle.ports, **made.sigdict}
        if self.separate:
            _number([block for block in inner if block.ossicle is None])
            _number([block for block in inner if block.ossicle is not None])
        if _scopes:  # a block that stands alone is kept by nobody but who asked for it
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


def described(item: Any, remark: str) -> Any:
    """Say what a nested block or a process is for in this place; the comment in the VHDL is this instead of its function's docstring."""
    if isinstance(item, _Block):
        item.remark, item.described = remark, True
    else:
        item.func.__doc__ = remark
    return item


class _Surroundings:
    """What MyHDL wants to know of the place where an instance is made: the block function around it and its names."""

    def __init__(self, frame: Any, maker: Any) -> None:
        self.frame = frame
        self.name = frame.f_code.co_name
        self.modctxt = True
        self.symdict = {**frame.f_globals, **frame.f_locals}
        if maker is not frame:
            # A process that a plain function makes for the block reads signals by that function's names for them.
            self.symdict |= {**maker.f_globals, **maker.f_locals}


def _surroundings() -> _Surroundings:
    """MyHDL's own `_getCallInfo` looks at a fixed depth of the stack and reads the source of every frame.

    This finds the block function however deep the helper that makes the instance, and in microseconds: a filter of
    1024 taps is made of thousands of instances.
    """
    caller = frame = sys._getframe(1)
    makes_block = caller.f_code is _Block.__init__.__code__
    while frame.f_back is not None:
        if frame.f_back.f_code is _Block.__init__.__code__:
            return _Surroundings(frame, frame if makes_block else caller.f_back)
        frame = frame.f_back
    return _Surroundings(caller, caller)


for _module in ("_block", "_instance", "_always", "_always_comb", "_always_seq"):
    sys.modules[f"myhdl.{_module}"]._getCallInfo = _surroundings  # type: ignore[attr-defined]


_read = functools.cache(inspect.getsourcelines)


def _lines(function: Callable[..., Any]) -> tuple[list[str], int]:
    """Lines of a function's text, and the number of the first. MyHDL looks them up, and parts them, for every instance of a process."""
    return _read(inspect.unwrap(function).__code__)


_util: Any = sys.modules["myhdl._util"]
_util.inspect = SimpleNamespace(
    getsource=lambda function: "".join(_lines(function)[0]),
    getsourcelines=_lines,
    getsourcefile=inspect.getsourcefile,
)
_util._dedent = functools.cache(_util._dedent)


@contextmanager
def forgotten() -> Iterator[None]:
    """Forget at the end what MyHDL notes in its modules while blocks are made, converted or simulated.

    It keeps every signal and every memory ever made, and each of its simulations visits all of them: whoever works on many cores in one
    process would wait longer for each.
    """
    signals, memories = _simulator._signals, _extractHierarchy._memInfoMap
    kept, known = len(signals), set(memories)
    try:
        yield
    finally:
        del signals[kept:]
        for memory in memories.keys() - known:
            del memories[memory]
        del _simulator._siglist[:], _simulator._futureEvents[:]
        _simulator._blocks.clear()
        _simulator._time = 0


def _see_all_names(block: _Block) -> None:
    """MyHDL reads the names of signals when the first instance is made; read them again when the function is done."""
    for sub in block.subs:
        frame = getattr(getattr(sub, "callinfo", None), "frame", None)
        if frame is not None:
            sub.callinfo.symdict = {**frame.f_globals, **_with_fields(frame.f_locals)}
            sub.callinfo.frame = None
    block.symdict = None
    block.sigdict, block.memdict = {}, {}
    block._updateNamespaces()


@dataclass(frozen=True, eq=False)
class Bundle:
    """Signals, or lists of signals, that a block takes as one argument.

    Subclasses are frozen dataclasses, made with ``eq=False`` since equal signals are not the same signal. A field that is None is no
    port. Ports stand in the order of the fields, where the bundle stands among the arguments.
    """

    def ports(self, argument: str) -> dict[str, Any]:
        """The fields by the names of their ports, for a bundle that was handed in as `argument`.

        An underscore at the argument's end, as `in_` has it for Python's sake, is no part of the names.
        """
        return {f"{argument.rstrip('_')}_{name}": value for name, value in self.present.items()}

    @property
    def present(self) -> dict[str, Any]:
        """The fields there are, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}


@dataclass(frozen=True, eq=False)
class Group(Bundle):
    """A bundle whose ports are called as its fields: flags and places that one block gives and others use."""

    def ports(self, argument: str) -> dict[str, Any]:
        return self.present


def _with_fields(names: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments or local names, with the fields of bundles in their place beside the bundles themselves.

    Raises
    ------
    ValueError
        If another signal has the name of a field's port: MyHDL would simulate the one and convert the other.
    """
    found: dict[str, Any] = {}
    for name, value in names.items():
        found[name] = value
        if isinstance(value, Bundle):
            for port, signal in value.ports(name).items():
                there = names.get(port, signal)
                if there is not signal and (isinstance(there, _Signal) or _is_list_of_signals(there)):
                    raise ValueError(f"{port}: a signal of its own has the name of a field of {name}; it must have another")
                if port not in names:
                    found[port] = signal
    return found


def entity(func: Callable[..., Any]) -> _Decorator:
    """Decorate a MyHDL block that keeps its own entity in the VHDL."""
    return _Decorator(func, separate=True)


def inline(func: Callable[..., Any]) -> _Decorator:
    """Decorate a MyHDL block that is dissolved into the entity that uses it."""
    return _Decorator(func, separate=False)


def primitive(func: Callable[..., Any]) -> _Decorator:
    """Decorate an inline block that is a line of VHDL or a register, which needs no comment unless it is `described`."""
    return _Decorator(func, separate=False, silent=True)


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
    for name, value in _with_fields(arguments).items():
        if isinstance(value, _Signal):
            yield name, value
        elif _is_list_of_signals(value):
            yield from ((f"{name}_{k}", item) for k, item in enumerate(value))


def _shape(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, _Signal):
        return (name, "signal", value._type.__name__, value._nrbits, bool(value._min is not None and value._min < 0))
    if _is_list_of_signals(value):
        return (name, "signals", *(_shape("", item) for item in value))
    if isinstance(value, Bundle):
        return (name, "bundle", *(_shape(field, item) for field, item in value.present.items()))
    return (name, "value", repr(value))


def _fresh(value: Any) -> Any:
    if isinstance(value, _Signal):
        if value._type is bool:
            return Signal(bool(0))
        return Signal(type(value._val)(0, min=value._min, max=value._max))
    if _is_list_of_signals(value):
        return [_fresh(item) for item in value]
    if isinstance(value, Bundle):
        return replace(value, **{field: _fresh(item) for field, item in value.present.items()})
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
