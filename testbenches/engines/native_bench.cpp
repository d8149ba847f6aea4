// Test bench of the native engine: plays a stimulus against a Verilator model, whole arrays at a time.
// What one cycle is stands in testbenches/stimulus.py; ports.h, written for each core, names the ports.
//
// The netlist's registers take both edges of clk (see netlist.py), so that one eval() is one clock cycle, and the
// wrapper around it registers every output at that edge: q_x is what port x showed just before the edge.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "Vtop.h"
#include "ports.h"
#include "verilated.h"
#ifdef COUNT_TRANSITIONS
#include "Vtop___024root.h"
#include "nets.h"
#endif

double sc_time_stamp() { return 0; }

namespace {

// Words for which there is room from the start.
constexpr int64_t LARGEST_ROOM = int64_t{1} << 26;

enum Status { RUNNING, DONE, HANG, DROPPED, CHANGED, VALID_IN_RESET, RUNAWAY };

struct Event {
    int64_t cycle;
    int64_t port;
    uint64_t value;
};

struct Move {
    int64_t word;
    int64_t offset;
    int64_t port;
    uint64_t value;
};

struct Probe {
    int64_t cycle;
    int64_t port;
};

// Mirrored by native_engine.Settings.
struct Settings {
    const uint64_t* const* sink;
    int64_t length;
    const uint8_t* offer;
    int64_t offer_length;
    const uint8_t* accept;
    int64_t accept_length;
    const uint64_t* controls;
    const Event* events;
    int64_t event_count;
    const Move* moves;
    int64_t move_count;
    int64_t pause;
    const Probe* probes;
    int64_t probe_count;
    int64_t reset_at;
    int64_t reset_after;
    int64_t reset_delay;
    int64_t reset_cycles;
    int64_t last_planned;
    int64_t expected;
    int64_t cycles;
    int64_t drain;
    int64_t runaway;
    int64_t power_up;
    int64_t invert;
};

#ifdef COUNT_TRANSITIONS
// Bits in which a net differs from what it was; it becomes what it was, and `ever` has the bits that have ever differed. Most nets rest
// in most cycles.
template <typename Bits>
uint64_t transitions(Bits now, Bits& before, Bits& ever, bool counted) {
    if (now == before) return 0;
    const Bits changed = now ^ before;
    before = now;
    if (!counted) return 0;
    ever |= changed;
    return __builtin_popcountll(uint64_t(changed));
}

template <std::size_t words>
uint64_t transitions(const VlWide<words>& now, VlWide<words>& before, VlWide<words>& ever, bool counted) {
    uint64_t count = 0;
    for (std::size_t word = 0; word < words; ++word) count += transitions(now[word], before[word], ever[word], counted);
    return count;
}

// Bits of a net as words of 64, the lowest first.
template <typename Bits>
void append(std::vector<uint64_t>& all, const Bits& bits) {
    all.push_back(bits);
}

template <std::size_t words>
void append(std::vector<uint64_t>& all, const VlWide<words>& bits) {
    for (std::size_t word = 0; word < words; word += 2)
        all.push_back(bits[word] | (word + 1 < words ? uint64_t{bits[word + 1]} << 32 : 0));
}
#endif

struct Bench {
    Settings s;
    VerilatedContext context;
    Vtop top{&context, ""};
    std::vector<uint64_t> source[SOURCE_COUNT + 1];
    std::vector<int64_t> sink_cycles, source_cycles;
    std::vector<uint64_t> probed;
    uint64_t held[SOURCE_COUNT + 1] = {};
    int64_t cycle, sent = 0, received = 0, idle = 0, alone = 0, event = 0, probe = 0;
    int64_t offer_at = 0, accept_at, broken_field = -1;
    // Words that may be offered before inputs move again, and the cycle from which they do.
    int64_t move = 0, moving = -1, limit = 0;
    bool offering = false, holding = false, was_reset = false;
    uint8_t clk = 0;

#ifdef COUNT_TRANSITIONS
    uint64_t counts[NET_COUNT + 1] = {};
    std::vector<uint64_t> changed;
#define BEFORE(number, name) decltype(Vtop___024root::name) before_##number = {}, ever_##number = {};
    NETS(BEFORE)
#undef BEFORE
    // Of each state register: how often one value followed another, other than by a reset.
    uint64_t moves_of_states[STATE_COUNT + 1][STATE_VALUES][STATE_VALUES] = {};
    uint64_t states[STATE_COUNT + 1] = {};

