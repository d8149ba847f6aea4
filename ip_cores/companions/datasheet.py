"""The datasheet of one instance: a page of Markdown with its drawings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from ip_cores.companions.drawings import pin_waves, response_svg, several_waves, stream_waves, timing_svg
from ip_cores.companions.quartus_files import CLOCK_PERIOD, domains
from ip_cores.core import Core, plain
from ip_cores.port import Port, vhdl_type
from ip_cores.schedule import Schedule, amount, from_rest, number_text
from ip_cores.stream_names import AVALON, AXI

STANDARDS = {AVALON: "Avalon-ST, readyLatency 0", AXI: "AXI4-Stream"}

MEANINGS = {
    "clk": "clock; everything happens on its rising edge",
    "reset": "synchronous, active high",
    "sink_valid": "upstream offers a word",
    "sink_ready": "the core takes it on this edge",
    "sink_data": "word that enters",
    "sink_channel": "band or channel of the word that enters",
    "sink_startofpacket": "first word of a frame",
    "sink_endofpacket": "last word of a frame",
    "source_valid": "the core offers a word, and holds it until it is taken",
    "source_ready": "downstream takes it on this edge",
    "source_data": "word that leaves",
    "source_channel": "band or channel of the word that leaves",
    "source_startofpacket": "first word of a frame",
    "source_endofpacket": "last word of a frame",
}


def datasheet(core: Core, files: Sequence[str], estimate: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """``NAME.md`` and the drawings that it shows.

    Parameters
    ----------
    core : Core
    files : sequence of str
        VHDL files in compile order.
    estimate : sequence of (str, str)
        Rows of the table of cost.

    Returns
    -------
    dict of str to str
        Text by file name.
    """
    name = core.name
    drawings = {}
    streams = core.is_stream
    if streams:
        names = {pin.port.name: pin.outer.name for pin in core.pins}
        waves = [wave._replace(name=names.get(wave.name, wave.name)) for wave in stream_waves(shown_words(core))]
        drawings[f"{name}_timing.svg"] = timing_svg(waves)
    if core.is_source:
        drawings[f"{name}_timing.svg"] = timing_svg(stream_waves(shown_words(core), {}))
    script = core.pin_script
    several = script is not None and bool(script.streams)
    if several:
        slow = core.cycles_per_sample > 1
        waves = stream_waves(shown_words(core), dict(zip(core.sinks, "abcdefgh", strict=False))) if slow else several_waves(core)
        drawings[f"{name}_timing.svg"] = timing_svg(waves)
    elif script is not None and not (streams or core.is_source):
        drawings[f"{name}_timing.svg"] = timing_svg(pin_waves(script, domains(core)[0][0]))
    curves = core.responses
    if curves:
        drawings[f"{name}_response.svg"] = response_svg(curves, sample_rate=core.tap_rate)
    sections = [f"# {name}\n\nAn instance of `{core.kind}`: {core.summary}."]
    if core.notes:
        sections.append("\n".join(f"**Note:** {note}." for note in core.notes))
    sections += [_properties(core, streams), _ports(core)]
    if core.derived:
        sections.append("## What follows\n\n" + _table(("of the parameters", "follows"), list(core.derived.items())))
    if core.register_map:
        fields = [(one.addresses, one.bits, str(one.reset), one.meaning) for one in core.register_map]
        table = _table(("address", "bits", "after a reset", "meaning"), fields)
        sections.append(f"## Registers\n\n{table}\n\nAn Avalon-MM slave of words, without wait states; other bits are read as 0.")
    if streams or core.is_source:
        sections.append(
            f"## Timing\n\n![words through the core](./{name}_timing.svg)\n\nNothing is stalled here. A word moves on a rising edge "
            f"where valid and ready are both high ({STANDARDS[core.interface]}); valid never waits for ready."
        )
    elif several:
        shown = "Nothing is stalled here." if slow else "Each stream is there a clock after the one before it here."
        sections.append(
            f"## Timing\n\n![words of several streams](./{name}_timing.svg)\n\n{shown} "
            "A word moves on a rising edge where valid and ready of its stream are both high; valid never waits for ready."
        )
    elif script is not None:
        when = f"where `{script.strobe}` rises" if script.strobe else "at every edge of the clock"
        sections.append(
            f"## Timing\n\n![levels at the pins](./{name}_timing.svg)\n\nLevels {when}, as the self-checking bench plays and expects them."
        )
    if curves:
        sections.append(f"## Frequency response\n\n![magnitude over frequency](./{name}_response.svg)")
    if estimate:
        sections.append("## Cost on the EP2C70F896C6, estimated\n\n" + _table(("what", "how much"), estimate))
    rows = [(f"`{key}`", f"`{_short(value)}`") for key, value in core.description.items()]
    sections.append("## Parameters\n\n" + _table(("parameter", "value"), rows))
    sections.append("## VHDL\n\nIn compile order: " + ", ".join(f"`{file}`" for file in files) + ".")
    return {f"{name}.md": "\n\n".join(sections) + "\n", **drawings}


def shown_words(core: Core) -> Schedule:
    """When words move that come from rest, until two have left; where the data decide, at the core's latency and rate."""
    if core.is_source:
        clocks = np.array([core.latency + ceil(number * core.cycles_per_sample) for number in range(3)])
        return Schedule(clocks[:0], clocks)
    count = 4
    while True:
        timing = core.timing()
        if timing is None:
            clocks = np.array([ceil(number * core.cycles_per_sample) for number in range(count)])
            schedule = Schedule(clocks, clocks[:1] + core.latency)
        else:
            schedule = from_rest(timing, count)
        if len(schedule.given) and schedule.taken[-1] > schedule.given[:2].max() + 1:
            return schedule
        count *= 2


