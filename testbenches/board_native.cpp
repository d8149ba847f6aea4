// A board project as machine code, with a WM8731 around it: the same codec as vhdl/wm8731.vhd, for seconds of sound.
//
// board ADC DAC FRAMES DRIFT_PPM REFUSED: ADC holds 16-bit words (left; right is their inverse), DAC gets pairs of left and right. The first
// line on standard output is "frames before the codec began, transfers on the bus, lamps". The codec's clock drifts to and fro.

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
    unsigned transfers = 0;
    uint16_t registers[16] = {};

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
    bool refuses() const { return transfers < refused_.size() && refused_[transfers] == '1'; }

    void finish() {
        const unsigned address = bits_ >> 19 & 255, high = bits_ >> 10 & 255, low = bits_ >> 1 & 255;
        if (count_ != 27 || address != 0x34) {
            std::fprintf(stderr, "a transfer of %u bits to %02x\n", count_, address);
            std::exit(2);
        }
        if (!refuses()) registers[high >> 1 & 15] = (high & 1) << 8 | low;
        ++transfers;
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

    void lines(bool bclk, bool lrclk, bool lrclk_before, bool dacdat, bool running) {
        if (bclk_ && !bclk) fall(lrclk_before, running);
        if (!bclk_ && bclk && running) rise(lrclk, dacdat);
        bclk_ = bclk;
    }

private:
    // What lrclk was just before the edge counts for the word that begins now.
    void fall(bool side, bool running) {
        const bool changed = side != side_out_;
        side_out_ = side;
        if (!running) {
            frames_before += changed && !side;
            adcdat = false;
            return;
        }
        if (changed && !side) word_ = next_ < words_.size() ? words_[next_++] : 0;
        shifted_ = changed ? (side ? ~word_ : word_) : uint16_t(shifted_ << 1);
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
    bool bclk_ = false, side_out_ = false, whole_ = false;
    int before_ = 2, side_in_ = 2, count_ = 16;  // 2 is not yet known
    uint16_t word_ = 0, shifted_ = 0, left_ = 0, right_ = 0;
};

constexpr int64_t HALF_SYSTEM = 10'000'000;  // femtoseconds
constexpr int64_t LONGEST_SILENCE = 50'000'000'000'000;
constexpr double HALF_CODEC = 41'666'666.667;

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    std::vector<int16_t> words;
    if (FILE* file = std::fopen(argv[1], "rb")) {
        for (int16_t word; std::fread(&word, 2, 1, file) == 1;) words.push_back(word);
        std::fclose(file);
    }
    const size_t wanted = 2 * std::strtoul(argv[3], nullptr, 10);
    const double drift = std::strtod(argv[4], nullptr);
    Bus bus(argv[5]);
    Converters codec(std::move(words));
    VerilatedContext context;
    Vtop top(&context);
    auto& codec_clock = top.rootp->CODEC_CLOCK;
    codec_clock = 0;
    top.iCLK_50 = 0;
    top.iSW = 0xC;
    top.iKEY = 0;
    int64_t system_at = HALF_SYSTEM, codec_at = HALF_SYSTEM * 7 / 3;
    double rest = 0, deviation = 0, step = drift / 1000;
    bool lrclk = false;
    while (codec.played.size() < wanted) {
        if (system_at <= codec_at) {
            top.iCLK_50 = !top.iCLK_50;
            if (system_at > 5'000'000'000) top.iKEY = 1;
            system_at += HALF_SYSTEM;
        } else {
            codec_clock = !codec_clock;
            if (std::fabs(deviation + step) > std::fabs(drift)) step = -step;
            deviation += step;
            const double half = HALF_CODEC * (1 + deviation * 1e-6) + rest;
            rest = half - std::floor(half);
            codec_at += int64_t(half);
        }
        top.iAUD_ADCDAT = codec.adcdat;
        top.eval();
        const bool scl = !top.oI2C_SCLK_low;
        const bool sda = !top.I2C_SDAT_low && !bus.pulls_low;
        bus.lines(scl, sda);
        top.oI2C_SCLK = scl;
        top.I2C_SDAT = sda && !bus.pulls_low;
        codec.lines(top.AUD_BCLK, top.AUD_DACLRCK, lrclk, top.oAUD_DACDAT, bus.registers[9] & 1);
        lrclk = top.AUD_DACLRCK;
        if (top.oLEDG & 8) {
            std::fprintf(stderr, "the set-up failed\n");
            return 1;
        }
        if (system_at > LONGEST_SILENCE && codec.played.empty()) {
            std::fprintf(stderr, "nothing is played\n");
            return 1;
        }
    }
    std::printf("%ld %u %d\n", codec.frames_before, bus.transfers, int(top.oLEDG));
    FILE* file = std::fopen(argv[2], "wb");
    std::fwrite(codec.played.data(), 2, codec.played.size(), file);
    std::fclose(file);
    return 0;
}
