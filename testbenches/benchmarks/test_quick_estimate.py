"""The quick estimate against the full mapping, on cores that it was not fitted to; ``make bench TESTS="-k quick_estimate -s"``.

Prints a line for each core.
"""

from __future__ import annotations

import pytest
import scipy.signal

from fpga_projects.cost import mapped_cost, quick_cost
from ip_cores.denoiser import Denoiser
from ip_cores.dwt_analysis import DwtAnalysis
from ip_cores.dwt_synthesis import DwtSynthesis
from ip_cores.fir import Fir
from ip_cores.swt_analysis import SwtAnalysis

WORST = 0.25
"""Greatest error in logic elements that is put up with."""

LOWPASS = scipy.signal.firwin(33, 0.3)
MINIMUM_PHASE = scipy.signal.minimum_phase(scipy.signal.firwin(41, 0.4, window=("kaiser", 6.0)))
NARROW = {"sink": "sfix14_En13", "coefficient": "sfix11_En10", "source": "sfix14_En13"}
CORES = {
    "serial, 33 taps": Fir(name="a", form="serial", coefficients=LOWPASS),
    "serial, 33 taps, 14 x 11 bits": Fir(name="b", form="serial", coefficients=LOWPASS, **NARROW),
    "serial, 2 multipliers, minimum phase": Fir(name="c", form="serial", coefficients=MINIMUM_PHASE, multipliers=2),
    "transposed, minimum phase": Fir(name="d", coefficients=MINIMUM_PHASE, coefficient="sfix12_En11"),
    "transposed, 33 taps, 14 x 11 bits": Fir(name="e", coefficients=LOWPASS, **NARROW),
    "transposed, 33 taps, logic": Fir(name="f", coefficients=LOWPASS, multiplier="logic", **NARROW),
    "direct, 33 taps, 14 x 11 bits": Fir(name="g", form="direct", coefficients=LOWPASS, **NARROW),
    "wavelet analysis, sym8": DwtAnalysis(name="i", wavelet="sym8", levels=3, guard_bits=1, sink="sfix14_En13"),
    "wavelet synthesis, sym8": DwtSynthesis(name="j", wavelet="sym8", levels=3, guard_bits=1, coefficient_word_length=14),
    "denoiser, sym4, 3 levels": Denoiser(name="k", wavelet="sym4", levels=3, coefficient_word_length=14, guard_bits=2),
    "undecimated analysis, 2 multipliers": SwtAnalysis(name="l", wavelet="db2", levels=3, multipliers=2),
    "direct, speed": Fir(name="h", form="direct", coefficients=LOWPASS[8:25], pipeline="speed", rounding="floor", **NARROW),
}


@pytest.mark.parametrize("name", CORES)
def test_quick_estimate(name, benchmark):
    core = CORES[name]
    quick = benchmark(quick_cost, core)
    mapped = mapped_cost(core)
    error = quick.les / mapped.les - 1
    print(f"\n{name}: {quick.les} LEs, mapped {mapped.les} ({100 * error:+.0f} %); registers {quick.registers}, {mapped.registers}")
    print(f"  power {quick.power:.1f} mW, {mapped.power:.1f} mW")
    assert abs(error) <= WORST
    assert (quick.multipliers, quick.m4k) == (mapped.multipliers, mapped.m4k)
