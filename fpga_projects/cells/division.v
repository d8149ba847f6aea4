// Restoring division, one stage a quotient bit: a subtraction one bit wider than the divisor and a 2:1 multiplexer.
// Signed operands are made positive before and the results negated after.
module \$__restoring (N, D, Q, R);
  parameter WIDTH = 1;
  input [WIDTH-1:0] N, D; output [WIDTH-1:0] Q, R;
  wire [WIDTH*(WIDTH+1)-1:0] remainder;
  assign remainder[WIDTH*WIDTH +: WIDTH] = {WIDTH{1'b0}};
  genvar i;
  generate
    for (i = WIDTH - 1; i >= 0; i = i - 1) begin : stage
      wire [WIDTH:0] shifted = {remainder[WIDTH*(i+1) +: WIDTH], N[i]};
      wire [WIDTH+1:0] difference = {1'b0, shifted} - {2'b0, D};
      assign Q[i] = ~difference[WIDTH+1];
      assign remainder[WIDTH*i +: WIDTH] = difference[WIDTH+1] ? shifted[WIDTH-1:0] : difference[WIDTH-1:0];
    end
  endgenerate
  assign R = remainder[WIDTH-1:0];
endmodule

(* techmap_celltype = "$div $mod" *)
module _divide (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam SIGNED = A_SIGNED && B_SIGNED;
  localparam AB = A_WIDTH > B_WIDTH ? A_WIDTH : B_WIDTH;
  localparam W = AB;
  wire [W-1:0] a, b, n, d, q, r;
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(W)) extend_a (.A(A), .Y(a));
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(W)) extend_b (.A(B), .Y(b));
  assign n = (SIGNED && a[W-1]) ? -a : a;
  assign d = (SIGNED && b[W-1]) ? -b : b;
  \$__restoring #(.WIDTH(W)) core (.N(n), .D(d), .Q(q), .R(r));
  wire signed [W-1:0] quotient = (SIGNED && (a[W-1] ^ b[W-1])) ? -q : q;
  wire signed [W-1:0] rest = (SIGNED && a[W-1]) ? -r : r;
  wire [W-1:0] chosen = _TECHMAP_CELLTYPE_ == "$div" ? quotient : rest;
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(W), .Y_WIDTH(Y_WIDTH)) out (.A(chosen), .Y(Y));
endmodule
