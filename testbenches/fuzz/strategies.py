"""Descriptions, words and run-time inputs as hypothesis draws and shrinks them, of every kind of core and over all that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pywt
from hypothesis import strategies as st

from ip_cores.core import Core, make_core
from reference.conv_network import ARRAYS
from testbenches.for_tests.random_networks import network_table, random_network
from testbenches.interface import Interface

Drawn = dict[str, Any]
Draw = Any
"""What hypothesis hands to a composite strategy."""

ROUNDINGS = ("nearest", "floor", "convergent", "zero", "ceil")
OVERFLOWS = ("saturate", "wrap")
SHORT_WAVELETS = ("haar", "db2", "bior2.2", "rbio1.3", "coif1")
WAVELETS = (*SHORT_WAVELETS, *(name for name in pywt.wavelist(kind="discrete") if pywt.Wavelet(name).dec_len <= 20))


def whole_numbers(least: int, most: int) -> st.SearchStrategy[int]:
    """Numbers of a range, its end in every fourth draw: what overflows does so there."""
    return st.one_of(st.integers(least, most), st.integers(least, most), st.integers(least, most), st.just(most))


@st.composite
def formats(draw: Draw, least: int = 2, most: int = 32, signed: bool | None = True) -> str:
    """A format of so many bits, the binary point anywhere near them; signed or not where `signed` is None."""
    bits = draw(whole_numbers(least, most))
    sign = draw(st.sampled_from("su")) if signed is None else "su"[not signed]
    fraction = draw(st.one_of(st.just(bits - 1), st.integers(-4, bits + 6)))
    return f"{sign}fix{bits}_{'En' if fraction >= 0 else 'E'}{abs(fraction)}"


def some(**choices: st.SearchStrategy[Any]) -> st.SearchStrategy[Drawn]:
    """Some of these keys; the others keep their defaults."""
    return st.fixed_dictionaries({}, optional=choices)


roundings, overflows = st.sampled_from(ROUNDINGS), st.sampled_from(OVERFLOWS)


@st.composite
def firs(draw: Draw, sink: str | None = None, rates: bool = True) -> Drawn:
    """Filters of any form, symmetric or not, with zeros and powers of two among their coefficients."""
    taps = draw(st.lists(st.one_of(st.integers(-64, 64).map(lambda n: n / 64), st.floats(-1, 1, width=32)), min_size=1, max_size=24))
    taps += draw(st.sampled_from(([], taps[::-1], taps[-2::-1], [-tap for tap in taps[::-1]])))
    peak = max(map(abs, taps)) or 1.0
    bits = draw(whole_numbers(2, 32))
    fullest = bits - 1 - int(np.frexp(peak * (1 + 2.0 ** (1 - bits)))[1])
    fraction = fullest - draw(st.integers(-1, 3))
    found: Drawn = {
        "coefficients": taps,
        "coefficient": f"sfix{bits}_{'En' if fraction >= 0 else 'E'}{abs(fraction)}",
        "sink": sink or draw(formats(signed=None)),
        "source": draw(formats(signed=None)),
        "form": draw(st.sampled_from(("direct", "transposed", "serial"))),
    }
    found |= draw(
        some(
            rounding=roundings,
            overflow=overflows,
            fold=st.booleans(),
            multiplier=st.sampled_from(("embedded", "logic")),
            pipeline=st.sampled_from(("area", "speed")),
            gain=st.sampled_from((0.5, -1.0, 0.75)),
            multipliers=st.integers(1, len(taps)),
        )
    )
    if draw(st.booleans()):
        found["clip_coefficients"] = True
        found.pop("overflow", None)
    if rates:
        found |= draw(
            st.one_of(
                st.just({}), st.integers(2, 6).map(lambda n: {"decimation": n}), st.integers(2, 6).map(lambda n: {"interpolation": n})
            )
        )
    if draw(st.integers(0, 3)) == 0:
        found |= draw(loading(found))
    return found


@st.composite
def in_turn(draw: Draw, one_channel: st.SearchStrategy[Drawn]) -> Drawn:
    """A core that may have several channels; seldom one that may not, which is to be refused."""
    found = draw(one_channel)
    serial = found.get("form", "serial") == "serial" and not {"interpolation", "run_time_coefficients"} & set(found)
    several = draw(st.integers(0, 1 if serial else 12)) == 1
    return {**found, "channels": draw(st.integers(2, 5))} if several else found


@st.composite
def loading(draw: Draw, filter_: Drawn) -> Drawn:
    """What makes the coefficients of a filter loadable; seldom it is none of its kind, which is to be refused."""
    access = draw(st.sampled_from(("port", "slave")))
    taps = filter_["coefficients"]
    alike = [name for name, sign in (("symmetric", 1), ("antisymmetric", -1)) if taps == [sign * tap for tap in taps[::-1]]]
    found: Drawn = {"run_time_coefficients": access, "banks": draw(st.integers(1 if access == "port" else 2, 5))}
    if alike and draw(st.booleans()):
        found["symmetry"] = alike[0]
    if access == "slave":
        found |= draw(some(bank_port=st.booleans()))
    return found


@st.composite
def own_filters(draw: Draw) -> Drawn:
    """Filters of one's own: a wavelet's low-pass that is a little off, in a table."""
    low = list(pywt.Wavelet(draw(st.sampled_from(("haar", "db2", "db3")))).dec_lo)
    return {"filters": {"analysis_low": [tap * (1 + draw(st.integers(-3, 3)) / 512) for tap in low]}}


@st.composite
def banks(draw: Draw, side: str, levels: int, most: int = 32, exact: bool = True) -> Drawn:
    """What wavelet banks share."""
    found: Drawn = {"levels": draw(st.integers(1, levels)), side: draw(formats(2, most))}
    found |= draw(st.one_of(st.sampled_from(WAVELETS).map(lambda name: {"wavelet": name}), own_filters()))
    found |= draw(some(coefficient_word_length=whole_numbers(4, 32), guard_bits=whole_numbers(0, 16), rounding=roundings))
    if exact and draw(st.integers(0, 19)) == 19:
        found |= {"exact": True, "wavelet": draw(st.sampled_from(("haar", "db2")))}
        found.pop("filters", None)
        found.pop("rounding", None)
    return found


@st.composite
def bank_cores(draw: Draw, side: str, levels: int) -> Drawn:
    """One half of a bank as a core of its own."""
    found = draw(banks(side, levels))
    found |= draw(some(multipliers=st.integers(1, 4), pipeline=st.sampled_from(("area", "speed"))))
    if side == "source":
        found |= draw(some(overflow=overflows))
        if draw(st.booleans()):
            found["sink"] = draw(formats(2, 64))
    return found


def without_pipeline(description: Drawn) -> Drawn:
    """Undecimated banks have no choice of pipeline."""
    return {key: value for key, value in description.items() if key != "pipeline"}


@st.composite
def liftings(draw: Draw, side: str) -> Drawn:
    """Lifting schemes."""
    found: Drawn = {"scheme": draw(st.sampled_from(("5/3", "9/7"))), "levels": draw(st.integers(1, 5)), side: draw(formats(2, 32))}
    found |= draw(some(guard_bits=whole_numbers(0, 16), coefficient_word_length=whole_numbers(4, 32)))
    return found


@st.composite
def segments(draw: Draw) -> Drawn:
    """Segments and their windows."""
    window = draw(st.sampled_from(("none", "hamming", "hann", "sqrt_hann")))
    parts = draw(st.integers(2, 4)) if window != "none" else 1
    hop = draw(st.integers(2, 16 if window != "none" else 40))
    found: Drawn = {"segment_length": hop * parts, "hop": hop, "window": window}
    found |= draw(some(window_word_length=whole_numbers(4, 20), rounding=roundings, overflow=overflows))
    return {**found, "sink": draw(formats(signed=None)), "source": draw(formats(signed=None))}


@st.composite
def segmenters(draw: Draw) -> Drawn:
    """A segmenter, with zeros behind each segment or without."""
    return {**draw(segments()), "padding": draw(st.integers(0, 9))}


@st.composite
def overlap_adds(draw: Draw) -> Drawn:
    """An overlap-add; its padding is what segments without a window overlap by."""
    found = draw(segments())
    padding = draw(st.integers(2 if found["window"] == "none" else 0, 9))
    if found["window"] == "sqrt_hann" and padding:
        found["offset"] = draw(st.integers(1, padding))
    return {**found, "padding": padding}


@st.composite
def transforms(draw: Draw) -> Drawn:
    """A Fourier transform of a few words."""
    return {
        "points": 2 ** draw(st.integers(3, 6)), "sink": f"complex_{draw(formats(2, 24))}", "source": f"complex_{draw(formats(2, 32))}",
        **draw(some(inverse=st.booleans(), order=st.sampled_from(("natural", "bit_reversed")), guard_bits=whole_numbers(0, 8),
                    twiddle_word_length=whole_numbers(6, 24), rounding=roundings, overflow=overflows)),
    }  # fmt: skip


rules = st.sampled_from(("hard", "soft", "floor"))
threshold_keys = {
    "rule": rules, "threshold": st.integers(2, 1070).map(lambda n: n / 100), "start": st.integers(0, 400).map(lambda n: n / 1000),
    "adaptation": st.integers(6, 12),
}  # fmt: skip
either_bank = st.sampled_from(("undecimated", "decimated"))


@st.composite
def noise_reducers(draw: Draw) -> Drawn:
    """A noise reducer whose times are so many words that every branch is taken; `exponents` of a band, or of the samples in front."""
    levels, bank = draw(st.integers(1, 4)), draw(either_bank)
    octaves = 0 if bank == "undecimated" else levels
    rate = 1000 * (levels + 1) if bank == "undecimated" else 1000

    def time(low: int, high: int) -> st.SearchStrategy[float]:
        return st.integers(low, high).map(lambda exponent: float(2 ** (exponent + octaves)))

    block = draw(time(2, 7))
    own = st.lists(st.integers(0, 100).map(lambda n: n / 100), min_size=2, max_size=9)
    return {
        "levels": levels, "bank": bank, "sample_rate": rate, "sink": draw(formats(4, 32)), "block_time": block,
        "power_time": draw(time(0, 5)), "fall_time": draw(time(0, 5)), "gain_time": draw(time(0, 4)),
        "start_time": min(block / 2 ** max(1, octaves), draw(st.integers(1, 20).map(float))), "rise": draw(st.integers(1, 900).map(float)),
        **draw(some(floor=st.integers(0, 100).map(lambda n: n / 100), oversubtraction=st.integers(0, 64).map(lambda n: n / 4),
                    rule=st.one_of(st.sampled_from(("wiener", "subtract")), own))),
    }  # fmt: skip


def each_or_all(numbers: st.SearchStrategy[float], levels: int) -> st.SearchStrategy[Any]:
    """A number for all bands, or one for each."""
    return st.one_of(numbers, st.lists(numbers, min_size=levels + 1, max_size=levels + 1))


decibels = st.integers(-960, 420).map(lambda tenths: tenths / 10)


@st.composite
def band_gains(draw: Draw) -> Drawn:
    """Gains whose ramps take a word, some, or all there are."""
    levels = draw(st.integers(1, 8))
    found: Drawn = {"levels": levels, "sink": draw(formats(4, 32)), "gains": draw(each_or_all(decibels, levels))}
    return {**found, **draw(some(bank=either_bank, ramp=st.integers(-1, 7).map(lambda n: 10.0**n)))}


@st.composite
def compressors(draw: Draw) -> Drawn:
    """A compressor whose curve bends anywhere, with times of a word to longer than what is played."""
    levels = draw(st.integers(1, 5))

    def own(least: int, most: int, parts: int = 1) -> st.SearchStrategy[Any]:
        return each_or_all(st.integers(least * parts, most * parts).map(lambda n: n / parts), levels)

    expands = draw(own(-20, 40))
    times = st.integers(3, 80).map(lambda n: n / 10)
    return {
        "levels": levels, "sample_rate": 1000 * (levels + 1), "sink": draw(formats(8, 32)), "gains": draw(own(-40, 20)),
        "expansion_knee": expands, "compression_knee": draw(own(40, 90)), "output_limit": draw(own(90, 130)),
        "attack": draw(times), "release": draw(times) * 10, "power_time": float(2 ** draw(st.integers(0, 6))),
        **draw(some(
            compression_ratio=own(1, 10, 8), expansion_ratio=own(1, 3, 4), speech_levels=own(40, 70),
            full_scale_spl=st.integers(80, 130).map(float), output_full_scale_spl=st.integers(90, 130).map(float),
            ramp=st.integers(-1, 7).map(lambda n: 10.0**n),
        )),
    }  # fmt: skip


@st.composite
def speech_classifiers(draw: Draw) -> Drawn:
    """Hops of a few samples, and any limits."""
    hop = draw(st.integers(1, 12)) / 8
    return {
        "sample_rate": 8000, "hop": hop, "frame": hop * draw(st.integers(1, 4)), "sink": draw(formats(6, 24)),
        **draw(some(
            silence=st.integers(0, 40).map(float), tilt=st.integers(0, 60).map(lambda n: n / 10), rise=st.sampled_from((0.01, 9.0, 1000.0)),
            least_level=st.integers(-150, -20).map(float),
        )),
    }  # fmt: skip


@st.composite
def pitch_detectors(draw: Draw) -> Drawn:
    """Frames of a few samples, any lags, and any limits; 1000 decimated samples a second."""
    shortest = draw(st.integers(2, 5))
    longest = shortest + draw(st.integers(1, 9))
    frame = max(16, 2 * longest + 2) + draw(st.integers(0, 9))
    return {
        "sample_rate": 4000, "highest": 999 / shortest, "lowest": 1001 / longest, "frame": float(frame),
        "hop": float(draw(st.integers(-(-(longest + 3) // 4), 9))), "sink": draw(formats(6, 18)),
        **draw(some(
            share=st.integers(0, 99).map(lambda n: n / 100), voicing=st.integers(0, 12).map(lambda n: n / 10),
            least_level=st.integers(-150, -10).map(float),
        )),
    }  # fmt: skip


@st.composite
def grain_layers(draw: Draw) -> Drawn:
    """A pitch detector of few lags, any ratio and any duration."""
    found = draw(pitch_detectors())
    ratio, duration = (st.one_of(st.just(1.0), st.integers(low, 200).map(lambda percent: percent / 100)) for low in (67, 50))
    unvoiced = st.integers(4, 40).map(lambda samples: samples / 4)
    return found | draw(some(ratio=ratio, duration=duration, rounding=roundings)) | {"unvoiced": draw(unvoiced)}


@st.composite
def biquads(draw: Draw) -> Drawn:
    """Sections with poles anywhere inside of the unit circle and zeros anywhere, or designs; any number of channels."""

    def pair(most: int) -> st.SearchStrategy[tuple[float, float]]:
        """A pair of conjugates: minus their sum, and their product."""
        pole = st.tuples(st.integers(0, most).map(lambda n: n / 100), st.integers(0, 100).map(lambda n: n / 100))
        return pole.map(lambda one: (float(-2 * one[0] * np.cos(np.pi * one[1])), float(one[0] ** 2)))

    row = st.tuples(st.sampled_from((1.0, -0.5, 0.001, 20.0)), pair(150), pair(97)).map(
        lambda found: [found[0], found[0] * found[1][0], found[0] * found[1][1], 1.0, *found[2]]
    )
    # Parts of half the sample rate of a channel.
    frequency, gain = st.integers(1, 79).map(lambda n: n / 80), st.integers(-20, 20).map(float)
    tables = st.one_of(
        st.fixed_dictionaries({"method": st.just("butter"), "order": st.integers(1, 4), "cutoff": frequency, "fs": st.just(2)}),
        st.fixed_dictionaries(
            {"method": st.sampled_from(("peaking", "low_shelf", "high_shelf")), "frequency": frequency, "gain": gain, "fs": st.just(2)}
        ),
    )
    filters = st.one_of(
        st.lists(row, min_size=1, max_size=4).map(lambda rows: {"sections": rows}),
        st.lists(tables, min_size=1, max_size=2).map(lambda found: {"design": found}),
    )
    form = draw(st.sampled_from(("direct", "transposed")))
    return {
        **draw(filters), "form": form, "sink": draw(formats(2, 24)), "source": draw(formats(2, 24)),
        "multipliers": draw(st.integers(1, 5 if form == "direct" else 2)),
        **draw(some(channels=st.integers(1, 5), coefficient_word_length=st.integers(18, 24), state_word_length=st.integers(26, 32),
                    rounding=roundings, overflow=overflows, error_feedback=st.booleans(), arrange=st.booleans())),
    }  # fmt: skip


@st.composite
def cics(draw: Draw) -> Drawn:
    """A few moving sums of some words, in front of a decimator or behind an interpolator; of bits too."""
    way, other = draw(st.sampled_from((("decimation", 20), ("interpolation", 12))))
    sink = draw(st.one_of(st.just("bipolar"), formats(1, 24, None), formats(1, 24, None)))
    rate = draw(st.integers(2, other))
    least = {"least_decimation": draw(st.integers(2, rate - 1))} if way == "decimation" and rate > 2 and draw(st.booleans()) else {}
    return {
        "order": draw(st.integers(1, 6)), way: rate, **least, "sink": sink, "source": draw(formats(2, 32, None)),
        **draw(some(differential_delay=st.integers(1, 2), rounding=roundings, overflow=overflows)),
    }  # fmt: skip


@st.composite
def sources(draw: Draw) -> Drawn:
    """A tone of any frequency, noise, or both, of words of any length."""
    sound, angles = draw(st.sampled_from(("tone", "noise", "both"))), draw(st.integers(4, 12))
    bits = draw(st.integers(max(8, angles), 32))
    return {
        "sound": sound, "source": draw(formats(4, 24, None)), "angle_bits": angles, "phase_bits": bits,
        "dither": sound != "noise" and bits > angles and draw(st.booleans()), "noise_first": sound == "both" and draw(st.booleans()),
        **draw(some(frequency=st.integers(0, 8000).map(float), level=st.integers(0, 64).map(lambda n: n / 64),
                    seed=st.integers(1, 2**31 - 1))),
    }  # fmt: skip


@st.composite
def shifters(draw: Draw) -> Drawn:
    """A frequency shifter with a filter in front or none, and any part of what enters added."""
    side = draw(st.lists(st.integers(-16, 16).map(lambda n: n / 64), max_size=4))
    return {
        "sink": draw(formats(4, 24)), "source": draw(formats(4, 24)), "shift": draw(st.integers(-8000, 8000).map(float)),
        "taps": draw(st.sampled_from((7, 11, 15, 23))),
        **draw(some(
            lowest=st.integers(500, 3000).map(float), dry=st.integers(0, 8).map(lambda n: n / 8),
            prefilter=st.just([*side, draw(st.sampled_from((0.25, 0.7, 1.0))), *side[::-1]]),
        )),
    }  # fmt: skip


@st.composite
def feedback_cancellers(draw: Draw) -> Drawn:
    """A few weights, near or far from the loudspeaker, of any length and speed; also such as leave their range."""
    bits, before = draw(st.integers(4, 24)), draw(st.integers(0, 3))
    point, whole = draw(st.integers(max(2, bits - 12), 22)), draw(st.integers(1, 3))
    source = draw(st.integers(4, 20))
    return {
        "taps": draw(st.integers(2, 9)), "sink": f"sfix{bits}_En{bits - before}", "weight": f"sfix{max(4, point + whole)}_En{point}",
        "source": f"sfix{source}_En{min(source, point + bits - before - 1)}", "guard_bits": draw(st.integers(0, 8)),
        "quiet": draw(st.integers(-70, -10).map(float)),
        **draw(some(
            delay=st.integers(0, 6), step=st.integers(0, 15), leak=st.integers(0, 7), prefilter=st.integers(0, 31).map(lambda n: n / 32),
        )),
    }  # fmt: skip


@st.composite
def gammatone_banks(draw: Draw) -> Drawn:
    """A few bands spaced by either scale, or anywhere, wide or narrow; words or levels."""
    rate = draw(st.sampled_from((8000, 16000, 48000)))
    spaced = st.tuples(st.integers(2, 4), st.integers(50, 900), st.integers(1000, 3900)).map(
        lambda found: {"bands": found[0], "lowest": float(found[1]), "highest": float(found[2])}
    )
    listed = st.lists(st.integers(1, 99), min_size=2, max_size=4, unique=True).map(
        lambda parts: {"centres": [part * rate / 200 for part in sorted(parts)]}
    )
    return {
        **draw(st.one_of(spaced, listed)), "sample_rate": rate, "sink": draw(formats(2, 20)), "source": draw(formats(2, 24)),
        **draw(some(scale=st.sampled_from(("erb", "bark")), width=st.integers(2, 12).map(lambda n: n / 4), envelope=st.booleans(),
                    time_constant=st.integers(1, 6).map(lambda n: 2**n / rate * 1000), multipliers=st.integers(1, 4),
                    coefficient_word_length=st.integers(20, 25), rounding=roundings, overflow=overflows, error_feedback=st.booleans())),
    }  # fmt: skip


@st.composite
def networks(draw: Draw) -> Drawn:
    """A network of some channels, with weights of any size, up to such as are all at the ends of their range, or zero."""
    shape = draw(
        st.fixed_dictionaries(
            {"features": st.integers(1, 6), "window": st.sampled_from((4, 8)), "bottleneck": st.integers(1, 4), "hidden": st.integers(1, 5),
             "dilations": st.lists(st.sampled_from((1, 2, 4, 8)), min_size=1, max_size=2), "mask_floor": st.sampled_from((0.0, 0.2, 0.75))}
        )
    )  # fmt: skip
    found = network_table(random_network(draw(st.integers(0, 999)), samples=100, **shape))
    for name in draw(st.lists(st.sampled_from([name for name in ARRAYS if "slope" not in name]), max_size=2, unique=True)):
        way = draw(st.sampled_from(("largest", "zero", "larger", "smaller")))
        array = np.array(found[name])
        ends = np.where(array < 0, -1.0, 1.0)
        found[name] = {"largest": ends, "zero": 0 * array, "larger": 4 * array, "smaller": array / 64}[way].tolist()
    more = draw(some(weight_word_length=st.integers(4, 11), activation_word_length=st.integers(9, 16), multipliers=st.sampled_from((1, 2))))
    sides = {side: f"sfix{bits}_En{bits - 1}" for side in ("sink", "source") for bits in [draw(whole_numbers(8, 18))]}
    return {"weights": found, **sides, **more}


@st.composite
def pitch_shifters(draw: Draw) -> Drawn:
    """A pitch shifter with jumps of a few samples, so that a few words have many of them."""
    shortest = draw(st.integers(2, 6))
    return {
        "sink": draw(formats(4, 24)), "source": draw(formats(4, 24)), "ratio": draw(st.integers(32, 127).map(lambda n: n / 64)),
        "shortest": shortest, "longest": shortest + draw(st.integers(1, 9)), "match": draw(st.integers(4, 9)),
        "fade": draw(st.integers(2, 6)), "search": draw(st.integers(1, 5)),
    }  # fmt: skip


@st.composite
def thresholds(draw: Draw) -> Drawn:
    """A threshold between banks of any depth."""
    return {"levels": draw(st.integers(1, 8)), "sink": draw(formats(4, 40)), **draw(some(bank=either_bank, **threshold_keys))}


@st.composite
def time_scalers(draw: Draw) -> Drawn:
    """Any duration, of short segments."""
    segment = 2 ** draw(st.integers(2, 5))
    duration = draw(st.one_of(st.sampled_from((0.5, 1.0, 2.0)), st.integers(50, 200).map(lambda percent: percent / 100)))
    thinning = 2 ** draw(st.integers(0, segment.bit_length() - 3))
    return {"segment": segment, "duration": duration, "thinning": thinning, "sink": draw(formats(2, 32)),
            **draw(some(rounding=roundings, run_time=st.booleans()))}  # fmt: skip


@st.composite
def resamplers(draw: Draw) -> Drawn:
    """Any ratio, of a short low-pass; seldom one whose length and phases follow from an attenuation."""
    phase_bits, weight_bits, bits = draw(st.integers(1, 4)), draw(st.integers(2, 7)), draw(whole_numbers(6, 24))
    shape = {"taps": 2 * draw(st.integers(1, 7)), "phases": 2**phase_bits, "weight_bits": weight_bits,
             "step_bits": min(28, max(4, phase_bits + weight_bits) + draw(st.integers(0, 9)))}  # fmt: skip
    if draw(st.integers(0, 5)) == 0:
        shape = {"passband": draw(st.integers(1, 7).map(lambda tenths: tenths / 10)), "step_bits": draw(st.integers(16, 26))}
    ratio = draw(st.one_of(st.sampled_from((0.125, 0.5, 1.0, 2.0, 8.0)), st.integers(13, 800).map(lambda percent: percent / 100)))
    return {
        "sink": draw(formats(2, 24)), "source": draw(formats(2, 32)), "coefficient": f"sfix{bits}_En{bits - 1}", "ratio": ratio,
        "deviation": draw(st.sampled_from((0.0, 0.001, 0.1, 0.5))), "attenuation": float(draw(st.integers(20, 70))), **shape,
        **draw(some(rounding=roundings)),
    }  # fmt: skip


@st.composite
def denoisers(draw: Draw, processing: str | None = None, sink: str | None = None) -> Drawn:
    """A denoiser in any of its ways."""
    found = draw(banks("sink", 3, 20, exact=False)) | draw(some(bank=either_bank, **threshold_keys))
    if draw(st.booleans()) and "filters" not in found:
        found["wavelet"] = draw(st.sampled_from(("haar", "db2")))
    found |= {"source": draw(formats(2, 24)), "sink": sink or draw(formats(4, 20))}
    if (processing or draw(st.sampled_from(("stream", "segment")))) == "segment":
        found |= {"processing": "segment", "segment_length": 8 * draw(st.integers(1, 12))}
        if draw(st.booleans()):
            found["window"] = draw(st.sampled_from(("hann", "hamming", "sqrt_hann")))
    return found


@st.composite
def hearing_aids(draw: Draw) -> Drawn:
    """A bank around one, two or three stages for its bands."""
    found = draw(banks("sink", 3, 20, exact=False)) | {"source": draw(formats(4, 24)), "sink": draw(formats(6, 20))}
    found |= draw(some(ceiling=st.integers(0, 100).map(lambda n: n / 100), silence=st.integers(1, 40)))
    each = {"noise_reducer": noise_reducers(), "band_gain": band_gains(), "compressor": compressors(), "threshold": thresholds()}
    stages = []
    for kind in draw(st.lists(st.sampled_from(tuple(each)), min_size=1, max_size=3, unique=True)):
        stage = draw(each[kind])
        # What follows from the bank is left out, and lists for its bands are of another length.
        left_out = {"sink", "levels", "bank", "sample_rate"} | {key for key, value in stage.items() if isinstance(value, list)}
        stages.append({"core": kind, **{key: value for key, value in stage.items() if key not in left_out}})
    return {**found, "stages": stages}


@st.composite
def sequencers(draw: Draw) -> Drawn:
    """A sequencer around any core of plain samples."""
    kind = draw(st.sampled_from(("fir", "limiter", "denoiser", "fifo", "chain")))
    inner = {
        "fir": firs(), "limiter": limiters(), "denoiser": denoisers("stream"), "fifo": queues(30, False), "chain": chains(plain=True),
    }[kind]  # fmt: skip
    found: Drawn = {"segment_length": 4 * draw(st.integers(1, 16)), "calculation": {"core": kind, "name": "inner", **draw(inner)}}
    return found | draw(some(real_time=st.booleans()))


@st.composite
def limiters(draw: Draw, sink: str | None = None) -> Drawn:
    """A limiter that is silent for a while."""
    found = {"silence": draw(st.integers(1, 60)), "sink": sink or draw(formats(3, 48))}
    return found | draw(some(ceiling=st.integers(0, 100).map(lambda n: n / 100)))


@st.composite
def queues(draw: Draw, depth: int = 0, beside: bool = True, sink: str | None = None) -> Drawn:
    """A queue of so many words at most, with a channel and marks beside the words; or a stream register."""
    found: Drawn = {"sink": sink or draw(formats(1, 64, None))}
    if beside:
        found |= draw(some(channel_bits=st.integers(0, 8), packets=st.booleans()))
    return found | ({"depth": draw(st.integers(3, depth))} if depth else {})


@st.composite
def chains(draw: Draw, plain: bool = False) -> Drawn:
    """Cores in a row: filters, queues and a limiter around a bank that goes there and back."""
    stages: list[Drawn] = []

    def after(kind: str, description: Drawn) -> None:
        stages.append({"core": kind, "name": f"stage_{len(stages)}", **description})

    def format_now() -> str | None:
        return str(made(stages[-1]).source_format) if stages else None

    def pass_on() -> None:
        kind = draw(st.sampled_from(("fir", "fifo", "stream_register", "limiter", "none")))
        sink = format_now()
        if kind == "fir":
            after(kind, draw(firs(sink=sink)))
        elif kind == "limiter" and (sink or "sfix9").startswith("sfix"):
            after(kind, draw(limiters(sink or draw(formats(4, 24)))))
        elif kind in ("fifo", "stream_register"):
            after(kind, draw(queues(9 if kind == "fifo" else 0, beside=False, sink=sink)))

    pass_on()
    middle = draw(st.sampled_from(("nothing", "dwt", "swt", "lifting", "packet", "segments")))
    sink = format_now()
    if not plain and (sink is None or sink.startswith("sfix")):
        there_and_back(draw, middle, after, sink or draw(formats(4, 20)))
    pass_on()
    if len(stages) < 2:
        after("stream_register", {"sink": format_now() or "sfix8"})
        after("fifo", {"sink": format_now(), "depth": 3})
    return {"stages": stages}


@st.composite
def mixes(draw: Draw, sink: str | None = None, count: int | None = None) -> Drawn:
    """Gains of any size and sign for some streams."""
    count = count or draw(st.integers(2, 8))
    gains = draw(st.lists(st.sampled_from((1.0, -1.0, 0.5, -0.25, 0.7, -0.33, 1.9, 0.001)), min_size=count, max_size=count))
    found: Drawn = {"gains": gains, "sink": sink or draw(formats(signed=None)), "source": draw(formats(signed=None))}
    found |= draw(some(rounding=roundings, overflow=overflows, multiplier=st.sampled_from(("embedded", "logic"))))
    return {**found, "gain": draw(st.sampled_from(("sfix16_En14", "sfix12_En10", "sfix24_En21")))}


@st.composite
def graphs(draw: Draw) -> Drawn:
    """Some branches of what enters, one of which may be a wire, and perhaps a second mix of theirs and of an earlier one."""
    sink = draw(formats(4, 20))
    stages: list[Drawn] = []
    ends = ["input"] if draw(st.booleans()) else []

    def after(kind: str, inputs: list[str], description: Drawn) -> str:
        stages.append({"core": kind, "name": f"stage_{len(stages)}", "inputs": inputs, **description})
        return str(stages[-1]["name"])

    for _ in range(draw(st.integers(2 - len(ends), 3))):
        end = "input"
        for kind in draw(st.lists(st.sampled_from(("fir", "fifo", "stream_register", "limiter")), min_size=1, max_size=2)):
            if kind == "fir":
                end = after(kind, [end], {**draw(firs(sink=sink, rates=False)), "source": sink})
            elif kind == "limiter":
                end = after(kind, [end], draw(limiters(sink)))
            else:
                end = after(kind, [end], draw(queues(9 if kind == "fifo" else 0, beside=False, sink=sink)))
        ends.append(end)
    end = after("mix", ends, {**draw(mixes(sink, len(ends))), "source": sink})
    if draw(st.booleans()):
        end = after("mix", [draw(st.sampled_from(ends)), end], draw(mixes(sink, 2)))
    return {"stages": stages, **draw(some(balance=st.booleans()))}


def there_and_back(draw: Draw, middle: str, after: Any, sink: str) -> None:
    """An analysis and its synthesis, perhaps with a threshold between them; or segments and their sum."""
    if middle == "segments":
        shape = {**draw(segments()), "sink": sink}
        if shape["window"] == "none":
            shape["padding"] = draw(st.integers(2, 6))
        after("segmenter", shape)
        after("overlap_add", {**shape, "sink": shape["source"], "offset": shape.get("padding", 0) and 1})
    elif middle != "nothing":
        shape = draw(liftings("sink") if middle == "lifting" else banks("sink", 3, 16)) | {"sink": sink}
        back = {("source" if key == "sink" else key): value for key, value in shape.items()}
        between = draw(st.booleans()) and middle in ("dwt", "swt") and shape.get("filters") is None
        after(f"{middle}_analysis", shape)
        bands = str(made({"core": f"{middle}_analysis", **shape}).source_format)
        if between:
            bank = {"dwt": "decimated", "swt": "undecimated"}[middle]
            after("threshold", {"sink": bands, "levels": shape["levels"], "bank": bank, **draw(some(**threshold_keys))})
        after(f"{middle}_synthesis", back if middle == "lifting" else {**back, "sink": bands})


def made(description: Drawn) -> Core:
    """The core of a description; what does not go together is drawn anew."""
    from hypothesis import reject

    try:
        return make_core(description)
    except ValueError:
        reject()


@st.composite
def serial_lines(draw: Draw, side: str) -> Drawn:
    """Either end of serial audio."""
    bits = draw(st.sampled_from((16, 20, 24, 32)))
    channels = ("both", "left", "right") if side == "source" else ("both", "same")
    found = {side: f"sfix{bits}_En{bits - 1}", "role": draw(st.sampled_from(("master", "slave"))), "slot": draw(st.integers(bits, 64))}
    return found | draw(
        some(framing=st.sampled_from(("i2s", "left_justified")), channels=st.sampled_from(channels), divider=st.integers(4, 16))
    )


DESCRIPTIONS: dict[str, st.SearchStrategy[Drawn]] = {
    "band_gain": band_gains(),
    "chain": st.one_of(chains(), graphs()),
    "cic": cics(),
    "compressor": compressors(),
    "conv_network": networks(),
    "denoiser": denoisers(),
    "dual_clock_fifo": st.fixed_dictionaries(
        {"sink": formats(2, 64, None), "depth": st.integers(2, 8).map(lambda n: 2**n), "stages": st.integers(2, 4)}
    ),
    "dwt_analysis": bank_cores("sink", 5),
    "dwt_ola": st.builds(
        lambda bank, count: {**bank, "segment_length": count * 2 ** bank["levels"]}, banks("sink", 4, exact=False), st.integers(1, 8)
    ),
    "dwt_synthesis": bank_cores("source", 5),
    "feedback_canceller": feedback_cancellers(),
    "fft": transforms(),
    "fifo": queues(300),
    "biquad": biquads(),
    "fir": in_turn(firs()),
    "frequency_shifter": shifters(),
    "gammatone_bank": gammatone_banks(),
    "hearing_aid": hearing_aids(),
    "i2c_master": some(quarter=st.integers(4, 300), timeout=st.integers(16, 3000)),
    "i2s_receiver": serial_lines("source"),
    "i2s_transmitter": serial_lines("sink"),
    "lifting_analysis": liftings("sink"),
    "lifting_synthesis": st.builds(lambda bank, more: {**bank, **more}, liftings("source"), some(rounding=roundings, overflow=overflows)),
    "limiter": in_turn(limiters()),
    "mix": mixes(),
    "noise_reducer": noise_reducers(),
    "nco": sources(),
    "overlap_add": overlap_adds(),
    "packet_analysis": bank_cores("sink", 4),
    "packet_synthesis": bank_cores("source", 4),
    "pdm_microphone": some(
        role=st.sampled_from(("master", "slave")), divider=st.integers(4, 256), edge=st.sampled_from(("rising", "falling"))
    ),
    "pitch_shifter": pitch_shifters(),
    "pitch_detector": pitch_detectors(),
    "psola": grain_layers(),
    "resampler": resamplers(),
    "reset_synchronizer": some(stages=st.integers(2, 16)),
    "segmenter": segmenters(),
    "sequencer": sequencers(),
    "split": st.fixed_dictionaries({"sink": formats(2, 64, None), "ways": st.integers(2, 8)}),
    "speech_classifier": speech_classifiers(),
    "stream_register": queues(),
    "swt_analysis": bank_cores("sink", 4).map(without_pipeline),
    "swt_synthesis": bank_cores("source", 4).map(without_pipeline),
    "threshold": thresholds(),
    "time_scaler": time_scalers(),
    "wm8731_setup": some(
        registers=st.lists(st.tuples(st.sampled_from((*range(10), 15)), st.integers(0, 511)).map(list), min_size=2, max_size=12),
        address=st.sampled_from((0x1A, 0x1B)), quarter=st.integers(4, 300), retries=st.integers(0, 3),
        settling=st.integers(1, 3000), timeout=st.integers(16, 3000),
    ),
}  # fmt: skip


def descriptions(kind: str) -> st.SearchStrategy[Drawn]:
    """Descriptions of a kind of core; some streams have AXI4-Stream's names."""
    named = DESCRIPTIONS[kind].map(lambda found: {"core": kind, "name": "drawn", **found})
    return st.tuples(named, st.integers(0, 7)).map(lambda drawn: on_axi(drawn[0]) if drawn[1] == 7 else drawn[0])


