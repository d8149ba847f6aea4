// That a word is not zero, as a comparison with zero: the only form of it in which `fsm_detect` knows a state that is asked for.
(* techmap_celltype = "$reduce_bool $reduce_or" *)
module _not_zero (A, Y);
  parameter A_SIGNED = 0; parameter A_WIDTH = 1; parameter Y_WIDTH = 1;
  input [A_WIDTH-1:0] A; output [Y_WIDTH-1:0] Y;
  wire zero;
  \$logic_not #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(1)) compare (.A(A), .Y(zero));
  \$not #(.A_SIGNED(0), .A_WIDTH(1), .Y_WIDTH(Y_WIDTH)) turn (.A(zero), .Y(Y));
endmodule
