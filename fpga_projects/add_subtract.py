"""Sums and differences of the same operands between which a signal chooses, as Quartus builds them: one adder-subtractor.

Yosys has no rule for it (its ``opt_share`` negates the operand with a second adder), but finds a given piece of netlist wherever it
stands. A piece has fixed widths, so there is one for every width and either order of the multiplexer.

An absolute value is one chain too: the sign inverts the word in the elements that add it, and takes one element more to enter the chain
(public reports show nine for eight bits).
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

_PORTS_OF_ABSOLUTE = "module __absolute_{n} (input [{w}:0] A, output [{w}:0] Y);\n"
# Where the word is taken as it is, Yosys knows its sign to be zero.
_FIND_ABSOLUTE = (
    _PORTS_OF_ABSOLUTE + "  wire [{w}:0] negative;\n"
    "  \\$neg #(.A_SIGNED(0), .A_WIDTH({n}), .Y_WIDTH({n})) negate (.A(A), .Y(negative));\n"
    "  \\$mux #(.WIDTH({n})) choose (.A({{1'b0, A[{w}-1:0]}}), .B(negative), .S(A[{w}]), .Y(Y));\nendmodule\n"
)
_BUILD_ABSOLUTE = (
    _PORTS_OF_ABSOLUTE + "  wire [{n}:0] carry;\n"
    "  LE_CARRY #(.INVERT_B(0)) start (.A(A[{w}]), .B(A[{w}]), .CI(1'b0), .CO(carry[0]));\n"
    "  genvar i;\n  generate for (i = 0; i < {n}; i = i + 1) begin : bit\n"
    "    LE_CARRY #(.B_INVERTS_A(1)) element (.A(A[i]), .B(A[{w}]), .CI(carry[i]), .S(Y[i]), .CO(carry[i+1]));\n"
    "  end endgenerate\nendmodule\n"
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

    def of_absolute(form: str) -> str:
        return "".join(form.format(n=width, w=width - 1) for width in WIDTHS)

    return {
        "find_add_subtract.v": every(_FIND) + of_absolute(_FIND_ABSOLUTE),
        "build_add_subtract.v": every(_BUILD) + of_absolute(_BUILD_ABSOLUTE),
    }
