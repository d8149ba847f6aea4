// A register whose clock is an input: it takes its word in the steps in which that input is high, so that any number of clocks may rise
// in any order, together or not. With ONE_CLOCK each step is a rise of it.
(* techmap_celltype = "$dff" *)
module clock_as_enable (CLK, D, Q);
  parameter WIDTH = 1;
  parameter CLK_POLARITY = 1;
  input CLK;
  input [WIDTH-1:0] D;
  output [WIDTH-1:0] Q;
`ifdef ONE_CLOCK
  \$ff #(.WIDTH(WIDTH)) _TECHMAP_REPLACE_ (.D(D), .Q(Q));
`else
  \$ff #(.WIDTH(WIDTH)) _TECHMAP_REPLACE_ (.D(CLK == CLK_POLARITY ? D : Q), .Q(Q));
`endif
endmodule
