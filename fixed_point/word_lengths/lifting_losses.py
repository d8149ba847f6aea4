"""What word lengths cost wavelet banks by lifting: every step rounds what it adds.

To the last bit reversible is the pair of analysis and synthesis; each on its own differs from the scheme in real numbers by its roundings.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixed_point.families.lifting_steps import LiftingStep, Steps, step_responses
from fixed_point.number_format import Format, Rounding
from fixed_point.word_lengths.bank_losses import analysis_losses, synthesis_losses
from fixed_point.word_lengths.chain_noise import averaged
from fixed_point.word_lengths.losses import Losses, one_rounding
from fixed_point.word_lengths.noise import Noise, rounding_noise

Response = NDArray[np.float64]


def lifting_analysis_losses(steps: Steps, levels: int, guard_bits: int, resolution: float) -> Losses:
    """Of an analysis.

    Parameters
    ----------
    steps : tuple of LiftingStep
    levels : int
        Depth J.
    guard_bits : int
        Zeros appended to a sample. While they hold what a step needs, it rounds nothing: three for each level of the 5/3 scheme.
    resolution : float
        Last bit of the band words.

    Examples
    --------
    >>> from fixed_point.families.lifting_steps import lifting_steps
    >>> five_three = lifting_steps((-0.5, 0.25), 18)
    >>> [lifting_analysis_losses(five_three, 2, bits, 1.0).exact for bits in (5, 6)]
    [False, True]
    """
    low, high, used = [], [], 0
    paths = [_injected(steps, place) for place in range(len(steps))]
    for _ in range(levels):
        approximation, detail, base = Noise(), Noise(), used
        signal = used
        for step, (to_low, to_high) in zip(steps, paths, strict=True):
            needed = signal + _bits(step)
            noise = rounding_noise(Rounding.NEAREST, needed - guard_bits, resolution)
            approximation, detail = approximation + noise.through(to_low), detail + noise.through(to_high)
            base, signal = signal, min(guard_bits, max(base, needed))
        low.append(approximation)
        high.append(detail)
        used = signal
    responses, _ = step_responses(steps)
    return analysis_losses(np.array([responses[-1], responses[-2]]), low, high, decimated=True)


def lifting_synthesis_losses(steps: Steps, levels: int, internal: Format, source: Format, rounding: Rounding) -> Losses:
    """Of a synthesis from words of any kind.

    Parameters
    ----------
    steps : tuple of LiftingStep
        As in the analysis.
    levels : int
        Depth J.
    internal, source : Format
        Formats of the band words and of the result.
    rounding : Rounding
        From one to the other.
    """
    undo = tuple(LiftingStep(-step.factor, step.fraction_length) for step in reversed(steps))
    odd, even = Noise(), Noise()
    for place, step in enumerate(undo):
        # What was rounded is taken away.
        noise = rounding_noise(Rounding.NEAREST, _bits(step), internal.resolution).through([-1.0])
        to_last, to_before = _injected(undo, place)
        odd, even = odd + noise.through(to_last), even + noise.through(to_before)
    level = averaged([odd, even])
    last = level + one_rounding(rounding, internal.fraction_length, source)
    return synthesis_losses(_synthesis_filters(undo), levels, level, last, decimated=True)


def _bits(step: LiftingStep) -> int:
    """Bits of fraction that a step needs more than the neighbours that it adds."""
    zeros = (step.factor & -step.factor).bit_length() - 1 if step.factor else step.fraction_length
    return step.fraction_length - zeros


def _run(base: Response, signal: Response, steps: Steps, place: int = -1) -> tuple[Response, Response]:
    """The steps in float64, from a level's two inputs; at one of them an error of 1 is added to the first word."""
    before = signal
    for number, step in enumerate(steps):
        late = np.concatenate([[0.0], signal])[: signal.size]
        result = base + step.value * (late + signal)
        result[0] += number == place
        before, signal, base = signal, result, late
    return signal, before


def _injected(steps: Steps, place: int) -> tuple[Response, Response]:
    """What an error of one step makes of the last signal and of the one before it."""
    silence = np.zeros(len(steps) + 2)
    return _run(silence, silence, steps, place)


def _synthesis_filters(undo: Steps) -> Response:
    """Low-pass and high-pass filter that the undone steps are, shape (2, L)."""
    count = 2 * len(undo) + 2
    unit, silence = np.eye(1, count)[0], np.zeros(count)
    filters = []
    for low, high in ((unit, silence), (silence, unit)):
        signal, before = _run(low, high, undo)
        filters.append(np.stack([signal, before], axis=1).reshape(-1))
    return np.array(filters)


