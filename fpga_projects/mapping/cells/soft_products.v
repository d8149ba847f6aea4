// A product in logic: partial products added in pairs. The AND of a partial product shares the element of the first adder that takes it
// (Quartus needs 258 to 287 elements for 16x16, which leaves no room for separate ANDs).
(* techmap_celltype = "$mul" *)
module _soft_product (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0; parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam integer SIGNED = A_SIGNED && B_SIGNED;
  localparam integer PAIRS = (B_WIDTH + 1) / 2;
  localparam integer W = A_WIDTH + 2;
  genvar p, i;
  generate
    if (&_TECHMAP_CONSTMSK_A_ || &_TECHMAP_CONSTMSK_B_ || A_WIDTH < 2 || B_WIDTH < 2) begin
      wire _TECHMAP_FAIL_ = 1;
    end else begin
      wire [W-1:0] a;
      \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(W)) extend (.A(A), .Y(a));
      wire [Y_WIDTH*PAIRS-1:0] part;
      for (p = 0; p < PAIRS; p = p + 1) begin : pair
        localparam integer BOTH = 2 * p + 1 < B_WIDTH;
        localparam integer NEGATIVE = SIGNED && (BOTH ? 2 * p + 2 == B_WIDTH : 1);
        wire low = B[2*p];
        wire high = BOTH ? B[2*p+1] : 1'b0;
        wire [W-1:0] sum;
        wire [W:0] carry;
        // a * low + 2 * a * high; the sign bit of B counts negative.
        assign carry[0] = NEGATIVE;
        for (i = 0; i < W; i = i + 1) begin : bit
          if (BOTH) LE_CARRY_PRODUCT #(.INVERT_B(NEGATIVE)) element (.A(a[i]), .GA(low), .B(i == 0 ? 1'b0 : a[i-1]), .GB(high), .CI(carry[i]), .S(sum[i]), .CO(carry[i+1]));
          else LE_CARRY_PRODUCT #(.INVERT_B(NEGATIVE)) element (.A(1'b0), .GA(1'b0), .B(a[i]), .GB(low), .CI(carry[i]), .S(sum[i]), .CO(carry[i+1]));
        end
        \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(W), .Y_WIDTH(Y_WIDTH)) out (.A(sum), .Y(part[Y_WIDTH*p +: Y_WIDTH]));
      end
      \$__sum_of_parts #(.COUNT(PAIRS), .WIDTH(Y_WIDTH)) total (.P(part), .Y(Y));
    end
  endgenerate
endmodule

// A tree of adders over parts that lie two bits apart; the bits below the upper half pass by its adder.
module \$__sum_of_parts (P, Y);
  parameter COUNT = 1; parameter WIDTH = 1;
  input [WIDTH*COUNT-1:0] P; output [WIDTH-1:0] Y;
  localparam integer LOW = COUNT / 2;
  generate
    if (COUNT == 1) assign Y = P;
    else begin
      wire [WIDTH-1:0] l, h;
      \$__sum_of_parts #(.COUNT(LOW), .WIDTH(WIDTH)) low (.P(P[WIDTH*LOW-1:0]), .Y(l));
      \$__sum_of_parts #(.COUNT(COUNT-LOW), .WIDTH(WIDTH)) high (.P(P[WIDTH*COUNT-1:WIDTH*LOW]), .Y(h));
      if (2 * LOW >= WIDTH) assign Y = l;
      else begin
        assign Y[2*LOW-1:0] = l[2*LOW-1:0];
        assign Y[WIDTH-1:2*LOW] = l[WIDTH-1:2*LOW] + h[WIDTH-2*LOW-1:0];
      end
    end
  endgenerate
endmodule
