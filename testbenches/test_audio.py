"""Audio files in and out, and the named stimuli."""

import struct
import wave

import numpy as np
import pytest
import scipy.io.wavfile

from ip_cores.core import make_core
from testbenches.audio import Audio, AudioError, read_audio, write_audio
from testbenches.signals import SIGNALS, make_signal

RAMP = np.array([0.0, 0.5, -0.5, 0.25, -1.0, 0.75])


def test_round_trip_of_16_and_32_bits(tmp_path):
    for bits in (16, 32):
        write_audio(tmp_path / "x.wav", RAMP, bits=bits)
        assert read_audio(tmp_path / "x.wav").samples.tolist() == RAMP.tolist()


def test_full_scale_saturates(tmp_path):
    write_audio(tmp_path / "x.wav", np.array([1.5, -1.5]))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == [32767 / 32768, -1.0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_every_kind_of_wav(tmp_path, dtype):
    scale = {np.uint8: 128, np.int16: 2**15, np.int32: 2**31}.get(dtype)
    data = RAMP if scale is None else RAMP * scale + (128 if dtype == np.uint8 else 0)
    scipy.io.wavfile.write(tmp_path / "x.wav", 16000, data.astype(dtype))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == RAMP.tolist()


def test_24_bits(tmp_path):
    with wave.open(str(tmp_path / "x.wav"), "wb") as file:
        file.setparams((1, 3, 16000, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<i", int(value * 2**23))[:3] for value in RAMP))
    assert read_audio(tmp_path / "x.wav").samples.tolist() == RAMP.tolist()


def test_another_rate_is_converted_and_said(tmp_path):
    n = np.arange(48000)
    scipy.io.wavfile.write(tmp_path / "x.wav", 48000, (0.5 * np.sin(2 * np.pi * 440 * n / 48000)).astype(np.float32))
    audio = read_audio(tmp_path / "x.wav")
    assert len(audio) == 16000
    assert audio.note.endswith("x.wav: converted from 48000 to 16000 samples per second")
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(audio.samples - wanted)[100:-100].max() < 1e-3
    assert read_audio(tmp_path / "x.wav", rate=48000).note == ""


def test_csv(tmp_path):
    path = tmp_path / "x.csv"
    write_audio(path, RAMP)
    assert read_audio(path).samples.tolist() == RAMP.tolist()
    path.write_text("0.5, -0.25\n1e-3;2\n\n")
    assert read_audio(path).samples.tolist() == [0.5, -0.25, 0.001, 2.0]


def bad_files(folder):
    stereo = folder / "stereo.wav"
    scipy.io.wavfile.write(stereo, 16000, np.zeros((10, 2), np.int16))
    yield stereo, r"has 2 channels and a core takes one: mix them, as with `sox stereo\.wav -c 1 -r 16000 stereo_mono\.wav`"
    yield folder / "none.wav", "no such file"
    for name, content, message in (
        ("noise.wav", b"not a wav file at all", "is no WAV file"),
        ("empty.wav", b"", "is no WAV file"),
        ("short.wav", b"RIFF\x00\x00", "is no WAV file"),
        ("word.csv", b"1\n2\nthree\n", r"line 3: 'three' is no number"),
        ("empty.csv", b"\n", "holds no samples"),
        ("nan.csv", b"1\nnan\n", "sample 1 is not finite"),
        ("binary.csv", b"\xff\xfe\x00", "cannot be read"),
    ):
        (folder / name).write_bytes(content)
        yield folder / name, message
    silent = folder / "silent.wav"
    scipy.io.wavfile.write(silent, 16000, np.zeros(0, np.int16))
    yield silent, "holds no samples"


def test_bad_files_give_one_line(tmp_path):
    for path, message in bad_files(tmp_path):
        with pytest.raises(AudioError, match=message) as caught:
            read_audio(path)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(AudioError, match="cannot be written"):
        write_audio(tmp_path / "nowhere" / "x.wav", RAMP)
    with pytest.raises(AudioError, match=r"written as \.wav or \.csv"):
        write_audio(tmp_path / "x.mp3", RAMP)
    assert not list(tmp_path.iterdir())
    assert Audio(RAMP).seconds == 6 / 16000


@pytest.mark.parametrize("sink", ["sfix16_En15", "ufix8_En8", "sfix2_En1", "sfix32_En31"])
@pytest.mark.parametrize("name", [name for name in SIGNALS if name != "speech"])
def test_named_signals_use_the_whole_format(name, sink):
    core = make_core({"core": "fir", "coefficients": [0.25, -0.5, 0.25], "sink": sink})
    words = make_signal(name, core, 5000, seed=3)
    assert words.dtype == np.int64
    assert len(words) == 5000
    f = core.sink_format
    assert words.min() >= f.minimum
    assert words.max() <= f.maximum
    assert (words == make_signal(name, core, 5000, seed=3)).all()
    if name not in ("impulse", "step"):
        assert words.max() - words.min() > 0.9 * (f.maximum - f.minimum)


def test_the_worst_case_reaches_the_l1_norm():
    taps = [0.25, -0.5, 0.0, 0.25]
    core = make_core({"core": "fir", "coefficients": taps})
    output = core.reference(make_signal("worst_case", core, 100) / 32768)
    assert output.max() > 0.9999
    assert output.min() < -0.9999


def test_an_unknown_signal():
    with pytest.raises(ValueError, match="must be one of noise, "):
        make_signal("music", make_core({"core": "fir", "coefficients": [1.0]}), 10)
