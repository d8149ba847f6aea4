"""A test bench as somebody else writes it: cocotb, with the Avalon-ST driver and monitor of cocotb-bus, around delivered VHDL in GHDL.

cocotb loads this module within the simulator. It offers the words of ``words.json`` to the sink, with ``gaps`` (clocks on, clocks off)
where there are some, is ready in the clocks that ``accept`` says, and leaves the words that came in ``given.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from cocotb_bus.drivers.avalon import AvalonST
from cocotb_bus.monitors.avalon import AvalonST as AvalonSTMonitor


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def words_come_back(dut) -> None:
    """Reset, words in and words out."""
    plan = json.loads(Path("words.json").read_text())
    cocotb.start_soon(Clock(dut.clk, 10, "ns").start())
    driver = AvalonST(dut, "sink", dut.clk, valid_generator=gaps(plan["gaps"]))
    monitor = AvalonSTMonitor(dut, "source", dut.clk)
    given: list[int] = []
    monitor.add_callback(lambda data: given.append(int.from_bytes(data, "big")))
    dut.source_ready.value = 0
    dut.reset.value = 1
    await ClockCycles(dut.clk, 4)
    await FallingEdge(dut.clk)
    dut.reset.value = 0
    cocotb.start_soon(listen(dut, plan["accept"]))
    for word in plan["words"]:
        driver.append(word)
    # Until nothing has come for long: a word too many shows as well as one that is lost.
    quiet = 0
    while quiet < plan["patience"]:
        before = len(given)
        await RisingEdge(dut.clk)
        quiet = quiet + 1 if len(given) == before else 0
    Path("given.json").write_text(json.dumps(given))


def gaps(rows: list[tuple[int, int]]) -> Iterator[tuple[int, int]] | None:
    """Clocks in which the driver offers, and in which it does not, again and again."""
    return cycle(rows) if rows else None


async def listen(dut, accept: list[int]) -> None:
    """Downstream: ready in the clocks of a pattern."""
    for ready in cycle(accept):
        dut.source_ready.value = ready
        await RisingEdge(dut.clk)
