# ruff: noqa: E402 - nothing of this can be imported without PyTorch
"""Training, evaluation and export of networks: tiny runs, against plain Python and numpy."""

from __future__ import annotations

import csv
import dataclasses
import importlib.util
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter

from fixed_point.sound import RATE, read_audio, write_audio
from ip_cores.description import load_core
from ossicle.command_line import main
from training.configuration import Configuration, ConfigurationError, Mixing, NetworkShape, Optimization, read_configuration

torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")

from reference.audiograms import AUDIOMETRIC, standard_audiogram
from reference.compressor import BandCompression, Curve, compressor
from reference.conv_network import Network, conv_network
from reference.prescriptions import nal_r
from testbenches.noisy_speech import SKIPPED, DataError, si_sdr, talks
from training.amplification import NalR, WideDynamicRange, amplified
from training.configuration import LossWeights
from training.data import Mixer, read_recordings
from training.export import to_network
from training.networks import ConvTasNet, lapped_transform
from training.objectives import loss_of, permuted_loss, scale_invariant_sdr
from training.rooms import Rooms
from training.training import Trainer, learning_rate, load_network, separation_gain

ROOT = Path(__file__).resolve().parent.parent

SMALL = NetworkShape(filters=16, window=16, bottleneck=8, hidden=12, blocks=3, repeats=1)
TINY = Configuration(
    network=SMALL,
    mixing=Mixing(seconds=0.25),
    training=Optimization(steps=12, batch=2, warm_up=2, validate=4, rate=4e-3),
)

TOML = """
seed = 3
[network]
filters = 16
window = 16
bottleneck = 8
hidden = 12
blocks = 3
repeats = 1
[mixing]
seconds = 0.25
[training]
steps = 8
batch = 2
warm_up = 2
validate = 4
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Folders of speech-like sound (harmonics of a wandering pitch that come and go) and of noise."""
    folder, random = tmp_path_factory.mktemp("recordings"), np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    for split in ("train", "valid", "test"):
        for kind in ("speech", "noise"):
            (folder / split / kind).mkdir(parents=True)
        for speaker in range(3):
            phase = 2 * np.pi * np.cumsum(120 + 60 * speaker + 20 * np.sin(2 * np.pi * 3 * time + random.uniform(0, 6))) / RATE
            voice = sum(np.cos(n * phase) / n for n in range(1, 20)) * np.maximum(0, np.sin(2 * np.pi * 4 * time + speaker))
            write_audio(folder / split / "speech" / f"s{speaker}-1.wav", 0.1 * voice)
        write_audio(folder / split / "noise" / "hiss.wav", 0.05 * random.standard_normal(RATE))
    return folder


@pytest.fixture(scope="module")
def recordings(data):
    return {split: read_recordings(data, split, RATE) for split in ("train", "valid")}


@pytest.fixture
def trainer(recordings, tmp_path):
    def make(configuration=TINY, resume=False, folder=tmp_path):
        return Trainer(configuration, recordings["train"], recordings["valid"], folder, resume)

    return make


def changed(**training):
    return dataclasses.replace(TINY, training=dataclasses.replace(TINY.training, **training))


def weights(trainer):
    return {name: value.clone() for name, value in trainer.network.state_dict().items()}


def test_the_loss_falls_and_the_gain_rises(trainer, tmp_path):
    made = trainer(changed(steps=60, validate=20))
    before, _ = made.measure()
    done = made.run()
    assert (done.step, done.ended) == (60, "steps")
    assert done.best < before - 0.5
    assert done.gain > 1.0
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["20", "40", "60"]
    assert float(rows[-1]["audio_hours"]) == pytest.approx(60 * 2 * 0.25 / 3600, abs=1e-3)


def test_a_resumed_training_ends_with_the_same_bits(trainer, tmp_path):
    whole = trainer(folder=tmp_path)
    whole.run()
    log = (tmp_path / "log.csv").read_text()
    other = tmp_path / "other"
    other.mkdir()
    first = trainer(folder=other)
    told = []

    def interrupt(step, line):
        told.append(step)
        if step == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        first.run(interrupt)
    again = trainer(resume=True, folder=other)
    assert again.step == 4
    again.run()
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(again)[name]), name

    def without_minutes(text):
        return [[cell for n, cell in enumerate(line.split(",")) if n != 1] for line in text.splitlines()]

    assert without_minutes((other / "log.csv").read_text()) == without_minutes(log)


