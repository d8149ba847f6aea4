// A memory whose upper address bits are tied to 0 at every port has only the words that can be reached, as in Quartus.
(* techmap_celltype = "$mem_v2" *)
module _reachable_words (RD_CLK, RD_EN, RD_ARST, RD_SRST, RD_ADDR, RD_DATA, WR_CLK, WR_EN, WR_ADDR, WR_DATA);
  parameter MEMID = ""; parameter signed SIZE = 4; parameter signed OFFSET = 0; parameter signed ABITS = 2; parameter signed WIDTH = 8;
  parameter signed INIT = 1'bx; parameter signed RD_PORTS = 1; parameter signed WR_PORTS = 1;
  parameter RD_CLK_ENABLE = 1'b1; parameter RD_CLK_POLARITY = 1'b1; parameter RD_TRANSPARENCY_MASK = 1'b0;
  parameter RD_COLLISION_X_MASK = 1'b0; parameter RD_WIDE_CONTINUATION = 1'b0; parameter RD_CE_OVER_SRST = 1'b0;
  parameter RD_ARST_VALUE = 1'b0; parameter RD_SRST_VALUE = 1'b0; parameter RD_INIT_VALUE = 1'b0;
  parameter WR_CLK_ENABLE = 1'b1; parameter WR_CLK_POLARITY = 1'b1; parameter WR_PRIORITY_MASK = 1'b0; parameter WR_WIDE_CONTINUATION = 1'b0;
  parameter _TECHMAP_CONSTMSK_RD_ADDR_ = 0; parameter _TECHMAP_CONSTVAL_RD_ADDR_ = 0;
  parameter _TECHMAP_CONSTMSK_WR_ADDR_ = 0; parameter _TECHMAP_CONSTVAL_WR_ADDR_ = 0;
  input [RD_PORTS-1:0] RD_CLK, RD_EN, RD_ARST, RD_SRST; input [RD_PORTS*ABITS-1:0] RD_ADDR; output [RD_PORTS*WIDTH-1:0] RD_DATA;
  input [WR_PORTS-1:0] WR_CLK; input [WR_PORTS*WIDTH-1:0] WR_EN, WR_DATA; input [WR_PORTS*ABITS-1:0] WR_ADDR;

  function integer used_bits(input integer unused);
    integer bit_, port, tied;
    begin
      used_bits = ABITS;
      tied = 1;
      for (bit_ = ABITS - 1; bit_ > 0; bit_ = bit_ - 1) begin
        for (port = 0; port < RD_PORTS; port = port + 1)
          if (!_TECHMAP_CONSTMSK_RD_ADDR_[port * ABITS + bit_] || _TECHMAP_CONSTVAL_RD_ADDR_[port * ABITS + bit_] !== 1'b0) tied = 0;
        for (port = 0; port < WR_PORTS; port = port + 1)
          if (!_TECHMAP_CONSTMSK_WR_ADDR_[port * ABITS + bit_] || _TECHMAP_CONSTVAL_WR_ADDR_[port * ABITS + bit_] !== 1'b0) tied = 0;
        if (tied) used_bits = bit_;
      end
    end
  endfunction
  localparam integer USED = WR_PORTS > 0 && RD_PORTS > 0 && OFFSET == 0 ? used_bits(0) : ABITS;

  genvar port;
  generate
    if (SIZE <= 2 ** USED) wire _TECHMAP_FAIL_ = 1;
    else begin
      wire [RD_PORTS*USED-1:0] read_address;
      wire [WR_PORTS*USED-1:0] write_address;
      for (port = 0; port < RD_PORTS; port = port + 1) assign read_address[port * USED +: USED] = RD_ADDR[port * ABITS +: USED];
      for (port = 0; port < WR_PORTS; port = port + 1) assign write_address[port * USED +: USED] = WR_ADDR[port * ABITS +: USED];
      REACHABLE_WORDS #(
        .MEMID(MEMID), .SIZE(2 ** USED), .OFFSET(0), .ABITS(USED), .WIDTH(WIDTH), .INIT(INIT), .RD_PORTS(RD_PORTS), .WR_PORTS(WR_PORTS),
        .RD_CLK_ENABLE(RD_CLK_ENABLE), .RD_CLK_POLARITY(RD_CLK_POLARITY), .RD_TRANSPARENCY_MASK(RD_TRANSPARENCY_MASK),
        .RD_COLLISION_X_MASK(RD_COLLISION_X_MASK), .RD_WIDE_CONTINUATION(RD_WIDE_CONTINUATION), .RD_CE_OVER_SRST(RD_CE_OVER_SRST),
        .RD_ARST_VALUE(RD_ARST_VALUE), .RD_SRST_VALUE(RD_SRST_VALUE), .RD_INIT_VALUE(RD_INIT_VALUE), .WR_CLK_ENABLE(WR_CLK_ENABLE),
        .WR_CLK_POLARITY(WR_CLK_POLARITY), .WR_PRIORITY_MASK(WR_PRIORITY_MASK), .WR_WIDE_CONTINUATION(WR_WIDE_CONTINUATION)
      ) _TECHMAP_REPLACE_ (
        .RD_CLK(RD_CLK), .RD_EN(RD_EN), .RD_ARST(RD_ARST), .RD_SRST(RD_SRST), .RD_ADDR(read_address), .RD_DATA(RD_DATA),
        .WR_CLK(WR_CLK), .WR_EN(WR_EN), .WR_ADDR(write_address), .WR_DATA(WR_DATA));
    end
  endgenerate
endmodule
