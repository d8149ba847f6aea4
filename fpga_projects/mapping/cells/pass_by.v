// A memory that is read at a registered address, one write and one read on one clock: a word that was written at the last edge comes from
// registers beside the block (memory_reads.py). Where the word that is written is the one that is read, the block does that by itself.
(* techmap_celltype = "$mem_v2" *)
module _pass_by (RD_CLK, RD_EN, RD_ARST, RD_SRST, RD_ADDR, RD_DATA, WR_CLK, WR_EN, WR_ADDR, WR_DATA);
  parameter MEMID = ""; parameter SIZE = 4; parameter OFFSET = 0; parameter ABITS = 2; parameter WIDTH = 8; parameter INIT = 0;
  parameter RD_PORTS = 1; parameter RD_CLK_ENABLE = 0; parameter RD_CLK_POLARITY = 1; parameter RD_TRANSPARENCY_MASK = 0;
  parameter RD_COLLISION_X_MASK = 0; parameter RD_WIDE_CONTINUATION = 0; parameter RD_CE_OVER_SRST = 0;
  parameter RD_ARST_VALUE = 0; parameter RD_SRST_VALUE = 0; parameter RD_INIT_VALUE = 0;
  parameter WR_PORTS = 1; parameter WR_CLK_ENABLE = 1; parameter WR_CLK_POLARITY = 1; parameter WR_PRIORITY_MASK = 0;
  parameter WR_WIDE_CONTINUATION = 0;
  parameter _TECHMAP_CONNMAP_RD_ADDR_ = 0; parameter _TECHMAP_CONNMAP_WR_ADDR_ = 0;
  parameter _TECHMAP_CONNMAP_WR_EN_ = 0; parameter _TECHMAP_BITS_CONNMAP_ = 1;
  parameter _TECHMAP_CONSTMSK_RD_EN_ = 0; parameter _TECHMAP_CONSTVAL_RD_EN_ = 0;
  parameter _TECHMAP_CONSTMSK_RD_ARST_ = 0; parameter _TECHMAP_CONSTVAL_RD_ARST_ = 0;
  parameter _TECHMAP_CONSTMSK_RD_SRST_ = 0; parameter _TECHMAP_CONSTVAL_RD_SRST_ = 0;
  input [RD_PORTS-1:0] RD_CLK, RD_EN, RD_ARST, RD_SRST; input [RD_PORTS*ABITS-1:0] RD_ADDR; output [RD_PORTS*WIDTH-1:0] RD_DATA;
  input [WR_PORTS-1:0] WR_CLK; input [WR_PORTS*WIDTH-1:0] WR_EN, WR_DATA; input [WR_PORTS*ABITS-1:0] WR_ADDR;
  localparam ONE_WRITE = _TECHMAP_CONNMAP_WR_EN_ == {WIDTH{_TECHMAP_CONNMAP_WR_EN_[_TECHMAP_BITS_CONNMAP_-1:0]}};
  localparam READS_ALWAYS = _TECHMAP_CONSTMSK_RD_EN_ == 1 && _TECHMAP_CONSTVAL_RD_EN_ == 1;
  localparam NEVER_RESET = _TECHMAP_CONSTMSK_RD_ARST_ == 1 && _TECHMAP_CONSTVAL_RD_ARST_ == 0
                        && _TECHMAP_CONSTMSK_RD_SRST_ == 1 && _TECHMAP_CONSTVAL_RD_SRST_ == 0;
  generate
    if (RD_PORTS != 1 || WR_PORTS != 1 || RD_TRANSPARENCY_MASK != 1 || RD_CLK_ENABLE != 1 || !ONE_WRITE || !READS_ALWAYS
        || !NEVER_RESET || _TECHMAP_CONNMAP_RD_ADDR_ == _TECHMAP_CONNMAP_WR_ADDR_) begin
      wire _TECHMAP_FAIL_ = 1;
    end else begin
      wire [WIDTH-1:0] stored, word;
      wire [ABITS-1:0] from, to;
      wire written;
      \$dff #(.WIDTH(1 + 2 * ABITS + WIDTH), .CLK_POLARITY(RD_CLK_POLARITY)) beside
        (.CLK(RD_CLK), .D({WR_EN[0], WR_ADDR, RD_ADDR, WR_DATA}), .Q({written, to, from, word}));
      assign RD_DATA = written && from == to ? word : stored;
      \$mem_v2 #(.MEMID(MEMID), .SIZE(SIZE), .OFFSET(OFFSET), .ABITS(ABITS), .WIDTH(WIDTH), .INIT(INIT), .RD_PORTS(1), .RD_CLK_ENABLE(1'b1),
        .RD_CLK_POLARITY(RD_CLK_POLARITY), .RD_TRANSPARENCY_MASK(1'b0), .RD_COLLISION_X_MASK(1'b0), .RD_WIDE_CONTINUATION(1'b0),
        .RD_CE_OVER_SRST(1'b0), .RD_ARST_VALUE(RD_ARST_VALUE), .RD_SRST_VALUE(RD_SRST_VALUE), .RD_INIT_VALUE(RD_INIT_VALUE), .WR_PORTS(1),
        .WR_CLK_ENABLE(1'b1), .WR_CLK_POLARITY(WR_CLK_POLARITY), .WR_PRIORITY_MASK(1'b0), .WR_WIDE_CONTINUATION(1'b0)) _TECHMAP_REPLACE_
        (.RD_CLK(RD_CLK), .RD_EN(1'b1), .RD_ARST(1'b0), .RD_SRST(1'b0), .RD_ADDR(RD_ADDR), .RD_DATA(stored),
         .WR_CLK(WR_CLK), .WR_EN(WR_EN), .WR_ADDR(WR_ADDR), .WR_DATA(WR_DATA));
    end
  endgenerate
endmodule
