"""Parameters of a core: declared once, checked once, shown by the command line.

A core's class is a frozen dataclass; every field is made with :func:`parameter`, so that type, default and
allowed values stand in one place and serve validation, ``ossicle show`` and the datasheet alike.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any

from fixed_point import ComplexFormat, Format, Overflow, Rounding
from fixed_point.number_format import translation

REQUIRED = dataclasses.MISSING

# IEEE Std 1076-1993, clause 13.9, and the words that 2008 reserves in addition, those of PSL included.
VHDL_RESERVED = frozenset(
    """abs access after alias all and architecture array assert assume assume_guarantee attribute begin block body buffer bus case
    component configuration constant context cover default disconnect downto else elsif end entity exit fairness file for force function
    generate generic group guarded if impure in inertial inout is label library linkage literal loop map mod nand new next nor not
    null of on open or others out package parameter port postponed procedure process property protected pure range record register
    reject release rem report restrict restrict_guarantee return rol ror select sequence severity shared signal sla sll sra srl
    strong subtype then to transport type unaffected units until use variable vmode vprop vunit wait when while with xnor xor""".split()
)

# IEEE Std 1076.1-2007, clause 13.9: what the analogue and mixed-signal extensions add.
VHDL_AMS_RESERVED = frozenset(
    "across break limit nature noise procedural quantity reference spectrum subnature terminal through tolerance".split()
)

# IEEE Std 1800-2017, annex B; it holds all words of Verilog (IEEE Std 1364-2005).
VERILOG_RESERVED = frozenset(
    """accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin bind bins binsof bit
    break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos config const constraint context continue cover
    covergroup coverpoint cross deassign default defparam design disable dist do edge else end endcase endchecker endclass endclocking
    endconfig endfunction endgenerate endgroup endinterface endmodule endpackage endprimitive endprogram endproperty endsequence
    endspecify endtable endtask enum event eventually expect export extends extern final first_match for force foreach forever fork
    forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins implements implies import incdir include
    initial inout input inside instance int integer interconnect interface intersect join join_any join_none large let liblist library
    local localparam logic longint macromodule matches medium modport module nand negedge nettype new nexttime nmos nor noshowcancelled
    not notif0 notif1 null or output package packed parameter pmos posedge primitive priority program property protected pull0 pull1
    pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime ref reg reject_on
    release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared
    sequence shortint shortreal showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct super
    supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit tran tranif0 tranif1 tri
    tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until until_with untyped use uwire var vectored virtual void
    wait wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor""".split()
)

# What the language itself and the packages that the VHDL uses declare: an entity or a signal of such a name hides it.
VHDL_DECLARED = frozenset(
    """bit bit_vector boolean character delay_length falling_edge false ieee integer is_x natural now numeric_std positive real resize
    rising_edge rotate_left rotate_right rtl severity_level shift_left shift_right signed std std_logic std_logic_1164 std_logic_vector
    std_match std_ulogic std_ulogic_vector string text textio time to_01 to_bit to_bitvector to_integer to_signed to_std_logic
    to_stdlogicvector to_stdulogicvector to_unsigned to_ux01 to_x01 to_x01z true unsigned ux01 ux01z work x01 x01z""".split()
)

RESERVED = VHDL_RESERVED | VHDL_AMS_RESERVED | VERILOG_RESERVED | VHDL_DECLARED
"""Names that no identifier in what is written may have, in lower case."""


class Excerpt(str):
    """What of a long value is wrong, or how much of it there is, in words: a message shows it without quotation marks."""


class ParameterError(ValueError):
    """A parameter that a core cannot take.

    Parameters
    ----------
    field : str
        Dotted name of the parameter, as in a description file.
    value : object
        The value that was refused; an `Excerpt` of it; or `REQUIRED` where there is none.
    allowed : str
        What is allowed, as the end of the sentence "must be ...".

    Examples
    --------
    >>> print(ParameterError("form", "seriel", "must be serial or direct"))
    form = "seriel": must be serial or direct
    >>> print(ParameterError("coefficients", Excerpt("tap 3: 10"), "must be below 1"))
    coefficients: tap 3: 10: must be below 1
    >>> print(ParameterError("coefficients", REQUIRED, "missing; list of taps"))
    coefficients: missing; list of taps
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field, self.value, self.allowed = field, value, allowed
        shown = "" if value is REQUIRED else f": {value}" if isinstance(value, Excerpt) else f" = {show_value(value)}"
        super().__init__(f"{field}{shown}: {allowed}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Out of a pool of processes as it went in; what stands for no value there is only one of, and pickle would make another.
        if self.value is REQUIRED:
            return _of_no_value, (self.field, self.allowed)
        return type(self), (self.field, self.value, self.allowed)


def _of_no_value(field: str, allowed: str) -> ParameterError:
    return ParameterError(field, REQUIRED, allowed)


def show_value(value: object) -> str:
    """A value as a description file would write it, shortened to one line; of tables and lists whole items are left out.

    Examples
    --------
    >>> show_value({"method": "firwin", "numtaps": 45, "window": ["kaiser", 8.0]})
    '{method = "firwin", numtaps = 45, window = ["kaiser", 8.0]}'
    >>> show_value([0.1] * 1000)
    '[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, ...]'
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return _listed("{", [f"{key} = {show_value(item)}" for key, item in islice(value.items(), MOST_SHOWN)], len(value), "}")
    if isinstance(value, list | tuple):
        return _listed("[", [show_value(item) for item in value[:MOST_SHOWN]], len(value), "]")
    text = f'"{value}"' if isinstance(value, str | Format) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


LONGEST_SHOWN, MOST_SHOWN = 60, 20
"""Characters and items of a value that a message shows."""


def _listed(begin: str, items: list[str], count: int, end: str) -> str:
    """As many items as fit into a message."""
    for shown in range(len(items), -1, -1):
        text = begin + ", ".join(items[:shown] + ["..."] * (shown < count)) + end
        if len(text) <= LONGEST_SHOWN:
            break
    return text


def nearest(word: str, known: Iterable[str]) -> str:
    """``' (nearest: x)'`` for the known word most like `word`, or nothing."""
    import difflib  # only for this hint

    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (nearest: {found[0]})" if found else ""


def parameter(
    default: Any = REQUIRED,
    *,
    doc: str,
    kind: Any = None,
    choices: Sequence[str] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
) -> Any:
    """Declare one field of a core's parameter class.

    Parameters
    ----------
    default : object, optional
        Value when the description has no such key; without one the key is required.
    doc : str
        One line that tells a user what it does.
    kind : type or callable, optional
        ``Format``, ``ComplexFormat``, ``Rounding``, ``Overflow``, ``int``, ``float``, ``bool``, ``str``, or a callable that
        converts and checks a value and raises ``ValueError`` with what is allowed.
    choices : sequence of str, optional
        The allowed words.
    minimum, maximum : float, optional
        Inclusive bounds; for a ``Format``, bounds of its word length, or that of either part.
    unit : str
        Printed beside the default.
    """
    metadata = {"doc": doc, "kind": kind, "choices": choices, "minimum": minimum, "maximum": maximum, "unit": unit}
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


def allowed_text(metadata: Mapping[str, Any]) -> str:
    """What a parameter's metadata allow, as words for a message or a table."""
    low, high, kind = metadata["minimum"], metadata["maximum"], metadata["kind"]
    if kind is Format:
        bits = f", {low} to {high} bits" if low is not None else ""
        return f"a format such as sfix16_En15{bits}"
    if kind is ComplexFormat:
        return f"a format such as complex_sfix16_En15, each part of {low} to {high} bits"
    if kind in (Rounding, Overflow):
        return "one of " + ", ".join(member.value for member in kind)
    if metadata["choices"]:
        return "one of " + ", ".join(metadata["choices"])
    if kind is bool:
        return "true or false"
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"{low} or more"
    words = {int: "a whole number", float: "a number", str: "text"}
    return words.get(kind, getattr(kind, "allowed", "see the datasheet"))


def parameter_value(name: str, value: Any, metadata: Mapping[str, Any]) -> Any:
    """One value, converted to its parameter's kind and checked against its bounds.

    Raises
    ------
    ParameterError
        With the field, the value and what is allowed.
    """
    kind, low, high, choices = (metadata[key] for key in ("kind", "minimum", "maximum", "choices"))

    def refused() -> ParameterError:
        return ParameterError(name, value, "must be " + allowed_text(metadata))

    if kind is Format or kind is ComplexFormat:
        return _convert_format(name, value, metadata)
    if kind in (Rounding, Overflow):
        try:
            return kind(value)
        except ValueError:
            raise refused() from None
    if kind is bool:
        if not isinstance(value, bool):
            raise refused()
        return value
    if kind is int or kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or (kind is int and value % 1 != 0):
            raise refused()
        if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
            raise refused()
        return kind(value)
    if kind is str:
        if not isinstance(value, str) or (choices and value not in choices):
            raise refused()
        return value
    if callable(kind):
        try:
            return kind(value)
        except ParameterError:
            raise
        except (ValueError, TypeError) as error:
            raise ParameterError(name, value, str(error)) from None
    return value


def _convert_format(name: str, value: Any, metadata: Mapping[str, Any]) -> Format:
    if not isinstance(value, Format):
        try:
            value = Format.parse(value)
        except (ValueError, TypeError, AttributeError):
            meant = translation(value) if isinstance(value, str) else ""
            raise ParameterError(name, value, f"must be {allowed_text(metadata)}{meant and f'; {meant}'}") from None
    if value.is_complex != (metadata["kind"] is ComplexFormat):
        raise ParameterError(name, str(value), f"must be {allowed_text(metadata)}")
    low, high, bits = metadata["minimum"], metadata["maximum"], value.part.word_length
    if (low is not None and bits < low) or (high is not None and bits > high):
        raise ParameterError(f"{name}.word_length", bits, f"must be {low} to {high}")
    return value


def check_entity_name(name: Any) -> str:
    """`name` if every tool that reads VHDL, or the netlist made of it, takes it as an identifier.

    Raises
    ------
    ParameterError
        If it is no identifier, a reserved word, or what the packages of the VHDL declare.
    """
    rule = "must be a VHDL identifier: letters, digits and single underscores, a letter first, no reserved word"
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9])*", name) or len(name) > 64:
        raise ParameterError("name", name, rule)
    for words, where in (
        (VHDL_RESERVED, "is a reserved word of VHDL"),
        (VHDL_AMS_RESERVED, "is a reserved word of VHDL-AMS"),
        (VHDL_DECLARED, "is declared by VHDL itself or by its packages"),
        (VERILOG_RESERVED, "is a reserved word of SystemVerilog, in which the netlist is written"),
    ):
        if name.lower() in words:
            raise ParameterError("name", name, f"{rule}; {name} {where}")
    return name


check_entity_name.allowed = "a VHDL identifier"  # type: ignore[attr-defined]


def entity_of(path: Path, otherwise: str) -> str:
    """A file's name as that of an entity; another where that cannot be one.

    Examples
    --------
    >>> entity_of(Path("aid_left.toml"), "aid"), entity_of(Path("my aid-2.toml"), "aid"), entity_of(Path("2.toml"), "aid")
    ('aid_left', 'my_aid_2', 'aid')
    """
    name = re.sub(r"[\W_]+", "_", path.stem).strip("_")
    try:
        return str(check_entity_name(name))
    except ValueError:
        return otherwise


Converter = Callable[[Any], Any]
