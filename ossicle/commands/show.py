"""Show the parameters of a core, or what a description makes of them."""

from __future__ import annotations

import dataclasses
import os
from argparse import ArgumentParser, Namespace
from fractions import Fraction
from typing import Any

from ossicle.commands import DONE

EXAMPLES = ("ossicle show fir", "ossicle show examples/denoiser.toml")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("core", metavar="CORE|D.toml", help="a core of `ossicle list`, or a description file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: Namespace) -> int:
    named = arguments.core
    return show_instance(arguments) if named.endswith(".toml") or os.sep in named else show_kind(arguments)


def show_kind(arguments: Namespace) -> int:
    """Parameters of a core: type, default, allowed values."""
    from ip_cores.core import core_class
    from ossicle.terminal import print_json, text_table
    from testbenches.errors import of_the_sources

    cls = core_class(arguments.core)
    rows = parameters(cls)
    if arguments.json:
        print_json({"core": cls.kind, "summary": cls.summary, "parameters": rows})
        return DONE
    print(f"{cls.kind}: {cls.summary}\n")
    head = ["parameter", "default", "allowed", "what it does"]
    print(text_table([head, *[[row["name"], shown(row), row["allowed"], row["doc"]] for row in rows]], last_wraps=True))
    print(f"\nDatasheet: {of_the_sources(f'docs/cores/{cls.kind}.md')}")
    return DONE


def parameters(cls: Any) -> list[dict[str, Any]]:
    """Name, type, default, allowed values, unit and meaning of every parameter, in types that JSON has."""
    from ip_cores.core import plain
    from ip_cores.parameters import allowed_text

    rows = []
    for field in dataclasses.fields(cls):
        if not field.metadata:
            continue
        required = field.default is dataclasses.MISSING
        kind = field.metadata["kind"]
        rows.append(
            {
                "name": field.name,
                "type": type_name(kind, field.type),
                "default": None if required else plain(field.default),
                "required": required,
                "allowed": allowed_text(field.metadata),
                "unit": field.metadata["unit"],
                "doc": field.metadata["doc"] + (f", in {field.metadata['unit']}" if field.metadata["unit"] else ""),
            }
        )
    return rows


def type_name(kind: Any, annotation: Any) -> str:
    """How a description writes a parameter: ``int``, ``bool``, ``str``, ``Format``, or the annotation where a function converts."""
    return kind.__name__ if isinstance(kind, type) else str(annotation)


def shown(row: dict[str, Any]) -> str:
    """A default as a description would write it; ``none`` where the parameter may be left out and stands for nothing then."""
    from ip_cores.description_text import toml_value

    if row["required"]:
        return "required"
    return "none" if row["default"] is None else toml_value(row["default"])


def show_instance(arguments: Namespace) -> int:
    """Formats, timing and ports of the core that a description stands for."""
    from ip_cores.core import format_text, plain
    from ip_cores.port import vhdl_type
    from ip_cores.schedule import amount
    from ossicle.descriptions import described_core
    from ossicle.terminal import hertz_text, print_json, text_table

    core = described_core(arguments.core)
    facts = {
        "entity": core.name,
        "core": core.kind,
        "sink_format": format_text(core.sink_format),
        "source_format": format_text(core.source_format),
        "latency": core.latency,
        "delay": core.algorithmic_delay,
        "group_delay": plain(core.group_delay),
        "cycles_per_sample": plain(core.cycles_per_sample),
    }
    delay = core.group_delay
    if core.is_stream:
        facts |= {
            "sample_rate": core.sample_rate,
            "source_rate": core.source_rate if core.rate != 1 else None,
            "group_delay_ms": None if delay is None else float(1000 * delay / Fraction(core.sample_rate)),
            "clock_needed": core.clock_needed,
        }
    if arguments.json:
        ports = [dataclasses.asdict(port) for port in core.delivered_ports]
        print_json({**facts, "derived": dict(core.derived), "ports": ports, "parameters": plain(core.description)})
        return DONE
    units = {"latency": "clock", "delay": "sample", "group_delay": "sample", "cycles_per_sample": "clock"}
    rates = {name: hertz_text(facts[name]) for name in ("sample_rate", "source_rate", "clock_needed") if facts.get(name)}
    known = {name: value for name, value in facts.items() if value is not None} | rates
    heard = known.pop("group_delay_ms", None)
    known |= {name: amount(Fraction(known[name]), unit) for name, unit in units.items() if name in known}
    if heard is not None:
        known["group_delay"] += f", {heard:.4g} ms"
    print(text_table([[name.replace("_", " "), str(value)] for name, value in [*known.items(), *core.derived.items()]]))
    print()
    print(text_table([[port.name, port.direction, vhdl_type(port)] for port in core.delivered_ports]))
    return DONE
