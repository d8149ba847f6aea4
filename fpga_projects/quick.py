"""Estimates from a core's parameters alone, in microseconds, for exploration.

A core says what it is built of: `core.operations()` gives a sequence of `Operation`. Each kind has a closed form here, with the packing
rules of `fpga_projects.packing` applied to it. A core without operations, or with a kind that is not known, is refused with one sentence,
so that nobody takes a guess for an estimate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from fpga_projects.device import load_device
from fpga_projects.estimate import Estimate, check_fit
from fpga_projects.power import DYNAMIC_UNCERTAINTY, IO_UNCERTAINTY_MW, KINDS, Activity

KINDS_OF_OPERATION = ("add", "compare", "multiply", "multiplex", "register", "memory", "logic")
QUICK_UNCERTAINTY = 0.3
"""Relative, assumed until a core's operations have been held against ``map``."""


@dataclass(frozen=True)
class Operation:
    """Some equal pieces of a core.

    Attributes
    ----------
    kind : {"add", "compare", "multiply", "multiplex", "register", "memory", "logic"}
        ``add`` is any carry chain; ``logic`` counts LUTs in `width`.
    width : int
        Bits of the result; of a ``memory`` bits of a word.
    count : int
        How many there are.
    registered : bool
        Whether a register follows each bit; it shares the bit's element.
    other : int
        ``multiply``: width of the other operand; ``multiplex``: inputs; ``memory``: words.
    depth : int
        How many of them one path goes through.
    """

    kind: str
    width: int
    count: int = 1
    registered: bool = False
    other: int = 0
    depth: int = 1


def tile_elements(a: int, b: int, result: int | None = None) -> int:
    """9-bit multiplier elements of an a x b product of which `result` bits are used."""
    result = a + b if result is None else result
    total = 0
    for i in range(math.ceil(a / 18)):
        for j in range(math.ceil(b / 18)):
            if 18 * (i + j) < result:
                total += 1 if min(18, a - 18 * i) <= 9 and min(18, b - 18 * j) <= 9 else 2
    return total


def m4k_blocks(words: int, width: int) -> int:
    """Fewest M4K blocks of one shape that hold a memory of a port that writes and one that reads."""
    shapes = ((4096, 1), (2048, 2), (1024, 4), (512, 9), (256, 18), (128, 36))
    return min(math.ceil(words / depth) * math.ceil(width / bits) for depth, bits in shapes)


def quick_estimate(core: Any, device: str = "EP2C70F896C6", clock_mhz: float = 50.0) -> Estimate:
    """Closed-form estimate of a core that describes its `operations`.

    Raises
    ------
    ValueError
        The core does not describe itself, or does not fit.
    """
    part = load_device(device)
    name = str(getattr(core, "name", type(core).__name__))
    if not hasattr(core, "operations"):
        raise ValueError(f"{name}: effort quick is not known for this core; use effort map")
    elements = registers = carry = blocks = bits = multipliers = 0
    path = 0.0
    t, w = part.timing_ns, part.wire_ns["local"] + part.wire_ns["fan_out"]
    for operation in core.operations():
        n, many = operation.width, operation.count
        luts = 0
        if operation.kind == "add":
            luts = n
            carry += many * n
            delay = w + t["data_to_carry"] + 0.081 * n + t["carry_to_sum"]
        elif operation.kind == "compare":
            luts = n + 1
            carry += many * luts
            delay = w + t["data_to_carry"] + 0.081 * n + t["carry_to_sum"]
        elif operation.kind == "multiplex":
            # Two LUTs make a 4:1 multiplexer, and each LUT takes away one and a half inputs.
            luts = n * math.ceil((operation.other - 1) * 2 / 3)
            delay = (w + t["lut"][0]) * max(1, math.ceil(math.log2(max(2, operation.other))))
        elif operation.kind == "multiply":
            multipliers += many * tile_elements(operation.other, n - operation.other, n)
            delay = 2 * w + 2 * part.wire_ns["to_multiplier"] + t["multiplier_18"]
        elif operation.kind == "memory":
            blocks += many * m4k_blocks(operation.other, n)
            bits += many * operation.other * n
            delay = t["m4k"] + w
        elif operation.kind in ("logic", "register"):
            luts = n if operation.kind == "logic" else 0
            delay = w + t["lut"][0] if luts else w
        else:
            raise ValueError(f"{name}: operation {operation.kind!r} is not known; known are {', '.join(KINDS_OF_OPERATION)}")
        registers += many * n if operation.registered or operation.kind == "register" else 0
        elements += many * (n if operation.kind == "register" else luts)
        path = max(path, delay * operation.depth)
    used = {"logic_elements": elements, "m4k_blocks": blocks, "multiplier_elements": multipliers}
    check_fit(used, part, name)
    period = t["clock_to_out"] + path + t["setup"]
    power = _power(part.power, clock_mhz, elements, registers, blocks, multipliers)
    dynamic = sum(value for kind, value in power.items() if kind not in ("static", "io", "total"))
    spread = dict.fromkeys(("logic_elements", "registers", "carry_elements", "m4k_blocks", "fmax_mhz"), QUICK_UNCERTAINTY)
    return Estimate(
        entity=name,
        device=device,
        effort="quick",
        clock_mhz=clock_mhz,
        logic_elements=elements,
        registers=registers,
        carry_elements=carry,
        m4k_blocks=blocks,
        memory_bits=bits,
        multiplier_elements=multipliers,
        share={key: count / part.capacity[key] for key, count in used.items()},
        fmax_mhz=min(1000 / period, part.ceiling_mhz["clock_tree"]) if registers else None,
        limited_by="path" if registers else "nothing clocked",
        critical_path=(),
        power_mw=power,
        uncertainty={
            **spread,
            "multiplier_elements": 0.0,
            "power_mw": {
                "static": part.power["static_uncertainty_mw"],
                "dynamic": DYNAMIC_UNCERTAINTY * dynamic,
                "io": IO_UNCERTAINTY_MW,
                "activity": Activity().source,
            },
            "meaning": "relative, assumed until the core's operations are held against effort map",
        },
        entities=(),
        warnings=("effort quick: from the parameters, nothing was synthesised",),
        tools={},
    )


def _power(k: dict[str, Any], clock_mhz: float, elements: int, registers: int, blocks: int, multipliers: int) -> dict[str, float]:
    """Power by kind at the default activity, mW."""
    rate = Activity().logic
    micro = {
        "clock": k["clock_uw_per_mhz"] + k["clock_pj_per_register"] * registers if registers else 0.0,
        "logic": k["lut_pj"] * rate * elements,
        "routing": (k["lut_routing_pj"] * elements + k["register_routing_pj"] * registers) * rate,
        "registers": k["register_pj"] * registers,
        "m4k": k["m4k_pj"] * blocks,
        "multipliers": k["multiplier_18_pj"] * multipliers / 2 * rate,
    }
    milli = dict.fromkeys(KINDS, 0.0) | {kind: value * clock_mhz / 1000 for kind, value in micro.items()}
    milli |= {"static": float(k["static_mw"]), "io": float(k["io_idle_mw"])}
    return milli | {"total": sum(milli.values())}