def test_training_stops_when_nothing_gets_better_or_time_is_over(trainer, tmp_path):
    hopeless = trainer(changed(steps=400, validate=1, patience=2))
    hopeless.best = -1e9
    done = hopeless.run()
    assert (done.ended, done.step) == ("patience", 2)
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    done = trainer(changed(steps=400, minutes=1e-6)).run()
    assert (done.ended, done.step) == ("minutes", 1)
    assert (tmp_path / "last.pt").exists()


def test_the_rate_of_learning_rises_stays_and_falls_to_nothing():
    configuration = changed(steps=100, warm_up=10, decay=0.5, rate=1.0)
    rates = [learning_rate(configuration, step) for step in range(101)]
    assert rates[0] == pytest.approx(1 / 11)
    assert rates[10:51] == [1.0] * 41
    assert rates[75] == pytest.approx(0.5)
    assert rates[100] == 0


def test_mixtures_follow_from_seed_and_step_alone(recordings):
    mixer = Mixer(recordings["train"], TINY)
    later = mixer.batch(5, 2)
    again = Mixer(recordings["train"], TINY)
    for step in range(5):
        again.batch(step, 2)
    for one, other in zip(later, again.batch(5, 2), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(later[0], mixer.batch(6, 2)[0])
    assert not np.array_equal(later[0], mixer.batch(5, 2, rank=1)[0])


def test_mixtures_have_the_level_and_snr_that_are_asked_for(recordings):
    mixing = Mixing(seconds=0.5, snr=(7, 7), level=(-30, -30), tilt=3, babble=1.0, second_noise=1.0)
    noisy, sources = Mixer(recordings["train"], dataclasses.replace(TINY, mixing=mixing)).batch(0, 4)
    for mixture, clean in zip(noisy, sources[:, 0], strict=True):
        assert 10 * np.log10(np.mean(clean**2)) == pytest.approx(-30, abs=1e-3)
        assert 10 * np.log10(np.mean(clean**2) / np.mean((mixture - clean) ** 2)) == pytest.approx(7, abs=1e-3)


def test_a_room_is_late_sound_behind_the_direct_one():
    """Its energy falls by 60 dB in the time by Sabine, within what Sabine's formula is worth, and nothing precedes the direct sound."""
    rooms, random = Rooms(RATE), np.random.default_rng(0)
    size, time = np.array([5.0, 4.0, 3.0]), 0.3
    response = rooms.response(size, np.array([1.0, 1.5, 1.2]), np.array([4.0, 2.5, 1.6]), time)
    assert response[0] == 1
    left = np.cumsum(response[::-1] ** 2)[::-1]
    fall = 10 * np.log10(left[round(0.03 * RATE)] / left[round(0.13 * RATE)])
    assert 60 * 0.1 / time == pytest.approx(fall, rel=0.35)
    echo = rooms.responses(random, 1)[0]
    x = np.zeros(RATE)
    x[100] = 1
    assert np.max(np.abs(echo.whole(x)[:100])) < 1e-12
    assert np.allclose(echo.early(x)[:420], echo.whole(x)[:420])
    assert not echo.early(x)[421:].any(where=np.abs(echo.early(x)[421:]) > 1e-12)


def test_mixtures_in_rooms_keep_their_snr(recordings):
    mixing = Mixing(seconds=0.5, snr=(7, 7), level=(-30, -30), tilt=0, room=1.0)
    dry = Mixer(recordings["train"], dataclasses.replace(TINY, mixing=dataclasses.replace(mixing, room=0.0)))
    wet = Mixer(recordings["train"], dataclasses.replace(TINY, mixing=mixing))
    noisy, sources = wet.batch(0, 2)
    assert noisy.dtype == sources.dtype == np.float32
    assert not np.array_equal(noisy, dry.batch(0, 2)[0])
    for clean in sources[:, 0]:
        assert 10 * np.log10(np.mean(clean**2)) == pytest.approx(-30, abs=1e-3)


@pytest.fixture
def scene_folders(tmp_path):
    """Pairs in each form in which they are found: of each the clean one is half of the noisy one, delayed by nothing."""
    random = np.random.default_rng(0)

    def pair(noisy, clean, channels=1):
        import soundfile

        x = 0.1 * random.standard_normal((4000, channels))
        for path, samples in ((noisy, x), (clean, x / 2)):
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, RATE, subtype="PCM_16")

    folders, manifest, scenes = (tmp_path / name for name in ("folders", "manifest", "scenes"))
    rows = []
    for split, clarity in (("train", "train"), ("valid", "dev")):
        pair(folders / split / "noisy" / "a.wav", folders / split / "clean" / "a.wav")
        pair(manifest / f"{split}_n.wav", manifest / f"{split}_c.wav")
        rows.append(f"{split}_n.wav,noisy,{split},{split}_c.wav\n")
        stem = scenes / clarity / "scenes"
        pair(stem / "S00001_mixed_CH1.wav", stem / "S00001_target_anechoic.wav", 2)
        pair(stem / "S00002_mix_CH1.wav", stem / "S00002_target_anechoic_CH1.wav", 2)
        (scenes / "metadata").mkdir(exist_ok=True)
        (scenes / "metadata" / f"scenes.{clarity}.json").write_text('[{"scene": "S00002"}, {"scene": "S00001"}]')
    (manifest / "manifest.csv").write_text("file,kind,split,clean\n" + "".join(rows))
    return {"folders": folders, "manifest": manifest, "scenes": scenes}


