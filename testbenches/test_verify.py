"""simulate and verify on a real core, right and wrong."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from ip_cores.core import make_core
from ip_cores.fir import Fir
from ip_cores.generate import generate
from testbenches.simulate import ENGINES, simulate
from testbenches.verify import verify

TAPS = [0.1, -0.2, 0.45, -0.2, 0.05]


@pytest.fixture(scope="module")
def core():
    return make_core({"core": "fir", "coefficients": TAPS, "sink": "sfix8_En7", "source": "sfix12_En11", "name": "verified"})


@pytest.fixture(scope="module")
def manifest(core, tmp_path_factory):
    return generate(core, tmp_path_factory.mktemp("vhdl") / "verified")


def test_every_engine_gives_the_same(core, manifest):
    x = np.random.default_rng(1).integers(-128, 128, 100)
    words = simulate(core, x)
    for engine in ENGINES[2:]:
        assert simulate(core, x, engine, stalls=0.3, manifest=manifest).tolist() == words.tolist()
    assert np.abs(simulate(core, x, "reference") - words / 2048).max() < 1e-3


def test_floats_in_floats_out(core):
    x = np.array([0.5, -0.25, 0.125])
    assert simulate(core, x).tolist() == (core.model([64, -32, 16]) / 2048).tolist()
    assert simulate(core, x, "reference").tolist() == core.reference(x).tolist()


def test_an_unknown_engine(core):
    with pytest.raises(ValueError, match='engine = "vivado": must be one of reference, model, myhdl, ghdl, native'):
        simulate(core, [1], "vivado")
    with pytest.raises(ValueError, match="must be one of myhdl, ghdl, native"):
        verify(core, engines=["model"])


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
def test_the_chain_of_proof(form):
    verification = verify(make_core({"core": "fir", "coefficients": TAPS, "form": form}), samples=150, seed=4)
    assert verification.passed
    assert [engine.engine for engine in verification.engines] == ["myhdl", "ghdl", "native"]
    for engine in verification.engines:
        assert 140 < engine.words_compared <= 150
        assert engine.words_different == 0
        assert engine.replay.endswith(f"--engine {engine.engine} --samples 150 --seed 4")
    assert verification.snr > 70
    plain = json.loads(json.dumps(verification.as_dict()))
    assert plain["passed"] is True
    assert plain["engines"][0]["words_different"] == 0


@dataclasses.dataclass(frozen=True)
class OffByOne(Fir):
    """A model that is wrong in one word."""

    kind = ""

    def model(self, x):
        words = super().model(x)
        words[40:41] += 1
        return words


def test_a_wrong_word_is_found_and_named(core, manifest):
    wrong = OffByOne(**{field.name: getattr(core, field.name) for field in dataclasses.fields(core)})
    verification = verify(wrong, "noise", samples=60, reset=False, manifest=manifest, source="wrong.toml --input noise")
    assert not verification.passed
    for engine in verification.engines:
        first: Any = engine.first_difference
        assert engine.words_different == 1
        assert (first.index, first.field) == (40, "data")
        assert first.expected == first.found + 1
        assert first.cycle >= 40
        assert engine.replay == f"ossicle verify wrong.toml --input noise --engine {engine.engine} --samples 60 --seed 0"


class OneMore(OffByOne):
    def model(self, x):
        return np.append(Fir.model(self, x), 0)


def test_a_missing_word_is_found(core, manifest):
    wrong = OneMore(**{field.name: getattr(core, field.name) for field in dataclasses.fields(core)})
    result = verify(wrong, np.arange(50), ["native"], reset=False, manifest=manifest).engines[0]
    first: Any = result.first_difference
    assert (result.words_compared, result.words_different) == (51, 1)
    assert dataclasses.astuple(first) == (50, "data", 0, None, None)


def test_a_broken_core_is_reported_not_raised(core, manifest, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in manifest.files:
        text = (manifest.folder / name).read_text()
        (folder / name).write_text(text.replace("source_valid <= ", "source_valid <= source_ready and "))
    broken = dataclasses.replace(manifest, folder=folder)
    verification = verify(core, samples=60, engines=["ghdl", "native"], manifest=broken)
    assert not verification.passed
    for engine in verification.engines:
        assert engine.error is not None
        assert engine.error.endswith("source_valid depends on source_ready")
        assert not engine.passed
