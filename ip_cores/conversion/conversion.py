"""From a block to VHDL: every entity under it becomes a file of its own."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import myhdl
from myhdl import ToVHDLWarning
from myhdl._block import _Block
from myhdl._extractHierarchy import _UserVhdlCode
from myhdl._Signal import _Signal
from myhdl.conversion import _toVHDL

from ip_cores.conversion.architecture import Entity
from ip_cores.conversion.binary_points import BinaryPoints, Equation
from ip_cores.conversion.constants import constant_text
from ip_cores.conversion.formats import say_formats
from ip_cores.conversion.myhdl_text import ORIGIN, read_entity
from ip_cores.conversion.naming import Origin, name_plainly
from ip_cores.conversion.numbers import NamedNumber, name_numbers, named_numbers
from ip_cores.conversion.processes import merge_processes, sort_sensitivity, stand_together, store_at_once
from ip_cores.conversion.redundancy import unread_inputs
from ip_cores.conversion.tables import say_rows
from ip_cores.conversion.tidy import tidy
from ip_cores.conversion.vhdl_text import write_entity
from ip_cores.hierarchy import Rows, Word, _Use, power_up_of, remark_of
from ip_cores.parameters import ParameterError


class _Inserted(_UserVhdlCode):
    """Text that stands in MyHDL's output as it is."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__("", {}, "", None, "", 0)
        self.text = text

    def __str__(self) -> str:
        return f"\n{self.text}\n"


class _Instantiation(_UserVhdlCode):
    """The text that stands for a nested entity; names of signals are known only when MyHDL writes it."""

    __slots__ = ("entity_name", "label", "ports")

    def __init__(self, label: str, entity_name: str, ports: dict[str, _Signal]) -> None:
        super().__init__("", {}, label, None, "", 0)
        self.label, self.entity_name, self.ports = label, entity_name, ports

    def __str__(self) -> str:
        lines = [f"            {name} => {signal._name}" for name, signal in self.ports.items()]
        return f"\n    u_{self.label}: entity work.{self.entity_name}\n        port map (\n" + ",\n".join(lines) + "\n        );\n\n"


@dataclass
class _Converted:
    """One finished entity: its name, and for each port that it has the name and direction, by the function's own names."""

    name: str
    ports: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class _Generator:
    """A generator or a nested entity of a block, with the dissolved blocks around it, the outermost first."""

    item: Any
    around: tuple[_Block, ...]

    @property
    def comments(self) -> tuple[str, ...]:
        """What is said of the blocks around it, and of itself."""
        if isinstance(self.item, _Block):
            own = self.item.remark if self.item.described else first_sentence(self.item.remark)
        else:
            own = inspect.getdoc(self.item.func) or ""
        blocks = [block for block in self.around if block.remark]
        # A block that is one process says what its process says.
        if own and blocks and blocks[-1].subs == [self.item] and not blocks[-1].described:
            blocks.pop()
        texts = [*(prose(block.remark) for block in blocks), prose(own)]
        return tuple(dict.fromkeys(text for text in texts if text))

    @property
    def origin(self) -> Origin:
        block = self.around[-1].func.__name__ if self.around else ""
        return Origin("" if isinstance(self.item, _Block) else self.item.func.__name__, block)

    @property
    def says_something(self) -> bool:
        """Whether it has a comment of its own, beside those of the blocks around it."""
        return not isinstance(self.item, _Block) and bool(inspect.getdoc(self.item.func))

    @property
    def kin(self) -> tuple[str, str, str]:
        """The outermost dissolved block's function and name, and what this is in it."""
        inner = "/".join(block.func.__name__ for block in self.around[1:])
        own = self.item.ossicle.decorator.name if isinstance(self.item, _Block) else self.item.func.__name__
        return self.around[0].func.__name__, self.around[0].name, f"{inner}/{own}"

    @property
    def numbers(self) -> list[NamedNumber]:
        """Numbers that it has names for."""
        return [] if isinstance(self.item, _Block) else named_numbers(self.item.func)

    @property
    def rows(self) -> list[Rows]:
        """Described tables that it reads."""
        if isinstance(self.item, _Block):
            return []
        known = inspect.getclosurevars(self.item.func)
        return [value for value in (*known.nonlocals.values(), *known.globals.values()) if isinstance(value, Rows)]


