// Division as Quartus' lpm_divide does it: restoring, one stage a quotient bit. The first stages are as narrow as the numerator's bits
// that have been seen; a divisor with a one further up is too large for them, so that they subtract nothing. A constant divisor counts
// with the bits that it needs. Signed operands are made positive before and the results negated after.
module \$__restoring (N, D, Q, R);
  parameter N_WIDTH = 1; parameter D_WIDTH = 1;
  input [N_WIDTH-1:0] N; input [D_WIDTH-1:0] D; output [N_WIDTH-1:0] Q; output [D_WIDTH-1:0] R;
  // remainder[k]: after k stages.
  wire [D_WIDTH*(N_WIDTH+1)-1:0] remainder;
  assign remainder[D_WIDTH-1:0] = {D_WIDTH{1'b0}};
  genvar k;
  generate
    for (k = 0; k < N_WIDTH; k = k + 1) begin : stage
      localparam integer SEEN = k + 1 < D_WIDTH ? k + 1 : D_WIDTH;
      // The remainder is smaller than the divisor, so that one bit more holds twice of it.
      localparam integer WIDTH = k < D_WIDTH ? SEEN : D_WIDTH + 1;
      wire [D_WIDTH:0] shifted = {remainder[D_WIDTH*k +: D_WIDTH], N[N_WIDTH-1-k]};
      wire [WIDTH:0] difference = {1'b0, shifted[WIDTH-1:0]} - {{WIDTH+1-SEEN{1'b0}}, D[SEEN-1:0]};
      wire fits;
      if (SEEN < D_WIDTH) assign fits = ~difference[WIDTH] & ~|D[D_WIDTH-1:SEEN];
      else assign fits = ~difference[WIDTH];
      assign Q[N_WIDTH-1-k] = fits;
      assign remainder[D_WIDTH*(k+1) +: D_WIDTH] = fits ? {{D_WIDTH-SEEN{1'b0}}, difference[SEEN-1:0]} : shifted[D_WIDTH-1:0];
    end
  endgenerate
  assign R = remainder[D_WIDTH*N_WIDTH +: D_WIDTH];
endmodule

(* techmap_celltype = "$div $mod" *)
module _divide (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  parameter _TECHMAP_CONSTMSK_A_ = 0; parameter _TECHMAP_CONSTVAL_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0; parameter _TECHMAP_CONSTVAL_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam SIGNED = A_SIGNED && B_SIGNED;

  // Bits of an operand up to the highest that is not known to be zero.
  function integer needed_a;
    integer i;
    begin
      needed_a = 1;
      for (i = 0; i < A_WIDTH; i = i + 1)
        if (!(_TECHMAP_CONSTMSK_A_[i] && !_TECHMAP_CONSTVAL_A_[i])) needed_a = i + 1;
    end
  endfunction
  function integer needed_b;
    integer i;
    begin
      needed_b = 1;
      for (i = 0; i < B_WIDTH; i = i + 1)
        if (!(_TECHMAP_CONSTMSK_B_[i] && !_TECHMAP_CONSTVAL_B_[i])) needed_b = i + 1;
    end
  endfunction
  localparam integer N_WIDTH = needed_a();
  localparam integer D_WIDTH = needed_b();
  localparam integer W = A_WIDTH > B_WIDTH ? A_WIDTH : B_WIDTH;
  // A sign bit that is known to be zero makes an operand positive.
  localparam A_MAY_BE_NEGATIVE = SIGNED && N_WIDTH == A_WIDTH;
  localparam B_MAY_BE_NEGATIVE = SIGNED && D_WIDTH == B_WIDTH;
  wire [N_WIDTH-1:0] n = (A_MAY_BE_NEGATIVE && A[A_WIDTH-1]) ? -A[N_WIDTH-1:0] : A[N_WIDTH-1:0];
  wire [D_WIDTH-1:0] d = (B_MAY_BE_NEGATIVE && B[B_WIDTH-1]) ? -B[D_WIDTH-1:0] : B[D_WIDTH-1:0];
  wire [N_WIDTH-1:0] q;
  wire [D_WIDTH-1:0] r;
  \$__restoring #(.N_WIDTH(N_WIDTH), .D_WIDTH(D_WIDTH)) core (.N(n), .D(d), .Q(q), .R(r));
  wire negative = (A_MAY_BE_NEGATIVE && A[A_WIDTH-1]) ^ (B_MAY_BE_NEGATIVE && B[B_WIDTH-1]);
  wire [W:0] quotient = negative ? -{1'b0, q} : {1'b0, q};
  wire [W:0] rest = (A_MAY_BE_NEGATIVE && A[A_WIDTH-1]) ? -{1'b0, r} : {1'b0, r};
  wire [W:0] chosen = _TECHMAP_CELLTYPE_ == "$div" ? quotient : rest;
  \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(W + 1), .Y_WIDTH(Y_WIDTH)) out (.A(chosen), .Y(Y));
endmodule
