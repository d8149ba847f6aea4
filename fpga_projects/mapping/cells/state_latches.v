// Latches at state machines (fpga_projects/mapping/state_latches.py): a wire, or where STATES are given one bit for each.
(* techmap_celltype = "$dlatch" *)
module _state_latch (EN, D, Q);
  parameter WIDTH = 1; parameter EN_POLARITY = 1;
  input EN; input [WIDTH-1:0] D; output [WIDTH-1:0] Q;
`ifdef STATES
  localparam [`COUNT*WIDTH-1:0] STATES = `STATES;
  wire [`COUNT-1:0] next, kept;
  genvar i;
  generate
    for (i = 0; i < `COUNT; i = i + 1) assign next[i] = D == STATES[i*WIDTH+:WIDTH];
  endgenerate
  \$dlatch #(.WIDTH(`COUNT), .EN_POLARITY(EN_POLARITY)) keeps (.EN(EN), .D(next), .Q(kept));
  \$pmux #(.WIDTH(WIDTH), .S_WIDTH(`COUNT)) chosen (.A({WIDTH{1'bx}}), .B(STATES), .S(kept), .Y(Q));
`else
  assign Q = D;
`endif
endmodule
