// A board project as machine code, with a WM8731 around it: the same codec as vhdl/wm8731.vhd, for seconds of sound.
//
// board ADC DAC FRAMES OFFSET_PPM DRIFT_PPM REFUSED: ADC holds 16-bit words (left; right is their inverse), DAC gets pairs of left and
// right. Standard output is "frames before the codec began, lamps", then the three bytes of every transfer on the bus. The codec's clock
// is slow by OFFSET_PPM and drifts to and fro by DRIFT_PPM.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "Vtop.h"
#include "Vtop___024root.h"
#include "verilated.h"

namespace {

// Slave of an I2C bus at address 0x1A, write only.
class Bus {
public:
    explicit Bus(std::string refused) : refused_(std::move(refused)) {}
    bool pulls_low = false;
    std::vector<uint32_t> transfers;
    uint16_t registers[16] = {};  // what they are before they are written does not matter here

    void lines(bool scl, bool sda) {
        if (scl && scl_ && sda_ && !sda) {  // start
            count_ = 0;
            bits_ = 0;
            listening_ = true;
        } else if (scl && scl_ && !sda_ && sda) {  // stop
            if (listening_) finish();
            listening_ = false;
            pulls_low = false;
        } else if (listening_ && scl && !scl_) {
            if (count_ < 27) bits_ = bits_ << 1 | sda;
        } else if (listening_ && !scl && scl_ && started_) {
            ++count_;
            pulls_low = count_ % 9 == 8 && !refuses();
        }
        if (!scl) started_ = listening_;
        if (!listening_) started_ = false;
        scl_ = scl;
        sda_ = sda;
    }

private:
    bool refuses() const { return transfers.size() < refused_.size() && refused_[transfers.size()] == '1'; }

    void finish() {
        const unsigned address = bits_ >> 19 & 255, high = bits_ >> 10 & 255, low = bits_ >> 1 & 255;
        if (count_ != 27 || address != 0x34) {
            std::fprintf(stderr, "a transfer of %u bits to %02x\n", count_, address);
            std::exit(2);
        }
        if (!refuses()) registers[high >> 1 & 15] = (high & 1) << 8 | low;
        transfers.push_back(address << 16 | high << 8 | low);
    }

    std::string refused_;
    bool scl_ = true, sda_ = true, listening_ = false, started_ = false;
    unsigned count_ = 0;
    uint32_t bits_ = 0;
};

// Converters: serial audio as slave of bclk and lrclk.
class Converters {
public:
    explicit Converters(std::vector<int16_t> words) : words_(std::move(words)) {}
    bool adcdat = false;
    long frames_before = 0;
    std::vector<int16_t> played;

    // `frame` is the number of the frame that begins, if one does.
    void lines(bool bclk, bool lrclk, bool lrclk_before, bool dacdat, bool running, long frame) {
        if (bclk_ && !bclk) fall(lrclk_before, running, frame);
        if (!bclk_ && bclk && running) rise(lrclk, dacdat);
        bclk_ = bclk;
    }

private:
    // What lrclk was just before the edge counts for the word that begins now.
    void fall(bool side, bool running, long frame) {
        const bool changed = side != side_out_;
        side_out_ = side;
        if (!running) {
            adcdat = false;
            return;
        }
        if (changed && !side && !started_) {
            started_ = true;
            frames_before = frame;
        }
        if (changed && !side) word_ = next_ < words_.size() ? words_[next_++] : 0;
        const uint16_t right = started_ ? ~word_ : 0;  // nothing comes before the first whole frame
        shifted_ = changed ? (side ? right : word_) : uint16_t(shifted_ << 1);
        adcdat = shifted_ >> 15 & 1;
    }

    void rise(bool lrclk, bool dacdat) {
        if (before_ != side_in_) {
            count_ = 0;
            if (before_ == 0) {
                if (whole_) {
                    played.push_back(int16_t(left_));
                    played.push_back(int16_t(right_));
                }
                whole_ = side_in_ != 2;
            }
        }
        side_in_ = before_;
        if (count_ < 16 && side_in_ != 2) {
            uint16_t& word = side_in_ == 0 ? left_ : right_;
            word = uint16_t(word << 1 | dacdat);
            ++count_;
        }
        before_ = lrclk;
    }

