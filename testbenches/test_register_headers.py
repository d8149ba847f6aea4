"""Headers of registers in C and Python: compiled and imported, they say what the map of the registers says."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess

import pytest

from ip_cores.companions.register_headers import register_headers
from ip_cores.core import Core, core_kinds, make_core
from ip_cores.generate import generate, vhdl

TAPS = [0.5, -0.25, 0.125]
BAND = {"sink": "sfix12_En11", "levels": 2}
CORES = {
    "reducer": {"core": "noise_reducer", **BAND},
    "gains": {"core": "band_gain", "gains": [-6.0, 0.0, 3.5], **BAND},
    "squeezer": {"core": "compressor", **BAND},
    "floor": {"core": "threshold", **BAND},
    "pitch": {"core": "pitch_detector", "sample_rate": 8000},
    "prosody": {"core": "psola"},
    "classes": {"core": "speech_classifier"},
    "denoised": {"core": "denoiser", "wavelet": "haar", "levels": 2},
    "loaded": {"core": "fir", "form": "serial", "coefficients": TAPS, "run_time_coefficients": "slave", "banks": 3, "multipliers": 2},
    "wide": {"core": "fir", "form": "direct", "coefficients": TAPS, "run_time_coefficients": "slave", "coefficient": "sfix24_En22"},
    "two": {
        "core": "chain",
        "stages": [
            {"core": "fir", "name": "first", "coefficients": TAPS, "form": "serial", "run_time_coefficients": "slave"},
            {"core": "fir", "name": "second", "coefficients": TAPS, "run_time_coefficients": "slave", "bank_port": True},
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module", params=CORES)
def core(request):
    return make_core({"name": request.param, **CORES[request.param]})


def slaves_of(core):
    return [port.name.removesuffix("_writedata") for port in core.ports if port.name.endswith("_writedata")]


def fields_of(core):
    """By slave and name."""
    return {(slave, field.name): field for slave, fields in core.register_maps.items() for field in fields}


def test_every_slave_has_its_map(core):
    assert list(core.register_maps) == slaves_of(core)
    assert all(core.register_maps.values())
    assert len(fields_of(core)) == sum(map(len, core.register_maps.values()))
    assert all(name.isidentifier() for _, name in fields_of(core))


def imported(folder, name, text):
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_python_says_the_map(core, tmp_path):
    name = f"{core.name}_registers"
    module = imported(tmp_path, name, register_headers(core, "1")[f"{name}.py"])
    for (slave, field_name), field in fields_of(core).items():
        found = getattr(module, slave.upper())[field_name]
        assert (found.address, found.high, found.low, found.reset) == (field.address, field.high, field.low, field.reset)
        assert [found.at(n) for n in range(field.count)] == [field.address + n * field.stride for n in range(field.count)]
        step = 1.0 if field.fraction_length is None else 2.0**-field.fraction_length
        assert found.value(found.word(step)) == step or field.high == field.low
        if field.signed:
            assert found.value(found.word(-3 * step)) == -3 * step
        assert found.word(found.value(field.reset << field.low)) == field.reset << field.low
        with pytest.raises(ValueError, match="must be"):
            found.word(step * 2.0 ** (field.high - field.low + 1))
        with pytest.raises(ValueError, match="number = "):
            found.at(field.count)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c_says_the_map(core, tmp_path):
    name = f"{core.name}_registers"
    (tmp_path / f"{name}.h").write_text(register_headers(core, "1")[f"{name}.h"])
    lines, wanted = [], []
    for (slave, field_name), field in fields_of(core).items():
        inner = slave.removesuffix("control").rstrip("_")
        macro = "_".join(part for part in (core.name, inner, field_name) if part).upper()
        for number in range(field.count):
            address = f"{macro}_ADDRESS({number})" if field.count > 1 else f"{macro}_ADDRESS"
            lines.append(f'printf("%u %d %u %u\\n", {address}, {macro}_SHIFT, {macro}_MASK, {macro}_RESET);')
            mask = (1 << field.high + 1) - (1 << field.low)
            wanted.append(f"{field.address + number * field.stride} {field.low} {mask} {field.reset << field.low}")
    program = f'#include <stdio.h>\n#include "{name}.h"\n#include "{name}.h"\nint main(void) {{\n' + "\n".join(lines) + "\nreturn 0;\n}\n"
    (tmp_path / "main.c").write_text(program)
    strict = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["cc", *strict, "-o", "main", "main.c"], cwd=tmp_path, check=True)
    assert subprocess.run(["./main"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout.split("\n")[:-1] == wanted


def test_lists_of_addresses():
    text = register_headers(make_core({"name": "loaded", **CORES["loaded"]}), "1")["loaded_registers.h"]
    assert "#define LOADED_TAP_COUNT 3\n#define LOADED_TAP_ADDRESSES {0u, 1u, 2u}\n" in text
    assert "#define LOADED_TAP_1_ADDRESS(n) (1u + 4u * (n))" in text


def test_they_are_written_beside_the_vhdl(tmp_path):
    manifest = generate(make_core({"name": "loaded", **CORES["loaded"]}), tmp_path / "out")
    assert {"loaded_registers.h", "loaded_registers.py"} <= set(manifest.extras)
    assert (tmp_path / "out/loaded_registers.h").is_file()
    plain = make_core({"core": "fir", "coefficients": TAPS})
    assert register_headers(plain, "1") == {}


def test_no_kind_with_registers_is_forgotten():
    kinds = {kind for kind, known in core_kinds().items() if known.register_map is not Core.register_map}
    assert kinds <= {description["core"] for description in CORES.values()}


def test_words_of_a_slave_have_no_format_and_registers_their_own(core):
    """What a register is read and written through is as many formats as there are registers: none of them is said of it."""
    texts = "\n".join(vhdl(core).values())
    lines = [line for line in texts.splitlines() if re.search(r"control_(write|read)data(_value)?: (in |out )?unsigned", line)]
    assert lines
    assert not [line for line in lines if "fix" in line]


def test_each_limit_has_its_format():
    """The share of a pitch detector is below 1, and so of 16 bits of fraction; the limit of voicing goes to 1.25."""
    text = vhdl(make_core({"name": "pitch", **CORES["pitch"]}))["pitch_detector_registers"]
    assert re.search(r"share: out unsigned\(15 downto 0\);  -- ufix16_En16", text)
    assert re.search(r"voicing: out unsigned\(15 downto 0\)  -- ufix16_En15", text)
