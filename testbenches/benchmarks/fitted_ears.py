"""What an aid's bands miss of a prescription, for the standard audiograms: largest error in dB at 250 to 6000 Hz.

    python -m testbenches.benchmarks.fitted_ears [--rule nal-r] [--levels 4] [--wavelets haar db2 db4]
"""

from __future__ import annotations

import argparse

import numpy as np

from reference.audiograms import AUDIOMETRIC, STANDARD, standard_audiogram
from reference.band_fit import band_responses, fit_gains
from reference.families.wavelet_filters import wavelet_filters
from reference.prescriptions import RULES

RATE = 16000.0


def mean_by_band(responses: np.ndarray, wanted: np.ndarray) -> float:
    """Largest error if each band got the mean of what is wanted in it, each frequency with the band's part in it."""
    shares = np.abs(responses)
    gains = wanted @ shares / shares.sum(axis=0)
    return float(np.max(np.abs(20 * np.log10(np.abs(responses @ 10 ** (gains / 20))) - wanted)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", choices=list(RULES), default="nal-r", help="prescription [nal-r]")
    parser.add_argument("--levels", type=int, default=4, help="depth of the bank [4]")
    parser.add_argument("--wavelets", nargs="+", default=["haar", "db2", "db4"], help="of the bank [haar db2 db4]")
    arguments = parser.parse_args()
    print(f"| ear | {' | '.join(f'{wavelet}, fitted | mean by band' for wavelet in arguments.wavelets)} |")
    print("|---" * (1 + 2 * len(arguments.wavelets)) + "|")
    for ear in STANDARD:
        wanted = RULES[arguments.rule](standard_audiogram(ear), AUDIOMETRIC)
        cells = []
        for wavelet in arguments.wavelets:
            responses = band_responses(wavelet_filters(wavelet), arguments.levels, AUDIOMETRIC, RATE)
            cells += [f"{fit_gains(responses, wanted).residual:.2f}", f"{mean_by_band(responses, wanted):.2f}"]
        print(f"| {ear} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