def _generators(block: _Block, around: tuple[_Block, ...] = ()) -> Iterator[_Generator]:
    """In the order in which MyHDL writes them."""
    for sub in block.subs:
        if isinstance(sub, _Block) and sub.vhdl_code is None:
            yield from _generators(sub, (*around, sub))
        else:
            yield _Generator(sub, around)


def prose(docstring: str) -> str:
    """A docstring's text without the marks and sections that are for Python's readers."""
    text = re.split(r"\n\n[A-Z][A-Za-z ]+\n-{3,}", docstring)[0]
    text = re.sub(r":\w+:`([^`]*)`", r"\1", text)
    return re.sub(r"`{1,2}([^`]*)`{1,2}", lambda quoted: quoted[1].rpartition(".")[2] if "ip_cores." in quoted[1] else quoted[1], text)


def first_sentence(docstring: str) -> str:
    """What a reader of the entity around has to know of it."""
    paragraph = " ".join(prose(docstring).partition("\n\n")[0].split())
    return re.split(r"(?<=[a-z0-9)])\. (?=[A-Z])", paragraph)[0].removesuffix(".") + "." if paragraph else ""


@dataclass
class _Draft:
    """An entity that is ready to be written, but for the formats of its words."""

    entity: Entity
    summary: str
    comments: dict[int, tuple[str, ...]]
    multstyle: str
    settled: bool
    known: dict[str, int | None]
    points: list[Equation]


