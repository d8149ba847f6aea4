"""The contract that every core keeps, and the table of the cores there are."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fixed_point import Format
from ip_cores.parameters import ParameterError, check_entity_name, convert, nearest, parameter
from ip_cores.port import Port

if TYPE_CHECKING:
    from ip_cores.inventory import Inventory


@dataclass(frozen=True)
class Core:
    """A parameterised core: its formats, its float reference, its bit-true model and its hardware.

    Subclasses are frozen dataclasses whose fields are made with `parameter`; they live in a module of
    ``ip_cores`` named as the core is named in a description.

    Attributes
    ----------
    kind : str
        Name of the core in descriptions; the module's name.
    meanings : mapping of str to str
        What ports of the core's own mean, for its datasheet.
    domains : mapping of str to (str, str)
        Clock and reset of the sink's side and of the source's.
    summary : str
        One line for ``ossicle list``.
    latency : int
        Clock edges from the transfer of sink word n to the transfer of source word n, nothing stalled.
    delay : int
        Samples of algorithmic delay against the reference.
    cycles_per_sample : int
        Clock cycles per sink word at full rate.
    """

    kind: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    registry: ClassVar[dict[str, type[Core]]] = {}
    meanings: ClassVar[Mapping[str, str]] = {}
    domains: ClassVar[Mapping[str, tuple[str, str]]] = {"sink": ("clk", "reset"), "source": ("clk", "reset")}

    name: str = parameter("core", doc="entity name; a VHDL identifier", kind=check_entity_name)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__dict__.get("kind"):
            Core.registry[cls.kind] = cls

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            if field.metadata:
                object.__setattr__(self, field.name, convert(field.name, getattr(self, field.name), field.metadata))
        self.check()

    def check(self) -> None:
        """Validate what depends on several parameters at once; raises ParameterError."""

    # What follows is the contract; each core answers for itself.

    @property
    def sink_format(self) -> Format:
        """Number format of the words that enter."""
        return self.sink  # type: ignore[attr-defined]

    @property
    def source_format(self) -> Format | dict[str, Format]:
        """Number format of the words that leave; by channel where there are several."""
        return self.source  # type: ignore[attr-defined]

    @property
    def latency(self) -> int:
        raise NotImplementedError

    @property
    def delay(self) -> int:
        return 0

    @property
    def cycles_per_sample(self) -> int:
        return 1

    @property
    def rate(self) -> Fraction:
        """Source words per sink word, in the long run."""
        return Fraction(1)

    @property
    def check_length(self) -> int:
        """Samples that visit every tap, ROM word and state."""
        return 256

    @property
    def inventory(self) -> Inventory | None:
        """What the core is built of, for a quick estimate; without one it has to be mapped to know what it costs."""
        return None

    def reference(self, x: Any) -> Any:
        """Float64 samples through the mathematics without word lengths."""
        raise NotImplementedError

    def model(self, x: Any) -> Any:
        """Raw integers through the bit-true model."""
        raise NotImplementedError

    def block(self, **signals: Any) -> Any:
        """The MyHDL block on `signals`, named as in `ports`."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        """Ports of the top-level entity, in order: clock and reset, sink, source, then what is the core's own."""
        source = self.source_format
        width = max(f.word_length for f in source.values()) if isinstance(source, Mapping) else source.word_length
        signed = any(f.signed for f in source.values()) if isinstance(source, Mapping) else source.signed
        sink = self.sink_format
        return (
            Port("clk", "in"),
            Port("reset", "in"),
            Port("sink_valid", "in"),
            Port("sink_ready", "out"),
            Port("sink_data", "in", sink.word_length, sink.signed),
            *self.sink_ports,
            Port("source_valid", "out"),
            Port("source_ready", "in"),
            Port("source_data", "out", width, signed),
            *self.source_ports,
            *self.control_ports,
        )

    @property
    def sink_ports(self) -> tuple[Port, ...]:
        """Sink ports beside valid, ready and data: channel, startofpacket, endofpacket."""
        return ()

    @property
    def source_ports(self) -> tuple[Port, ...]:
        """Source ports beside valid, ready and data."""
        return ()

    @property
    def control_ports(self) -> tuple[Port, ...]:
        """Ports that change at run time and status outputs."""
        return ()

    @property
    def controls(self) -> Mapping[str, int]:
        """Values of run-time inputs that the model and the reference assume, as signed or unsigned words; 0 for those not named."""
        return {}

    @property
    def description(self) -> dict[str, Any]:
        """The parameters as a description file would give them (all of them, defaults filled in)."""
        values: dict[str, Any] = {"core": self.kind}
        for field in dataclasses.fields(self):
            if field.metadata:
                values[field.name] = plain(getattr(self, field.name))
        return values

    def replace(self, **changes: Any) -> Any:
        """The same core with some parameters changed."""
        return dataclasses.replace(self, **changes)


def plain(value: Any) -> Any:
    """A parameter's value in types that TOML and JSON have."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Core):
        return value.description
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def core_kinds() -> dict[str, type[Core]]:
    """All cores there are, by the name that descriptions use.

    Every module of ``ip_cores`` is looked through, so that a new core needs no table to be changed.
    """
    import ip_cores

    for module in pkgutil.iter_modules(ip_cores.__path__):
        importlib.import_module(f"ip_cores.{module.name}")
    return dict(sorted(Core.registry.items()))


def make_core(description: Mapping[str, Any]) -> Core:
    """The core that a description (a mapping as read from TOML) stands for.

    Raises
    ------
    ParameterError
        For an unknown core or key, a missing key, or a value that is not allowed.
    """
    kinds = core_kinds()
    kind = description.get("core")
    if not isinstance(kind, str) or kind not in kinds:
        hint = nearest(str(kind), kinds) if kind is not None else ""
        raise ParameterError("core", kind if kind is not None else "", f"must be one of {', '.join(kinds)}{hint}")
    cls = kinds[kind]
    fields = {field.name: field for field in dataclasses.fields(cls) if field.metadata}
    for key, value in description.items():
        if key != "core" and key not in fields:
            raise ParameterError(key, value, f"unknown key; {kind} takes {', '.join(fields)}{nearest(key, fields)}")
    for key, field in fields.items():
        if field.default is dataclasses.MISSING and key not in description:
            raise ParameterError(key, "", f"missing; {field.metadata['doc']}")
    return cls(**{key: value for key, value in description.items() if key != "core"})
