// The environment of a core and its properties, each written once. All registers are on one clock; `tick` says in which steps the clock
// of a side rises (always, for a core of one clock). An output `bad_...` is high in the step in which the property does not hold.

// Upstream. ASSUMED: a word that is offered stays, with the fields beside it, until it is taken or a reset comes. While nothing is
// offered the lines show anything.
module upstream #(parameter WIDTH = 1)
  (input clk, tick, reset, first, offer, ready, input [WIDTH-1:0] any, output valid, output [WIDTH-1:0] word);
  reg held = 0;
  reg [WIDTH-1:0] kept;
  assign valid = held | offer;
  assign word = held ? kept : any;
  always @(posedge clk)
    if (tick) begin
      held <= valid & ~ready & ~reset;
      kept <= word;
    end
endmodule

// Upstream as the test bench plays it, for counterexamples that can be replayed: nothing is offered in a reset, the word that was not
// taken is offered again behind it, and while nothing is offered the lines show the next word inverted.
module replayed_upstream #(parameter WIDTH = 1)
  (input clk, tick, reset, first, offer, ready, input [WIDTH-1:0] any, output valid, output [WIDTH-1:0] word);
  reg held = 0;
  reg [WIDTH-1:0] kept;
  assign valid = (held | offer) & ~reset;
  assign word = valid ? kept : ~kept;
  always @(posedge clk)
    if (tick) begin
      held <= valid & ~ready;
      if (first | valid & ready) kept <= any;
    end
endmodule

// Reset. ASSUMED: high in the first step, whatever the state of the core; then at any time.
module any_reset (input clk, ask, output reset, started, first);
  reg past = 0;
  assign started = past;
  assign first = ~past;
  assign reset = ask | first;
  always @(posedge clk) past <= 1;
endmodule

// The same with one pulse behind the first, as the test bench plays it.
module replayed_reset (input clk, ask, output reset, started, first);
  reg past = 0, pulsed = 0, spent = 0;
  wire pulse = ask & past & ~spent;
  assign started = past;
  assign first = ~past;
  assign reset = pulse | first;
  always @(posedge clk) begin
    past <= 1;
    pulsed <= pulse;
    spent <= spent | pulsed & ~pulse;
  end
endmodule

// Resets of two clocks. ASSUMED: they rise together, stay until either clock has risen HOLD times, and fall in any order.
module two_resets #(parameter HOLD = 4)
  (input clk, sink_tick, source_tick, ask, keep_sink, keep_source, output sink_reset, source_reset, started, first);
  reg past = 0, sink_kept = 0, source_kept = 0;
  reg [3:0] sink_left, source_left;
  wire begins = ask | ~past;
  wire holds = past & (sink_left != 0 | source_left != 0);
  assign started = past;
  assign first = ~past;
  assign sink_reset = begins | holds | sink_kept & keep_sink;
  assign source_reset = begins | holds | source_kept & keep_source;
  always @(posedge clk) begin
    past <= 1;
    sink_kept <= sink_reset;
    source_kept <= source_reset;
    sink_left <= begins ? HOLD : sink_left - (sink_tick & sink_left != 0);
    source_left <= begins ? HOLD : source_left - (source_tick & source_left != 0);
  end
endmodule

// During reset valid is low: from the edge on that sees it.
module silent_in_reset (input clk, tick, reset, valid, output bad);
  reg before = 0;
  assign bad = before & reset & valid;
  always @(posedge clk) if (tick) before <= reset;
endmodule

// A word that is not taken stays, with the fields beside it.
module steady #(parameter WIDTH = 1) (input clk, tick, reset, valid, ready, input [WIDTH-1:0] word, output bad);
  reg held = 0;
  reg [WIDTH-1:0] seen;
  assign bad = held & ~reset & (~valid | word != seen);
  always @(posedge clk)
    if (tick) begin
      held <= valid & ~ready & ~reset;
      seen <= word;
    end
endmodule

// Words inside: those that the words taken bring about, less those given. `early`: a word that nothing has brought about; `full`: more
// than LIMIT, because one was lost or too many were taken. From then on, up to a reset, it is `lost` count.
module words_inside #(parameter WIDTH = 4, LIMIT = 2)
  (input clk, reset, taken, valid, given, input [WIDTH-1:0] gain, output reg [WIDTH-1:0] inside, output early, full, lost);
  reg before = 0;
  initial inside = 0;
  assign early = valid & inside == 0;
  assign full = inside > LIMIT;
  assign lost = before | early | full;
  always @(posedge clk) begin
    before <= lost & ~reset;
    if (reset) inside <= 0;
    else if (~lost) inside <= inside + (taken ? gain : 0) - given;
  end
endmodule

// What is waited for comes within LIMIT steps in which both clocks rise.
module patience #(parameter WIDTH = 4, LIMIT = 8) (input clk, tick, waits, output bad);
  reg [WIDTH-1:0] count = 0;
  assign bad = count == LIMIT;
  always @(posedge clk)
    if (~waits) count <= 0;
    else if (tick & ~bad) count <= count + 1;
endmodule

// Any one word, followed through the core: it is right when it stands at the source. `ahead` is the number of words before it.
module followed #(parameter WIDTH = 1, COUNT = 4)
  (input clk, reset, mark, valid, given, input [COUNT-1:0] ahead, input [WIDTH-1:0] expected, found, output bad);
  reg waiting = 0;
  reg [COUNT-1:0] left;
  reg [WIDTH-1:0] word;
  assign bad = waiting & valid & left == 0 & found != word;
  always @(posedge clk)
    if (reset) waiting <= 0;
    else if (~waiting) begin
      waiting <= mark;
      left <= ahead;
      word <= expected;
    end else if (given) begin
      waiting <= left != 0;
      left <= left - 1;
    end
endmodule
