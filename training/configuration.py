"""What a training is made of, read from one TOML file: frozen dataclasses that are validated in full when they are made."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fixed_point.sound import RATE


class ConfigurationError(ValueError):
    """A configuration that cannot be used; the message names the field, the value and what is allowed."""


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigurationError(f"{name} = {value}: must be {low:g} to {high:g}")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigurationError(f"{name} = {value!r}: must be one of {', '.join(allowed)}")


def _pair(name: str, value: tuple[float, float], low: float, high: float) -> None:
    if len(value) != 2 or not low <= value[0] <= value[1] <= high:
        raise ConfigurationError(f"{name} = {list(value)}: must be two numbers that rise, {low:g} to {high:g}")


@dataclass(frozen=True)
class NetworkShape:
    """A Conv-TasNet (Luo and Mesgarani, 2019, Table I) by its hyperparameters.

    Attributes
    ----------
    filters : int
        N, filters of the encoder.
    window : int
        L, samples of a filter; frames follow each other by half of it.
    bottleneck, hidden : int
        B and H, channels between blocks and inside of them.
    skip : int
        Channels of the skip paths (Sc); 0: none, and the mask is made from the last residual.
    kernel : int
        P, taps of the depthwise convolutions.
    blocks, repeats : int
        X blocks, dilated by 1, 2, 4, ..., repeated R times.
    speakers : int
        C, sources that are estimated.
    causal : bool
        Only frames of the past are used.
    norm : {"batch", "global", "cumulative"}
        BatchNorm, gLN or cLN.
    norm_first : bool
        Convolution, normalisation, PReLU, so that a BatchNorm folds into the weights exactly; the paper has the PReLU in between.
    input_norm : bool
        Normalise in front of the bottleneck, as the paper does.
    encoder : {"relu", "linear"}
    mask : {"sigmoid", "relu"}
    floor : float
        Of a sigmoid mask: floor + (1 - floor) sigmoid. What is masked stays audible.
    """

    filters: int = 64
    window: int = 32
    bottleneck: int = 24
    hidden: int = 48
    skip: int = 0
    kernel: int = 3
    blocks: int = 5
    repeats: int = 2
    speakers: int = 1
    causal: bool = True
    norm: str = "batch"
    norm_first: bool = True
    input_norm: bool = False
    encoder: str = "relu"
    mask: str = "sigmoid"
    floor: float = 0.2

    def __post_init__(self) -> None:
        for name, high in (("filters", 4096), ("bottleneck", 4096), ("hidden", 4096), ("kernel", 65), ("repeats", 64), ("speakers", 8)):
            _within(f"network.{name}", getattr(self, name), 1, high)
        _within("network.skip", self.skip, 0, 4096)
        _within("network.blocks", self.blocks, 1, 12)
        _within("network.window", self.window, 2, 4096)
        if self.window % 2:
            raise ConfigurationError(f"network.window = {self.window}: must be even, frames follow each other by half of it")
        if not self.causal and self.kernel % 2 == 0:
            raise ConfigurationError(f"network.kernel = {self.kernel}: must be odd unless the network is causal")
        _one_of("network.norm", self.norm, ("batch", "global", "cumulative"))
        _one_of("network.encoder", self.encoder, ("relu", "linear"))
        _one_of("network.mask", self.mask, ("sigmoid", "relu"))
        _within("network.floor", self.floor, 0, 0.99)
        if self.mask == "relu" and self.floor:
            raise ConfigurationError(f"network.floor = {self.floor}: a mask by relu has none")
        if self.causal and self.norm == "global":
            raise ConfigurationError("network.norm = 'global': looks at the whole clip, so the network would not be causal")

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""
        return self.window // 2

    @property
    def dilations(self) -> tuple[int, ...]:
        """Of all blocks, in frames."""
        return tuple(1 << block for _ in range(self.repeats) for block in range(self.blocks))


@dataclass(frozen=True)
class Mixing:
    """How mixtures are drawn from recordings of speech and of noise; ranges are uniform.

    Attributes
    ----------
    seconds : float
        Of a mixture.
    snr : (float, float)
        Speech over noise, in dB over the mixture.
    level : (float, float)
        RMS of the speech, in dB of full scale.
    tilt : float
        Largest change of the spectrum's slope, in dB at the highest frequency against the lowest, of speech and noise each.
    second_noise : float
        Share of mixtures in whose noise two recordings are added.
    babble : float
        Share of mixtures whose noise holds five other speakers as well.
    room : float
        Share of mixtures in a room: image sources in a shoebox, the target is the direct sound and the first 20 ms.
    between : (float, float)
        With several speakers: level of each further one against the first, in dB.
    """

    seconds: float = 1.5
    snr: tuple[float, float] = (-3.0, 12.0)
    level: tuple[float, float] = (-32.0, -20.0)
    tilt: float = 4.0
    second_noise: float = 0.3
    babble: float = 0.1
    room: float = 0.0
    between: tuple[float, float] = (-2.5, 2.5)

    def __post_init__(self) -> None:
        _within("mixing.seconds", self.seconds, 0.1, 60)
        _pair("mixing.snr", self.snr, -60, 100)
        _pair("mixing.level", self.level, -90, 0)
        _pair("mixing.between", self.between, -60, 60)
        _within("mixing.tilt", self.tilt, 0, 24)
        for name in ("second_noise", "babble", "room"):
            _within(f"mixing.{name}", getattr(self, name), 0, 1)


@dataclass(frozen=True)
class LossWeights:
    """What is minimised.

    Attributes
    ----------
    snr : float
        Weight of the negative SNR in dB.
    si_sdr : float
        Weight of the negative scale-invariant SDR in dB.
    spectrum : float
        Weight of the compressed spectrum's error.
    """

    snr: float = 1.0
    si_sdr: float = 0.0
    spectrum: float = 6.0

    def __post_init__(self) -> None:
        for name in ("snr", "si_sdr", "spectrum"):
            _within(f"loss.{name}", getattr(self, name), 0, 1e6)
        if not (self.snr or self.si_sdr or self.spectrum):
            raise ConfigurationError("loss: all weights are 0; one of snr, si_sdr and spectrum must be above")


@dataclass(frozen=True)
class Optimization:
    """How it is trained.

    Attributes
    ----------
    steps : int
        All steps; the rate of learning rises over `warm_up` steps, stays, and falls to 0 as half a cosine over the last share `decay`.
        So a training may be resumed with more or fewer steps while it is still level.
    minutes : float
        Stop after so long whatever the step, on the clock of one run; 0: no limit.
    batch : int
        Mixtures in a step, of each process.
    rate : float
        Of learning, AdamW's.
    warm_up : int
    decay : float
    weight_decay : float
    clip : float
        Largest norm of the gradient.
    validate : int
        Steps from one validation, checkpoint and line in the log to the next.
    patience : int
        Validations without a better one after which training stops; 0: never.
    threads : int
        Of PyTorch on the CPU; 0: as many as PyTorch takes.
    compile : bool
        Through ``torch.compile``: half a minute to start, then twice as fast on a CPU. Needs a C++ compiler.
    """

    steps: int = 20000
    minutes: float = 0.0
    batch: int = 4
    rate: float = 2e-3
    warm_up: int = 200
    decay: float = 0.4
    weight_decay: float = 0.01
    clip: float = 5.0
    validate: int = 500
    patience: int = 0
    threads: int = 1
    compile: bool = False

    def __post_init__(self) -> None:
        _within("training.steps", self.steps, 1, 1e9)
        _within("training.minutes", self.minutes, 0, 1e6)
        _within("training.batch", self.batch, 1, 65536)
        _within("training.rate", self.rate, 1e-9, 10)
        _within("training.warm_up", self.warm_up, 0, 1e9)
        _within("training.decay", self.decay, 0, 1)
        _within("training.weight_decay", self.weight_decay, 0, 10)
        _within("training.clip", self.clip, 1e-9, 1e9)
        _within("training.validate", self.validate, 1, 1e9)
        _within("training.patience", self.patience, 0, 1e9)
        _within("training.threads", self.threads, 0, 1024)


@dataclass(frozen=True)
class Configuration:
    """Everything a training is made of.

    Attributes
    ----------
    seed : int
    sample_rate : int
        In Hz.
    data : str
        Folder with ``manifest.csv``, or folders as `training.data` describes; empty: said on the command line.
    network : NetworkShape
    mixing : Mixing
    loss : LossWeights
    training : Optimization
    """

    seed: int = 1
    sample_rate: int = RATE
    data: str = ""
    network: NetworkShape = field(default_factory=NetworkShape)
    mixing: Mixing = field(default_factory=Mixing)
    loss: LossWeights = field(default_factory=LossWeights)
    training: Optimization = field(default_factory=Optimization)

    def __post_init__(self) -> None:
        _within("seed", self.seed, 0, 2**31 - 1)
        _within("sample_rate", self.sample_rate, 1000, 192_000)

    @property
    def length(self) -> int:
        """Samples of a mixture, whole hops."""
        hop = self.network.hop
        return max(1, round(self.mixing.seconds * self.sample_rate / hop)) * hop


def from_table(kind: Any, table: Any, name: str = "") -> Any:
    """A dataclass from a table, refused with the field, the value and what is allowed.

    Raises
    ------
    ConfigurationError
    """
    if not isinstance(table, dict):
        raise ConfigurationError(f"{name} = {table!r}: must be a table")
    hints = typing.get_type_hints(kind)
    known = [part.name for part in dataclasses.fields(kind)]
    prefix = f"{name}." if name else ""
    for key in table:
        if key not in known:
            raise ConfigurationError(f"{prefix}{key}: not known; {name or 'a training'} has {', '.join(known)}")
    return kind(**{key: _converted(hints[key], value, prefix + key) for key, value in table.items()})


def _converted(kind: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return from_table(kind, value, name)
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind is str and isinstance(value, str):
        return value
    if isinstance(kind, types.GenericAlias) and isinstance(value, (list, tuple)):
        inner = typing.get_args(kind)
        if len(value) == len(inner):
            return tuple(_converted(part, item, name) for part, item in zip(inner, value, strict=True))
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    raise ConfigurationError(f"{name} = {value!r}: must be {words.get(kind, 'two numbers')}")


def read_configuration(path: str | Path) -> Configuration:
    """The configuration in a TOML file.

    Raises
    ------
    ConfigurationError
        Naming the file, and the field or the line.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from None
    try:
        return from_table(Configuration, table)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def with_changes(configuration: Configuration, seed: int | None, training: dict[str, Any]) -> Configuration:
    """With another seed, and other values of its training.

    Raises
    ------
    ConfigurationError
    """
    changed = dataclasses.replace(configuration, training=dataclasses.replace(configuration.training, **training))
    return changed if seed is None else dataclasses.replace(changed, seed=seed)
