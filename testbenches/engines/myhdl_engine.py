"""The myhdl engine: the hardware description itself, in MyHDL's own simulator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from myhdl import ResetSignal, Signal, Simulation, StopSimulation, delay, instance, intbv

from ip_cores.core import Core
from ip_cores.hierarchy import forgotten
from ip_cores.port import Port
from testbenches.errors import SimulationError
from testbenches.interface import Interface, bits, decode_one, mask
from testbenches.stimulus import POWER_UP, Plan, Response, Stimulus, Trace, respond

# Places of the flags that a cycle leaves behind, in one integer.
RESET, SINK_VALID, SINK_READY, SOURCE_VALID, SOURCE_READY = (1 << place for place in range(5))


def run_myhdl(core: Core, stimulus: Stimulus) -> Response:
    """Simulate `core.block` in MyHDL.

    Parameters
    ----------
    core : Core
    stimulus : Stimulus

    Raises
    ------
    ProtocolError, SimulationError
        If the core breaks the stream protocol, hangs, or assigns a value that a signal cannot hold.
    """
    interface = Interface.of(core.ports)
    plan = stimulus.prepare(interface)
    record = Record(interface)
    with forgotten():
        signals = {port.name: new_signal(port) for port in core.ports}
        simulation = Simulation(core.block(**signals), play(signals, interface, stimulus, plan, record))
        start = time.perf_counter()
        try:
            simulation.run(quiet=1)
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            raise SimulationError(f"cycle {len(record.flags) - POWER_UP}: MyHDL stopped with {type(error).__name__}: {error}") from error
        finally:
            seconds = time.perf_counter() - start
            if not simulation._finished:
                simulation.quit()
    return respond(interface, stimulus, record.trace(), seconds)


def new_signal(port: Port) -> Any:
    """A MyHDL signal for `port`."""
    if port.name == "reset":
        return ResetSignal(bool(0), active=1, isasync=False)
    if port.width is None:
        return Signal(bool(0))
    if port.signed:
        return Signal(intbv(0, min=-(1 << (port.width - 1)), max=1 << (port.width - 1)))
    return Signal(intbv(0)[port.width :])


class Record:
    """What was seen, cycle by cycle."""

    def __init__(self, interface: Interface) -> None:
        self.flags: list[int] = []
        self.source: dict[str, list[int]] = {name: [] for name in interface.source}
        self.outputs: dict[str, list[int]] = {name: [] for name in interface.outputs}
        self.masks = {name: mask(bits(port)) for name, port in {**interface.source, **interface.outputs}.items()}

    def trace(self) -> Trace:
        flags = np.array(self.flags, dtype=np.uint8)

        def array(name: str, values: list[int]) -> np.ndarray:
            return np.array([value & self.masks[name] for value in values], dtype=np.uint64)

        return Trace(
            reset=(flags & RESET) > 0,
            sink_valid=(flags & SINK_VALID) > 0,
            sink_ready=(flags & SINK_READY) > 0,
            source_valid=(flags & SOURCE_VALID) > 0,
            source_ready=(flags & SOURCE_READY) > 0,
            source={name: array(name, values) for name, values in self.source.items()},
            outputs={name: array(name, values) for name, values in self.outputs.items()},
        )


def play(signals: dict[str, Any], interface: Interface, stimulus: Stimulus, plan: Plan, record: Record) -> Any:
    """The test bench as one MyHDL generator; what a cycle is stands in `testbenches.stimulus`."""
    clk, reset = signals["clk"], signals["reset"]
    sink_valid, sink_ready = signals.get("sink_valid"), signals.get("sink_ready")
    source_valid, source_ready = signals.get("source_valid"), signals.get("source_ready")
    words = [(signals[f"sink_{name}"], *_shown(port, plan.sink[name])) for name, port in interface.sink.items()]
    source = [(record.source[name].append, signals[f"source_{name}"]) for name in interface.source]
    outputs = [(record.outputs[name].append, signals[name]) for name in interface.outputs]
    events = [(cycle, signals[name], _value(interface.inputs[name], raw)) for cycle, name, raw in plan.events]
    moves = [(word, at, signals[name], _value(interface.inputs[name], raw)) for word, at, name, raw in plan.moves]
    controls = [(signals[name], _value(interface.inputs[name], raw)) for name, raw in plan.controls.items()]
    length = plan.length if interface.has_sink else 0
    offer, accept = plan.offer.tolist(), plan.accept.tolist()
    offers, accepts = len(offer), len(accept)
    reset_at, reset_end = -1, -1
    if stimulus.first_reset is not None:
        reset_at, reset_end = stimulus.first_reset, stimulus.first_reset + stimulus.reset_cycles
    reset_after = stimulus.reset_after or -1
    hold, pause = stimulus.idle == "hold", stimulus.pause
    first_planned, drain = stimulus.last_planned, stimulus.drain
    expected = float("inf") if stimulus.expected is None else stimulus.expected
    runaway = stimulus.runaway(interface) or float("inf")
    cycles = float("inf") if stimulus.cycles is None else stimulus.cycles

    @instance
    def bench() -> Iterator[Any]:
        nonlocal reset_at, reset_end
        cycle, sent, received, idle, alone, event = -POWER_UP, 0, 0, 0, 0, 0
        last_planned = first_planned
        offering = False
        # Words that may be offered before inputs move again, and the cycle from which they do.
        move, moving, limit = 0, -1, moves[0][0] if moves else length
        half = delay(1)
        # Within the run: what was assigned before it wakes no process.
        for signal, value in controls:
            signal.next = value
        while True:
            in_reset = cycle < 0 or reset_at <= cycle < reset_end
            reset.next = in_reset
            while event < len(events) and events[event][0] <= cycle:
                events[event][1].next = events[event][2]
                event += 1
            if moving >= 0:
                while move < len(moves) and moves[move][0] == limit and moving + moves[move][1] <= cycle:
                    moves[move][2].next = moves[move][3]
                    move += 1
                if move == len(moves) or moves[move][0] != limit:
                    moving, limit = -1, moves[move][0] if move < len(moves) else length
            if in_reset:
                offering = False
            elif not offering and sent < limit and offer[cycle % offers]:
                offering = True
            if sink_valid is not None:
                sink_valid.next = offering
                shown = min(sent, length - 1)
                for signal, valid, inverted in words:
                    signal.next = valid[shown] if offering or hold else inverted[shown]
            ready = accept[cycle % accepts]
            if source_ready is not None:
                source_ready.next = ready
            clk.next = False
            yield half

            flags = RESET if in_reset else 0
            taken = given = False
            if sink_valid is not None:
                taking = bool(sink_ready)
                flags |= (SINK_VALID if offering else 0) | (SINK_READY if taking else 0)
                taken = offering and taking
            if source_valid is not None:
                giving = bool(source_valid)
                flags |= (SOURCE_VALID if giving else 0) | (SOURCE_READY if ready else 0)
                given = giving and ready
            record.flags.append(flags)
            for append, signal in source:
                append(int(signal))
            for append, signal in outputs:
                append(int(signal))
            if not in_reset:
                if taken:
                    sent += 1
                    alone = 0
                    offering = False
                    if sent == reset_after:
                        reset_at = cycle + 1 + stimulus.reset_delay
                        reset_end = reset_at + stimulus.reset_cycles
                        last_planned = max(last_planned, reset_end - 1)
                if given:
                    received += 1
                    alone += 1
                if taken or given:
                    idle = 0
                elif ready and (offering or sent >= limit):
                    idle += 1
                    if limit < length and moving < 0 and not offering and idle >= pause:
                        moving, idle = cycle + 1, 0
            if cycle + 1 >= cycles:
                raise StopSimulation
            if cycle >= 0 and cycle >= last_planned and (received >= expected or idle >= drain or alone >= runaway):
                raise StopSimulation
            cycle += 1
            clk.next = True
            yield half

    return bench


def _shown(port: Port, raw: np.ndarray) -> tuple[list[int], list[int]]:
    """What a sink field shows for each word: the word, and the word inverted."""
    full = mask(bits(port))
    words = raw.tolist() or [0]
    return [_value(port, word) for word in words], [_value(port, word ^ full) for word in words]


def _value(port: Port, raw: int) -> Any:
    """Bits as the value that a MyHDL signal takes."""
    return bool(raw) if port.width is None else decode_one(port, raw)
