"""What `generate` writes: strict VHDL, readable, the same bytes every time, and never half of it."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ip_cores.conversion.vhdl_text import LINE_LENGTH
from ip_cores.core import make_core
from ip_cores.description import load_core
from ip_cores.generate import generate, vhdl
from ip_cores.parameters import ParameterError
from testbenches.engines.ghdl import find_ghdl
from testbenches.for_tests.deliveries import EXAMPLES, example

# Seen in MyHDL's output, and refused by VHDL-93 tools, wrong in synthesis, or needing a package of MyHDL's.
FORBIDDEN = {
    "literals that only VHDL-2008 has": r'\d+X"',
    "C comments": r"/\*",
    "computed bounds": r"\d+-1\b",
    "arithmetic shifts right, which GHDL 2 synthesises as logical ones": r"\bshift_right\b",
    "MyHDL's package": r"pck_myhdl|\bstdl\b|\bbool\(",
    "dates": r"UTC|\b20\d\d-\d\d-\d\d\b",
    "tabs": r"\t",
    "products by an integer": r"(?<!\*)\*(?!\*) *(?:-?\d|\(- *\d)",
}


def low(**parameters):
    return make_core({"core": "fir", "name": "low", "coefficients": [0.1, 0.2, 0.4, 0.2, 0.1], **parameters})


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def delivered(request):
    """Core, manifest and texts by entity of an example."""
    core, manifest = example(request.param)
    return core, manifest, {path.stem: path.read_text() for path in manifest.paths}


def test_emitted_text_is_plain_vhdl_93(delivered):
    _, _, texts = delivered
    for entity, text in texts.items():
        assert text.startswith(f"-- {entity}")
        for what, pattern in FORBIDDEN.items():
            code = re.sub(r"--.*", "", text)
            assert not re.search(pattern, code), f"{entity} has {what}"
        assert max(map(len, text.splitlines())) <= LINE_LENGTH
        assert len(re.findall(r"^entity ", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("std", ["93", "08"])
def test_analysis_is_silent(delivered, std, tmp_path):
    _, manifest, _ = delivered
    command = [find_ghdl().path, "-a", f"--std={std}", *map(str, manifest.paths)]
    analysed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (analysed.returncode, analysed.stdout + analysed.stderr) == (0, "")


def test_manifest_names_what_was_written(delivered):
    core, manifest, texts = delivered
    written = json.loads((manifest.folder / "manifest.json").read_text())
    keys = "entity files ports sink_format source_format latency delay cycles_per_sample parameters versions"
    assert set(keys.split()) <= written.keys()
    assert written["entity"] == core.name
    assert all((manifest.folder / file).exists() for file in written["files"])
    top = texts[Path(written["files"][-1]).stem]
    declared = re.findall(r"^\s+(\w+): (in|out) std_logic(?:_vector\((\d+) downto 0\))?", top[top.index("port (") :], re.MULTILINE)
    ports = [(port["name"], port["direction"], port["width"]) for port in written["ports"]]
    assert [(name, direction, int(high or 0) + 1) for name, direction, high in declared] == ports


def test_a_manifest_makes_the_same_core_again(delivered):
    """The parameters in the manifest are a whole description."""
    _, manifest, texts = delivered
    assert vhdl(make_core(json.loads((manifest.folder / "manifest.json").read_text())["parameters"])) == texts


def test_same_bytes_whatever_the_hash_seed(tmp_path):
    """MyHDL writes sensitivity lists from sets, whose order differs from process to process."""
    script = (
        "import sys; from ip_cores.core import make_core; from ip_cores.generate import generate\n"
        "for form in ('direct', 'transposed', 'serial'):\n"
        "    generate(make_core({'core': 'fir', 'name': form, 'form': form, 'rounding': 'convergent',"
        " 'coefficients': [0.1, 0.2, 0.4, 0.2, 0.1]}), f'{sys.argv[1]}/{form}')\n"
    )
    for seed in ("0", "1"):
        subprocess.run([sys.executable, "-c", script, str(tmp_path / seed)], env={**os.environ, "PYTHONHASHSEED": seed}, check=True)
    first, second = ({p.relative_to(tmp_path / seed): p.read_bytes() for p in (tmp_path / seed).rglob("*.*")} for seed in ("0", "1"))
    assert first == second
    assert len(first) > 15


def test_second_generation_in_one_process_is_the_same():
    """MyHDL numbers blocks over the life of a process; names here start afresh."""
    assert vhdl(low(form="direct")) == vhdl(low(form="direct"))


def test_nothing_is_kept_of_what_was_generated():
    """MyHDL notes every signal in its modules and visits them in every simulation: a session over many cores would slow down."""

    def objects():
        gc.collect()
        return len(gc.get_objects())

    core = low(form="serial")
    vhdl(core)
    before = objects()
    for _ in range(5):
        vhdl(core)
    assert objects() - before < 100


def test_entities_that_are_alike_are_written_once():
    texts = vhdl(low(form="serial", multipliers=3))
    assert len([entity for entity in texts if entity.startswith("low_sample_memory")]) == 1
    assert texts["low"].count("entity work.low_sample_memory") == 6


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="empty or new folder"):
        generate(low(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_generation_replaces_its_own_files_and_no_others_remain(tmp_path):
    generate(low(form="serial"), tmp_path / "vhdl")
    generate(low(form="transposed"), tmp_path / "vhdl")
    assert not (tmp_path / "vhdl" / "low_serial_control.vhd").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["vhdl"]


def test_nothing_is_left_when_writing_fails(tmp_path, monkeypatch):
    def full(*_arguments, **_settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        generate(low(), tmp_path / "vhdl")
    assert list(tmp_path.iterdir()) == []


def test_entity_names_survive_what_vhdl_reserves(tmp_path):
    """A signal of a block that is dissolved may be called as VHDL calls a keyword: it keeps its long name then."""
    generate(low(form="serial", multipliers=5), tmp_path / "vhdl")
    command = [find_ghdl().path, "-a", "--std=93", *sorted(map(str, (tmp_path / "vhdl").glob("low_*.vhd")))]
    analysed = subprocess.run([part for part in command if "_inst" not in part], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert analysed.returncode == 0, analysed.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_entity_is_called_as_one_of_its_ports(path):
    core = load_core(path)
    for port in core.ports:
        for name in (port.name, port.name.upper()):
            with pytest.raises(ParameterError, match=f'name = "{name}": must be'):
                core.replace(name=name)


@pytest.mark.parametrize("rounding", ["nearest", "floor", "zero"])
@pytest.mark.parametrize(
    "core", [{"core": "fir", "form": "serial", "coefficients": [0.3, 0.4]}, {"core": "dwt_ola"}, {"core": "dwt_synthesis"}]
)
def test_an_output_says_how_it_rounds(core, rounding):
    """By the constant that its sum starts from, which only nearest needs, or by what it does itself."""
    texts = vhdl(make_core({**core, "name": "x", "rounding": rounding}))
    said = {
        "nearest": "To nearest, half up: the sum started from half of the last bit kept; what is below is dropped.",
        "floor": "Rounded down.",
        "zero": "Towards zero: a negative word from which anything is dropped goes up.",
    }
    roundings = [text for name, text in texts.items() if name.startswith("x_output_rounding")]
    assert roundings
    for text in roundings:
        assert [f"    -- {sentence}\n" in text for sentence in said.values()] == [name == rounding for name in said]


@pytest.mark.parametrize("kind", ["fifo", "sequencer", "i2c_master"])
def test_an_entity_may_be_called_as_what_is_inside(kind, tmp_path):
    """A signal or a label that would hide the entity's name has another one then; GHDL warns of every name that is hidden."""
    core = load_core(EXAMPLES[0].with_name(f"{kind}.toml"))
    inside = set(re.findall(r"^ +(?:signal |constant )?(\w+) *:", vhdl(core)[core.name], re.MULTILINE)) - {port.name for port in core.ports}
    assert len(inside) > 5
    for name in sorted(inside):
        manifest = generate(core.replace(name=name), tmp_path / name, companions=None)
        command = [find_ghdl().path, "-a", "--std=93", "-Wall", "--warn-error", *manifest.files]
        analysed = subprocess.run(command, cwd=tmp_path / name, capture_output=True, text=True, check=False)
        assert analysed.returncode == 0, analysed.stderr


