"""A test bench in VHDL-93 that checks a core by itself at its pins, with one clock or several; for GHDL and ModelSim-Altera alike.

What it does stands in the core's `ip_cores.pin_script.PinScript`; vectors stand in the text. Each part of the script is a process
of its own: one drives the pins, one looks at them, one offers words and one takes them, each on the clock of its side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ip_cores.companions.bench_text import assignments, device, start_value, stream_fields, total_width, vector_rows
from ip_cores.companions.pin_bench_text import DOWNSTREAM, DRIVE, FINISH, HOLD_FIRST, LOOK, NOISE, TEMPLATE, TICK, UPSTREAM
from ip_cores.companions.quartus_files import domains
from ip_cores.core import Core
from ip_cores.pin_script import PinScript
from ip_cores.port import Port, vhdl_type

HALF_PERIODS = ("10 ns", "41.667 ns")
"""Of the clocks in the order of a core's domains: 50 and 12 MHz."""


def has_pin_bench(core: Core) -> bool:
    """Whether a core says what a bench does with its pins."""
    return core.pin_script is not None


def pin_bench(core: Core, script: PinScript | None = None) -> str:
    """Text of ``NAME_tb.vhd``.

    Parameters
    ----------
    core : Core
        One for which `has_pin_bench` is true.
    script : PinScript, optional
        Another than its own.
    """
    script = core.pin_script if script is None else script
    assert script is not None
    ports = {port.name: port for port in core.ports}
    parts = [_ticks(core), _wires(script)]
    tables, flags = [], []
    for name, make, present in (("drive", _drive, script.drive), ("look", _look, script.expected)):
        if len(present):
            table, text = make(core, script, ports)
            tables.append(table)
            parts.append(text)
            flags += [] if name == "drive" else [f"{name}_done"]
    for stream in _streams(core, script):
        table, text = (_upstream if stream.enters else _downstream)(core, stream)
        tables.append(table)
        parts.append(text)
        flags.append(f"{stream.label}_done")
    parts.append(_finish(core, script, ports, flags))
    renamed, mapped, joined = device(core)
    signals = [*(_declaration(core, script, port) for port in core.ports), *renamed]
    signals += [f"    signal {name}_driven: std_logic := '1';" for name in script.wired]
    signals += [f"    signal {flag}: boolean := false;" for flag in flags]
    return TEMPLATE.format(
        name=core.name,
        kind=core.kind,
        patience=script.patience,
        signals="\n".join([*signals, "    signal finished: boolean := false;"]),
        tables="\n\n".join(tables),
        mapped=mapped,
        parts="\n\n".join(part for part in ["\n".join(joined), *parts] if part),
    )


def _declaration(core: Core, script: PinScript, port: Port) -> str:
    start = "" if port.name in script.wired else start_value(port, core.controls)
    return f"    signal {port.name}: {vhdl_type(port)}{start};"


def _constant(name: str, fields: Mapping[str, Port], columns: Mapping[str, Any]) -> str:
    """A table as a type and a constant."""
    rows = len(next(iter(columns.values())))
    return (
        f"    type {name}_table is array (0 to {rows - 1}) of std_logic_vector({total_width(fields) - 1} downto 0);\n"
        f"    constant {name.upper()}: {name}_table := (\n{vector_rows(fields, columns)}\n    );"
    )


def _ticks(core: Core) -> str:
    """Clocks, and resets that end between two edges."""
    texts = []
    for (clock, reset), half in zip(domains(core), HALF_PERIODS, strict=False):
        texts.append(TICK.format(clock=clock, half=half))
        if reset:
            texts.append(f"    {reset} <= '1', '0' after 8 * ({half});")
    return "\n\n".join(texts)


def _wires(script: PinScript) -> str:
    lines = [f"    {pin} <= '0' when {pulls} = '1' else {pin}_driven;" for pin, pulls in script.wired.items()]
    return "\n".join(["    -- Open drain.", *lines]) if lines else ""


def _clock(core: Core, side: str) -> tuple[str, list[str]]:
    """Clock of a side, and the condition that it is not in reset, where it has one."""
    clock, reset = core.domains.get(side) or domains(core)[0]
    return clock, [f"{reset} = '0'"] if reset else []


