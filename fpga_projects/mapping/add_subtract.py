"""Sums and differences of the same operands between which a signal chooses, as Quartus builds them: one adder-subtractor.

Yosys has no rule for it (its ``opt_share`` negates the operand with a second adder), but finds a given piece of netlist wherever it
stands. A piece has fixed widths, so there is one for every width and either order of the multiplexer.
"""

WIDTHS = range(3, 65)
"""Sums of up to two bits stay in LUTs."""

_PORTS = "(input [{w}:0] A, B, input S, output [{w}:0] Y);\n"
_CELL = "#(.A_SIGNED(0), .B_SIGNED(0), .A_WIDTH({n}), .B_WIDTH({n}), .Y_WIDTH({n}))"

_FIND = (
    "module __add_subtract_{n}_{order} " + _PORTS + "  wire [{w}:0] sum, difference;\n"
    "  \\$add " + _CELL + " add (.A(A), .B(B), .Y(sum));\n"
    "  \\$sub " + _CELL + " subtract (.A(A), .B(B), .Y(difference));\n"
    "  \\$mux #(.WIDTH({n})) choose (.A({low}), .B({high}), .S(S), .Y(Y));\nendmodule\n"
)
_BUILD = (
    "module __add_subtract_{n}_{order} " + _PORTS + "  wire subtract = S ^ 1'd{order};\n  wire [{w}:0] X, CO;\n"
    "  \\$alu " + _CELL + " alu (.A(A), .B(B), .CI(subtract), .BI(subtract), .X(X), .CO(CO), .Y(Y));\nendmodule\n"
)


def rules() -> dict[str, str]:
    """File name to text: what to find (for ``extract``) and what to build instead (for ``techmap``)."""
    orders = (("sum", "difference"), ("difference", "sum"))

    def every(form: str) -> str:
        return "".join(
            form.format(n=width, w=width - 1, order=order, low=low, high=high)
            for width in WIDTHS
            for order, (low, high) in enumerate(orders)
        )

    return {"find_add_subtract.v": every(_FIND), "build_add_subtract.v": every(_BUILD)}
