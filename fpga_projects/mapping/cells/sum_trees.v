// A chain of sums as a tree: neighbours in pairs, pairs in pairs. Sums of one width are the same in any order, so nothing is lost.

(* techmap_celltype = "$macc_v2" *)
module _sum_of_many (A, B, C, Y);
  parameter NPRODUCTS = 0; parameter NADDENDS = 1;
  parameter A_WIDTHS = 0; parameter B_WIDTHS = 0; parameter C_WIDTHS = 0; parameter Y_WIDTH = 1;
  parameter PRODUCT_NEGATED = 0; parameter ADDEND_NEGATED = 0;
  parameter A_SIGNED = 0; parameter B_SIGNED = 0; parameter C_SIGNED = 0;
  input A, B; input [offset(NADDENDS)-1:0] C; output [Y_WIDTH-1:0] Y;
  function integer offset(input integer n);
    integer k;
    begin
      offset = 0;
      for (k = 0; k < n; k = k + 1) offset = offset + C_WIDTHS[16*k+:16];
    end
  endfunction
  wire [NADDENDS*Y_WIDTH-1:0] words;
  genvar i;
  generate
    for (i = 0; i < NADDENDS; i = i + 1) begin : word
      \$pos #(.A_SIGNED(C_SIGNED[i]), .A_WIDTH(C_WIDTHS[16*i+:16]), .Y_WIDTH(Y_WIDTH))
        extend (.A(C[offset(i)+:C_WIDTHS[16*i+:16]]), .Y(words[Y_WIDTH*i+:Y_WIDTH]));
    end
  endgenerate
  __SUM_TREE #(.COUNT(NADDENDS), .WIDTH(Y_WIDTH)) tree (.WORDS(words), .Y(Y));
endmodule

module __SUM_TREE (WORDS, Y);
  parameter COUNT = 1; parameter WIDTH = 1;
  input [COUNT*WIDTH-1:0] WORDS; output [WIDTH-1:0] Y;
  localparam HALF = (COUNT + 1) / 2;
  wire [HALF*WIDTH-1:0] pairs;
  genvar i;
  generate
    for (i = 0; i < HALF; i = i + 1) begin : pair
      if (2 * i + 1 < COUNT)
        assign pairs[i*WIDTH+:WIDTH] = WORDS[2*i*WIDTH+:WIDTH] + WORDS[(2*i+1)*WIDTH+:WIDTH];
      else assign pairs[i*WIDTH+:WIDTH] = WORDS[2*i*WIDTH+:WIDTH];
    end
    if (HALF == 1) assign Y = pairs;
    else __SUM_TREE #(.COUNT(HALF), .WIDTH(WIDTH)) rest (.WORDS(pairs), .Y(Y));
  endgenerate
endmodule

// A sum of two that was taken for the beginning of a chain; one with a third word of one bit stays, since a carry chain takes that too.
(* techmap_celltype = "$alu" *)
module _sum_of_two (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_CI_ = 0; parameter _TECHMAP_CONSTVAL_CI_ = 0;
  parameter _TECHMAP_CONSTMSK_BI_ = 0; parameter _TECHMAP_CONSTVAL_BI_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;
  localparam CARRY_IN = !_TECHMAP_CONSTMSK_CI_ || _TECHMAP_CONSTVAL_CI_;
  localparam SUBTRACT = !_TECHMAP_CONSTMSK_BI_ || _TECHMAP_CONSTVAL_BI_;
  wire [Y_WIDTH-1:0] two;
  generate
    // Two bits stay in LUTs (carry_chains.v).
    if (SUBTRACT || (CARRY_IN && Y_WIDTH > 2)) wire _TECHMAP_FAIL_ = 1;
    else begin
      \$add #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) sum
        (.A(A), .B(B), .Y(two));
      if (CARRY_IN) assign Y = two + CI;
      else assign Y = two;
    end
  endgenerate
endmodule
