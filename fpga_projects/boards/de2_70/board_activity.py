"""What changes on the DE2-70 while it works on speech in real time: the activity that the power of a project rests on."""

from __future__ import annotations

import tempfile
from pathlib import Path

from scipy.signal import resample_poly

from fixed_point import audio_to_words
from fixed_point.quantization import Words
from fpga_projects.boards.de2_70.signal_path import CLOCK_HZ, CODEC_RATE, CORE_RATE, SignalPath
from fpga_projects.estimation.activity import measure_activity
from fpga_projects.estimation.power import Activity
from ip_cores.core import Core
from ip_cores.generate import generate
from testbenches.signals import make_audio

WORDS = 4096
"""Words of 16 kHz that are played: a quarter of a second."""

CODEC_MHZ = 12.0
CODEC_CLOCK = "u_pll.c0"
"""Net of the codec's clock, behind the PLL."""


def speech(receiver: Core, words: int = WORDS) -> Words:
    """Speech as the codec gives it, 48 kHz, in the words of the core that gets it; the beginning of the excerpt is left out."""
    slow = make_audio("speech", receiver, 2 * words)[words:]
    return audio_to_words(resample_poly(slow, CODEC_RATE // CORE_RATE, 1), receiver.sink_format)


def board_activity(core: Core, right: Core | None = None, words: int = WORDS) -> Activity:
    """Activity of a project's nets, by their names in it.

    Every core of the signal path is played the words that it gets there, at their rate. What stands between them (queues, set-up of the
    codec, switches, meter) is not simulated and gets the mean of those that are.

    Parameters
    ----------
    core, right : Core
        The user's, and the right ear's where there is one; each gets the same speech.
    words : int
        At 16 kHz.
    """
    path = SignalPath(core, right)
    fast = speech(path.cores["decimator"], words)
    slow = path.cores["decimator"].model(fast)
    system = CLOCK_HZ / 1e6
    nets: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:

        def play(instance: str, name: str, part: Words, megahertz: float, rate: int | None) -> None:
            manifest = generate(path.cores[name], Path(scratch) / instance, companions=None)
            found = measure_activity(path.cores[name], manifest, part, megahertz, rate)
            nets.update({f"{instance}.{net}": transitions for net, transitions in found.nets.items()})

        for side, one in path.ears.items():
            shaped = one.model(slow)
            loud = path.cores["interpolator"].model(shaped)
            limited = path.cores["output_limiter"].model(loud)
            play(f"u_{side}.u_decimator", "decimator", fast, system, CODEC_RATE)
            play(f"u_{side}.u_core", one.name, slow, system, CORE_RATE)
            play(f"u_{side}.u_interpolator", "interpolator", shaped, system, CORE_RATE)
            play(f"u_{side}.u_output_limiter", "output_limiter", loud, system, CODEC_RATE)
        # Their bit clock sets their pace.
        for name in ("from_adc", "to_dac"):
            play(f"u_{name}", name, limited, CODEC_MHZ, None)
    text = (
        f"{words / CORE_RATE:.3g} s of speech in real time, {CODEC_RATE // 1000} kHz at the codec and {CORE_RATE // 1000} kHz at the core"
    )
    return Activity(f"{text}, every net of the signal path counted", nets=nets, simulated=True)
