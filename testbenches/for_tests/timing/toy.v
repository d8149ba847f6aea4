// The pins of a board project, a register of the codec's clock behind each of those that its clock has to do with.
module board (iCLK_50, codec_clk, iKEY, iSW, oLEDG, oLEDR, oI2C_SCLK, I2C_SDAT, oAUD_XCK, AUD_BCLK, AUD_ADCLRCK, AUD_DACLRCK,
              iAUD_ADCDAT, oAUD_DACDAT);
  input iCLK_50, codec_clk, iAUD_ADCDAT;
  input [0:0] iKEY;
  input [17:0] iSW;
  output [8:0] oLEDG;
  output [15:0] oLEDR;
  inout oI2C_SCLK, I2C_SDAT;
  output oAUD_XCK, AUD_BCLK, AUD_ADCLRCK, AUD_DACLRCK, oAUD_DACDAT;
  wire pin, heard, bclk, lrclk, data;
  PAD u_heard_pad (.I(iAUD_ADCDAT), .O(pin));
  DFF u_heard (.CK(codec_clk), .D(pin), .Q(heard));
  DFF u_bclk (.CK(codec_clk), .D(heard), .Q(bclk));
  DFF u_lrclk (.CK(codec_clk), .D(heard), .Q(lrclk));
  DFF u_data (.CK(codec_clk), .D(heard), .Q(data));
  PAD u_bclk_pad (.I(bclk), .O(AUD_BCLK));
  PAD u_adclrck_pad (.I(lrclk), .O(AUD_ADCLRCK));
  PAD u_daclrck_pad (.I(lrclk), .O(AUD_DACLRCK));
  PAD u_data_pad (.I(data), .O(oAUD_DACDAT));
endmodule