def _drive(core: Core, script: PinScript, ports: Mapping[str, Port]) -> tuple[str, str]:
    fields = {f"{name}_driven" if name in script.wired else name: ports[name] for name in script.drive}
    clock, live = _clock(core, "sink")
    set_pins = [f"{name} <= LEVELS(place)({len(fields) - 1 - k});" for k, name in enumerate(fields)]
    if isinstance(script.step, str):
        wait = [f"wait until falling_edge({script.step});"]
    else:
        wait = [f"for edge in 1 to {script.step} loop", f"    wait until rising_edge({clock});", "end loop;"]
    text = DRIVE.format(
        sets="\n".join(f"            {line}" for line in set_pins),
        wait="\n".join(f"            {line}" for line in wait),
        hold="".join(HOLD_FIRST.format(live=condition) for condition in live),
    )
    levels = dict(zip(fields, script.drive.values(), strict=True))
    return _constant("levels", fields, levels), text


def _look(core: Core, script: PinScript, ports: Mapping[str, Port]) -> tuple[str, str]:
    clock, conditions = _clock(core, "sink")
    fields = {name: ports[name] for name in script.watch}
    columns = dict(zip(fields, zip(*script.expected, strict=True), strict=True))
    if script.strobe:
        conditions.append(f"{script.strobe} = '1' and before = '0'")
    text = LOOK.format(
        name=core.name,
        clock=clock,
        condition=" and ".join(conditions) or "true",
        remember=f"            before := {script.strobe};\n" if script.strobe else "",
        last=len(fields) - 1,
        found="\n".join(f"                found({len(fields) - 1 - k}) := {name};" for k, name in enumerate(fields)),
        before="        variable before: std_logic := '1';\n" if script.strobe else "",
    )
    return _constant("expected", fields, columns), text


class _Stream(NamedTuple):
    """A stream at the pins, the process that plays it, and its table."""

    side: str
    enters: bool
    words: Mapping[str, Any]
    label: str
    table: str
    seed: str


FIRST_STALLS = 0b1010110011100001
"""Start of the register that stalls a stream; each of several has its own."""


def _streams(core: Core, script: PinScript) -> list[_Stream]:
    """The streams that a script plays."""
    found = []
    for side, words, label, table in (("sink", script.words, "upstream", "words"), ("source", script.given, "downstream", "given")):
        if words:
            found.append(_Stream(side, side == "sink", words, label, table, f"{FIRST_STALLS:016b}"))
    for number, (side, words) in enumerate(script.streams.items()):
        enters, seed = side in core.sinks, f"{FIRST_STALLS ^ number << 1:016b}"
        found.append(_Stream(side, enters, words, f"{'offer' if enters else 'take'}_{side}", f"{side}_words", seed))
    return found


def _upstream(core: Core, stream: _Stream) -> tuple[str, str]:
    clock, live = _clock(core, "sink")
    fields, table = stream_fields(core, stream.side), stream.table.upper()
    sets = "\n".join(f"            {line};" for line in assignments(fields, f"{table}(place)"))
    text = UPSTREAM.format(
        clock=clock, live=" and ".join(live), sets=sets, noise=NOISE.format(name=stream.side),
        side=stream.side, label=stream.label, table=table, seed=stream.seed,
    )  # fmt: skip
    return _constant(stream.table, fields, stream.words), text


def _downstream(core: Core, stream: _Stream) -> tuple[str, str]:
    clock, live = _clock(core, "source")
    fields, data = stream_fields(core, stream.side), f"{stream.side}_data"
    found = " & ".join(port.name for port in fields.values())
    single = found == data and fields["data"].width is not None
    text = DOWNSTREAM.format(
        name=core.name,
        clock=clock,
        live=" and ".join(live),
        last=total_width(fields) - 1,
        found=found if single else f"std_logic_vector'({found})",
        noise=NOISE.format(name=stream.side),
        side=stream.side,
        label=stream.label,
        table=stream.table.upper(),
        seed=stream.seed,
    )
    return _constant(stream.table, fields, stream.words), text


def _finish(core: Core, script: PinScript, ports: Mapping[str, Port], flags: Sequence[str]) -> str:
    clock, _ = _clock(core, "sink")
    checks = [
        f"        assert {name} = '{level}' report \"{core.name}: {name} is not {level} at the end\" severity failure;"
        for name, level in script.finish.items()
    ]
    given = [script.given, *(words for side, words in script.streams.items() if side in core.sources)]
    words = sum(len(next(iter(fields.values()))) for fields in given if fields)
    counts = [f"{len(script.expected)} looks at the pins" if len(script.expected) else "", f"{words} words" if words else ""]
    return FINISH.format(
        name=core.name,
        clock=clock,
        all_done=" and ".join(flags),
        settle=script.settle,
        checks="".join(f"{line}\n" for line in checks),
        counts=", ".join(count for count in counts if count),
    )
