// What designs for Quartus instantiate by name, as far as it decides logic and memory. Parameters that choose neither are accepted and
// not used; initial contents are unknown, which is all the same to the cost.

// A bit that nothing is known about.
(* blackbox *) module UNKNOWN_BIT (output Y); endmodule

module dff (input d, clk, clrn, prn, output reg q);
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else q <= d;
endmodule

module dffe (input d, clk, clrn, prn, ena, output reg q);
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else if (ena) q <= d;
endmodule

// A PLL is not made of logic: every output is a clock.
module altpll (inclk, areset, pfdena, pllena, clkena, extclkena, clkswitch, fbin, configupdate, phasecounterselect, phasestep,
               phaseupdown, scanaclr, scanclk, scanclkena, scandata, scanread, scanwrite, clk, extclk, locked, activeclock, clkbad,
               clkloss, enable0, enable1, fbmimicbidir, fbout, fref, icdrclk, phasedone, scandataout, scandone, sclkout0, sclkout1,
               vcooverrange, vcounderrange);
  input [1:0] inclk; input [5:0] clkena; input [3:0] extclkena, phasecounterselect;
  input areset, pfdena, pllena, clkswitch, fbin, configupdate, phasestep, phaseupdown, scanaclr, scanclk, scanclkena, scandata, scanread, scanwrite;
  output [5:0] clk; output [3:0] extclk; output [1:0] clkbad;
  output locked, activeclock, clkloss, enable0, enable1, fbmimicbidir, fbout, fref, icdrclk, phasedone, scandataout, scandone, sclkout0, sclkout1;
  output vcooverrange, vcounderrange;
  assign clk = {6{inclk[0]}}, extclk = {4{inclk[0]}};
  UNKNOWN_BIT lock (.Y(locked));
endmodule

// Registers at the outputs and enables are inside the blocks.
module altsyncram (wren_a, rden_a, wren_b, rden_b, data_a, data_b, address_a, address_b, clock0, clock1, clocken0, clocken1, clocken2,
                   clocken3, aclr0, aclr1, addressstall_a, addressstall_b, byteena_a, byteena_b, q_a, q_b, eccstatus);
  parameter width_a = 1; parameter widthad_a = 1; parameter numwords_a = 0;
  parameter width_b = 1; parameter widthad_b = 1; parameter numwords_b = 0;
  parameter operation_mode = "BIDIR_DUAL_PORT"; parameter address_reg_b = "CLOCK1";
  input wren_a, rden_a, wren_b, rden_b, clock0, clock1, clocken0, clocken1, clocken2, clocken3, aclr0, aclr1, addressstall_a, addressstall_b;
  input [width_a-1:0] data_a; input [width_b-1:0] data_b; input [widthad_a-1:0] address_a; input [widthad_b-1:0] address_b;
  input byteena_a, byteena_b; output reg [width_a-1:0] q_a; output reg [width_b-1:0] q_b; output [2:0] eccstatus;
  localparam integer WORDS = numwords_a ? numwords_a : 1 << widthad_a;
  wire second = address_reg_b == "CLOCK0" ? clock0 : clock1;
  genvar i;
  generate
    if (operation_mode == "ROM" || operation_mode == "SINGLE_PORT") begin
      reg [width_a-1:0] memory [0:WORDS-1];
      wire write;
      // Yosys would make constants of a memory that is never written and not initialised.
      if (operation_mode == "ROM") UNKNOWN_BIT none (.Y(write));
      else assign write = wren_a;
      always @(posedge clock0) begin
        if (write) memory[address_a] <= operation_mode == "ROM" ? {width_a{1'b0}} : data_a;
        q_a <= memory[address_a];
      end
    end else if (operation_mode == "DUAL_PORT" && width_a == width_b) begin
      reg [width_a-1:0] memory [0:WORDS-1];
      always @(posedge clock0) if (wren_a) memory[address_a] <= data_a;
      always @(posedge second) q_b <= memory[address_b];
    end else if (operation_mode == "BIDIR_DUAL_PORT" && width_a == width_b) begin
      reg [width_a-1:0] memory [0:WORDS-1];
      always @(posedge clock0) begin
        if (wren_a) memory[address_a] <= data_a;
        q_a <= memory[address_a];
      end
      always @(posedge second) begin
        if (wren_b) memory[address_b] <= data_b;
        q_b <= memory[address_b];
      end
    end else begin
      // Ports of different widths: said by a name that nobody has.
      altsyncram_with_unequal_ports unsupported ();
    end
  endgenerate
endmodule

// A FIFO with one clock: two addresses, a count and a memory.
module scfifo (clock, data, wrreq, rdreq, aclr, sclr, q, full, empty, almost_full, almost_empty, usedw);
  parameter lpm_width = 1; parameter lpm_numwords = 2; parameter lpm_widthu = 1; parameter lpm_showahead = "OFF";
  parameter overflow_checking = "ON"; parameter underflow_checking = "ON"; parameter almost_full_value = 0; parameter almost_empty_value = 0;
  input clock, wrreq, rdreq, aclr, sclr; input [lpm_width-1:0] data;
  output reg [lpm_width-1:0] q; output full, empty, almost_full, almost_empty; output reg [lpm_widthu-1:0] usedw;
  reg [lpm_width-1:0] memory [0:lpm_numwords-1];
  reg [lpm_widthu-1:0] head, tail;
  reg some, all;
  wire put = wrreq && !(overflow_checking == "ON" && all), take = rdreq && !(underflow_checking == "ON" && !some);
  wire [lpm_widthu-1:0] after = tail + take;
  assign full = all, empty = !some, almost_full = usedw >= almost_full_value, almost_empty = usedw < almost_empty_value;
  always @(posedge clock) begin
    if (put) memory[head] <= data;
    if (lpm_showahead == "ON" || take) q <= memory[lpm_showahead == "ON" ? after : tail];
    if (sclr) begin
      head <= 0; tail <= 0; usedw <= 0; some <= 0; all <= 0;
    end else begin
      head <= head + put;
      tail <= after;
      if (put != take) begin
        usedw <= put ? usedw + 1'b1 : usedw - 1'b1;
        some <= put || usedw != 1 || all;
        all <= put && usedw == lpm_numwords - 1;
      end
    end
  end
endmodule

module lpm_mult (dataa, datab, sum, clock, clken, aclr, result);
  parameter lpm_widtha = 1; parameter lpm_widthb = 1; parameter lpm_widthp = 1; parameter lpm_widths = 1;
  parameter lpm_representation = "UNSIGNED"; parameter lpm_pipeline = 0;
  input [lpm_widtha-1:0] dataa; input [lpm_widthb-1:0] datab; input [lpm_widths-1:0] sum; input clock, clken, aclr;
  output [lpm_widthp-1:0] result;
  wire [lpm_widthp-1:0] product;
  generate
    if (lpm_representation == "SIGNED") assign product = $signed(dataa) * $signed(datab);
    else assign product = dataa * datab;
    if (lpm_pipeline == 0) assign result = product;
    else begin
      reg [lpm_widthp*lpm_pipeline-1:0] stages;
      always @(posedge clock) stages <= {stages, product};
      assign result = stages[lpm_widthp*lpm_pipeline-1 -: lpm_widthp];
    end
  endgenerate
endmodule