def test_pairs_are_found_in_folders_manifests_and_lists_of_scenes(scene_folders, tmp_path):
    for name, folder in scene_folders.items():
        found = {split: read_recordings(folder, split, RATE) for split in ("train", "valid")}
        assert len(found["train"].pairs) == (2 if name == "scenes" else 1)
        noisy, sources = Mixer(found["train"], TINY).batch(0, 3)
        assert np.allclose(noisy, 2 * sources[:, 0], atol=2e-4)
        out = tmp_path / f"out_{name}"
        out.mkdir()
        assert Trainer(changed(steps=1), found["train"], found["valid"], out).run().step == 1


def test_pairs_that_are_none_are_named(scene_folders):
    (scene_folders["folders"] / "train" / "clean" / "a.wav").unlink()
    (scene_folders["manifest"] / "manifest.csv").write_text("file,kind,split,clean\na.wav,noisy,train,\n")
    (scene_folders["scenes"] / "train" / "scenes" / "S00001_target_anechoic.wav").unlink()
    for name, complaint in (("folders", "no counterpart"), ("manifest", "does not say"), ("scenes", "S00001")):
        with pytest.raises(DataError, match=complaint):
            read_recordings(scene_folders[name], "train", RATE)
    (scene_folders["scenes"] / "metadata" / "scenes.train.json").write_text('["S1"]')
    with pytest.raises(DataError, match="must be a list of objects"):
        read_recordings(scene_folders["scenes"], "train", RATE)
    two = dataclasses.replace(TINY, network=dataclasses.replace(SMALL, speakers=2))
    valid = read_recordings(scene_folders["scenes"], "valid", RATE)
    with pytest.raises(DataError, match="2 are to be separated"):
        Mixer(valid, two)


