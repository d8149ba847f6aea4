// A sum of words that repeat their sign: beyond one bit more than the wider of them has without that, it repeats its own.
// The narrow sum lets the registers behind it be as narrow (Quartus merges them: "Merged with data[19]").
(* techmap_celltype = "$add $sub" *)
module _repeated_signs (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  parameter _TECHMAP_BITS_CONNMAP_ = 1; parameter _TECHMAP_CONNMAP_A_ = 0; parameter _TECHMAP_CONNMAP_B_ = 0;
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam integer N = _TECHMAP_BITS_CONNMAP_;
  localparam SIGNED = A_SIGNED && B_SIGNED;

  // Bits of an operand with one of those that repeat its sign; an unsigned one that is narrower than the sum has a zero in front.
  function integer bits(input second);
    integer k, width;
    begin
      width = second ? B_WIDTH : A_WIDTH;
      bits = width;
      for (k = width - 1; k > 0; k = k - 1)
        if (bits == k + 1 && (second ? _TECHMAP_CONNMAP_B_[k*N +: N] == _TECHMAP_CONNMAP_B_[(k-1)*N +: N]
                                     : _TECHMAP_CONNMAP_A_[k*N +: N] == _TECHMAP_CONNMAP_A_[(k-1)*N +: N])) bits = k;
      if (!SIGNED && width < Y_WIDTH) bits = width + 1;
      if (width > Y_WIDTH) bits = Y_WIDTH;
    end
  endfunction
  localparam integer BITS_A = bits(0);
  localparam integer BITS_B = bits(1);
  localparam integer EXACT = (BITS_A > BITS_B ? BITS_A : BITS_B) + 1;
  // Two that are never negative are wreduce's.
  localparam ZEROS = !SIGNED && A_WIDTH < Y_WIDTH && B_WIDTH < Y_WIDTH;
  generate
    if (EXACT >= Y_WIDTH || ZEROS) begin
      wire _TECHMAP_FAIL_ = 1;
    end else begin
      wire [EXACT-1:0] a, b, y;
      \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(EXACT)) extend_a (.A(A), .Y(a));
      \$pos #(.A_SIGNED(SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(EXACT)) extend_b (.A(B), .Y(b));
      if (_TECHMAP_CELLTYPE_ == "$add")
        \$add #(.A_SIGNED(1), .B_SIGNED(1), .A_WIDTH(EXACT), .B_WIDTH(EXACT), .Y_WIDTH(EXACT)) narrow (.A(a), .B(b), .Y(y));
      else
        \$sub #(.A_SIGNED(1), .B_SIGNED(1), .A_WIDTH(EXACT), .B_WIDTH(EXACT), .Y_WIDTH(EXACT)) narrow (.A(a), .B(b), .Y(y));
      \$pos #(.A_SIGNED(1), .A_WIDTH(EXACT), .Y_WIDTH(Y_WIDTH)) extend (.A(y), .Y(Y));
    end
  endgenerate
endmodule
