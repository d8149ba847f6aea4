"""Descriptions drawn at random, of every kind of core: for what any core has to keep."""

from __future__ import annotations

from typing import Any

import numpy as np

from ip_cores.core import Core, make_core
from testbenches.for_tests.random_networks import network_table, random_network

ROUNDINGS = ("floor", "nearest", "convergent", "zero", "ceil")
WAVELETS = ("haar", "db2", "db4", "sym5", "bior2.2", "bior4.4", "rbio3.1", "coif1")


class Draw:
    """Draws parameters.

    Parameters
    ----------
    rng : numpy Generator
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def one(self, *choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def number(self, least: int, most: int) -> int:
        return int(self.rng.integers(least, most, endpoint=True))

    def format(self, least: int, most: int, integer: int = 0, signed: bool = True) -> str:
        """A format with so many bits before the binary point."""
        bits = self.number(least, most)
        return f"{'s' if signed else 'u'}fix{bits}_En{bits - signed - integer}"

    def fir(self) -> dict[str, Any]:
        taps = self.rng.uniform(-1, 1, self.number(1, 40))
        taps /= np.abs(taps).sum() * self.rng.uniform(0.7, 2.0)
        if self.one(True, False):
            taps = taps + taps[::-1]
        best = int(np.floor(-np.log2(np.abs(taps).max() * 1.02)))
        bits = self.number(8, 24)
        rates = self.one({}, {}, {}, {"decimation": self.number(2, 5)}, {"interpolation": self.number(2, 5)})
        return {
            "coefficients": taps.tolist(), "coefficient": f"sfix{bits}_En{bits - 1 + best}", "sink": self.format(4, 24),
            "source": self.format(4, 24), "rounding": self.one(*ROUNDINGS), "overflow": self.one("saturate", "wrap"),
            "form": self.one("direct", "transposed", "serial"), **rates,
        }  # fmt: skip

    def bank(self, side: str, levels: int = 5) -> dict[str, Any]:
        return {
            "wavelet": self.one(*WAVELETS), "levels": self.number(1, levels), "coefficient_word_length": self.number(10, 24),
            "guard_bits": self.number(0, 5), "rounding": self.one(*ROUNDINGS), side: self.format(6, 20),
        }  # fmt: skip

    def lifting(self, side: str) -> dict[str, Any]:
        return {
            "scheme": self.one("5/3", "9/7"), "levels": self.number(1, 5), "guard_bits": self.number(0, 6),
            "coefficient_word_length": self.number(10, 24), side: self.format(6, 20),
        }  # fmt: skip

    def segments(self) -> dict[str, Any]:
        window = self.one("none", "hamming", "hann", "sqrt_hann")
        length = self.one(16, 48, 64)
        hop = length if window == "none" else length // self.one(2, 4)
        return {
            "segment_length": length, "hop": hop, "window": window, "window_word_length": self.number(10, 20),
            "sink": self.format(6, 20), "source": self.format(6, 20), "rounding": self.one(*ROUNDINGS),
        }  # fmt: skip

    def threshold(self) -> dict[str, Any]:
        return {
            "rule": self.one("hard", "soft", "floor"), "threshold": round(float(self.rng.uniform(0.1, 5)), 2),
            "start": float(self.rng.uniform(0, 0.3)), "adaptation": self.number(6, 10),
            "bank": self.one("undecimated", "decimated"),
        }  # fmt: skip

    def biquad(self) -> dict[str, Any]:
        centre = {"method": "peaking", "frequency": self.number(1, 79) / 80, "gain": self.number(-12, 12), "fs": 2}
        edge = {"method": "butter", "order": self.number(1, 6), "cutoff": self.number(1, 79) / 80, "fs": 2}
        return {
            "design": self.one([centre], [edge], [centre, edge]), "form": self.one("direct", "transposed"), "channels": self.number(1, 3),
            "sink": self.format(4, 20), "source": self.format(4, 20), "multipliers": self.number(1, 2), "rounding": self.one(*ROUNDINGS),
            "error_feedback": self.one(True, True, False),
        }  # fmt: skip

    def cic(self) -> dict[str, Any]:
        return {
            "order": self.number(1, 5), self.one("decimation", "interpolation"): self.number(2, 16), "sink": self.format(4, 20),
            "source": self.format(4, 20), "differential_delay": self.number(1, 2), "rounding": self.one(*ROUNDINGS),
        }  # fmt: skip

    def nco(self) -> dict[str, Any]:
        sound = self.one("tone", "noise", "both")
        return {
            "sound": sound, "source": self.format(4, 24), "frequency": float(self.number(0, 8000)), "level": self.number(0, 64) / 64,
            "angle_bits": self.number(6, 11), "phase_bits": self.number(16, 32), "dither": sound != "noise" and self.one(True, False),
        }  # fmt: skip

    def frequency_shifter(self) -> dict[str, Any]:
        return {
            "sink": self.format(4, 24), "source": self.format(4, 24), "shift": float(self.number(-8000, 8000)), "taps": self.one(7, 15, 23),
            "lowest": float(self.number(500, 3000)), "dry": self.number(0, 4) / 4, "prefilter": self.one([1.0], [-0.25, 0.5, -0.25]),
        }  # fmt: skip

    def gammatone_bank(self) -> dict[str, Any]:
        return {
            "bands": self.number(2, 5), "scale": self.one("erb", "bark"), "lowest": float(self.number(80, 500)),
            "highest": float(self.number(1000, 7000)), "sink": self.format(4, 20), "source": self.format(4, 20),
            "multipliers": self.number(1, 4), "envelope": self.one(True, False), "rounding": self.one(*ROUNDINGS),
            "error_feedback": self.one(True, True, False),
        }  # fmt: skip

    def conv_network(self) -> dict[str, Any]:
        dilations = [1 << self.number(0, 2) for _ in range(self.number(1, 2))]
        sizes = {"features": self.number(1, 5), "bottleneck": self.number(1, 4), "hidden": self.number(1, 5), "window": self.one(4, 8)}
        return {
            "weights": network_table(random_network(self.number(0, 999), dilations=dilations, samples=100, **sizes)),
            "sink": self.format(8, 18), "source": self.format(8, 18), "multipliers": self.one(1, 2),
            "weight_word_length": self.number(4, 11), "activation_word_length": self.number(9, 16),
        }  # fmt: skip

    def pitch_detector(self) -> dict[str, Any]:
        return {
            "sample_rate": 4000, "highest": 999 / self.number(2, 4), "lowest": 1001 / self.number(7, 12),
            "frame": float(self.number(28, 40)), "hop": float(self.number(4, 9)), "sink": self.format(8, 18),
            "voicing": round(float(self.rng.uniform(0, 0.8)), 2),
        }  # fmt: skip

    def pitch_shifter(self) -> dict[str, Any]:
        return {
            "sink": self.format(4, 24), "source": self.format(4, 24), "ratio": self.number(32, 127) / 64, "shortest": self.number(2, 6),
            "longest": self.number(7, 14), "match": self.number(4, 9), "fade": self.number(2, 6), "search": self.number(1, 5),
        }  # fmt: skip

    def time_scaler(self) -> dict[str, Any]:
        return {
            "segment": self.one(16, 32, 64), "thinning": self.one(1, 2, 4), "duration": self.number(50, 200) / 100,
            "sink": self.format(4, 24), "rounding": self.one(*ROUNDINGS),
        }  # fmt: skip

    def resampler(self) -> dict[str, Any]:
        phases, weights = self.number(1, 4), self.number(2, 6)
        return {
            "sink": self.format(4, 24), "source": self.format(4, 24), "ratio": self.number(20, 400) / 100, "taps": 2 * self.number(1, 6),
            "phases": 1 << phases, "weight_bits": weights, "step_bits": phases + weights + self.number(2, 8),
            "deviation": self.one(0.0, 0.01, 0.3), "rounding": self.one(*ROUNDINGS),
        }  # fmt: skip

    def noise_reducer(self) -> dict[str, Any]:
        return {
            "rule": self.one("wiener", "subtract"), "floor": round(float(self.rng.uniform(0, 1)), 2),
            "power_time": self.one(1, 4, 8), "gain_time": self.one(0.5, 2), "block_time": self.one(32, 512),
            "bank": self.one("undecimated", "decimated"), "sample_rate": 80000,
        }  # fmt: skip

    def band_gain(self) -> dict[str, Any]:
        gain = round(float(self.rng.uniform(-40, 40)), 1)
        return {"gains": gain, "ramp": self.one(100.0, 10000.0), "bank": self.one("undecimated", "decimated"), "sample_rate": 80000}

    def compressor(self) -> dict[str, Any]:
        return {
            "gains": round(float(self.rng.uniform(-20, 25)), 1), "compression_ratio": self.one(1.0, 1.5, 2.0, 3.0),
            "compression_knee": self.one(40.0, 50.0), "expansion_ratio": self.one(1.0, 2.0), "output_limit": self.one(95.0, 110.0),
            "attack": self.one(1.0, 5.0), "release": self.one(50.0, 100.0), "sample_rate": 80000,
        }  # fmt: skip

    def description(self, kind: str) -> dict[str, Any]:
        """Parameters of a core of some kind."""
        match kind:
            case "fir":
                return self.fir()
            case "dwt_analysis" | "swt_analysis":
                return self.bank("sink")
            case "dwt_synthesis" | "swt_synthesis":
                return self.bank("source")
            case "packet_analysis":
                return self.bank("sink", 4)
            case "packet_synthesis":
                return self.bank("source", 4)
            case "dwt_ola":
                return {**self.bank("sink", 4), "segment_length": 16 * self.number(1, 8)}
            case "lifting_analysis":
                return self.lifting("sink")
            case "lifting_synthesis":
                return {**self.lifting("source"), "rounding": self.one(*ROUNDINGS)}
            case "segmenter":
                return {**self.segments(), "padding": self.one(0, 5)}
            case "overlap_add":
                shape = self.segments()
                return {**shape, "padding": 4 if shape["window"] == "none" else 0}
            case "fft":
                formats = (f"complex_{self.format(6, 24)}" for _ in range(2))
                return {"points": 2 ** self.number(3, 6), "sink": next(formats), "source": next(formats), "rounding": self.one(*ROUNDINGS)}
            case "threshold":
                return {**self.threshold(), "levels": self.number(1, 4), "sink": self.format(8, 24)}
            case "biquad":
                return self.biquad()
            case "nco":
                return self.nco()
            case "cic":
                return self.cic()
            case "frequency_shifter":
                return self.frequency_shifter()
            case "pitch_detector":
                return self.pitch_detector()
            case "psola":
                ratio, duration = self.number(67, 200) / 100, self.number(50, 200) / 100
                return {**self.pitch_detector(), "ratio": ratio, "duration": duration, "unvoiced": self.number(4, 40) / 4}
            case "speech_classifier":
                hop = self.number(1, 20) / 8
                return {"sample_rate": 8000, "hop": hop, "frame": hop * self.number(1, 3), "sink": self.format(8, 20)}
            case "gammatone_bank":
                return self.gammatone_bank()
            case "conv_network":
                return self.conv_network()
            case "pitch_shifter":
                return self.pitch_shifter()
            case "time_scaler":
                return self.time_scaler()
            case "resampler":
                return self.resampler()
            case "noise_reducer":
                return {**self.noise_reducer(), "levels": self.number(1, 4), "sink": self.format(8, 24)}
            case "band_gain":
                return {**self.band_gain(), "levels": self.number(1, 4), "sink": self.format(8, 24)}
            case "compressor":
                return {**self.compressor(), "levels": 4, "sink": self.format(8, 24)}
            case "denoiser":
                return self.denoiser()
            case "sequencer":
                inner = {"core": self.one("fir", "limiter"), "name": "inner"}
                return {"segment_length": 60, "calculation": {**inner, **(self.fir() if inner["core"] == "fir" else {"silence": 5})}}
            case "chain":
                return {"stages": self.stages()}
            case "limiter":
                return {"sink": self.format(4, 24), "silence": self.number(1, 50), "ceiling": float(self.rng.uniform(0.1, 1))}
            case "i2s_receiver" | "i2s_transmitter":
                side = "source" if kind == "i2s_receiver" else "sink"
                return {"role": self.one("master", "slave"), "framing": self.one("i2s", "left_justified"), side: self.format(8, 24)}
            case "pdm_microphone":
                return {"role": self.one("master", "slave"), "divider": self.number(4, 256), "edge": self.one("rising", "falling")}
            case "i2c_master":
                return {"quarter": self.number(4, 300)}
            case "wm8731_setup":
                return {"quarter": self.number(4, 300), "retries": self.number(0, 3)}
            case "reset_synchronizer":
                return {"stages": self.number(2, 4)}
            case "dual_clock_fifo":
                return {"sink": self.format(4, 60), "depth": 1 << self.number(2, 8), "stages": self.number(2, 4)}
            case _:
                return {"sink": self.format(4, 60, signed=self.one(True, False)), "packets": self.one(True, False)}

    def denoiser(self) -> dict[str, Any]:
        shape = {**self.bank("sink", 3), **self.threshold(), "threshold": round(float(self.rng.uniform(0.3, 3)), 2)}
        shape["wavelet"] = self.one("haar", "db2")
        way = self.one("stream", "stream", "segment", "window")
        if way == "segment":
            shape |= {"processing": "segment", "segment_length": 64}
        if way == "window":
            shape |= {"processing": "segment", "segment_length": 128, "window": self.one("hann", "sqrt_hann")}
        return {**shape, "source": self.format(8, 20)}

    def stages(self) -> list[dict[str, Any]]:
        first = {"core": "fir", "name": "first", **self.fir()}
        match self.one("fir", "bank", "lifting", "segments", "threshold", "denoiser"):
            case "fir":
                return [first, {"core": "fir", "name": "second", **self.fir(), "sink": first["source"]}]
            case "bank":
                shape = self.bank("sink", 3)
                there = make_core({"core": "dwt_analysis", "name": "there", **shape})
                back = {key: value for key, value in shape.items() if key != "sink"}
                second = {"core": "dwt_synthesis", "name": "back", "source": shape["sink"], **back, "sink": str(there.source_format)}
                return [{"core": "dwt_analysis", "name": "there", **shape}, second]
            case "lifting":
                shape = self.lifting("sink")
                back = {("source" if key == "sink" else key): value for key, value in shape.items()}
                return [{"core": "lifting_analysis", "name": "there", **shape}, {"core": "lifting_synthesis", "name": "back", **back}]
            case "segments":
                shape = self.segments()
                if shape["window"] == "none":
                    shape |= {"window": "hann", "hop": shape["segment_length"] // 2}
                return [
                    {"core": "segmenter", "name": "cut", **shape},
                    {"core": "overlap_add", "name": "join", **shape, "sink": shape["source"], "source": self.format(6, 20)},
                ]
            case "threshold":
                shape = {**self.bank("sink", 3), "wavelet": self.one("haar", "db2")}
                there = make_core({"core": "swt_analysis", "name": "there", **shape})
                middle = {"core": "threshold", "name": "between", "sink": str(there.source_format), "levels": shape["levels"]}
                return [{"core": "swt_analysis", "name": "there", **shape}, {**middle, **self.threshold(), "bank": "undecimated"}]
            case _:
                inner = self.denoiser()
                if inner.get("processing") == "segment":
                    inner = {key: value for key, value in inner.items() if key not in ("processing", "window", "segment_length")}
                last = {"core": "fir", "name": "last", **self.fir(), "sink": inner["source"]}
                return [{"core": "denoiser", "name": "inner", **inner}, last]


def random_core(kind: str, seed: int) -> Core | None:
    """A core of some kind; None where what was drawn does not go together."""
    try:
        return make_core({"core": kind, "name": "drawn", **Draw(np.random.default_rng(seed)).description(kind)})
    except ValueError:
        return None
