// A latch that never closes is a wire (fpga_projects/open_latches.py).
(* techmap_celltype = "$dlatch" *)
module _open_latch (EN, D, Q);
  parameter WIDTH = 1; parameter EN_POLARITY = 1;
  input EN; input [WIDTH-1:0] D; output [WIDTH-1:0] Q;
  assign Q = D;
endmodule
