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

// A sequencer in real time around a calculation that gives what it takes, told by its status word: 0 STANDBY, 1 ACQUIRE, 2 CALCULATE,
// 3 TRANSFER, 4 RECOVER; primed; overruns; underruns. Two segments fit into the first queue. What is lost while a full queue is emptied
// into the calculation depends on the calculation's clocks: from there on, up to a reset, nothing is looked at (`blind`).
module real_time #(parameter WIDTH = 1, LENGTH = 4, LIMIT = 8)
  (input clk, started, reset, enable, clear, offered, taken, valid, ready, mark, input [WIDTH-1:0] word, found, input [19:0] status,
   output bad_status, bad_whole_segments, bad_in_time, bad_always_taken);
  localparam STANDBY = 0, ACQUIRE = 1, CALCULATE = 2, TRANSFER = 3, RECOVER = 4;
  wire [2:0] state = status[2:0];
  wire primed = status[3];
  wire standing = state == STANDBY & ~enable;
  wire given = valid & ready;
  wire live = started & ~reset & ~blind & before;

  // What the last clock says of this one.
  reg before = 0, blind = 0, primed_then, gap = 0, gap_then;
  reg [2:0] state_then;
  reg [7:0] overruns_then, underruns_then;
  reg enable_then, segment_then;
  wire enters = state_then == ACQUIRE & state == CALCULATE, leaves = state_then == CALCULATE & state == TRANSFER;
  wire done = state_then == TRANSFER & state == ACQUIRE;
  wire right_state = state_then == STANDBY ? state == (enable_then ? ACQUIRE : STANDBY)
    : state_then == ACQUIRE ? state == (~enable_then ? STANDBY : gap_then ? RECOVER : segment_then ? CALCULATE : ACQUIRE)
    : state_then == CALCULATE ? state == CALCULATE | state == TRANSFER
    : state_then == TRANSFER ? state == TRANSFER | state == ACQUIRE
    : state == ACQUIRE;
  assign bad_status = live & (~right_state | primed != (done | primed_then) | status[11:4] != overruns_then
    | status[19:12] != underruns_then | valid & ~primed);
  assign bad_always_taken = live & offered & ~taken;

  // Samples in the first queue, those under calculation among them, and results in or on their way to the second one.
  reg [3:0] kept = 0, results = 0;
  wire [3:0] kept_now = kept - (leaves ? LENGTH : 0), results_now = results + (enters ? LENGTH : 0);
  wire lost = offered & ~standing & (state == RECOVER | kept_now == 2 * LENGTH);
  wire cleared = standing | state == RECOVER;

  // Any one sample, followed from one queue to the other.
  reg waiting = 0, through = 0;
  reg [3:0] ahead;
  reg [WIDTH-1:0] chosen;
  wire moves = enters & ~through & ahead < LENGTH;
  wire through_now = through | moves;
  wire [3:0] ahead_now = moves ? ahead + results : leaves & ~through ? ahead - LENGTH : ahead;
  assign bad_whole_segments = live & (valid & results_now == 0
    | waiting & through_now & valid & ahead_now == 0 & found != chosen);

  // Calculation and transfer end, and a result that is there stands at the source.
  reg [3:0] busy = 0, silent = 0;
  assign bad_in_time = live & (busy == LIMIT | silent == LIMIT);

  always @(posedge clk) begin
    before <= 1;
    state_then <= state;
    enable_then <= enable;
    segment_then <= kept_now >= LENGTH & results_now <= LENGTH;
    primed_then <= primed & ~(ready & ~valid);
    overruns_then <= clear ? 0 : status[11:4] + (lost & status[11:4] != 255);
    underruns_then <= clear ? 0 : status[19:12] + (primed & ready & ~valid & ~standing & status[19:12] != 255);
    gap_then <= gap;
    gap <= ~cleared & (gap | lost);
    blind <= ~reset & (blind | offered & state == CALCULATE & kept_now >= 2 * LENGTH);
    kept <= cleared ? 0 : kept_now + (offered & ~lost);
    results <= results_now - given;
    busy <= (state == CALCULATE | state == TRANSFER) & (enters | state == state_then) ? busy + (busy != LIMIT) : 0;
    silent <= state == ACQUIRE & primed & results_now != 0 & ~valid ? silent + (silent != LIMIT) : 0;
    waiting <= waiting ? ~(given & through_now & ahead_now == 0) & ~(cleared & ~through_now) : mark & offered & ~lost & ~cleared;
    through <= waiting & through_now;
    ahead <= ~waiting ? kept_now : ahead_now - (through_now & given);
    if (~waiting) chosen <= word;
    if (reset) begin
      state_then <= STANDBY;
      enable_then <= 0;
      {segment_then, primed_then, gap, gap_then, waiting, through} <= 0;
      {overruns_then, underruns_then} <= 0;
      {kept, results, busy, silent} <= 0;
    end
  end
endmodule
