// What Cyclone II has beside LUTs and registers, as black boxes for Yosys.

// VHDL's `abs` (dialects.py), until absolute_value.v builds it.
(* blackbox *) module ABSOLUTE_VALUE #(parameter WIDTH = 1) (input [WIDTH-1:0] A, output [WIDTH-1:0] Y); endmodule
// One bit of a carry chain: a logic element in arithmetic mode (Cyclone II handbook, figure 2-4).
// With B_INVERTS_A the one operand is A ^ B and the other is zero.
(* blackbox *) module LE_CARRY #(parameter INVERT_B = 0, B_INVERTS_A = 0) (input A, input B, input CI, output S, output CO); endmodule
// The same where both operands are ANDs, as in the first row of adders of a product.
(* blackbox *) module LE_CARRY_PRODUCT #(parameter INVERT_B = 0)
  (input A, input GA, input B, input GB, input CI, output S, output CO); endmodule

// Half of an embedded multiplier, and a whole one.
(* blackbox *) module MULTIPLIER_9 #(parameter A_SIGNED = 0, B_SIGNED = 0) (input [8:0] A, input [8:0] B, output [17:0] Y); endmodule
(* blackbox *) module MULTIPLIER_18 #(parameter A_SIGNED = 0, B_SIGNED = 0) (input [17:0] A, input [17:0] B, output [35:0] Y); endmodule

// One M4K block: one port that writes and one that reads, or two that do both.
(* blackbox *) module M4K_SIMPLE #(parameter W_WIDTH = 1, R_WIDTH = 1)
  (input W_CLK, input [11:0] W_ADDR, input [W_WIDTH-1:0] W_DATA, input W_EN,
   input R_CLK, input [11:0] R_ADDR, output [R_WIDTH-1:0] R_DATA, input R_EN); endmodule
(* blackbox *) module M4K_DUAL #(parameter A_WIDTH = 1, B_WIDTH = 1)
  (input A_CLK, input [11:0] A_ADDR, input [A_WIDTH-1:0] A_WD, input A_WE, output [A_WIDTH-1:0] A_RD, input A_EN,
   input B_CLK, input [11:0] B_ADDR, input [B_WIDTH-1:0] B_WD, input B_WE, output [B_WIDTH-1:0] B_RD, input B_EN); endmodule

// A register that shifts by one bit a clock and is read at its end alone; R is constant where nothing clears it.
(* blackbox *) module SHIFT_REGISTER #(parameter DEPTH = 3) (input D, input C, input E, input R, output Q); endmodule