def test_two_speakers_are_trained_and_measured(trainer, data, tmp_path, capsys):
    """As PIT of torchmetrics says of the same outputs."""
    two = dataclasses.replace(changed(steps=2, validate=2), network=dataclasses.replace(SMALL, speakers=2))
    made = trainer(two)
    assert made.run().step == 2
    assert main(["evaluate", str(tmp_path / "last.pt"), "--data", str(data), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    assert found["mixtures"] == 3
    model, gains = made.network.eval(), []
    for talk in talks(data, "test", 2):
        noisy, sources = (torch.from_numpy(x.astype(np.float32))[None] for x in (talk.noisy, talk.sources))
        with torch.no_grad():
            cut = (noisy[..., SKIPPED:], model(noisy)[..., SKIPPED:], sources[..., SKIPPED:])
        gains.append(float(separation_gain(*cut)))
    assert found["gain"] == pytest.approx(np.mean(gains), abs=0.02)
    assert main(["evaluate", str(tmp_path / "last.pt"), "examples/denoiser.toml", "--data", str(data)]) == 2
    assert "measure them one by one" in capsys.readouterr().err


def test_two_processes_hear_twice_as_much(trained, data, tmp_path):
    """Started as ``torchrun`` starts them, which itself takes longer than all of this."""
    command = list(map(str, ["train", trained / "T.toml", "--data", data, "--output", tmp_path / "out"]))
    with socket.create_server(("localhost", 0)) as free:
        port = str(free.getsockname()[1])
    common = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "ossicle", *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=common | {"WORLD_SIZE": "2", "RANK": rank, "LOCAL_RANK": rank},
        )
        for rank in "01"
    ]  # fmt: skip
    told = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert "8 of 8 steps" in told[0][0]
    assert told[1][0] == ""
    one, two = ((folder / "log.csv").read_text().splitlines()[-1].split(",") for folder in (trained / "out", tmp_path / "out"))
    assert float(two[2]) == pytest.approx(2 * float(one[2]), abs=1e-3)
    assert one[0] == two[0] == "8"


@pytest.mark.parametrize("filters", [16, 32])
def test_a_network_starts_at_a_gain_of_one(filters):
    basis = lapped_transform(filters, 16)
    x = np.random.default_rng(1).standard_normal(200)
    out = np.zeros(200)
    for start in range(0, 185, 8):
        out[start : start + 16] += np.maximum(basis @ x[start : start + 16], 0) @ basis
    assert np.allclose(out[8:184], x[8:184])


FORMS = {
    "hardware": SMALL,
    "paper": dataclasses.replace(
        SMALL, skip=8, norm="global", norm_first=False, input_norm=True, causal=False, mask="relu", floor=0.0, encoder="linear", speakers=2
    ),
    "paper, causal": dataclasses.replace(SMALL, skip=8, norm="cumulative", norm_first=False, input_norm=True, filters=24),
}


@pytest.mark.parametrize("form", FORMS)
def test_only_a_causal_network_waits_for_nothing(form):
    """A sample's future beyond the windows that cover it changes nothing."""
    shape = FORMS[form]
    torch.manual_seed(0)
    model = ConvTasNet(shape).eval()
    x = torch.randn(1, 400)
    y = x.clone()
    y[0, 208:] = torch.randn(192)
    with torch.no_grad():
        one, other = model(x), model(y)
    assert one.shape == (1, shape.speakers, 400)
    assert bool(torch.allclose(one[..., :200], other[..., :200], atol=1e-6)) == shape.causal
    assert model(torch.randn(2, 123)).shape == (2, shape.speakers, 123)


def shaken(shape):
    """A network whose normalisations have seen something."""
    torch.manual_seed(2)
    model = ConvTasNet(shape)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            torch.nn.init.normal_(module.weight, 1.0, 0.3)
            torch.nn.init.normal_(module.bias, 0.0, 0.3)
        if isinstance(module, torch.nn.PReLU):
            torch.nn.init.uniform_(module.weight, 0.0, 0.5)
    model.train()
    for _ in range(40):
        model(0.1 * torch.randn(4, 800))
    return model.eval()


@pytest.mark.parametrize("speakers", [1, 2])
@pytest.mark.parametrize("samples", [800, 805])
def test_what_is_exported_is_what_was_trained(speakers, samples, tmp_path):
    model = shaken(dataclasses.replace(SMALL, speakers=speakers))
    x = 0.2 * np.random.default_rng(3).standard_normal(samples)
    with torch.no_grad():
        wanted = model(torch.from_numpy(x.astype(np.float32))[None])[0].numpy()
    to_network(model, RATE, np.zeros(100, np.int16), "a test", half=False).save(tmp_path / "net.npz")
    found = np.atleast_2d(conv_network(x, Network.load(tmp_path / "net.npz")))
    assert np.max(np.abs(found - wanted)) < 1e-4 * np.max(np.abs(wanted))
    half = np.atleast_2d(conv_network(x, to_network(model, RATE, np.zeros(100, np.int16), "a test")))
    assert np.sum((half - wanted) ** 2) < 1e-5 * np.sum(wanted**2)


