"""What a network or a core does for speech in noise: gains in SI-SDR by noise and level, HASPI and HASQI with and without amplification.

Reference: J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", Proc. ICASSP 2019, 626-630, for SI-SDR.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fixed_point.full_scale import Samples, audio_to_words
from fixed_point.sound import RATE
from ip_cores.description import load_core
from reference.audiograms import Audiogram
from reference.conv_network import Network, conv_network
from testbenches.hearing import INDICES, NORMAL, hearing_index, installed
from testbenches.noisy_speech import LEVELS, SKIPPED, DataError, Mixture, Talk, listening_delay, mixtures, si_sdr
from testbenches.simulate import as_audio, simulate

STRIDE_OF_CHOICE = 37
"""A few mixtures are each 37th of the whole: it has no divisor in common with 10 speakers, 4 noises and 3 levels, so all come up."""

Process = Callable[[Samples], Samples]
"""From what is noisy to what is heard, aligned with it and as long."""


@dataclass(frozen=True)
class Rated:
    """What became of one mixture.

    Attributes
    ----------
    speaker, noise : str
    level : int
        SNR in dB.
    gain : float
        In SI-SDR, in dB.
    indices : dict of str to float
        HASPI and HASQI, and both behind the amplification where there is one.
    """

    speaker: str
    noise: str
    level: int
    gain: float
    indices: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes
    ----------
    name : str
    process : callable
        Gives shape (samples,), or (speakers, samples) where there are several.
    speakers : int
    """

    name: str
    process: Process
    speakers: int = 1


def subject_of(path: Path, engine: str = "model") -> Subject:
    """Of a checkpoint, an exported network, or the description of a core.

    Parameters
    ----------
    path : Path
        ``.pt``, ``.npz`` or ``.toml``.
    engine : {"reference", "model", "native"}
        Of a description: float64, bit-true, or compiled VHDL.

    Raises
    ------
    ValueError
    """
    if path.suffix == ".toml":
        return _core_subject(load_core(path), engine)
    if path.suffix == ".npz":
        network = Network.load(path)
        _check_rate(path, network.sample_rate)
        return Subject(path.stem, lambda x: np.asarray(conv_network(x, network)), network.sources)
    return _checkpoint_subject(path)


def untouched(x: Samples) -> Samples:
    """What is noisy as it is."""
    return x


NOISY = Subject("noisy", untouched)
"""For comparison."""


def _check_rate(path: Path, rate: int) -> None:
    if rate != RATE:
        raise DataError(f"{path}: is for {rate} Hz; the mixtures have {RATE}")


def _checkpoint_subject(path: Path) -> Subject:
    import torch

    from training.training import load_network

    model, configuration, _ = load_network(path)
    _check_rate(path, configuration.sample_rate)
    speakers = configuration.network.speakers

    def process(x: Samples) -> Samples:
        with torch.no_grad():
            found = model(torch.from_numpy(x.astype(np.float32))[None])[0].numpy().astype(np.float64)
        return np.asarray(found if speakers > 1 else found[0])

    return Subject(f"{path.parent.name}/{path.stem}", process, speakers)


def _core_subject(core: Any, engine: str) -> Subject:
    late = listening_delay(core)

    def process(x: Samples) -> Samples:
        words = audio_to_words(np.concatenate([x, np.zeros(late)]), core.sink_format)
        if engine == "reference":
            return np.asarray(core.late_reference(words * core.sink_format.resolution))[late : late + x.size]
        return as_audio(core, simulate(core, words, engine=engine))[late : late + x.size]

    return Subject(core.name, process)


def spread(found: list[Any], limit: int | None) -> list[Any]:
    """All, or so many of them that are far from each other."""
    if limit is None or limit >= len(found):
        return found
    return [found[number] for number in sorted({STRIDE_OF_CHOICE * n % len(found) for n in range(limit)})]


def chosen(folder: Path, split: str, limit: int | None = None, level: int | None = None) -> list[Mixture]:
    """The mixtures of a split, all or those at one SNR, or so many of them, spread over speakers, noises and levels."""
    return spread([mixture for mixture in mixtures(folder, split) if level in (None, mixture.level)], limit)


def separation_gains(process: Process, some: Iterable[Talk]) -> Iterator[float]:
    """Gain in SI-SDR over what is heard of all at once, in dB, mean over speakers, in the order that fits best."""
    for talk in some:
        after = process(talk.noisy)[:, : talk.noisy.size]
        clean, noisy, heard = (x[..., SKIPPED : after.shape[-1]] for x in (talk.sources, talk.noisy, after))
        before = np.mean([si_sdr(own, noisy) for own in clean])
        orders = itertools.permutations(range(len(clean)))
        best = max(float(np.mean([si_sdr(clean[n], heard[place]) for n, place in enumerate(order)])) for order in orders)
        yield float(best - before)


def rated(
    process: Process,
    mixtures_: Sequence[Mixture],
    amplify: Callable[[Samples], Samples] | None = None,
    ear: Audiogram = NORMAL,
    hearing: bool = False,
) -> Iterator[Rated]:
    """What becomes of each mixture.

    Parameters
    ----------
    process : callable
    mixtures_ : sequence of Mixture
    amplify : callable, optional
        What an aid does behind it, for the indices alone.
    ear : Audiogram
        Of who hears, for the indices.
    hearing : bool
        Whether HASPI and HASQI are asked for.

    Raises
    ------
    ImportError
        No pyclarity.
    """
    if hearing and not installed():
        raise ImportError("HASPI and HASQI need pyclarity: pip install --no-deps pyclarity==0.9.0")
    for mixture in mixtures_:
        after = process(mixture.noisy)[: mixture.clean.size]
        clean, noisy, heard = (x[SKIPPED : after.size] for x in (mixture.clean, mixture.noisy, after))
        indices: dict[str, float] = {}
        if hearing:
            for name in INDICES:
                indices[name] = hearing_index(name, mixture.clean[: after.size], after, ear)
                if amplify:
                    indices[f"{name}, amplified"] = hearing_index(name, mixture.clean[: after.size], amplify(after), ear)
        yield Rated(mixture.speaker, mixture.noise, mixture.level, si_sdr(clean, heard) - si_sdr(clean, noisy), indices)


@dataclass(frozen=True)
class Summary:
    """Means over mixtures.

    Attributes
    ----------
    gains : dict of str to dict of int to float
        By noise, and "all", and by SNR in dB; NaN is left out.
    indices : dict of str to float
    count : int
    """

    gains: dict[str, dict[int, float]]
    indices: dict[str, float]
    count: int


def summary(found: Sequence[Rated]) -> Summary:
    """Means of what became of mixtures."""
    gains: dict[str, dict[int, float]] = {}
    for noise in [*sorted({rating.noise for rating in found}), "all"]:
        for level in LEVELS:
            some = [rating.gain for rating in found if rating.level == level and noise in (rating.noise, "all")]
            if some:
                gains.setdefault(noise, {})[level] = float(np.mean(some))
    names = found[0].indices if found else {}
    return Summary(gains, {name: float(np.mean([rating.indices[name] for rating in found])) for name in names}, len(found))