    // What all nets have settled to just before the edge, against the cycle before.
    void count() {
        top.eval();
        const bool counted = cycle > 0;
#define COUNT(number, name) counts[number] += transitions(top.rootp->name, before_##number, ever_##number, counted);
        NETS(COUNT)
#undef COUNT
#define MOVE(number, name)                                                                        \
    {                                                                                             \
        const uint64_t state = top.rootp->name % STATE_VALUES;                                    \
        if (counted && !was_reset) ++moves_of_states[number][states[number]][state];              \
        states[number] = state;                                                                   \
    }
        STATES(MOVE)
#undef MOVE
    }

    const uint64_t* ever_changed() {
        changed.clear();
#define APPEND(number, name) append(changed, ever_##number);
        NETS(APPEND)
#undef APPEND
        return changed.data();
    }
#endif

    explicit Bench(const Settings& settings) : s(settings), cycle(-settings.power_up) {
        accept_at = (cycle % s.accept_length + s.accept_length) % s.accept_length;
#define SET(number, name) top.i_##name = s.controls[number];
        CONTROLS(SET)
#undef SET
        limit = next_limit();
        // Room for all at once: to grow is to copy, and to touch every page of memory again.
        const int64_t most = std::min(s.expected, std::max(s.length, int64_t{1}));
        const std::size_t room = std::min<int64_t>(most, LARGEST_ROOM);
        sink_cycles.reserve(std::min(s.length, LARGEST_ROOM));
        source_cycles.reserve(room);
        for (int field = 0; field < SOURCE_COUNT; ++field) source[field].reserve(room);
        top.clk = 0;
        top.i_reset = 1;
        top.eval();
    }

    int64_t next_limit() const { return move < s.move_count ? s.moves[move].word : s.length; }

    void make_moves() {
        for (; move < s.move_count && s.moves[move].word == limit && moving + s.moves[move].offset <= cycle; ++move)
            control(s.moves[move].port, s.moves[move].value);
        if (move == s.move_count || s.moves[move].word != limit) {
            moving = -1;
            limit = next_limit();
        }
    }

    void control(int64_t port, uint64_t value) {
        switch (port) {
#define SET(number, name) \
    case number: top.i_##name = value; break;
            CONTROLS(SET)
#undef SET
            default: break;
        }
    }

    uint64_t output(int64_t port) {
        switch (port) {
#define GET(number, name) \
    case number: return top.q_##name;
            OUTPUTS(GET)
#undef GET
            default: return 0;
        }
    }

    void drive_words() {
        const int64_t at = sent < s.length ? sent : s.length - 1;
        const uint64_t flip = s.invert && !offering ? ~uint64_t{0} : 0;
#define SET(number, name, mask) top.i_sink_##name = ((at < 0 ? 0 : s.sink[number][at]) ^ flip) & mask;
        SINK_FIELDS(SET)
#undef SET
        (void)at;
        (void)flip;
    }

