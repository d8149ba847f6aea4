"""Lifting steps in integers: every step rounds what it adds, so that the same step, subtracted, undoes it to the last bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fixed_point.coefficients import best_fraction_length, bits_for
from fixed_point.number_format import Format
from fixed_point.quantization import Words, quantize

Steps = tuple["LiftingStep", ...]


@dataclass(frozen=True)
class LiftingStep:
    """Adds floor(factor * sum * 2**-fraction_length + 1/2) of the sum of two neighbours.

    Attributes
    ----------
    factor : int
        Raw coefficient.
    fraction_length : int
        Its fraction length; at least 1.
    """

    factor: int
    fraction_length: int

    @property
    def value(self) -> float:
        """The factor that it stands for."""
        return float(np.ldexp(float(self.factor), -self.fraction_length))

    def change(self, a: Words, b: Words) -> Words:
        """What the step adds, or takes away when it is undone."""
        return (self.factor * (a + b) + (1 << self.fraction_length - 1)) >> self.fraction_length


def lifting_steps(factors: tuple[float, ...], word_length: int) -> Steps:
    """Factors as words; powers of two, which need no multiplier, as they are.

    Examples
    --------
    >>> lifting_steps((-0.5, 0.25), 18)
    (LiftingStep(factor=-1, fraction_length=1), LiftingStep(factor=1, fraction_length=2))
    """
    if all(abs(np.frexp(factor)[0]) == 0.5 for factor in factors):
        return tuple(LiftingStep(int(np.sign(factor)), 1 - int(np.frexp(factor)[1])) for factor in factors)
    format = Format(True, word_length, best_fraction_length(factors, word_length))
    return tuple(LiftingStep(int(word), format.fraction_length) for word in quantize(factors, format))


def lift(x: Words, steps: Steps) -> tuple[Words, Words]:
    """One level of analysis: approximation and detail."""
    half = x.size // 2
    x = with_room(x, steps)
    base, signal, before = x[0::2][:half], x[1::2], x[1::2]
    for step in steps:
        late = _late(signal)
        before, signal, base = signal, base + step.change(late, signal), late
    return signal.astype(np.int64, copy=False), before.astype(np.int64, copy=False)


def unlift(low: Words, high: Words, steps: Steps) -> Words:
    """One level of synthesis: two samples for each pair, behind a zero."""
    pair = with_room(np.stack([low, high]), steps[::-1])
    base, signal, before = pair[0], pair[1], pair[1]
    for step in reversed(steps):
        late = _late(signal)
        before, signal, base = signal, base - step.change(late, signal), late
    y = np.zeros(2 * high.size + 1, dtype=np.int64)
    y[1::2], y[2::2] = signal, before
    return y


def with_room(x: Words, steps: Steps) -> Words:
    """Words as int64, or where a product of some step might not fit as Python's integers.

    Examples
    --------
    >>> nine_seven = lifting_steps((-1.586, -0.053, 0.883, 0.444), 30)
    >>> [with_room(np.array([peak]), nine_seven).dtype.char for peak in (2**30, 2**36)]
    ['l', 'O']
    """
    base = signal = max(-int(x.min(initial=0)), int(x.max(initial=0)))
    for step in steps:
        product = 2 * abs(step.factor) * signal + (1 << step.fraction_length)
        base, signal = signal, base + (product >> step.fraction_length)
        if max(product, signal) >> 63:
            return x.astype(object)
    return x


def _late(x: Words) -> Words:
    """One sample later."""
    return np.concatenate([np.zeros(1, dtype=x.dtype), x])[: x.size]


def lifting_formats(steps: Steps, levels: int, sink: Format, guard_bits: int) -> tuple[Format, Format]:
    """The least formats of the bands, and of everything between the steps of the analysis.

    Parameters
    ----------
    steps : tuple of LiftingStep
    levels : int
        Depth.
    sink : Format
        Format of the samples.
    guard_bits : int
        Bits below the samples' last one.

    Returns
    -------
    bands, internal : Format

    Notes
    -----
    Every signal between the steps of a level is the samples through a filter, whose cascade with those of the levels before bounds it by
    its L1 norm, plus what rounding may add: half a bit for each step, through the steps and levels behind it.

    Examples
    --------
    >>> bands, internal = lifting_formats(lifting_steps((-0.5, 0.25), 18), 3, Format.parse("sfix16_En15"), 0)
    >>> str(bands), str(internal)
    ('sfix18_En15', 'sfix18_En15')
    """
    full_scale = float(max(-sink.minimum, sink.maximum) << guard_bits)
    fraction_length = sink.fraction_length + guard_bits
    responses, roundings = step_responses(steps)
    cascade, error = np.ones(1), 0.0
    bands = inside = full_scale
    for level in range(levels):
        spread = [_spread(response, 1 << level) for response in responses]
        norm = [float(np.abs(np.convolve(cascade, response)).sum()) for response in spread]
        own = [float(np.abs(response).sum()) for response in responses]
        peaks = [n * full_scale + o * error + r for n, o, r in zip(norm, own, roundings, strict=True)]
        inside = max(inside, *peaks)
        bands = max(bands if level else 0.0, peaks[-2], peaks[-1] if level == levels - 1 else 0.0)
        cascade, error = np.convolve(cascade, spread[-1]), own[-1] * error + roundings[-1]
    return tuple(  # type: ignore[return-value]
        Format(True, bits_for(-int(peak * (1 + 1e-9)) - 1, int(peak * (1 + 1e-9)), signed=True), fraction_length)
        for peak in (bands, inside)
    )


def unlifting_format(steps: Steps, levels: int, bands: Format) -> Format:
    """The least format of everything between the steps of a synthesis whose band words may take any value of their format.

    Parameters
    ----------
    steps : tuple of LiftingStep
        As in the analysis.
    levels : int
        Depth.
    bands : Format
        Format of the band words.

    Notes
    -----
    Level by level: each signal between the steps is approximation and detail through a filter each, bounded by their L1 norms, and what
    rounding may add. Words that were changed on their way, by a threshold or a gain, cannot make anything overflow either.

    Examples
    --------
    >>> str(unlifting_format(lifting_steps((-0.5, 0.25), 18), 3, Format.parse("sfix18_En15")))
    'sfix21_En15'
    """
    detail = approximation = inside = float(-bands.minimum)
    responses = undone_responses(steps)
    for _ in range(levels):
        peaks = [detail, *(low * approximation + high * detail + error for low, high, error in responses)]
        inside, approximation = max(inside, *peaks), max(peaks[-2:])
    peak = int(inside * (1 + 1e-9))
    return Format(True, bits_for(-peak - 1, peak, signed=True), bands.fraction_length)


def undone_responses(steps: Steps) -> list[tuple[float, float, float]]:
    """Of the signal behind each step undone: L1 norms of its responses to approximation and detail, and its largest rounding error."""
    length = len(steps) + 2
    # Rows are what a signal takes of the approximation's and of the detail's words, the newest first.
    base, signal = np.zeros((2, length)), np.zeros((2, length))
    base[0, 0] = signal[1, 0] = 1
    error = base_error = 0.0
    found = []
    for step in reversed(steps):
        late = np.pad(signal, ((0, 0), (1, 0)))[:, :length]
        signal, base = base - step.value * (late + signal), late
        error, base_error = base_error + 2 * abs(step.value) * error + 0.5, error
        low, high = np.abs(signal).sum(axis=1)
        found.append((float(low), float(high), error))
    return found


def step_responses(steps: Steps) -> tuple[list[np.ndarray], list[float]]:
    """Impulse response of the signal behind each step to the samples, and the largest rounding error in it.

    The last signal is the approximation of a level, the one before it the detail.
    """
    length = 4 * len(steps) + 2
    # Column n is what the newest pair's signal takes of sample -n: odd samples are the newest.
    signal, base = np.zeros(length), np.zeros(length)
    signal[0], base[1] = 1, 1
    error = base_error = 0.0
    responses, errors = [], []
    for step in steps:
        late = np.concatenate([np.zeros(2), signal])[:length]
        signal, base = base + step.value * (late + signal), late
        error, base_error = base_error + 2 * abs(step.value) * error + 0.5, error
        responses.append(signal)
        errors.append(error)
    return responses, errors


def _spread(taps: np.ndarray, factor: int) -> np.ndarray:
    """Zeros between taps."""
    result = np.zeros(factor * (taps.size - 1) + 1)
    result[::factor] = taps
    return result