@dataclass
class ConvertedHierarchy:
    """VHDL of a block and of every entity under it, children first.

    Attributes
    ----------
    top : str
        Name of the top-level entity.
    head : str
        What the head of its file says beside the summary.
    part : str
        What the head of every other file says beside its summary.
    port_remarks : mapping of str to str
        What stands beside the top's ports.
    """

    top: str
    head: str
    part: str
    port_remarks: Mapping[str, str]
    _drafts: dict[str, _Draft] = field(default_factory=dict)
    _done: dict[tuple[Any, ...], _Converted] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def reserve(self, uses: Iterator[_Use]) -> None:
        """Keep the names that the user gave; those that are made here stand back.

        Raises
        ------
        ParameterError
            If two of them differ in nothing or in upper and lower case alone: to VHDL, and to many a file system, they are one.
        """
        keys: dict[str, tuple[Any, ...] | None] = {self.top.lower(): None}
        for use in uses:
            if use.name and keys.setdefault(use.name.lower(), use.key) != use.key:
                raise ParameterError("name", use.name, "must differ from every other entity's name, upper and lower case being the same")
        self._taken |= keys.keys()

    def add(self, use: _Use, name: str, *, top: bool) -> _Converted:
        """Convert an entity, and those under it before, unless it was met already."""
        if use.key in self._done:
            return self._done[use.key]
        name = name if top or use.name else self._unique(name)
        block, ports = use.fresh()
        self._instantiate_children(block, name if top or use.name else name.removesuffix(f"_{use.decorator.name}"))
        self._done[use.key] = done = self._convert(block, name, ports, use, top)
        return done

    def _convert(self, block: _Block, name: str, ports: dict[str, _Signal], use: _Use, top: bool) -> _Converted:
        generators = dict(enumerate(_generators(block)))
        text, signals = _convert(block, name, ports, top)
        entity = read_entity(text, name)
        for declaration in entity.declarations.values():
            signal = signals.get(declaration.name)
            declaration.remark = remark_of(signal)
            if rows := power_up_of(signal):
                type = declaration.type.element if declaration.type.depth is not None else declaration.type
                declaration.power_up = [(constant_text(word, type), remark) for word, remark in zip(rows, rows.remarks, strict=True)]
        for port in entity.ports:
            port.remark = self.port_remarks.get(port.name, "") if top else ""
        given = signals | (use.ports if top else {})
        known = {word: signal.fraction_length for word, signal in given.items() if isinstance(signal, Word) and _says_its_point(signal)}
        tidy(entity)
        name_numbers(entity, {number: generator.numbers for number, generator in generators.items()})
        origins = {number: generator.origin for number, generator in generators.items()}
        comments = {number: generator.comments for number, generator in generators.items()}
        say_rows(entity, {number: generator.rows for number, generator in generators.items()})
        stand_together(entity, {number: generator.kin for number, generator in generators.items() if generator.around})
        store_at_once(entity, {number for number, generator in generators.items() if generator.says_something})
        merge_processes(entity, {number: (origin.block or origin.function, *comments[number]) for number, origin in origins.items()})
        directions = {port.name: port.direction for port in entity.ports}
        if not top:
            gone = unread_inputs(entity)
            entity.ports = [port for port in entity.ports if port.name not in gone]
            directions = {port: direction for port, direction in directions.items() if port not in gone}
        renamed = name_plainly(entity, _short_prefixes(block), origins, keep_ports=top)
        sort_sensitivity(entity)
        summary = prose(inspect.getdoc(use.decorator.func) or "")
        known = {renamed.get(word, word): fraction for word, fraction in known.items()}
        names = {id(signal): renamed.get(word, word) for word, signal in signals.items()}
        points = [
            Equation(renamed.get(word, word), (names[id(signal.point_of[0])],), signal.point_of[1])
            for word, signal in signals.items()
            if isinstance(signal, Word) and signal.point_of is not None and id(signal.point_of[0]) in names
        ]
        self._drafts[name] = _Draft(entity, summary, comments, _multiplier_style(block), bool(use.arguments.get("settled")), known, points)
        ports_left = {port: (renamed.get(port, port), direction) for port, direction in directions.items()}
        return _Converted(name, ports_left)

    def files(self) -> dict[str, str]:
        """Text by entity name, in the order that a compiler needs."""
        points = self.binary_points()
        texts = {}
        for name, draft in self._drafts.items():
            say_formats(draft.entity, partial(points.of, name))
            summary = f"{name}: {draft.summary}" if draft.summary else name
            head = f"{summary}\n\n{self.head if name == self.top else self.part}"
            texts[name] = write_entity(draft.entity, head, draft.comments, draft.multstyle, draft.settled)
        return texts

    def binary_points(self) -> BinaryPoints:
        """Where the binary point is in every word that the formats of the ports determine."""
        known = {(name, word): fraction for name, draft in self._drafts.items() for word, fraction in draft.known.items()}
        said = {name: draft.points for name, draft in self._drafts.items()}
        return BinaryPoints({name: draft.entity for name, draft in self._drafts.items()}, self.top, known, said)

    def _unique(self, name: str) -> str:
        """A name of ours that no other entity has, whatever the case of its letters."""
        number, free = 1, name
        while free.lower() in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._taken.add(free.lower())
        return free

    def _instantiate_children(self, block: _Block, prefix: str) -> None:
        for child in _entities_under(block):
            use: _Use = child.ossicle
            if child is block:
                continue
            done = self.add(use, use.name or f"{prefix}_{use.decorator.name}", top=False)
            connected = {}
            for name, signal in use.ports.items():
                signal._used = True
                if name not in done.ports:
                    continue
                port, direction = done.ports[name]
                connected[port] = signal
                if direction == "out":
                    signal.driven = "wire"
                else:
                    signal.read = True
            child.vhdl_code = _Instantiation(child.name, done.name, connected)


def _says_its_point(signal: Word) -> bool:
    return signal.fraction_length is not None or not signal.is_number


def _entities_under(block: _Block) -> Iterator[_Block]:
    """The entities directly under a block: those met first on every way down."""
    for sub in block.subs:
        if isinstance(sub, _Block):
            if sub.ossicle is not None:
                yield sub
            else:
                yield from _entities_under(sub)


def _all_uses(block: _Block) -> Iterator[_Use]:
    for sub in block.subs:
        if isinstance(sub, _Block):
            if sub.ossicle is not None:
                yield sub.ossicle
            yield from _all_uses(sub)


def _multiplier_style(block: _Block) -> str:
    """Where an entity's products go: the value of Quartus' attribute ``multstyle``."""
    inside = [sub for sub in block.subs if isinstance(sub, _Block) and sub.ossicle is None]
    in_logic = any(sub.func.__name__ == "multiply_in_logic" or _multiplier_style(sub) == "logic" for sub in inside)
    return "logic" if in_logic else "dsp"


