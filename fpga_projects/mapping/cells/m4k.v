// Blocks chosen by memory_libmap to the black boxes of black_boxes.v.
module \$__M4K_SIMPLE_ (...);
  parameter INIT = 0; parameter PORT_W_WIDTH = 1; parameter PORT_R_WIDTH = 1; parameter PORT_W_CLK_POL = 1; parameter PORT_R_CLK_POL = 1;
  input PORT_W_CLK; input [11:0] PORT_W_ADDR; input [PORT_W_WIDTH-1:0] PORT_W_WR_DATA; input PORT_W_WR_EN;
  input PORT_R_CLK; input [11:0] PORT_R_ADDR; output [PORT_R_WIDTH-1:0] PORT_R_RD_DATA; input PORT_R_RD_EN;
  M4K_SIMPLE #(.W_WIDTH(PORT_W_WIDTH), .R_WIDTH(PORT_R_WIDTH)) _TECHMAP_REPLACE_
    (.W_CLK(PORT_W_CLK), .W_ADDR(PORT_W_ADDR), .W_DATA(PORT_W_WR_DATA), .W_EN(PORT_W_WR_EN),
     .R_CLK(PORT_R_CLK), .R_ADDR(PORT_R_ADDR), .R_DATA(PORT_R_RD_DATA), .R_EN(PORT_R_RD_EN));
endmodule
(* techmap_celltype = "$__M4K_DUAL_NEW_ $__M4K_DUAL_OLD_ $__M4K_DUAL_KEEP_" *)
module _dual (...);
  parameter INIT = 0; parameter PORT_A_WIDTH = 1; parameter PORT_B_WIDTH = 1; parameter PORT_A_CLK_POL = 1; parameter PORT_B_CLK_POL = 1;
  input PORT_A_CLK, PORT_A_CLK_EN, PORT_A_WR_EN; input [11:0] PORT_A_ADDR;
  input [PORT_A_WIDTH-1:0] PORT_A_WR_DATA; output [PORT_A_WIDTH-1:0] PORT_A_RD_DATA;
  input PORT_B_CLK, PORT_B_CLK_EN, PORT_B_WR_EN; input [11:0] PORT_B_ADDR;
  input [PORT_B_WIDTH-1:0] PORT_B_WR_DATA; output [PORT_B_WIDTH-1:0] PORT_B_RD_DATA;
  M4K_DUAL #(.A_WIDTH(PORT_A_WIDTH), .B_WIDTH(PORT_B_WIDTH)) _TECHMAP_REPLACE_
    (.A_CLK(PORT_A_CLK), .A_ADDR(PORT_A_ADDR), .A_WD(PORT_A_WR_DATA), .A_WE(PORT_A_WR_EN), .A_RD(PORT_A_RD_DATA), .A_EN(PORT_A_CLK_EN),
     .B_CLK(PORT_B_CLK), .B_ADDR(PORT_B_ADDR), .B_WD(PORT_B_WR_DATA), .B_WE(PORT_B_WR_EN), .B_RD(PORT_B_RD_DATA), .B_EN(PORT_B_CLK_EN));
endmodule
