// What designs for Quartus instantiate by name, as far as it decides logic and memory. Parameters that choose neither are accepted and
// not used; initial contents are unknown, which is all the same to the cost.

// A bit that nothing is known about.
(* blackbox *) module UNKNOWN_BIT (output Y); endmodule

// A clear or enable that is left open does not act.
module dff (d, clk, clrn, prn, q);
  input d, clk, prn; (* defaultvalue = 1'b1 *) input clrn; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else q <= d;
endmodule

module dffe (d, clk, clrn, prn, ena, q);
  input d, clk, prn; (* defaultvalue = 1'b1 *) input clrn; (* defaultvalue = 1'b1 *) input ena; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else if (ena) q <= d;
endmodule

module tff (t, clk, clrn, prn, q);
  input clk, prn; (* defaultvalue = 1'b1 *) input t; (* defaultvalue = 1'b1 *) input clrn; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else q <= q ^ t;
endmodule

module tffe (t, clk, clrn, prn, ena, q);
  input clk, prn; (* defaultvalue = 1'b1 *) input t; (* defaultvalue = 1'b1 *) input clrn; (* defaultvalue = 1'b1 *) input ena; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else if (ena) q <= q ^ t;
endmodule

module jkff (j, k, clk, clrn, prn, q);
  input j, k, clk, prn; (* defaultvalue = 1'b1 *) input clrn; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else q <= q ? !k : j;
endmodule

module jkffe (j, k, clk, clrn, prn, ena, q);
  input j, k, clk, prn; (* defaultvalue = 1'b1 *) input clrn; (* defaultvalue = 1'b1 *) input ena; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else if (ena) q <= q ? !k : j;
endmodule

module srff (s, r, clk, clrn, prn, q);
  input s, r, clk, prn; (* defaultvalue = 1'b1 *) input clrn; output reg q;
  always @(posedge clk or negedge clrn) if (!clrn) q <= 1'b0; else q <= q ? !r : s;
endmodule

// Registers in a row, none of which is left out: they are there to settle.
module altera_std_synchronizer (clk, reset_n, din, dout);
  parameter depth = 3;
  input clk, din; (* defaultvalue = 1'b1 *) input reset_n; output dout;
  (* keep *) reg [depth-1:0] settling;
  always @(posedge clk or negedge reset_n) if (!reset_n) settling <= {depth{1'b0}}; else settling <= {settling, din};
  assign dout = settling[depth-1];
endmodule

module altera_std_synchronizer_bundle (clk, reset_n, din, dout);
  parameter depth = 3; parameter width = 1;
  input clk; input [width-1:0] din; (* defaultvalue = 1'b1 *) input reset_n; output [width-1:0] dout;
  altera_std_synchronizer #(.depth(depth)) line [width-1:0] (.clk(clk), .reset_n(reset_n), .din(din), .dout(dout));
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

module cycloneive_pll (inclk, areset, fbin, clkswitch, configupdate, pfdena, phasecounterselect, phasestep, phaseupdown, scanclk, scanclkena,
                       scandata, clk, fbout, locked, activeclock, clkbad, phasedone, scandataout, scandone, vcooverrange, vcounderrange);
  input [1:0] inclk; input [2:0] phasecounterselect;
  input areset, fbin, clkswitch, configupdate, pfdena, phasestep, phaseupdown, scanclk, scanclkena, scandata;
  output [4:0] clk; output [1:0] clkbad;
  output fbout, locked, activeclock, phasedone, scandataout, scandone, vcooverrange, vcounderrange;
  assign clk = {5{inclk[0]}};
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
      (* ramstyle = "M4K" *) reg [width_a-1:0] memory [0:WORDS-1];
      wire write;
      wire [width_a-1:0] word;
      // Yosys would make constants of a memory that is never written, or with constants only.
      if (operation_mode == "ROM") UNKNOWN_BIT none [width_a:0] (.Y({write, word}));
      else assign {write, word} = {wren_a, data_a};
      always @(posedge clock0) begin
        if (write) memory[address_a] <= word;
        q_a <= memory[address_a];
      end
    end else if (operation_mode == "DUAL_PORT" && width_a == width_b) begin
      (* ramstyle = "M4K" *) reg [width_a-1:0] memory [0:WORDS-1];
      always @(posedge clock0) if (wren_a) memory[address_a] <= data_a;
      always @(posedge second) q_b <= memory[address_b];
    end else if (operation_mode == "BIDIR_DUAL_PORT" && width_a == width_b) begin
      (* ramstyle = "M4K" *) reg [width_a-1:0] memory [0:WORDS-1];
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

// A shift register in memory: one address for reading and writing goes round. Of the distance between two taps, two words are the block's
// own registers, so that it is two words shorter.
module altshift_taps (clock, clken, aclr, sclr, shiftin, shiftout, taps);
  parameter width = 1; parameter number_of_taps = 1; parameter tap_distance = 3;
  input clock, aclr, sclr; input [width-1:0] shiftin;
  (* defaultvalue = 1'b1 *) input clken;
  output [width-1:0] shiftout; output reg [width*number_of_taps-1:0] taps;
  localparam integer WORDS = tap_distance - 2;
  localparam integer PLACES = WORDS > 1 ? $clog2(WORDS) : 1;
  (* ramstyle = "M4K" *) reg [width*number_of_taps-1:0] memory [0:WORDS-1];
  reg [PLACES-1:0] place;
  always @(posedge clock) begin
    memory[place] <= {taps, shiftin};
    taps <= memory[place];
    // Quartus' own counter has a synchronous clear; one that compares for equality would get none (synchronous_clears.py).
    if (clken) place <= place >= WORDS - 1 ? {PLACES{1'b0}} : place + 1'b1;
  end
  assign shiftout = taps[width*number_of_taps-1 -: width];
endmodule

// A FIFO with one clock: two addresses, a count and a memory. Where the word to be read next stands at the output already, its address is
// kept a second time, and what the count is about to be decides whether there is one.
module scfifo (clock, data, wrreq, rdreq, aclr, sclr, q, full, empty, almost_full, almost_empty, usedw);
  parameter lpm_width = 1; parameter lpm_numwords = 2; parameter lpm_widthu = 1; parameter lpm_showahead = "OFF";
  parameter overflow_checking = "ON"; parameter underflow_checking = "ON"; parameter almost_full_value = 0; parameter almost_empty_value = 0;
  input clock, wrreq, rdreq, aclr, sclr; input [lpm_width-1:0] data;
  output reg [lpm_width-1:0] q; output full, empty, almost_full, almost_empty; output reg [lpm_widthu-1:0] usedw;
  (* ramstyle = "M4K" *) reg [lpm_width-1:0] memory [0:lpm_numwords-1];
  reg [lpm_widthu-1:0] head;
  reg some, all;
  wire put = wrreq && !(overflow_checking == "ON" && all), take = rdreq && !(underflow_checking == "ON" && !some), change = put != take;
  assign full = all, empty = !some, almost_full = usedw >= almost_full_value, almost_empty = usedw < almost_empty_value;
  always @(posedge clock) begin
    if (put) memory[head] <= data;
    if (sclr) begin
      head <= 0; usedw <= 0; all <= 0;
    end else begin
      head <= head + put;
      if (change) begin
        usedw <= usedw + {{lpm_widthu{!put}}, 1'b1};
        all <= put && usedw == lpm_numwords - 1;
      end
    end
  end
  generate
    if (lpm_showahead == "ON") begin
      reg [lpm_widthu-1:0] kept;
      reg [lpm_widthu-1:1] tail;
      reg even, none_not, one, two;
      wire [lpm_widthu-1:0] next = take ? {tail, !even} : kept;
      wire to_none = sclr || (one && take && !put) || (!none_not && !change);
      wire to_one = !sclr && ((one && !change) || (!none_not && put && !take) || (two && take && !put));
      wire to_two = !sclr && ((two && !change) || (one && put && !take) || (usedw == 3 && take && !put));
      always @(posedge clock) begin
        q <= memory[next];
        kept <= sclr ? {lpm_widthu{1'b0}} : next;
        if (take || sclr) even <= !even && !sclr;
        if (sclr) tail <= 0;
        else if (take && !even) tail <= tail + 1'b1;
        none_not <= !to_none; one <= to_one; two <= to_two;
        some <= !to_none && !(to_one && put) && !sclr;
      end
    end else begin
      reg [lpm_widthu-1:0] tail;
      always @(posedge clock) begin
        if (take) q <= memory[tail];
        if (sclr) begin
          tail <= 0; some <= 0;
        end else begin
          tail <= tail + take;
          if (change) some <= put || usedw != 1 || all;
        end
      end
    end
  endgenerate
endmodule

// Counts in a code of which one bit changes at a time, with the parity of the code in registers, four bits to one.
module GRAY_COUNTER (clock, clear, enable, code);
  parameter WIDTH = 4;
  localparam integer PARTS = (WIDTH + 3) / 4;
  input clock, clear, enable; output reg [WIDTH-1:0] code;
  reg odd;
  reg [PARTS-1:0] odd_part;
  wire [PARTS*4-1:0] padded = code;
  wire [WIDTH-1:0] carry;
  assign carry[0] = enable && odd;
  genvar i;
  generate
    for (i = 1; i < WIDTH; i = i + 1) begin : bits
      if (i < WIDTH - 1) assign carry[i] = carry[i-1] && !code[i-1];
      always @(posedge clock or posedge clear)
        if (clear) code[i] <= 1'b0;
        else code[i] <= code[i] ^ (i < WIDTH - 1 ? code[i-1] && carry[i-1] : carry[i-1]);
    end
    for (i = 0; i < PARTS; i = i + 1) begin : parts
      always @(posedge clock or posedge clear)
        if (clear) odd_part[i] <= i == 0;
        else if (enable) odd_part[i] <= ^padded[4*i +: 4];
    end
  endgenerate
  always @(posedge clock or posedge clear)
    if (clear) {code[0], odd} <= 2'b00;
    else if (enable) {code[0], odd} <= {code[0] ^ !odd, ^odd_part};
endmodule

// A FIFO between two clocks: each side's address crosses in Gray code through two registers; counts are differences of binary addresses.
module dcfifo (wrclk, wrreq, data, rdclk, rdreq, aclr, q, wrfull, wrempty, wrusedw, rdfull, rdempty, rdusedw);
  parameter lpm_width = 1; parameter lpm_numwords = 4; parameter lpm_widthu = 2;
  parameter overflow_checking = "ON"; parameter underflow_checking = "ON";
  localparam integer W = lpm_widthu + 1;
  input wrclk, wrreq, rdclk, rdreq, aclr; input [lpm_width-1:0] data;
  output reg [lpm_width-1:0] q; output wrfull, wrempty, rdfull, rdempty; output [lpm_widthu-1:0] wrusedw, rdusedw;
  (* ramstyle = "M4K" *) reg [lpm_width-1:0] memory [0:lpm_numwords-1];
  wire [W-1:0] written, next;
  reg [W-1:0] written_late, taken, to_read, to_read_late, to_write, to_write_late, w_written, w_taken, r_written, r_taken;
  reg started, released;
  wire put = wrreq && !(overflow_checking == "ON" && wrfull), take = rdreq && !(underflow_checking == "ON" && rdempty);
  wire advance = take || !started;
  function [W-1:0] binary(input [W-1:0] code);
    integer k;
    for (k = 0; k < W; k = k + 1) binary[k] = ^(code >> k);
  endfunction
  GRAY_COUNTER #(.WIDTH(W)) write_place (.clock(wrclk), .clear(aclr), .enable(put), .code(written));
  GRAY_COUNTER #(.WIDTH(W)) read_place (.clock(rdclk), .clear(!released), .enable(advance), .code(next));
  assign wrfull = to_write_late == {~written[W-1:W-2], written[W-3:0]}, wrempty = to_write_late == written;
  assign rdempty = to_read_late == taken, rdfull = to_read_late == {~taken[W-1:W-2], taken[W-3:0]};
  assign wrusedw = w_written - w_taken, rdusedw = r_written - r_taken;
  always @(posedge wrclk) if (put) memory[{written[W-1] ^ written[W-2], written[W-3:0]}] <= data;
  always @(posedge rdclk) if (take) q <= memory[{taken[W-1] ^ taken[W-2], taken[W-3:0]}];
  always @(negedge rdclk or posedge aclr) if (aclr) released <= 1'b0; else released <= 1'b1;
  always @(posedge rdclk or negedge released) if (!released) started <= 1'b0; else started <= 1'b1;
  always @(posedge wrclk or posedge aclr)
    if (aclr) {written_late, to_write, to_write_late, w_written, w_taken} <= {5*W{1'b0}};
    else {written_late, to_write, to_write_late, w_written, w_taken} <= {written, taken, to_write, binary(written), binary(to_write_late)};
  always @(posedge rdclk or posedge aclr)
    if (aclr) {to_read, to_read_late, r_written, r_taken} <= {4*W{1'b0}};
    else {to_read, to_read_late, r_written, r_taken} <= {written_late, to_read, binary(to_read_late), binary(taken)};
  always @(posedge rdclk or posedge aclr) if (aclr) taken <= {W{1'b0}}; else if (take) taken <= next;
endmodule

// As dcfifo with the wider words; a side with narrower ones has an address within them. It costs what such a FIFO does but is none, since a
// narrow word is written to all parts of a wide one. No report tells what Quartus makes of it.
module dcfifo_mixed_widths (wrclk, wrreq, data, rdclk, rdreq, aclr, q, wrfull, wrempty, wrusedw, rdfull, rdempty, rdusedw);
  parameter lpm_width = 1; parameter lpm_numwords = 4; parameter lpm_widthu = 2; parameter lpm_width_r = 1; parameter lpm_widthu_r = 2;
  parameter overflow_checking = "ON"; parameter underflow_checking = "ON";
  input wrclk, wrreq, rdclk, rdreq, aclr; input [lpm_width-1:0] data;
  output [lpm_width_r-1:0] q; output wrfull, wrempty, rdfull, rdempty; output [lpm_widthu-1:0] wrusedw; output [lpm_widthu_r-1:0] rdusedw;
  localparam integer UP = lpm_width_r > lpm_width ? lpm_width_r / lpm_width : 1;
  localparam integer DOWN = lpm_width > lpm_width_r ? lpm_width / lpm_width_r : 1;
  localparam integer RATIO = UP > DOWN ? UP : DOWN;
  localparam integer NARROW = UP > 1 ? lpm_width : lpm_width_r;
  localparam integer PLACES = RATIO > 1 ? $clog2(RATIO) : 1;
  localparam integer WIDTHU = UP > 1 ? lpm_widthu_r : lpm_widthu;
  reg [PLACES-1:0] part;
  wire [RATIO*NARROW-1:0] word;
  wire [WIDTHU-1:0] written, read;
  wire [RATIO-1:0] full, nothing;
  assign wrfull = full[0], rdempty = nothing[0];
  dcfifo #(.lpm_width(RATIO*NARROW), .lpm_numwords(lpm_numwords / UP), .lpm_widthu(WIDTHU), .overflow_checking(overflow_checking),
           .underflow_checking(underflow_checking)) fifo (
    .wrclk(wrclk), .wrreq(UP > 1 ? wrreq && part == RATIO - 1 : wrreq), .data({RATIO{data}}), .rdclk(rdclk),
    .rdreq(DOWN > 1 ? rdreq && part == RATIO - 1 : rdreq), .aclr(aclr), .q(word), .wrfull(full[0]), .wrempty(wrempty), .wrusedw(written),
    .rdfull(rdfull), .rdempty(nothing[0]), .rdusedw(read));
  generate
    if (UP > 1) begin
      always @(posedge wrclk or posedge aclr) if (aclr) part <= 0; else if (wrreq && !wrfull) part <= part + 1'b1;
      assign wrusedw = {written, part}, rdusedw = read, q = word;
    end else if (DOWN > 1) begin
      always @(posedge rdclk or posedge aclr) if (aclr) part <= 0; else if (rdreq && !rdempty) part <= part + 1'b1;
      assign rdusedw = {read, part}, wrusedw = written, q = word[part * NARROW +: NARROW];
    end else assign wrusedw = written, rdusedw = read, q = word;
  endgenerate
endmodule

module lpm_mult (dataa, datab, sum, clock, clken, aclr, sclr, result);
  parameter lpm_widtha = 1; parameter lpm_widthb = 1; parameter lpm_widthp = 1; parameter lpm_widths = 1;
  parameter lpm_representation = "UNSIGNED"; parameter lpm_pipeline = 0;
  input [lpm_widtha-1:0] dataa; input [lpm_widthb-1:0] datab; input [lpm_widths-1:0] sum; input clock, clken, aclr, sclr;
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
