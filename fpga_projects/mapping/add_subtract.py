"""Sums and differences of the same operands between which a signal chooses, as Quartus builds them: one adder-subtractor.

Yosys has no rule for it (its ``opt_share`` negates the operand with a second adder), but finds a given piece of netlist wherever it
stands. A piece has fixed widths, so there is one for every width and either order of the multiplexer.
"""

import re

NARROWEST, WIDEST = 3, 64
"""Bits of a sum that there is a piece for; sums of up to two bits stay in LUTs."""

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


def rules(widest: int = WIDEST) -> dict[str, str]:
    """File name to text: what to find (for ``extract``) and what to build instead (for ``techmap``).

    Parameters
    ----------
    widest : int
        Bits of the design's widest word: to read pieces that cannot be met takes longer than all else that is done to a small design.
    """
    orders = (("sum", "difference"), ("difference", "sum"))
    widths = range(NARROWEST, max(NARROWEST, min(widest, WIDEST)) + 1)

    def every(form: str) -> str:
        return "".join(
            form.format(n=width, w=width - 1, order=order, low=low, high=high)
            for width in widths
            for order, (low, high) in enumerate(orders)
        )

    return {"find_add_subtract.v": every(_FIND), "build_add_subtract.v": every(_BUILD)}


def widest_word(netlist: str) -> int:
    """Bits of the widest net that a netlist of GHDL's declares: it gives every sum a net of its own.

    Examples
    --------
    >>> widest_word("wire [8:0] n4_o; reg n9_q;")
    9
    """
    return max((int(high) + 1 for high in re.findall(r"\[(\d+):0\]", netlist)), default=1)
