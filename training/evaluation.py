"""What a network or a core does for speech in noise: gains in SI-SDR by noise and level, HASPI and HASQI with and without amplification.

Reference: J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR - half-baked or well done?", Proc. ICASSP 2019, 626-630, for SI-SDR.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from testbenches.noisy_speech import LEVELS, SKIPPED, DataError, Mixture, listening_delay, mixtures, si_sdr
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


def process_of(path: Path, engine: str = "model") -> tuple[str, Process]:
    """Name, and what it does to samples: of a checkpoint, an exported network, or the description of a core.

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
        return _core_process(load_core(path), engine)
    if path.suffix == ".npz":
        network = Network.load(path)
        _check(path, network.sample_rate, network.sources)
        return path.stem, lambda x: np.asarray(conv_network(x, network))
    return _checkpoint_process(path)


def untouched(x: Samples) -> Samples:
    """What is noisy as it is, for comparison."""
    return x


def _check(path: Path, rate: int, sources: int) -> None:
    if rate != RATE:
        raise DataError(f"{path}: is for {rate} Hz; the mixtures have {RATE}")
    if sources != 1:
        raise DataError(f"{path}: gives {sources} speakers; what is measured here is one speaker in noise (training logs what separates)")


def _checkpoint_process(path: Path) -> tuple[str, Process]:
    import torch

    from training.training import load_network

    model, configuration, _ = load_network(path)
    _check(path, configuration.sample_rate, configuration.network.speakers)

    def process(x: Samples) -> Samples:
        with torch.no_grad():
            return np.asarray(model(torch.from_numpy(x.astype(np.float32))[None])[0, 0].numpy().astype(np.float64))

    return f"{path.parent.name}/{path.stem}", process


def _core_process(core: Any, engine: str) -> tuple[str, Process]:
    late = listening_delay(core)

    def process(x: Samples) -> Samples:
        words = audio_to_words(np.concatenate([x, np.zeros(late)]), core.sink_format)
        if engine == "reference":
            return np.asarray(core.late_reference(words * core.sink_format.resolution))[late : late + x.size]
        return as_audio(core, simulate(core, words, engine=engine))[late : late + x.size]

    return core.name, process


def chosen(folder: Path, split: str, limit: int | None = None, level: int | None = None) -> list[Mixture]:
    """The mixtures of a split, all or those at one SNR, or so many of them, spread over speakers, noises and levels."""
    found = [mixture for mixture in mixtures(folder, split) if level in (None, mixture.level)]
    if limit is None or limit >= len(found):
        return found
    return [found[number] for number in sorted({STRIDE_OF_CHOICE * n % len(found) for n in range(limit)})]


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
