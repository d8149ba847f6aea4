// Chains that Yosys's shregmap found, to the black box of black_boxes.v.
module \$__SHREG_DFF_P_ (input C, input D, output Q);
  parameter DEPTH = 3;
  SHIFT_REGISTER #(.DEPTH(DEPTH)) _TECHMAP_REPLACE_ (.D(D), .C(C), .E(1'b1), .R(1'b0), .Q(Q));
endmodule
module \$__SHREG_DFFE_PP_ (input C, input D, input E, output Q);
  parameter DEPTH = 3;
  SHIFT_REGISTER #(.DEPTH(DEPTH)) _TECHMAP_REPLACE_ (.D(D), .C(C), .E(E), .R(1'b0), .Q(Q));
endmodule
module \$__SHREG_DFF_PP0_ (input C, input D, input R, output Q);
  parameter DEPTH = 3;
  SHIFT_REGISTER #(.DEPTH(DEPTH)) _TECHMAP_REPLACE_ (.D(D), .C(C), .E(1'b1), .R(R), .Q(Q));
endmodule
module \$__SHREG_DFFE_PP0P_ (input C, input D, input E, input R, output Q);
  parameter DEPTH = 3;
  SHIFT_REGISTER #(.DEPTH(DEPTH)) _TECHMAP_REPLACE_ (.D(D), .C(C), .E(E), .R(R), .Q(Q));
endmodule
