"""The compiled C++ bench as a Python library: its settings, and the functions that it exports."""

from __future__ import annotations

import ctypes
import functools

import numpy as np

from testbenches.interface import Interface
from testbenches.stimulus import POWER_UP, Plan, Stimulus

NEVER = 2**62

Pointers = ctypes.POINTER(ctypes.c_void_p)


class Settings(ctypes.Structure):
    """Mirror of the structure of the same name in native_bench.cpp."""

    _fields_ = [
        ("sink", Pointers),
        ("length", ctypes.c_int64),
        ("offer", ctypes.c_void_p),
        ("offer_length", ctypes.c_int64),
        ("accept", ctypes.c_void_p),
        ("accept_length", ctypes.c_int64),
        ("controls", ctypes.c_void_p),
        ("events", ctypes.c_void_p),
        ("event_count", ctypes.c_int64),
        ("moves", ctypes.c_void_p),
        ("move_count", ctypes.c_int64),
        ("pause", ctypes.c_int64),
        ("probes", ctypes.c_void_p),
        ("probe_count", ctypes.c_int64),
        ("reset_at", ctypes.c_int64),
        ("reset_after", ctypes.c_int64),
        ("reset_delay", ctypes.c_int64),
        ("reset_cycles", ctypes.c_int64),
        ("last_planned", ctypes.c_int64),
        ("expected", ctypes.c_int64),
        ("cycles", ctypes.c_int64),
        ("drain", ctypes.c_int64),
        ("runaway", ctypes.c_int64),
        ("power_up", ctypes.c_int64),
        ("invert", ctypes.c_int64),
    ]


def settings_of(interface: Interface, stimulus: Stimulus, plan: Plan) -> tuple[Settings, list[np.ndarray]]:
    """The plan as the C++ bench takes it, and the arrays that must live as long."""
    keep: list[np.ndarray] = []

    def address(array: np.ndarray) -> int:
        keep.append(np.ascontiguousarray(array))
        return keep[-1].ctypes.data

    inputs, outputs = list(interface.inputs), list(interface.outputs)
    sink = (ctypes.c_void_p * (len(plan.sink) + 1))(*[address(words) for words in plan.sink.values()])
    events = np.array([(c, inputs.index(name), value) for c, name, value in plan.events], dtype=np.uint64).reshape(-1, 3)
    moves = np.array([(word, at, inputs.index(name), value) for word, at, name, value in plan.moves], dtype=np.uint64).reshape(-1, 4)
    probes = np.array([(c, outputs.index(name)) for c, name in stimulus.probes], dtype=np.int64).reshape(-1, 2)
    settings = Settings(
        sink=sink,
        length=plan.length if interface.has_sink else 0,
        offer=address(plan.offer.astype(np.uint8)),
        offer_length=len(plan.offer),
        accept=address(plan.accept.astype(np.uint8)),
        accept_length=len(plan.accept),
        controls=address(np.array([plan.controls[name] for name in inputs] + [0], dtype=np.uint64)),
        events=address(events),
        event_count=len(events),
        moves=address(moves),
        move_count=len(moves),
        pause=stimulus.pause,
        probes=address(probes),
        probe_count=len(probes),
        reset_at=NEVER if stimulus.first_reset is None else stimulus.first_reset,
        reset_after=stimulus.reset_after or NEVER,
        reset_delay=stimulus.reset_delay,
        reset_cycles=stimulus.reset_cycles,
        last_planned=stimulus.last_planned,
        expected=NEVER if stimulus.expected is None else stimulus.expected,
        cycles=NEVER if stimulus.cycles is None else stimulus.cycles,
        drain=stimulus.drain,
        runaway=stimulus.runaway(interface) or NEVER,
        power_up=POWER_UP,
        invert=int(stimulus.idle == "invert"),
    )
    return settings, keep


@functools.lru_cache(maxsize=256)
def load(path: str) -> ctypes.CDLL:
    """A compiled model as a library with its functions declared."""
    library = ctypes.CDLL(path)
    library.bench_new.restype = ctypes.c_void_p
    library.bench_new.argtypes = [ctypes.POINTER(Settings)]
    library.bench_free.argtypes = [ctypes.c_void_p]
    library.bench_free.restype = None
    library.bench_run.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    library.bench_count.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.bench_count.restype = ctypes.c_int64
    library.bench_array.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.bench_array.restype = ctypes.c_void_p
    library.bench_output.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.bench_output.restype = ctypes.c_uint64
    return library
