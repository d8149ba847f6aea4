"""Operators that Quartus characterised on the EP2C70, written as small designs.

PandA-bambu's device library for the EP2C70F896C6 holds, for each operator with registers at its inputs and its output, the logic elements,
registers, multiplier elements and register-to-register delay that Quartus gave (``validation/operators.json``). Here the same operators are
written as Verilog so that the estimator can be held against them.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "operators.json"

_BINARY = {
    "bit_and": "a & b",
    "bit_xor": "a ^ b",
    "eq_expr": "a == b",
    "lt_expr": "$signed(a) < $signed(b)",
    "max_expr": "($signed(a) > $signed(b)) ? a : b",
    "minus_expr": "a - b",
    "plus_expr": "a + b",
}
_PRODUCTS = {"mult_expr": True, "ui_mult": False, "widen_mult": True}


@cache
def characterised() -> tuple[dict[str, Any], ...]:
    """The characterised operators: name, widths, LEs (``area``), ``regs``, 9-bit elements (``dsp``), ``delay_ns``, pipeline ``stages``."""
    return tuple(json.loads(DATA.read_text(encoding="utf-8")))


def operator_verilog(row: dict[str, Any]) -> str:
    """Verilog of one operator, module ``operator``, with the registers that it was characterised with.

    The outer registers have a synchronous reset, which keeps them out of the multipliers' own registers as in the characterisation.
    """
    op, n = row["op"], row["w"][0]
    if op in _PRODUCTS:
        return _product(n, 2 * n if op == "widen_mult" else n, _PRODUCTS[op], row["stages"])
    if op == "trunc_div":
        return _divider(n, _pipeline_of(row["name"]))
    if op in ("lshift_expr", "rshift_expr"):
        amount = max(0, (n - 1).bit_length())
        shifted = f"a << s[{amount - 1}:0]" if op == "lshift_expr" else f"$signed(a) >>> s[{amount - 1}:0]"
        if amount == 0:
            return _harness({"a": n}, n, "assign y = a;")
        return _harness({"a": n, "s": amount}, n, f"assign y = {shifted};")
    if op == "cond_expr(mux2)":
        return _harness({"a": n, "b": n, "s": 1}, n, "assign y = s ? a : b;")
    if op == "negate_expr":
        return _harness({"a": n}, n, "assign y = -a;")
    if op == "ternary_plus":
        return _harness({"a": n, "b": n, "c": n}, n, "assign y = a + b + c;")
    return _harness({"a": n, "b": n}, 1 if op in ("eq_expr", "lt_expr") else n, f"assign y = {_BINARY[op]};")


def _pipeline_of(name: str) -> int:
    """Pipeline stages of a divider, the last number of its name; one of single bits has none."""
    numbers = name.split("_FU_")[1].split("_")
    return int(numbers[3]) if len(numbers) > 3 else 0


def _harness(inputs: dict[str, int], width: int, body: str, pipeline: str = "") -> str:
    """Registers around a body that computes y from the registered inputs, cleared without a clock (PandA's ``register_AR_NORETIME``)."""
    ports = "".join(f", input [{w - 1}:0] {name}_in" for name, w in inputs.items())
    registers = "".join(f"  reg [{w - 1}:0] {name};\n" for name, w in inputs.items())
    clear = "".join(f" {name} <= 0;" for name in inputs)
    take = "".join(f" {name} <= {name}_in;" for name in inputs)
    return (
        f"module operator (input clk, input reset{ports}, output reg [{width - 1}:0] result);\n{registers}"
        f"  wire [{width - 1}:0] y;\n  always @(posedge clk or posedge reset) if (reset) begin{clear} result <= 0; end\n"
        f"    else begin{take} result <= y; end\n{pipeline}  {body}\nendmodule\n"
    )


def _product(n: int, width: int, signed: bool, stages: int) -> str:
    """A product with registers inside: one after it; from two on, one before it and the rest after it."""
    s = "signed " if signed else ""
    lines = [f"  wire {s}[{n - 1}:0] p0 = a, q0 = b;\n"]
    operands = "p0 * q0"
    if stages > 1:
        lines.append(f"  reg {s}[{n - 1}:0] p1, q1;\n  always @(posedge clk) begin p1 <= p0; q1 <= q0; end\n")
        operands = "p1 * q1"
    lines.append(f"  wire {s}[{width - 1}:0] product = {operands};\n")
    last = "product"
    for stage in range(max(0, stages - 1 if stages > 1 else stages)):
        lines.append(f"  reg [{width - 1}:0] r{stage};\n  always @(posedge clk) r{stage} <= {last};\n")
        last = f"r{stage}"
    return _harness({"a": n, "b": n}, width, f"assign y = {last};", "".join(lines))


def _divider(n: int, stages: int) -> str:
    """A signed restoring divider of n + 1 steps, of which the first subtracts the divisor from nothing.

    The library loops over one bit more than the quotient has. A pipeline stage holds ``n // (stages + 1)`` of the steps, at least one, and
    the first stage also what is left over, as the delays say: with 8 bits they are those of 9 steps without registers, of 5 with one, two
    and four stages, of 3 with three, of 2 with seven and of one with eight.
    """
    if n == 1:  # one comparison, which is a gate
        return _harness({"a": 1, "b": 1}, 1, "assign y = a | ~b;")
    each = max(1, n // (stages + 1))
    cuts = {n - each * k for k in range(1, stages + 1)}
    lines = [
        f"  wire [{n - 1}:0] m0 = a[{n - 1}] ? -a : a, d0 = b[{n - 1}] ? -b : b, r0 = 0;\n"
        f"  wire [{n}:0] q0 = m0;\n  wire s0 = a[{n - 1}] ^ b[{n - 1}];\n"
    ]
    for i in range(n + 1):
        # A quotient bit is the carry itself: 1 where nothing was borrowed.
        lines.append(
            f"  wire [{n}:0] h{i} = {{r{i}, q{i}[{n}]}};\n  wire [{n + 1}:0] e{i} = {{1'b1, h{i}}} - {{2'b0, d{i}}};\n"
            f"  wire [{n - 1}:0] rn{i} = e{i}[{n + 1}] ? e{i}[{n - 1}:0] : h{i}[{n - 1}:0];\n"
            f"  wire [{n}:0] qn{i} = {{q{i}[{n - 1}:0], e{i}[{n + 1}]}};\n"
        )
        kind = "reg" if i in cuts else "wire"
        lines.append(f"  {kind} [{n - 1}:0] r{i + 1}, d{i + 1};\n  {kind} [{n}:0] q{i + 1};\n  {kind} s{i + 1};\n")
        moves = [f"r{i + 1}", f"rn{i}"], [f"q{i + 1}", f"qn{i}"], [f"d{i + 1}", f"d{i}"], [f"s{i + 1}", f"s{i}"]
        if i in cuts:
            lines.append("  always @(posedge clk) begin " + " ".join(f"{to} <= {of};" for to, of in moves) + " end\n")
        else:
            lines.append("".join(f"  assign {to} = {of};\n" for to, of in moves))
    return _harness({"a": n, "b": n}, n, f"assign y = s{n + 1} ? -q{n + 1} : q{n + 1};", "".join(lines))
