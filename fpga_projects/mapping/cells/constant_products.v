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
  localparam integer DIGITS = (WIDTH + 3) / 4;
  localparam integer P = C_WIDTH + 4;
  localparam integer TOP_BITS = WIDTH - 4 * (DIGITS - 1);
  localparam integer TOP_SIZE = 1 << TOP_BITS;
  localparam [P-1:0] K = (SIGNED && C[C_WIDTH-1]) ? {4'b1111, C[C_WIDTH-1:0]} : {4'b0000, C[C_WIDTH-1:0]};

  // All sixteen products of a digit side by side, and those of the top digit, which is negative from its sign on. (Plain
  // expressions: a constant function here costs Yosys a second a constant.)
  localparam [P-1:0] P0 = K * 0;
  localparam [P-1:0] P1 = K * 1;
  localparam [P-1:0] P2 = K * 2;
  localparam [P-1:0] P3 = K * 3;
  localparam [P-1:0] P4 = K * 4;
  localparam [P-1:0] P5 = K * 5;
  localparam [P-1:0] P6 = K * 6;
  localparam [P-1:0] P7 = K * 7;
  localparam [P-1:0] P8 = K * 8;
  localparam [P-1:0] P9 = K * 9;
  localparam [P-1:0] P10 = K * 10;
  localparam [P-1:0] P11 = K * 11;
  localparam [P-1:0] P12 = K * 12;
  localparam [P-1:0] P13 = K * 13;
  localparam [P-1:0] P14 = K * 14;
  localparam [P-1:0] P15 = K * 15;
  localparam [P-1:0] T0 = K * ((0 % TOP_SIZE) - ((SIGNED && (0 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T1 = K * ((1 % TOP_SIZE) - ((SIGNED && (1 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T2 = K * ((2 % TOP_SIZE) - ((SIGNED && (2 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T3 = K * ((3 % TOP_SIZE) - ((SIGNED && (3 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T4 = K * ((4 % TOP_SIZE) - ((SIGNED && (4 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T5 = K * ((5 % TOP_SIZE) - ((SIGNED && (5 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T6 = K * ((6 % TOP_SIZE) - ((SIGNED && (6 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T7 = K * ((7 % TOP_SIZE) - ((SIGNED && (7 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T8 = K * ((8 % TOP_SIZE) - ((SIGNED && (8 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T9 = K * ((9 % TOP_SIZE) - ((SIGNED && (9 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T10 = K * ((10 % TOP_SIZE) - ((SIGNED && (10 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T11 = K * ((11 % TOP_SIZE) - ((SIGNED && (11 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T12 = K * ((12 % TOP_SIZE) - ((SIGNED && (12 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T13 = K * ((13 % TOP_SIZE) - ((SIGNED && (13 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T14 = K * ((14 % TOP_SIZE) - ((SIGNED && (14 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [P-1:0] T15 = K * ((15 % TOP_SIZE) - ((SIGNED && (15 % TOP_SIZE) >= TOP_SIZE / 2) ? TOP_SIZE : 0));
  localparam [16*P-1:0] PRODUCTS = {
    P15, P14, P13, P12,
    P11, P10, P9, P8,
    P7, P6, P5, P4,
    P3, P2, P1, P0};
  localparam [16*P-1:0] TOP_PRODUCTS = {
    T15, T14, T13, T12,
    T11, T10, T9, T8,
    T7, T6, T5, T4,
    T3, T2, T1, T0};

  genvar d, b;
  generate
    begin : tables
      wire signed [Y_WIDTH-1:0] total;
      wire [Y_WIDTH*DIGITS-1:0] part;
      wire [Y_WIDTH*(DIGITS+1)-1:0] pairs;
      for (d = 0; d < DIGITS; d = d + 1) begin : digit
        localparam integer TOP = d == DIGITS - 1;
        localparam integer BITS = TOP ? TOP_BITS : 4;
        localparam [16*P-1:0] ALL = TOP ? TOP_PRODUCTS : PRODUCTS;
        wire [3:0] n = A[4*d +: BITS];
        wire [P-1:0] product;
        for (b = 0; b < P; b = b + 1) begin : out
          \$lut #(.WIDTH(4), .LUT({ALL[15*P+b], ALL[14*P+b], ALL[13*P+b], ALL[12*P+b], ALL[11*P+b], ALL[10*P+b], ALL[9*P+b], ALL[8*P+b], ALL[7*P+b], ALL[6*P+b], ALL[5*P+b], ALL[4*P+b], ALL[3*P+b], ALL[2*P+b], ALL[1*P+b], ALL[0*P+b]})) lut (.A(n), .Y(product[b]));
        end
        wire [Y_WIDTH-1:0] extended;
        \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(P), .Y_WIDTH(Y_WIDTH)) extend (.A(product), .Y(extended));
        if (4 * d >= Y_WIDTH) assign part[Y_WIDTH*d +: Y_WIDTH] = {Y_WIDTH{1'b0}};
        else if (d == 0) assign part[Y_WIDTH*d +: Y_WIDTH] = extended;
        else assign part[Y_WIDTH*d +: Y_WIDTH] = {extended[Y_WIDTH-4*d-1:0], {(4*d < Y_WIDTH ? 4*d : 1){1'b0}}};
      end
      // Neighbours first, then the pairs from the top down.
      localparam integer PAIRS = (DIGITS + 1) / 2;
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