def _properties(core: Core, streams: bool) -> str:
    rows = []
    if streams:
        source = core.source_format
        given = ", ".join(f"{key}: `{f}`" for key, f in source.items()) if isinstance(source, dict) else f"`{source}`"
        top = 1e6 / CLOCK_PERIOD / float(core.cycles_per_sample)  # in kHz
        rows += [("sink format", f"`{core.sink_format}`"), ("source format", given), ("source words per sink word", str(core.rate))]
        rows += [
            ("cycles per sample", number_text(core.cycles_per_sample)),
            ("sample rate at 50 MHz, at most", f"{top:,.0f} kHz".replace(",", " ")),
        ]
        heard = core.group_delay
        milliseconds = "" if heard is None else f", {float(1000 * heard / Fraction(core.sample_rate)):.4g} ms"
        rows.append(("sample rate", hertz_words(core.sample_rate)))
        rows.append(
            ("clock needed at that rate", f"{hertz_words(core.clock_needed)}, {amount(core.cycles_per_sample, 'clock')} a sample")
        )
        rows.append(("algorithmic delay", amount(core.algorithmic_delay, "sample")))
        rows.append(("group delay", "no one number" if heard is None else f"{amount(heard, 'sample')}{milliseconds}"))
    else:
        formats = {"sink": core.sink_format, "source": core.source_format}
        rows += [(f"{side} format", f"`{one}`") for side, one in formats.items() if one is not None]
    if core.is_source:
        rows.append(("cycles per word", number_text(core.cycles_per_sample)))
        rows.append(("sample rate", hertz_words(core.source_rate)))
    rows.append(("latency", amount(core.latency, "clock edge")))
    return _table(("property", "value"), rows)


def hertz_words(rate: float) -> str:
    """A rate in kHz.

    Examples
    --------
    >>> hertz_words(16000), hertz_words(1.584e6), hertz_words(16000 / 3)
    ('16 kHz', '1584 kHz', '5.33333 kHz')
    """
    return f"{rate / 1000:.6g} kHz"


def _ports(core: Core) -> str:
    rows = []
    for pin in core.pins:
        meaning = _meaning(core, pin.port) if pin.outer.active_low == pin.port.active_low else "synchronous, active low"
        padding = f"; {pin.remark}" if pin.outer.width != pin.port.width else ""
        rows.append((f"`{pin.outer.name}`", pin.outer.direction, f"`{vhdl_type(pin.outer)}`", meaning + padding))
    table = _table(("port", "direction", "type", "meaning"), rows)
    return f"## Ports\n\n{table}" if core is core.on_avalon else f"## Ports\n\n{table}\n\n{NO_COMPONENT}"


NO_COMPONENT = (
    "The streams are AXI4-Stream's: TDATA is whole bytes, all of them valid (no TKEEP), and the reset of AMBA is active low. There is no "
    "`_hw.tcl` of them: Platform Designer of Quartus II 13.0 takes Avalon-ST, which `interface = \"avalon\"` gives."
)


def _meaning(core: Core, port: Port) -> str:
    return MEANINGS.get(port.name) or core.meanings.get(port.name) or f"see the datasheet of {core.kind}"


def _short(value: Any) -> str:
    """A parameter's value on one line of a table."""
    text = json.dumps(plain(value), ensure_ascii=False).strip('"').replace("|", "\\|")
    return text if len(text) <= 100 else f"{text[:80]} ... ({len(value)} values)" if isinstance(value, list) else f"{text[:97]}..."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
