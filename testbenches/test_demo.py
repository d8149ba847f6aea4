"""What the report of the demonstration shows of the denoiser, beside what the tests of the command line hold it to."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

import numpy as np
import pytest

from fixed_point.sound import RATE, read_audio, write_audio
from ip_cores.description import load_core
from ossicle.demo import denoising, figures, listener, network, proofs
from ossicle.terminal import Progress
from testbenches import hearing
from testbenches.signals import EXAMPLES

STUB = {
    "clarity/__init__.py": "",
    "clarity/utils/__init__.py": "",
    "clarity/utils/audiogram.py": "def Audiogram(levels, frequencies):\n    assert len(levels) == len(frequencies)\n",
    "clarity/evaluator/__init__.py": "",
    "clarity/evaluator/haspi.py": (
        "import numpy as np\n"
        "def haspi_v2(clean, rate, heard, heard_rate, audiogram):\n"
        "    assert rate == heard_rate == 16000 and len(clean) == len(heard)\n"
        "    return np.sqrt(np.mean(clean**2)), np.random.rand(), np.mean(heard**2)\n"
    ),
    "clarity/evaluator/hasqi.py": "import numpy as np\ndef hasqi_v2(*arguments):\n    return (np.random.rand(),)\n",
}
"""In pyclarity's place: the level of the clean speech, and numbers from numpy's global generator."""


@pytest.mark.parametrize(("hertz", "band"), [(200, 0), (700, 1), (1400, 2), (2800, 3), (6500, 4)])
def test_tones_are_strongest_in_their_octave(hertz, band):
    """Bands stand from low to high: below 500 Hz, then octaves to 8 kHz."""
    tone = np.sin(2 * np.pi * hertz * np.arange(RATE // 4) / RATE)
    bands = denoising.bank(load_core(EXAMPLES / "denoiser.toml"))(tone)
    assert [len(one) for one in bands] == [len(tone)] * 5
    assert np.argmax([np.mean(one[500:] ** 2) for one in bands]) == band


def test_signals_are_aligned_for_the_plots():
    x = np.arange(10.0)
    (_, first), (_, second) = denoising.aligned((("in", x), ("out", np.concatenate([np.zeros(3), x])[:10])), 3)
    assert first.tolist() == second.tolist() == list(range(7))


def test_indices_of_hearing_are_in_the_report_where_pyclarity_is_installed(monkeypatch, tmp_path):
    x = np.full(40, 0.25)
    monkeypatch.setattr(denoising, "installed", lambda: False)
    assert denoising.hearing(x, x, x) == {}
    assert denoising.hearing_table({}) == ()
    monkeypatch.setattr(denoising, "installed", lambda: True)
    monkeypatch.setattr(denoising, "hearing_index", lambda name, clean, heard: {"HASPI": 0.5, "HASQI": 0.2}[name] * heard[0])
    (table,) = denoising.hearing_table(denoising.hearing(x, np.ones(40), 1.5 * np.ones(40)))
    assert [(row[0], *row[2:]) for row in table.rows] == [("HASPI", "0.500", "0.750", "+0.250"), ("HASQI", "0.200", "0.300", "+0.100")]


def loaded_stubs():
    return [name for name in sys.modules if name.split(".")[0] == "clarity"]


@pytest.fixture
def pyclarity(monkeypatch, tmp_path):
    """The stub in place of the package, and gone from memory afterwards: other tests ask whether it is installed."""
    for name, text in STUB.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in loaded_stubs():
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in loaded_stubs():
        del sys.modules[name]


@pytest.mark.usefixtures("pyclarity")
def test_index_of_hearing_is_repeatable_and_leaves_the_generator_alone():
    assert hearing.installed()
    speech = np.random.default_rng(0).standard_normal(100)
    np.random.seed(7)  # noqa: NPY002
    first = hearing.hearing_index("HASQI", speech, speech[:80])
    after = np.random.rand()  # noqa: NPY002
    assert hearing.hearing_index("HASQI", speech, speech) == first
    np.random.seed(7)  # noqa: NPY002
    assert np.random.rand() == after  # noqa: NPY002
    assert hearing.hearing_index("HASPI", 0.01 * speech, speech[:50]) == pytest.approx(1.0)  # 65 dB, however it was recorded


def test_extra_asks_for_the_version_that_is_named():
    settings = configparser.ConfigParser()
    settings.read(Path(__file__).parent.parent / "setup.cfg")
    assert settings["options.extras_require"]["hearing"].split() == hearing.PACKAGE.replace("==", " ==").split()


def test_what_an_aid_does_for_a_listener_is_measured_and_shown(tmp_path, monkeypatch):
    """On the engine that is fast; all of them prove the aid in its own tests."""
    write_audio(tmp_path / "speech.wav", read_audio(listener.SPEECH).samples[4000:7000], RATE)
    shorter = {"SPEECH": tmp_path / "speech.wav", "SINES": (1000.0,), "LEVELS": np.array([30.0, 90.0]), "installed": lambda: False}
    for name, value in shorter.items():
        monkeypatch.setattr(listener, name, value)
    monkeypatch.setattr(figures, "DPI", 40)
    monkeypatch.setattr(proofs, "HARDWARE", ("native",))
    section = listener.make(tmp_path, Progress("test"))
    assert section.passed
    assert section.facts["engines"][0]["words_different"] == 0
    assert section.facts["furthest_from_prescription"] < 3
    assert section.facts["attack"] == pytest.approx(5, rel=0.2)
    assert section.facts["release"] == pytest.approx(100, rel=0.2)
    unaided, aided = section.facts["audible"]
    assert aided > 2 * unaided
    assert {path.stem for path in (tmp_path / "plots").iterdir()} == {"prescription", "audible_area", "cochleagram", "compression"}
    sizes = [np.sqrt(np.mean(read_audio(sound.file).samples ** 2)) for sound in section.sounds]
    assert len(sizes) == 5
    assert 20 * np.log10(sizes[1] / sizes[0]) == pytest.approx(18, abs=5)  # as loud one to another as at the ear


def test_what_a_network_does_in_a_street_is_measured_and_shown(tmp_path, monkeypatch):
    """On a short piece; the gains that are shown are of the whole recording."""
    for name in ("SPEECH", "TRAM"):
        write_audio(tmp_path / f"{name}.wav", read_audio(getattr(network, name)).samples[12000:16000], RATE)
        monkeypatch.setattr(network, name, tmp_path / f"{name}.wav")
    monkeypatch.setattr(network, "LEVELS", (network.SHOWN,))
    monkeypatch.setattr(figures, "DPI", 40)
    section = network.make(tmp_path, Progress("test"))
    assert section.passed
    assert section.facts["engines"][0]["words_different"] == 0
    (most, less), *others = section.facts["si_sdr_gain"].values()
    assert not others
    assert most > less > 0
    noisy, _, best = (read_audio(sound.file).samples for sound in section.sounds)
    clean = read_audio(network.SPEECH).samples
    # Plain correlation with the speech, the delay of a hop taken out: it is higher behind the network.
    before, after = np.corrcoef(clean, noisy)[0, 1], np.corrcoef(clean[:-16], best[16:])[0, 1]
    assert after > before
