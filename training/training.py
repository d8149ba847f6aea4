"""The loop: seeded, resumable to the bit, on a CPU, a GPU, or several processes under ``torchrun``."""

from __future__ import annotations

import csv
import dataclasses
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fixed_point.full_scale import amplitude_decibels, audio_to_words
from testbenches.noisy_speech import rms
from training.configuration import Configuration, ConfigurationError, from_table
from training.data import KEPT, VALIDATION, Mixer, Recordings, as_samples, levelled, read_recordings
from training.networks import ConvTasNet
from training.objectives import permuted_loss, scale_invariant_sdr

COLUMNS = ("step", "minutes", "audio_hours", "rate", "loss", "valid_loss", "valid_gain")
"""Of the log: minutes of this and earlier runs, hours of mixtures heard, rate of learning, mean loss since the last line, and on the
mixtures of the validation the loss and the gain in SI-SDR in dB."""

LEVELS = (0, 5, 10)
"""SNR in dB of the mixtures of a validation, in turn."""

VALID_SECONDS = 4.0
VALID_LEVEL = -26.0

CALIBRATION, CALIBRATION_LEVELS = (4, 5), (-16.0, -26.0)
"""Mixtures of the validation that calibrate an exported network, and their RMS in dB of full scale."""


@dataclass(frozen=True, eq=False)
class Mixtures:
    """A batch that is kept.

    Attributes
    ----------
    noisy : Tensor of float32, shape (batch, samples)
    sources : Tensor of float32, shape (batch, speakers, samples)
    calibration : ndarray of int16, shape (n,)
        A second each of two of them, the first one loud: what an exported network measures its ranges on.
    calibration_of : str
        What can be heard in it.
    """

    noisy: Tensor
    sources: Tensor
    calibration: np.ndarray
    calibration_of: str