    Status step() {
        const bool reset = cycle < 0 || (cycle >= s.reset_at && cycle - s.reset_at < s.reset_cycles);
        top.i_reset = reset;
        while (event < s.event_count && s.events[event].cycle <= cycle) {
            control(s.events[event].port, s.events[event].value);
            ++event;
        }
        if (moving >= 0) make_moves();
        const bool before = offering;
        if (reset)
            offering = false;
        else if (!offering && sent < limit && s.offer[offer_at])
            offering = true;
        const bool ready = s.accept[accept_at];
#if HAS_SINK
        // While a word waits, nothing changes.
        if (!(before && offering)) {
            drive_words();
            top.i_sink_valid = offering;
        }
#endif
#if HAS_SOURCE
        top.i_source_ready = ready;
#endif
#ifdef COUNT_TRANSITIONS
        count();
#endif
        clk ^= 1;
        top.clk = clk;
        top.eval();

#if HAS_SOURCE
        const bool valid = top.q_source_valid;
        if (holding && !reset) {
            if (!valid) return DROPPED;
#define CHECK(number, name)                          \
    if (held[number] != uint64_t(top.q_source_##name)) { \
        broken_field = number;                       \
        return CHANGED;                              \
    }
            SOURCE_FIELDS(CHECK)
#undef CHECK
        }
        if (valid && reset && was_reset) return VALID_IN_RESET;
        holding = valid && !ready && !reset;
        if (holding) {
#define HOLD(number, name) held[number] = top.q_source_##name;
            SOURCE_FIELDS(HOLD)
#undef HOLD
        }
#else
        const bool valid = false;
#endif
        was_reset = reset;
        while (probe < s.probe_count && s.probes[probe].cycle <= cycle) probed.push_back(output(s.probes[probe++].port));

        if (!reset) {
            bool moved = false;
#if HAS_SINK
            if (offering && top.q_sink_ready) {
                sink_cycles.push_back(cycle);
                ++sent;
                alone = 0;
                offering = false;
                moved = true;
                if (sent == s.reset_after) {
                    s.reset_at = cycle + 1 + s.reset_delay;
                    s.last_planned = std::max(s.last_planned, s.reset_at + s.reset_cycles - 1);
                }
            }
#endif
            if (valid && ready) {
                source_cycles.push_back(cycle);
#define TAKE(number, name) source[number].push_back(top.q_source_##name);
                SOURCE_FIELDS(TAKE)
#undef TAKE
                ++received;
                ++alone;
                moved = true;
            }
            if (moved)
                idle = 0;
            else if (ready && (offering || sent >= limit)) {
                ++idle;
                if (limit < s.length && moving < 0 && !offering && idle >= s.pause) {
                    moving = cycle + 1;
                    idle = 0;
                }
            }
        }
        if (cycle >= 0 && ++offer_at == s.offer_length) offer_at = 0;
        if (++accept_at == s.accept_length) accept_at = 0;
        const int64_t now = cycle++;
        if (now + 1 >= s.cycles) return DONE;
        if (now >= 0 && now >= s.last_planned) {
            if (received >= s.expected) return DONE;
            if (alone >= s.runaway) return RUNAWAY;
            if (idle >= s.drain) return sent < s.length ? HANG : DONE;
        }
        return RUNNING;
    }
};

}  // namespace

extern "C" {

void* bench_new(const Settings* settings) { return new Bench(*settings); }

void bench_free(void* bench) { delete static_cast<Bench*>(bench); }

// Play at most `cycles` cycles; 0 while there is more to do.
int bench_run(void* pointer, int64_t cycles) {
    Bench& bench = *static_cast<Bench*>(pointer);
    for (int64_t n = 0; n < cycles; ++n)
        if (const Status status = bench.step()) return status;
    return RUNNING;
}

// 0 cycle, 1 words in, 2 words out, 3 field that changed while held, 4 cycle of the reset.
int64_t bench_count(void* pointer, int what) {
    Bench& bench = *static_cast<Bench*>(pointer);
    const int64_t counts[] = {bench.cycle, bench.sent, bench.received, bench.broken_field, bench.s.reset_at};
    return counts[what];
}

// Arrays of 64-bit values: -6 moves of state registers, -5 bits of nets that ever changed, -4 transitions of nets, -3 sink cycles, -2 source cycles, -1 probes, from 0 the source fields.
const void* bench_array(void* pointer, int which) {
    Bench& bench = *static_cast<Bench*>(pointer);
#ifdef COUNT_TRANSITIONS
    if (which == -6) return bench.moves_of_states;
    if (which == -5) return bench.ever_changed();
    if (which == -4) return bench.counts;
#endif
    if (which == -3) return bench.sink_cycles.data();
    if (which == -2) return bench.source_cycles.data();
    if (which == -1) return bench.probed.data();
    return bench.source[which].data();
}

uint64_t bench_output(void* pointer, int port) { return static_cast<Bench*>(pointer)->output(port); }

}  // extern "C"
