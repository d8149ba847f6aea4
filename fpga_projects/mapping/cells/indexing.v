// A bit or slice chosen by a computed index: only the bits of the index that can point inside the vector reach the decoder, as in
// Quartus. What an index outside the vector does is not defined for a read, and hardware does not look for it on a write.
(* techmap_celltype = "$shift $shiftx" *)
module _narrow_index (A, B, Y);
  parameter A_SIGNED = 0; parameter B_SIGNED = 0;
  parameter A_WIDTH = 1; parameter B_WIDTH = 1; parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  input [A_WIDTH-1:0] A; input [B_WIDTH-1:0] B; output [Y_WIDTH-1:0] Y;
  localparam integer ENOUGH = $clog2(A_WIDTH + Y_WIDTH) + (B_SIGNED ? 1 : 0);
  generate
    if (B_WIDTH <= ENOUGH) wire _TECHMAP_FAIL_ = 1;
    else if (_TECHMAP_CELLTYPE_ == "$shift")
      \$shift #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(ENOUGH), .Y_WIDTH(Y_WIDTH))
        narrow (.A(A), .B(B[ENOUGH-1:0]), .Y(Y));
    else
      \$shiftx #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(ENOUGH), .Y_WIDTH(Y_WIDTH))
        narrow (.A(A), .B(B[ENOUGH-1:0]), .Y(Y));
  endgenerate
endmodule