    std::vector<int16_t> words_;
    size_t next_ = 0;
    bool bclk_ = false, side_out_ = false, whole_ = false, started_ = false;
    int before_ = 2, side_in_ = 2, count_ = 16;  // 2 is not yet known
    uint16_t word_ = 0, shifted_ = 0, left_ = 0, right_ = 0;
};

constexpr int64_t SYSTEM_PERIOD = 20'000'000;  // femtoseconds
constexpr int64_t RESET_UNTIL = 5'000'000'000;
constexpr int64_t LONGEST_SILENCE = 200'000'000'000'000;
constexpr long FRAME_EDGES = 250;  // of the codec's clock
constexpr double CODEC_PERIOD = 83'333'333.333;

}  // namespace

// The netlist's registers take both edges (see netlist.py), so that a clock is turned over where it rises on the board.
int main(int argc, char** argv) {
    if (argc != 7) return 2;
    std::vector<int16_t> words;
    FILE* file = std::fopen(argv[1], "rb");
    if (!file) return 2;
    for (int16_t word; std::fread(&word, 2, 1, file) == 1;) words.push_back(word);
    std::fclose(file);
    const size_t wanted = 2 * std::strtoul(argv[3], nullptr, 10);
    const double offset = std::strtod(argv[4], nullptr), drift = std::strtod(argv[5], nullptr);
    Bus bus(argv[6]);
    Converters codec(std::move(words));
    VerilatedContext context;
    Vtop top(&context);
    auto& codec_clock = top.rootp->CODEC_CLOCK;
    codec_clock = 0;
    top.iCLK_50 = 0;
    top.iSW = 0xC;
    top.iKEY = 0;
    int64_t system_at = SYSTEM_PERIOD, codec_at = SYSTEM_PERIOD * 7 / 3;
    double rest = 0, deviation = 0, step = drift / 500;
    bool lrclk = false;
    long edges = 0;
    while (codec.played.size() < wanted) {
        if (system_at <= codec_at) {
            top.iCLK_50 = !top.iCLK_50;
            top.iKEY = system_at > RESET_UNTIL;
            top.eval();
            system_at += SYSTEM_PERIOD;
            const bool scl = !top.oI2C_SCLK_low, sda = !top.I2C_SDAT_low;
            bus.lines(scl, sda && !bus.pulls_low);
            top.oI2C_SCLK = scl;
            top.I2C_SDAT = sda && !bus.pulls_low;
            continue;
        }
        codec_clock = !codec_clock;
        top.eval();
        if (std::fabs(deviation + step) > std::fabs(drift)) step = -step;
        deviation += step;
        const double period = CODEC_PERIOD * (1 + (offset + deviation) * 1e-6) + rest;
        rest = period - std::floor(period);
        codec_at += int64_t(period);
        edges += top.iKEY;
        const bool running = (bus.registers[9] & 1) && !(bus.registers[6] & 16);
        codec.lines(top.AUD_BCLK, top.AUD_DACLRCK, lrclk, top.oAUD_DACDAT, running, (edges + FRAME_EDGES / 2) / FRAME_EDGES);
        lrclk = top.AUD_DACLRCK;
        top.iAUD_ADCDAT = codec.adcdat;
        if (top.oLEDG & 8) {
            std::fprintf(stderr, "the set-up failed\n");
            return 1;
        }
        if (system_at > LONGEST_SILENCE && codec.played.empty()) {
            std::fprintf(stderr, "nothing is played\n");
            return 1;
        }
    }
    std::printf("%ld %d", codec.frames_before, int(top.oLEDG));
    for (const uint32_t transfer : bus.transfers) std::printf(" %u", transfer);
    file = std::fopen(argv[2], "wb");
    if (!file) return 2;
    std::fwrite(codec.played.data(), 2, codec.played.size(), file);
    std::fclose(file);
    return 0;
}