def test_a_network_can_be_exported_for_softer_sound():
    """What it does is the same, so many dB lower: all but the bottleneck's bias is in front of a ReLU or behind the mask."""
    model = shaken(SMALL)
    x = 0.2 * np.random.default_rng(3).standard_normal(800)
    there, softer = (to_network(model, RATE, np.zeros(1, np.int16), "", half=False, softer=shift) for shift in (0.0, 9.0))
    gain = 10 ** (9 / 20)
    assert np.allclose(conv_network(x / gain, softer) * gain, conv_network(x, there), atol=1e-6)


def test_a_higher_floor_mixes_the_input_in():
    """Encoder and decoder alone pass the input at the start: masks are what is left of them."""
    model = ConvTasNet(SMALL).eval()
    x = 0.2 * np.random.default_rng(3).standard_normal(800)
    low, high = (conv_network(x, to_network(model, RATE, np.zeros(1, np.int16), "", half=False, floor=floor)) for floor in (0.2, 0.6))
    assert np.allclose(high, low + 0.5 * (x - low), atol=1e-5)


def test_what_the_core_cannot_do_is_not_exported():
    for form in ("paper", "paper, causal"):
        with pytest.raises(ConfigurationError, match="the core conv_network needs"):
            to_network(ConvTasNet(FORMS[form]), RATE, np.zeros(1, np.int16), "")


@pytest.mark.parametrize("weights", [LossWeights(), LossWeights(snr=0, si_sdr=1, spectrum=0)])
def test_permutations_are_those_of_brute_force(weights):
    torch.manual_seed(0)
    target, estimate = torch.randn(4, 3, 1600), torch.randn(4, 3, 1600)
    estimate = estimate + 2 * target[:, [2, 0, 1]]
    wanted = [
        min(
            float(np.mean([float(loss_of(weights, estimate[clip, order[n]], target[clip, n])) for n in range(3)]))
            for order in itertools.permutations(range(3))
        )
        for clip in range(4)
    ]
    assert float(permuted_loss(weights, estimate, target)) == pytest.approx(np.mean(wanted), abs=1e-5)


def test_si_sdr_is_that_of_the_paper():
    random = np.random.default_rng(0)
    clean, noise = random.standard_normal((2, 4000))
    estimate = 3 * clean + noise
    target = clean * (estimate @ clean) / (clean @ clean)
    wanted = 10 * np.log10(np.sum(target**2) / np.sum((estimate - target) ** 2))
    assert float(scale_invariant_sdr(torch.from_numpy(estimate), torch.from_numpy(clean))) == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize("name", ["N2", "N4", "S2"])
def test_amplification_is_the_prescription_s(name):
    """At every frequency that is neither below 250 Hz nor beyond 6 kHz."""
    ear = standard_audiogram(name)
    time = np.arange(8000) / RATE
    for frequency in (250, 400, 500, 1000, 1700, 3000, 4000, 6000):
        x = np.sin(2 * np.pi * frequency * time)
        found = amplified(x, ear)[3000:5000]
        gain = 20 * np.log10(np.sqrt(2 * np.mean(found**2)))
        assert gain == pytest.approx(float(nal_r(ear, [frequency])[0]), abs=0.1), frequency
    assert AUDIOMETRIC[0] == 250


BAND = BandCompression(Curve(20, 60, knee=45, ratio=2, expansion_knee=30, expansion_ratio=2, output_limit=85), attack=0.05, release=0.004)


def test_compression_is_the_core_s():
    random = np.random.default_rng(0)
    x = random.standard_normal(3000) * np.repeat([1e-4, 0.3, 0.003], 1000)
    wanted, _ = compressor(x, np.zeros(3000, int), bands=[BAND], power=0.1, full_scale_spl=100, output_full_scale_spl=110, lowest=2.0**-40)
    found = WideDynamicRange(BAND, 0.1, 100, 110, 2.0**-40)(torch.from_numpy(x)).numpy()
    assert np.max(np.abs(20 * np.log10(np.abs(found / wanted)))) < 0.1