def on_axi(description: Drawn) -> Drawn:
    """A description with AXI4-Stream's names, if it is one of a stream."""
    try:
        return {**description, "interface": "axi"} if make_core(description).is_stream else description
    except ValueError:
        return description


LONGEST = 160
"""Words that are played to model and oracle at most."""


@st.composite
def data_words(draw: Draw, least: int, greatest: int, longest: int = LONGEST) -> list[int]:
    """Words of a range: a few that are shrunk one by one, or many by a seed: noise, full scale, small ones, one that stays."""
    if draw(st.booleans()):
        return draw(st.lists(st.one_of(st.integers(max(least, -9), min(greatest, 9)), st.integers(least, greatest)), max_size=12))
    count, way = draw(st.integers(1, longest)), draw(st.sampled_from(("small", "steady", "full scale", "noise")))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    if way == "noise":
        return [int(word) + least for word in rng.integers(0, greatest - least, count, np.uint64, endpoint=True)]
    if way == "full scale":
        return [least if low else greatest for low in rng.integers(0, 2, count)]
    small = [int(word) for word in rng.integers(max(least, -9), min(greatest, 9), count, endpoint=True)]
    return small if way == "small" else [small[0]] * count


@st.composite
def stimuli(draw: Draw, core: Core, description: Drawn) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Sink words by field, and the values of run-time inputs at each of them, to be played to a core.

    Channels stand in their order, which begins anywhere, or for a core that takes any in none; marks of packets are right, or at random.
    """
    kind = description["core"]
    if kind in ARGUMENTS:
        return draw(ARGUMENTS[kind]), {}
    number = core.sink_format
    if len(core.sinks) > 1:
        rows = {name: draw(data_words(one.minimum, one.maximum)) for name, one in core.sinks.items()}
        return rows, draw(steered_inputs(core, description, min(map(len, rows.values()))))
    data = draw(data_words(number.minimum, number.maximum))
    count = len(data)
    fields = {"data": data}
    ports = sink_of(core)
    turn = draw(st.integers(0, 40))
    usual = core.accompany(np.zeros(count + turn, np.int64))
    anyhow = draw(st.booleans())
    for name in (name for name in ports if name != "data"):
        rng = np.random.default_rng(draw(st.integers(0, 999)))
        bits = ports[name].width
        if name == "channel" and ((kind in ANY_CHANNEL and anyhow) or name not in usual):
            # How a band goes that the bank does not have is not told of these.
            known = {"noise_reducer": description.get("levels", 0) + 1, "biquad": description.get("channels", 1)}.get(kind, 2**bits)
            fields[name] = [int(channel) for channel in rng.integers(0, known, count)]
        elif name == "channel":
            fields[name] = [int(channel) for channel in usual[name][turn:]]
        else:
            right = [int(mark) for mark in usual[name][:count]] if name in usual else [0] * count
            fields[name] = [int(rng.integers(0, 4) == 0) for _ in right] if anyhow else right
    return fields, draw(steered_inputs(core, description, count))


ANY_CHANNEL = ("band_gain", "biquad", "compressor", "threshold", "noise_reducer", "swt_synthesis")
"""Kinds whose words may come in any order of their bands."""


@st.composite
def steered_inputs(draw: Draw, core: Core, description: Drawn, count: int) -> dict[str, list[int]]:
    """Values of run-time inputs at each word, which change a few times; in one of two draws none, and where no datasheet tells more."""
    if not core.run_time_inputs or not steerable(description) or not count or draw(st.booleans()):
        return {}
    values = {}
    for name, one in core.run_time_inputs.items():
        row = [one.start] * count
        for place in draw(st.lists(st.integers(0, count - 1), max_size=3)):
            value = draw(st.integers(0, one.highest))
            row[place:] = [value] * (count - place)
        values[name] = row
    return values


ONE_FOR_ONE = ("fir", "fifo", "stream_register", "limiter", "mix")


def steerable(description: Drawn) -> bool:
    """Whether the datasheets tell which word meets which value: in a chain, where each word of a stage brings one about."""
    stages = description.get("stages", [])
    plain = all(stage["core"] in ONE_FOR_ONE and not {"decimation", "interpolation"} & set(stage) for stage in stages)
    return plain and not ("processing" in description and "window" in description)


levels_of_a_line = st.lists(st.integers(0, 1), min_size=1, max_size=300)


@st.composite
def lines_of_a_codec(draw: Draw) -> dict[str, list[int]]:
    """Levels of lrclk and data: slots of any length, as a codec has none."""
    slots = draw(st.lists(st.integers(1, 40), min_size=1, max_size=9))
    first = draw(st.integers(0, 1))
    lrclk = [(number + first) % 2 for number, length in enumerate(slots) for _ in range(length)]
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return {"lrclk": lrclk, "data": [int(level) for level in rng.integers(0, 2, len(lrclk))]}


@st.composite
def audio_words(draw: Draw) -> dict[str, list[int]]:
    """Words for both channels, in pairs."""
    data = draw(data_words(-(2**15), 2**15 - 1, 40))
    return {"data": data[: len(data) // 2 * 2]}


commands = st.integers(0, 4095)

ARGUMENTS: dict[str, st.SearchStrategy[dict[str, list[int]]]] = {
    "i2c_master": st.lists(commands, min_size=1, max_size=12).map(lambda given: {"data": [given[0] | 0x800, *given[1:]]}),
    "i2s_receiver": lines_of_a_codec(),
    "i2s_transmitter": audio_words(),
    "pdm_microphone": levels_of_a_line.map(lambda given: {"data": given}),
    "nco": st.integers(1, 200).map(lambda count: {"data": [0] * count}),
    "reset_synchronizer": levels_of_a_line.map(lambda given: {"data": given}),
    "wm8731_setup": st.lists(st.integers(0, 40), max_size=9, unique=True).map(lambda given: {"data": given}),
}
"""What a model takes that stands between a board and the streams."""


def sink_of(core: Core) -> Mapping[str, Any]:
    """Ports of the sink by field, in the order in which a model takes them."""
    if core.is_stream and core.on_one_clock:
        return Interface.of(core.ports).sink
    return {"data": next(port for port in core.ports if port.name == "sink_data")}


def model_argument(core: Core, kind: str, fields: Mapping[str, list[int]]) -> Any:
    """Words by field as the model of a core takes them."""
    if core.is_source:
        return len(fields["data"])
    wide = np.int64 if not core.sink_format or core.sink_format.fits_int64 else object
    arrays = {name: np.array(row, dtype=wide if name == "data" else np.int64) for name, row in fields.items()}
    if len(core.sinks) > 1:
        return arrays
    found = tuple(arrays[name] for name in (arrays if kind in ARGUMENTS else sink_of(core)))
    return found[0] if len(found) == 1 else found
