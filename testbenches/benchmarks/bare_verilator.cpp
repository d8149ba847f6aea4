// The loop that a user would write by hand around Verilator's model of a netlist: reset, then a word in every clock in which
// the core takes one, and every word that it gives. Nothing stalls and nothing is checked.

#include <cstdint>

#include "Vbare.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

// Clocks behind the reset until `expected` words have come, or `most` are over.
extern "C" int64_t play(const uint64_t* sink, int64_t length, uint64_t* source, int64_t expected, int64_t most) {
    VerilatedContext context;
    Vbare top{&context, ""};
    int64_t sent = 0, received = 0, cycle = 0;
    top.source_ready = 1;
    top.reset = 1;
    for (int n = 0; n < 4; ++n) {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
    }
    top.reset = 0;
    for (; received < expected && cycle < most; ++cycle) {
        top.sink_valid = sent < length;
        if (sent < length) top.sink_data = sink[sent];
        top.clk = 0;
        top.eval();
        if (top.sink_valid && top.sink_ready) ++sent;
        if (top.source_valid) source[received++] = top.source_data;
        top.clk = 1;
        top.eval();
    }
    return cycle;
}
