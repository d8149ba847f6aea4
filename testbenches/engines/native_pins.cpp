// Ports of a Verilator model one by one, for cores with several clocks; what is played to them stands in testbenches/clocks.py.
//
// Where the netlist's registers take both edges of a clock (see netlist.py), it is turned over where it rises; else it is turned back.

#include <cstdint>
#include <memory>

#include "Vtop.h"
#include "pins.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

namespace {

struct Pins {
    VerilatedContext context;
    Vtop top{&context, ""};
};

}  // namespace

extern "C" {

void* pins_new() {
    Pins* pins = new Pins;
#define CLEAR(number, name) pins->top.name = 0;
    INPUTS(CLEAR)
    CLOCKS(CLEAR)
#undef CLEAR
    pins->top.eval();
    return pins;
}

void pins_free(void* pins) { delete static_cast<Pins*>(pins); }

void pins_settle(void* pins) { static_cast<Pins*>(pins)->top.eval(); }

void pins_set(void* pointer, int port, uint64_t value) {
    Vtop& top = static_cast<Pins*>(pointer)->top;
    switch (port) {
#define SET(number, name) \
    case number: top.name = value; break;
        INPUTS(SET)
#undef SET
        default: break;
    }
}

uint64_t pins_get(void* pointer, int port) {
    Vtop& top = static_cast<Pins*>(pointer)->top;
    switch (port) {
#define GET(number, name) \
    case number: return top.name;
        INPUTS(GET)
        OUTPUTS(GET)
#undef GET
        default: return 0;
    }
}

// All clocks in the mask change together.
void pins_turn(void* pointer, uint64_t clocks) {
    Vtop& top = static_cast<Pins*>(pointer)->top;
#define TURN(number, name) top.name = top.name ^ (clocks >> number & 1);
    CLOCKS(TURN)
#undef TURN
}

}  // extern "C"
