// Products to embedded multipliers: 18x18 tiles (a tile of at most 9x9 takes half a multiplier), tiles wholly above the
// output dropped. Tiles on one diagonal do not overlap and are joined without an adder; diagonals are added.
(* techmap_celltype = "$mul" *)
module _tiled_product (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_A_ = 0; parameter _TECHMAP_CONSTMSK_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam SIGNED = A_SIGNED && B_SIGNED;
`ifdef EMBED_CONSTANTS
  localparam EMBED = 1;
`else
  localparam EMBED = 0;
`endif
  localparam integer NA = (A_WIDTH + 17) / 18;
  localparam integer NB = (B_WIDTH + 17) / 18;
  localparam integer N = NA > NB ? NA : NB;
  genvar i, j, k;
  generate
    if (!EMBED && (&_TECHMAP_CONSTMSK_A_ || &_TECHMAP_CONSTMSK_B_) || A_WIDTH < 4 || B_WIDTH < 4) begin
      wire _TECHMAP_FAIL_ = 1;
    end else begin
      // diagonal[k] holds tiles with i - j = k - (N - 1), at their place in the product.
      wire [Y_WIDTH*(2*N-1)-1:0] diagonal;
      for (k = 0; k < 2*N-1; k = k + 1) begin : row
        // The first tile of a diagonal sits 18 * |i - j| bits up; nothing is below it.
        localparam integer D = k - (N - 1);
        localparam integer FIRST = 18 * (D < 0 ? -D : D);
        localparam integer HIGH_I = (NA - 1 < NB - 1 + D) ? NA - 1 : NB - 1 + D;
        if (HIGH_I < 0 || HIGH_I - D < 0 || HIGH_I < (D > 0 ? D : 0) || FIRST >= Y_WIDTH) begin
          assign diagonal[Y_WIDTH*k +: Y_WIDTH] = {Y_WIDTH{1'b0}};
        end else begin
          if (FIRST > 0) assign diagonal[Y_WIDTH*k +: FIRST] = {FIRST{1'b0}};
          for (i = (D > 0 ? D : 0); i <= HIGH_I; i = i + 1) begin : tile
            localparam integer J = i - D;
            localparam integer BASE = 18 * (i + J);
            localparam integer WA = (i == NA - 1) ? A_WIDTH - 18 * i : 18;
            localparam integer WB = (J == NB - 1) ? B_WIDTH - 18 * J : 18;
            localparam SA = SIGNED && i == NA - 1;
            localparam SB = SIGNED && J == NB - 1;
            localparam LAST = i == HIGH_I;
            localparam integer ROOM = Y_WIDTH - BASE;
            if (BASE < Y_WIDTH) begin
              wire [35:0] product;
              wire [17:0] a, b;
              \$pos #(.A_SIGNED(SA), .A_WIDTH(WA), .Y_WIDTH(18)) extend_a (.A(A[18*i +: WA]), .Y(a));
              \$pos #(.A_SIGNED(SB), .A_WIDTH(WB), .Y_WIDTH(18)) extend_b (.A(B[18*J +: WB]), .Y(b));
              if (WA <= 9 && WB <= 9) begin
                wire [17:0] half;
                MULTIPLIER_9 #(.A_SIGNED(SA), .B_SIGNED(SB)) element (.A(a[8:0]), .B(b[8:0]), .Y(half));
                assign product = {{18{(SA || SB) ? half[17] : 1'b0}}, half};
              end else begin
                MULTIPLIER_18 #(.A_SIGNED(SA), .B_SIGNED(SB)) element (.A(a), .B(b), .Y(product));
              end
              localparam integer WIDTH = WA + WB;
              localparam integer SPAN = LAST ? ROOM : (ROOM < 36 ? ROOM : 36);
              wire [SPAN-1:0] placed;
              \$pos #(.A_SIGNED(SA || SB), .A_WIDTH(WIDTH), .Y_WIDTH(SPAN)) place (.A(product[WIDTH-1:0]), .Y(placed));
              assign diagonal[Y_WIDTH*k + BASE +: SPAN] = placed;
            end
          end
        end
      end
      // From the outermost pair of diagonals inwards; bits below a pair are not touched by it.
      wire [Y_WIDTH*(N+1)-1:0] total;
      assign total[Y_WIDTH*N +: Y_WIDTH] = {Y_WIDTH{1'b0}};
      for (k = N - 1; k >= 0; k = k - 1) begin : sum
        localparam integer LOW = 18 * k;
        if (LOW >= Y_WIDTH) assign total[Y_WIDTH*k +: Y_WIDTH] = {Y_WIDTH{1'b0}};
        else begin
          localparam integer W = Y_WIDTH - LOW;
          wire [W-1:0] pair;
          if (k == 0) assign pair = diagonal[Y_WIDTH*(N-1) +: Y_WIDTH];
          else if (NA == 1 || NB == 1 || k >= NA || k >= NB) assign pair = diagonal[Y_WIDTH*(N-1+k)+LOW +: W] | diagonal[Y_WIDTH*(N-1-k)+LOW +: W];
          else if (SIGNED && k == 1) begin
            // Quartus runs this sum on to the sign of the product: signed 32x32 takes the part 13 elements more than unsigned. Elements are
            // written out, for a + of copies of a sign would be narrowed.
            wire [W:0] carry;
            assign carry[0] = 1'b0;
            for (i = 0; i < W; i = i + 1) begin : bit
              LE_CARRY #(.INVERT_B(0)) element (.A(diagonal[Y_WIDTH*N+LOW+i]), .B(diagonal[Y_WIDTH*(N-2)+LOW+i]), .CI(carry[i]), .S(pair[i]), .CO(carry[i+1]));
            end
          end else assign pair = diagonal[Y_WIDTH*(N-1+k)+LOW +: W] + diagonal[Y_WIDTH*(N-1-k)+LOW +: W];
          if (LOW > 0) assign total[Y_WIDTH*k +: LOW] = {LOW{1'b0}};
          if (LOW + 18 >= Y_WIDTH || k == N - 1) assign total[Y_WIDTH*k + LOW +: W] = pair;
          else begin
            assign total[Y_WIDTH*k + LOW +: 18] = pair[17:0];
            assign total[Y_WIDTH*k + LOW + 18 +: W - 18] = pair[W-1:18] + total[Y_WIDTH*(k+1) + LOW + 18 +: W - 18];
          end
        end
      end
      assign Y = total[Y_WIDTH-1:0];
    end
  endgenerate
endmodule
