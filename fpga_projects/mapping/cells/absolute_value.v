// VHDL's `abs` is one carry chain: the sign inverts the word in the elements that add it, and takes one element more to enter the chain
// (public reports show nine for eight bits). A choice between a word and its negative that a designer wrote is not: dividers whose
// operands are made positive in this way have a chain and a multiplexer for each.
(* techmap_celltype = "ABSOLUTE_VALUE" *)
module _absolute_value (A, Y);
  parameter WIDTH = 1;
  input [WIDTH-1:0] A; output [WIDTH-1:0] Y;
  wire [WIDTH:0] carry;
  LE_CARRY #(.INVERT_B(0)) start (.A(A[WIDTH-1]), .B(A[WIDTH-1]), .CI(1'b0), .CO(carry[0]));
  genvar i;
  generate
    for (i = 0; i < WIDTH; i = i + 1) begin : bit
      LE_CARRY #(.B_INVERTS_A(1)) element (.A(A[i]), .B(A[WIDTH-1]), .CI(carry[i]), .S(Y[i]), .CO(carry[i+1]));
    end
  endgenerate
endmodule