def validation(recordings: Recordings, configuration: Configuration) -> Mixtures:
    """The same mixtures at each validation: speakers and noises in turn, at 0, 5 and 10 dB; or the beginnings of pairs."""
    longer = dataclasses.replace(configuration.mixing, seconds=VALID_SECONDS, tilt=0.0, second_noise=0.0, babble=0.0, room=0.0)
    mixer = Mixer(recordings, dataclasses.replace(configuration, mixing=longer))
    random = np.random.default_rng(0)
    noisy, sources, heard = [], [], []
    for pair in recordings.pairs[:VALIDATION]:
        noisy.append(as_samples(mixer.from_start(pair.noisy.words, 0)))
        sources.append(as_samples(mixer.from_start(pair.clean.words, 0))[np.newaxis])
        heard.append(pair.noisy.name)
    mixed = 0 if recordings.pairs else min(VALIDATION, max(len(mixer.speakers), 2 * len(LEVELS)))
    for number in range(mixed):
        names = [mixer.speakers[(number + n) % len(mixer.speakers)] for n in range(mixer.sources)]
        clean = np.stack([levelled(mixer.speech(name, random), VALID_LEVEL) for name in names])
        mixture = clean.sum(0)
        if recordings.noise:
            noise = as_samples(mixer.stretch(recordings.noise[number % len(recordings.noise)].words, random))
            level = LEVELS[number // len(recordings.noise) % len(LEVELS)]
            mixture = mixture + levelled(noise, amplitude_decibels(max(rms(mixture), 1e-9)) - level)
            names = [*names, recordings.noise[number % len(recordings.noise)].name]
        heard.append(" + ".join(names))
        noisy.append(mixture)
        sources.append(clean)
    calibrating = [number % len(noisy) for number in CALIBRATION]
    calibration = np.concatenate(
        [
            audio_to_words(levelled(noisy[number][-configuration.sample_rate :], level), KEPT).astype(np.int16)
            for number, level in zip(calibrating, CALIBRATION_LEVELS, strict=True)
        ]
    )
    told = "; ".join(heard[number] for number in calibrating)
    return Mixtures(torch.from_numpy(np.stack(noisy)), torch.from_numpy(np.stack(sources)), calibration, told)


def learning_rate(configuration: Configuration, step: int) -> float:
    """Of one step: up over `warm_up`, level, half a cosine down to 0 over the last share."""
    schedule = configuration.training
    up = min(1.0, (step + 1) / (schedule.warm_up + 1))
    begin = schedule.steps * (1 - schedule.decay)
    down = 0.5 + 0.5 * math.cos(math.pi * min(1.0, max(0.0, (step - begin) / max(1e-9, schedule.steps - begin))))
    return schedule.rate * up * down


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this one is, as ``torchrun`` says in the environment."""

    rank: int = 0
    count: int = 1
    local: int = 0

    @classmethod
    def of_environment(cls) -> Processes:
        return cls(*(int(os.environ.get(name, default)) for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))))

    @property
    def device(self) -> torch.device:
        """A GPU where there is one."""
        return torch.device("cuda", self.local) if torch.cuda.is_available() else torch.device("cpu")


@dataclass(frozen=True)
class Trained:
    """What a training came to.

    Attributes
    ----------
    step : int
        The last one.
    best : float
        Least loss of a validation.
    gain : float
        Gain in SI-SDR at that validation, in dB.
    ended : {"steps", "minutes", "patience"}
    """

    step: int
    best: float
    gain: float
    ended: str


class Trainer:
    """One training.

    Parameters
    ----------
    configuration : Configuration
    train, valid : Recordings
    folder : Path
        Gets ``last.pt``, ``best.pt`` and ``log.csv``.
    resume : bool
        Go on from ``last.pt``.
    processes : Processes, optional

    Raises
    ------
    ConfigurationError
        Nothing to resume from, or a checkpoint of another network.
    """

    def __init__(
        self,
        configuration: Configuration,
        train: Recordings,
        valid: Recordings,
        folder: Path,
        resume: bool = False,
        processes: Processes | None = None,
    ) -> None:
        self.configuration, self.folder = configuration, folder
        self.processes = processes or Processes()
        self.device = self.processes.device
        schedule = configuration.training
        if schedule.threads and self.device.type == "cpu":
            torch.set_num_threads(schedule.threads)
        torch.manual_seed(configuration.seed)
        self.network = ConvTasNet(configuration.network).to(self.device)
        self.optimizer = torch.optim.AdamW(parameter_groups(self.network, schedule.weight_decay), lr=schedule.rate)
        self.mixer, self.valid = Mixer(train, configuration), validation(valid, configuration)
        self.recordings = f"{len(train.speech)} of speech, {len(train.noise)} of noise; calibration: {self.valid.calibration_of}"
        self.step, self.stale = 0, 0
        self.minutes, self.best, self.best_gain = 0.0, math.inf, 0.0
        if resume:
            self._restore()
        heard: nn.Module = self.network
        if self.processes.count > 1:
            heard = nn.parallel.DistributedDataParallel(heard, device_ids=[self.processes.local] if self.device.type == "cuda" else None)
        self.heard: Any = torch.compile(heard, dynamic=False) if schedule.compile else heard

    def run(self, progress: Callable[[int, str], None] = lambda step, line: None) -> Trained:
        """Train to the end.

        Parameters
        ----------
        progress : callable
            Told each step, and what the last validation found.
        """
        schedule = self.configuration.training
        begin, before = time.monotonic(), self.minutes
        losses: list[float] = []
        line, ended = "", "steps"
        while self.step < schedule.steps:
            losses.append(self.train_step())
            self.step += 1
            self.minutes = before + (time.monotonic() - begin) / 60
            over = bool(schedule.minutes) and self._agreed(self.minutes - before >= schedule.minutes)
            if self.step % schedule.validate == 0 or self.step == schedule.steps or over:
                line = self._validate(float(np.mean(losses)))
                losses.clear()
                if over and self.step < schedule.steps:
                    ended = "minutes"
                    break
                if schedule.patience and self.stale >= schedule.patience:
                    ended = "patience"
                    break
            progress(self.step, line)
        return Trained(self.step, self.best, self.best_gain, ended)

    def train_step(self) -> float:
        """One step of the optimiser; the loss before it."""
        configuration = self.configuration
        noisy, sources = self.mixer.batch(self.step, configuration.training.batch, self.processes.rank)
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(configuration, self.step)
        estimate = self.heard(torch.from_numpy(noisy).to(self.device))
        loss = permuted_loss(configuration.loss, estimate, torch.from_numpy(sources).to(self.device))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), configuration.training.clip)
        self.optimizer.step()
        return float(loss.detach())

    def measure(self) -> tuple[float, float]:
        """Loss, and gain in SI-SDR in dB, on the mixtures of the validation."""
        self.network.eval()
        losses, gains = [], []
        size = self.configuration.training.batch
        with torch.no_grad():
            for noisy, sources in zip(self.valid.noisy.split(size), self.valid.sources.split(size), strict=True):
                noisy, sources = noisy.to(self.device), sources.to(self.device)
                estimate = self.network(noisy)
                losses += [float(permuted_loss(self.configuration.loss, estimate, sources))] * noisy.shape[0]
                gains.append(float(separation_gain(noisy, estimate, sources)))
        return float(np.mean(losses)), float(np.average(gains, weights=[part.shape[0] for part in self.valid.noisy.split(size)]))

    def _validate(self, loss: float) -> str:
        """Measure, write the log and the checkpoints; one process does so for all."""
        valid, gain = self.measure()
        # Each process measures the same weights on the same mixtures; what the first one finds holds for all.
        valid, gain = self._shared([valid, gain])
        better = valid < self.best
        self.stale = 0 if better else self.stale + 1
        if better:
            self.best, self.best_gain = valid, gain
        if self.processes.rank == 0:
            if better:
                self._save("best.pt")
            self._save("last.pt")
            self._log(loss, valid, gain)
        return f"loss {loss:.3f}, validation {valid:.3f}, gain {gain:.2f} dB"

    def _shared(self, values: Sequence[float]) -> list[float]:
        if self.processes.count == 1:
            return list(values)
        told = torch.tensor(values, dtype=torch.float64, device=self.device)
        torch.distributed.broadcast(told, 0)
        return told.tolist()

    def _agreed(self, over: bool) -> bool:
        return bool(self._shared([float(over)])[0])

    def _save(self, name: str) -> None:
        """A checkpoint, whole or not at all: an interrupt leaves the one before."""
        state = {
            "configuration": dataclasses.asdict(self.configuration),
            "step": self.step,
            "minutes": self.minutes,
            "best": self.best,
            "best_gain": self.best_gain,
            "stale": self.stale,
            "calibration": torch.from_numpy(self.valid.calibration),
            "recordings": self.recordings,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        unfinished = self.folder / f".{name}"
        torch.save(state, unfinished)
        unfinished.replace(self.folder / name)

    def _log(self, loss: float, valid: float, gain: float) -> None:
        path = self.folder / "log.csv"
        new = not path.exists()
        heard = self.step * self.configuration.training.batch * self.processes.count
        hours = heard * self.configuration.length / (self.configuration.sample_rate * 3600)
        rate = learning_rate(self.configuration, self.step - 1)
        cells = (self.step, f"{self.minutes:.2f}", f"{hours:.3f}", f"{rate:.3g}", f"{loss:.4f}", f"{valid:.4f}", f"{gain:.3f}")
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                writer.writerow(COLUMNS)
            writer.writerow(cells)

    def _restore(self) -> None:
        state = read_checkpoint(self.folder / "last.pt")
        if state["configuration"]["network"] != dataclasses.asdict(self.configuration.network):
            raise ConfigurationError(f"{self.folder / 'last.pt'}: holds another network than the configuration; resume with its own")
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.minutes, self.stale = state["step"], state["minutes"], state["stale"]
        self.best, self.best_gain = state["best"], state["best_gain"]
        self._cut_log()

    def _cut_log(self) -> None:
        """Lines behind the checkpoint are of a run that ended before it was written."""
        path = self.folder / "log.csv"
        if self.processes.rank == 0 and path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(lines[:1] + [line for line in lines[1:] if int(line.split(",")[0]) <= self.step]), encoding="utf-8")


def parameter_groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights, which decay, and biases, slopes and norms, which do not."""
    parameters = list(network.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def separation_gain(noisy: Tensor, estimate: Tensor, sources: Tensor) -> Tensor:
    """Mean gain in SI-SDR over the mixture, in dB, sources in the order that fits best; shape ()."""
    before = scale_invariant_sdr(noisy[:, None].expand_as(sources), sources)
    if sources.shape[1] == 1:
        return (scale_invariant_sdr(estimate, sources) - before).mean()
    from torchmetrics.functional.audio import permutation_invariant_training

    after, _ = permutation_invariant_training(estimate, sources, scale_invariant_sdr, mode="speaker-wise", eval_func="max")
    return (after - before.mean(1)).mean()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What a checkpoint holds.

    Raises
    ------
    ConfigurationError
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file: there is nothing to go on from") from None
    except Exception as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigurationError(f"{path}: not a checkpoint of ossicle train: {why}") from None
    if not isinstance(state, dict) or not {"configuration", "network", "step"} <= set(state):
        raise ConfigurationError(f"{path}: not a checkpoint of ossicle train")
    return state


def load_network(path: Path) -> tuple[ConvTasNet, Configuration, dict[str, Any]]:
    """The network of a checkpoint, ready to use, its configuration, and the rest."""
    state = read_checkpoint(path)
    configuration = from_table(Configuration, state["configuration"])
    network = ConvTasNet(configuration.network)
    network.load_state_dict(state["network"])
    return network.eval(), configuration, state


def curve(log: Path, picture: Path) -> None:
    """Draw the log: losses and gain over steps, as SVG or PNG by the file's name."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = [int(row["step"]) for row in rows]
    with matplotlib.rc_context({"svg.hashsalt": "ossicle", "font.size": 9}):
        figure, losses = pyplot.subplots(figsize=(7, 3.2), layout="constrained")
        losses.plot(steps, [float(row["loss"]) for row in rows], color="0.65", label="loss, training")
        losses.plot(steps, [float(row["valid_loss"]) for row in rows], color="C0", label="loss, validation")
        losses.set_xlabel("step")
        losses.set_ylabel("loss")
        gains = losses.twinx()
        gains.plot(steps, [float(row["valid_gain"]) for row in rows], color="C1", label="gain in SI-SDR, validation")
        gains.set_ylabel("gain in dB")
        figure.legend(loc="outside upper center", ncols=3, frameon=False)
        figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)
        pyplot.close(figure)


def train(
    configuration: Configuration,
    data: Path,
    folder: Path,
    resume: bool = False,
    reading: Callable[[int, int], None] = lambda done, total: None,
    progress: Callable[[int, str], None] = lambda step, line: None,
) -> Trained:
    """Read the recordings, train, draw the curve; under ``torchrun`` as one of several processes.

    Parameters
    ----------
    configuration : Configuration
    data : Path
        Folder of recordings (`testbenches.noisy_speech`).
    folder : Path
        Gets ``last.pt``, ``best.pt``, ``log.csv`` and ``curve.svg``.
    resume : bool
    reading, progress : callable
        Told files read of how many, and steps.

    Raises
    ------
    ValueError
        A configuration or data that cannot be used, or a folder that holds a training that is not resumed.
    """
    if not resume and (folder / "last.pt").exists():
        raise ConfigurationError(f"{folder}: holds a training; --resume goes on with it, another --output leaves it alone")
    if resume:
        read_checkpoint(folder / "last.pt")
    parts = [read_recordings(data, split, configuration.sample_rate, reading) for split in ("train", "valid")]
    folder.mkdir(parents=True, exist_ok=True)
    processes = Processes.of_environment()
    if processes.count > 1:
        torch.distributed.init_process_group("nccl" if processes.device.type == "cuda" else "gloo")
    try:
        return Trainer(configuration, parts[0], parts[1], folder, resume, processes).run(progress)
    finally:
        if processes.rank == 0 and (folder / "log.csv").exists():
            curve(folder / "log.csv", folder / "curve.svg")
        if processes.count > 1:
            torch.distributed.destroy_process_group()