def _short_prefixes(block: _Block, path: tuple[str, ...] = ()) -> dict[str, str]:
    """Prefixes that MyHDL puts before the names in dissolved blocks, and the innermost block's name.

    Numbers run over the whole entity, so the innermost part alone does; longest prefixes come first.
    """
    prefixes: dict[str, str] = {}
    for sub in block.subs:
        if isinstance(sub, _Block) and sub.ossicle is None:
            inner = (*path, sub.name)
            prefixes |= _short_prefixes(sub, inner)
            prefixes["_".join(inner) + "_"] = sub.name
    return dict(sorted(prefixes.items(), key=lambda item: -len(item[0])))


class _MarkingConverter(_toVHDL._ToVHDLConvertor):
    """MyHDL's converter, which marks the text of each generator with its number, and keeps the signals by their names."""

    __slots__ = ("signals",)

    def _convert_filter(self, h: Any, intf: Any, siglist: Any, memlist: Any, genlist: Any) -> None:
        genlist[:] = [part for number, tree in enumerate(genlist) for part in (_Inserted(f"{ORIGIN}{number}"), tree)]
        taken = {signal._name for signal in siglist} | set(intf.argdict)
        for signal in siglist:
            if isinstance(signal, Word) and signal.name and signal.name not in taken and signal._name not in intf.argdict:
                taken.add(signal.name)
                signal._name = signal.name
        self.signals = {signal._name: signal for signal in siglist}
        self.signals |= {memory.name: memory.mem[0] for memory in memlist}
        # The number in a port's std_logic_vector has a name that MyHDL makes up later.
        self.signals |= intf.argdict | {f"{name}_num": signal for name, signal in intf.argdict.items()}


def _convert(block: _Block, name: str, ports: dict[str, _Signal], top: bool) -> tuple[str, dict[str, _Signal]]:
    """MyHDL's text of one entity, and its signals by their names in it."""
    # MyHDL infers ports from the function's arguments, which cannot be lists; ours are known already.
    block._inferInterface = lambda: None
    block.argnames, block.argdict = list(ports), ports
    converter, original = _MarkingConverter(), _toVHDL.toVHDL
    converter.no_myhdl_package = converter.no_myhdl_header = True
    converter.use_clauses = ""
    converter.architecture = "rtl"
    converter.std_logic_ports = top
    converter.initial_values = False
    with TemporaryDirectory() as scratch, warnings.catch_warnings():
        # An undriven signal with a value is how a constant is written here.
        warnings.filterwarnings("ignore", category=ToVHDLWarning, message=".*not driven.*")
        warnings.filterwarnings("ignore", category=ToVHDLWarning, message=".*not read.*")
        warnings.filterwarnings("ignore", category=ToVHDLWarning, message=".*Port is not used.*")
        converter.name, converter.directory = name, scratch
        # The functions of MyHDL's module ask its own converter for settings.
        _toVHDL.toVHDL = converter
        try:
            converter(block)
        finally:
            _toVHDL.toVHDL = original
        text = (Path(scratch) / f"{name}.vhd").read_text()
    return text, converter.signals


def convert(block: _Block, name: str, head: str, part: str = "", port_remarks: Mapping[str, str] | None = None) -> dict[str, str]:
    """VHDL of `block` and everything under it.

    Parameters
    ----------
    block : MyHDL block made by a function that is decorated with `entity`
    name : str
        Name of the top-level entity; those below are called ``name_function``.
    head : str
        What the head of the top's file says beside the summary.
    part : str
        What the head of every other file says beside its summary.
    port_remarks : mapping of str to str, optional
        What stands beside the top's ports.

    Returns
    -------
    dict of str to str
        Text by entity name, in compile order.

    Raises
    ------
    ParameterError
        If two entities that have names of their own differ only in upper and lower case.
    """
    return converted(block, name, head, part, port_remarks).files()


def converted(block: _Block, name: str, head: str, part: str = "", port_remarks: Mapping[str, str] | None = None) -> ConvertedHierarchy:
    """What `convert` writes, before it is written."""
    if getattr(block, "ossicle", None) is None:
        raise TypeError("convert takes a block made by a function decorated with @entity")
    hierarchy = ConvertedHierarchy(name, head, part, port_remarks or {})
    hierarchy.reserve(_all_uses(block))
    myhdl._simulator._blocks.clear()
    hierarchy.add(block.ossicle, name, top=True)
    return hierarchy
