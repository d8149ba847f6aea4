// Arithmetic to carry chains: one logic element a bit, as Cyclone II's arithmetic mode does it.
// An inversion of B that is constant is folded into the element's LUT; one that is a signal costs a LUT a bit.

(* techmap_celltype = "$add $sub" *)
module _add_sub (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  parameter _TECHMAP_CONSTMSK_A_ = 0; parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam SUBTRACT = (_TECHMAP_CELLTYPE_ == "$sub") ? 1'b1 : 1'b0;
  localparam SIGNED = A_SIGNED && B_SIGNED;
  // Quartus builds counters of up to four bits, and sums of up to two, from LUTs: each bit is one LUT then.
  localparam LONGEST_IN_LUTS = (&_TECHMAP_CONSTMSK_A_ || &_TECHMAP_CONSTMSK_B_) ? 4 : 2;
  // Beyond one bit more than its operands a difference only repeats its sign (``index - 1`` in 32 bits).
  localparam EXACT = (A_WIDTH > B_WIDTH ? A_WIDTH : B_WIDTH) + 1;
  generate
    if (SUBTRACT && Y_WIDTH > EXACT) begin
      wire [EXACT-1:0] y;
      \$sub #(.A_SIGNED(SIGNED), .B_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(EXACT)) narrow (.A(A), .B(B), .Y(y));
      \$pos #(.A_SIGNED(1), .A_WIDTH(EXACT), .Y_WIDTH(Y_WIDTH)) extend (.A(y), .Y(Y));
    end else if (Y_WIDTH <= LONGEST_IN_LUTS) begin
      wire [Y_WIDTH-1:0] a, b;
      \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_a (.A(A), .Y(a));
      \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_b (.A(B), .Y(b));
      wire [Y_WIDTH-1:0] y = b ^ {Y_WIDTH{SUBTRACT}};
      wire [Y_WIDTH:0] carry;
      assign carry = {(a & y) | ((a ^ y) & carry[Y_WIDTH-1:0]), SUBTRACT};
      assign Y = a ^ y ^ carry[Y_WIDTH-1:0];
    end else begin
      wire [Y_WIDTH-1:0] x, co;
      \$alu #(.A_SIGNED(SIGNED), .B_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH))
        alu (.A(A), .B(B), .CI(SUBTRACT), .BI(SUBTRACT), .X(x), .Y(Y), .CO(co));
    end
  endgenerate
endmodule

(* techmap_celltype = "$neg" *)
module _negate (A, Y);
  parameter A_SIGNED = 0; parameter A_WIDTH = 1; parameter Y_WIDTH = 1;
  input [A_WIDTH-1:0] A; output [Y_WIDTH-1:0] Y;
  wire [Y_WIDTH-1:0] x, co;
  \$alu #(.A_SIGNED(A_SIGNED), .B_SIGNED(A_SIGNED), .A_WIDTH(1), .B_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH))
    alu (.A(1'b0), .B(A), .CI(1'b1), .BI(1'b1), .X(x), .Y(Y), .CO(co));
endmodule

// A comparison of two signals: the carry of a subtraction, and one element that brings the carry back to a LUT.
// A comparison with a constant, or of a few bits, is left to the LUT mapper.
(* techmap_celltype = "$lt $le $gt $ge" *)
module _compare (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  parameter _TECHMAP_CONSTMSK_A_ = 0; parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam SIGNED = A_SIGNED && B_SIGNED;
  localparam WIDTH = A_WIDTH > B_WIDTH ? A_WIDTH : B_WIDTH;
  localparam SWAP = _TECHMAP_CELLTYPE_ == "$gt" || _TECHMAP_CELLTYPE_ == "$le";
  localparam INVERT = _TECHMAP_CELLTYPE_ == "$ge" || _TECHMAP_CELLTYPE_ == "$le";
  wire [WIDTH-1:0] a, b;
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(WIDTH)) extend_a (.A(A), .Y(a));
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(WIDTH)) extend_b (.A(B), .Y(b));
  wire [WIDTH-1:0] l = SWAP ? b : a;
  wire [WIDTH-1:0] r = SWAP ? a : b;
  wire less;
  genvar i;
  generate
    if (&_TECHMAP_CONSTMSK_A_ || &_TECHMAP_CONSTMSK_B_ || WIDTH <= 3) begin
      // l < r, from the least significant bit up; the mapper balances it.
      wire [WIDTH:0] borrow;
      assign borrow[0] = 1'b0;
      for (i = 0; i < WIDTH; i = i + 1) begin : bit
        wire x = (SIGNED && i == WIDTH - 1) ? r[i] : l[i];
        wire y = (SIGNED && i == WIDTH - 1) ? l[i] : r[i];
        assign borrow[i+1] = (~x & y) | (~(x ^ y) & borrow[i]);
      end
      assign less = borrow[WIDTH];
    end else begin
      wire [WIDTH:0] carry;
      assign carry[0] = 1'b1;
      for (i = 0; i < WIDTH; i = i + 1) begin : bit
        wire x = (SIGNED && i == WIDTH - 1) ? r[i] : l[i];
        wire y = (SIGNED && i == WIDTH - 1) ? l[i] : r[i];
        LE_CARRY #(.INVERT_B(1)) element (.A(x), .B(y), .CI(carry[i]), .CO(carry[i+1]));
      end
      wire at_least;
      LE_CARRY #(.INVERT_B(0)) result (.A(1'b0), .B(1'b0), .CI(carry[WIDTH]), .S(at_least));
      assign less = ~at_least;
    end
  endgenerate
  assign Y = INVERT ? !less : less;
endmodule

(* techmap_celltype = "$alu" *)
module _alu (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_BI_ = 0; parameter _TECHMAP_CONSTVAL_BI_ = 0; parameter _TECHMAP_CONSTMSK_CI_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; input CI, BI;
  output [Y_WIDTH-1:0] X, Y, CO;
  wire [Y_WIDTH-1:0] a, b;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_a (.A(A), .Y(a));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) extend_b (.A(B), .Y(b));
  localparam FOLDED = _TECHMAP_CONSTMSK_BI_;
  localparam INVERT = FOLDED ? _TECHMAP_CONSTVAL_BI_ : 0;
  wire [Y_WIDTH-1:0] operand = FOLDED ? b : (b ^ {Y_WIDTH{BI}});
  assign X = a ^ operand ^ {Y_WIDTH{INVERT ? 1'b1 : 1'b0}};
  wire [Y_WIDTH:0] carry;
  // Only a neighbour's carry reaches the first element of a chain: a signal takes an element to become one.
  if (_TECHMAP_CONSTMSK_CI_) assign carry[0] = CI;
  else LE_CARRY #(.INVERT_B(0)) start (.A(CI), .B(CI), .CI(1'b0), .CO(carry[0]));
  assign CO = carry[Y_WIDTH:1];
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : bit
      LE_CARRY #(.INVERT_B(INVERT)) element (.A(a[i]), .B(operand[i]), .CI(carry[i]), .S(Y[i]), .CO(carry[i+1]));
    end
  endgenerate
endmodule