def test_gradients_pass_amplification_and_compression():
    """As differences say."""
    torch.manual_seed(0)
    x = (0.05 * torch.randn(60, dtype=torch.float64)).requires_grad_()
    aid = torch.nn.Sequential(NalR(standard_audiogram("N3")), WideDynamicRange(BAND, 0.1, 100, 110, 2.0**-40))
    weights = torch.randn(60, dtype=torch.float64)
    (aid(x) @ weights).backward()
    step = 1e-6 * torch.randn(60, dtype=torch.float64)
    with torch.no_grad():
        difference = float((aid(x + step) - aid(x - step)) @ weights) / 2
    assert float(x.grad @ step) == pytest.approx(difference, rel=1e-3)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A folder with T.toml and what `ossicle train` made of it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "T.toml").write_text(TOML)
    assert main(["train", str(folder / "T.toml"), "--data", str(data), "--output", str(folder / "out")]) == 0
    return folder


def test_the_commands_go_hand_in_hand(trained, data, capsys):
    out = trained / "out"
    assert {path.name for path in out.iterdir()} == {"best.pt", "last.pt", "log.csv", "curve.svg"}
    own = trained / "own" / "net.toml"
    assert main(["export", str(out / "best.pt"), "--output", str(trained / "net.npz"), "--description", str(own)]) == 0
    assert load_core(own).network.origin == Network.load(trained / "net.npz").origin
    network = Network.load(trained / "net.npz")
    assert network.calibration.size == 2 * RATE
    assert "seed 3, " in network.origin
    capsys.readouterr()
    nets = [str(out / "best.pt"), str(trained / "net.npz")]
    assert main(["evaluate", *nets, "examples/denoiser.toml", "--data", str(data), "--limit", "4", "--json"]) == 0
    first, second, third = json.loads(capsys.readouterr().out)["results"]
    assert first["mixtures"] == second["mixtures"] == third["mixtures"] == 4
    for level, gain in first["gain"]["all"].items():
        assert second["gain"]["all"][level] == pytest.approx(gain, abs=0.05)
    assert main(["evaluate", nets[1], "--data", str(data), "--limit", "2", "--snr", "5"]) == 0
    _, head, noise, mean = capsys.readouterr().out.splitlines()
    assert "net, 5 dB" in head
    assert noise.split()[0] == "hiss"
    assert noise.split()[1] == mean.split()[1]
    assert main(["evaluate", nets[1], str(own), "--data", str(data), "--limit", "2", "--snr", "5"]) == 0
    head = capsys.readouterr().out.splitlines()[1]
    assert "net.npz, 5 dB" in head
    assert "net.toml, 5 dB" in head


def test_a_training_is_neither_overwritten_nor_resumed_by_another(trained, data, capsys):
    command = ["train", str(trained / "T.toml"), "--data", str(data), "--output", str(trained / "out")]
    assert main(command) == 2
    assert "--resume goes on with it" in capsys.readouterr().err
    (trained / "other.toml").write_text(TOML.replace("hidden = 12", "hidden = 13"))
    assert main([command[0], str(trained / "other.toml"), *command[2:], "--resume"]) == 2
    assert "holds another network" in capsys.readouterr().err
    assert main([*command[:-1], str(trained / "nowhere"), "--resume"]) == 2
    assert "nothing to go on from" in capsys.readouterr().err


