// A product with a constant takes logic, not an embedded multiplier: Quartus builds it from tables of four bits of the
// variable operand (its multcore) and adds them in pairs.
(* techmap_celltype = "$mul" *)
module _constant_product (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0; parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_A_ = 0; parameter _TECHMAP_CONSTVAL_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam SIGNED = A_SIGNED && B_SIGNED;
  generate
    if (&_TECHMAP_CONSTMSK_B_ && !(&_TECHMAP_CONSTMSK_A_))
      \$__constant_product #(.SIGNED(SIGNED), .WIDTH(A_WIDTH), .C_WIDTH(B_WIDTH), .C(_TECHMAP_CONSTVAL_B_), .Y_WIDTH(Y_WIDTH)) tables (.A(A), .Y(Y));
    else if (&_TECHMAP_CONSTMSK_A_ && !(&_TECHMAP_CONSTMSK_B_))
      \$__constant_product #(.SIGNED(SIGNED), .WIDTH(B_WIDTH), .C_WIDTH(A_WIDTH), .C(_TECHMAP_CONSTVAL_A_), .Y_WIDTH(Y_WIDTH)) tables (.A(B), .Y(Y));
    else
      wire _TECHMAP_FAIL_ = 1;
  endgenerate
endmodule

module \$__constant_product (A, Y);
  parameter SIGNED = 0; parameter WIDTH = 1; parameter C_WIDTH = 1; parameter C = 0; parameter Y_WIDTH = 1;
  input [WIDTH-1:0] A; output [Y_WIDTH-1:0] Y;
  localparam DIGITS = (WIDTH + 3) / 4;
  localparam P = C_WIDTH + 4;

  // Bit `bit` of digit * C for the sixteen digits; the top digit of a signed operand counts negative from its sign on.
  function automatic [15:0] table_bit;
    input integer bit, top_width;
    integer n, digit;
    reg signed [P+3:0] constant, value;
    begin
      constant = C;
      if (SIGNED && C[C_WIDTH-1]) constant = constant - (1 << C_WIDTH);
      table_bit = 16'b0;
      for (n = 0; n < 16; n = n + 1) begin
        digit = n;
        if (top_width > 0 && top_width < 4) digit = n % (1 << top_width);
        if (SIGNED && top_width > 0 && ((digit >> (top_width - 1)) & 1)) digit = digit - (1 << top_width);
        value = constant * digit;
        table_bit[n] = value[bit];
      end
    end
  endfunction

  genvar d, b;
  generate
    if (C_WIDTH > 30) begin : wide
      wire _TECHMAP_FAIL_ = 1;
    end else begin : narrow
      wire signed [Y_WIDTH-1:0] total;
      wire [Y_WIDTH*DIGITS-1:0] part;
      wire [Y_WIDTH*(DIGITS+1)-1:0] pairs;
      for (d = 0; d < DIGITS; d = d + 1) begin : digit
        localparam TOP = d == DIGITS - 1;
        localparam BITS = TOP ? WIDTH - 4 * d : 4;
        wire [3:0] n = A[4*d +: BITS];
        wire [P-1:0] product;
        for (b = 0; b < P; b = b + 1) begin : out
          \$lut #(.WIDTH(4), .LUT(table_bit(b, TOP ? BITS : 0))) lut (.A(n), .Y(product[b]));
        end
        wire [Y_WIDTH-1:0] extended;
        \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(P), .Y_WIDTH(Y_WIDTH)) extend (.A(product), .Y(extended));
        if (4 * d >= Y_WIDTH) assign part[Y_WIDTH*d +: Y_WIDTH] = {Y_WIDTH{1'b0}};
        else if (d == 0) assign part[Y_WIDTH*d +: Y_WIDTH] = extended;
        else assign part[Y_WIDTH*d +: Y_WIDTH] = {extended[Y_WIDTH-4*d-1:0], {(4*d < Y_WIDTH ? 4*d : 1){1'b0}}};
      end
      // Neighbours first, then the pairs from the top down.
      localparam PAIRS = (DIGITS + 1) / 2;
      assign pairs[Y_WIDTH*PAIRS +: Y_WIDTH] = {Y_WIDTH{1'b0}};
      for (d = PAIRS - 1; d >= 0; d = d - 1) begin : pair
        wire [Y_WIDTH-1:0] both;
        if (2 * d + 1 < DIGITS) assign both = part[Y_WIDTH*2*d +: Y_WIDTH] + part[Y_WIDTH*(2*d+1) +: Y_WIDTH];
        else assign both = part[Y_WIDTH*2*d +: Y_WIDTH];
        if (d == PAIRS - 1) assign pairs[Y_WIDTH*d +: Y_WIDTH] = both;
        else assign pairs[Y_WIDTH*d +: Y_WIDTH] = both + pairs[Y_WIDTH*(d+1) +: Y_WIDTH];
      end
      assign Y = pairs[Y_WIDTH-1:0];
    end
  endgenerate
endmodule