@pytest.mark.parametrize("form", ["direct", "transposed", "serial"])
@pytest.mark.parametrize(("multiplier", "style"), [("embedded", "dsp"), ("logic", "logic")])
def test_products_go_where_the_parameter_says(form, multiplier, style):
    """Quartus forms products with a constant in logic unless it is asked not to; filters in logic are shifts and sums."""
    texts = [text for text in vhdl(low(form=form, multiplier=multiplier)).values() if " * " in text]
    if multiplier == "logic" and form != "serial":
        assert not texts
    else:
        assert len(texts) == 1
        assert f'attribute multstyle of rtl: architecture is "{style}";' in texts[0]


@pytest.mark.parametrize(("form", "memories"), [("direct", 0), ("serial", 1)])
def test_memories_of_any_size_are_asked_for(form, memories):
    """Quartus builds a memory of a few words from registers unless it is asked not to."""
    asked = [text for text in vhdl(low(form=form)).values() if '"-name ALLOW_ANY_RAM_SIZE_FOR_RECOGNITION ON";' in text]
    assert len(asked) == memories
    assert all("words(to_integer(write_address)) <= write_data;" in text for text in asked)


@pytest.mark.parametrize(
    ("description", "settled"),
    [
        ({"core": "overlap_add", "segment_length": 8, "hop": 4}, 1),
        ({"core": "overlap_add", "segment_length": 6, "hop": 3}, 0),
        ({"core": "segmenter", "segment_length": 8, "hop": 4}, 1),
        ({"core": "fifo"}, 0),
        ({"core": "threshold"}, 0),
        ({"core": "denoiser"}, 1),
        ({"core": "denoiser", "bank": "decimated"}, 1),
    ],
)
def test_nothing_is_passed_around_settled_memories(description, settled):
    """Quartus adds logic for words that are read as they are written, unless it is told that nobody needs them."""
    texts = vhdl(make_core(description)).values()
    assert sum('attribute ramstyle of words: signal is "no_rw_check";' in text for text in texts) == settled