BAD = {
    "steps = 0": "training.steps = 0: must be 1 to 1e+09",
    "bath = 3": "training.bath: not known; training has steps",
    'rate = "fast"': "training.rate = 'fast': must be a number",
    "compile = 1": "training.compile = 1: must be true or false",
    "[loss]\nsnr = -1": "loss.snr = -1.0: must be 0",
    "[loss]\nsnr = 0\nspectrum = 0": "loss: all weights are 0",
    "[mixing.room]": "mixing",
    "[": "not TOML",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_configuration_is_refused_in_one_line(text, tmp_path, capsys):
    path = tmp_path / "T.toml"
    path.write_text(f"[training]\n{text}\n")
    assert main(["train", str(path), "--data", "nowhere"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line
    assert BAD[text] in line


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"window": 15}, "must be even"),
        ({"norm": "layer"}, "one of batch, global, cumulative"),
        ({"norm": "global"}, "would not be causal"),
        ({"mask": "relu"}, "has none"),
        ({"causal": False, "kernel": 4}, "must be odd"),
    ],
)
def test_a_bad_network_is_refused(change, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        NetworkShape(**change)


def test_bad_data_is_named(data, tmp_path, trained, capsys):
    toml = str(trained / "T.toml")
    assert main(["train", toml]) == 2
    assert main(["train", toml, "--data", str(tmp_path / "none"), "--output", str(tmp_path / "o")]) == 2
    assert main(["train", toml, "--data", str(tmp_path), "--output", str(tmp_path / "o")]) == 2
    (tmp_path / "manifest.csv").write_text("file,kind\na.wav,speech\n")
    assert main(["train", toml, "--data", str(tmp_path), "--output", str(tmp_path / "o")]) == 2
    assert main(["evaluate", str(tmp_path / "manifest.csv"), "--data", str(data)]) == 2
    lines = capsys.readouterr().err.splitlines()
    wanted = ("--data DIR names", "no such folder", "no speech in the split", "has no column split", "must be a checkpoint")
    assert len(lines) == len(wanted)
    assert all(word in line for word, line in zip(wanted, lines, strict=True))
    bad = tmp_path / "bad.pt"
    bad.write_bytes(b"none")
    assert main(["export", str(bad), "--output", str(tmp_path / "x.npz")]) == 2
    assert "not a checkpoint" in capsys.readouterr().err


def test_the_example_s_configurations_are_read():
    for path in sorted((ROOT / "examples/enhancer").glob("*.toml")):
        assert read_configuration(path).network.causal
    assert load_network  # what evaluates a checkpoint


def test_the_example_takes_noise_from_a_voice_it_never_heard():
    """Falling at 6 dB an octave from 500 Hz on, as that of streets does, at 5 dB."""
    path = ROOT / "examples/enhancer.npz"
    assert path.stat().st_size < 200_000
    network = Network.load(path)
    clean = read_audio(ROOT / "examples/speech.wav").samples
    noise = lfilter([1], [1, -np.exp(-2 * np.pi * 500 / RATE)], np.random.default_rng(0).standard_normal(clean.size))
    noisy = clean + noise * np.sqrt(np.mean(clean**2) / np.mean(noise**2)) * 10 ** (-5 / 20)
    gain = si_sdr(clean, conv_network(noisy, network)) - si_sdr(clean, noisy)
    assert gain > 3
    assert "22000 steps" in network.origin


WITHOUT = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.split(".")[0] in ("torch", "torchmetrics") else find(name, package)
from ossicle.command_line import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [["train", "examples/enhancer/train.toml", "--data", "."], ["export", "a.pt", "--output", "b.npz"]])
def test_without_pytorch_one_line_says_what_to_install(command):
    run = subprocess.run([sys.executable, "-c", WITHOUT, *command], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f'ossicle: {command[0]} needs PyTorch: pip install "ossicle[training]"\n'


def test_hearing_without_pyclarity_is_refused_in_one_line(trained, data, monkeypatch, capsys):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, package=None: None if name == "clarity" else there(name, package))
    assert main(["evaluate", str(trained / "out" / "best.pt"), "--data", str(data), "--hearing"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == 'ossicle: evaluate --hearing needs pyclarity (HASPI, HASQI): pip install "ossicle[hearing]"'


def test_indices_stand_beside_those_of_what_is_noisy(data, tmp_path, capsys):
    """What passes everything is as good as what was noisy, whatever the ear."""
    pytest.importorskip("clarity")
    (tmp_path / "pass.toml").write_text('core = "fir"\nname = "pass"\ncoefficients = [1.0]\nsink = "sfix24_En23"\nsource = "sfix24_En23"\n')
    assert main(["evaluate", str(tmp_path / "pass.toml"), "--data", str(data), "--limit", "1", "--hearing", "--json"]) == 0
    noisy, passed = json.loads(capsys.readouterr().out)["results"]
    assert noisy["name"] == "noisy"
    assert set(noisy["hearing"]) == {"HASPI", "HASQI"}
    for index, value in noisy["hearing"].items():
        assert passed["hearing"][index] == pytest.approx(value, abs=0.01)
